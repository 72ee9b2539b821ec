/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * jsonw.h - JSON, written as it comes, to a FILE. No tree, no allocation.
 *
 * Members of an object need a key, elements of an array and the document itself
 * have none (NULL). A call that would make bad JSON (a key missing or too many,
 * ends that do not match, a second document) writes nothing; the first such
 * mistake and the first write error are remembered and returned by
 * jsonw_finish().
 *
 * The project's rules: addresses and register values are hex strings, what is
 * unknown is not written.
 */
#ifndef LIB_BASE_JSONW_H
#define LIB_BASE_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/port.h"

#define JSONW_MAX_DEPTH 16

struct jsonw {
	FILE *out;
	int error; /* 0, -EINVAL (caller's mistake) or -EIO */
	unsigned int depth;
	bool one_line;
	struct {
		bool array;
		bool filled; /* something was written at this level */
	} level[JSONW_MAX_DEPTH + 1];
};

void jsonw_init(struct jsonw *w, FILE *out);
/* The whole document in one line, for streams of documents. */
void jsonw_init_line(struct jsonw *w, FILE *out);

void jsonw_object_begin(struct jsonw *w, const char *key);
void jsonw_object_end(struct jsonw *w);
void jsonw_array_begin(struct jsonw *w, const char *key);
void jsonw_array_end(struct jsonw *w);

/* Control characters are escaped, bytes that are not UTF-8 become U+FFFD. */
void jsonw_string(struct jsonw *w, const char *key, const char *text);
void jsonw_u64(struct jsonw *w, const char *key, u64 value);
void jsonw_s64(struct jsonw *w, const char *key, int64_t value);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
/* "0x1f" */
void jsonw_hex(struct jsonw *w, const char *key, u64 value);
/* Two hex digits per byte, in memory order. */
void jsonw_bytes(struct jsonw *w, const char *key, const void *data, size_t len);
/* Nanoseconds as milliseconds with three decimals: a number, 12.345 */
void jsonw_ms(struct jsonw *w, const char *key, int64_t ns);

/* Ends the document with a newline and flushes. 0, -EINVAL or -EIO. */
int jsonw_finish(struct jsonw *w);

#endif
