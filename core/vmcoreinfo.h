/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * vmcoreinfo.h - reads the text of the crashed kernel's VMCOREINFO note: lines KEY=value
 * (Documentation/admin-guide/kdump). Some of them tell where its page tables are.
 */
#ifndef SMMU_CORE_VMCOREINFO_H
#define SMMU_CORE_VMCOREINFO_H

#include "ptw.h"
#include "rec_types.h"

/* @text ends with a NUL. False: no such line, or it does not fit; @buf stays as it is. */
bool vmcoreinfo_value(const char *text, const char *key, char *buf, size_t cap);

/*
 * "SYMBOL(@name)" is hexadecimal, others are decimal or begin with 0x.
 * False: no such line, or no number.
 */
bool vmcoreinfo_symbol(const char *text, const char *name, u64 *ret);
bool vmcoreinfo_number(const char *text, const char *key, u64 *ret);

/* Release, build id and time of the crash into @ret, as far as the text has them. */
void vmcoreinfo_crashed(const char *text, struct rec_crashed *ret);

/* The kernel's half of the address space, of an arm64 kernel. False: the text does not tell. */
bool vmcoreinfo_tables(const char *text, struct ptw_geom *ret);

/* The text in the ELF notes @notes, not terminated; NULL none. */
const char *vmcoreinfo_find(const u8 *notes, size_t len, size_t *ret_len);

#endif
