/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-worker-call.h"

#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ck-secret.h"

/* Where the descriptors stand in the list. */
#define SECRETS 0
#define CLAIM 1

CkWorkerCall *
ck_worker_call_new (CkJob *job, guint number, gboolean is_ahead)
{
  CkWorkerCall *call = g_new0 (CkWorkerCall, 1);

  call->job = job;
  call->number = number;
  call->claim = is_ahead ? eventfd (1, EFD_CLOEXEC | EFD_NONBLOCK) : -1;

  return call;
}

void
ck_worker_call_free (CkWorkerCall *call)
{
  if (call->claim >= 0)
    close (call->claim);
  g_free (call);
}

static GVariant *
make_transaction (const CkWorkerCall *call)
{
  CkJob *job = call->job;
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (job->extras);

  g_variant_dict_insert (&dict, "operation", "s", job->operation);
  g_variant_dict_insert (&dict, "channel", "s", job->channel);
  g_variant_dict_insert (&dict, "provider", "s", job->provider);
  g_variant_dict_insert (&dict, "timeout", "u", job->timeout);
  if (call->claim >= 0)
    g_variant_dict_insert (&dict, "claim", "h", CLAIM);

  return g_variant_dict_end (&dict);
}

GVariant *
ck_worker_call_make_arguments (const CkWorkerCall *call)
{
  return g_variant_new ("(v@a{ss}@a(ss)@a{sv}h)",
                        call->job->stack,
                        call->job->settings,
                        call->job->failures,
                        make_transaction (call),
                        SECRETS);
}

static SecretValue *
make_secrets (CkJob *job)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) secrets = NULL;

  if (job->client_secrets != NULL)
    g_variant_dict_insert_value (
        &dict,
        "client-secrets",
        ck_secret_to_variant (job->client_secrets, G_VARIANT_TYPE_STRING_ARRAY));
  if (job->grant != NULL)
    {
      g_autoptr (GVariant) members = ck_grant_dup_members (job->grant);

      g_variant_dict_insert_value (&dict, "grant", members);
    }
  secrets = g_variant_ref_sink (g_variant_dict_end (&dict));

  return ck_secret_from_variant (secrets);
}

GUnixFDList *
ck_worker_call_make_fds (const CkWorkerCall *call, GError **error)
{
  g_autoptr (SecretValue) secrets = make_secrets (call->job);
  g_autoptr (GUnixFDList) fds = NULL;
  int fd = ck_secret_to_memfd (secrets, error);

  if (fd < 0)
    return NULL;

  fds = g_unix_fd_list_new_from_array (&fd, 1);
  if (call->claim >= 0 && g_unix_fd_list_append (fds, call->claim, error) < 0)
    return NULL;

  return g_steal_pointer (&fds);
}

gboolean
ck_worker_call_take_back (CkWorkerCall *call)
{
  eventfd_t count;
  struct iovec vector = { &count, sizeof count };

  /* RWF_NOWAIT: the worker could have made the descriptor, which it has as well, block. */
  if (call->is_taken_back || preadv2 (call->claim, &vector, 1, -1, RWF_NOWAIT) != sizeof count)
    return FALSE;

  call->is_taken_back = TRUE;

  return TRUE;
}
