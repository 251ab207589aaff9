/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "explanation.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ck-advice.h"
#include "ck-names.h"
#include "ck-state.h"
#include "language.h"
#include "output.h"

/* How a channel is, behind its name and a colon. */
static const char *const headlines[] = {
  [CK_STATE_UNCONNECTED] = N_ ("not connected"),
  [CK_STATE_CONNECTED] = N_ ("connected"),
  [CK_STATE_EXPIRING] = N_ ("connected, but somebody must reconnect it soon"),
  [CK_STATE_INTERRUPTED] = N_ ("interrupted; there is no valid token right now"),
  [CK_STATE_BLOCKED] = N_ ("blocked; the platform refuses it for a reason that can be mended"),
  [CK_STATE_EXPIRED] = N_ ("expired"),
  [CK_STATE_REVOKED] = N_ ("revoked; the platform has withdrawn the access"),
  [CK_STATE_LOCKED] = N_ ("locked; another account came back than the channel belongs to"),
  [CK_STATE_SUSPENDED] = N_ ("suspended; the platform refuses the app itself"),
};
G_STATIC_ASSERT (G_N_ELEMENTS (headlines) == CK_N_STATES);

static const char *const reasons[] = {
  [CK_CAUSE_NONE] = "",
  [CK_CAUSE_EXPIRED] = N_ ("The access has run out, and cannot be renewed without a person."),
  [CK_CAUSE_REVOKED_BY_USER] = N_ ("Somebody removed the app in the account's settings."),
  [CK_CAUSE_PASSWORD_CHANGED] = N_ ("The account's password was changed; that ends every access."),
  [CK_CAUSE_PERMISSION_LOST]
  = N_ ("The account has lost the role or the permission that the channel needs."),
  [CK_CAUSE_SCOPE_CHANGED]
  = N_ ("A permission that the channel needs was not granted, or was taken "
        "away."),
  [CK_CAUSE_ACCOUNT_CHECKPOINT]
  = N_ ("The platform has stopped the account until its owner has signed in there and confirmed "
        "something."),
  [CK_CAUSE_WRONG_ACCOUNT]
  = N_ ("Somebody was signed in with another account when the channel was reconnected."),
  [CK_CAUSE_APP_SUSPENDED] = N_ ("The platform has suspended the app."),
  [CK_CAUSE_CLIENT_MISCONFIGURED]
  = N_ ("The platform does not accept the app's id, secret or settings as they are here."),
  [CK_CAUSE_RATE_LIMITED] = N_ ("The platform was asked too often and wants to be left alone for a "
                                "while."),
  [CK_CAUSE_SERVER_ERROR] = N_ ("The platform has a fault."),
  [CK_CAUSE_NETWORK] = N_ ("The platform cannot be reached from this machine."),
  [CK_CAUSE_DISCONNECTED] = N_ ("It was disconnected here, on purpose."),
  [CK_CAUSE_UNKNOWN_REVOKED] = N_ ("The platform has ended the access without saying why."),
};
G_STATIC_ASSERT (G_N_ELEMENTS (reasons) == CK_N_CAUSES);

static const struct
{
  const char *word;
  const char *text;
} advices[] = {
  { CK_ADVICE_NO_TWO_FACTOR,
    N_ ("The account has no two-factor authentication. Turn it on in the platform's security "
        "settings: a stolen password alone then cannot end the channel's access.") },
  { CK_ADVICE_SHARED_LOGIN,
    N_ ("One login is behind channels that are assigned to different users here. Let one person "
        "reconnect all of them, or give each person a login of their own: people who share a login "
        "end each other's access.") },
  { CK_ADVICE_DUPLICATE_CONTENT,
    N_ ("The platform refused a post as a duplicate or as spam. Do not send the same text to "
        "several "
        "accounts at the same moment: platforms take the access away for it.") },
  { CK_ADVICE_SCOPES_MISSING,
    N_ ("Not every permission asked for was granted. Reconnect the channel and leave everything "
        "ticked.") },
  { CK_ADVICE_SIBLING_SCOPE_CONFLICT, N_ ("Another channel of this app asks for other permissions. "
                                          "The platform keeps only the last set "
                                          "that a person granted, so reconnecting one ends the "
                                          "other. The administrator gives both the "
                                          "same scopes.") },
  { CK_ADVICE_RENEWAL_FAILING,
    N_ ("The last renewal did not work. It is tried again by itself; if this stays, look at the "
        "history.") },
};

/* ---- what the properties say ------------------------------------------------------------------
 */

typedef struct
{
  GVariant *properties;
  CkState state;
  CkCause cause;
  const char *me;
  gint64 now;
} Subject;

