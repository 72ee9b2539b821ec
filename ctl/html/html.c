// SPDX-License-Identifier: LGPL-2.1-or-later
/* html.c - see html.h. */
#include "ctl/html/html.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

static void fail(struct html *h, int error)
{
	if (!h->error)
		h->error = error;
}

void html_raw(struct html *h, const char *markup)
{
	if (fputs(markup, h->out) == EOF)
		fail(h, -EIO);
}

/* Does every conversion make a number? */
static bool numbers_only(const char *format)
{
	for (; (format = strchr(format, '%')); format++) {
		format++;
		if (*format == '%')
			continue;
		format += strspn(format, "0123456789.+- #lhzj");
		if (!*format || !strchr("diuxXfg", *format))
			return false;
	}
	return true;
}

void html_markup(struct html *h, const char *format, ...)
{
	va_list args;

	if (!numbers_only(format)) {
		fail(h, -EINVAL);
		return;
	}
	va_start(args, format);
	if (vfprintf(h->out, format, args) < 0)
		fail(h, -EIO);
	va_end(args);
}

void html_text(struct html *h, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': html_raw(h, "&amp;"); break;
		case '<': html_raw(h, "&lt;"); break;
		case '>': html_raw(h, "&gt;"); break;
		case '"': html_raw(h, "&quot;"); break;
		case '\'': html_raw(h, "&#39;"); break;
		default:
			if (fputc(*text >= 0x20 && *text < 0x7f ? *text : '?', h->out) == EOF)
				fail(h, -EIO);
		}
	}
}

void html_textf(struct html *h, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		fail(h, -ENOMEM);
		return;
	}
	html_text(h, text);
}

void html_element(struct html *h, const char *open, const char *text)
{
	size_t len = strcspn(open, " ");

	fputc('<', h->out);
	html_raw(h, open);
	fputc('>', h->out);
	html_text(h, text);
	if (fprintf(h->out, "</%.*s>", (int)len, open) < 0)
		fail(h, -EIO);
}
