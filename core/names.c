// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * names.c - one table per enum. Tables of enums are indexed by value, tables of
 * flags by bit number; a hole is NULL.
 */
#include "names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *pick(const char *const *table, size_t count, size_t index, const char *other)
{
	return index < count && table[index] ? table[index] : other;
}

#define NAME_OF(table, value) pick(table, COUNT(table), value, "unknown")
#define NAME_OF_BIT(table, bit) pick(table, COUNT(table), bit, NULL)

const char *adopt_state_name(u32 state)
{
	static const char *const names[] = {
		[ADOPT_ADOPTED] = "adopted",   [ADOPT_RESET] = "reset",
		[ADOPT_DISABLED] = "disabled", [ADOPT_UNPROBED] = "unprobed",
		[ADOPT_ABSENT] = "absent",     [ADOPT_NOT_CAPTURE] = "not-capture",
	};
	return NAME_OF(names, state);
}

const char *adopt_reason_name(u32 reason)
{
	static const char *const names[] = {
		[ADOPT_WHY_NONE] = "none",
		[ADOPT_WHY_TABLE_KEPT] = "table-kept",
		[ADOPT_WHY_FRESH_TABLE] = "fresh-table",
		[ADOPT_WHY_NOT_COHERENT] = "not-coherent",
		[ADOPT_WHY_SFM] = "service-failure-mode",
		[ADOPT_WHY_SMMU_OFF] = "smmu-off",
		[ADOPT_WHY_NO_DRIVER] = "no-driver",
		[ADOPT_WHY_NO_REGS] = "no-registers",
		[ADOPT_WHY_PLACE_UNKNOWN] = "place-unknown",
		[ADOPT_WHY_ORDINARY] = "ordinary-kernel",
		[ADOPT_WHY_STOCK] = "stock-driver",
		[ADOPT_WHY_FALLBACK] = "adoption-given-up",
		[ADOPT_WHY_GEOMETRY] = "bad-geometry",
		[ADOPT_WHY_SCAN] = "bad-entry",
	};
	return NAME_OF(names, reason);
}

const char *adopt_reason_text(u32 reason)
{
	static const char *const names[] = {
		[ADOPT_WHY_NONE] = "no reason recorded",
		[ADOPT_WHY_TABLE_KEPT] =
			"the stream table is the crashed kernel's, the command queue is new",
		[ADOPT_WHY_FRESH_TABLE] =
			"the driver reset the SMMU and installed a fresh stream table",
		[ADOPT_WHY_NOT_COHERENT] =
			"the driver reset the SMMU; firmware declares it non-coherent, which cannot be adopted",
		[ADOPT_WHY_SFM] = "the driver reset the SMMU; service failure mode is active",
		[ADOPT_WHY_SMMU_OFF] = "CR0.SMMUEN is 0: no stream is translated",
		[ADOPT_WHY_NO_DRIVER] =
			"enabled by the crashed kernel; no driver of the capture kernel has probed it",
		[ADOPT_WHY_NO_REGS] = "its registers could not be read",
		[ADOPT_WHY_PLACE_UNKNOWN] =
			"stream table or command queue lie in no memory we know",
		[ADOPT_WHY_ORDINARY] = "this is not a kdump capture kernel",
		[ADOPT_WHY_STOCK] =
			"the driver reset the SMMU, as drivers without adoption always do",
		[ADOPT_WHY_FALLBACK] =
			"the driver gave adoption up and reset the SMMU; it did not say why",
		[ADOPT_WHY_GEOMETRY] =
			"the driver reset the SMMU: it refused the crashed kernel's table registers or L1 descriptors",
		[ADOPT_WHY_SCAN] =
			"the driver reset the SMMU: its scan for ASIDs and VMIDs in use met a bad entry",
	};
	return NAME_OF(names, reason);
}

const char *adopt_evidence_name(u32 bit)
{
	static const char *const names[] = {
		"kdump-kernel",	   "registers-read",	  "smmuen",
		"cmdqen",	   "strtab-in-old-ram",	  "strtab-in-capture-ram",
		"cmdq-in-old-ram", "cmdq-in-capture-ram", "driver-bound",
		"coherent",	   "sfm-active",	  "gbpa-abort",
		"evtqen",	   "strtab-elsewhere",	  "cmdq-elsewhere",
		"reason-from-log",
	};
	return NAME_OF_BIT(names, bit);
}

