/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sa.h - what the files of smmu_adopt.ko share.
 *
 * Life of the module: at load it finds the SMMUs, notes which memory was whose,
 * and takes one snapshot of each SMMU. From then on everything is read-only and
 * made afresh when a debugfs file is opened, without locks: the only thing that
 * changes after load is the list of observed attaches (attach.c has its lock).
 */
#ifndef SA_H
#define SA_H

#include <linux/device.h>
#include <linux/io.h>

#include "core/adopt.h"
#include "core/cd.h"
#include "core/cdtab.h"
#include "core/geom.h"
#include "core/health.h"
#include "core/names.h"
#include "core/queue.h"
#include "core/rec.h"
#include "core/rmr.h"
#include "core/smmu_mem.h"
#include "core/snap.h"
#include "core/ste.h"
#include "core/strtab.h"

struct seq_file;

#define SA_MAX_SMMUS 64
#define SA_MAX_FINDINGS 64
#define SA_MAX_SIDS 16384	       /* StreamIDs one "records" file follows */
#define SA_MAX_TABLE_BYTES (64u << 20) /* table bytes one visit may read */
#define SA_LOAD_MS 5000		       /* all snapshots together */
#define SA_READ_MS 2000		       /* one "records" file */

/* ---- growing arrays (main.c) ---- */

/* Room for one more element of @size bytes in *@array. 0 or -ENOMEM. */
int sa_grow(void **array, u32 n, u32 *cap, size_t size);

/* ---- sets of StreamIDs (sidset.c) ---- */

struct sa_sidset {
	u32 *sid;
	u32 n, cap;
	bool cut; /* some were left out: too many, or no memory */
};

void sa_sidset_add(struct sa_sidset *set, u32 first, u32 count);
/* Ascending, each StreamID once. */
void sa_sidset_sort(struct sa_sidset *set);

/* ---- memory (oldhdr.c, oldmem.c) ---- */

/* Copy of the elfcorehdr, kvfree() it. Negative errno: not found, and *ret_why says why. */
int sa_oldhdr_read(u8 **ret, size_t *ret_len, const char **ret_why);

void sa_oldmem_init(void);
/* Range @i (0..) of @kind, false when there is no such range. */
bool sa_oldmem_range(u32 kind, u32 i, struct rec_range *ret);
enum adopt_place sa_place(u64 addr, u64 bytes);

/* A reader with one mapped window. Not for two threads at a time. */
struct sa_mem {
	struct smmu_mem mem; /* hand this to core/ */
	void *window;
	u64 start, end;
	unsigned long deadline;
};

/* After @deadline (jiffies) every read fails with -ETIME. */
void sa_mem_open(struct sa_mem *m, unsigned long deadline);
void sa_mem_close(struct sa_mem *m);

/* ---- findings (findings.c) ---- */

struct sa_findings {
	u32 smmu;
	u32 n;
	u32 lost; /* more than fit */
	struct rec_finding item[SA_MAX_FINDINGS];
};

__printf(6, 7) void sa_find(struct sa_findings *f, enum rec_finding_code code,
			    enum rec_severity severity, u32 sid, u64 addr, const char *fmt, ...);
/* Space-separated names of the bits in @odd. */
const char *sa_bit_names(u32 odd, const char *(*name)(u32 bit), char *buf, size_t len);

/* ---- SMMUs (smmu_find.c, regs.c) ---- */

/* The registers and what follows from them, at one moment. */
struct sa_look {
	u64 mono_ns;
	bool regs_valid;
	bool walkable;
	struct smmu_regs regs;
	struct smmu_geom geom;
	struct adopt_verdict verdict;
};

static inline bool sa_enabled(const struct sa_look *look)
{
	return look->regs.cr0 & SMMU_CR0_SMMUEN;
}

struct sa_l1 {
	u32 index;
	u64 addr, raw;
};

struct sa_snapshot {
	struct sa_look look;
	struct sa_l1 *l1;
	struct store streams; /* ascending StreamID, see snap.h */
	struct store cds;     /* ascending SSID within a stream */
	u32 l1_n, l1_cap;
	u32 stes;	/* valid STEs seen */
	u32 refusing;	/* of these, plain "abort" entries, which are not kept */
	u64 lost_bytes; /* raw bytes that found no room */
	u64 took_ns;
	struct sa_findings findings;
	struct health_tally health;
	u32 health_score;
	bool judged;
};

/* The queues, at load. */
struct sa_piece {
	u16 queue;
	u32 first, bytes;
	u8 raw[REC_QUEUE_BYTES];
};

struct sa_ring {
	struct smmu_queue_view view;
	u16 entry; /* enum rec_entry_state */
	u16 place; /* enum adopt_place */
	u32 lost;  /* entries left out */
};

struct sa_rings {
	bool taken;
	struct sa_ring ring[SMMU_QUEUE_ID_MAX]; /* by queue - 1 */
	struct sa_piece *piece;
	u32 n, cap;
};

struct sa_smmu {
	u32 index;
	struct device *dev;
	u64 base;
	void __iomem *page0, *page1; /* NULL: not mapped, why in no_regs */
	const char *no_regs;
	bool coherent;
	enum adopt_reason why; /* what the driver said of a reset */
	char said[128];	       /* its words, when why is set, and the StreamID they blame */
	u32 said_sid;
	struct sa_snapshot snap;
	struct sa_rings rings;
	struct rec_rmr *rmr;
	u32 rmr_n, rmr_cap;
};

