/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * elfcore.h - which memory belonged to the crashed kernel.
 *
 * kexec hands the capture kernel an ELF header (the elfcorehdr) whose PT_LOAD
 * segments list the crashed kernel's RAM. It was written before the crash, into
 * memory that a wild store may have reached, so nothing in it is believed.
 */
#ifndef SMMU_CORE_ELFCORE_H
#define SMMU_CORE_ELFCORE_H

#include "port.h"

#define ELFCORE_EHDR_BYTES 64u
#define ELFCORE_PHDR_BYTES 56u
#define ELFCORE_MAX_BYTES (1u << 20)

struct elfcore_range {
	u64 start, bytes;
};

/* Positive outcomes of elfcore_ranges(); they may be combined. */
enum elfcore_outcome {
	ELFCORE_SKIPPED = 1 << 0, /* a segment was empty or wrapped around */
	ELFCORE_CUT = 1 << 1,	  /* more ranges than fit */
};

/*
 * How many bytes the ELF header @ehdr (ELFCORE_EHDR_BYTES long) and its program
 * headers take. -EINVAL: not a little-endian ELF64 core of an AArch64 machine;
 * -E2BIG: beyond ELFCORE_MAX_BYTES.
 */
int elfcore_bytes(const u8 *ehdr, u32 *ret_bytes);

/*
 * The RAM ranges in the first @len bytes of an elfcorehdr, sorted by address,
 * overlapping and touching ones merged. Returns 0, a set of enum
 * elfcore_outcome bits, or a negative errno as above (also -EINVAL when @len is
 * less than elfcore_bytes() says).
 */
int elfcore_ranges(const u8 *buf, size_t len, struct elfcore_range *ret, u32 cap, u32 *ret_count);

/*
 * Add [@start, @start + @bytes) to a list as made above. Returns 0, ELFCORE_SKIPPED when it is
 * empty or wraps around, or ELFCORE_CUT when the list is full.
 */
int elfcore_add(struct elfcore_range *ranges, u32 *count, u32 cap, u64 start, u64 bytes);

/* Index of the range that holds @addr, -1 none. @ranges as made above. */
int elfcore_find(const struct elfcore_range *ranges, u32 count, u64 addr);

#endif
