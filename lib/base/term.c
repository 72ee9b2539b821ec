// SPDX-License-Identifier: LGPL-2.1-or-later
/* term.c - see term.h. */
#include "lib/base/term.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/parse.h"
#include "lib/base/printable.h"

#define COLUMNS_MIN 40u
#define COLUMNS_MAX 1000u
/* Longer lines are hard to read; tables take what they need. */
#define TEXT_COLUMNS 100u
#define GAP 2u /* between columns */

int term_colour_parse(const char *text, enum term_colour *ret)
{
	static const char *const names[] = { "auto", "always", "never" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], text)) {
			*ret = (enum term_colour)i;
			return 0;
		}
	return -EINVAL;
}

bool term_is_dumb(void)
{
	const char *name = getenv("TERM");

	return !name || !name[0] || !strcmp(name, "dumb");
}

static unsigned int from_environment(const char *name, unsigned int min, unsigned int otherwise)
{
	const char *text = getenv(name);
	uint32_t value;

	return text && parse_u32(text, min, COLUMNS_MAX, &value) == 0 ? value : otherwise;
}

void term_look(FILE *out, enum term_colour when, struct term *ret)
{
	const char *no_color = getenv("NO_COLOR");
	struct winsize size = { 0 };

	*ret = TERM_PLAIN(out);
	ret->terminal = isatty(fileno(out)) == 1;
	/* A serial console has a size of 0 by 0. */
	if (ret->terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0) {
		ret->rows = size.ws_row;
		if (size.ws_col >= COLUMNS_MIN && size.ws_col <= COLUMNS_MAX)
			ret->columns = size.ws_col;
	}
	ret->columns = from_environment("COLUMNS", COLUMNS_MIN, ret->columns);
	ret->rows = from_environment("LINES", 1, ret->rows);
	ret->colour = when == TERM_COLOUR_ALWAYS || (when == TERM_COLOUR_AUTO && ret->terminal &&
						     !term_is_dumb() && !(no_color && no_color[0]));
}

__attribute__((format(printf, 1, 0))) static char *formatted(const char *format, va_list args)
{
	char *text;

	return vasprintf(&text, format, args) < 0 ? NULL : text;
}

/* Of one column a byte, so that what is counted is what is seen. */
static void put_n(const struct term *t, const char *text, size_t len)
{
	printable_put(t->out, text, len, PRINTABLE_ASCII);
}

static void begin(const struct term *t, enum term_style style)
{
	static const char *const sgr[] = {
		[TERM_BOLD] = "\033[1m",   [TERM_GOOD] = "\033[32m", [TERM_WARN] = "\033[33m",
		[TERM_BAD] = "\033[1;31m", [TERM_SOFT] = "\033[2m",
	};

	if (t->colour && style != TERM_NORMAL)
		fputs(sgr[style], t->out);
}

static void end(const struct term *t, enum term_style style)
{
	if (t->colour && style != TERM_NORMAL)
		fputs("\033[0m", t->out);
}

void term_put(const struct term *t, enum term_style style, const char *text)
{
	begin(t, style);
	printable_put(t->out, text, strlen(text), PRINTABLE_LINES);
	end(t, style);
}

void term_printf(const struct term *t, enum term_style style, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	text = formatted(format, args);
	va_end(args);
	term_put(t, style, text ? text : "");
}

