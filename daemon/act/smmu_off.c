// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * smmu_off.c - writes GBPA first, then CR0: GBPA decides what happens to DMA while the SMMU is off,
 * so it must be set before. The same write of CR0 switches the queues off, as in the kernel's own
 * driver.
 */
#include "daemon/act/smmu_off.h"

#include <errno.h>

#include "core/smmu_regs.h"
#include "lib/base/clock.h"

#define POLL_MS 1
#define CR0_KNOWN CORE_MASK(10, 0)

/* Wait until the bits @mask of a register are @wanted. */
static int answered(const struct smmu_page *page, uint32_t offset, uint32_t mask, uint32_t wanted)
{
	u64 end_ns = clock_now_ns() + clock_ms(SMMU_OFF_ANSWER_MS);

	while ((page->read(page->priv, offset) & mask) != wanted) {
		if (clock_now_ns() >= end_ns)
			return -ETIMEDOUT;
		clock_sleep_ms(POLL_MS);
	}
	return 0;
}

/* A dead bus answers with ones, and an empty one with zeros. */
static bool is_smmuv3(const struct smmu_page *page)
{
	uint32_t idr0 = page->read(page->priv, SMMU_REG_IDR0);
	uint32_t aidr = page->read(page->priv, SMMU_REG_AIDR);
	uint32_t cr0 = page->read(page->priv, SMMU_REG_CR0);

	return idr0 != UINT32_MAX && idr0 & (SMMU_IDR0_S1P | SMMU_IDR0_S2P) &&
	       !(aidr & ~(uint32_t)SMMU_AIDR_MINOR) && !(cr0 & ~(uint32_t)CR0_KNOWN);
}

static int let_pass(const struct smmu_page *page)
{
	uint32_t gbpa;
	int rc = answered(page, SMMU_REG_GBPA, SMMU_GBPA_UPDATE, 0);

	if (rc < 0)
		return rc;
	gbpa = page->read(page->priv, SMMU_REG_GBPA);
	if (!(gbpa & SMMU_GBPA_ABORT))
		return 0;
	page->write(page->priv, SMMU_REG_GBPA,
		    (gbpa & ~(uint32_t)SMMU_GBPA_ABORT) | (uint32_t)SMMU_GBPA_UPDATE);
	rc = answered(page, SMMU_REG_GBPA, SMMU_GBPA_UPDATE, 0);
	if (rc == 0 && page->read(page->priv, SMMU_REG_GBPA) & SMMU_GBPA_ABORT)
		rc = -EIO;
	return rc;
}

int smmu_off(const struct smmu_page *page)
{
	bool off;
	int rc;

	if (!is_smmuv3(page))
		return -ENXIO;
	off = !(page->read(page->priv, SMMU_REG_CR0) & SMMU_CR0_SMMUEN) &&
	      !(page->read(page->priv, SMMU_REG_GBPA) & SMMU_GBPA_ABORT);
	if (off)
		return 1;
	rc = let_pass(page);
	if (rc < 0)
		return rc;
	page->write(page->priv, SMMU_REG_CR0, 0);
	rc = answered(page, SMMU_REG_CR0ACK, CR0_KNOWN, 0);
	if (rc == 0 && page->read(page->priv, SMMU_REG_CR0))
		rc = -EIO;
	return rc;
}
