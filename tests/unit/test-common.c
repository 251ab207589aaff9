/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "ck-error.h"
#include "ck-foreign-fds.h"
#include "ck-grant.h"
#include "ck-names.h"
#include "ck-secret.h"
#include "ck-state.h"
#include "lingering.h"

static void
test_error_round_trip (void)
{
  for (int code = 0; code < CK_N_ERRORS; code++)
    {
      g_autoptr (GError) sent = g_error_new (CK_ERROR, code, "because");
      g_autofree char *name = g_dbus_error_encode_gerror (sent);
      g_autoptr (GError) received = g_dbus_error_new_for_dbus_error (name, "because");

      g_assert_cmpstr (name, ==, ck_error_name (code));
      g_assert_true (g_str_has_prefix (name, CK_ERROR_PREFIX));
      g_assert_error (received, CK_ERROR, code);
    }
}

static void
test_error_map (void)
{
  g_autoptr (GError) cancelled
      = ck_error_map (g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "stop"));
  g_autoptr (GError) late = ck_error_map (g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "late"));
  g_autoptr (GError) other = ck_error_map (g_error_new (G_FILE_ERROR, G_FILE_ERROR_NOENT, "gone"));
  g_autoptr (GError) own = ck_error_map (g_error_new (CK_ERROR, CK_ERROR_BUSY, "busy"));
  g_autoptr (GError) cut = ck_error_map (g_error_new (CK_ERROR, CK_ERROR_BUSY, "%.4s: cut", "abcé"));

  g_assert_error (cancelled, CK_ERROR, CK_ERROR_CANCELLED);
  g_assert_error (late, CK_ERROR, CK_ERROR_TIMED_OUT);
  g_assert_error (other, CK_ERROR, CK_ERROR_FAILED);
  g_assert_cmpstr (other->message, ==, "gone");
  g_assert_error (own, CK_ERROR, CK_ERROR_BUSY);
  g_assert_cmpstr (cut->message, ==, "abc\357\277\275: cut");
}

static void
test_words_round_trip (void)
{
  CkState state;
  CkCause cause;

  for (guint i = 0; i < CK_N_STATES; i++)
    {
      g_assert_true (ck_state_from_string (ck_state_to_string (i), &state));
      g_assert_cmpuint (state, ==, i);
    }
  for (guint i = 0; i < CK_N_CAUSES; i++)
    {
      g_assert_true (ck_cause_from_string (ck_cause_to_string (i), &cause));
      g_assert_cmpuint (cause, ==, i);
    }
  g_assert_false (ck_state_from_string ("dead", &state));
  g_assert_false (ck_cause_from_string (NULL, &cause));
}

static GVariant *
make_members (const char *access_token)
{
  GVariantDict dict;
  const char *const scopes[] = { "read", "write", NULL };

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "access-token", "s", access_token);
  g_variant_dict_insert (&dict, "refresh-token", "s", "refresh");
  g_variant_dict_insert (&dict, "expires-at", "t", G_GUINT64_CONSTANT (1234));
  g_variant_dict_insert (&dict, "scopes", "^as", scopes);

  return g_variant_dict_end (&dict);
}

static void
test_grant (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkGrant) grant = ck_grant_new_from_members (make_members ("access"), &error);
  g_auto (GStrv) scopes = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (ck_grant_get_access_token (grant), ==, "access");
  g_assert_cmpstr (ck_grant_get_refresh_token (grant), ==, "refresh");
  g_assert_cmpstr (ck_grant_get_account_id (grant), ==, "");
  g_assert_cmpuint (ck_grant_get_expires_at (grant), ==, 1234);
  g_assert_cmpuint (ck_grant_get_reconnect_by (grant), ==, 0);
  scopes = ck_grant_dup_scopes (grant);
  g_assert_cmpuint (g_strv_length (scopes), ==, 2);
}

