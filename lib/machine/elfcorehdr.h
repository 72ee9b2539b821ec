/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elfcorehdr.h - finds the address of the list of the crashed kernel's memory.
 */
#ifndef LIB_MACHINE_ELFCOREHDR_H
#define LIB_MACHINE_ELFCOREHDR_H

#include "core/port.h"
#include "lib/base/fsroot.h"

/* 0; -ENOENT: the device tree that the kernel was booted with does not tell; or another negative
 * errno. */
int elfcorehdr_find(const struct fsroot *root, u64 *ret_addr, u64 *ret_bytes);

#endif
