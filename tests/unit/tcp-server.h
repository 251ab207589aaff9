/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A platform on a loopback port that answers byte for byte what a test wants, or misbehaves below
 * HTTP, where no web server can.
 */
typedef struct _TcpServer TcpServer;

/*
 * What one path is answered with: the bytes of an answer, in which %ORIGIN% is the server's own
 * `http://127.0.0.1:PORT`; or what is done after the request was read:
 */
#define TCP_CLOSE "@close"
#define TCP_RESET "@reset"
#define TCP_SILENCE "@silence"

typedef struct
{
  const char *path; /* NULL: any; ends the list */
  const char *answer;
} TcpRoute;

/* @routes: up to the first one with a NULL path, which answers all other paths; borrowed */
TcpServer *tcp_server_start (const TcpRoute *routes);
void tcp_server_stop (TcpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TcpServer, tcp_server_stop)

/* `http://127.0.0.1:PORT`, (transfer none). */
const char *tcp_server_get_origin (TcpServer *server);

guint16 tcp_server_get_port (TcpServer *server);

/* How many requests it got, and the bytes of one, (transfer full). */
guint tcp_server_count (TcpServer *server);
char *tcp_server_dup_request (TcpServer *server, guint index);

/* An answer with status 200 and @body as JSON, (transfer full). */
char *tcp_answer (const char *body);
