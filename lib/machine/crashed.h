/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crashed.h - which kernel crashed, out of /proc/vmcore. Whoever opens that tells everybody else
 * that the dump begins: this is for when it has begun.
 */
#ifndef LIB_MACHINE_CRASHED_H
#define LIB_MACHINE_CRASHED_H

#include "core/rec_types.h"
#include "lib/base/fsroot.h"

/* 0; -ENOENT: it has no VMCOREINFO, or there is no such file; or another negative errno. */
int crashed_read(const struct fsroot *root, struct rec_crashed *ret);

#endif
