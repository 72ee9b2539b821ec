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
	struct dump_phdrs phdrs;
	u64 notes_end; /* where the note goes */
	u64 first;     /* of what lies behind the notes */
	u32 added;     /* program headers */
	struct errbuf *err;
};

/* Program header number @i, when it is a segment with bytes in the file; else NULL. */
static const Elf64_Phdr *load_number(const struct elf_plan *p, u32 i)
{
	const Elf64_Phdr *h = &p->phdrs.h[i];

	return h->p_type == PT_LOAD && h->p_filesz ? h : NULL;
}

/* Where its program header is in the file. */
static u64 header_of(const struct elf_plan *p, const Elf64_Phdr *load)
{
	return p->info->elf.phoff + (u64)(load - p->phdrs.h) * sizeof(*load);
}

/* Segments inside the file, behind the notes; p->first found. */
static int check_loads(struct elf_plan *p)
{
	const struct dump_info *info = p->info;
	const struct dump_phdrs *phdrs = &p->phdrs;

	if (phdrs->cut) {
		errbuf_set(p->err,
			   "PT_LOADs have 0x%llx bytes beyond the end of the file, 0x%llx: the "
			   "dump is incomplete",
			   phdrs->cut, info->size);
		return -EINVAL;
	}
	if (phdrs->first == info->size) {
		errbuf_set(p->err, "no PT_LOAD with bytes in the file");
		return -EBADMSG;
	}
	if (phdrs->first < p->notes_end) {
		errbuf_set(p->err,
			   "PT_LOAD with bytes at 0x%llx: it begins before the end of the notes",
			   phdrs->first);
		return -EBADMSG;
	}
	p->first = phdrs->first;
	if (info->elf.shoff >= p->notes_end && info->elf.shoff < p->first)
		p->first = info->elf.shoff;
	return 0;
}

