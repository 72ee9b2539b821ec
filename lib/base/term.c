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
#define GAP 2u	 /* between columns */
#define BELOW 4u /* columns that are put below the others are indented by so much */

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
	ret->columns = from_environment("COLUMNS", COLUMNS_MIN,
					ret->terminal ? ret->columns : TERM_UNWRAPPED);
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

		if (!first && columns != TERM_UNWRAPPED && at + 1 + len > columns) {
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

/* Where a table's columns stand, in each row alike. */
struct layout {
	unsigned int width[TERM_TABLE_COLUMNS];
	unsigned int at[TERM_TABLE_COLUMNS];
	bool below[TERM_TABLE_COLUMNS]; /* it begins a line below the one before it */
	size_t n;
};

/* The longest word of @text, since words are not broken. */
static unsigned int longest_word(const char *text)
{
	size_t longest = 0, len;

	for (; *text; text += len + (text[len] != 0)) {
		len = strcspn(text, " ");
		longest = len > longest ? len : longest;
	}
	return (unsigned int)longest;
}

static void widen(unsigned int *width, size_t len)
{
	if (len > *width)
		*width = (unsigned int)len;
}

static void lay_out(const struct term *t, const struct term_table *table, unsigned int indent,
		    bool header, struct layout *l)
{
	const char *cell = strbuf_text(&table->text), *end_of_text = cell + table->text.len;
	unsigned int at = indent, room;
	size_t i, k;

	*l = (struct layout){ .n = count_columns(table) };
	for (i = 0; i < l->n && header; i++)
		widen(&l->width[i], strlen(title_of(table, i)));
	for (k = 0; cell < end_of_text; cell += strlen(cell) + 1, k++)
		widen(&l->width[k % l->n], strlen(cell));
	for (i = 0; i < l->n; i++) {
		/* The last one is wrapped. */
		room = i + 1 < l->n ? l->width[i] : (unsigned int)strlen(title_of(table, i));
		l->below[i] =
			i && t->terminal && t->columns != TERM_UNWRAPPED && at + room > t->columns;
		at = l->below[i] ? indent + BELOW : at;
		l->at[i] = at;
		at += l->width[i] + GAP;
	}
}

static void put_cell(const struct term *t, const struct term_table *table, const struct layout *l,
		     size_t column, enum term_style style, const char *text)
{
	int pad = (int)l->width[column] - (int)strlen(text);
	bool line_ends = column + 1 < l->n && l->below[column + 1];
	unsigned int at = l->at[column];

	if (!column || l->below[column])
		fprintf(t->out, "%*s", (int)l->at[column], "");
	if (pad < 0)
		pad = 0;
	if (table->titles[column][0] == '+')
		fprintf(t->out, "%*s", pad, "");
	begin(t, style);
	if (column + 1 == l->n && t->terminal && column && t->columns != TERM_UNWRAPPED &&
	    at + longest_word(text) > t->columns && at > l->at[0] + BELOW) {
		at = l->at[0] + BELOW;
		fprintf(t->out, "\n%*s", (int)at, "");
	}
	if (column + 1 == l->n && t->terminal)
		term_wrap(t, at, at, text);
	else
		put_n(t, text, strlen(text));
	end(t, style);
	if (column + 1 == l->n)
		fputs(t->terminal ? "" : "\n", t->out);
	else if (line_ends)
		fputc('\n', t->out);
	else
		fprintf(t->out, "%*s", (table->titles[column][0] != '+' ? pad : 0) + (int)GAP, "");
}

int term_table_print(const struct term *t, struct term_table *table, unsigned int indent,
		     bool header)
{
	const char *cell = strbuf_text(&table->text), *last = cell + table->text.len;
	struct layout l;
	size_t i, k;

	if (table->text.error || table->styles.error)
		return -ENOMEM;
	lay_out(t, table, indent, header, &l);
	for (i = 0; i < l.n && header; i++)
		put_cell(t, table, &l, i, TERM_BOLD, title_of(table, i));
	for (k = 0; cell < last; cell += strlen(cell) + 1, k++)
		put_cell(t, table, &l, k % l.n, (enum term_style)table->styles.data[k], cell);
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
