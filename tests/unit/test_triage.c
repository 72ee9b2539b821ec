// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_triage.c - the verbs on dumps, over a made ELF dump and made records:
 * answers, what makes them partial, exit codes, damage.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/story/names.h"
#include "tests/unit/support_crash.h"
#include "tests/unit/support_mkrec.h"

static void test_streams(void **state)
{
	(void)state;
	ask(ARGS("streams", dump), EXIT_DONE);
	says("StreamID 0x8 0000:00:01.0 Ethernet controller 8086:10d3, capture kernel's driver\n"
	     "  e1000e\n");
	says("stage 1, ASID 1, tables at 0x40010000, 48-bit input, 4 KiB\n                 granule\n");
	says("mapped         12 KiB of IOVA, writable 8 KiB, in 2 extents; 12 KiB physical\n");
	says("StreamID 0x20 no known device\n  at the crash   refuses DMA");
	says_not("partial");
	ask(ARGS("--json", "streams", dump), EXIT_DONE);
	says("\"schema\": \"smmu-adopt-streams/1\"");
	says("\"mapped_bytes\": 12288");
	says("\"partial\": false");
	/* Another IOVA of the same page. */
	put64(RAM + TABLES + 0x3000, 0x40020000 | 0x443);
	write_dump(sizeof(image));
	ask(ARGS("streams", dump), EXIT_DONE);
	says("16 KiB of IOVA, writable 12 KiB, in 3 extents; 12 KiB physical\n");
	ask(ARGS("--json", "streams", dump), EXIT_DONE);
	says("\"memory_bytes\": 12288");
}

static void test_walk(void **state)
{
	(void)state;
	ask(ARGS("walk", dump, "8", "0xfffff123"), EXIT_DONE);
	says("level 3, entry at 0x40013ff8 is 0x40020443: page at 0x40020000");
	says("IOVA 0xfffff123: mapped to 0x40020123, read-write");
	ask(ARGS("walk", dump, "8", "0xffffd000"), EXIT_DONE);
	says("mapped to 0x40030000, read-only");
	ask(ARGS("walk", dump, "8", "0x1000"), EXIT_DONE);
	says("IOVA 0x1000: not mapped: a fault");
	ask(ARGS("walk", dump, "0x20", "0x1000"), EXIT_DONE);
	says("refuses DMA");
	ask(ARGS("--json", "walk", dump, "8", "0xfffff123"), EXIT_DONE);
	says("\"phys\": \"0x40020123\"");
	says("\"kind\": \"table\",\n      \"target\": \"0x40011000\"");
	ask(ARGS("walk", dump, "0x99", "0"), EXIT_FAILED);
	assert_non_null(strstr(run.err, "0x99 had no entry at the crash: its DMA was refused"));
	/* The arguments the wrong way round. */
	ask(ARGS("walk", dump, "0x44123000", "00:01.0"), EXIT_USAGE);
	warns("0x44123000 is outside the stream table, which has 16 bits of "
	      "StreamID; the arguments are FILE STREAM IOVA\n");
	ask(ARGS("maps", dump, "0x10000"), EXIT_USAGE);
	warns("the arguments are FILE STREAM\n");
	/* One base for StreamIDs, another for addresses. */
	write_records("device phase=now name=0000:00:02.0 bus=pci group=2 sids=0x10\n");
	ask(ARGS("walk", dump, "10", "0"), EXIT_FAILED);
	warns("0xa had no entry at the crash: its DMA was refused; 10 is read as "
	      "decimal, and 0x10 is 0000:00:02.0\n");
	ask(ARGS("walk", dump, "0xa", "0"), EXIT_FAILED);
	assert_null(strstr(run.err, "decimal"));
	ask(ARGS("walk", dump, "8", "e1000e"), EXIT_USAGE);
	warns("'e1000e' may be a name; write 0xe1000e for the address");
	ask(ARGS("walk", dump, "8", "fffff123"), EXIT_DONE);
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
	says("\"bytes\": 8192,\n      \"access\": \"read-write\",\n      \"privileged\": false,\n"
	     "      \"access_flag\": true");
}

