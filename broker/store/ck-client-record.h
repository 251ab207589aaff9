/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkClientRecord:
 *
 * What state.db keeps of a client added over the bus: all but its secret, which is in the vault.
 * Strings and lists are never %NULL in a record made by ck_client_record_new() or read back.
 */
typedef struct
{
  char *id; /* ours, the key */
  char *provider;
  char *client_id; /* the platform's (RFC 6749 section 2.2): public */
  GStrv redirect_uris;
  char *loopback_port;
  gboolean secret_set; /* the vault holds a secret of it; FALSE: a public client */
} CkClientRecord;

/**
 * ck_client_record_new:
 * @id: the client's id
 *
 * Returns: (transfer full): a record with everything else empty
 */
CkClientRecord *ck_client_record_new (const char *id) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_client_record_copy:
 * @record: (transfer none): a record
 *
 * Returns: (transfer full): a deep copy; a %NULL string or list becomes an empty one
 */
CkClientRecord *ck_client_record_copy (const CkClientRecord *record) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_client_record_free:
 * @record: (transfer full) (nullable): a record
 */
void ck_client_record_free (CkClientRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkClientRecord, ck_client_record_free)

G_END_DECLS
