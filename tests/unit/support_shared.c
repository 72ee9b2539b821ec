// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_shared.c - shared as fork() shares it: an anonymous mapping. */
#include "tests/unit/support_shared.h"

#include "tests/unit/cmocka_all.h"

#include <sys/mman.h>

#include "daemon/act/hold.h"
#include "tests/unit/support_clock.h"

struct stage_shared *shared_set_up(struct machine *m)
{
	struct stage_shared *shared;
	struct errbuf err;

	fakeclock_start();
	machine_standard(m);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_true(shared != MAP_FAILED);
	assert_int_equal(journal_open(&shared->journal, &m->root, &err), 0);
	journal_begin(&shared->journal, &m->root);
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:01.0"), 0);
	return shared;
}

void shared_tear_down(struct machine *m, struct stage_shared *shared)
{
	journal_close(&shared->journal);
	munmap(shared, sizeof(*shared));
	machine_free(m);
	fakeclock_stop();
}
