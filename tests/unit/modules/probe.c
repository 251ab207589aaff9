/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channelkeeper/ck-module.h"

/*
 * A module for the worker's tests: does what its first argument says, well or badly.
 */

CK_MODULE_DECLARE_ABI;

static CkResult
make_grant (CkTransaction *t)
{
  static const char *const scopes[] = { "read", NULL };

  if (!ck_transaction_set_grant (t, "access-token", "new-access-token")
      || !ck_transaction_set_grant (t, "refresh-token", "new-refresh-token")
      || !ck_transaction_set_grant (t, "token-origin", "https://id.example.com/token"))
    return CK_RESULT_SYSTEM_ERR;
  ck_transaction_set_grant_scopes (t, scopes);
  ck_transaction_set_grant_time (t, "expires-at", 4102444800);

  return CK_RESULT_SUCCESS;
}

static CkResult
leak (CkTransaction *t)
{
  ck_transaction_add_secret (t, "code-verifier-1");
  fprintf (stderr, "probe was here\n");
  ck_transaction_debug (t, "debug says %s\nand more", ck_transaction_get_client_secret (t));

  return ck_transaction_fail (t,
                              "revoked-by-user",
                              "%s, %s, %s and code%%2Dverifier-1",
                              ck_transaction_get_client_secret (t),
                              ck_transaction_get_grant (t, "access-token"),
                              ck_transaction_get_grant (t, "refresh-token"));
}

static CkResult
ask (CkTransaction *t)
{
  g_autoptr (GVariant) answer = NULL;
  GVariantDict details;
  const char *choice = "nothing";
  CkResult result;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "message", "s", "Which one?");
  result = ck_transaction_converse (t, "choose", g_variant_dict_end (&details), &answer);
  if (result != CK_RESULT_SUCCESS)
    return result;

  g_variant_lookup (answer, "choice", "&s", &choice);

  return ck_transaction_fail (t, "none", "chosen: %s", choice);
}

static CkResult
ask_secret (CkTransaction *t)
{
  char *secret = NULL;
  CkResult result = ck_transaction_converse_secret (t, "Paste the token", &secret);
  gboolean fits;

  if (result != CK_RESULT_SUCCESS)
    return result;

  fits = ck_transaction_set_grant (t, "access-token", secret);
  explicit_bzero (secret, strlen (secret));
  g_free (secret);

  return fits ? CK_RESULT_SUCCESS : CK_RESULT_SYSTEM_ERR;
}

/* Directories: the tests leave one open for the worker to inherit. */
static guint
count_directories (void)
{
  guint n = 0;

  for (int fd = 4; fd < 64; fd++)
    {
      struct stat st;

      if (fstat (fd, &st) == 0 && S_ISDIR (st.st_mode))
        n++;
    }

  return n;
}

static CkResult
describe_surroundings (CkTransaction *t)
{
  struct rlimit core = { 1, 1 };
  mode_t mask = umask (077);

  getrlimit (RLIMIT_CORE, &core);

  return ck_transaction_fail (t,
                              "none",
                              "home=%s secret=%s dumpable=%d core=%lu umask=%o directories=%u",
                              g_getenv ("HOME") != NULL ? "set" : "unset",
                              g_getenv ("PROBE_SECRET") != NULL ? "set" : "unset",
                              prctl (PR_GET_DUMPABLE),
                              (unsigned long) core.rlim_cur,
                              mask,
                              count_directories ());
}

static CkResult
send (CkTransaction *t, const char *uri)
{
  CkHttpRequest request = { .method = "POST", .uri = uri, .body = "a=b", .spends = TRUE };
  g_autoptr (CkHttpResponse) response = NULL;
  CkResult result = ck_transaction_http (t, &request, &response);

  if (result != CK_RESULT_SUCCESS)
    return result;

  return ck_transaction_fail_response (t, response, "token", "probing");
}

/* As a library does that waits for its own work. */
static CkResult
turn_main_loop (CkTransaction *t)
{
  for (guint i = 0; i < 50; i++)
    {
      while (g_main_context_iteration (NULL, FALSE))
        continue;
      g_usleep (10000);
    }

  return CK_RESULT_PERM_DENIED;
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  const char *what = argc > 0 ? argv[0] : "";

  if (g_str_equal (what, "grant"))
    return make_grant (t);
  if (g_str_equal (what, "ask"))
    return ask (t);
  if (g_str_equal (what, "ask-secret"))
    return ask_secret (t);
  if (g_str_equal (what, "turn-main-loop"))
    return turn_main_loop (t);
  if (g_str_equal (what, "surroundings"))
    return describe_surroundings (t);
  if (g_str_equal (what, "abort"))
    abort ();
  while (g_str_equal (what, "hang"))
    sleep (1);

  return ck_transaction_fail (t, "none", "probe.so does not know “%s”", what);
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  const char *what = argc > 0 ? argv[0] : "";

  if (g_str_equal (what, "leak"))
    return leak (t);
  if (g_str_equal (what, "send"))
    return send (t, argv[1]);
  if (g_str_equal (what, "grant"))
    return make_grant (t);

  return CK_RESULT_IGNORE;
}
