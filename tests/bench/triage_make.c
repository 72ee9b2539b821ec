// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * triage_make.c - makes a dump with many translation tables, and records that go with it.
 *
 *	triage_make DIR GIB LEAVES		DIR/vmcore, DIR/8.rec, DIR/65536.rec
 */
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/triage_dump.h"
#include "tests/unit/support_mkrec.h"

/* The entries of table @number of @root. */
static void fill(const struct shape *s, u64 root, u64 number, u64 *e)
{
	u64 i, k, first_l3 = 2 + s->l2;

	memset(e, 0, PAGE);
	if (!number) {
		e[0] = table(s, root, 1) | 3;
	} else if (number == 1) {
		for (i = 0; i < s->l2; i++)
			e[i] = table(s, root, 2 + i) | 3;
	} else if (number < first_l3) {
		k = (number - 2) * 512;
		for (i = 0; i < 512 && k + i < s->l3; i++)
			e[i] = table(s, root, first_l3 + k + i) | 3;
	} else {
		k = root * s->leaves + (number - first_l3) * 512;
		for (i = 0; i < 512; i++)
			e[i] = page_at(s, SPREAD_LEAVES, k + i) | 0x443;
	}
}

struct place {
	u64 addr, root, number; /* addr first: by_address() */
};

/* In the order of addresses, as a dump is written: the blocks on the disk follow it. */
static void put_tables(int fd, const struct shape *s)
{
	u64 each = 2 + s->l2 + s->l3, i, e[512];
	struct place *p = calloc(ROOTS * each, sizeof(*p));

	for (i = 0; i < ROOTS * each; i++)
		p[i] = (struct place){ table(s, i / each, i % each), i / each, i % each };
	qsort(p, ROOTS * each, sizeof(*p), by_address);
	for (i = 0; i < ROOTS * each; i++) {
		fill(s, p[i].root, p[i].number, e);
		if (pwrite(fd, e, PAGE, (off_t)(DATA + p[i].addr - RAM)) != PAGE)
			die("write");
	}
	free(p);
}

static void put_headers(int fd, const struct shape *s)
{
	static const char info[] = "OSRELEASE=6.12.0-bench\nPAGESIZE=4096\nNUMBER(VA_BITS)=48\n"
				   "SYMBOL(_stext)=ffff800040010000\n"
				   "SYMBOL(swapper_pg_dir)=ffff800040020000\n"
				   "NUMBER(kimage_voffset)=0xffff800000000000\n"
				   "KERNELOFFSET=0\nNUMBER(PHYS_OFFSET)=0x40000000\n"
				   "CRASHTIME=1700000000\n";
	Elf64_Ehdr eh = { .e_type = ET_CORE,
			  .e_machine = EM_AARCH64,
			  .e_version = 1,
			  .e_phoff = 64,
			  .e_ehsize = 64,
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 2 };
	Elf64_Phdr ph[2] = { { .p_type = PT_NOTE,
			       .p_offset = 0x400,
			       .p_filesz = 24 + ((sizeof(info) + 3) & ~3u) },
			     { .p_type = PT_LOAD,
			       .p_flags = 7,
			       .p_offset = DATA,
			       .p_vaddr = 0xffff000000000000ull,
			       .p_paddr = RAM,
			       .p_filesz = s->pages * PAGE,
			       .p_memsz = s->pages * PAGE } };
	u8 note[1024] = { 0 };

	memcpy(eh.e_ident, "\177ELF\2\1\1", 7);
	core_st32(note, 11);
	core_st32(note + 4, sizeof(info));
	memcpy(note + 12, "VMCOREINFO", 11);
	memcpy(note + 24, info, sizeof(info));
	if (pwrite(fd, &eh, sizeof(eh), 0) < 0 || pwrite(fd, ph, sizeof(ph), 64) < 0 ||
	    pwrite(fd, note, sizeof(note), 0x400) < 0 ||
	    ftruncate(fd, (off_t)(DATA + s->pages * PAGE)) < 0)
		die("write");
}

static void put_records(const char *dir, const struct shape *s, u32 sids)
{
	char path[512], err[160], *text = malloc(4096 + sids * 256ull), *p = text;
	size_t len;
	FILE *out;
	u8 *rec;
	u32 i;

	p += sprintf(p,
		     "file producer=smmu_adopt capture=1 wall=1 kernel=k program=p boot=1\n"
		     "crashed release=6.12.0-bench time=1700000000\n"
		     "range kind=1 start=%#llx bytes=%#llx\n"
		     "smmu smmu=0 phase=crash state=adopted reason=1 evidence=kdump-kernel,"
		     "registers-read,smmuen base=0x9050000 name=x.smmuv3 stes=4 idr0=0x08001000 "
		     "idr1=0x10 idr5=0x5 cr0=0x9 strtab_base=0x40030000 strtab_base_cfg=0x10210\n",
		     RAM, (s->pages * PAGE));
	for (i = 0; i < sids; i++)
		p += sprintf(p,
			     "ste phase=crash sid=%#x addr=%#x s1=%#x\n"
			     "cd phase=crash sid=%#x ssid=0 addr=%#x asid=%u ttb0=%#llx t0sz=16 "
			     "tg0=0\n",
			     i, 0x40100000 + i * 64, 0x40800000 + i * 64, i, 0x40800000 + i * 64,
			     i % ROOTS + 1, table(s, i % ROOTS, 0));
	if (mkrec(text, &rec, &len, err, sizeof(err)) < 0) {
		fprintf(stderr, "mkrec: %s\n", err);
		exit(1);
	}
	(void)snprintf(path, sizeof(path), "%s/%u.rec", dir, sids);
	out = fopen(path, "we");
	if (!out || fwrite(rec, 1, len, out) != len || fclose(out))
		die(path);
	free(rec);
}

int main(int argc, char **argv)
{
	struct shape s;
	char path[512];
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: triage_make DIR GIB LEAVES\n");
		return 2;
	}
	s = shape_of(argv[2], argv[3]);
	(void)snprintf(path, sizeof(path), "%s/vmcore", argv[1]);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		die(path);
	put_headers(fd, &s);
	put_tables(fd, &s);
	if (fsync(fd) < 0)
		die(path);
	close(fd);
	put_records(argv[1], &s, 8);
	put_records(argv[1], &s, 65536);
	return 0;
}
