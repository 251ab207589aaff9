/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tcp-server.h"
#include "worker-fixture.h"

/*
 * The example of the module author's guide: built as its README says, outside of our tree, against
 * the installed header and pkg-config file, and run by the real worker.
 */

static void
spawn (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *out = NULL, *err = NULL;
  int status;

  g_spawn_sync (NULL,
                (char **) argv,
                NULL,
                G_SPAWN_SEARCH_PATH,
                NULL,
                NULL,
                &out,
                &err,
                &status,
                &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s\n%s%s", argv[0], error->message, out, err);
}

/* Installs what a module author has, and builds the example there. */
static void
build (const char *dir)
{
  const char *const argv[] = { g_getenv ("CK_TEST_BUILD_EXAMPLE"), dir, NULL };

  spawn (argv);
}

static void
verify (Worker *worker, const char *answer, Answer *got)
{
  const TcpRoute routes[] = { { NULL, answer } };
  g_autoptr (TcpServer) server = tcp_server_start (routes);
  g_autofree char *line =
      g_strdup_printf ("verify required stream_enabled.so uri=%s/me member=live.enabled\n",
                       tcp_server_get_origin (server));
  g_autofree char *request = NULL;
  g_autoptr (GError) error = NULL;

  worker_run (worker, worker_make_call ("verify", line, 10), TRUE, got, &error);
  g_assert_no_error (error);
  request = tcp_server_dup_request (server, 0);
  g_assert_nonnull (strstr (request, "Authorization: Bearer old-access-token\r\n"));
}

static void
test_example (void)
{
  static const struct
  {
    const char *answer;
    const char *result;
    const char *cause;
  } table[] = {
    { "HTTP/1.1 200 OK\r\n\r\n{\"live\":{\"enabled\":true}}", "success", "none" },
    { "HTTP/1.1 200 OK\r\n\r\n{\"live\":{\"enabled\":false}}", "perm_denied", "permission-lost" },
    { "HTTP/1.1 200 OK\r\n\r\n{\"live\":{}}", "authinfo_unavail", "server-error" },
    { "HTTP/1.1 400 No\r\n\r\n{\"error\":\"invalid_grant\"}", "cred_unavail", "unknown-revoked" },
    { TCP_CLOSE, "authinfo_unavail", "network" },
  };
  g_autofree char *dir = g_dir_make_tmp ("ck-example-XXXXXX", NULL);
  g_autofree char *modules = g_build_filename (dir, "modules", NULL);
  const char *const cleanup[] = { "rm", "-rf", dir, NULL };
  Worker worker = { NULL };

  build (dir);
  g_setenv ("CK_TEST_MODULES", modules, TRUE);
  worker_start (&worker);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_auto (Answer) got = { NULL };

      verify (&worker, table[i].answer, &got);
      g_assert_cmpstr (got.result, ==, table[i].result);
      g_assert_cmpstr (answer_get (&got, "cause"), ==, table[i].cause);
    }
  worker_clear (&worker);
  spawn (cleanup);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/example-module/example", test_example);

  return g_test_run ();
}
