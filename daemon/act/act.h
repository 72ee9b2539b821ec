/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * act.h - carries out a plan and journals the result of each step. Whatever a step changes on the
 * machine goes through struct act_ops.
 *
 * Deadlines of steps are cut to what is left of the stage, with a reserve for an orderly end. A
 * step that cannot be done costs at most its own deadline. The run ends early only when the time
 * of the stage is over.
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

/* One device as the helper sees it now. */
struct act_sight {
	bool has_device;
	struct rec_device device;
	struct rec_ste ste[REC_DEVICE_SIDS];
	u32 n_stes;
	u32 asids; /* enum rec_asids of its SMMU */
};

/*
 * Every operation returns 0, a positive outcome where named, or a negative
 * errno: -ENODEV the device is gone, -ETIMEDOUT not within @wait_ms. @detail (ACT_DETAIL_BYTES) may
 * get a text that explains the result to people.
 */
struct act_ops {
	u64 (*now_ns)(void *priv);
	void (*sleep_ms)(void *priv, uint32_t ms);
	/*
	 * Hold @n devices; a bound device is only marked. results[i] is ACT_BOUND, ACT_HELD,
	 * ACT_FOREIGN, 0 or a negative errno. Takes @wait_ms at most for all.
	 */
	int (*hold)(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		    int *results);
	/*
	 * Who set driver_override? results[i] is ACT_HELD (smmu-adoptd), ACT_FOREIGN (another
	 * program), 0 (not set) or a negative errno; -ETIMEDOUT: the device's lock is taken, or
	 * time was over. Takes @wait_ms at most for all.
	 */
	int (*held)(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		    int *results);
	/*
	 * Does the device have a driver now? 1 and its name in @driver (ACT_DRIVER_BYTES), 0, or a
	 * negative errno.
	 */
	int (*driver)(void *priv, const struct inv_device *dev, char *driver);
	int (*release)(void *priv, const struct inv_device *dev);
	/*
	 * As release, for a device whose lock is taken: a process waits for the lock in the
	 * background. Returns at once; the result is not known.
	 */
	int (*let_go)(void *priv, const struct inv_device *dev);
	int (*config_read)(void *priv, const struct inv_device *dev, unsigned int offset,
			   uint8_t *buf, size_t len);
	int (*config_write)(void *priv, const struct inv_device *dev, unsigned int offset,
			    const uint8_t *buf, size_t len);
	/*
	 * Calls of the helper, for what user space cannot do: switch bus mastering off; make the
	 * device's domain without attaching it (-ENXIO: the SMMU driver makes none); flush the TLB
	 * for that domain. -ENOENT: there is no helper, -ENOTTY: the helper is too old.
	 */
	int (*master_off)(void *priv, const struct inv_device *dev);
	int (*domain_make)(void *priv, const struct inv_device *dev, uint32_t wait_ms);
	int (*flush)(void *priv, const struct inv_device *dev);
	/*
	 * Change an identity domain into a DMA domain: ACT_CHANGED; 0 if the domain translates
	 * already; ACT_NO_TYPE if its type cannot be read.
	 */
	int (*domain_translate)(void *priv, const struct inv_device *dev, uint32_t wait_ms);
	/* Function level reset; ACT_NO_RESET if the device has no reset of this kind. */
	int (*reset)(void *priv, const struct inv_device *dev, uint32_t wait_ms);
	int (*load)(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail);
	/*
	 * Give the hold back, ask the bus to probe, wait for the bind; @detail gets the driver's
	 * name. -ENOTCONN: a driver is bound, but the device got no IOMMU attachment.
	 */
	int (*bind)(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail);
	/* Unbind the driver and hold the device again. */
	int (*unbind)(void *priv, const struct inv_device *dev, uint32_t wait_ms);
	/*
	 * Read the present state of @n devices (ACT_LOOK_MAX at most), all behind the SMMU that the
	 * helper calls @smmu. This can take long, since the helper's records begin with all entries
	 * of the crash. has_device is false for a device that is gone.
	 */
	int (*look)(void *priv, const char *smmu, const struct inv_device *const *devs, size_t n,
		    struct act_sight *ret);
};

/* Called when a step begins (@result NULL) and when it ended. */
typedef void (*act_step_fn)(void *priv, const struct plan_step *step, const struct inv_device *dev,
			    const struct rec_result *result);

