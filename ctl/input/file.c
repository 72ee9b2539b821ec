// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * file.c - see file.h. A dump without our note is no error as long as the
 * sidecar lies beside it: nobody should have to know which of the two a machine leaves.
 */
#include "ctl/input/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/dump/dump.h"
#include "ctl/input/message.h"
#include "lib/base/cleanup.h"
#include "lib/story/names.h"

void recfile_beside(const char *name, char *buf, size_t cap)
{
	const char *slash = strrchr(name, '/');

	(void)snprintf(buf, cap, "%.*s%s", slash ? (int)(slash + 1 - name) : 0, name,
		       SIDECAR_RECORDS);
}

static bool is_dump(const struct ctl *ctl, const char *name)
{
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS);
	u8 head[DUMP_HEAD_BYTES];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	n = pread(fd, head, sizeof(head), 0);
	return n > 0 && dump_format(head, (size_t)n) != DUMP_NONE;
}

static int read_bytes(const struct ctl *ctl, const char *name, struct recfile *ret,
		      struct errbuf *err)
{
	char path[sizeof(ret->input.name)];
	struct errbuf other;
	int r;

	if (ctl->records)
		return input_read(ctl, ctl->records, &ret->input, err);
	r = input_read(ctl, name, &ret->input, err);
	if (r >= 0 || !is_dump(ctl, name))
		return r;
	/* Without the sidecar the message about the dump stands. */
	input_free(&ret->input);
	recfile_beside(name, path, sizeof(path));
	if (input_read(ctl, path, &ret->input, &other) < 0)
		return r;
	*err = other;
	return 0;
}

int recfile_read(const struct ctl *ctl, const char *name, struct recfile *ret, struct errbuf *err)
{
	int r = read_bytes(ctl, name, ret, err);

	if (r < 0)
		return r;
	ret->partial = ret->input.broken;
	r = story_add_stream(&ret->story, ret->input.data, ret->input.len);
	if (r >= 0)
		r = story_finish(&ret->story);
	if (r < 0) {
		errbuf_set(err, "%s: %s", ret->input.name,
			   r == -E2BIG ? "more items than any machine has" : strerror(-r));
		return r;
	}
	if (!ret->story.records) {
		errbuf_set(err, "%s: not a record file: no record at byte 0", ret->input.name);
		return -EBADMSG;
	}
	ret->partial |= ret->story.torn != 0;
	return 0;
}

int recfile_open(const struct ctl *ctl, const char *name, struct recfile *ret)
{
	struct errbuf err;
	int r = recfile_read(ctl, name, ret, &err);

	if (r < 0 || ret->input.broken)
		ctl_message("%s", err.text);
	if (r >= 0 && ret->story.torn)
		ctl_message("%s: torn at byte %zu; read were %llu records", ret->input.name,
			    ret->story.torn_offset, (unsigned long long)ret->story.records);
	return r;
}

void recfile_close(struct recfile *file)
{
	story_clear(&file->story);
	input_free(&file->input);
}
