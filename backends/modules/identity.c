/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-account.h"
#include "ck-answer.h"
#include "ck-arguments.h"
#include "ck-facts.h"
#include "ck-resource.h"
#include "ck-oauth-text.h"

#define MODULE "identity"
#define WHAT "asking the platform which account this is"

#define MAX_SHOWN_CHARS 128

CK_MODULE_DECLARE_ABI;

typedef struct
{
  const char *uri;
  const char *endpoint;
  const char *scheme;
  const char *header;
  const char *id;
  const char *name;
  const char *owner;
  const char *list; /* where the accounts are that the person may choose from */
  const char *source;
  const char *mfa;
  CkFacts facts;
  gboolean owner_in_id_token; /* the id is not that of the person: who that is only it says */
} Arguments;

static CkResult
fail_line (CkTransaction *t, const char *problem)
{
  ck_transaction_fail (t, "none", "the stack's line for " MODULE " is wrong: %s", problem);

  return CK_RESULT_SERVICE_ERR;
}

static CkResult
parse_arguments (CkTransaction *t, int argc, const char **argv, Arguments *arguments)
{
  const CkArgument table[] = {
    { "uri", &arguments->uri, NULL },
    { "endpoint", &arguments->endpoint, NULL },
    { "scheme", &arguments->scheme, NULL },
    { "header", &arguments->header, NULL },
    { "id", &arguments->id, NULL },
    { "name", &arguments->name, NULL },
    { "owner", &arguments->owner, NULL },
    { "list", &arguments->list, NULL },
    { "source", &arguments->source, NULL },
    { "mfa", &arguments->mfa, NULL },
    { "expires", &arguments->facts.expires, NULL },
    { "expires-in", &arguments->facts.expires_in, NULL },
    { "scopes", &arguments->facts.scopes, NULL },
    { "client", &arguments->facts.client, NULL },
    { "owner-in-id-token", NULL, &arguments->owner_in_id_token },
  };
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));

  if (result != CK_RESULT_SUCCESS)
    return result;

  if (arguments->source != NULL)
    {
      if (!g_str_equal (arguments->source, "id_token"))
        return fail_line (t, "source= can only be id_token");
      if (arguments->uri != NULL || arguments->endpoint != NULL || arguments->id != NULL
          || arguments->name != NULL || arguments->owner != NULL || arguments->mfa != NULL
          || arguments->facts.expires != NULL || arguments->facts.expires_in != NULL
          || arguments->facts.scopes != NULL || arguments->facts.client != NULL
          || arguments->owner_in_id_token || arguments->list != NULL)
        return fail_line (t, "source=id_token stands alone");
    }
  else if (arguments->owner != NULL && arguments->owner_in_id_token)
    return fail_line (t, "either owner= or owner-in-id-token says who it is");
  else if (arguments->id == NULL)
    return fail_line (t, "id= must say where in the answer the account's id is");

  return CK_RESULT_SUCCESS;
}

/* OpenID Connect Core section 5.3.2: userinfo must say a sub, and about somebody else it is not to
 * be used. */
static CkResult
check_sub (CkTransaction *t, const Arguments *arguments, CkHttpResponse *response)
{
  const char *expected = ck_transaction_get_item (t, "id-token-sub");
  const char *sub = ck_answer_get_string (ck_http_response_get_json (response), "sub");
  g_autofree char *shown = NULL;

  if (expected == NULL || g_strcmp0 (sub, expected) == 0)
    return CK_RESULT_SUCCESS;
  if (sub == NULL && g_strcmp0 (arguments->endpoint, "UserinfoEndpoint") != 0)
    return CK_RESULT_SUCCESS;

  shown = ck_oauth_clean (sub != NULL ? sub : "nobody", MAX_SHOWN_CHARS);
  ck_transaction_fail (t, "none",
                       "the platform contradicts itself: its ID token is about %s, its answer "
                       "about %s",
                       expected, shown);

  return CK_RESULT_AUTH_ERR;
}

