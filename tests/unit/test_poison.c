// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_poison.c - the crashed kernel's broken pages by its struct pages, and VMCOREINFO's words. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/poison.h"
#include "core/vmcoreinfo.h"

#define MEMORY 0x40000000u
#define MEMORY_BYTES 0x400000u
#define VMEMMAP 0xfffffdffc0000000ull
#define VOFFSET 0xffff800040000000ull
#define ROOT 0x40001000u
#define STRUCTS 0x40200000u /* 2 MiB of them, by one block entry: 32,768 pages of 64 bytes */
#define POISON_BIT 21

static u8 *memory;
static unsigned int reads;
static u64 unreadable; /* reading here is -EIO */

static int read_memory(void *priv, u64 addr, void *buf, size_t len)
{
	(void)priv;
	reads++;
	if (unreadable && addr <= unreadable && unreadable < addr + len)
		return -EIO;
	if (addr < MEMORY || addr - MEMORY > MEMORY_BYTES - len)
		return SMMU_MEM_NOT_RAM;
	memcpy(buf, memory + (addr - MEMORY), len);
	return 0;
}

static const struct smmu_mem mem = { .read = read_memory };

static void entry(u32 table, u32 index, u64 value)
{
	core_st64(memory + (table - MEMORY) + index * 8, value);
}

static u32 index_at(u64 virt, int shift)
{
	return (u32)(virt >> shift & 511);
}

/* Four levels of 4 KiB tables; the third has a block. */
static void make_tables(void)
{
	entry(ROOT, index_at(VMEMMAP, 39), 0x40002003);
	entry(0x40002000, index_at(VMEMMAP, 30), 0x40003003);
	entry(0x40003000, index_at(VMEMMAP, 21), STRUCTS | 0x701);
}

static int open_memory(void **state)
{
	(void)state;
	memory = calloc(1, MEMORY_BYTES);
	reads = 0;
	unreadable = 0;
	if (!memory)
		return -1;
	make_tables();
	return 0;
}

