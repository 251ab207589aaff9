/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-channel-list.h"

#include <string.h>

#include "ck-channel.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-path.h"

const CkOptionSpec ck_channel_list_options[] = {
  { "provider", "s" }, { "state", "s" }, { "assigned-user", "s" },
  { "limit", "u" },    { "after", "s" }, CK_OPTION_TIMEOUT,
  { NULL },
};

/* The index of the first channel whose id is greater than @after. */
static guint
find_start (GPtrArray *channels, const char *after)
{
  guint low = 0;
  guint high = channels->len;

  while (after != NULL && low < high)
    {
      guint middle = low + (high - low) / 2;

      if (strcmp (ck_channel_get_id (channels->pdata[middle]), after) <= 0)
        low = middle + 1;
      else
        high = middle;
    }

  return low;
}

static gboolean
matches (const char *wanted, const char *is)
{
  return wanted == NULL || g_str_equal (wanted, is);
}

static void
add_row (GVariantBuilder *rows, const CkChannelRecord *record)
{
  g_autofree char *path = ck_path_encode (CK_CHANNEL_PATH, record->id);

  g_variant_builder_add (rows,
                         "(ossss)",
                         path,
                         record->id,
                         record->provider,
                         ck_state_to_string (record->state),
                         ck_cause_to_string (record->cause));
}

GVariant *
ck_channel_list_make_page (GPtrArray *channels, GVariant *options, GError **error)
{
  const char *provider = ck_options_get_string (options, "provider");
  const char *state = ck_options_get_string (options, "state");
  const char *assigned_user = ck_options_get_string (options, "assigned-user");
  guint limit = ck_options_get_uint (options, "limit", CK_MAX_PAGE);
  guint start = find_start (channels, ck_options_get_string (options, "after"));
  GVariantBuilder rows;
  guint n_rows = 0;
  CkState known;

  if (limit == 0 || limit > CK_MAX_PAGE)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "limit must be from 1 to %d",
                   CK_MAX_PAGE);
      return NULL;
    }
  if (state != NULL && !ck_state_from_string (state, &known))
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "there is no state “%.64s”", state);
      return NULL;
    }

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(ossss)"));
  for (guint i = start; i < channels->len && n_rows < limit; i++)
    {
      const CkChannelRecord *record = ck_channel_get_record (channels->pdata[i]);

      if (!matches (provider, record->provider)
          || !matches (state, ck_state_to_string (record->state))
          || !matches (assigned_user, record->assigned_user))
        continue;
      add_row (&rows, record);
      n_rows++;
    }

  return g_variant_builder_end (&rows);
}
