// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_flat.c - makedumpfile's flattened format: a head of 4096 bytes, then
 * records; all numbers are big-endian whatever the dump's byte order; -1, -1
 * ends it.
 */
#include "ctl/dump/dump_flat.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 4096u
#define RECORD_BYTES 16u
#define STEPS_MAX (1u << 26)
#define TARGET_MAX ((u64)1 << 62)

static const u8 signature[16] = "makedumpfile";

static u64 be64(const u8 *p)
{
	return __builtin_bswap64(core_ld64(p));
}

bool dump_flat_head(const u8 *head, size_t len)
{
	return len >= sizeof(signature) && !memcmp(head, signature, sizeof(signature));
}

/* Index one more record. 0, 1 at the end, or a negative errno. */
static int index_one(struct dump_flat *flat, struct errbuf *err)
{
	struct flat_record *grown, rec;
	u8 raw[RECORD_BYTES];
	u32 cap;
	int r;

	if (flat->ended)
		return 1;
	r = dump_read(flat->file, flat->next, raw, sizeof(raw), err);
	if (r < 0)
		return r;
	rec = (struct flat_record){ be64(raw), be64(raw + 8), flat->next + RECORD_BYTES };
	if (rec.target == ~(u64)0 && rec.len == ~(u64)0) {
		flat->ended = true;
		return 1;
	}
	if (!rec.len || rec.target > TARGET_MAX || rec.len > flat->file->size - rec.at) {
		errbuf_set(err,
			   "flattened record at 0x%llx: 0x%llx bytes for offset 0x%llx are not "
			   "possible",
			   flat->next, rec.len, rec.target);
		return -EBADMSG;
	}
	flat->next = rec.at + rec.len;
	if (flat->way == FLAT_LAST && rec.target >= FLAT_LOW_BYTES)
		return 0;
	if (flat->count == flat->cap) {
		cap = flat->cap ? flat->cap * 2 : 64;
		grown = realloc(flat->records, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		flat->records = grown;
		flat->cap = cap;
	}
	flat->records[flat->count++] = rec;
	return 0;
}

static bool holds(const struct flat_record *rec, u64 offset)
{
	return offset >= rec->target && offset - rec->target < rec->len;
}

/* How many bytes at @offset the later records than @i leave alone; at most *n. */
static void clip(const struct dump_flat *flat, u32 i, u64 offset, u64 *n)
{
	for (i++; i < flat->count; i++)
		if (flat->records[i].target > offset && flat->records[i].target - offset < *n)
			*n = flat->records[i].target - offset;
}

/* The record for byte @offset of the file it would be, and for how many bytes more. */
static int find(struct dump_flat *flat, u64 offset, const struct flat_record **ret, u64 *ret_len)
{
	u32 i;
	int r;

	for (i = 0;; i++) {
		if (++flat->steps > STEPS_MAX) {
			errbuf_set(flat->err, "too many flattened records");
			return -EFBIG;
		}
		r = i < flat->count ? 0 : index_one(flat, flat->err);
		if (r < 0)
			return r;
		if (r > 0)
			break;
		if (i < flat->count && flat->way == FLAT_FIRST && holds(&flat->records[i], offset))
			break;
	}
	if (r > 0) /* all are indexed: the last one counts, or there is none */
		for (i = flat->count; i && !holds(&flat->records[i - 1], offset); i--)
			;
	else
		i++;
	flat->steps += flat->count;
	if (!i) {
		errbuf_set(flat->err, "no flattened record holds byte 0x%llx", offset);
		return -ENODATA;
	}
	*ret = &flat->records[i - 1];
	*ret_len = (*ret)->len - (offset - (*ret)->target);
	if (flat->way == FLAT_LAST)
		clip(flat, i - 1, offset, ret_len);
	return 0;
}

static int view_read(void *priv, u64 offset, void *buf, size_t len)
{
	const struct flat_record *rec = NULL;
	struct dump_flat *flat = priv;
	u64 n = 0;
	int r;

	for (; len; len -= (size_t)n, offset += n, buf = (u8 *)buf + n) {
		r = find(flat, offset, &rec, &n);
		if (r < 0)
			return r;
		n = n < len ? n : len;
		r = dump_read(flat->file, rec->at + (offset - rec->target), buf, (size_t)n,
			      flat->err);
		if (r < 0)
			return r;
	}
	return 0;
}

int dump_flat_open(struct dump_flat *flat, enum flat_way way, struct dump_src *file,
		   struct dump_src *view, struct errbuf *err)
{
	u8 head[32];
	int r;

	*flat = (struct dump_flat){ .file = file, .next = HEAD_BYTES, .way = way, .err = err };
	*view = (struct dump_src){ .read = view_read, .priv = flat, .size = TARGET_MAX };
	r = dump_read(file, 0, head, sizeof(head), err);
	if (r >= 0 &&
	    (!dump_flat_head(head, sizeof(head)) || be64(head + 16) != 1 || be64(head + 24) != 1)) {
		errbuf_set(err, "flattened head, byte 0x10: not of type 1, version 1");
		r = -EBADMSG;
	}
	return r;
}

void dump_flat_close(struct dump_flat *flat)
{
	free(flat->records);
	*flat = (struct dump_flat){ 0 };
}
