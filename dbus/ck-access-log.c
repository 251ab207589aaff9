/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-access-log.h"

#include "ck-clock.h"
#include "ck-event.h"
#include "ck-names.h"

/* Seconds. A stranger who goes on asking must not push out what else the history keeps: it has room
 * for a thousand. */
#define REFUSALS_APART (24 * 60 * 60)

/* Users times channels are what policy lets near a token; strangers' refusals must not grow this, nor
 * one of them push out what another is told of. */
#define MAX_REFUSALS 4000
#define MAX_REFUSALS_PER_UID 500

/* One user and one channel; for a refusal also one action. */
typedef struct
{
  CkChannel *channel; /* not owned: ck_access_log_forget() */
  guint uid;
  const char *action; /* one of the constants of ck-names.h; %NULL for a hand-out */
} Key;

typedef struct
{
  Key key;
  char *user;
  char *caller;
  guint64 generation; /* hand-outs: of which grant */
  guint count;        /* hand-outs: of this generation; refusals: not told yet */
  guint64 since;      /* Unix seconds of the event */
  guint64 sequence;   /* of the event */
} Entry;

struct _CkAccessLog
{
  CkBroker *broker;
  CkAudit *audit;
  GHashTable *handed_out; /* set of Entry, each found by its Key */
  GHashTable *refused;
};

static guint
key_hash (gconstpointer data)
{
  const Key *key = data;

  return g_direct_hash (key->channel) ^ (key->uid * 2654435761u) ^ g_direct_hash (key->action);
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const Key *one = a;
  const Key *other = b;

  return one->channel == other->channel && one->uid == other->uid && one->action == other->action;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->user);
  g_free (entry->caller);
  g_free (entry);
}

static Entry *
entry_new (const Key *key, const char *user, const char *caller)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->key = *key;
  entry->user = g_strdup (user);
  entry->caller = g_strdup (caller);

  return entry;
}

CkAccessLog *
ck_access_log_new (CkBroker *broker, CkAudit *audit)
{
  CkAccessLog *self = g_new0 (CkAccessLog, 1);

  self->broker = broker;
  self->audit = audit;
  self->handed_out = g_hash_table_new_full (key_hash, key_equal, entry_free, NULL);
  self->refused = g_hash_table_new_full (key_hash, key_equal, entry_free, NULL);

  return self;
}

void
ck_access_log_free (CkAccessLog *self)
{
  g_hash_table_unref (self->handed_out);
  g_hash_table_unref (self->refused);
  g_free (self);
}

static void
tell_journal (CkAccessLog *self, const Entry *entry, const char *message)
{
  const CkChannelRecord *record = ck_channel_get_record (entry->key.channel);

  ck_audit_token (self->audit, &(CkAuditEntry){
                                   .channel = record->id,
                                   .provider = record->provider,
                                   .caller = entry->caller,
                                   .uid = entry->key.uid,
                                   .user = entry->user,
                                   .action = CK_ACTION_USE_TOKEN,
                                   .outcome = "handed-out",
                                   .generation = entry->generation,
                                   .count = entry->count,
                                   .message = message,
                               });
}

static GVariant *
describe (const Entry *entry)
{
  GVariantDict details;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "user", "s", entry->user);
  g_variant_dict_insert (&details, "uid", "u", entry->key.uid);
  g_variant_dict_insert (&details, "generation", "t", entry->generation);
  g_variant_dict_insert (&details, "count", "u", entry->count);

  return g_variant_dict_end (&details);
}

/* The grant is another one, or the broker stops: how often it was in the end. */
static void
close_entry (CkAccessLog *self, const Entry *entry)
{
  g_autofree char *message = NULL;

  if (entry->count <= 1)
    return;

  message = g_strdup_printf ("%s got the token of %s %u times", entry->user,
                             ck_channel_get_id (entry->key.channel), entry->count);
  tell_journal (self, entry, message);
  ck_broker_note (self->broker, entry->key.channel,
                  ck_event_new (entry->sequence, entry->since,
                                ck_channel_get_id (entry->key.channel), "TokenHandedOut",
                                describe (entry)));
}

