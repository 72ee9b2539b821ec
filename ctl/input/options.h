/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * options.h - the options of one call of smmu-adoptctl, and the folder below which it reads
 * files.
 *
 * ctl/ctl.c fills in struct ctl and passes it to the verb, which passes it to the readers of
 * files.
 */
#ifndef CTL_INPUT_OPTIONS_H
#define CTL_INPUT_OPTIONS_H

#include <stdbool.h>

#include "lib/base/fsroot.h"
#include "lib/base/term.h"

struct ctl {
	bool json;
	bool has_root;	       /* --root was given: FILE arguments are below it */
	bool watch;	       /* --watch, of status */
	bool html;	       /* --html, of report */
	bool undo;	       /* --undo, of embed */
	const char *copy_path; /* --copy, of embed; NULL: not given */
	const char *root_path;
	const char *records; /* --records, NULL: beside the dump */
	const char *symbols; /* --symbols, of verbs that take an address; NULL: not given */
	bool force;	     /* --force, of embed */
	bool quick;	     /* of collect, which reads many dumps: do not read their memory */
	bool journald;	     /* --journal, of collect */
	const char *host;    /* --host, of collect; NULL: not given */
	const char *image;   /* --image, of check; NULL: look where distributions put it */
	bool no_header;	     /* --no-header: only rows, for grep */
	bool oneline;	     /* --oneline: only the verdict */
	bool verbose;	     /* --verbose */
	bool no_pager;
	enum term_colour colour;
	struct term term;   /* stdout, while a verb runs */
	struct fsroot root; /* open while a verb runs */
};

#endif
