/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.h - the configuration: deadlines, the dump path, which other devices get a driver.
 *
 * No error in a configuration file stops the daemon: it is reported with file and line, and the
 * default is used.
 */
#ifndef LIB_MACHINE_CONFIG_H
#define LIB_MACHINE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/fsroot.h"
#include "lib/machine/config_dump.h"

#define CONFIG_NOTES_MAX 16

enum config_policy {
	CONFIG_PROBE_DUMP_PATH = 0, /* only the dump path gets its drivers */
	CONFIG_PROBE_ALL,
};

/* What a rule asks for, for the devices that it matches. */
enum config_action {
	CONFIG_ACT_NONE = 0, /* no rule matches: as [Probe] says */
	CONFIG_ACT_DRIVER,   /* quiesced, then handed over */
	CONFIG_ACT_QUIESCE,  /* quiesced and kept, whatever [Probe] says */
	CONFIG_ACT_FLR,	     /* quiesced and reset; a driver as [Probe] says */
	CONFIG_ACT_LEAVE,    /* neither held nor stopped */
	CONFIG_ACT_DENY,     /* quiesced and kept, even where quiescing fails */
};

/* Empty strings match everything. */
struct config_rule {
	enum config_action action;
	char class_code[8];   /* first digits of the six of a PCI class */
	char id[12];	      /* vendor:device or vendor, four digits each */
	char driver[32];      /* module */
	char path[48];	      /* pattern for the name in sysfs */
	uint32_t priority;    /* of hand-over: higher first */
	uint32_t deadline_ms; /* of load and bind, 0: device_deadline */
};

#define CONFIG_RULES_MAX 16

#define CONFIG_GRACE_NEVER UINT32_MAX	   /* held devices stay held */
#define CONFIG_GRACE_AUTO (UINT32_MAX - 1) /* as the capture environment waits (daemon/loan.h) */

/* From the kernel command line. */
enum config_mode {
	CONFIG_MODE_RUN = 0,
	CONFIG_MODE_OFF,  /* rd.smmu_adopt=0: stand aside */
	CONFIG_MODE_PLAN, /* rd.smmu_adopt=plan: plan, but do not act */
};

struct config {
	uint32_t deadline_ms;	     /* whole stage */
	uint32_t device_deadline_ms; /* one load or bind */
	uint32_t verify_deadline_ms; /* wait for the STE to change after a bind */
	uint32_t grace_ms;	 /* after the hand-over, for the dump to begin; or CONFIG_GRACE_* */
	struct config_dump dump; /* what the dump needs */
	char target[128];	 /* where the dump goes; for people */
	enum config_policy policy;
	struct config_rule rules[CONFIG_RULES_MAX]; /* of those that match, the last counts */
	size_t n_rules;
	enum config_mode mode;

	/* Complaints, each a sentence with file and line. */
	char notes[CONFIG_NOTES_MAX][160];
	size_t n_notes;
	size_t n_lost_notes; /* did not fit */
};

void config_defaults(struct config *config);

/*
 * Defaults, then the main file and its drop-ins, then the kernel command line,
 * all below @root. With @fd >= 0 (--config) that file is read instead of main
 * file and drop-ins; @name is what messages call it, the caller keeps @fd.
 * Complaints are in config->notes.
 */
void config_load(struct config *config, const struct fsroot *root, int fd, const char *name);

/* Add the settings of @text, as of one more drop-in; messages call it @name. */
void config_add_text(struct config *config, const char *text, const char *name);

/* Add a complaint of the caller's. */
void config_note(struct config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "ACTION [class=] [id=] [driver=] [path=] [priority=] [deadline=]": 0 or -EINVAL, -ERANGE. */
int config_rule_parse(struct config_rule *ret, const char *text);
const char *config_policy_name(enum config_policy policy);

#endif
