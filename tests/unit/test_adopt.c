// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_adopt.c - the adoption verdict, for every situation kernel and hardware can be in. */
#include "tests/unit/cmocka_all.h"

#include "core/adopt.h"
#include "core/adopt_log.h"
#include "core/names.h"

struct situation {
	const char *name;
	u32 cr0, gerror, gbpa;
	struct adopt_facts facts;
	enum adopt_state state;
	enum adopt_reason reason;
};

#define FACTS(k, r, d, c, s, q)                  \
	{                                        \
		k, r, d, c, PLACE_##s, PLACE_##q \
	}

static const struct situation situations[] = {
	{ "adopted", 0x9, 0, 0, FACTS(1, 1, 1, 1, OLD_RAM, CAPTURE_RAM), ADOPT_ADOPTED,
	  ADOPT_WHY_TABLE_KEPT },
	{ "adopted, ATSCHK kept", 0x19, 0, 0, FACTS(1, 1, 1, 1, OLD_RAM, CAPTURE_RAM),
	  ADOPT_ADOPTED, ADOPT_WHY_TABLE_KEPT },
	/* SFM after adoption does not undo it */
	{ "adopted, SFM", 0x9, 0x100, 0, FACTS(1, 1, 1, 1, OLD_RAM, CAPTURE_RAM), ADOPT_ADOPTED,
	  ADOPT_WHY_TABLE_KEPT },
	{ "stock reset", 0x9, 0, 1 << 20, FACTS(1, 1, 1, 1, CAPTURE_RAM, CAPTURE_RAM), ADOPT_RESET,
	  ADOPT_WHY_FRESH_TABLE },
	{ "non-coherent", 0x9, 0, 0, FACTS(1, 1, 1, 0, CAPTURE_RAM, CAPTURE_RAM), ADOPT_RESET,
	  ADOPT_WHY_NOT_COHERENT },
	{ "SFM", 0x9, 0x100, 0, FACTS(1, 1, 1, 1, CAPTURE_RAM, CAPTURE_RAM), ADOPT_RESET,
	  ADOPT_WHY_SFM },
	{ "not probed", 0xd, 0, 0, FACTS(1, 1, 0, 1, OLD_RAM, OLD_RAM), ADOPT_UNPROBED,
	  ADOPT_WHY_NO_DRIVER },
	{ "off", 0x8, 0, 0, FACTS(1, 1, 1, 1, OLD_RAM, CAPTURE_RAM), ADOPT_DISABLED,
	  ADOPT_WHY_SMMU_OFF },
	{ "table in a hole", 0x9, 0, 0, FACTS(1, 1, 1, 1, ELSEWHERE, CAPTURE_RAM), ADOPT_UNKNOWN,
	  ADOPT_WHY_PLACE_UNKNOWN },
	{ "queue in a hole", 0x9, 0, 0, FACTS(1, 1, 1, 1, OLD_RAM, ELSEWHERE), ADOPT_UNKNOWN,
	  ADOPT_WHY_PLACE_UNKNOWN },
	{ "places unknown", 0x9, 0, 0, FACTS(1, 1, 1, 1, UNKNOWN, UNKNOWN), ADOPT_UNKNOWN,
	  ADOPT_WHY_PLACE_UNKNOWN },
	{ "suspended", 0x9, 0, 0, FACTS(1, 0, 1, 1, OLD_RAM, CAPTURE_RAM), ADOPT_UNKNOWN,
	  ADOPT_WHY_NO_REGS },
	{ "ordinary kernel", 0xd, 0, 0, FACTS(0, 1, 1, 1, CAPTURE_RAM, CAPTURE_RAM),
	  ADOPT_NOT_CAPTURE, ADOPT_WHY_ORDINARY },
};

static void test_situations(void **state)
{
	struct adopt_verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
		const struct situation *s = &situations[i];
		struct smmu_regs regs = { .cr0 = s->cr0, .gerror = s->gerror, .gbpa = s->gbpa };

		adopt_judge(&regs, &s->facts, &v);
		if (v.state != s->state || v.reason != s->reason)
			fail_msg("%s: got %s (%s)", s->name, adopt_state_name(v.state),
				 adopt_reason_text(v.reason));
	}
}

