// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dumpconf.c - "smmu-adoptd resolve". The text is made first and printed as a
 * whole.
 */
#include "resolve/dumpconf.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/strbuf.h"
#include "resolve/dumppath.h"
#include "lib/story/names.h"

struct resolving {
	const struct fsroot *root;
	struct dumppath path;
	struct strbuf comments;
	char first[DUMPPATH_TARGET_BYTES];
	struct errbuf *err;
};

static int resolve_one(struct resolving *r, const char *target, const char *source)
{
	int rc = dumppath_resolve(r->root, target, &r->path, r->err);

	if (rc < 0) {
		if (source)
			errbuf_prefix(r->err, "/%s", source);
		return rc;
	}
	if (!r->first[0])
		snprintf(r->first, sizeof(r->first), "%s", target);
	strbuf_printf(&r->comments, "# %s", target);
	if (source)
		strbuf_printf(&r->comments, " (/%s)", source);
	if (r->path.via[0])
		strbuf_printf(&r->comments, ": %s", r->path.via);
	strbuf_putc(&r->comments, '\n');
	return 0;
}

static int resolve_found(struct resolving *r)
{
	struct dumppath_targets found;
	size_t i;
	int rc = 0;

	dumppath_find_targets(r->root, &found);
	if (found.cut || !found.count) {
		errbuf_set(r->err, found.cut ? "a dump target in kdump's files is not understood"
					     : "no dump target is named, configured or found");
		return -ENOENT;
	}
	for (i = 0; i < found.count && rc == 0; i++)
		rc = resolve_one(r, found.target[i].text, found.target[i].source);
	return rc;
}

static int resolve_all(struct resolving *r, const struct config *config, const char *const *targets,
		       size_t n)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		rc = resolve_one(r, targets[i], NULL);
	for (i = 0; !n && i < config->dump.count && rc == 0; i++)
		rc = resolve_one(r, config->dump.device[i].name, NULL);
	return n || config->dump.count || rc < 0 ? rc : resolve_found(r);
}

int dumpconf_print(const struct fsroot *root, const struct config *config,
		   const char *const *targets, size_t n, FILE *out, struct errbuf *err)
{
	struct resolving r = { .root = root, .err = err };
	struct utsname names = { .release = "" };
	size_t i;
	int rc;

	rc = resolve_all(&r, config, targets, n);
	if (rc == 0)
		rc = r.comments.error;
	if (rc == 0) {
		uname(&names);
		fprintf(out,
			"# Made by \"%s resolve\" on %s, for the capture image.\n%s"
			"[Dump]\ndevice =\n",
			NAME_DAEMON, names.release, strbuf_text(&r.comments));
		for (i = 0; i < r.path.count; i++)
			fprintf(out, "device = %s\n", r.path.endpoint[i]);
		if (!config->target[0])
			fprintf(out, "target = %s\n", r.first);
		rc = ferror(out) ? -EIO : 0;
	}
	strbuf_free(&r.comments);
	return rc;
}
