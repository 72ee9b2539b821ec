/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmcoreinfo.h - lines KEY=value in which a kernel tells of itself, for whoever reads its memory
 * (Documentation/admin-guide/kdump/vmcoreinfo.rst). @text is the note's body with a NUL behind it.
 */
#ifndef LIB_BASE_VMCOREINFO_H
#define LIB_BASE_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each is false when there is no such line, when it is too long, or no number. */
bool vmcoreinfo_value(const char *text, const char *key, char *buf, size_t cap);
/* "SYMBOL(x)" is hexadecimal, others decimal or 0x. */
bool vmcoreinfo_symbol(const char *text, const char *name, uint64_t *ret);
bool vmcoreinfo_number(const char *text, const char *key, uint64_t *ret);

#endif
