// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * finding_kinds.c - the table of all kinds of findings: name, severity (unless a record has
 * another), and advice for the administrator.
 */
#include "lib/story/verdict.h"

#define ASK_WHO                                                                                    \
	"run \"" NAME_CTL                                                                          \
	" who DUMP ADDRESS\" to see which devices could have written there: the crashed kernel's " \
	"table was damaged"
#define EXPECTS_MEMORY                                                                             \
	"update the capture kernel, or leave the device without a driver: its firmware uses this " \
	"memory"

/* Names of findings that are records are in core/names.c, which the helper uses, too. */
static const struct finding_kind kinds[] = {
	{ REC_FIND_TABLE_UNUSABLE, NULL, REC_SEV_ERROR,
	  "keep the dump and report the registers below to the maker of the crashed kernel's driver: "
	  "they do not describe a stream table" },
	{ REC_FIND_L1_ODD, NULL, REC_SEV_WARNING, ASK_WHO },
	{ REC_FIND_L1_UNREADABLE, NULL, REC_SEV_ERROR, ASK_WHO },
	{ REC_FIND_L2_NOWHERE, NULL, REC_SEV_WARNING, ASK_WHO },
	{ REC_FIND_L2_SHARED, NULL, REC_SEV_WARNING, ASK_WHO },
	{ REC_FIND_STE_ODD, NULL, REC_SEV_WARNING, ASK_WHO },
	{ REC_FIND_CD_NOWHERE, NULL, REC_SEV_WARNING, ASK_WHO },
	{ REC_FIND_CD_ODD, NULL, REC_SEV_WARNING, ASK_WHO },
	{ REC_FIND_OVER_BUDGET, NULL, REC_SEV_WARNING,
	  "load " SMMU_ADOPT_MODULE " with a larger max_snapshot_kib=, or give the capture kernel "
	  "more memory" },
	{ REC_FIND_SMMU_OFF, NULL, REC_SEV_WARNING,
	  "find out why firmware or the crashed kernel left the SMMU switched off" },
	{ REC_FIND_NO_REGS, NULL, REC_SEV_ERROR,
	  "check that the SMMU has power and a clock when the capture kernel probes it" },
	{ REC_FIND_RMR_BYPASS, NULL, REC_SEV_ERROR,
	  "use a capture kernel that adopts: it leaves the streams of reserved regions alone" },
	{ REC_FIND_NO_DEVICE, NULL, REC_SEV_WARNING,
	  "find the device with this StreamID, in the firmware tables or with lspci on the "
	  "healthy machine: no driver knows this device" },
	{ REC_FIND_DEVICE_GONE, NULL, REC_SEV_WARNING,
	  "look for link or power errors of the device in the capture kernel's log" },
	{ REC_FIND_HELPER, NULL, REC_SEV_WARNING,
	  "put " SMMU_ADOPT_MODULE ".ko into the capture image, built for its kernel, and load it "
	  "before any driver" },
	{ REC_FIND_CONFIG, NULL, REC_SEV_WARNING,
	  "correct the configuration and build the capture image anew; see smmu-adopt.conf(5)" },
	{ REC_FIND_NO_IOMMU, NULL, REC_SEV_ERROR,
	  "check iommu= on the capture kernel's command line, and the firmware tables that lead the "
	  "device to its SMMU" },
	{ REC_FIND_PASSTHROUGH, NULL, REC_SEV_ERROR,
	  "boot the capture kernel without iommu.passthrough=1: addresses of an identity domain do "
	  "not fit the old entry" },
	{ REC_FIND_RMR_IGNORED, NULL, REC_SEV_WARNING, EXPECTS_MEMORY },
	{ REC_FIND_RMR_UNMAPPED, NULL, REC_SEV_WARNING, EXPECTS_MEMORY },
	{ REC_FIND_DRIVER_REFUSED, NULL, REC_SEV_ERROR,
	  "keep the dump and report this line to the maker of the driver: it could not adopt what "
	  "the crashed kernel had left" },
	{ REC_FIND_NO_DRIVER, NULL, REC_SEV_WARNING,
	  "put the device's driver into the capture image: nothing else can stop it" },
	{ REC_FIND_GIVEN_BACK, NULL, REC_SEV_WARNING,
	  "run \"" NAME_CTL
	  " check\" on the healthy machine and build the capture image anew: the dump needs, or "
	  "waits for, devices that its configuration does not name" },
	{ REC_FIND_EARLY, NULL, REC_SEV_WARNING,
	  "have \"" NAME_DAEMON
	  " hold\" run before the SMMU's driver is loaded, or build the device's driver as a module" },
	{ REC_FIND_DUMP_LOST, NULL, REC_SEV_ERROR,
	  "look at the device's steps and at the capture kernel's log around them: its driver must be in the "
	  "image, and the firmware tables must lead it to its SMMU" },
	{ REC_FIND_VF_OFF, NULL, REC_SEV_INFO, NULL },
	{ REC_FIND_LATE, NULL, REC_SEV_WARNING,
	  "load the driver of the device's bus before " NAME_DAEMON " starts" },
	{ REC_FIND_NO_SMMU_DRIVER, NULL, REC_SEV_WARNING,
	  "run \"" NAME_CTL
	  " check\" on the healthy machine and build module and image anew, or remove "
	  "initcall_blacklist= from the capture kernel's command line" },
	{ REC_FIND_ASIDS_REUSED, NULL, REC_SEV_WARNING,
	  "use a capture kernel whose SMMU driver reserves the crashed kernel's ASIDs, as "
	  "arm-smmu-v3-adopt.ko does" },
	{ REC_FIND_FIRMWARE, NULL, REC_SEV_WARNING,
	  "ask the maker of the firmware for a correct IORT table: devices that are not in it "
	  "have no StreamIDs" },
	{ REC_FIND_MEMORY, NULL, REC_SEV_WARNING,
	  "replace the broken memory: its content is missing here, because reading it could have "
	  "crashed the capture kernel" },
	{ REC_FIND_DEVICES, NULL, REC_SEV_WARNING,
	  "read the records beside the dump, which list all devices, or load " SMMU_ADOPT_MODULE
	  " with a larger note_kib=" },
	{ VERDICT_NOT_ADOPTED, "not-adopted", REC_SEV_ERROR,
	  "run \"" NAME_CTL
	  " setup\" on the healthy machine, which puts arm-smmu-v3-adopt.ko into the kdump image, "
	  "or use a capture kernel whose SMMU driver adopts: see smmu-adopt-driver(8)" },
	{ VERDICT_UNPROBED, "smmu-unprobed", REC_SEV_ERROR,
	  "put the SMMU's driver into the capture image, so that it is probed before the dump" },
	{ VERDICT_STATE_UNKNOWN, "state-unknown", REC_SEV_WARNING,
	  "look for lines of " SMMU_ADOPT_MODULE
	  " and of the SMMU's driver in the capture kernel's "
	  "log" },
	{ VERDICT_NO_SMMU, "no-smmu", REC_SEV_WARNING,
	  "look for an SMMUv3 in the firmware tables; on a machine that has none there is nothing to "
	  "do" },
	{ VERDICT_NOT_CAPTURE, "not-capture", REC_SEV_WARNING,
	  "run this in the capture kernel, or read the records of a crash: \"" NAME_CTL
	  " report FILE\"" },
	{ VERDICT_NO_RECORDS, "no-records", REC_SEV_WARNING,
	  "run this in the capture kernel, or read the records of a crash: \"" NAME_CTL
	  " report FILE\"" },
	{ VERDICT_NO_DAEMON, "no-daemon", REC_SEV_WARNING,
	  "put " NAME_DAEMON " into the capture image; \"" NAME_CTL
	  " check\" on the healthy machine "
	  "shows what the image lacks" },
	{ VERDICT_NOT_QUIESCED, "not-quiesced", REC_SEV_WARNING,
	  "look at the steps and the rules of the device: a longer deadline, an flr rule or its "
	  "driver in the image may stop it; a device whose driver was bound first must be held "
	  "earlier" },
	{ VERDICT_QUIESCED_LATE, "quiesced-late", REC_SEV_WARNING,
	  "have \"" NAME_DAEMON
	  " hold\" run before the SMMU's driver is loaded, or build the device's driver as a module" },
	{ VERDICT_ON_AGAIN, "on-again", REC_SEV_WARNING,
	  "find out which program gave the holds back (\"" NAME_DAEMON
	  " release\" does) or switched bus mastering on" },
	{ VERDICT_ATTACHED_EARLY, "attached-early", REC_SEV_WARNING,
	  "load " SMMU_ADOPT_MODULE
	  " before the drivers of these devices, and build these drivers as modules: a built-in "
	  "driver is bound before any module is loaded" },
	{ VERDICT_ATTACHED_AT_ONCE, "attached-at-once", REC_SEV_INFO, NULL },
	{ VERDICT_CUT_SHORT, "cut-short", REC_SEV_WARNING,
	  "raise deadline= in the Stage section of smmu-adopt.conf(5) if the daemon ran out of "
	  "time; else look in the capture kernel's log for what ended the daemon" },
	{ VERDICT_TORN, "records-torn", REC_SEV_WARNING,
	  "read the other copy of the records: one copy is beside the dump, one is in the dump's "
	  "note" },
	{ VERDICT_OTHER_CRASH, "other-crash", REC_SEV_WARNING,
	  "name the records of this crash with --records, or look for them beside other dumps" },
	{ VERDICT_INPUT_BROKEN, "input-broken", REC_SEV_WARNING,
	  "copy the file again from its source: it is cut short or cannot be read" },
	{ VERDICT_WRITABLE, "memory-writable", REC_SEV_WARNING,
	  "run \"" NAME_CTL
	  " who DUMP ADDRESS\" to see the mapping, and check the driver that made it" },
	{ VERDICT_UNTRANSLATED, "untranslated", REC_SEV_WARNING,
	  "look at iommu.passthrough= on the crashed kernel's command line, and at the domain type of "
	  "the device's IOMMU group" },
	{ VERDICT_NOT_WALKED, "memory-not-looked-at", REC_SEV_INFO, NULL },
	{ VERDICT_UNREAD_EVENTS, "unread-events", REC_SEV_INFO, NULL },
	{ VERDICT_LOG_RESET, "reset-line", REC_SEV_INFO, NULL },
	{ VERDICT_LOG_EVENTS, "events-in-log", REC_SEV_WARNING,
	  "find the device that has this StreamID and check what its driver mapped: the SMMU "
	  "refused the device's DMA" },
	{ VERDICT_LOG_CMD_SYNC, "command-timeout", REC_SEV_ERROR,
	  "look for a device that does not answer invalidations of its ATS cache, and for global "
	  "errors before this line: the SMMU does not carry out commands" },
	{ VERDICT_LOG_GERROR, "global-error", REC_SEV_ERROR,
	  "look at the platform's error log of that time: the SMMU could not reach its queues or "
	  "refused a command" },
	{ VERDICT_LOG_AER, "pcie-errors", REC_SEV_WARNING,
	  "check the device and its link; if the SMMU was reset, use a capture kernel that "
	  "adopts, or try pci=noaer on its command line so that the dump can finish" },
	{ VERDICT_LOG_SERROR, "serror", REC_SEV_ERROR,
	  "look at the lines before this one; if the SMMU was reset, use a capture kernel that "
	  "adopts: on some platforms refused DMA raises an SError" },
	{ VERDICT_LOG_PANIC, "panic", REC_SEV_ERROR,
	  "look at the lines before this one: the panic is why there is no dump" },
	{ VERDICT_LOG_TROUBLE, "reset-trouble", REC_SEV_ERROR,
	  "look at the platform's error log of that time: the SMMU did not answer its driver" },
	{ VERDICT_LOG_ENDS, "log-ends", REC_SEV_ERROR,
	  "look on the serial console for the lines after this one; earlycon and ignore_loglevel on "
	  "the capture kernel's command line show more. A capture kernel that adopts does not reset "
	  "the SMMU" },
	{ VERDICT_STEP + REC_ACT_HOLD, "hold-failed", REC_SEV_WARNING,
	  "look in the capture kernel's log for the driver that had the device at that time: it was "
	  "bound before the device could be held" },
	{ VERDICT_STEP + REC_ACT_QUIESCE, "quiesce-failed", REC_SEV_WARNING,
	  "look in the capture kernel's log for errors of the device or of its link" },
	{ VERDICT_STEP + REC_ACT_LOAD, "load-failed", REC_SEV_WARNING,
	  "put the module into the capture image, built for its kernel, and all modules that it "
	  "depends on" },
	{ VERDICT_STEP + REC_ACT_BIND, "bind-failed", REC_SEV_WARNING,
	  "look in the capture kernel's log for messages of the driver's probe; raise device_deadline= in "
	  "smmu-adopt.conf(5) if the probe only takes long" },
	{ VERDICT_STEP + REC_ACT_VERIFY, "verify-failed", REC_SEV_WARNING,
	  "look in the capture kernel's log for messages of the driver after its probe: the crashed "
	  "kernel's entry is still in place" },
	{ VERDICT_STEP + REC_ACT_KEEP, "keep-failed", REC_SEV_WARNING,
	  "look in the capture kernel's log for the driver that took the device: the device is not held "
	  "any more" },
	{ VERDICT_STEP + REC_ACT_RELEASE, "release-failed", REC_SEV_WARNING,
	  "give the hold back by hand with \"" NAME_DAEMON " release\"" },
	{ VERDICT_STEP + REC_ACT_DOMAIN, "domain-failed", REC_SEV_WARNING,
	  "look in the capture kernel's log for messages of the IOMMU about the device's group" },
	{ VERDICT_STEP + REC_ACT_FLR, "flr-failed", REC_SEV_WARNING,
	  "take the flr rule of the device out of smmu-adopt.conf(5) if it cannot be reset" },
};

