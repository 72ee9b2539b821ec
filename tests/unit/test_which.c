// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_which.c - which dump, which device, which memory is meant: records of another crash,
 * several SMMUs, addresses as debuggers print them.
 */
#include "tests/unit/cmocka_all.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/story/names.h"
#include "tests/unit/support_crash.h"
#include "tests/unit/support_mkrec.h"

static void append_vmcoreinfo(const char *lines)
{
	u8 *note = image + NOTE;
	u32 n = core_ld32(note + 4);

	memcpy(note + 24 + n, lines, strlen(lines));
	core_st32(note + 4, n + (u32)strlen(lines));
}

/* Newer records have what the crashed kernel said of itself: no guess is needed. */
static void test_other_kernel(void **state)
{
	static const struct {
		const char *line, *words; /* NULL: they belong together */
	} cases[] = {
		{ "crashed release=6.12 build_id=aa55 time=1700000000\n", NULL },
		{ "crashed release=6.11 build_id=aa55 time=1700000000\n",
		  "the dump is of kernel 6.12, the records are of 6.11" },
		{ "crashed release=6.12 build_id=aa66 time=1700000000\n",
		  "the dump's kernel has build id aa55, the records' kernel has aa66" },
		{ "crashed release=6.12 build_id=aa55 time=1700000001\n",
		  "the dump's crash was at 2023-11-14 22:13:20 UTC, the records' crash "
		  "at 2023-11-14 22:13:21 UTC" },
		{ "crashed release=6.12\n", NULL },
	};
	size_t i;

	(void)state;
	append_vmcoreinfo("BUILD-ID=aa55\nCRASHTIME=1700000000\n");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_records(cases[i].line);
		write_dump(sizeof(image));
		ask(ARGS("who", dump, "4001f800"), cases[i].words ? EXIT_PARTIAL : EXIT_DONE);
		if (cases[i].words) {
			warns(cases[i].words);
			ask(ARGS("collect", folder), EXIT_PARTIAL);
			warns(cases[i].words);
			says("\"verdict_level\":\"WARNING\"");
			says("\"report_exit\":4");
			says("\"warnings\":3"); /* no daemon, a stream of nobody, and this */
			says("\"partial\":true");
			ask(ARGS("diff", folder, folder), EXIT_PARTIAL);
			says("WARNING: adopted");
			ask(ARGS("report", "--json", folder), EXIT_PARTIAL);
			says("\"exit\": 4,");
		} else
			assert_string_equal(run.err, "");
	}
	/* With the time of the crash nothing else counts: all entries may have been replaced. */
	write_records(cases[0].line);
	memset(image + DATA + 0x8000, 0x11, 0x80);
	write_dump(sizeof(image));
	ask(ARGS("who", dump, "4001f800"), EXIT_DONE);
	ask(ARGS("log", dump), EXIT_DONE);
	says("crashed 2023-11-14 22:13:20 UTC, kernel 6.12, build id aa55");
}

/* A second SMMU with the same StreamIDs, and devices in two domains of PCI. */
static const char *const second_smmu =
	"smmu smmu=1 phase=crash state=adopted reason=1 evidence=kdump-kernel,registers-read,smmuen "
	"base=0x9060000 name=y.smmuv3 stes=1 idr0=0x08001000 idr1=0x10 idr5=0x4 cr0=0x9 "
	"strtab_base=0x40000000 strtab_base_cfg=0x10210\n"
	"ste phase=crash smmu=1 sid=0x8 addr=0x40004300 abort=1\n"
	"ste phase=crash smmu=1 sid=0x30 addr=0x40004400 bypass=1\n"
	"device phase=now smmu=1 name=0001:00:01.0 bus=pci driver=nvme class=0x010802 vendor=0x144d "
	"device=0xa808 group=1 sids=0x8\n"
	"device phase=now smmu=1 name=0001:00:02.0 bus=pci class=0x010802 vendor=0x144d "
	"device=0xa808 group=1 sids=0x30,0x31\n";

