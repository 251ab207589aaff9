/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkExit:
 *
 * What channelctl's exit status means. The numbers are a contract with scripts: see EXIT STATUS in
 * channelctl(1).
 */
typedef enum
{
  CK_EXIT_OK = 0,
  CK_EXIT_FAILED = 1,         /* none of the others */
  CK_EXIT_USAGE = 2,          /* the command line or one of its values is wrong */
  CK_EXIT_NOT_AUTHORIZED = 3, /* policy says no, or a password would be needed */
  CK_EXIT_NO_SUCH = 4,        /* no such channel, client or provider */
  CK_EXIT_NEEDS_PERSON = 5,   /* the channel is not usable until a person acts */
  CK_EXIT_UNAVAILABLE = 6,    /* not now; the same command may work later */
  CK_EXIT_NO_SERVICE = 7,     /* the service is not running, or its vault is sealed */
  CK_EXIT_CANCELLED = 130,    /* Ctrl-C, as shells have it */
} CkExit;

/**
 * CK_EXIT_ERROR:
 *
 * The domain of channelctl's own errors; the code of each is the exit status to leave with.
 */
#define CK_EXIT_ERROR (ck_exit_error_quark ())
GQuark ck_exit_error_quark (void);

/**
 * ck_exit_from_error:
 * @error: an error of any domain
 *
 * Returns: the status channelctl leaves with
 */
CkExit ck_exit_from_error (const GError *error);

/**
 * ck_exit_from_state:
 * @state: (nullable): the word for a channel's state
 *
 * Returns: %CK_EXIT_OK for one that hands out tokens, else who is waited for
 */
CkExit ck_exit_from_state (const char *state);

/**
 * ck_exit_from_cause:
 * @cause: (nullable): the word for the cause a reconnect failed with
 *
 * Returns: never %CK_EXIT_OK
 */
CkExit ck_exit_from_cause (const char *cause);

G_END_DECLS