static const char *
get_text (const Subject *subject, const char *name)
{
  const char *text = "";

  g_variant_lookup (subject->properties, name, "&s", &text);

  return text;
}

static guint64
get_number (const Subject *subject, const char *name)
{
  guint64 number = 0;

  g_variant_lookup (subject->properties, name, "t", &number);

  return number;
}

static const char *
get_account (const Subject *subject)
{
  const char *name = get_text (subject, "AccountName");

  return *name != '\0' ? name : get_text (subject, "AccountId");
}

/* Whether the assigned user's reconnect is what helps. */
static gboolean
needs_reconnect (const Subject *subject)
{
  switch (subject->state)
    {
    case CK_STATE_UNCONNECTED:
    case CK_STATE_EXPIRING:
    case CK_STATE_EXPIRED:
    case CK_STATE_REVOKED:
    case CK_STATE_LOCKED:
      return TRUE;
    case CK_STATE_BLOCKED:
      return subject->cause == CK_CAUSE_SCOPE_CHANGED;
    default:
      return FALSE;
    }
}

/* ---- the paragraphs ---------------------------------------------------------------------------
 */

static char *
make_headline (const Subject *subject, const char *platform)
{
  const char *id = get_text (subject, "Id");
  const char *name = get_text (subject, "DisplayName");
  g_autofree char *channel = *name != '\0' && strcmp (name, id) != 0
                                 ? g_strdup_printf ("%s (%s, %s)", id, name, platform)
                                 : g_strdup_printf ("%s (%s)", id, platform);

  return g_strdup_printf ("%s: %s", channel, _ (headlines[subject->state]));
}

static char *
make_why (const Subject *subject)
{
  if (subject->state == CK_STATE_EXPIRING)
    return g_strdup (_ ("What a person granted on this platform ends on a fixed day, however often "
                        "the token is renewed."));
  if (subject->state == CK_STATE_UNCONNECTED && subject->cause == CK_CAUSE_NONE)
    return g_strdup (_ ("Nobody has connected it yet."));

  /* gettext("") is the catalog's header */
  return g_strdup (ck_language_translate (reasons[subject->cause]));
}

static char *
make_to_do (const Subject *subject)
{
  const char *remedy = get_text (subject, "Remedy");
  const char *account = get_account (subject);
  g_autofree char *when = NULL;

  switch (subject->state)
    {
    case CK_STATE_CONNECTED:
      return g_strdup ("");
    case CK_STATE_UNCONNECTED:
      if (*account != '\0')
        return g_strdup_printf (_ ("Connect it: sign in on the platform as %s and agree."),
                                account);
      return g_strdup (
          _ ("Connect it: sign in on the platform with the personal login that owns or "
             "administers the channel, and agree."));
    case CK_STATE_EXPIRING:
      when = ck_output_time (get_number (subject, "ReconnectBy"), subject->now);
      return g_strdup_printf (_ ("Reconnect it before %s, as %s. The old access goes on until the "
                                 "new one works, so this is safe at any time."),
                              when, *account != '\0' ? account : get_text (subject, "Id"));
    default:
      return g_strdup (ck_language_translate (remedy));
    }
}

static char *
make_who (const Subject *subject)
{
  const char *user = get_text (subject, "AssignedUser");

  switch (subject->state)
    {
    case CK_STATE_CONNECTED:
    case CK_STATE_INTERRUPTED:
      if (subject->cause == CK_CAUSE_NETWORK)
        return g_strdup (_ ("Nobody yet; if it lasts, the administrator looks at this machine's "
                            "network."));
      return g_strdup (_ ("Nobody has to do anything."));
    case CK_STATE_SUSPENDED:
      return g_strdup_printf (
          _ ("The administrator, once for all channels of the client %s. Nobody "
             "else can do anything about it."),
          get_text (subject, "Client"));
    default:
      if (g_strcmp0 (user, subject->me) == 0)
        return g_strdup (_ ("You: the channel is assigned to you."));
      return g_strdup_printf (_ ("%1$s, to whom the channel is assigned. Nobody else can: ask %1$s, "
                                 "or an administrator to assign it to somebody else."),
                              user);
    }
}

