/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdarg.h>
#include <string.h>

#include "ck-failure.h"
#include "ck-json.h"
#include "ck-lifecycle.h"
#include "ck-provider.h"

/*
 * What the shipped platforms' failures mean: failure-rows/PROVIDER.json has answers as they come
 * over the wire, and the cause and state that must come of them. failure-rows/README.md says how a
 * row is written. One test a file, its number of rows in the test's name; it goes on after a wrong
 * row, so that one run shows them all.
 */

#define NOW G_GUINT64_CONSTANT (1800000000)

/* @file: what the rows stand in, without its ending. */
typedef struct
{
  char *file;
  char *id;
  JsonNode *rows;
} Platform;

/* One row and where it stands, for what is said about it. */
typedef struct
{
  const Platform *platform;
  guint index;
  JsonObject *object;
} Row;

static void
platform_free (gpointer data)
{
  Platform *platform = data;

  g_clear_pointer (&platform->rows, json_node_unref);
  g_free (platform->file);
  g_free (platform->id);
  g_free (platform);
}

/* Returns: %FALSE, as whoever complains does. */
static gboolean complain (const Row *row, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
complain (const Row *row, const char *format, ...)
{
  g_autofree char *what = NULL;
  g_autofree char *shown = NULL;
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  json_node_set_object (node, row->object);
  shown = json_to_string (node, FALSE);
  g_test_message ("%s.json, %s, entry %u: %s: %s", row->platform->file, row->platform->id,
                  row->index + 1, what, shown);
  g_test_fail ();

  return FALSE;
}

/* ---- an answer, as the worker would have it -------------------------------------------------- */

typedef struct
{
  CkFailureAnswer answer;
  char *body;
  JsonNode *json;
} Sample;

static void
sample_clear (Sample *sample)
{
  g_clear_pointer (&sample->json, json_node_unref);
  g_free (sample->body);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sample, sample_clear)

static const char *
get_header (gpointer data, const char *name)
{
  JsonObjectIter iter;
  const char *member;
  JsonNode *value;

  if (data == NULL)
    return NULL;

  json_object_iter_init (&iter, data);
  while (json_object_iter_next (&iter, &member, &value))
    {
      if (g_ascii_strcasecmp (member, name) == 0)
        return json_node_get_string (value);
    }

  return NULL;
}

static Sample
make_sample (JsonObject *row)
{
  JsonNode *body = json_object_get_member (row, "body");
  Sample sample = { 0 };

  if (body == NULL || JSON_NODE_HOLDS_NULL (body))
    sample.body = g_strdup ("");
  else if (JSON_NODE_HOLDS_VALUE (body))
    sample.body = g_strdup (json_node_get_string (body));
  else
    sample.body = json_to_string (body, FALSE);

  sample.json = ck_json_parse (sample.body, strlen (sample.body), NULL);
  sample.answer.where = json_object_get_string_member (row, "where");
  sample.answer.status = (guint) json_object_get_int_member_with_default (row, "status", 0);
  sample.answer.json = sample.json;
  sample.answer.body = sample.body;
  sample.answer.body_length = strlen (sample.body);
  sample.answer.get_header = get_header;
  if (json_object_has_member (row, "headers"))
    sample.answer.header_data = json_object_get_object_member (row, "headers");

  return sample;
}

/* ---- what becomes of the channel ------------------------------------------------------------- */

static gboolean
is_transient (CkCause cause)
{
  return cause == CK_CAUSE_RATE_LIMITED || cause == CK_CAUSE_SERVER_ERROR
         || cause == CK_CAUSE_NETWORK;
}

/* The state after the failure has been confirmed, as rule 4 wants it. */
static CkState
state_after (CkProvider *provider, const Sample *sample, CkCause cause, gboolean token_lives)
{
  g_autoptr (CkChannelRecord) before = ck_channel_record_new ("main");
  g_autoptr (CkChannelRecord) after = NULL;
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_event_free);
  CkOutcome outcome = {
    .result = CK_RESULT_AUTH_ERR,
    .cause = cause,
    .detail = (char *) "why",
    .platform_message = (char *) "",
    .http_status = sample->answer.status != 0 ? sample->answer.status : 302,
    .deciding_module = (char *) "http_check.so",
  };
  CkLifecycleContext context = {
    .now = NOW,
    .policy = ck_provider_get_policy (provider),
    .can_renew = TRUE,
    .confirmed = TRUE,
    .client_confirmed = TRUE,
  };

  before->state = CK_STATE_CONNECTED;
  before->generation = 1;
  before->issued_at = NOW - 3600;
  before->expires_at = token_lives ? NOW + 3600 : NOW - 1;
  after
      = ck_lifecycle_failed (before, g_str_equal (sample->answer.where, "api") ? "verify" : "renew",
                             &outcome, &context, events);

  return after->state;
}

