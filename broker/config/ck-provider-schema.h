/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-schema.h"

G_BEGIN_DECLS

/* All that a provider file may say; channelkeeper.provider(5) documents each key. */
extern const CkSchema ck_provider_schema;

G_END_DECLS
