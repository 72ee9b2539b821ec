// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * journal.c - O_APPEND and one write() per record keep records whole even when `smmu-adoptd
 * publish` appends at the same time. A short write (no space) is taken back at once: a half record
 * would hide everything after it from readers.
 *
 * But a reader may see half of a record that is being written, and whoever opens the journal cuts
 * torn tails. So a record is written, and a tail is cut, under a lock (fcntl's, which belongs to a
 * process and dies with it). No process waits long for the lock: a writer then writes without it,
 * and a process that opens the journal cuts nothing.
 */
#include "lib/machine/journal.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/machine/boot.h"
#include "lib/story/names.h"
#include "lib/story/rec_fd.h"

#define JOURNAL_BYTES_MAX (64ull << 20)

#define LOCK_MS 100

static int set_lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &lock) < 0 ? -errno : 0;
}

/* 0, also where the file system has no locks; -EAGAIN: another process keeps the lock. */
static int take_lock(int fd)
{
	u64 deadline = clock_now_ns() + clock_ms(LOCK_MS);
	int rc;

	for (;;) {
		rc = set_lock(fd, F_WRLCK);
		if (rc != -EACCES && rc != -EAGAIN)
			return 0;
		if (clock_now_ns() >= deadline)
			return -EAGAIN;
		clock_sleep_ms(1);
	}
}

/*
 * Called under the lock. Another process may have written since, or was killed in a write; both
 * are behind the end that we know of.
 */
static int cut_torn(struct journal *journal)
{
	off_t size = lseek(journal->fd, 0, SEEK_END);
	struct recread_info info;
	int rc;

	if (size < 0)
		return -errno;
	if ((u64)size <= journal->end) {
		journal->end = (u64)size;
		return 0;
	}
	if (lseek(journal->fd, (off_t)journal->end, SEEK_SET) < 0)
		return -errno;
	rc = recread_fd(journal->fd, JOURNAL_BYTES_MAX, NULL, NULL, NULL, &info);
	if (rc < 0)
		return rc;
	if (rc == RECREAD_TORN && ftruncate(journal->fd, (off_t)(journal->end + info.torn_at)) < 0)
		return -errno;
	journal->torn_bytes += rc == RECREAD_TORN ? info.bytes - info.torn_at : 0;
	journal->end += rc == RECREAD_TORN ? info.torn_at : info.bytes;
	return 0;
}

static int note_record(void *priv, const struct rec *rec)
{
	struct journal *journal = priv;

	journal->seq = rec->type == REC_FILE ? 1 : rec->seq;
	if (rec->type == REC_PLAN && rec->plan.step > journal->last_step)
		journal->last_step = rec->plan.step;
	return 0;
}

static int read_all(struct journal *journal, struct recread_info *info)
{
	if (lseek(journal->fd, 0, SEEK_SET) < 0)
		return -errno;
	return recread_fd(journal->fd, JOURNAL_BYTES_MAX, note_record, journal, NULL, info);
}

/* Where did an earlier run stop? Cut what it left half-written. */
static int take_up(struct journal *journal)
{
	struct recread_info info;
	int rc;

	rc = read_all(journal, &info);
	if (rc >= 0)
		journal->end = rc == RECREAD_TORN ? info.torn_at : info.bytes;
	if (rc != RECREAD_TORN || take_lock(journal->fd) < 0)
		return rc < 0 ? rc : 0;
	/*
	 * The torn record may have been a record that was just being written: read again under the
	 * lock.
	 */
	rc = read_all(journal, &info);
	if (rc >= 0)
		rc = cut_torn(journal);
	set_lock(journal->fd, F_UNLCK);
	return rc;
}

int journal_open(struct journal *journal, const struct fsroot *root, struct errbuf *err)
{
	int rc;

	memset(journal, 0, sizeof(*journal));
	journal->fd = -1;
	journal->helper_fd = -1;
	journal_join_helper(journal, root);
	rc = fsroot_mkdir(root, 0700, "%s", PATH_RUN);
	if (rc == 0)
		journal->fd =
			fsroot_openat(root, O_RDWR | O_APPEND | O_CREAT, 0600, "%s", PATH_JOURNAL);
	if (rc == 0 && journal->fd < 0)
		rc = journal->fd;
	if (rc == 0)
		rc = take_up(journal);
	if (rc < 0) {
		errbuf_set(err, "/%s: %s", PATH_JOURNAL, strerror(-rc));
		if (journal->fd >= 0)
			close(journal->fd);
		journal->fd = -1;
		journal->error = rc;
	}
	return rc;
}

void journal_join_helper(struct journal *journal, const struct fsroot *root)
{
	if (journal->helper_fd < 0)
		journal->helper_fd =
			fsroot_openat(root, O_WRONLY | O_APPEND | O_NOCTTY, 0, "%s", PATH_CONTROL);
}

void journal_leave_helper(struct journal *journal)
{
	if (journal->helper_fd >= 0)
		close(journal->helper_fd);
	journal->helper_fd = -1;
}

void journal_close(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
	journal_leave_helper(journal);
}

static int append_locked(int fd, const u8 *data, size_t len)
{
	ssize_t n;
	off_t end;
	int rc;

	do {
		n = write(fd, data, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n == len)
		return 0;
	end = lseek(fd, 0, SEEK_CUR);
	rc = end < n || ftruncate(fd, end - n) < 0 ? -EIO : -ENOSPC;
	return rc;
}

/* A process that once waited in vain for the lock does not wait again for each record. */
static int append(struct journal *journal, const u8 *data, size_t len)
{
	int rc, lock = journal->unlocked ? -EAGAIN : take_lock(journal->fd);

	journal->unlocked = lock < 0;
	if (!lock)
		cut_torn(journal); /* if this fails, the record is written all the same */
	rc = append_locked(journal->fd, data, len);
	if (!lock && rc == 0)
		journal->end += len;
	if (!lock)
		set_lock(journal->fd, F_UNLCK);
	return rc;
}

int journal_write(struct journal *journal, struct rec *rec)
{
	u8 frame[REC_MAX_KNOWN_BYTES];
	int len, rc;

	rec->seq = rec->type == REC_FILE ? 1 : journal->seq + 1;
	rec->mono_ns = clock_now_ns();
	len = rec_encode(rec, frame, sizeof(frame));
	rc = len;
	/*
	 * The helper's log is bounded, and the journal has the record: a full log is not counted
	 * as a loss.
	 */
	if (len > 0 && journal->helper_fd >= 0 && write(journal->helper_fd, frame, (size_t)len) < 0)
		journal->helper_lost++;
	if (len > 0)
		rc = journal->fd < 0 ? journal->error : append(journal, frame, (size_t)len);
	if (rc < 0) {
		if (!journal->lost)
			journal->error = rc;
		journal->lost++;
		return rc;
	}
	journal->seq = rec->seq;
	if (rec->type == REC_PLAN && rec->plan.step > journal->last_step)
		journal->last_step = rec->plan.step;
	return 0;
}

void journal_begin(struct journal *journal, const struct fsroot *root)
{
	struct rec rec = { .type = REC_FILE };
	struct utsname names;

	rec.file.major = REC_VERSION_MAJOR;
	rec.file.minor = REC_VERSION_MINOR;
	rec.file.producer = REC_PRODUCER_DAEMON;
	rec.file.capture = fsroot_exists(root, "%s", PATH_VMCORE);
	rec.file.wall_s = (u64)time(NULL);
	if (uname(&names) == 0)
		snprintf(rec.file.kernel, sizeof(rec.file.kernel), "%.63s", names.release);
	snprintf(rec.file.program, sizeof(rec.file.program), "%s %s", NAME_DAEMON,
		 SMMU_ADOPT_VERSION);
	boot_read_id(root, rec.file.boot_id);
	journal_write(journal, &rec);
}

void journal_stage(struct journal *journal, enum rec_stage_id stage, int error, const char *format,
		   ...)
{
	struct rec rec = { .type = REC_STAGE };
	va_list ap;

	rec.stage.stage = (u16)stage;
	rec.stage.error = error;
	va_start(ap, format);
	vsnprintf(rec.stage.text, sizeof(rec.stage.text), format, ap);
	va_end(ap);
	journal_write(journal, &rec);
}

void journal_finding(struct journal *journal, const struct journal_about *about, const char *format,
		     ...)
{
	struct rec rec = { .type = REC_FINDING };
	va_list ap;

	rec.finding.smmu = about->smmu;
	rec.finding.sid = about->sid;
	rec.finding.severity = (u16)about->severity;
	rec.finding.code = (u16)about->code;
	rec.finding.sid_count = about->sid_count;
	rec.finding.sid_stride = about->sid_stride;
	va_start(ap, format);
	vsnprintf(rec.finding.text, sizeof(rec.finding.text), format, ap);
	va_end(ap);
	journal_write(journal, &rec);
}
