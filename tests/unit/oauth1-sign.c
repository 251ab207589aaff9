/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ck-form-text.h"
#include "ck-oauth1.h"

/*
 * Signs what it is told to on standard input, one request a line, for another implementation to
 * check: method, address, client id, client secret, token, its secret, nonce, timestamp, then name
 * and value of each parameter; each encoded, with blanks between. Answers a header a line.
 */
enum
{
  METHOD,
  URI,
  CLIENT_ID,
  CLIENT_SECRET,
  TOKEN,
  TOKEN_SECRET,
  NONCE,
  TIMESTAMP,
  N_FIELDS
};

static void
sign (GStrv words)
{
  CkOAuth1Request request = {
    .method = words[METHOD],
    .uri = words[URI],
    .parameters = (const char *const *) words + N_FIELDS,
    .client_id = words[CLIENT_ID],
    .client_secret = words[CLIENT_SECRET],
    .token = *words[TOKEN] != '\0' ? words[TOKEN] : NULL,
    .token_secret = words[TOKEN_SECRET],
    .nonce = words[NONCE],
    .timestamp = g_ascii_strtoull (words[TIMESTAMP], NULL, 10),
    .version = "1.0",
  };
  g_autoptr (GError) error = NULL;
  g_autofree char *header = ck_oauth1_sign (&request, &error);

  puts (header != NULL ? header : error->message);
}

int
main (void)
{
  char *line = NULL;
  size_t size = 0;

  while (getline (&line, &size, stdin) > 0)
    {
      g_auto (GStrv) words = g_strsplit (g_strdelimit (line, "\n", '\0'), " ", -1);

      for (guint i = 0; words[i] != NULL; i++)
        {
          char *plain = ck_form_unescape (words[i], strlen (words[i]));

          g_free (words[i]);
          words[i] = plain;
          g_assert_nonnull (plain);
        }
      g_assert_cmpuint (g_strv_length (words), >=, N_FIELDS);
      sign (words);
    }
  free (line);

  return 0;
}
