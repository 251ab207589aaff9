/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-attempt.h"

#include "ck-admission.h"
#include "ck-adoption.h"
#include "ck-broker-private.h"
#include "ck-channel-job.h"
#include "ck-clock.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "ck-random-id.h"
#include "ck-siblings.h"

#define ATTEMPTS_PER_USER 2

struct _CkAttempt
{
  GObject parent;

  CkBroker *broker; /* not referenced: it owns the attempt */
  CkChannel *channel;
  char *id;
  char *owner;
  char *user;
  guint uid;
  char *flow;
  guint64 expires_at;
  const char *state;
  GCancellable *cancellable;
  CkOutcome *outcome;
  gboolean adopting;

  guint prompt; /* 0: none is open */
  guint last_prompt;
  char *style;
  GVariant *details;
  CkConverseReply *reply;
};

enum
{
  PROMPTED,
  FINISHED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CkAttempt, ck_attempt, G_TYPE_OBJECT)

static void
close_prompt (CkAttempt *self)
{
  if (self->reply != NULL)
    {
      g_autoptr (GError) error
          = g_error_new_literal (CK_ERROR, CK_ERROR_CANCELLED, "the attempt has ended");

      ck_converse_reply_fail (g_steal_pointer (&self->reply), error);
    }
  self->prompt = 0;
  g_clear_pointer (&self->style, g_free);
  g_clear_pointer (&self->details, g_variant_unref);
}

static void
ck_attempt_finalize (GObject *object)
{
  CkAttempt *self = CK_ATTEMPT (object);

  close_prompt (self);
  g_clear_pointer (&self->outcome, ck_outcome_free);
  g_clear_object (&self->channel);
  g_clear_object (&self->cancellable);
  g_free (self->id);
  g_free (self->owner);
  g_free (self->user);
  g_free (self->flow);

  G_OBJECT_CLASS (ck_attempt_parent_class)->finalize (object);
}

static void
ck_attempt_class_init (CkAttemptClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ck_attempt_finalize;

  signals[PROMPTED] = g_signal_new ("prompted", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 3, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_VARIANT);
  signals[FINISHED] = g_signal_new ("finished", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
}

static void
ck_attempt_init (CkAttempt *self)
{
  self->state = "working";
  self->cancellable = g_cancellable_new ();
}

/* ---- the end ----------------------------------------------------------------------------------- */

static void
finish (CkAttempt *self, const char *outcome, CkCause cause, const char *message)
{
  g_autoptr (CkAttempt) kept = g_object_ref (self);

  close_prompt (self);
  self->state = outcome;
  g_signal_emit (self, signals[FINISHED], 0, outcome, ck_cause_to_string (cause), message);
  g_ptr_array_remove (ck_broker_get_attempts (self->broker), self);

  /* The attempt is there to be looked at for a while; its grant is not. */
  g_clear_pointer (&self->outcome, ck_outcome_free);
}

static void
adopted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkAttempt) self = user_data;
  g_autoptr (GError) error = NULL;

  if (ck_adoption_run_finish (result, &error))
    finish (self, "succeeded", CK_CAUSE_NONE, "The channel is connected.");
  else
    finish (self, "failed", CK_CAUSE_NONE, error->message);
}

/* The grant of the other account is given back, unless that could end a grant of its owner that is
 * in use: another channel's, or this one's where the same person chose another page or brand.
 * Whether it works changes nothing here. */
static void
revoke_discarded (CkAttempt *self)
{
  CkGrant *grant = self->outcome->grant;
  const char *owner = grant != NULL ? ck_grant_get_owner_id (grant) : NULL;
  CkJob *job;

  if (grant == NULL || ck_siblings_is_own (self->channel, owner)
      || ck_siblings_share_owner (self->broker, self->channel, owner))
    return;

  job = ck_channel_job_new (self->broker, self->channel, "revoke", grant, NULL);
  if (job != NULL)
    ck_worker_pool_run_async (ck_broker_get_pool (self->broker), job, NULL, NULL, NULL);
}

/* Rule 6: discarded. The channel keeps what it has; both accounts are named. */
static void
wrong_account (CkAttempt *self)
{
  const CkChannelRecord *record = ck_channel_get_record (self->channel);
  g_autofree char *expected
      = g_strdup (*record->account_name != '\0' ? record->account_name : record->pinned_account);
  const char *actual
      = self->outcome->grant != NULL ? ck_grant_get_account_id (self->outcome->grant) : "";
  GPtrArray *events = ck_event_list_new ();
  g_autofree char *message = NULL;
  CkLifecycleContext context;

  ck_operations_fill_context (self->broker, self->channel, &context);
  ck_broker_commit (self->broker,
                    self->channel,
                    ck_lifecycle_wrong_account (record, actual, &context, events),
                    events);

  message = g_strdup_printf ("%s. Log out of the platform in the browser (every account that is "
                             "logged in there), then reconnect and log in as %s.",
                             self->outcome->detail,
                             expected);
  revoke_discarded (self);
  finish (self, "failed", CK_CAUSE_WRONG_ACCOUNT, message);
}