static int close_memory(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

/* As a kernel of 4 KiB pages writes it; @more overrides, since it comes first. */
static const char *text(const char *more, const char *phys_offset)
{
	static char buf[1024];

	(void)snprintf(buf, sizeof(buf),
		       "OSRELEASE=6.12.95\n%sPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=%llx\n"
		       "SIZE(page)=64\nOFFSET(page.flags)=0\nNUMBER(PG_hwpoison)=%u\n"
		       "NUMBER(VA_BITS)=52\nNUMBER(VMEMMAP_START)=0x%llx\n"
		       "NUMBER(kimage_voffset)=0x%llx\nNUMBER(PHYS_OFFSET)=%s\n"
		       "NUMBER(TCR_EL1_T1SZ)=0x10\n",
		       more, ROOT + VOFFSET, POISON_BIT, VMEMMAP, VOFFSET, phys_offset);
	return buf;
}

static void mark(u64 frame)
{
	u8 *p = memory + (STRUCTS - MEMORY) + frame * 64;

	core_st64(p, core_ld64(p) | 1ull << POISON_BIT);
}

static void test_page(void **state)
{
	struct poison_cache cache = { 0 };
	struct poison_map map;

	(void)state;
	assert_true(poison_setup(text("", "0x40000000"), &map));
	mark(7);
	assert_int_equal(poison_page(&map, &cache, &mem, 0x40006fff), 0);
	assert_int_equal(reads, 4); /* three tables, one struct page */
	assert_int_equal(poison_page(&map, &cache, &mem, 0x40007000), 1);
	assert_int_equal(poison_page(&map, &cache, &mem, 0x40007fff), 1);
	assert_int_equal(poison_page(&map, &cache, &mem, 0x40008000), 0);
	assert_int_equal(reads, 7); /* the block is known */
	/* The last page of the block, and the first one behind it, which nothing maps. */
	assert_int_equal(poison_page(&map, &cache, &mem, 0x47fff000), 0);
	assert_int_equal(poison_page(&map, &cache, &mem, 0x48000000), -ENXIO);
	/* Before the first frame: in front of the array. */
	assert_int_equal(poison_page(&map, &cache, &mem, 0x3ffff000), -ENXIO);
	assert_int_equal(poison_page(&map, &cache, &mem, 0x40007000), 1);
}

/* Built for 52 bits, on 48: PHYS_OFFSET is so far below that the array begins elsewhere. */
static void test_negative_offset(void **state)
{
	struct poison_cache cache = { 0 };
	struct poison_map map;

	(void)state;
	/* Frame 0x40000 + i is entry i + 0x100 with this offset. */
	assert_true(poison_setup(text("", "0x3ff00000"), &map));
	mark(0x107);
	assert_int_equal(poison_page(&map, &cache, &mem, 0x40007000), 1);
	assert_true(poison_setup(text("", "0xfff1000040000000"), &map));
	assert_int_equal(map.first_frame, 0xffffff1000040000ull);
}

static void test_unreadable(void **state)
{
	struct poison_cache cache = { 0 };
	struct poison_map map;

	(void)state;
	assert_true(poison_setup(text("", "0x40000000"), &map));
	unreadable = 0x40002000 + index_at(VMEMMAP, 30) * 8;
	assert_int_equal(poison_page(&map, &cache, &mem, 0x40007000), -EIO);
	unreadable = STRUCTS + 7 * 64;
	assert_int_equal(poison_page(&map, &cache, &mem, 0x40007000), -EIO);
	unreadable = 0;
	/* The struct pages lie in no memory. */
	entry(0x40003000, index_at(VMEMMAP, 21), 0x80000701);
	cache.bytes = 0;
	assert_int_equal(poison_page(&map, &cache, &mem, 0x40007000), -ENXIO);
}

static void test_setup(void **state)
{
	static const char *const bad[] = {
		"SIZE(page)=0\n",	  "SIZE(page)=65\n",
		"SIZE(page)=4096\n",	  "OFFSET(page.flags)=60\n",
		"OFFSET(page.flags)=3\n", "NUMBER(PG_hwpoison)=64\n",
		"NUMBER(PG_hwpoison)=\n", "PAGESIZE=8192\n",
		"NUMBER(VA_BITS)=53\n",	  "SYMBOL(swapper_pg_dir)=x\n",
	};
	struct poison_map map;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(poison_setup(text(bad[i], "0x40000000"), &map));
	assert_false(poison_setup("", &map));
	assert_false(poison_setup(text("", "nothing"), &map));
}

static void test_words(void **state)
{
	static const char words[] =
		"A=1\nAB=0x2f\nNUMBER(C)=18446744073709551615\n"
		"NUMBER(D)=18446744073709551616\nSYMBOL(e)=ffff8000AB\nE=12x\nF=";
	u64 v = 0;

	(void)state;
	assert_true(vmcoreinfo_number(words, "A", &v));
	assert_int_equal(v, 1);
	assert_true(vmcoreinfo_number(words, "AB", &v));
	assert_int_equal(v, 0x2f);
	assert_true(vmcoreinfo_number(words, "NUMBER(C)", &v));
	assert_int_equal(v, ~0ull);
	assert_false(vmcoreinfo_number(words, "NUMBER(D)", &v));
	assert_true(vmcoreinfo_symbol(words, "e", &v));
	assert_int_equal(v, 0xffff8000ab);
	assert_false(vmcoreinfo_number(words, "E", &v));
	assert_false(vmcoreinfo_number(words, "F", &v));
	assert_false(vmcoreinfo_number(words, "B", &v)); /* the middle of a word */
}

/* Who does not ask whether there was room finds what was there before, with its end. */
static void test_no_room(void **state)
{
	char buf[4] = "old";

	(void)state;
	assert_false(vmcoreinfo_value("A=1234\n", "A", buf, sizeof(buf)));
	assert_string_equal(buf, "old");
	assert_false(vmcoreinfo_value("A=1\n", "B", buf, sizeof(buf)));
	assert_string_equal(buf, "old");
	assert_true(vmcoreinfo_value("A=123\nB=1", "A", buf, sizeof(buf)));
	assert_string_equal(buf, "123");
}

static size_t note(u8 *p, const char *owner, u32 len, const char *body)
{
	u32 name = (u32)strlen(owner) + 1;

	core_st32(p, name);
	core_st32(p + 4, len);
	memcpy(p + 12, owner, name);
	memcpy(p + 12 + (name + 3) / 4 * 4, body, strlen(body));
	return 12 + (name + 3) / 4 * 4 + (len + 3) / 4 * 4;
}

static void test_notes(void **state)
{
	u8 notes[256] = { 0 };
	size_t at = note(notes, "CORE", 5, "regs"),
	       end = at + note(notes + at, "VMCOREINFO", 4, "A=1\n");
	size_t len = 0, i;
	const char *p = vmcoreinfo_find(notes, sizeof(notes), &len);

	(void)state;
	assert_non_null(p);
	assert_int_equal(len, 4);
	assert_memory_equal(p, "A=1\n", 4);
	for (i = 0; i < end; i++) {
		u8 *cut = malloc(i + 1);

		assert_non_null(cut);
		memcpy(cut, notes, i);
		assert_null(vmcoreinfo_find(cut, i, &len));
		free(cut);
	}
	core_st32(notes + at + 4, ~0u);
	assert_null(vmcoreinfo_find(notes, sizeof(notes), &len));
	memset(notes + at, 0, sizeof(notes) - at);
	assert_null(vmcoreinfo_find(notes, sizeof(notes), &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_page, open_memory, close_memory),
		cmocka_unit_test_setup_teardown(test_negative_offset, open_memory, close_memory),
		cmocka_unit_test_setup_teardown(test_unreadable, open_memory, close_memory),
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
