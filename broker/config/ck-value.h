/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The kinds of values that configuration files hold. Each function takes bytes nobody has checked
 * and touches its out-parameter only on success.
 */

/**
 * ck_value_parse_duration:
 * @text: `90`, `30s`, `10min`, `24h`, `7d`, `2w`, `1h 30min`, or `never`
 * @seconds: (out): at most ten years; %G_MAXUINT64 for never
 *
 * Returns: whether it is one
 */
gboolean ck_value_parse_duration (const char *text, guint64 *seconds) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_value_parse_boolean:
 * @text: `yes` or `no`; `true`, `false`, `1`, `0` are taken too
 *
 * Returns: whether it is one
 */
gboolean ck_value_parse_boolean (const char *text, gboolean *value) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_value_parse_number:
 * @text: decimal digits
 *
 * Returns: whether it is one from @min to @max
 */
gboolean ck_value_parse_number (const char *text,
                                guint min,
                                guint max,
                                guint *value) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_value_split:
 *
 * Returns: (transfer full): the words between the spaces of @text
 */
GStrv ck_value_split (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_value_is_endpoint:
 * @text: what should be a URI that secrets may be sent to
 * @insecure_loopback: whether plain http to a loopback address will do
 *
 * Returns: whether it is absolute, https, names a host, and has neither user nor fragment (RFC 6749
 *   sections 3.1 and 3.2)
 */
gboolean ck_value_is_endpoint (const char *text, gboolean insecure_loopback);

/**
 * ck_value_is_link:
 *
 * Returns: whether it is such an address, http or https
 */
gboolean ck_value_is_link (const char *text);

/**
 * ck_value_is_loopback_host:
 * @host: (nullable): as GUri has it, without brackets
 *
 * Returns: whether it is 127.0.0.0/8, ::1 or `localhost`
 */
gboolean ck_value_is_loopback_host (const char *host);

G_END_DECLS
