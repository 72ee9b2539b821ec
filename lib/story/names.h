/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names.h - well-known names of the user-space side: paths, bus, files, log
 * prefix, exit codes. No string is spelled twice; those shared with the helper
 * are in core/names.h.
 */
#ifndef LIB_STORY_NAMES_H
#define LIB_STORY_NAMES_H

#include "core/names.h"

#define NAME_DAEMON "smmu-adoptd"
#define NAME_CTL "smmu-adoptctl"
#define NAME_RESOLVE "smmu-adopt-resolve"
#define NAME_DRIVER_TOOL "smmu-adopt-driver" /* packaging/kdump-tools/ */

/* Relative to the root folder ("/" or --root). */
#define PATH_DEBUGFS "sys/kernel/debug"
#define PATH_HELPER PATH_DEBUGFS "/" SMMU_ADOPT_MODULE
#define PATH_DEFERRED PATH_DEBUGFS "/devices_deferred" /* the driver core's */
#define PATH_CONTROL "dev/" SMMU_ADOPT_MODULE /* takes records for the vmcore note, and calls */
#define PATH_RUN "run/smmu-adoptd"
#define PATH_JOURNAL PATH_RUN "/journal.rec"
#define PATH_HELPER_COPY PATH_RUN "/helper.rec" /* helper's records at daemon start */
#define PATH_EARLY PATH_RUN "/deferred"		/* PATH_DEFERRED before the SMMU had a driver */
#define PATH_BUS PATH_RUN "/bus"
#define PATH_LOCK PATH_RUN "/lock" /* held by the running daemon */
#define PATH_VMCORE "proc/vmcore"
#define PATH_KMSG "dev/kmsg"
#define PATH_JOURNALD_SOCKET "run/systemd/journal/socket"
#define PATH_CONF "etc/smmu-adopt/smmu-adopt.conf"
/* Settings of the capture image's first stage, which the real root lacks. */
#define PATH_CONF_RUN "run/smmu-adopt/smmu-adopt.conf"
#define PATH_CONF_VENDOR "usr/lib/smmu-adopt/smmu-adopt.conf"
#define DROPIN_SUFFIX ".d" /* of the folder beside each of them */
#define DROPIN_NAME ".conf"
#define PATH_RESOLVE "usr/libexec/smmu-adopt/resolve"
/* For kdump-tools: a dump although makedumpfile refuses the kernel. */
#define PATH_DUMP_BY_COPY "usr/lib/smmu-adopt/dump-by-copy"

/* Beside the dump. */
#define SIDECAR_RECORDS "smmu-adopt.rec"
/* What kdump-utils keeps of the capture kernel's log, beside the dump. */
#define CAPTURE_LOG "kexec-dmesg.log"
#define SIDECAR_TEXT "smmu-adopt.txt"

/* A driver_override value that matches no driver: the device stays unbound. */
#define HOLD_DRIVER "smmu-adopt-hold"

#define DBUS_NAME "org.smmu_adopt"
#define DBUS_PATH "/org/smmu_adopt"
#define DBUS_INTERFACE "org.smmu_adopt.Manager1"

#define SCHEMA_REPORT "smmu-adopt-report/2"
#define SCHEMA_STATUS "smmu-adopt-status/2"
#define SCHEMA_LOG "smmu-adopt-log/2"
#define SCHEMA_PLAN "smmu-adopt-plan/2"
#define SCHEMA_SHOW "smmu-adopt-show/2"
#define SCHEMA_CHECK "smmu-adopt-check/1"
#define SCHEMA_EVENT "smmu-adopt-event/2"
#define SCHEMA_STREAMS "smmu-adopt-streams/1"
#define SCHEMA_WALK "smmu-adopt-walk/1"
#define SCHEMA_MAPS "smmu-adopt-maps/1"
#define SCHEMA_WHO "smmu-adopt-who/1"
#define SCHEMA_REACH "smmu-adopt-reach/1"
#define SCHEMA_EVENTS "smmu-adopt-events/1"
#define SCHEMA_HEALTH "smmu-adopt-health/1"
#define SCHEMA_CRASH "smmu-adopt-crash/2"
#define SCHEMA_RMR "smmu-adopt-rmr/1"
#define SCHEMA_DIFF "smmu-adopt-diff/2"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_FINDINGS = 3, /* not adopted, or findings present */
	EXIT_PARTIAL = 4,  /* done on partial data: torn journal, missing records */
};

#endif
