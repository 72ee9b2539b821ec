// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * main.c - smmu-adopt-resolve: find the devices that the dump will need. It runs on the healthy
 * machine when the capture image is made. There it can use the libraries that know which device
 * is behind a disk or a host, and the image needs none of them.
 *
 * The answer is a configuration file (drop-in) for the daemon in the image. Everything that was
 * not understood becomes an "uncertain" line; with such a line the daemon lets every device have
 * its driver.
 *
 * A server or disk that does not answer may block any of the system calls in here for ever. So a
 * child does the work, in memory that both share, and this process prints what has been found when
 * the child is done or the time is over. A child that hangs in the kernel is left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/names.h"
#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/log.h"
#include "lib/base/userinfo.h"
#include "lib/machine/config.h"
#include "lib/machine/image_driver.h"
#include "lib/story/names.h"
#include "resolve/kdump.h"
#include "resolve/limit.h"
#include "resolve/tree.h"
#include "resolve/walk.h"

#define ADDED_MAX 64
#define LINES_BYTES 65536

struct options {
	const char *root;
	const char *image, *kernel;
	const char *added[ADDED_MAX];
	size_t n_added;
	char **targets;
};

/* What the child works on. It is shared, so that an answer that is not complete can be printed. */
struct work {
	const struct options *options;
	struct walk walk; /* its "found" is the answer, its "target" what is being looked at */
	char lines[LINES_BYTES];			     /* comment lines of the answer */
	char first[sizeof(((struct config *)NULL)->target)]; /* for "target =" */
	struct errbuf err; /* why it failed; of --image why the driver is not there */
};

static void usage(FILE *out)
{
	fprintf(out,
		"usage: %s [OPTIONS] [TARGET...]\n"
		"       %s --image FILE --kernel RELEASE\n"
		"\n"
		"Finds the devices that the dump needs, and prints them as a configuration file\n"
		"for the capture image. The dump targets are those named here; else those of\n"
		"/%s; else those of kdump's own files.\n"
		"\n"
		"  --add TARGET  one more target that the image waits for; may be repeated\n"
		"  --root DIR    read the files of another machine, which are copied to DIR\n"
		"  --help, --version\n"
		"\n"
		"What is not found out within a minute is not certain.\n"
		"\n"
		"Exit code: 0 the devices are certain; 3 they are not certain; 1 failed; 2 wrong\n"
		"usage.\n"
		"\n"
		"The second form tells whether the image FILE has the adopting driver for the\n"
		"kernel RELEASE, and if not, why. Exit code: 0 it has the driver; 3 it has not;\n"
		"1 not known.\n",
		NAME_RESOLVE, NAME_RESOLVE, PATH_CONF);
}

/* ---- the targets ---- */

static void take_attributes(struct walk *w, const struct config_device *device)
{
	size_t i;

	for (i = 0; i < w->found.count; i++) {
		const struct config_device *now = &w->found.device[i];

		if (strcmp(now->name, device->name))
			continue;
		if ((device->has_class && device->class_code != now->class_code) ||
		    (device->has_id &&
		     (device->vendor != now->vendor || device->product != now->product)))
			walk_doubt(w,
				   "%.48s has class 0x%06x and id %04x:%04x, and another device is "
				   "configured",
				   now->name, now->class_code, now->vendor, now->product);
	}
}

static void take_configured(struct walk *w, const struct config_dump *dump)
{
	size_t i;

	for (i = 0; i < dump->count; i++) {
		walk_target(w, dump->device[i].name, NULL);
		take_attributes(w, &dump->device[i]);
	}
}

static void take_found(struct walk *w, const struct kdump *k)
{
	size_t i;

	for (i = 0; i < k->count; i++) {
		walk_target(w, k->target[i].text, k->target[i].source);
		if (k->target[i].by_name)
			order_take(w, k->target[i].text, k->target[i].source);
	}
	for (i = 0; i < k->n_doubts; i++)
		walk_doubt(w, "%s", k->doubt[i]);
}

