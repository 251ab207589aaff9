/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-lifecycle.h"
#include "ck-names.h"
#include "ck-provider.h"

/*
 * The three clocks of a channel on the platforms that are shipped: when the access token ends,
 * until when it can be renewed, and the date that only a person can move.
 */

#define T G_GUINT64_CONSTANT (1800000000)
#define HOUR G_GUINT64_CONSTANT (3600)
#define DAY (24 * HOUR)
#define NEVER CK_TIME_NEVER

/* What an answer says, and the clocks after it; all but @at counted from @at, 0 for nothing. */
typedef struct
{
  guint64 at; /* after T */
  gboolean by_person;
  guint64 expires_in;
  guint64 refresh_expires_in;
  guint64 expires_at;
  guint64 renewable_until;
  guint64 reconnect_by;
} Step;

typedef struct
{
  const char *what;
  const char *provider;
  gboolean is_public;
  const char *refresh_token; /* NULL: the platform gives none */
  gboolean can_renew;
  Step steps[3]; /* up to one without expires_at */
} Story;

static const Story stories[] = {
  { "a member's token, no partner",
    "linkedin",
    FALSE,
    NULL,
    FALSE,
    { { 0, TRUE, 60 * DAY, 0, 60 * DAY, 0, 60 * DAY } } },
  { "a partner: a year from the consent on, counted down",
    "linkedin",
    FALSE,
    "rt",
    TRUE,
    { { 0, TRUE, 60 * DAY, 365 * DAY, 60 * DAY, 365 * DAY, 365 * DAY },
      { 59 * DAY, FALSE, 60 * DAY, 306 * DAY, 60 * DAY, 306 * DAY, 306 * DAY },
      { 360 * DAY, FALSE, 5 * DAY, 5 * DAY, 5 * DAY, 5 * DAY, 5 * DAY } } },
  { "a partner whose answers do not say",
    "linkedin",
    FALSE,
    "rt",
    TRUE,
    { { 0, TRUE, 60 * DAY, 0, 60 * DAY, 365 * DAY, 365 * DAY },
      { 50 * DAY, FALSE, 60 * DAY, 0, 60 * DAY, 365 * DAY, 315 * DAY } } },

  { "published: dies after six months without use",
    "youtube",
    FALSE,
    "rt",
    TRUE,
    { { 0, TRUE, 3599, 0, 3599, 183 * DAY, 0 },
      { 30 * DAY, FALSE, 3599, 0, 3599, 183 * DAY, 0 } } },
  { "in testing: seven days, whatever is renewed",
    "youtube",
    FALSE,
    "rt",
    TRUE,
    { { 0, TRUE, 3599, 604799, 3599, 604799, 604799 },
      { 6 * DAY, FALSE, 3599, 604799 - 6 * DAY, 3599, 604799 - 6 * DAY, 604799 - 6 * DAY } } },
  { "no refresh token, for want of access_type=offline",
    "youtube",
    FALSE,
    NULL,
    FALSE,
    { { 0, TRUE, 3599, 0, 3599, 0, 3599 } } },

  { "two hours, and nobody knows how long the refresh token lives",
    "x",
    FALSE,
    "rt",
    TRUE,
    { { 0, TRUE, 7200, 0, 7200, 0, 0 }, { DAY, FALSE, 7200, 0, 7200, 0, 0 } } },
  { "without offline.access", "x", FALSE, NULL, FALSE, { { 0, TRUE, 7200, 0, 7200, 0, 7200 } } },

  { "with a secret: until it is withdrawn",
    "twitch",
    FALSE,
    "rt",
    TRUE,
    { { 0, TRUE, 14146, 0, 14146, NEVER, 0 } } },
  { "public: 30 days from its issue",
    "twitch",
    TRUE,
    "rt",
    TRUE,
    { { 0, TRUE, 14146, 0, 14146, 30 * DAY, 0 },
      { 3 * HOUR, FALSE, 14146, 0, 14146, 30 * DAY, 0 } } },
  { "the app's own token is simply fetched again",
    "twitch-app",
    FALSE,
    NULL,
    TRUE,
    { { 0, TRUE, 4999199, 0, 4999199, 0, 0 } } },
};

