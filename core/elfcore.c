// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * elfcore.c - ELF64 header and program headers (gABI chapters 4 and 5), only
 * the fields that say where RAM was.
 *
 * Ranges are kept sorted and merged while they are read: kexec writes a few
 * dozen, in ascending order, so insertion costs next to nothing. The kernel's
 * own image may be listed twice, hence the merging.
 */
#include "elfcore.h"

#define ET_CORE 4
#define EM_AARCH64 183
#define PT_LOAD 1
#define PN_XNUM 0xffff

int elfcore_bytes(const u8 *ehdr, u32 *ret_bytes)
{
	static const u8 ident[7] = { 0x7f, 'E', 'L', 'F', 2 /* 64 bit */, 1 /* LSB */, 1 };
	u64 phoff = core_ld64(ehdr + 32), end;
	u16 phnum = core_ld16(ehdr + 56);

	if (memcmp(ehdr, ident, sizeof(ident)) || core_ld16(ehdr + 16) != ET_CORE ||
	    core_ld16(ehdr + 18) != EM_AARCH64 || core_ld16(ehdr + 54) != ELFCORE_PHDR_BYTES ||
	    phoff < ELFCORE_EHDR_BYTES)
		return -EINVAL;
	/* PN_XNUM moves the count into a section header; vmcore.c knows none either. */
	if (phnum == PN_XNUM || phoff > ELFCORE_MAX_BYTES)
		return -E2BIG;
	end = phoff + (u64)phnum * ELFCORE_PHDR_BYTES;
	if (end > ELFCORE_MAX_BYTES)
		return -E2BIG;
	*ret_bytes = (u32)end;
	return 0;
}

int elfcore_add(struct elfcore_range *r, u32 *count, u32 cap, u64 start, u64 bytes)
{
	u64 end = start + bytes;
	u32 first = 0, last, i;

	if (!bytes || bytes > ~(u64)0 - start)
		return ELFCORE_SKIPPED;
	/* [first, last) are the ranges that touch the new one. */
	while (first < *count && r[first].start + r[first].bytes < start)
		first++;
	for (last = first; last < *count && r[last].start <= end; last++)
		;
	if (first == last) {
		if (*count == cap)
			return ELFCORE_CUT;
		for (i = *count; i > first; i--)
			r[i] = r[i - 1];
		(*count)++;
	} else {
		u64 last_end = r[last - 1].start + r[last - 1].bytes;

		start = r[first].start < start ? r[first].start : start;
		end = last_end > end ? last_end : end;
		for (i = last; i < *count; i++)
			r[first + 1 + i - last] = r[i];
		*count -= last - first - 1;
	}
	r[first].start = start;
	r[first].bytes = end - start;
	return 0;
}

int elfcore_ranges(const u8 *buf, size_t len, struct elfcore_range *ret, u32 cap, u32 *ret_count)
{
	u32 need, i, phnum;
	int outcome = 0, r;
	const u8 *p;

	*ret_count = 0;
	if (len < ELFCORE_EHDR_BYTES)
		return -EINVAL;
	r = elfcore_bytes(buf, &need);
	if (r)
		return r;
	if (len < need)
		return -EINVAL;

	p = buf + core_ld64(buf + 32);
	phnum = core_ld16(buf + 56);
	for (i = 0; i < phnum; i++, p += ELFCORE_PHDR_BYTES) {
		u64 start = core_ld64(p + 24), bytes = core_ld64(p + 40);

		if (core_ld32(p) != PT_LOAD)
			continue;
		outcome |= elfcore_add(ret, ret_count, cap, start, bytes);
	}
	return outcome;
}

int elfcore_find(const struct elfcore_range *ranges, u32 count, u64 addr)
{
	u32 lo = 0, hi = count, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (addr < ranges[mid].start)
			hi = mid;
		else if (addr - ranges[mid].start >= ranges[mid].bytes)
			lo = mid + 1;
		else
			return (int)mid;
	}
	return -1;
}
