// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_ptw.c - see support_ptw.h. */
#include "tests/unit/cmocka_all.h"

#include "tests/unit/support_ptw.h"

struct fake_mem ptw_fake;
u64 ptw_next_table;
u64 ptw_seed;

u64 ptw_rnd(void)
{
	ptw_seed ^= ptw_seed << 13;
	ptw_seed ^= ptw_seed >> 7;
	ptw_seed ^= ptw_seed << 17;
	return ptw_seed;
}

int ptw_setup(void **state)
{
	(void)state;
	fake_mem_init(&ptw_fake);
	fake_mem_add(&ptw_fake, PTW_RAM, PTW_RAM_BYTES);
	ptw_next_table = PTW_RAM + 0x200000;
	ptw_seed = 0x9e3779b97f4a7c15ull;
	return 0;
}

int ptw_teardown(void **state)
{
	(void)state;
	fake_mem_free(&ptw_fake);
	return 0;
}

void ptw_fresh(void)
{
	(void)ptw_teardown(NULL);
	(void)ptw_setup(NULL);
}

const struct ptw_test_format ptw_formats[PTW_N_FORMATS] = {
	{ 12, 48, 48, PTW_FORM_48, 0, 0 },  { 12, 39, 44, PTW_FORM_48, 0, 1 },
	{ 12, 30, 40, PTW_FORM_48, 0, 2 },  { 12, 25, 40, PTW_FORM_48, 0, 2 },
	{ 12, 20, 40, PTW_FORM_48, 0, 3 },  { 12, 52, 52, PTW_FORM_DS, 0, -1 },
	{ 12, 48, 52, PTW_FORM_DS, 0, 0 },  { 14, 48, 48, PTW_FORM_48, 0, 0 },
	{ 14, 47, 48, PTW_FORM_48, 0, 1 },  { 14, 36, 48, PTW_FORM_48, 0, 2 },
	{ 14, 25, 48, PTW_FORM_48, 0, 3 },  { 14, 52, 52, PTW_FORM_DS, 0, 0 },
	{ 16, 48, 48, PTW_FORM_48, 0, 1 },  { 16, 42, 48, PTW_FORM_48, 0, 2 },
	{ 16, 29, 48, PTW_FORM_48, 0, 3 },  { 16, 52, 52, PTW_FORM_LPA, 0, 1 },
	{ 12, 40, 44, PTW_FORM_48, 1, 1 },  { 12, 42, 44, PTW_FORM_48, 1, 1 },
	{ 12, 43, 44, PTW_FORM_48, 1, 1 },  { 12, 44, 48, PTW_FORM_48, 1, 0 },
	{ 12, 34, 44, PTW_FORM_48, 1, 2 },  { 12, 52, 52, PTW_FORM_DS, 1, 0 },
	{ 14, 40, 48, PTW_FORM_48, 1, 2 },  { 14, 48, 48, PTW_FORM_48, 1, 1 },
	{ 16, 46, 48, PTW_FORM_48, 1, 2 },  { 16, 48, 48, PTW_FORM_48, 1, 1 },
	{ 16, 52, 52, PTW_FORM_LPA, 1, 1 },
};

struct ptw_geom ptw_geom_of(const struct ptw_test_format *f)
{
	struct ptw_geom g = { .granule_shift = f->granule,
			      .input_bits = f->input,
			      .output_bits = f->output,
			      .form = f->form,
			      .s2 = f->s2,
			      .root = PTW_RAM + 0x100000 };

	assert_int_equal(ptw_finish(&g, f->start), PTW_USABLE);
	assert_int_equal(ptw_start_level(&g), f->start);
	return g;
}

/* --- the second opinion: entries per table, and sizes by repeated multiplication --- */

u64 ptw_second_address(const struct ptw_test_format *f, u64 raw)
{
	u64 low = raw % (1ull << 48), addr = low - low % (1ull << f->granule);

	if (f->form == PTW_FORM_LPA)
		addr += ((raw >> 12) % 16) * (1ull << 48);
	if (f->form == PTW_FORM_DS)
		addr += ((raw >> 48) % 4) * (1ull << 48) + ((raw >> 8) % 4) * (1ull << 50);
	return addr;
}

