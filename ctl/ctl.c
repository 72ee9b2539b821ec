// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ctl.c - options, the verb table, and what happens around a verb.
 *
 * Verbs and long options are exact: an abbreviation that works today breaks a
 * script when a verb is added.
 */
#include "ctl/ctl.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ctl/check/check.h"
#include "ctl/embed/embed.h"
#include "ctl/pager.h"
#include "lib/base/cleanup.h"

struct verb {
	const char *name;
	int min_args, max_args;
	enum exit_code (*run)(const struct ctl *ctl, char **args);
	const char *args, *help;
	unsigned int looks; /* how its answer may look: LOOK_* */
};

#define LOOK_PAGER 1u /* may be long */
#define LOOK_HEADER 2u
#define LOOK_ONELINE 4u
#define LOOK_VERBOSE 8u

static enum exit_code show_help(const struct ctl *ctl, char **args);

static const struct verb verbs[] = {
	{ "status", 0, 0, ctl_status, "", "what was found and done in this capture kernel",
	  LOOK_PAGER | LOOK_ONELINE | LOOK_VERBOSE },
	{ "show", 1, 1, ctl_show, " DEVICE|SID", "everything about one device or StreamID",
	  LOOK_PAGER | LOOK_VERBOSE },
	{ "monitor", 0, 0, ctl_monitor, "", "what the daemon does, as it happens", 0 },
	{ "check", 0, 0, ctl_check, "", "is this healthy system ready for a crash",
	  LOOK_PAGER | LOOK_ONELINE },
	{ "setup", 0, 0, ctl_setup, "", "make this machine's capture kernel adopt, then check", 0 },
	{ "unsetup", 0, 0, ctl_unsetup, "", "take back what setup did", 0 },
	{ "plan", 0, 0, ctl_plan, "", "what smmu-adoptd would do here", LOOK_PAGER },
	{ "report", 1, 1, ctl_report, " FILE", "the whole story from the records beside a dump",
	  LOOK_PAGER | LOOK_ONELINE | LOOK_VERBOSE },
	{ "log", 1, 1, ctl_log, " FILE", "the records one by one, by time", LOOK_PAGER },
	{ "streams", 1, 1, ctl_streams, " DUMP", "which streams could do DMA at the crash",
	  LOOK_PAGER },
	{ "walk", 3, 3, ctl_walk, " DUMP SID IOVA", "one address through a stream's tables",
	  LOOK_PAGER },
	{ "maps", 2, 2, ctl_maps, " DUMP SID", "all that a stream's tables map", LOOK_PAGER },
	{ "who", 2, 2, ctl_who, " DUMP PADDR[-PADDR]", "which streams could reach that memory",
	  LOOK_PAGER | LOOK_HEADER },
	{ "reach", 1, 1, ctl_reach, " DUMP", "how much memory devices could write", LOOK_PAGER },
	{ "events", 1, 1, ctl_events, " FILE", "what the SMMU reported, and its last commands",
	  LOOK_PAGER },
	{ "health", 1, 1, ctl_health, " FILE", "did the tables look sound when the kernel crashed",
	  LOOK_PAGER },
	{ "rmr", 1, 1, ctl_rmr, " FILE", "what became of the firmware's reserved regions",
	  LOOK_PAGER },
	{ "embed", 1, 2, ctl_embed, " DUMP",
	  "put records into a finished dump, --undo takes them out", 0 },
	{ "collect", 1, INT_MAX, ctl_collect, " DIR...",
	  "many crash folders, one line of JSON each", 0 },
	{ "help", 0, 1, show_help, " [VERB]", "this text, or more about a verb", 0 },
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

#define ABOUT_DUMP                                                                           \
	"DUMP is an ELF or kdump-compressed dump. The entries at the crash are taken from\n" \
	"the records beside it (" SIDECAR_RECORDS ", or --records FILE), tables from the dump.\n"

#define ABOUT_RECORDS                                                                           \
	"FILE is a record file (" SIDECAR_RECORDS "), a dump with our note or with that file\n" \
	"beside it, or a crash folder.\n"

static const char *const details[N_VERBS] = {
	"Asks the running daemon; when it does not answer, reads its files below\n"
	"/" PATH_RUN "; when there are none, the helper module's in debugfs.\n",
	"DEVICE is a name in sysfs, as 0000:00:01.0; SID a number, as 0x8. Of this machine, or\n"
	"with --records of a record file, a dump with our note or a crash folder.\n",
	"One line for each stage and step, until the daemon ends. With --json one object a line.\n",
	"Looks at the loaded capture kernel, its image and command line, firmware's tables and\n"
	"the devices behind the SMMUs. Changes nothing. Exit status: 0 ready, 3 findings, 4 not\n"
	"all could be known.\n",
	"Where the kernel does not adopt by itself, the adopting driver is put into the kdump\n"
	"image and onto the capture kernel's command line (smmu-adopt-driver enable). Then as\n"
	"check, with its exit status.\n",
	"The adopting driver leaves the kdump image and the capture kernel's command line\n"
	"(smmu-adopt-driver disable).\n",
	"From the helper module's records, sysfs and the configuration. Changes nothing.\n",
	ABOUT_RECORDS,
	"FILE is a record file (" SIDECAR_RECORDS ", journal.rec, a copy of the helper's\n"
	"\"records\"), a dump with our note (ELF, kdump-compressed, flattened, a part of a split\n"
	"one), or a crash folder.\n",
	ABOUT_DUMP,
	ABOUT_DUMP,
	ABOUT_DUMP,
	ABOUT_DUMP,
	ABOUT_DUMP,
	"FILE is a dump, a record file or a crash folder. Unread and consumed events are taken\n"
	"from the records; what these left out is read from the dump.\n",
	ABOUT_RECORDS,
	ABOUT_RECORDS,
	"embed [--copy FILE] DUMP [RECORDS]: RECORDS (default: " SIDECAR_RECORDS " beside DUMP)\n"
	"become a note of DUMP, which crash(8) lists with \"dev -V\". With --copy a copy gets it.\n"
	"embed --undo DUMP: DUMP becomes what it was, byte by byte.\n",
	"DIR is a crash folder, or one that holds crash folders, such as /var/crash; up to four\n"
	"levels of folders are gone through. Exit status: 0 all of them were taken in, 1 none, 4 some\n"
	"were no good or had torn records. --journal sends each line to the journal as well.\n",
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

static enum exit_code show_help(const struct ctl *ctl, char **args)
{
	const struct verb *verb;
	size_t i;

	(void)ctl;
	if (args[0]) {
		verb = find_verb(args[0]);
		if (!verb)
			return EXIT_USAGE;
		printf("Usage: " NAME_CTL " [--json] [--root DIR] %s%s\n\n%s%s", verb->name,
		       verb->args, verb->help, details[verb - verbs][0] ? "\n\n" : "\n");
		fputs(details[verb - verbs], stdout);
		return EXIT_DONE;
	}
	puts("Usage: " NAME_CTL " [OPTIONS] VERB [ARGUMENT]\n\n"
	     "Tells whether a kdump capture kernel adopted the crashed kernel's SMMUv3 stream\n"
	     "table, and what was done to the devices behind it.\n\nVerbs:");
	for (i = 0; i < N_VERBS; i++)
		printf("  %s%-*s  %s\n", verbs[i].name, (int)(25 - strlen(verbs[i].name)),
		       verbs[i].args, verbs[i].help);
	puts("\nOptions:\n"
	     "  --json          the result as JSON\n"
	     "  --html          report: as one HTML page, with pictures\n"
	     "  --root DIR      look for files below DIR instead of /\n"
	     "  --records FILE  the records that belong to DUMP, or that show tells of\n"
	     "  --watch         status: until the stage is over\n"
	     "  --image FILE    check: the kdump image\n"
	     "  --undo          embed: take the records out again\n"
	     "  --copy FILE     embed: leave DUMP alone, write FILE\n"
	     "  --journal       collect: to the journal, too\n"
	     "  --host NAME     collect: the machine, where no folder's name tells\n"
	     "  --verbose       status, show, report: registers, entries, steps as well\n"
	     "  --oneline       status, report, check: the verdict alone\n"
	     "  --no-header     who: rows alone, for grep\n"
	     "  --no-pager      no pager for an answer that is longer than the screen\n"
	     "  --color WHEN    auto (default), always or never\n"
	     "  --help          this text\n"
	     "  --version       the version\n\n"
	     "Exit status: 0 adopted and nothing found; 1 failed; 2 wrong usage;\n"
	     "3 not adopted, or there are findings; 4 the records are torn or incomplete.");
	return EXIT_DONE;
}

enum {
	OPT_JSON = 256,
	OPT_ROOT,
	OPT_RECORDS,
	OPT_IMAGE,
	OPT_WATCH,
	OPT_HELP,
	OPT_VERSION,
	OPT_UNDO,
	OPT_COPY,
	OPT_HTML,
	OPT_JOURNAL,
	OPT_HOST,
	OPT_COLOR,
	OPT_NO_PAGER,
	OPT_NO_HEADER,
	OPT_ONELINE,
	OPT_VERBOSE
};

/* Only whole names: getopt_long() would take any prefix that fits one option only. */
static bool whole_option(const char *arg)
{
	static const char *const names[] = { "--json",	  "--html",	"--root",      "--records",
					     "--image",	  "--watch",	"--undo",      "--copy",
					     "--help",	  "--version",	"--journal",   "--host",
					     "--color",	  "--no-pager", "--no-header", "--oneline",
					     "--verbose", "--" };
	size_t len = strcspn(arg, "="), i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && !strncmp(names[i], arg, len))
			return true;
	return false;
}

static bool all_options_whole(char **argv)
{
	char **arg;

	for (arg = argv + 1; *arg && strcmp(*arg, "--") != 0; arg++) {
		if ((!strcmp(*arg, "--root") || !strcmp(*arg, "--records") ||
		     !strcmp(*arg, "--image") || !strcmp(*arg, "--copy") ||
		     !strcmp(*arg, "--host") || !strcmp(*arg, "--color")) &&
		    arg[1]) {
			arg++;
			continue;
		}
		if (arg[0][0] == '-' && arg[0][1] == '-' && !whole_option(*arg)) {
			ctl_message("unknown option '%s'", *arg);
			return false;
		}
	}
	return true;
}

/* The switch that an option without an argument is. */
static bool *flag_of(struct ctl *ctl, int option)
{
	switch (option) {
	case OPT_JSON: return &ctl->json;
	case OPT_HTML: return &ctl->html;
	case OPT_UNDO: return &ctl->undo;
	case OPT_JOURNAL: return &ctl->journal;
	case OPT_WATCH: return &ctl->watch;
	case OPT_NO_PAGER: return &ctl->no_pager;
	case OPT_NO_HEADER: return &ctl->no_header;
	case OPT_ONELINE: return &ctl->oneline;
	default: return &ctl->verbose;
	}
}

/* 0: go on; EXIT_USAGE. @ret_help and @ret_version: asked for. */
static enum exit_code parse_options(int argc, char **argv, struct ctl *ctl, bool *ret_help,
				    bool *ret_version)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, OPT_JSON },
		{ "html", no_argument, NULL, OPT_HTML },
		{ "root", required_argument, NULL, OPT_ROOT },
		{ "records", required_argument, NULL, OPT_RECORDS },
		{ "watch", no_argument, NULL, OPT_WATCH },
		{ "image", required_argument, NULL, OPT_IMAGE },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "undo", no_argument, NULL, OPT_UNDO },
		{ "copy", required_argument, NULL, OPT_COPY },
		{ "journal", no_argument, NULL, OPT_JOURNAL },
		{ "host", required_argument, NULL, OPT_HOST },
		{ "color", required_argument, NULL, OPT_COLOR },
		{ "no-pager", no_argument, NULL, OPT_NO_PAGER },
		{ "no-header", no_argument, NULL, OPT_NO_HEADER },
		{ "oneline", no_argument, NULL, OPT_ONELINE },
		{ "verbose", no_argument, NULL, OPT_VERBOSE },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	if (!all_options_whole(argv))
		return EXIT_USAGE;
	optind = 0; /* start anew, as tests run this more than once */
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case OPT_COPY: ctl->copy_path = optarg; break;
		case OPT_HOST: ctl->host = optarg; break;
		case OPT_COLOR:
			if (term_colour_parse(optarg, &ctl->colour) < 0) {
				ctl_message("--color: '%s' is not auto, always or never", optarg);
				return EXIT_USAGE;
			}
			break;
		case OPT_ROOT:
			ctl->root_path = optarg;
			ctl->has_root = true;
			break;
		case OPT_IMAGE: ctl->image = optarg; break;
		case OPT_RECORDS: ctl->records = optarg; break;
		case 'h':
		case OPT_HELP: *ret_help = true; break;
		case OPT_VERSION: *ret_version = true; break;
		case ':':
			ctl_message("option '%s' needs an argument", argv[optind - 1]);
			return EXIT_USAGE;
		case '?':
			if (optopt >= OPT_JSON)
				ctl_message("option '%s' takes no argument", argv[optind - 1]);
			else
				ctl_message("unknown option '-%c'", optopt);
			return EXIT_USAGE;
		default: *flag_of(ctl, c) = true;
		}
	}
	return EXIT_DONE;
}

