/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crashed.h - reads from /proc/vmcore which kernel crashed. The daemon takes an open of this file
 * for the begin of the dump, so this must not be called before the dump has begun.
 */
#ifndef LIB_MACHINE_CRASHED_H
#define LIB_MACHINE_CRASHED_H

#include "core/rec_types.h"
#include "lib/base/fsroot.h"

/* 0; -ENOENT: it has no VMCOREINFO, or there is no such file; or another negative errno. */
int crashed_read(const struct fsroot *root, struct rec_crashed *ret);

#endif
