/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * smmu_off.h - switch an SMMUv3 off, so that DMA passes it untranslated (Arm IHI 0070, 6.3.9
 * CR0, 6.3.13 GBPA). The one place that writes registers of an SMMU.
 */
#ifndef DAEMON_ACT_SMMU_OFF_H
#define DAEMON_ACT_SMMU_OFF_H

#include <stdint.h>

/* Register page 0, by offset. */
struct smmu_page {
	uint32_t (*read)(void *priv, uint32_t offset);
	void (*write)(void *priv, uint32_t offset, uint32_t value);
	void *priv;
};

/* As long as the kernel's own driver waits for one answer. */
#define SMMU_OFF_ANSWER_MS 1000u

/*
 * Returns 0; 1: the SMMU was off already and lets DMA pass; -ENXIO: these are not the registers of
 * an SMMUv3; -ETIMEDOUT: the SMMU does not answer; -EIO: the SMMU stays enabled. Registers that are
 * not recognised are not written to. No driver may use the SMMU.
 */
int smmu_off(const struct smmu_page *page);

#endif
