// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * message.c - see message.h. It stands apart from the table of verbs, so that a part that
 * complains does not depend on all verbs.
 */
#include "ctl/input/message.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/story/names.h"

void ctl_message(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs(NAME_CTL ": ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}
