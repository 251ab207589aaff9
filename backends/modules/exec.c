/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-account.h"
#include "ck-answer.h"
#include "ck-arguments.h"
#include "ck-json.h"
#include "ck-oauth-text.h"
#include "ck-script.h"
#include "ck-state.h"

#define MODULE "exec"
#define DEFAULT_TIMEOUT 30
#define MAX_MESSAGE_CHARS 300

CK_MODULE_DECLARE_ABI;

static const char *const texts[]
    = { "access-token", "refresh-token", "token-type", "account-id", "owner-id", "account-name" };
static const char *const times[] = { "issued-at", "expires-at", "renewable-until", "reconnect-by" };

typedef struct
{
  const char *command;
  const char *flow;
  const char *timeout;
  guint64 seconds;
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
    { "command", &arguments->command, NULL },
    { "flow", &arguments->flow, NULL },
    { "timeout", &arguments->timeout, NULL },
  };
  g_autoptr (GError) error = NULL;
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));

  if (result != CK_RESULT_SUCCESS)
    return result;

  arguments->seconds = DEFAULT_TIMEOUT;
  if (arguments->command == NULL)
    return fail_line (t, "command= must say what to run");
  if (arguments->timeout != NULL
      && !g_ascii_string_to_unsigned (arguments->timeout, 10, 1, 3600, &arguments->seconds, NULL))
    return fail_line (t, "timeout= is 1 to 3600 seconds");
  if (!ck_script_check (arguments->command, &error))
    return fail_line (t, error->message);

  return CK_RESULT_SUCCESS;
}

/* ---- what the program is told ---------------------------------------------------------------- */

/* Nothing of the worker's own environment, and no secret: others may look at a process's. */
static GStrv
make_environment (CkTransaction *t)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char *const pairs[][2] = {
    { "PATH", "/usr/sbin:/usr/bin:/sbin:/bin" },
    { "LANG", "C.UTF-8" },
    { "CK_OPERATION", ck_transaction_get_operation (t) },
    { "CK_CHANNEL", ck_transaction_get_channel (t) },
    { "CK_FLOW", ck_transaction_get_flow (t) },
    { "CK_CLIENT_ID", ck_transaction_get_client_id (t) },
    { "CK_PINNED_ACCOUNT", ck_transaction_get_pinned_account (t) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autofree char *line = g_strconcat (pairs[i][0], "=", pairs[i][1], NULL);

      g_strv_builder_add (builder, line);
    }

  return g_strv_builder_end (builder);
}

/* Everything is written into room enough: text that grows leaves copies of a secret behind. */
typedef struct
{
  char *text; /* NULL: only the room is counted */
  gsize length;
} Writer;

static void
put (Writer *writer, const char *text)
{
  gsize length = strlen (text);

  if (writer->text != NULL)
    memcpy (writer->text + writer->length, text, length + 1);
  writer->length += length;
}

/* RFC 8259 section 7. */
static void
put_string (Writer *writer, const char *text)
{
  put (writer, "\"");
  for (const char *c = text; *c != '\0'; c++)
    {
      char one[8] = { *c, '\0' };

      if (*c == '"' || *c == '\\')
        g_snprintf (one, sizeof one, "\\%c", *c);
      else if ((guchar) *c < 0x20)
        g_snprintf (one, sizeof one, "\\u%04x", (guint) *c);
      put (writer, one);
      explicit_bzero (one, sizeof one);
    }
  put (writer, "\"");
}

static void
put_member (Writer *writer, const char *name, const char *value)
{
  put (writer, "\"");
  put (writer, name);
  put (writer, "\":");
  put_string (writer, value);
  put (writer, ",");
}

static void
put_scopes (Writer *writer, const char *const *scopes)
{
  put (writer, "\"scopes\":[");
  for (gsize i = 0; scopes[i] != NULL; i++)
    {
      put (writer, i > 0 ? "," : "");
      put_string (writer, scopes[i]);
    }
  put (writer, "]");
}

