// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_dump_agree.c - who wants the records, the memory, or to embed takes one description of a
 * dump (dump.h): they see the same ranges, which are those of the file by a reading of the test's
 * own, and what the description refuses all refuse in its words.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/rec.h"
#include "ctl/dump/mem.h"
#include "tests/unit/support_kdump.h"
#include "tests/unit/support_run.h"

#define MUTANTS 700u /* of each image */
#define MAX_IMAGES 16u

static struct image images[MAX_IMAGES];
static u32 n_images;
static u8 *records;
static size_t all_len, some_len; /* of all records, and of the first */
static size_t embed_len;	 /* of what is embedded */
static u32 now_image, now_seed;

/* --- the dumps --- */

/* The number of program headers in section header 0, as of dumps with 65535 and more. */
static struct image counted_elsewhere(struct image image)
{
	size_t at = (image.len + 63) & ~(size_t)63;
	u8 *d = calloc(1, at + 64);

	assert_non_null(d);
	memcpy(d, image.data, image.len);
	free(image.data);
	core_st32(d + at + 44, core_ld16(d + 56));
	core_st64(d + 40, at);
	core_st16(d + 56, 0xffff);
	core_st16(d + 58, 64);
	return (struct image){ d, at + 64 };
}

/* Pages at 100 and from 120 on, every third one not stored. */
static struct image pages_image(u32 version, u32 shift)
{
	static u8 bytes[20][65536], notes[200];
	struct kdump_page page[20];
	struct kdump_pages shape = { .shift = shift,
				     .version = version,
				     .end = 150,
				     .page = page,
				     .n = 20,
				     .notes = version >= 4 ? notes : NULL,
				     .notes_len = version >= 4 ? sizeof(notes) : 0 };
	u32 i;

	core_st32(notes, 5);
	core_st32(notes + 4, sizeof(notes) - 20);
	core_st32(notes + 8, 1);
	memcpy(notes + 12, "CORE", 5);
	for (i = 0; i < 20; i++) {
		memset(bytes[i], (int)(0x30 + i), sizeof(bytes[i]));
		page[i] = (struct kdump_page){ i ? 120 + i : 100, i % 3 ? bytes[i] : NULL };
	}
	return kdump_pages_image(&shape, NULL);
}

static int make_images(void **state)
{
	static const struct elf_shape shapes[] = {
		{ 3, 0x2000, false, false, NULL, 0 },
		{ 2, 0x12000, false, false, NULL, 0 },
		{ 5, 0x1000, true, false, NULL, 0 },
		{ 3, 0x2000, false, true, NULL, 0 },
	};
	static const struct kdump_shape full = { 4, 0, 0, true, NULL, 0 };
	struct elf_shape noted = shapes[0];
	struct rec_iter it = { 0 };
	struct rec rec;
	u32 i;

	(void)state;
	records = golden_stream("vm-adopted", &all_len);
	it.len = all_len;
	it.data = records;
	while (it.offset < 500)
		assert_int_equal(rec_next(&it, &rec), REC_OK);
	some_len = it.offset;
	noted.ours = records;
	noted.ours_len = some_len;
	for (i = 0; i < 4; i++)
		images[n_images++] = elf_image(&shapes[i]);
	images[n_images++] = elf_image(&noted);
	images[n_images++] = counted_elsewhere(elf_image(&shapes[0]));
	for (i = 1; i <= 6; i++)
		images[n_images++] = pages_image(i, i & 1 ? 12 : 14);
	images[n_images++] = kdump_image(&full);
	return 0;
}

static int free_images(void **state)
{
	(void)state;
	while (n_images)
		free(images[--n_images].data);
	free(records);
	return 0;
}

/* --- a reading of the test's own --- */

static bool is_elf(const struct image *image)
{
	return image->data[0] == 0x7f;
}

static const u8 *phdr_of(const struct image *image, u32 i, u32 *ret_n)
{
	const u8 *d = image->data;

	*ret_n = core_ld16(d + 56);
	if (*ret_n == 0xffff)
		*ret_n = core_ld32(d + core_ld64(d + 40) + 44);
	return d + core_ld64(d + 32) + (size_t)i * 56;
}

/* A PT_LOAD that cannot be is none. */
static bool is_bad_load(const u8 *h)
{
	u64 offset = core_ld64(h + 8), paddr = core_ld64(h + 24);
	u64 filesz = core_ld64(h + 32), memsz = core_ld64(h + 40);

	return memsz < filesz || paddr + memsz < paddr || offset + filesz < offset;
}

