// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kdcodec.c - one function for each library; those that are missing at build time are refused by
 * name. zlib and zstd keep their state from page to page: to set it up costs as much as a page.
 */
#include "ctl/dump/kdcodec.h"

#include <stdlib.h>

#ifdef HAVE_ZLIB
#include <zlib.h>

static int unpack_zlib(struct kdcodec *codec, const u8 *in, size_t in_len, u8 *out, size_t out_len)
{
	z_stream *z = codec->zlib;

	if (!z) {
		z = calloc(1, sizeof(*z));
		if (!z || inflateInit(z) != Z_OK) {
			free(z);
			return -ENOMEM;
		}
		codec->zlib = z;
	}
	if (inflateReset(z) != Z_OK)
		return -EBADMSG;
	/* zlib does not write to its input, whatever its type says. */
	z->next_in = (Bytef *)(uintptr_t)in;
	z->avail_in = (uInt)in_len;
	z->next_out = out;
	z->avail_out = (uInt)out_len;
	return inflate(z, Z_FINISH) == Z_STREAM_END && !z->avail_out ? 0 : -EBADMSG;
}

static void free_zlib(struct kdcodec *codec)
{
	if (codec->zlib)
		(void)inflateEnd(codec->zlib);
	free(codec->zlib);
}
#else
#define unpack_zlib(codec, in, in_len, out, out_len) (-ENOTSUP)
#define free_zlib(codec) ((void)0)
#endif

#ifdef HAVE_LZO
#include <lzo/lzo1x.h>

static int unpack_lzo(const u8 *in, size_t in_len, u8 *out, size_t out_len)
{
	lzo_uint len = out_len;

	return lzo1x_decompress_safe(in, in_len, out, &len, NULL) == LZO_E_OK && len == out_len
		       ? 0
		       : -EBADMSG;
}
#else
#define unpack_lzo(in, in_len, out, out_len) (-ENOTSUP)
#endif

#ifdef HAVE_SNAPPY
#include <snappy-c.h>

static int unpack_snappy(const u8 *in, size_t in_len, u8 *out, size_t out_len)
{
	const char *packed = (const char *)in;
	size_t len;

	if (snappy_uncompressed_length(packed, in_len, &len) != SNAPPY_OK || len != out_len)
		return -EBADMSG;
	return snappy_uncompress(packed, in_len, (char *)out, &len) == SNAPPY_OK ? 0 : -EBADMSG;
}
#else
#define unpack_snappy(in, in_len, out, out_len) (-ENOTSUP)
#endif

#ifdef HAVE_ZSTD
#include <zstd.h>

static int unpack_zstd(struct kdcodec *codec, const u8 *in, size_t in_len, u8 *out, size_t out_len)
{
	if (!codec->zstd)
		codec->zstd = ZSTD_createDCtx();
	if (!codec->zstd)
		return -ENOMEM;
	/* In one piece: no window is allocated, whatever the frame asks for. */
	return ZSTD_decompressDCtx(codec->zstd, out, out_len, in, in_len) == out_len ? 0 : -EBADMSG;
}

static void free_zstd(struct kdcodec *codec)
{
	(void)ZSTD_freeDCtx(codec->zstd);
}
#else
#define unpack_zstd(codec, in, in_len, out, out_len) (-ENOTSUP)
#define free_zstd(codec) ((void)0)
#endif

const char *kdcodec_missing(u32 flags)
{
#ifndef HAVE_ZLIB
	if (flags & KDCODEC_ZLIB)
		return "zlib";
#endif
#ifndef HAVE_LZO
	if (flags & KDCODEC_LZO)
		return "LZO";
#endif
#ifndef HAVE_SNAPPY
	if (flags & KDCODEC_SNAPPY)
		return "snappy";
#endif
#ifndef HAVE_ZSTD
	if (flags & KDCODEC_ZSTD)
		return "zstd";
#endif
	(void)flags;
	return NULL;
}

int kdcodec_unpack(struct kdcodec *codec, u32 flags, const u8 *in, size_t in_len, u8 *out,
		   size_t out_len)
{
	(void)codec; /* of no use to some sets of libraries */
	switch (flags & KDCODEC_ALL) {
	case 0:
		if (in_len != out_len)
			return -EBADMSG;
		memcpy(out, in, out_len);
		return 0;
	case KDCODEC_ZLIB: return unpack_zlib(codec, in, in_len, out, out_len);
	case KDCODEC_LZO: return unpack_lzo(in, in_len, out, out_len);
	case KDCODEC_SNAPPY: return unpack_snappy(in, in_len, out, out_len);
	case KDCODEC_ZSTD: return unpack_zstd(codec, in, in_len, out, out_len);
	default: return -EBADMSG;
	}
}

void kdcodec_free(struct kdcodec *codec)
{
	free_zlib(codec);
	free_zstd(codec);
	*codec = (struct kdcodec){ 0 };
}
