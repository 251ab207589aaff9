/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-sealed-file.h"

#include <string.h>

#include "ck-db-file.h"
#include "ck-db-statement.h"
#include "ck-error.h"
#include "ck-secret.h"

#define APPLICATION_ID 0x434b5641 /* "CKVA" */
#define VERSION 1
#define MANIFEST_BOUND_TO "channelkeeper vault manifest"

/* Little-endian on disk, native here. */
typedef struct
{
  guint64 n_items;
  guint64 next_id;
  guint8 sum[CK_VAULT_TALLY_BYTES];
} Manifest;

static gboolean
set_sealed (sqlite3 *db, const char *problem, GError **error)
{
  g_set_error (error,
               CK_ERROR,
               CK_ERROR_VAULT_SEALED,
               "%s %s",
               sqlite3_db_filename (db, "main"),
               problem);

  return FALSE;
}

static sqlite3_stmt *
prepare (sqlite3 *db, const char *sql, GError **error)
{
  return ck_db_statement_get (db, sql, "cannot use", error);
}

static void
bind_bytes (sqlite3_stmt *statement, int column, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  sqlite3_bind_blob64 (statement, column, data, size, SQLITE_STATIC);
}

static GBytes *
column_bytes (sqlite3_stmt *statement, int column)
{
  const guint8 *data = sqlite3_column_blob (statement, column);

  return g_bytes_new (data, (gsize) sqlite3_column_bytes (statement, column));
}

static GBytes *
read_meta (sqlite3 *db, const char *key, GError **error)
{
  sqlite3_stmt *statement = prepare (db, "SELECT value FROM vault WHERE key = ?", error);
  GBytes *value = NULL;

  if (statement == NULL)
    return NULL;

  sqlite3_bind_text (statement, 1, key, -1, SQLITE_STATIC);
  if (sqlite3_step (statement) == SQLITE_ROW)
    value = column_bytes (statement, 0);
  else
    ck_db_writer_set_error (db, "cannot read the manifest of", error);
  ck_db_statement_release (statement);

  return value;
}

static gboolean
write_meta (sqlite3 *db, const char *key, GBytes *value, GError **error)
{
  sqlite3_stmt *statement = prepare (db, "INSERT OR REPLACE INTO vault VALUES (?, ?)", error);

  if (statement == NULL)
    return FALSE;

  sqlite3_bind_text (statement, 1, key, -1, SQLITE_STATIC);
  bind_bytes (statement, 2, value);

  return ck_db_statement_run (statement, "cannot write to", error);
}

static gboolean
write_manifest (sqlite3 *db, CkVaultKey *key, const Manifest *manifest, GError **error)
{
  g_autoptr (GBytes) bound = g_bytes_new_static (MANIFEST_BOUND_TO, sizeof MANIFEST_BOUND_TO);
  g_autoptr (GBytes) sealed = NULL;
  Manifest le = *manifest;

  le.n_items = GUINT64_TO_LE (manifest->n_items);
  le.next_id = GUINT64_TO_LE (manifest->next_id);
  sealed = ck_vault_key_seal (key, bound, (const guint8 *) &le, sizeof le);

  return write_meta (db, "manifest", sealed, error);
}

static gboolean
open_manifest (GBytes *sealed, CkVaultKey *key, Manifest *manifest)
{
  g_autoptr (GBytes) bound = g_bytes_new_static (MANIFEST_BOUND_TO, sizeof MANIFEST_BOUND_TO);
  gsize size;
  const guint8 *data = g_bytes_get_data (sealed, &size);

  if (size != sizeof *manifest + CK_VAULT_SEAL_BYTES
      || !ck_vault_key_unseal (key, bound, data, size, (guint8 *) manifest))
    return FALSE;

  manifest->n_items = GUINT64_FROM_LE (manifest->n_items);
  manifest->next_id = GUINT64_FROM_LE (manifest->next_id);

  return TRUE;
}

static gboolean
read_manifest (sqlite3 *db, CkVaultKey *key, Manifest *manifest, GError **error)
{
  g_autoptr (GBytes) sealed = read_meta (db, "manifest", error);

  if (sealed == NULL)
    return FALSE;
  if (!open_manifest (sealed, key, manifest))
    return set_sealed (db, "is damaged: its manifest cannot be opened", error);

  return TRUE;
}

