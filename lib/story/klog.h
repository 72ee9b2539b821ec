/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * klog.h - reads a kernel log when there are no records: it counts the lines about SMMUs and makes
 * a story of them, so that the same verdict can be made.
 *
 * A file may hold several boots: a console has the kernel that crashed, the capture kernel and the
 * next ordinary one. The last capture kernel and the boot before it are reported. All tables have
 * a fixed size; what does not fit is counted.
 */
#ifndef LIB_STORY_KLOG_H
#define LIB_STORY_KLOG_H

#include "lib/base/logline.h"
#include "lib/base/strbuf.h"
#include "lib/story/klog_match.h"
#include "lib/story/story.h"

#define KLOG_SMMUS 64u
#define KLOG_HOLE_BYTES 512u /* from so many zeros on lines may be missing */
#define KLOG_EVENTS 512u
#define KLOG_DEVICES 64u
#define KLOG_STEPS 512u
#define KLOG_FILES 4u
/* So many reports of PCIe errors by one device, in a capture kernel, are a storm. */
#define KLOG_STORM 10u

enum klog_kernel {
	KLOG_KERNEL_UNKNOWN,
	KLOG_KERNEL_CAPTURE,
	KLOG_KERNEL_CRASHED, /* or an ordinary one that did not crash */
};

const char *klog_kernel_name(enum klog_kernel kernel); /* "capture", "crashed", "unknown" */

/* A line, by its number in its file. */
struct klog_place {
	u64 line; /* from 1; 0: there is none */
	u64 ns;
	bool has_time;
	u8 file;
};

struct klog_count {
	u64 n;
	struct klog_place first, last;
	char said[96]; /* in the first one */
};

struct klog_smmu {
	char name[KLOG_NAME_BYTES];
	struct klog_place kept, reset;
	bool has_ours; /* a line of the helper is about it */
	enum adopt_state ours_state;
	enum adopt_reason ours_reason;
	/* Why it was reset, of several reasons the one that says most. */
	bool fell_back;
	struct klog_place begun; /* the last line that says that it is to be reset, or why */
	enum adopt_reason reason;
	u32 rank;
	struct klog_place why;
	char why_text[128];
	struct klog_count trouble, cmd_sync, gerror, events_lost;
	struct klog_place last; /* the last line about it */
	/* An event whose words are being printed. */
	bool open;
	u8 words, open_id;
	u32 open_sid;
	struct klog_place open_at, open_end;
};

/* Events of one kind and StreamID. */
struct klog_event {
	u32 smmu; /* position in smmus */
	u32 sid;
	u8 id;
	bool has_sid; /* false: the line with the StreamID is missing */
	char client[KLOG_NAME_BYTES];
	struct klog_count count;
};

/* A device with PCIe errors. */
struct klog_device {
	char name[KLOG_NAME_BYTES], driver[KLOG_NAME_BYTES];
	char error[24]; /* the first one: "CmpltTO" */
	struct klog_count count;
	u64 after_reset; /* of these, behind the reset of an SMMU */
	bool corrected;	 /* all of them were */
};

struct klog_boot {
	enum klog_kernel kernel;
	bool sure;    /* out of the dump: @kernel crashed, and all lines are its own */
	bool begun;   /* there is a line in it */
	bool booting; /* it begins with "Booting Linux", and its version has not come */
	bool jumped;  /* it said that it starts the capture kernel */
	char release[64];
	struct klog_place first, last;
	u64 lines, about_smmu;
	u64 helper_lines, daemon_lines;
	struct klog_smmu smmus[KLOG_SMMUS];
	struct klog_event events[KLOG_EVENTS];
	struct klog_device devices[KLOG_DEVICES];
	struct rec_result steps[KLOG_STEPS];
	u64 step_ns[KLOG_STEPS];
	size_t n_smmus, n_events, n_devices, n_steps;
	u64 lost; /* found no room */
	u64 suppressed;
	struct klog_count serror, panic, hw_error;
	char why_crashed[160]; /* from the most telling line; "": there is none */
	u32 why_rank;
	bool reset_seen;
	size_t hint; /* where the last event was found */
};

