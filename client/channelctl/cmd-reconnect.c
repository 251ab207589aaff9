/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>

#include "attempt.h"
#include "ck-names.h"
#include "json.h"
#include "loopback.h"
#include "output.h"
#include "prompter.h"

typedef struct
{
  gboolean device;
  gboolean browser;
  gboolean import;
  gboolean paste;
  gboolean no_browser;
  gboolean allow_sibling_loss;
  char *redirect_uri;
  GStrv scopes;
} ReconnectOptions;

typedef struct
{
  CkCtl *ctl;
  const ReconnectOptions *wanted;
  char *path; /* the channel's */
  CkCtlAttempt *attempt;
  CkPrompter *prompter;
  gboolean other_port_tried;
  gboolean interrupted;
  gboolean finished;
} Session;

static void
reconnect_options_clear (ReconnectOptions *wanted)
{
  g_free (wanted->redirect_uri);
  g_strfreev (wanted->scopes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ReconnectOptions, reconnect_options_clear)

static void
session_clear (Session *session)
{
  g_clear_pointer (&session->prompter, ck_prompter_free);
  g_clear_pointer (&session->attempt, ck_ctl_attempt_free);
  g_free (session->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Session, session_clear)

static gboolean
start (Session *session, const char *redirect_uri, GError **error)
{
  const ReconnectOptions *wanted = session->wanted;
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  if (wanted->device || wanted->import || wanted->browser || wanted->paste || redirect_uri != NULL)
    g_variant_dict_insert (&dict, "flow", "s",
                           wanted->device   ? "device"
                           : wanted->import ? "import"
                                            : "browser");
  if (redirect_uri != NULL)
    g_variant_dict_insert (&dict, "redirect-uri", "s", redirect_uri);
  if (wanted->scopes != NULL)
    {
      g_auto (GStrv) words = ck_ctl_split_words (wanted->scopes);

      g_variant_dict_insert (&dict, "scopes", "^as", words);
    }
  if (wanted->allow_sibling_loss)
    g_variant_dict_insert (&dict, "allow-sibling-loss", "b", TRUE);

  return ck_ctl_attempt_start (session->attempt, session->path, &dict, error);
}

/* The redirect URI with port 0: any free one. */
static char *
with_any_port (const char *redirect_uri)
{
  g_autoptr (GUri) uri = g_uri_parse (redirect_uri, G_URI_FLAGS_ENCODED, NULL);

  return g_uri_join (G_URI_FLAGS_ENCODED, g_uri_get_scheme (uri), NULL, g_uri_get_host (uri), 0,
                     g_uri_get_path (uri), g_uri_get_query (uri), NULL);
}

/* The registered port is taken, or below 1024. A client whose platform allows any loopback port
 * (RFC 8252 section 7.3) can do with another: the service knows, so ask it by a new attempt. */
static gboolean
try_other_port (Session *session, const char *redirect_uri)
{
  g_autofree char *any = with_any_port (redirect_uri);
  const char *bound;

  if (session->other_port_tried || session->wanted->redirect_uri != NULL)
    return FALSE;
  session->other_port_tried = TRUE;
  bound = ck_prompter_listen (session->prompter, any, NULL);

  if (bound == NULL)
    return FALSE;
  if (start (session, bound, NULL))
    return TRUE;

  /* The service insists on the port; the attempt that there is goes on. */
  ck_prompter_stop_listening (session->prompter);

  return FALSE;
}

static gboolean
on_prompted (Session *session, CkCtlAttemptEvent *event, GError **error)
{
  const char *listening = ck_prompter_get_listening (session->prompter);
  const char *redirect_uri = NULL;

  g_variant_lookup (event->details, "redirect-uri", "&s", &redirect_uri);
  if (strcmp (event->style, "open-uri") == 0 && !session->wanted->paste
      && ck_loopback_supports (redirect_uri) && g_strcmp0 (redirect_uri, listening) != 0)
    {
      g_autoptr (GError) local = NULL;

      if (ck_prompter_listen (session->prompter, redirect_uri, &local) == NULL)
        {
          if (try_other_port (session, redirect_uri))
            return TRUE;
          g_printerr (_ ("channelctl: cannot listen on %s: %s\n"), redirect_uri, local->message);
        }
    }

  return ck_prompter_show (session->prompter, event->prompt, event->style, event->details, error);
}

static gboolean
print_success (Session *session, GError **error)
{
  const char *id = ck_ctl_get_subject (session->ctl);
  g_autoptr (GVariant) properties = ck_ctl_get_properties (session->ctl, session->path, error);
  g_autofree char *name = NULL;
  g_autofree char *account = NULL;
  const char *text = "";

  if (properties == NULL)
    return FALSE;
  g_variant_lookup (properties, "AccountName", "&s", &text);
  name = ck_output_clean (text);
  g_variant_lookup (properties, "AccountId", "&s", &text);
  account = ck_output_clean (text);
  if (*name != '\0')
    g_print (_ ("%s: connected as %s (%s)\n"), id, name, account);
  else if (*account != '\0')
    g_print (_ ("%s: connected as %s\n"), id, account);
  else
    g_print (_ ("%s: connected\n"), id);

  return TRUE;
}

static gboolean
on_finished (Session *session, CkCtlAttemptEvent *event, GError **error)
{
  const char *message = *event->message != '\0' ? event->message : event->cause;

  session->finished = TRUE;
  if (ck_ctl_wants_json (session->ctl))
    {
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "event", "finished");
      json_object_set_string_member (object, "outcome", event->outcome);
      json_object_set_string_member (object, "cause", event->cause);
      json_object_set_string_member (object, "message", event->message);
      ck_json_print_line (object);
    }
  if (strcmp (event->outcome, "succeeded") == 0)
    return ck_ctl_wants_json (session->ctl) || print_success (session, error);

  if (strcmp (event->outcome, "cancelled") == 0)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("the attempt was cancelled: %s"),
                 message);
  else
    g_set_error (error, CK_EXIT_ERROR, ck_exit_from_cause (event->cause), _ ("not connected: %s"),
                 message);

  return FALSE;
}

