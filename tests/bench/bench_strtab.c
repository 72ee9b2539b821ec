// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bench_strtab.c - what does a snapshot's work cost, per used StreamID? The same
 * code as in the kernel module, over a synthetic table with up to 65,536
 * StreamIDs in use: visit, decode, context descriptor, health, keeping it all.
 *
 * Every StreamID has a context descriptor and a page-table root of its own, each
 * in some page of 256 MiB, as a driver's allocations are. What was kept must fit
 * the module's default budget and come back bit for bit.
 *
 * Printed is the time per StreamID as a ratio to that of the smallest table:
 * times of one machine say nothing on another, and the claim is that the cost is
 * linear. Medians of the processor time of RUNS runs, sizes interleaved, so that a busy machine
 * disturbs all sizes alike. Exits with 1 when a ratio is above LIMIT or memory above CAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/cdtab.h"
#include "core/health.h"
#include "core/snap.h"

#define BASE 0x80000000ull
#define STREAMS 65536u
#define L1_AT BASE
#define L2_AT (BASE + (1u << 20))
#define CD_AT (L2_AT + STREAMS * 64ull)
#define TABLE_BYTES (CD_AT - BASE)
#define ROOT_AT (CD_AT + STREAMS * 4096ull)
#define END (ROOT_AT + STREAMS * 4096ull)
#define BYTES (TABLE_BYTES + STREAMS * 64ull) /* backed: the tables, one CD per page */
#define CAP (4096u << 10)		      /* max_snapshot_kib of the module */
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
	struct store store;
	size_t left;
	u32 streams, lost;
	u64 reads;
};

/* NULL: not RAM. */
static u8 *ram_at(struct bench *b, u64 addr, size_t len)
{
	u64 off = addr - CD_AT;

	if (addr >= BASE && addr < CD_AT)
		return len <= CD_AT - addr ? b->ram + (addr - BASE) : NULL;
	if (addr < CD_AT || off >> 12 >= STREAMS || (off & 4095) + len > SMMU_CD_BYTES)
		return NULL;
	return b->ram + TABLE_BYTES + (off >> 12) * SMMU_CD_BYTES + (off & 4095);
}

static int read_ram(void *priv, u64 addr, void *buf, size_t len)
{
	struct bench *b = priv;

	const u8 *p = ram_at(b, addr, len);

	b->reads++;
	if (!p)
		return SMMU_MEM_NOT_RAM;
	memcpy(buf, p, len);
	return SMMU_MEM_OK;
}

static enum adopt_place place(void *priv, u64 addr, u64 bytes)
{
	(void)priv;
	return addr >= BASE && addr + bytes <= END ? PLACE_OLD_RAM : PLACE_ELSEWHERE;
}

static void put(struct bench *b, u64 addr, u64 value)
{
	core_st64(ram_at(b, addr, 8), value);
}

/* A page of its own for every @i, in no order. */
static u64 page_of(u64 area, u32 i)
{
	return area + (u64)(i * 40503u % STREAMS) * 4096;
}

/* The first @used StreamIDs of the table are in use. */
static void make(struct bench *b, u32 used)
{
	u32 i;

	memset(b->ram, 0, BYTES);
	for (i = 0; i < (used + 255) / 256; i++)
		put(b, L1_AT + i * 8, (L2_AT + i * SMMU_L2_BYTES) | 9);
	for (i = 0; i < used; i++) {
		u64 cd = page_of(CD_AT, i);

		put(b, L2_AT + i * 64ull, 1 | 5u << 1 | cd);
		put(b, L2_AT + i * 64ull + 8, 2 | 1u << 2 | 1u << 4 | 3u << 6);
		put(b, cd,
		    16 | 1ull << 31 | 1ull << 30 | 5ull << 32 | 1ull << 41 |
			    (u64)(i % 65535 + 1) << 48);
		put(b, cd + 8, page_of(ROOT_AT, i + 7));
		put(b, cd + 24, 0xff440c0400ull); /* MAIR */
	}
}

