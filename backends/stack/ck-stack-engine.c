/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-stack-engine.h"

#include "ck-stack-private.h"

/* What libpam says where no module may: PAM_PERM_DENIED. */
#define MUST_FAIL CK_RESULT_PERM_DENIED

typedef enum
{
  OPEN,   /* nobody has said anything that counts */
  GOOD,   /* so far it goes well; the verdict may still be a softer word than success */
  FAILED, /* the verdict is the first failure's, and stays */
} Impression;

/* What has been collected so far. */
typedef struct
{
  Impression impression;
  CkResult verdict;
  guint deciding;
} Mind;

typedef struct
{
  CkStack *stack;
  guint index;
  Mind mind;
  Mind entered[CK_STACK_MAX_DEPTH]; /* the mind with which each level was entered */
  CkStackTraceFunc trace;           /* (nullable) */
  gpointer trace_data;
} Run;

static const CkStackHandler *
peek (Run *run, guint index)
{
  return index < run->stack->handlers->len ? g_ptr_array_index (run->stack->handlers, index) : NULL;
}

/* Whether the chain goes on after @run's index without leaving @level. */
static gboolean
stays_within (Run *run, guint level)
{
  const CkStackHandler *next = peek (run, run->index + 1);

  return next != NULL && next->level >= level;
}

static void
decide (Run *run, Impression impression, CkResult verdict)
{
  run->mind = (Mind){ impression, verdict, run->index };
}

static void
weigh_good (Run *run, CkResult result)
{
  if (run->mind.impression == OPEN
      || (run->mind.impression == GOOD && run->mind.verdict == CK_RESULT_SUCCESS))
    decide (run, GOOD, result);
}

static void
weigh_bad (Run *run, CkResult result)
{
  if (run->mind.impression != FAILED)
    decide (run, FAILED, result == CK_RESULT_IGNORE ? MUST_FAIL : result);
}

/* Moves to the last handler of the (sub)stack that @level is in. */
static void
leave (Run *run, guint level)
{
  while (stays_within (run, level))
    run->index++;
}

/* Moves over @count modules of @level, a substack with its content being one. */
static void
jump (Run *run, guint level, gint32 count)
{
  guint from = run->index;

  while (count > 0 && stays_within (run, level))
    {
      do
        run->index++;
      while (stays_within (run, level + 1));
      count--;
    }

  if (count > 0)
    run->mind = (Mind){ FAILED, MUST_FAIL, from };
}

static void
act (Run *run, guint level, gint32 action, CkResult result)
{
  switch (action)
    {
    case CK_STACK_IGNORE:
      break;
    case CK_STACK_OK:
      weigh_good (run, result);
      break;
    case CK_STACK_DONE:
      weigh_good (run, result);
      if (run->mind.impression == GOOD)
        leave (run, level);
      break;
    case CK_STACK_BAD:
      weigh_bad (run, result);
      break;
    case CK_STACK_DIE:
      weigh_bad (run, result);
      leave (run, level);
      break;
    case CK_STACK_RESET:
      run->mind = run->entered[level];
      break;
    default:
      jump (run, level, action);
      break;
    }
}

static void
tell (Run *run, guint index, const CkStackHandler *handler, CkResult result)
{
  CkStackStep step = {
    .index = index,
    .result = result,
    .action = (guint) result < CK_N_RESULTS ? handler->actions.by_result[result] : CK_STACK_BAD,
    .decides = run->mind.deciding == index,
    .skips = run->index - index,
  };

  if (run->trace != NULL)
    run->trace (&step, run->trace_data);
}

/* Returns whether the run goes on. */
static gboolean
step (Run *run, const CkStackHandler *handler, CkStackCallFunc call, gpointer user_data)
{
  guint index = run->index;
  CkResult result = call (handler->module, (int) g_strv_length (handler->argv),
                          (const char **) handler->argv, handler->silent, user_data);

  if (result == CK_RESULT_INCOMPLETE)
    {
      decide (run, FAILED, result);
      tell (run, index, handler, result);
      return FALSE;
    }

  if ((guint) result >= CK_N_RESULTS)
    act (run, handler->level, CK_STACK_BAD, MUST_FAIL);
  else
    act (run, handler->level, handler->actions.by_result[result], result);
  tell (run, index, handler, result);

  return TRUE;
}

CkResult
ck_stack_run (CkStack *stack, CkStackCallFunc call, gpointer user_data, guint *deciding)
{
  return ck_stack_run_traced (stack, call, NULL, user_data, deciding);
}

CkResult
ck_stack_run_traced (CkStack *stack,
                     CkStackCallFunc call,
                     CkStackTraceFunc trace,
                     gpointer user_data,
                     guint *deciding)
{
  Run run = {
    .stack = stack,
    .mind = { OPEN, MUST_FAIL, CK_STACK_NOBODY },
    .trace = trace,
    .trace_data = user_data,
  };
  const CkStackHandler *handler;
  guint level = 0;

  run.entered[0] = run.mind;
  for (; (handler = peek (&run, run.index)) != NULL; run.index++)
    {
      if (handler->level > level)
        run.entered[handler->level] = run.mind;
      level = handler->level;

      if (!ck_stack_handler_is_substack (handler) && !step (&run, handler, call, user_data))
        break;
    }

  /* `success=bad` leaves the word success behind */
  if (run.mind.verdict == CK_RESULT_SUCCESS && run.mind.impression != GOOD)
    run.mind.verdict = MUST_FAIL;
  if (deciding != NULL)
    *deciding = run.mind.deciding;

  return run.mind.verdict;
}
