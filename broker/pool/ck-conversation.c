/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-conversation.h"

#include <gio/gunixfdlist.h>
#include <string.h>

#include "ck-error.h"
#include "ck-secret.h"
#include "ck-value.h"

#define MAX_QUESTIONS 256
#define MAX_BYTES (64 * 1024)
#define MAX_TEXT (16 * 1024)
#define MAX_CHOICES 500

struct _CkConversation
{
  gatomicrefcount ref_count;
  CkConverseFunc func; /* NULL once it has ended */
  gpointer user_data;
  guint n_questions;
  gboolean is_open;
};

struct _CkConverseReply
{
  CkConversation *conversation;
  GDBusMethodInvocation *invocation;
};

typedef enum
{
  MEMBER_TEXT, /* s, one line */
  MEMBER_LINK, /* s, https, or http to a loopback address */
  MEMBER_URI,  /* s, any URI without odd bytes */
  MEMBER_TIME, /* t */
  MEMBER_CHOICES, /* a(ss), at least one */
} MemberKind;

typedef struct
{
  const char *style;
  const char *name;
  MemberKind kind;
  gboolean required;
} Member;

static const Member members[] = {
  { "open-uri", "uri", MEMBER_LINK, TRUE },
  { "open-uri", "redirect-uri", MEMBER_URI, FALSE },
  { "open-uri", "state", MEMBER_TEXT, FALSE },
  { "show-code", "user-code", MEMBER_TEXT, TRUE },
  { "show-code", "verification-uri", MEMBER_LINK, TRUE },
  { "show-code", "verification-uri-complete", MEMBER_LINK, FALSE },
  { "show-code", "expires-at", MEMBER_TIME, FALSE },
  { "choose", "message", MEMBER_TEXT, TRUE },
  { "choose", "choices", MEMBER_CHOICES, TRUE },
  { "secret", "message", MEMBER_TEXT, TRUE },
  { "info", "message", MEMBER_TEXT, TRUE },
};

CkConversation *
ck_conversation_new (CkConverseFunc func, gpointer user_data)
{
  CkConversation *conversation = g_new0 (CkConversation, 1);

  g_atomic_ref_count_init (&conversation->ref_count);
  conversation->func = func;
  conversation->user_data = user_data;

  return conversation;
}

static CkConversation *
conversation_ref (CkConversation *conversation)
{
  g_atomic_ref_count_inc (&conversation->ref_count);

  return conversation;
}

static void
conversation_unref (CkConversation *conversation)
{
  if (g_atomic_ref_count_dec (&conversation->ref_count))
    g_free (conversation);
}

void
ck_conversation_end (CkConversation *conversation)
{
  conversation->func = NULL;
  conversation->user_data = NULL;
  conversation_unref (conversation);
}

/* ---- what a worker may say ------------------------------------------------------------------- */

static gboolean
is_one_line (const char *text)
{
  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      if (g_unichar_iscntrl (g_utf8_get_char (c)))
        return FALSE;
    }

  return strlen (text) <= MAX_TEXT;
}

static gboolean
is_uri (const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c <= 0x20 || *c >= 0x7f)
        return FALSE;
    }

  return strlen (text) <= MAX_TEXT && g_uri_is_valid (text, G_URI_FLAGS_NONE, NULL);
}

static gboolean
are_choices (GVariant *value)
{
  gsize n_choices;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a(ss)")))
    return FALSE;

  n_choices = g_variant_n_children (value);
  for (gsize i = 0; i < n_choices; i++)
    {
      const char *id;
      const char *label;

      g_variant_get_child (value, i, "(&s&s)", &id, &label);
      if (*id == '\0' || !is_one_line (id) || !is_one_line (label))
        return FALSE;
    }

  return n_choices > 0 && n_choices <= MAX_CHOICES;
}

static gboolean
is_good_value (const Member *member, GVariant *value)
{
  gboolean is_text = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING);
  const char *text = is_text ? g_variant_get_string (value, NULL) : "";

  switch (member->kind)
    {
    case MEMBER_TEXT:
      return is_text && *text != '\0' && is_one_line (text);
    case MEMBER_LINK:
      return is_text && is_uri (text) && ck_value_is_endpoint (text, TRUE);
    case MEMBER_URI:
      return is_text && (*text == '\0' || is_uri (text));
    case MEMBER_TIME:
      return g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64);
    case MEMBER_CHOICES:
      return are_choices (value);
    default:
      g_return_val_if_reached (FALSE);
    }
}

