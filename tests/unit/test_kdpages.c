// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_kdpages.c - our reader of kdump-compressed dumps: all codecs and page sizes, the same
 * answers as libkdumpfile, announced reads in any order, and files that lie.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl/dump/kdcodec.h"
#include "ctl/dump/mem.h"
#include "tests/unit/support_kdump.h"

#define PAGES 64u
#define FIRST 100u /* number of the first page */
#define END 300u

static const u32 codecs[] = { 0, KDCODEC_ZLIB, KDCODEC_LZO, KDCODEC_SNAPPY, KDCODEC_ZSTD };

/* Every third page of RAM is not stored, and between some there is none. */
struct machine {
	u32 shift;
	struct kdump_page page[PAGES];
	u8 *bytes;
	struct kdump_places at;
	struct image image;
};

static u64 pfn_of(u32 i)
{
	return FIRST + i + i / 10 * 5;
}

/* Pages as memory has them: words that resemble each other, one of chance, zeros. */
static void fill(u8 *p, size_t len, u32 i)
{
	unsigned int seed = i;
	size_t k;

	for (k = 0; k < len && i % 5; k += 8)
		core_st64(p + k, i % 7 ? 0x40000443u + (k << 9) * i : (u64)rand_r(&seed) << 30);
}

static void make_machine(struct machine *m, u32 shift, u32 codec, u32 version)
{
	struct kdump_pages s = { .shift = shift,
				 .codec = codec,
				 .version = version,
				 .end = END,
				 .page = m->page,
				 .n = PAGES };
	u32 i;

	m->shift = shift;
	m->bytes = calloc(PAGES, (size_t)1 << shift);
	assert_non_null(m->bytes);
	for (i = 0; i < PAGES; i++) {
		fill(m->bytes + ((size_t)i << shift), (size_t)1 << shift, i);
		m->page[i] = (struct kdump_page){ pfn_of(i),
						  i % 3 ? m->bytes + ((size_t)i << shift) : NULL };
	}
	m->image = kdump_pages_image(&s, &m->at);
}

static void free_machine(struct machine *m)
{
	free(m->image.data);
	free(m->bytes);
}

typedef int (*open_fn)(struct dump_file *file, const char *name, struct memdump *ret,
		       struct errbuf *err);

static struct dump_file dump_file; /* of the one dump that is open */

