/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "prompter.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "browser.h"
#include "exit.h"
#include "json.h"
#include "loopback.h"
#include "output.h"
#include "progress.h"
#include "qr.h"

struct _CkPrompter
{
  CkPrompterOptions options;
  char *channel;
  CkLoopback *loopback;
  CkAsk *ask;
  CkProgress *progress;
  /* the prompt that is shown */
  guint32 prompt;
  const char *key; /* what the answer is called; NULL if it takes none */
  char *question;
  char *redirect_uri; /* where the browser ends */
  GVariant *choices; /* a(ss); nullable */
  /* what came in */
  SecretValue *answer;
  gboolean at_end;
};

static void ask (CkPrompter *self);

CkPrompter *
ck_prompter_new (const CkPrompterOptions *options)
{
  CkPrompter *self = g_new0 (CkPrompter, 1);

  self->options = *options;
  self->channel = ck_output_clean (options->channel);

  return self;
}

/* Forgets the prompt; a listener stays, for the prompt to come. */
static void
clear_prompt (CkPrompter *self)
{
  g_clear_pointer (&self->ask, ck_ask_free);
  g_clear_pointer (&self->progress, ck_progress_free);
  g_clear_pointer (&self->question, g_free);
  g_clear_pointer (&self->redirect_uri, g_free);
  g_clear_pointer (&self->choices, g_variant_unref);
  g_clear_pointer (&self->answer, secret_value_unref);
  self->key = NULL;
  self->at_end = FALSE;
}

void
ck_prompter_free (CkPrompter *self)
{
  clear_prompt (self);
  g_clear_pointer (&self->loopback, ck_loopback_free);
  g_free (self->channel);
  g_free (self);
}

static void
take (CkPrompter *self, const char *bytes, gsize size)
{
  g_clear_pointer (&self->answer, secret_value_unref);
  self->answer = secret_value_new (bytes, (gssize) size, "text/plain");
}

static void
on_redirected (const char *redirected_uri, gpointer user_data)
{
  take (user_data, redirected_uri, strlen (redirected_uri));
}

const char *
ck_prompter_listen (CkPrompter *self, const char *redirect_uri, GError **error)
{
  g_clear_pointer (&self->loopback, ck_loopback_free);
  self->loopback = ck_loopback_new (redirect_uri, on_redirected, self, error);

  return self->loopback != NULL ? ck_loopback_get_uri (self->loopback) : NULL;
}

void
ck_prompter_stop_listening (CkPrompter *self)
{
  g_clear_pointer (&self->loopback, ck_loopback_free);
}

const char *
ck_prompter_get_listening (CkPrompter *self)
{
  return self->loopback != NULL ? ck_loopback_get_uri (self->loopback) : NULL;
}

/* The id of the choice that @text, a number of the list or an id, stands for. */
static char *
find_choice (CkPrompter *self, const char *text)
{
  gsize n = g_variant_n_children (self->choices);
  guint64 number;
  const char *id;

  if (!self->options.json && g_ascii_string_to_unsigned (text, 10, 1, n, &number, NULL))
    {
      g_variant_get_child (self->choices, (gsize) number - 1, "(&s&s)", &id, NULL);
      return g_strdup (id);
    }
  for (gsize i = 0; i < n; i++)
    {
      g_variant_get_child (self->choices, i, "(&s&s)", &id, NULL);
      if (strcmp (id, text) == 0)
        return g_strdup (id);
    }

  return NULL;
}

/* Empty where an app's own scheme has none. */
static const char *
get_host (GUri *uri)
{
  return g_uri_get_host (uri) != NULL ? g_uri_get_host (uri) : "";
}

/* Whether the browser can have ended there: only the place is looked at, the service does the rest. A
 * browser shows an empty path as "/", and leaves out the port that https has anyway. */
static gboolean
is_at (const char *address, const char *redirect_uri)
{
  g_autoptr (GUri) a = g_uri_parse (address, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GUri) b = g_uri_parse (redirect_uri, G_URI_FLAGS_ENCODED, NULL);

  if (a == NULL || b == NULL)
    return a != NULL;

  return g_ascii_strcasecmp (get_host (a), get_host (b)) == 0
         && (g_str_equal (g_uri_get_path (a), g_uri_get_path (b))
             || (g_str_equal (g_uri_get_path (a), "/") && *g_uri_get_path (b) == '\0'));
}

