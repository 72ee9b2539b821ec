// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_collect.c - "collect DIR...": print one line of JSON for each crash folder, or on a
 * terminal one row of a table.
 *
 * A folder that holds records, a dump or a log of either kernel is a crash folder. Any other
 * folder, as /var/crash or a server's folder with one for each machine, is searched for crash
 * folders. Links are not followed. A folder that cannot be read costs one message; the others are
 * read all the same.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/ctl.h"
#include "ctl/fleet_line.h"
#include "ctl/fleet_table.h"
#include "ctl/input/about.h"
#include "ctl/triage/progress.h"
#include "lib/base/cleanup.h"
#include "lib/machine/crashdir.h"
#include "lib/machine/journald.h"

#define DEPTH_MAX 4 /* /srv/crash/SITE/HOST/STAMP */
#define TOO_DEEP "the folders in it are not searched: it is 4 levels below the one that was named"
#define ENTRIES_MAX 100000 /* entries of one folder */
#define TOO_MANY "only 100000 of its entries were looked at"

struct collect {
	const struct ctl *ctl;
	int journald;		   /* -1: none */
	struct fleet_table *table; /* NULL: lines of JSON */
	size_t good, bad;
	bool failed; /* output or journald failed: stop */
};

struct names {
	char **name;
	size_t n, cap;
	bool records, dump, log;
	bool cut; /* it has more entries */
};

static void free_names(struct names *names)
{
	while (names->n)
		free(names->name[--names->n]);
	free(names->name);
}

static void complain(struct collect *c, const char *path, const char *why)
{
	ctl_message("%s: %s", path, why);
	c->bad++;
}

static void take(struct collect *c, int dir_fd, const char *path, const char *host)
{
	_cleanup_recfile_ struct recfile file = RECFILE_OR_LOG;
	_cleanup_crash_ struct crash crash = { .folder = path };
	struct about about;
	struct errbuf err;
	struct stat st;
	int r = recfile_read(c->ctl, path, &file, &err);

	if (r < 0) {
		ctl_message("%s", err.text);
		c->bad++;
		return;
	}
	if (dir_fd >= 0 && crashdir_dump(dir_fd, crash.dump, sizeof(crash.dump)) >= 0 &&
	    fstatat(dir_fd, crash.dump, &st, AT_SYMLINK_NOFOLLOW) >= 0)
		crash.dump_bytes = (u64)st.st_size;
	else
		crash.dump[0] = 0;
	about_read(c->ctl, path, &file, host, &about);
	crash.host = about.host;
	crash.panic = about.panic;
	r = crash_sum_up(&crash, &file);
	if (r < 0) {
		complain(c, path, strerror(-r));
		return;
	}
	recfile_warn(&file, &err);
	c->good++;
	c->bad += crash.verdict.partial;
	if (c->table)
		fleet_table_add(c->table, &crash);
	else
		r = crash_write(stdout, &crash);
	if (r >= 0 && c->journald >= 0) {
		r = crash_to_journald(c->journald, &crash);
		if (r < 0)
			ctl_message("%s: the journal refused the line: %s", path, strerror(-r));
	}
	c->failed = r < 0;
	if (progress_due())
		progress_draw(0, 0, "%zu crashes read, %zu with problems", c->good, c->bad);
}

