// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_elf.c - ELF64 core header and program headers (gABI chapters 4 and 5).
 */
#include <stdlib.h>

#include "ctl/dump/dump.h"
#include "ctl/dump/dump_machine.h"
#include "lib/base/cleanup.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are read as they are stored");

static int refuse(struct errbuf *err, u64 offset, const char *why)
{
	errbuf_set(err, "ELF header, byte 0x%llx: %s", offset, why);
	return -EBADMSG;
}

static int check_header(const Elf64_Ehdr *e, struct errbuf *err)
{
	int r = dump_check_elf((const u8 *)e, err);
	u8 class = e->e_ident[EI_CLASS], data = e->e_ident[EI_DATA];

	if (r < 0)
		return r;
	if (class != ELFCLASS64)
		return refuse(err, EI_CLASS,
			      class == ELFCLASS32 ? "a 32-bit dump" : "neither 32 nor 64 bit");
	if (data != ELFDATA2LSB)
		return refuse(err, EI_DATA,
			      data == ELFDATA2MSB ? "a big-endian dump" : "no byte order");
	if (e->e_phentsize != sizeof(Elf64_Phdr))
		return refuse(err, offsetof(Elf64_Ehdr, e_phentsize),
			      "program headers of a wrong size");
	return 0;
}

static int count_headers(struct dump_src *src, const Elf64_Ehdr *e, struct dump_elf *elf,
			 struct errbuf *err)
{
	Elf64_Shdr section; /* number 0 has the count when it is PN_XNUM */
	int r;

	*elf = (struct dump_elf){ .phoff = e->e_phoff, .shoff = e->e_shoff, .phnum = e->e_phnum };
	if (elf->phnum == PN_XNUM) {
		if (elf->shoff < sizeof(*e) || elf->shoff > src->size - sizeof(section))
			return refuse(err, offsetof(Elf64_Ehdr, e_shoff),
				      "the section header is not in the file");
		r = dump_read(src, elf->shoff, &section, sizeof(section), err);
		if (r < 0)
			return r;
		elf->phnum = section.sh_info;
	}
	if (!elf->phnum || elf->phnum > ELF_PHDRS_MAX)
		return refuse(err, offsetof(Elf64_Ehdr, e_phnum),
			      elf->phnum ? "too many program headers" : "no program headers");
	if (elf->phoff < sizeof(*e) || elf->phoff > src->size ||
	    elf->phnum * sizeof(Elf64_Phdr) > src->size - elf->phoff)
		return refuse(err, offsetof(Elf64_Ehdr, e_phoff),
			      "the program headers are not in the file");
	return 0;
}

static bool take_notes(const Elf64_Phdr *note, u64 at, struct dump_info *ret, struct errbuf *err)
{
	u64 headers_end = ret->elf.phoff + ret->elf.phnum * sizeof(*note);

	ret->notes = note->p_offset;
	ret->notes_len = note->p_filesz;
	if (ret->notes > ret->size || ret->notes_len > ret->size - ret->notes) {
		errbuf_set(err,
			   "PT_NOTE at 0x%llx: 0x%llx bytes at 0x%llx, the file ends at 0x%llx", at,
			   ret->notes_len, ret->notes, ret->size);
		return false;
	}
	if (ret->notes_len &&
	    (ret->notes < sizeof(Elf64_Ehdr) ||
	     (ret->notes < headers_end && ret->notes + ret->notes_len > ret->elf.phoff))) {
		errbuf_set(err, "PT_NOTE at 0x%llx: the notes overlap the headers", at);
		return false;
	}
	return true;
}

static void leave_notes(struct dump_info *ret)
{
	ret->notes = ret->notes_len = 0;
	ret->bad_notes = true;
}

int dump_elf_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err)
{
	Elf64_Ehdr e;
	Elf64_Phdr phdr;
	u64 at;
	u32 i;
	int r;

	r = dump_read(src, 0, &e, sizeof(e), err);
	if (r >= 0)
		r = check_header(&e, err);
	if (r >= 0)
		r = count_headers(src, &e, &ret->elf, err);
	for (i = 0; r >= 0 && i < ret->elf.phnum; i++) {
		at = ret->elf.phoff + i * sizeof(phdr);
		r = dump_read(src, at, &phdr, sizeof(phdr), err);
		if (r < 0 || phdr.p_type != PT_NOTE)
			continue;
		ret->elf.note = i;
		if (take_notes(&phdr, at, ret, err))
			return dump_check_process(src, ret, err);
		leave_notes(ret);
		return 0;
	}
	if (r >= 0) {
		(void)refuse(err, ret->elf.phoff, "no PT_NOTE among the program headers");
		leave_notes(ret);
	}
	return r;
}

u64 dump_load_stored(const struct dump_info *info, const Elf64_Phdr *load)
{
	u64 there = load->p_offset < info->size ? info->size - load->p_offset : 0;

	return load->p_filesz < there ? load->p_filesz : there;
}

/* The PT_LOAD at @at of the file. Its bytes may lie beyond the end: of a cut dump they do. */
static int check_load(const struct dump_info *info, const Elf64_Phdr *load, u64 at,
		      struct dump_phdrs *ret, struct errbuf *err)
{
	u64 cut = load->p_filesz - dump_load_stored(info, load);

	if (load->p_memsz < load->p_filesz || load->p_memsz > ~load->p_paddr ||
	    load->p_filesz > ~load->p_offset) {
		errbuf_set(err, "PT_LOAD at 0x%llx: %s", at,
			   load->p_memsz < load->p_filesz ? "more bytes in the file than in memory"
							  : "a range that cannot be");
		return -EBADMSG;
	}
	if (load->p_filesz && load->p_offset < ret->first)
		ret->first = load->p_offset;
	ret->loads += load->p_memsz != 0;
	ret->cut = cut > ~ret->cut ? ~0ull : ret->cut + cut;
	return 0;
}

int dump_elf_phdrs(struct dump_src *src, const struct dump_info *info, bool leave_bad,
		   struct dump_phdrs *ret, struct errbuf *err)
{
	size_t bytes = info->elf.phnum * sizeof(*ret->h);
	_cleanup_free_ Elf64_Phdr *h = malloc(bytes);
	u32 i;
	int r;

	*ret = (struct dump_phdrs){ .first = info->size };
	if (!h)
		return -ENOMEM;
	r = dump_read(src, info->elf.phoff, h, bytes, err);
	for (i = 0; r >= 0 && i < info->elf.phnum; i++) {
		if (h[i].p_type != PT_LOAD)
			continue;
		r = check_load(info, &h[i], info->elf.phoff + i * sizeof(*h), ret, err);
		if (r < 0 && leave_bad) {
			h[i].p_type = PT_NULL;
			ret->bad++;
			r = 0;
		}
	}
	if (r >= 0 && !ret->loads && ret->bad)
		r = -EBADMSG; /* @err has the last */
	else if (r >= 0 && !ret->loads)
		r = refuse(err, info->elf.phoff,
			   "no PT_LOAD with memory among the program headers");
	if (r >= 0)
		ret->h = steal_ptr(h);
	return r;
}
