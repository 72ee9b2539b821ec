/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parse.h - parses numbers and words, whole or not at all. Every number that the programs read
 * from text is parsed here, with its range.
 */
#ifndef LIB_BASE_PARSE_H
#define LIB_BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/port.h"

/*
 * All return 0, -EINVAL (not of this form) or -ERANGE (outside min..max);
 * *ret is then unchanged.
 */

/* Decimal, or hexadecimal with 0x. No sign, no space, nothing after it. */
int parse_u64(const char *text, u64 min, u64 max, u64 *ret);
int parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret);

/* Hexadecimal, with or without 0x: as debuggers print addresses. */
int parse_hex(const char *text, u64 *ret);

/* 1 yes true on / 0 no false off. */
int parse_bool(const char *text, bool *ret);

/* A duration in milliseconds: "20" and "20s" are seconds; "500ms", "2min". */
int parse_duration_ms(const char *text, uint32_t min_ms, uint32_t max_ms, uint32_t *ret);

/*
 * The next word of *cursor, words being separated by white space or commas.
 * Returns its length (0: no more) and copies it to @buf; -E2BIG when it does
 * not fit, the cursor is then past it.
 */
int parse_word(const char **cursor, char *buf, size_t cap);

#endif