/* Takes what was typed if it can be an answer to this prompt. */
static gboolean
take_typed (CkPrompter *self, SecretValue *line)
{
  gsize size;
  const char *bytes = secret_value_get (line, &size);
  g_autofree char *text = NULL;
  g_autofree char *choice = NULL;

  if (strcmp (self->key, "secret") == 0)
    {
      if (size > 0)
        take (self, bytes, size);
      return size > 0;
    }

  text = g_strstrip (g_strndup (bytes, size));
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;
  if (self->choices != NULL)
    {
      choice = find_choice (self, text);
      if (choice != NULL)
        take (self, choice, strlen (choice));
      return choice != NULL;
    }
  if (!is_at (text, self->redirect_uri))
    return FALSE;
  take (self, text, strlen (text));

  return TRUE;
}

static void
on_typed (SecretValue *line, gpointer user_data)
{
  CkPrompter *self = user_data;

  if (line == NULL)
    {
      /* The browser may still bring the answer. */
      self->at_end = strcmp (self->key, "redirected-uri") != 0 || self->loopback == NULL;
      return;
    }
  if (take_typed (self, line))
    return;

  if (self->choices != NULL)
    g_printerr ("%s\n", _ ("That is none of them."));
  else if (strcmp (self->key, "secret") == 0)
    g_printerr ("%s\n", _ ("That is empty."));
  else
    g_printerr (_ ("That is not where the browser ends: when you have agreed, its address bar has an "
                   "address that begins with %s\n"),
                self->redirect_uri);
  ask (self);
}

static void
ask (CkPrompter *self)
{
  gboolean hidden = strcmp (self->key, "secret") == 0;

  g_clear_pointer (&self->ask, ck_ask_free);
  self->ask = ck_ask_new (self->question, hidden, on_typed, self);
}

static void
print_json (guint32 prompt, const char *style, GVariant *details, const char *listening)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "event", "prompt");
  json_object_set_int_member (object, "prompt", prompt);
  json_object_set_string_member (object, "style", style);
  json_object_set_member (object, "details", ck_json_from_variant (details));
  if (strcmp (style, "open-uri") == 0)
    json_object_set_boolean_member (object, "listening", listening != NULL);
  ck_json_print_line (object);
}

static char *
lookup_clean (GVariant *details, const char *key)
{
  const char *text = "";

  g_variant_lookup (details, key, "&s", &text);

  return ck_output_clean (text);
}

static gboolean
show_open_uri (CkPrompter *self, GVariant *details, GError **error)
{
  g_autofree char *clean = lookup_clean (details, "uri");
  const char *uri = "";
  const char *state = NULL;
  gboolean opened;

  g_variant_lookup (details, "uri", "&s", &uri);
  g_variant_lookup (details, "state", "&s", &state);
  self->redirect_uri = lookup_clean (details, "redirect-uri");
  if (self->loopback != NULL)
    {
      ck_loopback_expect (self->loopback, uri, state);
      ck_loopback_set_own_user_only (self->loopback, !self->options.no_browser);
    }
  opened = !self->options.no_browser && ck_browser_open (uri);
  if (self->loopback != NULL)
    ck_loopback_set_own_user_only (self->loopback, opened);
  if (!self->options.json)
    {
      g_print (opened ? _ ("Your browser opens this page; log in there with the account of %s:\n\n")
                      : _ ("Open this page in a browser, and log in with the account of %s:\n\n"),
               self->channel);
      g_print ("  %s\n\n", clean);
    }

  self->key = "redirected-uri";
  self->question
      = self->loopback != NULL
            ? g_strdup (_ ("If that browser is on another machine, paste the address of the page "
                           "where it ends:"))
            : g_strdup_printf (_ ("When you have agreed the browser ends at %s…; paste the whole "
                                  "address of that page, even if it shows an error:"),
                               self->redirect_uri);
  /* Where a browser brings the answer, only a person would type it as well. */
  if (self->loopback == NULL || isatty (STDIN_FILENO) == 1)
    ask (self);

  return TRUE;
}

static void
print_qr (const char *uri)
{
  gboolean terminal = ck_output_is_terminal ();
  g_autofree char *lines = NULL;

  if (*uri == '\0' || !terminal || !g_get_charset (NULL))
    return;
  lines = ck_qr_to_string (
      uri, ck_output_wants_colours (terminal, g_getenv ("NO_COLOR"), g_getenv ("TERM")));
  if (lines != NULL)
    g_print ("\n%s", lines);
}

