/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsecret/secret.h>

#include "ck-ctl-bus.h"

G_BEGIN_DECLS

/**
 * ck_secret_call:
 * @secret: (transfer none): handed over through a pipe, to which handle 0 in @parameters refers
 *
 * As ck_ctl_bus_call(); the secret enters no message.
 */
GVariant *ck_secret_call (CkCtlBus *bus,
                          const char *path,
                          const char *interface,
                          const char *method,
                          GVariant *parameters,
                          SecretValue *secret,
                          const char *reply_type,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_secret_call_with_file:
 * @secret: (transfer none): as in ck_secret_call()
 * @file: what handle 1 in @parameters refers to; -1: there is none
 * @reply_file: (out) (optional): what the answer's only handle refers to
 *
 * As ck_secret_call().
 */
GVariant *ck_secret_call_with_file (CkCtlBus *bus,
                                    const char *path,
                                    const char *interface,
                                    const char *method,
                                    GVariant *parameters,
                                    SecretValue *secret,
                                    int file,
                                    int *reply_file,
                                    const char *reply_type,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