/*
 * Take the configured targets, else those of kdump's files. @first gets the first target without
 * its password, for the drop-in. Returns 0 or -ENOMEM.
 */
static int take_from_files(struct walk *w, const struct config_dump *dump, char *first, size_t cap)
{
	_cleanup_free_ struct kdump *k = malloc(sizeof(*k));
	size_t i;

	if (!k)
		return -ENOMEM;
	kdumpconf_read(w->root, k);
	if (k->systems & KDUMP_DEBIANS)
		order_of_real_root(w, k);
	if (dump->count)
		take_configured(w, dump);
	else
		take_found(w, k);
	if (dump->count)
		userinfo_cut(first, cap, dump->device[0].name);
	else if (k->count)
		userinfo_cut(first, cap, k->target[0].text);
	for (i = 0; i < dump->n_reasons; i++)
		walk_doubt(w, "%s", dump->reason[i]);
	return 0;
}

static int take_all(struct walk *w, const struct config *config, const struct options *options,
		    char *first, size_t cap)
{
	char **targets = options->targets;
	size_t i;
	int rc = 0;

	first[0] = 0;
	if (*targets)
		userinfo_cut(first, cap, *targets);
	else
		rc = take_from_files(w, &config->dump, first, cap);
	for (i = 0; targets[i]; i++)
		walk_target(w, targets[i], NULL);
	for (i = 0; i < options->n_added; i++)
		walk_target(w, options->added[i], NULL);
	order_judge(w);
	return rc;
}

/* The last line that does not fit is left out. */
static void keep_lines(struct work *work)
{
	const char *text = strbuf_text(&work->walk.lines);
	size_t len = strlen(text);

	if (len >= sizeof(work->lines))
		for (len = sizeof(work->lines) - 1; len && text[len - 1] != '\n';)
			len--;
	memcpy(work->lines, text, len);
	work->lines[len] = 0;
}

static int find(struct work *work, const struct fsroot *root)
{
	_cleanup_free_ struct config *config = malloc(sizeof(*config));
	int rc = -ENOMEM;

	work->walk.root = root;
	if (config) {
		config_load(config, root, -1, NULL);
		rc = take_all(&work->walk, config, work->options, work->first, sizeof(work->first));
		if (config->target[0])
			work->first[0] = 0;
	}
	if (rc == 0)
		rc = work->walk.lines.error;
	if (rc < 0)
		errbuf_set(&work->err, "%s", strerror(-rc));
	else
		keep_lines(work);
	return rc;
}

/* ---- the answer ---- */

/*
 * Print @text as a value of the configuration: only printable characters, and no ";", which would
 * begin a comment.
 */
static void put_line(const char *key, const char *text)
{
	printf("%s = ", key);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		putchar(c < 0x20 || c > 0x7e ? '?' : c == ';' ? ',' : c);
	}
	putchar('\n');
}

static void put_device(const struct config_device *device)
{
	printf("device = %s", device->name);
	if (device->has_class)
		printf(" class=0x%06x", device->class_code);
	if (device->has_id)
		printf(" id=%04x:%04x", device->vendor, device->product);
	putchar('\n');
}

static void put_all(const struct work *work)
{
	const struct config_dump *found = &work->walk.found;
	struct utsname names = { .release = "" };
	size_t i;

	uname(&names);
	printf("# Made by %s on %s, for the capture image.\n%s[Dump]\ndevice =\n", NAME_RESOLVE,
	       names.release, work->lines);
	for (i = 0; i < found->count; i++)
		put_device(&found->device[i]);
	for (i = 0; i < found->n_reasons; i++) {
		put_line("uncertain", found->reason[i]);
		log_warning("not certain: %s", found->reason[i]);
	}
	if (found->in_order)
		put_line("order", "bus");
	if (found->n_lost_reasons)
		printf("uncertain = and %zu more reasons\n", found->n_lost_reasons);
	if (work->first[0])
		put_line("target", work->first);
}

