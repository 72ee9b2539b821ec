// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_mkline.c - a line is split into words; what is no value of a key is an error. */
#include "tests/unit/support_mkline.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mkline_complain(struct line *line, const char *format, ...)
{
	va_list args;

	if (line->error[0])
		return;
	va_start(args, format);
	(void)vsnprintf(line->error, sizeof(line->error), format, args);
	va_end(args);
}

/* Cut the next word off *@cursor; quotes are taken away. NULL at the end. */
static char *next_word(char **cursor, struct line *line)
{
	char *p = *cursor, *word, *to;
	bool quoted = false;

	p += strspn(p, " \t");
	if (!*p || *p == '#')
		return NULL;
	word = to = p;
	for (; *p && (quoted || !isspace((unsigned char)*p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else
			*to++ = *p;
	}
	if (quoted)
		mkline_complain(line, "quote without end");
	*cursor = *p ? p + 1 : p;
	*to = 0;
	return word;
}

void mkline_split(char *text, struct line *line)
{
	char *word, *value;

	line->type = next_word(&text, line);
	while (line->type && (word = next_word(&text, line))) {
		if (line->n == MKLINE_PAIRS) {
			mkline_complain(line, "too many words");
			return;
		}
		value = strchr(word, '=');
		if (value)
			*value++ = 0;
		line->pair[line->n].key = word;
		line->pair[line->n++].value = value ? value : word;
	}
}

const char *mkline_get(struct line *line, const char *key)
{
	size_t i;

	for (i = 0; i < line->n; i++) {
		if (strcmp(line->pair[i].key, key) != 0)
			continue;
		line->pair[i].used = true;
		return line->pair[i].value;
	}
	return NULL;
}

u64 mkline_number(struct line *line, const char *text)
{
	char *end;
	u64 value;

	errno = 0;
	value = text[0] == '-' ? (u64)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	if (errno || end == text || *end)
		mkline_complain(line, "'%s' is no number", text);
	return value;
}

u64 mkline_num(struct line *line, const char *key, u64 otherwise)
{
	const char *text = mkline_get(line, key);

	return text ? mkline_number(line, text) : otherwise;
}

u64 mkline_time_ns(struct line *line, const char *text, u64 unit)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || value < 0)
		mkline_complain(line, "'%s' is no time", text);
	return (u64)(value * (double)unit + 0.5);
}

static u32 by_name(struct line *line, const char *text, const char *(*name)(u32), u32 max)
{
	u32 i;

	if (isdigit((unsigned char)text[0]))
		return (u32)mkline_number(line, text);
	for (i = 0; i <= max; i++)
		if (name(i) && !strcmp(name(i), text))
			return i;
	mkline_complain(line, "'%s' is no known name", text);
	return 0;
}

u32 mkline_named(struct line *line, const char *key, const char *(*name)(u32), u32 max)
{
	const char *text = mkline_get(line, key);

	return text ? by_name(line, text, name, max) : 0;
}

void mkline_text(struct line *line, const char *key, char *to, size_t size)
{
	const char *text = mkline_get(line, key);

	if (text && strlen(text) >= size)
		mkline_complain(line, "%s is too long", key);
	else if (text)
		strcpy(to, text);
}

u32 mkline_bits(struct line *line, const char *key, const char *(*name)(u32))
{
	char copy[512], *save = NULL, *word;
	const char *text = mkline_get(line, key);
	u32 value = 0;

	if (!text)
		return 0;
	(void)snprintf(copy, sizeof(copy), "%s", text);
	if (isdigit((unsigned char)text[0]))
		return (u32)mkline_number(line, text);
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
		value |= 1u << by_name(line, word, name, 31);
	return value;
}

u32 mkline_u32(struct line *line, const char *key)
{
	return (u32)mkline_num(line, key, 0);
}

size_t mkline_numbers(struct line *line, const char *key, u64 *ret, size_t max)
{
	char copy[256], *save = NULL, *word;
	const char *text = mkline_get(line, key);
	size_t n = 0;

	if (!text)
		return 0;
	(void)snprintf(copy, sizeof(copy), "%s", text);
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (n == max)
			mkline_complain(line, "too many numbers in %s", key);
		else
			ret[n++] = mkline_number(line, word);
	}
	return n;
}
