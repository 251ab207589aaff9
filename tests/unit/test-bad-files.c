/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ck-config.h"
#include "ck-error.h"
#include "folder-util.h"

/*
 * Whatever is wrong with a provider or stack file of an administrator: the message names file, line
 * and key or word; that provider is disabled with that reason, and everything that is shipped is as
 * usable as before.
 */

typedef struct
{
  const char *file; /* below the configuration folder; a stack's is used by the provider `mine` */
  const char *content;
  const char *place;    /* what the message begins with, behind the folder */
  const char *word;     /* what else it names */
  const char *disabled; /* NULL: mine */
} BadFile;

#define MINE "providers.d/mine.provider"
#define STACK "stacks.d/own"
#define HEAD "[Provider]\nName=Mine\nStack=oauth2\n"

static const BadFile bad_files[] = {
  /* the file as such */
  { MINE, "Name=Mine\n", MINE ":1", "Group" },
  { MINE, "no line at all\n", MINE ":1", "" },
  { MINE, "[Provider\nName=Mine\n", MINE ":1", "" },
  { MINE, HEAD "[OAuth2]\njust words\n", MINE ":5", "" },
  { MINE, HEAD "# caf\xe9\n", MINE ":4", "UTF-8" },
  /* groups and keys */
  { MINE, HEAD "[Provder]\n", MINE ":4: [Provder]", "no such group" },
  { MINE, HEAD "[OAuth2]\nIssur=https://a.example\n", MINE ":5: [OAuth2] Issur", "no such key" },
  { MINE, HEAD "[Lifetime]\nName=x\n", MINE ":5: [Lifetime] Name", "no such key" },
  { MINE, HEAD "Name=Again\n", MINE ":4: [Provider] Name", "second time" },
  { MINE, HEAD "[Failure sadness]\nMatch=status=400\n", MINE ":4: [Failure sadness]", "cause" },
  { MINE, HEAD "[Remedy expired]\nTekst=x\n", MINE ":5: [Remedy expired] Tekst", "no such key" },
  /* values */
  { MINE, HEAD "[OAuth2]\nTokenEndpoint=http://a.example/\n", MINE ":5: [OAuth2] TokenEndpoint",
    "https" },
  { MINE, HEAD "[OAuth2]\nTokenEndpoint=https://u@a.example/\n", MINE ":5: [OAuth2] TokenEndpoint",
    "user" },
  { MINE, HEAD "[OAuth2]\nClientAuthentication=jwt\n", MINE ":5: [OAuth2] ClientAuthentication",
    "post" },
  { MINE, HEAD "[OAuth2]\nIssParameterSupported=perhaps\n",
    MINE ":5: [OAuth2] IssParameterSupported", "yes nor no" },
  { MINE, HEAD "[OAuth2]\nInstance=A B\n", MINE ":5: [OAuth2] Instance", "id" },
  { MINE, HEAD "[Lifetime]\nRenewal=sometimes\n", MINE ":5: [Lifetime] Renewal", "on-demand" },
  { MINE, HEAD "[Lifetime]\nVerifyEvery=1 moon\n", MINE ":5: [Lifetime] VerifyEvery", "24h" },
  { MINE, HEAD "[Lifetime]\nRotationGrace=never\n", MINE ":5: [Lifetime] RotationGrace", "24h" },
  { MINE, HEAD "[Failure expired]\nMatch=status=4\n", MINE ":5: [Failure expired] Match", "4xx" },
  { MINE, HEAD "[Failure expired]\n\nMatch=json:a=\"b\n", MINE ":6: [Failure expired] Match",
    "quote" },
  { MINE, HEAD "[Failure expired]\nMatch=words=x\n", MINE ":5: [Failure expired] Match", "json:" },
  /* what it leans on */
  { MINE, "[Provider]\nStack=nowhere\n", MINE ": [Provider] Stack", "nowhere" },
  { MINE, "[Provider]\nStack=../oauth2\n", MINE ":2: [Provider] Stack", "name of a file" },
  { MINE, "[Provider]\nName=Mine\nBase=nowhere\n", MINE ":3: [Provider] Base", "nowhere" },
  { MINE, "[Provider]\nBase=mine\n", MINE ":2: [Provider] Base", "itself" },
  { MINE, HEAD "[OAuth2]\nTokenEndpoint=https://{instance}/t\n", MINE ":1: [OAuth2] Instance",
    "missing" },
  /* stacks */
  { STACK, "connect perhaps permit.so\n", STACK ":1", "perhaps" },
  { STACK, "connect required permit.so\nverfy required permit.so\n", STACK ":2", "verfy" },
  { STACK, "connect required\n", STACK ":1", "module" },
  { STACK, "connect required ../permit.so\n", STACK ":1", "../permit.so" },
  { STACK, "connect required permit\n", STACK ":1", ".so" },
  { STACK, "connect [success=ok defalt=die] permit.so\n", STACK ":1", "defalt" },
  { STACK, "connect [success=fine] permit.so\n", STACK ":1", "fine" },
  { STACK, "connect [success=0] permit.so\n", STACK ":1", "0" },
  { STACK, "connect required permit.so [x\n", STACK ":1", "]" },
  { STACK, "\n\n@include nowhere\n", STACK ":3", "nowhere" },
  { STACK, "connect include own\n", STACK ":1", "own" },
  { STACK, "connect required permit.so\nrenew required lost.so\n", STACK ":2", "lost.so" },
  { STACK, "connect required per\x01mit.so\n", STACK ":1", "0x01" },
  { STACK, "# nothing\n", MINE ": [Provider] Stack", "own has no line" },
  /* a bad file does not fall back to the shipped one of its name */
  { "providers.d/kick.provider", "[Provider]\nNme=Kick\n",
    "providers.d/kick.provider:2: [Provider] Nme", "no such key", "kick" },
  { "stacks.d/kick", "connect requird permit.so\n", "stacks.d/kick:1", "requird", "kick" },
};

