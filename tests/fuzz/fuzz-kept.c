/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-vault-private.h"
#include "fuzz.h"

static void
check_grant (CkGrant *grant)
{
  g_auto (GStrv) scopes = ck_grant_dup_scopes (grant);
  const char *const texts[] = { ck_grant_get_access_token (grant), ck_grant_get_refresh_token (grant),
                                ck_grant_get_token_type (grant),   ck_grant_get_account_id (grant),
                                ck_grant_get_token_origin (grant), ck_grant_get_extra (grant, "a") };

  g_assert_cmpint (*ck_grant_get_access_token (grant), !=, '\0');
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_true (g_utf8_validate (texts[i], -1, NULL));
  g_assert_nonnull (scopes);
}

static gboolean
read_back (CkVaultKey *key, const char *name, GBytes *sealed)
{
  g_autoptr (CkVaultGrant) kept = ck_vault_read_kept (key, name, sealed);

  if (kept == NULL)
    return FALSE;
  g_assert_true ((kept->grant == NULL) == (kept->error != NULL));
  if (kept->grant != NULL)
    check_grant (kept->grant);

  return kept->grant != NULL;
}

/* A name, and the bytes that the service manager kept under it: as they are, which nobody has
 * sealed; and sealed, as a grant that the vault holds or a worker sent. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const guint8 master[CK_VAULT_KEY_BYTES] = "the key of the corpus, 32 bytes";
  g_autoptr (CkVaultKey) key = ck_vault_key_new (master);
  const guint8 *line_end = size > 0 ? memchr (data, '\n', size) : NULL;
  gsize length = line_end != NULL ? (gsize) (line_end - data) : size;
  g_autofree char *name = g_strndup ((const char *) data, length);
  g_autoptr (GBytes) rest = g_bytes_new (line_end != NULL ? line_end + 1 : NULL,
                                         line_end != NULL ? size - length - 1 : 0);
  gsize rest_size;
  const char *rest_data = g_bytes_get_data (rest, &rest_size);
  g_autoptr (SecretValue) grant
      = secret_value_new (rest_data != NULL ? rest_data : "", (gssize) rest_size, "x");
  g_autoptr (GBytes) sealed = ck_vault_seal_kept (key, "c", 1, grant);

  g_assert_false (read_back (key, name, rest));
  (void) read_back (key, "c/1", sealed);
  g_assert_false (read_back (key, "c/2", sealed));

  return 0;
}
