/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-transaction.h"

G_BEGIN_DECLS

/*
 * A bench for one module at a time: the module itself, dlopened as the worker does it, the worker's
 * own transaction and libcurl, and a platform on a loopback port that gives the answers it was told
 * to, one a request.
 */
typedef struct _Bench Bench;

Bench *bench_new (void);
void bench_free (Bench *bench);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bench, bench_free)

/* `http://127.0.0.1:PORT`, also what `@BASE@` becomes in settings and answers. */
const char *bench_get_base (Bench *bench);

/* A provider's setting; all endpoints but PushedAuthorizationRequestEndpoint are set from the
 * start, each at its own path: /authorize /token /device /revoke /introspect /userinfo. %NULL
 * unsets. */
void bench_set (Bench *bench, const char *key, const char *value);

/* A row of the failure table, before those that are there: one, and not copied. */
void bench_set_failure (Bench *bench, const char *cause, const char *match);

/* A member of the transaction: flow, client-id, redirect-uri, pinned-account, … */
void bench_set_argument (Bench *bench, const char *key, const char *value);
void bench_set_scopes (Bench *bench, const char *scopes); /* joined by blanks */
void bench_set_timeout (Bench *bench, guint seconds);
void bench_set_secrets (Bench *bench, const char *secrets); /* of the client, joined by blanks */

/* The grant that the transaction is given. */
void bench_set_grant (Bench *bench, const char *member, const char *value);
void bench_set_grant_time (Bench *bench, const char *member, guint64 time);

void bench_set_extra (Bench *bench, const char *key, const char *value);

/* The next request is answered so; @status 0 hangs up without a word. */
void bench_answer (Bench *bench, guint status, const char *body);

/* What the person answers to a prompt: a{sv} (for a secret, `secret` in it), or %NULL for giving
 * up. */
typedef GVariant *(*BenchPerson) (const char *style, GVariant *details, gpointer user_data);
void bench_set_person (Bench *bench, BenchPerson person, gpointer user_data);

/* What a module before it left; in a connect, what it put into the grant, which begins empty. */
void bench_set_item (Bench *bench, const char *key, const char *value);
void bench_set_got (Bench *bench, const char *member, const char *value);

/* Runs @module's @operation; @line are the arguments, separated by "|", or %NULL. */
CkResult bench_run (Bench *bench, const char *operation, const char *module, const char *line);

/* The same for a worker: the arguments of Worker1.Run, (transfer floating), for @operation of the
 * shipped stack @stack, and the memfd that handle 0 stands for. */
GVariant *bench_make_call (Bench *bench, const char *operation, const char *stack);
int bench_make_secrets (Bench *bench);

/* What the person answers; (transfer full) (nullable). */
GVariant *bench_ask_person (Bench *bench, const char *style, GVariant *details);

/* Takes a grant, a{sv}, as the one that the next transaction is given. */
void bench_take_grant (Bench *bench, GVariant *grant);

/* Forgets the requests that have come. */
void bench_forget_requests (Bench *bench);

/* Of the last run: */
guint bench_count_requests (Bench *bench);
const char *bench_get_request (Bench *bench, guint index); /* as it came, head and body */
char *bench_dup_parameter (Bench *bench, guint index, const char *name); /* of the form sent */
const char *bench_get_cause (Bench *bench);
const char *bench_get_detail (Bench *bench);
gboolean bench_is_in_doubt (Bench *bench);
gboolean bench_has_word (Bench *bench, const char *key, const char *word); /* `advice`, … */
const char *bench_get_item (Bench *bench, const char *key);
const char *bench_get (Bench *bench, const char *member); /* the grant as it now stands */
const char *bench_get_extra (Bench *bench, const char *key);
guint64 bench_get_time (Bench *bench, const char *member);
char *bench_dup_scopes (Bench *bench); /* joined by blanks */
guint64 bench_now (void);

G_END_DECLS
