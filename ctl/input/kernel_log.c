// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kernel_log.c - see kernel_log.h. The names count where the log has the name of the
 * writer: at the start of a line or of a word, with ":" or "[PID]:" behind it.
 */
#include "ctl/input/kernel_log.h"

#include <limits.h>
#include <string.h>

#include "lib/base/printable.h"
#include "lib/story/names.h"

static bool written_by(const u8 *line, size_t len, const char *name)
{
	size_t n = strlen(name), i;

	for (i = 0; i + n < len; i++) {
		if ((i && line[i - 1] != ' ') || memcmp(line + i, name, n) != 0)
			continue;
		if (line[i + n] == ':' || line[i + n] == '[')
			return true;
	}
	return false;
}

static void print_line(FILE *out, const u8 *line, size_t len)
{
	printable_put(out, (const char *)line, len, PRINTABLE_ASCII);
	putc('\n', out);
}

int log_text(FILE *out, const u8 *data, size_t len)
{
	const u8 *end;
	size_t n, at;
	int lines = 0;

	if (memchr(data, 0, len))
		return -EINVAL;
	for (at = 0; at < len && lines < INT_MAX; at += n + 1) {
		end = memchr(data + at, '\n', len - at);
		n = end ? (size_t)(end - data) - at : len - at;
		if (!written_by(data + at, n, NAME_DAEMON) &&
		    !written_by(data + at, n, SMMU_ADOPT_MODULE))
			continue;
		print_line(out, data + at, n);
		lines++;
	}
	return lines;
}