static void *take(void *priv, size_t bytes)
{
	struct bench *b = priv;

	if (bytes > b->left)
		return NULL;
	b->left -= bytes;
	return malloc(bytes);
}

static void give(void *priv, void *p, size_t bytes)
{
	struct bench *b = priv;

	b->left += bytes;
	free(p);
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
	struct snap_stream s = { .sid = sid, .ste_addr = addr };
	struct ste_view ste;

	b->streams++;
	ste_decode(raw, SMMU_STE_BYTES, &b->geom, &ste);
	memcpy(s.ste, raw, sizeof(s.ste));
	health_ste(&b->h, sid, addr, raw);
	if (!cd_locate(&b->mem, &b->geom, &ste, 0, &s.cd_addr) &&
	    !smmu_mem_read(&b->mem, s.cd_addr, s.cd, sizeof(s.cd))) {
		s.has_cd = true;
		health_cd(&b->h, sid, 0, s.cd_addr, s.cd);
	}
	if (snap_add_stream(&b->store, &s))
		b->lost++;
	return 0;
}

/* Is what was kept what is in the table? */
static bool same(struct bench *b)
{
	struct snap_stream s;
	u32 i;

	for (i = 0; i < b->store.n; i++) {
		snap_get_stream(&b->store, i, &s);
		if (s.sid != i || s.ste_addr != L2_AT + i * 64ull || !s.has_cd ||
		    s.cd_addr != page_of(CD_AT, i) ||
		    memcmp(s.ste, ram_at(b, s.ste_addr, 64), 64) != 0 ||
		    memcmp(s.cd, ram_at(b, s.cd_addr, 64), 64) != 0)
			return false;
	}
	return true;
}

static double run(struct bench *b)
{
	static u8 scratch[SMMU_L2_BYTES];
	const struct strtab_ops ops = { on_l1, on_ste, NULL, b };
	struct strtab_budget budget = { .max_bytes = 64 << 20,
					.scratch = scratch,
					.scratch_len = sizeof(scratch),
					.seen = &b->seen };
	const struct store_mem mem = { take, give, b };
	struct timespec t0, t1;

	store_free(&b->store);
	b->left = CAP;
	b->lost = 0;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
	store_init(&b->store, &mem, SNAP_STREAM_WORDS);
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
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
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
	u32 used, size, i, lost = 0;

	setup(&b);
	if (!b.ram || !b.slots || geom_decode(&b.regs, &b.geom))
		return 2;
	for (i = 0; i < RUNS; i++)
		for (size = 0; size < SIZES; size++) {
			used = 1024u << size;
			make(&b, used);
			run(&b); /* warm */
			times[size][i] = run(&b);
			if (b.streams != used || b.store.n + b.lost != used || !same(&b))
				return 2;
		}
	printf("%10s %10s %18s %8s %16s %6s\n", "StreamIDs", "reads", "time per StreamID", "KiB",
	       "bytes/StreamID", "lost");
	for (size = 0; size < SIZES; size++) {
		used = 1024u << size;
		qsort(times[size], RUNS, sizeof(double), by_value);
		each = times[size][RUNS / 2] / used;
		base = size ? base : each;
		worst = each / base > worst ? each / base : worst;
		make(&b, used);
		run(&b);
		lost += b.lost;
		printf("%10u %10llu %17.2fx %8llu %16.1f %6u\n", used, b.reads, each / base,
		       b.store.bytes >> 10, (double)b.store.bytes / used, b.lost);
	}
	printf("%s: worst ratio %.2f, limit %.1f\n", worst <= LIMIT ? "linear" : "NOT linear",
	       worst, LIMIT);
	printf("%s: %u left out with a budget of %u KiB\n", lost ? "DOES NOT FIT" : "fits", lost,
	       CAP >> 10);
	store_free(&b.store);
	free(b.ram);
	free(b.slots);
	return worst > LIMIT || lost;
}