const char *adopt_place_name(u32 place)
{
	static const char *const names[] = {
		[PLACE_OLD_RAM] = "old-ram",
		[PLACE_CAPTURE_RAM] = "capture-ram",
		[PLACE_ELSEWHERE] = "elsewhere",
	};
	return NAME_OF(names, place);
}

const char *iort_odd_name(u32 bit)
{
	static const char *const names[] = {
		"bad-header",	 "nodes-missing",  "node-cut",	  "mappings-cut",
		"bad-reference", "ranges-overlap", "rmr-ignored", "too-large",
	};
	return NAME_OF_BIT(names, bit);
}

const char *ste_config_name(u32 config)
{
	static const char *const names[] = {
		[STE_CONFIG_ABORT] = "abort",
		"reserved",
		"reserved",
		"reserved",
		[STE_CONFIG_BYPASS] = "bypass",
		[STE_CONFIG_S1] = "s1",
		[STE_CONFIG_S2] = "s2",
		[STE_CONFIG_NESTED] = "nested",
	};
	return NAME_OF(names, config);
}

const char *ste_odd_name(u32 bit)
{
	static const char *const names[] = {
		"reserved-config", "reserved-s1fmt", "s1cdmax-too-large", "cd-null",
		"cd-beyond-oas",   "bad-vmid",	     "bad-s2ttb",
	};
	return NAME_OF_BIT(names, bit);
}

const char *cd_odd_name(u32 bit)
{
	static const char *const names[] = {
		"bad-asid", "aarch32", "bad-t0sz", "reserved-granule", "bad-ttb0", "big-endian",
	};
	return NAME_OF_BIT(names, bit);
}

const char *cd_locate_text(int outcome)
{
	static const char *const names[] = {
		[CD_FOUND] = "found",
		[CD_NOT_RAM] = "table pointer leads to no memory",
		[CD_EXCLUDED] = "left out of the dump",
		[CD_NO_S1] = "no stage 1 to follow",
		[CD_SSID_RANGE] = "substream beyond the table",
		[CD_BAD_POINTER] = "bad table pointer",
		[CD_L1_INVALID] = "no leaf table for this substream",
	};
	return outcome < 0 ? "could not be read" : NAME_OF(names, (size_t)outcome);
}

const char *geom_odd_name(u32 bit)
{
	static const char *const names[] = {
		"bad-format", "bad-log2size",	      "bad-split", "unaligned-base", "null-base",
		"beyond-oas", "no-two-level-support",
	};
	return NAME_OF_BIT(names, bit);
}

const char *l1_odd_name(u32 bit)
{
	static const char *const names[] = {
		"bad-span",
		"null-pointer",
		"unaligned-pointer",
		"beyond-oas",
	};
	return NAME_OF_BIT(names, bit);
}

const char *smmu_queue_name(u32 id)
{
	static const char *const names[] = {
		[SMMU_QUEUE_CMD] = "cmdq",
		[SMMU_QUEUE_EVENT] = "evtq",
		[SMMU_QUEUE_PRI] = "priq",
	};
	return NAME_OF(names, id);
}

const char *smmu_queue_odd_name(u32 bit)
{
	static const char *const names[] = {
		"null-base",
		"bad-log2size",
		"unaligned-base",
		"beyond-oas",
	};
	return NAME_OF_BIT(names, bit);
}

const char *health_what_name(u32 what)
{
	static const char *const names[] = {
		[HEALTH_STRTAB] = "stream table",   [HEALTH_L2] = "L2 table",
		[HEALTH_CD_TABLE] = "CD table",	    [HEALTH_ROOT] = "page-table root",
		[HEALTH_S2_ROOT] = "stage-2 root",  [HEALTH_STE] = "STE",
		[HEALTH_CD] = "context descriptor",
	};
	return NAME_OF(names, what);
}

const char *rec_type_name(u32 type)
{
	static const char *const names[] = {
		[REC_FILE] = "file",
		[REC_RANGE] = "range",
		[REC_SMMU] = "smmu",
		[REC_L1] = "l1",
		[REC_STE] = "ste",
		[REC_CD] = "cd",
		[REC_RMR] = "rmr",
		[REC_DEVICE] = "device",
		[REC_FINDING] = "finding",
		[REC_PLAN] = "plan",
		[REC_STEP] = "step",
		[REC_RESULT] = "result",
		[REC_STAGE] = "stage",
		[REC_USAGE] = "usage",
		[REC_QUEUE] = "queue",
		[REC_NOTE] = "note",
		[REC_RMR_STREAM] = "rmr-stream",
		[REC_CHANNEL] = "channel",
		[REC_CRASHED] = "crashed",
	};
	return NAME_OF(names, type);
}

