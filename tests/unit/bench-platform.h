/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * A platform on a loopback port, in a thread of its own, that gives the answers it was told to, one
 * a request.
 */
typedef struct _BenchPlatform BenchPlatform;

BenchPlatform *bench_platform_new (void);
void bench_platform_free (BenchPlatform *platform);

/* `http://127.0.0.1:PORT` */
const char *bench_platform_get_base (BenchPlatform *platform);

/* The next request is answered so; @status 0 hangs up without a word. */
void bench_platform_answer (BenchPlatform *platform, guint status, const char *body);

/* (transfer none): the requests as they came, head and body; to be looked at while none is under
 * way. */
GPtrArray *bench_platform_get_requests (BenchPlatform *platform);

G_END_DECLS
