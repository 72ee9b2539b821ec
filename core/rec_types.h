/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * rec_types.h - what the records say. The structs are host-endian views; their
 * wire form is the order of fields in rec.c, which golden files pin.
 *
 * Texts are NUL-terminated and truncated to their array. A type number is
 * never reused; a field is never moved.
 */
#ifndef SMMU_CORE_REC_TYPES_H
#define SMMU_CORE_REC_TYPES_H

#include "smmu_regs.h"

enum rec_type {
	REC_FILE = 1,  /* starts a section */
	REC_RANGE = 2, /* a range of old RAM or of capture RAM */
	REC_SMMU = 3,  /* one SMMU: registers, state, evidence */
	REC_L1 = 4,    /* a used L1 stream table descriptor */
	REC_STE = 5,
	REC_CD = 6,
	REC_RMR = 7,	     /* a reserved memory region and its StreamIDs */
	REC_DEVICE = 8,	     /* an endpoint behind an SMMU */
	REC_FINDING = 9,     /* something wrong or remarkable */
	REC_PLAN = 10,	     /* one planned step */
	REC_STEP = 11,	     /* a step begins */
	REC_RESULT = 12,     /* a step ended */
	REC_STAGE = 13,	     /* a point that the daemon's stage has reached */
	REC_USAGE = 14,	     /* what the daemon cost */
	REC_QUEUE = 15,	     /* a piece of a command, event or PRI queue */
	REC_NOTE = 16,	     /* starts the contents of a vmcore note (rec_note.h) */
	REC_RMR_STREAM = 17, /* what became of a stream of an RMR (rmr.h) */
	REC_CHANNEL = 18,    /* one of the ways on which records leave the machine */
	REC_CRASHED = 19,    /* the kernel that crashed, as it tells of itself in VMCOREINFO */
	REC_TYPE_MAX = REC_CRASHED,
};

/* When an entry was read. */
enum rec_phase {
	REC_PHASE_CRASH = 1, /* at helper load, before the first attach: as the crash left it */
	REC_PHASE_NOW = 2,   /* when the stream was read; mono_ns says when */
};

enum rec_producer {
	REC_PRODUCER_HELPER = 1,
	REC_PRODUCER_DAEMON = 2,
	REC_PRODUCER_CTL = 3,
};

struct rec_file {
	u16 major, minor;
	u16 producer;	  /* enum rec_producer */
	u16 capture;	  /* 1: a kdump capture kernel */
	u64 wall_s;	  /* seconds since 1970, of the running kernel */
	char kernel[64];  /* uname -r of the running kernel */
	char program[32]; /* name and version of the producer */
	u8 boot_id[16];
};

enum rec_range_kind {
	REC_RANGE_OLD_RAM = 1,
	REC_RANGE_CAPTURE_RAM = 2,
};

struct rec_range {
	u32 kind; /* enum rec_range_kind */
	u64 start, bytes;
};

/* Did the running kernel give ASIDs of the crashed one to its own domains? */
enum rec_asids {
	REC_ASIDS_UNKNOWN = 0,	/* no attach to judge by */
	REC_ASIDS_DISTINCT = 1, /* not in the attaches so far */
	REC_ASIDS_REUSED = 2,	/* yes: stale translations may hit its DMA */
};

struct rec_smmu {
	u32 smmu;	/* index, as used by the other records */
	u16 phase;	/* enum rec_phase */
	u16 state;	/* enum adopt_state */
	u16 reason;	/* enum adopt_reason */
	u32 evidence;	/* enum adopt_evidence */
	u64 base;	/* physical address of register page 0 */
	u64 lost_bytes; /* snapshot bytes left out for lack of room */
	u32 stes;	/* valid STEs seen by the snapshot */
	char name[32];	/* platform device */
	struct smmu_regs regs;
	u32 health_score;   /* 1 + health_score() of the snapshot, 0 not judged */
	u32 health_checked; /* tables, STEs and CDs looked at */
	u32 health_errors, health_warnings;
	u32 worst_count;
	u32 worst[4]; /* StreamIDs with the most errors, worst first */
	u32 asids;    /* enum rec_asids */
};

struct rec_l1 {
	u32 smmu;
	u16 phase;
	u32 index;
	u64 addr, raw;
};

/* Why an entry's raw bytes are missing; 0 = they are there. */
enum rec_entry_state {
	REC_ENTRY_READ = 0,
	REC_ENTRY_NOT_RAM = 1,	   /* pointer leads nowhere */
	REC_ENTRY_NO_TABLE = 2,	   /* no L2 table, or StreamID beyond the table */
	REC_ENTRY_BAD_POINTER = 3, /* table pointer fails the checks */
	REC_ENTRY_ERROR = 4,	   /* reading failed */
};

