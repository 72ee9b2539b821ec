// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_embed.c - records into dumps and out again: what readers find, that undo
 * is exact, and that a dump whose embed or undo broke off at any write still
 * says what it said.
 */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "core/rec.h"
#include "tests/unit/support_dump.h"
#include "tests/unit/support_run.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

struct shape {
	const char *name;
	struct elf_shape elf;
	struct kdump_shape kdump; /* version 0: ELF */
	const char *how;	  /* NULL: there is no room */
};

static const struct shape shapes[] = {
	{ "elf, split", { 3, 0x40000, false, false, NULL, 0 }, { 0 }, "to make room" },
	{ "elf, small segments move", { 9, 0x1000, false, false, NULL, 0 }, { 0 }, "to make room" },
	{ "elf, tight", { 5, 0x1000, true, false, NULL, 0 }, { 0 }, "to make room" },
	{ "elf, no slot", { 3, 0x20000, false, true, NULL, 0 }, { 0 }, "to make room" },
	{ "kdump 6, room", { 0 }, { 6, 1, 0, false, NULL, 0 }, "the end" },
	{ "kdump 4, full", { 0 }, { 4, 0, 0, true, NULL, 0 }, "the end" },
	{ "kdump 5, zstd", { 0 }, { 5, 0x20, 0, true, NULL, 0 }, "the end" },
};

static u8 *records;
static size_t records_len;

static int load_records(void **state)
{
	(void)state;
	records = golden_stream("vm-adopted", &records_len);
	return records ? 0 : -1;
}

static int free_records(void **state)
{
	(void)state;
	free(records);
	return 0;
}

static struct image make(const struct shape *s)
{
	return s->kdump.version ? kdump_image(&s->kdump) : elf_image(&s->elf);
}

static struct image copy_of(const struct image *image)
{
	struct image copy = { malloc(image->len + 1), image->len };

	memcpy(copy.data, image->data, image->len);
	return copy;
}

static u32 memory(const struct image *image)
{
	return image->data[0] == 0x7f ? elf_memory_crc(image) : 0;
}

/* The records that log would print; -ENOENT when there are none. */
static int find(const struct image *image, u8 **ret, size_t *ret_len)
{
	struct mem_dev dev = { .image = *image };
	struct dump_src src = {
		.read = mem_read, .priv = &dev, .size = image->len, .budget = DUMP_FIND_BUDGET
	};
	struct errbuf err;
	u32 count;
	bool broken;
	int r = dump_records(&src, 1u << 26, ret, ret_len, &count, &broken, &err);

	if (r >= 0)
		assert_false(broken);
	return r;
}

static void is_embedded(const char *name, const struct image *image, const u8 *want, size_t len)
{
	size_t found_len;
	u8 *found;

	if (find(image, &found, &found_len) != 0 || found_len != len ||
	    memcmp(found, want, len) != 0)
		fail_msg("%s: the records are not found again", name);
	free(found);
}

static void is_original(const char *name, const struct image *image, const struct image *original)
{
	if (image->len != original->len || memcmp(image->data, original->data, image->len) != 0)
		fail_msg("%s: not what it was", name);
}

/* Another reader finds what it found before. */
static void reads_the_same(const char *name, const struct image *image,
			   const struct image *original)
{
	if (memory(image) != memory(original) ||
	    other_notes_crc(image) != other_notes_crc(original))
		fail_msg("%s: it reads differently", name);
}

static void test_there_and_back(void **state)
{
	struct image original;
	struct mem_dev mem;
	struct embed_dev dev;
	struct errbuf err;
	const char *how;
	size_t i, len;
	int pass;

	(void)state;
	for (i = 0; i < 2 * N(shapes); i++) {
		pass = (int)(i / N(shapes)); /* second: few records, which fit into any gap */
		len = pass ? 40 : records_len;
		original = make(&shapes[i % N(shapes)]);
		mem = (struct mem_dev){ .image = copy_of(&original) };
		dev = mem_dev_open(&mem);
		if (embed(&dev, records, len, &how, &err) != 0)
			fail_msg("%s: %s", shapes[i % N(shapes)].name, err.text);
		if (!pass && !strstr(how, shapes[i % N(shapes)].how))
			fail_msg("%s: %s", shapes[i % N(shapes)].name, how);
		reads_the_same(shapes[i % N(shapes)].name, &mem.image, &original);
		if (!pass)
			is_embedded(shapes[i % N(shapes)].name, &mem.image, records, len);
		dev = mem_dev_open(&mem);
		assert_int_equal(embed(&dev, records, len, &how, &err), -EEXIST);
		assert_int_equal(embed_undo(&dev, &err), 0);
		is_original(shapes[i % N(shapes)].name, &mem.image, &original);
		dev = mem_dev_open(&mem);
		assert_int_equal(embed_undo(&dev, &err), -ENOENT);
		free(mem.image.data);
		free(original.data);
	}
}