void term_wrap(const struct term *t, unsigned int at, unsigned int indent, const char *text)
{
	unsigned int columns = t->columns < TEXT_COLUMNS ? t->columns : TEXT_COLUMNS;
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (!first && at + 1 + len > columns) {
			fprintf(t->out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', t->out);
			at++;
		}
		put_n(t, text, len);
		at += (unsigned int)len;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', t->out);
}

void term_paragraph(const struct term *t, unsigned int indent, const char *text)
{
	fprintf(t->out, "%*s", (int)indent, "");
	term_wrap(t, indent, indent + 2, text);
}

void term_field(const struct term *t, unsigned int indent, const char *label, const char *format,
		...)
{
	unsigned int at = indent + TERM_LABEL;
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	text = formatted(format, args);
	va_end(args);
	fprintf(t->out, "%*s", (int)indent, "");
	begin(t, TERM_SOFT);
	put_n(t, label, strlen(label));
	end(t, TERM_SOFT);
	/* A label that takes all its room is told apart all the same. */
	fprintf(t->out, "%*s", strlen(label) < TERM_LABEL ? (int)(TERM_LABEL - strlen(label)) : 1,
		"");
	term_wrap(t, at, at, text ? text : "");
}

/* ---- tables ---- */

void term_cell(struct term_table *table, enum term_style style, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	text = formatted(format, args);
	va_end(args);
	if (!text) {
		table->text.error = -ENOMEM;
		return;
	}
	strbuf_putn(&table->text, text, strlen(text) + 1);
	strbuf_putc(&table->styles, (char)style);
}

static size_t count_columns(const struct term_table *table)
{
	size_t n = 0;

	while (n < TERM_TABLE_COLUMNS && table->titles[n])
		n++;
	return n;
}

static const char *title_of(const struct term_table *table, size_t column)
{
	return table->titles[column] + (table->titles[column][0] == '+');
}

static void put_cell(const struct term *t, const struct term_table *table, size_t column,
		     unsigned int width, enum term_style style, const char *text)
{
	int pad = (int)width - (int)strlen(text);

	if (pad < 0)
		pad = 0;
	if (table->titles[column][0] == '+')
		fprintf(t->out, "%*s", pad, "");
	begin(t, style);
	put_n(t, text, strlen(text));
	end(t, style);
	if (table->titles[column][0] != '+')
		fprintf(t->out, "%*s", pad, "");
	fprintf(t->out, "%*s", (int)GAP, "");
}

static void put_last(const struct term *t, unsigned int at, enum term_style style, const char *text)
{
	begin(t, style);
	if (t->terminal)
		term_wrap(t, at, at, text);
	else
		put_n(t, text, strlen(text));
	end(t, style);
	if (!t->terminal)
		fputc('\n', t->out);
}

int term_table_print(const struct term *t, struct term_table *table, unsigned int indent,
		     bool header)
{
	unsigned int width[TERM_TABLE_COLUMNS] = { 0 }, at;
	size_t n = count_columns(table), i, k = 0;
	const char *cell = strbuf_text(&table->text), *last = cell + table->text.len;

	if (table->text.error || table->styles.error)
		return -ENOMEM;
	for (i = 0; i < n && header; i++)
		width[i] = (unsigned int)strlen(title_of(table, i));
	for (; cell < last; cell += strlen(cell) + 1, k++)
		if (strlen(cell) > width[k % n])
			width[k % n] = (unsigned int)strlen(cell);
	for (i = 0, at = indent; i + 1 < n; i++)
		at += width[i] + GAP;
	for (i = 0; i < n && header; i++) {
		if (!i)
			fprintf(t->out, "%*s", (int)indent, "");
		if (i + 1 < n)
			put_cell(t, table, i, width[i], TERM_BOLD, title_of(table, i));
		else
			put_last(t, at, TERM_BOLD, title_of(table, i));
	}
	for (k = 0, cell = strbuf_text(&table->text); cell < last; cell += strlen(cell) + 1, k++) {
		enum term_style style = (enum term_style)table->styles.data[k];

		if (!(k % n))
			fprintf(t->out, "%*s", (int)indent, "");
		if (k % n + 1 < n)
			put_cell(t, table, k % n, width[k % n], style, cell);
		else
			put_last(t, at, style, cell);
	}
	strbuf_reset(&table->text);
	strbuf_reset(&table->styles);
	return 0;
}

void term_table_free(struct term_table *table)
{
	strbuf_free(&table->text);
	strbuf_free(&table->styles);
}

int term_end(const struct term *t)
{
	return fflush(t->out) == EOF || ferror(t->out) ? -EIO : 0;
}
