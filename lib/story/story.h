/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * story.h - the model of a record stream: SMMUs, streams, devices, steps, findings.
 *
 * One model serves everybody: the inventory starts from the helper's records, status and report
 * from the journal or the sidecar, which hold the same record types. It is built record by record,
 * in any order and from any number of streams; nothing in it is trusted to be complete.
 *
 * Ownership: the story owns its arrays; records are copied in. Pointers into it are valid until
 * the next story_add*() or story_finish(). Look-ups by key work at any time; what links one kind
 * of record to another (story_device_of(), story_stream_smmu(), story_step_of(), rmr, dump_path,
 * the order of the arrays) and what is decoded or decided for all readers (own_table, geom, facts)
 * is made by story_finish(). Adding more and finishing again is allowed.
 */
#ifndef LIB_STORY_STORY_H
#define LIB_STORY_STORY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/adopt.h"
#include "core/cd.h"
#include "core/rec.h"
#include "core/ste.h"

/* More of anything than this is not a machine but garbage: -E2BIG. */
#define STORY_MAX_ITEMS 200000u

/*
 * A StreamID: its entry as the crash left it, and as it was seen last. An entry
 * that could not be read has has_* set too; look at crash.entry and now.entry.
 */
struct story_stream {
	u32 smmu, sid;
	bool has_crash, has_now;
	/*
	 * What the helper read into @crash, and @crash_cd, at load was the capture kernel's own
	 * entry: the device had been attached by then. The entry at the crash is not known, and
	 * has_crash is false. story_finish() decides this (at_load.h).
	 */
	bool own_at_load;
	struct rec_ste crash, now;
	enum ste_effect crash_effect, now_effect; /* what these two do with DMA */
	bool has_crash_cd, has_now_cd; /* of SSID 0; crash_cd belongs to @crash, even if that is the
					  capture kernel's own */
	struct rec_cd crash_cd, now_cd;
	/* CLOCK_MONOTONIC of these records. Of crash the earliest counts, of now the latest. */
	u64 crash_ns, now_ns, crash_cd_ns, now_cd_ns;
	bool rmr; /* named by an RMR */
	/* Findings say: no device has it; it was a virtual function, which is off now. */
	bool no_device, vf_off;
	/* 1 + the position of its SMMU and of its device in the story's lists; 0: none is known. */
	u32 smmu_at, device_at;
};

struct story_smmu {
	u32 smmu;
	bool has_crash, has_now;
	struct rec_smmu crash, now;
	u64 crash_ns, now_ns;
	u64 section_ns; /* of the "file" record that opened the section of @now; 0 unknown */
	/*
	 * The snapshot does not show the crashed kernel's table: after a reset the helper finds
	 * the capture kernel's own, and its "crash" records are only "at load".
	 */
	bool own_table;
	/* The registers decoded, of the snapshot if it has them; false: they are not recorded. */
	bool has_geom;
	struct smmu_geom geom; /* odd tells whether the table may be walked */
};

/*
 * One step is known by (number, action, device); numbers start again when a
 * second daemon run appends to the journal. Of several attempts the last one
 * counts: begun without ended means that nothing reported its end.
 */
struct story_step {
	u32 step;
	bool has_plan, begun, ended;
	struct rec_plan plan;
	struct rec_step begin;
	struct rec_result result;
	u64 begin_ns, end_ns;
};

/* An endpoint, known by its sysfs name. */
struct story_device {
	struct rec_device first; /* as first recorded */
	struct rec_device last;	 /* as last recorded */
	u64 first_ns, last_ns;
	u64 attach_ns;	 /* earliest attach seen in any of its records; 0 none */
	bool dump_path;	 /* a planned step says so */
	bool no_driver;	 /* a finding says that the image has none for it */
	bool had_driver; /* a finding warns that it had one before the daemon came */
	bool vanished;	 /* it is missing in the last list of devices behind its SMMU */
	/* What follows from all records; facts.h. Made by story_finish(). */
	const struct report_device *facts;
};

struct story_stage {
	struct rec_stage stage;
	u64 mono_ns;
};

struct klog;
struct report_device;

