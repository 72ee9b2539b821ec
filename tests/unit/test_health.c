// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_health.c - sound tables are called sound, each kind of damage is found
 * wherever it is planted, and nothing outside the tables is read, whatever else
 * the tables hold. The last test wants ASan and UBSan to be worth most.
 */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "core/cdtab.h"
#include "core/health.h"
#include "core/names.h"
#include "tests/unit/support_tables.h"

#define L1 0x45000000ull
#define L2 0x46000000ull
#define CDS 0x47000000ull
#define ROOTS 0x48000000ull
#define CAPTURE 0x50000000ull
#define BUSES 3u
#define DEVS 8u /* per bus */
#define STREAMS (BUSES * DEVS)

struct world {
	struct fake_mem fake;
	struct smmu_regs regs;
	struct smmu_geom geom;
	struct smmu_set_slot slots[256];
	struct smmu_set tables;
	struct smmu_set_slot met_slots[1024];
	struct smmu_set met; /* L2 tables of the visit */
	struct health h;
	u32 sid;      /* of interest */
	u32 bits;     /* found about it */
	u32 odd;      /* flagged by the decoders about it */
	u32 troubles; /* of the visit there: a bit per enum strtab_trouble */
	u32 items;
	u32 attached;
};

static u32 sid_of(u32 i)
{
	return i / DEVS << 8 | i % DEVS;
}

static u64 ste_of(u32 i)
{
	return L2 + i / DEVS * SMMU_L2_BYTES + i % DEVS * SMMU_STE_BYTES;
}

static u64 cd_of(u32 i)
{
	return CDS + (u64)i * 4096;
}

static u64 root_of(u32 i)
{
	return ROOTS + (u64)i * 4096;
}

static enum adopt_place place(void *priv, u64 addr, u64 bytes)
{
	struct world *w = priv;
	int i;

	if (addr >= CAPTURE && addr - CAPTURE < 0x100000)
		return PLACE_CAPTURE_RAM;
	for (i = 0; i < w->fake.count; i++)
		if (addr >= w->fake.ranges[i].start &&
		    addr - w->fake.ranges[i].start < w->fake.ranges[i].len &&
		    bytes <= w->fake.ranges[i].len - (addr - w->fake.ranges[i].start))
			return PLACE_OLD_RAM;
	return PLACE_ELSEWHERE;
}

static bool attached(void *priv, u32 sid)
{
	struct world *w = priv;

	return sid == w->attached;
}

static void report(void *priv, const struct health_item *item)
{
	struct world *w = priv;

	assert_true(item->bits && item->bits < 1u << HEALTH_BITS);
	w->items++;
	if (item->sid == w->sid)
		w->bits |= item->bits;
}

static void make(struct world *w)
{
	u32 i;

	memset(w, 0, sizeof(*w));
	w->attached = HEALTH_NO_SID;
	fake_mem_init(&w->fake);
	fake_mem_add(&w->fake, L1, 2048);
	fake_mem_add(&w->fake, L2, BUSES * SMMU_L2_BYTES);
	fake_mem_add(&w->fake, CDS, STREAMS * 4096);
	fake_mem_add(&w->fake, ROOTS, STREAMS * 4096);
	for (i = 0; i < BUSES; i++)
		fake_put64(&w->fake, L1 + i * 8, (L2 + i * SMMU_L2_BYTES) | 9);
	for (i = 0; i < STREAMS; i++) {
		fake_put_s1_ste(&w->fake, ste_of(i), cd_of(i), 0, 0);
		fake_put_cd(&w->fake, cd_of(i), (u16)(i + 1), root_of(i));
		fake_put64(&w->fake, root_of(i), 0x49000003);
	}
	/* S1P S2P, TTF AArch64, ASID16, two-level, no stall, little-endian; 4K granule. */
	w->regs.idr0 = 3 | 2u << 2 | 1u << 12 | 1u << 24 | 2u << 21 | 1u << 27;
	w->regs.idr1 = 16 | 10u << 6;
	w->regs.idr5 = 4 | 1u << 4;
	w->regs.strtab_base = L1;
	w->regs.strtab_base_cfg = 1u << 16 | 8u << 6 | 16;
}

/* ---- the visit, as users of health.h do it ---- */

static int on_l1(void *priv, u32 index, u64 addr, u64 raw)
{
	struct world *w = priv;
	struct smmu_l1_view l1;

	(void)addr;
	geom_l1_decode(&w->geom, raw, &l1);
	if (!l1.odd)
		health_l2(&w->h, index << SMMU_SPLIT, l1.l2_addr);
	return 0;
}

