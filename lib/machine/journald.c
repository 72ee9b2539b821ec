// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * journald.c - journald's native protocol: lines KEY=value in one datagram.
 *
 * sd_journal_send() waits when journald's queue is full, and journald may hang together with the
 * disk that it writes to. So we send by ourselves.
 */
#include "lib/machine/journald.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

#define SEND_MS 2000

struct entry {
	char text[1536];
	size_t len;
};

/* One field. A value is one line: what would end it becomes '?'. */
static void __attribute__((format(printf, 3, 4)))
field(struct entry *e, const char *key, const char *format, ...)
{
	size_t left = sizeof(e->text) - e->len, i;
	char value[320];
	va_list args;
	int n;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	for (i = 0; value[i]; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			value[i] = '?';
	n = snprintf(e->text + e->len, left, "%s=%s\n", key, value);
	if (n > 0 && (size_t)n < left)
		e->len += (size_t)n;
}

static void stage_entry(struct entry *e, const struct rec_stage *stage)
{
	const char *name = rec_stage_name(stage->stage);

	field(e, "MESSAGE", "%s%s%s", name, stage->text[0] ? ": " : "", stage->text);
	field(e, "MESSAGE_ID", MESSAGE_ID_STAGE);
	field(e, "PRIORITY", "%d", stage->stage == REC_STAGE_ABORTED ? 3 : 5);
	field(e, "SMMU_ADOPT_STAGE", "%s", name);
}

static void step_entry(struct entry *e, const struct rec_result *r)
{
	bool bad = r->outcome == REC_STEP_FAILED || r->outcome == REC_STEP_TIMEOUT;

	field(e, "MESSAGE", "%s %s: %s%s%s", rec_action_name(r->action), r->device,
	      rec_outcome_name(r->outcome), r->detail[0] ? ", " : "", r->detail);
	field(e, "MESSAGE_ID", MESSAGE_ID_STEP);
	field(e, "PRIORITY", "%d", bad ? 4 : 6);
	field(e, "SMMU_ADOPT_STEP", "%u", r->step);
	field(e, "SMMU_ADOPT_ACTION", "%s", rec_action_name(r->action));
	field(e, "SMMU_ADOPT_DEVICE", "%s", r->device);
	field(e, "SMMU_ADOPT_OUTCOME", "%s", rec_outcome_name(r->outcome));
	field(e, "SMMU_ADOPT_USEC", "%llu", r->took_ns / 1000);
	if (r->error)
		field(e, "ERRNO", "%d", -r->error);
}

static void finding_entry(struct entry *e, const struct rec_finding *f)
{
	field(e, "MESSAGE", "%s", f->text);
	field(e, "MESSAGE_ID", MESSAGE_ID_FINDING);
	field(e, "PRIORITY", "%d", f->severity == REC_SEV_ERROR ? 3 : 4);
	field(e, "SMMU_ADOPT_FINDING", "%s", rec_finding_name(f->code));
	if (f->sid != REC_NO_SID)
		field(e, "SMMU_ADOPT_SID", "0x%x", f->sid);
}

int journald_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return steal_fd(&fd);
}

void journald_send(int fd, const struct rec *rec)
{
	struct entry e = { .len = 0 };

	if (fd < 0)
		return;
	switch (rec->type) {
	case REC_STAGE: stage_entry(&e, &rec->stage); break;
	case REC_RESULT: step_entry(&e, &rec->result); break;
	case REC_FINDING: finding_entry(&e, &rec->finding); break;
	default: return;
	}
	field(&e, "SYSLOG_IDENTIFIER", NAME_DAEMON);
	if (send(fd, e.text, e.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* the records have it */
}

int journald_send_lines(int fd, const char *lines, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (send(fd, lines, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno != EAGAIN)
		return -errno;
	if (clock_poll(&p, 1, SEND_MS) <= 0)
		return -ETIMEDOUT;
	return send(fd, lines, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
