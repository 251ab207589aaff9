/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-audit.h"

#include <string.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <syslog.h>
#include <systemd/sd-journal.h>

#include "ck-names.h"

#define MAX_QUEUED 1000
#define MAX_FIELDS 16

struct _CkAudit
{
  GThreadPool *pool; /* at most one thread, and none while there is nothing to write */
  guint dropped;
};

/* A line is "FIELD=value", ready to be sent. */
static void
write_in_thread (gpointer data, gpointer user_data)
{
  g_autoptr (GPtrArray) lines = data;
  struct iovec fields[MAX_FIELDS];
  guint n = MIN (lines->len, MAX_FIELDS);

  for (guint i = 0; i < n; i++)
    {
      fields[i].iov_base = lines->pdata[i];
      fields[i].iov_len = strlen (lines->pdata[i]);
    }
  sd_journal_sendv (fields, (int) n);
}

CkAudit *
ck_audit_new (void)
{
  CkAudit *self = g_new0 (CkAudit, 1);

  self->pool = g_thread_pool_new_full (write_in_thread, NULL, (GDestroyNotify) g_ptr_array_unref, 1,
                                       FALSE, NULL);

  return self;
}

void
ck_audit_free (CkAudit *self)
{
  g_thread_pool_free (self->pool, FALSE, TRUE);
  g_free (self);
}

static void
add_field (GPtrArray *lines, const char *name, const char *value)
{
  if (value != NULL)
    g_ptr_array_add (lines, g_strconcat (name, "=", value, NULL));
}

static void
push (CkAudit *self, const char *message_id, int priority, const CkAuditEntry *entry)
{
  GPtrArray *lines;

  if (g_thread_pool_unprocessed (self->pool) >= MAX_QUEUED)
    {
      self->dropped++;
      return;
    }

  lines = g_ptr_array_new_with_free_func (g_free);
  add_field (lines, "MESSAGE_ID", message_id);
  add_field (lines, "MESSAGE", entry->message);
  g_ptr_array_add (lines, g_strdup_printf ("PRIORITY=%d", priority));
  add_field (lines, "CK_CHANNEL", entry->channel);
  add_field (lines, "CK_PROVIDER", entry->provider);
  add_field (lines, "CK_CLIENT", entry->client);
  add_field (lines, "CK_METHOD", entry->method);
  add_field (lines, "CK_ACTION", entry->action);
  add_field (lines, "CK_OUTCOME", entry->outcome);
  add_field (lines, "CK_CAUSE", entry->cause);
  if (entry->caller != NULL)
    {
      add_field (lines, "CK_CALLER", entry->caller);
      add_field (lines, "CK_CALLER_USER", entry->user);
      g_ptr_array_add (lines, g_strdup_printf ("CK_CALLER_UID=%u", entry->uid));
    }
  if (entry->generation != 0)
    g_ptr_array_add (lines,
                     g_strdup_printf ("CK_GENERATION=%" G_GUINT64_FORMAT, entry->generation));
  if (entry->count != 0)
    g_ptr_array_add (lines, g_strdup_printf ("CK_COUNT=%u", entry->count));
  if (self->dropped > 0)
    g_ptr_array_add (lines, g_strdup_printf ("CK_DROPPED=%u", self->dropped));
  self->dropped = 0;
  g_thread_pool_push (self->pool, lines, NULL);
}

void
ck_audit_refusal (CkAudit *self, const CkAuditEntry *entry)
{
  if (entry->unanswered)
    push (self, CK_MESSAGE_UNANSWERED, LOG_WARNING, entry);
  else if (g_str_equal (entry->action, CK_ACTION_USE_TOKEN)
           || g_str_equal (entry->action, CK_ACTION_RECONNECT))
    push (self, CK_MESSAGE_REFUSAL, LOG_NOTICE, entry);
  else
    push (self, CK_MESSAGE_REFUSAL_OF_MORE, LOG_NOTICE, entry);
}

void
ck_audit_assigned (CkAudit *self, const CkAuditEntry *entry)
{
  push (self, CK_MESSAGE_ASSIGNED, LOG_NOTICE, entry);
}

void
ck_audit_reconnect (CkAudit *self, const CkAuditEntry *entry)
{
  push (self, CK_MESSAGE_RECONNECT, LOG_NOTICE, entry);
}

void
ck_audit_state (CkAudit *self, const CkAuditEntry *entry)
{
  push (self, CK_MESSAGE_STATE, LOG_INFO, entry);
}

void
ck_audit_token (CkAudit *self, const CkAuditEntry *entry)
{
  push (self, CK_MESSAGE_TOKEN, LOG_INFO, entry);
}

void
ck_audit_vault (CkAudit *self, const CkAuditEntry *entry)
{
  push (self, CK_MESSAGE_VAULT, LOG_WARNING, entry);
}

void
ck_audit_vault_used (CkAudit *self, const CkAuditEntry *entry)
{
  push (self, CK_MESSAGE_VAULT_USED, LOG_NOTICE, entry);
}

void
ck_audit_channel (CkAudit *self, const CkAuditEntry *entry)
{
  push (self, CK_MESSAGE_CHANNEL, LOG_NOTICE, entry);
}

void
ck_audit_client (CkAudit *self, const CkAuditEntry *entry)
{
  push (self, CK_MESSAGE_CLIENT, LOG_NOTICE, entry);
}

void
ck_audit_reload (CkAudit *self, const CkAuditEntry *entry)
{
  push (self, CK_MESSAGE_RELOAD, LOG_NOTICE, entry);
}
