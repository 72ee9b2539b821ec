// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * publish.c - writes three record streams one after the other: the helper's records as of the
 * daemon's start, the journal, and the helper's records as they are now. Torn tails are left out,
 * so that each section can be read.
 *
 * A file grows under a temporary name, is synced and then renamed: so the file is always complete,
 * even after a power failure. An existing file of the temporary name may belong to another user or
 * be a FIFO: it is removed, and a new file is made.
 *
 * A child with a deadline does all this, since reading the helper's files may hang and the
 * machine's restart would wait. If they hang, a second child writes without them.
 */
#include "daemon/publish.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "daemon/channels.h"
#include "lib/machine/crashdir.h"
#include "lib/machine/crashed.h"
#include "lib/machine/helper.h"
#include "lib/machine/journal.h"
#include "lib/story/names.h"
#include "lib/story/rec_fd.h"
#include "lib/report/report.h"

#define SOURCE_BYTES_MAX (64ull << 20)

static const char *const sources[] = { PATH_HELPER_COPY, PATH_JOURNAL };

static int to_story(void *priv, const struct rec *rec)
{
	return story_add(priv, rec);
}

/* Read one file of /run into the story and the copy. A missing file adds nothing. */
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
	int fd;

	if (unlinkat(dir_fd, temp, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

struct files_job {
	const struct fsroot *root;
	int dir_fd;
	bool helper; /* read it, and write to its note */
	bool first;  /* say what is about to be done, for the files tell of themselves */
	enum rec_channel_state embed;
	int embed_error;
	const char *embed_text; /* NULL: nothing to be said of the embedded note */
};

static int write_records(const struct files_job *job, struct story *story)
{
	static const char temp[] = "." SIDECAR_RECORDS ".new";
	struct recread_copy copy = { .fd = -1 };
	_cleanup_close_ int fd = open_temp(job->dir_fd, temp);
	struct helper_info info;
	struct errbuf err;
	int rc = 0, error = fd < 0 ? fd : 0;
	size_t i;

	/* Build the story even when there is no room for the records. */
	copy.fd = fd;
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]) && rc == 0; i++)
		rc = take_file(job->root, sources[i], story, &copy);
	if (rc == 0 && job->helper)
		rc = helper_read_story(job->root, story, &copy, &info, &err);
	if (rc > 0)
		rc = 0;
	if (fd < 0)
		return error;
	if (rc == 0)
		rc = copy.error;
	if (rc < 0) {
		unlinkat(job->dir_fd, temp, 0);
		return rc;
	}
	return finish(job->dir_fd, fd, temp, SIDECAR_RECORDS);
}

#define FILE_COLUMNS 100u /* of a file; a console would have fewer */

static int write_text(int dir_fd, const struct story *story)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	static const char temp[] = "." SIDECAR_TEXT ".new";
	_cleanup_close_ int fd = open_temp(dir_fd, temp);
	_cleanup_close_ int copy = -1;
	_cleanup_fclose_ FILE *out = NULL;
	int rc;

	if (fd < 0)
		return fd;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	out = copy < 0 ? NULL : fdopen(copy, "we");
	rc = out ? verdict_decide(story, &verdict) : -errno;
	if (out) {
		steal_fd(&copy);
		if (rc == 0)
			rc = report_text(&(struct term){ .out = out, .columns = FILE_COLUMNS },
					 &verdict, true);
		if (fflush(out) != 0 && rc == 0)
			rc = -errno;
	}
	if (rc < 0) {
		unlinkat(dir_fd, temp, 0);
		return rc;
	}
	return finish(dir_fd, fd, temp, SIDECAR_TEXT);
}

static int write_both(const struct files_job *job, struct errbuf *err)
{
	struct story story = { 0 };
	int rc, text_rc;

	rc = write_records(job, &story);
	if (rc < 0)
		errbuf_set(err, "%s: %s", SIDECAR_RECORDS, strerror(-rc));
	text_rc = story_finish(&story);
	if (text_rc >= 0)
		text_rc = write_text(job->dir_fd, &story);
	if (text_rc < 0 && rc == 0) {
		errbuf_set(err, "%s: %s", SIDECAR_TEXT, strerror(-text_rc));
		rc = text_rc;
	}
	story_clear(&story);
	return rc;
}

/*
 * Record the state of @channel in /run, for clients of a running daemon, and in the helper's note.
 */
static void say(const struct files_job *job, enum rec_channel_id channel,
		enum rec_channel_state state, int error, const char *text)
{
	struct journal journal;
	struct errbuf ignored;

	if (!fsroot_exists(job->root, "%s", PATH_JOURNAL))
		return;
	(void)journal_open(&journal, job->root, &ignored);
	if (!job->helper)
		journal_leave_helper(&journal);
	if (channel == REC_CHANNEL_SIDECAR && state == REC_CHANNEL_USED)
		journal_stage(&journal, REC_STAGE_PUBLISHED, 0,
			      "records and report are beside the dump");
	channels_say(&journal, channel, state, error, "%s", text);
	journal_close(&journal);
}

/*
 * Record once which kernel crashed, so that these records are not taken for those of another dump.
 * Only when the dump has begun, since opening /proc/vmcore counts as its begin.
 */
static void say_crashed(const struct files_job *job)
{
	struct rec rec = { .type = REC_CRASHED };
	struct story story = { 0 };
	struct journal journal;
	struct errbuf ignored;
	bool known;

	if (!fsroot_exists(job->root, "%s", PATH_JOURNAL) || !crashdir_has_part(job->dir_fd))
		return;
	known = publish_read_story(job->root, &story) < 0 || story.has_crashed;
	story_clear(&story);
	if (known || crashed_read(job->root, &rec.crashed) < 0)
		return;
	(void)journal_open(&journal, job->root, &ignored);
	if (!job->helper)
		journal_leave_helper(&journal);
	(void)journal_write(&journal, &rec);
	journal_close(&journal);
}