static void test_who(void **state)
{
	(void)state;
	ask(ARGS("who", dump, "0x4001f800"), EXIT_DONE);
	says("SMMU  SID   DEVICE        ACCESS  IOVA        PHYS        SIZE\n"
	     "   0  0x8   0000:00:01.0  rw      0xffffe800  0x4001f800  1 byte\n"
	     "   0  0x10  -             rw      0xffffe800  0x4001f800  1 byte\n");
	says("StreamID 0x8: 0000:00:01.0 Ethernet controller 8086:10d3, capture kernel's\n"
	     "  driver e1000e\n");
	says("StreamID 0x10: no known device"); /* shares the tables */
	says("Memory 0x4001f800\n");
	ask(ARGS("who", dump, "0x40021000-0x4002ffff"), EXIT_DONE);
	says("Memory 0x40021000-0x4002ffff\n");
	says("no device could reach this memory through the SMMU at the crash\n");
	/* A name that happens to be a number; in a range, or long enough, it is none. */
	ask(ARGS("who", dump, "e1000e"), EXIT_USAGE);
	warns("'e1000e' may be a name; write 0xe1000e for the address");
	ask(ARGS("who", dump, "0xe1000e"), EXIT_DONE);
	ask(ARGS("who", dump, "e1000-e1fff"), EXIT_DONE);
	ask(ARGS("who", dump, "000e1000"), EXIT_DONE);
	ask(ARGS("who", dump, "0x4002ffff-0x40030000"), EXIT_DONE);
	says("ro      0xffffd000  0x40030000  1 byte");
	ask(ARGS("--no-header", "who", dump, "0x4001f800"), EXIT_DONE);
	assert_string_equal(run.out, "0  0x8   0000:00:01.0  rw  0xffffe800  0x4001f800  1 byte\n"
				     "0  0x10  -             rw  0xffffe800  0x4001f800  1 byte\n");
	ask(ARGS("--no-header", "who", dump, "0x40021000"), EXIT_DONE);
	assert_string_equal(run.out, "");
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
	says("   0  0x30  -       any     -     -     -\n");
	says("StreamID 0x30: no known device; untranslated: could reach all of memory");
	says_not("nobody");
	ask(ARGS("--no-header", "who", dump, "0x40021000"), EXIT_DONE);
	assert_string_equal(run.out, "0  0x30  -  any  -  -  -\n");
	ask(ARGS("reach", dump), EXIT_FINDINGS);
	says("streams: 2 with tables, 1 untranslated, 1 refused, 0 not known");
	says("all of memory, untranslated: StreamID 0x30");
	says("writable through tables: 8 KiB in 1 range");
	says("of this, kernel text and read-only data: all of 8 KiB, by StreamID 0x30");
	says_not("none");
	ask(ARGS("--json", "reach", dump), EXIT_FINDINGS);
	says("\"writable_bytes\": 8192,\n      \"sids\": [\n        \"0x30\"");
	/* The page says the same of it. */
	ask(ARGS("report", "--html", dump), EXIT_FINDINGS);
	says("class=\"verdict f2\"");
	says("aria-label=\"WARNING\"");
	says("devices could write to all of memory, because their DMA was not "
	     "translated: StreamID 0x30");
	says("<dd><b>all of 8 KiB, by StreamID 0x30</b></dd>");
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
	says("of this, kernel text and read-only data: none of 8 KiB");
	says("of this, the kernel's page tables: none of 4 KiB");
	says("of this, the SMMU's tables: none of 28 KiB");
	says("of this, the capture kernel's memory: not known");
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
	says("of this, kernel text and read-only data: 8 KiB of 12 KiB, first at 0x4001f000, by "
	     "0000:00:01.0, StreamID 0x10\n");
	says("of this, the kernel's page tables: 4 KiB of 4 KiB, first at 0x40021000");
	says("of this, the SMMU's tables: 4 KiB of 28 KiB, first at 0x40013000");
	says("of this, the capture kernel's memory: 4 KiB of 2 MiB, first at 0x60001000");
	ask(ARGS("--json", "reach", dump), EXIT_FINDINGS);
	says("\"first\": \"0x40021000\"");
	says("\"devices\": [\n        \"0000:00:01.0\"\n      ]");
	/* No green tick over it. */
	ask(ARGS("report", "--html", dump), EXIT_FINDINGS);
	says("class=\"verdict f2\"");
	says("devices could write to kernel text and read-only data: 8 KiB by "
	     "0000:00:01.0, StreamID 0x10");
	says_not("nothing was found");
	/* What is not known does not hide what is. */
	memset(image + NOTE, 0, DATA - NOTE);
	write_dump(sizeof(image));
	ask(ARGS("reach", dump), EXIT_FINDINGS);
	says("This answer is partial:");
	says("of this, kernel text and read-only data: not known");
	says("the dump has no VMCOREINFO note: the addresses of kernel text and "
	     "page tables are not known");
}

