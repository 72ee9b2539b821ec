// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * strbuf.c - the text is one allocation, which grows by half. An error stays until the end.
 */
#include "lib/base/strbuf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"

/* Make room for @more bytes and the NUL. */
static int reserve(struct strbuf *buf, size_t more)
{
	size_t cap = buf->cap ? buf->cap : 64;
	char *data;

	if (buf->error)
		return buf->error;
	if (more > SIZE_MAX / 4 - buf->len)
		return buf->error = -ENOMEM;
	if (buf->len + more < buf->cap)
		return 0;
	while (cap <= buf->len + more)
		cap += cap / 2;
	data = realloc(buf->data, cap);
	if (!data)
		return buf->error = -ENOMEM;
	buf->data = data;
	buf->cap = cap;
	return 0;
}

void strbuf_putn(struct strbuf *buf, const char *text, size_t len)
{
	if (reserve(buf, len) < 0)
		return;
	memcpy(buf->data + buf->len, text, len);
	buf->len += len;
	buf->data[buf->len] = 0;
}

void strbuf_puts(struct strbuf *buf, const char *text)
{
	strbuf_putn(buf, text, strlen(text));
}

void strbuf_putc(struct strbuf *buf, char c)
{
	strbuf_putn(buf, &c, 1);
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || reserve(buf, (size_t)n) < 0)
		return;
	va_start(args, format);
	(void)vsnprintf(buf->data + buf->len, (size_t)n + 1, format, args);
	va_end(args);
	buf->len += (size_t)n;
}

void strbuf_join(struct strbuf *buf, const char *separator, const char *text)
{
	if (buf->len)
		strbuf_puts(buf, separator);
	strbuf_puts(buf, text);
}

int strbuf_read(struct strbuf *buf, int fd, uint32_t ms, size_t max)
{
	u64 deadline = clock_now_ns() + clock_ms(ms);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char part[4096];
	ssize_t n;

	for (;;) {
		n = clock_poll(&p, 1, (int)clock_left_ms(clock_now_ns(), deadline));
		if (n == 0)
			return -ETIMEDOUT;
		n = n < 0 ? n : read(fd, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : buf->error;
		if (buf->len + (size_t)n > max)
			return -E2BIG;
		strbuf_putn(buf, part, (size_t)n);
	}
}

void strbuf_reset(struct strbuf *buf)
{
	buf->len = 0;
	buf->error = 0;
	if (buf->data)
		buf->data[0] = 0;
}

const char *strbuf_text(const struct strbuf *buf)
{
	return buf->data ? buf->data : "";
}

char *strbuf_steal(struct strbuf *buf)
{
	char *data;

	strbuf_puts(buf, ""); /* an empty text is a text, too */
	if (buf->error)
		return NULL;
	data = buf->data;
	*buf = (struct strbuf){ 0 };
	return data;
}

void strbuf_free(struct strbuf *buf)
{
	free(buf->data);
	*buf = (struct strbuf){ 0 };
}

void strbuf_size(struct strbuf *out, u64 bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	u64 whole = bytes, rest = 0;
	size_t i = 0;

	while (whole >= 1024 && i < 5) {
		rest = whole % 1024;
		whole /= 1024;
		i++;
	}
	if (rest && whole < 100)
		strbuf_printf(out, "%llu.%llu %s", whole, rest * 10 / 1024, units[i]);
	else
		strbuf_printf(out, "%llu %s", whole, bytes == 1 ? "byte" : units[i]);
}
