// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bench_strtab.c - what does a snapshot's work cost, per used StreamID? The same
 * code as in the kernel module, over a synthetic table with up to 65,536
 * StreamIDs in use: visit, decode, context descriptor, health.
 *
 * Printed is the time per StreamID as a ratio to that of the smallest table:
 * times of one machine say nothing on another, and the claim is that the cost is
 * linear. Medians of RUNS runs, sizes interleaved, so that a busy machine
 * disturbs all sizes alike. Exits with 1 when a ratio is above LIMIT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/cdtab.h"
#include "core/health.h"

#define BASE 0x80000000ull
#define STREAMS 65536u
#define L1_AT BASE
#define L2_AT (BASE + (1u << 20))
#define CD_AT (L2_AT + STREAMS * 64ull)
#define ROOT_AT (CD_AT + STREAMS * 64ull)
#define BYTES (ROOT_AT + STREAMS * 64ull - BASE)
#define RUNS 7
#define SIZES 7
#define LIMIT 2.0
#define SLOTS (1u << 18)

struct bench {
	u8 *ram;
	struct smmu_regs regs;
	struct smmu_geom geom;
	struct smmu_mem mem;
	struct smmu_set_slot *slots;
	struct smmu_set tables, seen;
	struct smmu_set_slot l2_slots[1024];
	struct health h;
	u32 streams;
	u64 reads;
};

static int read_ram(void *priv, u64 addr, void *buf, size_t len)
{
	struct bench *b = priv;

	b->reads++;
	if (addr < BASE || addr - BASE > BYTES || len > BYTES - (addr - BASE))
		return SMMU_MEM_NOT_RAM;
	memcpy(buf, b->ram + (addr - BASE), len);
	return SMMU_MEM_OK;
}

static enum adopt_place place(void *priv, u64 addr, u64 bytes)
{
	(void)priv;
	return addr >= BASE && addr + bytes <= BASE + BYTES ? PLACE_OLD_RAM : PLACE_ELSEWHERE;
}

static void put(struct bench *b, u64 addr, u64 value)
{
	core_st64(b->ram + (addr - BASE), value);
}

/* The first @used StreamIDs of the table are in use. */
static void make(struct bench *b, u32 used)
{
	u32 i;

	memset(b->ram, 0, BYTES);
	for (i = 0; i < (used + 255) / 256; i++)
		put(b, L1_AT + i * 8, (L2_AT + i * SMMU_L2_BYTES) | 9);
	for (i = 0; i < used; i++) {
		put(b, L2_AT + i * 64ull, 1 | 5u << 1 | (CD_AT + i * 64ull));
		put(b, L2_AT + i * 64ull + 8, 2 | 1u << 2 | 1u << 4 | 3u << 6);
		put(b, CD_AT + i * 64ull,
		    16 | 1ull << 31 | 1ull << 30 | 5ull << 32 | 1ull << 41 |
			    (u64)(i % 65535 + 1) << 48);
		put(b, CD_AT + i * 64ull + 8, ROOT_AT + (u64)(i & ~63u) * 64);
	}
}

static int on_l1(void *priv, u32 index, u64 addr, u64 raw)
{
	struct bench *b = priv;
	struct smmu_l1_view l1;

	(void)addr;
	geom_l1_decode(&b->geom, raw, &l1);
	health_l2(&b->h, index << SMMU_SPLIT, l1.l2_addr);
	return 0;
}

static int on_ste(void *priv, u32 sid, u64 addr, const u8 *raw)
{
	struct bench *b = priv;
	struct ste_view ste;
	u8 cd[SMMU_CD_BYTES];
	u64 cd_addr;

	b->streams++;
	ste_decode(raw, SMMU_STE_BYTES, &b->geom, &ste);
	health_ste(&b->h, sid, addr, raw);
	if (!cd_locate(&b->mem, &b->geom, &ste, 0, &cd_addr) &&
	    !smmu_mem_read(&b->mem, cd_addr, cd, sizeof(cd)))
		health_cd(&b->h, sid, 0, cd_addr, cd);
	return 0;
}

static double run(struct bench *b)
{
	static u8 scratch[SMMU_L2_BYTES];
	const struct strtab_ops ops = { on_l1, on_ste, NULL, b };
	struct strtab_budget budget = { .max_bytes = 64 << 20,
					.scratch = scratch,
					.scratch_len = sizeof(scratch),
					.seen = &b->seen };
	struct timespec t0, t1;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	memset(&b->h, 0, sizeof(b->h));
	b->h.regs = &b->regs;
	b->h.geom = &b->geom;
	b->h.mem = &b->mem;
	b->h.place = place;
	b->h.home = PLACE_OLD_RAM;
	b->h.tables = &b->tables;
	smmu_set_init(&b->tables, b->slots, SLOTS);
	smmu_set_init(&b->seen, b->l2_slots, 1024);
	b->streams = 0;
	b->reads = 0;
	if (strtab_visit(&b->mem, &b->geom, &budget, &ops) != STRTAB_DONE)
		b->streams = 0;
	clock_gettime(CLOCK_MONOTONIC, &t1);
	return (double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void setup(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->ram = malloc(BYTES);
	b->slots = malloc(SLOTS * sizeof(*b->slots));
	b->mem.read = read_ram;
	b->mem.priv = b;
	b->regs.idr0 = 3 | 2u << 2 | 1u << 12 | 1u << 27;
	b->regs.idr1 = 16;
	b->regs.idr5 = 5 | 1u << 4;
	b->regs.strtab_base = L1_AT;
	b->regs.strtab_base_cfg = 1u << 16 | 8u << 6 | 16;
}

int main(void)
{
	static struct bench b;
	static double times[SIZES][RUNS];
	double base = 0, each, worst = 0;
	u32 used, size, i;

	setup(&b);
	if (!b.ram || !b.slots || geom_decode(&b.regs, &b.geom))
		return 2;
	for (i = 0; i < RUNS; i++)
		for (size = 0; size < SIZES; size++) {
			used = 1024u << size;
			make(&b, used);
			run(&b); /* warm */
			times[size][i] = run(&b);
			if (b.streams != used)
				return 2;
		}
	printf("%10s %10s %22s\n", "StreamIDs", "reads", "time per StreamID");
	for (size = 0; size < SIZES; size++) {
		used = 1024u << size;
		qsort(times[size], RUNS, sizeof(double), by_value);
		each = times[size][RUNS / 2] / used;
		base = size ? base : each;
		worst = each / base > worst ? each / base : worst;
		make(&b, used);
		run(&b);
		printf("%10u %10llu %21.2fx\n", used, (unsigned long long)b.reads, each / base);
	}
	printf("%s: worst ratio %.2f, limit %.1f\n", worst <= LIMIT ? "linear" : "NOT linear",
	       worst, LIMIT);
	free(b.ram);
	free(b.slots);
	return worst > LIMIT;
}
