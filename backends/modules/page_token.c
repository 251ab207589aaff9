/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-account.h"
#include "ck-answer.h"
#include "ck-arguments.h"
#include "ck-form.h"
#include "ck-json.h"
#include "ck-pages.h"
#include "ck-proof.h"
#include "ck-resource.h"

#define MODULE "page_token"
#define ASKING_PAGE "asking the platform about the page"
#define ASKING_PERSON "asking the platform who signed in"
#define MINTING "asking for the page's own token"

/* What the grant keeps besides: the token of the person behind the page, which no app is handed,
 * and the page, where the channel's account is another thing that belongs to it. */
#define OWNER_SECRET "owner-token-secret"
#define PAGE_ID "page-id"

CK_MODULE_DECLARE_ABI;

typedef struct
{
  CkPagesQuery query;
  const char *ticked; /* scopes that are granted page by page, with commas between them */
} Arguments;

static CkResult
parse_arguments (CkTransaction *t, int argc, const char **argv, Arguments *arguments)
{
  const CkArgument table[] = {
    { "api", &arguments->query.api, NULL },         { "tasks", &arguments->query.tasks, NULL },
    { "account", &arguments->query.account, NULL }, { "name", &arguments->query.name, NULL },
    { "ticked", &arguments->ticked, NULL },
  };
  const char *problem = NULL;
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));

  if (result != CK_RESULT_SUCCESS)
    return result;

  if (arguments->query.api == NULL)
    problem = "api= must say where the platform's API is";
  else if ((arguments->query.account == NULL) != (arguments->query.name == NULL))
    problem = "account= and name= go together";
  if (problem == NULL)
    return CK_RESULT_SUCCESS;

  ck_transaction_fail (t, "none", "the stack's line for " MODULE " is wrong: %s", problem);

  return CK_RESULT_SERVICE_ERR;
}

/* ---- connect: the person, and the pages --------------------------------------------------------
 */

static CkResult
ask_person (CkTransaction *t, const Arguments *arguments, const char *token, CkAccount *person)
{
  g_autofree char *uri = g_strconcat (arguments->query.api, "/me?fields=id,name", NULL);
  CkResource resource = { .uri = uri, .token = token };
  g_autoptr (CkHttpResponse) response = NULL;
  g_autofree char *name = NULL;
  CkResult result = ck_resource_ask (t, &resource, &response);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (!ck_resource_is_good (response))
    return ck_transaction_fail_response (t, response, "api", ASKING_PERSON);

  person->id = ck_http_response_dup_member (response, "id");
  name = ck_http_response_dup_member (response, "name");
  person->name = ck_account_clean_name (name);
  if (!ck_account_is_id (person->id))
    return ck_transaction_fail (t, "server-error", "%s failed: the answer has no usable id",
                                ASKING_PERSON);

  return CK_RESULT_SUCCESS;
}

static const char *
show_name (const char *name, const char *id)
{
  return name != NULL && *name != '\0' ? name : id;
}

static CkResult
fail_task (CkTransaction *t, const CkPage *page)
{
  return ck_transaction_fail (t, "permission-lost",
                              "the person who signed in may not do %s on %s: somebody with full "
                              "control of the page must allow it",
                              page->missing_task, show_name (page->account_name, page->id));
}

/* A page that this person does not have: somebody else was signed in. Whose grant it is goes with
 * it, and is told. */
static CkResult
fail_other_person (CkTransaction *t, const CkAccount *person, const char *pinned)
{
  ck_transaction_set_grant (t, "account-id", person->id);
  ck_transaction_set_grant (t, "account-name", person->name);
  ck_transaction_set_grant (t, "owner-id", person->id);

  return ck_transaction_fail (t, "wrong-account",
                              "%s signed in, who has no page or account %s there, or did not tick "
                              "it; the channel is pinned to it",
                              show_name (person->name, person->id), pinned);
}

static const CkPage *
find_page (GPtrArray *pages, const char *account_id)
{
  for (guint i = 0; i < pages->len; i++)
    {
      const CkPage *page = g_ptr_array_index (pages, i);

      if (g_str_equal (page->account_id, account_id))
        return page;
    }

  return NULL;
}

