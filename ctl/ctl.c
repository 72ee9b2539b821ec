// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ctl.c - the table of verbs, their help, and what happens before and after a verb runs.
 *
 * Verbs have no abbreviations: one that works today would break a script when a verb is added.
 */
#include "ctl/ctl.h"

#include <getopt.h> /* optind */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ctl/check/check.h"
#include "ctl/embed/embed.h"
#include "ctl/input/bytes.h"
#include "ctl/input/file.h"
#include "ctl/option.h"
#include "ctl/pager.h"
#include "lib/base/cleanup.h"

struct verb {
	const char *name;
	int min_args, max_args;
	enum exit_code (*run)(const struct ctl *ctl, char **args);
	u32 options; /* enum option_bit */
	const char *args, *help;
};

#define LOOKS (OPTION_NO_PAGER | OPTION_COLOR) /* for verbs whose answer may be long */
#define OF_MACHINE (OPTION_JSON | OPTION_ROOT)
#define OF_RECORDS (OPTION_JSON | OPTION_ROOT | LOOKS)
#define OF_DUMP (OF_RECORDS | OPTION_RECORDS)
#define OF_ADDRESS (OF_DUMP | OPTION_SYMBOLS)

static enum exit_code show_help(const struct ctl *ctl, char **args);

static const struct verb verbs[] = {
	{ "status", 0, 0, ctl_status,
	  OF_MACHINE | LOOKS | OPTION_WATCH | OPTION_ONELINE | OPTION_VERBOSE, "",
	  "what was found and done in this capture kernel" },
	{ "show", 1, 2, ctl_show, OF_MACHINE | LOOKS | OPTION_RECORDS | OPTION_VERBOSE,
	  " DEVICE|STREAM", "everything about one device or StreamID" },
	{ "monitor", 0, 0, ctl_monitor, OF_MACHINE, "", "what the daemon does, as it happens" },
	{ "check", 0, 0, ctl_check, OF_MACHINE | LOOKS | OPTION_IMAGE | OPTION_ONELINE, "",
	  "is this healthy system ready for a crash" },
	{ "setup", 0, 0, ctl_setup, OPTION_JSON | OPTION_COLOR | OPTION_ONELINE, "",
	  "make the capture kernel adopt, then check" },
	{ "unsetup", 0, 0, ctl_unsetup, 0, "", "take back what setup did" },
	{ "plan", 0, 0, ctl_plan, OF_MACHINE | LOOKS, "", "what smmu-adoptd would do here" },
	{ "report", 1, 1, ctl_report, OF_DUMP | OPTION_HTML | OPTION_ONELINE | OPTION_VERBOSE,
	  " FILE", "the whole story from the records beside a dump" },
	{ "log", 1, 1, ctl_log, OF_DUMP, " FILE", "the records one by one, by time" },
	{ "streams", 1, 1, ctl_streams, OF_DUMP, " FILE",
	  "which streams could do DMA at the crash" },
	{ "walk", 3, 3, ctl_walk, OF_DUMP, " FILE STREAM IOVA",
	  "translate one address by a stream's tables" },
	{ "maps", 2, 2, ctl_maps, OF_DUMP, " FILE STREAM", "all that a stream's tables map" },
	{ "who", 2, 2, ctl_who, OF_ADDRESS | OPTION_NO_HEADER, " FILE ADDRESS",
	  "which streams could reach this memory" },
	{ "reach", 1, 1, ctl_reach, OF_DUMP, " FILE", "how much memory devices could write" },
	{ "events", 1, 1, ctl_events, OF_DUMP, " FILE",
	  "what the SMMU reported, and its last commands" },
	{ "health", 1, 1, ctl_health, OF_DUMP, " FILE",
	  "did the tables look sound when the kernel crashed" },
	{ "rmr", 1, 1, ctl_rmr, OF_DUMP, " FILE", "what became of reserved memory regions (RMR)" },
	{ "embed", 1, 2, ctl_embed, OPTION_ROOT | OPTION_UNDO | OPTION_COPY | OPTION_FORCE,
	  " DUMP [RECORDS]", "put records into a finished dump, or take them out" },
	{ "diff", 2, 2, ctl_diff, OF_RECORDS | OPTION_ONELINE, " FILE FILE",
	  "in what two crashes differ" },
	{ "collect", 1, INT_MAX, ctl_collect, OF_RECORDS | OPTION_JOURNALD | OPTION_HOST, " DIR...",
	  "each crash folder as a row, or as a line of JSON" },
	{ "help", 0, 1, show_help, 0, " [VERB]", "this text, or more about a verb" },
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

#define ABOUT_FILE                                                                           \
	"FILE is a dump, a crash folder or a record file. The records are those of "         \
	"--records; else " SIDECAR_RECORDS                                                   \
	" beside the dump; else the dump's note. If the records do not belong to the dump, " \
	"a message says so, and the exit status is 4.\n"

#define ABOUT_DUMP                                                                           \
	"FILE is a dump, or a crash folder with a dump in it. The records are those of "     \
	"--records; else " SIDECAR_RECORDS                                                   \
	" beside the dump; else the dump's note. If the records do not belong to the dump, " \
	"a message says so, and the exit status is 4.\n"

#define ABOUT_STREAM                                                                             \
	"STREAM is a StreamID (0x8), an SMMU and a StreamID (1:0x8), or the device that has it " \
	"(0000:00:01.0, 00:01.0). A StreamID without 0x is decimal.\n"

#define ABOUT_ADDRESS                                                                             \
	"ADDRESS is a physical address, FIRST-LAST, ADDRESS+LENGTH, pfn:FRAME, a kernel virtual " \
	"address, or a symbol of VMCOREINFO or of --symbols. Numbers are hexadecimal. 0x may be " \
	"left out, unless the number could be a name: write 0xabc, not abc. A length may be 4K, " \
	"2M or 1G.\n"

#define ABOUT_LOGS                                                                        \
	"Without records, a kernel log is read in their place: " CAPTURE_LOG              \
	", vmcore-dmesg.txt or a capture of a console or netconsole. The exit status is " \
	"then 3 or 4.\n"

static const char *const details[N_VERBS] = {
	"Asks the running daemon. If it does not answer, the daemon's files below "
	"/" PATH_RUN
	" are read; if there are none, the helper module's in debugfs. With --root all "
	"of these are those below DIR. \"source\" tells which were read.\n",
	ABOUT_STREAM
	"Tells about this machine; with --records FILE about a crash. There FILE is a record "
	"file, a dump that has records in it, or a crash folder.\n",
	"One line for each stage and step, until the daemon ends. With --json, "
	"one object in each line.\n",
	"Looks at the loaded capture kernel, its image and command line, the firmware's tables "
	"and the devices behind the SMMUs. Changes nothing. Exit status: 0 ready; 3 not ready; 4 "
	"no problem was found, but not all answers are known.\n",
	"If the kernel does not adopt by itself, setup puts the adopting driver into the kdump "
	"image, and the words that it needs onto the capture kernel's command line "
	"(smmu-adopt-driver enable). Then it does what check does, with the same exit status.\n",
	"Takes the adopting driver out of the kdump image, and its words off the capture kernel's "
	"command line (smmu-adopt-driver disable).\n",
	"Reads the helper module's records, sysfs and the configuration. Changes nothing.\n",
	ABOUT_FILE ABOUT_LOGS,
	ABOUT_FILE "Of a kernel log, only the lines that are recognised are shown.\n",
	ABOUT_DUMP,
	ABOUT_DUMP ABOUT_STREAM "IOVA is hexadecimal, with or without 0x.\n",
	ABOUT_DUMP ABOUT_STREAM,
	ABOUT_DUMP ABOUT_ADDRESS,
	ABOUT_DUMP,
	ABOUT_FILE "Events are taken from the records, both unread and consumed ones; entries that "
		   "the records lack are read from the dump. Of a kernel log, the events that the "
		   "kernel printed are counted.\n",
	ABOUT_FILE,
	ABOUT_FILE,
	"embed [--copy FILE] DUMP [RECORDS]: puts RECORDS (default: " SIDECAR_RECORDS
	" beside DUMP) into DUMP as a note, which crash(8) lists with \"dev -V\". With --copy, "
	"FILE becomes a copy of DUMP with this note, and DUMP is not changed. Records of another "
	"crash are refused without --force. Of torn records the readable part is embedded, with a "
	"message and exit status 4.\n"
	"embed --undo DUMP: makes DUMP what it was before, byte for byte.\n",
	"FILE is a dump, a crash folder, a record file or a kernel log; give one of each "
	"crash. Compares verdict, state of each SMMU, devices (live at the crash, stopped, how "
	"they ended, driver), findings and events. Exit status: 0 the same; 3 different; 1 a FILE "
	"could not be read; 4 no difference was found, but a FILE is not complete.\n",
	"DIR is a crash folder, or a folder that holds crash folders, such as /var/crash; folders "
	"are read four levels deep. If a crash folder has no records, its logs are read, and "
	"its line has \"partial\": true. Prints a table on a terminal; elsewhere, and with "
	"--json, a line of JSON for each crash. --journal sends each line to the journal, too. "
	"Exit status: 0 all crash folders were read; 1 none was; 4 some could not be read or had "
	"torn records.\n",
	"",
};

static const struct verb *find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < N_VERBS; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	ctl_message("unknown verb '%s'; see " NAME_CTL " --help", name);
	return NULL;
}

