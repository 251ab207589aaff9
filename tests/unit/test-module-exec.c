/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module-bench.h"

/* exec, with programs that behave and programs that do not. */

typedef struct
{
  char *folder;
  char *program;
  char *said; /* a file that a program may write to */
  char *line;
  Bench *bench;
} Stage;

static void
stage_up (Stage *stage, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  stage->folder = g_dir_make_tmp ("ck-exec-XXXXXX", &error);
  g_assert_no_error (error);
  stage->program = g_build_filename (stage->folder, "program", NULL);
  stage->said = g_build_filename (stage->folder, "said", NULL);
  stage->line = g_strdup_printf ("command=%s|timeout=20", stage->program);
  stage->bench = bench_new ();
  bench_set_secrets (stage->bench, "client-s");
  bench_set_scopes (stage->bench, "read write");
  bench_set_grant (stage->bench, "access-token", "held-\"access\"");
  bench_set_grant (stage->bench, "refresh-token", "held-refresh");
}

static void
stage_down (Stage *stage, gconstpointer data)
{
  bench_free (stage->bench);
  g_unlink (stage->program);
  g_unlink (stage->said);
  g_rmdir (stage->folder);
  g_free (stage->folder);
  g_free (stage->program);
  g_free (stage->said);
  g_free (stage->line);
}

