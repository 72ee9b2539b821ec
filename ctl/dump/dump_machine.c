// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_machine.c - is this the dump of an AArch64 kernel? Others are named, since a folder of
 * a server holds dumps of all machines, and cores of programs.
 */
#include "ctl/dump/dump_machine.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "ctl/dump/dump_note.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* Notes of a process (Linux' include/uapi/linux/elf.h); a kernel's dump has none of them. */
#define NOTE_PRPSINFO 3
#define NOTE_PRPSINFO_COMMAND 40 /* pr_fname of a 64-bit process */
#define COMMAND_BYTES 16
#define NOTES_LOOKED_AT 8 /* a process has that note second */

static const struct {
	u16 number;
	const char *name;
} machines[] = {
	{ EM_X86_64, "x86-64" },   { EM_386, "32-bit x86" },	  { EM_ARM, "32-bit Arm" },
	{ EM_AARCH64, "AArch64" }, { EM_PPC64, "ppc64" },	  { EM_S390, "s390" },
	{ EM_RISCV, "RISC-V" },	   { EM_LOONGARCH, "LoongArch" },
};

static const char *machine_name(u16 number)
{
	size_t i;

	for (i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].number == number)
			return machines[i].name;
	return NULL;
}

static const char *type_name(u16 type)
{
	switch (type) {
	case ET_REL: return "object file or kernel module";
	case ET_EXEC: return "executable";
	case ET_DYN: return "executable or library";
	default: return "ELF file";
	}
}

int dump_check_elf(const u8 *ehdr, struct errbuf *err)
{
	bool swapped = ehdr[EI_DATA] == ELFDATA2MSB;
	u16 type = core_ld16(ehdr + 16), number = core_ld16(ehdr + 18);
	const char *machine;

	if (swapped) {
		type = __builtin_bswap16(type);
		number = __builtin_bswap16(number);
	}
	machine = machine_name(number);
	if (!machine && (swapped || ehdr[EI_CLASS] != ELFCLASS64))
		return 0; /* damaged, or too strange to be named: the header's reader says so */
	if (!machine)
		machine = "an unknown machine";
	if (type != ET_CORE)
		errbuf_set(err, "ELF header, byte 0x10: an %s (%s), not a dump", type_name(type),
			   machine);
	else if (number != EM_AARCH64)
		errbuf_set(err, "a core file of %s: only dumps of AArch64 machines are read",
			   machine);
	else
		return 0;
	return -ENOEXEC;
}

int dump_check_process(struct dump_src *src, const struct dump_info *info, struct errbuf *err)
{
	u64 cursor = info->notes, end = info->notes + info->notes_len;
	u8 front[NOTE_HEADER_BYTES + 8];
	char command[COMMAND_BYTES + 1] = "";
	struct dump_note note;
	struct errbuf ignored;
	int i;

	for (i = 0; i < NOTES_LOOKED_AT; i++) {
		if (dump_note_next(src, end, &cursor, &note, &ignored) != NOTE_OK)
			return 0;
		if (note.type != NOTE_PRPSINFO ||
		    note.body_len < NOTE_PRPSINFO_COMMAND + COMMAND_BYTES ||
		    dump_read(src, note.offset, front, sizeof(front), &ignored) < 0 ||
		    memcmp(front + NOTE_HEADER_BYTES, "CORE", 5) != 0)
			continue;
		(void)dump_read(src, note.body + NOTE_PRPSINFO_COMMAND, command, COMMAND_BYTES,
				&ignored);
		errbuf_set(err, "the core file of a process, '%s', not a dump of a kernel",
			   command);
		return -ENOEXEC;
	}
	return 0;
}

int dump_check_utsname(const u8 *machine, size_t len, struct errbuf *err)
{
	char name[66] = "";

	memcpy(name, machine, len < sizeof(name) - 1 ? len : sizeof(name) - 1);
	if (!name[0] || !strcmp(name, "aarch64"))
		return 0;
	errbuf_set(err, "a kdump-compressed dump of %s: only dumps of AArch64 machines are read",
		   name);
	return -ENOEXEC;
}
