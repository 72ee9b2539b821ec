// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kmsg.c - /dev/kmsg gives one record a read(), and -EPIPE where the ring buffer has overwritten
 * records that were not read yet. The driver logs early at boot, so the log is read once, from its
 * oldest record.
 */
#include "lib/machine/kmsg.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/adopt_log.h"
#include "lib/base/cleanup.h"
#include "lib/story/names.h"

#define READS_MAX 200000u
#define WORDS_MAX 128 /* of the driver; the finding says more */

static void take_line(const char *line, size_t len, const char *dev, u32 *rank,
		      struct rec_finding *ret)
{
	struct adopt_log_said said;
	int n;

	if (!adopt_log_line(line, len, dev, &said) || said.rank <= *rank)
		return;
	*rank = said.rank;
	n = said.len < WORDS_MAX ? (int)said.len : WORDS_MAX;
	(void)snprintf(ret->text, sizeof(ret->text), "the driver said: %.*s", n, line + said.at);
	ret->sid = said.has_sid ? said.sid : REC_NO_SID;
}

/* A record has lines of its own behind the message, " KEY=value"; a file has many records. */
static void take_lines(const char *text, size_t len, const char *dev, u32 *rank,
		       struct rec_finding *ret)
{
	const char *end;
	size_t n;

	while (len) {
		end = memchr(text, '\n', len);
		n = end ? (size_t)(end - text) : len;
		if (n && text[0] != ' ')
			take_line(text, n, dev, rank, ret);
		n += end != NULL;
		text += n;
		len -= n;
	}
}

int kmsg_refusal(const struct fsroot *root, u32 smmu, const char *dev, struct rec_finding *ret)
{
	_cleanup_close_ int fd =
		fsroot_openat(root, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, "%s", PATH_KMSG);
	char buf[8192];
	u32 rank = 0, i;
	ssize_t n;

	if (fd < 0)
		return fd;
	*ret = (struct rec_finding){ .smmu = smmu,
				     .sid = REC_NO_SID,
				     .severity = REC_SEV_ERROR,
				     .code = REC_FIND_DRIVER_REFUSED };
	for (i = 0; i < READS_MAX; i++) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		take_lines(buf, (size_t)n, dev, &rank, ret);
	}
	return rank > 0;
}
