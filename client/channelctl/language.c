/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "language.h"

#include <glib/gi18n.h>
#include <locale.h>

/* POSIX: the first of these that is set and not empty decides. */
static const char *
get_wanted (void)
{
  static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *value = g_getenv (names[i]);

      if (value != NULL && *value != '\0')
        return value;
    }

  return NULL;
}

void
ck_language_init (void)
{
  const char *folder = g_getenv ("CHANNELKEEPER_LOCALEDIR");
  const char *wanted = get_wanted ();

  /* glibc translates nothing in the locale C, into which a locale that was not generated falls; in
   * C.UTF-8, which is built in, it follows LANGUAGE. */
  if (setlocale (LC_ALL, "") == NULL && setlocale (LC_ALL, "C.UTF-8") != NULL && wanted != NULL)
    g_setenv ("LANGUAGE", wanted, FALSE);

  bindtextdomain (GETTEXT_PACKAGE, folder != NULL ? folder : CK_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

const char *
ck_language_translate (const char *text)
{
  /* The empty msgid is the catalog's own header. */
  return *text != '\0' ? gettext (text) : text;
}
