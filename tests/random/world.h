/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * world.h - a machine in memory: what the kernel knows of its devices, and what really happened.
 *
 * It is a model of the kernel and of nothing of ours: driver_override and the lock of each device,
 * modules and probes, bus mastering, transactions, the stream table. Operations that came too late
 * for who waited take effect all the same, by an event. hands.c acts on it as daemon/act/hands.c
 * acts on sysfs; doors.c lets the daemon look at it; boot.c runs daemons on it and kills them;
 * invariants.c compares what the daemon tells with what was.
 *
 * Everything is decided by the seed.
 */
#ifndef TESTS_RANDOM_WORLD_H
#define TESTS_RANDOM_WORLD_H

#include <stdio.h>

#include "daemon/worker.h"
#include "lib/base/clock.h"
#include "lib/machine/config.h"
#include "tests/random/chance.h"

#define WORLD_DEVICES 40
#define WORLD_SMMUS 3
#define WORLD_MODULES 5
#define WORLD_EVENTS 512
#define WORLD_JOURNAL_BYTES (8u << 20)
#define WORLD_RECORDS 16384
#define WORLD_NEVER UINT64_MAX

enum world_override {
	OVERRIDE_NONE,
	OVERRIDE_OURS,
	OVERRIDE_FOREIGN,
};

/* What the driver's probe comes to. */
enum world_probe {
	PROBE_BINDS,
	PROBE_FAILS,
	PROBE_DEFERS, /* once, then it binds */
	PROBE_HANGS,  /* for ever, with the device's lock */
};

enum world_attach {
	ATTACH_IN_PROBE,
	ATTACH_LATER, /* as e1000e, when its interface is opened */
	ATTACH_NEVER,
};

/* Has the image a driver for it? */
enum world_driver {
	DRIVER_NONE,
	DRIVER_MODULE,
	DRIVER_BUILTIN,
	DRIVER_BLACKLISTED,
};

/* Who had the bus look for a driver. */
enum world_by {
	BY_OTHERS, /* udev, or the kernel itself */
	BY_WORKER,
	BY_CLEANUP,
};

struct world_device {
	char name[16];
	const char *bus;
	u32 smmu;
	u32 sids[2];
	u8 n_sids;
	bool pci, bridge, flr, express;
	bool needed;	    /* the dump is written by it */
	bool live;	    /* its entry let DMA through at the crash */
	u16 entry;	    /* enum rec_entry_state of the snapshot of its entries */
	u8 driver;	    /* enum world_driver */
	u8 module;	    /* which, if it is one */
	u8 probe, attach;   /* enum world_probe, enum world_attach */
	u32 probe_ms;	    /* what it takes */
	u32 drain_ms;	    /* transactions end so long after bus mastering went off */
	bool drains;	    /* they do end */
	bool gives_group;   /* the SMMU driver takes it */
	bool identity;	    /* its domain is one */
	bool write_refused; /* no config space for user space */
	u32 trouble;	    /* percent of operations on it that go wrong */

	/* The state of things. */
	bool there, answers; /* surprise removal: in sysfs, but all ones */
	u8 override;	     /* enum world_override */
	bool bound, group, master, attached, was_reset;
	bool deferred_once;
	u64 off_ns;	     /* bus mastering is off since then */
	u64 locked_until_ns; /* its device lock is held; WORLD_NEVER: for ever */

	/* What happened. */
	bool early_held;     /* before the SMMU had a driver */
	bool bound_before;   /* when the first daemon came */
	bool ever_held;	     /* by an act of ours */
	u64 freed_ns;	     /* our hold went away, the last time; 0 never held */
	bool owes_probe;     /* it was held while its driver came, and nobody asked the bus since */
	bool freed_by_child; /* by one left behind, when it got the lock */
	u32 held_by_run;     /* the run that counts on our hold, counted from 1 */
	bool lent;	     /* held when the loan was due */
	bool loud_bind;	     /* by the worker, while it was a live master */
	u64 gone_ns;	     /* it left; 0 it did not */
	u64 attached_ns;     /* 0: not */
	u64 bound_ns;	     /* last bind */

	/* What the records say. */
	u32 deadline_ms[REC_ACT_MAX + 1]; /* of the step that began last */
	u16 quiesce_said;		  /* enum rec_step_outcome, since the last release */
	u32 quiesce_begun;		  /* so often, and without an end since */
	bool said_not_live;		  /* was why it was skipped */
	bool said_gone;
	u64 turn_ns; /* its way to a driver began, in this run; 0 not */
};

enum world_event_kind {
	EVENT_NONE,
	EVENT_HOLD,	 /* a child left behind holds, and undoes it, for nobody knows of it */
	EVENT_CLEAR_ASK, /* one gives a hold back, and asks the bus */
	EVENT_UNBIND,
	EVENT_RESET,
	EVENT_PROBE_END,
	EVENT_PROBE_AGAIN, /* of a deferred probe */
	EVENT_ATTACH,
	EVENT_GONE,
	EVENT_COLDPLUG, /* udev loads what the image has */
	EVENT_LOADED,	/* module @device */
};

struct world_event {
	u64 ns;
	u64 turn; /* who waits for a lock gets it in the order of coming */
	u32 device, run;
	u8 kind, by;
	bool writes; /* who waits for a lock does in the write, and not in the look before it */
};

