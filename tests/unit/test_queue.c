// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_queue.c - queue registers: sizes, indices, and what must not be read. */
#include "tests/unit/cmocka_all.h"

#include "core/names.h"
#include "core/queue.h"

/* CMDQS 10, EVTQS 7, PRIQS 5; 48-bit addresses. */
static const struct smmu_regs regs = {
	.idr1 = 10u << 21 | 7u << 16 | 5u << 11,
	.idr5 = 5,
	.cmdq_base = 0x45000000ull | 1ull << 62 | 8,
	.cmdq_prod = 0x103, /* wrapped once: index 3 */
	.cmdq_cons = 0x0fe | 2u << 24,
	.evtq_base = 0x46000000ull | 7,
	.evtq_prod = 1u << 31 | 5,
	.evtq_cons = 5,
};

static void test_good(void **state)
{
	struct smmu_queue_view q;

	(void)state;
	assert_int_equal(smmu_queue_decode(&regs, SMMU_QUEUE_CMD, &q), 0);
	assert_int_equal(q.base, 0x45000000);
	assert_int_equal(q.entries, 256);
	assert_int_equal(q.entry_bytes, 16);
	assert_int_equal(q.bytes, 4096);
	assert_int_equal(q.prod, 3);
	assert_int_equal(q.cons, 0xfe);
	assert_int_equal(q.pending, 5);
	assert_int_equal(q.error, 2);
	assert_int_equal(smmu_queue_decode(&regs, SMMU_QUEUE_EVENT, &q), 0);
	assert_int_equal(q.bytes, 128 * 32);
	assert_int_equal(q.pending, 0);
	assert_int_equal(q.overflow, 1);
}

static void test_odd(void **state)
{
	struct smmu_queue_view q;
	struct smmu_regs r = regs;

	(void)state;
	assert_int_equal(smmu_queue_decode(&r, SMMU_QUEUE_PRI, &q), 1);
	assert_int_equal(q.odd, QUEUE_ODD_NULL);
	r.cmdq_base = 0x45000000ull | 11;
	assert_int_equal(smmu_queue_decode(&r, SMMU_QUEUE_CMD, &q), 1);
	assert_int_equal(q.odd, QUEUE_ODD_LOG2SIZE);
	r.cmdq_base = 0x45000800ull | 8;
	assert_int_equal(smmu_queue_decode(&r, SMMU_QUEUE_CMD, &q), 1);
	assert_int_equal(q.odd, QUEUE_ODD_UNALIGNED);
	r.cmdq_base = 1ull << 48 | 8;
	assert_int_equal(smmu_queue_decode(&r, SMMU_QUEUE_CMD, &q), 1);
	assert_int_equal(q.odd, QUEUE_ODD_OAS);
	assert_int_equal(smmu_queue_decode(&r, 0, &q), 1);
	assert_int_equal(smmu_queue_decode(&r, 4, &q), 1);
	/* indices that cannot be: never more pending than there are entries */
	r = regs;
	r.evtq_prod = 0x7fffffff;
	r.evtq_cons = 0x80;
	assert_int_equal(smmu_queue_decode(&r, SMMU_QUEUE_EVENT, &q), 0);
	assert_true(q.pending <= q.entries && q.prod < q.entries && q.cons < q.entries);
	assert_string_equal(smmu_queue_name(SMMU_QUEUE_EVENT), "evtq");
	assert_string_equal(smmu_queue_odd_name(2), "unaligned-base");
	assert_null(smmu_queue_odd_name(4));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good),
					    cmocka_unit_test(test_odd) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
