// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_kdump.c - header and sub-header of a kdump-compressed file, 64 bit,
 * little-endian, versions 1 to 6 (makedumpfile's diskdump_mod.h). The codec of
 * the pages does not matter here: notes are never compressed.
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
#define VERSION_MAX 6u
#define SUB_BLOCKS_MAX (1u << 20)

/* The sub-header grew at its end; index: version. */
static const u32 sub_bytes[VERSION_MAX + 1] = { 0, 16, 32, 48, 64, 80, KDUMP_SUB_BYTES };

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
		return refuse(err, 8, "a version other than 1 to 6");
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

int dump_kdump_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err)
{
	u8 h[HEADER_BYTES], sub[KDUMP_SUB_BYTES];
	struct dump_kdump *k = &ret->kdump;
	u64 first;
	int r;

	*ret = (struct dump_info){ .format = DUMP_KDUMP };
	r = dump_read(src, 0, h, sizeof(h), err);
	if (r >= 0)
		r = check_header(h, k, err);
	if (r >= 0)
		r = dump_read(src, k->block, sub, sizeof(sub), err);
	if (r < 0)
		return r;
	k->split = k->version >= 2 && core_ld32(sub + 12);
	first = k->block + sub_bytes[k->version];
	if (k->version >= 3) {
		k->info = core_ld64(sub + 32);
		k->info_len = core_ld64(sub + 40);
		r = check_area(src, first, k->info, k->info_len, "the VMCOREINFO bytes",
			       (u64)k->block + 32, err);
	}
	if (r >= 0 && k->version >= 4) {
		ret->notes = core_ld64(sub + 48);
		ret->notes_len = core_ld64(sub + 56);
		r = check_area(src, first, ret->notes, ret->notes_len, "the notes",
			       (u64)k->block + 48, err);
	}
	return r;
}