static void
write_program (Stage *stage, const char *body)
{
  g_auto (GStrv) parts = g_strsplit (body, "@SAID@", -1);
  g_autofree char *expanded = g_strjoinv (stage->said, parts);
  g_autofree char *text = g_strconcat ("#!/bin/sh\n", expanded, "\n", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents_full (stage->program, text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                           0755, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (stage->program, 0755), ==, 0);
}

static CkResult
run (Stage *stage, const char *operation, const char *body)
{
  write_program (stage, body);

  return bench_run (stage->bench, operation, "exec", stage->line);
}

static void
read_said (Stage *stage, char **said)
{
  g_assert_true (g_file_get_contents (stage->said, said, NULL, NULL));
}

/* The secrets are on standard input and nowhere else. */
static void
test_what_it_is_told (Stage *stage, gconstpointer data)
{
  g_autofree char *said = NULL;
  g_autofree char *input = NULL;

  g_setenv ("LD_PRELOAD_NOT", "inherited", TRUE);
  bench_set_argument (stage->bench, "pinned-account", "42");
  g_assert_cmpint (run (stage, "renew", "{ env; echo \"args:$#\"; pwd; cat; } > @SAID@"), ==,
                   CK_RESULT_SUCCESS);
  read_said (stage, &said);
  input = g_strdup (strchr (said, '{'));
  *strchr (said, '{') = '\0';

  g_assert_nonnull (strstr (said, "CK_OPERATION=renew\n"));
  g_assert_nonnull (strstr (said, "CK_CHANNEL=test\n"));
  g_assert_nonnull (strstr (said, "CK_PINNED_ACCOUNT=42\n"));
  g_assert_nonnull (strstr (said, "args:0\n/\n"));
  g_assert_null (strstr (said, "inherited"));
  g_assert_null (strstr (said, "held-"));
  g_assert_null (strstr (said, "client-s"));
  g_assert_nonnull (strstr (input, "\"client-secret\":\"client-s\""));
  g_assert_nonnull (strstr (input, "\"access-token\":\"held-\\\"access\\\"\""));
  g_assert_nonnull (strstr (input, "\"refresh-token\":\"held-refresh\""));
  g_assert_nonnull (strstr (input, "\"scopes\":[\"read\",\"write\"]"));
  g_unsetenv ("LD_PRELOAD_NOT");
}

static void
test_new_grant (Stage *stage, gconstpointer data)
{
  g_autofree char *scopes = NULL;

  g_assert_cmpint (run (stage, "connect",
                        "echo '{\"access-token\":\"new-access\",\"token-type\":\"Bearer\","
                        "\"expires-in\":60,\"reconnect-by\":4000000000,\"scopes\":[\"read\"],"
                        "\"account-id\":\"42\",\"account-name\":\"Al\\u00e9\"}'"),
                   ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (stage->bench, "access-token"), ==, "new-access");
  g_assert_cmpstr (bench_get (stage->bench, "account-id"), ==, "42");
  g_assert_cmpstr (bench_get (stage->bench, "account-name"), ==, "Alé");
  g_assert_cmpuint (bench_get_time (stage->bench, "expires-at"), >=, bench_now () + 30);
  g_assert_cmpuint (bench_get_time (stage->bench, "expires-at"), <=, bench_now () + 60);
  g_assert_cmpuint (bench_get_time (stage->bench, "reconnect-by"), ==, 4000000000);
  scopes = bench_dup_scopes (stage->bench);
  g_assert_cmpstr (scopes, ==, "read");

  bench_set_argument (stage->bench, "pinned-account", "7");
  g_assert_cmpint (run (stage, "connect", "echo '{\"access-token\":\"a\",\"account-id\":\"42\"}'"),
                   ==, CK_RESULT_USER_UNKNOWN);
  g_assert_cmpstr (bench_get_cause (stage->bench), ==, "wrong-account");
}

/* The exit code is PAM's number; a bad answer is a bad answer whatever the code says. */
static void
test_answers (Stage *stage, gconstpointer data)
{
  static const struct
  {
    const char *body;
    CkResult result;
    const char *cause;
    const char *detail;
  } rows[] = {
    { "exit 0", CK_RESULT_SUCCESS, NULL, NULL },
    { "echo; exit 0", CK_RESULT_SUCCESS, NULL, NULL },
    { "echo '{}'", CK_RESULT_SUCCESS, NULL, NULL },
    { "exec >&-", CK_RESULT_SUCCESS, NULL, NULL },
    { "exit 25", CK_RESULT_IGNORE, NULL, NULL },
    { "exit 16", CK_RESULT_CRED_EXPIRED, "none", "says no" },
    { "echo '{\"cause\":\"revoked-by-user\",\"message\":\"The app was removed\"}'; exit 15",
      CK_RESULT_CRED_UNAVAIL, "revoked-by-user", "The app was removed" },
    { "echo '{\"cause\":\"network\",\"message\":\"a\\u001bb held-refresh\"}'; exit 9",
      CK_RESULT_AUTHINFO_UNAVAIL, "network", "a b " },
    { "exit 32", CK_RESULT_SYSTEM_ERR, "none", "exit code 32" },
    { "exit 255", CK_RESULT_SYSTEM_ERR, "none", "exit code 255" },
    { "kill -9 $$", CK_RESULT_SYSTEM_ERR, "none", "signal" },
    { "echo '{\"cause\":\"bad mood\"}'; exit 15", CK_RESULT_SYSTEM_ERR, "none", "bad mood" },
    { "echo hello", CK_RESULT_SYSTEM_ERR, "none", "no JSON" },
    { "echo '[]'", CK_RESULT_SYSTEM_ERR, "none", "no JSON" },
    { "echo '{\"access-token\":\"a\"} {}'", CK_RESULT_SYSTEM_ERR, "none", "no JSON" },
    { "echo '{\"access-token\":\"a\",\"access-token\":\"b\"}'", CK_RESULT_SYSTEM_ERR, "none",
      "no JSON" },
    { "printf '{\"access-token\":\"\\377\"}'", CK_RESULT_SYSTEM_ERR, "none", "no JSON" },
    { "printf '{\"a\\000\":1}'", CK_RESULT_SYSTEM_ERR, "none", "no JSON" },
    { "echo '{\"acess-token\":\"a\"}'", CK_RESULT_SYSTEM_ERR, "none", "acess-token" },
    { "echo '{\"access-token\":1}'", CK_RESULT_SYSTEM_ERR, "none", "access-token" },
    { "echo '{\"access-token\":\"\\u00e9\"}'", CK_RESULT_SYSTEM_ERR, "none", "access-token" },
    { "echo '{\"expires-in\":\"soon\"}'", CK_RESULT_SYSTEM_ERR, "none", "expires-in" },
    { "echo '{\"expires-at\":-1}'", CK_RESULT_SYSTEM_ERR, "none", "expires-at" },
    { "echo '{\"scopes\":7}'", CK_RESULT_SYSTEM_ERR, "none", "scopes" },
    { "echo '{\"account-id\":\"a\\u0007\"}'", CK_RESULT_SYSTEM_ERR, "none", "id" },
    { "head -c 70000 /dev/zero | tr '\\0' ' '", CK_RESULT_SYSTEM_ERR, "none", "65536" },
    { "exec yes", CK_RESULT_SYSTEM_ERR, "none", "65536" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].body);
      g_assert_cmpint (run (stage, "renew", rows[i].body), ==, rows[i].result);
      if (rows[i].detail == NULL)
        continue;
      g_assert_cmpstr (bench_get_cause (stage->bench), ==, rows[i].cause);
      g_assert_nonnull (strstr (bench_get_detail (stage->bench), rows[i].detail));
      g_assert_null (strstr (bench_get_detail (stage->bench), "held-refresh"));
    }
}

