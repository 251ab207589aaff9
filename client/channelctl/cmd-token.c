/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "ck-names.h"
#include "json.h"
#include "output.h"
#include "token.h"

static gboolean
write_json_token (int pipe, guint64 expires_at, GVariant *details, GError **error)
{
  JsonObject *rest = json_object_new ();
  g_autofree char *text = NULL;
  g_autofree char *after = NULL;

  json_object_set_int_member (rest, "expires_at", (gint64) expires_at);
  json_object_set_member (rest, "details", ck_json_from_variant (details));
  text = ck_json_to_string (rest);
  after = g_strdup_printf ("\",%s\n", text + strlen ("{"));

  return ck_token_copy (pipe, STDOUT_FILENO, "{\"token\":\"", after, TRUE, error);
}

gboolean
ck_cmd_token (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_auto (CkTokenRequest) wanted = { 0 };
  gboolean print = FALSE;
  const GOptionEntry entries[] = {
    { "min-validity", 0, 0, G_OPTION_ARG_INT, &wanted.min_validity,
      N_ ("Renew it first if it is good for less"), "SECONDS" },
    { "scopes", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.scopes,
      N_ ("Fail unless it covers these; may be repeated"), "'SCOPE ...'" },
    { "print", 0, 0, G_OPTION_ARG_NONE, &print, N_ ("Print it even on a terminal"), NULL },
    { NULL },
  };
  g_autoptr (GVariant) details = NULL;
  guint64 expires_at;
  gboolean written;
  int pipe;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  ck_ctl_set_subject (ctl, (*arguments)[0]);
  if (ck_output_is_terminal () && !print)
    {
      /* Screens are shared, above all where people stream. */
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                   _ ("the token would stand on the screen for everyone to see; pipe it, or say "
                      "--print"));
      return FALSE;
    }
  pipe = ck_token_open (ctl, (*arguments)[0], &wanted, &expires_at, &details, error);
  if (pipe < 0)
    return FALSE;

  written = ck_ctl_wants_json (ctl) ? write_json_token (pipe, expires_at, details, error)
                                    : ck_token_copy (pipe, STDOUT_FILENO, "", "\n", FALSE, error);
  close (pipe);

  return written;
}

/* The worst of several channels' news decides the exit status. */
static void
note_status (CkCtl *ctl, CkExit *worst, CkExit status)
{
  *worst = MAX (*worst, status);
  ck_ctl_set_status (ctl, *worst);
}

/* The state may be of an hour ago: the platform could not be asked, or was a moment before. */
static void
note_age (const char *id, gint64 asked, guint64 verified)
{
  g_autofree char *when = ck_output_time (verified, asked);

  g_printerr (_ ("%s: not verified now; the platform last agreed: %s\n"), id, when);
}

static void
print_state (CkCtl *ctl, const char *id, const char *state, const char *cause, guint64 verified)
{
  if (ck_ctl_wants_json (ctl))
    {
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "id", id);
      json_object_set_string_member (object, "state", state);
      json_object_set_string_member (object, "cause", cause);
      json_object_set_int_member (object, "last_verified", (gint64) verified);
      ck_json_print_line (object);
    }
  else if (strcmp (cause, "none") == 0)
    g_print ("%s: %s\n", id, state);
  else
    g_print ("%s: %s (%s)\n", id, state, cause);
}

static gboolean
verify_one (CkCtl *ctl, const char *id, CkExit *worst, GError **error)
{
  g_autofree char *path = ck_ctl_find_channel (ctl, id, error);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) properties = NULL;
  gint64 asked = g_get_real_time () / G_USEC_PER_SEC;
  guint64 verified = 0;
  const char *state, *cause;

  if (path == NULL)
    return FALSE;
  reply = ck_ctl_bus_call (
      ck_ctl_get_bus (ctl), path, CK_IFACE_CHANNEL, "Verify",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)), "(ss)", error);
  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(&s&s)", &state, &cause);
  properties = ck_ctl_get_properties (ctl, path, error);
  if (properties == NULL)
    return FALSE;
  g_variant_lookup (properties, "LastVerified", "t", &verified);
  if (verified < (guint64) asked && ck_exit_from_state (state) == CK_EXIT_OK)
    note_age (id, asked, verified);
  print_state (ctl, id, state, cause, verified);
  note_status (ctl, worst, ck_exit_from_state (state));

  return TRUE;
}

gboolean
ck_cmd_verify (CkCtl *ctl, GStrv *arguments, GError **error)
{
  CkExit worst = CK_EXIT_OK;

  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;
  for (guint i = 0; (*arguments)[i] != NULL; i++)
    {
      if (!verify_one (ctl, (*arguments)[i], &worst, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
renew_one (CkCtl *ctl, const char *id, GError **error)
{
  g_autofree char *path = ck_ctl_find_channel (ctl, id, error);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) properties = NULL;
  g_autofree char *when = NULL;
  guint64 expires_at = 0;

  if (path == NULL)
    return FALSE;
  reply = ck_ctl_bus_call (
      ck_ctl_get_bus (ctl), path, CK_IFACE_CHANNEL, "Renew",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)), "()", error);
  if (reply == NULL)
    return FALSE;
  properties = ck_ctl_get_properties (ctl, path, error);
  if (properties == NULL)
    return FALSE;

  g_variant_lookup (properties, "ExpiresAt", "t", &expires_at);
  if (ck_ctl_wants_json (ctl))
    {
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "id", id);
      json_object_set_int_member (object, "expires_at", (gint64) expires_at);
      ck_json_print_line (object);
      return TRUE;
    }
  when = ck_output_time (expires_at, g_get_real_time () / G_USEC_PER_SEC);
  g_print (_ ("%s: token expires: %s\n"), id, when);

  return TRUE;
}

gboolean
ck_cmd_renew (CkCtl *ctl, GStrv *arguments, GError **error)
{
  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;
  for (guint i = 0; (*arguments)[i] != NULL; i++)
    {
      if (!renew_one (ctl, (*arguments)[i], error))
        return FALSE;
    }

  return TRUE;
}
