/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor-credentials.h"

#include <gio/gio.h>
#include <unistd.h>

#include "vault-credential.h"

/* One without a path is optional, and may be in a folder that is not looked into here. */
static char *
find_source (const char *source)
{
  return g_path_is_absolute (source) ? g_strdup (source)
                                     : g_build_filename (CK_CREDENTIAL_FOLDER, source, NULL);
}

static void G_GNUC_PRINTF (2, 3) add (GString *list, const char *format, ...)
{
  va_list arguments;

  if (list->len > 0)
    g_string_append (list, ", ");
  va_start (arguments, format);
  g_string_append_vprintf (list, format, arguments);
  va_end (arguments);
}

static void
try_one (GString *bad, const char *name, const char *source, gboolean encrypted)
{
  g_autofree char *path = find_source (source);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      if (g_path_is_absolute (source))
        add (bad, "%s (there is no %s)", name, path);
    }
  else if (encrypted && g_file_test (path, G_FILE_TEST_IS_REGULAR)
           && !ck_credential_can_decrypt (name, path))
    add (bad,
         "%s (%s cannot be decrypted: it is damaged, or was made on another machine or for another "
         "name)",
         name, path);
}

char *
ck_doctor_describe_credentials (GVariant *unit)
{
  static const char *const properties[] = { "LoadCredential", "LoadCredentialEncrypted" };
  g_autoptr (GString) bad = g_string_new (NULL);
  g_autoptr (GString) all = g_string_new (NULL);
  gboolean root = geteuid () == 0;

  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
    {
      g_autoptr (GVariantIter) iter = NULL;
      const char *name, *source;

      if (!g_variant_lookup (unit, properties[i], "a(ss)", &iter))
        continue;
      while (g_variant_iter_next (iter, "(&s&s)", &name, &source))
        {
          add (all, "%s", name);
          if (root)
            try_one (bad, name, source, i == 1);
        }
    }

  if (bad->len > 0)
    return g_strdup (bad->str);

  return g_strdup_printf ("one of %s (%s)", all->str,
                          root ? "journalctl -u channelkeeperd says more"
                               : "run this as root to see which");
}
