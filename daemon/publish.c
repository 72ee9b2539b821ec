// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * publish.c - copy of the helper's records at daemon start, the journal, and the
 * helper's records as they are now, one after the other. Torn tails stay behind,
 * so that each section can be read.
 *
 * A file grows under a temporary name, is synced and then renamed: whoever finds
 * it, finds all of it, whenever power goes off.
 */
#include "daemon/publish.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/cleanup.h"
#include "daemon/helper.h"
#include "daemon/journal.h"
#include "daemon/names.h"
#include "daemon/recread.h"
#include "daemon/report.h"

#define SOURCE_BYTES_MAX (64ull << 20)

static const char *const sources[] = { PATH_HELPER_COPY, PATH_JOURNAL };

static int to_story(void *priv, const struct rec *rec)
{
	return story_add(priv, rec);
}

/* One file of /run into the story and the copy. What is not there adds nothing. */
static int take_file(const struct fsroot *root, const char *path, struct story *story,
		     struct recread_copy *copy)
{
	_cleanup_close_ int fd = fsroot_openat(root, O_RDONLY, 0, "%s", path);
	struct recread_info info;
	int rc;

	if (fd < 0)
		return 0;
	rc = recread_fd(fd, SOURCE_BYTES_MAX, to_story, story, copy, &info);
	if (rc == RECREAD_TORN) {
		story->torn++;
		story->torn_offset = (size_t)info.torn_at;
	}
	return rc < 0 ? rc : 0;
}

int publish_read_story(const struct fsroot *root, struct story *story)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]) && rc == 0; i++)
		rc = take_file(root, sources[i], story, NULL);
	return rc;
}

/* Make the finished temporary file of @name visible. */
static int finish(int dir_fd, int fd, const char *temp, const char *name)
{
	int rc = 0;

	if (fsync(fd) < 0 || renameat(dir_fd, temp, dir_fd, name) < 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(dir_fd, temp, 0);
	return rc;
}

static int open_temp(int dir_fd, const char *temp)
{
	int fd = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? -errno : fd;
}

static int write_records(const struct fsroot *root, int dir_fd, struct story *story)
{
	static const char temp[] = "." SIDECAR_RECORDS ".new";
	struct recread_copy copy = { .fd = -1 };
	_cleanup_close_ int fd = open_temp(dir_fd, temp);
	struct helper_info info;
	struct errbuf err;
	int rc = 0, error = fd < 0 ? fd : 0;
	size_t i;

	/* The story is wanted even when there is no room for the records. */
	copy.fd = fd;
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]) && rc == 0; i++)
		rc = take_file(root, sources[i], story, &copy);
	if (rc == 0)
		rc = helper_read_story(root, story, &copy, &info, &err);
	if (rc > 0)
		rc = 0;
	if (fd < 0)
		return error;
	if (rc == 0)
		rc = copy.error;
	if (rc < 0) {
		unlinkat(dir_fd, temp, 0);
		return rc;
	}
	return finish(dir_fd, fd, temp, SIDECAR_RECORDS);
}

static int write_text(int dir_fd, const struct story *story)
{
	static const char temp[] = "." SIDECAR_TEXT ".new";
	_cleanup_close_ int fd = open_temp(dir_fd, temp);
	_cleanup_close_ int copy = -1;
	_cleanup_fclose_ FILE *out = NULL;
	int rc;

	if (fd < 0)
		return fd;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	out = copy < 0 ? NULL : fdopen(copy, "we");
	rc = out ? 0 : -errno;
	if (out) {
		steal_fd(&copy);
		rc = report_text(out, story);
		if (fflush(out) != 0 && rc == 0)
			rc = -errno;
	}
	if (rc < 0) {
		unlinkat(dir_fd, temp, 0);
		return rc;
	}
	return finish(dir_fd, fd, temp, SIDECAR_TEXT);
}

int publish(const struct fsroot *root, int dir_fd, struct errbuf *err)
{
	struct story story = { 0 };
	struct journal journal;
	struct errbuf ignored;
	int rc, text_rc;

	if (fsroot_exists(root, "%s", PATH_JOURNAL)) {
		journal_open(&journal, root, &ignored);
		journal_stage(&journal, REC_STAGE_PUBLISHED, 0,
			      "records and report beside the dump");
		journal_close(&journal);
	}
	rc = write_records(root, dir_fd, &story);
	if (rc < 0)
		errbuf_set(err, "%s: %s", SIDECAR_RECORDS, strerror(-rc));
	story_finish(&story);
	text_rc = write_text(dir_fd, &story);
	if (text_rc < 0 && rc == 0) {
		errbuf_set(err, "%s: %s", SIDECAR_TEXT, strerror(-text_rc));
		rc = text_rc;
	}
	story_clear(&story);
	return rc;
}
