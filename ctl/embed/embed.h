/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * embed.h - put our note into a finished dump, and take it out again.
 *
 * A planner per format lists the writes; it does not write. embed_apply() first
 * appends an undo log with all the bytes that will be overwritten, then does the
 * writes one by one, each synced before the next. The order is chosen so that
 * the dump says the same after each of them; a write of a header field is within
 * one structure, so that a sector holds the old or the new one. embed_undo()
 * writes the old bytes in the reverse order, then cuts the file: it goes through
 * the same states, may be repeated, and ends where embed began.
 *
 * The undo log, little-endian, at the end of the file:
 *
 *	 0  u8[8] "SMADUNDO"
 *	 8  u32   version, 1
 *	12  u32   number of edits
 *	16  u64   size of the file before
 *	24        each edit: u64 offset, u64 length, old bytes padded to 8
 *	 .  u64   offset of the log
 *	 .  u32   CRC-32 of the log up to the previous field
 *	 .  u32   0
 *	 .  u8[8] "SMADUNDO"
 */
#ifndef CTL_EMBED_EMBED_H
#define CTL_EMBED_EMBED_H

#include "ctl/dump/dump.h"
#include "ctl/input/options.h"
#include "lib/story/names.h"

#define EMBED_WRITES_MAX 64u
#define EMBED_BYTES_MAX (64u << 20) /* moved, appended or logged */
#define EMBED_RECORDS_MAX (16u << 20)

/* Where bytes go to. All return 0 or a negative errno. */
struct embed_dev {
	struct dump_src src;
	int (*write)(void *priv, u64 offset, const void *buf, size_t len);
	int (*sync)(void *priv);
	int (*cut)(void *priv, u64 size);
};

struct embed_write {
	u64 offset;
	size_t len;
	u8 *bytes;
};

/* Zero-initialise with = { 0 }; ends with embed_plan_free(). */
struct embed_plan {
	u8 *append; /* goes to append_at, at or behind the end of the file, before all writes */
	size_t append_len;
	u64 append_at;
	struct embed_write writes[EMBED_WRITES_MAX];
	u32 count;
	const char *how; /* in words */
};

/*
 * Plan to put @note into a dump. Returns 0; -ENOSPC: no room; -EBADMSG, -EINVAL:
 * a dump that cannot take it; or as dump_elf_phdrs() and dump_kdump_check_pages(). Each with @err.
 */
int embed_plan_elf(struct dump_src *src, const struct dump_info *info, const u8 *note, size_t len,
		   struct embed_plan *plan, struct errbuf *err);
int embed_plan_kdump(struct dump_src *src, const struct dump_info *info, const u8 *note, size_t len,
		     struct embed_plan *plan, struct errbuf *err);
void embed_plan_free(struct embed_plan *plan);

/* For planners. @bytes is copied. */
int embed_add_write(struct embed_plan *plan, u64 offset, const void *bytes, size_t len);

/*
 * Check the dump, plan and write. Errors as of dump_parse() and the planners; -EEXIST: there is a
 * note or an undo log of ours already. On a failed write what was written is taken back as far as
 * possible.
 */
int embed(struct embed_dev *dev, const u8 *records, size_t len, const char **ret_how,
	  struct errbuf *err);

/* -ENOENT: there is no undo log. */
int embed_undo(struct embed_dev *dev, struct errbuf *err);

/* As embed_undo() would find it: 1 there is a log, 0 none; -EBADMSG: a damaged one. */
int embed_has_log(struct dump_src *src, struct errbuf *err);

/* The verb. */
enum exit_code ctl_embed(const struct ctl *ctl, char **args);

#endif