/* The worker compares as well, but the pin may be newer than what it was told. */
static gboolean
is_other_account (CkAttempt *self)
{
  const CkChannelRecord *record = ck_channel_get_record (self->channel);
  CkOutcome *outcome = self->outcome;
  const char *account;

  if (outcome->cause == CK_CAUSE_WRONG_ACCOUNT)
    return TRUE;
  if (outcome->result != CK_RESULT_SUCCESS || outcome->grant == NULL)
    return FALSE;

  account = ck_grant_get_account_id (outcome->grant);
  if (*record->pinned_account == '\0' || *account == '\0'
      || g_str_equal (account, record->pinned_account))
    return FALSE;

  g_free (outcome->detail);
  outcome->detail = g_strdup_printf ("the channel belongs to account %s, not to %s",
                                     record->pinned_account,
                                     account);

  return TRUE;
}

/* A pinned channel takes no grant that names no account. */
static gboolean
is_nobodys (CkAttempt *self)
{
  return *ck_channel_get_record (self->channel)->pinned_account != '\0'
         && *ck_grant_get_account_id (self->outcome->grant) == '\0';
}

static char *
dup_failure (CkAttempt *self)
{
  const CkOutcome *outcome = self->outcome;

  if (ck_lifecycle_nobody_decided (outcome))
    return g_strdup_printf ("%s cannot be connected by the flow %s.",
                            ck_channel_get_id (self->channel),
                            self->flow);
  if (*outcome->platform_message != '\0')
    return g_strdup_printf ("%s (the platform says: %s)",
                            outcome->detail,
                            outcome->platform_message);

  return g_strdup (outcome->detail);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkAttempt) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;

  self->outcome = ck_worker_pool_run_finish (CK_WORKER_POOL (source), result, &error);
  close_prompt (self);
  if (self->outcome == NULL)
    {
      gboolean cancelled = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

      finish (self, cancelled ? "cancelled" : "failed", CK_CAUSE_NONE,
              cancelled ? "The attempt was cancelled; nothing has changed." : error->message);
      return;
    }
  ck_channel_job_noted (self->broker, self->channel, self->outcome);

  if (is_other_account (self))
    {
      wrong_account (self);
      return;
    }
  if (self->outcome->result != CK_RESULT_SUCCESS || self->outcome->grant == NULL)
    {
      message = dup_failure (self);
      finish (self, "failed", self->outcome->cause, message);
      return;
    }

  if (is_nobodys (self))
    {
      finish (self,
              "failed",
              CK_CAUSE_WRONG_ACCOUNT,
              "The platform did not say whose account this is, and the channel is pinned to one. "
              "The administrator adds identity.so to the stack's connect lines.");
      return;
    }
  ck_broker_clear_suspicion (self->broker, ck_channel_get_record (self->channel)->client);

  self->adopting = TRUE;
  self->state = "working";
  ck_adoption_run_async (self->broker,
                         self->channel,
                         self->outcome,
                         self->user,
                         adopted_cb,
                         g_object_ref (self));
}

/* ---- the conversation -------------------------------------------------------------------------- */

static void
on_converse (const char *style, GVariant *details, CkConverseReply *reply, gpointer user_data)
{
  CkAttempt *self = CK_ATTEMPT (user_data);

  close_prompt (self);
  self->prompt = ++self->last_prompt;
  self->style = g_strdup (style);
  self->details = g_variant_ref (details);
  self->reply = reply;
  self->state = "waiting";
  g_signal_emit (self, signals[PROMPTED], 0, self->prompt, self->style, self->details);
}

static gboolean
is_choice (GVariant *details, const char *choice)
{
  g_autoptr (GVariantIter) choices = NULL;
  const char *id;

  if (!g_variant_lookup (details, "choices", "a(ss)", &choices))
    return FALSE;
  while (g_variant_iter_loop (choices, "(&s&s)", &id, NULL))
    {
      if (g_str_equal (id, choice))
        return TRUE;
    }

  return FALSE;
}

static gboolean
check_answer (CkAttempt *self, GVariant *answer, SecretValue *secret)
{
  const char *text = NULL;

  if (g_str_equal (self->style, "secret"))
    return secret != NULL && g_variant_n_children (answer) == 0;
  if (secret != NULL || g_variant_n_children (answer) != 1)
    return FALSE;
  if (g_str_equal (self->style, "open-uri"))
    return g_variant_lookup (answer, "redirected-uri", "&s", &text);

  return g_variant_lookup (answer, "choice", "&s", &text) && is_choice (self->details, text);
}

gboolean
ck_attempt_respond (CkAttempt *self,
                    guint prompt,
                    GVariant *answer,
                    SecretValue *secret,
                    GError **error)
{
  CkConverseReply *reply;

  if (prompt == 0 || prompt != self->prompt || self->reply == NULL)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "prompt %u is not open, or wants no answer",
                   prompt);
      return FALSE;
    }
  if (!check_answer (self, answer, secret))
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "the answer does not fit a prompt of the style %s: it wants exactly %s",
                   self->style,
                   g_str_equal (self->style, "secret")     ? "secret (h)"
                   : g_str_equal (self->style, "open-uri") ? "redirected-uri (s)"
                                                           : "choice (s), one of the choices");
      return FALSE;
    }

  reply = g_steal_pointer (&self->reply);
  if (secret != NULL)
    ck_converse_reply_secret (reply, secret);
  else
    ck_converse_reply_answer (reply, answer);
  close_prompt (self);
  self->state = "working";

  return TRUE;
}

