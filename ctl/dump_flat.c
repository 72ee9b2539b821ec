// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_flat.c - makedumpfile's flattened format: a head of 4096 bytes, then
 * records; all numbers are big-endian whatever the dump's byte order; -1, -1
 * ends it.
 */
#include "ctl/dump_flat.h"

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
		errbuf_set(err, "flattened record at 0x%llx: 0x%llx bytes for 0x%llx cannot be",
			   (unsigned long long)flat->next, (unsigned long long)rec.len,
			   (unsigned long long)rec.target);
		return -EBADMSG;
	}
	if (flat->count == flat->cap) {
		cap = flat->cap ? flat->cap * 2 : 64;
		grown = realloc(flat->records, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		flat->records = grown;
		flat->cap = cap;
	}
	flat->records[flat->count++] = rec;
	flat->next = rec.at + rec.len;
	return 0;
}

/* The first record that holds byte @offset of the file it would be; NULL with *ret_error. */
static const struct flat_record *find(struct dump_flat *flat, u64 offset, int *ret_error,
				      struct errbuf *err)
{
	const struct flat_record *rec;
	u32 i;
	int r;

	for (i = 0;; i++) {
		if (++flat->steps > STEPS_MAX) {
			errbuf_set(err, "too many flattened records");
			*ret_error = -EFBIG;
			return NULL;
		}
		r = i < flat->count ? 0 : index_one(flat, err);
		if (r) {
			if (r > 0)
				errbuf_set(err, "no flattened record holds byte 0x%llx",
					   (unsigned long long)offset);
			*ret_error = r < 0 ? r : -ENODATA;
			return NULL;
		}
		rec = &flat->records[i];
		if (offset >= rec->target && offset - rec->target < rec->len)
			return rec;
	}
}

static int view_read(void *priv, u64 offset, void *buf, size_t len)
{
	struct dump_flat *flat = priv;
	const struct flat_record *rec;
	u64 n;
	int r = 0;

	for (; len; len -= (size_t)n, offset += n, buf = (u8 *)buf + n) {
		rec = find(flat, offset, &r, flat->err);
		if (!rec)
			return r;
		n = rec->len - (offset - rec->target);
		n = n < len ? n : len;
		r = dump_read(flat->file, rec->at + (offset - rec->target), buf, (size_t)n,
			      flat->err);
		if (r < 0)
			return r;
	}
	return 0;
}

int dump_flat_open(struct dump_flat *flat, struct dump_src *file, struct dump_src *view,
		   struct errbuf *err)
{
	u8 head[32];
	int r;

	*flat = (struct dump_flat){ .file = file, .next = HEAD_BYTES, .err = err };
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
