/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <unistd.h>

#include "ck-names.h"
#include "module-bench.h"
#include "worker-fixture.h"

/*
 * The shipped stacks oauth2 and oidc in the real channelkeeper-worker: a channel's life, from one
 * operation to the next.
 */

#define TOKEN                                                                                      \
  "{\"access_token\":\"access-token-1\",\"token_type\":\"Bearer\",\"expires_in\":3600,"            \
  "\"refresh_token\":\"refresh-token-1\",\"scope\":\"read\"}"
#define NEW_TOKEN                                                                                  \
  "{\"access_token\":\"access-token-2\",\"token_type\":\"Bearer\",\"expires_in\":3600,"            \
  "\"refresh_token\":\"refresh-token-2\"}"
#define USERINFO "{\"sub\":\"42\",\"name\":\"Alice\"}"
#define CODE                                                                                       \
  "{\"device_code\":\"the-device-code\",\"user_code\":\"ABCD\",\"interval\":1,"                    \
  "\"verification_uri\":\"https://as.example/device\",\"expires_in\":600}"

/* ---- the person ------------------------------------------------------------------------------ */

static GVariant *
on_prompt (const char *style, GVariant *details, gpointer user_data)
{
  g_autoptr (GHashTable) request = NULL;
  g_autofree char *redirected = NULL;
  const char *uri = NULL;

  if (g_str_equal (style, "show-code"))
    return g_variant_new ("a{sv}", NULL);

  g_assert_true (g_variant_lookup (details, "uri", "&s", &uri));
  request = g_uri_parse_params (strchr (uri, '?') + 1, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
  redirected = g_strdup_printf ("http://127.0.0.1:9/cb?code=the-one-code&state=%s",
                                (const char *) g_hash_table_lookup (request, "state"));

  return g_variant_new_parsed ("{'redirected-uri': <%s>}", redirected);
}

typedef struct
{
  Bench *bench;
  Worker *worker;
  GMainContext *context;
  GMainLoop *loop;
} Conversation;

static void
on_converse (GDBusConnection *connection,
             const char *sender,
             const char *path,
             const char *interface,
             const char *method,
             GVariant *parameters,
             GDBusMethodInvocation *invocation,
             gpointer user_data)
{
  Conversation *conversation = user_data;
  g_autoptr (GVariant) details = g_variant_get_child_value (parameters, 1);
  g_autoptr (GVariant) answer = NULL;
  const char *style;

  g_variant_get_child (parameters, 0, "&s", &style);
  answer = bench_ask_person (conversation->bench, style, details);
  if (answer == NULL)
    g_dbus_method_invocation_return_dbus_error (invocation, CK_ERROR_PREFIX "Cancelled", "no");
  else
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sv})", answer));
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

/* Run blocks the test's thread; another one is the person. */
static gpointer
be_the_person (gpointer user_data)
{
  static const char xml[] = "<node><interface name='" CK_IFACE_CONVERSATION "'>"
                            "<method name='Converse'><arg type='s' direction='in'/>"
                            "<arg type='a{sv}' direction='in'/>"
                            "<arg type='a{sv}' direction='out'/></method></interface></node>";
  static const GDBusInterfaceVTable vtable = { .method_call = on_converse };
  Conversation *conversation = user_data;
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);
  guint id;

  g_main_context_push_thread_default (conversation->context);
  id = g_dbus_connection_register_object (conversation->worker->connection, CK_CONVERSATION_PATH,
                                          node->interfaces[0], &vtable, conversation, NULL, NULL);
  g_assert_cmpuint (id, >, 0);
  g_main_loop_run (conversation->loop);
  g_dbus_connection_unregister_object (conversation->worker->connection, id);
  g_main_context_pop_thread_default (conversation->context);

  return NULL;
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void
call_worker (Worker *worker, Bench *bench, const char *operation, const char *stack, Answer *answer)
{
  g_autoptr (GUnixFDList) in = g_unix_fd_list_new ();
  g_autoptr (GUnixFDList) out = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) handles = NULL;
  g_autoptr (GError) error = NULL;
  int fd = bench_make_secrets (bench);

  g_assert_cmpint (g_unix_fd_list_append (in, fd, NULL), ==, 0);
  close (fd);
  reply = g_dbus_connection_call_with_unix_fd_list_sync (
      worker->connection, NULL, CK_WORKER_PATH, CK_IFACE_WORKER, "Run",
      bench_make_call (bench, operation, stack), G_VARIANT_TYPE ("(sa{sv}ah)"),
      G_DBUS_CALL_FLAGS_NONE, 40 * 1000, in, &out, NULL, &error);
  g_assert_no_error (error);

  answer_clear (answer);
  g_variant_get (reply, "(s@a{sv}@ah)", &answer->result, &answer->details, &handles);
  answer->grant = worker_read_grant (out, handles);
  if (answer->grant != NULL)
    bench_take_grant (bench, answer->grant);
}

