/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * printable.h - makes foreign text safe for a terminal. Names of files and devices, lines of logs
 * and texts of records may contain control sequences, which a terminal would obey. All text that
 * is shown goes through these functions.
 */
#ifndef LIB_BASE_PRINTABLE_H
#define LIB_BASE_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum printable_set {
	PRINTABLE_ASCII, /* 0x20 to 0x7e */
	/* And UTF-8, but no control characters and none that change the direction of writing. */
	PRINTABLE_UTF8,
	PRINTABLE_LINES, /* and line feeds */
};

/*
 * Copy @text to @buf, every character outside @set replaced by '?'. What does not fit is cut.
 * Returns @buf.
 */
const char *printable(char *buf, size_t cap, const char *text, enum printable_set set);

/* Print @len bytes of @text likewise. */
void printable_put(FILE *out, const char *text, size_t len, enum printable_set set);

/* The bytes of the UTF-8 character at @p, which ends at @end; 0: not one. */
size_t printable_utf8(const unsigned char *p, const unsigned char *end);
/*
 * Is the character of @len bytes a control character, which a terminal acts on? A single byte is
 * taken as ASCII.
 */
bool printable_is_control(const unsigned char *p, size_t len);

#endif
