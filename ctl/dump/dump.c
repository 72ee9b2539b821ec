// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump.c - from the first bytes of a file to the records in its notes.
 */
#include "ctl/dump/dump.h"

#include <stdlib.h>
#include <string.h>

#include "core/rec.h"
#include "ctl/dump/dump_flat.h"
#include "ctl/dump/dump_note.h"
#include "lib/base/cleanup.h"
#include "lib/story/names.h"

struct magic {
	const char *name; /* of the packer */
	u8 len, bytes[8];
};

static const struct magic packers[] = {
	{ "gzip", 2, { 0x1f, 0x8b } },
	{ "xz", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
	{ "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd } },
	{ "bzip2", 3, { 'B', 'Z', 'h' } },
	{ "lz4", 4, { 0x04, 0x22, 0x4d, 0x18 } },
	{ "lzop", 8, { 0x89, 'L', 'Z', 'O', 0, 0x0d, 0x0a, 0x1a } },
};

static const char *packed_with(const u8 *head, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(packers) / sizeof(packers[0]); i++)
		if (len >= packers[i].len && !memcmp(head, packers[i].bytes, packers[i].len))
			return packers[i].name;
	return NULL;
}

enum dump_format dump_format(const u8 *head, size_t len)
{
	if (len >= 4 && !memcmp(head, "\177ELF", 4))
		return DUMP_ELF;
	if (len >= 8 && (!memcmp(head, "KDUMP   ", 8) || !memcmp(head, "DISKDUMP", 8)))
		return DUMP_KDUMP;
	if (dump_flat_head(head, len))
		return DUMP_FLAT;
	return packed_with(head, len) ? DUMP_PACKED : DUMP_NONE;
}

/* Of @src, whose first bytes are @head then. */
static int read_format(struct dump_src *src, u8 head[16], struct errbuf *err)
{
	size_t len = src->size < 16 ? (size_t)src->size : 16;
	int r = dump_read(src, 0, head, len, err);

	return r < 0 ? r : (int)dump_format(head, len);
}

int dump_headers(struct dump_src *src, struct dump_info *ret, struct errbuf *err)
{
	u8 head[16] = { 0 };
	int r = read_format(src, head, err);

	*ret = (struct dump_info){ .size = src->size };
	if (r < 0)
		return r;
	ret->format = (enum dump_format)r;
	switch (ret->format) {
	case DUMP_ELF: return dump_elf_parse(src, ret, err);
	case DUMP_KDUMP: return dump_kdump_parse(src, ret, err);
	case DUMP_FLAT:
		errbuf_set(err, "byte 0x0: a flattened dump; make it whole with makedumpfile -R");
		return -ENOTSUP;
	case DUMP_PACKED:
		errbuf_set(err, "byte 0x0: packed with %s; unpack it first",
			   packed_with(head, sizeof(head)));
		return -ENOTSUP;
	default:
		errbuf_set(err, "byte 0x0: neither an ELF nor a kdump-compressed dump");
		return -EBADMSG;
	}
}

int dump_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err)
{
	int r = dump_headers(src, ret, err);

	return r < 0 || !ret->bad_notes ? r : -EBADMSG;
}

struct stream {
	u8 *data;
	size_t len, max;
	u32 count;
	bool head; /* the first max bytes of the first note are enough */
};

/* Without the zeros that fill up a note: in the middle of a stream they would be a tear. */
static size_t trimmed(const u8 *data, size_t len)
{
	struct rec_iter it = { .data = data, .len = len };
	enum rec_outcome outcome;
	struct rec rec;

	do
		outcome = rec_next(&it, &rec);
	while (outcome == REC_OK);
	return outcome == REC_END ? it.offset : len;
}

static int add_note(struct dump_src *src, const struct dump_note *note, struct stream *stream,
		    struct errbuf *err)
{
	size_t len = note->body_len - NOTE_NAME_BYTES;
	u8 *grown;
	int r;

	if (stream->head && len > stream->max)
		len = stream->max;
	if (len > stream->max - stream->len) {
		errbuf_set(err, "note at 0x%llx: the records have more than %zu MiB", note->offset,
			   stream->max >> 20);
		return -EFBIG;
	}
	grown = realloc(stream->data, stream->len + len + 1);
	if (!grown)
		return -ENOMEM;
	stream->data = grown;
	/* To find the log has a budget; to read what was found has @max. */
	if (src->budget)
		src->budget += len;
	r = dump_read(src, note->body + NOTE_NAME_BYTES, grown + stream->len, len, err);
	if (r < 0)
		return r;
	stream->len += trimmed(grown + stream->len, len);
	stream->count++;
	return 0;
}

/* Notes of ours into @stream. Broken ones end the walk with an error. */
static int walk(struct dump_src *src, const struct dump_info *info, struct stream *stream,
		struct errbuf *err)
{
	u64 cursor = info->notes, end = info->notes + info->notes_len;
	struct dump_note note;
	int r;

	while ((r = dump_note_next(src, end, &cursor, &note, err)) == NOTE_OK) {
		if (!note.ours)
			continue;
		r = add_note(src, &note, stream, err);
		if (r < 0 || stream->head)
			return r;
	}
	return r < 0 ? r : 0;
}

static int collect(struct dump_src *src, struct stream *stream, struct errbuf *err)
{
	struct dump_info info;
	int r;

	r = dump_parse(src, &info, err);
	if (r < 0)
		return r;
	r = walk(src, &info, stream, err);
	if (r >= 0 && !stream->count) {
		errbuf_set(err,
			   "a dump without a note of " SMMU_ADOPT_MODULE
			   " (0x%llx bytes of notes at 0x%llx)",
			   info.notes_len, info.notes);
		return -ENOENT;
	}
	return r;
}

int dump_records_head(struct dump_src *src, size_t max, u8 **ret, size_t *ret_len)
{
	struct stream stream = { .max = max, .head = true };
	struct errbuf ignored;
	int r = collect(src, &stream, &ignored);

	if (r < 0) {
		free(stream.data);
		return r;
	}
	*ret = stream.data;
	*ret_len = stream.len;
	return 0;
}

int dump_records(struct dump_src *src, size_t max, u8 **ret, size_t *ret_len, u32 *ret_count,
		 bool *ret_broken, struct errbuf *err)
{
	struct stream stream = { .max = max };
	int r;

	*ret_broken = false;
	r = collect(src, &stream, err);
	if (r < 0 && stream.count) {
		*ret_broken = true;
		r = 0;
	}
	if (r < 0) {
		free(stream.data);
		if (r == -ENOMEM)
			errbuf_set(err, "%s", strerror(ENOMEM));
		return r;
	}
	*ret = stream.data;
	*ret_len = stream.len;
	*ret_count = stream.count;
	return 0;
}
