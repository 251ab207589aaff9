/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "random-stack.h"

#include "ck-result.h"

static gboolean
chance (GRand *rand, guint percent)
{
  return g_rand_int_range (rand, 0, 100) < (gint32) percent;
}

#define PICK(rand, array) ((array)[g_rand_int_range ((rand), 0, G_N_ELEMENTS (array))])

static void
add_word (GRand *rand, GString *text, const char *word)
{
  gboolean upper = chance (rand, 5);

  for (; *word != '\0'; word++)
    g_string_append_c (text, upper ? g_ascii_toupper (*word) : *word);
}

static void
add_space (GRand *rand, GString *text)
{
  static const char *const spaces[] = {
    " ", " ", " ", "\t", "   ", " \t ", " \\\n ", "\\\n", "\\  \n\t", " \\\n# in between\n\n ",
  };

  g_string_append (text, PICK (rand, spaces));
}

static const char *
pick_result (GRand *rand)
{
  if (chance (rand, 35))
    return "success";
  if (chance (rand, 20))
    return "ignore";

  return ck_result_to_string (g_rand_int_range (rand, 0, CK_N_RESULTS));
}

static void
add_pairs (GRand *rand, GString *text)
{
  static const char *const actions[] = {
    "ignore", "ok", "ok", "ok", "done", "bad", "die", "reset", "1", "1", "2",
  };
  static const char *const equals[] = { "=", "=", " = ", "\t=", "= " };
  guint n_pairs = g_rand_int_range (rand, 0, 6);

  for (guint i = 0; i < n_pairs; i++)
    {
      g_string_append (text, chance (rand, 30) ? "default" : pick_result (rand));
      g_string_append (text, PICK (rand, equals));
      if (chance (rand, 3))
        g_string_append_printf (text, "%d", g_rand_int_range (rand, 1, 40));
      else
        g_string_append (text, PICK (rand, actions));
      /* libpam needs no blank here, but a number must not grow */
      if (!chance (rand, 10) || g_ascii_isdigit (text->str[text->len - 1]))
        g_string_append_c (text, ' ');
    }
}

static void
add_control (GRand *rand, GString *text)
{
  static const char *const keywords[] = { "required", "requisite", "sufficient", "optional" };

  if (chance (rand, 45))
    add_word (rand, text, PICK (rand, keywords));
  else if (chance (rand, 5))
    g_string_append_printf (text, "%s=%s", pick_result (rand), chance (rand, 50) ? "ok" : "2");
  else
    {
      g_string_append_c (text, '[');
      add_pairs (rand, text);
      g_string_append_c (text, ']');
      if (chance (rand, 5))
        return; /* nothing is needed after a bracket either */
    }
  add_space (rand, text);
}

static void
add_arguments (GRand *rand, GString *text)
{
  static const char *const noise[] = { "debug",
                                       "[two words]",
                                       "[a \\] b]",
                                       "[]",
                                       "auth=die",
                                       "acct",
                                       "acctx=abort",
                                       "x[y",
                                       "\\"
                                       "x" };

  while (chance (rand, 15))
    {
      add_space (rand, text);
      g_string_append (text, PICK (rand, noise));
    }
  if (chance (rand, 5))
    return;

  add_space (rand, text);
  if (chance (rand, 10))
    g_string_append_printf (text, "[acct=%s]", pick_result (rand));
  else if (chance (rand, 3))
    g_string_append (text, "acct=nonsense");
  else
    g_string_append_printf (text, "acct=%s", pick_result (rand));
  if (chance (rand, 5))
    {
      add_space (rand, text);
      g_string_append (text, "acct=abort");
    }
}

static void
add_module (GRand *rand, GString *text)
{
  add_control (rand, text);
  if (chance (rand, 88))
    g_string_append (text, MODULE);
  else
    g_string_append (text, chance (rand, 80) ? MODULE_MISSING : MODULE_OF_SESSIONS);
  add_arguments (rand, text);
}

/* Adds a line of file @index of @n_files. */
static void
add_line (GRand *rand, GString *text, guint index, guint n_files)
{
  static const char *const kinds[] = { "include", "substack", "substack" };
  static const char *const ends[]
      = { "\n", "\n", "\n", "  \n", " # why\n", "#\n", "\n\n", "\n # \\\n" };
  gboolean may_include = index + 1 < n_files && chance (rand, 35);
  guint operation = chance (rand, 85) ? 0 : g_rand_int_range (rand, 1, N_OPERATIONS);

  if (chance (rand, 10))
    g_string_append (text, chance (rand, 50) ? "  " : "\t");
  if (chance (rand, 15))
    g_string_append_c (text, '-');

  if (may_include && chance (rand, 25))
    add_word (rand, text, "@include");
  else
    {
      g_string_append_c (text, OPERATION (operation));
      add_space (rand, text);
      if (may_include)
        add_word (rand, text, PICK (rand, kinds));
    }

  if (may_include)
    {
      g_autofree char *name = random_stack_name (g_rand_int_range (rand, index + 1, n_files));

      add_space (rand, text);
      g_string_append_printf (text, PART "%s", name);
    }
  else
    add_module (rand, text);

  g_string_append (text, PICK (rand, ends));
}

char *
random_stack_name (guint index)
{
  return index == 0 ? g_strdup ("stack") : g_strdup_printf ("part-%u", index);
}

GString *
random_stack_file (GRand *rand, guint index, guint n_files)
{
  GString *text = g_string_new (NULL);
  guint n_lines = g_rand_int_range (rand, index == 0 ? 1 : 0, 8);

  for (guint line = 0; line < n_lines; line++)
    add_line (rand, text, index, n_files);
  if (chance (rand, 10) && text->len > 0)
    g_string_truncate (text, text->len - 1); /* no last newline */

  return text;
}
