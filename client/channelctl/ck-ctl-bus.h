/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/**
 * CkCtlBus:
 *
 * channelctl's way to call the service: no proxies, no introspection, one message per call. While
 * it waits it iterates the default main context and shows a progress line on a terminal.
 */
typedef struct _CkCtlBus CkCtlBus;

/**
 * ck_ctl_bus_new:
 *
 * Connects at the first call.
 */
CkCtlBus *ck_ctl_bus_new (void) G_GNUC_WARN_UNUSED_RESULT;
void ck_ctl_bus_free (CkCtlBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkCtlBus, ck_ctl_bus_free)

/**
 * ck_ctl_bus_forbid_asking:
 *
 * From now on a call that needs a password fails with %CK_ERROR_INTERACTION_REQUIRED. Otherwise,
 * on a terminal, polkit's agent asks for it.
 */
void ck_ctl_bus_forbid_asking (CkCtlBus *bus);

/**
 * ck_ctl_bus_set_timeout:
 * @seconds: how long the service may take for an answer, at most 600; 0, the default, is what it
 *   allows itself
 */
void ck_ctl_bus_set_timeout (CkCtlBus *bus, guint seconds);

/**
 * ck_ctl_bus_default_timeout:
 * @seconds: how long the service may take where ck_ctl_bus_set_timeout() has not said
 */
void ck_ctl_bus_default_timeout (CkCtlBus *bus, guint seconds);

/**
 * ck_ctl_bus_get_connection:
 * @error: of the domain %CK_EXIT_ERROR, code %CK_EXIT_NO_SERVICE, if there is no bus
 *
 * Returns: (transfer none) (nullable): the connection to the system bus
 */
GDBusConnection *ck_ctl_bus_get_connection (CkCtlBus *bus, GError **error);

/**
 * ck_ctl_bus_options:
 * @options: (nullable): what the caller has put in; cleared
 *
 * Adds what this bus adds to every call's options.
 *
 * Returns: (transfer floating): the a{sv} that ends a call's parameters
 */
GVariant *ck_ctl_bus_options (CkCtlBus *bus, GVariantDict *options) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_bus_call:
 * @path: an object of the service
 * @parameters: (transfer floating) (nullable): a tuple
 * @reply_type: the tuple expected
 * @error: the service's own error, its remote name stripped off, or %CK_EXIT_ERROR
 *
 * Returns: (transfer full) (nullable): the answer
 */
GVariant *ck_ctl_bus_call (CkCtlBus *bus,
                           const char *path,
                           const char *interface,
                           const char *method,
                           GVariant *parameters,
                           const char *reply_type,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkMakeFds:
 * @data: as given to ck_ctl_bus_call_with_fds()
 *
 * Called for each sending: there is a second one when polkit must ask, and a pipe is read only once.
 *
 * Returns: (transfer full) (nullable): what the handles in the parameters refer to
 */
typedef GUnixFDList *(*CkMakeFds) (gpointer data, GError **error);

/**
 * ck_ctl_bus_call_with_fds:
 * @make_fds: (nullable): what descriptors go with it
 * @reply_fd: (out) (optional): what the answer's only handle refers to; the caller closes it
 *
 * As ck_ctl_bus_call().
 */
GVariant *ck_ctl_bus_call_with_fds (CkCtlBus *bus,
                                    const char *path,
                                    const char *interface,
                                    const char *method,
                                    GVariant *parameters,
                                    CkMakeFds make_fds,
                                    gpointer fds_data,
                                    int *reply_fd,
                                    const char *reply_type,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