static void write_files(void *arg, struct child_result *ret)
{
	const struct files_job *job = arg;
	struct errbuf err = { .text = "" };

	say_crashed(job);
	if (job->embed_text)
		say(job, REC_CHANNEL_EMBED, job->embed, job->embed_error, job->embed_text);
	if (job->first)
		say(job, REC_CHANNEL_SIDECAR, REC_CHANNEL_USED, 0,
		    SIDECAR_RECORDS ", " SIDECAR_TEXT);
	ret->rc = write_both(job, &err);
	if (ret->rc < 0 && job->first)
		say(job, REC_CHANNEL_SIDECAR, REC_CHANNEL_FAILED, ret->rc, err.text);
	(void)snprintf(ret->text, sizeof(ret->text), "%.150s", err.text);
}

/* -ETIMEDOUT: not within PUBLISH_FILES_MS. */
static int write_in_time(struct files_job *job, struct errbuf *err)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct child_result result = { 0 };
	int rc = child_start(&child, write_files, job);

	if (rc == 0)
		rc = child_collect(&child, PUBLISH_FILES_MS, &result);
	if (rc == 0) {
		errbuf_set(err, "%s", result.text);
		return result.rc;
	}
	rc = rc == -EAGAIN ? -ETIMEDOUT : rc;
	errbuf_set(err, "%s", strerror(-rc));
	return rc;
}

static int publish_files(struct files_job *job, struct errbuf *err)
{
	int rc;

	job->helper = true;
	rc = write_in_time(job, err);
	if (rc != -ETIMEDOUT && rc != -ECHILD)
		return rc;
	job->helper = false;
	return write_in_time(job, err);
}

int publish(const struct fsroot *root, int dir_fd, struct errbuf *err)
{
	struct files_job job = {
		.root = root,
		.dir_fd = dir_fd,
		.first = true,
		.embed = REC_CHANNEL_ABSENT,
		.embed_text = "option --embed was not given",
	};

	return publish_files(&job, err);
}

struct embed_job {
	int dir_fd;
	const char *dump;
};

/* In the grandchild. Relative names, so that what was looked at is what is written. */
static void exec_ctl(const struct embed_job *job, int out_fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fchdir(job->dir_fd) < 0)
		_exit(126);
	dup2(out_fd, STDOUT_FILENO);
	dup2(out_fd, STDERR_FILENO);
	execlp(NAME_CTL, NAME_CTL, "embed", job->dump, SIDECAR_RECORDS, (char *)NULL);
	_exit(errno == ENOENT ? 127 : 126);
}

/* Read the first line that the program prints; the pipe ends when the program ends. */
static void read_line(int fd, char *buf, size_t cap)
{
	size_t have = 0;
	char more[256];
	ssize_t n;

	while ((n = read(fd, have + 1 < cap ? buf + have : more,
			 have + 1 < cap ? cap - 1 - have : sizeof(more))) > 0)
		if (have + 1 < cap)
			have += (size_t)n;
	buf[have] = 0;
	buf[strcspn(buf, "\n")] = 0;
}

static void run_ctl(void *arg, struct child_result *ret)
{
	int fds[2], status = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		ret->rc = -errno;
		return;
	}
	if (!pid)
		exec_ctl(arg, fds[1]);
	close(fds[1]);
	read_line(fds[0], ret->text, sizeof(ret->text));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ret->rc = WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/* Returns an enum rec_channel_state; *ret_error for a failed one. */
static enum rec_channel_state embed_records(int dir_fd, int *ret_error, char *text, size_t cap)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct child_result result = { 0 };
	char dump[256];
	struct embed_job job = { dir_fd, dump };
	int rc = crashdir_dump(dir_fd, dump, sizeof(dump));

	*ret_error = 0;
	if (rc < 0) {
		(void)snprintf(text, cap, "the folder has no finished dump");
		return REC_CHANNEL_ABSENT;
	}
	rc = child_start(&child, run_ctl, &job);
	if (rc == 0)
		rc = child_collect(&child, PUBLISH_EMBED_MS, &result);
	if (rc == 0 && result.rc == 127) {
		(void)snprintf(text, cap, "this image has no %s", NAME_CTL);
		return REC_CHANNEL_ABSENT;
	}
	/* Torn records are embedded up to the torn place; "log" reports this for the note. */
	if (rc == 0 && (result.rc == EXIT_DONE || result.rc == EXIT_PARTIAL)) {
		(void)snprintf(text, cap, "%.100s", dump);
		return REC_CHANNEL_USED;
	}
	*ret_error = rc == -EAGAIN ? -ETIMEDOUT : rc < 0 ? rc : -EIO;
	(void)snprintf(text, cap, "%.150s", result.text[0] ? result.text : strerror(-*ret_error));
	return REC_CHANNEL_FAILED;
}

int publish_embed(const struct fsroot *root, int dir_fd, struct errbuf *err)
{
	struct files_job job = { .root = root, .dir_fd = dir_fd, .first = true };
	struct errbuf later;
	char text[160];
	int rc;

	rc = publish_files(&job, err);
	if (rc < 0)
		return rc;
	job.embed = embed_records(dir_fd, &job.embed_error, text, sizeof(text));
	job.embed_text = text;
	job.first = false;
	/*
	 * Write the files once more, with the state of the embedded note. If that fails, the first
	 * files stay.
	 */
	(void)write_in_time(&job, &later);
	if (job.embed == REC_CHANNEL_USED)
		return 0;
	errbuf_set(err, "the records are not in the dump: %s", text);
	return job.embed_error ? job.embed_error : -ENOENT;
}