/* May the byte at @addr be answered by @outcome and @byte? Of two PT_LOADs either counts. */
static bool elf_may_be(const struct image *image, u64 addr, int outcome, u8 byte)
{
	bool ram = false;
	u32 i, n = 1;

	for (i = 0; i < n; i++) {
		const u8 *h = phdr_of(image, i, &n);
		u64 at = addr - core_ld64(h + 24), place = core_ld64(h + 8) + at;

		if (core_ld32(h) != 1 || is_bad_load(h) || addr < core_ld64(h + 24) ||
		    at >= core_ld64(h + 40))
			continue;
		ram = true;
		if (at >= core_ld64(h + 32) || place >= image->len) {
			if (outcome == SMMU_MEM_EXCLUDED)
				return true;
		} else if (outcome == SMMU_MEM_OK && image->data[place] == byte) {
			return true;
		}
	}
	return !ram && outcome == SMMU_MEM_NOT_RAM;
}

static bool bit(const u8 *bits, u64 n)
{
	return bits[n / 8] >> n % 8 & 1;
}

static bool kdump_may_be(const struct image *image, u64 addr, int outcome, u8 byte)
{
	const u8 *d = image->data, *desc, *ram, *stored;
	u32 block = core_ld32(d + 428), blocks = core_ld32(d + 436);
	u64 pfn = addr / block, i, rank = 0, place, end;

	ram = d + (1 + (size_t)core_ld32(d + 432)) * block;
	stored = ram + (size_t)blocks / 2 * block;
	end = core_ld32(d + 8) < 6 ? core_ld32(d + 440) : core_ld64(d + block + 96);
	if (pfn >= end || !bit(ram, pfn))
		return outcome == SMMU_MEM_NOT_RAM;
	if (!bit(stored, pfn))
		return outcome == SMMU_MEM_EXCLUDED;
	for (i = 0; i < pfn; i++)
		rank += bit(stored, i);
	desc = ram + (size_t)blocks * block + rank * 24;
	place = core_ld64(desc);
	/* One that is a page's, and plain: headers that have changed lead to others, too. */
	if (outcome == SMMU_MEM_OK)
		return core_ld32(desc + 8) == block && place <= image->len - block &&
		       image->data[place + addr % block] == byte;
	return outcome != SMMU_MEM_NOT_RAM;
}

/* Addresses where something begins or ends. */
static u32 edges(const struct image *image, u64 *ret, u32 max)
{
	u32 i, k, count = 0, n = 1, block = core_ld32(image->data + 428);

	if (!is_elf(image)) {
		for (i = 98; i < 152 && count < max; i++)
			ret[count++] = (u64)i * block + i * 7 % block;
		return count;
	}
	for (i = 0; i < n && count + 6 <= max; i++) {
		const u8 *h = phdr_of(image, i, &n);
		u64 start = core_ld64(h + 24);

		for (k = 0; k < 2; k++) {
			ret[count++] = start - k;
			ret[count++] = start + core_ld64(h + 32) - k;
			ret[count++] = start + core_ld64(h + 40) - k;
		}
	}
	return count;
}

/* Where the notes are. */
static void check_notes(const struct image *image, const struct dump_info *info)
{
	const u8 *d = image->data, *sub = d + core_ld32(d + 428), *h;
	u32 i, n = 1;

	if (is_elf(image)) {
		for (i = 0, h = phdr_of(image, 0, &n); core_ld32(h) != 4;
		     h = phdr_of(image, ++i, &n))
			assert_true(i < n);
		assert_int_equal(info->notes, core_ld64(h + 8));
		assert_int_equal(info->notes_len, core_ld64(h + 32));
	} else if (core_ld32(d + 8) >= 4) {
		assert_int_equal(info->notes, core_ld64(sub + 48));
		assert_int_equal(info->notes_len, core_ld64(sub + 56));
	} else {
		assert_int_equal(info->notes_len, 0);
	}
}

/* --- what the three say --- */

struct answer {
	int r;
	struct errbuf err;
};

static int file_of(const struct image *image)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, image->data, image->len), image->len);
	return fd;
}

static struct answer describe(const struct image *image, struct dump_info *info, bool pages)
{
	struct mem_dev dev = { .image = *image };
	struct dump_src src = mem_dev_open(&dev).src;
	struct dump_phdrs phdrs = { 0 };
	struct answer a = { 0 };

	a.r = dump_parse(&src, info, &a.err);
	if (a.r < 0 || !pages)
		return a;
	a.r = info->format == DUMP_ELF ? dump_elf_phdrs(&src, info, false, &phdrs, &a.err)
				       : dump_kdump_check_pages(info, &a.err);
	free(phdrs.h);
	return a;
}

static struct answer read_records(const struct image *image, u8 **ret, size_t *ret_len)
{
	struct dump_file file = { .fd = file_of(image) };
	struct answer a = { 0 };
	struct dump_src src;
	bool broken;
	u32 count;

