/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_kdump.h - kdump-compressed dumps with pages, packed by any of the libraries; written from
 * the description of the format (makedumpfile, IMPLEMENTATION and diskdump_mod.h) and not with the
 * code under test. Without cmocka, as the fuzz targets use it.
 */
#ifndef TESTS_SUPPORT_KDUMP_H
#define TESTS_SUPPORT_KDUMP_H

#include "core/port.h"
#include "tests/unit/support_dump.h"

struct kdump_page {
	u64 pfn;	/* ascending */
	const u8 *data; /* NULL: RAM that is not stored */
};

struct kdump_pages {
	u32 shift; /* of a page */
	u32 codec; /* KDCODEC_*, 0: plain */
	u32 version;
	u64 end; /* number of the last page and one */
	const struct kdump_page *page;
	size_t n;
	const u8 *notes; /* NULL: none; version 4 and later */
	size_t notes_len;
};

/* Where things are in an image. */
struct kdump_places {
	size_t ram, stored, descs, data;
};

/* The dump; a page that does not get smaller is stored plainly, as makedumpfile has it. */
struct image kdump_pages_image(const struct kdump_pages *shape, struct kdump_places *ret);

/* Pack @data of @len bytes into @out, with room for 2 * @len + 256. 0: no such library. */
size_t kdump_pack(u32 codec, const u8 *data, size_t len, u8 *out);

#endif
