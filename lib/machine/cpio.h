/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cpio.h - what is in an initramfs image: one or several "newc" archives, the
 * last of them perhaps compressed. Decompressors are programs of the machine.
 */
#ifndef LIB_MACHINE_CPIO_H
#define LIB_MACHINE_CPIO_H

#include <stdbool.h>

#include "core/port.h"
#include "lib/base/errbuf.h"

#define CPIO_LIST_MS 60000u
#define CPIO_TEXT_MAX 16384u
#define CPIO_WHOLE_MAX (8u << 20)

struct cpio_entry {
	const char *name; /* without leading "/" and "./" */
	u64 bytes;
	uint32_t mode;
	/* Content, NUL-terminated. NULL when larger than CPIO_TEXT_MAX, or CPIO_WHOLE_MAX if asked
	 * for. */
	const char *text;
};

/* Return 0 to go on; anything else ends the listing and is returned. */
typedef int (*cpio_fn)(void *priv, const struct cpio_entry *entry);

/* Is the file @name, as in struct cpio_entry, wanted whole? */
typedef bool (*cpio_whole_fn)(const char *name);

/*
 * List the image @fd, a regular file; @whole may be NULL. Returns 0, what @fn returned, or a
 * negative errno with @err: -EINVAL no such archive, -ENOPKG the decompressor is missing,
 * -ETIMEDOUT, -E2BIG.
 */
int cpio_list(int fd, cpio_fn fn, cpio_whole_fn whole, void *priv, struct errbuf *err);

#endif
