/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-channel-file.h"
#include "ck-client-file.h"
#include "ck-settings.h"
#include "fuzz-folder.h"
#include "fuzz.h"

/* A file of channels.d, of clients.d and channelkeeper.conf, each time the same bytes. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  char *dir = fuzz_folder_make ("channelkeeper.conf", data, size);
  g_autofree char *path = g_build_filename (dir, "channelkeeper.conf", NULL);
  g_autoptr (GError) channel_error = NULL;
  g_autoptr (GError) client_error = NULL;
  g_autoptr (GError) settings_error = NULL;
  g_autoptr (CkChannelFile) channel = ck_channel_file_load (path, "fuzz", &channel_error);
  g_autoptr (CkClientFile) client = ck_client_file_load (path, "fuzz", &client_error);
  g_autoptr (CkSettings) settings = ck_settings_load (dir, &settings_error);

  g_assert_true ((channel == NULL) == (channel_error != NULL));
  g_assert_true ((client == NULL) == (client_error != NULL));
  g_assert_true ((settings == NULL) == (settings_error != NULL));
  if (channel != NULL)
    g_assert_true (ck_id_is_valid (channel->provider) && *channel->display_name != '\0');
  if (client != NULL)
    g_assert_true (ck_id_is_valid (client->provider) && *client->client_id != '\0');
  if (settings != NULL)
    g_assert_true (settings->max_workers > 0 && settings->attempt_timeout > 0);

  fuzz_folder_remove (dir);

  return 0;
}
