// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_mem.c - memory out of dumps: the three answers, cut files, damaged
 * headers. Dumps are made here, byte by byte.
 */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/dump/mem.h"
#include "ctl/dump/mem_kdump.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_dump.h"

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

typedef int (*open_fn)(struct dump_file *file, const char *name, struct memdump *ret,
		       struct errbuf *err);

static struct dump_file dump_file; /* of the one dump that is open */

static int open_by(open_fn open_dump, const void *data, size_t len, struct memdump *dump,
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

static int open_bytes(const void *data, size_t len, struct memdump *dump, struct errbuf *err)
{
	return open_by(memdump_open, data, len, dump, err);
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
	refused(EI_CLASS, 1, "byte 0x4: a 32-bit dump");
	refused(EI_DATA, 2, "byte 0x5: a big-endian dump");
	refused(16, 3, "not a dump");
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
	assert_non_null(strstr(err.text, "dump: 32 bytes at 0x0: the file ends at 0x10"));
	assert_int_equal(open_bytes("KD", 2, &dump, &err), -1);
	assert_string_equal(err.text, "dump: byte 0x0: neither an ELF nor a kdump-compressed dump");
}

#ifdef HAVE_KDUMPFILE
/* RAM is pages 16 to 19; 16 and 17 are stored, plainly. */
static void make_kdump(void)
{
	u8 *h = zlib_less;
	int i;

	memset(h, 0, sizeof(zlib_less));
	memcpy(h, "KDUMP   ", 8);
	core_st32(h + 8, 6);
	memcpy(h + 12 + 4 * 65, "aarch64", 7);
	core_st32(h + 428, 4096);
	core_st32(h + 432, 1);
	core_st32(h + 436, 2);
	core_st32(h + 440, 32);
	core_st64(h + 4096 + 96, 32); /* number of the last page and one */
	h[0x2000 + 2] = 0x0f;	      /* RAM */
	h[0x3000 + 2] = 0x03;	      /* stored */
	for (i = 0; i < 2; i++) {
		core_st64(h + 0x4000 + i * 24, 0x5000 + (u64)i * 0x1000);
		core_st32(h + 0x4000 + i * 24 + 8, 4096);
		memset(h + 0x5000 + i * 0x1000, 0xb0 + i, 0x1000);
	}
}

/* By libkdumpfile; test_kdpages.c has our own reader. */
static int open_kdump(size_t len, struct memdump *dump, struct errbuf *err)
{
	return open_by(memdump_open_library, zlib_less, len, dump, err);
}

static void test_kdump_answers(void **state)
{
	struct memdump dump;
	struct errbuf err;
	u8 buf[0x2000];
	int fd;

	(void)state;
	make_kdump();
	fd = open_kdump(sizeof(zlib_less), &dump, &err);
	if (fd < 0)
		fail_msg("%s", err.text);
	assert_string_equal(dump.format, "kdump-compressed");
	assert_int_equal(smmu_mem_read(&dump.mem, 0x10000, buf, 0x2000), SMMU_MEM_OK);
	assert_int_equal(buf[0xfff], 0xb0);
	assert_int_equal(buf[0x1000], 0xb1);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x12000, buf, 8), SMMU_MEM_EXCLUDED);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x11ff8, buf, 16), SMMU_MEM_EXCLUDED);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x15000, buf, 8), SMMU_MEM_NOT_RAM);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x1000000, buf, 8), SMMU_MEM_NOT_RAM);
	memdump_close(&dump);
	close(fd);
}

/*
 * Pieces that were announced come in batches; whatever is then read, in which order, and whatever
 * else in between, the bytes are those of the dump.
 */
static void test_kdump_announced(void **state)
{
	unsigned int seed = 5, round, i;
	struct memdump dump;
	struct errbuf err;
	u64 addr;
	u8 buf[64];
	int fd, r;

	(void)state;
	make_kdump();
	for (i = 0; i < 0x2000; i++)
		zlib_less[0x5000 + i] = (u8)(i * 7 + (i >> 8));
	fd = open_kdump(sizeof(zlib_less), &dump, &err);
	assert_true(fd >= 0);
	for (round = 0; round < 40; round++) {
		/* Two pages are stored, of the third it is known that it is not. */
		for (i = 0; i < 192; i += round % 4 ? 1 : 3)
			dump.mem.will_need(dump.mem.priv, 0x10000 + i * 64, 64);
		for (i = 0; i < 192; i++) {
			addr = 0x10000 + i * 64;
			if (round % 5 == 1 && rand_r(&seed) % 10 == 0)
				continue;
			if (round % 5 == 2 && rand_r(&seed) % 10 == 0)
				addr = 0x10000 + ((u64)rand_r(&seed) % 192) * 64;
			if (round % 5 == 3 && i == 100)
				break;
			memset(buf, 0xee, sizeof(buf));
			r = smmu_mem_read(&dump.mem, addr, buf, sizeof(buf));
			assert_int_equal(r, addr < 0x12000 ? SMMU_MEM_OK : SMMU_MEM_EXCLUDED);
			if (!r)
				assert_memory_equal(buf, zlib_less + 0x5000 + (addr - 0x10000), 64);
		}
	}
	memdump_close(&dump);
	close(fd);
}