static void test_evidence(void **state)
{
	struct smmu_regs regs = { .cr0 = 0xd, .gbpa = 1 << 20, .gerror = 0x100, .gerrorn = 0x100 };
	struct adopt_facts facts = FACTS(1, 1, 1, 1, OLD_RAM, CAPTURE_RAM);
	struct adopt_verdict v;

	(void)state;
	adopt_judge(&regs, &facts, &v);
	assert_int_equal(v.evidence,
			 ADOPT_EV_KDUMP | ADOPT_EV_REGS | ADOPT_EV_SMMUEN | ADOPT_EV_CMDQEN |
				 ADOPT_EV_EVTQEN | ADOPT_EV_STRTAB_OLD | ADOPT_EV_CMDQ_CAPTURE |
				 ADOPT_EV_DRIVER | ADOPT_EV_COHERENT | ADOPT_EV_GBPA_ABORT);
	facts.regs_valid = false; /* then nothing of the registers may show */
	adopt_judge(&regs, &facts, &v);
	assert_int_equal(v.evidence, ADOPT_EV_KDUMP | ADOPT_EV_DRIVER | ADOPT_EV_COHERENT);
}

static void test_names(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i <= 15; i++)
		assert_non_null(adopt_evidence_name(i));
	assert_null(adopt_evidence_name(16));
	assert_null(adopt_evidence_name(~0u));
	assert_string_equal(adopt_evidence_name(4), "strtab-in-old-ram");
	assert_string_equal(adopt_evidence_name(13), "strtab-elsewhere");
	assert_string_equal(adopt_state_name(ADOPT_ADOPTED), "adopted");
	assert_string_equal(adopt_state_name(99), "unknown");
	assert_string_equal(ste_config_name(STE_CONFIG_S1), "s1");
	assert_string_equal(ste_config_name(8), "unknown");
	assert_string_equal(cd_locate_text(-5), "could not be read");
	assert_string_equal(rec_finding_name(REC_FIND_NO_IOMMU), "device-without-iommu");
	assert_string_equal(rec_finding_name(REC_FIND_NO_DRIVER), "no-driver");
	assert_string_equal(rec_finding_name(REC_FIND_GIVEN_BACK), "given-back");
	assert_string_equal(rec_finding_name(REC_FIND_EARLY), "before-the-daemon");
	assert_string_equal(rec_stage_name(REC_STAGE_EARLY), "early-hold");
	/* Of a writer newer than this reader. */
	assert_string_equal(rec_finding_name(REC_FIND_DUMP_LOST), "dump-path-lost");
	assert_string_equal(rec_finding_name(REC_FIND_VF_OFF), "virtual-functions-off");
	assert_string_equal(rec_finding_name(REC_FIND_LATE), "device-came-late");
	assert_string_equal(rec_finding_name(REC_FIND_FIRMWARE), "firmware-table");
	assert_string_equal(rec_finding_name(REC_FIND_MEMORY), "memory-not-read");
	assert_string_equal(rec_finding_name(REC_FIND_DEVICES), "devices-left-out");
	assert_string_equal(rec_finding_name(REC_FIND_DEVICES + 1), "unknown");
	assert_string_equal(rec_finding_name(0xffff), "unknown");
	for (i = 1; i <= REC_TYPE_MAX; i++)
		assert_string_not_equal(rec_type_name(i), "unknown");
	for (i = 1; i <= REC_ACT_MAX; i++)
		assert_string_not_equal(rec_action_name(i), "unknown");
	for (i = 1; i <= REC_STAGE_MAX; i++)
		assert_string_not_equal(rec_stage_name(i), "unknown");
}

#define DEV "arm-smmu-v3.1.auto"
#define FROM "arm-smmu-v3 " DEV ": "

static struct adopt_log_said said;

/* ADOPT_WHY_NONE when the line says nothing of DEV. */
static enum adopt_reason line(const char *text)
{
	return adopt_log_line(text, strlen(text), DEV, &said) ? said.reason : ADOPT_WHY_NONE;
}

