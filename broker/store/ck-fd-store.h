/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the service manager keeps for us while we are restarted: its file-descriptor store
 * (sd_notify(3), FDSTORE=). It lives in memory and ends with the machine. Without a service
 * manager, or without FileDescriptorStoreMax= in the unit, it keeps nothing; beyond that number
 * (CK_FD_STORE_MAX of config.h) it throws away what it is handed, and says so to nobody. */

/**
 * CkKept:
 *
 * What came back from the store.
 */
typedef struct
{
  char *name;
  GBytes *bytes;
} CkKept;

void ck_kept_free (CkKept *kept);

/**
 * ck_fd_store_put:
 * @name: at most 255 printable ASCII characters, no colon; what was kept under it is replaced
 * @bytes: what to keep: sealed, as who may trace the manager may read it
 *
 * Returns: whether the service manager was handed it
 */
gboolean ck_fd_store_put (const char *name, GBytes *bytes);

/**
 * ck_fd_store_remove:
 * @name: what is no longer to be kept; one that is not is no failure
 */
void ck_fd_store_remove (const char *name);

/**
 * ck_fd_store_get:
 *
 * Reads what the service manager kept: it hands it over when we are started (LISTEN_FDS=), and we
 * close our descriptors of it, so that this is called once. The manager keeps its own until
 * ck_fd_store_remove(). What is no regular file of a sensible size is left out.
 *
 * Returns: (transfer full) (element-type CkKept): what was kept
 */
GPtrArray *ck_fd_store_get (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
