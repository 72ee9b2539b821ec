// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * embed_undo.c - the undo log: made, found, followed.
 */
#include <stdlib.h>
#include <string.h>

#include "core/rec.h"
#include "ctl/embed/embed.h"
#include "ctl/embed/embed_undo.h"
#include "lib/base/cleanup.h"

#define HEAD_BYTES 24u
#define EDIT_BYTES 16u
#define TAIL_BYTES 24u
#define LOG_VERSION 1u

static const u8 magic[8] = { 'S', 'M', 'A', 'D', 'U', 'N', 'D', 'O' };

static size_t padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

int undo_make(struct dump_src *src, const struct embed_plan *plan, u64 at, u8 **ret,
	      size_t *ret_len, struct errbuf *err)
{
	_cleanup_free_ u8 *log = NULL;
	size_t len = HEAD_BYTES + TAIL_BYTES;
	u8 *p;
	u32 i;
	int r;

	for (i = 0; i < plan->count; i++)
		len += EDIT_BYTES + padded(plan->writes[i].len);
	log = calloc(1, len);
	if (!log)
		return -ENOMEM;
	memcpy(log, magic, sizeof(magic));
	core_st32(log + 8, LOG_VERSION);
	core_st32(log + 12, plan->count);
	core_st64(log + 16, src->size);
	p = log + HEAD_BYTES;
	for (i = 0; i < plan->count; i++) {
		core_st64(p, plan->writes[i].offset);
		core_st64(p + 8, plan->writes[i].len);
		r = dump_read(src, plan->writes[i].offset, p + EDIT_BYTES, plan->writes[i].len,
			      err);
		if (r < 0)
			return r;
		p += EDIT_BYTES + padded(plan->writes[i].len);
	}
	core_st64(p, at);
	core_st32(p + 8, rec_crc32(0, log, (size_t)(p - log)));
	memcpy(p + 16, magic, sizeof(magic));
	*ret = steal_ptr(log);
	*ret_len = len;
	return 0;
}

static int damaged(struct errbuf *err, u64 at, const char *why)
{
	errbuf_set(err, "undo log at 0x%llx: %s", at, why);
	return -EBADMSG;
}

/* The whole of it is inside @log: the walk in embed_undo() need not look again. */
static int check_edits(const u8 *log, size_t len, u64 at, struct errbuf *err)
{
	u64 old_size = core_ld64(log + 16), offset, bytes;
	size_t pos = HEAD_BYTES, end = len - TAIL_BYTES;
	u32 i, count = core_ld32(log + 12);

	if (memcmp(log, magic, sizeof(magic)) != 0 || core_ld32(log + 8) != LOG_VERSION)
		return damaged(err, at, "not of version 1");
	if (old_size > at || count > EMBED_WRITES_MAX)
		return damaged(err, at, "impossible numbers");
	for (i = 0; i < count; i++) {
		if (end - pos < EDIT_BYTES)
			return damaged(err, at, "too short");
		offset = core_ld64(log + pos);
		bytes = core_ld64(log + pos + 8);
		pos += EDIT_BYTES;
		if (bytes > end - pos || padded((size_t)bytes) > end - pos)
			return damaged(err, at, "too short");
		if (offset > old_size || bytes > old_size - offset)
			return damaged(err, at, "an edit outside the dump");
		pos += padded((size_t)bytes);
	}
	return pos == end ? 0 : damaged(err, at, "too long");
}

int undo_read(struct dump_src *src, u8 **ret, size_t *ret_len, struct errbuf *err)
{
	_cleanup_free_ u8 *log = NULL;
	u8 tail[TAIL_BYTES];
	u64 at, len;
	int r;

	if (src->size < HEAD_BYTES + TAIL_BYTES) {
		errbuf_set(err, "no undo log at the end of the file");
		return -ENOENT;
	}
	r = dump_read(src, src->size - TAIL_BYTES, tail, sizeof(tail), err);
	if (r < 0)
		return r;
	if (memcmp(tail + 16, magic, sizeof(magic)) != 0) {
		errbuf_set(err, "no undo log at the end of the file");
		return -ENOENT;
	}
	at = core_ld64(tail);
	if (at > src->size - HEAD_BYTES - TAIL_BYTES)
		return damaged(err, src->size - TAIL_BYTES, "it does not start in the file");
	len = src->size - at;
	if (len > 2 * (u64)EMBED_BYTES_MAX)
		return damaged(err, at, "too long");
	log = malloc((size_t)len);
	if (!log)
		return -ENOMEM;
	r = dump_read(src, at, log, (size_t)len, err);
	if (r < 0)
		return r;
	if (rec_crc32(0, log, (size_t)len - TAIL_BYTES) != core_ld32(tail + 8))
		return damaged(err, at, "wrong checksum");
	r = check_edits(log, (size_t)len, at, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(log);
	*ret_len = (size_t)len;
	return 0;
}

int embed_has_log(struct dump_src *src, struct errbuf *err)
{
	_cleanup_free_ u8 *log = NULL;
	size_t len;
	int r = undo_read(src, &log, &len, err);

	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

static int write_back(struct embed_dev *dev, const u8 *edit, struct errbuf *err)
{
	u64 offset = core_ld64(edit);
	int r = dev->write(dev->src.priv, offset, edit + EDIT_BYTES, (size_t)core_ld64(edit + 8));

	if (r >= 0)
		r = dev->sync(dev->src.priv);
	if (r < 0)
		errbuf_set(err, "writing back at 0x%llx: %s; repeat --undo", offset, strerror(-r));
	return r;
}

int undo_follow(struct embed_dev *dev, const u8 *log, struct errbuf *err)
{
	const u8 *edits[EMBED_WRITES_MAX], *p = log + HEAD_BYTES;
	u32 i, count = core_ld32(log + 12);
	u64 size = core_ld64(log + 16);
	int r;

	for (i = 0; i < count; i++) {
		edits[i] = p;
		p += EDIT_BYTES + padded((size_t)core_ld64(p + 8));
	}
	while (i--) {
		r = write_back(dev, edits[i], err);
		if (r < 0)
			return r;
	}
	r = dev->cut(dev->src.priv, size);
	if (r >= 0)
		r = dev->sync(dev->src.priv);
	if (r < 0)
		errbuf_set(err, "cutting at 0x%llx: %s; repeat --undo", size, strerror(-r));
	return r;
}

int embed_undo(struct embed_dev *dev, struct errbuf *err)
{
	_cleanup_free_ u8 *log = NULL;
	size_t len;
	int r = undo_read(&dev->src, &log, &len, err);

	return r < 0 ? r : undo_follow(dev, log, err);
}
