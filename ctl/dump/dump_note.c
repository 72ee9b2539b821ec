// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_note.c - one note after the other. Bodies are skipped, not read: among
 * them are device dumps of other drivers, many MiB long.
 */
#include "ctl/dump/dump_note.h"

#include <string.h>

#include "lib/story/names.h"

static u64 padded(u64 len)
{
	return (len + 3) & ~(u64)3;
}

/*
 * @front: what could be read of header, owner and dump name. The owner's size is
 * the kernel's, or what the ELF specification would have.
 */
static bool is_ours(const u8 *front, size_t len)
{
	char name[NOTE_NAME_BYTES] = SMMU_ADOPT_MODULE;
	u32 owner = core_ld32(front);

	return len >= NOTE_FRONT_BYTES &&
	       (owner == NOTE_OWNER_BYTES || owner == sizeof(NOTE_OWNER)) &&
	       core_ld32(front + 4) >= NOTE_NAME_BYTES && core_ld32(front + 8) == NOTE_TYPE &&
	       !memcmp(front + NOTE_HEADER_BYTES, NOTE_OWNER, sizeof(NOTE_OWNER)) &&
	       !memcmp(front + NOTE_HEADER_BYTES + NOTE_OWNER_BYTES, name, sizeof(name));
}

int dump_note_next(struct dump_src *src, u64 end, u64 *cursor, struct dump_note *ret,
		   struct errbuf *err)
{
	u64 left = end - *cursor, name_len, body_len, len;
	u8 front[NOTE_FRONT_BYTES] = { 0 };
	size_t n = left < sizeof(front) ? (size_t)left : sizeof(front);
	int r;

	if (*cursor >= end || left < NOTE_HEADER_BYTES)
		return NOTE_END;
	r = dump_read(src, *cursor, front, n, err);
	if (r < 0)
		return r;
	name_len = core_ld32(front);
	body_len = core_ld32(front + 4);
	if (!name_len && !body_len && !core_ld32(front + 8))
		return NOTE_END; /* padding */
	/* The last note's padding may be missing. */
	len = NOTE_HEADER_BYTES + padded(name_len) + body_len;
	if (len > left) {
		errbuf_set(err, "note at 0x%llx: it has %llu bytes, %llu are left", *cursor, len,
			   left);
		return -EBADMSG;
	}
	*ret = (struct dump_note){
		.offset = *cursor,
		.body = *cursor + NOTE_HEADER_BYTES + padded(name_len),
		.body_len = (u32)body_len,
		.type = core_ld32(front + 8),
		.ours = is_ours(front, n),
	};
	*cursor = padded(len) > left ? end : *cursor + padded(len);
	return NOTE_OK;
}

size_t dump_note_make(u8 *buf, const u8 *records, size_t len)
{
	size_t total = (size_t)padded(NOTE_FRONT_BYTES + len);

	memset(buf, 0, total);
	core_st32(buf, NOTE_OWNER_BYTES);
	/* The padding counts, as in the kernel's own device dumps. */
	core_st32(buf + 4, (u32)(total - NOTE_HEADER_BYTES - NOTE_OWNER_BYTES));
	core_st32(buf + 8, NOTE_TYPE);
	memcpy(buf + NOTE_HEADER_BYTES, NOTE_OWNER, sizeof(NOTE_OWNER));
	memcpy(buf + NOTE_HEADER_BYTES + NOTE_OWNER_BYTES, SMMU_ADOPT_MODULE,
	       sizeof(SMMU_ADOPT_MODULE));
	memcpy(buf + NOTE_FRONT_BYTES, records, len);
	return total;
}
