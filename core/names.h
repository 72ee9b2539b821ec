/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * names.h - well-known strings of the helper, and names of enum values.
 *
 * Kernel and user space spell them from here. The names are part of the JSON
 * and text interfaces: they do not change. Unknown values give "unknown".
 */
#ifndef SMMU_CORE_NAMES_H
#define SMMU_CORE_NAMES_H

#include "adopt.h"
#include "cd.h"
#include "health.h"
#include "queue.h"
#include "rec_types.h"
#include "rmr.h"
#include "ste.h"

#define SMMU_ADOPT_VERSION "0.1.0"

#define SMMU_ADOPT_MODULE "smmu_adopt" /* smmu_adopt.ko, and its debugfs folder */
#define SMMU_ADOPT_FILE_STATE "state"
#define SMMU_ADOPT_FILE_REGS "regs"
#define SMMU_ADOPT_FILE_STREAMS "streams"
#define SMMU_ADOPT_FILE_RMR "rmr"
#define SMMU_ADOPT_FILE_RECORDS "records"

const char *adopt_state_name(u32 state);   /* "adopted", "reset", ... */
const char *adopt_reason_name(u32 reason); /* "stock-driver" */
const char *adopt_reason_text(u32 reason); /* a sentence without full stop */
/* Name of evidence bit @bit (0..31), NULL when that bit has no meaning. */
const char *adopt_evidence_name(u32 bit);
const char *adopt_place_name(u32 place);

const char *ste_config_name(u32 config); /* "abort", "bypass", "s1", "s2", "nested", "reserved" */
const char *ste_odd_name(u32 bit);	 /* as adopt_evidence_name() */
const char *cd_odd_name(u32 bit);
const char *cd_locate_text(int outcome);
const char *geom_odd_name(u32 bit);
const char *iort_odd_name(u32 bit);
const char *l1_odd_name(u32 bit);
const char *smmu_queue_name(u32 id); /* "cmdq", "evtq", "priq" */
const char *smmu_queue_odd_name(u32 bit);
const char *health_what_name(u32 what);

const char *rec_type_name(u32 type);
const char *rec_phase_name(u32 phase);
const char *rec_entry_name(u32 entry);
const char *rec_severity_name(u32 severity);
const char *rec_finding_name(u32 code);
const char *rec_action_name(u32 action); /* "hold", "quiesce", ... */
/* The word for REC_ACT_QUIESCE that older logs and configurations have. */
#define ACTION_QUIESCE_ONCE "contain"
const char *rec_outcome_name(u32 outcome); /* "done", "failed", ... */
const char *rec_stage_name(u32 stage);
const char *rec_channel_name(u32 channel);
const char *rec_channel_state_name(u32 state);
const char *rec_producer_name(u32 producer);
const char *rec_asids_name(u32 asids); /* "unknown", "distinct", "reused" */
const char *rmr_verdict_name(u32 verdict);
const char *rec_domain_name(u32 domain);
const char *rec_device_flag_name(u32 bit); /* as adopt_evidence_name() */

#endif