	*ret = NULL;
	a.r = dump_file_notes(&file, &src, &a.err);
	if (a.r >= 0)
		a.r = dump_records(&src, 1u << 20, ret, ret_len, &count, &broken, &a.err);
	dump_file_close(&file);
	close(file.fd);
	return a;
}

/* Memory of @image, held against what @original says; @original may be @image. */
static struct answer read_memory(const struct image *image, const struct image *original)
{
	struct dump_file file = { .fd = file_of(image) };
	struct memdump dump = { 0 };
	struct answer a = { 0 };
	u64 addr[128];
	u32 i, n;
	u8 byte;
	int r;

	a.r = memdump_open(&file, "dump", &dump, &a.err);
	n = a.r < 0 ? 0 : edges(original, addr, 128);
	for (i = 0; i < n; i++) {
		byte = 0;
		r = smmu_mem_read(&dump.mem, addr[i], &byte, 1);
		if (!(is_elf(original) ? elf_may_be : kdump_may_be)(original, addr[i], r, byte))
			fail_msg("0x%llx: outcome %d, byte 0x%x", addr[i], r, byte);
	}
	memdump_close(&dump);
	dump_file_close(&file);
	close(file.fd);
	return a;
}

/* Embed into a copy. When that was possible: memory is what it was, and the records are there. */
static struct answer try_embed(const struct image *image, bool readable)
{
	struct mem_dev dev = { .image = { malloc(image->len), image->len } };
	struct answer a = { 0 }, after;
	struct embed_dev to;
	const char *how;
	size_t len;
	u8 *found;

	assert_non_null(dev.image.data);
	memcpy(dev.image.data, image->data, image->len);
	to = mem_dev_open(&dev);
	a.r = embed(&to, records, embed_len, &how, &a.err);
	if (a.r == 0) {
		after = read_records(&dev.image, &found, &len);
		if (after.r < 0)
			fail_msg("no records after embed: %s", after.err.text);
		assert_true(len >= embed_len);
		assert_memory_equal(found + len - embed_len, records, embed_len);
		free(found);
		after = read_memory(&dev.image, image);
		if (readable && after.r < 0)
			fail_msg("no memory after embed: %s", after.err.text);
		to = mem_dev_open(&dev);
		assert_int_equal(embed_undo(&to, &a.err), 0);
	}
	assert_int_equal(dev.image.len, image->len);
	assert_memory_equal(dev.image.data, image->data, image->len);
	free(dev.image.data);
	return a;
}

/* The refusal of @what is @why: of the same number, and in the same words. */
static void refuses(const char *what, const struct answer *a, const struct answer *why)
{
	const char *words = strncmp(a->err.text, "dump: ", 6) ? a->err.text : a->err.text + 6;

	if (a->r != why->r || strcmp(words, why->err.text) != 0)
		fail_msg("%s: %d '%s' instead of %d '%s'", what, a->r, a->err.text, why->r,
			 why->err.text);
}

/* What embed says before it asks where the pages are: of notes, and of the dump's own word. */
static bool is_said_first(const char *words)
{
	return !strncmp(words, "note", 4) || strstr(words, "--undo") ||
	       strstr(words, "the dump is incomplete") || strstr(words, "has no notes");
}

/* What embed refuses although the description is good: nothing of the headers' shape. */
static bool is_embeds_own(const char *words)
{
	return is_said_first(words) ||
	       (strncmp(words, "ELF header", 10) != 0 && strncmp(words, "kdump", 5) != 0 &&
		!strstr(words, "cannot"));
}

/* Of memory: bitmaps and descriptors, which are no headers, and what only the library reads. */
static bool is_memorys_own(const char *words)
{
	return strstr(words, "bitmaps at") || strstr(words, "page descriptors") ||
	       strstr(words, "without it") || strstr(words, "damaged: ");
}

/* Returns how much of it was good: 0 no headers, 1 headers, 2 pages, too, 3 and embedded into. */
static int agree(const struct image *image)
{
	struct dump_info info;
	struct answer head = describe(image, &info, false), pages = describe(image, &info, true);
	struct answer memory = read_memory(image, image), embedder, reader;
	size_t len;
	u8 *found;

	reader = read_records(image, &found, &len);
	free(found);
	embedder = try_embed(image, memory.r >= 0);
	if (head.r < 0) {
		refuses("reader", &reader, &head);
		/* Memory does without the notes. */
		if (!info.bad_notes)
			refuses("memory", &memory, &head);
		refuses("embedder", &embedder, &head);
		return 0;
	}
	check_notes(image, &info);
	if (pages.r < 0) {
		/* And without a PT_LOAD that cannot be, as long as there is another one. */
		if (memory.r < 0 && !strstr(memory.err.text, "PT_LOAD at"))
			refuses("memory", &memory, &pages);
		if (memory.r >= 0)
			assert_true(info.format == DUMP_ELF);
		assert_true(embedder.r < 0);
		if (!is_said_first(embedder.err.text))
			refuses("embedder", &embedder, &pages);
		return 1;
	}
	if (memory.r < 0 && !is_memorys_own(memory.err.text))
		fail_msg("memory: %s", memory.err.text);
	if (embedder.r < 0 && !is_embeds_own(embedder.err.text))
		fail_msg("embedder: %s", embedder.err.text);
	return embedder.r < 0 ? 2 : 3;
}

