// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vmcore.c - learns by inotify when /proc/vmcore is opened, and looks in /proc whether a process
 * has it open now.
 *
 * A watch belongs to an inode. procfs makes a new inode for a name that has left the cache, and a
 * watch on the old one would see nothing. So an O_PATH descriptor keeps the inode; such a
 * descriptor does not count as an open of the file.
 */
#include "daemon/vmcore.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

#define PROCESSES_MAX 8192
#define FILES_MAX 4096
#define LOOKS_MAX 65536 /* of all processes */

int vmcore_watch_open(struct vmcore_watch *watch, const struct fsroot *root)
{
	_cleanup_close_ int fd = -1, pin = -1;
	char path[40];

	pin = fsroot_openat(root, O_PATH, 0, "%s", PATH_VMCORE);
	if (pin < 0)
		return pin;
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pin);
	if (inotify_add_watch(fd, path, IN_OPEN | IN_CLOSE) < 0)
		return -errno;
	watch->fd = steal_fd(&fd);
	watch->pin = steal_fd(&pin);
	return 0;
}

static void count(struct vmcore_watch *watch, u32 mask, u64 now)
{
	if (mask & IN_Q_OVERFLOW)
		watch->lost = true;
	if (mask & IN_OPEN && !watch->open++)
		watch->since_ns = now;
	if (mask & IN_CLOSE && watch->open && !--watch->open)
		watch->open_ns += now - watch->since_ns;
}

bool vmcore_watch_saw(struct vmcore_watch *watch)
{
	char buf[1024] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	bool opened = false;
	ssize_t n, at;

	while (watch->fd >= 0 && (n = read(watch->fd, buf, sizeof(buf))) > 0) {
		for (at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const void *)(buf + at);
			count(watch, event->mask, clock_now_ns());
			opened |= event->mask & (IN_OPEN | IN_Q_OVERFLOW);
		}
	}
	return opened;
}

bool vmcore_watch_is_dump(const struct vmcore_watch *watch)
{
	/* Lost events may be those of an open. */
	return watch->open || watch->lost || watch->open_ns >= clock_ms(VMCORE_DUMP_MS);
}

void vmcore_watch_close(struct vmcore_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	if (watch->pin >= 0)
		close(watch->pin);
	*watch = (struct vmcore_watch)VMCORE_WATCH_NONE;
}

/* ---- who has it open ---- */

struct scan {
	const struct fsroot *root;
	const char *pid;
	int looks;
};

#define FOUND 1
#define ENOUGH 2

/* Is it an O_PATH descriptor, which does not open the file? */
static bool is_pin(const struct scan *scan, const char *file)
{
	char text[512];
	const char *flags;

	if (fsroot_read_text(scan->root, text, sizeof(text), "proc/%s/fdinfo/%s", scan->pid, file) <
	    0)
		return false;
	flags = strstr(text, "flags:");
	return flags && strtoul(flags + strlen("flags:"), NULL, 8) & O_PATH;
}

static int look_at_file(void *priv, const char *name)
{
	static const char tail[] = "/" PATH_VMCORE;
	struct scan *scan = priv;
	char target[FSROOT_PATH_MAX];
	int len = fsroot_link(scan->root, target, "proc/%s/fd/%s", scan->pid, name);

	if (++scan->looks > LOOKS_MAX)
		return ENOUGH;
	/* /proc may be mounted elsewhere, too, for example below the root of an image. */
	if (len < (int)strlen(tail) || strcmp(target + len - strlen(tail), tail) != 0)
		return 0;
	return is_pin(scan, name) ? 0 : FOUND;
}

static int look_at_process(void *priv, const char *name)
{
	struct scan *scan = priv;
	int rc;

	if (!isdigit((unsigned char)name[0]))
		return 0;
	scan->pid = name;
	rc = fsroot_each(scan->root, FILES_MAX, look_at_file, scan, "proc/%s/fd", name);
	return rc > 0 ? rc : 0;
}

bool vmcore_is_open(const struct fsroot *root)
{
	struct scan scan = { .root = root };

	return fsroot_each(root, PROCESSES_MAX, look_at_process, &scan, "proc") == FOUND;
}
