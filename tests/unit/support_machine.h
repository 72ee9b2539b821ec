/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_machine.h - a machine as a folder: sysfs, debugfs, /proc and /run as
 * the daemon sees them through --root, built for one test and removed after it.
 */
#ifndef TESTS_SUPPORT_MACHINE_H
#define TESTS_SUPPORT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/base/fsroot.h"

#define MACHINE_SMMU "arm-smmu-v3.0.auto"

#define MACHINE_LOCKS_MAX 16

struct machine {
	char dir[64];
	struct fsroot root;
	int locks[MACHINE_LOCKS_MAX];
	int n_locks;
};

/* Fails the test when the folder cannot be made. */
void machine_new(struct machine *m);
void machine_free(struct machine *m);

/* cmocka's setup and teardown for tests that need a machine and nothing else. */
int machine_set_up(void **state);
int machine_tear_down(void **state);
/* With the clock of support_clock.h, started. */
int machine_clock_set_up(void **state);
int machine_clock_tear_down(void **state);

/* Write a file, with the folders above it. @path is relative to the machine. */
void machine_write(struct machine *m, const char *path, const char *text);
void machine_write_bytes(struct machine *m, const char *path, const void *data, size_t len);
/* The text of a file, "" when it cannot be read. In a static buffer. */
const char *machine_read(struct machine *m, const char *path);
void machine_remove(struct machine *m, const char *path);
void machine_link(struct machine *m, const char *path, const char *target);

struct machine_device {
	const char *bus; /* NULL: pci */
	const char *name;
	const char *driver; /* NULL: unbound */
	int group;	    /* -1: none */
	bool no_express;    /* without PCI Express capability */
	bool pending;	    /* Transactions Pending stays set */
	bool off;	    /* bus mastering is off already */
	bool bridge;
};
void machine_device(struct machine *m, const struct machine_device *device);

/* The helper's records file of MACHINE_SMMU, from mkrec text. */
void machine_records(struct machine *m, const char *text);
/* The standard records with more lines after them. */
void machine_records_more(struct machine *m, const char *more);

/*
 * Whoever writes to a file of the machine waits, as for the lock of a device in its
 * probe, until machine_unlock(), by us or, after @ms, by a process that is to be reaped.
 * machine_free() gives back what still is locked.
 */
int machine_lock(struct machine *m, const char *path);
void machine_unlock(int lock);
pid_t machine_unlock_after(int lock, uint32_t ms);

/* Is @name held? Is its bus mastering on? */
bool machine_held(struct machine *m, const char *bus, const char *name);
bool machine_is_master(struct machine *m, const char *name);

/*
 * The standard machine: adopted SMMU 0; 0000:00:01.0 (SID 8, live, a NIC),
 * 0000:00:02.0 (SID 16, live, an NVMe disk), 0000:00:03.0 (SID 24, not live).
 */
extern const char machine_standard_records[];
void machine_standard(struct machine *m);

#endif
