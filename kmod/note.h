/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * note.h - the device dump in /proc/vmcore.
 */
#ifndef SA_NOTE_H
#define SA_NOTE_H

#include <linux/types.h>

struct sa_smmu;

void sa_note_init(struct sa_smmu *smmus, u32 n, u32 kib);
void sa_note_append(const u8 *frames, size_t len);
u32 sa_note_state(void); /* SMMU_ADOPT_NOTE_* */
const char *sa_note_text(void);

#endif
