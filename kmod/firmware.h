/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * firmware.h - what firmware's tables keep from us.
 */
#ifndef SA_FIRMWARE_H
#define SA_FIRMWARE_H

struct sa_findings;

/* What is odd about the IORT, and which PCI functions have no StreamID because of it. */
void sa_firmware_judge(struct sa_findings *f);

#endif
