/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump_io.h - bytes of a dump by offset, for parsers that must not care where
 * they come from.
 *
 * Every byte passes dump_read(), which knows the size of the file and how much
 * may be read: a parser that is led in circles ends with a message, and finding
 * the log of a dump of any size costs no more than DUMP_FIND_BUDGET bytes.
 */
#ifndef CTL_DUMP_DUMP_IO_H
#define CTL_DUMP_DUMP_IO_H

#include "core/port.h"
#include "lib/base/errbuf.h"

#define DUMP_FIND_BUDGET (1u << 20)

struct dump_src {
	/* All of @len bytes: 0, or a negative errno. */
	int (*read)(void *priv, u64 offset, void *buf, size_t len);
	/* These bytes will be read soon; NULL: nobody wants to know. */
	void (*ahead)(void *priv, u64 offset, u64 len);
	void *priv;
	u64 size;
	u64 bytes_read;
	u64 budget; /* of bytes_read; 0: no limit */
};

/*
 * Returns 0; -ENODATA: outside the file; -EFBIG: over the budget; what the
 * callback says. @err names the offset.
 */
int dump_read(struct dump_src *src, u64 offset, void *buf, size_t len, struct errbuf *err);

/* Are @len bytes at @offset all zero? 1, 0 or a negative errno as above. */
int dump_zero(struct dump_src *src, u64 offset, u64 len, struct errbuf *err);

/* Callback for a file: @priv points to the descriptor. */
int dump_read_fd(void *priv, u64 offset, void *buf, size_t len);
/* The file @fd of @size bytes; the descriptor is borrowed where it lies. */
struct dump_src dump_src_fd(int *fd, u64 size, u64 budget);

#endif
