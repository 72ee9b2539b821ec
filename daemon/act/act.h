/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * act.h - carry out a plan through struct act_ops, the only hands of the
 * program, and journal what happened.
 *
 * Deadlines of steps are cut to what is left of the stage, with a reserve for an
 * orderly end. A step that cannot be done costs its deadline and no more; only
 * running out of stage time ends the acting early.
 */
#ifndef DAEMON_ACT_ACT_H
#define DAEMON_ACT_ACT_H

#include "lib/machine/config.h"
#include "lib/plan/inventory.h"
#include "lib/machine/journal.h"
#include "lib/plan/plan.h"
#include "daemon/act/outcome.h"
#include "daemon/act/resume.h"
#include "lib/story/story.h"

#define ACT_DETAIL_BYTES 160
#define ACT_LOOK_MAX 64
#define ACT_DRIVER_BYTES 32

/* What the helper saw of one device just now. */
struct act_sight {
	bool has_device;
	struct rec_device device;
	struct rec_ste ste[REC_DEVICE_SIDS];
	u32 n_stes;
	u32 asids; /* enum rec_asids of its SMMU */
};

/*
 * Every operation returns 0, a positive outcome where named, or a negative
 * errno: -ENODEV the device is gone, -ETIMEDOUT not within @wait_ms. @detail
 * (ACT_DETAIL_BYTES) may be filled with one more fact for people.
 */
struct act_ops {
	u64 (*now_ns)(void *priv);
	void (*sleep_ms)(void *priv, uint32_t ms);
	/* Hold @n devices, mark those that are bound; results[i] is ACT_BOUND, ACT_HELD,
	 * ACT_FOREIGN, 0 or negative. All of it takes @wait_ms at most. */
	int (*hold)(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		    int *results);
	/*
	 * Whose driver_override is it? results[i] is ACT_HELD, ACT_FOREIGN, 0: nobody's, or
	 * negative; -ETIMEDOUT: its lock is taken, or time was over. All of it takes @wait_ms at
	 * most.
	 */
	int (*held)(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		    int *results);
	/* Has it a driver now? 1: with the name in @driver (ACT_DRIVER_BYTES), 0, or negative. */
	int (*driver)(void *priv, const struct inv_device *dev, char *driver);
	int (*release)(void *priv, const struct inv_device *dev);
	/*
	 * The same for a device whose lock somebody has: by a process that waits for it and is
	 * left behind. Takes no time; what came of it is not known.
	 */
	int (*let_go)(void *priv, const struct inv_device *dev);
	int (*config_read)(void *priv, const struct inv_device *dev, unsigned int offset,
			   uint8_t *buf, size_t len);
	int (*config_write)(void *priv, const struct inv_device *dev, unsigned int offset,
			    const uint8_t *buf, size_t len);
	/*
	 * What the helper does where user space may not, or cannot: bus mastering off;
	 * the device's domain made, not attached (-ENXIO: it gets none); the TLB flushed
	 * for that domain. -ENOENT, -ENOTTY: no helper, or one that cannot.
	 */
	int (*master_off)(void *priv, const struct inv_device *dev);
	int (*domain_make)(void *priv, const struct inv_device *dev, uint32_t wait_ms);
	int (*flush)(void *priv, const struct inv_device *dev);
	/* Read the type of its domain; change identity, ACT_CHANGED, and read again. */
	int (*domain_translate)(void *priv, const struct inv_device *dev, uint32_t wait_ms);
	/* A function level reset and no other kind: ACT_NO_RESET. */
	int (*reset)(void *priv, const struct inv_device *dev, uint32_t wait_ms);
	int (*load)(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail);
	/*
	 * Give the hold back, ask the bus to probe, wait for the bind; @detail gets the
	 * driver. -ENOTCONN: bound, but the device got no IOMMU attachment.
	 */
	int (*bind)(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail);
	/* Take the driver away again, and hold. */
	int (*unbind)(void *priv, const struct inv_device *dev, uint32_t wait_ms);
	/*
	 * See @n devices, ACT_LOOK_MAX at most, all behind the SMMU that the helper calls @smmu.
	 * That may take its while: with the entries of the crash before those of now, all
	 * is read. One that is gone has no device in its sight.
	 */
	int (*look)(void *priv, const char *smmu, const struct inv_device *const *devs, size_t n,
		    struct act_sight *ret);
};

/* Called when a step begins (@result NULL) and when it ended. */
typedef void (*act_step_fn)(void *priv, const struct plan_step *step, const struct inv_device *dev,
			    const struct rec_result *result);

/* What acting found out about a device. */
struct act_device {
	u64 bound_ns;	       /* when its bind ended, 0 never */
	int hold_error;	       /* why it could not be held, 0: it could */
	int back_error;	       /* why its hold could not be given back, 0: it was, or never tried */
	int sight;	       /* what act_see_holds() saw, as results of act_ops.held */
	bool quiesced;	       /* in this run or in an earlier one */
	bool quiesce_failed;   /* quiescing was tried and failed */
	bool stuck;	       /* a call for it has not come back: its lock may be taken */
	bool unseen;	       /* whether it is held could not be seen at the begin */
	bool unheld;	       /* an earlier run was to hold it, and now nobody does */
	bool unbindable;       /* bind was tried and failed */
	bool lent;	       /* held only because the dump is not known to need it */
	bool marked;	       /* it has a driver, and a hold that says that it is stopped */
	bool attached;	       /* its driver came before us, and has attached it */
	bool reset;	       /* by FLR: it knows nothing of the crashed kernel any more */
	const char *no_driver; /* why it must get none, NULL: it may */
};