static int open_image(open_fn open_dump, const u8 *data, size_t len, struct memdump *dump,
		      struct errbuf *err)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	*dump = (struct memdump){ 0 };
	dump_file_close(&dump_file);
	dump_file = (struct dump_file){ .fd = fd };
	if (open_dump(&dump_file, "dump", dump, err) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_machine(open_fn open_dump, const struct machine *m, struct memdump *dump)
{
	struct errbuf err;
	int fd = open_image(open_dump, m->image.data, m->image.len, dump, &err);

	if (fd < 0)
		fail_msg("%s", err.text);
	return fd;
}

/* Page number @pfn of the machine: its bytes, or what is to be said of it. */
static int expected(const struct machine *m, u64 pfn, const u8 **ret)
{
	u32 i;

	for (i = 0; i < PAGES && m->page[i].pfn != pfn; i++)
		;
	if (i == PAGES)
		return SMMU_MEM_NOT_RAM;
	*ret = m->page[i].data;
	return *ret ? SMMU_MEM_OK : SMMU_MEM_EXCLUDED;
}

static void check_pages(const struct machine *m, struct memdump *dump)
{
	size_t page = (size_t)1 << m->shift;
	const u8 *bytes = NULL;
	u8 *buf = malloc(page);
	u64 pfn;
	int r;

	assert_non_null(buf);
	for (pfn = 0; pfn < END + 10; pfn++) {
		r = expected(m, pfn, &bytes);
		assert_int_equal(smmu_mem_read(&dump->mem, pfn << m->shift, buf, page), r);
		if (!r)
			assert_memory_equal(buf, bytes, page);
	}
	free(buf);
}

static bool has_codec(u32 codec)
{
	return !kdcodec_missing(codec);
}

static void test_pages(void **state)
{
	static const u32 versions[] = { 1, 3, 5, 6, 8 }; /* 8: newer than what is known */
	struct memdump dump;
	struct machine m;
	size_t c, v;
	u32 shift;
	int fd;

	(void)state;
	for (c = 0; c < sizeof(codecs) / sizeof(codecs[0]); c++) {
		if (!has_codec(codecs[c]))
			continue;
		for (shift = 12; shift <= 16; shift += 2) {
			for (v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
				make_machine(&m, shift, codecs[c], versions[v]);
				fd = open_machine(memdump_open, &m, &dump);
				assert_string_equal(dump.format, "kdump-compressed");
				assert_int_equal(dump.cut_bytes, 0);
				check_pages(&m, &dump);
				memdump_close(&dump);
				close(fd);
				free_machine(&m);
			}
		}
	}
}

/* The address space of that reader's child is limited: nothing for ASan. */
#if defined(HAVE_KDUMPFILE) && !defined(__SANITIZE_ADDRESS__)
#define HAVE_LIBRARY
#endif

#ifdef HAVE_LIBRARY
/* The second opinion: libkdumpfile, asked through our other reader. */
static void test_library_agrees(void **state)
{
	struct memdump dump;
	struct machine m;
	size_t c;
	u32 shift;
	int fd;

	(void)state;
	for (c = 0; c < sizeof(codecs) / sizeof(codecs[0]); c++) {
		for (shift = 12; has_codec(codecs[c]) && shift <= 16; shift += 4) {
			make_machine(&m, shift, codecs[c], 6);
			fd = open_machine(memdump_open_library, &m, &dump);
			check_pages(&m, &dump);
			memdump_close(&dump);
			close(fd);
			free_machine(&m);
		}
	}
}
#endif

/* Parts of pages, pieces over several pages, and what ends at one that is not stored. */
static void test_parts(void **state)
{
	struct memdump dump;
	struct machine m;
	u8 buf[0x3000];
	int fd;

	(void)state;
	make_machine(&m, 12, has_codec(KDCODEC_ZLIB) ? KDCODEC_ZLIB : 0, 6);
	fd = open_machine(memdump_open, &m, &dump);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x65ff8, buf, 0x1010), SMMU_MEM_EXCLUDED);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x65008, buf, 0x1ff0), SMMU_MEM_OK);
	assert_memory_equal(buf, m.bytes + 0x1008, 0x1ff0);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x65ff8, buf, 16), SMMU_MEM_OK);
	assert_memory_equal(buf, m.bytes + 0x1ff8, 16);
	/* Page 9 is not stored, and after it there is no memory. */
	assert_int_equal(smmu_mem_read(&dump.mem, 0x6c800, buf, 0x1000), SMMU_MEM_EXCLUDED);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x6e000, buf, 8), SMMU_MEM_NOT_RAM);
	assert_int_equal(smmu_mem_read(&dump.mem, ~0ull - 7, buf, 8), SMMU_MEM_NOT_RAM);
	memdump_close(&dump);
	close(fd);
	free_machine(&m);
}

/* Whatever is announced, in lists within lists, and read or not, in any order: the same bytes. */
static void announced(u32 shift, unsigned int seed)
{
	u64 page = 1ull << shift, pfn;
	const u8 *bytes = NULL;
	struct memdump dump;
	struct machine m;
	u8 buf[256];
	u32 i, k;
	int fd, r;

	make_machine(&m, shift, has_codec(KDCODEC_LZO) ? KDCODEC_LZO : 0, 6);
	fd = open_machine(memdump_open, &m, &dump);
	for (i = 0; i < 400; i++) {
		/* Mostly ahead of what is read, sometimes all of it over and over. */
		for (k = 0; k < (i % 50 ? (u32)rand_r(&seed) % 40 : 20000); k++)
			dump.mem.will_need(dump.mem.priv,
					   (FIRST + (i / 4 + k) % 110) * page + k % 3 * 512,
					   k % 7 ? 256 : (size_t)page + 1);
		for (k = 0; k < (u32)rand_r(&seed) % 8; k++) {
			pfn = FIRST + ((u64)i / 4 + (u64)rand_r(&seed) % 12) % 110;
			memset(buf, 0xee, sizeof(buf));
			r = expected(&m, pfn, &bytes);
			assert_int_equal(smmu_mem_read(&dump.mem, pfn * page + 512, buf, 256), r);
			if (!r)
				assert_memory_equal(buf, bytes + 512, 256);
		}
	}
	memdump_close(&dump);
	close(fd);
	free_machine(&m);
}

static void test_announced(void **state)
{
	unsigned int seed;

	(void)state;
	for (seed = 1; seed < 6; seed++) {
		announced(12, seed);
		announced(16, seed);
	}
}