/* Which key, and that it is that one. */
static gboolean
write_key (sqlite3 *db, CkVaultKey *key, const Manifest *manifest, GError **error)
{
  const char *id = ck_vault_key_get_id (key);
  g_autoptr (GBytes) id_bytes = g_bytes_new_static (id, strlen (id));

  return write_meta (db, "key-id", id_bytes, error) && write_manifest (db, key, manifest, error);
}

static gboolean
create (sqlite3 *db, gpointer data, GError **error)
{
  Manifest empty = { 0, 1, { 0 } };
  static const char sql[]
      = "CREATE TABLE vault (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name BLOB NOT NULL UNIQUE,"
        " sealed BLOB NOT NULL) STRICT;";

  if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    return ck_db_writer_set_error (db, "cannot make", error);

  return write_key (db, data, &empty, error);
}

char *
ck_sealed_file_dup_key_id (sqlite3 *db, GError **error)
{
  g_autoptr (GBytes) id = read_meta (db, "key-id", error);

  return id != NULL ? g_strndup (g_bytes_get_data (id, NULL), g_bytes_get_size (id)) : NULL;
}

const CkDbFormat ck_sealed_file_format = { APPLICATION_ID, VERSION, create };

/* Tells a wrong key from a damaged manifest. */
static gboolean
check_key (sqlite3 *db, CkVaultKey *key, Manifest *manifest, GError **error)
{
  g_autoptr (GBytes) id = read_meta (db, "key-id", error);
  g_autoptr (GBytes) sealed = id != NULL ? read_meta (db, "manifest", error) : NULL;
  g_autoptr (GBytes) own_id = NULL;
  g_autofree char *their_id = NULL;
  g_autofree char *readable = NULL;
  gboolean opened;

  if (sealed == NULL)
    return FALSE;

  own_id = g_bytes_new_static (ck_vault_key_get_id (key), strlen (ck_vault_key_get_id (key)));
  opened = open_manifest (sealed, key, manifest);
  if (opened && g_bytes_equal (id, own_id))
    return TRUE;
  if (opened)
    return set_sealed (db, "is damaged: its key id was changed. Restore it from a backup", error);
  if (g_bytes_equal (id, own_id))
    return set_sealed (db,
                       "is damaged: its manifest was changed. Restore it from a backup",
                       error);

  their_id = g_strndup (g_bytes_get_data (id, NULL), g_bytes_get_size (id));
  readable = g_utf8_make_valid (their_id, -1);
  g_set_error (error,
               CK_ERROR,
               CK_ERROR_VAULT_SEALED,
               "the vault %s was sealed with another key (id %s) than the one given (id %s): give "
               "it the right one",
               sqlite3_db_filename (db, "main"),
               readable,
               ck_vault_key_get_id (key));

  return FALSE;
}

typedef struct
{
  Manifest seen; /* what the manifest would say of the rows found */
  guint64 n_damaged;
} Load;

static void
load_row (sqlite3_stmt *statement, CkVaultKey *key, Load *load, CkSealedFound found, gpointer user_data)
{
  guint64 id = (guint64) sqlite3_column_int64 (statement, 0);
  g_autoptr (GBytes) name = column_bytes (statement, 1);
  const guint8 *sealed = sqlite3_column_blob (statement, 2);
  gsize size = (gsize) sqlite3_column_bytes (statement, 2);
  g_autoptr (CkSealedItem) item = ck_sealed_item_new_unsealed (id, name, sealed, size, key);

  load->seen.n_items++;
  if (size >= CK_VAULT_SEAL_BYTES)
    ck_vault_key_tally (key, id, sealed, size, load->seen.sum);
  if (ck_sealed_item_get_value (item) == NULL)
    load->n_damaged++;
  found (id, item, user_data);
}

static gboolean
check_manifest (sqlite3 *db, const Manifest *manifest, const Load *load, GError **error)
{
  if (load->seen.n_items != manifest->n_items)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_VAULT_SEALED,
                   "%s is damaged: it holds %" G_GUINT64_FORMAT " items and should hold "
                   "%" G_GUINT64_FORMAT ". Restore it from a backup",
                   sqlite3_db_filename (db, "main"),
                   load->seen.n_items,
                   manifest->n_items);
      return FALSE;
    }

  /* An item whose nonce or tag is damaged is not what went into the sum; it has been noticed. */
  if (load->n_damaged == 0 && memcmp (load->seen.sum, manifest->sum, sizeof manifest->sum) != 0)
    return set_sealed (db,
                       "is damaged: its items are not those last stored. Restore it from a backup",
                       error);

  return TRUE;
}

