/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-form-text.h"

G_BEGIN_DECLS

/**
 * CkForm:
 *
 * Parameters as they stand in a form body or behind the `?` of a URI (RFC 6749 appendix B). May
 * hold secrets: it is wiped when it is freed, and when it grows.
 */
typedef struct _CkForm CkForm;

CkForm *ck_form_new (void) G_GNUC_WARN_UNUSED_RESULT;
CkForm *ck_form_copy (CkForm *form) G_GNUC_WARN_UNUSED_RESULT;
void ck_form_free (CkForm *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkForm, ck_form_free)

/**
 * ck_form_add:
 * @value: (nullable): %NULL and empty add nothing: a parameter without a value is treated as if it
 *   had been left out (RFC 6749 section 3.1)
 */
void ck_form_add (CkForm *form, const char *name, const char *value);

/**
 * ck_form_add_words:
 * @words: %NULL-terminated, none of them empty
 *
 * Adds one parameter, its words joined by `+`: a blank to who decodes it as a form.
 */
void ck_form_add_words (CkForm *form, const char *name, const char *const *words);

/* (transfer none): `a=b&c=d`; empty if nothing was added. */
const char *ck_form_get_text (CkForm *form);

/**
 * ck_form_to_json:
 *
 * Returns: (transfer full): the same parameters as a JSON object of strings; free it with
 *   ck_secret_text_free()
 */
char *ck_form_to_json (CkForm *form) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_form_append_to_uri:
 * @uri: an absolute URI, maybe with a query of its own (RFC 6749 section 3.1)
 *
 * Returns: (transfer full): @uri with @form's parameters in its query
 */
char *ck_form_append_to_uri (CkForm *form, const char *uri) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_form_parse:
 * @text: (nullable): a form's text, or a query; hostile
 * @error: %G_IO_ERROR_INVALID_DATA, saying what is wrong and quoting nothing of it
 *
 * A name that is there twice is refused; a pair without a name is passed over.
 *
 * Returns: (transfer full) (nullable): name to value, both decoded; wiped when it is freed
 */
GHashTable *ck_form_parse (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
