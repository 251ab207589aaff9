/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-gate.h"

#include "ck-job-queue.h"

/* Three times what the pool sends to one host: while eight are on the wire, the next eight lie ready
 * at the workers, and the disk writes the marks and the answers of eight more. */
#define PER_HOST 24

struct _CkGatePass
{
  CkJobPlace *place; /* NULL: turned away */
  CkGateFunc func;
  gpointer data;
};

struct _CkGate
{
  CkJobQueue *queue; /* CkGatePass */
  gboolean closed;
};

CkGate *
ck_gate_new (void)
{
  CkGate *gate = g_new0 (CkGate, 1);

  gate->queue = ck_job_queue_new ();

  return gate;
}

void
ck_gate_free (CkGate *gate)
{
  ck_job_queue_free (gate->queue);
  g_free (gate);
}

static void
admit (CkGate *gate)
{
  CkGatePass *pass;

  while ((pass = ck_job_queue_pop (gate->queue, PER_HOST)) != NULL)
    pass->func (pass->data, TRUE);
}

CkGatePass *
ck_gate_enter (
    CkGate *gate, const char *host, CkUrgency urgency, CkGateFunc func, gpointer data)
{
  CkGatePass *pass = g_new0 (CkGatePass, 1);

  pass->func = func;
  pass->data = data;
  if (gate->closed)
    {
      func (data, FALSE);
      return pass;
    }

  pass->place = ck_job_queue_push (gate->queue, host, urgency, pass);
  admit (gate);

  return pass;
}

void
ck_gate_hurry (CkGate *gate, CkGatePass *pass, CkUrgency urgency)
{
  if (pass->place != NULL)
    ck_job_queue_hurry (gate->queue, pass->place, urgency);
}

void
ck_gate_leave (CkGate *gate, CkGatePass *pass)
{
  if (pass->place != NULL)
    ck_job_queue_done (gate->queue, pass->place);
  g_free (pass);
  admit (gate);
}

void
ck_gate_close (CkGate *gate)
{
  CkGatePass *pass;

  gate->closed = TRUE;
  while ((pass = ck_job_queue_peek (gate->queue)) != NULL)
    {
      ck_job_queue_remove (gate->queue, g_steal_pointer (&pass->place));
      pass->func (pass->data, FALSE);
    }
}

gboolean
ck_gate_is_closed (CkGate *gate)
{
  return gate->closed;
}