static void
run (Worker *worker, Bench *bench, const char *operation, const char *stack, Answer *answer)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  Conversation conversation = { bench, worker, context, loop };
  GThread *thread = g_thread_new ("person", be_the_person, &conversation);

  while (!g_main_loop_is_running (loop))
    g_usleep (1000);
  bench_forget_requests (bench);
  call_worker (worker, bench, operation, stack, answer);
  g_main_context_invoke (context, quit, loop);
  g_thread_join (thread);
}

static Bench *
make_bench (void)
{
  Bench *bench = bench_new ();

  bench_set_person (bench, on_prompt, NULL);
  bench_set_secrets (bench, "client-secret-1");
  bench_set_scopes (bench, "read");

  return bench;
}

static void
setup (Worker *worker, gconstpointer data)
{
  worker_start (worker);
}

static void
teardown (Worker *worker, gconstpointer data)
{
  worker_clear (worker);
}

/* ---- a channel's life ------------------------------------------------------------------------ */

static void
connect_channel (Worker *worker, Bench *bench, Answer *answer)
{
  bench_answer (bench, 200, TOKEN);
  bench_answer (bench, 200, USERINFO);
  run (worker, bench, "connect", "oauth2", answer);
  g_assert_cmpstr (answer->result, ==, "success");
}

static void
test_browser (Worker *worker, gconstpointer data)
{
  g_autoptr (Bench) bench = make_bench ();
  g_auto (Answer) answer = { NULL };

  connect_channel (worker, bench, &answer);
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
  g_assert_cmpstr (answer_get_grant (&answer, "access-token"), ==, "access-token-1");
  g_assert_cmpstr (answer_get_grant (&answer, "refresh-token"), ==, "refresh-token-1");
  g_assert_cmpstr (answer_get_grant (&answer, "account-id"), ==, "42");
  g_assert_cmpstr (answer_get_grant (&answer, "owner-id"), ==, "42");
  g_assert_cmpstr (answer_get_grant (&answer, "account-name"), ==, "Alice");
  g_assert_cmpstr (answer_get_grant (&answer, "token-origin"), ==, bench_get_base (bench));

  /* The platform does introspection; the answer's time and scope are taken. */
  bench_answer (bench, 200, "{\"active\":true,\"exp\":4000000000,\"scope\":\"read\"}");
  bench_answer (bench, 200, USERINFO);
  run (worker, bench, "verify", "oauth2", &answer);
  g_assert_cmpstr (answer.result, ==, "success");

  bench_answer (bench, 200, NEW_TOKEN);
  run (worker, bench, "renew", "oauth2", &answer);
  g_assert_cmpstr (answer.result, ==, "success");
  g_assert_cmpstr (answer_get_grant (&answer, "access-token"), ==, "access-token-2");
  g_assert_cmpstr (answer_get_grant (&answer, "refresh-token"), ==, "refresh-token-2");
  g_assert_cmpstr (answer_get_grant (&answer, "account-id"), ==, "42");

  bench_answer (bench, 400, "{\"error\":\"invalid_grant\"}");
  run (worker, bench, "renew", "oauth2", &answer);
  g_assert_cmpstr (answer.result, ==, "cred_unavail");
  g_assert_cmpstr (answer_get (&answer, "cause"), ==, "unknown-revoked");
  g_assert_cmpstr (answer_get (&answer, "deciding-module"), ==, "refresh_token.so");
  g_assert_null (answer.grant);

  bench_answer (bench, 200, "{\"active\":false}");
  run (worker, bench, "verify", "oauth2", &answer);
  g_assert_cmpstr (answer.result, ==, "cred_unavail");
  g_assert_cmpstr (answer_get (&answer, "cause"), ==, "unknown-revoked");

  bench_answer (bench, 200, "");
  bench_answer (bench, 200, "");
  run (worker, bench, "revoke", "oauth2", &answer);
  g_assert_cmpstr (answer.result, ==, "success");
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
}

