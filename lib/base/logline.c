// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * logline.c - stamps are taken off from the left, one after the other and in any order, until none
 * fits: a terminal server puts its own in front of the kernel's, syslogd another in front of both.
 * An unknown stamp stays in the text; a search for a message still finds it there.
 */
#include "lib/base/logline.h"

#include <string.h>

#define STAMPS_MAX 8 /* in front of one message */

/* What is left of the line; a stamp moves @at. */
struct cursor {
	char *at, *end;
	struct logline *line;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits at @p. Returns where they end; @p when there are none, or more than 18 of them. */
static char *number(char *p, const char *end, u64 *ret)
{
	char *start = p;
	u64 n = 0;

	for (; p < end && is_digit(*p) && p - start <= 18; p++)
		n = n * 10 + (u64)(*p - '0');
	if (p - start > 18)
		return start;
	*ret = n;
	return p;
}

/* Does @p look like @shape? '0' is a digit, 'a' a letter, a blank one or more, else itself. */
static char *shaped(char *p, const char *end, const char *shape)
{
	char *start = p;

	for (; *shape; shape++) {
		if (p == end || (*shape == '0'	 ? !is_digit(*p)
				 : *shape == 'a' ? !is_letter(*p)
						 : *p != *shape))
			return start;
		p++;
		while (*shape == ' ' && p < end && *p == ' ')
			p++;
	}
	return p;
}

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && *c->at == ' ')
		c->at++;
}

/*
 * The end of the escape sequence that begins at @p (ECMA-48: CSI, strings, the short ones).
 * *@endless: a string before it had no end, and so this one has none. It is not looked for again,
 * for a line may be full of them.
 */
static const char *escape_end(const char *p, const char *end, bool *endless)
{
	const char *start = p++;

	if (p == end)
		return end;
	if (*p == '[') {
		for (p++; p < end && *p >= 0x20 && *p < 0x40; p++)
			;
		return p < end && *p >= 0x40 && *p < 0x7f ? p + 1 : p;
	}
	if (*p == ']' || *p == 'P' || *p == '^' || *p == '_') {
		for (p++; !*endless && p < end && *p != '\a'; p++)
			if (*p == 0x1b && p + 1 < end && p[1] == '\\')
				return p + 2;
		*endless |= p == end;
		/* A string without an end is not taken for one. */
		return *endless ? start + 2 : p + 1;
	}
	while (p < end && *p >= 0x20 && *p < 0x30)
		p++;
	return p < end ? p + 1 : end;
}

static size_t clean(char *line, size_t len)
{
	const char *p = line, *end = line + len;
	bool endless = false;
	char *to = line;

	while (p < end) {
		if (*p == 0x1b) {
			p = escape_end(p, end, &endless);
			continue;
		}
		if (*p == '\t')
			*to++ = ' ';
		else if (*p && *p != '\r')
			*to++ = *p >= 0x20 && *p < 0x7f ? *p : '?';
		p++;
	}
	*to = 0;
	return (size_t)(to - line);
}

/* "<6>", of printk's level and facility. */
static bool level(struct cursor *c)
{
	u64 n;
	char *p;

	if (*c->at != '<')
		return false;
	p = number(c->at + 1, c->end, &n);
	if (p == c->at + 1 || p == c->end || *p != '>')
		return false;
	c->at = p + 1;
	return true;
}

static void set_time(struct cursor *c, u64 s, u64 us)
{
	if (s > UINT64_MAX / 1000000000 - 1)
		return;
	c->line->ns = s * 1000000000 + us * 1000;
	c->line->has_time = true;
}

/* What stands between brackets in front of a message: the kernel's clock, a date, a caller. */
static bool brackets(struct cursor *c)
{
	u64 s = 0, us = 0;
	char *p = c->at + 1, *close;
	bool known = false;

	if (*c->at != '[')
		return false;
	close = memchr(p, ']', (size_t)(c->end - p));
	if (!close || close - p > 40)
		return false;
	while (p < close && *p == ' ')
		p++;
	if (is_digit(*p)) {
		char *dot = number(p, close, &s);
		size_t digits = (size_t)(close - dot) - 1;

		known = dot < close && *dot == '.' && digits && digits <= 6 &&
			number(dot + 1, close, &us) == close;
		for (; known && digits < 6; digits++) /* "[   1.2]" is two tenths */
			us *= 10;
		if (known)
			set_time(c, s, us);
		known |= shaped(p, close, "0000-00-00") > p;
	} else {
		/* "[Mon Nov 30 05:10:00 2026]", "[Nov30 05:10]", "[  +0.000012]", "[  T312]" */
		known = shaped(p, close, "aaa aaa 0") > p || shaped(p, close, "aaa0") > p ||
			shaped(p, close, "aaa 0") > p || (*p == '+' && is_digit(p[1])) ||
			((*p == 'T' || *p == 'C') && number(p + 1, close, &s) == close);
	}
	if (known)
		c->at = close + 1;
	return known;
}

/* In /dev/kmsg what is not printable is "\x09". */
static void unescape(struct cursor *c)
{
	char *from, *to = c->at;

	for (from = c->at; from < c->end;) {
		if (c->end - from >= 4 && from[0] == '\\' && from[1] == 'x') {
			*to++ = from[2] == '0' && from[3] == '9' ? ' ' : '?';
			from += 4;
			continue;
		}
		*to++ = *from++;
	}
	*to = 0;
	c->end = to;
}

