/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

G_BEGIN_DECLS

#define CK_SECRET_MAX_BYTES 65536
#define CK_SECRET_TIMEOUT_MS 5000

/**
 * CkSecretReader:
 *
 * Reads secrets from the descriptors that callers send. The other end is hostile: it may be silent,
 * never close, or be no pipe at all. Each read has a thread of its own, because not even a
 * non-blocking read of a pipe is sure not to wait (its writer can hold the kernel's lock); so the
 * main loop never does, and the number of reads is capped.
 */
#define CK_TYPE_SECRET_READER (ck_secret_reader_get_type ())
G_DECLARE_FINAL_TYPE (CkSecretReader, ck_secret_reader, CK, SECRET_READER, GObject)

/**
 * ck_secret_reader_new:
 * @max_per_uid: reads at once for one uid
 * @max_total: reads at once
 */
CkSecretReader *ck_secret_reader_new (guint max_per_uid, guint max_total) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_secret_reader_read_async:
 * @fd: (transfer full): a caller's descriptor
 * @uid: the caller's uid
 * @timeout_ms: %CK_SECRET_TIMEOUT_MS, or less in a test
 *
 * Reads until the end, at most %CK_SECRET_MAX_BYTES. Errors: %CK_ERROR_INVALID_ARGUMENT (neither a
 * pipe nor a connected stream socket, too large), %CK_ERROR_TIMED_OUT, %CK_ERROR_LIMIT_EXCEEDED.
 */
void ck_secret_reader_read_async (CkSecretReader *self,
                                  int fd,
                                  guint uid,
                                  guint timeout_ms,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);

/**
 * ck_secret_reader_read_finish:
 *
 * Returns: (transfer full) (nullable): what was written, maybe nothing
 */
SecretValue *ck_secret_reader_read_finish (CkSecretReader *self,
                                           GAsyncResult *result,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
