/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * smmu_regs.h - SMMUv3 register offsets and fields that we read (Arm IHI 0070,
 * chapter 6), and the snapshot taken of them.
 *
 * No register of an SMMU that has a driver is ever written. Page 1 holds only the EVTQ and PRIQ
 * indices.
 */
#ifndef SMMU_CORE_REGS_H
#define SMMU_CORE_REGS_H

#include "port.h"

enum {
	SMMU_REG_IDR0 = 0x00,
	SMMU_REG_IDR1 = 0x04,
	SMMU_REG_IDR3 = 0x0c,
	SMMU_REG_IDR5 = 0x14,
	SMMU_REG_IIDR = 0x18,
	SMMU_REG_AIDR = 0x1c,
	SMMU_REG_CR0 = 0x20,
	SMMU_REG_CR0ACK = 0x24,
	SMMU_REG_CR1 = 0x28,
	SMMU_REG_CR2 = 0x2c,
	SMMU_REG_GBPA = 0x44,
	SMMU_REG_IRQ_CTRL = 0x50,
	SMMU_REG_IRQ_CTRLACK = 0x54,
	SMMU_REG_GERROR = 0x60,
	SMMU_REG_GERRORN = 0x64,
	SMMU_REG_STRTAB_BASE = 0x80,
	SMMU_REG_STRTAB_BASE_CFG = 0x88,
	SMMU_REG_CMDQ_BASE = 0x90,
	SMMU_REG_CMDQ_PROD = 0x98,
	SMMU_REG_CMDQ_CONS = 0x9c,
	SMMU_REG_EVTQ_BASE = 0xa0,
	SMMU_REG_PRIQ_BASE = 0xc0,
	SMMU_REG_EVTQ_PROD = 0x100a8, /* page 1 */
	SMMU_REG_EVTQ_CONS = 0x100ac,
	SMMU_REG_PRIQ_PROD = 0x100c8,
	SMMU_REG_PRIQ_CONS = 0x100cc,
};

#define SMMU_CR0_SMMUEN CORE_BIT(0)
#define SMMU_CR0_PRIQEN CORE_BIT(1)
#define SMMU_CR0_EVTQEN CORE_BIT(2)
#define SMMU_CR0_CMDQEN CORE_BIT(3)
#define SMMU_CR0_ATSCHK CORE_BIT(4)
#define SMMU_GBPA_ABORT CORE_BIT(20)
#define SMMU_GBPA_UPDATE CORE_BIT(31)
#define SMMU_GERROR_SFM CORE_BIT(8)
#define SMMU_IDR0_S2P CORE_BIT(0)
#define SMMU_IDR0_S1P CORE_BIT(1)
#define SMMU_IDR0_COHACC CORE_BIT(4)
#define SMMU_AIDR_MINOR CORE_MASK(3, 0)	      /* of SMMUv3.n; the rest is 0 */
#define SMMU_BASE_ADDR_MASK CORE_MASK(51, 6)  /* STRTAB_BASE */
#define SMMU_QUEUE_ADDR_MASK CORE_MASK(51, 5) /* CMDQ/EVTQ/PRIQ_BASE */

/* One register snapshot. Registers the SMMU does not have read as 0. */
struct smmu_regs {
	u32 idr0, idr1, idr3, idr5, iidr, aidr;
	u32 cr0, cr0ack, cr1, cr2, gbpa;
	u32 irq_ctrl, irq_ctrlack, gerror, gerrorn;
	u32 strtab_base_cfg;
	u32 cmdq_prod, cmdq_cons, evtq_prod, evtq_cons, priq_prod, priq_cons;
	u64 strtab_base, cmdq_base, evtq_base, priq_base;
};

#endif
