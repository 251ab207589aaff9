/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <grp.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <syslog.h>
#include <unistd.h>

#include "ck-stack-engine.h"
#include "ck-stack-parser.h"
#include "random-stack.h"

/*
 * The stack engine against libpam itself. Each case is a few stack files, written twice: in PAM's
 * words for pam_acct_mgmt() with pam_debug.so, in ours for ck_stack_run() with a callback that
 * returns what pam_debug.so would. The verdicts must be equal, and so must be which modules ran:
 * pam_debug.so tells its conversation the argument that it obeys.
 *
 * CK_TEST_SEED and CK_TEST_STACKS choose other random stacks, and how many.
 */

#define SEED 20240229
#define N_STACKS 6000

#define MAX_FILES 5

/* by number, as random-stack.h has them */
static const char *const pam_words[] = { "account", "auth", "session", "password" };
static const char *const our_words[] = { "verify", "connect", "renew", "revoke" };
G_STATIC_ASSERT (G_N_ELEMENTS (pam_words) == N_OPERATIONS);

typedef struct
{
  GString *files[MAX_FILES]; /* the first is the stack; each includes only later ones */
  guint n_files;
} Case;

typedef struct
{
  char *pam_dir;
  char *our_dir;
} Fixture;

/* ---- the two judges -------------------------------------------------------------------------- */