/* How the answer looks. A verb is refused what it does not know. */
static bool looks_fit(const struct ctl *ctl, const struct verb *verb)
{
	const char *option = ctl->no_header && !(verb->looks & LOOK_HEADER)  ? "--no-header"
			     : ctl->oneline && !(verb->looks & LOOK_ONELINE) ? "--oneline"
			     : ctl->verbose && !(verb->looks & LOOK_VERBOSE) ? "--verbose"
									     : NULL;

	if (option)
		ctl_message("%s takes no %s", verb->name, option);
	return !option;
}

/* Runs @verb; a long answer on a terminal goes through a pager. */
static enum exit_code answer(struct ctl *ctl, const struct verb *verb, char **args)
{
	struct pager pager = PAGER_NONE;
	enum exit_code code;

	if (!looks_fit(ctl, verb))
		return EXIT_USAGE;
	term_look(stdout, ctl->colour, &ctl->term);
	if ((verb->looks & LOOK_PAGER) && !ctl->json && !ctl->html && !ctl->watch && !ctl->no_pager)
		pager_begin(&pager, &ctl->term);
	code = verb->run(ctl, args);
	if (pager_end(&pager, &ctl->term) < 0) {
		ctl_message("the result could not be written: %s", strerror(errno));
		code = EXIT_FAILED;
	}
	return code;
}