/* Zero-initialise with = { 0 }. Ends with klog_free(). */
struct klog {
	struct klog_boot *now, *before, *best, *best_before; /* best: the last capture kernel */
	size_t boots;
	u64 line, lines; /* in the file that is read; altogether */
	u64 known;	 /* of these with a stamp of a log, or about something */
	u32 crc;	 /* over all messages */
	u64 zeros;	 /* bytes of holes: what was written there is lost */
	char files[KLOG_FILES][64];
	u8 n_files;
	bool of_dump; /* one of these is a dump */
	/* Made by klog_finish(). */
	const struct klog_boot *capture, *crashed; /* NULL: not in the log */
};

/*
 * A file begins: @name, and the kernel whose log it is, if its name tells. 0 or -ENOMEM.
 */
int klog_file(struct klog *log, const char *name, enum klog_kernel kernel);
/* The same of the log in the memory of the dump @name, which is the crashed kernel's. */
int klog_dump(struct klog *log, const char *name);
/* Read the next line; @ret gets what the line is about, if anything. 0 or -ENOMEM. */
int klog_add(struct klog *log, const struct logline *line, struct klog_match *ret);
/* Choose the boots to report; call it after the last line. */
void klog_finish(struct klog *log);
void klog_free(struct klog *log);
/* Of the boot that was read last: is it not a capture kernel, and does it say why it crashed? */
bool klog_tells_crash(const struct klog *log);

/* The boot that a fact is looked for in: capture, then crashed; NULL at the end. */
const struct klog_boot *klog_boot_of(const struct klog *log, unsigned int i);
/* Does the log say anything of an SMMU? */
bool klog_has_smmu(const struct klog *log);
/* Does the device of @boot drown the capture kernel in errors? */
bool klog_is_storm(const struct klog *log, const struct klog_boot *boot,
		   const struct klog_device *device);
/* Does @boot end with the driver's word that it is about to reset @smmu? */
bool klog_ends_in_reset(const struct klog_boot *boot, const struct klog_smmu *smmu);
/* Does the boot end in the reset of any SMMU? */
bool klog_cut_short(const struct klog_boot *boot);
/*
 * Was the SMMU of @boot adopted or reset? The log's word; ADOPT_UNKNOWN if it has none, and where
 * it ends before the driver can have done what it said.
 */
enum adopt_state klog_state(const struct klog_boot *boot, const struct klog_smmu *smmu,
			    enum adopt_reason *ret_reason);

/* "line 6", with the file's name where there are several, and ", at 4.102 s". */
const char *klog_where(char buf[128], const struct klog *log, const struct klog_place *place);
#define KLOG_WHERE(log, place) klog_where((char[128]){ 0 }, log, place)

/* The SMMU called @name in a boot; NULL: not there. */
const struct klog_smmu *klog_find_smmu(const struct klog_boot *boot, const char *name);
/* Its number in the story: those of the first boot first, then those that only the other has. */
u32 klog_number(const struct klog *log, const char *name);

/* The log's facts as records: SMMUs and steps. 0, -ENOMEM or -E2BIG. */
int klog_story(const struct klog *log, struct story *story);
/* The log's facts as findings. */
struct verdict;
void klog_findings(const struct klog *log, struct verdict *verdict);

/*
 * What the log is and what it lacks: "a kernel log, of the capture kernel, without lines of
 * smmu_adopt: ...".
 */
void klog_words(const struct klog *log, struct strbuf *ret);
/* Why there is no line of the helper: "the helper was not loaded". */
const char *klog_no_helper(const struct klog *log, const struct klog_boot *boot);
/* Why the state is not known. */
void klog_unknown(const struct klog *log, struct strbuf *ret);

#endif
