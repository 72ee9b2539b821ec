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
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/dump/mem.h"
#include "lib/base/cleanup.h"

#define PHDRS_MAX (1u << 20)

struct segment {
	u64 start, bytes; /* physical */
	u64 offset;
	u64 stored; /* bytes from the start that are in the file */
};

struct elf_dump {
	struct mem_file file;
	size_t count;
	struct segment segments[]; /* sorted by start, not overlapping */
};

static const struct segment *find(const struct elf_dump *elf, u64 addr)
{
	size_t lo = 0, hi = elf->count, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (elf->segments[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr - elf->segments[lo - 1].start >= elf->segments[lo - 1].bytes)
		return NULL;
	return &elf->segments[lo - 1];
}

static void elf_will_need(void *impl, u64 addr, size_t len)
{
	const struct elf_dump *elf = impl;
	const struct segment *s = elf->file.cold ? find(elf, addr) : NULL;

	if (s && addr - s->start < s->stored)
		mem_file_ahead(&elf->file, s->offset + (addr - s->start), len);
}

static int elf_read(void *impl, u64 addr, void *buf, size_t len)
{
	struct elf_dump *elf = impl;
	const struct segment *s;
	u64 at, n;
	u8 *p = buf;
	int r;

	while (len) {
		s = find(elf, addr);
		if (!s)
			return SMMU_MEM_NOT_RAM;
		at = addr - s->start;
		n = s->bytes - at < len ? s->bytes - at : len;
		if (at + n > s->stored)
			return SMMU_MEM_EXCLUDED;
		r = mem_file_read(&elf->file, s->offset + at, p, n);
		if (r < 0)
			return r;
		p += n;
		addr += n;
		len -= n;
	}
	return SMMU_MEM_OK;
}

static const struct memdump_ops elf_ops = {
	.read = elf_read,
	.will_need = elf_will_need,
	.close = free,
};

static int bad(struct errbuf *err, const char *name, const char *what)
{
	errbuf_set(err, "%s: damaged ELF header: %s", name, what);
	return -EBADMSG;
}

/* How many program headers; more than 65534 are counted in section header 0. */
static int count_phdrs(int fd, u64 size, const Elf64_Ehdr *eh, u64 *ret)
{
	Elf64_Shdr sh;

	*ret = eh->e_phnum;
	if (eh->e_phnum != PN_XNUM)
		return 0;
	if (eh->e_shentsize != sizeof(sh) || eh->e_shoff > size || size - eh->e_shoff < sizeof(sh))
		return -EBADMSG;
	*ret = 0;
	if (mem_pread(fd, eh->e_shoff, &sh, sizeof(sh)) < 0)
		return -EBADMSG;
	*ret = sh.sh_info;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Take in one PT_LOAD; what does not make sense as a range is left out. */
static void add_load(struct elf_dump *elf, const Elf64_Phdr *ph, u64 size, struct memdump *dump)
{
	struct segment *s = &elf->segments[elf->count];
	u64 bytes = ph->p_memsz > ph->p_filesz ? ph->p_memsz : ph->p_filesz;

	if (ph->p_type != PT_LOAD || !bytes || ph->p_paddr + bytes < ph->p_paddr ||
	    ph->p_offset + ph->p_filesz < ph->p_offset)
		return;
	*s = (struct segment){ ph->p_paddr, bytes, ph->p_offset, ph->p_filesz };
	if (ph->p_offset > size)
		s->stored = 0;
	else if (ph->p_filesz > size - ph->p_offset)
		s->stored = size - ph->p_offset;
	dump->cut_bytes += ph->p_filesz - s->stored;
	elf->count++;
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
		struct segment s = elf->segments[i];

		if (n && s.start < end) {
			cut = end - s.start;
			if (cut >= s.bytes)
				continue;
			s.start += cut;
			s.bytes -= cut;
			s.offset += cut;
			s.stored = s.stored > cut ? s.stored - cut : 0;
		}
		end = s.start + s.bytes;
		dump->ram_bytes += s.bytes;
		elf->segments[n++] = s;
	}
	elf->count = n;
}

static int read_loads(struct elf_dump *elf, u64 size, u64 phoff, u64 n, struct memdump *dump)
{
	Elf64_Phdr ph[64];
	u64 i, k, some;
	int r;

	for (i = 0; i < n; i += some) {
		some = n - i < 64 ? n - i : 64;
		r = mem_pread(elf->file.fd, phoff + i * sizeof(ph[0]), ph, some * sizeof(ph[0]));
		if (r < 0)
			return r;
		for (k = 0; k < some; k++)
			add_load(elf, &ph[k], size, dump);
	}
	qsort(elf->segments, elf->count, sizeof(elf->segments[0]), by_start);
	drop_overlaps(elf, dump);
	return 0;
}

int mem_elf_open(int fd, u64 size, const char *name, struct memdump *ret, struct errbuf *err)
{
	_cleanup_free_ struct elf_dump *elf = NULL;
	Elf64_Ehdr eh;
	u64 n;

	if (mem_pread(fd, 0, &eh, sizeof(eh)) < 0)
		return bad(err, name, "too short");
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return bad(err, name, "not 64-bit little-endian");
	if (eh.e_type != ET_CORE || eh.e_machine != EM_AARCH64)
		return bad(err, name, "not a core file of an AArch64 machine");
	if (eh.e_phentsize != sizeof(Elf64_Phdr) || count_phdrs(fd, size, &eh, &n) < 0)
		return bad(err, name, "program headers of a wrong size");
	if (!n || n > PHDRS_MAX || eh.e_phoff > size ||
	    (size - eh.e_phoff) / sizeof(Elf64_Phdr) < n)
		return bad(err, name, "program headers outside the file");
	elf = calloc(1, sizeof(*elf) + n * sizeof(elf->segments[0]));
	if (!elf) {
		errbuf_set(err, "%s: out of memory", name);
		return -ENOMEM;
	}
	elf->file.fd = fd;
	if (read_loads(elf, size, eh.e_phoff, n, ret) < 0)
		return bad(err, name, "program headers cannot be read");
	if (!elf->count)
		return bad(err, name, "no memory in it");
	ret->format = "ELF";
	ret->ops = &elf_ops;
	ret->impl = steal_ptr(elf);
	return 0;
}
