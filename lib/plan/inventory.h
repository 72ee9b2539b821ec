/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inventory.h - the endpoints behind adopted SMMUs; the plan is made from this.
 *
 * It is made in two steps, because holds must not wait: inv_build() takes what the helper's
 * records tell and touches nothing; inv_details() adds sysfs and the configuration.
 */
#ifndef LIB_PLAN_INVENTORY_H
#define LIB_PLAN_INVENTORY_H

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"
#include "lib/machine/config.h"
#include "lib/machine/journal.h"
#include "lib/story/story.h"

enum inv_live {
	INV_NOT_LIVE = 0,     /* no STE of it let DMA through at the crash */
	INV_LIVE = 1,	      /* at least one did */
	INV_LIVE_UNKNOWN = 2, /* an STE could not be read, or the snapshot is incomplete */
};

/* Has this image a driver for a device? */
enum inv_driver {
	INV_DRIVER_UNKNOWN = 0, /* not looked up, or it cannot be told */
	INV_DRIVER_THERE = 1,	/* a module, or in the kernel */
	INV_DRIVER_NONE = 2,
};

struct inv_device {
	char name[48], bus[16];
	char driver[32]; /* bound driver, empty none */
	char module[32]; /* module its modalias names, empty unknown */
	u32 smmu;
	u32 sids[REC_DEVICE_SIDS];
	u8 n_sids;
	u8 live;       /* enum inv_live */
	u8 in_image;   /* enum inv_driver */
	bool sids_cut; /* it has more StreamIDs than recorded */
	bool pci;
	bool group;	 /* has an IOMMU group: an attachment, perhaps deferred */
	bool bound;	 /* a driver had it before we came */
	bool ours;	 /* of these: an earlier run of the daemon bound it */
	bool attached;	 /* of these: its driver has attached it */
	bool given_back; /* of these: after an earlier run gave it back */
	bool stopped;	 /* of these: an earlier run stopped it under its driver */
	bool gone;	 /* no longer there */
	bool settled;	 /* a plan was made for it before: none is made again */
	bool foreign;	 /* has a driver_override that is not ours */
	bool held;	 /* a run that gives back found our hold there */
	bool flr;	 /* the kernel knows a function level reset for it */
	u32 class_code;	 /* PCI class, 0 otherwise */
	u16 vendor, product;
	bool dump_path;
	bool supplier; /* on the dump path only because a device of the dump path needs it */
	u32 supplies;  /* its place among the suppliers, which go first; 0: not a supplier */
	bool asked;    /* its own suppliers are known */
	/* What a rule says (plan_apply_rules()): enum config_action, order, deadline, 0 none. */
	u8 rule;
	bool rule_by_driver; /* known only after its module was looked up */
	bool rule_open;	     /* its module may yet take it out of a rule that leaves it alone */
	u32 priority, deadline_ms;
	u32 alias_set;	/* devices with equal numbers share a StreamID */
	u32 alias_size; /* devices in the set, 1: alone */
	u32 alias_next; /* the next one of the set, 0: this is the last */
};

struct inventory {
	struct inv_device *devices;
	u32 count;
	u32 smmus, adopted; /* SMMUs known, of these adopted */
	u32 dump_present;   /* dump devices that exist, behind an adopted SMMU or not */
	bool dump_certain;  /* they are all that the dump needs: the rest may stay held */
	bool in_order;	    /* they do not come before other devices */
	/*
	 * Up to 6.14 the kernel makes the IOMMU attachment when a driver binds, later
	 * ones when the device appears. Only in the second case does a missing group
	 * mean that the SMMU driver refused the device.
	 */
	bool groups_early;
	bool late; /* an inventory of late devices: bound devices are left to their drivers */
	bool may_prepare;	   /* domains can be prepared before drivers are bound */
	bool may_flush;		   /* and the TLB must be flushed for their ASIDs */
	bool attach_flush;	   /* the helper also flushes at each attach */
	enum config_policy policy; /* in force: the configured one, or "all" */
};

/* Zero-initialise with = { 0 }. @story must be finished. Returns 0 or -ENOMEM. */
int inv_build(struct inventory *inv, const struct story *story);
void inv_clear(struct inventory *inv);

/*
 * Add sysfs and configuration. @complain is called for each device that has vanished meanwhile,
 * and for each dump device that does not exist (@device NULL: not about a device of the
 * inventory).
 */
typedef void (*inv_complain_fn)(void *priv, enum rec_finding_code code,
				const struct inv_device *device, const char *text);
void inv_details(struct inventory *inv, const struct fsroot *root, const struct config *config,
		 inv_complain_fn complain, void *priv);

/*
 * The part of inv_details() that marks the dump path (inventory_dump.c). The known devices of the
 * dump path are marked. If the dump path is not certain, @complain gets the reasons and the policy
 * in force becomes "all", since a device that the dump needs must not stay held.
 */
void inv_dump_path(struct inventory *inv, const struct fsroot *root, const struct config *config,
		   inv_complain_fn complain, void *priv);

/* Make the dump path uncertain for one more reason, with what follows from that. */
void inv_dump_doubt(struct inventory *inv, inv_complain_fn complain, void *priv, const char *text);

/* The state of an SMMU as seen last. */
enum adopt_state inv_smmu_state(const struct story_smmu *smmu);
/* What a finding about @device is about; NULL: about no device. */
struct journal_about inv_about(const struct inv_device *device, enum rec_severity severity,
			       enum rec_finding_code code);

/*
 * Does it matter whether the image has a driver for @device? It does for a live device without a
 * driver, since only a driver would reset the device.
 */
bool inv_stays_live(const struct inv_device *device);
/* Is it known that the image has no driver for @device? */
bool inv_driverless(const struct inv_device *device);

/* Did the SMMU driver refuse @device? Then no driver may be bound to it. */
bool inv_refused(const struct inventory *inv, const struct inv_device *device);

/* Does the configuration deny @device a driver? Nothing does so on the dump path. */
bool inv_denied(const struct inv_device *device);

/* The member of @device's alias set that may have a driver, perhaps itself; NULL none. */
const struct inv_device *inv_alias_owner(const struct inventory *inv,
					 const struct inv_device *device);

#endif