static gboolean
on_event (Session *session, CkCtlAttemptEvent *event, GError **error)
{
  switch (event->kind)
    {
    case CK_CTL_ATTEMPT_PROMPTED:
      return on_prompted (session, event, error);
    case CK_CTL_ATTEMPT_FINISHED:
      return on_finished (session, event, error);
    case CK_CTL_ATTEMPT_LOST:
    default:
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_NO_SERVICE,
                   _ ("the Channelkeeper service has gone, and the attempt with it; try again"));
      return FALSE;
    }
}

static gboolean
send_answer (Session *session, const CkPrompterAnswer *answer, GError **error)
{
  if (answer->value == NULL)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_CANCELLED,
                   _ ("standard input ended where an answer was needed"));
      return FALSE;
    }
  if (strcmp (answer->key, "secret") == 0)
    return ck_ctl_attempt_respond_secret (session->attempt, answer->prompt, answer->value, error);

  return ck_ctl_attempt_respond (session->attempt, answer->prompt, answer->key,
                                 secret_value_get_text (answer->value), error);
}

static gboolean
step (Session *session, GError **error)
{
  g_autoptr (CkCtlAttemptEvent) event = NULL;
  CkPrompterAnswer answer = { 0 };

  if (session->interrupted)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_CANCELLED, _ ("cancelled"));
      return FALSE;
    }
  event = ck_ctl_attempt_pop (session->attempt);
  if (event != NULL)
    return on_event (session, event, error);
  if (ck_prompter_take_answer (session->prompter, &answer))
    {
      g_autoptr (SecretValue) value = answer.value;

      return send_answer (session, &answer, error);
    }
  g_main_context_iteration (NULL, TRUE);

  return TRUE;
}

