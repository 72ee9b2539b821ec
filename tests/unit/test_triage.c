// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_triage.c - the verbs on dumps, over a made ELF dump and made records:
 * answers, what makes them partial, exit codes, damage.
 */
#include "tests/unit/cmocka_all.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/rec.h"
#include "lib/story/names.h"
#include "tests/unit/support_mkrec.h"
#include "tests/unit/support_run.h"

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#define RAM 0x40000000ull
#define RAM_BYTES 0x40000u
#define DATA 0x1000u /* file offset of the memory */
#define NOTE 0x400u
#define TABLES 0x10000u

static u8 image[DATA + RAM_BYTES];
static char *folder, dump[256], records[256];
static struct run run;

/* A two-level stream table at 0, whose STEs are the capture kernel's; level-0..3 tables from
 * TABLES. */
static const char *const story =
	"file producer=smmu_adopt capture=1 wall=1 kernel=k program=p boot=1\n"
	"range kind=1 start=0x40000000 bytes=0x40000\n"
	"smmu smmu=0 phase=crash state=adopted reason=1 evidence=kdump-kernel,registers-read,smmuen "
	"base=0x9050000 name=x.smmuv3 stes=4 idr0=0x08001000 idr1=0x10 idr5=0x4 cr0=0x9 "
	"strtab_base=0x40000000 strtab_base_cfg=0x10210\n"
	"ste phase=crash sid=0x8 addr=0x40004200 s1=0x40008000\n"
	"cd phase=crash sid=0x8 ssid=0 addr=0x40008000 asid=1 ttb0=0x40010000 t0sz=16 tg0=0\n"
	"ste phase=crash sid=0x10 addr=0x40004400 s1=0x40008040\n"
	"cd phase=crash sid=0x10 ssid=0 addr=0x40008040 asid=1 ttb0=0x40010000 t0sz=16 tg0=0\n"
	"ste phase=crash sid=0x20 addr=0x40004800 abort=1\n"
	"device phase=now name=0000:00:01.0 bus=pci driver=e1000e class=0x020000 vendor=0x8086 "
	"device=0x10d3 group=1 sids=0x8\n";

static void put64(u64 addr, u64 value)
{
	core_st64(image + DATA + (addr - RAM), value);
}

static void make_tables(void)
{
	u64 t = RAM + TABLES;

	put64(t, (t + 0x1000) | 3);
	put64(t + 0x1000 + 3 * 8, (t + 0x2000) | 3);
	put64(t + 0x2000 + 511 * 8, (t + 0x3000) | 3);
	put64(t + 0x3000 + 511 * 8, 0x40020000 | 0x443);	  /* 0xfffff000 */
	put64(t + 0x3000 + 510 * 8, 0x4001f000 | 0x443);	  /* 0xffffe000, before it */
	put64(t + 0x3000 + 509 * 8, 0x40030000 | 0x443 | 1 << 7); /* 0xffffd000, read-only */
}

/* The kernel's image at @text, its page tables (an empty root) at @tables. */
static void put_vmcoreinfo(u64 text, u64 tables)
{
	u8 *note = image + NOTE;
	int n;

	memset(note, 0, DATA - NOTE);
	n = snprintf((char *)note + 24, DATA - NOTE - 24,
		     "OSRELEASE=6.12\nPAGESIZE=4096\nSYMBOL(_stext)=%llx\n"
		     "SYMBOL(swapper_pg_dir)=%llx\nNUMBER(VA_BITS)=48\n"
		     "NUMBER(kimage_voffset)=0xffff800000000000\n",
		     0xffff800000000000ull + text, 0xffff800000000000ull + tables);
	core_st32(note, 11);
	core_st32(note + 4, (u32)n);
	memcpy(note + 12, "VMCOREINFO", 11);
}

static void write_dump(size_t len)
{
	Elf64_Ehdr eh = { .e_type = ET_CORE,
			  .e_machine = EM_AARCH64,
			  .e_phoff = 64,
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 2 };
	Elf64_Phdr note = { .p_type = PT_NOTE, .p_offset = NOTE, .p_filesz = DATA - NOTE };
	Elf64_Phdr ph = { .p_type = PT_LOAD,
			  .p_offset = DATA,
			  .p_paddr = RAM,
			  .p_filesz = RAM_BYTES,
			  .p_memsz = RAM_BYTES };

	memcpy(eh.e_ident, "\177ELF\2\1\1", 7);
	memcpy(image, &eh, sizeof(eh));
	memcpy(image + 64, &ph, sizeof(ph));
	memcpy(image + 64 + sizeof(ph), &note, sizeof(note));
	file_write(dump, image, len);
}

