// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * folder.c - find the records of a crash folder. The sidecar is used if it exists: it has all
 * that the dump's note has, and may be newer. Else the dumps are tried by name (crashdir.h). If
 * none has records, the message about the first dump is shown. Logs are not tried, as they have
 * no records (kernel_log.h).
 */
#include "ctl/input/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/story/names.h"
#include "lib/machine/crashdir.h"

#define NAMES_MAX 4096 /* entries of one folder; a crash folder has a handful */
#define DUMPS_MAX 64   /* parts of a split dump, at most */

struct dumps {
	char *names[DUMPS_MAX];
	size_t count;
};

static void free_dumps(struct dumps *dumps)
{
	while (dumps->count)
		free(dumps->names[--dumps->count]);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(int dir_fd, struct dumps *dumps)
{
	_cleanup_closedir_ DIR *dir = NULL;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	size_t seen = 0;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		cleanup_closep(&fd);
		return -errno;
	}
	while (dumps->count < DUMPS_MAX && seen++ < NAMES_MAX && (entry = readdir(dir))) {
		if (!crashdir_is_dump(entry->d_name))
			continue;
		dumps->names[dumps->count] = strdup(entry->d_name);
		if (!dumps->names[dumps->count])
			return -ENOMEM;
		dumps->count++;
	}
	qsort(dumps->names, dumps->count, sizeof(dumps->names[0]), by_name);
	return 0;
}

static int read_one(int dir_fd, const char *dir, const char *name, struct input *ret,
		    struct errbuf *err)
{
	_cleanup_close_ int fd = openat(dir_fd, name, INPUT_OPEN_FLAGS);
	int error = errno;

	(void)snprintf(ret->name, sizeof(ret->name), "%s/%s", dir, name);
	if (fd >= 0)
		return input_read_fd(fd, ret, err);
	errbuf_set(err, "%s: %s", ret->name, strerror(error));
	return -error;
}

int input_read_dir(int dir_fd, const char *name, struct input *ret, struct errbuf *err)
{
	_cleanup_(free_dumps) struct dumps dumps = { 0 };
	struct errbuf later;
	size_t i;
	int r, first = 0;

	r = read_one(dir_fd, name, SIDECAR_RECORDS, ret, err);
	if (r != -ENOENT)
		return r;
	r = list(dir_fd, &dumps);
	if (r < 0) {
		errbuf_set(err, "%s: %s", name, strerror(-r));
		return r;
	}
	if (!dumps.count)
		errbuf_set(err,
			   "%s/" SIDECAR_RECORDS ": %s, and no dump beside it; " NAME_CTL
			   " collect reads folders of crash folders",
			   name, strerror(ENOENT));
	for (i = 0; i < dumps.count; i++) {
		r = read_one(dir_fd, name, dumps.names[i], ret, i ? &later : err);
		if (r >= 0) {
			if (i)
				*err = later;
			return 0;
		}
		input_free(ret);
		first = i ? first : r;
	}
	return dumps.count ? first : -ENOENT;
}