static void
check_state (const Row *row, CkProvider *provider, const Sample *sample, CkCause cause)
{
  const char *expected = json_object_get_string_member_with_default (row->object, "state", NULL);
  CkState living = state_after (provider, sample, cause, TRUE);
  CkState ended = state_after (provider, sample, cause, FALSE);

  if (is_transient (cause) || cause == CK_CAUSE_NONE)
    {
      /* The platform's own trouble, and what nobody knows, is believed of no living token. */
      if (living != CK_STATE_CONNECTED)
        complain (row, "a living token became %s", ck_state_to_string (living));
      living = ended;
    }
  if (expected != NULL && g_strcmp0 (ck_state_to_string (living), expected) != 0)
    complain (row, "the state becomes %s", ck_state_to_string (living));
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* A wrong word in a row would make it check nothing. */
static gboolean
is_well_formed (const Row *row)
{
  static const char *const members[]
      = { "row", "where", "status", "headers", "body", "cause", "state", "note", NULL };
  static const char *const wheres[] = { "token", "api", "redirect", "device", "revoke", NULL };
  const char *where = json_object_get_string_member_with_default (row->object, "where", "");
  const char *cause = json_object_get_string_member_with_default (row->object, "cause", NULL);
  const char *state = json_object_get_string_member_with_default (row->object, "state", NULL);
  gboolean of_a_channel = g_str_equal (where, "token") || g_str_equal (where, "api");
  JsonObjectIter iter;
  const char *member;
  CkCause known_cause;
  CkState known_state;

  json_object_iter_init (&iter, row->object);
  while (json_object_iter_next (&iter, &member, NULL))
    {
      if (!g_strv_contains (members, member))
        return complain (row, "the member “%s” is none of a row's", member);
    }
  if (!g_strv_contains (wheres, where))
    return complain (row, "where= is none of token, api, redirect, device, revoke");
  if (!json_object_has_member (row->object, "cause")
      || (cause != NULL && !ck_cause_from_string (cause, &known_cause)))
    return complain (row, "cause= is no cause and not null");
  if (state != NULL && !ck_state_from_string (state, &known_state))
    return complain (row, "state= is no state");
  if (of_a_channel && state == NULL && cause != NULL && !g_str_equal (cause, "none"))
    return complain (row, "has no state=");
  if (!json_object_has_member (row->object, "row"))
    return complain (row, "has no row=");

  return TRUE;
}

static void
check_row (const Row *row, CkProvider *provider, CkFailureTable *table)
{
  const char *expected = json_object_get_string_member_with_default (row->object, "cause", NULL);
  g_auto (Sample) sample = make_sample (row->object);
  CkCause cause;
  gboolean known = ck_failure_table_lookup (table, &sample.answer, &cause);

  if (expected == NULL)
    {
      /* A near miss says nothing about grant, account or client. */
      if (!is_transient (cause) && cause != CK_CAUSE_NONE)
        complain (row, "is taken for %s", ck_cause_to_string (cause));
      else if (cause == CK_CAUSE_NONE && known)
        complain (row, "is taken for a person's no");
    }
  else if (g_strcmp0 (ck_cause_to_string (cause), expected) != 0)
    {
      complain (row, "is taken for %s", ck_cause_to_string (cause));
    }
  else if (cause == CK_CAUSE_NONE && !known)
    {
      complain (row, "no match knows it");
    }

  check_state (row, provider, &sample, cause);
}

/* (transfer full): a good answer of the platform's, with @text as what somebody wrote there. */
static JsonNode *
make_post (const char *text)
{
  JsonObject *post = json_object_new ();
  JsonArray *posts = json_array_new ();
  JsonObject *answer = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_object_set_string_member (post, "text", text);
  json_object_set_string_member (post, "message", text);
  json_array_add_object_element (posts, post);
  json_object_set_array_member (answer, "data", posts);
  json_object_set_array_member (answer, "items", json_array_ref (posts));
  json_node_take_object (node, answer);

  return node;
}

static void
check_disguise (
    const Row *row, CkFailureTable *table, const char *disguise, gint64 status, JsonNode *body)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_auto (Sample) sample = { 0 };
  CkCause cause;

  json_object_set_string_member (object, "where",
                                 json_object_get_string_member (row->object, "where"));
  json_object_set_int_member (object, "status", status);
  json_object_set_member (object, "body", body);
  sample = make_sample (object);
  ck_failure_table_lookup (table, &sample.answer, &cause);
  if (!is_transient (cause) && cause != CK_CAUSE_NONE)
    complain (row, "%s is taken for %s", disguise, ck_cause_to_string (cause));
}