/* The crashed kernel's context descriptors are where the records have them. */
static void put_cds(const u8 *rec, size_t len)
{
	struct rec_iter it = { .data = rec, .len = len };
	struct rec r;

	while (rec_next(&it, &r) == REC_OK)
		if (r.type == REC_CD)
			memcpy(image + DATA + (r.cd.addr - RAM), r.cd.raw, sizeof(r.cd.raw));
}

static void write_records(const char *more)
{
	char text[4096], err[128];
	size_t len;
	u8 *rec;

	(void)snprintf(text, sizeof(text), "%s%s", story, more);
	if (mkrec(text, &rec, &len, err, sizeof(err)) < 0)
		fail_msg("%s", err);
	file_write(records, rec, len);
	put_cds(rec, len);
	free(rec);
}

static int setup(void **state)
{
	(void)state;
	folder = scratch_new();
	(void)snprintf(dump, sizeof(dump), "%s/vmcore", folder);
	(void)snprintf(records, sizeof(records), "%s/smmu-adopt.rec", folder);
	memset(image, 0, sizeof(image));
	make_tables();
	put_vmcoreinfo(0x40028000, 0x4002a000);
	write_records("");
	write_dump(sizeof(image));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	run_free(&run);
	scratch_free(folder);
	return 0;
}

static void ask(const char *const *args, int code)
{
	run_free(&run);
	run_ctl(args, &run);
	if (run.code != code)
		fail_msg("%s: exit %d, not %d\n%s%s", args[0], run.code, code, run.out, run.err);
}

static void says(const char *words)
{
	if (!strstr(run.out, words))
		fail_msg("\"%s\" is not in:\n%s", words, run.out);
}

static void says_not(const char *words)
{
	if (strstr(run.out, words))
		fail_msg("\"%s\" is in:\n%s", words, run.out);
}

static void test_streams(void **state)
{
	(void)state;
	ask(ARGS("streams", dump), EXIT_DONE);
	says("StreamID 0x8  0000:00:01.0 Ethernet controller 8086:10d3, driver e1000e");
	says("stage 1, ASID 1, tables at 0x40010000, 48-bit input, 4 KiB granule");
	says("mapped        12 KiB, writable 8 KiB, in 2 extents");
	says("StreamID 0x20  no known device\n  at the crash  refuses DMA");
	says_not("partial");
	ask(ARGS("--json", "streams", dump), EXIT_DONE);
	says("\"schema\": \"smmu-adopt-streams/1\"");
	says("\"mapped_bytes\": 12288");
	says("\"partial\": false");
}

static void test_walk(void **state)
{
	(void)state;
	ask(ARGS("walk", dump, "8", "0xfffff123"), EXIT_DONE);
	says("level 3  entry at 0x40013ff8 is 0x40020443: page at 0x40020000");
	says("IOVA 0xfffff123: mapped to 0x40020123, read-write");
	ask(ARGS("walk", dump, "8", "0xffffd000"), EXIT_DONE);
	says("mapped to 0x40030000, read-only");
	ask(ARGS("walk", dump, "8", "0x1000"), EXIT_DONE);
	says("IOVA 0x1000: not mapped: a fault");
	ask(ARGS("walk", dump, "0x20", "0x1000"), EXIT_DONE);
	says("refuses DMA");
	ask(ARGS("--json", "walk", dump, "8", "0xfffff123"), EXIT_DONE);
	says("\"phys\": \"0x40020123\"");
	ask(ARGS("walk", dump, "0x99", "0"), EXIT_FAILED);
	ask(ARGS("walk", dump, "x", "0"), EXIT_USAGE);
	ask(ARGS("walk", dump, "8", "0xg"), EXIT_USAGE);
	ask(ARGS("walk", dump, "8"), EXIT_USAGE);
}

