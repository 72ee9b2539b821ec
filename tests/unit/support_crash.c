// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_crash.c - see support_crash.h.
 */
#include "tests/unit/support_crash.h"

#include "tests/unit/cmocka_all.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rec.h"
#include "tests/unit/support_mkrec.h"

u8 image[DATA + RAM_BYTES];
char dump[256], records[256];
struct run run;

/* A two-level stream table at 0, whose STEs are the capture kernel's; level-0..3 tables from
 * TABLES. */
const char *const story =
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

void put64(u64 addr, u64 value)
{
	core_st64(image + DATA + (addr - RAM), value);
}

void make_tables(void)
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
void put_vmcoreinfo(u64 text, u64 tables)
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

void write_dump(size_t len)
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

void write_records(const char *more)
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

int crash_setup(void **state)
{
	(void)scratch_set_up(state);
	(void)snprintf(dump, sizeof(dump), "%s/vmcore", folder);
	(void)snprintf(records, sizeof(records), "%s/smmu-adopt.rec", folder);
	memset(image, 0, sizeof(image));
	make_tables();
	put_vmcoreinfo(0x40028000, 0x4002a000);
	write_records("");
	write_dump(sizeof(image));
	return 0;
}

int crash_teardown(void **state)
{
	run_free(&run);
	return scratch_tear_down(state);
}

void ask(const char *const *args, int code)
{
	run_free(&run);
	run_ctl(args, &run);
	if (run.code != code)
		fail_msg("%s: exit %d, not %d\n%s%s", args[0], run.code, code, run.out, run.err);
}

/* Is @words in @text as it is, or where lines that go on below are joined? */
static bool is_said(const char *text, const char *words)
{
	char *joined = strdup(text), *to = joined;
	const char *from = text;
	bool said;

	assert_non_null(joined);
	while (*from) {
		if (*from == '\n' && from[1] == ' ') {
			*to++ = ' ';
			from += 1 + strspn(from + 1, " ");
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
	said = strstr(text, words) || strstr(joined, words);
	free(joined);
	return said;
}

void says(const char *words)
{
	if (!is_said(run.out, words))
		fail_msg("\"%s\" is not in:\n%s", words, run.out);
}

void says_not(const char *words)
{
	if (is_said(run.out, words))
		fail_msg("\"%s\" is in:\n%s", words, run.out);
}

void warns(const char *words)
{
	if (!strstr(run.err, words))
		fail_msg("\"%s\" is not in:\n%s", words, run.err);
}
