// SPDX-License-Identifier: GPL-2.0-only
/*
 * note.c - a device dump named "smmu_adopt" in /proc/vmcore, so that the dump
 * itself carries what the tables looked like before the first attach.
 *
 * It can be registered once and not be taken back, and its size is fixed then.
 * The kernel hands the buffer to us once; that it is read only at dump time is
 * how it works, not a promise. So what is written at registration is complete,
 * and later appends are a bonus. The buffer lives as long as the kernel.
 */
#include <linux/crash_dump.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mutex.h>

#include "core/names.h"
#include "core/rec_note.h"
#include "devices.h"
#include "emit.h"
#include "note.h"
#include "smmu.h"
#include "smmu_adopt_uapi.h"

#define LOG_SHARE 4    /* one part in so many is kept for appended records */
#define DEVICE_SHARE 4 /* devices may take one part in so many; streams are more to the point */

static struct rec_note_buf note;
static u32 state = SMMU_ADOPT_NOTE_OFF;
static int error;

/* What it is filled from, while it is registered. */
struct source {
	struct sa_smmu *smmus;
	u32 n;
	/*
	 * Of each SMMU; NULL: no memory. Collecting them takes locks of devices, with which drivers
	 * register notes of theirs: so that is done before, not in the callback.
	 */
	struct sa_devices *devs;
};

static struct source source;

/* False: some found no room, or were not collected for lack of it. */
static bool add_devices_of(const struct sa_smmu *smmu, const struct sa_devices *devs)
{
	u64 lost = note.lost_bytes;
	struct sa_buf b;
	int r = sa_records_devices(smmu, devs, &b);

	if (!r)
		rec_note_add(&note, b.data, b.len);
	kvfree(b.data);
	return !r && !devs->error && note.lost_bytes == lost;
}

static void add_devices(void)
{
	const struct sa_smmu *cut = NULL;
	u32 limit = note.limit, i;
	struct sa_buf b;

	note.limit = min(limit, note.len + note.cap / DEVICE_SHARE);
	for (i = 0; source.devs && i < source.n; i++)
		if (!add_devices_of(&source.smmus[i], &source.devs[i]))
			cut = &source.smmus[i];
	note.limit = limit;
	if (!cut)
		return;
	if (!sa_records_left_out(cut, &b))
		rec_note_add(&note, b.data, b.len);
	kvfree(b.data);
}

static void add_smmus(bool rings)
{
	struct sa_buf b;
	u32 i;

	for (i = 0; i < source.n; i++) {
		if (!sa_records_saved(&source.smmus[i], rings, &b))
			rec_note_add(&note, b.data, b.len);
		kvfree(b.data);
	}
}

static int fill(struct vmcoredd_data *data, void *buf)
{
	int r = rec_note_init(&note, buf, data->size);
	struct sa_buf b;

	if (r)
		return r;
	note.limit = data->size - data->size / LOG_SHARE;
	/* The head of a section tells whose records follow. */
	if (!sa_records_head(&b))
		rec_note_add(&note, b.data, b.len);
	kvfree(b.data);
	add_devices();
	add_smmus(false);
	/* Rings are long, and the least of it. */
	add_smmus(true);
	note.limit = data->size;
	rec_note_seal(&note, ktime_get_ns());
	return 0;
}

static u32 state_of(int r)
{
	switch (r) {
	case 0: return SMMU_ADOPT_NOTE_THERE;
	case -EOPNOTSUPP: return SMMU_ADOPT_NOTE_CONFIG;
	case -EINVAL: return SMMU_ADOPT_NOTE_CMDLINE;
	case -EBUSY: return SMMU_ADOPT_NOTE_BUSY;
	default: return SMMU_ADOPT_NOTE_FAILED;
	}
}

const char *sa_note_text(void)
{
	static const char *const texts[] = {
		[SMMU_ADOPT_NOTE_OFF] = "none: not a capture kernel, or note_kib=0",
		[SMMU_ADOPT_NOTE_THERE] = "in /proc/vmcore",
		[SMMU_ADOPT_NOTE_CONFIG] = "refused: kernel without CONFIG_PROC_VMCORE_DEVICE_DUMP",
		[SMMU_ADOPT_NOTE_CMDLINE] = "refused: \"novmcoredd\" on the command line",
		[SMMU_ADOPT_NOTE_BUSY] = "refused: /proc/vmcore was open",
		[SMMU_ADOPT_NOTE_FAILED] = "failed",
	};
	return texts[state];
}

u32 sa_note_state(void)
{
	return state;
}

static void collect(struct sa_smmu *smmus, u32 n)
{
	u32 i;

	source = (struct source){ .smmus = smmus, .n = n };
	source.devs = kvcalloc(n, sizeof(*source.devs), GFP_KERNEL);
	for (i = 0; source.devs && i < n; i++)
		sa_devices_collect(&smmus[i], &source.devs[i]);
}

static void forget_devices(void)
{
	u32 i;

	for (i = 0; source.devs && i < source.n; i++)
		sa_devices_free(&source.devs[i]);
	kvfree(source.devs);
	source.devs = NULL;
}

void sa_note_init(struct sa_smmu *smmus, u32 n, u32 kib)
{
	struct vmcoredd_data data = { .dump_name = SMMU_ADOPT_MODULE,
				      .vmcoredd_callback = fill,
				      .size = kib << 10 };

	if (!kib || !n || !is_kdump_kernel())
		return;
	collect(smmus, n);
	error = vmcore_add_device_dump(&data);
	forget_devices();
	state = state_of(error);
	if (error)
		/* A refused buffer is freed. */
		memset(&note, 0, sizeof(note));
	if (state == SMMU_ADOPT_NOTE_FAILED)
		pr_warn("vmcore note: %d\n", error);
	else
		pr_info("vmcore note: %s\n", sa_note_text());
}

void sa_note_append(const u8 *frames, size_t len)
{
	if (!note.data)
		return;
	rec_note_add(&note, frames, len);
	rec_note_seal(&note, ktime_get_ns());
}
