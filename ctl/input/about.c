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
#include "lib/base/cleanup.h"
#include "lib/machine/crashdir.h"

/* The panic is at the end of the crashed kernel's log. */
#define LOG_BYTES (1u << 20)

/* What a crash begins with, the most telling first. */
static const char *const reasons[] = {
	"Kernel panic - not syncing: ", "kernel BUG at ",
	"Unable to handle kernel ",	"Internal error: ",
	"sysrq: Trigger a crash",
};

static void find_panic(const char *text, struct about *ret)
{
	const char *at = NULL;
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]) && !at; i++) {
		at = strstr(text, reasons[i]);
		if (at && !i)
			at += strlen(reasons[i]);
	}
	if (at)
		(void)snprintf(ret->panic, sizeof(ret->panic), "%.*s", (int)strcspn(at, "\r\n"),
			       at);
}

static void read_log(int dir, const char *name, struct about *ret)
{
	_cleanup_close_ int fd = openat(dir, name, INPUT_OPEN_FLAGS | O_NOFOLLOW);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	off_t from;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	text = malloc(LOG_BYTES + 1);
	from = st.st_size > (off_t)LOG_BYTES ? st.st_size - (off_t)LOG_BYTES : 0;
	n = text ? pread(fd, text, LOG_BYTES, from) : -1;
	if (n <= 0)
		return;
	text[n] = 0;
	find_panic(text, ret);
}

static uint64_t size_of_dump(int dir)
{
	char name[NAME_MAX + 1];
	struct stat st;

	if (crashdir_dump(dir, name, sizeof(name)) < 0 ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return (uint64_t)st.st_size;
}

/* The name of the folder, and what kdump-tools calls the log in it. */
static void read_folder(int dir, const char *path, struct about *ret)
{
	char *folder = realpath(path, NULL), log[NAME_MAX + 8];
	const char *base = folder ? strrchr(folder, '/') : NULL;

	if (base) {
		crashdir_host(ret->host, sizeof(ret->host), base + 1, "");
		(void)snprintf(log, sizeof(log), "dmesg.%.*s", NAME_MAX, base + 1);
		read_log(dir, log, ret);
	}
	free(folder);
	if (!ret->panic[0])
		read_log(dir, "vmcore-dmesg.txt", ret);
	if (!ret->panic[0])
		read_log(dir, "dmesg.txt", ret);
}

void about_read(const struct ctl *ctl, const char *name, struct about *ret)
{
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS), dir = -1;
	const char *slash = strrchr(name, '/');
	char path[PATH_MAX];
	struct stat st;

	*ret = (struct about){ 0 };
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
	/* With --root a path is another one here; its last part is the same. */
	read_folder(dir, path, ret);
	ret->dump_bytes = S_ISREG(st.st_mode) && crashdir_is_dump(slash ? slash + 1 : name)
				  ? (uint64_t)st.st_size
				  : size_of_dump(dir);
}