void
ck_attempt_cancel (CkAttempt *self)
{
  if (!self->adopting)
    g_cancellable_cancel (self->cancellable);
}

/* ---- the beginning ----------------------------------------------------------------------------- */

static gpointer
ref_attempt (gconstpointer attempt, gpointer user_data)
{
  return g_object_ref ((gpointer) attempt);
}

GPtrArray *
ck_broker_dup_attempts (CkBroker *broker)
{
  return g_ptr_array_copy (ck_broker_get_attempts (broker), ref_attempt, NULL);
}

/* The caps, and who yields to whom. */
static gboolean
make_room (CkBroker *broker, CkChannel *channel, const CkAttemptRequest *request, GError **error)
{
  g_autoptr (GPtrArray) attempts = ck_broker_dup_attempts (broker);
  CkAttempt *superseded = NULL;
  guint mine = 0;

  for (guint i = 0; i < attempts->len; i++)
    {
      CkAttempt *attempt = g_ptr_array_index (attempts, i);

      if (g_cancellable_is_cancelled (attempt->cancellable))
        continue;
      if (attempt->uid == request->uid)
        mine++;
      if (attempt->channel != channel)
        continue;
      if (attempt->uid != request->uid || attempt->adopting)
        {
          g_set_error (error,
                       CK_ERROR,
                       CK_ERROR_BUSY,
                       "%s is being reconnected by %s right now",
                       ck_channel_get_id (channel),
                       attempt->user);
          return FALSE;
        }
      superseded = attempt;
      mine--;
    }

  if (mine >= ATTEMPTS_PER_USER)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_LIMIT_EXCEEDED,
                   "%s has %u attempts under way: finish or cancel one first",
                   request->user,
                   mine);
      return FALSE;
    }
  if (superseded != NULL)
    ck_attempt_cancel (superseded);

  return TRUE;
}

CkAttempt *
ck_attempt_start (CkBroker *broker,
                  CkChannel *channel,
                  const CkAttemptRequest *request,
                  GError **error)
{
  CkAttempt *self;
  CkJob *job;
  g_autofree char *redirect_uri = NULL;
  guint timeout = ck_config_get_settings (ck_broker_get_config (broker))->attempt_timeout;

  if (!ck_admission_check (broker, channel, request, &redirect_uri, error))
    return NULL;
  job = ck_channel_job_new (broker, channel, "connect", NULL, error);
  if (job == NULL)
    return NULL;
  if (!make_room (broker, channel, request, error))
    {
      ck_job_free (job);
      return NULL;
    }

  self = g_object_new (CK_TYPE_ATTEMPT, NULL);
  self->broker = broker;
  self->channel = g_object_ref (channel);
  self->id = ck_random_id_new ();
  self->owner = g_strdup (request->owner);
  self->user = g_strdup (request->user);
  self->uid = request->uid;
  self->flow = g_strdup (request->flow);
  self->expires_at = ck_clock_now () + timeout;
  g_ptr_array_add (ck_broker_get_attempts (broker), self);

  job->timeout = timeout;
  job->is_attempt = TRUE;
  job->converse = on_converse;
  job->converse_data = g_object_ref (self);
  job->converse_destroy = g_object_unref;
  ck_channel_job_set_extra (job, "flow", g_variant_new_string (self->flow));
  ck_channel_job_set_extra (job,
                            "redirect-uri",
                            g_variant_new_string (redirect_uri != NULL ? redirect_uri : ""));
  if (request->scopes != NULL && *request->scopes != NULL)
    ck_channel_job_set_extra (job, "scopes", g_variant_new_strv (request->scopes, -1));

  ck_worker_pool_run_async (ck_broker_get_pool (broker),
                            job,
                            self->cancellable,
                            connected_cb,
                            g_object_ref (self));

  return self;
}

const char *
ck_attempt_get_id (CkAttempt *self)
{
  return self->id;
}

const char *
ck_attempt_get_owner (CkAttempt *self)
{
  return self->owner;
}

const char *
ck_attempt_get_flow (CkAttempt *self)
{
  return self->flow;
}

const char *
ck_attempt_get_state (CkAttempt *self)
{
  return self->state;
}

CkChannel *
ck_attempt_get_channel (CkAttempt *self)
{
  return self->channel;
}

guint64
ck_attempt_get_expires_at (CkAttempt *self)
{
  return self->expires_at;
}

guint
ck_attempt_get_prompt (CkAttempt *self, const char **style, GVariant **details)
{
  *style = self->prompt != 0 ? self->style : "";
  *details = self->prompt != 0
                 ? g_variant_ref (self->details)
                 : g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  return self->prompt;
}
