/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/**
 * CkPagesQuery:
 * @api: the address of the platform's API, without a `/` at its end
 * @tasks: (nullable): what the person must be allowed to do on a page, with commas between them;
 *   %NULL asks for nothing
 * @account: (nullable): the member of a page that is the channel's account; %NULL: the page is
 * @name: (nullable): the member of @account that is its name
 *
 * Which pages are looked for.
 */
typedef struct
{
  const char *api;
  const char *tasks;
  const char *account;
  const char *name;
} CkPagesQuery;

/**
 * CkPage:
 * @id: the page
 * @account_id: the channel's account: the page's id, or that of the account that belongs to it
 * @account_name: (nullable): its name, cleaned
 * @missing_task: (nullable): a task that the person may not do there
 *
 * A page that a person administers.
 */
typedef struct
{
  char *id;
  char *account_id;
  char *account_name;
  char *missing_task;
} CkPage;

void ck_page_free (CkPage *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkPage, ck_page_free)

/* So many are read of the list; what is not among them may be behind. */
#define CK_PAGES_MOST 500

/**
 * ck_pages_list:
 * @token: the person's token
 * @pages: (out) (transfer container) (element-type CkPage): every page that has an account of the
 *   kind asked for, maybe none
 *
 * Asks `API/me/accounts`, page of the list after page of the list; %CK_PAGES_MOST at most.
 *
 * Returns: %CK_RESULT_SUCCESS, or the result of the failure it set
 */
CkResult ck_pages_list (CkTransaction *t,
                        const CkPagesQuery *query,
                        const char *token,
                        GPtrArray **pages) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_pages_ask:
 * @id: a page's id
 * @token: (nullable): whose token; %NULL is the grant's
 * @response: (out) (transfer full): set only on success
 *
 * Asks for the page and its account.
 *
 * Returns: as ck_transaction_http()
 */
CkResult ck_pages_ask (CkTransaction *t,
                       const CkPagesQuery *query,
                       const char *id,
                       const char *token,
                       CkHttpResponse **response) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_pages_read:
 * @node: one page as the platform describes it
 *
 * Returns: (transfer full) (nullable): %NULL if it has no usable id, or no account of that kind
 */
CkPage *ck_pages_read (const CkPagesQuery *query, JsonNode *node) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
