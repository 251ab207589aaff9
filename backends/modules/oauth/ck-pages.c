/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-pages.h"

#include "ck-account.h"
#include "ck-answer.h"
#include "ck-form.h"
#include "ck-json.h"
#include "ck-resource.h"

#define WHAT "asking the platform for the pages"

#define PER_REQUEST "100"

void
ck_page_free (CkPage *page)
{
  g_free (page->id);
  g_free (page->account_id);
  g_free (page->account_name);
  g_free (page->missing_task);
  g_free (page);
}

static char *
dup_member (JsonNode *node, const char *path)
{
  JsonNode *member = ck_answer_find (node, path);

  return member != NULL ? ck_json_dup_text (member) : NULL;
}

static gboolean
has_task (JsonArray *tasks, const char *task)
{
  for (guint i = 0; i < json_array_get_length (tasks); i++)
    {
      g_autofree char *has = ck_json_dup_text (json_array_get_element (tasks, i));

      if (g_strcmp0 (has, task) == 0)
        return TRUE;
    }

  return FALSE;
}

/* An answer that does not list tasks at all says nothing about them. */
static char *
dup_missing_task (const CkPagesQuery *query, JsonNode *node)
{
  JsonNode *tasks = ck_answer_find (node, "tasks");
  g_auto (GStrv) wanted = g_strsplit (query->tasks != NULL ? query->tasks : "", ",", -1);

  if (tasks == NULL || !JSON_NODE_HOLDS_ARRAY (tasks))
    return NULL;

  for (char **task = wanted; *task != NULL; task++)
    {
      if (**task != '\0' && !has_task (json_node_get_array (tasks), *task))
        return g_strdup (*task);
    }

  return NULL;
}

CkPage *
ck_pages_read (const CkPagesQuery *query, JsonNode *node)
{
  g_autoptr (CkPage) page = g_new0 (CkPage, 1);
  JsonNode *account = query->account != NULL ? ck_answer_find (node, query->account) : node;
  g_autofree char *name = NULL;

  page->id = dup_member (node, "id");
  page->account_id = account != NULL ? dup_member (account, "id") : NULL;
  if (!ck_account_is_id (page->id) || !ck_account_is_id (page->account_id))
    return NULL;

  name = dup_member (account, query->account != NULL ? query->name : "name");
  page->account_name = ck_account_clean_name (name);
  page->missing_task = dup_missing_task (query, node);

  return g_steal_pointer (&page);
}

static char *
make_fields (const CkPagesQuery *query, gboolean with_tasks)
{
  g_autoptr (GString) fields = g_string_new (with_tasks ? "id,name,tasks" : "id,name");

  if (query->account != NULL)
    g_string_append_printf (fields, ",%s{id,%s}", query->account, query->name);

  return g_string_free (g_steal_pointer (&fields), FALSE);
}

static CkResult
ask (CkTransaction *t,
     const CkPagesQuery *query,
     const char *path,
     CkForm *form,
     const char *token,
     CkHttpResponse **response)
{
  g_autofree char *address = g_strdup_printf ("%s/%s", query->api, path);
  g_autofree char *uri = ck_form_append_to_uri (form, address);
  CkResource resource = { .uri = uri, .token = token };

  return ck_resource_ask (t, &resource, response);
}

CkResult
ck_pages_ask (CkTransaction *t,
              const CkPagesQuery *query,
              const char *id,
              const char *token,
              CkHttpResponse **response)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autofree char *fields = make_fields (query, FALSE);
  g_autofree char *path = ck_form_escape (id);

  ck_form_add (form, "fields", fields);

  return ask (t, query, path, form, token, response);
}

static CkResult
ask_list (CkTransaction *t,
          const CkPagesQuery *query,
          const char *token,
          const char *after,
          CkHttpResponse **response)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autofree char *fields = make_fields (query, TRUE);
  g_autoptr (CkHttpResponse) answer = NULL;
  JsonNode *data;
  CkResult result;

  ck_form_add (form, "fields", fields);
  ck_form_add (form, "limit", PER_REQUEST);
  ck_form_add (form, "after", after);
  result = ask (t, query, "me/accounts", form, token, &answer);
  if (result != CK_RESULT_SUCCESS)
    return result;
  if (!ck_resource_is_good (answer))
    return ck_transaction_fail_response (t, answer, "api", WHAT);

  data = ck_answer_find (ck_http_response_get_json (answer), "data");
  if (data == NULL || !JSON_NODE_HOLDS_ARRAY (data))
    return ck_transaction_fail (t, "server-error", "%s failed: the answer has no list", WHAT);
  *response = g_steal_pointer (&answer);

  return CK_RESULT_SUCCESS;
}

static void
take_pages (const CkPagesQuery *query, JsonArray *array, GPtrArray *pages)
{
  for (guint i = 0; i < json_array_get_length (array) && pages->len < CK_PAGES_MOST; i++)
    {
      CkPage *page = ck_pages_read (query, json_array_get_element (array, i));

      if (page != NULL)
        g_ptr_array_add (pages, page);
    }
}

CkResult
ck_pages_list (CkTransaction *t, const CkPagesQuery *query, const char *token, GPtrArray **pages)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_page_free);
  g_autofree char *after = NULL;
  guint n_requests = 0;

  do
    {
      g_autoptr (CkHttpResponse) response = NULL;
      CkResult result = ask_list (t, query, token, after, &response);
      JsonNode *json;

      if (result != CK_RESULT_SUCCESS)
        return result;

      json = ck_http_response_get_json (response);
      take_pages (query, json_node_get_array (ck_answer_find (json, "data")), list);
      /* The address of the rest has the token in it: only its cursor is used. */
      g_free (after);
      after = ck_answer_find (json, "paging.next") != NULL
                  ? g_strdup (ck_answer_get_string (json, "paging.cursors.after"))
                  : NULL;
    }
  while (after != NULL && list->len < CK_PAGES_MOST && ++n_requests < CK_PAGES_MOST / 10);

  *pages = g_steal_pointer (&list);

  return CK_RESULT_SUCCESS;
}
