/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_output_is_terminal:
 *
 * Returns: whether standard output is a person's terminal
 */
gboolean ck_output_is_terminal (void);

/**
 * ck_output_wants_colours:
 * @is_terminal: whether the output is a terminal
 * @no_color: (nullable): the variable NO_COLOR; not empty means none (no-color.org's rule)
 * @term: (nullable): the variable TERM
 *
 * Returns: whether to write colours
 */
gboolean ck_output_wants_colours (gboolean is_terminal, const char *no_color, const char *term);

/**
 * ck_output_clean:
 * @text: what somebody else wrote, a platform maybe
 *
 * Line breaks and tabs become spaces; control characters and those that reorder a line become
 * U+FFFD, so that no text can steer the terminal or forge another cell.
 *
 * Returns: (transfer full): text fit for one line of a terminal
 */
char *ck_output_clean (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_output_time:
 * @time: Unix seconds as the bus has them: 0 not known, 2^53 - 1 never
 * @now: Unix seconds
 *
 * Returns: (transfer full): local time and the distance in words, "never", or "-"
 */
char *ck_output_time (guint64 time, gint64 now) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_output_duration:
 * @seconds: how long
 *
 * Returns: (transfer full): its largest unit, rounded down, such as "3 d"
 */
char *ck_output_duration (guint64 seconds) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_output_details:
 * @details: (transfer none): an a{sv}
 *
 * Returns: (transfer full): `name=value` pairs on one line, not yet cleaned; empty members left out
 */
char *ck_output_details (GVariant *details) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_output_state_colour:
 * @state: (nullable): the word for a channel's state
 *
 * Returns: (nullable): the terminal's code for it, without the escape around it
 */
const char *ck_output_state_colour (const char *state);

/**
 * ck_output_get_width:
 *
 * Returns: how many places a line of the terminal has, 100 at most (longer ones are hard to read);
 *   0 if standard output is no terminal
 */
guint ck_output_get_width (void);

/**
 * ck_output_wrap:
 * @text: a paragraph, cleaned as by ck_output_clean(); steps in it that are numbered `1.`, `2.` and
 *   so on begin lines of their own
 * @indent: blanks before each line
 * @width: places in a line; 0: as long as they come
 *
 * Returns: (transfer full): its lines
 */
char *ck_output_wrap (const char *text, guint indent, guint width) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkTable:
 *
 * Rows of cells: aligned under headings on a terminal; elsewhere tab-separated lines without
 * headings, for other programs.
 */
typedef struct _CkTable CkTable;

/**
 * ck_table_new:
 * @headings: (array zero-terminated=1): one per column, translated when they are shown; the column
 *   headed "STATE" is coloured
 */
CkTable *ck_table_new (const char *const *headings) G_GNUC_WARN_UNUSED_RESULT;
void ck_table_free (CkTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkTable, ck_table_free)

/**
 * ck_table_add:
 * @cells: one per column; cleaned as by ck_output_clean(), an empty one is shown as "-"
 */
void ck_table_add (CkTable *table, const char *const *cells);

/**
 * ck_table_to_string:
 * @aligned: for a person (headings, columns) or for a program (tabs)
 * @colours: whether to colour the column "STATE"; only with @aligned
 */
char *
ck_table_to_string (CkTable *table, gboolean aligned, gboolean colours) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_table_print:
 *
 * Prints it on standard output, the way that fits what standard output is.
 */
void ck_table_print (CkTable *table);

G_END_DECLS
