// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * waits.c - finds out what the capture environment waits for. systemd has a list of running jobs,
 * dracut has hooks that must be true before its queue ends, initramfs-tools waits for the root
 * file system of the command line.
 *
 * systemd is asked through systemctl, which is in every image with systemd, unlike libsystemd; it
 * talks to process 1 without a bus. It runs in a child with a deadline, and is killed with that
 * child.
 */
#include "daemon/waits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"
#include "lib/base/strbuf.h"
#include "lib/story/names.h"

#define HOOKS_MAX 256
#define LINES_MAX 4096
#define NAMED_BYTES 90 /* of names, the first one excepted */
#define CMDLINE_BYTES_MAX 4096

bool waits_has_systemd(const struct fsroot *root)
{
	char name[32];

	return fsroot_read_text(root, name, sizeof(name), "proc/1/comm") > 0 &&
	       strcmp(name, "systemd") == 0;
}

/* A list of names, of which the first few are shown. */
struct names {
	struct strbuf text;
	unsigned int more;
};

static void add_name(struct names *names, const char *name)
{
	if (names->text.len && (names->more || names->text.len + strlen(name) > NAMED_BYTES))
		names->more++;
	else
		strbuf_join(&names->text, ", ", name);
}

static void say_names(struct names *names, const char *who, char *buf, size_t cap)
{
	if (names->more)
		strbuf_printf(&names->text, " and %u more", names->more);
	if (names->text.len && !names->text.error)
		snprintf(buf, cap, "%s waits for %s", who, strbuf_text(&names->text));
	strbuf_free(&names->text);
}

/* ---- systemd ---- */

/* Devices come first: other running jobs may be working instead of waiting. */
struct jobs {
	struct names devices, others;
};

static bool ends_with(const char *text, const char *tail)
{
	size_t len = strlen(text), n = strlen(tail);

	return len >= n && strcmp(text + len - n, tail) == 0;
}

/* Take a line "NUMBER UNIT TYPE STATE" of a running job; our own job is left out. */
static void take_job(struct jobs *jobs, const char *line)
{
	char number[16], unit[256], type[32], state[32];

	if (sscanf(line, "%15s %255s %31s %31s", number, unit, type, state) != 4 ||
	    strspn(number, "0123456789") != strlen(number) || strcmp(state, "running") != 0 ||
	    strncmp(unit, NAME_DAEMON, strlen(NAME_DAEMON)) == 0)
		return;
	add_name(ends_with(unit, ".device") ? &jobs->devices : &jobs->others, unit);
}

/* In the child: become @program, with its output in @fd. */
static void become(const char *program, int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	setenv("SYSTEMD_COLORS", "0", 1);
	setenv("LC_ALL", "C", 1);
	execlp(program, program, "list-jobs", "--no-legend", "--no-pager", "--full", (char *)NULL);
	_exit(127);
}

static void ask_systemctl(void *arg, struct child_result *ret)
{
	const char *program = arg;
	struct jobs jobs = { 0 };
	_cleanup_fclose_ FILE *file = NULL;
	char line[1024];
	int fds[2], lines = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0)
		become(program, fds[1]);
	close(fds[1]);
	file = fdopen(fds[0], "re");
	while (pid > 0 && file && lines++ < LINES_MAX && fgets(line, sizeof(line), file))
		take_job(&jobs, line);
	say_names(jobs.devices.text.len ? &jobs.devices : &jobs.others, "systemd", ret->text,
		  sizeof(ret->text));
	if (pid > 0)
		kill(pid, SIGKILL); /* it has said what it had to say */
}

static void look_at_systemd(const char *systemctl, uint32_t wait_ms, char *buf, size_t cap)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct child_result result;

	if (child_start(&child, ask_systemctl, (void *)systemctl) == 0 &&
	    child_collect(&child, wait_ms, &result) == 0)
		snprintf(buf, cap, "%s", result.text);
}

/* ---- dracut ---- */

