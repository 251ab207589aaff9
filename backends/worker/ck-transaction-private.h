/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-failure.h"
#include "ck-redactor.h"
#include "ck-transaction.h"

G_BEGIN_DECLS

/**
 * CkDraft:
 * @texts: member to #SecretValue: the tokens among them stay in locked memory
 * @times: member to a guint64
 * @extras: name to #SecretValue
 * @scopes: what was granted
 *
 * A grant while it is put together.
 */
typedef struct
{
  GHashTable *texts;
  GHashTable *times;
  GHashTable *extras;
  GStrv scopes;
} CkDraft;

CkDraft *ck_draft_new (void);
CkDraft *ck_draft_new_from_members (GVariant *members, GError **error);
CkDraft *ck_draft_copy (CkDraft *draft);
void ck_draft_free (CkDraft *draft);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkDraft, ck_draft_free)

const char *ck_draft_get (CkDraft *draft, const char *member);
void ck_draft_set (CkDraft *draft, const char *member, const char *value);
guint64 ck_draft_get_time (CkDraft *draft, const char *member);
void ck_draft_set_time (CkDraft *draft, const char *member, guint64 time);
gboolean ck_draft_equal (CkDraft *a, CkDraft *b);

/* Whether an extra of that name is a secret: *-token, *-secret, *-proof, *-key. */
gboolean ck_draft_extra_is_secret (const char *key);

/* (transfer floating): a{sv} as ck-grant.h has it; its strings are those of @draft, not copies */
GVariant *ck_draft_to_members (CkDraft *draft);

/* What one module of the stack said about its failure. */
typedef struct
{
  char *module;
  CkResult result;
  gboolean got_on;     /* it reached the platform or the person: settings were not what it lacked */
  gboolean has_failed; /* it used ck_transaction_fail() or ck_transaction_fail_response() */
  CkCause cause;
  char *detail;
  char *platform_message;
  char *error_code; /* nullable */
  guint http_status;
  guint64 retry_after;
} CkWords;

struct _CkTransaction
{
  GHashTable *settings; /* "Group.Key" to value */
  gboolean discovered;  /* the metadata has been asked for, with success or not */
  char *fetched_metadata;
  CkWords *discovery_trouble; /* (nullable): why it could not be had */
  CkFailureTable *failures;
  GVariantDict *arguments; /* not the variant, which would be walked over at each look */
  const char *operation;
  const char *flow;
  const char *channel;
  GStrv scopes;
  GStrv required_scopes;
  gint64 deadline;
  gint64 last_moment;
  GPtrArray *client_secrets; /* of SecretValue */
  guint current_secret;
  CkDraft *current; /* the grant as it was given */
  CkDraft *draft;   /* the grant as it now stands */
  gboolean scopes_set;
  GHashTable *items;
  GPtrArray *advice;
  GPtrArray *settled;   /* advice that there is no reason for */
  CkRedactor *redactor; /* all secrets */
  CkRedactor *strong;   /* those that not even the person may see */
  gboolean in_doubt;
  guint64 limit_wait; /* seconds: a rate limit is nearly used up, and for how long */
  CkWords *module; /* (nullable): the module that runs */
  gboolean debug;
  GPtrArray *words; /* of CkWords: the modules that have run */
  CkResult verdict;
  CkWords *deciding; /* (nullable): one of @words, or @balance */
  char *deciding_module;
  CkWords *balance; /* (nullable): what was found wrong at the end */
  const CkTransactionHooks *hooks;
  gpointer hooks_data;
};

CkWords *ck_words_new (const char *module);
void ck_words_free (CkWords *words);

/* The member of Run's @transaction, or empty. */
const char *ck_transaction_get_argument (CkTransaction *t, const char *member);

/* What ck_transaction_get_setting() finds without asking the issuer. */
const char *ck_transaction_peek_setting (CkTransaction *t, const char *group, const char *key);

/* A token or client secret: as ck_transaction_add_secret(), and the person may not see it either. */
void ck_transaction_add_strong_secret (CkTransaction *t, const char *secret);

/* Whether a plain http endpoint on a loopback address will do. */
gboolean ck_transaction_allows_insecure_loopback (CkTransaction *t);

/* Looks how much of its rate limit a platform says is used: every answer may say it, a good one too. */
void ck_transaction_note_limit (CkTransaction *t, CkHttpResponse *response);

/* Fails with @cause in @format's words. */
CkResult ck_transaction_fail_cause (CkTransaction *t, CkCause cause, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

G_END_DECLS
