// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_io.c - bounded reads.
 */
#include "ctl/dump/dump_io.h"

#include <string.h>
#include <unistd.h>

int dump_read(struct dump_src *src, u64 offset, void *buf, size_t len, struct errbuf *err)
{
	int r;

	if (offset > src->size || len > src->size - offset) {
		errbuf_set(err, "%zu bytes at 0x%llx: the file ends at 0x%llx", len, offset,
			   src->size);
		return -ENODATA;
	}
	if (src->budget && len > src->budget - src->bytes_read) {
		errbuf_set(err, "0x%llx: the search ended after the limit of %llu bytes", offset,
			   src->budget);
		return -EFBIG;
	}
	src->bytes_read += len;
	err->text[0] = 0;
	r = src->read(src->priv, offset, buf, len);
	if (r < 0 && !err->text[0])
		errbuf_set(err, "%zu bytes at 0x%llx: %s", len, offset, strerror(-r));
	return r;
}

int dump_zero(struct dump_src *src, u64 offset, u64 len, struct errbuf *err)
{
	u8 buf[4096];
	size_t n, i;
	int r;

	for (; len; len -= n, offset += n) {
		n = len < sizeof(buf) ? (size_t)len : sizeof(buf);
		r = dump_read(src, offset, buf, n, err);
		if (r < 0)
			return r;
		for (i = 0; i < n; i++)
			if (buf[i])
				return 0;
	}
	return 1;
}

int dump_read_fd(void *priv, u64 offset, void *buf, size_t len)
{
	int fd = *(int *)priv;
	u8 *p = buf;
	ssize_t n;

	while (len) {
		n = pread(fd, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n) /* it was longer a moment ago */
			return -ENODATA;
		p += n;
		offset += (u64)n;
		len -= (size_t)n;
	}
	return 0;
}

struct dump_src dump_src_fd(int *fd, u64 size, u64 budget)
{
	return (struct dump_src){
		.read = dump_read_fd, .priv = fd, .size = size, .budget = budget
	};
}