gboolean
ck_sealed_file_load (sqlite3 *db,
                     CkVaultKey *key,
                     CkSealedFound found,
                     gpointer user_data,
                     GError **error)
{
  Load load = { 0 };
  Manifest manifest;
  sqlite3_stmt *statement;
  int code;

  if (!check_key (db, key, &manifest, error) || !ck_db_file_check_structure (db, CK_ERROR_VAULT_SEALED, error))
    return FALSE;

  statement = prepare (db, "SELECT id, name, sealed FROM item ORDER BY id", error);
  if (statement == NULL)
    return FALSE;
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    load_row (statement, key, &load, found, user_data);
  sqlite3_finalize (statement);
  if (code != SQLITE_DONE)
    return ck_db_writer_set_error (db, "cannot read", error);
  /* Read once, and all in memory from here on. */
  sqlite3_db_release_memory (db);

  return check_manifest (db, &manifest, &load, error);
}

static gboolean
sum_anew (sqlite3 *db, CkVaultKey *key, Manifest *manifest, GError **error)
{
  sqlite3_stmt *statement = prepare (db, "SELECT id, sealed FROM item", error);
  int code;

  if (statement == NULL)
    return FALSE;

  manifest->n_items = 0;
  memset (manifest->sum, 0, sizeof manifest->sum);
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      gsize size = (gsize) sqlite3_column_bytes (statement, 1);

      manifest->n_items++;
      if (size >= CK_VAULT_SEAL_BYTES)
        ck_vault_key_tally (key,
                            (guint64) sqlite3_column_int64 (statement, 0),
                            sqlite3_column_blob (statement, 1),
                            size,
                            manifest->sum);
    }
  sqlite3_finalize (statement);
  if (code != SQLITE_DONE)
    return ck_db_writer_set_error (db, "cannot read", error);

  return TRUE;
}

static gboolean
finish_change (sqlite3 *db, CkVaultKey *key, Manifest *manifest, gboolean mend, GError **error)
{
  if (mend && !sum_anew (db, key, manifest, error))
    return FALSE;

  return write_manifest (db, key, manifest, error);
}

static gboolean
delete_row (sqlite3 *db, gint64 id, GError **error)
{
  sqlite3_stmt *statement = prepare (db, "DELETE FROM item WHERE id = ?", error);

  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, id);

  return ck_db_statement_run (statement, "cannot write to", error);
}

static gboolean
insert_row (sqlite3 *db, guint64 id, GBytes *name, GBytes *sealed, GError **error)
{
  sqlite3_stmt *statement = prepare (db, "INSERT INTO item VALUES (?, ?, ?)", error);

  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, (gint64) id);
  bind_bytes (statement, 2, name);
  bind_bytes (statement, 3, sealed);

  return ck_db_statement_run (statement, "cannot write to", error);
}

/* Deletes what matches and takes it out of @manifest. */
static gboolean
delete_matching (sqlite3 *db,
                 CkVaultKey *key,
                 GBytes *wanted,
                 gboolean exact,
                 Manifest *manifest,
                 GPtrArray *removed,
                 GError **error)
{
  sqlite3_stmt *statement = prepare (db,
                                     exact ? "SELECT id, name, sealed FROM item WHERE name = ?"
                                           : "SELECT id, name, sealed FROM item",
                                     error);
  int code;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (statement == NULL)
    return FALSE;
  if (exact)
    bind_bytes (statement, 1, wanted);

  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      gint64 id = sqlite3_column_int64 (statement, 0);
      g_autoptr (GBytes) name = column_bytes (statement, 1);
      gsize size = (gsize) sqlite3_column_bytes (statement, 2);

      if (!exact && !ck_item_name_matches (name, wanted))
        continue;
      if (size >= CK_VAULT_SEAL_BYTES)
        ck_vault_key_tally (key, (guint64) id, sqlite3_column_blob (statement, 2), size, manifest->sum);
      g_array_append_val (ids, id);
      g_ptr_array_add (removed, g_steal_pointer (&name));
    }
  ck_db_statement_release (statement);
  if (code != SQLITE_DONE)
    return ck_db_writer_set_error (db, "cannot read", error);

  for (guint i = 0; i < ids->len; i++)
    {
      if (!delete_row (db, g_array_index (ids, gint64, i), error))
        return FALSE;
    }
  manifest->n_items -= ids->len;

  return TRUE;
}

/* A new row for every store: an id is never used for two contents, so that an older one cannot be
 * put back under it. */
