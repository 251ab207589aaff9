/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-siblings.h"

gboolean
ck_siblings_share_owner (CkBroker *broker, CkChannel *channel, const char *owner_id)
{
  const char *provider = ck_channel_get_record (channel)->provider;
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (broker);

  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *other = g_ptr_array_index (channels, i);
      const CkChannelRecord *sibling = ck_channel_get_record (other);

      if (other != channel && ck_channel_get_grant (other) != NULL
          && g_str_equal (sibling->provider, provider)
          && (*owner_id == '\0' || *sibling->owner_id == '\0'
              || g_str_equal (sibling->owner_id, owner_id)))
        return TRUE;
    }

  return FALSE;
}