/* What must hold, whatever happens: invariants.h. */
enum invariant {
	INVARIANT_FREE,
	INVARIANT_HOLDS,
	INVARIANT_QUIET,
	INVARIANT_WAITS,
	INVARIANT_WORDS,
	INVARIANTS,
};

/* How a run of the daemon ended. */
enum world_end {
	END_DONE,	 /* by itself */
	END_FAILED,	 /* with an error */
	END_KILLED,	 /* the worker only */
	END_KILLED_BOTH, /* and the supervisor with it */
	END_DEADLINE,	 /* the supervisor's */
};

struct world {
	u64 seed;
	struct chance chance;
	FILE *trace; /* NULL: none */

	struct world_device devices[WORLD_DEVICES];
	u32 count;
	u32 smmus;
	bool adopted[WORLD_SMMUS];
	bool helper;	     /* the module is there */
	bool helper_calls;   /* and does what it is told */
	bool groups_early;   /* made when a device appears, not when it is bound */
	unsigned int kernel; /* major version */
	u32 asids;	     /* enum rec_asids, as seen after an attach */
	bool loaded[WORLD_MODULES];
	u32 trouble; /* percent of operations that go wrong */
	bool wrong;  /* the dump path is known for certain, and wrong */
	bool known;  /* for certain, and right */

	struct config config;
	struct stage_shared shared;

	u64 now_ns, start_ns;
	struct world_event events[WORLD_EVENTS];
	u32 n_events;
	u64 turns;
	u64 next_event_ns;

	/* The run of a daemon. */
	u64 run_start_ns, deadline_ns; /* the supervisor's */
	u32 kill_in;		       /* so many ticks from now; 0 not */
	bool kill_both;
	bool running;		   /* the worker, dead or alive */
	bool dead;		   /* what it does has no effect any more */
	u8 end;			   /* enum world_end */
	struct stage_shared alive; /* as it was when the worker died */
	u64 journal_at;		   /* where the next read begins */
	u32 runs, releases;
	u64 last_end_ns;     /* when the last one was over, cleaning up included */
	bool killed;	     /* some run was */
	bool given_back;     /* the loan was due in the last one */
	u32 stages;	     /* records of stages that were written in whole */
	bool over;	     /* the last run came to its own end */
	bool serves;	     /* its daemon is there, whether its worker is or not */
	bool cleanup_failed; /* a release that could not give everything back, and said so */

	/* The journal: a file, or, for most machines, the records that would be in it. */
	bool by_bytes;
	struct rec *records; /* WORLD_RECORDS */
	u32 n_records;
	u8 *journal; /* WORLD_JOURNAL_BYTES */
	size_t journal_len;
	size_t journal_room; /* then there is no space */
	bool journal_lost;   /* some record found no space */

	struct story told;	      /* the helper's records at the start and, at the end, all */
	char broken[INVARIANTS][200]; /* how each was broken first; "" it holds */
};

/* ---- world.c: the kernel ---- */

/* Let time pass, with what happens meanwhile. */
void world_advance(struct world *w, u64 until_ns);
void world_event(struct world *w, enum world_event_kind kind, u32 device, enum world_by by, u64 ns);
bool world_locked(const struct world *w, const struct world_device *dev);
/* Is there a driver that would take it now? */
bool world_driver_ready(const struct world *w, const struct world_device *dev);
/* May it do DMA that the crashed kernel asked for? */
bool world_loud(const struct world *w, const struct world_device *dev);
bool world_pending(const struct world *w, const struct world_device *dev);
/* The bus looks for a driver. */
void world_ask_bus(struct world *w, u32 device, enum world_by by);
/* The module of @device comes, and probes whatever it matches. Returns when that is over. */
u64 world_load(struct world *w, u8 module, enum world_by by);
void world_set_override(struct world *w, u32 device, enum world_override override);
void world_master_off(struct world *w, u32 device);
void world_unbind(struct world *w, u32 device);
void world_reset(struct world *w, u32 device);
u32 world_find(const struct world *w, const char *name);
void world_trace(const struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- make.c: the machine of a seed. The blocks of memory are kept. ---- */
void world_make(struct world *w, u64 seed);
void world_print(const struct world *w);

/* ---- tell.c: the helper's records of it, now ---- */
int world_tell(const struct world *w, struct story *story);
void world_tell_device(const struct world *w, const struct world_device *dev, struct rec *ret);
void world_tell_ste(const struct world *w, const struct world_device *dev, u32 i,
		    enum rec_phase phase, struct rec *ret);

/* ---- doors.c ---- */
/* The machine that the doors open to. */
void world_enter(struct world *w);

/* ---- hands.c ---- */
extern const struct act_ops world_ops;
/* What the real hands promise: daemon/act/hands.c. */
#define WORLD_PATIENCE_MS 500
#define WORLD_SEE_PATIENCE_MS 500
/* And one thing that they do not: a look at an SMMU is not cut short (act.h). */
#define WORLD_LOOK_MS 300

/* ---- boot.c: daemons run, die and are run again, until all is over ---- */
void world_run(struct world *w);
/* One more moment in which the worker may be killed. True: it is dead. */
bool world_tick(struct world *w);
void world_die(struct world *w, enum world_end end);

#endif
