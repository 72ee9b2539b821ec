// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_kdump.c - see support_kdump.h.
 */
#include "tests/unit/support_kdump.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/dump/kdcodec.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_LZO
#include <lzo/lzo1x.h>
#endif
#ifdef HAVE_SNAPPY
#include <snappy-c.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define HOLDS(what) ((what) ? (void)0 : abort())
#define DESC_BYTES 24u
#define SUB_BYTES 104u

size_t kdump_pack(u32 codec, const u8 *data, size_t len, u8 *out)
{
#ifdef HAVE_ZLIB
	if (codec == KDCODEC_ZLIB) {
		uLongf n = 2 * len + 256;

		return compress2(out, &n, data, len, 1) == Z_OK ? n : 0;
	}
#endif
#ifdef HAVE_LZO
	if (codec == KDCODEC_LZO) {
		static u8 work[LZO1X_1_MEM_COMPRESS];
		lzo_uint n = 0;

		return lzo1x_1_compress(data, len, out, &n, work) == LZO_E_OK ? n : 0;
	}
#endif
#ifdef HAVE_SNAPPY
	if (codec == KDCODEC_SNAPPY) {
		size_t n = 2 * len + 256;

		return snappy_compress((const char *)data, len, (char *)out, &n) == SNAPPY_OK ? n
											      : 0;
	}
#endif
#ifdef HAVE_ZSTD
	if (codec == KDCODEC_ZSTD) {
		size_t n = ZSTD_compress(out, 2 * len + 256, data, len, 1);

		return ZSTD_isError(n) ? 0 : n;
	}
#endif
	(void)codec;
	(void)data;
	(void)len;
	(void)out;
	return 0;
}

static void put_headers(u8 *d, const struct kdump_pages *s, u32 block, u32 sub, u32 map_blocks)
{
	memcpy(d, "KDUMP   ", 8);
	core_st32(d + 8, s->version);
	memcpy(d + 12 + 4 * 65, "aarch64", 7);
	core_st32(d + 424, s->codec);
	core_st32(d + 428, block);
	core_st32(d + 432, sub);
	core_st32(d + 436, 2 * map_blocks);
	core_st32(d + 440, (u32)s->end);
	if (s->version >= 6)
		core_st64(d + block + 96, s->end);
	if (!s->notes)
		return;
	core_st64(d + block + 48, block + SUB_BYTES);
	core_st64(d + block + 56, s->notes_len);
	memcpy(d + block + SUB_BYTES, s->notes, s->notes_len);
}

/* Returns the bytes written at @out. */
static size_t put_page(u8 *desc, u8 *out, size_t at, const struct kdump_pages *s, const u8 *data)
{
	size_t page = (size_t)1 << s->shift, len = kdump_pack(s->codec, data, page, out);
	u32 flags = s->codec;

	if (!len || len >= page) {
		memcpy(out, data, page);
		len = page;
		flags = 0;
	}
	core_st64(desc, at);
	core_st32(desc + 8, (u32)len);
	core_st32(desc + 12, flags);
	return len;
}

struct image kdump_pages_image(const struct kdump_pages *s, struct kdump_places *ret)
{
	size_t block = (size_t)1 << s->shift, n_stored = 0, i, k = 0;
	u32 sub = (u32)((SUB_BYTES + s->notes_len + block - 1) / block);
	u32 map_blocks = (u32)((s->end / 8 + block) / block);
	struct kdump_places at = { .ram = (1 + sub) * block };
	struct image image;
	u8 *d;

	for (i = 0; i < s->n; i++)
		n_stored += s->page[i].data != NULL;
	at.stored = at.ram + map_blocks * block;
	at.descs = at.stored + map_blocks * block;
	at.data = at.descs + n_stored * DESC_BYTES;
	/* Packing may need more than a page for a while. */
	d = calloc(1, at.data + (n_stored + 2) * block + 256);
	HOLDS(d);
	image = (struct image){ d, at.data };
	put_headers(d, s, (u32)block, sub, map_blocks);
	for (i = 0; i < s->n; i++) {
		u64 pfn = s->page[i].pfn;

		d[at.ram + pfn / 8] |= (u8)(1u << pfn % 8);
		if (!s->page[i].data)
			continue;
		d[at.stored + pfn / 8] |= (u8)(1u << pfn % 8);
		image.len += put_page(d + at.descs + k++ * DESC_BYTES, d + image.len, image.len, s,
				      s->page[i].data);
	}
	if (ret)
		*ret = at;
	return image;
}