static const Member *
find_member (const char *style, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (g_str_equal (members[i].style, style)
          && (name == NULL || g_str_equal (members[i].name, name)))
        return &members[i];
    }

  return NULL;
}

static gboolean
has_member (GVariant *details, const char *name)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (details, name, NULL);

  return value != NULL;
}

const char *
ck_conversation_find_fault (const char *style, GVariant *details)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  if (find_member (style, NULL) == NULL)
    return "style";
  if (g_variant_get_size (details) > MAX_BYTES)
    return "details";

  g_variant_iter_init (&iter, details);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      const Member *member = find_member (style, name);
      gboolean good = member != NULL && is_good_value (member, value);

      g_variant_unref (value);
      if (!good)
        return member != NULL ? member->name : "details";
    }

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (g_str_equal (members[i].style, style) && members[i].required
          && !has_member (details, members[i].name))
        return members[i].name;
    }

  return NULL;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static gboolean
expects_answer (const char *style)
{
  return !g_str_equal (style, "show-code") && !g_str_equal (style, "info");
}

static void
refuse (GDBusMethodInvocation *invocation, CkError code, const char *why)
{
  g_dbus_method_invocation_return_error_literal (invocation, CK_ERROR, code, why);
}

void
ck_conversation_ask (CkConversation *conversation, GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) details = NULL;
  CkConverseReply *reply = NULL;
  const char *style;
  const char *fault;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation),
                 "(&s@a{sv})",
                 &style,
                 &details);
  fault = ck_conversation_find_fault (style, details);

  if (conversation->func == NULL)
    refuse (invocation, CK_ERROR_NOT_SUPPORTED, "nobody is there to be asked");
  else if (conversation->is_open)
    refuse (invocation, CK_ERROR_BUSY, "one question is open");
  else if (conversation->n_questions >= MAX_QUESTIONS)
    refuse (invocation, CK_ERROR_LIMIT_EXCEEDED, "too many questions");
  else if (fault != NULL)
    refuse (invocation, CK_ERROR_INVALID_ARGUMENT, fault);
  else
    {
      g_autofree char *style_copy = g_strdup (style);

      conversation->n_questions++;
      if (expects_answer (style))
        {
          reply = g_new0 (CkConverseReply, 1);
          reply->conversation = conversation_ref (conversation);
          reply->invocation = invocation;
          conversation->is_open = TRUE;
        }
      else
        /* The invocation, and style with it, is gone after this. */
        g_dbus_method_invocation_return_value (invocation, g_variant_new ("(a{sv})", NULL));
      conversation->func (style_copy, details, reply, conversation->user_data);
    }
}

/* ---- answering ------------------------------------------------------------------------------- */

/* Returns: (transfer full): what the answer goes to. */
static GDBusMethodInvocation *
close_reply (CkConverseReply *reply)
{
  GDBusMethodInvocation *invocation = reply->invocation;

  reply->conversation->is_open = FALSE;
  conversation_unref (reply->conversation);
  g_free (reply);

  return invocation;
}

void
ck_converse_reply_answer (CkConverseReply *reply, GVariant *answer)
{
  g_dbus_method_invocation_return_value (close_reply (reply), g_variant_new ("(@a{sv})", answer));
}

void
ck_converse_reply_secret (CkConverseReply *reply, SecretValue *secret)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  GVariantDict answer;
  int fd = ck_secret_to_memfd (secret, &error);

  if (fd < 0)
    {
      ck_converse_reply_fail (reply, error);
      return;
    }

  fds = g_unix_fd_list_new_from_array (&fd, 1);
  g_variant_dict_init (&answer, NULL);
  g_variant_dict_insert (&answer, "secret", "h", 0);
  g_dbus_method_invocation_return_value_with_unix_fd_list (
      close_reply (reply),
      g_variant_new ("(@a{sv})", g_variant_dict_end (&answer)),
      fds);
}

void
ck_converse_reply_fail (CkConverseReply *reply, const GError *error)
{
  g_dbus_method_invocation_return_gerror (close_reply (reply), error);
}
