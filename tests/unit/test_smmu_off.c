// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/smmu_off.c: which registers are written, in which order, and when none is.
 */
#include "tests/unit/cmocka_all.h"

#include "core/smmu_regs.h"
#include "daemon/act/smmu_off.h"
#include "tests/unit/support_clock.h"

#define PAGE_WORDS 1024

/* An SMMU that answers after a while, and may not do as it is told. */
struct fake {
	uint32_t word[PAGE_WORDS];
	uint32_t answer_ms;	 /* after the last write */
	bool keeps_abort, stays; /* GBPA, CR0 */
	uint32_t order[4], n;	 /* registers written */
	u64 written_ns;
};

static uint32_t fake_read(void *priv, uint32_t offset)
{
	struct fake *f = priv;

	if (f->n && clock_now_ns() >= f->written_ns + clock_ms(f->answer_ms)) {
		f->word[SMMU_REG_CR0ACK / 4] = f->word[SMMU_REG_CR0 / 4];
		f->word[SMMU_REG_GBPA / 4] &= ~(uint32_t)SMMU_GBPA_UPDATE;
	}
	return f->word[offset / 4];
}

static void fake_write(void *priv, uint32_t offset, uint32_t value)
{
	struct fake *f = priv;

	assert_true(f->n < 4);
	f->order[f->n++] = offset;
	f->written_ns = clock_now_ns();
	if (offset == SMMU_REG_GBPA && f->keeps_abort)
		value |= (uint32_t)SMMU_GBPA_ABORT;
	if (offset != SMMU_REG_CR0 || !f->stays)
		f->word[offset / 4] = value;
}

static struct fake running(void)
{
	struct fake f = { .word = { [SMMU_REG_IDR0 / 4] = SMMU_IDR0_S2P,
				    [SMMU_REG_AIDR / 4] = 3,
				    [SMMU_REG_CR0 / 4] = 0x1d,
				    [SMMU_REG_CR0ACK / 4] = 0x1d,
				    [SMMU_REG_GBPA / 4] = (uint32_t)SMMU_GBPA_ABORT | 0x1000 } };

	return f;
}

static int off(struct fake *f)
{
	struct smmu_page page = { fake_read, fake_write, f };

	return smmu_off(&page);
}

static void test_off(void **state)
{
	struct fake f = running();

	(void)state;
	f.answer_ms = SMMU_OFF_ANSWER_MS - 1;
	assert_int_equal(off(&f), 0);
	/* What becomes of DMA is said before it is without the SMMU; the rest of GBPA stays. */
	assert_int_equal(f.n, 2);
	assert_int_equal(f.order[0], SMMU_REG_GBPA);
	assert_int_equal(f.order[1], SMMU_REG_CR0);
	assert_int_equal(f.word[SMMU_REG_GBPA / 4], 0x1000);
	assert_int_equal(f.word[SMMU_REG_CR0 / 4], 0);
	f.n = 0;
	assert_int_equal(off(&f), 1);
	assert_int_equal(f.n, 0);
}

static void test_no_answer(void **state)
{
	struct fake f = running();

	(void)state;
	f.answer_ms = SMMU_OFF_ANSWER_MS + 1;
	assert_int_equal(off(&f), -ETIMEDOUT);
	assert_int_equal(fakeclock_ms(), SMMU_OFF_ANSWER_MS);
	/* It has not said that DMA may pass, so it stays on. */
	assert_int_equal(f.word[SMMU_REG_CR0 / 4], 0x1d);
}

static void test_disobeys(void **state)
{
	struct fake f = running();

	(void)state;
	f.keeps_abort = true;
	assert_int_equal(off(&f), -EIO);
	assert_int_equal(f.n, 1);
	f = running();
	f.stays = true;
	assert_int_equal(off(&f), -ETIMEDOUT);
}

/* An update that somebody began and nobody ends. */
static void test_update_pending(void **state)
{
	struct fake f = running();

	(void)state;
	f.word[SMMU_REG_GBPA / 4] |= (uint32_t)SMMU_GBPA_UPDATE;
	assert_int_equal(off(&f), -ETIMEDOUT);
	assert_int_equal(f.n, 0);
}

static void test_not_registers(void **state)
{
	static const struct {
		uint32_t reg, value;
	} odd[] = {
		{ SMMU_REG_IDR0, 0 },	 { SMMU_REG_IDR0, UINT32_MAX }, { SMMU_REG_IDR0, 0x10 },
		{ SMMU_REG_AIDR, 0x10 }, { SMMU_REG_CR0, 0x80000001 },
	};
	struct fake f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		f = running();
		f.word[odd[i].reg / 4] = odd[i].value;
		assert_int_equal(off(&f), -ENXIO);
		assert_int_equal(f.n, 0);
	}
}

static int set_up(void **state)
{
	(void)state;
	fakeclock_start();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fakeclock_stop();
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_off),		  TEST(test_no_answer),
		TEST(test_disobeys),	  TEST(test_update_pending),
		TEST(test_not_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
