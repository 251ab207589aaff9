/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-urgency.h"

G_BEGIN_DECLS

/**
 * CkGate:
 *
 * How many renewals and verifications of one platform host are begun at a time. A renewal that is begun
 * has a mark on disk that says its refresh token may be spent (rule 3): of ten thousand that are due,
 * only those whose request goes out at once or next are to have one, or a crash would put them all in
 * doubt. And what has not begun can still be left (ck-entry.h).
 */
typedef struct _CkGate CkGate;
typedef struct _CkGatePass CkGatePass;

/**
 * CkGateFunc:
 * @admitted: %FALSE: the gate was closed, nothing begins any more
 */
typedef void (*CkGateFunc) (gpointer data, gboolean admitted);

CkGate *ck_gate_new (void);
void ck_gate_free (CkGate *gate); /* everybody must have left */

/**
 * ck_gate_enter:
 * @host: the platform host it counts for
 * @urgency: whom it passes of those who wait; among equals first come, first served
 * @func: called once, maybe at once
 *
 * Returns: (transfer full): given back by ck_gate_leave()
 */
CkGatePass *ck_gate_enter (
    CkGate *gate, const char *host, CkUrgency urgency, CkGateFunc func, gpointer data);

/* It has become more urgent, if it still waits. */
void ck_gate_hurry (CkGate *gate, CkGatePass *pass, CkUrgency urgency);

/**
 * ck_gate_leave:
 * @pass: (transfer full): of one that was admitted or turned away
 */
void ck_gate_leave (CkGate *gate, CkGatePass *pass);

/**
 * ck_gate_close:
 *
 * Turns all away who wait, and who come later. Those admitted are not touched.
 */
void ck_gate_close (CkGate *gate);
gboolean ck_gate_is_closed (CkGate *gate);

G_END_DECLS
