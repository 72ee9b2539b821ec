/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel_log.h - what is left when there are no records: our lines in a saved kernel
 * log or journal, such as kdump-utils' kexec-dmesg.log.
 */
#ifndef CTL_INPUT_KERNEL_LOG_H
#define CTL_INPUT_KERNEL_LOG_H

#include <stdio.h>

#include "core/port.h"

/*
 * Print the lines of @data that smmu-adoptd or smmu_adopt wrote, everything that
 * is not printable ASCII replaced. Returns how many; -EINVAL: this is no text.
 */
int log_text(FILE *out, const u8 *data, size_t len);

#endif
