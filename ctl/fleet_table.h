/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fleet_table.h - print the crashes of many machines on a terminal: a row for each crash. */
#ifndef CTL_FLEET_TABLE_H
#define CTL_FLEET_TABLE_H

#include "ctl/fleet_line.h"
#include "lib/base/term.h"

/* Zero-initialise with = { 0 }. Ends with fleet_table_clear(). */
struct fleet_table {
	struct term_table rows[VERDICT_FAILED + 1]; /* indexed by verdict */
	size_t by_level[VERDICT_FAILED + 1];
	size_t hosts, folders; /* crashes with a host, or a folder, in the second column */
	bool counted, causes;  /* some crash has a number of devices, a cause */
};

void fleet_table_add(struct fleet_table *table, const struct crash *crash);
/* "3 crashes: 2 OK, 1 FAILED", and the rows, the worst first. Returns 0, -ENOMEM or -EIO. */
int fleet_table_print(const struct term *term, struct fleet_table *table);
void fleet_table_clear(struct fleet_table *table);

#endif