static CkResult
choose_pinned (CkTransaction *t,
               GPtrArray *pages,
               const CkAccount *person,
               const char *pinned,
               const CkPage **chosen)
{
  const CkPage *page = find_page (pages, pinned);

  if (page == NULL)
    return fail_other_person (t, person, pinned);
  if (page->missing_task != NULL)
    return fail_task (t, page);

  *chosen = page;

  return CK_RESULT_SUCCESS;
}

static CkResult
ask_which (CkTransaction *t, GPtrArray *pages, const CkPage **chosen)
{
  g_autoptr (GVariant) answer = NULL;
  GVariantBuilder choices;
  GVariantDict details;
  const char *choice = NULL;
  CkResult result;

  g_variant_builder_init (&choices, G_VARIANT_TYPE ("a(ss)"));
  for (guint i = 0; i < pages->len; i++)
    {
      const CkPage *page = g_ptr_array_index (pages, i);
      g_autofree char *label
          = page->missing_task == NULL ? g_strdup_printf (
                "%s (%s)", show_name (page->account_name, page->account_id), page->account_id)
                                       : NULL;

      if (label != NULL)
        g_variant_builder_add (&choices, "(ss)", page->account_id, label);
    }
  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "message", "s", "Which of these is the channel?");
  g_variant_dict_insert_value (&details, "choices", g_variant_builder_end (&choices));
  result = ck_transaction_converse (t, "choose", g_variant_dict_end (&details), &answer);
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (answer != NULL && g_variant_lookup (answer, "choice", "&s", &choice))
    *chosen = find_page (pages, choice);
  if (*chosen != NULL)
    return CK_RESULT_SUCCESS;

  ck_transaction_fail (t, "none", "the answer is none of the choices");

  return CK_RESULT_CONV_ERR;
}

static CkResult
choose_page (CkTransaction *t,
             const Arguments *arguments,
             GPtrArray *pages,
             const CkAccount *person,
             const CkPage **chosen)
{
  const char *pinned = ck_transaction_get_pinned_account (t);
  const CkPage *only = NULL;
  guint n_usable = 0;

  if (*pinned != '\0')
    return choose_pinned (t, pages, person, pinned, chosen);

  for (guint i = 0; i < pages->len; i++)
    {
      const CkPage *page = g_ptr_array_index (pages, i);

      if (page->missing_task != NULL)
        continue;
      only = page;
      n_usable++;
    }
  if (n_usable > 1)
    return ask_which (t, pages, chosen);
  if (n_usable == 0 && pages->len > 0)
    return fail_task (t, g_ptr_array_index (pages, 0));
  if (n_usable == 0)
    return ck_transaction_fail (t, "permission-lost",
                                "%s signed in, who has no %s there that the app may use, or ticked "
                                "none",
                                show_name (person->name, person->id),
                                arguments->query.account != NULL ? arguments->query.account
                                                                 : "page");

  *chosen = only;

  return CK_RESULT_SUCCESS;
}

/* ---- the page's own token ----------------------------------------------------------------------
 */

static CkResult
mint (CkTransaction *t, const Arguments *arguments, const char *page, const char *owner_token)
{
  g_autofree char *id = ck_form_escape (page);
  g_autofree char *uri = g_strdup_printf ("%s/%s?fields=access_token", arguments->query.api, id);
  CkResource resource = { .uri = uri, .token = owner_token };
  g_autoptr (CkHttpResponse) response = NULL;
  g_auto (CkSecretText) token = NULL;
  CkResult result = ck_resource_ask (t, &resource, &response);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (!ck_resource_is_good (response))
    return ck_transaction_fail_response (t, response, "api", MINTING);

  token = ck_http_response_dup_member (response, "access_token");
  if (token == NULL)
    return ck_transaction_fail (t, "permission-lost",
                                "%s failed: the platform gives none to this person any more",
                                MINTING);
  if (!ck_oauth_is_token (token) || !ck_transaction_set_grant (t, "access-token", token))
    return ck_transaction_fail (t, "server-error", "%s failed: it cannot be kept", MINTING);

  ck_transaction_set_grant_time (t, "issued-at", ck_http_response_get_sent_at (response));
  ck_proof_keep (t);

  return CK_RESULT_SUCCESS;
}

