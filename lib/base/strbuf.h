/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * strbuf.h - a growing text. The first failed allocation is remembered and
 * everything after it does nothing, so that callers check once, at the end.
 */
#ifndef LIB_BASE_STRBUF_H
#define LIB_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "core/port.h"
#include "lib/base/cleanup.h"

/* Zero-initialise with = { 0 }. Ends with strbuf_free(). */
struct strbuf {
	char *data; /* NUL-terminated; NULL while empty */
	size_t len, cap;
	int error; /* 0 or -ENOMEM */
};

void strbuf_puts(struct strbuf *buf, const char *text);
void strbuf_putn(struct strbuf *buf, const char *text, size_t len);
void strbuf_putc(struct strbuf *buf, char c);
void strbuf_printf(struct strbuf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* @text, after @separator unless the buffer is still empty. */
void strbuf_join(struct strbuf *buf, const char *separator, const char *text);

/*
 * All that comes from @fd until its other end closes, within @ms. Returns 0, -ETIMEDOUT, -E2BIG
 * when the text would be longer than @max, or another negative errno.
 */
int strbuf_read(struct strbuf *buf, int fd, uint32_t ms, size_t max);

/* Forget the text, keep the memory and clear the error. */
void strbuf_reset(struct strbuf *buf);
/* The text; "" while empty. Valid until the next change. */
const char *strbuf_text(const struct strbuf *buf);
/* Hand the text over to the caller, who frees it. NULL after an error. */
char *strbuf_steal(struct strbuf *buf);
void strbuf_free(struct strbuf *buf);

#define _cleanup_strbuf_ _cleanup_(strbuf_free)

/* Append "1.5 MiB", "4 KiB", "12 bytes". */
void strbuf_size(struct strbuf *out, u64 bytes);

#endif