/* Every row that says something about a grant is a near miss as well: as a page that a proxy made
 * of it, as what somebody wrote, and when the platform is down. */
static void
check_disguises (const Row *row, CkFailureTable *table)
{
  const char *where = json_object_get_string_member (row->object, "where");
  gint64 status = json_object_get_int_member_with_default (row->object, "status", 0);
  g_auto (Sample) sample = make_sample (row->object);
  g_autofree char *page = g_strdup_printf ("<html><p>%s</p></html>", sample.body);
  JsonNode *page_node = json_node_new (JSON_NODE_VALUE);
  JsonNode *same_node = json_node_new (JSON_NODE_VALUE);

  json_node_set_string (page_node, page);
  json_node_set_string (same_node, sample.body);
  check_disguise (row, table, "a page of HTML", g_str_equal (where, "redirect") ? 400 : status,
                  page_node);
  check_disguise (row, table, "a post", 200, make_post (sample.body));
  check_disguise (row, table, "a 503", 503, same_node);
}

static void
test_platform (gconstpointer data)
{
  const Platform *platform = data;
  const char *const dirs[] = { g_getenv ("CK_TEST_PROVIDERS"), NULL };
  JsonArray *rows = json_node_get_array (platform->rows);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkProvider) provider = NULL;
  g_autoptr (CkFailureTable) table = NULL;
  guint near_misses = 0;

  provider = ck_provider_load (dirs, platform->id, CK_PROVIDER_FLAGS_NONE, &error);
  g_assert_no_error (error);
  if (provider == NULL)
    return;
  table = ck_failure_table_new (ck_provider_get_failures (provider), &error);
  g_assert_no_error (error);
  if (table == NULL)
    return;

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      Row row = { platform, i, json_array_get_object_element (rows, i) };

      if (!is_well_formed (&row))
        return;
      near_misses += json_object_get_null_member (row.object, "cause");
      check_row (&row, provider, table);
      check_disguises (&row, table);
    }
  /* A table that matches everything would pass all other rows. */
  if (g_str_equal (platform->file, platform->id))
    g_assert_cmpuint (near_misses, >, 0);
}

/* ---- the files ------------------------------------------------------------------------------- */

#define HELD_OUT "heldout"

static void
add_platform (GPtrArray *platforms, const char *file, const char *id, JsonNode *rows)
{
  Platform *platform = g_new0 (Platform, 1);

  g_assert_true (JSON_NODE_HOLDS_ARRAY (rows));
  platform->file = g_strdup (file);
  platform->id = g_strdup (id);
  platform->rows = json_node_ref (rows);
  g_ptr_array_add (platforms, platform);
}

/* Bodies that were found elsewhere: a list for each platform. */
static void
add_held_out (GPtrArray *platforms, JsonNode *root)
{
  JsonObjectIter iter;
  const char *id;
  JsonNode *rows;

  g_assert_true (JSON_NODE_HOLDS_OBJECT (root));
  json_object_iter_init (&iter, json_node_get_object (root));
  while (json_object_iter_next (&iter, &id, &rows))
    add_platform (platforms, HELD_OUT, id, rows);
}

static void
load_file (GPtrArray *platforms, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *id = g_strndup (name, strlen (name) - strlen (".json"));
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  root = ck_json_parse (text, length, &error);
  if (error != NULL)
    g_error ("%s: %s", path, error->message);

  if (g_str_equal (id, HELD_OUT))
    add_held_out (platforms, root);
  else
    add_platform (platforms, id, id, root);
}

