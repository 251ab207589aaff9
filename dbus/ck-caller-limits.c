/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-caller-limits.h"

#include "ck-error.h"

struct _CkCallerLimits
{
  char *what;
  guint max_per_uid;
  guint max_total;
  guint total;
  GHashTable *counts; /* uid to count; without those at 0 */
};

CkCallerLimits *
ck_caller_limits_new (const char *what, guint max_per_uid, guint max_total)
{
  CkCallerLimits *self = g_new0 (CkCallerLimits, 1);

  self->what = g_strdup (what);
  self->max_per_uid = max_per_uid;
  self->max_total = max_total;
  self->counts = g_hash_table_new (NULL, NULL);

  return self;
}

void
ck_caller_limits_free (CkCallerLimits *self)
{
  g_free (self->what);
  g_hash_table_unref (self->counts);
  g_free (self);
}

gboolean
ck_caller_limits_acquire (CkCallerLimits *self, guint uid, GError **error)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, GUINT_TO_POINTER (uid)));

  if (self->total >= self->max_total)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_LIMIT_EXCEEDED,
                   "%u %s are under way, no more can begin; try again later",
                   self->total,
                   self->what);
      return FALSE;
    }
  if (count >= self->max_per_uid)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_LIMIT_EXCEEDED,
                   "uid %u has %u %s under way, no more can begin; wait for their answers",
                   uid,
                   count,
                   self->what);
      return FALSE;
    }

  self->total++;
  g_hash_table_insert (self->counts, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (count + 1));

  return TRUE;
}

void
ck_caller_limits_release (CkCallerLimits *self, guint uid)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, GUINT_TO_POINTER (uid)));

  g_return_if_fail (count > 0 && self->total > 0);

  self->total--;
  if (count == 1)
    g_hash_table_remove (self->counts, GUINT_TO_POINTER (uid));
  else
    g_hash_table_insert (self->counts, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (count - 1));
}
