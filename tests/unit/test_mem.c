// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_mem.c - memory out of dumps: the three answers, cut files, damaged
 * headers. Dumps are made here, byte by byte.
 */
#include "tests/unit/cmocka_all.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl/mem.h"

#define FILE_BYTES 0x6000u

static u8 image[FILE_BYTES];
static u8 zlib_less[0x9000];

/* 0x40000000: 8 KiB stored; 0x40002000: 4 KiB RAM, not stored; 0x50000000: 4 KiB at the end. */
static void make_elf(void)
{
	Elf64_Ehdr eh = { .e_type = ET_CORE,
			  .e_machine = EM_AARCH64,
			  .e_phoff = 64,
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 4 };
	Elf64_Phdr ph[4] = {
		{ .p_type = PT_NOTE, .p_offset = 0x1000, .p_filesz = 16 },
		{ .p_type = PT_LOAD,
		  .p_offset = 0x5000,
		  .p_paddr = 0x50000000,
		  .p_filesz = 0x1000,
		  .p_memsz = 0x1000 },
		{ .p_type = PT_LOAD,
		  .p_offset = 0x2000,
		  .p_paddr = 0x40000000,
		  .p_filesz = 0x2000,
		  .p_memsz = 0x3000 },
		/* the same memory again, as /proc/vmcore has the kernel's image */
		{ .p_type = PT_LOAD,
		  .p_offset = 0x4000,
		  .p_paddr = 0x40001000,
		  .p_filesz = 0x1000,
		  .p_memsz = 0x1000 },
	};

	memcpy(eh.e_ident, "\177ELF\2\1\1", 7);
	memset(image, 0, sizeof(image));
	memcpy(image, &eh, sizeof(eh));
	memcpy(image + 64, ph, sizeof(ph));
	memset(image + 0x2000, 0xa1, 0x1000);
	memset(image + 0x3000, 0xa2, 0x1000);
	memset(image + 0x4000, 0xee, 0x1000);
	memset(image + 0x5000, 0xa5, 0x1000);
}

static int open_bytes(const void *data, size_t len, struct memdump *dump, struct errbuf *err)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	*dump = (struct memdump){ 0 };
	if (memdump_open(fd, "dump", dump, err) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void test_three_answers(void **state)
{
	struct memdump dump;
	struct errbuf err;
	u8 buf[0x2000];
	int fd;

	(void)state;
	make_elf();
	fd = open_bytes(image, sizeof(image), &dump, &err);
	assert_true(fd >= 0);
	assert_string_equal(dump.format, "ELF");
	assert_int_equal(dump.ram_bytes, 0x4000);
	assert_int_equal(dump.cut_bytes, 0);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x40000ff8, buf, 16), SMMU_MEM_OK);
	assert_int_equal(buf[7], 0xa1);
	assert_int_equal(buf[8], 0xa2);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x50000000, buf, 0x1000), SMMU_MEM_OK);
	assert_int_equal(buf[0xfff], 0xa5);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x40001ff8, buf, 16), SMMU_MEM_EXCLUDED);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x40002000, buf, 8), SMMU_MEM_EXCLUDED);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x40003000, buf, 8), SMMU_MEM_NOT_RAM);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x3ffffffc, buf, 8), SMMU_MEM_NOT_RAM);
	assert_int_equal(smmu_mem_read(&dump.mem, ~0ull - 3, buf, 8), SMMU_MEM_NOT_RAM);
	assert_int_equal(dump.not_stored, 2);
	memdump_close(&dump);
	close(fd);
}

static void test_cut_is_never_zeros(void **state)
{
	struct memdump dump;
	struct errbuf err;
	u8 buf[16];
	int fd;

	(void)state;
	make_elf();
	fd = open_bytes(image, 0x5800, &dump, &err);
	assert_true(fd >= 0);
	assert_int_equal(dump.cut_bytes, 0x800);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x500007f0, buf, 16), SMMU_MEM_OK);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x500007f8, buf, 16), SMMU_MEM_EXCLUDED);
	memdump_close(&dump);
	close(fd);
	fd = open_bytes(image, 0x2000, &dump, &err);
	assert_true(fd >= 0);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x40000000, buf, 16), SMMU_MEM_EXCLUDED);
	memdump_close(&dump);
	close(fd);
}

static void refused(size_t at, u8 value, const char *words)
{
	struct memdump dump;
	struct errbuf err;

	make_elf();
	image[at] = value;
	assert_int_equal(open_bytes(image, sizeof(image), &dump, &err), -1);
	assert_non_null(strstr(err.text, words));
}

static void test_damaged_headers(void **state)
{
	(void)state;
	refused(0, 'X', "neither");
	refused(EI_CLASS, 1, "64-bit");
	refused(EI_DATA, 2, "64-bit");
	refused(16, 3, "core file");
	refused(54, 32, "program headers");
	refused(33, 0xf0, "program headers");
	refused(57, 0x80, "program headers");
}

/* Any byte of the headers, any value: an answer, and reads stay inside (ASan). */
static void test_mutated_headers(void **state)
{
	struct memdump dump;
	struct errbuf err;
	unsigned int seed = 1;
	u8 buf[64];
	int i, k, fd;

	(void)state;
	for (i = 0; i < 2000; i++) {
		make_elf();
		for (k = 0; k < 3; k++)
			image[(unsigned int)rand_r(&seed) % 288] = (u8)rand_r(&seed);
		memcpy(image, "\177ELF\2\1\1", 7);
		fd = open_bytes(image, sizeof(image), &dump, &err);
		if (fd < 0)
			continue;
		for (k = 0; k < 8; k++)
			(void)smmu_mem_read(&dump.mem, (u64)rand_r(&seed) << (k * 4), buf, 64);
		memdump_close(&dump);
		close(fd);
	}
}

/* A kdump header whose bitmaps lie outside, and one that is only a header. */
static void test_kdump_headers(void **state)
{
	struct memdump dump;
	struct errbuf err;

	(void)state;
	memset(zlib_less, 0, sizeof(zlib_less));
	memcpy(zlib_less, "KDUMP   ", 8);
	core_st32(zlib_less + 8, 6);
	assert_int_equal(open_bytes(zlib_less, sizeof(zlib_less), &dump, &err), -1);
	core_st32(zlib_less + 428, 4096);
	core_st32(zlib_less + 432, 1);
	core_st32(zlib_less + 436, 0x10000);
	assert_int_equal(open_bytes(zlib_less, sizeof(zlib_less), &dump, &err), -1);
	assert_non_null(strstr(err.text, "dump: "));
	assert_int_equal(open_bytes("makedumpfile\0\0\0\0", 16, &dump, &err), -1);
	assert_non_null(strstr(err.text, "makedumpfile -R"));
	assert_int_equal(open_bytes("KD", 2, &dump, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_answers),	cmocka_unit_test(test_cut_is_never_zeros),
		cmocka_unit_test(test_damaged_headers), cmocka_unit_test(test_mutated_headers),
		cmocka_unit_test(test_kdump_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
