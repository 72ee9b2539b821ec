// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * crashwatch.c - finds the folder of the crash, and watches the files in it.
 *
 * A file system may be mounted over the base folder at any time, so a timer looks at it again and
 * again. The folder of the crash is watched by inotify, once it is there. The first sign that a
 * dump is complete is the close of its temporary file: kdump-tools then renames the file, syncs
 * and restarts, within half a second. What is published before that sync reaches the disk with it.
 */
#include "daemon/crashwatch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

static int catch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* 1 @fd is readable, 0 time is up. */
static int wait_for(int signal_fd, int other_fd, uint32_t ms, bool *ended)
{
	struct pollfd p[2] = { { .fd = signal_fd, .events = POLLIN },
			       { .fd = other_fd, .events = POLLIN } };

	if (clock_poll(p, 2, (int)ms) < 0)
		return errno == EINTR ? 0 : -errno;
	*ended = p[0].revents != 0;
	return p[1].revents != 0;
}

static void find_folder(const struct crashwatch *watch, struct crashdir *dir)
{
	_cleanup_close_ int fd = open(watch->base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)crashdir_newest(fd, &watch->boot, dir);
}

static int watch_folder(const struct crashdir *dir)
{
	_cleanup_close_ int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", dir->fd);
	if (fd < 0 || inotify_add_watch(fd, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		return -1; /* the timer is left */
	return steal_fd(&fd);
}

/* Read all events. Is one of them about a dump file? Publishing causes events, too. */
static bool dump_changed(int fd)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	bool changed = false;
	ssize_t n;
	char *p;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (p = buf; p < buf + n; p += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)p;
			changed |= event->len && crashdir_is_dump_part(event->name);
		}
	return changed;
}

/* False: the folder is gone, for example because its file system was unmounted. */
static bool open_again(const struct crashwatch *watch, struct crashdir *dir)
{
	_cleanup_close_ int fd = open(watch->base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && crashdir_reopen(fd, dir);
}

static void publish_and_close(const struct crashwatch *watch, struct crashdir *dir)
{
	watch->publish(watch->priv, dir);
	crashdir_close(dir);
}

static int watch_dump(const struct crashwatch *watch, struct crashdir *dir, int signal_fd)
{
	_cleanup_close_ int fd = watch_folder(dir);
	u64 next = clock_now_ns() + clock_ms(watch->again_ms);
	bool ended = false;
	int rc = 0;

	publish_and_close(watch, dir);
	while (!ended && rc >= 0) {
		u64 now = clock_now_ns();

		rc = wait_for(signal_fd, fd, clock_left_ms(now, next), &ended);
		if (rc < 0)
			break;
		if (!ended && !(rc && dump_changed(fd)) && clock_now_ns() < next)
			continue;
		if (open_again(watch, dir))
			publish_and_close(watch, dir);
		next = clock_now_ns() + clock_ms(watch->again_ms);
	}
	return rc < 0 ? rc : 0;
}

int crashwatch_run(const struct crashwatch *watch)
{
	_cleanup_close_ int signal_fd = catch_signals();
	struct crashdir dir = CRASHDIR_NONE;
	bool ended = false;
	int rc = 0;

	if (signal_fd < 0)
		return signal_fd;
	while (find_folder(watch, &dir), dir.fd < 0) {
		rc = ended ? -ENOENT : wait_for(signal_fd, -1, watch->look_ms, &ended);
		if (rc < 0)
			return rc;
	}
	rc = watch_dump(watch, &dir, signal_fd);
	crashdir_close(&dir);
	return rc;
}
