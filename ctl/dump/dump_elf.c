// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_elf.c - ELF64 core header and program headers (gABI chapters 4 and 5),
 * as far as the notes.
 */
#include <string.h>

#include "ctl/dump/dump.h"
#include "ctl/dump/dump_machine.h"

#define SECTION_INFO 44 /* sh_info of section 0: the count when it is PN_XNUM */

static int refuse(struct errbuf *err, u64 offset, const char *why)
{
	errbuf_set(err, "ELF header, byte 0x%llx: %s", offset, why);
	return -EBADMSG;
}

static int check_header(const u8 *e, struct errbuf *err)
{
	int r = dump_check_elf(e, err);

	if (r < 0)
		return r;
	if (e[4] != 2)
		return refuse(err, 4, e[4] == 1 ? "a 32-bit dump" : "neither 32 nor 64 bit");
	if (e[5] != 1)
		return refuse(err, 5, e[5] == 2 ? "a big-endian dump" : "no byte order");
	if (core_ld16(e + 54) != ELF_PHDR_BYTES)
		return refuse(err, 54, "program headers of a wrong size");
	return 0;
}

static int count_headers(struct dump_src *src, const u8 *e, struct dump_elf *elf,
			 struct errbuf *err)
{
	u8 raw[4];
	int r;

	elf->phoff = core_ld64(e + 32);
	elf->shoff = core_ld64(e + 40);
	elf->phnum = core_ld16(e + 56);
	if (elf->phnum == ELF_PN_XNUM) {
		if (elf->shoff < ELF_EHDR_BYTES || elf->shoff > src->size)
			return refuse(err, 40, "the section header is not in the file");
		r = dump_read(src, elf->shoff + SECTION_INFO, raw, sizeof(raw), err);
		if (r < 0)
			return r;
		elf->phnum = core_ld32(raw);
	}
	if (!elf->phnum || elf->phnum > ELF_PHDRS_MAX)
		return refuse(err, 56,
			      elf->phnum ? "too many program headers" : "no program headers");
	if (elf->phoff < ELF_EHDR_BYTES || elf->phoff > src->size ||
	    (u64)elf->phnum * ELF_PHDR_BYTES > src->size - elf->phoff)
		return refuse(err, 32, "the program headers are not in the file");
	return 0;
}

static int take_notes(struct dump_src *src, const u8 *phdr, u64 at, struct dump_info *ret,
		      struct errbuf *err)
{
	u64 headers_end = ret->elf.phoff + (u64)ret->elf.phnum * ELF_PHDR_BYTES;

	ret->notes = core_ld64(phdr + 8);
	ret->notes_len = core_ld64(phdr + 32);
	if (ret->notes > src->size || ret->notes_len > src->size - ret->notes) {
		errbuf_set(err,
			   "PT_NOTE at 0x%llx: 0x%llx bytes at 0x%llx, the file ends at 0x%llx", at,
			   ret->notes_len, ret->notes, src->size);
		return -EBADMSG;
	}
	if (ret->notes_len &&
	    (ret->notes < ELF_EHDR_BYTES ||
	     (ret->notes < headers_end && ret->notes + ret->notes_len > ret->elf.phoff))) {
		errbuf_set(err, "PT_NOTE at 0x%llx: the notes overlap the headers", at);
		return -EBADMSG;
	}
	return 0;
}

int dump_elf_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err)
{
	u8 e[ELF_EHDR_BYTES], phdr[ELF_PHDR_BYTES];
	u64 at;
	u32 i;
	int r;

	*ret = (struct dump_info){ .format = DUMP_ELF };
	r = dump_read(src, 0, e, sizeof(e), err);
	if (r >= 0)
		r = check_header(e, err);
	if (r >= 0)
		r = count_headers(src, e, &ret->elf, err);
	for (i = 0; r >= 0 && i < ret->elf.phnum; i++) {
		at = ret->elf.phoff + (u64)i * ELF_PHDR_BYTES;
		r = dump_read(src, at, phdr, sizeof(phdr), err);
		if (r < 0 || core_ld32(phdr) != ELF_PT_NOTE)
			continue;
		ret->elf.note = i;
		r = take_notes(src, phdr, at, ret, err);
		return r < 0 ? r : dump_check_process(src, ret, err);
	}
	return r < 0 ? r : refuse(err, ret->elf.phoff, "no PT_NOTE among the program headers");
}