/*
 * Break embed off at write @at, as a full disk or a power failure would: nothing
 * can be taken back. Returns false when there is no such write.
 */
static bool break_embed(const struct shape *s, u32 at, bool torn)
{
	struct image original = make(s);
	struct mem_dev mem = { .image = copy_of(&original), .fail_at = at, .torn = torn };
	struct embed_dev dev = mem_dev_open(&mem);
	const char *how;
	struct errbuf err;
	size_t len;
	u8 *found;
	int r = embed(&dev, records, records_len, &how, &err);

	if (r != 0) {
		assert_int_equal(r, -EIO);
		reads_the_same(s->name, &mem.image, &original);
		/* All of the records or none. */
		r = find(&mem.image, &found, &len);
		if (r == 0) {
			assert_int_equal(len, records_len);
			free(found);
		} else if (r != -ENOENT) {
			fail_msg("%s, write %u: does not parse", s->name, at);
		}
		mem.fail_at = 0;
		dev = mem_dev_open(&mem);
		r = embed_undo(&dev, &err);
		if (r == 0)
			is_original(s->name, &mem.image, &original);
		else /* it broke before the undo log was whole: nothing but a tail is there */
			assert_memory_equal(mem.image.data, original.data, original.len);
		r = -1;
	}
	free(mem.image.data);
	free(original.data);
	return r != 0;
}

static bool break_undo(const struct shape *s, u32 at, bool torn)
{
	struct image original = make(s);
	struct mem_dev mem = { .image = copy_of(&original) };
	struct embed_dev dev = mem_dev_open(&mem);
	const char *how;
	struct errbuf err;
	int r;

	assert_int_equal(embed(&dev, records, records_len, &how, &err), 0);
	mem.fail_at = at;
	mem.torn = torn;
	dev = mem_dev_open(&mem);
	r = embed_undo(&dev, &err);
	if (r != 0) {
		reads_the_same(s->name, &mem.image, &original);
		mem.fail_at = 0;
		dev = mem_dev_open(&mem);
		assert_int_equal(embed_undo(&dev, &err), 0);
	}
	is_original(s->name, &mem.image, &original);
	free(mem.image.data);
	free(original.data);
	return r != 0;
}

static void test_broken_off(void **state)
{
	size_t i;
	u32 at;

	(void)state;
	for (i = 0; i < 2 * N(shapes); i++) {
		for (at = 1; break_embed(&shapes[i / 2], at, i & 1); at++)
			;
		assert_in_range(at, 4, 64);
		for (at = 1; break_undo(&shapes[i / 2], at, i & 1); at++)
			;
		assert_in_range(at, 2, 64);
	}
}

/* One write fails, the disk works again: embed takes everything back itself. */
static void test_taken_back(void **state)
{
	struct image original = make(&shapes[0]);
	struct mem_dev mem;
	struct embed_dev dev;
	struct errbuf err;
	const char *how;
	u32 at;
	int r;

	(void)state;
	for (at = 1, r = -1; r != 0; at++) {
		mem = (struct mem_dev){ copy_of(&original), 0, at, true, true };
		dev = mem_dev_open(&mem);
		r = embed(&dev, records, records_len, &how, &err);
		if (r != 0) {
			assert_int_equal(r, -EIO);
			assert_non_null(strstr(err.text, " at 0x"));
			is_original("taken back", &mem.image, &original);
		}
		free(mem.image.data);
	}
	assert_in_range(at, 7, 64);
	free(original.data);
}

/*
 * What "dev -v" of crash writes of the @nth device dump called smmu_adopt, from the kernel's header
 * (vmcore.h): behind namesz, descsz, type, 8 bytes of owner and 44 of name the descsz - 44 bytes
 * that are left, filling zeros and all. NULL: there is no such note.
 */
static const u8 *extract(const struct image *elf, u32 nth, size_t *ret_len)
{
	const u8 *p = elf->data + core_ld64(elf->data + 64 + 8);
	const u8 *end = p + core_ld64(elf->data + 64 + 32);

	while (end - p >= 64) {
		u32 name = (core_ld32(p) + 3) & ~3u, body = core_ld32(p + 4);

		if (core_ld32(p + 8) == 0x700 && !strcmp((const char *)p + 20, "smmu_adopt") &&
		    !nth--) {
			*ret_len = body - 44;
			return p + 64;
		}
		p += 12 + name + ((body + 3) & ~3u);
	}
	return NULL;
}

static void is_read_alike(const u8 *data, size_t len)
{
	struct run is, want;

	scratch_put("note.0", data, len);
	scratch_put("smmu-adopt.rec", records, records_len);
	run_ctl(ARGS("log", PATH("smmu-adopt.rec")), &want);
	run_ctl(ARGS("log", PATH("note.0")), &is);
	assert_int_equal(want.code, 0);
	assert_int_equal(is.code, 0);
	assert_string_equal(is.err, "");
	assert_string_equal(is.out, want.out);
	run_free(&is);
	run_free(&want);
}

