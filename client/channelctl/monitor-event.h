/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * ck_monitor_event_id:
 * @path: a channel's object path
 *
 * Undoes sd_bus_path_encode().
 *
 * Returns: (transfer full) (nullable): the channel's id
 */
char *ck_monitor_event_id (const char *path) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_monitor_event_known:
 * @signal: a signal's name
 * @parameters: its arguments
 *
 * Returns: whether it is one that the service documents, with the arguments it documents
 */
gboolean ck_monitor_event_known (const char *signal, GVariant *parameters);

/**
 * ck_monitor_event_to_json:
 * @signal: one that ck_monitor_event_known()
 * @id: the channel's id
 * @now: Unix seconds
 *
 * Returns: (transfer full): `time`, `signal`, `id` and the signal's arguments by name
 */
JsonObject *ck_monitor_event_to_json (const char *signal,
                                      const char *id,
                                      GVariant *parameters,
                                      gint64 now) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_monitor_event_to_line:
 *
 * Returns: (transfer full): the same for a person, without the line's end
 */
char *ck_monitor_event_to_line (const char *signal,
                                const char *id,
                                GVariant *parameters,
                                gint64 now) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
