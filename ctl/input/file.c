// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * file.c - see file.h. A dump without our note is no error if the sidecar is beside it, and the
 * other way round: the user need not know which of the two a machine leaves.
 */
#include "ctl/input/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/dump/dump.h"
#include "ctl/dump/vmcoreinfo.h"
#include "ctl/input/message.h"
#include "lib/base/cleanup.h"
#include "lib/machine/crashdir.h"
#include "lib/story/names.h"

void recfile_beside(const char *name, char *buf, size_t cap)
{
	const char *slash = strrchr(name, '/');

	(void)snprintf(buf, cap, "%.*s%s", slash ? (int)(slash + 1 - name) : 0, name,
		       SIDECAR_RECORDS);
}

/* "@name/<the dump in it>" into @dump, when the open folder has one. */
static void dump_in_folder(int fd, const char *name, char *dump, size_t cap)
{
	char in[256];

	if (crashdir_dump(fd, in, sizeof(in)) >= 0 &&
	    snprintf(dump, cap, "%s/%s", name, in) >= (int)cap)
		dump[0] = 0;
}

enum file_kind file_kind(const struct ctl *ctl, const char *name, char *dump, size_t cap)
{
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS);
	u8 head[DUMP_HEAD_BYTES];
	struct stat st;
	ssize_t n;

	if (dump)
		dump[0] = 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return FILE_UNKNOWN;
	if (S_ISDIR(st.st_mode)) {
		if (dump)
			dump_in_folder(fd, name, dump, cap);
		return FILE_FOLDER;
	}
	n = S_ISREG(st.st_mode) ? pread(fd, head, sizeof(head), 0) : -1;
	if (n < 4)
		return FILE_UNKNOWN;
	if (dump_format(head, (size_t)n) != DUMP_NONE) {
		if (dump)
			(void)snprintf(dump, cap, "%s", name);
		return FILE_DUMP;
	}
	return core_ld32(head) == REC_MAGIC ? FILE_RECORDS : FILE_UNKNOWN;
}

static int parse_dump(struct recfile *file, struct dump_info *ret, struct errbuf *err)
{
	struct dump_src src;
	int r = dump_file_notes(&file->dump_file, &src, err);

	return r < 0 ? r : dump_parse(&src, ret, err);
}

/* Refuse a dump of another machine type, or of a process, even if records are beside it. */
static int check_dump(struct recfile *file, struct errbuf *err)
{
	struct dump_info info;
	struct errbuf why;

	if (parse_dump(file, &info, &why) != -ENOEXEC)
		return 0;
	errbuf_set(err, "%s: %s", file->dump, why.text);
	return -ENOEXEC;
}

static bool has_records(const struct input *input)
{
	struct rec_iter it = { .data = input->data, .len = input->len };
	struct rec rec;

	return rec_next(&it, &rec) == REC_OK || story_next_section(&it);
}

static int read_note(struct recfile *ret, struct errbuf *err)
{
	(void)snprintf(ret->input.name, sizeof(ret->input.name), "%s", ret->dump);
	return input_read_dump(&ret->dump_file, &ret->input, err);
}

/*
 * Read the records of a dump: from the file beside it, else from its note. If both are missing,
 * @err tells about the dump.
 */
static int read_of_dump(const struct ctl *ctl, struct recfile *ret, struct errbuf *err)
{
	char path[sizeof(ret->input.name)];
	struct errbuf other;
	int r = check_dump(ret, err);

	if (r < 0)
		return r;
	recfile_beside(ret->dump, path, sizeof(path));
	if (input_read(ctl, path, &ret->input, &other) >= 0 && has_records(&ret->input))
		return 0;
	input_free(&ret->input);
	r = read_note(ret, err);
	if (r != -ENOENT)
		return r;
	errbuf_set(&other, "%s", err->text);
	errbuf_set(err, "%s, and no " SIDECAR_RECORDS " beside it", other.text);
	return r;
}

/*
 * As input_read() of the folder @name, which looks for records in all of its dumps; the one that is
 * open already comes first.
 */
static int read_of_folder(const struct ctl *ctl, const char *name, struct recfile *ret,
			  struct errbuf *err)
{
	char path[sizeof(ret->input.name)];
	int r;

