/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/**
 * CkHeaders:
 *
 * The headers of one request: JSON is asked for, and those of the provider's setting RequestHeader
 * are there from the start. May hold secrets: it is wiped when it is freed.
 */
typedef struct _CkHeaders CkHeaders;

CkHeaders *ck_headers_new (CkTransaction *t) G_GNUC_WARN_UNUSED_RESULT;
void ck_headers_free (CkHeaders *headers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkHeaders, ck_headers_free)

/**
 * ck_headers_expand:
 * @header: `Name: value`; `%c` in it is the client id
 *
 * Returns: (transfer full): with the client id in its place
 */
char *ck_headers_expand (CkTransaction *t, const char *header) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_headers_add:
 * @header: as above
 */
void ck_headers_add (CkHeaders *headers, CkTransaction *t, const char *header);

/**
 * ck_headers_take:
 * @header: (transfer full): a header as it is
 */
void ck_headers_take (CkHeaders *headers, char *header);

/* (transfer none): %NULL-terminated; until the next one is added. */
const char *const *ck_headers_get (CkHeaders *headers);

G_END_DECLS
