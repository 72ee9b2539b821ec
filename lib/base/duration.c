// SPDX-License-Identifier: LGPL-2.1-or-later
/* duration.c - see duration.h. */
#include "lib/base/duration.h"

#include <stdio.h>
#include <time.h>

static u64 rounded(u64 ns, u64 unit)
{
	return ns / unit + (ns % unit >= unit / 2);
}

const char *duration_text(char buf[DURATION_BYTES], u64 ns)
{
	u64 tenths = rounded(ns, 100000), ms = rounded(ns, 1000000),
	    hundredths = rounded(ns, 10000000);

	if (tenths < 100)
		(void)snprintf(buf, DURATION_BYTES, "%llu.%llu ms", tenths / 10, tenths % 10);
	else if (ms < 1000)
		(void)snprintf(buf, DURATION_BYTES, "%llu ms", ms);
	else if (hundredths < 10000)
		(void)snprintf(buf, DURATION_BYTES, "%llu.%02llu s", hundredths / 100,
			       hundredths % 100);
	else
		(void)snprintf(buf, DURATION_BYTES, "%llu s", rounded(ns, 1000000000));
	return buf;
}

const char *moment_text(char buf[DURATION_BYTES], u64 ns)
{
	(void)snprintf(buf, DURATION_BYTES, "%llu.%06llu s", ns / 1000000000, ns / 1000 % 1000000);
	return buf;
}

#define DATES_END 253402300800u /* 10000-01-01 */

const char *date_text(char buf[DURATION_BYTES], u64 seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!seconds || seconds >= DATES_END || !gmtime_r(&t, &tm) ||
	    !strftime(buf, DURATION_BYTES, "%Y-%m-%d %H:%M:%S", &tm))
		buf[0] = 0;
	return buf;
}
