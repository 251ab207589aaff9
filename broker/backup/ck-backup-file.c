/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-backup-file.h"

#include <string.h>

#include "ck-error.h"
#include "ck-record-variant.h"
#include "ck-secret.h"

#define MAGIC "CKBACKUP"
#define VERSION 1
#define KEY_ID_BYTES 16

/* Each is a record's members, and `secrets` of a client, `grant` of a channel. */
#define TYPE "(aa{sv}aa{sv})"

/* The version is in the byte order of the machine, which is that of everything sealed. */
typedef struct
{
  char magic[8];
  guint32 version;
  guint32 reserved;
  char key_id[KEY_ID_BYTES];
} Header;

G_STATIC_ASSERT (sizeof (Header) == 32);

static void
client_free (CkBackupClient *client)
{
  ck_client_record_free (client->record);
  g_clear_pointer (&client->secret, secret_value_unref);
  g_free (client);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkBackupClient, client_free)

static void
channel_free (CkBackupChannel *channel)
{
  ck_channel_record_free (channel->record);
  g_clear_pointer (&channel->grant, ck_grant_unref);
  g_free (channel);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkBackupChannel, channel_free)

CkBackup *
ck_backup_new (void)
{
  CkBackup *backup = g_new0 (CkBackup, 1);

  backup->clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  backup->channels = g_ptr_array_new_with_free_func ((GDestroyNotify) channel_free);

  return backup;
}

void
ck_backup_free (CkBackup *backup)
{
  g_ptr_array_unref (backup->clients);
  g_ptr_array_unref (backup->channels);
  g_free (backup);
}

/* The first of a serialized `as`: a client that was added on the bus has no more. */
static SecretValue *
first_secret (SecretValue *secrets)
{
  g_autoptr (GVariant) list
      = g_variant_ref_sink (ck_secret_to_variant (secrets, G_VARIANT_TYPE_STRING_ARRAY));
  const char *text;

  if (g_variant_n_children (list) == 0)
    return NULL;

  g_variant_get_child (list, 0, "&s", &text);

  return secret_value_new (text, -1, "text/plain");
}

void
ck_backup_add_client (CkBackup *backup, const CkClientRecord *record, SecretValue *secrets)
{
  CkBackupClient *client = g_new0 (CkBackupClient, 1);

  client->record = ck_client_record_copy (record);
  client->secret = secrets != NULL ? first_secret (secrets) : NULL;
  g_ptr_array_add (backup->clients, client);
}

void
ck_backup_add_channel (CkBackup *backup, const CkChannelRecord *record, CkGrant *grant)
{
  CkBackupChannel *channel = g_new0 (CkBackupChannel, 1);

  channel->record = ck_channel_record_copy (record);
  channel->grant = grant != NULL ? ck_grant_ref (grant) : NULL;
  g_ptr_array_add (backup->channels, channel);
}

/* ---- sealing --------------------------------------------------------------------------------- */

/* Shares the secret's memory. */
static void
add_secret (GVariantBuilder *builder, const char *key, SecretValue *value, const GVariantType *type)
{
  g_variant_builder_add (builder, "{sv}", key, ck_secret_to_variant (value, type));
}

/* As one piece: as a tree of GVariants a record takes ten times as much. */
static GVariant *
flatten (GVariantBuilder *builder)
{
  g_autoptr (GVariant) tree = g_variant_ref_sink (g_variant_builder_end (builder));
  g_autoptr (SecretValue) piece = ck_secret_from_variant (tree);

  return ck_secret_to_variant (piece, G_VARIANT_TYPE_VARDICT);
}

static GVariant *
pack_client (const CkBackupClient *client)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  ck_record_to_variant (&ck_client_record_type, client->record, &builder);
  if (client->secret != NULL)
    {
      g_autoptr (SecretValue) secrets = ck_secret_wrap_text (client->secret);

      add_secret (&builder, "secrets", secrets, G_VARIANT_TYPE_STRING_ARRAY);
    }

  return flatten (&builder);
}

static GVariant *
pack_channel (const CkBackupChannel *channel)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  ck_record_to_variant (&ck_channel_record_type, channel->record, &builder);
  if (channel->grant != NULL)
    add_secret (&builder, "grant", ck_grant_get_value (channel->grant), G_VARIANT_TYPE_VARDICT);

  return flatten (&builder);
}

static GVariant *
pack (CkBackup *backup)
{
  GVariantBuilder clients;
  GVariantBuilder channels;

  g_variant_builder_init (&clients, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < backup->clients->len; i++)
    g_variant_builder_add_value (&clients, pack_client (backup->clients->pdata[i]));
  g_variant_builder_init (&channels, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < backup->channels->len; i++)
    g_variant_builder_add_value (&channels, pack_channel (backup->channels->pdata[i]));

  return g_variant_new (TYPE, &clients, &channels);
}

GBytes *
ck_backup_seal (CkBackup *backup, CkVaultKey *key)
{
  g_autoptr (GVariant) packed = g_variant_ref_sink (pack (backup));
  gsize size = g_variant_get_size (packed);
  guint8 *plain = g_malloc (size);
  Header header = { MAGIC, VERSION, 0, { 0 } };
  g_autoptr (GBytes) bound = NULL;
  g_autoptr (GBytes) sealed = NULL;
  GByteArray *file;

  memcpy (header.key_id, ck_vault_key_get_id (key), KEY_ID_BYTES);
  bound = g_bytes_new (&header, sizeof header);
  g_variant_store (packed, plain);
  sealed = ck_vault_key_seal (key, bound, plain, size);
  ck_secret_wipe (plain, size);
  g_free (plain);

  file = g_byte_array_new ();
  g_byte_array_append (file, (const guint8 *) &header, sizeof header);
  g_byte_array_append (file, g_bytes_get_data (sealed, NULL), (guint) g_bytes_get_size (sealed));

  return g_byte_array_free_to_bytes (file);
}

