// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * look.c - reads the present state of some devices behind one SMMU from the helper's records.
 *
 * The records begin with all entries of the crash, which may be tens of thousands. So they are
 * read once for all devices, and only up to the last of these devices.
 */
#include "daemon/act/look.h"

#include <stdlib.h>
#include <string.h>

#include "lib/machine/helper.h"

/* A StreamID, and whose it is: several devices may share it. */
struct wanted {
	u32 sid, device;
};

struct look {
	const struct inv_device *const *devs;
	size_t n, found;
	u32 smmu;
	struct act_sight *sights;
	struct wanted wanted[ACT_LOOK_MAX * REC_DEVICE_SIDS]; /* by StreamID */
	size_t n_wanted;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return x->sid != y->sid ? (x->sid < y->sid ? -1 : 1) : 0;
}

static void want_sids(struct look *look)
{
	size_t i;
	u32 k;

	for (i = 0; i < look->n; i++)
		for (k = 0; k < look->devs[i]->n_sids; k++)
			look->wanted[look->n_wanted++] =
				(struct wanted){ look->devs[i]->sids[k], (u32)i };
	qsort(look->wanted, look->n_wanted, sizeof(look->wanted[0]), compare_wanted);
}

static void take_ste(struct look *look, const struct rec_ste *ste)
{
	size_t low = 0, high = look->n_wanted;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (look->wanted[mid].sid < ste->sid)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < look->n_wanted && look->wanted[low].sid == ste->sid; low++) {
		struct act_sight *sight = &look->sights[look->wanted[low].device];

		if (sight->n_stes < REC_DEVICE_SIDS)
			sight->ste[sight->n_stes++] = *ste;
	}
}

static void take_device(struct look *look, const struct rec_device *device)
{
	size_t i;

	for (i = 0; i < look->n; i++) {
		if (strcmp(device->name, look->devs[i]->name))
			continue;
		look->found += !look->sights[i].has_device;
		look->sights[i].device = *device;
		look->sights[i].has_device = true;
	}
}

/* The helper lists devices last: after the last wanted device nothing more is needed. */
static int on_record(void *priv, const struct rec *rec)
{
	struct look *look = priv;
	size_t i;

	if (rec->type == REC_DEVICE && rec->device.phase == REC_PHASE_NOW)
		take_device(look, &rec->device);
	else if (rec->type == REC_STE && rec->ste.phase == REC_PHASE_NOW &&
		 rec->ste.smmu == look->smmu)
		take_ste(look, &rec->ste);
	else if (rec->type == REC_SMMU && rec->smmu.phase == REC_PHASE_NOW &&
		 rec->smmu.smmu == look->smmu)
		for (i = 0; i < look->n; i++)
			look->sights[i].asids = rec->smmu.asids;
	return look->found == look->n;
}

int look_real(void *priv, const char *smmu, const struct inv_device *const *devs, size_t n,
	      struct act_sight *ret)
{
	struct look look = { .devs = devs, .n = n, .smmu = devs[0]->smmu, .sights = ret };

	memset(ret, 0, n * sizeof(*ret));
	want_sids(&look);
	return helper_read_smmu(((struct act_real *)priv)->root, smmu, on_record, &look);
}
