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
 * driver needs nothing. Returns false if not all of them were found: a chain of suppliers is too
 * long, or a device's folder has too many entries or cannot be read.
 */
bool suppliers_mark(struct inventory *inv, const struct fsroot *root);

#endif
