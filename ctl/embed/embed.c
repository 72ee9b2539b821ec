// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * embed.c - checks the dump, lets the planner of its format list the writes, and does them.
 */
#include "ctl/embed/embed.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/dump/dump_note.h"
#include "ctl/embed/embed_undo.h"
#include "lib/base/cleanup.h"
#include "lib/story/names.h"

void embed_plan_free(struct embed_plan *plan)
{
	while (plan->count)
		free(plan->writes[--plan->count].bytes);
	free(plan->append);
	*plan = (struct embed_plan){ 0 };
}

int embed_add_write(struct embed_plan *plan, u64 offset, const void *bytes, size_t len)
{
	u8 *copy;

	if (plan->count == EMBED_WRITES_MAX)
		return -ENOSPC;
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, len);
	plan->writes[plan->count++] = (struct embed_write){ offset, len, copy };
	return 0;
}

/* What is there already, and whether the notes are good to the end. */
static int check_notes(struct dump_src *src, const struct dump_info *info, struct errbuf *err)
{
	u64 cursor = info->notes, end = info->notes + info->notes_len;
	struct dump_note note;
	int r;

	while ((r = dump_note_next(src, end, &cursor, &note, err)) == NOTE_OK)
		;
	if (r < 0)
		return r;
	if (cursor != end) {
		/* Readers stop at an empty note, and less than one they take for the next. */
		errbuf_set(err, "notes at 0x%llx: they end in padding", cursor);
		return -EBADMSG;
	}
	return 0;
}

static int check_dump(struct dump_src *src, struct dump_info *info, struct errbuf *err)
{
	int r = dump_parse(src, info, err);

	if (r >= 0)
		r = embed_has_log(src, err);
	if (r > 0) {
		errbuf_set(err, "there are records in it already, or half of them; --undo first");
		return -EEXIST;
	}
	return r < 0 ? r : check_notes(src, info, err);
}

static int failed(struct errbuf *err, const char *what, u64 offset, int error)
{
	errbuf_set(err, "%s at 0x%llx: %s", what, offset, strerror(-error));
	return error;
}

/* What is appended and the undo log; the dump itself is as it was. */
static int write_tail(struct embed_dev *dev, const struct embed_plan *plan, u64 at, const u8 *log,
		      size_t len, struct errbuf *err)
{
	int r = 0;

	if (plan->append_len)
		r = dev->write(dev->src.priv, plan->append_at, plan->append, plan->append_len);
	if (r < 0)
		return failed(err, "appending", plan->append_at, r);
	r = dev->write(dev->src.priv, at, log, len);
	if (r >= 0)
		r = dev->sync(dev->src.priv);
	return r < 0 ? failed(err, "appending", at, r) : 0;
}

static int write_plan(struct embed_dev *dev, const struct embed_plan *plan, struct errbuf *err)
{
	u32 i;
	int r;

	for (i = 0; i < plan->count; i++) {
		r = dev->write(dev->src.priv, plan->writes[i].offset, plan->writes[i].bytes,
			       plan->writes[i].len);
		if (r >= 0)
			r = dev->sync(dev->src.priv);
		if (r < 0)
			return failed(err, "writing", plan->writes[i].offset, r);
	}
	return 0;
}

static int apply(struct embed_dev *dev, const struct embed_plan *plan, struct errbuf *err)
{
	u64 at = plan->append_len ? plan->append_at + plan->append_len : dev->src.size;
	_cleanup_free_ u8 *log = NULL;
	struct errbuf back;
	size_t len;
	int r, undone;

	at = (at + 7) & ~(u64)7;
	r = undo_make(&dev->src, plan, at, &log, &len, err);
	if (r < 0)
		return r;
	r = write_tail(dev, plan, at, log, len, err);
	if (r < 0) {
		(void)dev->cut(dev->src.priv, dev->src.size);
		return r;
	}
	r = write_plan(dev, plan, err);
	if (r >= 0)
		return 0;
	undone = undo_follow(dev, log, &back);
	if (undone < 0)
		errbuf_prefix(err, "the dump opens, but holds half of it, use --undo");
	return r;
}

static void free_plan(struct embed_plan *plan)
{
	embed_plan_free(plan);
}

int embed(struct embed_dev *dev, const u8 *records, size_t len, const char **ret_how,
	  struct errbuf *err)
{
	_cleanup_(free_plan) struct embed_plan plan = { 0 };
	_cleanup_free_ u8 *note = NULL;
	struct dump_info info;
	size_t note_len;
	int r;

	if (len > EMBED_RECORDS_MAX) {
		errbuf_set(err, "more than %u MiB of records", EMBED_RECORDS_MAX >> 20);
		return -EFBIG;
	}
	r = check_dump(&dev->src, &info, err);
	if (r < 0)
		return r;
	note = malloc(NOTE_FRONT_BYTES + len + 3);
	if (!note)
		return -ENOMEM;
	note_len = dump_note_make(note, records, len);
	err->text[0] = 0;
	if (info.format == DUMP_ELF)
		r = embed_plan_elf(&dev->src, &info, note, note_len, &plan, err);
	else
		r = embed_plan_kdump(&dev->src, &info, note, note_len, &plan, err);
	if (r >= 0)
		r = apply(dev, &plan, err);
	if (r == -ENOMEM)
		errbuf_set(err, "%s", strerror(ENOMEM));
	else if (r == -ENOSPC && !err->text[0])
		errbuf_set(err, "no room for the note (--copy makes room): too many segments would "
				"have to move");
	*ret_how = plan.how;
	return r;
}
