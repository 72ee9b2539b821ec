// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of modload_lookup() with libkmod and a module index: a driver in a module, one
 * in the kernel, none; and that none is said only by an index that is there in whole.
 */
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "lib/machine/modload.h"
#include "tests/unit/support_modules.h"

#define NIC "pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00"
#define DISK "pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02"
#define OTHER "pci:v0000DEADd0000BEEFsv00000000sd00000000bcFFsc00i00"

static int lookup(struct machine *m, const char *modalias, char name[32])
{
	char dir[128];

	name[0] = 0;
	snprintf(dir, sizeof(dir), "%s/%s", m->dir, MODULES_DIR);
	return modload_lookup(dir, modalias, name, 32);
}

static void make_index(struct machine *m)
{
	machine_modules(m, "pci:v00008086d000010D3sv*sd*bc*sc*i*", "e1000e",
			"pci:v*d*sv*sd*bc01sc08i02*", "nvme");
}

static void test_kinds(void **state)
{
	struct machine *m = *state;
	char name[32];

	make_index(m);
	assert_int_equal(lookup(m, NIC, name), MODLOAD_OK);
	assert_string_equal(name, "e1000e");
	assert_int_equal(lookup(m, DISK, name), MODLOAD_BUILTIN);
	assert_string_equal(name, "nvme");
	assert_int_equal(lookup(m, OTHER, name), MODLOAD_NONE);
	assert_string_equal(name, "");
}

/* What is found is found; that nothing is there only a whole index can say. */
static void test_part_of_an_index(void **state)
{
	static const char *const parts[] = { MODULES_BUILTIN_ALIASES,
					     MODULES_DIR "/modules.builtin.bin",
					     MODULES_DIR "/modules.symbols.bin" };
	struct machine *m = *state;
	char name[32];
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		make_index(m);
		assert_int_equal(lookup(m, OTHER, name), MODLOAD_NONE);
		machine_remove(m, parts[i]);
		assert_true(lookup(m, OTHER, name) < 0);
		assert_int_equal(lookup(m, NIC, name), MODLOAD_OK);
		machine_write(m, parts[i], "");
		assert_true(lookup(m, OTHER, name) < 0);
		assert_int_equal(lookup(m, NIC, name), MODLOAD_OK);
	}
	make_index(m);
	machine_write(m, MODULES_ALIASES, "no index, but of some length");
	assert_true(lookup(m, OTHER, name) < 0);
	assert_true(lookup(m, NIC, name) < 0);
}

static void test_no_file(void **state)
{
	struct machine *m = *state;
	char name[32];

	make_index(m);
	machine_remove(m, MODULES_FILE);
	assert_int_equal(lookup(m, NIC, name), MODLOAD_NONE);
	assert_string_equal(name, "");
	assert_int_equal(lookup(m, DISK, name), MODLOAD_BUILTIN);
}

static void test_no_index(void **state)
{
	struct machine *m = *state;
	char name[32];

	assert_true(lookup(m, NIC, name) < 0);
	machine_write(m, MODULES_DIR "/.keep", "");
	assert_true(lookup(m, NIC, name) < 0);
	assert_string_equal(name, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kinds),
		TEST(test_part_of_an_index),
		TEST(test_no_file),
		TEST(test_no_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
