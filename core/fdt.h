/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fdt.h - one property of /chosen out of a flattened device tree.
 *
 * A capture kernel booted with ACPI still gets the address of its elfcorehdr
 * through the flattened device tree, which it then does not unflatten; so it is
 * read from the blob (Devicetree Specification 0.4, chapter 5).
 */
#ifndef SMMU_CORE_FDT_H
#define SMMU_CORE_FDT_H

#include "port.h"

/*
 * The <address size> value of property @name in /chosen. Returns 0, 1 when
 * there is no such property, -EINVAL when the blob or the value is malformed.
 */
int fdt_chosen_reg(const u8 *fdt, size_t len, const char *name, u64 *ret_addr, u64 *ret_bytes);

#endif