/* --- files that lie --- */

struct lie {
	const char *what;
	size_t at; /* of the image */
	u64 value;
	u32 bytes;
	const char *words; /* of the message at opening; NULL: it opens */
};

static void test_headers(void **state)
{
	const struct lie lies[] = {
		{ "block size 0", 428, 0, 4, "block size" },
		{ "block size odd", 428, 4097, 4, "block size" },
		{ "block size small", 428, 2048, 4, "block size" },
		{ "block size large", 428, 0x20000, 4, "block size" },
		{ "another block size", 428, 0x2000, 4, "--reassemble" },
		{ "no sub-header", 432, 0, 4, "impossible number" },
		{ "sub-header without end", 432, 0xffffffff, 4, "impossible number" },
		{ "sub-header of the whole file", 432, 100, 4, "are outside" },
		{ "no bitmaps", 436, 0, 4, "are outside" },
		{ "half a bitmap", 436, 1, 4, "are outside" },
		{ "bitmaps without end", 436, 0xffffffff, 4, "are outside" },
		{ "bitmaps of all there is", 436, 80, 4, "are outside" },
		{ "more pages than bits", 0x1060, 0x8001, 8, "shorter than the memory" },
		{ "2^64 pages", 0x1060, ~0ull, 8, "shorter than the memory" },
		{ "no pages", 0x1060, 0, 8, "no pages" },
		{ "part of a set", 0x100c, 1, 4, "--reassemble" },
		{ "fewer pages", 0x1060, 101, 8, NULL },
		{ "pages beyond the last one", 0x3fff, 0xff, 1, NULL },
	};
	struct memdump dump;
	struct errbuf err;
	struct machine m;
	u8 value[8];
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		make_machine(&m, 12, 0, 6);
		core_st64(value, lies[i].value);
		memcpy(m.image.data + lies[i].at, value, lies[i].bytes);
		fd = open_image(memdump_open, m.image.data, m.image.len, &dump, &err);
		if ((fd < 0) != (lies[i].words != NULL) ||
		    (fd < 0 && !strstr(err.text, lies[i].words)))
			fail_msg("%s: %s", lies[i].what, fd < 0 ? err.text : "opened");
		if (fd >= 0) {
			memdump_close(&dump);
			close(fd);
		}
		free_machine(&m);
	}
}

/* All bits set, so that more descriptors are promised than the file has. */
static void test_bitmap_full(void **state)
{
	struct memdump dump;
	struct errbuf err;
	struct machine m;

	(void)state;
	make_machine(&m, 12, has_codec(KDCODEC_ZLIB) ? KDCODEC_ZLIB : 0, 6);
	core_st64(m.image.data + 0x1060, 0x8000);
	memset(m.image.data + m.at.stored, 0xff, 4096);
	assert_int_equal(open_image(memdump_open, m.image.data, m.image.len, &dump, &err), -1);
	assert_non_null(strstr(err.text, "descriptors are outside"));
	free_machine(&m);
}

/* Cut anywhere: refused, or pages are missing; never zeros, and the loss is known. */
static void test_cut(void **state)
{
	size_t len, page = 4096;
	const u8 *bytes = NULL;
	struct memdump dump;
	struct errbuf err;
	struct machine m;
	u8 buf[4096];
	u64 pfn, lost;
	int fd, r;

	(void)state;
	make_machine(&m, 12, has_codec(KDCODEC_ZSTD) ? KDCODEC_ZSTD : 0, 6);
	for (len = 0; len < m.image.len; len += len < m.at.descs ? 511 : 97) {
		fd = open_image(memdump_open, m.image.data, len, &dump, &err);
		assert_true((fd >= 0) == (len >= m.at.data));
		if (fd < 0)
			continue;
		for (pfn = lost = 0; pfn < END; pfn++) {
			r = smmu_mem_read(&dump.mem, pfn << 12, buf, page);
			if (expected(&m, pfn, &bytes) != SMMU_MEM_OK)
				continue;
			lost += r == SMMU_MEM_EXCLUDED;
			assert_true(r == SMMU_MEM_OK || r == SMMU_MEM_EXCLUDED);
			if (!r)
				assert_memory_equal(buf, bytes, page);
		}
		assert_true(lost > 0 && dump.cut_bytes > 0);
		memdump_close(&dump);
		close(fd);
	}
	free_machine(&m);
}

