/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-bus-service.h"

#include "ck-access-log.h"
#include "ck-attempt-objects.h"
#include "ck-audit.h"
#include "ck-call.h"
#include "ck-channel.h"
#include "ck-guard.h"
#include "ck-interfaces.h"
#include "ck-secret-reader.h"

G_BEGIN_DECLS

/* What the files of the service share: handlers get a CkBusService as their user_data. */

#define CK_MAX_REPLY (4 * 1024 * 1024) /* bytes: for more the bus would disconnect the broker */
#define CK_MAX_MANAGED 5000            /* channels that GetManagedObjects may list */

struct _CkBusService
{
  GObject parent_instance;
  GDBusConnection *connection;
  CkBroker *broker;
  CkInterfaces *interfaces;
  CkGuard *guard;
  CkSecretReader *secrets;
  CkAttemptObjects *attempts;
  CkAudit *audit;
  CkAccessLog *access_log;
  CkVaultState vault_state; /* as last written to the journal */
  GPtrArray *sorted;       /* of CkChannel by id; NULL when it must be made anew */
  guint filter;            /* of the connection */
  guint registrations[5]; /* subtrees: channels, attempts; root: Broker1, ObjectManager, Vault1 */
  guint announcement;      /* of the root object's properties: a timeout */
  guint64 announced;       /* the last number given to the connection */
  guint ask;               /* the bus whether it has them: a timeout; 0: it has, or is being asked */
  guint64 asking;          /* the last that it has once it answers; 0: it is not being asked */
};

/* The tables of handlers, one for each interface. */
const CkMethod *ck_broker_methods_get (void);
const CkMethod *ck_client_methods_get (void); /* of Broker1, too: what is about clients */
const CkMethod *ck_preflight_methods_get (void); /* of Broker1 */
const CkMethod *ck_channel_methods_get (void);
const CkMethod *ck_token_methods_get (void); /* of Channel1, too: what use-token is asked for */
const CkMethod *ck_attempt_methods_get (void);
const CkMethod *ck_object_manager_methods_get (void);
const CkMethod *ck_vault_methods_get (void);

/**
 * ck_bus_service_get_channels:
 *
 * Returns: (transfer none) (element-type CkChannel): all channels by id, until the next change
 */
GPtrArray *ck_bus_service_get_channels (CkBusService *self);

/**
 * ck_bus_service_find_channel:
 * @call: (transfer none): a call about one channel
 * @error: %CK_ERROR_NO_SUCH_CHANNEL: it was removed while polkit was asked
 *
 * Returns: (transfer none) (nullable): the channel
 */
CkChannel *ck_bus_service_find_channel (CkBusService *self, CkCall *call, GError **error);

/**
 * ck_bus_service_audit:
 * @call: (transfer none): which was done
 * @write: which entry of the journal it is
 * @entry: what the entry says; who called, which channel and, if that is not said, its provider are
 *   added
 */
void ck_bus_service_audit (CkBusService *self, CkCall *call, CkAuditFunc write, CkAuditEntry entry);

/**
 * ck_bus_service_describe_access:
 *
 * Returns: (transfer full): who may do what with a channel, for the journal
 */
char *ck_bus_service_describe_access (const CkChannelRecord *record) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkWork:
 * @service: (owned): whose handler it is
 * @call: (owned) (nullable): the call to answer, %NULL once that is done
 * @access: (owned) (nullable): who might use the channel when a token was asked for
 * @former: (owned) (nullable): the provider of the channel or client that is removed or changed, as it
 *   was before
 *
 * What a handler holds while it waits.
 */
typedef struct
{
  CkBusService *service;
  CkCall *call;
  char *access;
  char *former;
} CkWork;

CkWork *ck_work_new (CkBusService *service, CkCall *call); /* call: (transfer full) */
void ck_work_free (CkWork *work);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkWork, ck_work_free)

/**
 * ck_work_read_secret:
 * @call: (transfer full)
 * @handle: the caller's pipe or stream socket, of the message of @call
 *
 * Reads what comes through it (ck-secret-reader.h). @callback gets the secret reader and a new work,
 * (transfer full). Answers the call itself if there is no such descriptor.
 */
void ck_work_read_secret (CkBusService *service,
                          CkCall *call,
                          int handle,
                          GAsyncReadyCallback callback);

/* Each answers the call of @work; @error is (transfer full). */
void ck_work_return (CkWork *work, GVariant *result);
void ck_work_fail (CkWork *work, GError *error);

/* @error: (transfer full) (nullable): answers with nothing if it is %NULL */
void ck_work_end (CkWork *work, GError *error);

/**
 * ck_channel_path:
 *
 * Returns: (transfer full): the channel's object path
 */
char *ck_channel_path (CkChannel *channel);

G_END_DECLS
