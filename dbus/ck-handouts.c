/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-handouts.h"

#include "ck-names.h"

/* Callers counted for one generation; one more ends the counts, and they begin anew. */
#define MAX_CALLERS 256

typedef struct
{
  char *caller;
  char *user;
  guint uid;
  guint count;
} Taker;

typedef struct
{
  char *channel;
  char *provider;
  guint64 generation;
  GHashTable *takers; /* of Taker, by unique name */
} Tally;

struct _CkHandouts
{
  CkAudit *audit;
  GHashTable *tallies; /* of Tally, by the channel's id: the channels there are bound it */
};

static void
taker_free (Taker *taker)
{
  g_free (taker->caller);
  g_free (taker->user);
  g_free (taker);
}

static void
write_entry (CkHandouts *self, const Tally *tally, const Taker *taker, const char *message)
{
  ck_audit_token (self->audit, &(CkAuditEntry){
                                   .channel = tally->channel,
                                   .provider = tally->provider,
                                   .caller = taker->caller,
                                   .uid = taker->uid,
                                   .user = taker->user,
                                   .action = CK_ACTION_USE_TOKEN,
                                   .outcome = "handed-out",
                                   .generation = tally->generation,
                                   .count = taker->count,
                                   .message = message,
                               });
}

static void
close_tally (CkHandouts *self, Tally *tally)
{
  GHashTableIter iter;
  Taker *taker;

  g_hash_table_iter_init (&iter, tally->takers);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &taker))
    {
      if (taker->count > 1)
        {
          g_autofree char *message = g_strdup_printf ("%s got the token of %s %u times",
                                                      taker->user, tally->channel, taker->count);

          write_entry (self, tally, taker, message);
        }
    }
  g_hash_table_remove_all (tally->takers);
}

static void
tally_free (Tally *tally)
{
  g_free (tally->channel);
  g_free (tally->provider);
  g_hash_table_unref (tally->takers);
  g_free (tally);
}

static Tally *
open_tally (CkHandouts *self, const char *channel, const char *provider)
{
  Tally *tally = g_new0 (Tally, 1);

  tally->channel = g_strdup (channel);
  tally->provider = g_strdup (provider);
  tally->takers
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) taker_free);
  g_hash_table_replace (self->tallies, tally->channel, tally);

  return tally;
}

CkHandouts *
ck_handouts_new (CkAudit *audit)
{
  CkHandouts *self = g_new0 (CkHandouts, 1);

  self->audit = audit;
  self->tallies
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) tally_free);

  return self;
}

void
ck_handouts_free (CkHandouts *self)
{
  GHashTableIter iter;
  Tally *tally;

  g_hash_table_iter_init (&iter, self->tallies);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &tally))
    close_tally (self, tally);
  g_hash_table_unref (self->tallies);
  g_free (self);
}

void
ck_handouts_note (CkHandouts *self,
                  const char *channel,
                  const char *provider,
                  guint64 generation,
                  const char *caller,
                  guint uid,
                  const char *user)
{
  Tally *tally = g_hash_table_lookup (self->tallies, channel);
  g_autofree char *message = NULL;
  Taker *taker;

  if (tally == NULL)
    tally = open_tally (self, channel, provider);
  if (tally->generation != generation || g_hash_table_size (tally->takers) >= MAX_CALLERS)
    close_tally (self, tally);
  tally->generation = generation;

  taker = g_hash_table_lookup (tally->takers, caller);
  if (taker != NULL)
    {
      taker->count++;
      return;
    }

  taker = g_new0 (Taker, 1);
  taker->caller = g_strdup (caller);
  taker->user = g_strdup (user);
  taker->uid = uid;
  taker->count = 1;
  g_hash_table_insert (tally->takers, taker->caller, taker);
  message = g_strdup_printf ("%s got the token of %s", user, channel);
  write_entry (self, tally, taker, message);
}