static int on_ste(void *priv, u32 sid, u64 addr, const u8 *raw)
{
	struct world *w = priv;
	struct ste_view ste;
	struct cd_view cd;
	u8 cd_raw[SMMU_CD_BYTES];
	u64 cd_addr;
	int r;

	ste_decode(raw, SMMU_STE_BYTES, &w->geom, &ste);
	health_ste(&w->h, sid, addr, raw);
	if (sid == w->sid)
		w->odd |= ste.odd;
	r = cd_locate(&w->fake.mem, &w->geom, &ste, 0, &cd_addr);
	if (r == CD_NO_S1)
		return 0;
	if (!r)
		r = smmu_mem_read(&w->fake.mem, cd_addr, cd_raw, sizeof(cd_raw));
	if (r) {
		health_bad_stream(&w->h, sid);
		if (sid == w->sid)
			w->odd |= 1u << 16;
		return 0;
	}
	cd_decode(cd_raw, sizeof(cd_raw), &w->geom, &cd);
	if (sid == w->sid)
		w->odd |= cd.odd || !cd.valid ? 1u << 17 : 0;
	health_cd(&w->h, sid, 0, cd_addr, cd_raw);
	return 0;
}

static int on_trouble(void *priv, enum strtab_trouble what, u32 sid, u64 addr, u32 detail)
{
	struct world *w = priv;

	(void)addr;
	(void)detail;
	if (sid == w->sid)
		w->troubles |= 1u << what;
	return 0;
}

static void visit(struct world *w)
{
	const struct strtab_ops ops = { on_l1, on_ste, on_trouble, w };
	u8 scratch[SMMU_L2_BYTES];
	struct strtab_budget b = { .max_bytes = 64 << 20,
				   .seen = &w->met,
				   .scratch = scratch,
				   .scratch_len = sizeof(scratch) };

	geom_decode(&w->regs, &w->geom);
	smmu_set_init(&w->tables, w->slots, 256);
	smmu_set_init(&w->met, w->met_slots, 1024);
	memset(&w->h, 0, sizeof(w->h));
	w->h.regs = &w->regs;
	w->h.geom = &w->geom;
	w->h.mem = &w->fake.mem;
	w->h.place = place;
	w->h.home = PLACE_OLD_RAM;
	w->h.attached = attached;
	w->h.report = report;
	w->h.priv = w;
	w->h.tables = &w->tables;
	w->h.roots_left = 64;
	w->bits = w->odd = w->troubles = w->items = 0;
	health_strtab(&w->h);
	if (!w->geom.odd)
		assert_true(strtab_visit(&w->fake.mem, &w->geom, &b, &ops) >= 0);
}

static void test_sound(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	visit(&w);
	assert_int_equal(w.items, 0);
	assert_int_equal(w.h.tally.errors + w.h.tally.warnings, 0);
	/* the L1 table, L2 tables; of each stream STE, CD table, CD, root */
	assert_int_equal(w.h.tally.checked, 1 + BUSES + 4 * STREAMS);
	assert_int_equal(health_score(&w.h.tally), 100);
	fake_mem_free(&w.fake);
}

/* ---- each kind of damage ---- */

static u64 get64(struct world *w, u64 addr)
{
	return core_ld64(fake_mem_at(&w->fake, addr));
}

static void flip(struct world *w, u64 addr, u64 bits)
{
	fake_put64(&w->fake, addr, get64(w, addr) ^ bits);
}

struct damage {
	const char *name;
	void (*plant)(struct world *w, u32 i);
	u32 bits;    /* that must be found; 0: the decoders flag it */
	u32 trouble; /* enum strtab_trouble that the visit must report; planted in an L1 descriptor
		      */
};

