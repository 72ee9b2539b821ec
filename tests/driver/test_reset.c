// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From the probe's look at the registers to the end of the reset, on a fake SMMU that a crashed
 * kernel left behind. Its rules: a command is consumed if the queue is on and no command queue
 * error is active; the registers of the stream table may not be written while SMMUEN is set.
 */
#include "harness.h"

static void *fake_alloc(size_t size, dma_addr_t *handle);
#define dma_alloc_coherent(dev, size, handle, flags) fake_alloc(size, handle)
#include "adopt.c"

/* The fake SMMU */
static u8 page[0x20000] __attribute__((aligned(0x10000)));
static struct arm_smmu_device smmu;
static struct device dev;
static unsigned int halted, consumed, forbidden, drops, cmdqen_refused, new_tables, rmr_bypasses;

#define REG(offset) (*(volatile u32 *)(page + (offset)))

static void hardware(void *reg, u32 value)
{
	switch ((u8 *)reg - page) {
	case ARM_SMMU_CR0:
		if (REG(ARM_SMMU_CR0) & CR0_SMMUEN && !(value & CR0_SMMUEN))
			drops++;
		if (value & CR0_CMDQEN && cmdqen_refused) {
			cmdqen_refused--;
			return;
		}
		REG(ARM_SMMU_CR0ACK) = value;
		break;
	case ARM_SMMU_IRQ_CTRL: REG(ARM_SMMU_IRQ_CTRLACK) = value; break;
	case ARM_SMMU_CR1:
	case ARM_SMMU_CR2:
	case ARM_SMMU_STRTAB_BASE:
	case ARM_SMMU_STRTAB_BASE_CFG:
	case ARM_SMMU_EVTQ_BASE:
	case ARM_SMMU_PRIQ_BASE: forbidden += !!(REG(ARM_SMMU_CR0ACK) & CR0_SMMUEN); break;
	}
}

static int issue(void)
{
	bool on = REG(ARM_SMMU_CR0ACK) & CR0_CMDQEN;
	bool error = (REG(ARM_SMMU_GERROR) ^ REG(ARM_SMMU_GERRORN)) & GERROR_CMDQ_ERR;

	if (!on || error) {
		halted++;
		return -ETIMEDOUT;
	}
	consumed++;
	return 0;
}

/* What the functions under test call, and what is not under test */
#ifdef PASSES_OLD_DOMAIN /* there it is a macro around this */
#define arm_smmu_cmdq_issue_cmd_p(...) issue()
#else
#define arm_smmu_cmdq_issue_cmd_with_sync(...) issue()
#endif
#define arm_smmu_setup_irqs(smmu) 0
#define arm_smmu_update_gbpa(...) ((void)0)
#define arm_smmu_init_strtab(smmu) (new_tables++, (smmu)->strtab_cfg.l2.num_l1_ents = 1, 0)
#define arm_smmu_rmr_install_bypass_ste(smmu) (rmr_bypasses++)
#define dmam_alloc_coherent(...) NULL
#define arm_smmu_init_initial_stes(...) ((void)0)
#define arm_smmu_write_strtab_l1_desc(...) ((void)0)

static bool memory_is_old = true;

static void *fake_alloc(size_t size, dma_addr_t *handle)
{
	void *p = aligned_alloc(0x10000, (size + 0xffff) & ~0xffffUL);

	memset(p, 0, size);
	*handle = (uintptr_t)p;
	return p;
}

bool adopt_is_old_memory(struct arm_smmu_device *s, phys_addr_t start, size_t size)
{
	(void)s, (void)start, (void)size;
	return memory_is_old;
}

int adopt_collect_memory(struct arm_smmu_device *s)
{
	(void)s;
	return 0;
}

int adopt_reserve_ids(struct arm_smmu_device *s)
{
	(void)s;
	return 0;
}

#include "arm-smmu-v3-reset.inc"

/* The crashed kernel's table: two level 1 entries, the first with a table, the second empty */
static struct arm_smmu_strtab_l1 l1tab[2] __attribute__((aligned(64)));
static struct arm_smmu_strtab_l2 l2tab __attribute__((aligned(0x10000)));

