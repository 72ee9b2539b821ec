// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * log.c - the kernel log is the channel that survives in most captures: it is
 * on the console, in the ring buffer, and often saved beside the dump.
 *
 * The kernel limits each open of /dev/kmsg to 10 lines in 5 s, which is less
 * than one stage; so it is opened anew for every line, and we limit ourselves:
 * a machine with a thousand devices gets a bounded number of lines, the journal
 * file has the rest. Losing a line is never an error.
 */
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/base/cleanup.h"
#include "lib/base/printable.h"

#define INFO_LINES_MAX 400u /* then warnings and errors only, */
#define KMSG_LINES_MAX 600u /* then nothing more in the kernel log */

static struct {
	const char *program, *kmsg_path;
	bool kmsg_only, cut;
	unsigned int lines;
} logger = { .program = "" };

void log_setup(const char *program, const char *kmsg_path, bool kmsg_only)
{
	logger.program = program;
	logger.kmsg_path = kmsg_path;
	logger.kmsg_only = kmsg_only;
}

/* Did the kernel log take the line? */
static bool to_kmsg(enum log_level level, const char *text)
{
	_cleanup_close_ int fd = -1;
	char line[400];
	int n;

	if (!logger.kmsg_path || logger.lines > KMSG_LINES_MAX)
		return false;
	fd = open(logger.kmsg_path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = snprintf(line, sizeof(line), "<%d>%s: %s\n", 3 << 3 | level, logger.program, text);
	if (n >= (int)sizeof(line))
		n = (int)sizeof(line) - 1;
	return write(fd, line, (size_t)n) >= 0;
}

static void emit(enum log_level level, const char *text)
{
	char clean[512];

	if (!to_kmsg(level, text) || !logger.kmsg_only)
		fprintf(stderr, "%s: %s\n", logger.program,
			printable(clean, sizeof(clean), text, PRINTABLE_UTF8));
}

void log_line(enum log_level level, const char *format, ...)
{
	char text[352];
	va_list ap;

	logger.lines++;
	if (logger.lines > INFO_LINES_MAX && level >= LOG_LEVEL_INFO) {
		if (!logger.cut)
			emit(LOG_LEVEL_NOTICE, "further lines are in the journal only");
		logger.cut = true;
		return;
	}
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	emit(level, text);
}
