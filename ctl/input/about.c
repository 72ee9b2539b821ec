// SPDX-License-Identifier: LGPL-2.1-or-later
/* about.c - see about.h. */
#include "ctl/input/about.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/input/bytes.h"
#include "ctl/input/kernel_log.h"
#include "lib/base/cleanup.h"
#include "lib/machine/crashdir.h"

static void take_panic(const struct klog *log, struct about *ret)
{
	if (log->crashed)
		(void)snprintf(ret->panic, sizeof(ret->panic), "%s", log->crashed->why_crashed);
}

/* Take what the logs in the folder tell. */
static void read_logs(const struct ctl *ctl, const char *path, struct about *ret)
{
	struct klog log = { 0 };
	struct errbuf ignored;

	if (kernel_log_read(ctl, path, KERNEL_LOG_FOLDER, NULL, &log, &ignored) > 0)
		take_panic(&log, ret);
	klog_free(&log);
}

static u64 size_of_dump(int dir)
{
	char name[NAME_MAX + 1];
	struct stat st;

	if (crashdir_dump(dir, name, sizeof(name)) < 0 ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return (u64)st.st_size;
}

static void read_host(const char *path, struct about *ret)
{
	_cleanup_free_ char *folder = realpath(path, NULL);
	const char *base = folder ? strrchr(folder, '/') : NULL;

	if (base)
		crashdir_host(ret->host, sizeof(ret->host), base + 1, "");
}

void about_read(const struct ctl *ctl, const char *name, const struct klog *log, struct about *ret)
{
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS), dir = -1;
	const char *slash = strrchr(name, '/');
	char path[PATH_MAX];
	struct stat st;

	*ret = (struct about){ 0 };
	if (log)
		take_panic(log, ret);
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	(void)snprintf(path, sizeof(path), "%s", name);
	if (!S_ISDIR(st.st_mode))
		(void)snprintf(path, sizeof(path), "%.*s",
			       slash ? (int)(slash - name) + (slash == name) : 1,
			       slash ? name : ".");
	dir = input_open(ctl, path, INPUT_OPEN_FLAGS | O_DIRECTORY);
	if (dir < 0)
		return;
	/* With --root the path differs, but not its last part. */
	read_host(path, ret);
	if (!ret->panic[0])
		read_logs(ctl, path, ret);
	ret->dump_bytes = S_ISREG(st.st_mode) && crashdir_is_dump(slash ? slash + 1 : name)
				  ? (u64)st.st_size
				  : size_of_dump(dir);
}
