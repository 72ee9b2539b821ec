// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * helper.c - reads the helper's records. A records file is used only if it has FILE and SMMU
 * records, which all other records refer to; then all records before a torn tail count. A file
 * without them counts as missing: devices must not be held because of garbage.
 *
 * Two passes would read two different "now" states, so records go to the caller at once; only at
 * the end of a file is it known whether the file was good.
 */
#include "lib/machine/helper.h"

#include <fcntl.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/story/names.h"

#define SMMUS_MAX 256
/* A snapshot of 65536 STEs with their CDs is 16 MiB. */
#define RECORDS_BYTES_MAX (64ull << 20)

struct reading {
	const struct fsroot *root;
	recread_fn fn;
	void *priv;
	struct recread_copy *copy;
	struct helper_info *info;
	struct errbuf *err;
	bool has_file, has_smmu; /* in the current records file */
	bool enough;
};

static int on_record(void *priv, const struct rec *rec)
{
	struct reading *r = priv;
	int rc;

	if (rec->type == REC_FILE && rec->file.producer == REC_PRODUCER_HELPER)
		r->has_file = true;
	if (!r->has_file)
		return 0;
	if (rec->type == REC_SMMU)
		r->has_smmu = true;
	rc = r->fn ? r->fn(r->priv, rec) : 0;
	r->enough = rc > 0;
	return rc < 0 ? rc : r->enough ? -ECANCELED : 0;
}

static void complain(struct reading *r, const char *smmu, const char *what)
{
	if (!r->err->text[0])
		errbuf_set(r->err, "/%s/%s/%s: %s", PATH_HELPER, smmu, SMMU_ADOPT_FILE_RECORDS,
			   what);
}

static int read_smmu(void *priv, const char *smmu)
{
	struct reading *r = priv;
	_cleanup_close_ int fd = -1;
	struct recread_info info;
	char what[96];
	int rc;

	r->info->smmus++;
	r->has_file = r->has_smmu = false;
	fd = fsroot_openat(r->root, O_RDONLY, 0, "%s/%s/%s", PATH_HELPER, smmu,
			   SMMU_ADOPT_FILE_RECORDS);
	if (fd < 0) {
		r->info->failed++;
		complain(r, smmu, strerror(-fd));
		return 0;
	}
	rc = recread_fd(fd, RECORDS_BYTES_MAX, on_record, r, r->copy, &info);
	r->info->bytes += info.bytes;
	if (r->enough)
		return 0;
	if (rc == -ENOMEM || rc == -E2BIG)
		return rc;
	if (!r->has_smmu) {
		r->info->failed++;
		complain(r, smmu, rc < 0 ? strerror(-rc) : "the file has no FILE and SMMU records");
	} else if (rc) {
		r->info->torn++;
		snprintf(what, sizeof(what), "%s at byte %llu; the rest is ignored",
			 rc < 0 ? strerror(-rc) : "no record",
			 (rc < 0 ? info.bytes : info.torn_at));
		complain(r, smmu, what);
	}
	return 0;
}

int helper_read(const struct fsroot *root, recread_fn fn, void *priv, struct recread_copy *copy,
		struct helper_info *ret, struct errbuf *err)
{
	struct reading r = {
		.root = root,
		.fn = fn,
		.priv = priv,
		.copy = copy,
		.info = ret,
		.err = err,
	};
	int rc;

	memset(ret, 0, sizeof(*ret));
	err->text[0] = 0;
	rc = fsroot_each(root, SMMUS_MAX, read_smmu, &r, "%s", PATH_HELPER);
	if (rc == -ENOENT || rc == -ENOTDIR) {
		errbuf_set(err,
			   "/%s is missing: module %s is not loaded, or debugfs is not mounted",
			   PATH_HELPER, SMMU_ADOPT_MODULE);
		return HELPER_MISSING;
	}
	if (rc == -EACCES || rc == -EPERM) {
		errbuf_set(err, "/%s: %s", PATH_HELPER, strerror(-rc));
		return HELPER_MISSING;
	}
	if (rc < 0) {
		errbuf_prefix(err, "/%s: %s", PATH_HELPER, strerror(-rc));
		return rc;
	}
	if (!ret->smmus) {
		errbuf_set(err, "the helper found no SMMUv3");
		return HELPER_NONE;
	}
	return ret->failed == ret->smmus ? HELPER_USELESS : HELPER_OK;
}

int helper_read_smmu(const struct fsroot *root, const char *smmu, recread_fn fn, void *priv)
{
	struct helper_info info = { 0 };
	struct errbuf err = { .text = "" };
	struct reading r = { .root = root, .fn = fn, .priv = priv, .info = &info, .err = &err };
	int rc;

	if (!fsroot_name_ok(smmu))
		return -EINVAL;
	rc = read_smmu(&r, smmu);
	return rc < 0 ? rc : info.failed || info.torn ? -EIO : 0;
}

static int to_story(void *priv, const struct rec *rec)
{
	return story_add(priv, rec);
}

int helper_read_story(const struct fsroot *root, struct story *story, struct recread_copy *copy,
		      struct helper_info *ret, struct errbuf *err)
{
	return helper_read(root, to_story, story, copy, ret, err);
}
