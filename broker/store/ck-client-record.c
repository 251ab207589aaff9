/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-client-record.h"

#include "ck-record-field.h"

#define FIELD(member, type)                                                                        \
  {                                                                                                \
    #member, CK_FIELD_##type, G_STRUCT_OFFSET (CkClientRecord, member)                             \
  }

static const CkField fields[] = {
  FIELD (id, TEXT),
  FIELD (provider, TEXT),
  FIELD (client_id, TEXT),
  FIELD (redirect_uris, LIST),
  FIELD (loopback_port, TEXT),
  FIELD (secret_set, FLAG),
};

const CkRecordType ck_client_record_type = {
  "client",
  sizeof (CkClientRecord),
  fields,
  G_N_ELEMENTS (fields),
};

CkClientRecord *
ck_client_record_new (const char *id)
{
  return ck_record_new (&ck_client_record_type, id);
}

CkClientRecord *
ck_client_record_copy (const CkClientRecord *record)
{
  return ck_record_copy (&ck_client_record_type, record);
}

void
ck_client_record_free (CkClientRecord *record)
{
  ck_record_free (&ck_client_record_type, record);
}
