// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - load and unload.
 *
 * Life of the module: at load it finds the SMMUs, notes which memory was whose,
 * and takes one snapshot of each SMMU (smmu.h has what is kept). From then on
 * everything is read-only and made afresh when a debugfs file is opened (emit.c),
 * without locks on what was saved. Three things change after load and see to that
 * themselves: the list of observed attaches (attach.c), the log (log.c), and the
 * devices that are being removed (going.c).
 *
 * Loading never fails for what it finds: in a capture kernel a module that
 * stays away tells less than one that says what it could not see.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/module.h>

#include "core/names.h"
#include "attach.h"
#include "badmem.h"
#include "control.h"
#include "debugfs.h"
#include "going.h"
#include "log.h"
#include "note.h"
#include "oldmem.h"
#include "rings.h"
#include "rmr.h"
#include "smmu.h"
#include "snapshot.h"

#define LOAD_MS 5000 /* all snapshots together */
#define MAX_LOG_KIB 16384u
#define MAX_NOTE_KIB 16384u

static unsigned int max_snapshot_kib = 4096;
module_param(max_snapshot_kib, uint, 0444);
MODULE_PARM_DESC(max_snapshot_kib, "memory for the snapshots of all SMMUs, in KiB (4096)");

static unsigned int max_log_kib = 256;
module_param(max_log_kib, uint, 0444);
MODULE_PARM_DESC(max_log_kib, "memory for records written to /dev/smmu_adopt, in KiB (256)");

static unsigned int note_kib = 128;
module_param(note_kib, uint, 0444);
MODULE_PARM_DESC(note_kib, "size of the vmcore note in KiB, 0: none (128)");

static unsigned long elfcorehdr[2];
module_param_array(elfcorehdr, ulong, NULL, 0444);
MODULE_PARM_DESC(elfcorehdr,
		 "address and size of the elfcorehdr, where the device tree does not tell (ACPI)");

static struct sa_smmu *smmus;
static u32 smmu_n;

static void say(const struct sa_smmu *smmu)
{
	const struct sa_snapshot *s = &smmu->snap;

	pr_info("%s: %s: %s; %u streams recorded, %u others refused, %u findings, %llu us\n",
		dev_name(smmu->dev), adopt_state_name(s->look.verdict.state),
		smmu->no_regs ?: adopt_reason_text(s->look.verdict.reason), s->streams.n,
		s->refusing, s->findings.n + s->findings.lost, s->took_ns / 1000);
}

static int __init smmu_adopt_init(void)
{
	size_t budget = (size_t)min(max_snapshot_kib, 1u << 20) << 10;
	unsigned long deadline = jiffies + msecs_to_jiffies(LOAD_MS);
	u32 i;
	int r;

	/* First, so that no attach slips between the snapshot and the watch. */
	sa_attach_init();
	sa_going_init();
	sa_oldmem_init(elfcorehdr[0], elfcorehdr[1]);
	r = sa_smmus_find(&smmus, &smmu_n);
	if (r)
		pr_err("cannot look for SMMUs: %d\n", r);
	else if (!smmu_n)
		pr_info("no SMMUv3 here\n");
	for (i = 0; i < smmu_n; i++) {
		sa_rmr_collect(&smmus[i]);
		sa_snapshot_take(&smmus[i], &budget, deadline);
	}
	/* Streams of all SMMUs before anybody's queues: these are long, and less is lost with them.
	 */
	for (i = 0; i < smmu_n; i++) {
		sa_rings_take(&smmus[i], &budget, deadline);
		say(&smmus[i]);
	}
	/* Whichever SMMU's tables lay there. */
	if (smmu_n)
		sa_badmem_judge(&smmus[0].snap.findings);
	sa_log_init((size_t)min(max_log_kib, MAX_LOG_KIB) << 10);
	sa_note_init(smmus, smmu_n, min(note_kib, MAX_NOTE_KIB));
	sa_debugfs_init(smmus, smmu_n);
	sa_control_init(smmus, smmu_n);
	return 0;
}

static void __exit smmu_adopt_exit(void)
{
	sa_control_exit();
	sa_debugfs_exit();
	sa_going_exit();
	sa_attach_exit();
	sa_log_exit();
	sa_smmus_free(smmus, smmu_n);
}

module_init(smmu_adopt_init);
module_exit(smmu_adopt_exit);

MODULE_DESCRIPTION(
	"Shows what a crashed kernel's SMMUv3 stream tables say and whether they were adopted");
MODULE_AUTHOR("smmu-adopt project");
MODULE_LICENSE("GPL");
MODULE_VERSION(SMMU_ADOPT_VERSION);
