/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * option.h - the one table of long options. Which of them a verb takes stands in the table of
 * verbs (ctl.c); --help, refusals and completion are made from both.
 *
 * Long options are exact: an abbreviation that works today breaks a script when an option
 * is added.
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
	OPTION_JOURNAL = 1 << 10,
	OPTION_HOST = 1 << 11,
	OPTION_HELP = 1 << 12,
	OPTION_VERSION = 1 << 13,
};

struct option_row {
	u32 bit;
	const char *name, *arg; /* without dashes; NULL: takes no argument */
	const char *help;
	u32 without; /* options that do not go with it */
};

/* Ends with a row whose name is NULL. */
extern const struct option_row option_rows[];

/*
 * Read the options of a command line into @ctl; *ret_given: those that are there. The rest is at
 * argv[optind] then. EXIT_DONE, or EXIT_USAGE after a message.
 */
enum exit_code option_parse(int argc, char **argv, struct ctl *ctl, u32 *ret_given);

/* Refuse what @verb, which takes @taken, does not take, and what does not go together. As above. */
enum exit_code option_check(const char *verb, u32 taken, u32 given);

/* "--json, --root DIR" */
void option_list(struct strbuf *out, u32 bits);

#endif