static void
test_device (Worker *worker, gconstpointer data)
{
  g_autoptr (Bench) bench = make_bench ();
  g_auto (Answer) answer = { NULL };

  bench_set_argument (bench, "flow", "device");
  bench_answer (bench, 200, CODE);
  bench_answer (bench, 400, "{\"error\":\"authorization_pending\"}");
  bench_answer (bench, 200, TOKEN);
  bench_answer (bench, 200, USERINFO);
  run (worker, bench, "connect", "oidc", &answer);
  g_assert_cmpstr (answer.result, ==, "success");
  g_assert_cmpstr (answer_get_grant (&answer, "account-id"), ==, "42");

  bench_answer (bench, 200, CODE);
  bench_answer (bench, 400, "{\"error\":\"access_denied\"}");
  run (worker, bench, "connect", "oidc", &answer);
  g_assert_cmpstr (answer.result, ==, "conv_err");
  g_assert_cmpstr (answer_get (&answer, "cause"), ==, "none");
  g_assert_null (answer.grant);
}

static void
test_wrong_account (Worker *worker, gconstpointer data)
{
  g_autoptr (Bench) bench = make_bench ();
  g_auto (Answer) answer = { NULL };

  bench_set_argument (bench, "pinned-account", "41");
  bench_answer (bench, 200, TOKEN);
  bench_answer (bench, 200, USERINFO);
  run (worker, bench, "connect", "oauth2", &answer);
  g_assert_cmpstr (answer.result, ==, "user_unknown");
  g_assert_cmpstr (answer_get (&answer, "cause"), ==, "wrong-account");
  g_assert_nonnull (strstr (answer_get (&answer, "detail"), "42 (Alice)"));
  g_assert_nonnull (strstr (answer_get (&answer, "detail"), "41"));
}

/* Nobody's affair: the initial verdict of PAM is a failure. */
static void
test_no_such_flow (Worker *worker, gconstpointer data)
{
  g_autoptr (Bench) bench = make_bench ();
  g_auto (Answer) answer = { NULL };

  bench_set_argument (bench, "flow", "none");
  run (worker, bench, "connect", "oauth2", &answer);
  g_assert_cmpstr (answer.result, !=, "success");
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

/* A platform that echoes what it was sent. */
static void
test_echo (Worker *worker, gconstpointer data)
{
  g_autoptr (Bench) bench = make_bench ();
  g_auto (Answer) answer = { NULL };
  g_autofree char *details = NULL;
  g_autofree char *echo = NULL;
  g_autofree char *basic = NULL;
  const char *header;

  connect_channel (worker, bench, &answer);
  header = strstr (bench_get_request (bench, 0), "Authorization: Basic ");
  g_assert_nonnull (header);
  header += strlen ("Authorization: Basic ");
  basic = g_strndup (header, strcspn (header, "\r"));
  echo = g_strdup_printf ("{\"error\":\"invalid_grant\",\"error_description\":\"refresh-token-1 of "
                          "access-token-1 by client-secret-1 (%s)\"}",
                          basic);
  bench_answer (bench, 400, echo);
  run (worker, bench, "renew", "oauth2", &answer);
  details = g_variant_print (answer.details, FALSE);
  {
    const char *const secrets[]
        = { "the-one-code", "access-token-1", "refresh-token-1", "client-secret-1", basic };

    for (gsize i = 0; i < G_N_ELEMENTS (secrets); i++)
      g_assert_null (strstr (details, secrets[i]));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/module/worker/browser", Worker, NULL, setup, test_browser, teardown);
  g_test_add ("/module/worker/device", Worker, NULL, setup, test_device, teardown);
  g_test_add ("/module/worker/wrong-account", Worker, NULL, setup, test_wrong_account, teardown);
  g_test_add ("/module/worker/no-such-flow", Worker, NULL, setup, test_no_such_flow, teardown);
  g_test_add ("/module/worker/echo", Worker, NULL, setup, test_echo, teardown);

  return g_test_run ();
}
