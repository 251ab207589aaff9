/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "ck-callers.h"
#include "ck-options.h"

G_BEGIN_DECLS

/**
 * CkCall:
 *
 * One method call under way, from the guard's yes to the answer. It is answered exactly once by one
 * of the functions below; dropped without an answer it answers `Failed`. When its time is up
 * (22 s, or the option `timeout`) it answers `Busy` by itself and what the handler answers later is
 * thrown away: the work goes on.
 */
typedef struct _CkCall CkCall;

CkCall *ck_call_ref (CkCall *call);
void ck_call_unref (CkCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkCall, ck_call_unref)

/**
 * CkHandler:
 * @call: (transfer full): the call to answer, now or later
 * @user_data: the service
 *
 * Does what a method does. The caller may do it: that was decided before.
 */
typedef void (*CkHandler) (CkCall *call, gpointer user_data);

/**
 * CkSubject:
 * @CK_SUBJECT_NONE: about no channel
 * @CK_SUBJECT_OBJECT: about the channel whose object is called
 * @CK_SUBJECT_ID: about the channel whose id is the first argument
 * @CK_SUBJECT_IDS: about each channel of the list that is the first argument; a no is no error but
 *   ck_call_get_refusal() of that one
 * @CK_SUBJECT_NEW_CHANNEL: a channel that is not there yet: id and provider are the first arguments
 * @CK_SUBJECT_NEW_CLIENT: likewise a client
 * @CK_SUBJECT_CLIENT: about the client whose id is the first argument
 *
 * What a method is about: what polkit's rules are told.
 */
typedef enum
{
  CK_SUBJECT_NONE,
  CK_SUBJECT_OBJECT,
  CK_SUBJECT_ID,
  CK_SUBJECT_IDS,
  CK_SUBJECT_NEW_CHANNEL,
  CK_SUBJECT_NEW_CLIENT,
  CK_SUBJECT_CLIENT,
} CkSubject;

/**
 * CkMethod:
 * @name: as in the XML
 * @handler: what does it
 * @subject: what it is about
 * @options: (nullable): what its last argument, an a{sv}, may hold; %NULL if it takes no options
 *
 * One method. A table of them ends with a %NULL name.
 */
typedef struct
{
  const char *name;
  CkHandler handler;
  CkSubject subject;
  const CkOptionSpec *options;
} CkMethod;

/* ---- for handlers (transfer none) ------------------------------------------------------------ */

GVariant *ck_call_get_parameters (CkCall *call);
GVariant *ck_call_get_options (CkCall *call); /* an empty a{sv} where the method takes none */
CkCaller *ck_call_get_caller (CkCall *call);
GCancellable *ck_call_get_cancellable (CkCall *call); /* cancelled when the caller has left */
const char *ck_call_get_object_path (CkCall *call);

/**
 * ck_call_get_channel:
 *
 * Returns: (nullable): the id of the channel it is about
 */
const char *ck_call_get_channel (CkCall *call);

/**
 * ck_call_get_refusal:
 * @index: into the first argument of a method about %CK_SUBJECT_IDS
 *
 * Returns: (nullable): why the caller may not do it to that one, %NULL if it may
 */
const char *ck_call_get_refusal (CkCall *call, guint index);

/**
 * ck_call_dup_fd:
 * @handle: the value of an `h`
 * @error: %CK_ERROR_INVALID_ARGUMENT if the message has no such descriptor
 *
 * Returns: (transfer full): a copy of the descriptor, close-on-exec, for ck_foreign_fd_close(), or
 *   -1
 */
int ck_call_dup_fd (CkCall *call, int handle, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_call_return:
 * @call: (transfer full): the call
 * @result: (transfer floating) (nullable): a tuple of the out arguments
 */
void ck_call_return (CkCall *call, GVariant *result);

/**
 * ck_call_return_fd:
 * @fds: (transfer none): what the `h` in @result point into
 */
void ck_call_return_fd (CkCall *call, GVariant *result, GUnixFDList *fds);

/**
 * ck_call_fail:
 * @call: (transfer full): the call
 * @error: (transfer full): of any domain, mapped by ck_error_map()
 */
void ck_call_fail (CkCall *call, GError *error);

G_END_DECLS
