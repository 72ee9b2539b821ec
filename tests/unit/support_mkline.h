/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_mkline.h - one line of mkrec's language: a type, then words KEY=VALUE. What a value
 * cannot be becomes the line's error; the first one counts.
 */
#ifndef TESTS_SUPPORT_MKLINE_H
#define TESTS_SUPPORT_MKLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/port.h"

#define MKLINE_PAIRS 48

struct line {
	char *type;
	struct {
		char *key, *value;
		bool used;
	} pair[MKLINE_PAIRS];
	size_t n;
	char error[128];
};

/* Split @text, which is changed; type is NULL when it has no word. */
void mkline_split(char *text, struct line *line);
void mkline_complain(struct line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The value of @key, and so it was used; NULL: it is not there. */
const char *mkline_get(struct line *line, const char *key);
/* The number that @text is. */
u64 mkline_number(struct line *line, const char *text);
u64 mkline_num(struct line *line, const char *key, u64 otherwise);
/* The same of 32 bits; 0: it is not there. */
u32 mkline_u32(struct line *line, const char *key);
/* Seconds or milliseconds (@unit in ns) with a fraction, as nanoseconds. */
u64 mkline_time_ns(struct line *line, const char *text, u64 unit);
/* A value by its name, of 0 to @max; a plain number passes as it is. */
u32 mkline_named(struct line *line, const char *key, const char *(*name)(u32), u32 max);
/* The same of names with commas between them, each of them a bit. */
u32 mkline_bits(struct line *line, const char *key, const char *(*name)(u32));
void mkline_text(struct line *line, const char *key, char *to, size_t size);
/* Numbers with commas between them. Returns how many; more than @max are an error. */
size_t mkline_numbers(struct line *line, const char *key, u64 *ret, size_t max);

#endif