struct rec_ste {
	u32 smmu;
	u16 phase;
	u16 entry; /* enum rec_entry_state */
	u32 sid;
	u64 addr;
	u8 raw[64];
};

struct rec_cd {
	u32 smmu;
	u16 phase;
	u16 entry; /* enum rec_entry_state */
	u32 sid, ssid;
	u64 addr;
	u8 raw[64];
};

struct rec_note {
	u32 capacity, length; /* bytes, this record included */
	u64 sequence;	      /* counts the writes */
	u32 crc;	      /* CRC-32 of what follows this record, up to length */
	u64 lost_bytes;	      /* of records that found no room */
};

#define REC_QUEUE_BYTES 512u

/*
 * One record with count 0 tells of the queue, then one per piece of the ring
 * that is not all zeros: a piece that is missing was zeros, unless it lies among
 * the lost_entries that follow PROD (the oldest ones are given up first).
 */
struct rec_queue {
	u32 smmu;
	u16 phase;
	u16 queue;	  /* enum smmu_queue_id */
	u16 entry;	  /* enum rec_entry_state */
	u16 place;	  /* enum adopt_place: whose ring it is */
	u32 odd;	  /* enum smmu_queue_odd */
	u32 prod, cons;	  /* registers */
	u64 base;	  /* physical address */
	u32 entries;	  /* size of the ring */
	u32 entry_bytes;  /* 16 or 32 */
	u32 lost_entries; /* no room for them, or they could not be read */
	u32 first, count; /* this piece */
	u8 raw[REC_QUEUE_BYTES];
};

struct rec_rmr {
	u32 smmu;
	u32 sid_first, sid_count;
	u64 base, bytes;
	u32 flags;  /* as in IORT: 0 remap permitted, 1 privileged, 9:2 attributes */
	u16 source; /* enum rec_rmr_source */
};

enum rec_rmr_source {
	REC_RMR_IORT = 0,
	REC_RMR_DT = 1, /* iommu-addresses of a reserved-memory node */
};

struct rec_rmr_stream {
	u32 smmu;
	u32 sid;
	u16 verdict; /* enum rmr_verdict */
	u16 direct;  /* enum rmr_direct */
	u64 base;    /* of the region */
};

enum rec_device_flags {
	REC_DEV_DEFERRED = 1 << 0, /* dev->iommu->attach_deferred: hardware runs the old entry */
	REC_DEV_GROUP = 1 << 1,	   /* has an IOMMU group */
	REC_DEV_CONFIG = 1 << 2,   /* config space was read: the next bits are valid */
	REC_DEV_BUS_MASTER = 1 << 3,
	REC_DEV_BRIDGE = 1 << 4,      /* never a unit of work */
	REC_DEV_ATTACH_SEEN = 1 << 5, /* the attach was observed; attach_ns is its time */
	REC_DEV_SIDS_CUT = 1 << 6,    /* more StreamIDs than fit */
	REC_DEV_SID_SHARED = 1 << 7,  /* another device has one of its StreamIDs */
	REC_DEV_IDENTITY = 1 << 8,    /* default domain is identity (the passthrough trap) */
	REC_DEV_SID_DERIVED = 1 << 9, /* StreamIDs from firmware tables, not from the kernel */
	REC_DEV_ATS = 1 << 10,	      /* enabled in config space, whatever the kernel believes */
	REC_DEV_PRI = 1 << 11,
	REC_DEV_PASID = 1 << 12,
	REC_DEV_FLR = 1 << 13,	   /* can do a function level reset */
	REC_DEV_PENDING = 1 << 14, /* Transactions Pending */
	REC_DEV_TRAPPED = 1 << 15, /* a driver, an identity domain, but the old entry translates */
};

#define REC_DEVICE_SIDS 8

/* The domain of the device's group: its default domain unless somebody took the group over. */
enum rec_domain {
	REC_DOMAIN_NONE = 0, /* no group, or a producer that does not tell */
	REC_DOMAIN_BLOCKED = 1,
	REC_DOMAIN_IDENTITY = 2,
	REC_DOMAIN_DMA = 3,    /* strict */
	REC_DOMAIN_DMA_FQ = 4, /* lazy invalidation */
	REC_DOMAIN_OTHER = 5,  /* VFIO and the like */
};

