/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "browser.h"

#include <string.h>
#include <unistd.h>

static gboolean
is_web_uri (const char *uri)
{
  const char *scheme = g_uri_peek_scheme (uri);

  return g_strcmp0 (scheme, "https") == 0 || g_strcmp0 (scheme, "http") == 0;
}

static GStrv
with_uri (GStrv words, const char *uri)
{
  g_autoptr (GStrvBuilder) command = g_strv_builder_new ();
  gboolean placed = FALSE;

  for (guint i = 0; words[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (words[i], "%s", 2);
      g_autofree char *word = g_strjoinv (uri, parts);

      placed = placed || g_strv_length (parts) == 2;
      g_strv_builder_add (command, word);
    }
  if (!placed)
    g_strv_builder_add (command, uri);

  return g_strv_builder_end (command);
}

GStrv
ck_browser_command (const char *uri, const char *browser, gboolean has_display)
{
  g_auto (GStrv) commands = NULL;
  g_auto (GStrv) words = NULL;

  if (!is_web_uri (uri))
    return NULL;
  if (browser != NULL && *browser != '\0')
    {
      commands = g_strsplit (browser, ":", 2);
      if (!g_shell_parse_argv (commands[0], NULL, &words, NULL))
        return NULL;
      return with_uri (words, uri);
    }
  if (!has_display)
    return NULL;

  words = g_strsplit ("xdg-open", " ", -1);

  return with_uri (words, uri);
}

/* Ctrl-C is for us: it must not close the person's browser. */
static void
leave_session (gpointer user_data)
{
  (void) setsid ();
}

gboolean
ck_browser_open (const char *uri)
{
  gboolean has_display = g_getenv ("DISPLAY") != NULL || g_getenv ("WAYLAND_DISPLAY") != NULL;
  g_auto (GStrv) command = ck_browser_command (uri, g_getenv ("BROWSER"), has_display);

  return command != NULL
         && g_spawn_async (NULL, command, NULL,
                           G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL
                               | G_SPAWN_STDERR_TO_DEV_NULL,
                           leave_session, NULL, NULL, NULL);
}
