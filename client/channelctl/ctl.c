/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ctl.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ck-error.h"
#include "ck-names.h"
#include "json.h"
#include "output.h"

#define PROGRAM "channelctl"

struct _CkCtl
{
  CkCtlBus *bus;
  char **argv;
  const CkCommand *command; /* the one that runs */
  char *command_name;       /* with its group: "clients add" */
  char *subject;
  CkExit status;
  gboolean json;
  gboolean no_ask_password;
  gboolean version;
  int timeout;
};

static void
ck_ctl_clear (CkCtl *ctl)
{
  g_clear_pointer (&ctl->bus, ck_ctl_bus_free);
  g_clear_pointer (&ctl->command_name, g_free);
  g_clear_pointer (&ctl->subject, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CkCtl, ck_ctl_clear)

/* The options that every command takes, before or after its name. */
static void
add_common_options (CkCtl *ctl, GOptionContext *context)
{
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &ctl->json, N_ ("Answer in JSON"), NULL },
    { "no-ask-password", 0, 0, G_OPTION_ARG_NONE, &ctl->no_ask_password,
      N_ ("Never ask for a password, fail instead"), NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &ctl->timeout,
      N_ ("Let the service take so long for an answer"), "SECONDS" },
    { NULL },
  };

  g_option_context_add_main_entries (context, entries, NULL);
}

static gboolean
apply_common_options (CkCtl *ctl, GError **error)
{
  if (ctl->timeout < 0 || ctl->timeout > 600)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE, _ ("--timeout takes 1 to 600 seconds"));
      return FALSE;
    }
  ck_ctl_bus_set_timeout (ctl->bus, (guint) ctl->timeout);
  if (ctl->no_ask_password)
    ck_ctl_bus_forbid_asking (ctl->bus);

  return TRUE;
}

static char *
describe_commands (const CkCommand *commands)
{
  g_autoptr (GString) text = g_string_new (_ ("Commands:\n"));

  for (const CkCommand *command = commands; command->name != NULL; command++)
    {
      g_autofree char *words = g_strdup_printf ("%s %s", command->name, command->arguments);

      g_string_append_printf (text, "  %-34s %s\n", words, _ (command->help));
    }
  g_string_append (
      text, _ ("\n'channelctl COMMAND --help' shows a command's options; the manual page has the "
               "rest."));

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Reads the options before a command's name; what is left begins with that name. */
static gboolean
parse_leading (
    CkCtl *ctl, const CkCommand *commands, const char *group, GStrv *arguments, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (_ ("COMMAND [ARGUMENT...]"));
  g_autofree char *description = describe_commands (commands);
  g_autofree char *name = group != NULL ? g_strdup_printf (PROGRAM " %s", group) : NULL;
  const GOptionEntry version[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &ctl->version, N_ ("Show the version"), NULL },
    { NULL },
  };

  g_set_prgname (name != NULL ? name : PROGRAM);
  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_description (context, description);
  if (group == NULL)
    g_option_context_add_main_entries (context, version, NULL);
  add_common_options (ctl, context);

  return g_option_context_parse_strv (context, arguments, error);
}

static const CkCommand *
find_command (const CkCommand *commands, const char *group, const char *name, GError **error)
{
  for (const CkCommand *command = commands; command->name != NULL; command++)
    {
      if (g_strcmp0 (command->name, name) == 0)
        return command;
    }

  if (name == NULL)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                 _ ("a command is missing; '%s%s%s --help' shows those there are"), PROGRAM,
                 group != NULL ? " " : "", group != NULL ? group : "");
  else
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                 _ ("there is no command '%s'; '%s%s%s --help' shows those there are"), name,
                 PROGRAM, group != NULL ? " " : "", group != NULL ? group : "");

  return NULL;
}

gboolean
ck_ctl_dispatch (
    CkCtl *ctl, const CkCommand *commands, const char *group, GStrv *arguments, GError **error)
{
  const CkCommand *command;
  char *first;

  if (!parse_leading (ctl, commands, group, arguments, error))
    return FALSE;
  if (ctl->version)
    {
      g_print (PROGRAM " %s\n", PACKAGE_VERSION);
      return TRUE;
    }
  command = find_command (commands, group, (*arguments)[0] != NULL ? (*arguments)[1] : NULL, error);
  if (command == NULL)
    return FALSE;

  ctl->command = command;
  g_free (ctl->command_name);
  ctl->command_name
      = group != NULL ? g_strdup_printf ("%s %s", group, command->name) : g_strdup (command->name);

  /* The command's own name takes the program's place. */
  first = (*arguments)[0];
  memmove (*arguments, *arguments + 1, g_strv_length (*arguments) * sizeof (char *));
  g_free (first);

  return command->run (ctl, arguments, error);
}

static gboolean
check_number (CkCtl *ctl, GStrv arguments, GError **error)
{
  guint n = g_strv_length (arguments);

  if (n >= ctl->command->min && n <= ctl->command->max)
    return TRUE;

  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE, _ ("%s: use '%s %s %s'"),
               n < ctl->command->min ? _ ("something is missing") : _ ("too many arguments"),
               PROGRAM, ctl->command_name, ctl->command->arguments);

  return FALSE;
}