/*
 * "6,412,3100000,-,caller=T1;", of /dev/kmsg and extended netconsole, which may have the kernel's
 * release in front and "ncfrag=0/1200" behind: the place of a piece in its message.
 */
static bool kmsg(struct cursor *c)
{
	u64 prio, seq, us, at;
	char *p = c->at, *q, *semicolon, *frag;

	if (!is_digit(*p))
		return false;
	semicolon = memchr(p, ';', (size_t)(c->end - p));
	if (!semicolon)
		return false;
	q = number(p, semicolon, &prio);
	if (q < semicolon && *q != ',') { /* "6.12.0-55.el10," */
		q = memchr(p, ',', (size_t)(semicolon - p));
		if (!q)
			return false;
		p = q + 1;
		q = number(p, semicolon, &prio);
	}
	if (q == p || *q != ',')
		return false;
	p = number(q + 1, semicolon, &seq);
	if (p == q + 1 || *p != ',')
		return false;
	q = number(p + 1, semicolon, &us);
	if (q == p + 1 || (*q != ',' && *q != ';'))
		return false;
	*semicolon = 0;
	frag = strstr(q, "ncfrag=");
	c->line->piece = frag && number(frag + 7, semicolon, &at) > frag + 7 && at;
	*semicolon = ';';
	set_time(c, us / 1000000, us % 1000000);
	c->at = semicolon + 1;
	unescape(c);
	return true;
}

static bool is_level(const char *p, size_t len)
{
	static const char *const names[] = { "emerg", "alert",	"crit", "err",
					     "warn",  "notice", "info", "debug" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && !memcmp(names[i], p, len))
			return true;
	return false;
}

/* "kern  :info  : ", of dmesg -x; not "daemon:x:1:", of /etc/passwd */
static bool facility(struct cursor *c)
{
	static const char *const names[] = { "kern", "user",	 "mail", "daemon", "auth", "syslog",
					     "lpr",  "authpriv", "cron", "local0", "news", "ftp" };
	char *p, *level;
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i]);
		if ((size_t)(c->end - c->at) <= n || memcmp(c->at, names[i], n) != 0)
			continue;
		for (p = c->at + n; p < c->end && *p == ' '; p++)
			;
		if (p == c->end || *p++ != ':')
			continue;
		for (level = p; p < c->end && is_letter(*p); p++)
			;
		n = (size_t)(p - level);
		while (p < c->end && *p == ' ')
			p++;
		if (p == c->end || *p != ':' || !is_level(level, n))
			continue;
		c->at = p + 1;
		return true;
	}
	return false;
}

/* A date or a time without brackets, of journalctl, syslogd, or a recorder of serial lines. */
static bool date(struct cursor *c)
{
	static const char *const shapes[] = { "0000-00-00T00:00:00", "0000-00-00 00:00:00",
					      "aaa 00 00:00:00",     "aaa 0 00:00:00",
					      "aaa aaa 00 00:00:00", "00:00:00" };
	size_t i;
	char *p = c->at;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]) && p == c->at; i++)
		p = shaped(c->at, c->end, shapes[i]);
	if (p == c->at)
		return false;
	/* ".123456", "+00:00", "Z" */
	while (p < c->end && (is_digit(*p) || strchr(".,+-:Z", *p)))
		p++;
	if (p < c->end && *p != ' ' && *p != '[')
		return false;
	c->at = p;
	return true;
}

/* "HOST kernel: ", which journalctl and syslogd put there. */
static bool host(struct cursor *c)
{
	static const char kernel[] = " kernel: ";
	char *blank = memchr(c->at, ' ', (size_t)(c->end - c->at));

	if (!blank || (size_t)(c->end - blank) < sizeof(kernel) - 1 ||
	    memcmp(blank, kernel, sizeof(kernel) - 1) != 0)
		return false;
	c->at = blank + sizeof(kernel) - 1;
	return true;
}

/* "[32m", of a colour whose escape character was removed. */
static bool colour(struct cursor *c)
{
	char *p = c->at + 1;

	if (*c->at != '[')
		return false;
	while (p < c->end && (is_digit(*p) || *p == ';'))
		p++;
	if (p == c->end || *p != 'm' || p - c->at > 8)
		return false;
	c->at = p + 1;
	return true;
}

void logline_parse(char *line, size_t len, struct logline *ret)
{
	static bool (*const stamps[])(struct cursor * c) = { level, brackets, kmsg,  facility,
							     date,  host,     colour };
	struct cursor c = { .at = line, .line = ret };
	unsigned int n = 0;
	size_t i;

	*ret = (struct logline){ .whole = line };
	len = clean(line, len);
	c.end = line + len;
	do {
		skip_blanks(&c);
		for (i = 0; i < sizeof(stamps) / sizeof(stamps[0]) && c.at < c.end; i++)
			if (stamps[i](&c))
				break;
	} while (i < sizeof(stamps) / sizeof(stamps[0]) && c.at < c.end && ++n < STAMPS_MAX);
	skip_blanks(&c);
	while (c.end > c.at && c.end[-1] == ' ')
		*--c.end = 0;
	ret->whole_len = (size_t)(c.end - line);
	ret->text = c.at;
	ret->text_len = (size_t)(c.end - c.at);
}