static char *
make_by_itself (const Subject *subject)
{
  g_autofree char *expires = ck_output_time (get_number (subject, "ExpiresAt"), subject->now);
  g_autofree char *renewal = ck_output_time (get_number (subject, "NextRenewal"), subject->now);
  g_autofree char *until = ck_output_time (get_number (subject, "ReconnectBy"), subject->now);
  gboolean renews = FALSE;

  g_variant_lookup (subject->properties, "RenewsItself", "b", &renews);
  switch (subject->state)
    {
    case CK_STATE_CONNECTED:
      if (renews && get_number (subject, "NextRenewal") != CK_TIME_UNKNOWN)
        return g_strdup_printf (_ ("The token is renewed: next %s."), renewal);
      if (renews)
        return g_strdup (_ ("The token is renewed when an app asks for it."));
      return g_strdup_printf (_ ("Nothing renews the token; it is good until: %s."), expires);
    case CK_STATE_EXPIRING:
      return g_strdup_printf (_ ("It goes on working until %s, and then stops."), until);
    case CK_STATE_INTERRUPTED:
      return g_strdup (
          _ ("It is tried again and again, with growing pauses, and comes back as soon as "
             "it works."));
    case CK_STATE_BLOCKED:
      return g_strdup (
          _ ("The platform is asked again, with growing pauses; as soon as it agrees the "
             "channel is back."));
    case CK_STATE_SUSPENDED:
      return g_strdup (
          subject->cause == CK_CAUSE_CLIENT_MISCONFIGURED
              ? _ ("Tokens that are still good go on being handed out. It is tried again; "
                   "no grant is lost, nobody has to reconnect.")
              : _ ("It is tried again, with growing pauses. No grant is lost."));
    case CK_STATE_REVOKED:
      if (subject->cause == CK_CAUSE_UNKNOWN_REVOKED)
        return g_strdup (_ ("The old access is kept and tried once a day, in case the platform was "
                            "wrong."));
      return g_strdup (_ ("Nothing, until it is reconnected."));
    case CK_STATE_UNCONNECTED:
    case CK_STATE_EXPIRED:
    case CK_STATE_LOCKED:
    default:
      return g_strdup (_ ("Nothing, until it is reconnected."));
    }
}

const char *
ck_explanation_get_advice (const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (advices); i++)
    {
      if (strcmp (advices[i].word, word) == 0)
        return _ (advices[i].text);
    }

  return word;
}

static GStrv
make_advice (const Subject *subject)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree const char **words = NULL;

  if (g_variant_lookup (subject->properties, "Advice", "^a&s", &words))
    {
      for (gsize i = 0; words[i] != NULL; i++)
        g_strv_builder_add (builder, ck_explanation_get_advice (words[i]));
    }

  return g_strv_builder_end (builder);
}

CkExplanation *
ck_explanation_new (GVariant *properties, const char *platform, const char *me, gint64 now)
{
  CkExplanation *explanation = g_new0 (CkExplanation, 1);
  Subject subject = { .properties = properties, .me = me, .now = now };

  /* A word of a newer service is explained as its neighbour. */
  if (!ck_state_from_string (get_text (&subject, "State"), &subject.state))
    subject.state = CK_STATE_UNCONNECTED;
  if (!ck_cause_from_string (get_text (&subject, "Cause"), &subject.cause))
    subject.cause = CK_CAUSE_NONE;

  explanation->headline = make_headline (&subject, platform);
  explanation->why = make_why (&subject);
  explanation->detail = g_strdup (get_text (&subject, "Detail"));
  explanation->to_do = make_to_do (&subject);
  explanation->who = make_who (&subject);
  /* Anybody else would be refused. */
  if (needs_reconnect (&subject) && g_strcmp0 (get_text (&subject, "AssignedUser"), me) == 0)
    explanation->command = g_strdup_printf ("channelctl reconnect %s", get_text (&subject, "Id"));
  explanation->by_itself = make_by_itself (&subject);
  explanation->advice = make_advice (&subject);

  return explanation;
}

void
ck_explanation_free (CkExplanation *explanation)
{
  g_free (explanation->headline);
  g_free (explanation->why);
  g_free (explanation->detail);
  g_free (explanation->to_do);
  g_free (explanation->who);
  g_free (explanation->command);
  g_free (explanation->by_itself);
  g_strfreev (explanation->advice);
  g_free (explanation);
}

guint64
ck_explanation_find_since (GVariant *events, const char *state)
{
  for (gsize i = 0; i < g_variant_n_children (events); i++)
    {
      g_autoptr (GVariant) details = NULL;
      const char *from = "", *to = "";
      guint64 time;

      g_variant_get_child (events, i, "(ts@a{sv})", &time, NULL, &details);
      g_variant_lookup (details, "old-state", "&s", &from);
      g_variant_lookup (details, "new-state", "&s", &to);
      if (strcmp (to, state) == 0 && strcmp (from, state) != 0)
        return time;
    }

  return 0;
}
