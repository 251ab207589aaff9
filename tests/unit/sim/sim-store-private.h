/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim-store.h"

/* A write on its way; what it does not write is NULL or 0. */
typedef struct
{
  guint life; /* of sim_disk_get_life(), when its writer was made */
  gboolean vault;
  gboolean slow;
  CkChannelRecord *record;
  GPtrArray *events;
  char *remove;
  guint64 sequence;
  guint64 announced;
  guint64 time;
  char *channel; /* of a grant */
  guint64 generation;
  CkGrant *grant; /* NULL: cleared */
} SimWrite;

/* @write: (transfer full): a task of @source returns whether the disk has taken it */
void sim_disk_write (gpointer source,
                     SimWrite *write,
                     GAsyncReadyCallback callback,
                     gpointer user_data);

/* Grows with every cut. */
guint sim_disk_get_life (void);

gboolean sim_disk_is_vault_sealed (void);

/* (transfer full) (element-type CkVaultGrant): all that the vault holds */
GPtrArray *sim_disk_dup_grants (void);