/* One table page is missing, and what is there is bad enough. */
static void test_reach_cut(void **state)
{
	u64 t = RAM + TABLES;

	(void)state;
	put_vmcoreinfo(0x4001e000, 0x40021000);
	put64(t + 0x2000, 0x70000000 | 3); /* a table that is not in the dump */
	write_dump(sizeof(image));
	ask(ARGS("reach", dump), EXIT_FINDINGS);
	says("of this, kernel text and read-only data: 8 KiB of 12 KiB, first at 0x4001f000");
	says("a part of the tables at 0x40010000 is not in the dump");
	ask(ARGS("report", "--html", dump), EXIT_FINDINGS);
	says("Partial: a part of the tables at 0x40010000 is not in the dump");
}

/* The tables lie beyond the end of a cut file: said, not read as zeros. */
static void test_cut_dump(void **state)
{
	(void)state;
	write_dump(DATA + TABLES + 0x2000);
	ask(ARGS("who", dump, "0x4001f800"), EXIT_PARTIAL);
	says("no device found (search incomplete)");
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
	assert_non_null(strstr(run.err, "elsewhere.rec: no dump, and only a dump has"));
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
	/* Neither of those that the records name nor of others anything is known. */
	ask(ARGS("walk", dump, "0x99", "0"), EXIT_PARTIAL);
	assert_non_null(strstr(run.err, "0x99: its entry at the crash is not known: an SMMU was "
					"reset before the snapshot"));
	ask(ARGS("walk", dump, "8", "0"), EXIT_PARTIAL);
	says("was reset before the snapshot");
	says_not("refuse");
}

/* What had an entry of the capture kernel's at load: its tables are not those of the crash. */
static void test_attached_before_the_helper(void **state)
{
	(void)state;
	write_records("range kind=2 start=0x70000000 bytes=0x10000000\n"
		      "ste phase=crash sid=0x50 addr=0x40001400 s1=0x70100000\n");
	ask(ARGS("walk", dump, "0x50", "0xfffff123"), EXIT_PARTIAL);
	says("0x50: its entry at the crash is not known: it was attached before the helper was");
	says_not("mapped to");
	ask(ARGS("walk", dump, "8", "0xfffff123"), EXIT_PARTIAL);
	says("mapped to");
	ask(ARGS("who", dump, "0x4001f800"), EXIT_PARTIAL);
	says("attached before the helper was");
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
	write_records("queue queue=evtq place=old-ram base=0x40038000 entries=128 prod=0 cons=0\n");
	ask(ARGS("events", dump), EXIT_DONE);
	says("0 of 128 entries used");
	says("  the crashed kernel's queue is empty: no event before the crash\n  "
	     "the queue is off in the capture kernel (CR0.EVTQEN=0): later "
	     "faults are lost\n");
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
	says("the queue is off in the capture kernel (CR0.EVTQEN=0): later "
	     "faults are lost\n");
	says_not("no event before the crash");
	says("C_BAD_STREAMID by StreamID 0x10");
	says("0xfff02000: the address is not mapped");
	says_not("0xbad000");
	ask(ARGS("--json", "events", dump), EXIT_DONE);
	says("\"read_from\": \"dump\"");
	says("\"off\": true");
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
		assert_true(run.code == EXIT_DONE || run.code == EXIT_PARTIAL ||
			    run.code == EXIT_FINDINGS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_streams, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_walk, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_maps_merges, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_who, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_bypass_is_everywhere, crash_setup,
						crash_teardown),
		cmocka_unit_test_setup_teardown(test_reach, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_reach_areas, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_reach_cut, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_cut_dump, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_missing_parts, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_reset_is_not_the_crash, crash_setup,
						crash_teardown),
		cmocka_unit_test_setup_teardown(test_attached_before_the_helper, crash_setup,
						crash_teardown),
		cmocka_unit_test_setup_teardown(test_events_from_dump, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_damage, crash_setup, crash_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