/* A cut shows although the last pages are all zeros, which share one place at the beginning. */
static void test_cut_before_zeros(void **state)
{
	static u8 bitmap[8192 / 8];
	struct dump_info info = { .size = 0 };
	struct dump_src src;
	struct errbuf err;
	u8 desc[KDUMP_DESC_BYTES] = { 0 };
	u64 n = 8192, stored, cut, i, data = sizeof(bitmap) + n * sizeof(desc);
	int fd = memfd_create("dump", MFD_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	memset(bitmap, 0xff, sizeof(bitmap));
	assert_int_equal(write(fd, bitmap, sizeof(bitmap)), sizeof(bitmap));
	for (i = 0; i < n; i++) {
		core_st64(desc, i < 100 ? data + 16 + i * 8 : data);
		core_st32(desc + 8, i < 100 ? 8 : 16);
		assert_int_equal(write(fd, desc, sizeof(desc)), sizeof(desc));
	}
	info.kdump = (struct dump_kdump){ .pages = n - 3, .descs = sizeof(bitmap) };
	src = dump_src_fd(&fd, data + 16 + 100 * 8, 0);
	assert_int_equal(dump_kdump_stored(&src, &info, &stored, &err), 0);
	assert_int_equal(stored, n - 3);
	assert_int_equal(dump_kdump_cut(&src, info.kdump.descs, n, &cut, &err), 0);
	assert_int_equal(cut, 0);
	src.size -= 3;
	assert_int_equal(dump_kdump_cut(&src, info.kdump.descs, n, &cut, &err), 0);
	assert_int_equal(cut, 3);
	close(fd);
}

/* Page 1 has a descriptor of the test's: what is read, and what is said of it. */
static void descriptor(u64 offset, u32 bytes, u32 flags, int outcome, const char *words)
{
	struct memdump dump;
	struct machine m;
	u8 buf[8], other[4096], *d;
	int fd;

	make_machine(&m, 12, has_codec(KDCODEC_ZLIB) ? KDCODEC_ZLIB : 0, 6);
	d = m.image.data + m.at.descs;
	if (offset)
		core_st64(d, offset == 1 ? m.image.len : offset == 2 ? m.at.data : offset);
	else
		core_st64(d, 0);
	core_st32(d + 8, bytes);
	core_st32(d + 12, flags);
	fd = open_machine(memdump_open, &m, &dump);
	dump.mem.will_need(dump.mem.priv, pfn_of(1) << 12, 4096);
	dump.mem.will_need(dump.mem.priv, pfn_of(2) << 12, 4096);
	assert_int_equal(smmu_mem_read(&dump.mem, pfn_of(1) << 12, buf, 8), outcome);
	if (words && !strstr(memdump_why(&dump, outcome), words))
		fail_msg("%s: %s", words, memdump_why(&dump, outcome));
	/* The others are what they were. */
	assert_int_equal(smmu_mem_read(&dump.mem, pfn_of(2) << 12, other, 4096), SMMU_MEM_OK);
	assert_memory_equal(other, m.page[2].data, 4096);
	memdump_close(&dump);
	close(fd);
	free_machine(&m);
}

static void test_descriptors(void **state)
{
	(void)state;
	descriptor(0, 4096, 0, SMMU_MEM_EXCLUDED, NULL); /* the writer never came there */
	descriptor(2, 0, 0, SMMU_MEM_EXCLUDED, NULL);
	descriptor(1, 4096, 0, SMMU_MEM_EXCLUDED, NULL); /* behind the end of the file */
	descriptor(~0ull, 4096, 0, SMMU_MEM_EXCLUDED, NULL);
	descriptor(1ull << 63, 1, 0, SMMU_MEM_EXCLUDED, NULL);
	descriptor(2, 0xffffffff, 0, SMMU_MEM_EXCLUDED, NULL);
	descriptor(2, 4097, 0, -EIO, "longer than a page");
	descriptor(2, 4097, KDCODEC_ZLIB, -EIO, "longer than a page");
	descriptor(4096, 4096, 0, -EIO, "among the headers");
	descriptor(0x4001, 24, 0, -EIO, "among the headers"); /* a descriptor as a page */
	descriptor(2, 4095, 0, -EIO, "damaged");
	descriptor(2, 100, KDCODEC_ALL, -EIO, "damaged");
	if (has_codec(KDCODEC_ZLIB))
		descriptor(2, 100, KDCODEC_ZLIB, -EIO, "damaged");
	/* Another one's bytes, or some of two: what is there is a page. */
	descriptor(2, 4096, 0, SMMU_MEM_OK, NULL);
	descriptor(2, 4096, 0x40, SMMU_MEM_OK, NULL);
}

/* Packed bytes that become more, or less, than a page, or nonsense. */
static void bomb(u32 codec, size_t unpacked, size_t cut)
{
	u8 *data = calloc(1, unpacked), *packed = malloc(2 * unpacked + 256);
	struct kdcodec state = { 0 };
	u8 page[4096 + 64];
	size_t len, i;

	assert_true(data && packed);
	len = kdump_pack(codec, data, unpacked, packed);
	assert_true(len > cut);
	memset(page, 0x77, sizeof(page));
	assert_int_equal(kdcodec_unpack(&state, codec, packed, len - cut, page, 4096), -EBADMSG);
	for (i = 4096; i < sizeof(page); i++)
		assert_int_equal(page[i], 0x77);
	/* What follows is not disturbed. */
	memset(data, 0x31, 4096);
	len = kdump_pack(codec, data, 4096, packed);
	assert_int_equal(kdcodec_unpack(&state, codec, packed, len, page, 4096), 0);
	assert_memory_equal(page, data, 4096);
	kdcodec_free(&state);
	free(data);
	free(packed);
}

static void test_bombs(void **state)
{
	size_t c;

	(void)state;
	for (c = 1; c < sizeof(codecs) / sizeof(codecs[0]); c++) {
		if (!has_codec(codecs[c]))
			continue;
		bomb(codecs[c], 1u << 20, 0);
		bomb(codecs[c], 64u << 20, 0);
		bomb(codecs[c], 4097, 0);
		bomb(codecs[c], 8192, 0);
		bomb(codecs[c], 8192, 3);
	}
}

static void test_short_pages(void **state)
{
	u8 data[4096] = { 0 }, packed[2 * 4096 + 256], page[4096];
	struct kdcodec codec = { 0 };
	size_t c, len, i;

	(void)state;
	for (c = 1; c < sizeof(codecs) / sizeof(codecs[0]); c++) {
		if (!has_codec(codecs[c]))
			continue;
		for (i = 0; i < sizeof(data); i++)
			data[i] = (u8)(i * i >> 3);
		len = kdump_pack(codecs[c], data, 4000, packed);
		assert_int_equal(kdcodec_unpack(&codec, codecs[c], packed, len, page, 4096),
				 -EBADMSG);
		len = kdump_pack(codecs[c], data, 4096, packed);
		for (i = 0; i < len; i += 7)
			assert_int_equal(kdcodec_unpack(&codec, codecs[c], packed, i, page, 4096),
					 -EBADMSG);
	}
	kdcodec_free(&codec);
}

/* Any bytes changed: an answer or an error, all reads inside (ASan), and nothing that takes long.
 */
static void test_mutated(void **state)
{
	unsigned int seed = 11;
	struct memdump dump;
	struct errbuf err;
	struct machine m;
	u8 buf[4096];
	size_t at;
	int i, k, fd, r;

	(void)state;
	for (i = 0; i < 600; i++) {
		make_machine(&m, 12, has_codec(codecs[i % 5]) ? codecs[i % 5] : 0, 6);
		for (k = 0; k < 5; k++) {
			at = k < 2 ? 400 + (unsigned int)rand_r(&seed) % 64
				   : m.at.ram +
					     (unsigned int)rand_r(&seed) % (m.image.len - m.at.ram);
			m.image.data[at] = (u8)((unsigned int)rand_r(&seed) >> 3);
		}
		fd = open_image(memdump_open, m.image.data, m.image.len, &dump, &err);
		for (k = 0; fd >= 0 && k < 64; k++)
			dump.mem.will_need(dump.mem.priv, pfn_of((u32)k) << 12, 4096);
		for (k = 0; fd >= 0 && k < 64; k++) {
			r = smmu_mem_read(&dump.mem, pfn_of((u32)k) << 12, buf, 4096);
			assert_true(r <= SMMU_MEM_EXCLUDED);
			assert_true(r >= 0 || dump.problem.text[0]);
		}
		if (fd >= 0) {
			memdump_close(&dump);
			close(fd);
		}
		free_machine(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
#ifdef HAVE_LIBRARY
		cmocka_unit_test(test_library_agrees),
#endif
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_bitmap_full),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_before_zeros),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_short_pages),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
