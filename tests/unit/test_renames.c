// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of holds while somebody renames files elsewhere: with RESOLVE_IN_ROOT any
 * rename makes openat2() fail with EAGAIN on a path with "..", as the links of sysfs
 * have. Nothing may be taken for gone, or for not ours, because of it.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/act/hold.h"
#include "lib/machine/sysdev.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

#define DEVICES 400
#define ROUNDS 10
/* By the kernel's clock, for whoever renames never comes to rest: much more than it takes. */
#define PATIENCE_MS 60000
#define LIMIT_MS 600000ull

struct bench {
	struct machine m;
	pid_t renamer;
};

static void name_of(char name[32], int i)
{
	(void)snprintf(name, 32, "0000:%02x:%02x.%x", (unsigned int)i >> 8,
		       (unsigned int)i >> 3 & 0x1f, (unsigned int)i & 7);
}

static void rename_for_ever(const char *dir)
{
	char a[96], b[96];

	(void)snprintf(a, sizeof(a), "%s/run/a", dir);
	(void)snprintf(b, sizeof(b), "%s/run/b", dir);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		(void)(rename(a, b), rename(b, a));
}

static int set_up(void **state)
{
	static struct bench b;
	char name[32];
	int i;

	machine_new(&b.m);
	for (i = 0; i < DEVICES; i++) {
		name_of(name, i);
		machine_device(&b.m, &(struct machine_device){ .name = name, .group = i });
	}
	machine_write(&b.m, "run/a", "");
	b.renamer = fork();
	assert_true(b.renamer >= 0);
	if (!b.renamer)
		rename_for_ever(b.m.dir);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	kill(b->renamer, SIGKILL);
	assert_int_equal(waitpid(b->renamer, NULL, 0), b->renamer);
	machine_free(&b->m);
	return 0;
}

static void hold_all(struct bench *b)
{
	char name[32];
	int i;

	for (i = 0; i < DEVICES; i++) {
		name_of(name, i);
		assert_int_equal(hold_set(&b->m.root, "pci", name), 0);
		assert_true(machine_held(&b->m, "pci", name));
	}
}

static void test_release(void **state)
{
	struct bench *b = *state;
	struct hold_tally tally;
	struct errbuf err;
	char name[32];
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		hold_all(b);
		assert_int_equal(hold_release_all(&b->m.root, PATIENCE_MS,
						  clock_now_ns() + clock_ms(LIMIT_MS), &tally,
						  &err),
				 0);
		assert_int_equal(tally.released, DEVICES);
		for (i = 0; i < DEVICES; i++) {
			name_of(name, i);
			assert_false(machine_held(&b->m, "pci", name));
		}
	}
}

/* Held, it has no driver, and it has its group: a device is seen as it is. */
static void test_devices_stay(void **state)
{
	struct bench *b = *state;
	char name[32], bus[16];
	struct sysdev sys;
	int round, i;

	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < DEVICES; i++) {
			name_of(name, i);
			assert_int_equal(sysdev_read(&b->m.root, "pci", name, &sys), 0);
			assert_int_equal(sys.group, i);
			assert_string_equal(sys.modalias, "test:no-such-module-of-smmu-adopt");
			assert_int_equal(sysdev_find_bus(&b->m.root, name, bus, sizeof(bus)), 0);
			assert_string_equal(bus, "pci");
		}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_release),
		TEST(test_devices_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
