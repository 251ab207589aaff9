/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-stack.h"
#include "ck-stack-control.h"

G_BEGIN_DECLS

/*
 * One step of a chain. A substack's content follows its mark, one level deeper.
 */
typedef struct
{
  guint level;
  gboolean silent;
  char *module; /* empty: a substack begins */
  char *origin;
  GStrv argv;
  CkStackActions actions; /* unused for a substack's mark */
} CkStackHandler;

struct _CkStack
{
  gatomicrefcount refs;
  char *name;
  const char *operation;
  GPtrArray *handlers; /* of CkStackHandler */
};

/* For those who build a chain: append to @handlers, then share it and change it no more. */
CkStack *ck_stack_new (const char *name, const char *operation);
CkStackHandler *ck_stack_append (
    CkStack *stack, guint level, const char *module, const char *origin, const char *const *argv);
gboolean ck_stack_handler_is_substack (const CkStackHandler *handler);

G_END_DECLS
