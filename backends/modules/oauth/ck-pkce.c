/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-pkce.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "ck-oauth-text.h"

#define N_RANDOM_BYTES 32
#define N_DIGEST_BYTES 32

char *
ck_random_word (void)
{
  guchar bytes[N_RANDOM_BYTES];
  gssize n;
  char *word;

  /* Up to 256 bytes come whole, or not at all. */
  do
    n = getrandom (bytes, sizeof bytes, 0);
  while (n < 0 && errno == EINTR);
  if (n != sizeof bytes)
    return NULL;

  word = ck_base64url_encode (bytes, sizeof bytes);
  explicit_bzero (bytes, sizeof bytes);

  return word;
}

char *
ck_pkce_challenge (const char *verifier)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guchar digest[N_DIGEST_BYTES];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) verifier, -1);
  g_checksum_get_digest (checksum, digest, &length);

  return ck_base64url_encode (digest, length);
}

char *
ck_pkce_challenge_hex (const char *verifier)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, verifier, -1);
}