static void test_maps_merges(void **state)
{
	(void)state;
	ask(ARGS("maps", dump, "0x10"), EXIT_DONE);
	says("0x0000ffffe000-0x0000ffffffff to 0x00004001f000       8 KiB  read-write");
	says("0x0000ffffd000-0x0000ffffdfff to 0x000040030000       4 KiB  read-only");
	ask(ARGS("--json", "maps", dump, "0x10"), EXIT_DONE);
	says("\"bytes\": 8192");
}

static void test_who(void **state)
{
	(void)state;
	ask(ARGS("who", dump, "0x4001f800"), EXIT_DONE);
	says("StreamID 0x8  0000:00:01.0");
	says("read-write at IOVA 0xffffe800, 1 bytes from 0x4001f800");
	says("StreamID 0x10  no known device"); /* shares the tables */
	ask(ARGS("who", dump, "0x40021000-0x4002ffff"), EXIT_DONE);
	says("nobody");
	ask(ARGS("who", dump, "0x4002ffff-0x40030000"), EXIT_DONE);
	says("read-only at IOVA 0xffffd000, 1 bytes from 0x40030000");
	ask(ARGS("--json", "who", dump, "0x40021000"), EXIT_DONE);
	says("\"who\": []");
	says("\"unbound\": []");
	ask(ARGS("who", dump, "5-4"), EXIT_USAGE);
	ask(ARGS("who", dump, "-"), EXIT_USAGE);
}

static void test_bypass_is_everywhere(void **state)
{
	(void)state;
	write_records("ste phase=crash sid=0x30 addr=0x40004c00 bypass=1\n");
	ask(ARGS("who", dump, "0x40021000"), EXIT_DONE);
	says("StreamID 0x30");
	says("untranslated: could reach all of memory");
	says_not("nobody");
	ask(ARGS("reach", dump), EXIT_DONE);
	says("2 streams with tables, 1 untranslated, 1 refused, 0 not known");
	says("all of memory");
	says("writable through tables: 8 KiB in 1 ranges");
}

static void test_reach(void **state)
{
	(void)state;
	put64(RAM + TABLES + 0x3000, 0x8080000 | 0x443); /* a doorbell, no memory */
	write_dump(sizeof(image));
	ask(ARGS("--json", "reach", dump), EXIT_DONE);
	says("\"writable_bytes\": 12288");
	says("\"writable_ram_bytes\": 8192");
	says("\"all_of_memory\": false");
	/* Its image, its tables, those of the SMMU, memory of the capture kernel. */
	ask(ARGS("reach", dump), EXIT_DONE);
	says("of it kernel text and read-only data: none, of 8 KiB");
	says("of it the kernel's page tables: none, of 4 KiB");
	says("of it the SMMU's tables: none, of 28 KiB");
	says("of it the capture kernel's memory: not known");
}

/* A device could write where it has no business. */
static void test_reach_areas(void **state)
{
	u64 t = RAM + TABLES + 0x3000;

	(void)state;
	write_records("range kind=2 start=0x60000000 bytes=0x200000\n");
	put_vmcoreinfo(0x4001e000, 0x40021000);
	put64(t, 0x40021000 | 0x443);	  /* swapper_pg_dir */
	put64(t + 8, 0x40013000 | 0x443); /* the table that maps this */
	put64(t + 16, 0x60001000 | 0x443);
	write_dump(sizeof(image));
	ask(ARGS("reach", dump), EXIT_FINDINGS);
	says("of it kernel text and read-only data: 8 KiB, first at 0x4001f000, of 12 KiB");
	says("of it the kernel's page tables: 4 KiB, first at 0x40021000, of 4 KiB");
	says("of it the SMMU's tables: 4 KiB, first at 0x40013000, of 28 KiB");
	says("of it the capture kernel's memory: 4 KiB, first at 0x60001000, of 2 MiB");
	ask(ARGS("--json", "reach", dump), EXIT_FINDINGS);
	says("\"first\": \"0x40021000\"");
	memset(image + NOTE, 0, DATA - NOTE);
	write_dump(sizeof(image));
	ask(ARGS("reach", dump), EXIT_PARTIAL);
	says("of it kernel text and read-only data: not known");
	says("no VMCOREINFO note: where kernel text and page tables are is not known");
}

