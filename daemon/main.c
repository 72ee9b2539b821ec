// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * main.c - options and verbs.
 *
 * 	hold         before the SMMU's driver is loaded: hold devices that would be bound with it
 * 	bypass       after that, if no driver has the SMMU: switch it off
 * 	run          hold, quiesce, hand over; then serve status until SIGTERM
 * 	release      give back every hold
 * 	publish      records and report beside the dump
 * 	elfcorehdr   the parameter that the helper wants where the kernel booted with ACPI
 *
 * No failure here may stop the dump: "run" exits with 0 except for wrong usage, and the journal
 * has what happened.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/names.h"
#include "daemon/act/act.h"
#include "daemon/act/bypass.h"
#include "daemon/act/early.h"
#include "daemon/act/turn.h"
#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fsroot.h"
#include "lib/base/log.h"
#include "lib/base/service.h"
#include "lib/machine/config.h"
#include "lib/machine/crashdir.h"
#include "lib/machine/elfcorehdr.h"
#include "daemon/crashwatch.h"
#include "daemon/detach.h"
#include "daemon/giveback.h"
#include "daemon/waits.h"
#include "daemon/act/release.h"
#include "lib/story/names.h"
#include "daemon/publish.h"
#include "daemon/worker.h"
#include "daemon/supervise.h"

struct options {
	bool detach, newest, embed, watch;
	const char *root, *config;
};

struct context {
	struct options options;
	struct fsroot root;
	struct config config;
	char **args; /* of the verb */
};

static void usage(FILE *out)
{
	fprintf(out,
		"usage: %s [OPTIONS] [VERB]\n"
		"\n"
		"  run           hold devices, stop their DMA, hand them over to their drivers,\n"
		"                then serve status (default)\n"
		"  hold          hold devices that have no driver, before the SMMU's driver is loaded\n"
		"  bypass        if no driver has the SMMU: stop all devices, switch the SMMU off,\n"
		"                and wait until the kernel lets drivers work without it\n"
		"  release       give back every hold\n"
		"  publish [DIR] write %s and %s into DIR\n"
		"                (default: the newest crash folder of this crash)\n"
		"  elfcorehdr    print the address of the crashed kernel's memory list, as a\n"
		"                parameter of module %s\n"
		"\n"
		"  --detach       run: return when the stage is over, serve in the background;\n"
		"                 release: return after 0.4 s, finish in the background\n"
		"  --newest       publish: write into the newest crash folder below DIR\n"
		"  --watch        publish: do as --newest each time a dump begins or ends,\n"
		"                 until SIGTERM\n"
		"  --embed        publish: write the records into the dump, too, with %s\n"
		"  --config FILE  read FILE instead of /%s and its drop-ins\n"
		"  --root DIR     read the files of a machine below DIR instead of / (for tests)\n"
		"  --help, --version\n",
		NAME_DAEMON, SIDECAR_RECORDS, SIDECAR_TEXT, SMMU_ADOPT_MODULE, NAME_CTL, PATH_CONF);
}

static void load_config(struct context *ctx)
{
	const char *path = ctx->options.config;
	_cleanup_close_ int fd = -1;
	int error = 0;

	if (path) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		error = fd < 0 ? errno : 0;
	}
	config_load(&ctx->config, &ctx->root, fd, path);
	if (error)
		config_note(&ctx->config, "%s cannot be read (%s); the usual files are used", path,
			    strerror(error));
}

/* ---- run ---- */

struct worker {
	struct context *ctx;
	struct stage_shared *shared;
};

static void send_status(void *priv, const char *text)
{
	char line[200];
	int n = snprintf(line, sizeof(line), "%.190s\n", text);

	if (write(*(int *)priv, line, (size_t)n) < 0)
		return; /* a lost status line does no harm */
}

/*
 * Run @fn for a stage that begins at @begin_ns. Its deadline is earlier than the supervisor's, so
 * that it can end in order.
 */
static int run_stage(struct worker *worker, int status_fd, u64 begin_ns,
		     int (*fn)(struct stage *stage))
{
	const struct config *config = &worker->ctx->config;
	uint32_t reserve = config->deadline_ms / 10;
	struct act_real real = { .root = &worker->ctx->root };
	struct stage stage = {
		.root = &worker->ctx->root,
		.config = config,
		.shared = worker->shared,
		.ops = &act_real_ops,
		.ops_priv = &real,
		.status = send_status,
		.status_priv = &status_fd,
		.end_ns = begin_ns +
			  clock_ms(config->deadline_ms - (reserve < 1000 ? reserve : 1000)),
	};

	return fn(&stage);
}