static void crash(void)
{
	memset(page, 0, sizeof(page));
	memset(&smmu, 0, sizeof(smmu));
	memset(&l2tab, 0, sizeof(l2tab));
	halted = consumed = forbidden = drops = cmdqen_refused = new_tables = rmr_bypasses = 0;
	devres_released = 0;
	memory_is_old = true;
	kdump = true;
	l1tab[0].l2ptr = (uintptr_t)&l2tab | (STRTAB_SPLIT + 1);
	l1tab[1].l2ptr = 0;
	REG(ARM_SMMU_CR0) = REG(ARM_SMMU_CR0ACK) =
		CR0_SMMUEN | CR0_CMDQEN | CR0_EVTQEN | CR0_ATSCHK;
	REG(ARM_SMMU_CR1) = 0xd75; /* as any Linux sets it */
	REG(ARM_SMMU_CR2) = CR2_PTM | CR2_RECINVSID | CR2_E2H;
	*(u64 *)(page + ARM_SMMU_STRTAB_BASE) = (uintptr_t)l1tab;
	REG(ARM_SMMU_STRTAB_BASE_CFG) = FIELD_PREP(STRTAB_BASE_CFG_FMT, STRTAB_BASE_CFG_FMT_2LVL) |
					FIELD_PREP(STRTAB_BASE_CFG_SPLIT, STRTAB_SPLIT) |
					(STRTAB_SPLIT + 1);
	smmu.dev = &dev;
	smmu.base = page;
	smmu.page1 = page + 0x10000;
	smmu.sid_bits = 16;
	smmu.features = ARM_SMMU_FEAT_COHERENCY | ARM_SMMU_FEAT_2_LVL_STRTAB | ARM_SMMU_FEAT_HYP |
			ARM_SMMU_FEAT_E2H | ARM_SMMU_FEAT_STALLS | ARM_SMMU_FEAT_ATS |
			ARM_SMMU_FEAT_PRI;
	smmu.cmdq.q.llq.max_n_shift = smmu.evtq.q.llq.max_n_shift = smmu.priq.q.llq.max_n_shift =
		16;
}

/* As arm_smmu_device_probe() does it */
static int probe(void)
{
	arm_smmu_adopt_probe(&smmu);
	if (!arm_smmu_adopt_strtab(&smmu))
		arm_smmu_init_strtab(&smmu);
	return arm_smmu_device_reset(&smmu);
}

static void test_adopts(void)
{
	printf("  adopts\n");
	crash();
	REG(ARM_SMMU_GERROR) = GERROR_CMDQ_ERR;
	EXPECT("probe", probe(), 0);
	EXPECT("adopted", !!smmu.adopt, true);
	EXPECT("SMMUEN dropped", drops, 0);
	EXPECT("writes that are forbidden", forbidden, 0);
	EXPECT("commands halted", halted, 0);
	EXPECT("commands consumed", consumed, 3);
	EXPECT("error acknowledged", REG(ARM_SMMU_GERRORN), GERROR_CMDQ_ERR);
	EXPECT("CR0", REG(ARM_SMMU_CR0), CR0_SMMUEN | CR0_CMDQEN | CR0_ATSCHK);
	EXPECT("new tables", new_tables, 0);
	EXPECT("log2 of the command queue", smmu.cmdq.q.llq.max_n_shift, 8);
	EXPECT("log2 of the event queue", smmu.evtq.q.llq.max_n_shift, 7);
}

/* What cannot be adopted falls back to a reset that works, whatever the crash latched */
static void falls_back(const char *name, void (*spoil)(void))
{
	printf("  falls back: %s\n", name);
	crash();
	REG(ARM_SMMU_GERROR) |= GERROR_CMDQ_ERR;
	spoil();
	EXPECT("probe", probe(), 0);
	EXPECT("adopted", !!smmu.adopt, false);
	EXPECT("SMMUEN dropped", drops > 0, true);
	EXPECT("writes that are forbidden", forbidden, 0);
	EXPECT("commands halted", halted, 0);
	EXPECT("new tables", new_tables, 1);
	EXPECT("E2H and stalls as probed",
	       !!(smmu.features & ARM_SMMU_FEAT_E2H) + !!(smmu.features & ARM_SMMU_FEAT_STALLS), 2);
}

static void spoil_coherency(void)
{
	smmu.features &= ~ARM_SMMU_FEAT_COHERENCY;
}
static void spoil_mode(void)
{
	REG(ARM_SMMU_GERROR) |= GERROR_SFM_ERR;
}
static void spoil_cr1_tables(void)
{
	REG(ARM_SMMU_CR1) = 0xc35;
}
static void spoil_cr1_queues(void)
{
	REG(ARM_SMMU_CR1) = 0xd70;
}
static void spoil_memory(void)
{
	memory_is_old = false;
}
static void spoil_queue(void)
{
	cmdqen_refused = 1;
}

