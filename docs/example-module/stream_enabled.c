/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * stream_enabled.so: an example of a module, explained in ../module-authors.md.
 *
 *   verify  required  stream_enabled.so  uri=https://api.example.com/me member=live.enabled
 *
 * Asks the platform whether the account may stream. Some platforms take that away from an account
 * (a strike, a missing phone number) while its token stays good: the channel would look connected
 * until somebody goes live.
 */
#include <channelkeeper/ck-module.h>

#include <string.h>

CK_MODULE_DECLARE_ABI;

#define WHAT "asking whether the account may stream"

/* The value of the argument @name, or NULL. */
static const char *
find_argument (int argc, const char **argv, const char *name)
{
  gsize length = strlen (name);

  for (int i = 0; i < argc; i++)
    {
      if (strncmp (argv[i], name, length) == 0 && argv[i][length] == '=')
        return argv[i] + length + 1;
    }

  return NULL;
}

static CkResult
ask (CkTransaction *t, const char *uri, CkHttpResponse **response)
{
  char *authorization =
      g_strconcat ("Authorization: Bearer ", ck_transaction_get_grant (t, "access-token"), NULL);
  const char *const headers[] = { authorization, NULL };
  const CkHttpRequest request = { .method = "GET", .uri = uri, .headers = headers };
  CkResult result = ck_transaction_http (t, &request, response);

  /* A copy of a token is wiped before its memory goes back. */
  explicit_bzero (authorization, strlen (authorization));
  g_free (authorization);

  return result;
}

CkResult
ck_sm_verify (CkTransaction *t, int argc, const char **argv)
{
  const char *uri = find_argument (argc, argv, "uri");
  const char *member = find_argument (argc, argv, "member");
  g_autoptr (CkHttpResponse) response = NULL;
  g_autofree char *enabled = NULL;
  CkResult result;

  /* The stack's line is wrong: no statement about the grant, so the cause is `none`. */
  if (uri == NULL || member == NULL)
    return ck_transaction_fail (t, "none", "stream_enabled.so needs uri= and member=");

  /* Trouble with the network has set its words by itself. */
  result = ask (t, uri, &response);
  if (result != CK_RESULT_SUCCESS)
    return result;

  /* What an error means is the provider file's business, not ours. */
  if (ck_http_response_get_status (response) != 200)
    return ck_transaction_fail_response (t, response, "api", WHAT);

  enabled = ck_http_response_dup_member (response, member);
  ck_transaction_debug (t, "%s is %s", member, enabled != NULL ? enabled : "missing");
  if (enabled == NULL)
    return ck_transaction_fail_response (t, response, "api", WHAT);

  if (strcmp (enabled, "true") != 0)
    return ck_transaction_fail (t,
                                "permission-lost",
                                "the account may not stream: see its settings on the platform");

  return CK_RESULT_SUCCESS;
}
