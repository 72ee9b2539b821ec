/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kdcodec.h - pages of a kdump-compressed dump, unpacked by the libraries that makedumpfile packs
 * them with. Each of these is optional at build time.
 *
 * What comes in is untrusted. A page has one size, which the caller knows, so nothing is allocated
 * by what the packed bytes say, and more or fewer bytes than that are damage.
 */
#ifndef CTL_DUMP_KDCODEC_H
#define CTL_DUMP_KDCODEC_H

#include "core/port.h"

/* Bits of the header's status, and of a page descriptor's flags (makedumpfile, diskdump_mod.h). */
#define KDCODEC_ZLIB 0x1u
#define KDCODEC_LZO 0x2u
#define KDCODEC_SNAPPY 0x4u
#define KDCODEC_ZSTD 0x20u
#define KDCODEC_ALL (KDCODEC_ZLIB | KDCODEC_LZO | KDCODEC_SNAPPY | KDCODEC_ZSTD)

/* What libraries keep between pages. Zero-initialise with = { 0 }. Ends with kdcodec_free(). */
struct kdcodec {
	void *zlib, *zstd;
};

/* The name of the first codec among @flags that this program was built without; NULL: none. */
const char *kdcodec_missing(u32 flags);

/*
 * Unpack the page @in into @out, whose @out_len bytes are a page; @flags say how. Returns 0,
 * -EBADMSG (damaged), -ENOTSUP (kdcodec_missing()) or -ENOMEM.
 */
int kdcodec_unpack(struct kdcodec *codec, u32 flags, const u8 *in, size_t in_len, u8 *out,
		   size_t out_len);
void kdcodec_free(struct kdcodec *codec);

#endif
