// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_elf.c - plain ELF dumps (copies of /proc/vmcore, makedumpfile -E).
 *
 * Every PT_LOAD is checked against the length of the file. Memory beyond a
 * segment's p_filesz was left out by who wrote it; memory whose file offset lies
 * beyond the end of the file was lost by a cut copy. Both are "not stored":
 * reading them as zeros would turn a stream table into one full of invalid
 * entries.
 */
#include <stdlib.h>

#include "ctl/dump/mem.h"
#include "lib/base/cleanup.h"

struct elf_dump {
	struct dump_file *file;
	size_t count;
	/* Sorted by p_paddr, not overlapping. Of p_filesz there is what the file holds. */
	Elf64_Phdr *loads;
};

static const Elf64_Phdr *find(const struct elf_dump *elf, u64 addr)
{
	size_t lo = 0, hi = elf->count, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (elf->loads[mid].p_paddr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr - elf->loads[lo - 1].p_paddr >= elf->loads[lo - 1].p_memsz)
		return NULL;
	return &elf->loads[lo - 1];
}

static void elf_will_need(void *priv, u64 addr, size_t len)
{
	const struct elf_dump *elf = priv;
	const Elf64_Phdr *l = elf->file->cold ? find(elf, addr) : NULL;

	if (l && addr - l->p_paddr < l->p_filesz)
		dump_file_ahead(elf->file, l->p_offset + (addr - l->p_paddr), len);
}

static int elf_read(void *priv, u64 addr, void *buf, size_t len)
{
	struct elf_dump *elf = priv;
	const Elf64_Phdr *l;
	u64 at, n;
	u8 *p = buf;
	int r;

	while (len) {
		l = find(elf, addr);
		if (!l)
			return SMMU_MEM_NOT_RAM;
		at = addr - l->p_paddr;
		n = l->p_memsz - at < len ? l->p_memsz - at : len;
		if (at + n > l->p_filesz)
			return SMMU_MEM_EXCLUDED;
		r = mem_file_read(elf->file, l->p_offset + at, p, n);
		if (r)
			return r;
		p += n;
		addr += n;
		len -= n;
	}
	return SMMU_MEM_OK;
}

static void elf_close(void *priv)
{
	struct elf_dump *elf = priv;

	free(elf->loads);
	free(elf);
}

/* Of two at one address the first of the file counts. */
static int by_paddr(const void *a, const void *b)
{
	const Elf64_Phdr *x = a, *y = b;

	if (x->p_paddr != y->p_paddr)
		return x->p_paddr < y->p_paddr ? -1 : 1;
	return x->p_offset < y->p_offset ? -1 : x->p_offset > y->p_offset;
}

/* Of the program headers @h keep those of memory, in order. */
static void take_loads(struct elf_dump *elf, Elf64_Phdr *h, const struct dump_info *info)
{
	u32 i;

	elf->loads = h;
	for (i = 0; i < info->elf.phnum; i++) {
		if (h[i].p_type != PT_LOAD || !h[i].p_memsz)
			continue;
		h[i].p_filesz = dump_load_stored(info, &h[i]);
		elf->loads[elf->count++] = h[i];
	}
	qsort(elf->loads, elf->count, sizeof(*elf->loads), by_paddr);
}

/*
 * /proc/vmcore names the kernel's image twice, by itself and as part of the
 * linear map. The second copy of a range is dropped, or cut to what is new.
 */
static void drop_overlaps(struct elf_dump *elf, struct memdump *dump)
{
	u64 end = 0, cut;
	size_t i, n = 0;

	for (i = 0; i < elf->count; i++) {
		Elf64_Phdr l = elf->loads[i];

		if (n && l.p_paddr < end) {
			cut = end - l.p_paddr;
			if (cut >= l.p_memsz)
				continue;
			l.p_paddr += cut;
			l.p_memsz -= cut;
			l.p_offset += cut;
			l.p_filesz = l.p_filesz > cut ? l.p_filesz - cut : 0;
		}
		end = l.p_paddr + l.p_memsz;
		dump->ram_bytes += l.p_memsz;
		elf->loads[n++] = l;
	}
	elf->count = n;
}

int mem_elf_open(struct dump_file *file, struct memdump *ret, struct errbuf *err)
{
	struct dump_src src = dump_file_src(file, 0);
	_cleanup_free_ struct elf_dump *elf = calloc(1, sizeof(*elf));
	struct dump_phdrs phdrs;
	int r;

	r = elf ? dump_elf_phdrs(&src, &ret->info, true, &phdrs, err) : -ENOMEM;
	if (r < 0)
		return r;
	elf->file = file;
	take_loads(elf, phdrs.h, &ret->info);
	drop_overlaps(elf, ret);
	ret->cut_bytes = phdrs.cut;
	ret->bad_loads = phdrs.bad;
	ret->format = "ELF";
	ret->mem = (struct smmu_mem){ elf_read, steal_ptr(elf), elf_will_need };
	ret->close = elf_close;
	return 0;
}