/* The tables lie beyond the end of a cut file: said, not read as zeros. */
static void test_cut_dump(void **state)
{
	(void)state;
	write_dump(DATA + TABLES + 0x2000);
	ask(ARGS("who", dump, "0x4001f800"), EXIT_PARTIAL);
	says("nobody found, in what could be looked at");
	says("This answer is partial:");
	says("the dump file is cut");
	says("a part of the tables at 0x40010000 is not in the dump");
	ask(ARGS("--json", "walk", dump, "8", "0xfffff123"), EXIT_PARTIAL);
	says("\"outcome\": \"not-in-dump\"");
	says("\"partial\": true");
	says_not("\"phys\"");
}

static void test_missing_parts(void **state)
{
	char other[300];

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/elsewhere.rec", folder);
	assert_int_equal(rename(records, other), 0);
	ask(ARGS("streams", dump), EXIT_FAILED);
	assert_non_null(strstr(run.err, "--records"));
	ask(ARGS("streams", "--records", other, dump), EXIT_DONE);
	ask(ARGS("streams", "--records", dump, dump), EXIT_FAILED);
	ask(ARGS("streams", "/nonexistent"), EXIT_FAILED);
	ask(ARGS("streams", other), EXIT_FAILED);
	assert_non_null(strstr(run.err, "elsewhere.rec: no dump: the memory at the crash is in"));
}

static void test_reset_is_not_the_crash(void **state)
{
	char text[4096], *at, err[128];
	size_t len;
	u8 *rec;

	(void)state;
	(void)snprintf(text, sizeof(text), "%s", story);
	at = strstr(text, "state=adopted");
	memcpy(at, "state=reset  ", 13);
	assert_int_equal(mkrec(text, &rec, &len, err, sizeof(err)), 0);
	file_write(records, rec, len);
	free(rec);
	ask(ARGS("who", dump, "0x4001f800"), EXIT_PARTIAL);
	says("not known what it could reach");
	says("was reset before the snapshot");
	says_not("at IOVA");
}

/* Events that found no room in the records are in the dump, or cut off with it. */
static void test_events_from_dump(void **state)
{
	static const char *const queue =
		"queue queue=evtq place=old-ram base=0x40038000 entries=128 prod=0x3 cons=0x2 "
		"lost=126\n"
		"queue queue=evtq place=old-ram base=0x40038000 entries=128 prod=0x3 cons=0x2 "
		"lost=126 first=2 e=0x0000000800000010,0,0xfff02000,0\n"
		/* Pieces that do not fit their ring, or claim another: not taken. */
		"queue queue=evtq place=old-ram base=0x40038000 entries=128 first=127 count=4 "
		"e=0x0000006600000010,0,0xbad000,0\n"
		"queue queue=evtq place=old-ram base=0x40038000 entries=4 first=0 "
		"e=0x0000006600000010,0,0xbad000,0\n";
	char name[300];

	(void)state;
	write_records(queue);
	put64(0x40038000, 0x0000001000000002);
	put64(0x40038020, 0x0000000800000010);
	put64(0x40038030, 0xfff01000);
	put64(0x40038040, 0x0000000800000010);
	put64(0x40038050, 0xfff02000);
	write_dump(sizeof(image));
	ask(ARGS("events", dump), EXIT_DONE);
	says("event queue at 0x40038000: 3 of 128 entries used, 1 of them not yet read");
	says("read from the dump");
	says("C_BAD_STREAMID by StreamID 0x10");
	says("write at 0xfff02000");
	says_not("0xbad000");
	ask(ARGS("--json", "events", dump), EXIT_DONE);
	says("\"read_from\": \"dump\"");
	/* The record file alone: two thirds are missing, and that is said. */
	ask(ARGS("events", records), EXIT_PARTIAL);
	says("1 of 128 entries used");
	says("126 of 128 entries of its event queue are not recorded");
	write_dump(DATA + TABLES + 0x2000);
	ask(ARGS("events", dump), EXIT_PARTIAL);
	says("entries of its event queue are not recorded");
	/* A dump without note or sidecar has nothing to tell. */
	(void)snprintf(name, sizeof(name), "%s.gone", records);
	assert_int_equal(rename(records, name), 0);
	ask(ARGS("events", dump), EXIT_FAILED);
	ask(ARGS("events", "--records", name, dump), EXIT_PARTIAL);
}