/* Print @text; each of its lines is one paragraph. */
static void put_paragraphs(const struct term *out, const char *text)
{
	_cleanup_strbuf_ struct strbuf line = { 0 };
	size_t len;

	for (; *text; text += len + (text[len] != 0)) {
		len = strcspn(text, "\n");
		strbuf_reset(&line);
		strbuf_putn(&line, text, len);
		term_wrap(out, 0, 0, strbuf_text(&line));
	}
}

static enum exit_code help_of(const char *name)
{
	_cleanup_strbuf_ struct strbuf options = { 0 }, text = { 0 };
	const struct term out = TERM_PLAIN(stdout);
	const struct verb *verb = find_verb(name);

	if (!verb)
		return EXIT_USAGE;
	option_list(&options, verb->options);
	printf("Usage: " NAME_CTL " %s%s%s\n\n%s%s", verb->options ? "[OPTIONS] " : "", verb->name,
	       verb->args, verb->help, details[verb - verbs][0] ? "\n\n" : "\n");
	put_paragraphs(&out, details[verb - verbs]);
	if (verb->options) {
		strbuf_reset(&text);
		strbuf_printf(&text, "Options: %s", strbuf_text(&options));
		fputc('\n', stdout);
		term_paragraph(&out, 0, strbuf_text(&text));
	}
	return EXIT_DONE;
}