static void
test_grant_refused (void)
{
  static const char *const bad_tokens[] = { "", "new\nline", "caf\xc3\xa9", "del\x7f" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad_tokens); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (ck_grant_new_from_members (make_members (bad_tokens[i]), &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
    }
}

static void
test_grant_damaged (void)
{
  g_autoptr (GVariant) members = g_variant_ref_sink (make_members ("access"));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (members);
  gsize size;
  const guchar *data = g_bytes_get_data (bytes, &size);

  /* Any truncation and any flipped byte is either refused or still a readable grant: no crash. */
  for (gsize i = 0; i < size; i++)
    {
      g_autofree guchar *copy = g_memdup2 (data, size);
      g_autoptr (SecretValue) cut = secret_value_new ((char *) copy, (gssize) i, "x");
      g_autoptr (SecretValue) flipped = NULL;
      g_autoptr (CkGrant) first = ck_grant_new (cut, NULL);
      g_autoptr (CkGrant) second = NULL;

      copy[i] ^= 0x41;
      flipped = secret_value_new ((char *) copy, (gssize) size, "x");
      second = ck_grant_new (flipped, NULL);
      if (second != NULL)
        g_assert_cmpuint (strlen (ck_grant_get_access_token (second)), >, 0);
    }
}

static void
test_memfd (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretValue) value = secret_value_new ("a\0b", 3, "x");
  g_autoptr (SecretValue) back = NULL;
  gsize size;
  int fd = ck_secret_to_memfd (value, &error);
  int pipe_fds[2];

  g_assert_no_error (error);
  back = ck_secret_from_memfd (fd, 100, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (secret_value_get (back, &size), 3, "a\0b", 3);
  g_assert_cmpuint (size, ==, 3);

  g_assert_null (ck_secret_from_memfd (fd, 2, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  close (fd);

  g_assert_cmpint (pipe (pipe_fds), ==, 0);
  g_assert_null (ck_secret_from_memfd (pipe_fds[0], 100, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  close (pipe_fds[0]);
  close (pipe_fds[1]);
}

static void
test_wrap_text (void)
{
  static const gsize lengths[] = { 0, 1, 253, 254, 255, 256, 65532, 65533, 65534, 70000 };

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *text = g_strnfill (lengths[i], 's');
      const char *const list[] = { text, NULL };
      g_autoptr (SecretValue) secret = secret_value_new (text, (gssize) lengths[i], "x");
      g_autoptr (SecretValue) wrapped = ck_secret_wrap_text (secret);
      g_autoptr (GVariant) variant
          = g_variant_ref_sink (ck_secret_to_variant (wrapped, G_VARIANT_TYPE_STRING_ARRAY));
      g_autoptr (GVariant) expected
          = g_variant_ref_sink (g_variant_new_strv (list, lengths[i] > 0 ? 1 : 0));

      g_assert_true (g_variant_is_normal_form (variant));
      g_assert_cmpvariant (variant, expected);
    }
}

/* Nobody waits for what a peer has sent to be closed, whatever it is. */
static void
test_foreign_fds (void)
{
  int peers[4];
  const int fds[] = { lingering_new (10, &peers[0]), lingering_wrap (lingering_new (10, &peers[1])) };

  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      GDBusMessage *message = g_dbus_message_new_signal ("/a", "a.b", "C");
      g_autoptr (GUnixFDList) list = g_unix_fd_list_new_from_array (&fds[i], 1);
      gint64 begun = g_get_monotonic_time ();

      g_dbus_message_set_unix_fd_list (message, list);
      g_clear_object (&list);
      ck_foreign_fds_guard (message);
      g_object_unref (message);
      ck_foreign_fd_close (i == 0 ? lingering_new (10, &peers[2])
                                  : lingering_wrap (lingering_new (10, &peers[3])));
      g_assert_cmpint (g_get_monotonic_time () - begun, <, 5 * G_USEC_PER_SEC);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (peers); i++)
    close (peers[i]);
}

/* They are closed all the same. */
static void
test_foreign_fds_closed (void)
{
  GDBusMessage *message = g_dbus_message_new_signal ("/a", "a.b", "C");
  g_autoptr (GUnixFDList) list = NULL;
  int fds[2];
  char byte;

  ck_foreign_fds_guard (message);
  g_assert_no_errno (pipe2 (fds, O_CLOEXEC));
  list = g_unix_fd_list_new_from_array (&fds[1], 1);
  g_dbus_message_set_unix_fd_list (message, list);
  ck_foreign_fds_guard (message);
  g_object_unref (message);
  g_assert_cmpint (g_unix_fd_list_get_length (list), ==, 0);
  g_assert_cmpint (read (fds[0], &byte, 1), ==, 0);
  close (fds[0]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/common/error/round-trip", test_error_round_trip);
  g_test_add_func ("/common/error/map", test_error_map);
  g_test_add_func ("/common/words/round-trip", test_words_round_trip);
  g_test_add_func ("/common/grant/members", test_grant);
  g_test_add_func ("/common/grant/refused", test_grant_refused);
  g_test_add_func ("/common/grant/damaged", test_grant_damaged);
  g_test_add_func ("/common/secret/memfd", test_memfd);
  g_test_add_func ("/common/secret/wrap-text", test_wrap_text);
  g_test_add_func ("/common/foreign-fds/nobody-waits", test_foreign_fds);
  g_test_add_func ("/common/foreign-fds/closed", test_foreign_fds_closed);

  return g_test_run ();
}