static void d_cd_table_capture(struct world *w, u32 i)
{
	fake_put_s1_ste(&w->fake, ste_of(i), CAPTURE + 0x1000, 0, 0);
}
static void d_cd_table_nowhere(struct world *w, u32 i)
{
	fake_put_s1_ste(&w->fake, ste_of(i), 0x9000000, 0, 0);
}
static void d_root_capture(struct world *w, u32 i)
{
	fake_put64(&w->fake, cd_of(i) + 8, CAPTURE + 0x2000);
}
static void d_root_nowhere(struct world *w, u32 i)
{
	fake_put64(&w->fake, cd_of(i) + 8, 0x9000000);
}
static void d_root_unaligned(struct world *w, u32 i)
{
	flip(w, cd_of(i) + 8, 0x800);
}
static void d_root_oas(struct world *w, u32 i)
{
	fake_put64(&w->fake, cd_of(i) + 8, 1ull << 46);
}
static void d_root_itself(struct world *w, u32 i)
{
	fake_put64(&w->fake, root_of(i) + 8 * 17, root_of(i) | 3);
}
static void d_root_is_strtab(struct world *w, u32 i)
{
	fake_put64(&w->fake, cd_of(i) + 8, L1);
}
static void d_root_is_cd_table(struct world *w, u32 i)
{
	fake_put64(&w->fake, cd_of(i) + 8, cd_of(i));
}
static void d_root_is_l2(struct world *w, u32 i)
{
	fake_put64(&w->fake, cd_of(i) + 8, L2 + i / DEVS * SMMU_L2_BYTES);
}
static void d_cd_table_is_l1(struct world *w, u32 i)
{
	fake_put_s1_ste(&w->fake, ste_of(i), L1, 0, 0);
}
static void d_root_shared(struct world *w, u32 i)
{
	/* of a stream before it: that one is met first */
	fake_put64(&w->fake, cd_of(i) + 8, root_of(i ? i - 1 : STREAMS));
}
static void d_ste_reserved(struct world *w, u32 i)
{
	fake_put64(&w->fake, ste_of(i) + 56, 4);
}
static void d_cd_reserved(struct world *w, u32 i)
{
	flip(w, cd_of(i) + 16, 1ull << 57);
}
static void d_eats(struct world *w, u32 i)
{
	flip(w, ste_of(i) + 8, 2ull << 28);
}
static void d_strw(struct world *w, u32 i)
{
	flip(w, ste_of(i) + 8, 2ull << 30);
}
static void d_stall(struct world *w, u32 i)
{
	flip(w, cd_of(i), 1ull << 44);
}
static void d_httu(struct world *w, u32 i)
{
	flip(w, cd_of(i), 1ull << 43);
}
static void d_granule(struct world *w, u32 i)
{
	flip(w, cd_of(i), 1ull << 6);
}
static void d_s2_geometry(struct world *w, u32 i)
{
	/* stage 2, VMID 5, T0SZ 0: no such input size */
	fake_put64(&w->fake, ste_of(i), 1 | 6u << 1);
	fake_put64(&w->fake, ste_of(i) + 16, 5 | 1ull << 51);
	fake_put64(&w->fake, ste_of(i) + 24, root_of(i));
}
static void d_config(struct world *w, u32 i)
{
	fake_put64(&w->fake, ste_of(i), 1 | 2u << 1);
}
static void d_cd_invalid(struct world *w, u32 i)
{
	flip(w, cd_of(i), 1ull << 31);
}
static void d_asid(struct world *w, u32 i)
{
	fake_put_cd(&w->fake, cd_of(i), 0, root_of(i));
}

/* ---- an L1 descriptor that nothing else uses, nor the noise ---- */

#define SPARE_L1 230u

static void put_l1(struct world *w, u64 raw)
{
	fake_put64(&w->fake, L1 + SPARE_L1 * 8, raw);
}
static void d_l2_nowhere(struct world *w, u32 i)
{
	(void)i;
	put_l1(w, 0x70000000ull | 9);
}
static void d_l2_oas(struct world *w, u32 i)
{
	(void)i;
	put_l1(w, CORE_BIT(46) | 9);
}
static void d_l2_span(struct world *w, u32 i)
{
	put_l1(w, (L2 + i / DEVS * SMMU_L2_BYTES) | 15);
}
static void d_l2_across_end(struct world *w, u32 i)
{
	(void)i;
	put_l1(w, (L2 + BUSES * SMMU_L2_BYTES) | 9);
}
static void d_l2_shared(struct world *w, u32 i)
{
	put_l1(w, (L2 + i / DEVS * SMMU_L2_BYTES) | 9);
}