/* What is left to the library must be whole. */
static void test_kdump_flattened(void **state)
{
	struct image whole = { zlib_less, sizeof(zlib_less) }, flat;
	struct memdump dump;
	struct errbuf err;
	u8 buf[8];
	int fd;

	(void)state;
	make_kdump();
	flat = flat_image(&whole, 4096);
	fd = open_bytes(flat.data, flat.len, &dump, &err);
	assert_true(fd >= 0);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x10000, buf, 8), SMMU_MEM_OK);
	memdump_close(&dump);
	close(fd);
	assert_int_equal(open_by(memdump_open_library, flat.data, flat.len, &dump, &err), -1);
	assert_non_null(strstr(err.text, "makedumpfile -R"));
	free(flat.data);
	memcpy(zlib_less, "DISKDUMP", 8);
	flat = flat_image(&whole, 4096);
	assert_int_equal(open_bytes(flat.data, flat.len, &dump, &err), -1);
	assert_non_null(strstr(err.text, "makedumpfile -R"));
	free(flat.data);
}

/* A cut file, and damage everywhere: an error or an answer, and we live; no zeros for lost pages.
 */
static void test_kdump_damage(void **state)
{
	unsigned int seed = 3;
	struct memdump dump;
	struct errbuf err;
	u8 buf[16];
	int i, k, r, fd;

	(void)state;
	make_kdump();
	fd = open_kdump(0x6800, &dump, &err);
	assert_true(fd >= 0);
	assert_int_equal(dump.cut_bytes, 0x800);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x10000, buf, 16), SMMU_MEM_OK);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x11000, buf, 16), SMMU_MEM_EXCLUDED);
	memdump_close(&dump);
	close(fd);
	for (i = 0; i < 150; i++) {
		make_kdump();
		for (k = 0; k < 4; k++)
			zlib_less[8 + (unsigned int)rand_r(&seed) % 0x4100] = (u8)rand_r(&seed);
		for (k = 0; k < 2; k++)
			zlib_less[400 + (unsigned int)rand_r(&seed) % 60] ^= 1 << (i & 7);
		fd = open_kdump(sizeof(zlib_less), &dump, &err);
		if (fd < 0)
			continue;
		for (k = 0; k < 4; k++) {
			r = smmu_mem_read(&dump.mem, 0x10000 + (u64)k * 0x1000, buf, 16);
			assert_true(r <= SMMU_MEM_EXCLUDED);
		}
		memdump_close(&dump);
		close(fd);
	}
}

static pid_t reader_pid(void)
{
	char path[64];
	pid_t child;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &child), 1);
	(void)fclose(file);
	return child;
}

/* The reader has the dump and its socket, and nothing of what its parent has open. */
static void test_reader_descriptors(void **state)
{
	int fd, secret = open("/proc/self/exe", O_RDONLY), high = fcntl(secret, F_DUPFD, 100);
	char path[64], link[128];
	struct memdump dump;
	struct dirent *entry;
	struct errbuf err;
	ssize_t n;
	DIR *dir;

	(void)state;
	assert_true(secret >= 0 && high >= 100);
	make_kdump();
	fd = open_kdump(sizeof(zlib_less), &dump, &err);
	assert_true(fd >= 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)reader_pid());
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		assert_true(n > 0);
		link[n] = 0;
		if (atoi(entry->d_name) < 3)
			assert_string_equal(link, "/dev/null");
		else
			assert_true(atoi(entry->d_name) <= 4);
	}
	closedir(dir);
	memdump_close(&dump);
	close(fd);
	close(secret);
	close(high);
}

/* What comes of a read when the reader goes on after @ms? */
static int read_beside(uint32_t ms)
{
	struct memdump dump;
	struct errbuf err;
	pid_t reader, pid;
	u8 buf[8];
	u64 begin = fakeclock_ms();
	int fd, r;

	make_kdump();
	fd = open_kdump(sizeof(zlib_less), &dump, &err);
	assert_true(fd >= 0);
	reader = reader_pid();
	assert_int_equal(kill(reader, SIGSTOP), 0);
	assert_int_equal(waitpid(reader, NULL, WUNTRACED), reader);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		clock_sleep_ms(ms);
		_exit(kill(reader, SIGCONT) < 0);
	}
	r = smmu_mem_read(&dump.mem, 0x10000, buf, 8);
	assert_int_equal(fakeclock_ms() - begin, ms < KDUMP_PATIENCE_MS ? ms : KDUMP_PATIENCE_MS);
	assert_int_equal(fakeclock_wait(pid), 0);
	memdump_close(&dump);
	close(fd);
	return r;
}

static void test_reader_patience(void **state)
{
	(void)state;
	assert_int_equal(read_beside(KDUMP_PATIENCE_MS - 1), SMMU_MEM_OK);
	assert_int_equal(read_beside(KDUMP_PATIENCE_MS + 1), -EIO);
}

/* The reader dies: an error from then on, no hang. */
static void test_reader_death(void **state)
{
	struct memdump dump;
	struct errbuf err;
	pid_t child;
	u8 buf[8];
	int fd;

	(void)state;
	make_kdump();
	fd = open_kdump(sizeof(zlib_less), &dump, &err);
	assert_true(fd >= 0);
	child = reader_pid();
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x10000, buf, 8), -EIO);
	assert_int_equal(smmu_mem_read(&dump.mem, 0x10000, buf, 8), -EIO);
	memdump_close(&dump);
	close(fd);
}
#endif

static int set_up(void **state)
{
	(void)state;
	fakeclock_start();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fakeclock_stop();
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_answers),
		cmocka_unit_test(test_cut_is_never_zeros),
		cmocka_unit_test(test_damaged_headers),
		cmocka_unit_test(test_mutated_headers),
		TEST(test_kdump_headers),
#ifdef HAVE_KDUMPFILE
		TEST(test_kdump_answers),
		TEST(test_kdump_announced),
		TEST(test_kdump_flattened),
		TEST(test_kdump_damage),
		TEST(test_reader_death),
		TEST(test_reader_patience),
		TEST(test_reader_descriptors),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
