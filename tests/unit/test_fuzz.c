// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_fuzz.c - the fuzz targets on seeds of every format and on mutations of
 * them: always the same ones, so that a failure comes back. Inputs that
 * `make fuzz` found lie in tests/fuzz/found/TARGET-*, and are run too.
 *
 * FUZZ_SEEDS=DIR writes the seeds there instead, for libFuzzer.
 */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/dump/kdcodec.h"
#include "tests/unit/support_chance.h"
#include "tests/unit/support_dump.h"
#include "tests/unit/support_fuzz.h"
#include "tests/unit/support_kdump.h"
#include "tests/unit/support_printk.h"
#include "tests/unit/support_run.h"

#define FOUND "tests/fuzz/found"
#define ROUNDS 1500 /* mutations of each seed, for each target, unless FUZZ_ROUNDS says */
#define SEEDS 23

static struct image seeds[SEEDS];
static const char *const log_seeds[] = { "tests/golden/klog/netconsole-ext.log",
					 "tests/golden/klog/reset-612.log",
					 "tests/golden/klog/journal.log" };
#define N_LOGS (sizeof(log_seeds) / sizeof(log_seeds[0]))

/* Dumps with pages, one for each codec; a library that is missing leaves them plain. */
static void make_memory_seeds(struct image *ret)
{
	static const u32 codecs[] = { 0, KDCODEC_ZLIB, KDCODEC_LZO, KDCODEC_SNAPPY, KDCODEC_ZSTD };
	static u8 data[20][4096];
	struct kdump_page page[20];
	struct kdump_pages shape = { .shift = 12, .version = 6, .end = 400, .page = page, .n = 20 };
	size_t i, k;

	for (i = 0; i < 20; i++) {
		for (k = 0; k < 4096; k++)
			data[i][k] = (u8)(k * i >> (i & 7));
		page[i] = (struct kdump_page){ i * 13 + i % 2, i % 5 ? data[i] : NULL };
	}
	for (i = 0; i < 5; i++) {
		shape.codec = codecs[i];
		ret[i] = kdump_pages_image(&shape, NULL);
	}
}

/* An SMMUv3, a root complex with two overlapping ranges, a reserved region. */
static struct image iort_image(void)
{
	static const struct {
		u16 at;
		u32 value;
	} words[] = {
		{ 4, 300 },
		{ 8, 6 },
		{ 36, 3 },
		{ 40, 48 },
		{ 48, 4 | 68 << 8 },
		{ 64, 0x9050000 },
		{ 116, 2 | 80 << 8 },
		{ 124, 2 },
		{ 128, 40 },
		{ 160, 255 },
		{ 168, 48 },
		{ 176, 255 },
		{ 180, 255 },
		{ 188, 48 },
		{ 196, 6 | 88 << 8 },
		{ 204, 1 },
		{ 208, 28 },
		{ 212, 1 },
		{ 216, 2 },
		{ 220, 48 },
		{ 228, 3 },
		{ 236, 48 },
		{ 244, 0x8000000 },
		{ 252, 0x10000 },
		{ 264, 0x9000000 },
		{ 272, 0x1000 },
	};
	struct image image = { calloc(1, 300), 300 };
	size_t i;

	assert_non_null(image.data);
	memcpy(image.data, "IORT", 4);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		core_st32(image.data + words[i].at, words[i].value);
	return image;
}

/* VMCOREINFO and a small kernel's memory, whose log has wrapped. */
static struct image printk_image(void)
{
	static struct printk_log log;
	struct image image;
	size_t len;
	u32 i;

	printk_begin(&log, 4, 10);
	printk_host(&log, "db-7", "6.12.0");
	for (i = 0; i < 40; i++)
		printk_add(&log, i * 1000, i % 7 ? "a message, or a part of one" : "");
	len = strlen(log.info) + 1;
	image = (struct image){ malloc(len + log.end), len + log.end };
	assert_non_null(image.data);
	memcpy(image.data, log.info, len);
	memcpy(image.data + len, log.memory, log.end);
	return image;
}