/* What this run has found out about a device. */
struct act_device {
	u64 bound_ns;	       /* when its bind ended, 0 never */
	int hold_error;	       /* negative errno of holding it, 0: held */
	int back_error;	       /* negative errno of giving its hold back, 0: done, or not tried */
	int sight;	       /* result of act_ops.held, from act_see_holds() */
	bool quiesced;	       /* in this run or in an earlier one */
	bool quiesce_failed;   /* quiescing was tried and failed */
	bool stuck;	       /* a call for it timed out: the device's lock may be taken */
	bool unseen;	       /* at the begin it could not be read whether it is held */
	bool unheld;	       /* an earlier run meant to hold it, and it is not held now */
	bool unbindable;       /* bind was tried and failed */
	bool lent;	       /* held only because the dump is not known to need it */
	bool marked;	       /* it has a driver; its hold only marks that its DMA is stopped */
	bool attached;	       /* its driver was bound before this run, and has attached it */
	bool reset;	       /* reset by FLR: it has lost all state of the crashed kernel */
	const char *no_driver; /* why it must not get a driver; NULL: it may get one */
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
	u64 quiesced_ns;	    /* when all devices that needed it were quiesced, 0: not yet */
	u64 dump_path_ns;	    /* when the dump path was handed over, 0: not yet */
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

/* Take over what an earlier run found out about the devices. Returns 0 or -ENOMEM. */
int act_take_up(struct act *act);

/*
 * Read from sysfs which devices are held now (holds.c). A run that gives back does so for all
 * devices at its begin (ACT_SEE_BEGIN) and at its end (ACT_SEE_AFTER), since it sets no holds
 * itself and the journal of earlier runs may be outdated. Other runs do so for the devices that an
 * earlier run had to give back (ACT_SEE_SPENT), which they do not hold again. Returns 0 or -ENOMEM.
 */
enum act_see {
	ACT_SEE_BEGIN,
	ACT_SEE_SPENT,
	ACT_SEE_AFTER,
};
int act_see_holds(struct act *act, enum act_see see);
/*
 * In a run that gives back: try once more to release devices that are still held and should not be,
 * then read again. Returns as act_run().
 */
int act_give_back(struct act *act, struct plan *plan, u32 *next);

/* Write the PLAN records of the steps from @first on. */
void act_journal_plan(struct act *act, const struct plan *plan, u32 first);

/* Only for the files of this folder: allocate act->devices, once; begin and end a step. */
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
/* Has the STE of one of the device's streams changed since the crash? */
bool act_ste_changed(const struct act *act, const struct act_sight *sight);
/* The name of an SMMU, as act_ops.look wants it; "": not known. */
const char *act_smmu_name(const struct act *act, u32 smmu);
/* act_ops.look for one device; -ENODEV: the device is gone. */
int act_look(struct act *act, const struct inv_device *dev, struct act_sight *ret);
void act_end_by_errno(struct act *act, const struct act_open_step *open, int rc,
		      const char *detail);

/* The evidence that the driver has attached the device, as text; NULL: not attached yet. */
const char *act_attach_evidence(const struct act *act, const struct act_sight *sight);

/* Mark the run of HOLD steps plan->steps[first..end-1], of devices that have drivers (bound.c). */
int act_mark(struct act *act, const struct plan *plan, u32 first, u32 end);

/* Remember whether the SMMU of @sight reuses ASIDs of the crashed kernel. */
void act_see_asids(struct act *act, const struct act_sight *sight);
/* A sentence about ASIDs that are in use again; "": none is known. */
void act_tell_asids(const struct act *act, char *buf, size_t cap);

/* A LOAD, BIND or RELEASE step (bind.c). */
void act_do_load(struct act *act, const struct plan_step *step);
void act_do_bind(struct act *act, const struct plan_step *step);
void act_do_release(struct act *act, const struct plan_step *step);
#define ACT_NO_ATTACHMENT "its driver got no IOMMU attachment for the device"
/* A FLR step (reset.c), a DOMAIN step (domain.c). */
void act_do_flr(struct act *act, const struct plan_step *step);
void act_do_domain(struct act *act, const struct plan_step *step);
/* Verify the run of VERIFY steps plan->steps[first..end-1] (verify.c). */
int act_verify(struct act *act, const struct plan *plan, u32 first, u32 end);
/* End @step and return true if it needs no operation. */
bool act_skip_step(struct act *act, const struct plan_step *step);

/* The real operations (hands.c). */
struct act_real {
	const struct fsroot *root;
};
extern const struct act_ops act_real_ops;

#endif
