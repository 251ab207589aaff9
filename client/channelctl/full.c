/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <unistd.h>

/*
 * Commands that take secrets from a person or out of files need libsecret, those that show a code
 * libqrencode. To load them takes a tenth of the time of `channelctl token`, which scripts run all day.
 * So channelctl has in the place of these commands what is below: it becomes channelctl-full, the same
 * program with all of them.
 */

static gboolean
become_full (CkCtl *ctl, GError **error)
{
  const char *program = g_getenv ("CHANNELKEEPER_CHANNELCTL");

  if (program == NULL || *program == '\0')
    program = CK_CHANNELCTL_FULL;
  execv (program, ck_ctl_get_argv (ctl));
  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot run %s: %s"), program,
               g_strerror (errno));

  return FALSE;
}

gboolean
ck_cmd_clients (CkCtl *ctl, GStrv *arguments, GError **error)
{
  return become_full (ctl, error);
}

gboolean
ck_cmd_doctor (CkCtl *ctl, GStrv *arguments, GError **error)
{
  return become_full (ctl, error);
}

gboolean
ck_cmd_lint (CkCtl *ctl, GStrv *arguments, GError **error)
{
  return become_full (ctl, error);
}

gboolean
ck_cmd_reconnect (CkCtl *ctl, GStrv *arguments, GError **error)
{
  return become_full (ctl, error);
}

gboolean
ck_cmd_vault (CkCtl *ctl, GStrv *arguments, GError **error)
{
  return become_full (ctl, error);
}
