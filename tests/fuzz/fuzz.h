/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a fuzzer calls, as libFuzzer names it; it returns 0. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