static int put_answer(struct work *work, int rc)
{
	struct walk *w = &work->walk;

	if (rc == -ETIMEDOUT)
		walk_doubt(w, "%s within %u s: what is missing here is not known",
			   w->target[0] ? "no answer" : "the configuration was not read",
			   RESOLVE_MS / 1000);
	else if (rc < 0) {
		log_err("%s", work->err.text[0] ? work->err.text : strerror(-rc));
		return EXIT_FAILED;
	}
	if (!w->found.count && !w->found.n_reasons)
		walk_doubt(w, "no dump target was named, configured or found");
	put_all(work);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_err("%s", strerror(errno));
		return EXIT_FAILED;
	}
	return w->found.n_reasons ? EXIT_FINDINGS : EXIT_DONE;
}

/* ---- the other question ---- */

/* 1: the image has the driver; 0: it has not, and work->err says why; or a negative errno. */
static int ask_image(struct work *work)
{
	const struct options *options = work->options;
	_cleanup_close_ int fd = open(options->image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int rc = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		rc = -errno;
	else if (!S_ISREG(st.st_mode))
		rc = -EINVAL;
	if (rc < 0) {
		errbuf_set(&work->err, "%s: %s", options->image, strerror(-rc));
		return rc;
	}
	rc = image_driver_ask(fd, options->kernel, &work->err);
	if (rc < 0)
		errbuf_prefix(&work->err, "%s cannot be listed", options->image);
	return rc;
}

static int put_image(struct work *work, int rc)
{
	if (rc == -ETIMEDOUT)
		errbuf_set(&work->err, "%s: not read within %u s", work->options->image,
			   RESOLVE_MS / 1000);
	if (rc != 1)
		printf("%s\n", work->err.text);
	return rc < 0 ? EXIT_FAILED : rc ? EXIT_DONE : EXIT_FINDINGS;
}

/* ---- the child ---- */

static void do_work(void *arg, struct child_result *ret)
{
	_cleanup_(fsroot_close) struct fsroot root = FSROOT_NONE;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i;
	struct work *work = arg;

	/* Who reads our answer waits for its end, and must not wait for this child's. */
	for (i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0)
			close(i);
	ret->rc = tree_enter(&root, work->options->root, &work->err);
	if (ret->rc == 0)
		ret->rc = work->options->image ? ask_image(work) : find(work, &root);
}

/* Returns what the child came to, or -ETIMEDOUT. */
static int work_in_time(struct work *work)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct child_result result = { .rc = 0 };
	int rc = child_start(&child, do_work, work);

	if (rc == 0)
		rc = child_collect(&child, RESOLVE_MS, &result);
	if (rc == -EAGAIN)
		return -ETIMEDOUT;
	return rc < 0 ? rc : result.rc == -ETIMEDOUT ? -EIO : result.rc;
}

/* Returns -1 to go on, or an exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "add", required_argument, NULL, 'a' },
		{ "image", required_argument, NULL, 'i' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		switch (c) {
		case 'a':
			if (options->n_added == ADDED_MAX) {
				log_err("--add: more than %d targets", ADDED_MAX);
				return EXIT_USAGE;
			}
			options->added[options->n_added++] = optarg;
			break;
		case 'i': options->image = optarg; break;
		case 'k': options->kernel = optarg; break;
		case 'r': options->root = optarg; break;
		case 'h': usage(stdout); return EXIT_DONE;
		case 'V': printf("%s %s\n", NAME_RESOLVE, SMMU_ADOPT_VERSION); return EXIT_DONE;
		default: usage(stderr); return EXIT_USAGE;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct options options = { .root = "/" };
	struct work *work;
	int rc;

	log_setup(NAME_RESOLVE, NULL, false);
	rc = parse_options(argc, argv, &options);
	if (rc >= 0)
		return rc;
	if (!options.image != !options.kernel || (options.image && optind < argc)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	options.targets = argv + optind;
	work = mmap(NULL, sizeof(*work), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (work == MAP_FAILED) {
		log_err("%s", strerror(errno));
		return EXIT_FAILED;
	}
	work->options = &options;
	rc = work_in_time(work);
	return options.image ? put_image(work, rc) : put_answer(work, rc);
}