/* ---- unsealing ------------------------------------------------------------------------------- */

static gboolean
refuse (GError **error, const char *problem)
{
  g_set_error_literal (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, problem);

  return FALSE;
}

static gboolean
check_header (const guint8 *data, gsize size, CkVaultKey *key, GError **error)
{
  Header header;

  if (size < sizeof header || memcmp (data, MAGIC, sizeof header.magic) != 0)
    return refuse (error, "this is no backup of channelctl vault backup");

  memcpy (&header, data, sizeof header);
  if (header.version == GUINT32_SWAP_LE_BE (VERSION))
    return refuse (error, "the backup was made on a machine of another byte order");
  if (header.version != VERSION)
    return refuse (error, "the backup was made by a newer version");

  if (memcmp (header.key_id, ck_vault_key_get_id (key), KEY_ID_BYTES) != 0)
    {
      g_autofree char *id = g_strndup (header.key_id, KEY_ID_BYTES);
      g_autofree char *readable = g_utf8_make_valid (id, -1);

      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "the backup was sealed with another key (id %s) than the one given (id %s)",
                   readable,
                   ck_vault_key_get_id (key));
      return FALSE;
    }

  return TRUE;
}

/* Returns: (transfer full) (nullable): a secret of its own, out of a member of @dict */
static SecretValue *
dup_member (GVariant *dict, const char *key, const GVariantType *type)
{
  g_autoptr (GVariant) member = g_variant_lookup_value (dict, key, type);

  return member != NULL ? ck_secret_from_variant (member) : NULL;
}

static gboolean
unpack_client (GVariant *dict, CkBackup *backup, GError **error)
{
  g_autoptr (CkBackupClient) client = g_new0 (CkBackupClient, 1);
  g_autoptr (SecretValue) secrets = dup_member (dict, "secrets", G_VARIANT_TYPE_STRING_ARRAY);

  client->record = ck_record_from_variant (&ck_client_record_type, dict, error);
  if (client->record == NULL)
    return FALSE;

  client->secret = secrets != NULL ? first_secret (secrets) : NULL;
  g_ptr_array_add (backup->clients, g_steal_pointer (&client));

  return TRUE;
}

static gboolean
unpack_channel (GVariant *dict, CkBackup *backup, GError **error)
{
  g_autoptr (CkBackupChannel) channel = g_new0 (CkBackupChannel, 1);
  g_autoptr (SecretValue) grant = dup_member (dict, "grant", G_VARIANT_TYPE_VARDICT);

  channel->record = ck_record_from_variant (&ck_channel_record_type, dict, error);
  if (channel->record == NULL)
    return FALSE;
  if (grant != NULL)
    {
      channel->grant = ck_grant_new (grant, error);
      if (channel->grant == NULL)
        return FALSE;
    }

  g_ptr_array_add (backup->channels, g_steal_pointer (&channel));

  return TRUE;
}

static CkBackup *
unpack (GVariant *packed, GError **error)
{
  g_autoptr (CkBackup) backup = ck_backup_new ();
  g_autoptr (GVariant) clients = g_variant_get_child_value (packed, 0);
  g_autoptr (GVariant) channels = g_variant_get_child_value (packed, 1);

  for (gsize i = 0; i < g_variant_n_children (clients); i++)
    {
      g_autoptr (GVariant) dict = g_variant_get_child_value (clients, i);

      if (!unpack_client (dict, backup, error))
        return NULL;
    }
  for (gsize i = 0; i < g_variant_n_children (channels); i++)
    {
      g_autoptr (GVariant) dict = g_variant_get_child_value (channels, i);

      if (!unpack_channel (dict, backup, error))
        return NULL;
    }

  return g_steal_pointer (&backup);
}

CkBackup *
ck_backup_unseal (const guint8 *data, gsize size, CkVaultKey *key, GError **error)
{
  g_autoptr (GBytes) bound = NULL;
  g_autoptr (SecretValue) value = NULL;
  g_autoptr (GVariant) packed = NULL;
  gsize sealed_size;
  guint8 *plain;
  gboolean opened;

  if (!check_header (data, size, key, error))
    return NULL;

  bound = g_bytes_new_static (data, sizeof (Header));
  sealed_size = size - sizeof (Header);
  plain = g_malloc (sealed_size + 1);
  opened = ck_vault_key_unseal (key, bound, data + sizeof (Header), sealed_size, plain);
  if (opened)
    value = secret_value_new ((const char *) plain,
                              (gssize) (sealed_size - CK_VAULT_SEAL_BYTES),
                              "application/octet-stream");
  ck_secret_wipe (plain, sealed_size);
  g_free (plain);
  if (opened)
    packed = g_variant_ref_sink (ck_secret_to_variant (value, G_VARIANT_TYPE (TYPE)));
  if (packed == NULL || !g_variant_is_normal_form (packed))
    {
      refuse (error, "the backup is damaged or cut off: nothing of it can be used");
      return NULL;
    }

  return unpack (packed, error);
}