static int work(void *arg, int status_fd)
{
	struct worker *worker = arg;

	return run_stage(worker, status_fd, worker->shared->start_ns, stage_run);
}

static int give_back(void *arg, int status_fd)
{
	return run_stage(arg, status_fd, clock_now_ns(), giveback_run);
}

static int release_now(struct context *ctx);

/*
 * There is no stage: write the byte that the parent waits for, or it would take our exit for a
 * crash.
 */
static int leave_at_once(int ready_fd)
{
	if (ready_fd >= 0 && write(ready_fd, "", 1) < 0)
		log_warning("the parent process has ended");
	return EXIT_DONE;
}

static int supervise(struct context *ctx, int ready_fd)
{
	struct stage_shared *shared;
	struct worker worker = { .ctx = ctx };
	struct supervise s = {
		.root = &ctx->root,
		.deadline_ms = ctx->config.deadline_ms,
		.worker = work,
		.giveback = give_back,
		.worker_arg = &worker,
		.serve = true,
		.ready_fd = ready_fd,
	};
	struct errbuf err;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED) {
		log_err("out of memory: standing aside");
		/* No run will need the early holds. */
		release_now(ctx);
		return leave_at_once(ready_fd);
	}
	shared->start_ns = clock_now_ns();
	if (fsroot_mkdir(&ctx->root, 0700, "%s", PATH_RUN) == 0 && !turn_take(&ctx->root)) {
		log_warning("another %s is running: standing aside", NAME_DAEMON);
		return leave_at_once(ready_fd);
	}
	if (journal_open(&shared->journal, &ctx->root, &err) < 0)
		log_warning("%s; going on without a journal", err.text);
	journal_begin(&shared->journal, &ctx->root);
	shared->loan.start_ns = shared->start_ns;
	shared->loan.grace_ms = loan_grace_ms(ctx->config.grace_ms, waits_has_systemd(&ctx->root));
	worker.shared = s.shared = shared;
	supervise_run(&s);
	return EXIT_DONE;
}

