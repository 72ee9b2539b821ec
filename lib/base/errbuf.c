// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * errbuf.c - the room is fixed: a message that does not fit is cut, never lost, and reporting an
 * error cannot fail for lack of memory.
 */
#include "lib/base/errbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void errbuf_set(struct errbuf *err, const char *format, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
}

void errbuf_prefix(struct errbuf *err, const char *format, ...)
{
	char tail[sizeof(err->text)];
	size_t at;
	va_list ap;

	if (!err)
		return;
	memcpy(tail, err->text, sizeof(tail));
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	at = strlen(err->text);
	if (tail[0])
		snprintf(err->text + at, sizeof(err->text) - at, ": %s", tail);
}
