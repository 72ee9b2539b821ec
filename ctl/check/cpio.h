/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cpio.h - what is in an initramfs image: one or several "newc" archives, the
 * last of them perhaps compressed. Decompressors are programs of the machine.
 */
#ifndef CTL_CHECK_CPIO_H
#define CTL_CHECK_CPIO_H

#include <stdint.h>

#include "lib/base/errbuf.h"

#define CPIO_LIST_MS 60000u
#define CPIO_TEXT_MAX 16384u

struct cpio_entry {
	const char *name; /* without leading "/" and "./" */
	uint64_t bytes;
	uint32_t mode;
	const char *text; /* content, NUL-terminated; NULL when larger than CPIO_TEXT_MAX */
};

/* Return 0 to go on; anything else ends the listing and is returned. */
typedef int (*cpio_fn)(void *priv, const struct cpio_entry *entry);

/*
 * List the image @fd, a regular file. Returns 0, what @fn returned, or a negative
 * errno with @err: -EINVAL no such archive, -ENOPKG the decompressor is missing,
 * -ETIMEDOUT, -E2BIG.
 */
int cpio_list(int fd, cpio_fn fn, void *priv, struct errbuf *err);

#endif
