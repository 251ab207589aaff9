/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <libsecret/secret.h>
#include <stdlib.h>

#include "ck-vault.h"

/*
 * vault sealed|file|service ITEMS SECONDS [IN-FLIGHT]: how many grants of 1 KB a second are stored,
 * 64 in flight, among ITEMS that are there. `file` and `service` are libsecret's own backends,
 * `file` as SECRET_FILE_TEST_PATH and SECRET_FILE_TEST_PASSWORD say. Prints one line of JSON.
 */

#define IN_FLIGHT 64

static const SecretSchema schema = {
  "org.channelkeeper.Bench",
  SECRET_SCHEMA_NONE,
  { { "channel", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

typedef struct
{
  CkVault *vault; /* NULL: plain libsecret */
  CkGrant *grant;
  guint n_items;
  guint in_flight;
  guint next;
  guint open;
  guint stored;
  guint failed;
  guint64 generation;
} Bench;

static void
finished (Bench *bench, gboolean good, const GError *error)
{
  bench->open--;
  if (good)
    bench->stored++;
  else if (bench->failed++ == 0)
    g_printerr ("vault: %s\n", error->message);
}

static void
grant_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *bench = user_data;
  g_autoptr (GError) error = NULL;

  finished (bench, ck_vault_store_grant_finish (bench->vault, result, &error), error);
}

static void
password_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  finished (user_data, secret_password_store_finish (result, &error), error);
}

static void
store_one (Bench *bench)
{
  g_autofree char *channel = g_strdup_printf ("c%u", bench->next++ % bench->n_items);

  bench->open++;
  if (bench->vault != NULL)
    {
      ck_vault_store_grant_async (bench->vault, channel, bench->generation, bench->grant, NULL,
                                  grant_cb, bench);
      return;
    }
  secret_password_store_binary (&schema, NULL, channel, ck_grant_get_value (bench->grant), NULL,
                                password_cb, bench, "channel", channel, NULL);
}

/* Stores until so many are stored (0: any number) or that moment has come (0: never). */
static void
run (Bench *bench, guint count, gint64 until)
{
  guint wanted = bench->next + count;
  gboolean more = TRUE;

  while (more || bench->open > 0)
    {
      more = count > 0 ? bench->next < wanted : g_get_monotonic_time () < until;
      while (more && bench->open < bench->in_flight && (count == 0 || bench->next < wanted))
        store_one (bench);
      if (bench->open > 0)
        g_main_context_iteration (NULL, TRUE);
    }
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static CkVault *
open_vault (const char *dir)
{
  CkVault *vault = ck_vault_new (CK_VAULT_BACKEND_SEALED, dir, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ck_vault_open_async (vault, NULL, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (!ck_vault_open_finish (vault, result, &error))
    g_error ("%s", error->message);

  return vault;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *text = g_strnfill (900, 't');
  Bench bench = { .generation = 1 };
  GVariantDict dict;
  double seconds;
  gint64 start;

  if (argc != 4 && argc != 5)
    {
      g_printerr ("usage: vault sealed|file|service ITEMS SECONDS\n");
      return EXIT_FAILURE;
    }

  bench.n_items = (guint) atoi (argv[2]);
  bench.in_flight = argc == 5 ? (guint) atoi (argv[4]) : IN_FLIGHT;
  seconds = g_ascii_strtod (argv[3], NULL);
  if (g_str_equal (argv[1], "sealed"))
    {
      if (!ck_vault_select_backend (CK_VAULT_BACKEND_SEALED, &error))
        g_error ("%s", error->message);
      dir = g_strdup (g_getenv ("CK_BENCH_DIR"));
      bench.vault = open_vault (dir);
    }
  else
    g_setenv ("SECRET_BACKEND", argv[1], TRUE);

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "access-token", "s", text);
  bench.grant = ck_grant_new_from_members (g_variant_dict_end (&dict), &error);
  if (bench.grant == NULL)
    g_error ("%s", error->message);

  run (&bench, bench.n_items, 0);
  bench.stored = 0;
  bench.failed = 0;
  start = g_get_monotonic_time ();
  run (&bench, 0, start + (gint64) (seconds * G_USEC_PER_SEC));
  g_print ("{\"per_second\": %.1f, \"failed\": %u}\n",
           bench.stored * (double) G_USEC_PER_SEC / (double) (g_get_monotonic_time () - start),
           bench.failed);

  return EXIT_SUCCESS;
}
