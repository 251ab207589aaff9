/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-siblings.h"

#include <stdlib.h>
#include <string.h>

#include "ck-advice.h"
#include "ck-error.h"
#include "ck-operations.h"

/* In a table: there is more than one. Neither a user nor a set of scopes. */
#define SEVERAL "\n"

/* An owner that is not known may be anybody. */
static gboolean
may_be_same_owner (const char *a, const char *b)
{
  return *a == '\0' || *b == '\0' || g_str_equal (a, b);
}

/* One platform may have several provider files, as Facebook has for its pages and for the Instagram
 * accounts linked to them: what a person does there hits the channels of all of them. */
static gboolean
is_same_platform (CkBroker *broker, const char *a, const char *b)
{
  CkConfig *config = ck_broker_get_config (broker);
  CkProvider *one = ck_config_lookup_provider (config, a, NULL);
  CkProvider *other = ck_config_lookup_provider (config, b, NULL);

  return g_str_equal (a, b)
         || (one != NULL && other != NULL
             && g_str_equal (ck_provider_get_host (one), ck_provider_get_host (other)));
}

gboolean
ck_siblings_share_owner (CkBroker *broker, CkChannel *channel, const char *owner_id)
{
  const char *provider = ck_channel_get_record (channel)->provider;
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (broker);

  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *other = g_ptr_array_index (channels, i);
      const CkChannelRecord *sibling = ck_channel_get_record (other);

      if (other != channel && ck_channel_get_grant (other) != NULL
          && is_same_platform (broker, sibling->provider, provider)
          && may_be_same_owner (sibling->owner_id, owner_id))
        return TRUE;
    }

  return FALSE;
}

gboolean
ck_siblings_is_own (CkChannel *channel, const char *owner_id)
{
  return ck_channel_get_grant (channel) != NULL
         && may_be_same_owner (ck_channel_get_record (channel)->owner_id, owner_id);
}

void
ck_siblings_verify (CkBroker *broker, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (broker);

  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *other = g_ptr_array_index (channels, i);
      const CkChannelRecord *sibling = ck_channel_get_record (other);

      if (other != channel && ck_channel_get_grant (other) != NULL
          && is_same_platform (broker, sibling->provider, record->provider)
          && may_be_same_owner (sibling->owner_id, record->owner_id))
        ck_channel_verify_async (broker, other, FALSE, NULL, NULL, NULL);
    }
}

/* ---- scopes -----------------------------------------------------------------------------------
 */

static gboolean
has_all (const char *const *a, const char *const *b)
{
  for (; *b != NULL; b++)
    {
      if (!g_strv_contains (a, *b))
        return FALSE;
    }

  return TRUE;
}

static gboolean
change_ends_others (CkBroker *broker, const char *provider_id)
{
  CkProvider *provider
      = ck_config_lookup_provider (ck_broker_get_config (broker), provider_id, NULL);

  return provider != NULL
         && g_strcmp0 (ck_provider_get_setting (provider, "OAuth2.ScopeChangeReach"), "owner") == 0;
}

/* (transfer none) (nullable): a connected channel whose grant would end if @record's channel asked
 * for @scopes */
static const CkChannelRecord *
find_loser (GPtrArray *channels, const CkChannelRecord *record, const char *const *scopes)
{
  for (guint i = 0; i < channels->len; i++)
    {
      const CkChannelRecord *other = ck_channel_get_record (channels->pdata[i]);
      const char *const *theirs = (const char *const *) other->scopes;

      if (!g_str_equal (other->id, record->id) && other->state != CK_STATE_UNCONNECTED
          && g_str_equal (other->client, record->client)
          && may_be_same_owner (other->owner_id, record->owner_id)
          && (!has_all (theirs, scopes) || !has_all (scopes, theirs)))
        return other;
    }

  return NULL;
}

gboolean
ck_siblings_replaced_scopes (CkBroker *broker, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  const char *const *ours = (const char *const *) record->granted_scopes;
  g_autoptr (GPtrArray) channels = NULL;

  if (!change_ends_others (broker, record->provider))
    return FALSE;

  channels = ck_broker_dup_channels (broker);
  for (guint i = 0; i < channels->len; i++)
    {
      const CkChannelRecord *other = ck_channel_get_record (channels->pdata[i]);
      const char *const *theirs = (const char *const *) other->granted_scopes;

      if (other != record && ck_channel_get_grant (channels->pdata[i]) != NULL
          && g_str_equal (other->client, record->client) && *record->owner_id != '\0'
          && g_str_equal (other->owner_id, record->owner_id)
          && other->issued_at >= record->issued_at
          && (!has_all (theirs, ours) || !has_all (ours, theirs)))
        return TRUE;
    }

  return FALSE;
}

gboolean
ck_siblings_check_scopes (CkBroker *broker,
                          CkChannel *channel,
                          const char *const *scopes,
                          GError **error)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (broker);
  const CkChannelRecord *loser = NULL;

  if (change_ends_others (broker, record->provider))
    loser = find_loser (channels, record,
                        scopes != NULL ? scopes : (const char *const *) record->scopes);
  if (loser == NULL)
    return TRUE;

  g_set_error (
      error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
      "connecting %s would disconnect %s: they ask for different scopes, and this platform "
      "keeps only the last set that a person granted. Give both the same scopes, or allow "
      "it with allow-sibling-loss",
      record->id, loser->id);

  return FALSE;
}