static void warns(const char *words)
{
	if (!strstr(run.err, words))
		fail_msg("\"%s\" is not in:\n%s", words, run.err);
}

static void append_vmcoreinfo(const char *lines)
{
	u8 *note = image + NOTE;
	u32 n = core_ld32(note + 4);

	memcpy(note + 24 + n, lines, strlen(lines));
	core_st32(note + 4, n + (u32)strlen(lines));
}

/* The records of one crash beside the dump of another: every verb says so. */
static void test_other_crash(void **state)
{
	static const char *const verbs[][3] = {
		{ "streams" }, { "reach" },	{ "report" },
		{ "log" },     { "events" },	{ "health" },
		{ "rmr" },     { "maps", "8" }, { "walk", "8", "0" },
	};
	size_t i;

	(void)state;
	/* Another table lies where the records' one was. */
	put64(RAM + 0x8000, 0x1234);
	put64(RAM + 0x8040, 0x1234);
	write_dump(sizeof(image));
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		ask(ARGS(verbs[i][0], i == 3 ? folder : dump, verbs[i][1], verbs[i][2]),
		    EXIT_PARTIAL);
		warns("smmu-adopt.rec does not belong to ");
		warns("none of 5 recorded entries of the stream table is in the dump");
	}
	ask(ARGS("who", dump, "0x4001f800"), EXIT_PARTIAL);
	says("the records do not belong to this dump");
	ask(ARGS("--json", "events", dump), EXIT_PARTIAL);
	says("the records do not belong to the dump");
	ask(ARGS("report", "--html", dump), EXIT_PARTIAL);
	ask(ARGS("collect", folder), EXIT_PARTIAL);
	warns("smmu-adopt.rec does not belong to ");
	/* One entry that is the same is enough: others may have been replaced. */
	write_records("");
	put64(RAM + 0x8000, 0x1234);
	write_dump(sizeof(image));
	ask(ARGS("who", dump, "0x4001f800"), EXIT_DONE);
	assert_string_equal(run.err, "");
}

static void test_other_time(void **state)
{
	char text[4096], err[128], *at;
	size_t len;
	u8 *rec;

	(void)state;
	(void)snprintf(text, sizeof(text), "%s", story);
	at = strstr(text, "wall=1 ");
	memmove(at + 15, at + 6, strlen(at + 6) + 1);
	memcpy(at, "wall=1790000000", 15); /* 2026-09-21 */
	assert_int_equal(mkrec(text, &rec, &len, err, sizeof(err)), 0);
	file_write(records, rec, len);
	free(rec);
	append_vmcoreinfo("CRASHTIME=1789990000\n");
	write_dump(sizeof(image));
	ask(ARGS("who", dump, "0x4001f800"), EXIT_DONE);
	put_vmcoreinfo(0x40028000, 0x4002a000);
	append_vmcoreinfo("CRASHTIME=1700000000\n");
	write_dump(sizeof(image));
	ask(ARGS("who", dump, "0x4001f800"), EXIT_PARTIAL);
	warns("the dump's crash was at 2023-11-14 22:13:20, the records are of 2026-09-21");
}

/* Random damage to the memory: an answer each time, within budgets; run it under ASan too. */
static void test_damage(void **state)
{
	unsigned int seed = 7;
	int i, k;

	(void)state;
	for (i = 0; i < 60; i++) {
		memset(image + DATA, 0, RAM_BYTES);
		make_tables();
		write_records("");
		for (k = 0; k < 400; k++)
			put64(RAM + TABLES + ((u64)rand_r(&seed) % 0x8000 & ~7ull),
			      ((RAM + TABLES + (u64)(rand_r(&seed) & 0x7000)) | 3) ^
				      (k % 5 ? 0 : (u64)rand_r(&seed) << (k % 33)));
		write_dump(sizeof(image));
		run_free(&run);
		run_ctl(ARGS("reach", dump), &run);
		assert_true(run.code == EXIT_DONE || run.code == EXIT_PARTIAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_streams, setup, teardown),
		cmocka_unit_test_setup_teardown(test_walk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_maps_merges, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bypass_is_everywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reach, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reach_areas, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset_is_not_the_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events_from_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
