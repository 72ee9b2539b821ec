// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kdfetch.c - first the descriptors of all pages, then the pages themselves.
 * Neighbours come with one read. What lies between them is read with them when it is
 * less than another read would cost.
 */
#include "ctl/dump/kdfetch.h"

#include <stdlib.h>

#define GAP_BYTES 2048u

struct batch {
	struct kdfetch *f;
	u8 *data;
	s32 *outcome;
};

/* Takes in the bytes of a piece; what it returns is the outcome of its page. */
typedef int (*piece_fn)(struct batch *b, struct kdfetch_piece *piece, const u8 *bytes);

static int by_offset(const void *a, const void *b)
{
	const struct kdfetch_piece *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Pages are mostly asked for in order, and their data mostly lie in it. */
static void sort(struct kdfetch_piece *p, u32 n)
{
	u32 i;

	for (i = 1; i < n && p[i - 1].offset <= p[i].offset; i++)
		;
	if (i < n)
		qsort(p, n, sizeof(*p), by_offset);
}

/* The end of the pieces from @first on that one read gets; @ret_len: its bytes. */
static u32 run_end(const struct kdfetch_piece *p, u32 n, u32 first, size_t *ret_len)
{
	u64 start = p[first].offset, end = start + p[first].bytes, next;
	u32 i;

	for (i = first + 1; i < n && p[i].offset <= end + GAP_BYTES; i++) {
		next = p[i].offset + p[i].bytes > end ? p[i].offset + p[i].bytes : end;
		if (next - start > KDFETCH_RUN)
			break;
		end = next;
	}
	*ret_len = (size_t)(end - start);
	return i;
}

static void read_run(struct batch *b, struct kdfetch_piece *p, u32 n, size_t len, piece_fn take)
{
	struct kdfetch *f = b->f;
	u64 start = p[0].offset; /* take() may put another one there */
	int r = mem_file_read(f->map.file, start, f->packed, len);
	u32 i;

	for (i = 0; i < n; i++) {
		/* A bad place of the disk costs the page that lies there. */
		if (r && n > 1)
			read_run(b, p + i, 1, p[i].bytes, take);
		else
			b->outcome[p[i].index] =
				r ? r : take(b, &p[i], f->packed + (p[i].offset - start));
	}
}

static void read_pieces(struct batch *b, u32 n, piece_fn take)
{
	struct kdfetch_piece *p = b->f->piece;
	size_t len;
	u32 i, end;

	sort(p, n);
	for (i = 0; b->f->map.file->cold && i < n; i = end) {
		end = run_end(p, n, i, &len);
		dump_file_ahead(b->f->map.file, p[i].offset, len);
	}
	for (i = 0; i < n; i = end) {
		end = run_end(p, n, i, &len);
		read_run(b, p + i, end - i, len, take);
	}
}

static int take_desc(struct batch *b, struct kdfetch_piece *piece, const u8 *bytes)
{
	struct kdmap_page page;
	int r = kdmap_decode(&b->f->map, bytes, &page);

	piece->offset = page.offset;
	piece->bytes = page.bytes;
	piece->flags = page.flags;
	return r;
}

static int take_page(struct batch *b, struct kdfetch_piece *piece, const u8 *bytes)
{
	u32 shift = b->f->map.shift;

	return kdcodec_unpack(&b->f->codec, piece->flags, bytes, piece->bytes,
			      b->data + ((size_t)piece->index << shift), (size_t)1 << shift);
}

void kdfetch(struct kdfetch *f, const u64 *pfn, u32 n, u8 *data, s32 *outcome)
{
	struct batch b = { f, data, outcome };
	u32 i, pieces = 0, left = 0;
	u64 rank = 0;

	for (i = 0; i < n; i++) {
		outcome[i] = kdmap_find(&f->map, pfn[i], &rank);
		if (outcome[i] == SMMU_MEM_OK)
			f->piece[pieces++] =
				(struct kdfetch_piece){ f->map.descs + rank * KDUMP_DESC_BYTES,
							KDUMP_DESC_BYTES, 0, i };
	}
	read_pieces(&b, pieces, take_desc);
	for (i = 0; i < pieces; i++)
		if (outcome[f->piece[i].index] == SMMU_MEM_OK)
			f->piece[left++] = f->piece[i];
	read_pieces(&b, left, take_page);
}

/* In a few words, of the piece that could not be read. */
static const char *reason(const struct kdfetch *f, int error)
{
	if (error == -ENOTSUP)
		return "packed by a method that this program was built without";
	if (error != -EBADMSG)
		return strerror(-error);
	if (f->piece[0].bytes > 1u << f->map.shift)
		return "longer than a page";
	return f->piece[0].offset < f->map.data ? "among the headers" : "damaged";
}

int kdfetch_page(struct kdfetch *f, u64 pfn, u8 *data, struct errbuf *why)
{
	s32 outcome;

	kdfetch(f, &pfn, 1, data, &outcome);
	if (outcome >= 0)
		return outcome;
	errbuf_set(why, "the page of memory 0x%llx, %u bytes at 0x%llx of the dump: %s",
		   (pfn << f->map.shift), f->piece[0].bytes, f->piece[0].offset,
		   reason(f, outcome));
	return -EIO;
}

void kdfetch_free(struct kdfetch *f)
{
	kdcodec_free(&f->codec);
	kdmap_free(&f->map);
	free(f->packed);
	f->packed = NULL;
}