#define NAMED_VERBS 3 /* an option of at most so many verbs is listed with their names */

static void help_option(const struct option_row *row)
{
	_cleanup_strbuf_ struct strbuf takers = { 0 };
	const struct term out = TERM_PLAIN(stdout);
	char left[24];
	size_t i, n = 0;
	int at;

	for (i = 0; i < N_VERBS; i++)
		if (verbs[i].options & row->bit && ++n <= NAMED_VERBS)
			strbuf_join(&takers, ", ", verbs[i].name);
	(void)snprintf(left, sizeof(left), "--%s %s", row->name, row->arg ? row->arg : "");
	if (n && n <= NAMED_VERBS)
		strbuf_puts(&takers, ": ");
	else
		strbuf_reset(&takers);
	strbuf_puts(&takers, row->help);
	at = printf("  %-14s  ", left);
	term_wrap(&out, (unsigned int)at, 18, strbuf_text(&takers));
}

static enum exit_code show_help(const struct ctl *ctl, char **args)
{
	const struct option_row *row;
	size_t i;

	(void)ctl;
	if (args[0])
		return help_of(args[0]);
	puts("Usage: " NAME_CTL " [OPTIONS] VERB [ARGUMENT]\n\n"
	     "Tells whether a kdump capture kernel adopted the crashed kernel's SMMUv3 stream\n"
	     "table, and what was done to the devices behind it.\n\nVerbs:");
	for (i = 0; i < N_VERBS; i++)
		printf("  %s%-*s  %s\n", verbs[i].name, (int)(25 - strlen(verbs[i].name)),
		       verbs[i].args, verbs[i].help);
	puts("\nOptions:");
	for (row = option_rows; row->name; row++)
		help_option(row);
	puts("\n"
	     "FILE is a dump, a crash folder, a record file or, for some verbs, a kernel log.\n"
	     "\"" NAME_CTL " help VERB\" tells more, also of STREAM and ADDRESS.\n\n"
	     "Exit status: 0 answered, and nothing needs attention; 1 failed; 2 wrong usage;\n"
	     "3 not adopted, or there are findings; 4 the answer is not complete.");
	return EXIT_DONE;
}