static void forget_terminal(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int verb_run(struct context *ctx)
{
	int fds[2];
	pid_t pid;

	if (!ctx->options.detach)
		return supervise(ctx, -1);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return supervise(ctx, -1);
	pid = fork();
	if (pid < 0) {
		log_err("fork: %s; standing aside", strerror(errno));
		release_now(ctx);
		return EXIT_DONE;
	}
	if (pid == 0) {
		close(fds[0]);
		forget_terminal();
		return supervise(ctx, fds[1]);
	}
	close(fds[1]);
	detach_wait(&ctx->root, fds[0], ctx->config.deadline_ms);
	return EXIT_DONE;
}

/* ---- the other verbs ---- */

/*
 * The run that follows finds these holds in sysfs, and takes them over or gives them back. If
 * something fails here, drivers may be bound before the run can hold the devices; nothing else is
 * lost.
 */
static int verb_hold(struct context *ctx)
{
	struct early_tally tally;
	struct journal journal;
	struct errbuf err = { .text = "" };
	int rc;

	if (ctx->config.mode != CONFIG_MODE_RUN)
		return EXIT_DONE;
	if (!fsroot_exists(&ctx->root, "%s", PATH_VMCORE)) {
		log_err("hold: this is not a capture kernel");
		return EXIT_FAILED;
	}
	service_alive(EARLY_LIMIT_MS);
	rc = early_hold(&ctx->root, &tally, &err);
	if (rc < 0)
		log_err("hold: %s", err.text[0] ? err.text : strerror(-rc));
	log_notice(
		"held %zu devices before the SMMU has a driver (%zu failed, %zu in a running probe)",
		tally.held, tally.failed, tally.busy);
	if (journal_open(&journal, &ctx->root, &err) == 0) {
		journal_begin(&journal, &ctx->root);
		journal_stage(&journal, REC_STAGE_EARLY, rc,
			      "%zu devices held before the SMMU has a driver, %zu failed, %zu in a "
			      "running probe, %zu with driver_override set by other programs",
			      tally.held, tally.failed, tally.busy, tally.foreign);
	}
	journal_close(&journal);
	return rc < 0 || tally.failed || tally.busy ? EXIT_FAILED : EXIT_DONE;
}

static void say_bypass(enum rec_severity severity, const char *text)
{
	log_line(severity == REC_SEV_ERROR ? LOG_LEVEL_ERR : LOG_LEVEL_WARNING, "bypass: %s", text);
}

/* Works in every mode of operation: a machine that stands aside needs its dump, too. */
static int verb_bypass(struct context *ctx)
{
	struct errbuf err = { .text = "" };
	struct journal journal;
	struct bypass bypass = {
		.root = &ctx->root,
		.config = &ctx->config,
		.journal = &journal,
		.say = say_bypass,
	};
	int rc;

	if (!fsroot_exists(&ctx->root, "%s", PATH_VMCORE)) {
		log_err("bypass: this is not a capture kernel");
		return EXIT_FAILED;
	}
	if (journal_open(&journal, &ctx->root, &err) < 0)
		log_warning("%s; going on without a journal", err.text);
	service_alive(bypass_most_ms(&ctx->root));
	rc = bypass_run(&bypass, &err);
	journal_close(&journal);
	if (rc < 0)
		log_err("bypass: %s", err.text);
	return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* Release by hand, or when the service ends, has more time than within a stage. */
#define RELEASE_PATIENCE_MS 500
#define RELEASE_LIMIT_MS 10000
#define RELEASE_DETACH_MS 400 /* below TimeoutStopSec= of the unit */

/*
 * A later run must know that other drivers may have had the devices since. Without a journal there
 * is nothing to tell it.
 */
static void journal_release(struct context *ctx, const struct hold_tally *tally, int error)
{
	struct journal journal;
	struct errbuf err;

	if (!fsroot_exists(&ctx->root, "%s", PATH_JOURNAL))
		return;
	if (journal_open(&journal, &ctx->root, &err) == 0)
		journal_stage(&journal, REC_STAGE_RELEASED, error,
			      "%zu holds given back, %zu failed, %zu in a running probe",
			      tally->released, tally->failed, tally->stuck);
	journal_close(&journal);
}

static int release_now(struct context *ctx)
{
	struct hold_tally tally;
	struct errbuf err = { .text = "" };
	int rc;

	rc = release_all(&ctx->root, RELEASE_PATIENCE_MS, RELEASE_LIMIT_MS, &tally, &err);
	if (rc < 0)
		log_err("release: %s", err.text[0] ? err.text : strerror(-rc));
	else
		rc = hold_tally_error(&tally);
	journal_release(ctx, &tally, rc);
	if (tally.released || tally.failed || tally.stuck)
		log_notice("gave back %zu holds (%zu failed, %zu in a running probe)",
			   tally.released, tally.failed, tally.stuck);
	return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

static void release_in_child(void *arg, struct child_result *ret)
{
	ret->rc = release_now(arg);
}

/* When the service ends, the start of other services waits for this, so it returns early. */
static int verb_release(struct context *ctx)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct child_result result = { 0 };
	int rc;

	if (!ctx->options.detach)
		return release_now(ctx);
	signal(SIGTERM, SIG_IGN);
	if (child_start_kept(&child, release_in_child, ctx) < 0)
		return release_now(ctx);
	rc = child_collect(&child, RELEASE_DETACH_MS, &result);
	if (rc == -EAGAIN)
		log_notice("release goes on in the background");
	return rc == 0 ? result.rc : rc == -EAGAIN ? EXIT_DONE : EXIT_FAILED;
}

static int publish_into(struct context *ctx, int fd, const char *name)
{
	struct errbuf err = { .text = "" };
	int rc;

	if (ctx->options.embed)
		rc = publish_embed(&ctx->root, fd, &err);
	else
		rc = publish(&ctx->root, fd, &err);
	if (rc == 0)
		return EXIT_DONE;
	log_err("publish %s: %s", name, err.text[0] ? err.text : strerror(-rc));
	return EXIT_FAILED;
}

static int publish_found(struct context *ctx, struct crashdir *dir, const char *where,
			 const char *error)
{
	int rc = EXIT_FAILED;

	if (dir->fd < 0)
		log_err("publish%s: %s", where, error);
	else
		rc = publish_into(ctx, dir->fd, dir->name);
	if (rc == EXIT_DONE)
		log_notice("records are in %s", dir->name);
	crashdir_close(dir);
	return rc;
}

static int verb_publish_found(struct context *ctx)
{
	struct crashdir dir = CRASHDIR_NONE;
	struct errbuf err = { .text = "" };
	struct crashdir_boot boot;

	crashdir_this_boot(&ctx->root, &boot);
	(void)crashdir_find(&ctx->root, &boot, &dir, &err);
	return publish_found(ctx, &dir, "", err.text);
}

static int publish_named(struct context *ctx)
{
	_cleanup_close_ int fd = open(ctx->args[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct crashdir dir = CRASHDIR_NONE;
	struct crashdir_boot boot;
	char where[FSROOT_PATH_MAX];

	if (fd < 0) {
		log_err("publish %s: %s", ctx->args[0], strerror(errno));
		return EXIT_FAILED;
	}
	if (!ctx->options.newest)
		return publish_into(ctx, fd, ctx->args[0]);
	crashdir_this_boot(&ctx->root, &boot);
	(void)crashdir_newest(fd, &boot, &dir);
	(void)snprintf(where, sizeof(where), " %s", ctx->args[0]);
	return publish_found(ctx, &dir, where, "it has no folder of this crash");
}

static void publish_watched(void *priv, const struct crashdir *dir)
{
	(void)publish_into(priv, dir->fd, dir->name);
}

static int publish_watching(struct context *ctx)
{
	struct crashwatch watch = {
		.base = ctx->args[0],
		.look_ms = 200,
		.again_ms = 60000,
		.publish = publish_watched,
		.priv = ctx,
	};
	int rc;

	crashdir_this_boot(&ctx->root, &watch.boot);
	rc = crashwatch_run(&watch);
	if (rc == 0)
		return EXIT_DONE;
	log_err("publish %s: %s", ctx->args[0],
		rc == -ENOENT ? "no folder of this crash appeared in it" : strerror(-rc));
	return EXIT_FAILED;
}

static int verb_publish(struct context *ctx)
{
	return ctx->options.watch ? publish_watching(ctx) : publish_named(ctx);
}

/*
 * The output is part of a command that loads the module; without it the module is loaded all the
 * same.
 */
static int verb_elfcorehdr(struct context *ctx)
{
	u64 addr, bytes;

	if (elfcorehdr_find(&ctx->root, &addr, &bytes) < 0)
		return EXIT_FAILED;
	printf("elfcorehdr=0x%llx,0x%llx\n", addr, bytes);
	return EXIT_DONE;
}

static const struct verb {
	const char *name;
	int args;
	int (*run)(struct context *ctx);
} verbs[] = {
	{ "run", 0, verb_run },
	{ "hold", 0, verb_hold },
	{ "bypass", 0, verb_bypass },
	{ "release", 0, verb_release },
	{ "publish", 0, verb_publish_found },
	{ "publish", 1, verb_publish },
	{ "elfcorehdr", 0, verb_elfcorehdr },
};

/* Returns -1 to go on, or an exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "detach", no_argument, NULL, 'd' },
		{ "newest", no_argument, NULL, 'n' },
		{ "embed", no_argument, NULL, 'e' },
		{ "watch", no_argument, NULL, 'w' },
		{ "config", required_argument, NULL, 'c' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		switch (c) {
		case 'd': options->detach = true; break;
		case 'n': options->newest = true; break;
		case 'e': options->embed = true; break;
		case 'w': options->watch = true; break;
		case 'c': options->config = optarg; break;
		case 'r': options->root = optarg; break;
		case 'h': usage(stdout); return EXIT_DONE;
		case 'V': printf("%s %s\n", NAME_DAEMON, SMMU_ADOPT_VERSION); return EXIT_DONE;
		default: usage(stderr); return EXIT_USAGE;
		}
	}
	return -1;
}

static const struct verb *find_verb(const char *name, int args)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0 && verbs[i].args == args)
			return &verbs[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct context ctx = { .options = { .root = "/" }, .root = FSROOT_NONE };
	const struct verb *verb;
	int rc;

	log_setup(NAME_DAEMON, NULL, false);
	rc = parse_options(argc, argv, &ctx.options);
	if (rc >= 0)
		return rc;
	verb = optind < argc ? find_verb(argv[optind], argc - optind - 1) : &verbs[0];
	if (!verb) {
		usage(stderr);
		return EXIT_USAGE;
	}
	ctx.args = argv + optind + 1;
	signal(SIGPIPE, SIG_IGN);
	rc = fsroot_open(&ctx.root, ctx.options.root);
	if (rc < 0) {
		log_err("%s: %s", ctx.options.root, strerror(-rc));
		return EXIT_FAILED;
	}
	if (ctx.root.real)
		log_setup(NAME_DAEMON, "/" PATH_KMSG,
			  verb->run == verb_run || verb->run == verb_hold ||
				  verb->run == verb_bypass);
	/*
	 * Extends the start timeout of the service, whose ExecStartPre= may run this program, too.
	 */
	service_alive(0);
	load_config(&ctx);
	rc = verb->run(&ctx);
	fsroot_close(&ctx.root);
	return rc;
}