static bool go_on(const struct collect *c)
{
	return !c->failed && !progress_interrupted();
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(int dir_fd, struct names *names)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t seen = 0;

	if (!dir)
		return -errno;
	while (seen++ < ENTRIES_MAX && (entry = readdir(dir))) {
		names->records |= !strcmp(entry->d_name, SIDECAR_RECORDS);
		names->dump |= crashdir_is_dump(entry->d_name);
		names->log |= crashdir_log(entry->d_name) != CRASHDIR_LOG_NONE;
		if (entry->d_name[0] == '.' ||
		    (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
			continue;
		if (names->n == names->cap) {
			char **more = reallocarray(names->name, names->cap * 2 + 16, sizeof(*more));

			if (!more)
				return -ENOMEM;
			names->name = more;
			names->cap = names->cap * 2 + 16;
		}
		names->name[names->n] = strdup(entry->d_name);
		if (!names->name[names->n])
			return -ENOMEM;
		names->n++;
	}
	names->cut = seen > ENTRIES_MAX;
	if (names->n)
		qsort(names->name, names->n, sizeof(names->name[0]), by_name);
	return 0;
}

/*
 * Read the crash in the folder @path, or search it. @name: the last part of @path. @host: the
 * name of a folder further up that is not a time stamp; the folder of the command line does not
 * count.
 */
static void visit(struct collect *c, int dir_fd, const char *path, const char *name,
		  const char *host, unsigned int depth)
{
	_cleanup_(free_names) struct names names = { 0 };
	size_t found = c->good + c->bad, i;
	char below[PATH_MAX], owner[128];
	int r = read_names(dir_fd, &names);

	if (r < 0) {
		complain(c, path, strerror(-r));
		return;
	}
	crashdir_host(owner, sizeof(owner), name, host);
	/* A folder of folders may hold a log, too: then it is no crash folder. */
	if (names.records || names.dump || (names.log && (!names.n || crashdir_is_stamp(name)))) {
		take(c, dir_fd, path, owner);
		return;
	}
	if (names.cut)
		complain(c, path, TOO_MANY);
	for (i = 0; i < names.n && go_on(c); i++) {
		_cleanup_close_ int fd = openat(dir_fd, names.name[i],
						O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
			continue;
		if (depth == DEPTH_MAX) {
			complain(c, path, TOO_DEEP);
			return;
		}
		if (snprintf(below, sizeof(below), "%s/%s", path, names.name[i]) >=
		    (int)sizeof(below))
			complain(c, path, strerror(ENAMETOOLONG));
		else if (fd < 0)
			complain(c, below, strerror(errno));
		else
			visit(c, fd, below, names.name[i],
			      depth && !crashdir_is_stamp(name) ? name : host, depth + 1);
	}
	if (c->good + c->bad == found && go_on(c) && (!depth || crashdir_is_stamp(name)))
		complain(c, path, "the folder has no records, no dump and no log");
}

static void start(struct collect *c, const char *arg)
{
	_cleanup_close_ int fd = input_open(c->ctl, arg, INPUT_OPEN_FLAGS);
	const char *host = c->ctl->host ? c->ctl->host : "", *slash;
	_cleanup_free_ char *path = strdup(arg);
	struct stat st;
	size_t len = path ? strlen(path) : 0;

	while (len > 1 && path[len - 1] == '/')
		path[--len] = 0;
	if (!path || fd < 0) {
		complain(c, arg, strerror(errno));
		return;
	}
	if (fstat(fd, &st) >= 0 && !S_ISDIR(st.st_mode)) {
		take(c, -1, path, host);
		return;
	}
	slash = strrchr(path, '/');
	visit(c, fd, path, slash ? slash + 1 : path, host, 0);
}

enum exit_code ctl_collect(const struct ctl *ctl, char **args)
{
	struct ctl quick = *ctl;
	_cleanup_(fleet_table_clear) struct fleet_table table = { 0 };
	struct collect c = { .ctl = &quick, .journald = -1 };
	_cleanup_close_ int journald = -1;
	bool rows = ctl->term.terminal && !ctl->json;
	char socket[PATH_MAX];

	quick.quick = true;
	c.table = rows ? &table : NULL;
	if (ctl->journald) {
		(void)snprintf(socket, sizeof(socket), "%s/" PATH_JOURNALD_SOCKET,
			       ctl->has_root ? ctl->root_path : "");
		journald = journald_open(socket);
		if (journald < 0) {
			ctl_message("%s: %s", socket, strerror(-journald));
			return EXIT_FAILED;
		}
		c.journald = journald;
	}
	progress_begin(rows || !ctl->term.terminal);
	for (; *args && go_on(&c); args++)
		start(&c, *args);
	progress_end();
	if (rows && c.good && fleet_table_print(&ctl->term, &table) < 0)
		c.failed = true;
	if (progress_interrupted())
		ctl_message("interrupted: not all folders were read");
	if (c.failed || !c.good)
		return EXIT_FAILED;
	return c.bad ? EXIT_PARTIAL : EXIT_DONE;
}