	if (ret->dump[0]) {
		recfile_beside(ret->dump, path, sizeof(path));
		r = input_read(ctl, path, &ret->input, err);
		if (r != -ENOENT || read_note(ret, err) >= 0)
			return r == -ENOENT ? 0 : r;
		input_free(&ret->input);
	}
	return input_read(ctl, name, &ret->input, err);
}

static int read_bytes(const struct ctl *ctl, const char *name, struct recfile *ret,
		      struct errbuf *err)
{
	int r;

	ret->kind = file_kind(ctl, name, ret->dump, sizeof(ret->dump));
	if (ret->dump[0])
		ret->dump_file.fd = input_open(ctl, ret->dump, INPUT_OPEN_FLAGS);
	if (ctl->records && ret->dump[0]) {
		r = check_dump(ret, err);
		return r < 0 ? r : input_read(ctl, ctl->records, &ret->input, err);
	}
	r = ret->kind == FILE_DUMP     ? read_of_dump(ctl, ret, err)
	    : ret->kind == FILE_FOLDER ? read_of_folder(ctl, name, ret, err)
				       : input_read(ctl, name, &ret->input, err);
	if (r >= 0 && ctl->records) {
		errbuf_set(err, "%s is not a dump, and --records needs a dump", name);
		return -EINVAL;
	}
	return r;
}

static int make_story(struct recfile *ret, struct errbuf *err)
{
	int r = story_add_stream(&ret->story, ret->input.data, ret->input.len);

	if (r >= 0)
		r = story_finish(&ret->story);
	if (r < 0) {
		errbuf_set(err, "%s: %s", ret->input.name,
			   r == -E2BIG ? "it has more items than any machine" : strerror(-r));
		return r;
	}
	if (!ret->story.records) {
		errbuf_set(err, "%s: not a record file: no record at byte 0", ret->input.name);
		return -EBADMSG;
	}
	ret->partial = ret->input.broken || ret->story.torn;
	return 0;
}

static void clear_records(struct recfile *file)
{
	story_clear(&file->story);
	klog_free(&file->log);
	input_free(&file->input);
}

/* The file beside the dump is of another crash: use the note, which always belongs to the dump. */
static void take_note(struct recfile *file, struct errbuf *err)
{
	struct input input = file->input;
	struct story story = file->story;
	struct errbuf note_err = { .text = "" };
	bool partial = file->partial;

	file->input = (struct input){ 0 };
	file->story = (struct story){ 0 };
	if (read_note(file, &note_err) < 0 || make_story(file, &note_err) < 0) {
		clear_records(file);
		file->input = input;
		file->story = story;
		file->partial = partial;
		return;
	}
	(void)snprintf(file->passed_over, sizeof(file->passed_over), "%s", input.name);
	file->belong = (struct belong){ .verdict = BELONG_UNKNOWN };
	input_free(&input);
	story_clear(&story);
	*err = note_err;
}

/* Older records do not tell which kernel crashed and when; the dump does. */
static void take_crashed(struct recfile *file)
{
	_cleanup_free_ char *text = NULL;
	struct dump_info info;
	struct errbuf ignored;

	if (parse_dump(file, &info, &ignored) >= 0)
		text = vmcoreinfo_read(&file->dump_file, &info);
	if (!text)
		return;
	vmcoreinfo_crashed(text, &file->story.crashed);
	file->story.has_crashed = true;
}

static int read_records(const struct ctl *ctl, const char *name, struct recfile *ret,
			struct errbuf *err)
{
	int r = read_bytes(ctl, name, ret, err);

	if (r >= 0)
		r = make_story(ret, err);
	if (r < 0 || !ret->dump[0])
		return r;
	/* The records in the dump itself belong to it. */
	if (strcmp(ret->dump, ret->input.name) != 0)
		belong_judge(&ret->dump_file, ctl->quick, &ret->story, &ret->belong);
	if (ret->belong.verdict == BELONG_NO && !ctl->records)
		take_note(ret, err);
	ret->partial |= ret->belong.verdict == BELONG_NO;
	if (ret->belong.verdict != BELONG_NO && !ret->story.has_crashed)
		take_crashed(ret);
	return 0;
}

