/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <signal.h>
#include <unistd.h>

#include "ck-arguments.h"
#include "ck-pkce.h"
#include "ck-result.h"
#include "ck-oauth-text.h"

#define MODULE "debug"
#define DEFAULT_LIFETIME 3600

CK_MODULE_DECLARE_ABI;

typedef struct
{
  const char *connect;
  const char *verify;
  const char *renew;
  const char *revoke;
  const char *cause;
  const char *account;
  const char *expires_in;
  gboolean grant;
  gboolean crash;
  gboolean hang;
} Arguments;

static CkResult
parse_arguments (CkTransaction *t, int argc, const char **argv, Arguments *arguments)
{
  const CkArgument table[] = {
    { "connect", &arguments->connect, NULL },       { "verify", &arguments->verify, NULL },
    { "renew", &arguments->renew, NULL },           { "revoke", &arguments->revoke, NULL },
    { "cause", &arguments->cause, NULL },           { "account", &arguments->account, NULL },
    { "expires-in", &arguments->expires_in, NULL }, { "grant", NULL, &arguments->grant },
    { "crash", NULL, &arguments->crash },           { "hang", NULL, &arguments->hang },
  };

  return ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));
}

static CkResult
fail_argument (CkTransaction *t, const char *name, const char *value)
{
  ck_transaction_fail (t, "none",
                       "the stack's line for " MODULE " is wrong: \"%s\" is no value of %s=", value,
                       name);

  return CK_RESULT_SERVICE_ERR;
}

static CkResult
make_grant (CkTransaction *t, const Arguments *arguments)
{
  g_auto (CkSecretText) access = ck_random_word ();
  g_auto (CkSecretText) refresh = ck_random_word ();
  guint64 now = (guint64) (g_get_real_time () / G_USEC_PER_SEC);
  guint64 lifetime = DEFAULT_LIFETIME;
  const char *account
      = arguments->account != NULL ? arguments->account : ck_transaction_get_pinned_account (t);

  if (arguments->expires_in != NULL
      && !g_ascii_string_to_unsigned (arguments->expires_in, 10, 0, G_MAXUINT, &lifetime, NULL))
    return fail_argument (t, "expires-in", arguments->expires_in);
  if (access == NULL || refresh == NULL)
    return CK_RESULT_SYSTEM_ERR;

  if (!ck_transaction_set_grant (t, "access-token", access)
      || !ck_transaction_set_grant (t, "refresh-token", refresh)
      || !ck_transaction_set_grant (t, "token-type", "Bearer")
      || !ck_transaction_set_grant (t, "account-id", *account != '\0' ? account : "debug"))
    return CK_RESULT_SYSTEM_ERR;
  ck_transaction_set_grant_time (t, "issued-at", now);
  ck_transaction_set_grant_time (t, "expires-at", lifetime > 0 ? now + lifetime : 0);
  ck_transaction_set_grant_scopes (t, ck_transaction_get_scopes (t));

  return CK_RESULT_SUCCESS;
}

static CkResult
finish (CkTransaction *t, const Arguments *arguments, const char *operation, const char *word)
{
  CkResult result = CK_RESULT_SUCCESS;

  if (word != NULL && !ck_result_from_string (word, &result))
    return fail_argument (t, operation, word);

  if (arguments->crash)
    {
      ck_transaction_debug (t, "crashing, as the stack's line says");
      /* No core dump, and no report where sanitizers catch the other signals. */
      kill (getpid (), SIGKILL);
    }
  while (arguments->hang)
    pause ();

  if (arguments->cause != NULL)
    ck_transaction_fail (t, arguments->cause, "the stack's line for " MODULE " says so");
  if (result == CK_RESULT_SUCCESS && arguments->grant)
    return make_grant (t, arguments);

  return result;
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  Arguments arguments = { 0 };
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  return result != CK_RESULT_SUCCESS ? result
                                     : finish (t, &arguments, "connect", arguments.connect);
}

CkResult
ck_sm_verify (CkTransaction *t, int argc, const char **argv)
{
  Arguments arguments = { 0 };
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  return result != CK_RESULT_SUCCESS ? result : finish (t, &arguments, "verify", arguments.verify);
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  Arguments arguments = { 0 };
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  return result != CK_RESULT_SUCCESS ? result : finish (t, &arguments, "renew", arguments.renew);
}

CkResult
ck_sm_revoke (CkTransaction *t, int argc, const char **argv)
{
  Arguments arguments = { 0 };
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  return result != CK_RESULT_SUCCESS ? result : finish (t, &arguments, "revoke", arguments.revoke);
}
