// SPDX-License-Identifier: LGPL-2.1-or-later
/* userinfo.c - see userinfo.h. */
#include "lib/base/userinfo.h"

#include <stdio.h>
#include <string.h>

void userinfo_cut(char *buf, size_t cap, const char *text)
{
	const char *begin = strstr(text, "://"), *at;

	begin = begin ? begin + 3 : text;
	at = *begin == '/' ? NULL : strrchr(begin, '@');
	snprintf(buf, cap, "%.*s%s", (int)(begin - text), text, at ? at + 1 : begin);
}
