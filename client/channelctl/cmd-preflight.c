/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ck-names.h"
#include "ck-value.h"
#include "json.h"
#include "output.h"

/* What the service lets itself take where it verifies many channels. */
#define LONGEST 365

static gboolean
parse_for (const char *text, guint32 *seconds, GError **error)
{
  guint64 value;

  if (ck_value_parse_duration (text, &value) && value > 0 && value <= LONGEST * 86400)
    {
      *seconds = (guint32) value;
      return TRUE;
    }

  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
               _ ("--for takes a time such as 90min, 4h or 2d, a year at most"));

  return FALSE;
}

static void
print_rows (CkCtl *ctl, GVariant *rows)
{
  static const char *const names[] = { "id", "verdict", "why", NULL };
  static const char *const headings[] = { N_ ("ID"), N_ ("VERDICT"), N_ ("WHY"), NULL };
  g_autoptr (CkTable) table = ck_table_new (headings);
  GVariantIter iter;
  const char *id, *verdict, *why;

  if (ck_ctl_wants_json (ctl))
    {
      ck_json_print (ck_json_from_rows (rows, names));
      return;
    }

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &id, &verdict, &why))
    ck_table_add (table, (const char *const[]){ id, verdict, why });
  ck_table_print (table);
}

static gboolean
any_fails (GVariant *rows)
{
  GVariantIter iter;
  const char *verdict;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s)", NULL, &verdict, NULL))
    {
      if (strcmp (verdict, "fail") == 0)
        return TRUE;
    }

  return FALSE;
}

gboolean
ck_cmd_preflight (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autofree char *until = NULL;
  const GOptionEntry entries[] = {
    { "for", 0, 0, G_OPTION_ARG_STRING, &until,
      N_ ("How long the channels must stay good, such as 90min (4h)"), "TIME" },
    { NULL },
  };
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) rows = NULL;
  guint32 seconds;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  if (until != NULL)
    {
      if (!parse_for (until, &seconds, error))
        return FALSE;
      g_variant_dict_insert (&dict, "for", "u", seconds);
    }

  reply = ck_ctl_call_broker (
      ctl, "Preflight",
      g_variant_new ("(^as@a{sv})", *arguments, ck_ctl_bus_options (ck_ctl_get_bus (ctl), &dict)),
      "(a(sss))", error);
  if (reply == NULL)
    return FALSE;
  rows = g_variant_get_child_value (reply, 0);
  print_rows (ctl, rows);
  if (any_fails (rows))
    ck_ctl_set_status (ctl, CK_EXIT_NEEDS_PERSON);

  return TRUE;
}
