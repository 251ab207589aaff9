/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Fixed for ever: administrators filter by them (systemd/channelkeeper.catalog explains each). */
#define CK_MESSAGE_REFUSAL "fc75d1fea3fd4b4c96b29fa545205e81"
#define CK_MESSAGE_REFUSAL_OF_MORE "bc6aff483d094de0ada90d078d296406"
#define CK_MESSAGE_UNANSWERED "8a0454a433234cfb875dd51d85ada68b"
#define CK_MESSAGE_ASSIGNED "bf3713c98bc5420b82ee33cf26e49dd6"
#define CK_MESSAGE_RECONNECT "193de328b4674b78ad291233b30380ac"
#define CK_MESSAGE_STATE "42703274d99f475c8051faef1ef6acfb"
#define CK_MESSAGE_TOKEN "6007dc3d3fcd44eb8e5e0431a9080b80"
#define CK_MESSAGE_VAULT "5ab1083e93be4ec48eb3a50c8927a3b4"
#define CK_MESSAGE_VAULT_USED "46aa9b91368b4312a187f6fe120e116f"
#define CK_MESSAGE_CHANNEL "c570cb7df0324a858ddba11593a02fd0"
#define CK_MESSAGE_CLIENT "d3096ab3dd294cacb49d1e7aa828b80a"
#define CK_MESSAGE_RELOAD "f00f8787129d4bbe8dc6234186e9cb7e"

/**
 * CkAuditEntry:
 *
 * One structured journal entry: the fields CK_CHANNEL, CK_PROVIDER, CK_CLIENT, CK_CALLER,
 * CK_CALLER_UID, CK_CALLER_USER, CK_METHOD, CK_ACTION, CK_OUTCOME, CK_CAUSE, CK_GENERATION,
 * CK_COUNT. A %NULL string or a zero number is left out; no member is a secret. The catalog's text of
 * an id names only what every entry of that id has.
 */
typedef struct
{
  const char *channel;
  const char *provider;
  const char *client;
  const char *caller; /* unique name; %NULL: nobody called, and @uid says nothing */
  guint uid;
  const char *user;
  const char *method; /* of a refusal: what was called */
  const char *action;
  const char *outcome;
  const char *cause;
  guint64 generation;
  guint count; /* how often */
  gboolean unanswered; /* of a refusal: polkit did not say no, it said nothing */
  const char *message;
} CkAuditEntry;

/**
 * CkAudit:
 *
 * Writes to the journal from a thread of its own, because the journal's socket can be full. What
 * does not fit into the queue is dropped and counted; the next entry that fits says how many.
 */
typedef struct _CkAudit CkAudit;

CkAudit *ck_audit_new (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_audit_free:
 *
 * Writes what is queued first.
 */
void ck_audit_free (CkAudit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkAudit, ck_audit_free)

/**
 * ck_audit_refusal:
 * @entry: copied
 *
 * One of three entries, as what there is to do about it differs: of the use of a channel, of what
 * more than that takes, and of what polkit did not answer.
 */
void ck_audit_refusal (CkAudit *self, const CkAuditEntry *entry);

/* Each copies @entry. */
void ck_audit_assigned (CkAudit *self, const CkAuditEntry *entry);
void ck_audit_reconnect (CkAudit *self, const CkAuditEntry *entry);
void ck_audit_state (CkAudit *self, const CkAuditEntry *entry);
void ck_audit_token (CkAudit *self, const CkAuditEntry *entry);
void ck_audit_vault (CkAudit *self, const CkAuditEntry *entry);
void ck_audit_vault_used (CkAudit *self, const CkAuditEntry *entry);
void ck_audit_channel (CkAudit *self, const CkAuditEntry *entry);
void ck_audit_client (CkAudit *self, const CkAuditEntry *entry);
void ck_audit_reload (CkAudit *self, const CkAuditEntry *entry);

typedef void (*CkAuditFunc) (CkAudit *self, const CkAuditEntry *entry);

G_END_DECLS
