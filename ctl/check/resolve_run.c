// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * resolve_run.c - run smmu-adopt-resolve, which is beside this program, as installed or as built,
 * and read its answer as the daemon does.
 */
#include "ctl/check/resolve_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/check/run_program.h"
#include "lib/base/cleanup.h"
#include "lib/story/names.h"

#define ANSWER_BYTES_MAX (256u << 10)

static int find_program(char *path, size_t cap)
{
	static const char *const places[] = { "../libexec/smmu-adopt/resolve",
					      "../resolve/" NAME_RESOLVE };
	const char *given = getenv("SMMU_ADOPT_RESOLVE");
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t i;

	if (given) {
		snprintf(path, cap, "%s", given);
		return access(path, X_OK) < 0 ? -errno : 0;
	}
	self[n > 0 ? n : 0] = 0;
	if (strrchr(self, '/'))
		*strrchr(self, '/') = 0;
	for (i = 0; n > 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, cap, "%s/%s", self, places[i]);
		if (access(path, X_OK) == 0)
			return 0;
	}
	snprintf(path, cap, "/%s", PATH_RESOLVE);
	return access(path, X_OK) < 0 ? -errno : 0;
}

/* Take all comments but the first, which names the program. */
static void take_comments(struct strbuf *how, const char *text)
{
	const char *p = strchr(text, '\n');

	for (; p && p[1] == '#'; p = strchr(p + 1, '\n')) {
		const char *line = p + 1 + strspn(p + 1, "# ");

		if (how->len)
			strbuf_puts(how, "; ");
		strbuf_putn(how, line, strcspn(line, "\n"));
	}
}

int resolve_run(const struct ctl *ctl, const char *target, struct config *ret, struct strbuf *how,
		struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf answer = { 0 };
	char path[600];
	const char *const argv[] = { path, "--root", ctl->has_root ? ctl->root_path : "/",
				     "--", target,   NULL };
	int rc = find_program(path, sizeof(path));

	if (rc < 0) {
		errbuf_set(err, NAME_RESOLVE " is not installed");
		return -ENOENT;
	}
	/* The answer also has its messages, so stderr is not needed. */
	rc = run_program(argv, RESOLVE_RUN_MS, ANSWER_BYTES_MAX, &answer);
	if (rc != EXIT_DONE && rc != EXIT_FINDINGS) {
		rc = rc == -EINTR || rc > 0 ? -EIO : rc;
		errbuf_set(err, NAME_RESOLVE " failed: %s",
			   rc == -EIO ? "run it by hand to see why" : strerror(-rc));
		return rc;
	}
	config_defaults(ret);
	config_add_text(ret, strbuf_text(&answer), NAME_RESOLVE);
	if (how)
		take_comments(how, strbuf_text(&answer));
	return 0;
}
