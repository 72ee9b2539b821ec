// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_embed.c - "embed DUMP [RECORDS]" and "embed --undo DUMP".
 *
 * The dump is the only trace of a crash: it is opened for writing only here,
 * under a lock, after it proved to be at rest.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "ctl/embed/embed.h"
#include "ctl/embed/embed_copy.h"
#include "ctl/input/belong.h"
#include "ctl/input/bytes.h"
#include "ctl/input/file.h"
#include "ctl/input/message.h"
#include "lib/base/cleanup.h"
#include "lib/base/printable.h"

#define FRESH_S 2 /* a dump written this short ago is watched for a while */
#define WATCH_NS 400000000l

static int write_fd(void *priv, u64 offset, const void *buf, size_t len)
{
	const u8 *p = buf;
	ssize_t n;

	while (len) {
		n = pwrite(*(int *)priv, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		offset += (u64)n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_fd(void *priv)
{
	return fsync(*(int *)priv) < 0 ? -errno : 0;
}

static int cut_fd(void *priv, u64 size)
{
	return ftruncate(*(int *)priv, (off_t)size) < 0 ? -errno : 0;
}

static struct embed_dev file_dev(int *fd, u64 size)
{
	return (struct embed_dev){
		.src = dump_src_fd(fd, size, 0),
		.write = write_fd,
		.sync = sync_fd,
		.cut = cut_fd,
	};
}

static int refuse(struct errbuf *err, int error, const char *why)
{
	errbuf_set(err, "%s", why);
	return error;
}

/* A dump that is still being written. */
static int check_rest(int fd, const char *name, struct stat *st, struct errbuf *err)
{
	static const char suffix[] = "-incomplete";
	struct timespec wait = { .tv_nsec = WATCH_NS };
	size_t len = strlen(name);
	struct stat later;

	if (fstat(fd, st) < 0)
		return refuse(err, -errno, strerror(errno));
	if (!S_ISREG(st->st_mode))
		return refuse(err, -EINVAL, "not a regular file");
	if (!st->st_size)
		return refuse(err, -ENODATA, "the file is empty");
	if (len >= sizeof(suffix) && !strcmp(name + len - sizeof(suffix) + 1, suffix))
		return refuse(err, -EINVAL, "its name says that the dump is incomplete");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return refuse(err, -errno,
			      errno == EWOULDBLOCK ? "in use: it is locked" : strerror(errno));
	if (time(NULL) - st->st_mtim.tv_sec > FRESH_S)
		return 0;
	(void)nanosleep(&wait, NULL);
	if (fstat(fd, &later) < 0)
		return refuse(err, -errno, strerror(errno));
	if (later.st_size != st->st_size || later.st_mtim.tv_sec != st->st_mtim.tv_sec ||
	    later.st_mtim.tv_nsec != st->st_mtim.tv_nsec)
		return refuse(err, -EBUSY, "the file is changing");
	return 0;
}

static int open_dump(const struct ctl *ctl, const char *name, int access, u64 *ret_size,
		     struct errbuf *err)
{
	_cleanup_close_ int fd = input_open(ctl, name, access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int r;

	if (fd < 0)
		return refuse(err, fd, strerror(-fd));
	r = check_rest(fd, name, &st, err);
	if (r < 0)
		return r;
	*ret_size = (u64)st.st_size;
	return steal_fd(&fd);
}

/* RECORDS as given, or the sidecar of the dump. Positive: torn, and what there is was read. */
static int read_records(const struct ctl *ctl, char **args, struct input *ret, struct errbuf *err)
{
	_cleanup_(story_clear) struct story story = { 0 };
	_cleanup_dump_file_ struct dump_file dump = { .fd = -1 };
	_cleanup_close_ int fd = -1;
	struct belong belong;
	char beside[512];
	int r;

	recfile_beside(args[0], beside, sizeof(beside));
	r = input_read(ctl, args[1] ? args[1] : beside, ret, err);
	if (r < 0)
		return r;
	r = story_add_stream(&story, ret->data, ret->len);
	if (r >= 0)
		r = story_finish(&story);
	if (r < 0)
		return refuse(err, r, strerror(-r));
	if (!story.records) {
		errbuf_set(err, "%s: not a record file: no record at byte 0", ret->name);
		return -EINVAL;
	}
	dump.fd = fd = input_open(ctl, args[0], INPUT_OPEN_FLAGS);
	belong_judge(&dump, ctl->quick, &story, &belong);
	if (belong.verdict == BELONG_NO && !ctl->force) {
		errbuf_set(err,
			   "%s: the records %s do not belong to this dump: %s (--force embeds "
			   "them)",
			   args[0], ret->name, belong.why);
		return -EXDEV;
	}
	if (story.torn)
		errbuf_set(err, "%s: torn at byte %zu; only the part before it was embedded",
			   ret->name, story.torn_offset);
	return story.torn != 0;
}

/* Into the open temporary file. */
static int embed_in_copy(int from_fd, u64 size, int *to_fd, const struct input *records,
			 const char **ret_how, struct errbuf *err)
{
	struct dump_src from = dump_src_fd(&from_fd, size, 0);
	struct embed_dev to = file_dev(to_fd, 0);
	u64 gap = (records->len + 2 * 65536) & ~(u64)65535;
	int r = embed_copy(from_fd, &from, &to, 0, err);

	if (r >= 0)
		r = embed(&to, records->data, records->len, ret_how, err);
	if (r != -ENOSPC)
		return r;
	r = cut_fd(to_fd, 0);
	to = file_dev(to_fd, 0);
	if (r >= 0)
		r = embed_copy(from_fd, &from, &to, gap, err);
	return r < 0 ? r : embed(&to, records->data, records->len, ret_how, err);
}

static int embed_copied(const struct ctl *ctl, int from_fd, u64 size, const struct input *records,
			const char **ret_how, struct errbuf *err)
{
	_cleanup_close_ int fd = -1;
	char temp[512];
	int r, n;

	n = snprintf(temp, sizeof(temp), "%s.new", ctl->copy_path);
	if (n < 0 || (size_t)n >= sizeof(temp))
		return refuse(err, -ENAMETOOLONG, strerror(ENAMETOOLONG));
	if (!access(ctl->copy_path, F_OK)) {
		errbuf_set(err, "--copy %s: %s", ctl->copy_path, strerror(EEXIST));
		return -EEXIST;
	}
	fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		errbuf_set(err, "--copy %s: %s", temp, strerror(errno));
		return -errno;
	}
	r = embed_in_copy(from_fd, size, &fd, records, ret_how, err);
	if (r >= 0 && rename(temp, ctl->copy_path) < 0) {
		r = -errno;
		errbuf_set(err, "--copy %s: %s", ctl->copy_path, strerror(-r));
	}
	if (r < 0)
		(void)unlink(temp);
	return r;
}

static void say_done(const char *dump, size_t bytes, const char *what)
{
	printable_put(stdout, dump, strlen(dump), PRINTABLE_UTF8);
	if (bytes)
		printf(": %zu bytes of records %s\n", bytes, what);
	else
		printf(": %s\n", what);
}

/* Positive: with torn records, as @err says. */
static int put_in(const struct ctl *ctl, char **args, struct errbuf *ret_err)
{
	_cleanup_input_ struct input records = { 0 };
	struct errbuf later = { { 0 } }, *err = &later;
	_cleanup_close_ int fd = -1;
	const char *how = "";
	struct embed_dev dev;
	int r, torn;
	u64 size;

	torn = read_records(ctl, args, &records, ret_err);
	if (torn < 0)
		return torn;
	fd = open_dump(ctl, args[0], ctl->copy_path ? O_RDONLY : O_RDWR, &size, err);
	r = fd;
	if (r >= 0 && ctl->copy_path)
		r = embed_copied(ctl, fd, size, &records, &how, err);
	else if (r >= 0) {
		dev = file_dev(&fd, size);
		r = embed(&dev, records.data, records.len, &how, err);
	}
	if (r >= 0)
		say_done(ctl->copy_path ? ctl->copy_path : args[0], records.len, how);
	else
		errbuf_prefix(err, "%s", args[0]);
	if (r < 0)
		*ret_err = later;
	return r < 0 ? r : torn;
}

static int take_out(const struct ctl *ctl, char **args, struct errbuf *err)
{
	_cleanup_close_ int fd = -1;
	struct embed_dev dev;
	u64 size;
	int r;

	fd = open_dump(ctl, args[0], O_RDWR, &size, err);
	r = fd;
	if (r >= 0) {
		dev = file_dev(&fd, size);
		r = embed_undo(&dev, err);
	}
	if (r >= 0)
		say_done(args[0], 0, "as it was before embed");
	else
		errbuf_prefix(err, "%s", args[0]);
	return r;
}

enum exit_code ctl_embed(const struct ctl *ctl, char **args)
{
	struct errbuf err = { { 0 } };
	char dump[512];
	int r;

	if (file_kind(ctl, args[0], dump, sizeof(dump)) == FILE_FOLDER && dump[0])
		args[0] = dump;
	if (ctl->undo && args[1]) {
		ctl_message("embed: --undo takes a dump and nothing else");
		return EXIT_USAGE;
	}
	r = ctl->undo ? take_out(ctl, args, &err) : put_in(ctl, args, &err);
	if (r)
		ctl_message("%s", err.text);
	return r < 0 ? EXIT_FAILED : r ? EXIT_PARTIAL : EXIT_DONE;
}
