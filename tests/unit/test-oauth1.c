/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-form-text.h"
#include "ck-oauth1.h"

/* The examples that RFC 5849 and X's documentation print. */

typedef struct
{
  const char *name;
  CkOAuth1Request request;
  const char *base_string; /* NULL: not printed there */
  const char *signature;   /* encoded, as the header has it; NULL: not printed there */
} Example;

#define RFC_CLIENT .client_id = "dpf43f3p2l4k3l03", .client_secret = "kd94hf93k423kf44"

static const Example examples[] = {
  { "RFC 5849 section 1.2: temporary credentials",
    { .method = "POST",
      .uri = "https://photos.example.net/initiate",
      .protocol
      = (const char *const[]){ "oauth_callback", "http://printer.example.com/ready", NULL },
      RFC_CLIENT,
      .nonce = "wIjqoS",
      .timestamp = 137131200 },
    NULL,
    "74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D" },
  { "RFC 5849 section 1.2: token credentials",
    { .method = "POST",
      .uri = "https://photos.example.net/token",
      .protocol = (const char *const[]){ "oauth_verifier", "hfdp7dh39dks9884", NULL },
      RFC_CLIENT,
      .token = "hh5s93j4hdidpola",
      .token_secret = "hdhd0244k9j7ao03",
      .nonce = "walatlh",
      .timestamp = 137131201 },
    NULL,
    "gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D" },
  { "RFC 5849 section 1.2: a photo",
    { .method = "get",
      .uri = "HTTP://Photos.Example.net:80/photos?file=vacation.jpg&size=original",
      RFC_CLIENT,
      .token = "nnch734d00sl2jdk",
      .token_secret = "pfkkdhi9sl3r4s00",
      .nonce = "chapoH",
      .timestamp = 137131202 },
    NULL,
    "MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D" },
  { "RFC 5849 section 3.4.1.1",
    { .method = "POST",
      .uri = "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
      .parameters = (const char *const[]){ "c2", "", "a3", "2 q", NULL },
      .client_id = "9djdj82h48djs9d2",
      .client_secret = "j49sk3j29djd",
      .token = "kkk9d7dh3k39sjv7",
      .token_secret = "dh893hdasih9",
      .nonce = "7d8f3e4a",
      .timestamp = 137131201 },
    "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%2525"
    "3D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oaut"
    "h_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
    NULL },
  { "X: creating a signature",
    { .method = "post",
      .uri = "https://api.x.com/1.1/statuses/update.json?include_entities=true",
      .parameters
      = (const char *const[]){ "status", "Hello Ladies + Gentlemen, a signed OAuth request!",
                               NULL },
      .client_id = "xvz1evFS4wEEPTGEFPHBog",
      .client_secret = "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
      .token = "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
      .token_secret = "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
      .nonce = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
      .timestamp = 1318622958,
      .version = "1.0" },
    "POST&https%3A%2F%2Fapi.x.com%2F1.1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue%26oa"
    "uth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu"
    "2VS4cg%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26oauth_token%3D370"
    "773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26oauth_version%3D1.0%26status%3DHello%2520Lad"
    "ies%2520%252B%2520Gentlemen%252C%2520a%2520signed%2520OAuth%2520request%2521",
    "Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D" },
};

static void
test_example (gconstpointer data)
{
  const Example *example = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = ck_oauth1_base_string (&example->request, &error);
  g_autofree char *header = NULL;
  g_autofree char *expected = NULL;

  g_assert_no_error (error);
  if (example->base_string != NULL)
    g_assert_cmpstr (text, ==, example->base_string);
  if (example->signature == NULL)
    return;

  header = ck_oauth1_sign (&example->request, &error);
  g_assert_no_error (error);
  expected = g_strdup_printf (", oauth_signature=\"%s\"", example->signature);
  g_test_message ("%s", header);
  g_assert_true (g_str_has_suffix (header, expected));
}

/* An address that a server would read in another way than we sign it is not signed. */
static void
test_addresses (void)
{
  static const struct
  {
    const char *uri;
    const char *base; /* NULL: refused */
  } rows[] = {
    { "https://api.x.com", "https%3A%2F%2Fapi.x.com%2F" },
    { "https://api.x.com?", "https%3A%2F%2Fapi.x.com%2F" },
    { "HTTPS://API.X.com:443/A%2fb/", "https%3A%2F%2Fapi.x.com%2FA%252fb%2F" },
    { "https://api.x.com:80/a", "https%3A%2F%2Fapi.x.com%3A80%2Fa" },
    { "http://[::1]:8080/a", "http%3A%2F%2F%5B%3A%3A1%5D%3A8080%2Fa" },
    { "https://api.x.com/a#b", NULL },
    { "https://user@api.x.com/a", NULL },
    { "https://api.x.com/a?b=%zz", NULL },
    { "https://api.x.com/a?b=%00", NULL },
    { "https://api.x.com/a?b=%ff", NULL },
    { "https://api.x.com/a b", NULL },
    { "https://api.x.com/\303\251", NULL },
    { "https:///a", NULL },
    { "/a", NULL },
    { "", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      CkOAuth1Request request = { .method = "GET",
                                  .uri = rows[i].uri,
                                  .client_id = "app",
                                  .client_secret = "secret",
                                  .nonce = "once" };
      g_autoptr (GError) error = NULL;
      g_autofree char *text = ck_oauth1_base_string (&request, &error);
      g_auto (GStrv) parts = NULL;

      g_test_message ("%s", rows[i].uri);
      if (rows[i].base == NULL)
        {
          g_assert_null (text);
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
          continue;
        }
      g_assert_no_error (error);
      parts = g_strsplit (text, "&", -1);
      g_assert_cmpuint (g_strv_length (parts), ==, 3);
      g_assert_cmpstr (parts[1], ==, rows[i].base);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/oauth1/addresses", test_addresses);
  for (gsize i = 0; i < G_N_ELEMENTS (examples); i++)
    {
      g_autofree char *path = g_strdup_printf ("/oauth1/example/%zu", i);

      g_test_add_data_func (path, &examples[i], test_example);
    }

  return g_test_run ();
}