/* A good answer without an account: what that means, the failure table may know. */
static CkResult
fail_without (CkTransaction *t, CkHttpResponse *response, const char *member)
{
  if (!g_str_equal (ck_transaction_get_response_cause (t, response, "api"), "server-error"))
    return ck_transaction_fail_response (t, response, "api", WHAT);

  return ck_transaction_fail (t, "server-error", "%s failed: the answer has no usable %s", WHAT,
                              member);
}

/* ---- one of several -------------------------------------------------------------------------- */

/* (transfer full): a member of the list's entry @index, or of the answer where there is no list */
static char *
dup_member (const Arguments *arguments, CkHttpResponse *response, guint index, const char *path)
{
  g_autofree char *whole = arguments->list != NULL
                               ? g_strdup_printf ("%s.%u.%s", arguments->list, index, path)
                               : g_strdup (path);

  return ck_http_response_dup_member (response, whole);
}

/* The entry whose account is @id; @n_entries if there is none. */
static guint
find_entry (const Arguments *arguments, CkHttpResponse *response, guint n_entries, const char *id)
{
  guint index = 0;

  for (; index < n_entries; index++)
    {
      g_autofree char *other = dup_member (arguments, response, index, arguments->id);

      if (g_strcmp0 (other, id) == 0)
        break;
    }

  return index;
}

static CkResult
ask_which (CkTransaction *t,
           const Arguments *arguments,
           CkHttpResponse *response,
           guint n_entries,
           guint *chosen)
{
  g_autoptr (GVariant) answer = NULL;
  GVariantBuilder choices;
  GVariantDict details;
  const char *choice = NULL;
  CkResult result;

  g_variant_builder_init (&choices, G_VARIANT_TYPE ("a(ss)"));
  for (guint i = 0; i < n_entries; i++)
    {
      g_autofree char *id = dup_member (arguments, response, i, arguments->id);
      g_autofree char *text
          = arguments->name != NULL ? dup_member (arguments, response, i, arguments->name) : NULL;
      g_autofree char *name = ck_account_clean_name (text != NULL ? text : id);

      if (ck_account_is_id (id))
        g_variant_builder_add (&choices, "(ss)", id, name);
    }
  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "message", "s", "Which of these is the channel?");
  g_variant_dict_insert_value (&details, "choices", g_variant_builder_end (&choices));
  result = ck_transaction_converse (t, "choose", g_variant_dict_end (&details), &answer);
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (answer != NULL && g_variant_lookup (answer, "choice", "&s", &choice))
    *chosen = find_entry (arguments, response, n_entries, choice);
  if (choice != NULL && *chosen < n_entries)
    return CK_RESULT_SUCCESS;

  ck_transaction_fail (t, "none", "the answer is none of the choices");

  return CK_RESULT_CONV_ERR;
}

/* Which entry of the list is the channel's: the pinned one, the only one, or the person says. */
static CkResult
choose_entry (CkTransaction *t, const Arguments *arguments, CkHttpResponse *response, guint *chosen)
{
  gboolean is_connect = g_str_equal (ck_transaction_get_operation (t), "connect");
  const char *wanted = ck_transaction_get_pinned_account (t);
  JsonNode *list = ck_answer_find (ck_http_response_get_json (response), arguments->list);
  guint n_entries;

  if (list == NULL || !JSON_NODE_HOLDS_ARRAY (list))
    return fail_without (t, response, arguments->list);

  n_entries = json_array_get_length (json_node_get_array (list));
  if (*wanted == '\0')
    wanted = ck_transaction_get_grant (t, "account-id");
  if (*wanted != '\0')
    {
      *chosen = find_entry (arguments, response, n_entries, wanted);
      if (*chosen < n_entries)
        return CK_RESULT_SUCCESS;
      return ck_transaction_fail (t, is_connect ? "wrong-account" : "permission-lost",
                                  "whoever signed in may not act for the channel's account %s",
                                  wanted);
    }
  if (n_entries == 0)
    return ck_transaction_fail (t, "permission-lost",
                                "whoever signed in has no account of the kind this channel is for");
  if (n_entries > 1 && is_connect)
    return ask_which (t, arguments, response, n_entries, chosen);

  return CK_RESULT_SUCCESS;
}

