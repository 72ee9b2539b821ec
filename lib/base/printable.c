// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * printable.c - see printable.h.
 *
 * Two kinds of characters above ASCII are not shown. Some terminals obey U+0080 to U+009F as they
 * obey ESC and a letter. U+202A and its like change the direction of writing, so that a line reads
 * as another one.
 */
#include "lib/base/printable.h"

#include <string.h>

/* Overlong forms, surrogates and code points beyond U+10FFFF are not characters: 0. */
size_t printable_utf8(const unsigned char *p, const unsigned char *end)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4, i;

	if (p[0] > 0xf4 || (size_t)(end - p) < len)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool printable_is_control(const unsigned char *p, size_t len)
{
	if (len == 1)
		return *p < 0x20 || *p == 0x7f;
	if (len == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (len != 3 || p[0] != 0xe2)
		return false;
	/* U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069 */
	return (p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae))) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

/* Bytes of the character at @p that may be shown as they are; 0: not even the first. */
static size_t shown(const unsigned char *p, const unsigned char *end, enum printable_set set)
{
	size_t len = printable_utf8(p, end);

	if (set == PRINTABLE_LINES && *p == '\n')
		return 1;
	if (!len || (set == PRINTABLE_ASCII && len > 1) || printable_is_control(p, len))
		return 0;
	return len;
}

/* A '?' for each byte that is not shown, or for each control character of several bytes. */
static size_t skipped(const unsigned char *p, const unsigned char *end, enum printable_set set)
{
	size_t len = set == PRINTABLE_ASCII ? 1 : printable_utf8(p, end);

	return len ? len : 1;
}

const char *printable(char *buf, size_t cap, const char *text, enum printable_set set)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
	size_t at = 0, len;

	for (; p < end && at + 1 < cap; p += len) {
		len = shown(p, end, set);
		if (len >= cap - at)
			break;
		if (len) {
			memcpy(buf + at, p, len);
			at += len;
			continue;
		}
		buf[at++] = '?';
		len = skipped(p, end, set);
	}
	buf[at] = 0;
	return buf;
}

void printable_put(FILE *out, const char *text, size_t bytes, enum printable_set set)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + bytes;
	size_t len;

	for (; p < end; p += len) {
		len = shown(p, end, set);
		if (len) {
			(void)fwrite(p, 1, len, out);
			continue;
		}
		(void)putc('?', out);
		len = skipped(p, end, set);
	}
}
