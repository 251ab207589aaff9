/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What stands where a secret was. */
#define CK_REDACTOR_MARK "[secret]"

/* A shorter secret is not looked for: it would be found in every second word. */
#define CK_REDACTOR_MIN_LENGTH 4

/* So many bytes in a row of a longer secret are cut as well: platforms echo tokens shortened. */
#define CK_REDACTOR_MIN_PART 20

/**
 * CkRedactor:
 *
 * Cuts a transaction's secrets out of texts. A secret is found raw, and with any of its bytes
 * percent-encoded (in either case, also twice), as `+` for a space, or escaped as JSON may escape
 * them; it is held in locked memory.
 */
typedef struct _CkRedactor CkRedactor;

CkRedactor *ck_redactor_new (void);
void ck_redactor_free (CkRedactor *redactor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkRedactor, ck_redactor_free)

/**
 * ck_redactor_add:
 * @secret: (nullable): a text; too short a one is ignored
 */
void ck_redactor_add (CkRedactor *redactor, const char *secret);

/**
 * ck_redactor_cut:
 * @text: any text
 *
 * Returns: (transfer full): @text with %CK_REDACTOR_MARK for every secret and long part of one
 */
char *ck_redactor_cut (CkRedactor *redactor, const char *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_redactor_finds:
 *
 * Returns: whether ck_redactor_cut() would cut something out of @text
 */
gboolean ck_redactor_finds (CkRedactor *redactor, const char *text);

/**
 * ck_redactor_text_has:
 * @text: (nullable): any text
 * @secret: a secret, whole
 *
 * Returns: whether @text contains @secret in one of the forms above
 */
gboolean ck_redactor_text_has (const char *text, const char *secret);

G_END_DECLS