int sa_smmus_find(struct sa_smmu **ret, u32 *ret_n);
void sa_smmus_free(struct sa_smmu *smmus, u32 n);
void sa_look(struct sa_smmu *smmu, struct sa_look *ret);
/* The reason for a reset, from the kernel log where it has one (reset_reason.c). */
void sa_why_reset(struct sa_smmu *smmu, struct adopt_verdict *v);

/* ---- streams (snapshot.c) ---- */

void sa_stream_read(struct sa_mem *m, const struct sa_look *look, u32 sid, struct snap_stream *ret);
void sa_snapshot_take(struct sa_smmu *smmu, size_t *budget, unsigned long deadline);
void sa_snapshot_free(struct sa_snapshot *snap);
bool sa_snapshot_stream(const struct sa_snapshot *snap, u32 sid, struct snap_stream *ret);

/* ---- findings about tables (judge.c) ---- */

struct sa_devices;

struct sa_judge {
	struct health h;
	struct sa_findings *findings;
	const struct sa_devices *devs;
};

void sa_judge_open(struct sa_judge *j, struct sa_smmu *smmu, const struct smmu_mem *mem,
		   const struct sa_devices *devs, struct smmu_set *tables);
void sa_judge_table(struct sa_judge *j, struct sa_smmu *smmu);
void sa_judge_stream(struct sa_judge *j, const struct snap_stream *s, const struct ste_view *ste);
void sa_judge_done(struct sa_judge *j, struct sa_snapshot *snap);

/* ---- queues (rings.c) ---- */

void sa_rings_take(struct sa_smmu *smmu, size_t *budget, unsigned long deadline);
void sa_rings_free(struct sa_rings *rings);

/* ---- devices (devices.c, sids.c, attach.c) ---- */

struct sa_sid_owner {
	u32 sid, dev; /* dev: index into the list */
};

struct sa_devices {
	struct rec_device *item;
	struct sa_sid_owner *sids; /* ascending StreamID */
	u32 n, cap, sids_n, sids_cap;
	int error;
};

/* Always fills @ret as far as possible; error is the first trouble. */
void sa_devices_collect(const struct sa_smmu *smmu, struct sa_devices *ret);
void sa_devices_free(struct sa_devices *devs);
/* A device that has @sid, NULL none. */
struct rec_device *sa_devices_owner(const struct sa_devices *devs, u32 sid);
bool sa_devices_own(const struct sa_devices *devs, u32 sid);
void sa_devices_sids(const struct sa_devices *devs, struct sa_sidset *set);

struct pci_dev;

/* Requests of the device are still without completion. */
bool sa_pci_pending(struct pci_dev *pdev);

#define SA_DEV_SIDS 64

/* StreamIDs of @dev behind @smmu. Returns their number, 0 when it is not behind @smmu. */
u32 sa_sids(const struct sa_smmu *smmu, struct device *dev, u32 *sids, bool *ret_derived);

void sa_attach_init(void);
void sa_attach_exit(void);
u64 sa_attach_ns(const struct device *dev);
bool sa_attach_watched(void);

/* ---- reserved memory regions (rmr.c) ---- */

void sa_rmr_collect(struct sa_smmu *smmu);
/* What became of @s, a stream of @rmr (judge_now.c). */
void sa_rmr_judge(const struct sa_smmu *smmu, const struct rec_rmr *rmr,
		  const struct sa_devices *devs, const struct snap_stream *s,
		  struct rec_rmr_stream *ret);
bool sa_rmr_has(const struct sa_smmu *smmu, u32 sid);
void sa_rmr_sids(const struct sa_smmu *smmu, struct sa_sidset *set);

/* ---- the record stream, and texts made from it (emit.c, text*.c) ---- */

struct sa_buf {
	u8 *data; /* kvfree() it */
	size_t len, cap;
	u64 seq, mono_ns;
	int error;
};

/* One section, as the "records" file shows it. Returns 0 or a negative errno. */
int sa_records(struct sa_smmu *smmu, struct sa_buf *ret);

/*
 * What was saved at load, ordered for a place with little room: what matters most
 * comes first. Either the queues or the rest. The caller frees @ret's data always.
 */
int sa_records_saved(struct sa_smmu *smmu, bool rings, struct sa_buf *ret);
void sa_buf_raw(struct sa_buf *b, const u8 *frames, size_t len);

/* ---- what user space appends (log.c), and the vmcore note (note.c) ---- */

void sa_log_init(size_t bytes);
void sa_log_exit(void);
/* 0, -EINVAL: not whole records, -ENOSPC: full. */
int sa_log_append(const u8 *p, size_t bytes);
void sa_log_usage(u64 *ret_bytes, u64 *ret_room);
void sa_log_emit(struct sa_buf *b);

void sa_note_init(struct sa_smmu *smmus, u32 n, u32 kib);
void sa_note_append(const u8 *frames, size_t len);
u32 sa_note_state(void); /* SMMU_ADOPT_NOTE_* */
const char *sa_note_text(void);

/* ---- asids.c, control.c ---- */

u32 sa_asids(const struct sa_smmu *smmu); /* enum rec_asids */
void sa_control_init(struct sa_smmu *smmus, u32 n);
void sa_control_exit(void);

void sa_text_state(struct seq_file *m, const struct sa_buf *records);
void sa_text_regs(struct seq_file *m, const struct sa_buf *records);
void sa_text_rmr(struct seq_file *m, const struct sa_buf *records);
void sa_text_streams(struct seq_file *m, const struct sa_buf *records);

/* ---- debugfs (debugfs.c) ---- */

void sa_debugfs_init(struct sa_smmu *smmus, u32 n);
void sa_debugfs_exit(void);

#endif
