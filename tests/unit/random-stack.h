/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Stack files made at random, from all that the format knows, for a judge in PAM's words and one in
 * ours.
 *
 * A byte from OPERATION (0) on stands for an operation; the first is the one that is run. PART
 * stands for the directory of an included file: Debian's libpam looks for those in /etc/pam.d
 * whatever pam_start_confdir() said, unless their path is absolute.
 */
#define OPERATION(i) ((char) (1 + (i)))
#define N_OPERATIONS 4
#define PART "\5"

#define MODULE "pam_debug.so"
#define MODULE_MISSING "pam_channelkeeper_missing.so"
#define MODULE_OF_SESSIONS "pam_keyinit.so" /* it has no account management */

/**
 * random_stack_name:
 *
 * Returns: (transfer full): the name of a case's file number @index; 0 is the stack itself
 */
char *random_stack_name (guint index);

/**
 * random_stack_file:
 *
 * Returns: (transfer full): a text for file @index of @n_files, which includes only later ones
 */
GString *random_stack_file (GRand *rand, guint index, guint n_files);