static GPtrArray *
load_platforms (void)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "failure-rows", NULL);
  g_autoptr (GPtrArray) platforms = g_ptr_array_new_with_free_func (platform_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      if (g_str_has_suffix (name, ".json"))
        load_file (platforms, folder, name);
    }

  return g_steal_pointer (&platforms);
}

/* ---- nothing is missing ---------------------------------------------------------------------- */

#define N_ROWS 121

/* Rows of the failure table that no answer shows. */
static const struct
{
  gint64 first;
  gint64 last;
  const char *why;
} elsewhere[] = {
  { 20, 20, "the clocks say it: a date in a good answer" },
  { 22, 22, "pushed by the platform" },
  { 34, 35, "pushed by the platform" },
  { 48, 48, "pushed by the platform" },
  { 49, 50, "told from 51 by what we did before: SettleTime=, and the owner's other channels" },
  { 71, 71, "pushed by the platform" },
  { 80, 80, "pushed by the platform" },
  { 87, 87, "pushed by the platform" },
  { 92, 96, "Bluesky has no provider file: it needs a key of its own for each grant" },
  { 118, 118, "no answer at all: libcurl says it, test-http.c" },
  { 120, 121, "not the answer but who asks: test-module-verify.c, test-oauth-redirect.c" },
};

static gboolean
is_elsewhere (gint64 row)
{
  for (gsize i = 0; i < G_N_ELEMENTS (elsewhere); i++)
    {
      if (row >= elsewhere[i].first && row <= elsewhere[i].last)
        return TRUE;
    }

  return FALSE;
}

/* A row is there if an answer means something by it: near misses alone would prove nothing. */
static void
test_all_rows (gconstpointer data)
{
  const GPtrArray *platforms = data;
  gboolean seen[N_ROWS + 1] = { FALSE };

  for (guint i = 0; i < platforms->len; i++)
    {
      const Platform *platform = g_ptr_array_index (platforms, i);
      JsonArray *rows = json_node_get_array (platform->rows);

      for (guint j = 0; j < json_array_get_length (rows); j++)
        {
          JsonObject *row = json_array_get_object_element (rows, j);
          JsonNode *number = json_object_get_member (row, "row");

          if (json_node_get_value_type (number) == G_TYPE_INT64 && json_node_get_int (number) >= 1
              && json_node_get_int (number) <= N_ROWS
              && !json_object_get_null_member (row, "cause"))
            seen[json_node_get_int (number)] = TRUE;
        }
    }

  for (gint64 row = 1; row <= N_ROWS; row++)
    {
      if (seen[row] != is_elsewhere (row))
        continue;
      g_test_message ("row %d is %s", (int) row,
                      seen[row] ? "in a file, and in the list of those that are not"
                                : "in no file");
      g_test_fail ();
    }
}

static void
test_all_providers (gconstpointer data)
{
  const GPtrArray *platforms = data;
  const char *const dirs[] = { g_getenv ("CK_TEST_PROVIDERS"), NULL };
  g_auto (GStrv) ids = ck_provider_list_ids (dirs);

  for (char **id = ids; *id != NULL; id++)
    {
      /* What a provider inherits has been tried where it comes from. */
      gboolean found = g_str_equal (*id, "oidc");

      for (guint i = 0; i < platforms->len && !found; i++)
        found = g_str_equal (((const Platform *) g_ptr_array_index (platforms, i))->file, *id);
      if (found)
        continue;
      g_test_message ("there is no failure-rows/%s.json", *id);
      g_test_fail ();
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) platforms = NULL;

  g_test_init (&argc, &argv, NULL);
  platforms = load_platforms ();
  for (guint i = 0; i < platforms->len; i++)
    {
      const Platform *platform = g_ptr_array_index (platforms, i);
      g_autofree char *path
          = g_strdup_printf ("/failure-rows/%s%s/%u-rows", platform->id,
                             g_str_equal (platform->file, HELD_OUT) ? "/" HELD_OUT : "",
                             json_array_get_length (json_node_get_array (platform->rows)));

      g_test_add_data_func (path, platform, test_platform);
    }

  g_test_add_data_func ("/failure-rows/all-providers", platforms, test_all_providers);
  g_test_add_data_func ("/failure-rows/all-rows", platforms, test_all_rows);

  /* From here on one wrong platform does not hide the next. */
  g_test_set_nonfatal_assertions ();

  return g_test_run ();
}