static void test_several_smmus(void **state)
{
	(void)state;
	write_records(second_smmu);
	ask(ARGS("walk", dump, "0x8", "fffff123"), EXIT_USAGE);
	warns("0x8 is ambiguous; one of: 0:0x8 (0000:00:01.0), 1:0x8 (0001:00:01.0)\n");
	assert_string_equal(run.out, "");
	ask(ARGS("walk", dump, "0:0x8", "fffff123"), EXIT_DONE);
	says("StreamID 0:0x8 0000:00:01.0");
	says("mapped to 0x40020123");
	ask(ARGS("walk", dump, "1:0x8", "fffff123"), EXIT_DONE);
	says("StreamID 1:0x8 0001:00:01.0");
	says("refuses DMA");
	/* What only one of them has. */
	ask(ARGS("maps", dump, "0x10"), EXIT_DONE);
	says("StreamID 0:0x10 no known device");
	ask(ARGS("maps", dump, "0001:00:01.0"), EXIT_DONE);
	says("StreamID 1:0x8 0001:00:01.0");
	ask(ARGS("maps", dump, "00:01.0"), EXIT_USAGE);
	warns("00:01.0 is ambiguous; one of: 0000:00:01.0, 0001:00:01.0\n");
	ask(ARGS("maps", dump, "00:02.0"), EXIT_USAGE);
	warns("0001:00:02.0 is ambiguous; one of: 1:0x30, 1:0x31\n");
	ask(ARGS("maps", dump, "2:0x8"), EXIT_FAILED);
	warns("the records have no SMMU 2");
	ask(ARGS("maps", dump, "0002:00:01.0"), EXIT_FAILED);
	warns("the records have no device 0002:00:01.0");
	ask(ARGS("who", dump, "0x4001f800"), EXIT_DONE);
	says("   0  0x8   0000:00:01.0  rw ");
	says("   1  0x30  0001:00:02.0  any ");
	says("StreamID 0:0x8: 0000:00:01.0");
	says("StreamID 1:0x30: 0001:00:02.0");
	ask(ARGS("streams", dump), EXIT_DONE);
	says("StreamID 1:0x8 0001:00:01.0");
	ask(ARGS("show", "--records", records, "0x8"), EXIT_USAGE);
	warns("0x8 is ambiguous; one of: 0:0x8 (0000:00:01.0), 1:0x8 (0001:00:01.0)\n");
	ask(ARGS("show", "--records", records, "1:0x8"), EXIT_DONE);
	says("0001:00:01.0");
	says_not("0000:00:01.0");
	ask(ARGS("show", "--records", records, "00:02.0"), EXIT_FINDINGS);
	says("0001:00:02.0");
}

/* With one SMMU numbers are as they were, and names work. */
static void test_names_of_devices(void **state)
{
	(void)state;
	ask(ARGS("walk", dump, "00:01.0", "fffff123"), EXIT_DONE);
	says("StreamID 0x8 0000:00:01.0");
	ask(ARGS("walk", dump, "0000:00:01.0", "fffff123"), EXIT_DONE);
	ask(ARGS("walk", dump, "0:8", "fffff123"), EXIT_DONE);
	says("StreamID 0x8 0000:00:01.0");
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
		warns("none of 4 recorded entries of the stream table is in the dump");
	}
	ask(ARGS("who", dump, "0x4001f800"), EXIT_PARTIAL);
	says("the records do not belong to this dump");
	ask(ARGS("--json", "events", dump), EXIT_PARTIAL);
	says("the records do not belong to the dump");
	ask(ARGS("report", "--html", dump), EXIT_PARTIAL);
	ask(ARGS("collect", folder), EXIT_DONE); /* it goes by notes */
	/* One entry that is the same is enough: others may have been replaced. */
	write_records("");
	put64(RAM + 0x8000, 0x1234);
	write_dump(sizeof(image));
	ask(ARGS("who", dump, "0x4001f800"), EXIT_DONE);
	assert_string_equal(run.err, "");
}