const char *rec_phase_name(u32 phase)
{
	static const char *const names[] = {
		[REC_PHASE_CRASH] = "crash",
		[REC_PHASE_NOW] = "now",
	};
	return NAME_OF(names, phase);
}

const char *rec_entry_name(u32 entry)
{
	static const char *const names[] = {
		[REC_ENTRY_READ] = "read",	   [REC_ENTRY_NOT_RAM] = "not-ram",
		[REC_ENTRY_NO_TABLE] = "no-table", [REC_ENTRY_BAD_POINTER] = "bad-pointer",
		[REC_ENTRY_ERROR] = "read-error",
	};
	return NAME_OF(names, entry);
}

const char *rec_severity_name(u32 severity)
{
	static const char *const names[] = {
		[REC_SEV_INFO] = "info",
		[REC_SEV_WARNING] = "warning",
		[REC_SEV_ERROR] = "error",
	};
	return NAME_OF(names, severity);
}

const char *rec_finding_name(u32 code)
{
	static const char *const names[] = {
		[REC_FIND_TABLE_UNUSABLE] = "table-unusable",
		[REC_FIND_L1_ODD] = "l1-odd",
		[REC_FIND_L1_UNREADABLE] = "l1-unreadable",
		[REC_FIND_L2_NOWHERE] = "l2-nowhere",
		[REC_FIND_L2_SHARED] = "l2-shared",
		[REC_FIND_STE_ODD] = "ste-odd",
		[REC_FIND_CD_NOWHERE] = "cd-nowhere",
		[REC_FIND_CD_ODD] = "cd-odd",
		[REC_FIND_OVER_BUDGET] = "over-budget",
		[REC_FIND_SMMU_OFF] = "smmu-off",
		[REC_FIND_NO_REGS] = "no-registers",
		[REC_FIND_RMR_BYPASS] = "rmr-bypass",
		[REC_FIND_NO_DEVICE] = "stream-without-device",
		[REC_FIND_DEVICE_GONE] = "device-gone",
		[REC_FIND_HELPER] = "helper",
		[REC_FIND_CONFIG] = "config",
		[REC_FIND_NO_IOMMU] = "device-without-iommu",
		[REC_FIND_RMR_IGNORED] = "rmr-ignored",
		[REC_FIND_RMR_UNMAPPED] = "rmr-unmapped",
		[REC_FIND_PASSTHROUGH] = "passthrough-trap",
		[REC_FIND_DRIVER_REFUSED] = "refused-by-driver",
		[REC_FIND_NO_DRIVER] = "no-driver",
		[REC_FIND_DUMP_LOST] = "dump-path-lost",
		[REC_FIND_GIVEN_BACK] = "given-back",
		[REC_FIND_VF_OFF] = "virtual-functions-off",
		[REC_FIND_LATE] = "device-came-late",
		[REC_FIND_EARLY] = "before-the-daemon",
		[REC_FIND_NO_SMMU_DRIVER] = "smmu-without-driver",
		[REC_FIND_ASIDS_REUSED] = "asids-reused",
		[REC_FIND_FIRMWARE] = "firmware-table",
		[REC_FIND_MEMORY] = "memory-not-read",
		[REC_FIND_DEVICES] = "devices-left-out",
		[REC_FIND_HEALTH] = "table-in-other-ram",
		[REC_FIND_HEALTH + 1] = "table-in-no-ram",
		[REC_FIND_HEALTH + 2] = "table-unaligned",
		[REC_FIND_HEALTH + 3] = "table-beyond-oas",
		[REC_FIND_HEALTH + 4] = "reserved-bits",
		[REC_FIND_HEALTH + 5] = "table-points-at-itself",
		[REC_FIND_HEALTH + 6] = "table-shared",
		[REC_FIND_HEALTH + 7] = "rejected-by-hardware",
	};
	return NAME_OF(names, code);
}

const char *rec_action_name(u32 action)
{
	static const char *const names[] = {
		[REC_ACT_HOLD] = "hold",       [REC_ACT_QUIESCE] = "quiesce",
		[REC_ACT_LOAD] = "load",       [REC_ACT_BIND] = "bind",
		[REC_ACT_VERIFY] = "verify",   [REC_ACT_KEEP] = "keep",
		[REC_ACT_RELEASE] = "release", [REC_ACT_DOMAIN] = "domain",
		[REC_ACT_FLR] = "flr",
	};
	return NAME_OF(names, action);
}