static gboolean
show_code (CkPrompter *self, GVariant *details, GError **error)
{
  g_autofree char *code = lookup_clean (details, "user-code");
  g_autofree char *uri = lookup_clean (details, "verification-uri");
  g_autofree char *complete = lookup_clean (details, "verification-uri-complete");
  g_autofree char *text = g_strdup_printf (_ ("waiting for %s to be confirmed"), self->channel);
  g_autofree char *when = NULL;
  guint64 expires_at = 0;

  g_variant_lookup (details, "expires-at", "t", &expires_at);
  if (self->options.json)
    return TRUE;

  when = ck_output_time (expires_at, g_get_real_time () / G_USEC_PER_SEC);
  g_print (_ ("On any device, log in with the account of %s:\n\n  page     %s\n  code     %s\n"),
           self->channel, uri, code);
  if (expires_at != 0)
    g_print (_ ("  expires  %s\n"), when);
  if (*complete != '\0')
    g_print (_ ("  or both  %s\n"), complete);
  print_qr (*complete != '\0' ? complete : uri);
  g_print ("\n");
  self->progress = ck_progress_new (text, (gint64) expires_at);

  return TRUE;
}

static gboolean
show_choose (CkPrompter *self, GVariant *details, GError **error)
{
  g_autofree char *message = lookup_clean (details, "message");

  self->choices = g_variant_lookup_value (details, "choices", G_VARIANT_TYPE ("a(ss)"));
  if (self->choices == NULL || g_variant_n_children (self->choices) == 0)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("asked to choose among nothing"));
      return FALSE;
    }
  if (!self->options.json)
    {
      g_print ("%s\n", message);
      for (gsize i = 0; i < g_variant_n_children (self->choices); i++)
        {
          const char *id, *name;
          g_autofree char *clean = NULL;

          g_variant_get_child (self->choices, i, "(&s&s)", &id, &name);
          clean = ck_output_clean (name);
          g_print ("  %zu) %s (%s)\n", i + 1, clean, id);
        }
    }
  self->key = "choice";
  self->question = g_strdup (_ ("Which number?"));
  ask (self);

  return TRUE;
}

static gboolean
show_secret (CkPrompter *self, GVariant *details, GError **error)
{
  g_autofree char *message = lookup_clean (details, "message");

  /* It may hold the link that leads to what is asked for, and nobody shows the question there. */
  if (!self->options.json && isatty (STDIN_FILENO) != 1)
    g_print ("%s\n", message);
  self->key = "secret";
  self->question = g_strdup_printf ("%s:", message);
  ask (self);

  return TRUE;
}

static gboolean
show_info (CkPrompter *self, GVariant *details, GError **error)
{
  g_autofree char *message = lookup_clean (details, "message");

  if (!self->options.json)
    g_print ("%s\n", message);

  return TRUE;
}

gboolean
ck_prompter_show (
    CkPrompter *self, guint32 prompt, const char *style, GVariant *details, GError **error)
{
  static const struct
  {
    const char *style;
    gboolean (*show) (CkPrompter *self, GVariant *details, GError **error);
  } styles[] = {
    { "open-uri", show_open_uri }, { "show-code", show_code }, { "choose", show_choose },
    { "secret", show_secret },     { "info", show_info },
  };

  clear_prompt (self);
  self->prompt = prompt;
  if (self->options.json)
    print_json (prompt, style, details, ck_prompter_get_listening (self));
  for (gsize i = 0; i < G_N_ELEMENTS (styles); i++)
    {
      if (strcmp (style, styles[i].style) == 0)
        return styles[i].show (self, details, error);
    }

  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED,
               _ ("the service asks for '%s', which this channelctl does not know"), style);

  return FALSE;
}

gboolean
ck_prompter_take_answer (CkPrompter *self, CkPrompterAnswer *answer)
{
  if (self->key == NULL || (self->answer == NULL && !self->at_end))
    return FALSE;

  answer->prompt = self->prompt;
  answer->key = self->key;
  answer->value = g_steal_pointer (&self->answer);
  clear_prompt (self);
  /* The prompt after this one brings its own redirect. */
  if (strcmp (answer->key, "redirected-uri") == 0)
    g_clear_pointer (&self->loopback, ck_loopback_free);
  if (answer->value != NULL && !self->options.json)
    self->progress = ck_progress_new (_ ("waiting for the platform"), 0);

  return TRUE;
}
