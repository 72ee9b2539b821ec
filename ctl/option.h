/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * option.h - the table of long options. The table of verbs (ctl.c) tells which options a verb
 * takes. --help, refusals and completion are made from both tables.
 *
 * Long options have no abbreviations: one that works today would break a script when an option is
 * added.
 */
#ifndef CTL_OPTION_H
#define CTL_OPTION_H

#include "core/port.h"
#include "ctl/input/options.h"
#include "lib/base/strbuf.h"
#include "lib/story/names.h"

enum option_bit {
	OPTION_JSON = 1 << 0,
	OPTION_ROOT = 1 << 1,
	OPTION_HTML = 1 << 2,
	OPTION_RECORDS = 1 << 3,
	OPTION_SYMBOLS = 1 << 4,
	OPTION_WATCH = 1 << 5,
	OPTION_IMAGE = 1 << 6,
	OPTION_UNDO = 1 << 7,
	OPTION_COPY = 1 << 8,
	OPTION_FORCE = 1 << 9,
	OPTION_JOURNALD = 1 << 10,
	OPTION_HOST = 1 << 11,
	OPTION_HELP = 1 << 12,
	OPTION_VERSION = 1 << 13,
	OPTION_VERBOSE = 1 << 14,
	OPTION_ONELINE = 1 << 15,
	OPTION_NO_HEADER = 1 << 16,
	OPTION_NO_PAGER = 1 << 17,
	OPTION_COLOR = 1 << 18,
};

struct option_row {
	u32 bit;
	const char *name, *arg; /* without dashes; NULL: takes no argument */
	const char *help;
	u32 without; /* options that cannot be combined with it */
};

/* Ends with a row whose name is NULL. */
extern const struct option_row option_rows[];

/*
 * Read the options of a command line into @ctl. *ret_given: the bits of the given options. The
 * other arguments begin at argv[optind] then. Returns EXIT_DONE, or EXIT_USAGE after a message.
 */
enum exit_code option_parse(int argc, char **argv, struct ctl *ctl, u32 *ret_given);

/*
 * Refuse given options that @verb does not take (@taken: those it takes), and options that cannot
 * be combined. Returns as option_parse().
 */
enum exit_code option_check(const char *verb, u32 taken, u32 given);

/* "--json, --root DIR" */
void option_list(struct strbuf *out, u32 bits);

#endif
