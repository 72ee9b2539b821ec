// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_kdump.c - header and sub-header of a kdump-compressed file, 64 bit,
 * little-endian (makedumpfile's diskdump_mod.h). Behind them lie
 * two bitmaps (RAM, stored), one descriptor per stored page, and the pages. The codec of
 * the pages does not matter here: notes are never compressed.
 *
 * Versions 1 to 6 are known, and each kept what the one before had. A newer one is read as the
 * newest known, as makedumpfile does.
 */
#include <string.h>

#include "ctl/dump/dump.h"
#include "ctl/dump/dump_machine.h"

#define HEADER_BYTES 464u
#define MACHINE_AT 272u /* new_utsname.machine */
#define MACHINE_BYTES 65u
#define STATUS_AT 424u
#define BLOCK_AT 428u
#define BLOCK_AT_32 416u /* where a 32-bit machine puts it */
#define BITMAP_AT 436u
#define PAGES_AT 440u
#define VERSION_MAX 64u /* more is damage */
#define SUB_BYTES 104u	/* of version 6 */
#define SUB_BLOCKS_MAX (1u << 20)
#define BITMAP_BYTES_MAX (1ull << 30) /* 32 TiB of memory in 4 KiB pages */

/* The sub-header grew at its end; index: version. */
static const u32 sub_bytes[KDUMP_VERSION_KNOWN + 1] = { 0, 16, 32, 48, 64, 80, SUB_BYTES };

static int refuse(struct errbuf *err, u64 offset, const char *why)
{
	errbuf_set(err, "kdump header, byte 0x%llx: %s", offset, why);
	return -EBADMSG;
}

/* Page sizes that Linux has: 4 KiB to 64 KiB. */
static bool is_block(u32 bytes)
{
	return bytes >= 4096 && bytes <= 65536 && !(bytes & (bytes - 1));
}

static int check_header(const u8 *h, struct dump_kdump *k, struct errbuf *err)
{
	int r = dump_check_utsname(h + MACHINE_AT, MACHINE_BYTES, err);

	if (r < 0)
		return r;
	k->diskdump = h[0] == 'D';
	k->version = core_ld32(h + 8);
	k->status = core_ld32(h + STATUS_AT);
	k->block = core_ld32(h + BLOCK_AT);
	k->sub_blocks = core_ld32(h + BLOCK_AT + 4);
	if (!is_block(k->block)) {
		if (is_block(__builtin_bswap32(k->block)))
			return refuse(err, BLOCK_AT, "a big-endian dump");
		if (is_block(core_ld32(h + BLOCK_AT_32)))
			return refuse(err, BLOCK_AT_32, "a 32-bit dump");
		return refuse(err, BLOCK_AT, "the block size is not a page size");
	}
	if (!k->version || k->version > VERSION_MAX)
		return refuse(err, 8, "an impossible version");
	if (!k->sub_blocks || k->sub_blocks > SUB_BLOCKS_MAX)
		return refuse(err, BLOCK_AT + 4, "an impossible number of sub-header blocks");
	return 0;
}

/* @first: nothing of it may lie below. */
static int check_area(struct dump_src *src, u64 first, u64 offset, u64 len, const char *what,
		      u64 at, struct errbuf *err)
{
	if (!len || (offset >= first && offset <= src->size && len <= src->size - offset))
		return 0;
	errbuf_set(err,
		   "kdump sub-header, byte 0x%llx: %s are 0x%llx bytes at 0x%llx, outside "
		   "0x%llx to 0x%llx",
		   at, what, len, offset, first, src->size);
	return -EBADMSG;
}

/* Where the pages are; the file may be cut before that. */
static void take_pages(const u8 *h, const u8 *sub, struct dump_kdump *k)
{
	u32 blocks = core_ld32(h + BITMAP_AT);

	/* The first header has the lower half of the number. */
	k->pages = k->version >= 6 ? core_ld64(sub + 96) : core_ld32(h + PAGES_AT);
	k->bitmap = (1 + (u64)k->sub_blocks) * k->block;
	k->bitmap_bytes = (u64)(blocks / 2) * k->block;
	k->descs = k->bitmap + (u64)blocks * k->block;
}

int dump_kdump_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err)
{
	u8 h[HEADER_BYTES], sub[SUB_BYTES];
	struct dump_kdump *k = &ret->kdump;
	u64 first;
	int r;

	r = dump_read(src, 0, h, sizeof(h), err);
	if (r >= 0)
		r = check_header(h, k, err);
	if (r >= 0)
		r = dump_read(src, k->block, sub, sizeof(sub), err);
	if (r < 0)
		return r;
	take_pages(h, sub, k);
	k->split = k->version >= 2 && core_ld32(sub + 12);
	first = k->block +
		sub_bytes[k->version < KDUMP_VERSION_KNOWN ? k->version : KDUMP_VERSION_KNOWN];
	if (k->version >= 3) {
		k->info = core_ld64(sub + 32);
		k->info_len = core_ld64(sub + 40);
		if (check_area(src, first, k->info, k->info_len, "the VMCOREINFO bytes",
			       (u64)k->block + 32, err) < 0) {
			k->info = k->info_len = 0;
			ret->bad_notes = true;
		}
	}
	if (!ret->bad_notes && k->version >= 4) {
		ret->notes = core_ld64(sub + 48);
		ret->notes_len = core_ld64(sub + 56);
		if (check_area(src, first, ret->notes, ret->notes_len, "the notes",
			       (u64)k->block + 48, err) < 0) {
			ret->notes = ret->notes_len = 0;
			ret->bad_notes = true;
		}
	}
	return 0;
}

int dump_kdump_check_pages(const struct dump_info *info, struct errbuf *err)
{
	const struct dump_kdump *k = &info->kdump;

	if (k->split) {
		errbuf_set(err,
			   "kdump sub-header, byte 0x%x: a part of a split dump; put it "
			   "together with makedumpfile --reassemble",
			   k->block + 12);
		return -ENOTSUP;
	}
	if (!k->bitmap_bytes || k->bitmap_bytes > BITMAP_BYTES_MAX || k->descs > info->size)
		return refuse(err, BITMAP_AT, "the bitmaps are outside the file");
	if (!k->pages || k->pages > k->bitmap_bytes * 8)
		return refuse(err, BITMAP_AT,
			      k->pages ? "the bitmaps are shorter than the memory"
				       : "the machine has no pages");
	return 0;
}
