/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * suppliers.h - which other devices must have a driver before the dump's devices can work?
 *
 * The driver core probes no consumer before its suppliers, and many a virtual function does
 * nothing before its physical one. If these were held, the dump would fail.
 */
#ifndef LIB_PLAN_SUPPLIERS_H
#define LIB_PLAN_SUPPLIERS_H

#include "lib/plan/inventory.h"

/*
 * Put the suppliers of the dump path's devices on the dump path, before these; a supplier with a
 * driver needs nothing.
 */
void suppliers_mark(struct inventory *inv, const struct fsroot *root);

#endif