/* ---- advice -----------------------------------------------------------------------------------
 */

static gboolean
is_owned (const CkChannelRecord *record)
{
  return record->state != CK_STATE_UNCONNECTED && *record->owner_id != '\0';
}

/* @key stands for @value, or for SEVERAL if it stood for another one. */
static void
tell_apart (GHashTable *table, char *key, const char *value)
{
  const char *former = g_hash_table_lookup (table, key);

  g_hash_table_replace (table, key,
                        g_strdup (former == NULL || g_str_equal (former, value) ? value : SEVERAL));
}

static GHashTable *
table_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/* (transfer full): owner to its one assigned user, or SEVERAL */
static GHashTable *
find_owners (GPtrArray *channels)
{
  GHashTable *owners = table_new ();

  for (guint i = 0; i < channels->len; i++)
    {
      const CkChannelRecord *record = ck_channel_get_record (channels->pdata[i]);

      if (is_owned (record))
        tell_apart (owners, g_strdup (record->owner_id), record->assigned_user);
    }

  return owners;
}

static int
compare_words (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* (transfer full): equal for equal sets, whatever their order */
static char *
dup_scope_set (const CkChannelRecord *record)
{
  g_auto (GStrv) words = g_strdupv (record->scopes);
  guint n = g_strv_length (words);
  guint kept = 0;

  qsort (words, n, sizeof *words, compare_words);
  for (guint i = 0; i < n; i++)
    {
      if (kept > 0 && g_str_equal (words[kept - 1], words[i]))
        g_free (words[i]);
      else
        words[kept++] = words[i];
    }
  words[kept] = NULL;

  return g_strjoinv (" ", words);
}

/* Of a client's channels with one owner; "": those whose owner is not known. */
static char *
dup_key (const CkChannelRecord *record, const char *owner)
{
  return g_strdup_printf ("%s\n%s", record->client, owner);
}

/* (transfer full): for each client, and for each owner in it, the one set of scopes that its connected
 * channels ask for, or SEVERAL */
static GHashTable *
find_scope_sets (GPtrArray *channels)
{
  GHashTable *sets = table_new ();

  for (guint i = 0; i < channels->len; i++)
    {
      const CkChannelRecord *record = ck_channel_get_record (channels->pdata[i]);
      g_autofree char *set = dup_scope_set (record);

      if (record->state == CK_STATE_UNCONNECTED)
        continue;
      tell_apart (sets, dup_key (record, record->owner_id), set);
      tell_apart (sets, g_strdup (record->client), set);
    }

  return sets;
}

static gboolean
has_other (GHashTable *sets, const char *key, const char *set)
{
  const char *theirs = g_hash_table_lookup (sets, key);

  return theirs != NULL && !g_str_equal (theirs, set);
}

/* What find_loser() says of a channel and its own scopes, without a look at each of the others. Its own
 * set in the table does no harm: it differs from none. */
static gboolean
is_in_conflict (GHashTable *sets, const CkChannelRecord *record)
{
  g_autofree char *set = dup_scope_set (record);
  g_autofree char *own = dup_key (record, record->owner_id);
  g_autofree char *unknown = dup_key (record, "");

  if (*record->owner_id == '\0')
    return has_other (sets, record->client, set);

  return has_other (sets, own, set) || has_other (sets, unknown, set);
}

static void
advise (CkBroker *broker, CkChannel *channel, const char *word, gboolean present)
{
  CkLifecycleContext context;
  CkChannelRecord *record;

  ck_operations_fill_context (broker, channel, &context);
  record = ck_lifecycle_advised (ck_channel_get_record (channel), word, present, &context);
  if (record != NULL)
    ck_broker_commit (broker, channel, record, NULL);
}

/* (transfer full): all channels of @provider */
static GPtrArray *
dup_channels_of (CkBroker *broker, const char *provider)
{
  g_autoptr (GPtrArray) all = ck_broker_dup_channels (broker);
  GPtrArray *channels = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < all->len; i++)
    {
      if (g_str_equal (ck_channel_get_record (all->pdata[i])->provider, provider))
        g_ptr_array_add (channels, g_object_ref (all->pdata[i]));
    }

  return channels;
}

void
ck_siblings_review (CkBroker *broker, const char *provider)
{
  g_autoptr (GPtrArray) channels = dup_channels_of (broker, provider);
  g_autoptr (GHashTable) owners = find_owners (channels);
  g_autoptr (GHashTable) sets
      = change_ends_others (broker, provider) ? find_scope_sets (channels) : NULL;

  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *channel = channels->pdata[i];
      const CkChannelRecord *record = ck_channel_get_record (channel);
      gboolean shared
          = is_owned (record)
            && g_str_equal (g_hash_table_lookup (owners, record->owner_id), SEVERAL);
      gboolean conflict = sets != NULL && is_in_conflict (sets, record);

      advise (broker, channel, CK_ADVICE_SHARED_LOGIN, shared);
      advise (broker, channel, CK_ADVICE_SIBLING_SCOPE_CONFLICT, conflict);
    }
}

void
ck_siblings_review_added (CkBroker *broker, CkChannel *channel)
{
  const char *provider = ck_channel_get_record (channel)->provider;

  if (change_ends_others (broker, provider))
    ck_siblings_review (broker, provider);
}