/* The kernel's note and that of embed, as crash extracts them, are record files. */
static void test_extracted_by_crash(void **state)
{
	struct elf_shape shape = { 3, 0x20000, false, false, NULL, 0 };
	struct mem_dev mem;
	struct embed_dev dev;
	struct errbuf err;
	const char *how;
	const u8 *raw;
	size_t len;

	(void)state;
	shape.ours = records;
	shape.ours_len = records_len;
	mem = (struct mem_dev){ .image = elf_image(&shape) };
	raw = extract(&mem.image, 0, &len);
	assert_non_null(raw);
	assert_true(len > records_len);
	is_read_alike(raw, len);
	assert_null(extract(&mem.image, 1, &len));
	free(mem.image.data);
	shape.ours = NULL;
	mem = (struct mem_dev){ .image = elf_image(&shape) };
	assert_null(extract(&mem.image, 0, &len));
	dev = mem_dev_open(&mem);
	assert_int_equal(embed(&dev, records, records_len, &how, &err), 0);
	raw = extract(&mem.image, 0, &len);
	assert_non_null(raw);
	is_read_alike(raw, len);
	free(mem.image.data);
}

static void test_refused(void **state)
{
	static const struct elf_shape elf = { 2, 0x20000, false, false, NULL, 0 };
	static const struct elf_shape big = { 1, 0x5000000, false, true, NULL, 0 };
	static const struct elf_shape small = { 1, 0x200, true, false, NULL, 0 };
	static const struct kdump_shape incomplete = { 6, 8, 0, false, NULL, 0 };
	static const struct kdump_shape split = { 6, 0, 1, false, NULL, 0 };
	static const struct kdump_shape old = { 3, 0, 0, false, NULL, 0 };
	static const struct kdump_shape newer = { 7, 0, 0, false, NULL, 0 };
	static const struct kdump_shape good = { 6, 0, 0, false, NULL, 0 };
	struct image whole = elf_image(&elf), cut = copy_of(&whole), stray = copy_of(&whole);
	struct image pages = kdump_image(&good), hole = copy_of(&pages), short1 = copy_of(&pages);
	struct image short2 = copy_of(&pages), short3 = copy_of(&pages);
	struct {
		struct image image;
		int error;
		const char *message;
	} cases[] = {
		{ kdump_image(&incomplete), -EINVAL, "0x1a8: the dump is incomplete" },
		{ kdump_image(&split), -ENOTSUP, "0x100c: a part of a split dump" },
		{ kdump_image(&old), -EINVAL, "version 3 has no notes" },
		{ kdump_image(&newer), -ENOTSUP, "version 7 is newer than 6" },
		/* Interrupted: in the last page, before it, in the descriptors, in the bitmap. */
		{ { short1.data, short1.len - 1 }, -EINVAL, "is cut: at least 1 bytes of its" },
		{ { short2.data, short2.len - 80 }, -EINVAL, "is cut: at least 80 bytes of its" },
		{ { short3.data, short3.len - 3 * 77 - 1 }, -EINVAL, "is cut before its pages" },
		{ { pages.data, pages.len - 3 * 77 - 3 * 24 - 1 }, -EBADMSG, "outside the file" },
		/* A descriptor that was never written. */
		{ hole, -EINVAL, "is cut: at least 1 bytes of its" },
		{ flat_image(&whole, 4096), -ENOTSUP, "makedumpfile -R" },
		{ { cut.data, cut.len - 1 }, -EINVAL, "the dump is incomplete" },
		{ elf_image(&big), -ENOSPC, "no room" },
		{ elf_image(&small), -ENOSPC, "the dump is shorter than the records" },
		{ stray, -EBADMSG, "they end in padding" },
	};
	struct image before;
	struct mem_dev mem;
	struct embed_dev dev;
	struct errbuf err;
	const char *how;
	size_t i;

	(void)state;
	memset(hole.data + hole.len - 3 * 77 - 24, 0, 24);
	/* Less than a note behind the notes. */
	core_st64(stray.data + 64 + 32, core_ld64(stray.data + 64 + 32) + 8);
	for (i = 0; i < N(cases); i++) {
		before = copy_of(&cases[i].image);
		mem = (struct mem_dev){ .image = cases[i].image };
		dev = mem_dev_open(&mem);
		assert_int_equal(embed(&dev, records, records_len, &how, &err), cases[i].error);
		if (!strstr(err.text, cases[i].message))
			fail_msg("'%s' instead of '%s'", err.text, cases[i].message);
		is_original(cases[i].message, &mem.image, &before);
		free(before.data);
		free(mem.image.data);
	}
	free(whole.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_taken_back),
		cmocka_unit_test_setup_teardown(test_extracted_by_crash, scratch_set_up,
						scratch_tear_down),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, load_records, free_records);
}
