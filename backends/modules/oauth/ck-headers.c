/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-headers.h"

#include "ck-oauth-text.h"

struct _CkHeaders
{
  GPtrArray *lines; /* the last one is always %NULL */
};

CkHeaders *
ck_headers_new (CkTransaction *t)
{
  const char *setting = ck_transaction_get_setting (t, "OAuth2", "RequestHeader");
  g_auto (GStrv) lines = g_strsplit (setting != NULL ? setting : "", "\n", -1);
  CkHeaders *headers = g_new0 (CkHeaders, 1);

  headers->lines = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_secret_text_free);
  g_ptr_array_add (headers->lines, NULL);
  ck_headers_take (headers, g_strdup ("Accept: application/json"));
  for (char **line = lines; *line != NULL; line++)
    {
      if (**line != '\0')
        ck_headers_add (headers, t, *line);
    }

  return headers;
}

void
ck_headers_free (CkHeaders *headers)
{
  g_ptr_array_unref (headers->lines);
  g_free (headers);
}

char *
ck_headers_expand (CkTransaction *t, const char *header)
{
  g_auto (GStrv) parts = g_strsplit (header, "%c", -1);

  return g_strjoinv (ck_transaction_get_client_id (t), parts);
}

void
ck_headers_add (CkHeaders *headers, CkTransaction *t, const char *header)
{
  ck_headers_take (headers, ck_headers_expand (t, header));
}

void
ck_headers_take (CkHeaders *headers, char *header)
{
  g_ptr_array_insert (headers->lines, (gint) headers->lines->len - 1, header);
}

const char *const *
ck_headers_get (CkHeaders *headers)
{
  return (const char *const *) headers->lines->pdata;
}