/* A verify makes no other grant. */
static void
test_verify (Stage *stage, gconstpointer data)
{
  g_assert_cmpint (run (stage, "verify", "echo '{\"account-id\":\"42\"}'"), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (stage->bench, "account-id"), ==, "42");
  g_assert_cmpint (run (stage, "verify", "echo '{\"access-token\":\"other\"}'"), ==,
                   CK_RESULT_SYSTEM_ERR);
  g_assert_cmpstr (bench_get (stage->bench, "access-token"), ==, "held-\"access\"");
}

/* Neither of them holds up the worker, and nothing of them is left. */
static void
test_hanging (Stage *stage, gconstpointer data)
{
  g_autofree char *said = NULL;
  gint64 begun = g_get_monotonic_time ();
  pid_t child;

  bench_set_timeout (stage->bench, 1);
  g_assert_cmpint (run (stage, "renew", "sleep 1000"), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_nonnull (strstr (bench_get_detail (stage->bench), "in time"));

  /* It ends; a child of it keeps standard output. */
  bench_set_timeout (stage->bench, 30);
  g_assert_cmpint (run (stage, "renew", "sleep 1000 & echo $! > @SAID@; echo '{}'"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_cmpint (g_get_monotonic_time () - begun, <, 15 * G_USEC_PER_SEC);
  read_said (stage, &said);
  child = (pid_t) g_ascii_strtoll (said, NULL, 10);
  g_assert_cmpint (child, >, 1);
  /* It is gone as soon as somebody has reaped it: no more than a zombie until then. */
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) child);
      g_autofree char *stat = NULL;

      if (!g_file_get_contents (path, &stat, NULL, NULL) || strstr (stat, ") Z ") != NULL)
        return;
      g_usleep (10000);
    }
  g_assert_not_reached ();
}

static void
test_who_may_have_written_it (Stage *stage, gconstpointer data)
{
  static const struct
  {
    mode_t program;
    mode_t folder;
    CkResult result;
  } rows[] = {
    { 0755, 0755, CK_RESULT_SUCCESS },     { 0700, 0700, CK_RESULT_SUCCESS },
    { 0775, 0755, CK_RESULT_SERVICE_ERR }, { 0757, 0755, CK_RESULT_SERVICE_ERR },
    { 0644, 0755, CK_RESULT_SERVICE_ERR }, { 0755, 0777, CK_RESULT_SERVICE_ERR },
    { 0755, 0775, CK_RESULT_SERVICE_ERR }, { 0755, 01777, CK_RESULT_SUCCESS },
  };
  g_autofree char *relative = g_strdup_printf ("command=%s", stage->program + 1);
  g_autofree char *dotted = g_strdup_printf ("command=%s/../%s/program", stage->folder,
                                             strrchr (stage->folder, '/') + 1);
  g_autofree char *folder = g_strdup_printf ("command=%s", stage->folder);
  g_autofree char *link = g_strdup_printf ("command=%s", stage->said);
  const char *const lines[]
      = { relative, dotted, folder, link, "command=/nowhere", "command=/bin/true|timeout=0",
          "flow=x" };

  write_program (stage, "exit 0");
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%o %o", rows[i].program, rows[i].folder);
      g_assert_cmpint (g_chmod (stage->program, rows[i].program), ==, 0);
      g_assert_cmpint (g_chmod (stage->folder, rows[i].folder), ==, 0);
      g_assert_cmpint (bench_run (stage->bench, "renew", "exec", stage->line), ==, rows[i].result);
    }

  g_assert_cmpint (symlink (stage->program, stage->said), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_test_message ("%s", lines[i]);
      g_assert_cmpint (bench_run (stage->bench, "renew", "exec", lines[i]), ==,
                       CK_RESULT_SERVICE_ERR);
    }
}

static void
test_flow (Stage *stage, gconstpointer data)
{
  g_autofree char *line = g_strdup_printf ("command=%s|flow=device", stage->program);

  write_program (stage, "exit 0");
  g_assert_cmpint (bench_run (stage->bench, "connect", "exec", line), ==, CK_RESULT_IGNORE);
  g_assert_cmpint (bench_run (stage->bench, "renew", "exec", line), ==, CK_RESULT_SUCCESS);
  bench_set_argument (stage->bench, "flow", "device");
  g_assert_cmpint (bench_run (stage->bench, "connect", "exec", line), ==, CK_RESULT_SUCCESS);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*test) (Stage *stage, gconstpointer data);
  } tests[] = {
    { "/module/exec/what-it-is-told", test_what_it_is_told },
    { "/module/exec/new-grant", test_new_grant },
    { "/module/exec/answers", test_answers },
    { "/module/exec/verify", test_verify },
    { "/module/exec/hanging", test_hanging },
    { "/module/exec/who-may-have-written-it", test_who_may_have_written_it },
    { "/module/exec/flow", test_flow },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Stage, NULL, stage_up, tests[i].test, stage_down);

  return g_test_run ();
}
