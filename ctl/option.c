// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * option.c - see option.h. getopt_long() would accept any unique prefix of an option, so a word
 * that is not a whole name is refused before getopt_long() is called.
 */
#include "ctl/option.h"

#include <getopt.h>
#include <string.h>

#include "ctl/input/message.h"

const struct option_row option_rows[] = {
	{ OPTION_JSON, "json", NULL, "the result as JSON", 0 },
	{ OPTION_HTML, "html", NULL, "the result as one HTML page, with pictures", OPTION_JSON },
	{ OPTION_ROOT, "root", "DIR", "look for everything, also FILE, below DIR", 0 },
	{ OPTION_RECORDS, "records", "FILE",
	  "the records to use, when they are not beside FILE; of show, the FILE", 0 },
	{ OPTION_SYMBOLS, "symbols", "FILE", "System.map or vmlinux of the crashed kernel", 0 },
	{ OPTION_WATCH, "watch", NULL, "repeat until the daemon's work is over", OPTION_JSON },
	{ OPTION_IMAGE, "image", "FILE", "the kdump image", 0 },
	{ OPTION_UNDO, "undo", NULL, "take the records out again", OPTION_COPY | OPTION_FORCE },
	{ OPTION_COPY, "copy", "FILE", "do not change DUMP, write FILE", OPTION_ROOT },
	{ OPTION_FORCE, "force", NULL, "accept records of another crash", 0 },
	{ OPTION_JOURNALD, "journal", NULL, "send each line to the journal, too", 0 },
	{ OPTION_HOST, "host", "NAME", "the machine, if no folder's name tells it", 0 },
	{ OPTION_VERBOSE, "verbose", NULL, "show also registers, entries and steps",
	  OPTION_ONELINE },
	{ OPTION_ONELINE, "oneline", NULL,
	  "only the first line (status, report, check, setup, diff)", OPTION_JSON },
	{ OPTION_NO_HEADER, "no-header", NULL, "only the rows, for grep", OPTION_JSON },
	{ OPTION_NO_PAGER, "no-pager", NULL, "use no pager for a long answer", 0 },
	{ OPTION_COLOR, "color", "WHEN", "auto, always or never", 0 },
	{ OPTION_HELP, "help", NULL, "this text", 0 },
	{ OPTION_VERSION, "version", NULL, "the version", 0 },
	{ 0, NULL, NULL, NULL, 0 },
};

#define N_ROWS (sizeof(option_rows) / sizeof(option_rows[0]) - 1)
#define FIRST 256 /* the first number that getopt returns for a row */

static const struct option_row *whole_option(const char *arg)
{
	size_t len = strcspn(arg + 2, "="), i;

	for (i = 0; i < N_ROWS; i++)
		if (strlen(option_rows[i].name) == len &&
		    !strncmp(option_rows[i].name, arg + 2, len))
			return &option_rows[i];
	return NULL;
}

static bool all_options_whole(char **argv)
{
	const struct option_row *row;
	char **arg;

	for (arg = argv + 1; *arg && strcmp(*arg, "--") != 0; arg++) {
		if (strncmp(*arg, "--", 2) != 0)
			continue;
		row = whole_option(*arg);
		if (!row) {
			ctl_message("unknown option '%s'", *arg);
			return false;
		}
		if (row->arg && !strchr(*arg, '=') && arg[1])
			arg++;
	}
	return true;
}

static enum exit_code take(struct ctl *ctl, u32 bit, const char *arg)
{
	switch (bit) {
	case OPTION_JSON: ctl->json = true; break;
	case OPTION_HTML: ctl->html = true; break;
	case OPTION_ROOT:
		ctl->root_path = arg;
		ctl->has_root = true;
		break;
	case OPTION_RECORDS: ctl->records = arg; break;
	case OPTION_SYMBOLS: ctl->symbols = arg; break;
	case OPTION_WATCH: ctl->watch = true; break;
	case OPTION_IMAGE: ctl->image = arg; break;
	case OPTION_UNDO: ctl->undo = true; break;
	case OPTION_COPY: ctl->copy_path = arg; break;
	case OPTION_FORCE: ctl->force = true; break;
	case OPTION_JOURNALD: ctl->journald = true; break;
	case OPTION_HOST: ctl->host = arg; break;
	case OPTION_VERBOSE: ctl->verbose = true; break;
	case OPTION_ONELINE: ctl->oneline = true; break;
	case OPTION_NO_HEADER: ctl->no_header = true; break;
	case OPTION_NO_PAGER: ctl->no_pager = true; break;
	case OPTION_COLOR:
		if (term_colour_parse(arg, &ctl->colour) < 0) {
			ctl_message("--color: '%s' is not auto, always or never", arg);
			return EXIT_USAGE;
		}
		break;
	default: break;
	}
	return EXIT_DONE;
}

enum exit_code option_parse(int argc, char **argv, struct ctl *ctl, u32 *ret_given)
{
	struct option options[N_ROWS + 1];
	size_t i;
	int c;

	*ret_given = 0;
	if (!all_options_whole(argv))
		return EXIT_USAGE;
	memset(options, 0, sizeof(options));
	for (i = 0; i < N_ROWS; i++)
		options[i] = (struct option){ option_rows[i].name,
					      option_rows[i].arg ? required_argument : no_argument,
					      NULL, FIRST + (int)i };
	optind = 0; /* start anew, as tests run this more than once */
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (c >= FIRST) {
			*ret_given |= option_rows[c - FIRST].bit;
			if (take(ctl, option_rows[c - FIRST].bit, optarg) != EXIT_DONE)
				return EXIT_USAGE;
		} else if (c == 'h') {
			*ret_given |= OPTION_HELP;
		} else {
			if (c == ':')
				ctl_message("option '%s' needs an argument", argv[optind - 1]);
			else if (optopt >= FIRST)
				ctl_message("option '%s' takes no argument", argv[optind - 1]);
			else
				ctl_message("unknown option '-%c'", optopt);
			return EXIT_USAGE;
		}
	}
	return EXIT_DONE;
}

void option_list(struct strbuf *out, u32 bits)
{
	const struct option_row *row;

	for (row = option_rows; row->name; row++) {
		if (!(row->bit & bits))
			continue;
		strbuf_join(out, ", ", "--");
		strbuf_puts(out, row->name);
		if (row->arg)
			strbuf_printf(out, " %s", row->arg);
	}
}

enum exit_code option_check(const char *verb, u32 taken, u32 given)
{
	_cleanup_strbuf_ struct strbuf list = { 0 };
	const struct option_row *row;

	for (row = option_rows; row->name; row++) {
		if (!(row->bit & given))
			continue;
		if (!(row->bit & taken)) {
			option_list(&list, taken);
			ctl_message("%s does not take --%s; its options: %s", verb, row->name,
				    taken ? strbuf_text(&list) : "none");
			return EXIT_USAGE;
		}
		if (row->without & given) {
			option_list(&list, row->without & given);
			ctl_message("%s: --%s does not go with %s", verb, row->name,
				    strbuf_text(&list));
			return EXIT_USAGE;
		}
	}
	return EXIT_DONE;
}