/* Run @verb; a pager shows a long answer on a terminal. */
static enum exit_code answer(struct ctl *ctl, const struct verb *verb, char **args)
{
	bool paged = verb->options & OPTION_NO_PAGER && !ctl->no_pager && !ctl->json &&
		     !ctl->html && !ctl->watch && !ctl->oneline;
	struct pager pager = PAGER_NONE;
	enum exit_code code;
	int rc;

	term_look(stdout, ctl->colour, &ctl->term);
	if (ctl->oneline)
		ctl->term.columns = TERM_UNWRAPPED;
	if (paged)
		pager_begin(&pager, &ctl->term);
	code = verb->run(ctl, args);
	rc = pager_end(&pager, &ctl->term);
	if (rc < 0) {
		ctl_message("the result could not be written: %s", strerror(-rc));
		code = EXIT_FAILED;
	}
	return code;
}

static enum exit_code check_number(const struct verb *verb, int n_args, char **args)
{
	if (n_args >= verb->min_args && n_args <= verb->max_args)
		return EXIT_DONE;
	if (n_args < verb->min_args)
		ctl_message("%s: an argument is missing:%s", verb->name, verb->args);
	else
		ctl_message("%s: '%s' is one argument too many", verb->name, args[verb->max_args]);
	return EXIT_USAGE;
}

/* FILE is the first argument of most verbs, and some people have it last. */
static enum exit_code check_order(const struct ctl *ctl, const struct verb *verb, char **args)
{
	int i;

	if (strncmp(verb->args, " FILE ", 6) != 0 || !strcmp(verb->args, " FILE FILE") ||
	    input_is_there(ctl, args[0]))
		return EXIT_DONE;
	for (i = 1; args[i]; i++) {
		if (!input_is_there(ctl, args[i]))
			continue;
		ctl_message("%s: %s is not there, and %s is: the order is %s%s", verb->name,
			    args[0], args[i], verb->name, verb->args);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static enum exit_code run_verb(struct ctl *ctl, u32 given, int n_args, char **args)
{
	const struct verb *verb;
	enum exit_code code;
	int r;

	if (!n_args) {
		ctl_message("a verb is missing; see " NAME_CTL " --help");
		return EXIT_USAGE;
	}
	verb = find_verb(args[0]);
	if (!verb)
		return EXIT_USAGE;
	args++;
	n_args--;
	code = option_check(verb->name, verb->options, given);
	if (code != EXIT_DONE)
		return code;
	code = check_number(verb, n_args, args);
	if (code != EXIT_DONE)
		return code;
	r = fsroot_open(&ctl->root, ctl->root_path);
	if (r < 0) {
		ctl_message("--root %s: %s", ctl->root_path, strerror(-r));
		return EXIT_FAILED;
	}
	code = check_order(ctl, verb, args);
	if (code == EXIT_DONE)
		code = answer(ctl, verb, args);
	fsroot_close(&ctl->root);
	return code;
}

enum exit_code ctl_run(int argc, char **argv)
{
	struct ctl ctl = { .root_path = "/", .root = FSROOT_NONE };
	enum exit_code code;
	u32 given;

	code = option_parse(argc, argv, &ctl, &given);
	if (code != EXIT_DONE)
		return code;
	if (given & OPTION_VERSION)
		puts(NAME_CTL " " SMMU_ADOPT_VERSION);
	else if (given & OPTION_HELP)
		code = show_help(&ctl, argv + optind);
	else
		code = run_verb(&ctl, given, argc - optind, argv + optind);
	/* A full disk makes only the flush fail. */
	if (fflush(stdout) == EOF || ferror(stdout)) {
		ctl_message("the result could not be written: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return code;
}