struct hooks {
	const struct fsroot *root;
	const char *folder;
	struct names names;
};

/* [ -e "/dev/disk/by-uuid/1234" ], by itself or in a longer line. */
static int hook_line(void *priv, char *line)
{
	struct hooks *hooks = priv;
	char *name = strstr(line, "-e \""), *end;

	end = name ? strchr(name + 4, '"') : NULL;
	if (!end)
		return 0;
	*end = 0;
	name += 4;
	if (name[0] == '/' && !fsroot_exists(hooks->root, "%s", name + 1))
		add_name(&hooks->names, name);
	return 0;
}

static int hook(void *priv, const char *name)
{
	struct hooks *hooks = priv;
	char path[FSROOT_PATH_MAX];

	if (strncmp(name, "devexists-", 10) != 0)
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", hooks->folder, name) < (int)sizeof(path))
		fsroot_each_line(hooks->root, path, LINES_MAX, hook_line, hooks);
	return 0;
}

static void look_at_dracut(const struct fsroot *root, char *buf, size_t cap)
{
	static const char *const folders[] = {
		"var/lib/dracut/hooks/initqueue/finished", /* since 110 */
		"lib/dracut/hooks/initqueue/finished",
	};
	struct hooks hooks = { .root = root };
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]) && !hooks.names.text.len; i++) {
		hooks.folder = folders[i];
		fsroot_each(root, HOOKS_MAX, hook, &hooks, "%s", folders[i]);
	}
	say_names(&hooks.names, "dracut", buf, cap);
}

/* ---- the root file system ---- */

static const struct {
	const char *tag, *folder;
} tags[] = {
	{ "UUID=", "dev/disk/by-uuid/" },
	{ "LABEL=", "dev/disk/by-label/" },
	{ "PARTUUID=", "dev/disk/by-partuuid/" },
	{ "PARTLABEL=", "dev/disk/by-partlabel/" },
	{ "/dev/", "dev/" },
};

/* 1: its device is there; 0: it is not; -ENOENT: that name is of no device. */
static int is_there(const struct fsroot *root, const char *source)
{
	size_t i, len;

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		len = strlen(tags[i].tag);
		if (strncmp(source, tags[i].tag, len) == 0)
			return fsroot_exists(root, "%s%s", tags[i].folder, source + len);
	}
	return -ENOENT;
}

/* What root= of the command line names, the last one counts. As is_there(). */
static int root_is_there(const struct fsroot *root, char *name, size_t cap)
{
	char line[CMDLINE_BYTES_MAX], word[256];
	const char *cursor = line;
	int len, there = -ENOENT;

	if (fsroot_read_text(root, line, sizeof(line), "proc/cmdline") < 0)
		return -ENOENT;
	while ((len = parse_word(&cursor, word, sizeof(word)))) {
		if (len < 0 || strncmp(word, "root=", 5) != 0)
			continue;
		there = is_there(root, word + 5);
		snprintf(name, cap, "%s", word + 5);
	}
	return there;
}

bool waits_root_is_there(const struct fsroot *root)
{
	char text[256];

	if (waits_has_systemd(root))
		return false;
	text[0] = 0;
	look_at_dracut(root, text, sizeof(text));
	return !text[0] && root_is_there(root, text, sizeof(text)) == 1;
}

static void look_at_root(const struct fsroot *root, char *buf, size_t cap)
{
	char name[256];

	if (root_is_there(root, name, sizeof(name)) == 0)
		snprintf(buf, cap, "the root file system %s is not there", name);
}

void waits_look(const struct fsroot *root, const char *systemctl, uint32_t wait_ms, char *buf,
		size_t cap)
{
	buf[0] = 0;
	if (systemctl && waits_has_systemd(root))
		look_at_systemd(systemctl, wait_ms, buf, cap);
	if (!buf[0])
		look_at_dracut(root, buf, cap);
	if (!buf[0] && !waits_has_systemd(root))
		look_at_root(root, buf, cap);
}