static void
put_grant (Writer *writer, CkTransaction *t)
{
  put (writer, "\"grant\":{");
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    put_member (writer, texts[i], ck_transaction_get_grant (t, texts[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_autofree char *member = g_strdup_printf ("\"%s\":%" G_GUINT64_FORMAT ",", times[i],
                                                 ck_transaction_get_grant_time (t, times[i]));

      put (writer, member);
    }
  put_scopes (writer, ck_transaction_get_grant_scopes (t));
  put (writer, "}");
}

static void
put_all (Writer *writer, CkTransaction *t)
{
  put (writer, "{");
  put_member (writer, "operation", ck_transaction_get_operation (t));
  put_member (writer, "channel", ck_transaction_get_channel (t));
  put_member (writer, "flow", ck_transaction_get_flow (t));
  put_member (writer, "client-id", ck_transaction_get_client_id (t));
  put_member (writer, "client-secret", ck_transaction_get_client_secret (t));
  put_member (writer, "redirect-uri", ck_transaction_get_redirect_uri (t));
  put_member (writer, "pinned-account", ck_transaction_get_pinned_account (t));
  put_scopes (writer, ck_transaction_get_scopes (t));
  put (writer, ",");
  put_grant (writer, t);
  put (writer, "}\n");
}

static CkSecretText
make_input (CkTransaction *t)
{
  Writer writer = { NULL, 0 };

  put_all (&writer, t);
  writer.text = g_malloc0 (writer.length + 1);
  writer.length = 0;
  put_all (&writer, t);

  return writer.text;
}

/* ---- what it says ---------------------------------------------------------------------------- */

static CkResult
fail_answer (CkTransaction *t, const char *problem, const char *what)
{
  g_autofree char *shown = ck_oauth_clean (what, 64);

  ck_transaction_fail (t, "none", "the program of " MODULE " answers wrongly: %s%s", problem,
                       shown);

  return CK_RESULT_SYSTEM_ERR;
}

static gboolean
is_known (const char *name)
{
  static const char *const others[] = { "expires-in", "scopes", "cause", "message", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      if (g_str_equal (name, texts[i]))
        return TRUE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      if (g_str_equal (name, times[i]))
        return TRUE;
    }

  return g_strv_contains (others, name);
}

static CkResult
check_members (CkTransaction *t, JsonObject *object)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *link = names; link != NULL; link = link->next)
    {
      if (!is_known (link->data))
        return fail_answer (t, "it has a member that is not known: ", link->data);
    }

  return CK_RESULT_SUCCESS;
}

static CkResult
take_texts (CkTransaction *t, JsonNode *root)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *value = ck_answer_get_string (root, texts[i]);

      if (value == NULL && ck_answer_find (root, texts[i]) != NULL)
        return fail_answer (t, "this is no string: ", texts[i]);
      /* Whose it is, is compared with the pinned account first. */
      if (value == NULL || g_str_equal (texts[i], "account-id")
          || g_str_equal (texts[i], "account-name") || g_str_equal (texts[i], "owner-id"))
        continue;
      if (!ck_transaction_set_grant (t, texts[i], value))
        return fail_answer (t, "this cannot be kept, or not by this operation: ", texts[i]);
    }

  return CK_RESULT_SUCCESS;
}

static CkResult
take_times (CkTransaction *t, JsonNode *root, guint64 begun)
{
  guint64 seconds = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      if (ck_answer_find (root, times[i]) == NULL)
        continue;
      if (!ck_answer_get_seconds (root, times[i], &seconds))
        return fail_answer (t, "this is no time in Unix seconds: ", times[i]);
      ck_transaction_set_grant_time (t, times[i], seconds);
    }

  if (ck_answer_find (root, "expires-in") == NULL)
    return CK_RESULT_SUCCESS;
  if (!ck_answer_get_seconds (root, "expires-in", &seconds))
    return fail_answer (t, "this is no number of seconds: ", "expires-in");
  ck_transaction_set_grant_time (t, "expires-at", begun + seconds);

  return CK_RESULT_SUCCESS;
}

static CkResult
take_account (CkTransaction *t, JsonNode *root)
{
  g_auto (CkAccount) account = { 0 };

  account.id = g_strdup (ck_answer_get_string (root, "account-id"));
  if (account.id == NULL)
    return CK_RESULT_SUCCESS;

  account.owner = g_strdup (ck_answer_get_string (root, "owner-id"));
  account.name = ck_account_clean_name (ck_answer_get_string (root, "account-name"));
  if (!ck_account_is_id (account.id)
      || (account.owner != NULL && !ck_account_is_id (account.owner)))
    return fail_answer (t, "an id has characters that no id may have", "");

  return ck_account_accept (t, &account, "asking the program of " MODULE);
}