static CkResult
connect_page (CkTransaction *t, const Arguments *arguments, const char *owner_token)
{
  guint64 until = ck_transaction_get_grant_time (t, "expires-at");
  g_autoptr (GPtrArray) pages = NULL;
  g_auto (CkAccount) person = { 0 };
  const CkPage *page = NULL;
  CkAccount account;
  CkResult result = ask_person (t, arguments, owner_token, &person);

  if (result == CK_RESULT_SUCCESS)
    result = ck_pages_list (t, &arguments->query, owner_token, &pages);
  if (result == CK_RESULT_SUCCESS)
    result = choose_page (t, arguments, pages, &person, &page);
  if (result == CK_RESULT_SUCCESS)
    result = mint (t, arguments, page->id, owner_token);
  if (result != CK_RESULT_SUCCESS)
    return result;

  ck_transaction_set_grant_extra (t, OWNER_SECRET, owner_token);
  ck_transaction_set_grant_extra (t, PAGE_ID, page->id);
  /* The person's token ends, and with it what can be renewed; when the page's ends, whoever asks
   * the platform will be told. */
  ck_transaction_set_grant_time (t, "renewable-until", until);
  ck_transaction_set_grant_time (t, "expires-at", 0);
  account = (CkAccount){ page->account_id, page->account_name, person.id };

  return ck_account_accept (t, &account, ASKING_PAGE);
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  g_auto (CkSecretText) owner_token = g_strdup (ck_transaction_get_grant (t, "access-token"));
  Arguments arguments = { 0 };
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  if (result != CK_RESULT_SUCCESS)
    return result;

  return *owner_token != '\0' ? connect_page (t, &arguments, owner_token) : CK_RESULT_IGNORE;
}

/* ---- what a grant holds ------------------------------------------------------------------------
 */

static const char *
get_page_id (CkTransaction *t)
{
  const char *page = ck_transaction_get_grant_extra (t, PAGE_ID);

  return page != NULL ? page : ck_transaction_get_grant (t, "account-id");
}

/* NULL: there is none, or it has run out. */
static char *
dup_owner_token (CkTransaction *t)
{
  guint64 until = ck_transaction_get_grant_time (t, "renewable-until");

  if (until != 0 && until <= (guint64) (g_get_real_time () / G_USEC_PER_SEC))
    return NULL;

  return g_strdup (ck_transaction_get_grant_extra (t, OWNER_SECRET));
}

/* Asks with the page's own token: a page that the person lost says so here. */
static CkResult
check_page (CkTransaction *t, const Arguments *arguments)
{
  g_autoptr (CkHttpResponse) response = NULL;
  g_autoptr (CkPage) page = NULL;
  CkAccount account;
  CkResult result = ck_pages_ask (t, &arguments->query, get_page_id (t), NULL, &response);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (!ck_resource_is_good (response))
    return ck_transaction_fail_response (t, response, "api", ASKING_PAGE);

  page = ck_pages_read (&arguments->query, ck_http_response_get_json (response));
  if (page == NULL && arguments->query.account != NULL)
    return ck_transaction_fail (t, "permission-lost",
                                "the page has no %s any more: it was unlinked, or is no business "
                                "account now",
                                arguments->query.account);
  if (page == NULL)
    return ck_transaction_fail (t, "server-error", "%s failed: the answer has no usable id",
                                ASKING_PAGE);

  account = (CkAccount){ page->account_id, page->account_name, NULL };

  return ck_account_accept (t, &account, ASKING_PAGE);
}

/* ---- verify: may the person still, and is the page still ticked --------------------------------
 */

static gboolean
has_target (JsonNode *targets, const char *page)
{
  JsonArray *array = json_node_get_array (targets);

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      g_autofree char *target = ck_json_dup_text (json_array_get_element (array, i));

      if (g_strcmp0 (target, page) == 0)
        return TRUE;
    }

  return FALSE;
}

/* A scope without a list of targets is granted for all of them. */
static gboolean
is_ticked (const Arguments *arguments, CkHttpResponse *response, const char *page)
{
  g_auto (GStrv) scopes = g_strsplit (arguments->ticked, ",", -1);
  JsonNode *granular
      = ck_answer_find (ck_http_response_get_json (response), "data.granular_scopes");
  JsonArray *array;

  if (granular == NULL || !JSON_NODE_HOLDS_ARRAY (granular))
    return TRUE;

  array = json_node_get_array (granular);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *entry = json_array_get_element (array, i);
      const char *scope = ck_answer_get_string (entry, "scope");
      JsonNode *targets = ck_answer_find (entry, "target_ids");

      if (scope != NULL && g_strv_contains ((const char *const *) scopes, scope) && targets != NULL
          && JSON_NODE_HOLDS_ARRAY (targets) && !has_target (targets, page))
        return FALSE;
    }

  return TRUE;
}