typedef struct
{
  char *confdir;
  char *moduledir;
  char *datadir;
  guint n_shipped;
} Fixture;

/* The broker looks only whether a module is there: one empty file for each that is built. */
static void
put_modules (Fixture *f)
{
  g_autofree char *source = g_build_filename (f->datadir, "modules", NULL);
  g_autoptr (GDir) dir = g_dir_open (source, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *module = NULL;

      if (!g_str_has_suffix (name, ".md"))
        continue;
      module = g_strdup_printf ("%.*s.so", (int) (strlen (name) - 3), name);
      folder_put (f->moduledir, module, "");
    }
}

static CkConfig *
load (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  CkConfig *config = ck_config_load (f->confdir, f->datadir, f->moduledir, &error);

  g_assert_no_error (error);

  return config;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (CkConfig) config = NULL;

  f->confdir = g_dir_make_tmp ("ck-bad-files-XXXXXX", NULL);
  f->moduledir = g_dir_make_tmp ("ck-bad-files-XXXXXX", NULL);
  f->datadir = g_build_filename (g_getenv ("CK_TEST_SOURCE"), "backends", NULL);
  put_modules (f);

  config = load (f);
  g_assert_cmpuint (ck_config_get_problems (config)->len, ==, 0);
  f->n_shipped = ck_config_get_providers (config)->len;
  g_assert_cmpuint (f->n_shipped, >, 8);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  folder_remove (f->confdir);
  folder_remove (f->moduledir);
  g_free (f->confdir);
  g_free (f->moduledir);
  g_free (f->datadir);
}

static void
check (Fixture *f, const BadFile *row)
{
  gboolean is_stack = g_str_equal (row->file, STACK);
  const char *disabled = row->disabled != NULL ? row->disabled : "mine";
  g_autofree char *place = g_build_filename (f->confdir, row->place, NULL);
  g_autoptr (CkConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  const GError *problem;

  folder_put (f->confdir, row->file, row->content);
  if (is_stack)
    folder_put (f->confdir, MINE, "[Provider]\nName=Mine\nStack=own\n");
  config = load (f);

  g_assert_cmpuint (ck_config_get_problems (config)->len, ==, 1);
  problem = g_ptr_array_index (ck_config_get_problems (config), 0);
  g_test_message ("%s", problem->message);
  g_assert_nonnull (strstr (problem->message, place));
  g_assert_nonnull (strstr (problem->message, row->word));
  g_assert_cmpuint (strlen (problem->message), <, 1000);

  g_assert_null (ck_config_lookup_provider (config, disabled, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_NO_SUCH_PROVIDER);
  g_assert_nonnull (strstr (error->message, problem->message));
  g_assert_cmpuint (ck_config_get_providers (config)->len, ==,
                    f->n_shipped - (row->disabled != NULL ? 1 : 0));
}

static void
test_bad_files (Fixture *f, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_files); i++)
    {
      check (f, &bad_files[i]);
      folder_remove (f->confdir);
      g_assert_no_errno (g_mkdir (f->confdir, 0700));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* One run shows them all. */
  g_test_set_nonfatal_assertions ();
  g_test_add ("/bad-files/named-and-alone", Fixture, NULL, set_up, test_bad_files, tear_down);

  return g_test_run ();
}
