/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-channel-record.h"

#include "ck-record-field.h"

#define FIELD(member, type)                                                                        \
  {                                                                                                \
    #member, CK_FIELD_##type, G_STRUCT_OFFSET (CkChannelRecord, member)                            \
  }

static const CkField fields[] = {
  FIELD (id, TEXT),
  FIELD (provider, TEXT),
  FIELD (client, TEXT),
  FIELD (display_name, TEXT),
  FIELD (assigned_user, TEXT),
  FIELD (allowed_users, LIST),
  FIELD (allowed_groups, LIST),
  FIELD (scopes, LIST),
  FIELD (required_scopes, LIST),
  FIELD (pinned_account, TEXT),
  FIELD (account_name, TEXT),
  FIELD (owner_id, TEXT),
  FIELD (state, STATE),
  FIELD (cause, CAUSE),
  FIELD (detail, TEXT),
  FIELD (granted_scopes, LIST),
  FIELD (advice, LIST),
  FIELD (duplicates_at, NUMBER),
  FIELD (generation, NUMBER),
  FIELD (issued_at, NUMBER),
  FIELD (expires_at, NUMBER),
  FIELD (renewable_until, NUMBER),
  FIELD (reconnect_by, NUMBER),
  FIELD (last_renewal, NUMBER),
  FIELD (last_verified, NUMBER),
  FIELD (renewal_started, NUMBER),
  FIELD (adopting, NUMBER),
  FIELD (adopting_user, TEXT),
  FIELD (in_doubt, FLAG),
  FIELD (doubt_tried, FLAG),
  FIELD (quarantined, FLAG),
  FIELD (refused_count, COUNT),
  FIELD (refused_since, NUMBER),
  FIELD (warned, COUNT),
  FIELD (created_at, NUMBER),
};

const CkRecordType ck_channel_record_type = {
  "channel",
  sizeof (CkChannelRecord),
  fields,
  G_N_ELEMENTS (fields),
};

CkChannelRecord *
ck_channel_record_new (const char *id)
{
  return ck_record_new (&ck_channel_record_type, id);
}

CkChannelRecord *
ck_channel_record_copy (const CkChannelRecord *record)
{
  return ck_record_copy (&ck_channel_record_type, record);
}

const CkChannelRecord *
ck_channel_record_pack (const CkChannelRecord *record)
{
  G_STATIC_ASSERT (sizeof (CkChannelRecord) % sizeof (char *) == 0);

  return ck_record_pack (&ck_channel_record_type, record);
}

void
ck_channel_record_free (CkChannelRecord *record)
{
  ck_record_free (&ck_channel_record_type, record);
}