const char *rec_outcome_name(u32 outcome)
{
	static const char *const names[] = {
		[REC_STEP_DONE] = "done",	[REC_STEP_FAILED] = "failed",
		[REC_STEP_TIMEOUT] = "timeout", [REC_STEP_SKIPPED] = "skipped",
		[REC_STEP_GONE] = "gone",	[REC_STEP_PENDING] = "pending",
	};
	return NAME_OF(names, outcome);
}

const char *rec_stage_name(u32 stage)
{
	static const char *const names[] = {
		[REC_STAGE_START] = "start",	     [REC_STAGE_INVENTORY] = "inventory",
		[REC_STAGE_PLAN] = "plan",	     [REC_STAGE_ACT] = "act",
		[REC_STAGE_DONE] = "done",	     [REC_STAGE_ASIDE] = "stood-aside",
		[REC_STAGE_ABORTED] = "aborted",     [REC_STAGE_RELEASED] = "released",
		[REC_STAGE_PUBLISHED] = "published", [REC_STAGE_GIVING_BACK] = "giving-back",
		[REC_STAGE_EARLY] = "early-hold",
	};
	return NAME_OF(names, stage);
}

const char *rec_channel_name(u32 channel)
{
	static const char *const names[] = {
		[REC_CHANNEL_NOTE] = "device-dump-note", [REC_CHANNEL_KMSG] = "kernel-log",
		[REC_CHANNEL_JOURNALD] = "journal",	 [REC_CHANNEL_SIDECAR] = "sidecar",
		[REC_CHANNEL_EMBED] = "embedded-note",
	};
	return NAME_OF(names, channel);
}

const char *rec_channel_state_name(u32 state)
{
	static const char *const names[] = {
		[REC_CHANNEL_USED] = "used",
		[REC_CHANNEL_FAILED] = "failed",
		[REC_CHANNEL_ABSENT] = "absent",
	};
	return NAME_OF(names, state);
}

const char *rec_producer_name(u32 producer)
{
	static const char *const names[] = {
		[REC_PRODUCER_HELPER] = "smmu_adopt",
		[REC_PRODUCER_DAEMON] = "smmu-adoptd",
		[REC_PRODUCER_CTL] = "smmu-adoptctl",
	};
	return NAME_OF(names, producer);
}

const char *rec_asids_name(u32 asids)
{
	static const char *const names[] = {
		[REC_ASIDS_UNKNOWN] = "unknown",
		[REC_ASIDS_DISTINCT] = "distinct",
		[REC_ASIDS_REUSED] = "reused",
	};
	return NAME_OF(names, asids);
}

const char *rmr_verdict_name(u32 verdict)
{
	static const char *const names[] = {
		[RMR_UNKNOWN] = "unknown",
		[RMR_UNTOUCHED] = "untouched",
		[RMR_STAYED_REFUSED] = "stayed-refused",
		[RMR_BECAME_BYPASS] = "became-bypass",
		[RMR_GAINED] = "was-refused-now-live",
		[RMR_REPLACED] = "replaced",
		[RMR_REPLACED_MAPPED] = "replaced-mapping-present",
		[RMR_REPLACED_UNMAPPED] = "replaced-mapping-missing",
		[RMR_LOST] = "now-refused",
	};
	return NAME_OF(names, verdict);
}

const char *rec_domain_name(u32 domain)
{
	static const char *const names[] = {
		[REC_DOMAIN_NONE] = "none",	    [REC_DOMAIN_BLOCKED] = "blocked",
		[REC_DOMAIN_IDENTITY] = "identity", [REC_DOMAIN_DMA] = "dma",
		[REC_DOMAIN_DMA_FQ] = "dma-fq",	    [REC_DOMAIN_OTHER] = "other",
	};
	return NAME_OF(names, domain);
}

const char *rec_device_flag_name(u32 bit)
{
	static const char *const names[] = {
		"deferred",
		"group",
		"config-read",
		"bus-master",
		"bridge",
		"attach-seen",
		"sids-cut",
		"sid-shared",
		"identity-domain",
		"sid-derived",
		"ats",
		"pri",
		"pasid",
		"flr",
		"transactions-pending",
		"passthrough-trap",
	};
	return NAME_OF_BIT(names, bit);
}