static CkResult
read_account (CkTransaction *t,
              const Arguments *arguments,
              CkHttpResponse *response,
              CkAccount *account)
{
  g_autofree char *name = NULL;
  guint chosen = 0;
  CkResult result = arguments->list != NULL ? choose_entry (t, arguments, response, &chosen)
                                            : CK_RESULT_SUCCESS;

  if (result != CK_RESULT_SUCCESS)
    return result;

  account->id = dup_member (arguments, response, chosen, arguments->id);
  if (!ck_account_is_id (account->id))
    return fail_without (t, response, arguments->id);

  if (arguments->owner != NULL)
    {
      account->owner = dup_member (arguments, response, chosen, arguments->owner);
      if (!ck_account_is_id (account->owner))
        return fail_without (t, response, arguments->owner);
    }
  account->is_shared = arguments->owner_in_id_token;

  name = arguments->name != NULL ? dup_member (arguments, response, chosen, arguments->name) : NULL;
  account->name = ck_account_clean_name (name);

  return CK_RESULT_SUCCESS;
}

/* Where the platform does not say (a scope is missing), nothing is said here. */
static void
note_two_factor (CkTransaction *t, const Arguments *arguments, CkHttpResponse *response)
{
  g_autofree char *on
      = arguments->mfa != NULL ? ck_http_response_dup_member (response, arguments->mfa) : NULL;

  if (g_strcmp0 (on, "true") == 0)
    ck_transaction_settle_advice (t, "no-two-factor");
  else if (g_strcmp0 (on, "false") == 0)
    ck_transaction_add_advice (t, "no-two-factor");
}

static CkResult
ask_platform (CkTransaction *t, const Arguments *arguments, const char *uri, CkAccount *account)
{
  g_autoptr (CkHttpResponse) response = NULL;
  CkResource resource = { uri, NULL, arguments->scheme, arguments->header };
  CkResult result = ck_resource_ask (t, &resource, &response);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (!ck_resource_is_good (response))
    return ck_transaction_fail_response (t, response, "api", WHAT);

  result = check_sub (t, arguments, response);
  if (result == CK_RESULT_SUCCESS)
    result = read_account (t, arguments, response, account);
  if (result != CK_RESULT_SUCCESS)
    return result;

  note_two_factor (t, arguments, response);

  return ck_facts_take (t, &arguments->facts, response);
}

static CkResult
identify (CkTransaction *t, int argc, const char **argv)
{
  g_auto (CkAccount) account = { 0 };
  Arguments arguments = { 0 };
  const char *uri = NULL;
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  if (result == CK_RESULT_SUCCESS && arguments.source == NULL)
    result = ck_arguments_pick_endpoint (t, MODULE, arguments.uri, arguments.endpoint, &uri);
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (uri != NULL)
    result = ask_platform (t, &arguments, uri, &account);
  else if (ck_transaction_get_item (t, "id-token-sub") != NULL)
    account.id = g_strdup (ck_transaction_get_item (t, "id-token-sub"));
  else
    return CK_RESULT_IGNORE;

  return result == CK_RESULT_SUCCESS ? ck_account_accept (t, &account, WHAT) : result;
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  /* The attempt's flow was no module's affair: there is nothing to identify. */
  if (*ck_transaction_get_grant (t, "access-token") == '\0')
    return CK_RESULT_IGNORE;

  return identify (t, argc, argv);
}

CkResult
ck_sm_verify (CkTransaction *t, int argc, const char **argv)
{
  return identify (t, argc, argv);
}
