// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_cut.c - does a kdump-compressed file end before its pages do? The writer was interrupted, or
 * the disk was full. The pages' data are written in the order of their descriptors, so a cut shows
 * at the last descriptors. Pages of zeros share one place at the beginning of the data and show
 * nothing; they are passed over.
 */
#include "ctl/dump/dump.h"

#define CHUNK 64u
#define TELLING 4096u	     /* descriptors that are looked at, without pages of zeros */
#define DESCS_MAX (4u << 20) /* and with them */

int dump_kdump_stored(struct dump_src *src, const struct dump_info *info, u64 *ret,
		      struct errbuf *err)
{
	const struct dump_kdump *k = &info->kdump;
	u64 bytes = (k->pages + 7) / 8, at;
	u8 bits[4096];
	size_t n, i;
	int r;

	*ret = 0;
	for (at = 0; at < bytes; at += n) {
		n = bytes - at < sizeof(bits) ? (size_t)(bytes - at) : sizeof(bits);
		r = dump_read(src, k->bitmap + k->bitmap_bytes + at, bits, n, err);
		if (r < 0)
			return r;
		/* Bits of pages that the machine does not have count for nothing. */
		if (at + n == bytes && k->pages % 8)
			bits[n - 1] &= (u8)((1u << k->pages % 8) - 1);
		for (i = 0; i < n; i++)
			*ret += (unsigned int)__builtin_popcount(bits[i]);
	}
	return 0;
}

u64 dump_kdump_cut_of(u64 size, u64 offset, u32 bytes)
{
	if (!offset || !bytes || offset > size)
		return bytes ? bytes : 1;
	return bytes > size - offset ? bytes - (size - offset) : 0;
}

int dump_kdump_cut(struct dump_src *src, u64 descs, u64 stored, u64 *ret, struct errbuf *err)
{
	u64 data = descs + stored * KDUMP_DESC_BYTES, at, telling = 0, looked = 0;
	u8 desc[CHUNK * KDUMP_DESC_BYTES], *d;
	size_t n;
	int r;

	*ret = 0;
	for (at = stored; at && telling < TELLING && looked < DESCS_MAX; looked += CHUNK) {
		n = at < CHUNK ? (size_t)at : CHUNK;
		at -= n;
		r = dump_read(src, descs + at * KDUMP_DESC_BYTES, desc, n * KDUMP_DESC_BYTES, err);
		if (r < 0)
			return r;
		for (d = desc; n--; d += KDUMP_DESC_BYTES) {
			telling += core_ld64(d) != data;
			*ret += dump_kdump_cut_of(src->size, core_ld64(d), core_ld32(d + 8));
		}
	}
	return 0;
}
