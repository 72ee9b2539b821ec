// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * message.c - see message.h. It is apart from the table of verbs, so that a file that prints a
 * message does not depend on all verbs.
 */
#include "ctl/input/message.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/base/printable.h"
#include "lib/story/names.h"

void ctl_message(const char *format, ...)
{
	char raw[4096], text[4096];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	/*
	 * The text has names of files and words of other programs, so unprintable bytes are
	 * replaced.
	 */
	fprintf(stderr, NAME_CTL ": %s\n", printable(text, sizeof(text), raw, PRINTABLE_UTF8));
}