/* Whatever else was found, the exit code is that of records which do not belong, in JSON too. */
static void test_other_crash_lost_dump(void **state)
{
	(void)state;
	append_vmcoreinfo("CRASHTIME=1700000000\n");
	write_records("crashed release=6.12 time=1700000001\n"
		      "device phase=now name=0000:00:02.0 sids=0x10\n"
		      "file producer=smmu-adoptd capture=1\n"
		      "plan step=2 action=bind device=0000:00:02.0 dump=1\n"
		      "at 1\nresult step=2 action=bind device=0000:00:02.0 outcome=failed\n"
		      "at 2\nstage stage=done\n");
	write_dump(sizeof(image));
	ask(ARGS("report", "--json", dump), EXIT_PARTIAL);
	says("DUMP PATH NOT HANDED OVER");
	says("\"exit\": 4,");
}

/*
 * Drivers were built in and attached all before the helper came: what it read are the capture
 * kernel's entries, which no dump has. That tells nothing of whose the dump is.
 */
static void test_attached_at_load(void **state)
{
	char text[2048], err[128];
	size_t len;
	u8 *rec;

	(void)state;
	(void)snprintf(text, sizeof(text), "%.*s%s", (int)(strstr(story, "ste ") - story), story,
		       "range kind=2 start=0x70000000 bytes=0x10000\n"
		       "ste phase=crash sid=0x8 addr=0x40004200 s1=0x70008000\n"
		       "cd phase=crash sid=0x8 addr=0x70008000 asid=1 ttb0=0x70001000 t0sz=16\n");
	assert_int_equal(mkrec(text, &rec, &len, err, sizeof(err)), 0);
	file_write(records, rec, len);
	free(rec);
	ask(ARGS("log", dump), EXIT_DONE);
	assert_string_equal(run.err, "");
}

/* Older records do not tell when the kernel crashed, but their dump does, and no other. */
static void test_crash_time(void **state)
{
	(void)state;
	append_vmcoreinfo("BUILD-ID=aa55\nCRASHTIME=1700000000\n");
	write_records("");
	write_dump(sizeof(image));
	ask(ARGS("report", dump), EXIT_FINDINGS);
	says("\ncrashed        2023-11-14 22:13:20 UTC, ");
	says("build id aa55\n");
	ask(ARGS("report", "--json", folder), EXIT_FINDINGS);
	says("\"crash_s\": 1700000000,");
	says("\"crashed_build_id\": \"aa55\"");
	ask(ARGS("collect", folder), EXIT_DONE);
	says("\"crash_s\":1700000000,");
	write_records("crashed release=other\n");
	ask(ARGS("report", "--json", folder), EXIT_PARTIAL);
	says("\"crashed_kernel\": \"other\"");
	assert_null(strstr(run.out, "\"crash_s\""));
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
	warns("the dump's crash was at 2023-11-14 22:13:20 UTC, the records were written "
	      "at 2026-09-21");
	/* Then the dump's time is not that of the records' crash. */
	ask(ARGS("report", "--json", dump), EXIT_PARTIAL);
	assert_null(strstr(run.out, "\"crash_s\""));
}