/* @lives: (out): whether the person's token is good; if not, it says nothing about the page. */
static CkResult
check_ticked (CkTransaction *t, const Arguments *arguments, const char *token, gboolean *lives)
{
  g_auto (CkSecretText) input = ck_form_escape (token);
  g_auto (CkSecretText) uri
      = g_strconcat (arguments->query.api, "/debug_token?input_token=", input, NULL);
  CkResource resource = { .uri = uri, .scheme = CK_RESOURCE_APP };
  g_autoptr (CkHttpResponse) response = NULL;
  g_autofree char *valid = NULL;
  CkResult result = ck_resource_ask (t, &resource, &response);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (!ck_resource_is_good (response))
    return ck_transaction_fail_response (t, response, "api", ASKING_PAGE);

  valid = ck_http_response_dup_member (response, "data.is_valid");
  *lives = g_strcmp0 (valid, "true") == 0;
  if (*lives && !is_ticked (arguments, response, get_page_id (t)))
    return ck_transaction_fail (t, "permission-lost",
                                "the page is not ticked any more in the person's settings for the "
                                "app: reconnect the channel and tick it");

  return CK_RESULT_SUCCESS;
}

static CkResult
check_role (CkTransaction *t, const Arguments *arguments, const char *token)
{
  g_autoptr (GPtrArray) pages = NULL;
  const CkPage *page = NULL;
  CkResult result = ck_pages_list (t, &arguments->query, token, &pages);

  if (result != CK_RESULT_SUCCESS)
    return result;

  page = find_page (pages, ck_transaction_get_grant (t, "account-id"));
  if (page == NULL && pages->len >= CK_PAGES_MOST)
    return CK_RESULT_SUCCESS;
  if (page == NULL)
    return ck_transaction_fail (t, "permission-lost",
                                "the person who connected the channel has no role on the page any "
                                "more");

  return page->missing_task != NULL ? fail_task (t, page) : CK_RESULT_SUCCESS;
}

CkResult
ck_sm_verify (CkTransaction *t, int argc, const char **argv)
{
  Arguments arguments = { 0 };
  g_auto (CkSecretText) owner_token = NULL;
  gboolean lives = TRUE;
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  if (result == CK_RESULT_SUCCESS)
    result = check_page (t, &arguments);
  if (result != CK_RESULT_SUCCESS)
    return result;

  owner_token = dup_owner_token (t);
  if (owner_token == NULL)
    return CK_RESULT_SUCCESS;

  if (arguments.ticked != NULL && *ck_transaction_get_client_secret (t) != '\0')
    result = check_ticked (t, &arguments, owner_token, &lives);
  if (result == CK_RESULT_SUCCESS && lives)
    result = check_role (t, &arguments, owner_token);

  return result;
}

/* ---- renew -------------------------------------------------------------------------------------
 */

/* What the platform says about the person's token need not hold for the page's, which has no end of
 * its own: it is asked as well before the channel is called dead. */
static CkResult
judge_without_owner (CkTransaction *t, const Arguments *arguments, CkResult result)
{
  switch (result)
    {
    case CK_RESULT_CRED_EXPIRED:
    case CK_RESULT_CRED_UNAVAIL:
    case CK_RESULT_ACCT_EXPIRED:
      break;
    default:
      return result;
    }

  result = check_page (t, arguments);
  if (result != CK_RESULT_SUCCESS)
    return result;

  return ck_transaction_fail (t, "server-error",
                              "the page's token works, but the person's, with which it is renewed, "
                              "does not any more: reconnect the channel before it ends");
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  Arguments arguments = { 0 };
  g_auto (CkSecretText) owner_token = NULL;
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  if (result != CK_RESULT_SUCCESS)
    return result;

  owner_token = dup_owner_token (t);
  result = owner_token != NULL ? mint (t, &arguments, get_page_id (t), owner_token)
                               : CK_RESULT_CRED_EXPIRED;

  return judge_without_owner (t, &arguments, result);
}