struct act {
	const struct act_ops *ops;
	void *ops_priv;
	struct inventory *inv; /* bound and gone are updated */
	const struct config *config;
	const struct story *story;   /* crash-time STEs */
	const struct resume *resume; /* NULL: there was no earlier run */
	struct journal *journal;
	u64 end_ns;		 /* no step begins after this */
	bool ats_reset_detaches; /* a reset of an ATS device ends adoption (kernels from 7.0 on) */
	act_step_fn on_step;
	void *on_step_priv;

	struct act_device *devices; /* by inventory index; act_run() makes it */
	u64 quiesced_ns;	    /* all that was to be quiesced is, 0 not */
	u64 dump_path_ns;	    /* the dump path was handed over, 0 not */
	u32 asids;		    /* enum rec_asids, of all attaches so far */
	bool dump_lost;
	bool gave_up; /* plan_dump_lost() was asked for */
	u32 done, failed;
};

/*
 * Carry out the steps of @plan from *@next on; it may grow on the way. Returns 0
 * when all were tried, -ETIME when the stage's time was over first, -ENOMEM.
 * May be called again with a longer plan.
 */
int act_run(struct act *act, struct plan *plan, u32 *next);
void act_clear(struct act *act);

/* Know what an earlier run found out about the devices. Returns 0 or -ENOMEM. */
int act_take_up(struct act *act);

/*
 * See whose holds there are now (holds.c). Of all devices at the begin of a run that gives back: it
 * enters no hold anew, and what earlier runs say of theirs may be true no more; and after it. In
 * other runs, of those that an earlier one was to give back: they are not held anew either.
 * Returns 0 or -ENOMEM.
 */
enum act_see {
	ACT_SEE_BEGIN,
	ACT_SEE_SPENT,
	ACT_SEE_AFTER,
};
int act_see_holds(struct act *act, enum act_see see);
/*
 * In a run that gives back, for what is still held and not to be: try once more, and see again.
 * As act_run().
 */
int act_give_back(struct act *act, struct plan *plan, u32 *next);

/* Write the PLAN records of the steps from @first on. */
void act_journal_plan(struct act *act, const struct plan *plan, u32 first);

/* For the parts of act only: the devices, once; begin and end a step. */
int act_make_devices(struct act *act);
struct act_open_step {
	const struct plan_step *step;
	u64 begin_ns;
	uint32_t wait_ms; /* as stated */
};
void act_begin(struct act *act, const struct plan_step *step, uint32_t wait_ms,
	       struct act_open_step *ret);
void act_end(struct act *act, const struct act_open_step *open, enum rec_step_outcome outcome,
	     int error, const char *format, ...) __attribute__((format(printf, 5, 6)));
uint32_t act_wait_ms(const struct act *act, uint32_t deadline_ms);

/* Quiesce the run of QUIESCE steps plan->steps[first..end-1] (quiesce.c). */
int act_quiesce(struct act *act, struct plan *plan, u32 first, u32 end);

/*
 * Reset a quiesced device by FLR, and look whether it is still quiesced and
 * under the crashed kernel's STE (reset.c). Returns 0, ACT_NO_RESET or a negative errno;
 * *ret_text says more.
 */
int act_reset(struct act *act, u32 device, uint32_t wait_ms, const char **ret_text);

/* Config space of a device, for the parts of act. */
int act_read16(struct act *act, const struct inv_device *dev, unsigned int offset, u16 *ret);
/* Does hardware run another entry for one of its streams than the crash left? */
bool act_ste_changed(const struct act *act, const struct act_sight *sight);
/* The name of an SMMU for the look; "": not known. */
const char *act_smmu_name(const struct act *act, u32 smmu);
/* The look at one device; -ENODEV: it is gone. */
int act_look(struct act *act, const struct inv_device *dev, struct act_sight *ret);
void act_end_by_errno(struct act *act, const struct act_open_step *open, int rc,
		      const char *detail);

/* By which evidence its driver attached the device; NULL: it did not yet. */
const char *act_attach_evidence(const struct act *act, const struct act_sight *sight);

/* Mark the run of HOLD steps plan->steps[first..end-1], of devices that have drivers (bound.c). */
int act_mark(struct act *act, const struct plan *plan, u32 first, u32 end);

/* Keep what @sight tells of its SMMU's ASIDs. */
void act_see_asids(struct act *act, const struct act_sight *sight);
/* What is to be said of ASIDs that are in use again; "": they are not, as far as is known. */
void act_tell_asids(const struct act *act, char *buf, size_t cap);

/* A FLR step (reset.c), a DOMAIN step (domain.c). */
void act_do_flr(struct act *act, const struct plan_step *step);
void act_do_domain(struct act *act, const struct plan_step *step);
/* Verify the run of VERIFY steps plan->steps[first..end-1] (verify.c). */
int act_verify(struct act *act, const struct plan *plan, u32 first, u32 end);
/* Does @step need no operation? Then it is ended. */
bool act_skip_step(struct act *act, const struct plan_step *step);

/* The real operations (hands.c). */
struct act_real {
	const struct fsroot *root;
};
extern const struct act_ops act_real_ops;

#endif
