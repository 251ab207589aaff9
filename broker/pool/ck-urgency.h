/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkUrgency:
 * @CK_URGENCY_ROUTINE: it is due, and nobody would notice if it came later
 * @CK_URGENCY_ENDING: the token held ends within a minute
 * @CK_URGENCY_AWAITED: a caller waits for it
 *
 * What passes what in the line.
 */
typedef enum
{
  CK_URGENCY_ROUTINE,
  CK_URGENCY_ENDING,
  CK_URGENCY_AWAITED,
} CkUrgency;

#define CK_N_URGENCIES (CK_URGENCY_AWAITED + 1)

G_END_DECLS
