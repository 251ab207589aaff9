/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ctl.h"

G_BEGIN_DECLS

/* Every command's function, each in the file of its subject. See CkCommandFunc. */

/* cmd-list.c */
gboolean ck_cmd_list (CkCtl *ctl, GStrv *arguments, GError **error);
gboolean ck_cmd_show (CkCtl *ctl, GStrv *arguments, GError **error);
gboolean ck_cmd_history (CkCtl *ctl, GStrv *arguments, GError **error);
gboolean ck_cmd_providers (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-explain.c */
gboolean ck_cmd_explain (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-exec.c */
gboolean ck_cmd_exec (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-metrics.c */
gboolean ck_cmd_metrics (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-preflight.c */
gboolean ck_cmd_preflight (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-doctor.c */
gboolean ck_cmd_doctor (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-lint.c */
gboolean ck_cmd_lint (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-admin.c */
gboolean ck_cmd_add (CkCtl *ctl, GStrv *arguments, GError **error);
gboolean ck_cmd_remove (CkCtl *ctl, GStrv *arguments, GError **error);
gboolean ck_cmd_assign (CkCtl *ctl, GStrv *arguments, GError **error);
gboolean ck_cmd_access (CkCtl *ctl, GStrv *arguments, GError **error);
gboolean ck_cmd_disconnect (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-clients.c */
gboolean ck_cmd_clients (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-reconnect.c */
gboolean ck_cmd_reconnect (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-token.c */
gboolean ck_cmd_token (CkCtl *ctl, GStrv *arguments, GError **error);
gboolean ck_cmd_renew (CkCtl *ctl, GStrv *arguments, GError **error);
gboolean ck_cmd_verify (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-vault.c */
gboolean ck_cmd_vault (CkCtl *ctl, GStrv *arguments, GError **error);

/* cmd-monitor.c */
gboolean ck_cmd_monitor (CkCtl *ctl, GStrv *arguments, GError **error);

G_END_DECLS
