/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * smmu_mem.h - how core/ reads the memory that holds the tables.
 *
 * The same decoder runs over old memory in the capture kernel, over a vmcore
 * and over arrays in tests; each supplies one read callback. "Not RAM" and
 * "left out of the dump" are different answers: the first says that a table
 * pointer leads nowhere, the second says nothing about the table at all.
 */
#ifndef SMMU_CORE_MEM_H
#define SMMU_CORE_MEM_H

#include "port.h"

enum smmu_mem_outcome {
	SMMU_MEM_OK = 0,
	SMMU_MEM_NOT_RAM = 1,  /* no memory there: hole, MMIO, beyond the end */
	SMMU_MEM_EXCLUDED = 2, /* memory, but filtered out of the dump */
};

struct smmu_mem {
	/*
	 * Read @len bytes at physical address @addr into @buf. All or nothing.
	 * Returns an enum smmu_mem_outcome, or a negative errno when reading
	 * failed for a reason that is not the address's.
	 */
	int (*read)(void *priv, u64 addr, void *buf, size_t len);
	void *priv;
	/*
	 * Optional: @len bytes at @addr will be read soon. Called for many at once, in the order
	 * of the reads to come, so that a reader can have them fetched together. A promise of
	 * nothing: they may never be read, and nothing is known about @addr.
	 */
	void (*will_need)(void *priv, u64 addr, size_t len);
};

static inline int smmu_mem_read(const struct smmu_mem *mem, u64 addr, void *buf, size_t len)
{
	if (len && addr > ~(u64)0 - (len - 1))
		return SMMU_MEM_NOT_RAM;
	return mem->read(mem->priv, addr, buf, len);
}

#endif
