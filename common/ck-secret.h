/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

G_BEGIN_DECLS

/**
 * ck_secret_wipe:
 * @memory: (nullable): bytes of ours that held a secret
 * @n_bytes: how many
 *
 * Overwrites them in a way the compiler keeps.
 */
void ck_secret_wipe (gpointer memory, gsize n_bytes);

/**
 * ck_secret_from_variant:
 * @variant: (transfer none): any variant
 *
 * Serializes @variant in machine byte order into a #SecretValue.
 *
 * Returns: (transfer full): the bytes
 */
SecretValue *ck_secret_from_variant (GVariant *variant) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_secret_to_variant:
 * @value: (transfer none): bytes made by ck_secret_from_variant(), not trusted
 * @type: the type expected
 *
 * The variant shares @value's memory and holds a reference to it.
 *
 * Returns: (transfer floating): a variant, maybe not in normal form
 */
GVariant *ck_secret_to_variant (SecretValue *value, const GVariantType *type)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_secret_wrap_text:
 * @text: (transfer none) (nullable): a text without NUL bytes
 *
 * Serializes @text as the only string of a #GVariant of type `as`, or an empty `as` if there is
 * none, with no copy outside of locked memory but one, which is wiped.
 *
 * Returns: (transfer full): the bytes
 */
SecretValue *ck_secret_wrap_text (SecretValue *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_secret_to_memfd:
 * @value: (transfer none): a secret
 * @error: %CK_ERROR_FAILED if the kernel gives no memfd
 *
 * A sealed memfd holding exactly @value: how a secret crosses between broker and worker without
 * entering a D-Bus message.
 *
 * Returns: a file descriptor the caller closes, or -1
 */
int ck_secret_to_memfd (SecretValue *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_secret_bytes_to_memfd:
 * @data: what is no secret, or is sealed
 * @size: how many bytes
 *
 * As ck_secret_to_memfd().
 */
int ck_secret_bytes_to_memfd (const char *data, gsize size, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_secret_from_memfd:
 * @fd: a descriptor from the other side, not closed here
 * @max_bytes: what is refused above
 * @error: %CK_ERROR_INVALID_ARGUMENT if it is not a memfd sealed against change, or too large
 *
 * Never blocks: anything but a fully sealed memfd is refused before it is read.
 *
 * Returns: (transfer full) (nullable): its content
 */
SecretValue *ck_secret_from_memfd (int fd, gsize max_bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