static CkGrant *
make_grant (const Story *story, const Step *step)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "access-token", "s", "at");
  g_variant_dict_insert (&dict, "issued-at", "t", T + step->at);
  g_variant_dict_insert (&dict, "expires-at", "t", T + step->at + step->expires_in);
  if (story->refresh_token != NULL)
    g_variant_dict_insert (&dict, "refresh-token", "s", story->refresh_token);
  if (step->refresh_expires_in > 0)
    g_variant_dict_insert (&dict, "renewable-until", "t", T + step->at + step->refresh_expires_in);

  return ck_grant_new_from_members (g_variant_dict_end (&dict), NULL);
}

static void
assert_time (guint64 time, guint64 at, guint64 expected)
{
  if (expected == 0 || expected == NEVER)
    g_assert_cmpuint (time, ==, expected);
  else
    g_assert_cmpuint (time, ==, T + at + expected);
}

static void
test_story (gconstpointer data)
{
  const Story *story = data;
  const char *const dirs[] = { g_getenv ("CK_TEST_PROVIDERS"), NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (CkProvider) provider
      = ck_provider_load (dirs, story->provider, CK_PROVIDER_FLAGS_NONE, &error);
  g_autoptr (CkChannelRecord) record = ck_channel_record_new ("main");

  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (story->steps) && story->steps[i].expires_at != 0; i++)
    {
      const Step *step = &story->steps[i];
      g_autoptr (CkGrant) grant = make_grant (story, step);
      g_autoptr (GPtrArray) events
          = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_event_free);
      CkLifecycleContext context = {
        .now = T + step->at,
        .policy = story->is_public ? ck_provider_get_public_policy (provider)
                                   : ck_provider_get_policy (provider),
        .can_renew = story->can_renew,
      };
      CkChannelRecord *after = ck_lifecycle_granted (
          record, grant, i + 1, step->by_person ? "alice" : NULL, NULL, &context, events);

      g_test_message ("step %" G_GSIZE_FORMAT, i);
      assert_time (after->expires_at, step->at, step->expires_at);
      assert_time (after->renewable_until, step->at, step->renewable_until);
      assert_time (after->reconnect_by, step->at, step->reconnect_by);
      ck_channel_record_free (record);
      record = after;
    }
}

/* A platform may give more time after all, or less; a second more or less is no other date. */
static void
test_moved_end (void)
{
  static const struct
  {
    guint64 before;
    guint64 end;
    guint64 reconnect_every;
    CkRotation rotation;
    guint64 after;
  } rows[] = {
    { 10 * DAY, 10 * DAY + 5, 0, CK_ROTATION_NO, 10 * DAY },
    { 10 * DAY, 10 * DAY - 5, 0, CK_ROTATION_NO, 10 * DAY },
    { 10 * DAY, 20 * DAY, 0, CK_ROTATION_NO, 20 * DAY },
    { 10 * DAY, 20 * DAY, 365 * DAY, CK_ROTATION_NO, 10 * DAY },
    { 10 * DAY, 5 * DAY, 365 * DAY, CK_ROTATION_NO, 5 * DAY },
    { 10 * DAY, 5 * DAY, 0, CK_ROTATION_YES, 10 * DAY },
    { 10 * DAY, 5 * DAY, 0, CK_ROTATION_UNKNOWN, 10 * DAY },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Step step = { .expires_in = HOUR, .refresh_expires_in = rows[i].end };
      const Story story = { .refresh_token = "rt" };
      g_autoptr (CkGrant) grant = make_grant (&story, &step);
      g_autoptr (CkChannelRecord) before = ck_channel_record_new ("main");
      g_autoptr (CkChannelRecord) after = NULL;
      g_autoptr (GPtrArray) events
          = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_event_free);
      CkRenewalPolicy policy
          = { .rotation = rows[i].rotation, .reconnect_every = rows[i].reconnect_every };
      CkLifecycleContext context = { .now = T, .policy = &policy, .can_renew = TRUE };

      g_test_message ("row %" G_GSIZE_FORMAT, i);
      before->state = CK_STATE_CONNECTED;
      before->generation = 1;
      before->reconnect_by = T + rows[i].before;
      after = ck_lifecycle_granted (before, grant, 2, NULL, NULL, &context, events);
      g_assert_cmpuint (after->reconnect_by, ==, T + rows[i].after);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clocks/moved-end", test_moved_end);
  for (gsize i = 0; i < G_N_ELEMENTS (stories); i++)
    {
      g_autofree char *path
          = g_strdup_printf ("/clocks/%s/%s", stories[i].provider, stories[i].what);

      g_test_add_data_func (path, &stories[i], test_story);
    }

  return g_test_run ();
}
