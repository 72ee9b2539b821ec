/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmcoreinfo.h - the crashed kernel's VMCOREINFO note: lines KEY=value that tell
 * where its image and its page tables are (Documentation/admin-guide/kdump).
 */
#ifndef CTL_DUMP_VMCOREINFO_H
#define CTL_DUMP_VMCOREINFO_H

#include <stdbool.h>

#include "core/port.h"

/*
 * The note of the dump @fd of @size bytes as a text, which the caller frees; NULL:
 * it has none, or it cannot be read.
 */
char *vmcoreinfo_read(int fd, u64 size);

/* "SYMBOL(x)" is hexadecimal, others decimal or 0x. False: no such line, or no number. */
bool vmcoreinfo_symbol(const char *text, const char *name, u64 *ret);
bool vmcoreinfo_number(const char *text, const char *key, u64 *ret);

#endif