/* The segment that begins first at or behind @offset; NULL: none. -ENOSPC: not alone. */
static int load_from(const struct elf_plan *p, u64 offset, const Elf64_Phdr **ret)
{
	const Elf64_Phdr *l, *found = NULL;
	u32 i, here = 0;

	for (i = 0; i < p->info->elf.phnum; i++) {
		l = load_number(p, i);
		if (l && l->p_offset >= offset && (!found || l->p_offset < found->p_offset))
			found = l;
	}
	for (i = 0; found && i < p->info->elf.phnum; i++) {
		l = load_number(p, i);
		here += l && l->p_offset < found->p_offset + found->p_filesz &&
			l->p_offset + l->p_filesz > found->p_offset;
	}
	*ret = found;
	if (here <= 1)
		return 0;
	offset = found->p_offset;
	errbuf_set(p->err,
		   "no room for the note (--copy makes room): segments share the bytes at "
		   "0x%llx",
		   offset);
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

static int move(struct elf_plan *p, const Elf64_Phdr *l)
{
	u64 at;
	int r = append(p, l->p_offset, l->p_filesz, l->p_paddr, &at);

	if (r < 0)
		return r;
	return embed_add_write(p->plan, header_of(p, l) + offsetof(Elf64_Phdr, p_offset), &at,
			       sizeof(at));
}

/* Is there room for one more program header behind the last? */
static int has_slot(const struct elf_plan *p, u64 *ret_at)
{
	const struct dump_elf *elf = &p->info->elf;
	u64 at = elf->phoff + elf->phnum * sizeof(Elf64_Phdr), end = at + sizeof(Elf64_Phdr);

	if (p->added || elf->phnum + 1 >= PN_XNUM || end > p->info->notes ||
	    (elf->shoff >= at && elf->shoff < end))
		return 0;
	*ret_at = at;
	return dump_zero(p->src, at, sizeof(Elf64_Phdr), p->err);
}

/* The first @len bytes of @l become a segment of their own. */
static int split(struct elf_plan *p, const Elf64_Phdr *l, u64 len, u64 slot)
{
	const size_t from = offsetof(Elf64_Phdr, p_offset), to = offsetof(Elf64_Phdr, p_align);
	Elf64_Half number = (Elf64_Half)(p->info->elf.phnum + 1);
	Elf64_Phdr copy = *l, rest = *l;
	u64 at;
	int r;

	r = append(p, l->p_offset, len, l->p_paddr, &at);
	if (r < 0)
		return r;
	copy.p_offset = at;
	copy.p_filesz = copy.p_memsz = len;
	r = embed_add_write(p->plan, slot, &copy, sizeof(copy));
	if (r >= 0)
		r = embed_add_write(p->plan, offsetof(Elf64_Ehdr, e_phnum), &number,
				    sizeof(number));
	rest.p_offset += len;
	rest.p_vaddr += rest.p_vaddr ? len : 0;
	rest.p_paddr += len;
	rest.p_filesz -= len;
	rest.p_memsz -= len;
	if (r >= 0)
		r = embed_add_write(p->plan, header_of(p, l) + from, (const u8 *)&rest + from,
				    to - from);
	p->added++;
	return r;
}

/* Free [p->first, until). */
static int make_room(struct elf_plan *p, u64 until)
{
	u64 at = p->first, len, slot, shoff = p->info->elf.shoff;
	const Elf64_Phdr *l;
	int r;

	if (shoff >= p->first && shoff < until) {
		errbuf_set(p->err,
			   "no room for the note (--copy makes room): section headers at 0x%llx",
			   shoff);
		return -ENOSPC;
	}
	for (; at < until; at = l->p_offset + l->p_filesz) {
		r = load_from(p, at, &l);
		if (r < 0)
			return r;
		if (!l || l->p_offset >= until)
			break;
		len = until - l->p_offset;
		len += -(l->p_paddr + len) & (SPLIT_ALIGN - 1);
		r = len < l->p_filesz ? has_slot(p, &slot) : 0;
		if (r > 0)
			r = split(p, l, len, slot);
		else if (r == 0)
			r = move(p, l);
		if (r < 0)
			return r;
	}
	if (until <= p->src->size)
		return 0;
	errbuf_set(
		p->err,
		"no room for the note (--copy makes room): the dump is shorter than the records");
	return -ENOSPC;
}

static int plan_writes(struct elf_plan *p, const u8 *note, size_t len)
{
	const struct dump_info *info = p->info;
	u64 need = p->notes_end + len, sizes[2] = { need - info->notes, need - info->notes };
	int r;

	r = dump_zero(p->src, info->notes + info->notes_len,
		      (p->first < need ? p->first : need) - info->notes - info->notes_len, p->err);
	if (r == 0) {
		errbuf_set(p->err, "0x%llx: something stands behind the notes",
			   (info->notes + info->notes_len));
		r = -ENOSPC;
	}
	p->plan->how = "in the room behind the other notes";
	if (r >= 0 && p->first < need) {
		p->plan->how = "behind the other notes; pages were moved to make room";
		r = make_room(p, need);
	}
	if (r >= 0)
		r = embed_add_write(p->plan, p->notes_end, note, len);
	if (r >= 0) /* p_filesz and p_memsz */
		r = embed_add_write(p->plan,
				    header_of(p, &p->phdrs.h[info->elf.note]) +
					    offsetof(Elf64_Phdr, p_filesz),
				    sizes, sizeof(sizes));
	return r;
}

int embed_plan_elf(struct dump_src *src, const struct dump_info *info, const u8 *note, size_t len,
		   struct embed_plan *plan, struct errbuf *err)
{
	struct elf_plan p = { .src = src, .info = info, .plan = plan, .err = err };
	int r = dump_elf_phdrs(src, info, false, &p.phdrs, err);

	p.notes_end = info->notes + ((info->notes_len + 3) & ~(u64)3);
	if (r >= 0 && !info->notes_len) {
		errbuf_set(err, "no notes in the dump");
		r = -EINVAL;
	}
	if (r >= 0)
		r = check_loads(&p);
	if (r >= 0)
		r = plan_writes(&p, note, len);
	free(p.phdrs.h);
	return r;
}
