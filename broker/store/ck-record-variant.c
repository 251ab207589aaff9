/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-record-variant.h"

#include <string.h>

#include "ck-error.h"
#include "ck-state.h"

#define ID_FIRST "abcdefghijklmnopqrstuvwxyz0123456789"
#define ID_REST ID_FIRST "._-"
#define MAX_ID 64

static const char *const types[] = {
  [CK_FIELD_TEXT] = "s", [CK_FIELD_LIST] = "as", [CK_FIELD_NUMBER] = "t", [CK_FIELD_COUNT] = "u",
  [CK_FIELD_FLAG] = "b", [CK_FIELD_STATE] = "s", [CK_FIELD_CAUSE] = "s",
};

static GVariant *
pack_member (const CkField *field, gconstpointer member)
{
  switch (field->type)
    {
    case CK_FIELD_LIST:
      return g_variant_new_strv (*(const char *const *const *) member, -1);
    case CK_FIELD_NUMBER:
      return g_variant_new_uint64 (*(const guint64 *) member);
    case CK_FIELD_COUNT:
      return g_variant_new_uint32 (*(const guint *) member);
    case CK_FIELD_FLAG:
      return g_variant_new_boolean (*(const gboolean *) member);
    case CK_FIELD_STATE:
      return g_variant_new_string (ck_state_to_string (*(const CkState *) member));
    case CK_FIELD_CAUSE:
      return g_variant_new_string (ck_cause_to_string (*(const CkCause *) member));
    case CK_FIELD_TEXT:
    default:
      return g_variant_new_string (*(const char *const *) member);
    }
}

void
ck_record_to_variant (const CkRecordType *type, gconstpointer record, GVariantBuilder *builder)
{
  for (guint i = 0; i < type->n_fields; i++)
    {
      const CkField *field = &type->fields[i];

      g_variant_builder_add (builder,
                             "{sv}",
                             field->column,
                             pack_member (field, (const guint8 *) record + field->offset));
    }
}

static void
replace_text (char **member, GVariant *value)
{
  g_free (*member);
  *member = g_variant_dup_string (value, NULL);
}

static void
replace_list (GStrv *member, GVariant *value)
{
  g_strfreev (*member);
  *member = g_variant_dup_strv (value, NULL);
}

/* @value: of the member's type */
static gboolean
unpack_member (const CkField *field, GVariant *value, gpointer member)
{
  switch (field->type)
    {
    case CK_FIELD_LIST:
      replace_list (member, value);
      return TRUE;
    case CK_FIELD_NUMBER:
      *(guint64 *) member = g_variant_get_uint64 (value);
      return *(guint64 *) member <= G_MAXINT64;
    case CK_FIELD_COUNT:
      *(guint *) member = g_variant_get_uint32 (value);
      return TRUE;
    case CK_FIELD_FLAG:
      *(gboolean *) member = g_variant_get_boolean (value);
      return TRUE;
    case CK_FIELD_STATE:
      return ck_state_from_string (g_variant_get_string (value, NULL), member);
    case CK_FIELD_CAUSE:
      return ck_cause_from_string (g_variant_get_string (value, NULL), member);
    case CK_FIELD_TEXT:
    default:
      replace_text (member, value);
      return TRUE;
    }
}

static gboolean
is_id (const char *id)
{
  return *id != '\0' && strchr (ID_FIRST, *id) != NULL && strlen (id) <= MAX_ID
         && id[strspn (id, ID_REST)] == '\0';
}

gpointer
ck_record_from_variant (const CkRecordType *type, GVariant *dict, GError **error)
{
  const char *id = "";
  gpointer record;

  if (!g_variant_lookup (dict, type->fields[0].column, "&s", &id) || !is_id (id))
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "“%.64s” is no id of a %s",
                   id,
                   type->table);
      return NULL;
    }

  record = ck_record_new (type, id);
  for (guint i = 1; i < type->n_fields; i++)
    {
      const CkField *field = &type->fields[i];
      g_autoptr (GVariant) value = g_variant_lookup_value (dict, field->column, NULL);

      if (value == NULL)
        continue;
      if (g_str_equal (g_variant_get_type_string (value), types[field->type])
          && unpack_member (field, value, G_STRUCT_MEMBER_P (record, field->offset)))
        continue;

      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "the %s %s has no readable %s",
                   type->table,
                   id,
                   field->column);
      ck_record_free (type, record);
      return NULL;
    }

  return record;
}
