// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vm-killer WHO:TYPE:ACTION... - kills smmu-adoptd, in the emulated machine, at
 * the instruction after it wrote a chosen record to its journal.
 *
 * The journal's folder is watched with inotify, from a real-time process: on the
 * capture kernel's one processor the write() that appends the record does not
 * return to the daemon before the kill. So the daemon needs no hook for tests.
 *
 * WHO is worker, supervisor (its worker dies with it) or all, or pause: then all
 * are stopped and not killed, and /run/vm-paused says so to whoever lets them go
 * on; or after: nobody, what comes then is waited for. TYPE is step (it begins), result (it ended)
 * or stage; ACTION as in the journal, of a stage its name. The kills are done in order, each at the
 * first matching record after the one before; each is told as a VM-FACT kill.<n>.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "core/names.h"
#include "core/rec.h"
#include "lib/base/fsroot.h"
#include "lib/story/names.h"

#define SECONDS_MAX 900 /* then what is hunted never comes */
#define JOURNAL_MAX (1u << 20)

enum who {
	WHO_WORKER = 0,
	WHO_SUPERVISOR,
	WHO_ALL,
	WHO_PAUSE,
	WHO_AFTER
};

#define PAUSED "/run/vm-paused"

struct point {
	enum who who;
	u16 type, action;
};

static void fact(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void fact(const char *format, ...)
{
	int fd = open("/" PATH_KMSG, O_WRONLY | O_CLOEXEC);
	char line[160] = "<5>VM-FACT: ";
	size_t len = strlen(line);
	va_list ap;

	va_start(ap, format);
	vsnprintf(line + len, sizeof(line) - len, format, ap);
	va_end(ap);
	/* One write is one line. */
	if (fd >= 0 && write(fd, line, strlen(line)) < 0)
		perror(PATH_KMSG);
	if (fd >= 0)
		close(fd);
}

static const char *name_of(u16 type, u16 action)
{
	return type == REC_STAGE ? rec_stage_name(action) : rec_action_name(action);
}

static int parse_point(const char *text, struct point *ret)
{
	static const char *const whos[] = { "worker", "supervisor", "all", "pause", "after" };
	static const char *const types[] = { "step", "result", "stage" };
	static const u16 recs[] = { REC_STEP, REC_RESULT, REC_STAGE };
	char who[16], type[16], action[16];
	u16 i;

	memset(ret, 0, sizeof(*ret));
	if (sscanf(text, "%15[^:]:%15[^:]:%15s", who, type, action) != 3)
		return -EINVAL;
	for (i = 0; i < 5 && strcmp(who, whos[i]); i++)
		;
	if (i == 5)
		return -EINVAL;
	ret->who = (enum who)i;
	for (i = 0; i < 3 && strcmp(type, types[i]); i++)
		;
	if (i == 3)
		return -EINVAL;
	ret->type = recs[i];
	for (i = 1; i < 32 && strcmp(name_of(ret->type, i), action); i++)
		;
	ret->action = i;
	return i < 32 ? 0 : -EINVAL;
}

/* Who holds the daemon's lock: the supervisor. */
static pid_t supervisor_pid(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open("/" PATH_LOCK, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		lock.l_pid = -1;
	close(fd);
	return lock.l_pid;
}

struct hunt {
	enum who who;
	pid_t supervisor;
	int killed;
};

static int hunt_one(void *priv, const char *name)
{
	struct hunt *hunt = priv;
	char path[64], comm[32], text[256] = "";
	int pid = atoi(name), parent = -1, fd;

	if (pid <= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	if (sscanf(text, "%*d (%31[^)]) %*c %d", comm, &parent) != 2 || strcmp(comm, NAME_DAEMON))
		return 0;
	/* The worker dies with its supervisor; until then it must not get any further. */
	if (hunt->who == WHO_SUPERVISOR && parent == hunt->supervisor)
		kill(pid, SIGSTOP);
	else if (hunt->who == WHO_PAUSE)
		hunt->killed += kill(pid, SIGSTOP) == 0;
	else if (hunt->who == WHO_ALL || (hunt->who == WHO_WORKER && parent == hunt->supervisor))
		hunt->killed += kill(pid, SIGKILL) == 0;
	return 0;
}

static int kill_them(enum who who)
{
	struct hunt hunt = { .who = who, .supervisor = supervisor_pid() };
	struct fsroot root = FSROOT_NONE;

	if (fsroot_open(&root, "/") < 0)
		return 0;
	fsroot_each(&root, 100000, hunt_one, &hunt, "proc");
	fsroot_close(&root);
	if (who == WHO_PAUSE)
		close(open(PAUSED, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	if (who == WHO_SUPERVISOR)
		return hunt.supervisor > 0 && kill(hunt.supervisor, SIGKILL) == 0;
	return hunt.killed;
}

static u16 action_of(const struct rec *rec)
{
	switch (rec->type) {
	case REC_STEP: return rec->step.action;
	case REC_RESULT: return rec->result.action;
	default: return rec->stage.stage;
	}
}

/* Reads what is new; true when it holds the point. */
static bool reached(const struct point *point, u8 *buf, off_t *offset)
{
	int fd = open("/" PATH_JOURNAL, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : pread(fd, buf, JOURNAL_MAX, *offset);
	struct rec_iter it = { .data = buf, .len = n > 0 ? (size_t)n : 0 };
	struct rec rec;
	bool hit = false;

	if (fd >= 0)
		close(fd);
	while (!hit && rec_next(&it, &rec) == REC_OK)
		hit = rec.type == point->type && action_of(&rec) == point->action;
	*offset += (off_t)it.offset;
	return hit;
}

static int hunt_points(int argc, char **argv)
{
	struct sched_param rt = { .sched_priority = 50 };
	static u8 buf[JOURNAL_MAX];
	struct pollfd p = { .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .events = POLLIN };
	struct point point;
	char events[4096];
	off_t offset = 0;
	int i;

	mkdir("/" PATH_RUN, 0700);
	if (inotify_add_watch(p.fd, "/" PATH_RUN, IN_MODIFY) < 0 ||
	    sched_setscheduler(0, SCHED_FIFO, &rt) < 0)
		return 1;
	alarm(SECONDS_MAX);
	for (i = 1; i < argc; i++) {
		if (parse_point(argv[i], &point) < 0) {
			fact("kill.error %s", argv[i]);
			return 2;
		}
		while (!reached(&point, buf, &offset)) {
			poll(&p, 1, -1);
			while (read(p.fd, events, sizeof(events)) > 0)
				;
		}
		if (point.who != WHO_AFTER)
			fact("kill.%d %s,%d", i, argv[i], kill_them(point.who));
	}
	return 0;
}

int main(int argc, char **argv)
{
	return hunt_points(argc, argv);
}