const char *finding_reset_advice(u32 reason)
{
	switch (reason) {
	case ADOPT_WHY_NOT_COHERENT:
		return "check the firmware tables: an SMMU that they declare non-coherent cannot be "
		       "adopted";
	case ADOPT_WHY_SFM:
		return "find out what hardware error took the SMMU into service failure mode: GERROR "
		       "below, and the platform's error log";
	case ADOPT_WHY_FALLBACK:
	case ADOPT_WHY_GEOMETRY:
	case ADOPT_WHY_SCAN:
		return "keep the dump and report this line to the maker of the driver: it could not "
		       "adopt what the crashed kernel had left";
	default: return finding_kind(VERDICT_NOT_ADOPTED)->advice;
	}
}

const char *finding_unnamed_advice(void)
{
	return "keep the dump and report this line to the maker of the driver: the line does not "
	       "name the StreamID of the bad entry, and the table was replaced before the helper "
	       "was loaded";
}

const struct finding_kind *finding_kind(u32 code)
{
	static const struct finding_kind unknown = { .severity = REC_SEV_ERROR };
	static const struct finding_kind health = {
		.severity = REC_SEV_WARNING,
		.advice = "look at the stream with \"" NAME_CTL " walk\" before trusting what its "
			  "device wrote: the crashed kernel's tables were damaged or odd",
	};
	size_t i;

	if (code >= REC_FIND_HEALTH && code <= REC_FIND_HEALTH_LAST)
		return &health;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].code == code)
			return &kinds[i];
	return &unknown;
}