static int make_seeds(void **state)
{
	size_t len, undo_len;
	u8 *records = golden_stream("vm-adopted", &len);
	struct elf_shape elf[] = {
		{ 3, 0x2000, false, false, records, 512 },
		{ 2, 0x20000, false, false, NULL, 0 },
		{ 5, 0x1000, true, false, NULL, 0 },
	};
	struct kdump_shape kdump[] = {
		{ 6, 1, 0, false, records, 512 },
		{ 4, 0x20, 0, true, NULL, 0 },
		{ 3, 0, 1, false, NULL, 0 },
	};
	struct mem_dev mem;
	struct embed_dev dev;
	struct errbuf err;
	const char *how;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		seeds[i] = elf_image(&elf[i]);
		seeds[3 + i] = kdump_image(&kdump[i]);
	}
	seeds[6] = flat_image(&seeds[0], 1000);
	seeds[7] = flat_image(&seeds[3], 4096);
	mem = (struct mem_dev){ .image = kdump_image(&kdump[1]) };
	dev = mem_dev_open(&mem);
	undo_len = len < 512 ? len : 512;
	assert_int_equal(embed(&dev, records, undo_len, &how, &err), 0);
	seeds[8] = mem.image;
	seeds[9] = (struct image){ records, len };
	for (i = 0; i < N_LOGS; i++) {
		seeds[10 + i].data = (u8 *)file_read(log_seeds[i], &seeds[10 + i].len);
		assert_non_null(seeds[10 + i].data);
	}
	make_memory_seeds(seeds + 10 + N_LOGS);
	seeds[15 + N_LOGS] = iort_image();
	seeds[16 + N_LOGS] = flat_image(&seeds[1], 10000);
	seeds[17 + N_LOGS] = flat_image(&seeds[11 + N_LOGS], 300);
	seeds[18 + N_LOGS] = flat_reversed(&seeds[11 + N_LOGS], 4096);
	seeds[19 + N_LOGS] = printk_image();
	return 0;
}

static int free_seeds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SEEDS; i++)
		free(seeds[i].data);
	return 0;
}

/* One to four changes where headers are, to values that hurt. */
static void mutate(struct image *image)
{
	static const u64 values[] = { 0, 1, 0xff, 0x7fffffff, 0xffffffff, ~0ull, 1ull << 63, 4096 };
	u64 n = 1 + chance(4), at, value;
	size_t len;

	while (n--) {
		at = chance(4) ? chance(image->len < 8192 ? image->len : 8192) : chance(image->len);
		len = (size_t)1 << chance(4);
		value = chance(2) ? values[chance(sizeof(values) / sizeof(values[0]))]
				  : chance(~0ull);
		if (len <= image->len - at)
			memcpy(image->data + at, &value, len);
	}
	if (!chance(8))
		image->len = (size_t)chance(image->len);
}

static size_t rounds(void)
{
	const char *text = getenv("FUZZ_ROUNDS");
	unsigned long n = text ? strtoul(text, NULL, 10) : 0;

	return n ? n : ROUNDS;
}

static void test_mutations(void **state)
{
	const size_t n = rounds();
	struct image copy;
	size_t t, s, i;

	(void)state;
	for (t = 0; t < FUZZ_TARGETS; t++) {
		for (s = 0; s < SEEDS; s++) {
			fuzz_targets[t].run(seeds[s].data, seeds[s].len);
			copy.data = malloc(seeds[s].len);
			for (i = 0; i < n; i++) {
				copy.len = seeds[s].len;
				memcpy(copy.data, seeds[s].data, copy.len);
				mutate(&copy);
				fuzz_targets[t].run(copy.data, copy.len);
			}
			free(copy.data);
		}
		fuzz_targets[t].run((const u8 *)"", 0);
	}
}

static void run_found(const char *name)
{
	char path[512];
	size_t t, len, n;
	u8 *data;

	for (t = 0; t < FUZZ_TARGETS; t++) {
		n = strlen(fuzz_targets[t].name);
		if (strncmp(name, fuzz_targets[t].name, n) != 0 || name[n] != '-')
			continue;
		(void)snprintf(path, sizeof(path), FOUND "/%s", name);
		data = (u8 *)file_read(path, &len);
		assert_non_null(data);
		fuzz_targets[t].run(data, len);
		free(data);
	}
}

static void test_found(void **state)
{
	DIR *dir = opendir(FOUND);
	struct dirent *entry;

	(void)state;
	if (!dir)
		return; /* nothing was found so far */
	while ((entry = readdir(dir)))
		run_found(entry->d_name);
	closedir(dir);
}

static void write_seeds(void **state)
{
	char path[512];
	size_t i;

	(void)state;
	for (i = 0; i < SEEDS; i++) {
		(void)snprintf(path, sizeof(path), "%s/seed-%zu", getenv("FUZZ_SEEDS"), i);
		file_write(path, seeds[i].data, seeds[i].len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_found),
	};
	const struct CMUnitTest writing[] = {
		cmocka_unit_test(write_seeds),
	};

	if (getenv("FUZZ_SEEDS"))
		return cmocka_run_group_tests(writing, make_seeds, free_seeds);
	return cmocka_run_group_tests(tests, make_seeds, free_seeds);
}