gboolean
ck_ctl_parse (CkCtl *ctl, const GOptionEntry *entries, GStrv *arguments, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (ctl->command->arguments);
  g_autofree char *name = g_strdup_printf (PROGRAM " %s", ctl->command_name);
  guint skip = 1;

  g_set_prgname (name);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, ctl->command->help);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  add_common_options (ctl, context);
  if (!g_option_context_parse_strv (context, arguments, error)
      || !apply_common_options (ctl, error))
    return FALSE;

  /* GOption leaves "--" where something with a dash follows it. */
  if (g_strcmp0 ((*arguments)[1], "--") == 0)
    skip = 2;
  for (guint i = 0; i < skip; i++)
    g_free ((*arguments)[i]);
  memmove (*arguments, *arguments + skip,
           (g_strv_length (*arguments + skip) + 1) * sizeof (char *));

  return check_number (ctl, *arguments, error);
}

static void
print_error (CkCtl *ctl, const GError *error)
{
  g_autofree char *message = ck_output_clean (error->message);

  if (ctl->json)
    {
      JsonObject *object = json_object_new ();
      g_autofree char *line = NULL;

      if (error->domain == CK_ERROR)
        json_object_set_string_member (object, "error", ck_error_name (error->code));
      if (ctl->subject != NULL)
        json_object_set_string_member (object, "subject", ctl->subject);
      json_object_set_string_member (object, "message", message);
      line = ck_json_to_string (object);
      fprintf (stderr, "%s\n", line);
      return;
    }

  if (ctl->subject != NULL)
    {
      g_autofree char *subject = ck_output_clean (ctl->subject);
      g_autofree char *named = g_strconcat (subject, " ", NULL);

      /* Many of the broker's messages begin with the channel themselves. */
      if (g_str_has_prefix (message, named))
        g_printerr (PROGRAM ": %s\n", message);
      else
        g_printerr (PROGRAM ": %s: %s\n", subject, message);
    }
  else
    g_printerr (PROGRAM ": %s\n", message);
}

int
ck_ctl_main (const CkCommand *commands, int argc, char **argv)
{
  g_auto (CkCtl) ctl = { .bus = ck_ctl_bus_new (), .argv = argv };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = g_new0 (char *, (gsize) argc + 1);

  for (int i = 0; i < argc; i++)
    arguments[i] = g_strdup (argv[i]);

  if (!ck_ctl_dispatch (&ctl, commands, NULL, &arguments, &error))
    {
      print_error (&ctl, error);
      return ck_exit_from_error (error);
    }
  /* A full disk or a closed pipe must not look like success. */
  if (fflush (stdout) != 0 || ferror (stdout) != 0)
    {
      g_printerr (_ ("channelctl: cannot write the answer: %s\n"), g_strerror (errno));
      return CK_EXIT_FAILED;
    }

  return ctl.status;
}

gboolean
ck_ctl_wants_json (CkCtl *ctl)
{
  return ctl->json;
}

char **
ck_ctl_get_argv (CkCtl *ctl)
{
  return ctl->argv;
}

CkCtlBus *
ck_ctl_get_bus (CkCtl *ctl)
{
  return ctl->bus;
}

void
ck_ctl_set_subject (CkCtl *ctl, const char *subject)
{
  g_free (ctl->subject);
  ctl->subject = g_strdup (subject);
}

const char *
ck_ctl_get_subject (CkCtl *ctl)
{
  return ctl->subject;
}

void
ck_ctl_set_status (CkCtl *ctl, CkExit status)
{
  ctl->status = status;
}

GVariant *
ck_ctl_call_broker (
    CkCtl *ctl, const char *method, GVariant *parameters, const char *reply_type, GError **error)
{
  return ck_ctl_bus_call (ctl->bus, CK_ROOT_PATH, CK_IFACE_BROKER, method, parameters, reply_type,
                          error);
}

char *
ck_ctl_find_channel (CkCtl *ctl, const char *id, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  char *path;

  ck_ctl_set_subject (ctl, id);
  reply = ck_ctl_call_broker (ctl, "GetChannel", g_variant_new ("(s)", id), "(o)", error);
  if (reply == NULL)
    return NULL;
  g_variant_get (reply, "(o)", &path);

  return path;
}

GVariant *
ck_ctl_get_properties (CkCtl *ctl, const char *path, GError **error)
{
  g_autoptr (GVariant) reply
      = ck_ctl_bus_call (ctl->bus, path, "org.freedesktop.DBus.Properties", "GetAll",
                         g_variant_new ("(s)", CK_IFACE_CHANNEL), "(a{sv})", error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

GStrv
ck_ctl_split_words (GStrv values)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; values[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (values[i], " ", -1);

      for (guint w = 0; parts[w] != NULL; w++)
        {
          if (*parts[w] != '\0' && g_hash_table_add (seen, g_strdup (parts[w])))
            g_strv_builder_add (words, parts[w]);
        }
    }

  return g_strv_builder_end (words);
}

void
ck_ctl_print_done (CkCtl *ctl)
{
  if (ctl->json)
    ck_json_print_line (json_object_new ());
}
