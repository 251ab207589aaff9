/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <libsecret/secret.h>

/*
 * The real channelkeeper-worker with the test at the other end of its connection.
 */
typedef struct
{
  GSubprocess *process;
  GDBusConnection *connection;
} Worker;

/* What a Run answered. */
typedef struct
{
  char *result;
  GVariant *details;
  GVariant *grant; /* (nullable): a{sv} */
} Answer;

/* Starts the worker with @fd (taken) as its connection and @module_dir as its modules. */
GSubprocess *worker_spawn (int fd, const char *module_dir);

/* Starts one and connects to it. */
void worker_start (Worker *worker);

/* Closes the connection, and waits for the worker to leave. */
void worker_clear (Worker *worker);

/* Waits for it; what it wrote to stderr, (transfer full). */
char *worker_wait (Worker *worker);

/*
 * The arguments of Run, (transfer floating): @lines of a stack for @operation.
 */
GVariant *worker_make_call (const char *operation, const char *lines, guint timeout);

/* The memfd that worker_make_call()'s handle 0 stands for. */
int worker_make_secrets (gboolean grant);

/* Runs it; %FALSE with @error if the worker did not answer. */
gboolean worker_run (Worker *worker, GVariant *call, gboolean grant, Answer *answer, GError **error);

/* The grant of Run's answer, (nullable) (transfer full): a{sv}. */
GVariant *worker_read_grant (GUnixFDList *fds, GVariant *handles);

void answer_clear (Answer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

/* A member of the details, (transfer none); empty if it is missing. */
const char *answer_get (Answer *answer, const char *member);

/* The same of the new grant. */
const char *answer_get_grant (Answer *answer, const char *member);
