/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "qr.h"

#include <qrencode.h>

/* The white frame without which scanners do not find the code. */
#define QUIET_ZONE 2

static gboolean
is_dark (const QRcode *code, int x, int y)
{
  if (x < 0 || y < 0 || x >= code->width || y >= code->width)
    return FALSE;

  return (code->data[y * code->width + x] & 1) != 0;
}

static const char *
block (gboolean top, gboolean bottom)
{
  if (top && bottom)
    return "\xe2\x96\x88"; /* full block */
  if (top)
    return "\xe2\x96\x80"; /* upper half */

  return bottom ? "\xe2\x96\x84" /* lower half */ : " ";
}

char *
ck_qr_to_string (const char *text, gboolean colours)
{
  QRcode *code = QRcode_encodeString8bit (text, 0, QR_ECLEVEL_L);
  g_autoptr (GString) lines = NULL;

  if (code == NULL)
    return NULL;

  lines = g_string_new (NULL);
  for (int y = -QUIET_ZONE; y < code->width + QUIET_ZONE; y += 2)
    {
      g_string_append (lines, colours ? "\x1b[30;107m" : "");
      for (int x = -QUIET_ZONE; x < code->width + QUIET_ZONE; x++)
        g_string_append (
            lines, block (is_dark (code, x, y) == colours, is_dark (code, x, y + 1) == colours));
      g_string_append (lines, colours ? "\x1b[0m\n" : "\n");
    }
  QRcode_free (code);

  return g_string_free (g_steal_pointer (&lines), FALSE);
}