static int
on_converse (int n_messages,
             const struct pam_message **messages,
             struct pam_response **responses,
             void *user_data)
{
  GString *trace = user_data;

  for (int i = 0; i < n_messages; i++)
    g_string_append_printf (trace, "%s ", messages[i]->msg);
  *responses = calloc (n_messages, sizeof **responses);

  return *responses != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

static CkResult
judge_libpam (const char *dir, const char *name, GString *trace)
{
  const struct pam_conv conversation = { on_converse, trace };
  pam_handle_t *handle = NULL;
  int verdict;

  g_assert_cmpint (pam_start_confdir (name, "alice", &conversation, dir, &handle), ==, PAM_SUCCESS);
  verdict = pam_acct_mgmt (handle, 0);
  g_assert_cmpint (pam_end (handle, verdict), ==, PAM_SUCCESS);

  return verdict;
}

/* pam_debug.so, as its manual page has it: the first acct= counts, an unknown word is success. */
static CkResult
on_call (const char *module, int argc, const char **argv, gboolean silent, gpointer user_data)
{
  GString *trace = user_data;
  CkResult result = CK_RESULT_SUCCESS;

  if (strcmp (module, MODULE) != 0)
    return CK_RESULT_MODULE_UNKNOWN;

  g_assert_null (argv[argc]);
  for (int i = 0; i < argc; i++)
    {
      if (!g_str_has_prefix (argv[i], "acct="))
        continue;
      if (ck_result_from_string (argv[i] + strlen ("acct="), &result))
        g_string_append_printf (trace, "%s ", argv[i]);
      break;
    }

  return result;
}

static CkResult
judge_ours (const char *dir, const char *name, GString *trace)
{
  const char *const dirs[] = { dir, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (CkStack) stack = ck_stack_load (dirs, name, our_words[0], &error);
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (CkStack) sent = NULL;

  g_assert_no_error (error);
  /* what runs is what the worker got */
  variant = g_variant_ref_sink (ck_stack_to_variant (stack));
  sent = ck_stack_new_from_variant (variant, &error);
  g_assert_no_error (error);

  return ck_stack_run (sent, on_call, trace, NULL);
}

/* ---- a case ---------------------------------------------------------------------------------- */

static void
case_clear (Case *self)
{
  for (guint i = 0; i < self->n_files; i++)
    g_string_free (self->files[i], TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Case, case_clear)

/* @dir: (nullable): for PART */
static GString *
spell (const GString *text, const char *const *words, const char *dir)
{
  GString *spelled = g_string_new (NULL);

  for (gsize i = 0; i < text->len; i++)
    {
      guint operation = text->str[i] - OPERATION (0);

      if (operation < G_N_ELEMENTS (pam_words))
        g_string_append (spelled, words[operation]);
      else if (text->str[i] != *PART)
        g_string_append_c (spelled, text->str[i]);
      else if (dir != NULL)
        g_string_append_printf (spelled, "%s/", dir);
    }

  return spelled;
}

static void
write_file (const char *dir, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  FILE *file = fopen (path, "we");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (text, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

static void
write_case (const Case *self, const char *dir, const char *const *words, const char *parts_dir)
{
  for (guint i = 0; i < self->n_files; i++)
    {
      g_autofree char *name = random_stack_name (i);
      g_autoptr (GString) text = spell (self->files[i], words, parts_dir);

      write_file (dir, name, text->str);
    }
}

static void
print_case (const Case *self)
{
  for (guint i = 0; i < self->n_files; i++)
    {
      g_autofree char *name = random_stack_name (i);
      g_autoptr (GString) text = spell (self->files[i], pam_words, NULL);

      g_printerr ("---- %s\n%s\n", name, text->str);
    }
}

/* Returns the verdict of both. */
static CkResult
compare (Fixture *fixture, const Case *self)
{
  g_autoptr (GString) pam_trace = g_string_new (NULL);
  g_autoptr (GString) our_trace = g_string_new (NULL);
  CkResult pam_verdict;
  CkResult our_verdict;

  write_case (self, fixture->pam_dir, pam_words, fixture->pam_dir);
  write_case (self, fixture->our_dir, our_words, NULL);
  pam_verdict = judge_libpam (fixture->pam_dir, "stack", pam_trace);
  our_verdict = judge_ours (fixture->our_dir, "stack", our_trace);

  if (pam_verdict != our_verdict || strcmp (pam_trace->str, our_trace->str) != 0)
    {
      print_case (self);
      g_error ("libpam says %s after: %s\nours says %s after: %s",
               ck_result_to_string (pam_verdict), pam_trace->str, ck_result_to_string (our_verdict),
               our_trace->str);
    }

  return our_verdict;
}

/* ---- random stacks --------------------------------------------------------------------------- */

static void
make_case (GRand *rand, Case *self)
{
  self->n_files = g_rand_int_range (rand, 1, MAX_FILES + 1);
  for (guint i = 0; i < self->n_files; i++)
    self->files[i] = random_stack_file (rand, i, self->n_files);
}

static guint64
get_number (const char *variable, guint64 otherwise)
{
  const char *value = g_getenv (variable);

  return value != NULL ? g_ascii_strtoull (value, NULL, 10) : otherwise;
}

static void
test_random (Fixture *fixture, gconstpointer unused)
{
  guint32 seed = (guint32) get_number ("CK_TEST_SEED", SEED);
  guint64 n_stacks = get_number ("CK_TEST_STACKS", N_STACKS);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  guint seen[CK_N_RESULTS] = { 0 };
  guint n_verdicts = 0;

  g_test_message ("CK_TEST_SEED=%u CK_TEST_STACKS=%" G_GUINT64_FORMAT, seed, n_stacks);
  for (guint64 i = 0; i < n_stacks; i++)
    {
      g_auto (Case) stack = { 0 };

      make_case (rand, &stack);
      seen[compare (fixture, &stack)]++;
    }

  /* the stacks are worth comparing only if they come to every kind of end */
  for (guint i = 0; i < CK_N_RESULTS; i++)
    n_verdicts += seen[i] > 0 ? 1 : 0;
  g_test_message ("%u different verdicts; %u success, %u perm_denied", n_verdicts,
                  seen[CK_RESULT_SUCCESS], seen[CK_RESULT_PERM_DENIED]);
  if (n_stacks >= N_STACKS)
    {
      g_assert_cmpuint (n_verdicts, ==, CK_N_RESULTS);
      g_assert_cmpuint (seen[CK_RESULT_SUCCESS], >, n_stacks / 20);
    }
}

/* ---- chosen stacks --------------------------------------------------------------------------- */

/* pam_debug.so returns what it is told to, so that what is compared below is not two permits. */
static void
test_words (Fixture *fixture, gconstpointer unused)
{
  for (guint i = 0; i < CK_N_RESULTS; i++)
    {
      g_auto (Case) stack = { .files = { g_string_new (NULL) }, .n_files = 1 };

      g_string_append_printf (stack.files[0], "\1 [default=ok] " MODULE " acct=%s\n",
                              ck_result_to_string (i));
      g_assert_cmpint (compare (fixture, &stack), ==, i);
    }
}

#define RUN(control, word) "\1 " control " " MODULE " acct=" word "\n"

static const struct
{
  const char *name;
  const char *files[3];
  CkResult verdict;
} chosen[] = {
  { "empty", { "" }, CK_RESULT_PERM_DENIED },
  { "other operations only", { "\2 required " MODULE "\n" }, CK_RESULT_PERM_DENIED },
  { "all ignore", { RUN ("required", "ignore") RUN ("optional", "abort") }, CK_RESULT_PERM_DENIED },
  { "one of two ran",
    { RUN ("requisite", "ignore") RUN ("requisite", "success") RUN ("required", "success") },
    CK_RESULT_SUCCESS },
  { "first failure wins",
    { RUN ("required", "cred_expired") RUN ("required", "abort") },
    CK_RESULT_CRED_EXPIRED },
  { "abort is a failure as any",
    { RUN ("required", "abort") RUN ("required", "success") },
    CK_RESULT_ABORT },
  { "sufficient after a failure",
    { RUN ("required", "maxtries") RUN ("sufficient", "success") RUN ("required", "abort") },
    CK_RESULT_MAXTRIES },
  { "success=bad", { RUN ("[success=bad]", "success") }, CK_RESULT_PERM_DENIED },
  { "ignore=bad", { RUN ("[ignore=bad]", "ignore") }, CK_RESULT_PERM_DENIED },
  { "no pair at all", { RUN ("[]", "success") }, CK_RESULT_PERM_DENIED },
  { "incomplete",
    { RUN ("optional", "incomplete") RUN ("required", "success") },
    CK_RESULT_INCOMPLETE },
  { "missing, required", { "-\1 required " MODULE_MISSING "\n" }, CK_RESULT_MODULE_UNKNOWN },
  { "missing, optional",
    { "-\1 optional " MODULE_MISSING "\n" RUN ("required", "success") },
    CK_RESULT_SUCCESS },
  { "does not serve it", { "\1 required " MODULE_OF_SESSIONS "\n" }, CK_RESULT_MODULE_UNKNOWN },
  { "jump to the end",
    { RUN ("required", "success") RUN ("[success=1]", "success") RUN ("required", "abort") },
    CK_RESULT_SUCCESS },
  { "jump past the end",
    { RUN ("required", "success") RUN ("[success=2]", "success") RUN ("required", "abort") },
    CK_RESULT_PERM_DENIED },
  { "jump alone says nothing",
    { RUN ("[success=1]", "success") RUN ("required", "abort") },
    CK_RESULT_PERM_DENIED },
  { "jump over a substack",
    { RUN ("[success=1]", "success") "\1 substack " PART "part-1\n" RUN ("required", "success"),
      RUN ("required", "abort") RUN ("required", "abort") },
    CK_RESULT_SUCCESS },
  { "jump over part of an include",
    { RUN ("[success=1]", "success") "\1 include " PART "part-1\n" RUN ("required", "success"),
      RUN ("required", "abort") RUN ("required", "maxtries") },
    CK_RESULT_MAXTRIES },
  { "jump past a substack's end",
    { "\1 substack " PART "part-1\n" RUN ("required", "success"),
      RUN ("[success=2]", "success") RUN ("required", "success") },
    CK_RESULT_PERM_DENIED },
  { "die ends the substack only",
    { "\1 substack " PART "part-1\n" RUN ("[default=reset]", "success") RUN ("required", "success"),
      RUN ("requisite", "cred_err") RUN ("required", "abort") },
    CK_RESULT_SUCCESS },
  { "done ends the substack only",
    { "\1 substack " PART "part-1\n" RUN ("required", "perm_denied"),
      RUN ("sufficient", "success") RUN ("required", "abort") },
    CK_RESULT_PERM_DENIED },
  { "done in an include ends all",
    { "\1 include " PART "part-1\n" RUN ("required", "abort"), RUN ("sufficient", "success") },
    CK_RESULT_SUCCESS },
  { "reset goes back to where the substack began",
    { RUN ("required", "new_authtok_reqd") "\1 substack " PART "part-1\n",
      RUN ("required", "success") RUN ("[default=reset]", "abort") },
    CK_RESULT_NEW_AUTHTOK_REQD },
  { "an include is for its operation",
    { "\1 include " PART "part-1\n",
      "\2 required " MODULE_MISSING "\n" RUN ("required", "success") },
    CK_RESULT_SUCCESS },
  { "empty substack at the end",
    { RUN ("required", "success") "\1 substack " PART "part-1\n", "" },
    CK_RESULT_SUCCESS },
};

static void
test_chosen (Fixture *fixture, gconstpointer unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (chosen); i++)
    {
      g_auto (Case) stack = { 0 };

      g_test_message ("%s", chosen[i].name);
      for (guint j = 0; j < G_N_ELEMENTS (chosen[i].files) && chosen[i].files[j] != NULL; j++)
        stack.files[stack.n_files++] = g_string_new (chosen[i].files[j]);
      g_assert_cmpstr (ck_result_to_string (compare (fixture, &stack)), ==,
                       ck_result_to_string (chosen[i].verdict));
    }
}

/* A chain of @depth stacks, each the substack of the one before, in both vocabularies. */
static void
write_chain (Fixture *fixture, guint depth)
{
  for (guint i = 0; i < depth; i++)
    {
      g_autofree char *name = g_strdup_printf ("chain-%u", i);
      g_autofree char *text = i + 1 < depth
                                  ? g_strdup_printf ("\1 substack " PART "chain-%u\n", i + 1)
                                  : g_strdup ("\1 required " MODULE " acct=cred_err\n");
      g_autoptr (GString) line = g_string_new (text);
      g_autoptr (GString) pam = spell (line, pam_words, fixture->pam_dir);
      g_autoptr (GString) ours = spell (line, our_words, NULL);

      write_file (fixture->pam_dir, name, pam->str);
      write_file (fixture->our_dir, name, ours->str);
    }
}

/* libpam fails a stack that is too deep when it runs; ours cannot be loaded. */
static void
test_depth (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GString) trace = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkStack) stack = NULL;
  const char *const dirs[] = { fixture->our_dir, NULL };

  write_chain (fixture, CK_STACK_MAX_DEPTH);
  g_assert_cmpint (judge_libpam (fixture->pam_dir, "chain-0", trace), ==, CK_RESULT_CRED_ERR);
  g_assert_cmpint (judge_ours (fixture->our_dir, "chain-0", trace), ==, CK_RESULT_CRED_ERR);

  write_chain (fixture, CK_STACK_MAX_DEPTH + 1);
  g_assert_cmpint (judge_libpam (fixture->pam_dir, "chain-0", trace), ==, CK_RESULT_PERM_DENIED);
  stack = ck_stack_load (dirs, "chain-0", our_words[0], &error);
  g_assert_null (stack);
  g_assert_nonnull (error);
}

/* ---- around them ----------------------------------------------------------------------------- */

static void
remove_dir (char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      g_assert_cmpint (g_unlink (file), ==, 0);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
  g_free (path);
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->pam_dir = g_dir_make_tmp ("ck-pam-XXXXXX", NULL);
  fixture->our_dir = g_dir_make_tmp ("ck-stack-XXXXXX", NULL);
  g_assert_nonnull (fixture->pam_dir);
  g_assert_nonnull (fixture->our_dir);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  remove_dir (fixture->pam_dir);
  remove_dir (fixture->our_dir);
}

/*
 * Root's libpam writes each verdict to the kernel's audit log, and fails where it may not; anybody
 * else's does not mind. Its thousands of messages about missing modules do not belong in syslog.
 */
static void
be_harmless (void)
{
  const int nobody = 65534;

  setlogmask (LOG_MASK (LOG_EMERG));
  if (geteuid () == 0 && setgroups (0, NULL) == 0 && setresgid (nobody, nobody, nobody) == 0
      && setresuid (nobody, nobody, nobody) == 0)
    prctl (PR_SET_DUMPABLE, 1); /* or the leak checker cannot look */
}

int
main (int argc, char **argv)
{
  be_harmless ();
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/stack/libpam/words", Fixture, NULL, set_up, test_words, tear_down);
  g_test_add ("/stack/libpam/chosen", Fixture, NULL, set_up, test_chosen, tear_down);
  g_test_add ("/stack/libpam/depth", Fixture, NULL, set_up, test_depth, tear_down);
  g_test_add ("/stack/libpam/random", Fixture, NULL, set_up, test_random, tear_down);

  return g_test_run ();
}