/* Hexadecimal, whatever stands in front; lengths, frames. */
static void test_numbers(void **state)
{
	(void)state;
	ask(ARGS("who", dump, "4001f800"), EXIT_DONE);
	says("Memory 0x4001f800\n");
	says("0000:00:01.0  rw      0xffffe800  0x4001f800  1 byte\n");
	ask(ARGS("who", dump, "0x4001f800+10"), EXIT_DONE);
	says("Memory 0x4001f800-0x4001f80f\n");
	ask(ARGS("who", dump, "4001f000+4K"), EXIT_DONE);
	says("Memory 0x4001f000-0x4001ffff\n");
	ask(ARGS("who", dump, "4001f000-4001ffff"), EXIT_DONE);
	says("Memory 0x4001f000-0x4001ffff\n");
	ask(ARGS("who", dump, "pfn:4001f"), EXIT_DONE);
	says("Memory 0x4001f000-0x4001ffff\n");
	says("0x4001f000  4 KiB\n");
	ask(ARGS("who", dump, "pfn:0x4001f-40020"), EXIT_DONE);
	says("Memory 0x4001f000-0x40020fff\n");
	ask(ARGS("who", dump, "pfn:4001f+3"), EXIT_DONE);
	says("Memory 0x4001f000-0x40021fff\n");
	says_not("not RAM");
}

static void test_no_numbers(void **state)
{
	static const char *const bad[] = { "",
					   "-",
					   "+",
					   "4001f800-",
					   "4001f800+",
					   "5-4",
					   "0x",
					   "-5",
					   "4001f800+0",
					   "pfn:",
					   "pfn:x",
					   "pfn:5-4",
					   "40 0",
					   "4001f800+x",
					   "ffffffffffffffff0",
					   "10000000000000",
					   "4001f800+4X",
					   "0x0x1",
					   "ffff0000-1",
					   "4001f800+1-2" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ask(ARGS("who", dump, bad[i]), EXIT_USAGE);
		assert_string_equal(run.out, "");
	}
	/* Without VMCOREINFO nobody knows the size of a page. */
	memset(image + NOTE, 0, DATA - NOTE);
	write_dump(sizeof(image));
	ask(ARGS("who", dump, "pfn:4001f"), EXIT_FAILED);
	ask(ARGS("who", dump, "ffff000040020000"), EXIT_FAILED);
	warns("no VMCOREINFO note to translate it with");
}

/* 0xffff000040020000 is 0x40020000, as in the linear map, and behind it 0x40030000. */
static void put_kernel_tables(void)
{
	u64 t = RAM + 0x2a000;

	put64(t, (t + 0x1000) | 3);
	put64(t + 0x1000 + 8, (t + 0x2000) | 3);
	put64(t + 0x2000, (t + 0x3000) | 3);
	put64(t + 0x3000 + 0x20 * 8, 0x40020000 | 0x703);
	put64(t + 0x3000 + 0x21 * 8, 0x40030000 | 0x703);
	write_dump(sizeof(image));
}

static void test_virtual(void **state)
{
	(void)state;
	put_kernel_tables();
	ask(ARGS("who", dump, "ffff000040020010"), EXIT_DONE);
	says("Memory 0x40020010  0xffff000040020010\n");
	says("0000:00:01.0  rw      0xfffff010  0x40020010  1 byte\n");
	/* A tag in the top byte, as KASAN has it, is none of the address. */
	ask(ARGS("who", dump, "0xf4ff000040020010"), EXIT_DONE);
	says("Memory 0x40020010 ");
	ask(ARGS("--json", "who", dump, "ffff000040020000+1000"), EXIT_DONE);
	says("\"first\": \"0x40020000\"");
	says("\"virtual\": \"0xffff000040020000\"");
	ask(ARGS("who", dump, "ffff000040020000+2000"), EXIT_FAILED);
	warns("the memory is not contiguous at 0xffff000040021000, 0x1000 bytes after its start");
	ask(ARGS("who", dump, "ffff000040025000"), EXIT_FAILED);
	warns("0xffff000040025000: the crashed kernel had nothing mapped there");
	/* Its image needs no tables. */
	ask(ARGS("who", dump, "ffff800040029000"), EXIT_DONE);
	says("Memory 0x40029000  0xffff800040029000\n");
}

static const char *map_file(const char *text)
{
	static char path[300];

	(void)snprintf(path, sizeof(path), "%s/System.map", folder);
	file_write(path, text, strlen(text));
	return path;
}

