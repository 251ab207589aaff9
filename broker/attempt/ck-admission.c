/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-admission.h"

#include "ck-error.h"
#include "ck-redirect-uri.h"
#include "ck-siblings.h"

static gboolean
check_scopes (CkChannel *channel, const char *const *scopes, GError **error)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);

  for (; scopes != NULL && *scopes != NULL; scopes++)
    {
      if (g_strv_contains ((const char *const *) record->scopes, *scopes))
        continue;
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_NOT_AUTHORIZED,
                   "the scope %.128s is none of %s's: only an administrator widens them",
                   *scopes,
                   record->id);
      return FALSE;
    }

  return TRUE;
}

gboolean
ck_admission_check (CkBroker *broker,
                    CkChannel *channel,
                    const CkAttemptRequest *request,
                    char **redirect_uri,
                    GError **error)
{
  static const char *const flows[] = { "browser", "device", "import", "none", NULL };
  const CkClientRecord *client
      = ck_broker_lookup_client (broker, ck_channel_get_record (channel)->client, error);

  if (client == NULL)
    return FALSE;
  if (!g_strv_contains (flows, request->flow))
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "the flow %.64s is none of browser, device, import",
                   request->flow);
      return FALSE;
    }
  if (!ck_broker_check_open (broker, error) || !check_scopes (channel, request->scopes, error)
      || (!request->allow_sibling_loss
          && !ck_siblings_check_scopes (broker, channel, request->scopes, error)))
    return FALSE;

  if (g_str_equal (request->flow, "browser"))
    {
      *redirect_uri = ck_redirect_uri_choose (client, request->redirect_uri, error);
      return *redirect_uri != NULL;
    }

  return TRUE;
}
