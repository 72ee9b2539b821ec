// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rec_fd.c - a window that slides over the stream. It is twice as large as the largest frame. A
 * record that cannot be decoded is torn if as many bytes as the largest frame has are there, or if
 * the stream has ended; otherwise more bytes are read.
 */
#include "lib/story/rec_fd.h"

#include <string.h>

#include "lib/base/cleanup.h"

#define FRAME_MAX (REC_HEADER_BYTES + REC_MAX_PAYLOAD)
#define WINDOW_BYTES (2u * FRAME_MAX)

struct window {
	u8 *data;
	size_t len;
	bool eof;
};

static int copy_out(int fd, const u8 *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int fill(struct window *w, int fd, struct recread_info *info)
{
	ssize_t n;

	while (!w->eof && w->len < WINDOW_BYTES) {
		n = read(fd, w->data + w->len, WINDOW_BYTES - w->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			w->eof = true;
		w->len += (size_t)n;
		info->bytes += (u64)n;
	}
	return 0;
}

/* Hand out all complete records of the window; what is left moves to its front. */
static int drain(struct window *w, recread_fn fn, void *priv, struct recread_copy *copy,
		 struct recread_info *info, enum rec_outcome *ret_outcome)
{
	struct rec_iter it = { .data = w->data, .len = w->len };
	struct rec rec;
	int rc = 0;

	while ((*ret_outcome = rec_next(&it, &rec)) == REC_OK) {
		info->records++;
		rc = fn ? fn(priv, &rec) : 0;
		if (rc)
			return rc;
	}
	if (copy && copy->fd >= 0 && copy->error == 0)
		copy->error = copy_out(copy->fd, w->data, it.offset);
	w->len -= it.offset;
	memmove(w->data, w->data + it.offset, w->len);
	return 0;
}

int recread_fd(int fd, u64 max_bytes, recread_fn fn, void *priv, struct recread_copy *copy,
	       struct recread_info *ret)
{
	_cleanup_free_ u8 *data = malloc(WINDOW_BYTES);
	struct window w = { .data = data };
	enum rec_outcome outcome = REC_END;
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (!data)
		return -ENOMEM;
	do {
		rc = fill(&w, fd, ret);
		if (rc < 0)
			return rc;
		if (ret->bytes > max_bytes)
			return -EFBIG;
		rc = drain(&w, fn, priv, copy, ret, &outcome);
		if (rc)
			return rc;
	} while (!w.eof && (w.len < FRAME_MAX || outcome == REC_END));
	if (outcome != REC_TORN)
		return 0;
	ret->torn_at = ret->bytes - w.len;
	return RECREAD_TORN;
}
