// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_tables.c - see support_tables.h. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "tests/unit/support_tables.h"

static int fake_read(void *priv, u64 addr, void *buf, size_t len)
{
	struct fake_mem *fake = priv;
	int i;

	fake->reads++;
	if (fake->fail_at && addr <= fake->fail_at && fake->fail_at - addr < len)
		return -EIO;
	for (i = 0; i < fake->count; i++) {
		u64 off = addr - fake->ranges[i].start;

		if (addr < fake->ranges[i].start || off >= fake->ranges[i].len)
			continue;
		if (len > fake->ranges[i].len - off)
			return SMMU_MEM_NOT_RAM;
		memcpy(buf, fake->ranges[i].bytes + off, len);
		return SMMU_MEM_OK;
	}
	return SMMU_MEM_NOT_RAM;
}

void fake_mem_init(struct fake_mem *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake->mem.read = fake_read;
	fake->mem.priv = fake;
}

void fake_mem_free(struct fake_mem *fake)
{
	while (fake->count)
		free(fake->ranges[--fake->count].bytes);
}

u8 *fake_mem_add(struct fake_mem *fake, u64 start, size_t len)
{
	u8 *bytes = calloc(1, len);

	assert_non_null(bytes);
	assert_true(fake->count < FAKE_RANGES);
	fake->ranges[fake->count].start = start;
	fake->ranges[fake->count].len = len;
	fake->ranges[fake->count++].bytes = bytes;
	return bytes;
}

u8 *fake_mem_at(struct fake_mem *fake, u64 addr)
{
	int i;

	for (i = 0; i < fake->count; i++)
		if (addr >= fake->ranges[i].start &&
		    addr - fake->ranges[i].start < fake->ranges[i].len)
			return fake->ranges[i].bytes + (addr - fake->ranges[i].start);
	fail_msg("0x%llx is not RAM in this test", addr);
	return NULL;
}

void fake_put64(struct fake_mem *fake, u64 addr, u64 value)
{
	core_st64(fake_mem_at(fake, addr), value);
}

struct smmu_geom fake_geom_two_level(u64 base)
{
	struct smmu_regs r = {
		.idr0 = 1u << 27 | 1u << 12,
		.idr1 = 16 | 10u << 6,
		.idr5 = 4,
		.strtab_base = base,
		.strtab_base_cfg = 1u << 16 | 8u << 6 | 16,
	};
	struct smmu_geom g;

	assert_int_equal(geom_decode(&r, &g), 0);
	return g;
}

struct smmu_geom fake_geom_linear(u64 base, u8 log2size)
{
	struct smmu_regs r = {
		.idr1 = 16 | 10u << 6,
		.idr5 = 4,
		.strtab_base = base,
		.strtab_base_cfg = log2size,
	};
	struct smmu_geom g;

	assert_int_equal(geom_decode(&r, &g), 0);
	return g;
}

void fake_put_s1_ste(struct fake_mem *fake, u64 ste, u64 cd, u8 cdmax, u8 fmt)
{
	fake_put64(fake, ste, 1 | 5u << 1 | (u64)fmt << 4 | cd | (u64)cdmax << 59);
	fake_put64(fake, ste + 8, 2 | 1u << 2 | 1u << 4 | 3u << 6 | 1ull << 44);
}

void fake_put_cd(struct fake_mem *fake, u64 cd, u16 asid, u64 ttb0)
{
	/* T0SZ 16, 4K, IPS 5, EPD1, V, AA64, ASET as Linux does, R, A */
	fake_put64(fake, cd,
		   16 | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 30 | 1ull << 31 | 5ull << 32 |
			   1ull << 41 | 3ull << 45 | 1ull << 47 | (u64)asid << 48);
	fake_put64(fake, cd + 8, ttb0);
}