static const struct damage damages[] = {
	{ "L2 table nowhere", d_l2_nowhere, HEALTH_NOWHERE, STRTAB_TROUBLE_L2_READ },
	{ "L2 table beyond OAS", d_l2_oas, 0, STRTAB_TROUBLE_L1_ODD },
	{ "L2 table of a wrong span", d_l2_span, 0, STRTAB_TROUBLE_L1_ODD },
	{ "L2 table behind the end", d_l2_across_end, HEALTH_NOWHERE, STRTAB_TROUBLE_L2_READ },
	{ "L2 table shared", d_l2_shared, 0, STRTAB_TROUBLE_L2_SHARED },
	{ "CD table in capture RAM", d_cd_table_capture, HEALTH_OTHER_RAM, 0 },
	{ "CD table nowhere", d_cd_table_nowhere, HEALTH_NOWHERE, 0 },
	{ "root in capture RAM", d_root_capture, HEALTH_OTHER_RAM, 0 },
	{ "root nowhere", d_root_nowhere, HEALTH_NOWHERE, 0 },
	{ "root unaligned", d_root_unaligned, HEALTH_UNALIGNED, 0 },
	{ "root beyond OAS", d_root_oas, 0, 0 },
	{ "root points at itself", d_root_itself, HEALTH_SELF, 0 },
	{ "root is the stream table", d_root_is_strtab, HEALTH_SELF, 0 },
	{ "root is the CD table", d_root_is_cd_table, HEALTH_SELF, 0 },
	{ "root is an L2 table", d_root_is_l2, HEALTH_SELF, 0 },
	{ "CD table is the stream table", d_cd_table_is_l1, HEALTH_SELF, 0 },
	{ "root shared", d_root_shared, HEALTH_SHARED, 0 },
	{ "STE reserved bits", d_ste_reserved, HEALTH_RESERVED, 0 },
	{ "CD reserved bits", d_cd_reserved, HEALTH_RESERVED, 0 },
	{ "split-stage ATS", d_eats, HEALTH_REJECTED, 0 },
	{ "EL2 without HYP", d_strw, HEALTH_REJECTED, 0 },
	{ "stall without stall model", d_stall, HEALTH_REJECTED, 0 },
	{ "access flag without HTTU", d_httu, HEALTH_REJECTED, 0 },
	{ "granule not there", d_granule, HEALTH_REJECTED, 0 },
	{ "stage-2 geometry", d_s2_geometry, HEALTH_REJECTED, 0 },
	{ "reserved Config", d_config, 0, 0 },
	{ "CD not valid", d_cd_invalid, 0, 0 },
	{ "ASID 0", d_asid, 0, 0 },
};

static u32 where(const struct damage *d, u32 i)
{
	return d->trouble ? SPARE_L1 << SMMU_SPLIT : sid_of(i);
}

static bool found(const struct world *w, const struct damage *d)
{
	if (d->trouble)
		return w->troubles & 1u << d->trouble && (w->bits & d->bits) == d->bits;
	return d->bits ? (w->bits & d->bits) != 0 : w->odd != 0;
}

static void test_each(void **state)
{
	const u32 i = 11; /* the fourth of the second bus */
	struct world w;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(damages) / sizeof(damages[0]); n++) {
		make(&w);
		w.sid = where(&damages[n], i);
		damages[n].plant(&w, i);
		visit(&w);
		if (!found(&w, &damages[n]))
			fail_msg("%s: not found (bits 0x%x, troubles 0x%x)", damages[n].name,
				 w.bits, w.troubles);
		if (damages[n].trouble) {
			fake_mem_free(&w.fake);
			continue;
		}
		/* and nobody else is accused */
		assert_true(health_score(&w.h.tally) >= 90 && health_score(&w.h.tally) < 100);
		assert_int_equal(w.h.tally.worst_n, 1);
		assert_int_equal(w.h.tally.worst[0].sid, w.sid);
		assert_true(w.h.tally.errors + w.h.tally.warnings <= 2);
		fake_mem_free(&w.fake);
	}
}

static void test_attached(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	w.sid = w.attached = sid_of(3);
	/* The running kernel's CD and root: as it should be, once attached. */
	d_root_capture(&w, 3);
	visit(&w);
	assert_int_equal(w.items, 0);
	w.attached = HEALTH_NO_SID;
	visit(&w);
	assert_int_equal(w.bits, HEALTH_OTHER_RAM);
	fake_mem_free(&w.fake);
	/* an L2 table of the other kernel is how adoption adds streams */
	make(&w);
	w.sid = 7 << 8;
	fake_put64(&w.fake, L1 + 7 * 8, CAPTURE | 9);
	visit(&w);
	assert_int_equal(w.items, 0);
	fake_mem_free(&w.fake);
	/* the stream table itself */
	make(&w);
	w.sid = HEALTH_NO_SID;
	w.regs.strtab_base = CAPTURE;
	visit(&w);
	assert_int_equal(w.bits, HEALTH_OTHER_RAM);
	w.regs.strtab_base = 0;
	visit(&w);
	assert_int_equal(health_score(&w.h.tally), 0);
	fake_mem_free(&w.fake);
}