struct rec_device {
	u32 smmu;
	u16 phase;
	u16 flags;	/* enum rec_device_flags */
	u32 class_code; /* PCI class, 0 otherwise */
	u16 vendor, device;
	s32 group;	 /* IOMMU group number, -1 none */
	u64 attach_ns;	 /* CLOCK_MONOTONIC of the attach, 0 not seen */
	char name[48];	 /* sysfs name, as 0000:00:02.0 */
	char bus[16];	 /* pci, platform */
	char driver[32]; /* bound driver, empty none */
	u32 sid_count;
	u32 sids[REC_DEVICE_SIDS];
	u16 domain; /* enum rec_domain */
};

enum rec_severity {
	REC_SEV_INFO = 1,
	REC_SEV_WARNING = 2,
	REC_SEV_ERROR = 3,
};

struct rec_finding {
	u32 smmu;
	u32 sid;      /* REC_NO_SID when it is about no single stream */
	u16 severity; /* enum rec_severity */
	u16 code;     /* enum rec_finding_code */
	u64 addr;     /* 0 none */
	char text[160];
	/* About so many StreamIDs from sid on, so far apart; 0: about sid alone. */
	u32 sid_count, sid_stride;
};

#define REC_NO_SID 0xffffffffu

enum rec_finding_code {
	REC_FIND_TABLE_UNUSABLE = 1, /* geometry forbids a walk */
	REC_FIND_L1_ODD = 2,
	REC_FIND_L1_UNREADABLE = 3,
	REC_FIND_L2_NOWHERE = 4, /* L2 pointer leads to no memory */
	REC_FIND_L2_SHARED = 5,
	REC_FIND_STE_ODD = 6,
	REC_FIND_CD_NOWHERE = 7,
	REC_FIND_CD_ODD = 8,
	REC_FIND_OVER_BUDGET = 9, /* the snapshot is incomplete */
	REC_FIND_SMMU_OFF = 10,
	REC_FIND_NO_REGS = 11,
	REC_FIND_RMR_BYPASS = 12,  /* an RMR StreamID has become bypass */
	REC_FIND_NO_DEVICE = 13,   /* a live StreamID without a device */
	REC_FIND_DEVICE_GONE = 14, /* a device vanished mid-plan */
	REC_FIND_HELPER = 15,	   /* helper missing, unreadable or incoherent */
	REC_FIND_CONFIG = 16,	   /* configuration trouble */
	REC_FIND_NO_IOMMU = 17,	   /* device behind an adopted SMMU without IOMMU attachment */
	REC_FIND_HEALTH = 18,	   /* 18..25: this plus the bit number of enum health_bit */
	REC_FIND_HEALTH_LAST = 25,
	REC_FIND_PASSTHROUGH = 26,    /* the passthrough trap, see REC_DEV_TRAPPED */
	REC_FIND_RMR_IGNORED = 27,    /* in the raw IORT, but the kernel does not have it */
	REC_FIND_RMR_UNMAPPED = 28,   /* attached, and its domain does not map the region */
	REC_FIND_DRIVER_REFUSED = 29, /* why the driver did not adopt, in its own words */
	/* The image has no driver for a live device, whose name is the first word of the text. */
	REC_FIND_NO_DRIVER = 30,
	/* The dump did not begin in time: why, what was given back, what stays all the same. */
	REC_FIND_GIVEN_BACK = 31,
	/* A driver, or a hold that could not be given back, from before the daemon came. */
	REC_FIND_EARLY = 32,
	/* A device of the dump path has no driver at the end: the dump is likely lost. */
	REC_FIND_DUMP_LOST = 33,
	/* Virtual functions that were live at the crash: the capture kernel switched them off. */
	REC_FIND_VF_OFF = 34,
	REC_FIND_LATE = 35, /* a device that was not there when the holds were taken */
	/* An SMMU that no driver has: the built-in one was kept away, and the other did not come.
	 */
	REC_FIND_NO_SMMU_DRIVER = 36,
	/* ASIDs of the crashed kernel are in use again: what was done, and what is left. */
	REC_FIND_ASIDS_REUSED = 37,
	REC_FIND_FIRMWARE = 38, /* firmware's table is damaged, or names no StreamID for a device */
	REC_FIND_MEMORY = 39,	/* memory of the crashed kernel that was not read, and why */
	REC_FIND_DEVICES = 40, /* there are more devices than are listed: a StreamID may be one's */
};