static void test_symbols(void **state)
{
	static const char map[] = "ffff800080028000 T _stext\nffff800080028100 t face\n"
				  "ffff800080029010 D init_task\n"
				  "ffff80008002a000 D swapper_pg_dir\n";
	static const char other[] = "ffff800080028000 T _stext\nffff800080029010 D init_task\n"
				    "ffff80008002b000 D swapper_pg_dir\n";
	const char *path;

	(void)state;
	ask(ARGS("who", dump, "swapper_pg_dir"), EXIT_DONE);
	says("Memory 0x4002a000  swapper_pg_dir at 0xffff80004002a000\n");
	ask(ARGS("who", dump, "_stext-swapper_pg_dir"), EXIT_DONE);
	says("Memory 0x40028000-0x4002a000  _stext at 0xffff800040028000\n");
	ask(ARGS("who", dump, "_stext+1K"), EXIT_DONE);
	says("Memory 0x40028000-0x400283ff ");
	ask(ARGS("who", dump, "init_task"), EXIT_USAGE);
	warns("'init_task' is neither an address nor a symbol of VMCOREINFO; give");
	path = map_file(map);
	/* The kernel was moved by -0x40000000 against its map. */
	ask(ARGS("who", "--symbols", path, dump, "init_task"), EXIT_DONE);
	says("Memory 0x40029010  init_task at 0xffff800040029010\n");
	ask(ARGS("--json", "who", "--symbols", path, dump, "init_task+8"), EXIT_DONE);
	says("\"symbol\": \"init_task\"");
	ask(ARGS("who", "--symbols", path, dump, "nosuch"), EXIT_USAGE);
	warns("'nosuch' is neither an address nor a symbol of ");
	path = map_file(other);
	ask(ARGS("who", "--symbols", path, dump, "init_task"), EXIT_FAILED);
	warns("System.map is of another kernel than the dump");
	ask(ARGS("who", "--symbols", dump, dump, "init_task"), EXIT_FAILED);
	warns("is neither a System.map nor a vmlinux with a symbol table");
	ask(ARGS("who", "--symbols", "/nosuch", dump, "init_task"), EXIT_FAILED);
	warns("--symbols /nosuch: No such file");
}

/* A vmlinux of three symbols. */
static void test_vmlinux(void **state)
{
	static const char names[] = "\0_stext\0swapper_pg_dir\0init_task";
	static u8 elf[4096];
	Elf64_Ehdr eh = { .e_type = ET_EXEC,
			  .e_machine = EM_AARCH64,
			  .e_shoff = 64,
			  .e_shentsize = sizeof(Elf64_Shdr),
			  .e_shnum = 3 };
	Elf64_Shdr sh[3] = {
		{ .sh_type = SHT_NULL },
		{ .sh_type = SHT_SYMTAB,
		  .sh_offset = 512,
		  .sh_size = 4 * sizeof(Elf64_Sym),
		  .sh_link = 2 },
		{ .sh_type = SHT_STRTAB, .sh_offset = 1024, .sh_size = sizeof(names) },
	};
	Elf64_Sym sym[4] = {
		{ 0 },
		{ .st_name = 1, .st_shndx = 1, .st_value = 0xffff800080028000 },
		{ .st_name = 8, .st_shndx = 1, .st_value = 0xffff80008002a000, .st_size = 0x1000 },
		{ .st_name = 23, .st_shndx = 1, .st_value = 0xffff800080029010, .st_size = 0x20 },
	};
	char path[300];

	(void)state;
	memcpy(eh.e_ident, "\177ELF\2\1\1", 7);
	memcpy(elf, &eh, sizeof(eh));
	memcpy(elf + 64, sh, sizeof(sh));
	memcpy(elf + 512, sym, sizeof(sym));
	memcpy(elf + 1024, names, sizeof(names));
	(void)snprintf(path, sizeof(path), "%s/vmlinux", folder);
	file_write(path, elf, sizeof(elf));
	/* All of the object, whose size is told. */
	ask(ARGS("who", "--symbols", path, dump, "init_task"), EXIT_DONE);
	says("Memory 0x40029010-0x4002902f  init_task at 0xffff800040029010\n");
	file_write(path, elf, 700);
	ask(ARGS("who", "--symbols", path, dump, "init_task"), EXIT_FAILED);
	warns("--symbols ");
}

