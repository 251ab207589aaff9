/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-ctl-bus.h"
#include "exit.h"

G_BEGIN_DECLS

/**
 * CkCtl:
 *
 * One run of channelctl: the options every command takes, the bus, the exit status.
 */
typedef struct _CkCtl CkCtl;

/**
 * CkCommandFunc:
 * @arguments: (inout): the command's name and what follows; given to ck_ctl_parse() first
 * @error: why it failed; decides the exit status and is printed by the caller
 *
 * Returns: whether the command did its job
 */
typedef gboolean (*CkCommandFunc) (CkCtl *ctl, GStrv *arguments, GError **error);

/**
 * CkCommand:
 * @name: its word
 * @arguments: what follows, as the help shows it
 * @min, @max: how many arguments; a @max of %G_MAXUINT is any number
 * @help: one line
 *
 * One row of a command table; a table ends with a row without a name.
 */
typedef struct
{
  const char *name;
  const char *arguments;
  guint min;
  guint max;
  const char *help;
  CkCommandFunc run;
} CkCommand;

/**
 * ck_ctl_main:
 * @commands: the table
 *
 * Runs what the command line says. Errors are printed on standard error: a line
 * `channelctl: SUBJECT: message`, or with --json an object with `error` and `message`.
 *
 * Returns: the exit status
 */
int ck_ctl_main (const CkCommand *commands, int argc, char **argv);

/**
 * ck_ctl_dispatch:
 * @group: (nullable): the command these are commands of
 * @arguments: (inout): the command's name, or @group's, and what follows
 *
 * Runs the row of @commands that the second of @arguments names.
 */
gboolean ck_ctl_dispatch (
    CkCtl *ctl, const CkCommand *commands, const char *group, GStrv *arguments, GError **error);

/**
 * ck_ctl_parse:
 * @entries: (nullable): the command's own options; those of every command are added
 * @arguments: (inout): as handed to the command; its plain arguments afterwards, from index 0
 *
 * Checks their number against the command's row. `--help` prints the command's help and ends the
 * process.
 */
gboolean ck_ctl_parse (CkCtl *ctl, const GOptionEntry *entries, GStrv *arguments, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_wants_json:
 *
 * Returns: whether --json was given
 */
gboolean ck_ctl_wants_json (CkCtl *ctl);

/**
 * ck_ctl_get_argv:
 *
 * Returns: (transfer none): what the program was called with
 */
char **ck_ctl_get_argv (CkCtl *ctl);

CkCtlBus *ck_ctl_get_bus (CkCtl *ctl);

/**
 * ck_ctl_set_subject:
 * @subject: the channel, client or provider that errors are about
 */
void ck_ctl_set_subject (CkCtl *ctl, const char *subject);
const char *ck_ctl_get_subject (CkCtl *ctl);

/**
 * ck_ctl_set_status:
 * @status: the exit status of a command that did its job, where its answer is no good news
 */
void ck_ctl_set_status (CkCtl *ctl, CkExit status);

/**
 * ck_ctl_call_broker:
 * @parameters: (transfer floating): a tuple
 *
 * Calls a method of the root object. See ck_ctl_bus_call().
 */
GVariant *ck_ctl_call_broker (CkCtl *ctl,
                              const char *method,
                              GVariant *parameters,
                              const char *reply_type,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_find_channel:
 * @id: a channel's id, which becomes the subject
 * @error: %CK_ERROR_NO_SUCH_CHANNEL
 *
 * Returns: (transfer full) (nullable): its object path
 */
char *ck_ctl_find_channel (CkCtl *ctl, const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_get_properties:
 * @path: a channel's object path
 *
 * Returns: (transfer full) (nullable): its properties, an a{sv}
 */
GVariant *
ck_ctl_get_properties (CkCtl *ctl, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_split_words:
 * @values: what a repeated option gave
 *
 * Returns: (transfer full): every word of them, separated by spaces, once
 */
GStrv ck_ctl_split_words (GStrv values) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_print_done:
 *
 * For a command whose success has nothing to tell: `{}` with --json, else silence.
 */
void ck_ctl_print_done (CkCtl *ctl);

G_END_DECLS