/* What a step does. */
enum rec_action {
	REC_ACT_HOLD = 1,    /* pin unbound with driver_override */
	REC_ACT_QUIESCE = 2, /* bus master off, wait for Transactions Pending to clear */
	REC_ACT_LOAD = 3,    /* load the module for the device */
	REC_ACT_BIND = 4,    /* release the hold, ask the bus to probe, wait for the bind */
	REC_ACT_VERIFY = 5,  /* did the STE change? */
	REC_ACT_KEEP = 6,    /* leave quiesced and held to the end, on purpose */
	REC_ACT_RELEASE = 7, /* give the hold back */
	REC_ACT_DOMAIN = 8,  /* its domain, before a driver comes: made, translating, TLB flushed */
	REC_ACT_FLR = 9,     /* function level reset of a quiesced device */
	REC_ACT_MAX = REC_ACT_FLR,
};

struct rec_plan {
	u32 step;      /* counts from 1 */
	u16 action;    /* enum rec_action */
	u16 dump_path; /* 1: this device is on the dump path */
	u32 deadline_ms;
	char device[48];
	char reason[160];
};

struct rec_step {
	u32 step;
	u16 action;
	u16 attempt;
	u32 deadline_ms;
	char device[48];
};

enum rec_step_outcome {
	REC_STEP_DONE = 1,
	REC_STEP_FAILED = 2, /* error says why */
	REC_STEP_TIMEOUT = 3,
	REC_STEP_SKIPPED = 4,
	REC_STEP_GONE = 5,    /* the device vanished */
	REC_STEP_PENDING = 6, /* done as far as possible, the effect is not there yet */
};

struct rec_result {
	u32 step;
	u16 action;
	u16 outcome; /* enum rec_step_outcome */
	s32 error;   /* negative errno, or 0 */
	u64 took_ns;
	char device[48];
	char detail[160];
};

enum rec_stage_id {
	REC_STAGE_START = 1,
	REC_STAGE_INVENTORY = 2,
	REC_STAGE_PLAN = 3,
	REC_STAGE_ACT = 4,
	REC_STAGE_DONE = 5,	/* everything planned was tried */
	REC_STAGE_ASIDE = 6,	/* nothing to do here: stood aside, text says why */
	REC_STAGE_ABORTED = 7,	/* stage deadline, or the worker died */
	REC_STAGE_RELEASED = 8, /* all holds given back */
	REC_STAGE_PUBLISHED = 9,
	REC_STAGE_GIVING_BACK = 10, /* the dump does not begin: what is held goes back */
	REC_STAGE_EARLY = 11,	    /* holds taken before the SMMU has a driver; some given back */
	REC_STAGE_MAX = REC_STAGE_EARLY,
};

struct rec_stage {
	u16 stage; /* enum rec_stage_id */
	s32 error;
	char text[160];
};

/* What the dump says, too: so records and dump can be told from those of other crashes. */
struct rec_crashed {
	u64 crash_s;	   /* CRASHTIME, seconds since 1970 by its clock; 0 unknown */
	u16 machine;	   /* e_machine of /proc/vmcore; 0 unknown */
	char release[64];  /* OSRELEASE */
	char build_id[48]; /* BUILD-ID, hexadecimal */
};

enum rec_channel_id {
	REC_CHANNEL_NOTE = 1,	  /* the device-dump note in /proc/vmcore */
	REC_CHANNEL_KMSG = 2,	  /* lines in the kernel log */
	REC_CHANNEL_JOURNALD = 3, /* lines in the capture system's journald */
	REC_CHANNEL_SIDECAR = 4,  /* files beside the dump */
	REC_CHANNEL_EMBED = 5,	  /* a note put into the finished dump */
	REC_CHANNEL_MAX = REC_CHANNEL_EMBED,
};

enum rec_channel_state {
	REC_CHANNEL_USED = 1,
	REC_CHANNEL_FAILED = 2,
	REC_CHANNEL_ABSENT = 3, /* not there, or not asked for */
	REC_CHANNEL_STATE_MAX = REC_CHANNEL_ABSENT,
};

struct rec_channel {
	u16 channel; /* enum rec_channel_id */
	u16 state;   /* enum rec_channel_state */
	s32 error;   /* negative errno, or 0 */
	char text[160];
};

struct rec_usage {
	u32 peak_rss_kib;
	u32 stage_ms;	  /* daemon start to the end of the stage */
	u32 quiesced_ms;  /* daemon start to "all live masters quiesced", 0 unknown */
	u32 dump_path_ms; /* daemon start to "dump path handed over", 0 unknown */
	u64 lost_records; /* could not be written to the journal */
};

#endif
