/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-lifecycle.h"
#include "ck-names.h"

/* ReconnectBy: what moves it, and what does not. */

#define NOW G_GUINT64_CONSTANT (1800000000)

static CkChannelRecord *
connected_record (void)
{
  CkChannelRecord *record = ck_channel_record_new ("page");

  record->state = CK_STATE_CONNECTED;
  record->generation = 3;
  record->issued_at = NOW - 100;
  record->expires_at = NOW + 60;

  return record;
}

static CkGrant *
make_dated_grant (const char *refresh_token, guint64 renewable_until, guint64 reconnect_by)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "access-token", "s", "token");
  g_variant_dict_insert (&dict, "refresh-token", "s", refresh_token);
  g_variant_dict_insert (&dict, "issued-at", "t", NOW);
  g_variant_dict_insert (&dict, "expires-at", "t", CK_TIME_NEVER);
  g_variant_dict_insert (&dict, "renewable-until", "t", renewable_until);
  g_variant_dict_insert (&dict, "reconnect-by", "t", reconnect_by);

  return ck_grant_new_from_members (g_variant_dict_end (&dict), NULL);
}

/* The date that only a person moves: neither a renewal nor a verification does, a reconnect does.
 */
static void
test_reconnect_by_stays (void)
{
  static const CkRenewalPolicy yearly = { .reconnect_every = 31536000 };
  g_autoptr (CkChannelRecord) before = connected_record ();
  g_autoptr (CkGrant) grant = make_dated_grant ("", 0, 0);
  g_autoptr (GPtrArray) events = ck_event_list_new ();
  CkLifecycleContext context = { .now = NOW, .policy = &yearly, .can_renew = TRUE };
  g_autoptr (CkChannelRecord) renewed = NULL;
  g_autoptr (CkChannelRecord) verified = NULL;
  g_autoptr (CkChannelRecord) reconnected = NULL;

  before->reconnect_by = NOW + 1000;
  renewed = ck_lifecycle_granted (before, grant, 4, NULL, NULL, &context, events);
  g_assert_cmpuint (renewed->reconnect_by, ==, NOW + 1000);
  verified = ck_lifecycle_verified (renewed, grant, NULL, &context, events);
  g_assert_cmpuint (verified->reconnect_by, ==, NOW + 1000);
  reconnected = ck_lifecycle_granted (verified, grant, 5, "alice", NULL, &context, events);
  g_assert_cmpuint (reconnected->reconnect_by, ==, NOW + 31536000);
}

/* A refresh token that does not rotate has an end that nothing moves; a token that is exchanged has
 * one that each exchange moves. */
static void
test_reconnect_by_of_an_exchange (void)
{
  static const CkRenewalPolicy fixed = { .rotation = CK_ROTATION_NO };
  g_autoptr (CkChannelRecord) before = connected_record ();
  g_autoptr (CkGrant) refreshed = make_dated_grant ("refresh", NOW + 1000000, 0);
  g_autoptr (CkGrant) exchanged = make_dated_grant ("", NOW + 1000000, NOW + 2000000);
  g_autoptr (GPtrArray) events = ck_event_list_new ();
  CkLifecycleContext context = { .now = NOW, .policy = &fixed, .can_renew = TRUE };
  g_autoptr (CkChannelRecord) absolute = NULL;
  g_autoptr (CkChannelRecord) moving = NULL;

  absolute = ck_lifecycle_granted (before, refreshed, 4, "alice", NULL, &context, events);
  g_assert_cmpuint (absolute->reconnect_by, ==, NOW + 1000000);
  moving = ck_lifecycle_granted (before, exchanged, 4, "alice", NULL, &context, events);
  g_assert_cmpuint (moving->reconnect_by, ==, NOW + 2000000);
  g_assert_cmpuint (moving->renewable_until, ==, NOW + 1000000);
}

/* The platform says that the person has been there: the warning is over. */
static void
test_reconnect_by_moves (void)
{
  static const CkRenewalPolicy plain = { 0 };
  g_autoptr (CkChannelRecord) before = connected_record ();
  g_autoptr (CkGrant) same = make_dated_grant ("", 0, NOW + 1001);
  g_autoptr (CkGrant) later = make_dated_grant ("", 0, NOW + 7776000);
  g_autoptr (GPtrArray) events = ck_event_list_new ();
  CkLifecycleContext context = { .now = NOW, .policy = &plain, .can_renew = TRUE };
  g_autoptr (CkChannelRecord) still = NULL;
  g_autoptr (CkChannelRecord) over = NULL;

  before->state = CK_STATE_EXPIRING;
  before->reconnect_by = NOW + 1000;
  before->warned = 3;
  still = ck_lifecycle_verified (before, same, NULL, &context, events);
  g_assert_cmpint (still->state, ==, CK_STATE_EXPIRING);
  g_assert_cmpuint (still->warned, ==, 3);
  g_assert_cmpuint (events->len, ==, 0);
  over = ck_lifecycle_verified (before, later, NULL, &context, events);
  g_assert_cmpint (over->state, ==, CK_STATE_CONNECTED);
  g_assert_cmpuint (over->warned, ==, 0);
  g_assert_cmpuint (over->reconnect_by, ==, NOW + 7776000);
  g_assert_cmpuint (events->len, ==, 1);
  g_assert_cmpstr (((const CkEvent *) g_ptr_array_index (events, 0))->word, ==, "Resumed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reconnect-by/stays", test_reconnect_by_stays);
  g_test_add_func ("/reconnect-by/of-an-exchange", test_reconnect_by_of_an_exchange);
  g_test_add_func ("/reconnect-by/moves", test_reconnect_by_moves);

  return g_test_run ();
}
