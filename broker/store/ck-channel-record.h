/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "ck-state.h"

G_BEGIN_DECLS

/**
 * CkChannelRecord:
 *
 * What state.db keeps of one channel. No member is a secret. Strings and string lists are never
 * %NULL (empty instead) in a record made by ck_channel_record_new() or read from the database.
 * Times are Unix seconds: CK_TIME_UNKNOWN (0) or CK_TIME_NEVER where nothing better is known.
 */
typedef struct
{
  char *id; /* the channel's id, the key */
  char *provider;
  char *client;
  char *display_name;
  char *assigned_user;
  GStrv allowed_users;
  GStrv allowed_groups;
  GStrv scopes;          /* asked for */
  GStrv required_scopes; /* of those: a connect without them fails */

  char *pinned_account; /* the account-id this channel is bound to; empty: the next connect pins */
  char *account_name;   /* as the platform spells it now */
  char *owner_id;       /* the person or business behind the account */

  CkState state;
  CkCause cause;
  char *detail;         /* cleaned text for people */
  GStrv granted_scopes; /* what the platform gave */
  GStrv advice;
  guint64
      duplicates_at; /* when the platform last refused a post as a duplicate or as spam; 0: never */

  guint64 generation; /* of the grant in the vault; grows with every new grant, 0: none yet */
  guint64 issued_at;
  guint64 expires_at;
  guint64 renewable_until;
  guint64 reconnect_by;
  guint64 last_renewal;
  guint64 last_verified;

  gint64 renewal_started; /* generation whose renewal was begun and is not settled, 0: none */
  guint64 adopting;       /* generation that a person brought and that is not proved yet, 0: none */
  char *adopting_user;    /* who brought it; empty: nobody was needed */
  gboolean in_doubt;      /* a renewal's request went out and no answer came back */
  gboolean doubt_tried;   /* the one retry of a grant in doubt is spent */
  gboolean quarantined;   /* the grant is kept, but dead or doubtful */
  guint refused_count;    /* unclassified refusals in a row */
  guint64 refused_since;  /* when the first of them came */
  guint warned;           /* bit n: the n-th WarnBefore was announced */
  guint64 created_at;
} CkChannelRecord;

/**
 * ck_channel_record_new:
 * @id: the channel's id
 *
 * Returns: (transfer full): a record of an unconnected channel, everything else empty or 0
 */
CkChannelRecord *ck_channel_record_new (const char *id) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_channel_record_copy:
 * @record: (transfer none): a record
 *
 * Returns: (transfer full): a deep copy; a %NULL string or list becomes an empty one
 */
CkChannelRecord *ck_channel_record_copy (const CkChannelRecord *record) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_channel_record_pack:
 * @record: (transfer none): a record
 *
 * Returns: (transfer full): a deep copy in one piece of memory, never to be changed, to be freed by
 *   g_free()
 */
const CkChannelRecord *
ck_channel_record_pack (const CkChannelRecord *record) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_channel_record_free:
 * @record: (transfer full) (nullable): a record
 */
void ck_channel_record_free (CkChannelRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkChannelRecord, ck_channel_record_free)

G_END_DECLS
