/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * term.h - prints answers for people: width, colours, wrapped text and tables. No control sequence
 * of foreign text gets through it (printable.h).
 *
 * A struct term is made once, by term_look() from the terminal and the environment or as
 * TERM_PLAIN() where the reader is not known, and is then passed to all functions that print.
 */
#ifndef LIB_BASE_TERM_H
#define LIB_BASE_TERM_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/strbuf.h"

#define TERM_COLUMNS 80u  /* where it is not known */
#define TERM_UNWRAPPED 0u /* lines are not wrapped, so that they can be searched */

struct term {
	FILE *out;
	unsigned int columns; /* or TERM_UNWRAPPED */
	unsigned int rows;    /* 0: not known */
	bool terminal;	      /* a person reads it now */
	bool colour;
};

#define TERM_PLAIN(file) ((struct term){ .out = (file), .columns = TERM_COLUMNS })

enum term_colour {
	TERM_COLOUR_AUTO = 0, /* on a terminal that is not dumb, without NO_COLOR */
	TERM_COLOUR_ALWAYS,
	TERM_COLOUR_NEVER,
};

/* "auto", "always", "never". 0, or -EINVAL. */
int term_colour_parse(const char *text, enum term_colour *ret);
/*
 * Find out the properties of the open file @out. If it is not a terminal, lines are not wrapped
 * unless COLUMNS is in the environment.
 */
void term_look(FILE *out, enum term_colour when, struct term *ret);
/* Is it a terminal that can only print lines? */
bool term_is_dumb(void);

/* Colours stand beside words that say the same. */
enum term_style {
	TERM_NORMAL = 0,
	TERM_BOLD,
	TERM_GOOD,
	TERM_WARN,
	TERM_BAD,
	TERM_SOFT,
};

/*
 * Print @text, line feeds included, without control characters. Foreign text that must not begin a
 * new line has to be cleaned before, or printed by one of the other functions.
 */
void term_put(const struct term *t, enum term_style style, const char *text);
void term_printf(const struct term *t, enum term_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Words of @text, wrapped. The cursor stands at column @at; later lines begin at @indent. */
void term_wrap(const struct term *t, unsigned int at, unsigned int indent, const char *text);
/* @text from column @indent on, later lines by two more. */
void term_paragraph(const struct term *t, unsigned int indent, const char *text);
/* "label          text ...", continued below the text. */
void term_field(const struct term *t, unsigned int indent, const char *label, const char *format,
		...) __attribute__((format(printf, 4, 5)));
#define TERM_LABEL 15u /* columns of a field's label */

/* ---- tables ---- */

#define TERM_TABLE_COLUMNS 12

/*
 * A column is as wide as its widest cell. On a terminal the last column is wrapped, and columns
 * beyond the terminal's width are put below the others, alike in each row. A cell of the last
 * column with a word that is too long for it goes below, too.
 */
struct term_table {
	const char *titles[TERM_TABLE_COLUMNS]; /* up to the first NULL; "+TITLE": numbers, to the
						   right */
	struct strbuf text;			/* cells, each with its NUL */
	struct strbuf styles;			/* one byte a cell, of enum term_style */
};

/* The next cell, row by row. */
void term_cell(struct term_table *table, enum term_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Prints and empties it. @header: with the titles. Returns 0 or -ENOMEM. */
int term_table_print(const struct term *t, struct term_table *table, unsigned int indent,
		     bool header);
void term_table_free(struct term_table *table);
#define _cleanup_table_ _cleanup_(term_table_free)

/* 0, or -EIO when something could not be written. */
int term_end(const struct term *t);

#endif
