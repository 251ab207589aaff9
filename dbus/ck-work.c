/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-bus-service-private.h"

CkWork *
ck_work_new (CkBusService *service, CkCall *call)
{
  CkWork *work = g_new0 (CkWork, 1);

  work->service = g_object_ref (service);
  work->call = call;

  return work;
}

void
ck_work_read_secret (CkBusService *service, CkCall *call, int handle, GAsyncReadyCallback callback)
{
  GError *error = NULL;
  int fd = ck_call_dup_fd (call, handle, &error);

  if (fd < 0)
    {
      ck_call_fail (call, error);
      return;
    }

  ck_secret_reader_read_async (service->secrets,
                               fd,
                               ck_caller_get_uid (ck_call_get_caller (call)),
                               CK_SECRET_TIMEOUT_MS,
                               ck_call_get_cancellable (call),
                               callback,
                               ck_work_new (service, call));
}

void
ck_work_free (CkWork *work)
{
  g_clear_pointer (&work->call, ck_call_unref);
  g_object_unref (work->service);
  g_free (work->access);
  g_free (work->former);
  g_free (work);
}

void
ck_work_return (CkWork *work, GVariant *result)
{
  ck_call_return (g_steal_pointer (&work->call), result);
}

void
ck_work_fail (CkWork *work, GError *error)
{
  ck_call_fail (g_steal_pointer (&work->call), error);
}

void
ck_work_end (CkWork *work, GError *error)
{
  if (error != NULL)
    ck_work_fail (work, error);
  else
    ck_work_return (work, NULL);
}
