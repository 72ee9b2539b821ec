// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * parse.c - strtoull() also accepts signs, blanks and trailing garbage, so these are refused
 * before it is called.
 */
#include "lib/base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The digits of a number; *ret_end is the first character that is not one. */
static int number(const char *text, u64 *ret, const char **ret_end)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	char *end;

	if (hex ? !isxdigit((unsigned char)*digits) : !isdigit((unsigned char)*digits))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(digits, &end, hex ? 16 : 10);
	if (errno)
		return -ERANGE;
	*ret_end = end;
	return 0;
}

int parse_u64(const char *text, u64 min, u64 max, u64 *ret)
{
	const char *end;
	u64 value;
	int rc;

	rc = number(text, &value, &end);
	if (rc < 0)
		return rc;
	if (*end)
		return -EINVAL;
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
	u64 value;
	int rc;

	rc = parse_u64(text, min, max, &value);
	if (rc == 0)
		*ret = (uint32_t)value;
	return rc;
}

int parse_hex(const char *text, u64 *ret)
{
	char *end;
	u64 value;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	if (!isxdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 16);
	if (errno)
		return -ERANGE;
	/* "00x1": strtoull() takes a second prefix itself. */
	if (*end || strpbrk(text, "xX"))
		return -EINVAL;
	*ret = value;
	return 0;
}

int parse_bool(const char *text, bool *ret)
{
	static const char *const words[] = { "0", "1", "no", "yes", "false", "true", "off", "on" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*ret = i & 1;
			return 0;
		}
	}
	return -EINVAL;
}

int parse_duration_ms(const char *text, uint32_t min_ms, uint32_t max_ms, uint32_t *ret)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = { { "", 1000 }, { "s", 1000 }, { "ms", 1 }, { "min", 60000 } };
	const char *unit;
	u64 value;
	size_t i;
	int rc;

	rc = number(text, &value, &unit);
	if (rc < 0)
		return rc;
	while (*unit == ' ')
		unit++;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		if (value > UINT32_MAX || value * units[i].ms < min_ms ||
		    value * units[i].ms > max_ms)
			return -ERANGE;
		*ret = (uint32_t)(value * units[i].ms);
		return 0;
	}
	return -EINVAL;
}

int parse_word(const char **cursor, char *buf, size_t cap)
{
	static const char separators[] = " \t\r\n,";
	const char *word = *cursor + strspn(*cursor, separators);
	size_t len = strcspn(word, separators);

	*cursor = word + len;
	if (len >= cap)
		return -E2BIG;
	memcpy(buf, word, len);
	buf[len] = 0;
	return (int)len;
}
