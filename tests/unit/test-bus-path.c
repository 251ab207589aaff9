/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <systemd/sd-bus.h>

#include "ck-names.h"
#include "ck-path.h"

static const char *const ids[] = {
  "", "a", "0", "9lives", "twitch-main", "a.b_c-d", "_", "__", "A1", "caf\xc3\xa9", "%", "a/b",
  "0123456789012345678901234567890123456789012345678901234567890123",
};

static void
assert_as_systemd (const char *id)
{
  g_autofree char *path = ck_path_encode (CK_CHANNEL_PATH, id);
  g_autofree char *back = ck_path_decode (strrchr (path, '/') + 1);
  char *expected = NULL;

  g_assert_cmpint (sd_bus_path_encode (CK_CHANNEL_PATH, id, &expected), >=, 0);
  g_assert_cmpstr (path, ==, expected);
  g_assert_cmpstr (back, ==, id);
  g_assert_true (g_variant_is_object_path (path));
  free (expected);
}

static void
test_as_systemd (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    assert_as_systemd (ids[i]);

  for (guint byte = 1; byte < 256; byte++)
    {
      const char first[] = { (char) byte, 'x', '\0' };
      const char later[] = { 'x', (char) byte, '\0' };

      assert_as_systemd (first);
      assert_as_systemd (later);
    }
}

static void
test_random (void)
{
  for (guint i = 0; i < 2000; i++)
    {
      char id[24] = "";
      gint length = g_test_rand_int_range (0, sizeof id);

      for (gint k = 0; k < length; k++)
        id[k] = (char) g_test_rand_int_range (1, 256);
      id[length] = '\0';
      assert_as_systemd (id);
    }
}

static void
test_one_spelling (void)
{
  static const char *const aliases[] = {
    "",      /* no element at all */
    "_61bc", /* a letter that needs no escape */
    "0abc",  /* a leading digit that does */
    "a_31",  /* a later digit that needs none */
    "a_2D",  /* upper-case digits */
    "a_2",   /* cut off */
    "a_",    /* cut off */
    "a_zz",  /* no digits */
    "a_00b", /* a zero byte */
    "a-b",   /* not an object path */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (aliases); i++)
    g_assert_null (ck_path_decode (aliases[i]));
  g_assert_null (ck_path_decode (NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-path/as-systemd", test_as_systemd);
  g_test_add_func ("/bus-path/random", test_random);
  g_test_add_func ("/bus-path/one-spelling", test_one_spelling);

  return g_test_run ();
}