u64 ptw_second_span(const struct ptw_test_format *f, int level)
{
	u64 entries = (1ull << f->granule) / 8, span = 1ull << f->granule;

	for (; level < 3; level++)
		span *= entries;
	return span;
}

/* Returns an enum ptw_outcome. */
int ptw_second_walk(const struct ptw_test_format *f, u64 root, u64 input, u64 *phys)
{
	u64 table = root, raw, rest = input, span;
	bool block;
	int level;

	for (level = f->start; level <= 3; level++) {
		span = ptw_second_span(f, level);
		raw = core_ld64(fake_mem_at(&ptw_fake, table + rest / span * 8));
		rest %= span;
		if (raw % 2 == 0)
			return PTW_UNMAPPED;
		table = ptw_second_address(f, raw);
		block = level == 3 || raw % 4 == 1;
		if (level == 3 && raw % 4 == 1)
			return PTW_BAD_ENTRY;
		if (block && level < 3) {
			if (level <= 0 && !(f->granule == 12 && f->form == PTW_FORM_DS && !level))
				return PTW_BAD_ENTRY;
			if (level == 1 && f->granule > 12 && f->form == PTW_FORM_48)
				return PTW_BAD_ENTRY;
		}
		if (block) {
			table -= table % span;
			*phys = table + rest;
		}
		if (f->output < 52 && table >= 1ull << f->output)
			return PTW_BAD_ENTRY;
		if (block)
			return PTW_MAPPED;
	}
	return -1;
}

/* --- tables --- */

u64 ptw_encode(const struct ptw_test_format *f, u64 addr, u64 attrs)
{
	u64 raw = (addr & 0xffffffffffffull) | attrs;

	if (f->form == PTW_FORM_LPA)
		raw |= (addr >> 48 & 15) << 12;
	if (f->form == PTW_FORM_DS)
		raw |= (addr >> 48 & 3) << 48 | (addr >> 50 & 3) << 8;
	return raw;
}

u64 ptw_new_table(const struct ptw_test_format *f)
{
	u64 bytes = 1ull << f->granule, table = (ptw_next_table + bytes - 1) & ~(bytes - 1);

	ptw_next_table = table + bytes;
	return ptw_next_table <= PTW_RAM + PTW_RAM_BYTES ? table : 0;
}

/* Map @input at @level as far as tables above allow it; a table is made where none is. */
void ptw_map(const struct ptw_test_format *f, u64 root, u64 input, int level, u64 phys, u64 attrs)
{
	u64 table = root, at, raw, rest = input;
	int l;

	for (l = f->start;; l++) {
		at = table + rest / ptw_second_span(f, l) * 8;
		rest %= ptw_second_span(f, l);
		if (l == level)
			break;
		raw = core_ld64(fake_mem_at(&ptw_fake, at));
		if (!(raw & 1)) {
			raw = ptw_new_table(f);
			if (!raw)
				return;
			raw = ptw_encode(f, raw, 3);
			fake_put64(&ptw_fake, at, raw);
		} else if (!(raw & 2)) {
			return; /* a block is there */
		}
		table = ptw_second_address(f, raw);
	}
	if (core_ld64(fake_mem_at(&ptw_fake, at)) & 1 && level < 3)
		return; /* a table is there */
	fake_put64(&ptw_fake, at,
		   ptw_encode(f, phys - phys % ptw_second_span(f, level),
			      attrs | (level == 3 ? 3 : 1)));
}

bool ptw_block_exists(const struct ptw_test_format *f, int level)
{
	return level == 2 || level == 3 ||
	       (level == 1 && (f->granule == 12 || f->form != PTW_FORM_48)) ||
	       (level == 0 && f->granule == 12 && f->form == PTW_FORM_DS);
}