static void test_worst(void **state)
{
	struct health_tally t = { 0 };
	struct world w;
	u32 i;

	(void)state;
	make(&w);
	for (i = 0; i < 6; i++)
		d_ste_reserved(&w, i);
	d_root_nowhere(&w, 20);
	d_httu(&w, 20);
	d_config(&w, 21);
	visit(&w);
	health_score(&w.h.tally);
	assert_int_equal(w.h.tally.worst_n, HEALTH_WORST);
	assert_int_equal(w.h.tally.worst[0].sid, sid_of(20));
	assert_int_equal(w.h.tally.worst[1].sid, sid_of(21));
	assert_int_equal(w.h.tally.warnings, 6);
	assert_int_equal(w.h.tally.errors, 3);
	fake_mem_free(&w.fake);
	assert_int_equal(health_score(&t), 100);
	t.checked = 100000;
	t.warnings = 1;
	assert_int_equal(health_score(&t), 99);
	t.errors = 99999;
	assert_int_equal(health_score(&t), 0);
	assert_string_equal(health_what_name(HEALTH_ROOT), "page-table root");
	assert_string_equal(rec_finding_name(REC_FIND_HEALTH + 5), "table-points-at-itself");
}

/* ---- 10,000 times ---- */

static u32 seed = 20261122;

static u32 rnd(u32 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* Noise anywhere but in what belongs to stream @i, its bus's L1 descriptor included. */
static void noise(struct world *w, u32 i)
{
	u32 other, count = rnd(24), k;

	for (k = 0; k < count; k++) {
		do
			other = rnd(STREAMS);
		while (other == i || other == i - 1);
		switch (rnd(5)) {
		case 0: flip(w, ste_of(other) + rnd(8) * 8, CORE_BIT(rnd(64))); break;
		case 1: flip(w, cd_of(other) + rnd(8) * 8, CORE_BIT(rnd(64))); break;
		case 2: flip(w, root_of(other) + rnd(512) * 8, CORE_BIT(rnd(64))); break;
		case 3: flip(w, ste_of(other), (u64)rnd(~0u) << 32 | rnd(~0u)); break;
		default: /* an unused descriptor becomes a pointer to anywhere */
			fake_put64(&w->fake, L1 + (BUSES + rnd(200)) * 8,
				   ((u64)rnd(~0u) << 12 & CORE_MASK(43, 14)) | 9);
		}
	}
}

static void test_many(void **state)
{
	const size_t kinds = sizeof(damages) / sizeof(damages[0]);
	u32 n, i, lost = 0;
	struct world w;

	(void)state;
	for (n = 0; n < 10000; n++) {
		const struct damage *d = &damages[rnd((u32)kinds)];

		i = 1 + rnd(STREAMS - 1);
		make(&w);
		w.sid = where(d, i);
		noise(&w, i);
		d->plant(&w, i);
		visit(&w);
		if (!found(&w, d)) {
			lost++;
			print_error("%u: %s of stream %u lost\n", n, d->name, i);
		}
		assert_true(d->trouble || health_score(&w.h.tally) < 100);
		fake_mem_free(&w.fake);
	}
	assert_int_equal(lost, 0);
}

/* The registers too may hold anything, and what they say is then walked or refused. */
static void test_wild_registers(void **state)
{
	struct world w;
	u32 n;

	(void)state;
	for (n = 0; n < 2000; n++) {
		make(&w);
		noise(&w, 1);
		w.regs.strtab_base_cfg ^= (u32)CORE_BIT(rnd(18));
		w.regs.strtab_base ^= CORE_BIT(rnd(52));
		w.regs.idr0 ^= (u32)CORE_BIT(rnd(29));
		w.regs.idr5 ^= (u32)CORE_BIT(rnd(7));
		visit(&w);
		assert_true(health_score(&w.h.tally) <= 100);
		fake_mem_free(&w.fake);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),	 cmocka_unit_test(test_each),
		cmocka_unit_test(test_attached), cmocka_unit_test(test_worst),
		cmocka_unit_test(test_many),	 cmocka_unit_test(test_wild_registers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
