/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-operations.h"

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-renewal.h"

typedef struct
{
  CkBroker *broker;
  CkChannel *channel;
  guint min_validity;
} Request;

static void
request_free (Request *request)
{
  g_object_unref (request->broker);
  g_object_unref (request->channel);
  g_free (request);
}

typedef struct
{
  CkGrant *grant;
  guint64 generation;
  gboolean unsaved;
} Answer;

static void
answer_free (Answer *answer)
{
  ck_grant_unref (answer->grant);
  g_free (answer);
}

static void
hand_out (GTask *task, CkChannel *channel)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->grant = ck_grant_ref (ck_channel_get_grant (channel));
  answer->generation = ck_channel_get_record (channel)->generation;
  answer->unsaved = ck_channel_is_unsaved (channel);
  g_task_return_pointer (task, answer, (GDestroyNotify) answer_free);
}

static gboolean
covers_scopes (CkChannel *channel, const char *const *scopes, GError **error)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);

  for (; scopes != NULL && *scopes != NULL; scopes++)
    {
      if (g_strv_contains ((const char *const *) record->granted_scopes, *scopes))
        continue;

      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INSUFFICIENT_SCOPE,
                   "%s was connected without the scope %.128s",
                   record->id,
                   *scopes);
      return FALSE;
    }

  return TRUE;
}

/* Seconds the token held is good for; as long as you like where nobody knows. */
static guint64
get_validity (CkChannel *channel, guint64 now)
{
  guint64 expires_at = ck_channel_get_record (channel)->expires_at;

  if (expires_at == CK_TIME_UNKNOWN || expires_at >= CK_TIME_NEVER)
    return G_MAXUINT64;

  return expires_at > now ? expires_at - now : 0;
}

/* Some platforms refuse to renew a young token. */
static gboolean
is_old_enough (const Request *request, guint64 now)
{
  const CkChannelRecord *record = ck_channel_get_record (request->channel);
  const CkRenewalPolicy *policy = ck_operations_get_policy (request->broker, request->channel);

  return policy != NULL && now >= record->issued_at + policy->min_age_before_renew;
}

/* Asking for more than the platform ever gives renews once per generation, not at every call; a
 * grant in doubt is not spent for a little more time. */
static gboolean
is_worth_renewing (const Request *request, guint64 now)
{
  const CkChannelRecord *record = ck_channel_get_record (request->channel);
  const CkActivity *activity = ck_channel_get_activity (request->channel);

  return get_validity (request->channel, now) < request->min_validity && !record->in_doubt
         && activity->stretched != record->generation && activity->not_before <= now
         && is_old_enough (request, now)
         && ck_renewal_is_possible (request->broker, request->channel);
}

static void
renewed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Request *request = g_task_get_task_data (task);
  CkActivity *activity = ck_channel_get_activity (request->channel);
  g_autoptr (GError) error = NULL;
  guint64 now = ck_clock_now ();

  if (ck_channel_renew_finish (result, &error)
      && get_validity (request->channel, now) < request->min_validity)
    activity->stretched = ck_channel_get_record (request->channel)->generation;

  /* A token that is good for less than asked is better than none. */
  if (ck_channel_may_hand_out (request->channel, now))
    hand_out (task, request->channel);
  else if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_error (task, ck_channel_state_error (request->channel));
}

static gboolean
may_try_renewal (const Request *request, guint64 now)
{
  const CkChannelRecord *record = ck_channel_get_record (request->channel);

  switch (record->state)
    {
    case CK_STATE_CONNECTED:
    case CK_STATE_EXPIRING:
    case CK_STATE_INTERRUPTED:
      break;
    default:
      return FALSE;
    }

  return !record->quarantined && !record->doubt_tried
         && ck_channel_get_activity (request->channel)->not_before <= now
         && ck_renewal_is_possible (request->broker, request->channel);
}

CkGrant *
ck_channel_peek_token (CkBroker *broker,
                       CkChannel *channel,
                       guint min_validity,
                       const char *const *scopes)
{
  const Request request = { broker, channel, min_validity };
  guint64 now = ck_clock_now ();

  if (!ck_channel_may_hand_out (channel, now) || !covers_scopes (channel, scopes, NULL)
      || is_worth_renewing (&request, now))
    return NULL;

  return ck_channel_get_grant (channel);
}

void
ck_channel_get_token_async (CkBroker *broker,
                            CkChannel *channel,
                            guint min_validity,
                            const char *const *scopes,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (channel, cancellable, callback, user_data);
  guint64 now = ck_clock_now ();
  Request *request = g_new0 (Request, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, ck_channel_get_token_async);
  g_task_set_task_data (task, request, (GDestroyNotify) request_free);
  request->broker = g_object_ref (broker);
  request->channel = g_object_ref (channel);
  request->min_validity = min_validity;

  if (ck_channel_get_grant (channel) == NULL)
    {
      if (ck_broker_check_open (broker, &error))
        error = ck_channel_state_error (channel);
      g_task_return_error (task, error);
      return;
    }
  if (!covers_scopes (channel, scopes, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  if (ck_channel_may_hand_out (channel, now) && !is_worth_renewing (request, now))
    hand_out (task, channel);
  else if (may_try_renewal (request, now))
    ck_channel_renew_async (broker, channel, FALSE, NULL, renewed_cb, g_steal_pointer (&task));
  else
    g_task_return_error (task, ck_channel_state_error (channel));
}

CkGrant *
ck_channel_get_token_finish (GAsyncResult *result,
                             guint64 *generation,
                             gboolean *unsaved,
                             GError **error)
{
  Answer *answer = g_task_propagate_pointer (G_TASK (result), error);
  CkGrant *grant;

  if (answer == NULL)
    return NULL;

  if (generation != NULL)
    *generation = answer->generation;
  if (unsaved != NULL)
    *unsaved = answer->unsaved;
  grant = ck_grant_ref (answer->grant);
  answer_free (answer);

  return grant;
}
