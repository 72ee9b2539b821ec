// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * outlook.c - makes sentences and findings about the machine's state.
 */
#include "lib/plan/outlook.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/machine/control.h"
#include "lib/story/names.h"
#include "lib/plan/vf.h"

#define FINDINGS_MAX 32

void outlook_why_aside(const struct story *story, char *buf, size_t cap)
{
	const struct story_smmu *smmu = story->n_smmus ? &story->smmus[0] : NULL;
	const struct rec_smmu *rec;

	if (!smmu) {
		snprintf(buf, cap, "absent: the helper found no SMMUv3");
		return;
	}
	rec = smmu->has_now ? &smmu->now : &smmu->crash;
	snprintf(buf, cap, "%s: %s (%s)", adopt_state_name(rec->state),
		 adopt_reason_text(rec->reason), rec->name);
}

void outlook_text(const struct inventory *inv, char *buf, size_t cap)
{
	u32 d, live = 0, bound = 0;

	for (d = 0; d < inv->count; d++) {
		live += inv->devices[d].live != INV_NOT_LIVE;
		bound += inv->devices[d].bound;
	}
	snprintf(buf, cap,
		 "%u of %u SMMUs adopted; %u endpoints are behind them: %u live, %u with a driver "
		 "already",
		 inv->adopted, inv->smmus, inv->count, live, bound);
}

/* Major version of the kernel that runs on @root, 0: not known. */
static unsigned int kernel_major(const struct fsroot *root)
{
	unsigned int major = 0;
	char release[80];

	if (fsroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease") < 0)
		return 0;
	return sscanf(release, "%3u.", &major) == 1 ? major : 0;
}

/* Names are there whatever kptr_restrict says. -1: no list. */
static int has_symbol(const struct fsroot *root, const char *name)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *line = NULL;
	int fd = fsroot_openat(root, O_RDONLY, 0, "proc/kallsyms");
	char word[64];
	size_t cap = 0;

	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (getline(&line, &cap, file) > 0)
		if (sscanf(line, "%*s %*s %63s", word) == 1 && !strcmp(word, name))
			return 1;
	return feof(file) && cap ? 0 : -1;
}

/* Look for the kernel's function first, not at its version, since vendors backport changes. */
bool outlook_resets_detach(const struct fsroot *root)
{
	unsigned int major;
	int answer = control_resets_detach(root);

	if (answer < 0)
		answer = has_symbol(root, "pci_dev_reset_iommu_prepare");
	if (answer >= 0)
		return answer;
	major = kernel_major(root);
	return !major || major >= 7;
}

void outlook_domains(const struct fsroot *root, const struct story *story, struct inventory *inv)
{
	struct control_info helper = { .version = 0 };
	bool there = control_info(root, &helper) == 0;
	size_t i;

	inv->may_prepare = inv->groups_early || (there && helper.version >= CONTROL_VERSION_DOMAIN);
	inv->attach_flush = helper.attach_flush;
	inv->may_flush = false;
	for (i = 0; inv->may_prepare && there && i < story->n_smmus; i++)
		if (inv_smmu_state(&story->smmus[i]) == ADOPT_ADOPTED &&
		    story->smmus[i].now.asids != REC_ASIDS_DISTINCT)
			inv->may_flush = true;
}

static void no_iommu_findings(struct journal *journal, const struct inventory *inv, u32 *budget)
{
	u32 d;

	for (d = 0; d < inv->count && *budget; d++) {
		const struct inv_device *dev = &inv->devices[d];
		const struct journal_about about =
			inv_about(dev, REC_SEV_WARNING, REC_FIND_NO_IOMMU);

		if (dev->gone || dev->group || (!dev->bound && !inv_refused(inv, dev)))
			continue;
		(*budget)--;
		journal_finding(
			journal, &about, "%s has no IOMMU attachment%s", dev->name,
			dev->bound ? ", but it has a driver"
			: dev->dump_path
				? "; its driver is tried all the same, because the dump needs it"
				: "; it gets no driver");
	}
}

static bool is_orphan(const struct story *story, const struct story_stream *stream)
{
	const struct story_smmu *smmu = story_stream_smmu(story, stream);

	return smmu && inv_smmu_state(smmu) == ADOPT_ADOPTED && story_stream_was_live(stream) &&
	       !stream->device_at;
}

/* Streams ascend, and so do the StreamIDs of one physical function. */
static void count_vf(struct vf_physical *pf, u32 sid)
{
	if (!pf->live++)
		pf->first = sid;
	pf->last = sid;
}

/* Virtual functions that are off are no problem: one information for each physical function. */
static void vf_findings(struct journal *journal, const struct inventory *inv,
			const struct vf_list *vf)
{
	u32 i;

	for (i = 0; i < vf->count; i++) {
		const struct vf_physical *pf = &vf->pf[i];
		const struct journal_about about = {
			.smmu = inv->devices[pf->device].smmu,
			.sid = pf->first,
			.severity = REC_SEV_INFO,
			.code = REC_FIND_VF_OFF,
			.sid_count = (pf->last - pf->first) / pf->stride + 1,
			.sid_stride = pf->stride,
		};

		if (pf->live)
			journal_finding(journal, &about,
					"%u virtual function%s of %s %s live at the crash: the "
					"kernel switched %s off at boot",
					pf->live, pf->live == 1 ? "" : "s",
					inv->devices[pf->device].name,
					pf->live == 1 ? "was" : "were",
					pf->live == 1 ? "it" : "them");
	}
}

static void no_device_findings(struct journal *journal, const struct fsroot *root,
			       const struct story *story, const struct inventory *inv, u32 *budget)
{
	struct vf_physical *pf;
	struct vf_list vf;
	bool found = false;
	size_t i;

	for (i = 0; i < story->n_streams; i++) {
		const struct story_stream *stream = &story->streams[i];
		const struct journal_about about = {
			.smmu = stream->smmu,
			.sid = stream->sid,
			.severity = REC_SEV_WARNING,
			.code = REC_FIND_NO_DEVICE,
		};

		if (!is_orphan(story, stream))
			continue;
		if (!found)
			vf_find(&vf, root, inv);
		found = true;
		pf = vf_physical_of(&vf, inv, stream->smmu, stream->sid);
		if (pf) {
			count_vf(pf, stream->sid);
			continue;
		}
		/* The helper may have said so. */
		if (stream->no_device || !*budget)
			continue;
		(*budget)--;
		journal_finding(
			journal, &about,
			"StreamID 0x%x was live at the crash; no device has this StreamID now",
			stream->sid);
	}
	if (found)
		vf_findings(journal, inv, &vf);
}

void outlook_findings(struct journal *journal, const struct fsroot *root, const struct story *story,
		      const struct inventory *inv)
{
	u32 budget = FINDINGS_MAX;

	no_iommu_findings(journal, inv, &budget);
	no_device_findings(journal, root, story, inv, &budget);
}

void outlook_keep_copy(const struct fsroot *root, bool good)
{
	/* A copy that an earlier stage made from the same helper is better than none. */
	if (!good || renameat(root->fd, PATH_HELPER_COPY ".new", root->fd, PATH_HELPER_COPY) < 0)
		unlinkat(root->fd, PATH_HELPER_COPY ".new", 0);
}
