// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * jsonw.c - every value goes through begin_value(), which checks the place and
 * writes comma, line break, indentation and key. Level 0 is the document: it
 * takes one value and no key.
 */
#include "lib/base/jsonw.h"

#include <errno.h>
#include <string.h>

#include "lib/base/printable.h"

void jsonw_init(struct jsonw *w, FILE *out)
{
	*w = (struct jsonw){ .out = out };
	w->level[0].array = true;
}

void jsonw_init_line(struct jsonw *w, FILE *out)
{
	jsonw_init(w, out);
	w->one_line = true;
}

static void fail(struct jsonw *w, int error)
{
	if (!w->error)
		w->error = error;
}

static void put(struct jsonw *w, const char *text)
{
	if (fputs(text, w->out) == EOF)
		fail(w, -EIO);
}

static void new_line(struct jsonw *w)
{
	unsigned int i;

	if (w->one_line)
		return;
	put(w, "\n");
	for (i = 0; i < w->depth; i++)
		put(w, "  ");
}

/* The code point of the UTF-8 character of @len bytes, at most 3. */
static unsigned int code_point(const unsigned char *p, size_t len)
{
	if (len == 1)
		return *p;
	if (len == 2)
		return (*p & 0x1fu) << 6 | (p[1] & 0x3fu);
	return (*p & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
}

static void put_quoted(struct jsonw *w, const char *text)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
	char escape[8];

	put(w, "\"");
	while (*p) {
		size_t len = printable_utf8(p, end);

		if (*p == '"' || *p == '\\') {
			(void)snprintf(escape, sizeof(escape), "\\%c", *p);
			put(w, escape);
		} else if (len && printable_is_control(p, len)) {
			(void)snprintf(escape, sizeof(escape), "\\u%04x", code_point(p, len));
			put(w, escape);
		} else if (!len) {
			put(w, "\\ufffd");
			len = 1;
		} else if (fwrite(p, 1, len, w->out) != len) {
			fail(w, -EIO);
		}
		p += len;
	}
	put(w, "\"");
}

/* False: nothing may be written here. */
static bool begin_value(struct jsonw *w, const char *key)
{
	bool array = w->level[w->depth].array;

	if (array == !!key || (!w->depth && w->level[0].filled))
		fail(w, -EINVAL);
	if (w->error)
		return false;
	if (w->level[w->depth].filled)
		put(w, ",");
	if (w->depth)
		new_line(w);
	w->level[w->depth].filled = true;
	if (key) {
		put_quoted(w, key);
		put(w, w->one_line ? ":" : ": ");
	}
	return !w->error;
}

static void begin_level(struct jsonw *w, const char *key, bool array)
{
	if (w->depth >= JSONW_MAX_DEPTH)
		fail(w, -EINVAL);
	if (!begin_value(w, key))
		return;
	put(w, array ? "[" : "{");
	w->depth++;
	w->level[w->depth].array = array;
	w->level[w->depth].filled = false;
}

static void end_level(struct jsonw *w, bool array)
{
	bool filled;

	if (!w->depth || w->level[w->depth].array != array)
		fail(w, -EINVAL);
	if (w->error)
		return;
	filled = w->level[w->depth].filled;
	w->depth--;
	if (filled)
		new_line(w);
	put(w, array ? "]" : "}");
}

void jsonw_object_begin(struct jsonw *w, const char *key)
{
	begin_level(w, key, false);
}

void jsonw_object_end(struct jsonw *w)
{
	end_level(w, false);
}

void jsonw_array_begin(struct jsonw *w, const char *key)
{
	begin_level(w, key, true);
}

void jsonw_array_end(struct jsonw *w)
{
	end_level(w, true);
}

void jsonw_string(struct jsonw *w, const char *key, const char *text)
{
	if (begin_value(w, key))
		put_quoted(w, text);
}

void jsonw_u64(struct jsonw *w, const char *key, u64 value)
{
	if (begin_value(w, key) && fprintf(w->out, "%llu", value) < 0)
		fail(w, -EIO);
}

void jsonw_s64(struct jsonw *w, const char *key, int64_t value)
{
	if (begin_value(w, key) && fprintf(w->out, "%lld", (long long)value) < 0)
		fail(w, -EIO);
}

void jsonw_bool(struct jsonw *w, const char *key, bool value)
{
	if (begin_value(w, key))
		put(w, value ? "true" : "false");
}

void jsonw_hex(struct jsonw *w, const char *key, u64 value)
{
	if (begin_value(w, key) && fprintf(w->out, "\"0x%llx\"", value) < 0)
		fail(w, -EIO);
}

void jsonw_bytes(struct jsonw *w, const char *key, const void *data, size_t len)
{
	const unsigned char *p = data;

	if (!begin_value(w, key))
		return;
	put(w, "\"");
	while (len--)
		if (fprintf(w->out, "%02x", *p++) < 0)
			fail(w, -EIO);
	put(w, "\"");
}

void jsonw_ms(struct jsonw *w, const char *key, int64_t ns)
{
	u64 us = (ns < 0 ? -(u64)ns : (u64)ns) / 1000;

	if (begin_value(w, key) && fprintf(w->out, "%s%llu.%03u", ns < 0 && us ? "-" : "",
					   us / 1000, (unsigned int)(us % 1000)) < 0)
		fail(w, -EIO);
}

int jsonw_finish(struct jsonw *w)
{
	if (w->depth || !w->level[0].filled)
		fail(w, -EINVAL);
	put(w, "\n");
	if (fflush(w->out) == EOF || ferror(w->out))
		fail(w, -EIO);
	return w->error;
}