static void test_kernel_that_did_not_crash(void)
{
	printf("  a kernel that did not crash\n");
	crash();
	kdump = false;
	REG(ARM_SMMU_GERROR) = GERROR_EVTQ_ABT_ERR;
	EXPECT("probe", probe(), 0);
	EXPECT("adopted", !!smmu.adopt, false);
	EXPECT("error acknowledged", REG(ARM_SMMU_GERRORN), 0);
	EXPECT("log2 of the command queue", smmu.cmdq.q.llq.max_n_shift, 16);
}

/* New entries must use the translation regime that CR2 gives ASIDs to */
static void test_e2h(void)
{
	static const struct {
		bool crashed, capture, used;
	} cases[] = { { true, true, true },
		      { false, true, false },
		      { true, false, false },
		      { false, false, false } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		printf("  CR2.E2H %d, this kernel's %d\n", cases[i].crashed, cases[i].capture);
		crash();
		if (!cases[i].crashed)
			REG(ARM_SMMU_CR2) &= ~CR2_E2H;
		if (!cases[i].capture)
			smmu.features &= ~ARM_SMMU_FEAT_E2H;
		EXPECT("probe", probe(), 0);
		EXPECT("adopted", !!smmu.adopt, true);
		EXPECT("EL2-E2H used", !!(smmu.features & ARM_SMMU_FEAT_E2H), cases[i].used);
		EXPECT("CR2.E2H", REG(ARM_SMMU_CR2) & CR2_E2H, cases[i].crashed ? CR2_E2H : 0);
		EXPECT("stalls", smmu.features & ARM_SMMU_FEAT_STALLS, 0);
	}
}

static void test_new_l2(void)
{
	struct arm_smmu_strtab_cfg *cfg = &smmu.strtab_cfg;

	printf("  a new table for an empty level 1 entry\n");
	crash();
	EXPECT("probe", probe(), 0);
	EXPECT("an old table", arm_smmu_init_l2_strtab(&smmu, 5), 0);
	EXPECT("is mapped", cfg->l2.l2ptrs[0] == &l2tab, true);

	REG(ARM_SMMU_GERROR) ^= GERROR_CMDQ_ERR;
	EXPECT("CFGI_STE fails", arm_smmu_init_l2_strtab(&smmu, 256 + 5), -ETIMEDOUT);
	EXPECT("level 1 entry", l1tab[1].l2ptr, 0);
	EXPECT("level 2 pointer", !!cfg->l2.l2ptrs[1], false);

	REG(ARM_SMMU_GERROR) ^= GERROR_CMDQ_ERR;
	EXPECT("the next device", arm_smmu_init_l2_strtab(&smmu, 256 + 6), 0);
	EXPECT("level 1 entry", l1tab[1].l2ptr, (uintptr_t)cfg->l2.l2ptrs[1] | (STRTAB_SPLIT + 1));
	EXPECT("entry", cfg->l2.l2ptrs[1]->stes[5].data[0], STRTAB_STE_0_V);
}

/* The core's flag comes late and goes early: a live entry that we did not write is left alone */
static void test_release(void)
{
	struct arm_smmu_stream stream = { .id = 5 };
	struct arm_smmu_master master = { .smmu = &smmu, .streams = &stream, .num_streams = 1 };

	printf("  an entry that is still the crashed kernel's\n");
	crash();
	l2tab.stes[5].data[0] =
		STRTAB_STE_0_V | FIELD_PREP(STRTAB_STE_0_CFG, STRTAB_STE_0_CFG_S1_TRANS);
	EXPECT("probe", probe(), 0);
	EXPECT("an old table", arm_smmu_init_l2_strtab(&smmu, 5), 0);
	dev.priv = &master;
	EXPECT("left alone", arm_smmu_adopt_is_attach_deferred(&dev), true);
	arm_smmu_adopt_prepare_ste(&master, &l2tab.stes[5]);
	EXPECT("left alone once written", arm_smmu_adopt_is_attach_deferred(&dev), false);
}

int main(void)
{
	on_write = hardware;
	test_adopts();
	falls_back("not coherent", spoil_coherency);
	falls_back("Service Failure Mode", spoil_mode);
	falls_back("tables not cacheable", spoil_cr1_tables);
	falls_back("queues not cacheable", spoil_cr1_queues);
	falls_back("a table in our own memory", spoil_memory);
	falls_back("the command queue does not come on", spoil_queue);
	test_kernel_that_did_not_crash();
	test_e2h();
	test_new_l2();
	test_release();
	return verdict();
}
