// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * stream_name.c - see stream_name.h. A StreamID is only unique behind its SMMU. SMMUs of one
 * machine use the same numbers, so the first match would be right only by chance.
 */
#include "lib/story/stream_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/parse.h"
#include "lib/base/strbuf.h"
#include "lib/story/facts.h"

const char *stream_name_text(char buf[24], const struct story *story, u32 smmu, u32 sid)
{
	if (story->n_smmus > 1)
		(void)snprintf(buf, 24, "%u:0x%x", smmu, sid);
	else
		(void)snprintf(buf, 24, "0x%x", sid);
	return buf;
}

static int refuse(struct errbuf *err, const char *text, const struct strbuf *list)
{
	errbuf_set(err, "%.48s is ambiguous; one of: %s", text, strbuf_text(list));
	return -ENOTUNIQ;
}

/* ---- by device ---- */

/* "00:01.0" names "0000:00:01.0". */
static bool is_called(const struct story_device *device, const char *text)
{
	const char *name = device->last.name, *colon = strchr(name, ':');

	return !strcasecmp(name, text) || (colon && !strcasecmp(colon + 1, text));
}

static int find_device(const struct story *story, const char *text, struct stream_name *ret,
		       struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf list = { 0 };
	size_t i, n = 0;

	for (i = 0; i < story->n_devices; i++) {
		if (!is_called(&story->devices[i], text))
			continue;
		*ret = (struct stream_name){ .device = &story->devices[i],
					     .smmu = story->devices[i].last.smmu };
		strbuf_join(&list, ", ", CLEAN(story->devices[i].last.name));
		n++;
	}
	if (n > 1)
		return refuse(err, text, &list);
	if (n)
		return 0;
	errbuf_set(err, "the records have no device %.48s", text);
	return -ENOENT;
}

/* ---- by StreamID ---- */

static bool smmu_has(const struct story *story, u32 smmu, u32 sid)
{
	size_t i;

	if (story_find_stream(story, smmu, sid))
		return true;
	for (i = 0; i < story->n_devices; i++)
		if (story->devices[i].last.smmu == smmu &&
		    report_device_has(story->devices[i].facts, sid))
			return true;
	return false;
}

static int find_sid(const struct story *story, const char *text, struct stream_name *ret,
		    struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf list = { 0 };
	const struct story_device *device;
	size_t i, n = 0;

	/* A StreamID without records belongs to the only SMMU. */
	ret->smmu = story->n_smmus == 1 ? story->smmus[0].smmu : STREAM_ANY_SMMU;
	for (i = 0; i < story->n_smmus; i++) {
		u32 smmu = story->smmus[i].smmu;

		if (!smmu_has(story, smmu, ret->sid))
			continue;
		ret->smmu = smmu;
		n++;
		strbuf_join(&list, ", ", STREAM_NAME(story, smmu, ret->sid));
		device = story_device_of(story, smmu, ret->sid);
		if (device)
			strbuf_printf(&list, " (%s)", CLEAN(device->last.name));
	}
	return n > 1 ? refuse(err, text, &list) : 0;
}

/* "SMMU:SID"; -EINVAL: of another form. */
static int find_pair(const struct story *story, const char *text, struct stream_name *ret,
		     struct errbuf *err)
{
	const char *colon = strchr(text, ':');
	char smmu[12];

	if (!colon || (size_t)(colon - text) >= sizeof(smmu))
		return -EINVAL;
	(void)snprintf(smmu, sizeof(smmu), "%.*s", (int)(colon - text), text);
	if (parse_u32(smmu, 0, STREAM_ANY_SMMU - 1, &ret->smmu) < 0 ||
	    parse_u32(colon + 1, 0, UINT32_MAX, &ret->sid) < 0)
		return -EINVAL;
	if (story_find_smmu(story, ret->smmu))
		return 0;
	errbuf_set(err, "the records have no SMMU %u", ret->smmu);
	return -ENOENT;
}

int stream_name_find(const struct story *story, const char *text, struct stream_name *ret,
		     struct errbuf *err)
{
	int rc;

	*ret = (struct stream_name){ 0 };
	if (parse_u32(text, 0, UINT32_MAX, &ret->sid) == 0)
		return find_sid(story, text, ret, err);
	rc = find_pair(story, text, ret, err);
	if (rc != -EINVAL)
		return rc;
	rc = find_device(story, text, ret, err);
	if (rc == -ENOENT && !strpbrk(text, ".:")) {
		errbuf_set(err, "'%.48s' is not a StreamID, SMMU:StreamID or device", text);
		return -EINVAL;
	}
	return rc;
}

int stream_name_sid(const struct story *story, struct stream_name *name, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf list = { 0 };
	const struct report_device *d;
	size_t i;

	if (!name->device)
		return 0;
	d = name->device->facts;
	for (i = 0; i < d->n_sids; i++)
		strbuf_join(&list, ", ", STREAM_NAME(story, name->smmu, d->sids[i]));
	if (d->n_sids > 1)
		return refuse(err, CLEAN(name->device->last.name), &list);
	if (!d->n_sids) {
		errbuf_set(err, "the records have no StreamID of %s",
			   CLEAN(name->device->last.name));
		return -ENOENT;
	}
	name->sid = d->sids[0];
	return 0;
}

void stream_name_hint(const struct story *story, const char *text, struct strbuf *ret)
{
	const struct story_device *d = NULL;
	u32 decimal;
	size_t i;
	u64 hex;

	if (!strncasecmp(text, "0x", 2) || parse_u32(text, 0, UINT32_MAX, &decimal) < 0 ||
	    parse_hex(text, &hex) < 0 || hex > UINT32_MAX || hex == decimal)
		return;
	for (i = 0; i < story->n_smmus && !d; i++)
		d = story_device_of(story, story->smmus[i].smmu, (u32)hex);
	if (d)
		strbuf_printf(ret, "; %s is read as decimal, and 0x%s is %s", text, text,
			      CLEAN(d->last.name));
}