void
ck_access_log_flush (CkAccessLog *self)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->handed_out);
  while (g_hash_table_iter_next (&iter, &entry, NULL))
    {
      close_entry (self, entry);
      g_hash_table_iter_remove (&iter);
    }
}

static void
open_entry (CkAccessLog *self, Entry *entry, const char *method)
{
  g_autofree char *message = g_strdup_printf ("%s got the token of %s (%s)", entry->user,
                                              ck_channel_get_id (entry->key.channel), method);

  tell_journal (self, entry, message);
  entry->since = ck_clock_now ();
  entry->sequence = ck_broker_note (self->broker, entry->key.channel,
                                    ck_event_new (0, 0, ck_channel_get_id (entry->key.channel),
                                                  "TokenHandedOut", describe (entry)));
}

void
ck_access_log_handed_out (CkAccessLog *self,
                          CkCaller *caller,
                          CkChannel *channel,
                          const char *method)
{
  const Key key = { channel, ck_caller_get_uid (caller), NULL };
  guint64 generation = ck_channel_get_record (channel)->generation;
  Entry *entry = NULL;

  if (g_hash_table_lookup_extended (self->handed_out, &key, (gpointer *) &entry, NULL)
      && entry->generation == generation)
    {
      entry->count++;
      return;
    }
  if (entry != NULL)
    close_entry (self, entry);

  entry = entry_new (&key, ck_caller_get_user (caller), ck_caller_get_name (caller));
  entry->generation = generation;
  entry->count = 1;
  g_hash_table_replace (self->handed_out, entry, entry);
  open_entry (self, entry, method);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static gboolean
is_over (gpointer data, gpointer value, gpointer user_data)
{
  const Entry *entry = data;
  const guint64 *now = user_data;

  return *now >= entry->since + REFUSALS_APART || *now < entry->since;
}

static gboolean
has_room (CkAccessLog *self, guint uid)
{
  GHashTableIter iter;
  gpointer entry;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->refused);
  while (g_hash_table_iter_next (&iter, &entry, NULL))
    n += ((const Entry *) entry)->key.uid == uid;

  return n < MAX_REFUSALS_PER_UID && g_hash_table_size (self->refused) < MAX_REFUSALS;
}

void
ck_access_log_refused (CkAccessLog *self, const CkAuditEntry *entry, CkChannel *channel)
{
  const Key key = { channel, entry->uid, g_intern_string (entry->action) };
  guint64 now = ck_clock_now ();
  guint before = 0;
  Entry *known = NULL;
  GVariantDict details;

  ck_audit_refusal (self->audit, entry);
  if (channel == NULL)
    return;

  if (g_hash_table_lookup_extended (self->refused, &key, (gpointer *) &known, NULL))
    {
      before = ++known->count;
      if (!is_over (known, NULL, &now))
        return;
    }
  else if (!has_room (self, entry->uid))
    {
      g_hash_table_foreach_remove (self->refused, is_over, &now);
      if (!has_room (self, entry->uid))
        return;
    }

  known = entry_new (&key, entry->user, entry->caller);
  known->since = now;
  g_hash_table_replace (self->refused, known, known);

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "user", "s", entry->user);
  g_variant_dict_insert (&details, "uid", "u", entry->uid);
  g_variant_dict_insert (&details, "action", "s", entry->action);
  g_variant_dict_insert (&details, "error", "s", entry->outcome);
  if (before > 0)
    g_variant_dict_insert (&details, "untold-before", "u", before - 1);
  ck_broker_note (
      self->broker, channel,
      ck_event_new (0, 0, ck_channel_get_id (channel), "Refused", g_variant_dict_end (&details)));
}

static gboolean
is_about (gpointer data, gpointer value, gpointer user_data)
{
  return ((const Entry *) data)->key.channel == user_data;
}

void
ck_access_log_forget (CkAccessLog *self, CkChannel *channel)
{
  g_hash_table_foreach_remove (self->handed_out, is_about, channel);
  g_hash_table_foreach_remove (self->refused, is_about, channel);
}