/* Lines of the versions in circulation, and some that must not count. */
static void test_log(void **state)
{
	char exact[] = FROM "SMMU currently enabled!";

	(void)state;
	assert_int_equal(line(FROM "SMMU currently enabled! Resetting..."), ADOPT_WHY_STOCK);
	assert_int_equal(line(FROM "kdump: falling back to full reset"), ADOPT_WHY_FALLBACK);
	assert_int_equal(line(FROM "kexec: failed to reserve in-use ASIDs/VMIDs"), ADOPT_WHY_SCAN);
	assert_int_equal(line(FROM "kdump: non-coherent SMMU can't adopt stream table"),
			 ADOPT_WHY_NOT_COHERENT);
	assert_int_equal(line(FROM "kdump: SMMU in Service Failure Mode, must reset"),
			 ADOPT_WHY_SFM);
	assert_int_equal(line(FROM "kdump: L1[3] unsupported span 4"), ADOPT_WHY_GEOMETRY);
	assert_int_equal(line(FROM "kdump: tables or queues not in cacheable memory (CR1 0xc35), "
				   "must reset"),
			 ADOPT_WHY_GEOMETRY);
	assert_int_equal(line(FROM "kdump: log2size 9 out of range"), ADOPT_WHY_GEOMETRY);
	/* another SMMU, another message, no message at all */
	assert_int_equal(line("arm-smmu-v3 " DEV "0: SMMU currently enabled! Resetting"),
			 ADOPT_WHY_NONE);
	assert_int_equal(line("arm-smmu-v3 arm-smmu-v3.2.auto: SMMU currently enabled! Resetting"),
			 ADOPT_WHY_NONE);
	assert_int_equal(line(FROM "allocated 65536 entries for cmdq"), ADOPT_WHY_NONE);
	assert_int_equal(line(""), ADOPT_WHY_NONE);
	assert_int_equal(line(DEV), ADOPT_WHY_NONE);
	assert_int_equal(line(DEV ":"), ADOPT_WHY_NONE);
	assert_int_equal(line(FROM "kdump: "), ADOPT_WHY_NONE);
	assert_true(adopt_log_line(exact, strlen(exact), DEV, &said));
	assert_false(adopt_log_line(exact, strlen(exact) - 1, DEV, &said));
}

static u32 rank(const char *text)
{
	assert_int_not_equal(line(text), ADOPT_WHY_NONE);
	return said.rank;
}

static void test_log_words(void **state)
{
	static const char blamed[] = FROM "kdump: SID 0x1f8: bad ASID (0)\n";

	(void)state;
	/* The line that names the culprit counts, though others follow. */
	assert_true(rank(blamed) > rank(FROM "kdump: failed to reserve in-use ASIDs/VMIDs (-22)"));
	assert_true(rank(FROM "kdump: failed to reserve in-use ASIDs/VMIDs (-22)") >
		    rank(FROM "kdump: falling back to full reset"));
	assert_true(rank(FROM "kdump: falling back to full reset") >
		    rank(FROM "SMMU currently enabled! Resetting..."));
	assert_int_equal(line(blamed), ADOPT_WHY_SCAN);
	assert_true(said.has_sid);
	assert_int_equal(said.sid, 0x1f8);
	assert_int_equal(said.len, strlen("SID 0x1f8: bad ASID (0)"));
	assert_memory_equal(blamed + said.at, "SID 0x1f8: bad ASID (0)", said.len);
	assert_int_equal(line(FROM "kexec: L1[3] bad l2 table base 0x40"), ADOPT_WHY_GEOMETRY);
	assert_false(said.has_sid);
	assert_int_equal(said.len, strlen("L1[3] bad l2 table base 0x40"));
	/* no number, and more than a StreamID has digits */
	assert_int_equal(line(FROM "kdump: SID 0x: bad ASID (0)"), ADOPT_WHY_SCAN);
	assert_false(said.has_sid);
	assert_int_equal(line(FROM "kdump: SID 0x123456789: bad ASID"), ADOPT_WHY_SCAN);
	assert_false(said.has_sid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_situations), cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_names),	   cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