/* Of some ELF dumps the pages have to make room, by splitting a segment or moving some. */
static void choose(u32 i)
{
	now_image = i;
	embed_len = i == 1 || i == 2 ? all_len : some_len;
}

static void test_same_ranges(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < n_images; i++) {
		choose(i);
		/* Versions without notes take none, and the fifth has one already. */
		if (is_elf(&images[i]) || core_ld32(images[i].data + 8) >= 4)
			assert_int_equal(agree(&images[i]), 3);
		else
			assert_int_equal(agree(&images[i]), 2);
	}
}

/* What is flattened has the records and the memory of the dump, and takes no note. */
static void flattened_agrees(const struct image *image, struct image flat)
{
	u8 *found[2];
	size_t len[2];
	struct dump_info info;
	struct answer head = describe(&flat, &info, false), embedder = try_embed(&flat, false),
		      whole = read_records(image, &found[0], &len[0]),
		      reader = read_records(&flat, &found[1], &len[1]);

	refuses("embedder", &embedder, &head);
	assert_int_equal(head.r, -ENOTSUP);
	refuses("reader", &reader, &whole);
	if (!whole.r) {
		assert_int_equal(len[0], len[1]);
		assert_memory_equal(found[0], found[1], len[0]);
	}
	free(found[0]);
	free(found[1]);
	assert_int_equal(read_memory(&flat, image).r, 0);
	free(flat.data);
}

static void test_flattened(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < n_images; i++) {
		choose(i);
		flattened_agrees(&images[i], flat_image(&images[i], 4096));
		flattened_agrees(&images[i], flat_image(&images[i], 1000));
		flattened_agrees(&images[i], flat_reversed(&images[i], 65536));
		flattened_agrees(&images[i], flat_reversed(&images[i], 100));
	}
}

/* Up to three changes in the headers: single bits, bytes, and values that hurt. */
static void mutate(struct image *m, unsigned int *seed)
{
	static const u64 values[] = {
		0, 1, 2, 0xff, 0x1000, 0xffff, 0x7fffffff, ~0ull, 1ull << 63
	};
	u32 i, n = 1 + (u32)rand_r(seed) % 3, size, block = core_ld32(m->data + 428);
	u64 value;
	size_t at;

	for (i = 0; i < n; i++) {
		if (is_elf(m))
			at = (u32)rand_r(seed) % 400;
		else if (rand_r(seed) % 2)
			at = 400 + (u32)rand_r(seed) % 64;
		else
			at = (block <= 65536 ? block : 4096) + (u32)rand_r(seed) % 104;
		size = 1u << (u32)rand_r(seed) % 4;
		at &= ~(size_t)(size - 1);
		value = values[(u32)rand_r(seed) % 9];
		if (rand_r(seed) % 3 == 0)
			value = (u64)rand_r(seed);
		if (at + size > m->len)
			continue;
		if (rand_r(seed) % 3)
			m->data[at] ^= (u8)(1u << (u32)rand_r(seed) % 8);
		else
			memcpy(m->data + at, &value, size);
	}
}

static void test_mutated(void **state)
{
	u32 i, k, seen[4] = { 0 };
	struct image m;
	unsigned int seed;

	(void)state;
	for (i = 0; i < n_images; i++) {
		choose(i);
		m = (struct image){ malloc(images[i].len), images[i].len };
		assert_non_null(m.data);
		for (k = 0; k < MUTANTS; k++) {
			now_seed = seed = i * MUTANTS + k;
			memcpy(m.data, images[i].data, m.len);
			mutate(&m, &seed);
			seen[agree(&m)]++;
		}
		free(m.data);
	}
	now_seed = 0;
	/* Each kind was there, and often. */
	for (i = 0; i < 4; i++)
		assert_true(seen[i] > n_images * MUTANTS / 50);
}

static int tell_mutant(void **state)
{
	(void)state;
	if (now_seed)
		print_message("image %u, seed %u\n", now_image, now_seed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_ranges),
		cmocka_unit_test(test_flattened),
		cmocka_unit_test_teardown(test_mutated, tell_mutant),
	};

	return cmocka_run_group_tests(tests, make_images, free_images);
}