/* What is no memory of the crashed kernel is said. */
static void test_not_ram(void **state)
{
	(void)state;
	write_records("range kind=2 start=0x60000000 bytes=0x200000\n");
	ask(ARGS("who", dump, "8080000"), EXIT_DONE);
	says("Memory 0x8080000\n  not RAM of the crashed kernel: registers of a device");
	ask(ARGS("who", dump, "4003f000+2000"), EXIT_DONE);
	says("  a part of it is not RAM of the crashed kernel\n");
	ask(ARGS("who", dump, "60001000"), EXIT_DONE);
	says("  memory that was reserved for the capture kernel\n");
	ask(ARGS("--json", "who", dump, "4003f000+2000"), EXIT_DONE);
	says("\"ram_bytes\": 4096");
	ask(ARGS("who", dump, "4001f800"), EXIT_DONE);
	says_not("RAM");
}

/* Names of devices and texts of findings come from records, which anybody may have written. */
static void test_texts_drive_nothing(void **state)
{
	static const char *const verbs[] = {
		"streams", "report", "log", "health", "events", "rmr"
	};
	size_t i;

	(void)state;
	write_records("device phase=now name=\"a\033[2Jb\" bus=pci driver=\"d\033c\" sids=0x20\n"
		      "finding severity=warning code=ste-odd sid=0x20 text=\"t\033[31m\"\n"
		      "stage stage=done text=\"s\033[0m\"\n");
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		run_free(&run);
		run_ctl(ARGS(verbs[i], dump), &run);
		assert_true(run.code != EXIT_FAILED && run.code != EXIT_USAGE);
		assert_null(strchr(run.out, 033));
		assert_null(strchr(run.err, 033));
	}
	ask(ARGS("maps", dump, "a\033[2Jb"), EXIT_DONE);
	says("a?[2Jb");
	assert_null(strchr(run.out, 033));
	ask(ARGS("maps", dump, "x\033[2J.y"), EXIT_FAILED);
	assert_null(strchr(run.err, 033));
	ask(ARGS("show", "--records", records, "a\033[2Jb"), EXIT_FINDINGS);
	assert_null(strchr(run.out, 033));
}

/* FILE is a dump, a folder or its records, for the verbs on dumps, too. */
static void test_file_of_all_kinds(void **state)
{
	(void)state;
	ask(ARGS("who", folder, "4001f800"), EXIT_DONE);
	says("   0  0x8   0000:00:01.0  rw ");
	ask(ARGS("events", folder), EXIT_DONE);
	ask(ARGS("log", dump), EXIT_DONE);
	ask(ARGS("who", records, "4001f800"), EXIT_FAILED);
	warns("smmu-adopt.rec: no dump, and only a dump has the memory of the crash: "
	      "give the dump as FILE; 'report --verbose' shows the entries that the records have\n");
	ask(ARGS("who", folder, "--records", records, "4001f800"), EXIT_DONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, crash_setup, crash_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_several_smmus),
		TEST(test_names_of_devices),
		TEST(test_other_crash),
		TEST(test_other_time),
		TEST(test_crash_time),
		TEST(test_other_crash_lost_dump),
		TEST(test_attached_at_load),
		TEST(test_other_kernel),
		TEST(test_numbers),
		TEST(test_no_numbers),
		TEST(test_virtual),
		TEST(test_symbols),
		TEST(test_vmlinux),
		TEST(test_not_ram),
		TEST(test_texts_drive_nothing),
		TEST(test_file_of_all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
