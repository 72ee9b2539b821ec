// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * embed_elf.c - room for a note in an ELF dump.
 *
 * The notes must stay in front of all page data: crash(8) takes what lies below
 * the lowest PT_LOAD for the header, and reads no notes elsewhere. When the gap
 * is too small, the first pages of the data make room: they are copied to the
 * end of the file, and the segment that described them is
 *
 *	moved, when it is small: its p_offset changes;
 *	or split: a new program header describes the copy, first in addition to the
 *	old one, which is shortened next.
 *
 * Every byte of memory is described by the file after each write, none of the
 * bulk is touched, and no file system needs to know about it. (Inserting blocks
 * with fallocate(2) moves all segments at once; between that and the rewritten
 * headers the dump is not readable.)
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/embed/embed.h"
#include "lib/base/cleanup.h"

#define SPLIT_ALIGN 65536u /* the largest page of arm64: no page is cut in two */

struct elf_plan {
	struct dump_src *src;
	const struct dump_info *info;
	struct embed_plan *plan;
	u8 *phdrs;
	u64 notes_end; /* where the note goes */
	u64 first;     /* of what lies behind the notes */
	u32 added;     /* program headers */
	struct errbuf *err;
};

struct load {
	u64 at; /* of its program header */
	u32 flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

static bool get_load(const struct elf_plan *p, u32 i, struct load *ret)
{
	const u8 *h = p->phdrs + (size_t)i * ELF_PHDR_BYTES;

	*ret = (struct load){
		.at = p->info->elf.phoff + (u64)i * ELF_PHDR_BYTES,
		.flags = core_ld32(h + 4),
		.offset = core_ld64(h + 8),
		.vaddr = core_ld64(h + 16),
		.paddr = core_ld64(h + 24),
		.filesz = core_ld64(h + 32),
		.memsz = core_ld64(h + 40),
		.align = core_ld64(h + 48),
	};
	return core_ld32(h) == ELF_PT_LOAD && ret->filesz;
}

static void put_load(const struct load *l, u8 *h)
{
	core_st32(h, ELF_PT_LOAD);
	core_st32(h + 4, l->flags);
	core_st64(h + 8, l->offset);
	core_st64(h + 16, l->vaddr);
	core_st64(h + 24, l->paddr);
	core_st64(h + 32, l->filesz);
	core_st64(h + 40, l->memsz);
	core_st64(h + 48, l->align);
}

/* Segments inside the file, behind the notes; p->first found. */
static int check_loads(struct elf_plan *p)
{
	const struct dump_elf *elf = &p->info->elf;
	struct load l;
	u32 i, loads = 0;

	p->first = p->src->size;
	if (elf->shoff >= p->notes_end && elf->shoff < p->first)
		p->first = elf->shoff;
	for (i = 0; i < elf->phnum; i++) {
		if (!get_load(p, i, &l))
			continue;
		loads++;
		if (l.offset > p->src->size || l.filesz > p->src->size - l.offset) {
			errbuf_set(p->err,
				   "PT_LOAD at 0x%llx: 0x%llx bytes at 0x%llx, the file ends at "
				   "0x%llx: the dump is incomplete",
				   l.at, l.filesz, l.offset, p->src->size);
			return -EINVAL;
		}
		if (l.memsz < l.filesz || l.offset < p->notes_end) {
			errbuf_set(p->err, "PT_LOAD at 0x%llx: %s", l.at,
				   l.memsz < l.filesz ? "more bytes in the file than in memory"
						      : "it begins before the end of the notes");
			return -EBADMSG;
		}
		if (l.offset < p->first)
			p->first = l.offset;
	}
	if (!loads) {
		errbuf_set(p->err, "no PT_LOAD with bytes in the file");
		return -EBADMSG;
	}
	return 0;
}

/* The segment that begins first at or behind @offset; offset U64_MAX: none. -ENOSPC: not alone. */
static int load_from(const struct elf_plan *p, u64 offset, struct load *ret)
{
	struct load l;
	u32 i, here = 0;

	ret->offset = ~(u64)0;
	for (i = 0; i < p->info->elf.phnum; i++)
		if (get_load(p, i, &l) && l.offset >= offset && l.offset < ret->offset)
			*ret = l;
	for (i = 0; i < p->info->elf.phnum; i++)
		if (get_load(p, i, &l) && l.offset < ret->offset + ret->filesz &&
		    l.offset + l.filesz > ret->offset)
			here++;
	if (ret->offset == ~(u64)0 || here == 1)
		return 0;
	errbuf_set(p->err,
		   "no room for the note (--copy makes room): segments share the bytes at "
		   "0x%llx",
		   ret->offset);
	return -ENOSPC;
}

/* Append @len bytes at @offset of the file, so that they keep their place in a page. */
static int append(struct elf_plan *p, u64 offset, u64 len, u64 paddr, u64 *ret_offset)
{
	struct embed_plan *plan = p->plan;
	u64 at;
	u8 *grown;

	if (!plan->append_len)
		plan->append_at = (p->src->size + SPLIT_ALIGN - 1) & ~(u64)(SPLIT_ALIGN - 1);
	at = plan->append_len;
	at += (paddr - at) & (SPLIT_ALIGN - 1);
	if (at + len > EMBED_BYTES_MAX) {
		errbuf_set(p->err,
			   "no room for the note (--copy makes room): more than %u MiB would have "
			   "to move",
			   EMBED_BYTES_MAX >> 20);
		return -ENOSPC;
	}
	grown = realloc(plan->append, (size_t)(at + len));
	if (!grown)
		return -ENOMEM;
	memset(grown + plan->append_len, 0, (size_t)at - plan->append_len);
	plan->append = grown;
	plan->append_len = (size_t)(at + len);
	*ret_offset = plan->append_at + at;
	return dump_read(p->src, offset, grown + at, (size_t)len, p->err);
}

static int move(struct elf_plan *p, const struct load *l)
{
	u8 raw[8];
	u64 at;
	int r = append(p, l->offset, l->filesz, l->paddr, &at);

	if (r < 0)
		return r;
	core_st64(raw, at);
	return embed_add_write(p->plan, l->at + 8, raw, sizeof(raw));
}

/* Is there room for one more program header behind the last? */
static int has_slot(const struct elf_plan *p, u64 *ret_at)
{
	const struct dump_elf *elf = &p->info->elf;
	u64 at = elf->phoff + (u64)elf->phnum * ELF_PHDR_BYTES;

	if (p->added || elf->phnum + 1 >= ELF_PN_XNUM || at + ELF_PHDR_BYTES > p->info->notes ||
	    (elf->shoff >= at && elf->shoff < at + ELF_PHDR_BYTES))
		return 0;
	*ret_at = at;
	return dump_zero(p->src, at, ELF_PHDR_BYTES, p->err);
}

/* The first @len bytes of @l become a segment of their own. */
static int split(struct elf_plan *p, const struct load *l, u64 len, u64 slot)
{
	struct load copy = *l, rest = *l;
	u8 h[ELF_PHDR_BYTES], number[2];
	int r;

	copy.filesz = copy.memsz = len;
	r = append(p, l->offset, len, l->paddr, &copy.offset);
	if (r < 0)
		return r;
	put_load(&copy, h);
	r = embed_add_write(p->plan, slot, h, sizeof(h));
	core_st16(number, (u16)(p->info->elf.phnum + 1));
	if (r >= 0)
		r = embed_add_write(p->plan, 56, number, sizeof(number)); /* e_phnum */
	rest.offset += len;
	rest.vaddr += rest.vaddr ? len : 0;
	rest.paddr += len;
	rest.filesz -= len;
	rest.memsz -= len;
	put_load(&rest, h);
	if (r >= 0)
		r = embed_add_write(p->plan, l->at + 8, h + 8, 40);
	p->added++;
	return r;
}

/* Free [p->first, until). */
static int make_room(struct elf_plan *p, u64 until)
{
	u64 at = p->first, len, slot, shoff = p->info->elf.shoff;
	struct load l = { 0 };
	int r;

	if (shoff >= p->first && shoff < until) {
		errbuf_set(p->err,
			   "no room for the note (--copy makes room): section headers at 0x%llx",
			   shoff);
		return -ENOSPC;
	}
	for (; at < until; at = l.offset + l.filesz) {
		r = load_from(p, at, &l);
		if (r < 0)
			return r;
		if (l.offset >= until)
			return 0;
		len = until - l.offset;
		len += -(l.paddr + len) & (SPLIT_ALIGN - 1);
		r = len < l.filesz ? has_slot(p, &slot) : 0;
		if (r > 0)
			r = split(p, &l, len, slot);
		else if (r == 0)
			r = move(p, &l);
		if (r < 0)
			return r;
	}
	return until <= p->src->size ? 0 : -ENOSPC;
}

static int plan_writes(struct elf_plan *p, const u8 *note, size_t len)
{
	const struct dump_info *info = p->info;
	u64 need = p->notes_end + len;
	u8 fields[16];
	int r;

	r = dump_zero(p->src, info->notes + info->notes_len,
		      (p->first < need ? p->first : need) - info->notes - info->notes_len, p->err);
	if (r == 0) {
		errbuf_set(p->err, "0x%llx: unknown data follow the notes",
			   (info->notes + info->notes_len));
		r = -ENOSPC;
	}
	p->plan->how = "in the gap behind the other notes";
	if (r >= 0 && p->first < need) {
		p->plan->how = "behind the other notes; pages were moved to make room";
		r = make_room(p, need);
	}
	if (r >= 0)
		r = embed_add_write(p->plan, p->notes_end, note, len);
	core_st64(fields, need - info->notes);
	core_st64(fields + 8, need - info->notes);
	if (r >= 0)
		r = embed_add_write(p->plan,
				    info->elf.phoff + (u64)info->elf.note * ELF_PHDR_BYTES + 32,
				    fields, sizeof(fields));
	return r;
}

int embed_plan_elf(struct dump_src *src, const struct dump_info *info, const u8 *note, size_t len,
		   struct embed_plan *plan, struct errbuf *err)
{
	_cleanup_free_ u8 *phdrs = NULL;
	size_t bytes = (size_t)info->elf.phnum * ELF_PHDR_BYTES;
	struct elf_plan p = { .src = src, .info = info, .plan = plan, .err = err };
	int r;

	phdrs = malloc(bytes);
	if (!phdrs)
		return -ENOMEM;
	r = dump_read(src, info->elf.phoff, phdrs, bytes, err);
	if (r < 0)
		return r;
	p.phdrs = phdrs;
	p.notes_end = (info->notes + info->notes_len + 3) & ~(u64)3;
	if (!info->notes_len) {
		errbuf_set(err, "no notes in the dump");
		return -EINVAL;
	}
	r = check_loads(&p);
	return r < 0 ? r : plan_writes(&p, note, len);
}
