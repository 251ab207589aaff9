/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ask.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "ck-secret.h"
#include "exit.h"
#include "secret-pipe.h"

struct _CkAsk
{
  CkAskFunc func;
  gpointer user_data;
  guint source;
  gboolean hidden; /* the terminal is to be put back */
  struct termios saved;
  gsize size;
  char line[CK_SECRET_MAX_BYTES];
};

static void
finish (CkAsk *self, gboolean at_end)
{
  g_autoptr (SecretValue) line = NULL;

  if (!at_end)
    {
      if (self->size > 0 && self->line[self->size - 1] == '\r')
        self->size--;
      line = secret_value_new (self->line, (gssize) self->size, "text/plain");
    }
  self->source = 0;
  self->func (line, self->user_data);
}

/* One byte at a time, as a shell's read does: what follows the line is not ours to take. */
static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  CkAsk *self = user_data;
  char c;
  gssize n = read (fd, &c, 1);

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (n > 0 && c != '\n' && self->size < sizeof self->line)
    {
      self->line[self->size++] = c;
      return G_SOURCE_CONTINUE;
    }

  /* The last line may lack its break; one that is too long is no answer. */
  finish (self, n < 0 || (n == 0 && self->size == 0) || self->size == sizeof self->line);
  ck_secret_wipe (&c, 1);

  return G_SOURCE_REMOVE;
}

static void
hide (CkAsk *self)
{
  struct termios quiet;

  if (tcgetattr (STDIN_FILENO, &self->saved) < 0)
    return;
  quiet = self->saved;
  quiet.c_lflag &= ~(tcflag_t) (ECHO | ECHOE | ECHOK);
  quiet.c_lflag |= ECHONL;
  self->hidden = tcsetattr (STDIN_FILENO, TCSADRAIN, &quiet) == 0;
}

CkAsk *
ck_ask_new (const char *question, gboolean hidden, CkAskFunc func, gpointer user_data)
{
  CkAsk *self = g_new0 (CkAsk, 1);

  self->func = func;
  self->user_data = user_data;
  if (isatty (STDIN_FILENO) == 1)
    {
      if (hidden)
        hide (self);
      g_printerr ("%s ", question);
    }
  self->source = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, self);

  return self;
}

void
ck_ask_free (CkAsk *self)
{
  if (self->source != 0)
    g_source_remove (self->source);
  if (self->hidden)
    (void) tcsetattr (STDIN_FILENO, TCSADRAIN, &self->saved);
  ck_secret_wipe (self, sizeof *self);
  g_free (self);
}

typedef struct
{
  gboolean done;
  SecretValue *line;
} Wait;

static void
on_answer (SecretValue *line, gpointer user_data)
{
  Wait *wait = user_data;

  wait->done = TRUE;
  wait->line = line != NULL ? secret_value_ref (line) : NULL;
}

static gboolean
on_signal (gpointer user_data)
{
  Wait *wait = user_data;

  wait->done = TRUE;

  return G_SOURCE_CONTINUE;
}

SecretValue *
ck_ask_secret (const char *question, GError **error)
{
  Wait wait = { FALSE, NULL };
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, &wait);
  guint terminate = g_unix_signal_add (SIGTERM, on_signal, &wait);
  CkAsk *ask = ck_ask_new (question, TRUE, on_answer, &wait);

  while (!wait.done)
    g_main_context_iteration (NULL, TRUE);
  ck_ask_free (ask);
  g_source_remove (interrupt);
  g_source_remove (terminate);

  if (wait.line == NULL)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_CANCELLED, _ ("nothing was typed"));

  return wait.line;
}
