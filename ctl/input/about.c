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

#include "lib/machine/crashdir.h"

static void take_panic(const struct klog *log, struct about *ret)
{
	if (log->crashed)
		(void)snprintf(ret->panic, sizeof(ret->panic), "%s", log->crashed->why_crashed);
}

/* Take what the logs in the folder @path tell, or else the log in the dump. */
static void read_logs(const struct ctl *ctl, const char *path, struct kernel_file *dump,
		      struct about *ret)
{
	struct klog log = { 0 };

	if (kernel_log_crash(ctl, path, dump, NULL, &log, &ret->no_panic) > 0) {
		take_panic(&log, ret);
		if (!ret->no_panic.text[0])
			errbuf_set(&ret->no_panic, "no log tells why the kernel crashed");
	}
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

static void read_host(const char *path, struct kernel_file *dump, struct about *ret)
{
	_cleanup_free_ char *folder = realpath(path, NULL);
	const char *base = folder ? strrchr(folder, '/') : NULL;
	const struct kernel *kernel;
	struct errbuf ignored;

	if (base && !ret->host[0])
		crashdir_host(ret->host, sizeof(ret->host), base + 1, "");
	if (ret->host[0] || !dump)
		return;
	kernel = kernel_file_open(dump, &ignored);
	if (kernel)
		(void)kernel_host(kernel, ret->host, sizeof(ret->host));
}

void about_read(const struct ctl *ctl, const char *name, struct recfile *file, const char *host,
		struct about *ret)
{
	_cleanup_kernel_file_ struct kernel_file dump = { .name = file->dump,
							  .file = &file->dump_file };
	struct kernel_file *memory =
		file->dump[0] && file->belong.verdict != BELONG_NO ? &dump : NULL;
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS), dir = -1;
	const char *slash = strrchr(name, '/');
	char path[PATH_MAX];
	struct stat st;

	*ret = (struct about){ 0 };
	(void)snprintf(ret->host, sizeof(ret->host), "%s", host);
	if (file->story.log)
		take_panic(file->story.log, ret);
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
	read_host(path, memory, ret);
	if (!file->story.log)
		read_logs(ctl, path, memory, ret);
	ret->dump_bytes = S_ISREG(st.st_mode) && crashdir_is_dump(slash ? slash + 1 : name)
				  ? (u64)st.st_size
				  : size_of_dump(dir);
}