/*
 * Make the log that was read the story. @rc: what the reader of logs returned; so does this
 * function.
 */
static int take_log(const char *name, struct recfile *ret, int rc, struct errbuf *err)
{
	if (rc <= 0)
		return rc;
	(void)snprintf(ret->input.name, sizeof(ret->input.name), "%s", name);
	if (!ret->log_too) {
		errbuf_set(err,
			   "%s is a kernel log without records; only report, log, events, diff "
			   "and collect read it",
			   name);
		return -EBADMSG;
	}
	ret->partial = true;
	rc = klog_story(&ret->log, &ret->story);
	if (rc >= 0)
		rc = story_finish(&ret->story);
	if (rc < 0)
		errbuf_set(err, "%s: %s", name, strerror(-rc));
	return rc < 0 ? rc : 1;
}

/* A crash without records may have logs. @rc and @err: why there are no records. */
static int read_logs(const struct ctl *ctl, const char *name, struct recfile *ret, int rc,
		     struct errbuf *err)
{
	_cleanup_kernel_file_ struct kernel_file dump = { .name = ret->dump,
							  .file = &ret->dump_file };
	struct errbuf log_err, no_records = *err;
	int found;

	if (ctl->records)
		return rc;
	found = kernel_log_crash(ctl, name, ret->dump[0] ? &dump : NULL, &ret->sink, &ret->log,
				 &log_err);
	found = take_log(name, ret, found, &log_err);
	if (!found) {
		if (rc == -ENOENT && log_err.text[0])
			errbuf_set(err, "%s; %s", no_records.text, log_err.text);
		return rc;
	}
	/* -ENOENT for the records needs no more words, an unreadable file does. */
	if (found < 0 || log_err.text[0] || rc == -ENOENT)
		*err = log_err;
	if (found > 0 && ret->log.of_dump)
		take_crashed(ret);
	return found < 0 ? found : 0;
}

int recfile_read(const struct ctl *ctl, const char *name, struct recfile *ret, struct errbuf *err)
{
	int rc = ctl->records ? 0 : kernel_log_read(ctl, name, &ret->sink, &ret->log, err);

	rc = take_log(name, ret, rc, err);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = read_records(ctl, name, ret, err);
	return rc < 0 && ret->log_too ? read_logs(ctl, name, ret, rc, err) : rc;
}

void recfile_warn(const struct recfile *file, const struct errbuf *err)
{
	if (file->input.broken || (file->story.log && err->text[0]))
		ctl_message("%s", err->text);
	if (file->story.torn)
		ctl_message("%s: torn at byte %zu; %llu records were read", file->input.name,
			    file->story.torn_offset, file->story.records);
	if (file->passed_over[0])
		ctl_message("%s is of another crash; the records in %s are used", file->passed_over,
			    file->dump);
	if (file->belong.verdict == BELONG_NO)
		ctl_message("%s does not belong to %s: %s", file->input.name, file->dump,
			    file->belong.why);
}

int recfile_open(const struct ctl *ctl, const char *name, struct recfile *ret)
{
	struct errbuf err = { .text = "" };
	int r = recfile_read(ctl, name, ret, &err);

	if (r < 0)
		ctl_message("%s", err.text);
	else
		recfile_warn(ret, &err);
	return r;
}

int recfile_judge(const struct recfile *file, struct verdict *ret)
{
	int r = verdict_decide(&file->story, ret);

	if (r < 0)
		return r;
	if (file->belong.verdict == BELONG_NO) {
		ret->foreign = ret->partial = true;
		(void)verdict_add(ret, VERDICT_OTHER_CRASH,
				  "the records do not belong to the dump: %s", file->belong.why);
	}
	if (file->input.broken) {
		ret->partial = true;
		(void)verdict_add(ret, VERDICT_INPUT_BROKEN,
				  "the records could not be read to their end");
	}
	return verdict_settle(ret);
}

void recfile_close(struct recfile *file)
{
	clear_records(file);
	if (file->dump[0]) {
		dump_file_close(&file->dump_file);
		if (file->dump_file.fd >= 0)
			close(file->dump_file.fd);
	}
	file->dump[0] = 0;
}
