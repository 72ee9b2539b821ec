// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * machine.c - read the records of this machine into a story, and print a message for each fault.
 */
#include "ctl/input/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ctl/input/bytes.h"
#include "ctl/input/message.h"
#include "lib/base/cleanup.h"
#include "lib/machine/helper.h"

void records_free(struct story *story)
{
	story_clear(story);
}

static int add_file(const struct ctl *ctl, const char *path, struct story *story)
{
	_cleanup_input_ struct input input = { 0 };
	struct errbuf err;
	size_t torn = story->torn;
	int r = input_read_below(ctl, path, &input, &err);

	if (r < 0 && r != -ENOENT)
		ctl_message("%s", err.text);
	if (r < 0)
		return 0;
	r = story_add_stream(story, input.data, input.len);
	if (story->torn > torn)
		ctl_message("%s: torn at byte %zu", input.name, story->torn_offset);
	return r;
}

/*
 * Add the helper's records. @alone: there is no other source, so a missing helper is worth a
 * message.
 */
static int add_helper(const struct ctl *ctl, struct story *story, bool alone)
{
	/* The paths in these messages are below --root. */
	const char *below = ctl->has_root ? ctl->root_path : "", *colon = below[0] ? ": " : "";
	struct helper_info info;
	struct errbuf err;
	int r = helper_read_story(&ctl->root, story, NULL, &info, &err);

	if (r == HELPER_MISSING) {
		if (alone)
			ctl_message("%s%sthere is no daemon and no record in /%s; %s", below, colon,
				    PATH_RUN, err.text);
	} else if (r != HELPER_OK || info.failed || info.torn) {
		ctl_message("%s%s%s", below, colon, err.text);
	}
	return r < 0 ? r : 0;
}

/* Do records exist that this user may not read? */
static bool is_denied(const struct ctl *ctl)
{
	static const char *const paths[] = { PATH_JOURNAL, PATH_HELPER };
	size_t i;
	int fd;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		fd = fsroot_openat(&ctl->root, O_RDONLY | O_NONBLOCK, 0, "%s", paths[i]);
		if (fd == -EACCES || fd == -EPERM)
			return true;
		if (fd >= 0)
			close(fd);
	}
	return false;
}

const char *records_why(int error)
{
	switch (error) {
	case -EACCES: return "permission denied: run as root";
	case -E2BIG: return "the records have more items than any machine";
	default: return strerror(-error);
	}
}

int records_of_machine(const struct ctl *ctl, struct story *story, struct report_source *ret_source)
{
	struct report_source source = { .kind = REPORT_FROM_NOTHING, .elsewhere = !ctl->root.real };
	u64 before;
	int r;

	*ret_source = source;
	if (is_denied(ctl))
		return -EACCES;
	r = add_file(ctl, PATH_HELPER_COPY, story);
	source.copy = story->records > 0;
	before = story->records;
	if (r >= 0)
		r = add_file(ctl, PATH_JOURNAL, story);
	source.journal = story->records > before;
	before = story->records;
	if (r >= 0)
		r = add_helper(ctl, story, !before);
	source.helper = story->records > before;
	if (source.copy || source.journal)
		source.kind = REPORT_FROM_JOURNAL;
	else if (source.helper)
		source.kind = REPORT_FROM_HELPER;
	*ret_source = source;
	return r < 0 ? r : story_finish(story);
}