static CkResult
take_grant (CkTransaction *t, JsonNode *root, guint64 begun)
{
  g_auto (GStrv) scopes = NULL;
  CkResult result = take_texts (t, root);

  if (result == CK_RESULT_SUCCESS)
    result = take_times (t, root, begun);
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (ck_answer_find (root, "scopes") != NULL)
    {
      scopes = ck_answer_dup_scopes (root, "scopes");
      if (scopes == NULL)
        return fail_answer (t, "this is no list of strings: ", "scopes");
      ck_transaction_set_grant_scopes (t, (const char *const *) scopes);
    }

  return take_account (t, root);
}

/* A failure says a cause and a message; the exit code alone is the result. */
static CkResult
fail_as_told (CkTransaction *t, JsonNode *root, int code)
{
  const char *cause = ck_answer_get_string (root, "cause");
  const char *message = ck_answer_get_string (root, "message");
  g_autofree char *shown = ck_oauth_clean (message != NULL ? message : "", MAX_MESSAGE_CHARS);
  CkCause known;

  if (code >= CK_N_RESULTS)
    {
      ck_transaction_fail (t, "none", "the program of " MODULE " ended with %s %d",
                           code == 256 ? "a signal, not an exit code" : "the exit code", code);
      return CK_RESULT_SYSTEM_ERR;
    }
  if (cause != NULL && !ck_cause_from_string (cause, &known))
    return fail_answer (t, "this is no cause: ", cause);

  ck_transaction_fail (t, cause != NULL ? cause : "none", "%s",
                       *shown != '\0' ? shown : "the program of " MODULE " says no");

  return (CkResult) code;
}

static CkResult
judge (CkTransaction *t, int code, const char *output, gsize length, guint64 begun)
{
  g_autoptr (JsonNode) root = NULL;
  CkResult result;

  /* A program that has nothing to say says nothing. */
  if (strspn (output, " \t\r\n") < length)
    {
      root = ck_json_parse (output, length, NULL);
      if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
        return fail_answer (t, "it is no JSON object", "");
      result = check_members (t, json_node_get_object (root));
      if (result != CK_RESULT_SUCCESS)
        return result;
    }

  if (code == CK_RESULT_IGNORE)
    return CK_RESULT_IGNORE;
  if (code != 0)
    return fail_as_told (t, root, code);

  return root != NULL ? take_grant (t, root, begun) : CK_RESULT_SUCCESS;
}

static CkResult
run (CkTransaction *t, const Arguments *arguments)
{
  g_auto (GStrv) environment = make_environment (t);
  g_auto (CkSecretText) input = make_input (t);
  gint64 deadline = g_get_monotonic_time () + (gint64) arguments->seconds * G_USEC_PER_SEC;
  guint64 begun = (guint64) (g_get_real_time () / G_USEC_PER_SEC);
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  gsize length = 0;
  CkResult result;
  int code
      = ck_script_run (arguments->command, (const char *const *) environment, input,
                       MIN (deadline, ck_transaction_get_deadline (t)), &output, &length, &error);

  if (code < 0)
    {
      ck_transaction_fail (t, "none", "the program of " MODULE " %s", error->message);
      return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ? CK_RESULT_AUTHINFO_UNAVAIL
                                                                       : CK_RESULT_SYSTEM_ERR;
    }

  result = judge (t, code, output, length, begun);
  explicit_bzero (output, length);
  g_free (output);

  return result;
}

static CkResult
serve (CkTransaction *t, int argc, const char **argv)
{
  Arguments arguments = { 0 };
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (arguments.flow != NULL && g_str_equal (ck_transaction_get_operation (t), "connect")
      && !g_str_equal (ck_transaction_get_flow (t), arguments.flow))
    return CK_RESULT_IGNORE;

  return run (t, &arguments);
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  return serve (t, argc, argv);
}

CkResult
ck_sm_verify (CkTransaction *t, int argc, const char **argv)
{
  return serve (t, argc, argv);
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  return serve (t, argc, argv);
}

CkResult
ck_sm_revoke (CkTransaction *t, int argc, const char **argv)
{
  return serve (t, argc, argv);
}