gboolean
ck_sealed_file_put (sqlite3 *db, CkVaultKey *key, CkSealedItem *item, gboolean mend, GError **error)
{
  g_autoptr (GPtrArray) replaced = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GBytes) sealed = NULL;
  GBytes *name = ck_sealed_item_get_name (item);
  const guint8 *data;
  gsize size;
  Manifest manifest;
  guint64 id;

  if (!read_manifest (db, key, &manifest, error)
      || !delete_matching (db, key, name, TRUE, &manifest, replaced, error))
    return FALSE;

  id = manifest.next_id++;
  sealed = ck_sealed_item_seal (item, id, key);
  data = g_bytes_get_data (sealed, &size);
  ck_vault_key_tally (key, id, data, size, manifest.sum);
  manifest.n_items++;

  return insert_row (db, id, name, sealed, error)
         && finish_change (db, key, &manifest, mend, error);
}

gboolean
ck_sealed_file_remove (sqlite3 *db,
                       CkVaultKey *key,
                       GBytes *wanted,
                       gboolean exact,
                       gboolean mend,
                       GPtrArray *removed,
                       GError **error)
{
  Manifest manifest;
  guint before = removed->len;

  if (!read_manifest (db, key, &manifest, error)
      || !delete_matching (db, key, wanted, exact, &manifest, removed, error))
    return FALSE;
  if (removed->len == before)
    return TRUE;

  return finish_change (db, key, &manifest, mend, error);
}

static GArray *
list_ids (sqlite3 *db, GError **error)
{
  sqlite3_stmt *statement = prepare (db, "SELECT id FROM item", error);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  int code;

  if (statement == NULL)
    return NULL;

  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      gint64 id = sqlite3_column_int64 (statement, 0);

      g_array_append_val (ids, id);
    }
  sqlite3_finalize (statement);
  if (code != SQLITE_DONE)
    {
      ck_db_writer_set_error (db, "cannot read", error);
      return NULL;
    }

  return g_steal_pointer (&ids);
}

static GBytes *
seal_anew (sqlite3_stmt *select, gint64 id, CkVaultKey *key, CkVaultKey *next)
{
  g_autoptr (GBytes) name = column_bytes (select, 0);
  const guint8 *sealed = sqlite3_column_blob (select, 1);
  gsize size = (gsize) sqlite3_column_bytes (select, 1);
  g_autoptr (CkSealedItem) item
      = ck_sealed_item_new_unsealed ((guint64) id, name, sealed, size, key);

  if (ck_sealed_item_get_value (item) == NULL)
    return g_bytes_new (sealed, size);

  return ck_sealed_item_seal (item, (guint64) id, next);
}

static gboolean
rotate_row (sqlite3 *db,
            sqlite3_stmt *select,
            sqlite3_stmt *update,
            gint64 id,
            CkVaultKey *key,
            CkVaultKey *next,
            GError **error)
{
  g_autoptr (GBytes) sealed = NULL;

  sqlite3_bind_int64 (select, 1, id);
  if (sqlite3_step (select) == SQLITE_ROW)
    sealed = seal_anew (select, id, key, next);
  sqlite3_reset (select);
  if (sealed == NULL)
    return ck_db_writer_set_error (db, "cannot read", error);

  bind_bytes (update, 1, sealed);
  sqlite3_bind_int64 (update, 2, id);

  return ck_db_statement_run (update, "cannot write to", error);
}

static gboolean
rotate_rows (sqlite3 *db, CkVaultKey *key, CkVaultKey *next, GError **error)
{
  g_autoptr (GArray) ids = list_ids (db, error);
  sqlite3_stmt *select = NULL;
  sqlite3_stmt *update = NULL;
  gboolean done;

  if (ids == NULL)
    return FALSE;

  select = prepare (db, "SELECT name, sealed FROM item WHERE id = ?", error);
  if (select != NULL)
    update = prepare (db, "UPDATE item SET sealed = ? WHERE id = ?", error);
  done = update != NULL;
  for (guint i = 0; done && i < ids->len; i++)
    done = rotate_row (db, select, update, g_array_index (ids, gint64, i), key, next, error);
  sqlite3_finalize (select);
  sqlite3_finalize (update);

  return done;
}

/* The rows keep their ids: what was sealed with the former key opens under them no more. */
gboolean
ck_sealed_file_rotate (sqlite3 *db, CkVaultKey *key, CkVaultKey *next, GError **error)
{
  Manifest manifest;

  return read_manifest (db, key, &manifest, error) && rotate_rows (db, key, next, error)
         && sum_anew (db, next, &manifest, error) && write_key (db, next, &manifest, error);
}