static enum exit_code run_verb(struct ctl *ctl, int n_args, char **args)
{
	const struct verb *verb;
	enum exit_code code;
	int r;

	if (!n_args) {
		ctl_message("no verb; see " NAME_CTL " --help");
		return EXIT_USAGE;
	}
	verb = find_verb(args[0]);
	if (!verb)
		return EXIT_USAGE;
	args++;
	n_args--;
	if (verb->run != ctl_embed && (ctl->undo || ctl->copy_path)) {
		ctl_message("%s: --undo and --copy belong to embed", verb->name);
		return EXIT_USAGE;
	}
	if (verb->run != ctl_collect && (ctl->journal || ctl->host)) {
		ctl_message("%s: --journal and --host belong to collect", verb->name);
		return EXIT_USAGE;
	}
	if (ctl->html && (verb->run != ctl_report || ctl->json)) {
		ctl_message("%s: --html belongs to report, without --json", verb->name);
		return EXIT_USAGE;
	}
	if (ctl->watch && (verb->run != ctl_status || ctl->json)) {
		ctl_message("%s: --watch belongs to status, without --json", verb->name);
		return EXIT_USAGE;
	}
	if (verb->run != ctl_check && ctl->image) {
		ctl_message("%s: --image belongs to check", verb->name);
		return EXIT_USAGE;
	}
	if (n_args < verb->min_args || n_args > verb->max_args) {
		if (n_args < verb->min_args)
			ctl_message("%s: an argument is missing:%s", verb->name, verb->args);
		else
			ctl_message("%s: '%s' is one argument too many", verb->name,
				    args[verb->max_args]);
		return EXIT_USAGE;
	}
	r = fsroot_open(&ctl->root, ctl->root_path);
	if (r < 0) {
		ctl_message("--root %s: %s", ctl->root_path, strerror(-r));
		return EXIT_FAILED;
	}
	code = answer(ctl, verb, args);
	fsroot_close(&ctl->root);
	return code;
}

enum exit_code ctl_run(int argc, char **argv)
{
	struct ctl ctl = { .root_path = "/", .root = FSROOT_NONE };
	bool help = false, version = false;
	enum exit_code code;

	code = parse_options(argc, argv, &ctl, &help, &version);
	if (code != EXIT_DONE)
		return code;
	if (version)
		puts(NAME_CTL " " SMMU_ADOPT_VERSION);
	else if (help)
		code = show_help(&ctl, argv + optind);
	else
		code = run_verb(&ctl, argc - optind, argv + optind);
	/* A full disk shows only now. */
	if (fflush(stdout) == EOF || ferror(stdout)) {
		ctl_message("the result could not be written: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return code;
}
