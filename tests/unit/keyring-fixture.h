/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* gnome-keyring-daemon on the session bus of with-session-bus. One at a time; it ends with the test. */

#define KEYRING_PASSWORD "correct horse"

/**
 * keyring_start:
 * @dir: where its files are
 * @password: (nullable): what its keyring is unlocked with, or made if there is none; without one it
 *   stays as it is
 *
 * Ends the former one. Returns when it answers on the bus. Fails the test where it is not installed.
 */
void keyring_start (const char *dir, const char *password);

/**
 * keyring_signal:
 *
 * Sends it a signal: SIGKILL (and waits for its end), SIGSTOP, SIGCONT.
 */
void keyring_signal (int number);

/**
 * keyring_lock:
 *
 * Has it lock its default collection.
 */
void keyring_lock (void);