struct story {
	/* Told from a kernel log, which the owner of the story keeps; NULL: from records. */
	const struct klog *log;

	struct rec_file helper, daemon; /* last "file" record of each producer */
	bool has_helper, has_daemon;
	struct rec_usage usage;
	bool has_usage;
	struct rec_crashed crashed; /* the last word on the kernel that crashed */
	bool has_crashed;
	struct rec_channel channels[REC_CHANNEL_MAX + 1]; /* last word on each; state 0: none */

	struct story_smmu *smmus;     /* sorted by index after story_finish() */
	struct story_stream *streams; /* sorted by smmu, sid after story_finish() */
	struct story_device *devices; /* in order of arrival */
	struct story_step *steps;     /* sorted by step number after story_finish() */
	struct story_stage *stages;   /* in order of arrival */
	struct rec_rmr *rmrs;
	/*
	 * RMRs that the helper found among devices' reserved regions; unknown answers are left
	 * out.
	 */
	struct rec_rmr_stream *directs;
	struct rec_finding *findings;
	struct rec_range *ranges;
	size_t n_smmus, n_streams, n_devices, n_steps, n_stages, n_rmrs, n_directs, n_findings,
		n_ranges;

	u64 records, unknown; /* records read, and of these of an unknown type */
	size_t torn;	      /* torn places in the streams */
	size_t torn_offset;   /* of the last one, within its stream */
	/* The helper listed the devices; devices_cut: it had no room for all of them. */
	bool devices_listed, devices_cut;
	bool mixed_boots; /* sections of different boots: not one story */

	struct story_private *priv; /* look-up tables of story.c */
};

/* Zero-initialise a story with = { 0 }. */
void story_clear(struct story *story);

/* Take in one record. Returns 0, -ENOMEM or -E2BIG. Duplicates are dropped. */
int story_add(struct story *story, const struct rec *rec);

/*
 * Take in a whole stream of bytes. A torn place is counted, not an error; what
 * comes after it is taken up again at the next section. Returns 0, 1 when the
 * stream was torn, -ENOMEM or -E2BIG.
 */
int story_add_stream(struct story *story, const u8 *data, size_t len);

/*
 * After REC_TORN: move @it to the next section ("file" record) behind the torn
 * place, as in a sidecar whose journal part is torn. False when there is none.
 */
bool story_next_section(struct rec_iter *it);

/* Sort and cross-link; call after the last story_add*(), before reading. 0 or -ENOMEM. */
int story_finish(struct story *story);

/* Look-ups; NULL when there is none. */
const struct story_smmu *story_find_smmu(const struct story *story, u32 smmu);
const struct story_stream *story_find_stream(const struct story *story, u32 smmu, u32 sid);
const struct story_device *story_find_device(const struct story *story, const char *name);
/* Is the RMR at @base among the reserved regions of the device that has @sid? */
const struct rec_rmr_stream *story_find_direct(const struct story *story, u32 smmu, u32 sid,
					       u64 base);
/* The device that owns @sid behind @smmu; the first one when it is shared. */
const struct story_device *story_device_of(const struct story *story, u32 smmu, u32 sid);
/* The step of @action (enum rec_action) for @device, the last one when there are several. */
const struct story_step *story_step_of(const struct story *story, const char *device, u32 action);

/* The same of a recorded stream, without a search. NULL: none. */
static inline const struct story_smmu *story_stream_smmu(const struct story *story,
							 const struct story_stream *stream)
{
	return stream->smmu_at ? &story->smmus[stream->smmu_at - 1] : NULL;
}

static inline const struct story_device *story_stream_device(const struct story *story,
							     const struct story_stream *stream)
{
	return stream->device_at ? &story->devices[stream->device_at - 1] : NULL;
}

/* The boot id of the capture kernel, which boots once for each crash; NULL: not recorded. */
const u8 *story_boot_id(const struct story *story);

/* Did the stream's entry let DMA through in the crash-time snapshot? */
bool story_stream_was_live(const struct story_stream *stream);
/* Do first and last-seen entry differ in any bit? False when one was not read. */
bool story_stream_changed(const struct story_stream *stream);

#endif