static gboolean
on_interrupt (gpointer user_data)
{
  Session *session = user_data;

  session->interrupted = TRUE;

  return G_SOURCE_CONTINUE;
}

static gboolean
converse (Session *session, GError **error)
{
  guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, session);
  guint terminate = g_unix_signal_add (SIGTERM, on_interrupt, session);
  gboolean alive = TRUE;

  while (alive && !session->finished)
    alive = step (session, error);
  /* Gone for good after an error: nobody is left to answer it. */
  if (!session->finished)
    ck_ctl_attempt_cancel (session->attempt);
  g_source_remove (interrupt);
  g_source_remove (terminate);

  return alive;
}

static gboolean
check_options (const ReconnectOptions *wanted, GError **error)
{
  gboolean browser = wanted->browser || wanted->paste || wanted->redirect_uri != NULL;

  if (wanted->device + wanted->import + browser > 1)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                   _ ("--device, --import and those of a browser (--browser, --paste, "
                      "--redirect-uri) exclude each other"));
      return FALSE;
    }

  return TRUE;
}

static gboolean
run_session (Session *session, const char *id, GError **error)
{
  const ReconnectOptions *wanted = session->wanted;
  const CkPrompterOptions how = {
    .channel = id,
    .json = ck_ctl_wants_json (session->ctl),
    .paste = wanted->paste,
    .no_browser = wanted->no_browser || wanted->paste,
  };
  const char *redirect_uri = wanted->redirect_uri;

  session->path = ck_ctl_find_channel (session->ctl, id, error);
  if (session->path == NULL)
    return FALSE;
  session->attempt = ck_ctl_attempt_new (ck_ctl_get_bus (session->ctl), error);
  if (session->attempt == NULL)
    return FALSE;

  session->prompter = ck_prompter_new (&how);
  if (!wanted->paste && ck_loopback_supports (redirect_uri))
    {
      redirect_uri = ck_prompter_listen (session->prompter, redirect_uri, error);
      if (redirect_uri == NULL)
        {
          g_prefix_error (error, _ ("cannot listen on %s: "), wanted->redirect_uri);
          return FALSE;
        }
    }

  return start (session, redirect_uri, error) && converse (session, error);
}

gboolean
ck_cmd_reconnect (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_auto (ReconnectOptions) wanted = { 0 };
  g_auto (Session) session = { .ctl = ctl, .wanted = &wanted };
  const GOptionEntry entries[] = {
    { "browser", 0, 0, G_OPTION_ARG_NONE, &wanted.browser, N_ ("Log in with a browser here"),
      NULL },
    { "paste", 0, 0, G_OPTION_ARG_NONE, &wanted.paste,
      N_ ("Log in with a browser anywhere, and paste where it ends"), NULL },
    { "device", 0, 0, G_OPTION_ARG_NONE, &wanted.device,
      N_ ("Log in on any device, with a code shown here"), NULL },
    { "import", 0, 0, G_OPTION_ARG_NONE, &wanted.import, N_ ("Hand over a token that you have"),
      NULL },
    { "no-browser", 0, 0, G_OPTION_ARG_NONE, &wanted.no_browser,
      N_ ("Print the link, do not open a browser"), NULL },
    { "redirect-uri", 0, 0, G_OPTION_ARG_STRING, &wanted.redirect_uri,
      N_ ("Which of the client's; port 0 is a free one"), "URI" },
    { "scopes", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.scopes,
      N_ ("Ask for these of the channel's scopes; may be repeated"), "'SCOPE ...'" },
    { "allow-sibling-loss", 0, 0, G_OPTION_ARG_NONE, &wanted.allow_sibling_loss,
      N_ ("Connect even if other channels of the account lose their grant"), NULL },
    { NULL },
  };

  return ck_ctl_parse (ctl, entries, arguments, error) && check_options (&wanted, error)
         && run_session (&session, (*arguments)[0], error);
}
