/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-broker-private.h"

#include "ck-clock.h"

/* Seconds for which the answer to one channel speaks for what can wait of the others; and that to two
 * for all of them, as it may be two accounts' own limits all the same. */
#define ONE_BELIEVED (60 * 60)
#define TWO_BELIEVED (5 * 60)

typedef struct
{
  guint64 until;         /* little is left: what can wait waits */
  guint64 refused_until; /* nothing is left, as two channels were told; 0: or only one */
  char *refused;         /* nullable: the one that was told last */
} Limit;

static void
limit_free (Limit *limit)
{
  g_free (limit->refused);
  g_free (limit);
}

GHashTable *
ck_broker_limits_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) limit_free);
}

/* (transfer full) (nullable): the app that the platform counts for; two clients may be one */
static char *
dup_app (CkBroker *self, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  const CkClientRecord *client = ck_broker_lookup_client (self, record->client, NULL);
  CkProvider *provider = ck_config_lookup_provider (self->config, record->provider, NULL);

  if (client == NULL || provider == NULL)
    return NULL;

  return g_strdup_printf ("%s %s", ck_provider_get_host (provider), client->client_id);
}

/* (transfer none) (nullable): the one in force */
static Limit *
find_limit (CkBroker *self, CkChannel *channel)
{
  g_autofree char *app = g_hash_table_size (self->limits) > 0 ? dup_app (self, channel) : NULL;
  Limit *limit = app != NULL ? g_hash_table_lookup (self->limits, app) : NULL;

  if (limit == NULL || limit->until > ck_clock_now ())
    return limit;
  g_hash_table_remove (self->limits, app);

  return NULL;
}

/* (transfer none) (nullable): NULL: its client or provider is gone */
static Limit *
ensure_limit (CkBroker *self, CkChannel *channel)
{
  Limit *limit = find_limit (self, channel);
  char *app;

  if (limit != NULL)
    return limit;
  app = dup_app (self, channel);
  if (app == NULL)
    return NULL;

  limit = g_new0 (Limit, 1);
  g_hash_table_insert (self->limits, app, limit);

  return limit;
}

void
ck_broker_note_limit (CkBroker *self, CkChannel *channel, guint64 seconds)
{
  Limit *limit = ensure_limit (self, channel);

  if (limit == NULL)
    return;

  g_info ("%s: its platform's rate limit has little left: what can wait of client %s waits %"
          G_GUINT64_FORMAT " seconds",
          ck_channel_get_id (channel), ck_channel_get_record (channel)->client, seconds);
  limit->until = ck_clock_now () + seconds;
}

void
ck_broker_note_limited (CkBroker *self, CkChannel *channel, guint64 seconds)
{
  Limit *limit = ensure_limit (self, channel);
  const char *id = ck_channel_get_id (channel);
  guint64 now = ck_clock_now ();

  if (limit == NULL)
    return;

  limit->until = MAX (limit->until, now + MIN (seconds, ONE_BELIEVED));
  if (limit->refused != NULL && !g_str_equal (limit->refused, id))
    {
      if (limit->refused_until == 0)
        g_info ("client %s: its platform refuses %s and %s for a rate limit: the others wait as well",
                ck_channel_get_record (channel)->client, limit->refused, id);
      limit->refused_until = now + MIN (seconds, TWO_BELIEVED);
    }
  g_free (limit->refused);
  limit->refused = g_strdup (id);
}

void
ck_broker_note_served (CkBroker *self, CkChannel *channel)
{
  Limit *limit = find_limit (self, channel);

  if (limit == NULL)
    return;

  limit->refused_until = 0;
  g_clear_pointer (&limit->refused, g_free);
}

void
ck_broker_get_limit (CkBroker *self, CkChannel *channel, guint64 *until, guint64 *refused_until)
{
  const Limit *limit = find_limit (self, channel);

  *until = limit != NULL ? limit->until : 0;
  *refused_until = limit != NULL && limit->refused_until > ck_clock_now () ? limit->refused_until : 0;
}
