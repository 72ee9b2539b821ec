// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * embed_kdump.c - makes room for a note in a kdump-compressed file. If there is room in the
 * sub-header's blocks, the note goes behind the other notes there. Else all notes go to the end of
 * the file, and one write makes the sub-header's four fields point to them.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/embed/embed.h"

#define NOTES_AT 48u /* offset and size of the notes, in the sub-header */
#define INFO_AT 32u  /* offset and size of VMCOREINFO, just before */

static u64 aligned(u64 n)
{
	return (n + 3) & ~(u64)3;
}

/*
 * What is appended to a file that ends before its pages would be read as the missing ones, and the
 * undo log is appended always. So nothing is put into a dump that is cut.
 */
static int check_cut(struct dump_src *src, const struct dump_info *info, struct errbuf *err)
{
	u64 stored, cut;
	int r = dump_kdump_stored(src, info, &stored, err);

	if (r == -ENODATA ||
	    (r == 0 && stored > (src->size - info->kdump.descs) / KDUMP_DESC_BYTES)) {
		errbuf_set(err, "the dump is cut before its pages: it ends at 0x%llx", src->size);
		return -EINVAL;
	}
	if (r == 0)
		r = dump_kdump_cut(src, info->kdump.descs, stored, &cut, err);
	if (r < 0 || !cut)
		return r;
	errbuf_set(err, "the dump is cut: at least %llu bytes of its pages are missing", cut);
	return -EINVAL;
}

static int check(struct dump_src *src, const struct dump_info *info, struct errbuf *err)
{
	const struct dump_kdump *k = &info->kdump;
	int r;

	if (k->status & KDUMP_STATUS_INCOMPLETE) {
		errbuf_set(err, "kdump header, byte 0x1a8: the dump is incomplete");
		return -EINVAL;
	}
	if (k->version < 4) {
		errbuf_set(err, "kdump header, byte 0x8: version %u has no notes", k->version);
		return -EINVAL;
	}
	if (k->version > KDUMP_VERSION_KNOWN) {
		errbuf_set(err,
			   "kdump header, byte 0x8: version %u is newer than %u, the last that "
			   "is known",
			   k->version, KDUMP_VERSION_KNOWN);
		return -ENOTSUP;
	}
	r = dump_kdump_check_pages(info, err);
	return r < 0 ? r : check_cut(src, info, err);
}

/* 1: there; 0: no room; or a negative errno. */
static int into_slack(struct dump_src *src, const struct dump_info *info, const u8 *note,
		      size_t len, struct embed_plan *plan, struct errbuf *err)
{
	const struct dump_kdump *k = &info->kdump;
	u64 end = k->bitmap, at = info->notes + aligned(info->notes_len);
	u8 fields[16];
	int r;

	if (!info->notes_len)
		return 0;
	if (at > end || len > end - at)
		return 0;
	if (k->info_len && k->info < at + len && k->info + k->info_len > at)
		return 0;
	r = dump_zero(src, info->notes + info->notes_len, at + len - info->notes - info->notes_len,
		      err);
	if (r <= 0)
		return r;
	r = embed_add_write(plan, at, note, len);
	core_st64(fields, info->notes);
	core_st64(fields + 8, at + len - info->notes);
	if (r >= 0)
		r = embed_add_write(plan, k->block + NOTES_AT, fields, sizeof(fields));
	plan->how = "in the gap behind the other notes";
	return r < 0 ? r : 1;
}

static int to_the_end(struct dump_src *src, const struct dump_info *info, const u8 *note,
		      size_t len, struct embed_plan *plan, struct errbuf *err)
{
	const struct dump_kdump *k = &info->kdump;
	u64 old = aligned(info->notes_len), info_at = k->info;
	u8 fields[32];
	int r;

	if (old > EMBED_BYTES_MAX) {
		errbuf_set(err, "no room behind the notes, and they are too long to be copied");
		return -ENOSPC;
	}
	plan->append_at = (src->size + 7) & ~(u64)7;
	plan->append_len = (size_t)old + len;
	plan->append = calloc(1, plan->append_len);
	if (!plan->append)
		return -ENOMEM;
	r = dump_read(src, info->notes, plan->append, (size_t)info->notes_len, err);
	if (r < 0)
		return r;
	memcpy(plan->append + old, note, len);
	/* VMCOREINFO is part of the notes and moves with them. */
	if (k->info_len && info_at >= info->notes && info_at < info->notes + info->notes_len)
		info_at = plan->append_at + (info_at - info->notes);
	core_st64(fields, info_at);
	core_st64(fields + 8, k->info_len);
	core_st64(fields + 16, plan->append_at);
	core_st64(fields + 24, plan->append_len);
	plan->how = "at the end of the file, with the other notes";
	return embed_add_write(plan, k->block + INFO_AT, fields, sizeof(fields));
}

int embed_plan_kdump(struct dump_src *src, const struct dump_info *info, const u8 *note, size_t len,
		     struct embed_plan *plan, struct errbuf *err)
{
	int r = check(src, info, err);

	if (r >= 0)
		r = into_slack(src, info, note, len, plan, err);
	if (r == 0)
		r = to_the_end(src, info, note, len, plan, err);
	return r < 0 ? r : 0;
}
