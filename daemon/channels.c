// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * channels.c - finds out which channels work. The helper tells whether the note is in
 * /proc/vmcore; the kernel log works if it can be opened; a journal service reads the kernel log
 * and our stderr.
 */
#include "daemon/channels.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/story/names.h"

#define NOTE_KEY "vmcore-note: "
#define NOTE_THERE "in /proc/vmcore"
#define STATE_BYTES 65536
#define SMMUS_MAX 64
/*
 * The supervisor asks before it reports the end of the stage, so a helper that hangs gets only
 * this time.
 */
#define NOTE_MS 500

void channels_say(struct journal *journal, enum rec_channel_id channel,
		  enum rec_channel_state state, int error, const char *format, ...)
{
	struct rec rec = { .type = REC_CHANNEL };
	va_list ap;

	rec.channel.channel = (u16)channel;
	rec.channel.state = (u16)state;
	rec.channel.error = error;
	va_start(ap, format);
	vsnprintf(rec.channel.text, sizeof(rec.channel.text), format, ap);
	va_end(ap);
	journal_write(journal, &rec);
}

struct look {
	const struct fsroot *root;
	char text[96]; /* of the note, empty: no helper */
};

/* What the helper says of the note; the same in every SMMU's folder. */
static int read_note(void *priv, const char *name)
{
	struct look *look = priv;
	_cleanup_free_ char *state = malloc(STATE_BYTES);
	char *at;

	if (!state || fsroot_read_text(look->root, state, STATE_BYTES, "%s/%s/%s", PATH_HELPER,
				       name, SMMU_ADOPT_FILE_STATE) < 0)
		return 0;
	at = strstr(state, NOTE_KEY);
	if (!at)
		return 0;
	at += strlen(NOTE_KEY);
	at[strcspn(at, "\n")] = 0;
	(void)snprintf(look->text, sizeof(look->text), "%s", at);
	return 1;
}

static void look_in_child(void *arg, struct child_result *ret)
{
	struct look look = { .root = arg };

	(void)fsroot_each(look.root, SMMUS_MAX, read_note, &look, "%s", PATH_HELPER);
	(void)snprintf(ret->text, sizeof(ret->text), "%s",
		       look.text[0] ? look.text : "the helper module is not loaded");
}

static void look_note(struct journal *journal, const struct fsroot *root)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct child_result look = { 0 };
	enum rec_channel_state state = REC_CHANNEL_ABSENT;
	u64 lost = journal->helper_lost;
	int rc = child_start(&child, look_in_child, (void *)root);

	if (rc == 0)
		rc = child_collect(&child, NOTE_MS, &look);
	if (rc < 0) {
		rc = rc == -EAGAIN ? -ETIMEDOUT : rc;
		channels_say(journal, REC_CHANNEL_NOTE, REC_CHANNEL_FAILED, rc, "/%s: %s",
			     PATH_HELPER, strerror(-rc));
		return;
	}
	if (!strcmp(look.text, NOTE_THERE))
		state = REC_CHANNEL_USED;
	else if (!strncmp(look.text, "failed", 6))
		state = REC_CHANNEL_FAILED;
	if (state == REC_CHANNEL_USED && journal->helper_fd < 0)
		channels_say(journal, REC_CHANNEL_NOTE, state, 0,
			     "only the snapshot, without the daemon's records: no /%s",
			     PATH_CONTROL);
	else if (state == REC_CHANNEL_USED && lost)
		channels_say(journal, REC_CHANNEL_NOTE, state, 0,
			     "the note had no room for %llu records", lost);
	else
		channels_say(journal, REC_CHANNEL_NOTE, state, 0, "%.90s", look.text);
}

void channels_look(struct journal *journal, const struct fsroot *root)
{
	_cleanup_close_ int kmsg =
		fsroot_openat(root, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0, "%s", PATH_KMSG);

	look_note(journal, root);
	if (kmsg >= 0)
		channels_say(journal, REC_CHANNEL_KMSG, REC_CHANNEL_USED, 0, "/%s", PATH_KMSG);
	else
		channels_say(journal, REC_CHANNEL_KMSG,
			     kmsg == -ENOENT ? REC_CHANNEL_ABSENT : REC_CHANNEL_FAILED, kmsg,
			     "/%s: %s", PATH_KMSG, strerror(-kmsg));
	if (fsroot_exists(root, "%s", PATH_JOURNALD_SOCKET))
		channels_say(journal, REC_CHANNEL_JOURNALD, REC_CHANNEL_USED, 0,
			     "journald runs; it has these records unless ReadKMsg=no is set");
	else
		channels_say(journal, REC_CHANNEL_JOURNALD, REC_CHANNEL_ABSENT, 0,
			     "this image has no journald");
}
