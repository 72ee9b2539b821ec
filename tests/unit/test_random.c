// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_random.c - the daemon on machines of chance (tests/random/world.h), and what must hold of
 *each (tests/random/invariants.h); and the daemon broken on purpose, which must be seen.
 *
 *	RANDOM_MACHINES=N   so many of them, default MACHINES
 *	RANDOM_SEED=N       the seed of the first one; the next has the next number
 *
 * Of what fails, the machine with the fewest devices is told step by step. With RANDOM_MACHINES=1
 * the one machine is told in any case.
 */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "tests/random/invariants.h"
#include "tests/random/mutants.h"

#define MACHINES 100000
#define FIRST_SEED 1
/* Each mutant has to be caught within so many machines. */
#define MUTANT_MACHINES 20000
#define KINDS_MAX 64
/* So many kinds of failures are told step by step. */
#define TOLD_MAX 3

static struct world world;

static u64 number(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* Returns whether something is broken. */
static bool run(u64 seed, FILE *trace)
{
	world.trace = trace;
	world_make(&world, seed);
	world_run(&world);
	return invariants_check(&world);
}

static void tell(u64 seed)
{
	int i;

	print_message("RANDOM_SEED=%llu"
		      " RANDOM_MACHINES=1 build/native/tests/unit/test_random\n",
		      seed);
	fflush(NULL);
	run(seed, stdout);
	fflush(NULL);
	for (i = 0; i < INVARIANTS; i++)
		if (world.broken[i][0])
			print_message("seed %llu breaks \"%s\": %s\n", seed, invariant_names[i],
				      world.broken[i]);
}

/* Failures of one kind: the same words, whatever names and numbers are in them. */
struct kind {
	int invariant;
	char words[200];
	u64 seed; /* of the smallest machine */
	u32 devices, count;
};

static struct kind kinds[KINDS_MAX];
static size_t n_kinds;

static void without_names(char *to, const char *from)
{
	size_t len;

	for (*to = 0; *from; from += len) {
		len = strcspn(from, " ");
		if (strcspn(from, "0123456789") >= len)
			strncat(to, from, len);
		len += strspn(from + len, " ");
		strcat(to, " ");
	}
}

static void note_one(int invariant, const char *text, u64 seed)
{
	char words[sizeof(kinds[0].words) * 2];
	size_t k;

	without_names(words, text);
	for (k = 0; k < n_kinds; k++)
		if (kinds[k].invariant == invariant &&
		    strncmp(kinds[k].words, words, sizeof(kinds[k].words) - 1) == 0)
			break;
	if (k == KINDS_MAX)
		return;
	if (k == n_kinds) {
		n_kinds++;
		kinds[k] = (struct kind){ .invariant = invariant, .devices = UINT32_MAX };
		memcpy(kinds[k].words, words, sizeof(kinds[k].words) - 1);
	}
	kinds[k].count++;
	if (world.count < kinds[k].devices) {
		kinds[k].seed = seed;
		kinds[k].devices = world.count;
	}
}

static void note(u64 seed)
{
	int i;

	for (i = 0; i < INVARIANTS; i++)
		if (world.broken[i][0])
			note_one(i, world.broken[i], seed);
}

static void test_machines(void **state)
{
	u64 first = number("RANDOM_SEED", FIRST_SEED);
	u64 n = number("RANDOM_MACHINES", MACHINES), i, failures = 0;
	size_t k;

	(void)state;
	mutant = MUTANT_NONE;
	if (n == 1)
		tell(first);
	for (i = 0; i < n; i++) {
		if (!run(first + i, NULL))
			continue;
		failures++;
		note(first + i);
	}
	print_message("%llu machines from seed %llu on, %llu fail\n", i, first, failures);
	for (k = 0; k < n_kinds; k++)
		print_message("%6u times \"%s\", as in seed %llu of %u devices: %s\n",
			      kinds[k].count, invariant_names[kinds[k].invariant], kinds[k].seed,
			      kinds[k].devices, kinds[k].words);
	for (k = 0; k < n_kinds && k < TOLD_MAX && n > 1; k++)
		tell(kinds[k].seed);
	assert_int_equal(failures, 0);
}

/* Does it break what it is made for, on a machine where the program does not? */
static bool is_caught(enum mutant m, u64 seed)
{
	enum invariant which = mutants[m].breaks;
	bool caught;

	mutant = m;
	caught = run(seed, NULL) && world.broken[which][0];
	mutant = MUTANT_NONE;
	return caught && !(run(seed, NULL) && world.broken[which][0]);
}

static void test_mutants(void **state)
{
	u64 first = number("RANDOM_SEED", FIRST_SEED), i;
	int m;

	(void)state;
	for (m = MUTANT_NONE + 1; m < MUTANTS; m++) {
		for (i = 0; i < MUTANT_MACHINES; i++)
			if (is_caught((enum mutant)m, first + i))
				break;
		if (i == MUTANT_MACHINES)
			fail_msg("nobody sees that %s", mutants[m].name);
		print_message("\"%s\" is broken by machine %llu: %s\n",
			      invariant_names[mutants[m].breaks], i + 1, mutants[m].name);
	}
}

static int set_up(void **state)
{
	(void)state;
	world.journal = malloc(WORLD_JOURNAL_BYTES);
	world.records = malloc(WORLD_RECORDS * sizeof(*world.records));
	return world.journal && world.records ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(world.journal);
	free(world.records);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_mutants),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
