/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "progress.h"

#include <glib/gi18n.h>

#include <unistd.h>

#include "output.h"

/* Answers that come faster than this need no line. */
#define PATIENCE_MS 500

struct _CkProgress
{
  char *text;
  gint64 since;
  gint64 until;
  guint source;
  gboolean shown;
};

static void
show (CkProgress *self)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 seconds = self->until > 0 ? self->until - now : now - self->since;
  g_autofree char *duration = ck_output_duration ((guint64) MAX (seconds, 0));

  /* Carriage return, and erase to the end of the line. */
  g_printerr ("\r%s (%s%s)\x1b[K", self->text, duration, self->until > 0 ? _ (" left") : "");
  self->shown = TRUE;
}

static gboolean
on_tick (gpointer user_data)
{
  show (user_data);

  return G_SOURCE_CONTINUE;
}

static gboolean
on_patience_ends (gpointer user_data)
{
  CkProgress *self = user_data;

  show (self);
  self->source = g_timeout_add_seconds (1, on_tick, self);

  return G_SOURCE_REMOVE;
}

CkProgress *
ck_progress_new (const char *text, gint64 until)
{
  CkProgress *self = g_new0 (CkProgress, 1);

  self->text = ck_output_clean (text);
  self->since = g_get_real_time () / G_USEC_PER_SEC;
  self->until = until;
  if (isatty (STDERR_FILENO) == 1)
    self->source = g_timeout_add (PATIENCE_MS, on_patience_ends, self);

  return self;
}

void
ck_progress_free (CkProgress *self)
{
  if (self->source != 0)
    g_source_remove (self->source);
  if (self->shown)
    g_printerr ("\r\x1b[K");
  g_free (self->text);
  g_free (self);
}
