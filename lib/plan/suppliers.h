/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * suppliers.h - whom must the dump's devices wait for?
 *
 * The driver core probes no consumer before its suppliers, and many a virtual function does
 * nothing before its physical one. Held, these would take the dump along.
 */
#ifndef LIB_PLAN_SUPPLIERS_H
#define LIB_PLAN_SUPPLIERS_H

#include "lib/plan/inventory.h"

/* Put them on the dump path, before their consumers; those that have a driver need nothing. */
void suppliers_mark(struct inventory *inv, const struct fsroot *root);

#endif
