/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-result.h"

G_BEGIN_DECLS

/*
 * What a stack does with a module's result: one of the words below, or a number above zero, the
 * count of following modules to jump over (a substack with all it contains counts as one).
 */
#define CK_STACK_IGNORE 0   /* the result has no say */
#define CK_STACK_OK (-1)    /* counts, unless something counted against success before */
#define CK_STACK_DONE (-2)  /* as ok, and if nothing failed before, the (sub)stack ends */
#define CK_STACK_BAD (-3)   /* failure; the first one is the verdict */
#define CK_STACK_DIE (-4)   /* as bad, and the (sub)stack ends */
#define CK_STACK_RESET (-5) /* forget what this (sub)stack has collected */

/* Jumps over more modules than a stack can hold are refused. */
#define CK_STACK_MAX_JUMP 4096

/**
 * CkStackActions:
 *
 * What is done with each result, by its number.
 */
typedef struct
{
  gint32 by_result[CK_N_RESULTS];
} CkStackActions;

/**
 * ck_stack_actions_parse:
 * @actions: (out): set only on success
 * @control: `required`, `requisite`, `sufficient`, `optional` (in any case), or the inside of
 *   `[value=action ...]`
 * @error: %CK_ERROR_INVALID_ARGUMENT saying what was expected and what was found
 *
 * As pam.conf(5): `default` stands for the values not named before it; a value not named at all is
 * `bad`; of two actions for one value the last counts.
 *
 * Returns: whether @control is well formed
 */
gboolean ck_stack_actions_parse (CkStackActions *actions,
                                 const char *control,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_stack_action_is_valid:
 *
 * Returns: whether @action is one of the words, or a jump within the limit
 */
gboolean ck_stack_action_is_valid (gint32 action) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
