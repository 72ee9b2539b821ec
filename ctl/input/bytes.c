// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bytes.c - read a file into memory, up to a limit. Only regular files are read: a FIFO would
 * block, and a device could do anything.
 */
#include "ctl/input/bytes.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/dump/dump.h"
#include "ctl/input/folder.h"
#include "lib/base/cleanup.h"
#include "lib/base/large.h"

static int refuse(struct errbuf *err, const char *name, int error, const char *why)
{
	errbuf_set(err, "%s: %s", name, why);
	return error;
}

static int read_all(int fd, size_t size, struct input *ret)
{
	size_t cap = size + 1; /* one byte more than its size, to see at once that it grows */
	ssize_t n;

	ret->data = malloc(cap);
	if (!ret->data)
		return -ENOMEM;
	large_advise(ret->data, cap);
	while (ret->len < cap) {
		n = read(fd, ret->data + ret->len, cap - ret->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		ret->len += (size_t)n;
	}
	/*
	 * A file that grows meanwhile is a journal in use: its bytes up to the first size are
	 * enough.
	 */
	if (ret->len > size)
		ret->len = size;
	return 0;
}

int input_read_dump(struct dump_file *file, struct input *ret, struct errbuf *err)
{
	struct dump_src src;
	u32 notes;
	int r;

	ret->dump = true;
	r = dump_file_notes(file, &src, err);
	if (r >= 0)
		r = dump_records(&src, INPUT_BYTES_MAX, &ret->data, &ret->len, &notes, &ret->broken,
				 err);
	if (r < 0 || ret->broken) {
		dump_file_blame(file, err);
		errbuf_prefix(err, "%s", ret->name);
	}
	return r;
}

int input_read_fd(int fd, struct input *ret, struct errbuf *err)
{
	_cleanup_dump_file_ struct dump_file file = { .fd = fd };
	u8 head[DUMP_HEAD_BYTES];
	char why[96];
	struct stat st;
	ssize_t n;
	int r;

	if (fstat(fd, &st) < 0)
		return refuse(err, ret->name, -errno, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(err, ret->name, -EINVAL, "not a regular file");
	if (!st.st_size)
		return refuse(err, ret->name, -ENODATA, "the file is empty");
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return refuse(err, ret->name, -errno, strerror(errno));
	if (dump_format(head, (size_t)n) != DUMP_NONE)
		return input_read_dump(&file, ret, err);
	if (st.st_size > (off_t)INPUT_BYTES_MAX) {
		(void)snprintf(why, sizeof(why), "it has %lld bytes, and at most %u MiB are read",
			       (long long)st.st_size, INPUT_BYTES_MAX >> 20);
		return refuse(err, ret->name, -EFBIG, why);
	}
	r = read_all(fd, (size_t)st.st_size, ret);
	return r < 0 ? refuse(err, ret->name, r, strerror(-r)) : 0;
}

int input_open(const struct ctl *ctl, const char *name, int flags)
{
	int fd;

	if (ctl->has_root) {
		name += strspn(name, "/");
		return fsroot_openat(&ctl->root, flags, 0, "%s", *name ? name : ".");
	}
	fd = open(name, flags);
	return fd < 0 ? -errno : fd;
}

bool input_is_there(const struct ctl *ctl, const char *name)
{
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS);

	return fd >= 0;
}

int input_read(const struct ctl *ctl, const char *name, struct input *ret, struct errbuf *err)
{
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS);
	struct stat st;

	(void)snprintf(ret->name, sizeof(ret->name), "%s", name);
	if (fd < 0)
		return refuse(err, ret->name, fd, strerror(-fd));
	if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
		return input_read_fd(fd, ret, err);
	return input_read_dir(fd, name, ret, err);
}

int input_read_below(const struct ctl *ctl, const char *path, struct input *ret, struct errbuf *err)
{
	_cleanup_close_ int fd = fsroot_openat(&ctl->root, INPUT_OPEN_FLAGS, 0, "%s", path);

	(void)snprintf(ret->name, sizeof(ret->name), "%s%s%s", ctl->has_root ? ctl->root_path : "",
		       "/", path);
	if (fd < 0)
		return refuse(err, ret->name, fd, strerror(-fd));
	return input_read_fd(fd, ret, err);
}

void input_free(struct input *input)
{
	free(input->data);
	*input = (struct input){ 0 };
}
