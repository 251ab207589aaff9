/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-lifecycle.h"

#include "ck-advice.h"
#include "ck-lifecycle-private.h"

/* For so many seconds after the last refusal a channel is known for posting the same twice. */
#define DUPLICATES_STAY (7 * 24 * 60 * 60)

static gboolean
has_advice (const CkChannelRecord *record, const char *word)
{
  return record->advice != NULL && g_strv_contains ((const char *const *) record->advice, word);
}

void
ck_lifecycle_set_advice (CkChannelRecord *record, const char *word, gboolean present)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (has_advice (record, word) == !!present)
    return;

  for (char **advice = record->advice; advice != NULL && *advice != NULL; advice++)
    {
      if (g_strcmp0 (*advice, word) != 0)
        g_strv_builder_add (builder, *advice);
    }
  if (present)
    g_strv_builder_add (builder, word);
  g_strfreev (record->advice);
  record->advice = g_strv_builder_end (builder);
}

void
ck_lifecycle_merge_advice (CkChannelRecord *record,
                           const char *const *advice,
                           const CkLifecycleContext *context)
{
  for (const char *const *word = context->settled_advice; word != NULL && *word != NULL; word++)
    ck_lifecycle_set_advice (record, *word, FALSE);
  for (; advice != NULL && *advice != NULL; advice++)
    ck_lifecycle_set_advice (record, *advice, TRUE);

  if (context->now >= record->duplicates_at + DUPLICATES_STAY)
    ck_lifecycle_set_advice (record, CK_ADVICE_DUPLICATE_CONTENT, FALSE);
}

void
ck_lifecycle_clear_advice (CkChannelRecord *record)
{
  g_strfreev (record->advice);
  record->advice = g_new0 (char *, 1);
}

CkChannelRecord *
ck_lifecycle_advised (const CkChannelRecord *before,
                      const char *word,
                      gboolean present,
                      const CkLifecycleContext *context)
{
  g_autoptr (CkChannelRecord) record = NULL;
  gboolean reported = present && g_str_equal (word, CK_ADVICE_DUPLICATE_CONTENT);

  if (has_advice (before, word) == !!present && !reported)
    return NULL;

  record = ck_channel_record_copy (before);
  ck_lifecycle_set_advice (record, word, present);
  if (reported)
    record->duplicates_at = context->now;

  return g_steal_pointer (&record);
}
