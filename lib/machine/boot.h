/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * boot.h - identifies the running boot. The clock may be wrong, and on a machine without a battery
 * it starts at the same second at each boot; the boot id differs for each boot.
 */
#ifndef LIB_MACHINE_BOOT_H
#define LIB_MACHINE_BOOT_H

#include <stdbool.h>
#include <time.h>

#include "core/rec_types.h"
#include "lib/base/fsroot.h"

#define BOOT_ID_BYTES 16

/* All zero when it cannot be read. */
void boot_read_id(const struct fsroot *root, u8 id[BOOT_ID_BYTES]);
bool boot_id_known(const u8 id[BOOT_ID_BYTES]);

/* When this kernel booted, by its clock as it is now; a second earlier, for it is rounded. */
time_t boot_time(void);

#endif
