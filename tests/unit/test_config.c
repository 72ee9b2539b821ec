// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/machine/config.c: every bad input has its exact message and leaves the
 * default; order of files; kernel command line.
 */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/config.h"
#include "lib/story/names.h"
#include "tests/unit/support_machine.h"

static void load(struct machine *m, struct config *config, const char *text)
{
	if (text)
		machine_write(m, PATH_CONF, text);
	config_load(config, &m->root, -1, NULL);
}

static void test_defaults(void **state)
{
	struct config config;

	load(*state, &config, NULL);
	assert_int_equal(config.n_notes, 0);
	assert_int_equal(config.deadline_ms, 60000);
	assert_int_equal(config.device_deadline_ms, 20000);
	assert_int_equal(config.verify_deadline_ms, 2000);
	assert_int_equal(config.grace_ms, CONFIG_GRACE_AUTO);
	assert_int_equal(config.policy, CONFIG_PROBE_DUMP_PATH);
	assert_int_equal(config.mode, CONFIG_MODE_RUN);
	assert_int_equal(config.dump.count, 0);
}

static void test_everything(void **state)
{
	struct config config;

	load(*state, &config,
	     "# a comment\n"
	     "[Stage]\n"
	     "deadline = 30s\n"
	     "device_deadline = 5\n"
	     "verify_deadline = 250ms\n"
	     "grace = 3s\n"
	     "[Dump]\n"
	     "device = 0000:00:02.0 0000:00:03.0\n"
	     "device = 0002:01:00.0, 0000:00:02.0\n"
	     "target = /dev/nvme0n1p1\n"
	     "[Probe]\n"
	     "policy = all ; even the NIC\n");
	assert_int_equal(config.n_notes, 0);
	assert_int_equal(config.deadline_ms, 30000);
	assert_int_equal(config.device_deadline_ms, 5000);
	assert_int_equal(config.verify_deadline_ms, 250);
	assert_int_equal(config.grace_ms, 3000);
	assert_int_equal(config.dump.count, 3);
	assert_string_equal(config.dump.device[2].name, "0002:01:00.0");
	assert_int_equal(config.dump.n_reasons, 0);
	assert_string_equal(config.target, "/dev/nvme0n1p1");
	assert_int_equal(config.policy, CONFIG_PROBE_ALL);
}

static void test_grace(void **state)
{
	struct config config;

	load(*state, &config, "[Stage]\ngrace = 0\n");
	assert_int_equal(config.grace_ms, 0);
	load(*state, &config, "[Stage]\ngrace = never\n");
	assert_int_equal(config.grace_ms, CONFIG_GRACE_NEVER);
	load(*state, &config, "[Stage]\ngrace = never\ngrace = auto\n");
	assert_int_equal(config.grace_ms, CONFIG_GRACE_AUTO);
	assert_int_equal(config.n_notes, 0);
}

#define RULE_NOTE                                                          \
	": must be an action and its devices, see smmu-adopt.conf(5); at " \
	"most 16 rules; ignored"

/* Text of one file, and the one complaint about it. */
static void test_bad_input(void **state)
{
	static const struct {
		const char *text, *note;
	} cases[] = {
		{ "[Stage]\n\ncolour = red\n", ":3: unknown key \"colour\" in [Stage]; ignored" },
		{ "[Stages]\ndeadline = 1\n", ":2: unknown section [Stages]; ignored" },
		{ "deadline = 1\n",
		  ":1: key \"deadline\" stands before the first section; ignored" },
		{ "[Stage]\ndeadline = soon\n",
		  ":2: deadline = soon: must be a duration from 1s to 10min; ignored" },
		{ "[Stage]\ndeadline = 0\n",
		  ":2: deadline = 0: must be a duration from 1s to 10min; ignored" },
		{ "[Stage]\ndeadline = -5\n",
		  ":2: deadline = -5: must be a duration from 1s to 10min; ignored" },
		{ "[Stage]\ndevice_deadline = 1h\n",
		  ":2: device_deadline = 1h: must be a duration from 100ms to 5min; ignored" },
		{ "[Stage]\nverify_deadline = 61s\n",
		  ":2: verify_deadline = 61s: must be a duration from 0 to 1min; ignored" },
		{ "[Stage]\ngrace = soon\n",
		  ":2: grace = soon: must be a duration from 0 to 10min, auto or never; ignored" },
		{ "[Probe]\npolicy = some\n",
		  ":2: policy = some: must be dump-path or all; ignored" },
		{ "[Dump]\ndevice = ../../etc\n",
		  ":2: device = ../../etc: is neither a device, a target, class= nor id=; ignored" },
		{ "[Dump]\ndevice = class=0x020000\n",
		  ":2: device = class=0x020000: is neither a device, a target, class= nor id=; "
		  "ignored" },
		{ "[Policy]\nrule = ignore class=02\n", ":2: rule = ignore class=02" RULE_NOTE },
		{ "[Policy]\nrule = deny\n", ":2: rule = deny" RULE_NOTE },
		{ "[Policy]\nrule = deny priority=1\n", ":2: rule = deny priority=1" RULE_NOTE },
		{ "[Policy]\nrule = deny class=0C\n", ":2: rule = deny class=0C" RULE_NOTE },
		{ "[Policy]\nrule = deny class=0203000\n",
		  ":2: rule = deny class=0203000" RULE_NOTE },
		{ "[Policy]\nrule = deny id=8086:1\n", ":2: rule = deny id=8086:1" RULE_NOTE },
		{ "[Policy]\nrule = deny id=80861\n", ":2: rule = deny id=80861" RULE_NOTE },
		{ "[Policy]\nrule = deny driver=a/b\n", ":2: rule = deny driver=a/b" RULE_NOTE },
		{ "[Policy]\nrule = deny path=../x\n", ":2: rule = deny path=../x" RULE_NOTE },
		{ "[Policy]\nrule = deny bus=pci\n", ":2: rule = deny bus=pci" RULE_NOTE },
		{ "[Policy]\nrule = deny class=02 priority=1001\n",
		  ":2: rule = deny class=02 priority=1001" RULE_NOTE },
		{ "[Policy]\nrule = driver id=8086 deadline=1h\n",
		  ":2: rule = driver id=8086 deadline=1h" RULE_NOTE },
		{ "[Stage\ndeadline = 5\n",
		  ":1: the line is neither [section] nor key = value; ignored" },
		{ "[Stage]\nnonsense\n",
		  ":2: the line is neither [section] nor key = value; ignored" },
	};
	struct config config;
	char want[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		load(*state, &config, cases[i].text);
		snprintf(want, sizeof(want), "/%s%s", PATH_CONF, cases[i].note);
		assert_true(config.n_notes >= 1);
		assert_string_equal(config.notes[config.n_notes - 1], want);
		assert_int_equal(config.deadline_ms, 60000);
		assert_int_equal(config.dump.count, 0);
		assert_int_equal(config.n_rules, 0);
	}
}

static void test_rules(void **state)
{
	const struct config_rule *rule;
	struct config config;

	load(*state, &config,
	     "[Policy]\n"
	     "rule = quiesce class=0c03\n"
	     "rule =\n"
	     "rule = flr class=010802 id=144d:a824 driver=nvme path=0000:0?:* priority=7 "
	     "deadline=1500ms ; all of it\n"
	     "rule = leave id=8086\n");
	assert_int_equal(config.n_notes, 0);
	/* An empty value clears the list. */
	assert_int_equal(config.n_rules, 2);
	rule = &config.rules[0];
	assert_int_equal(rule->action, CONFIG_ACT_FLR);
	assert_string_equal(rule->class_code, "010802");
	assert_string_equal(rule->id, "144d:a824");
	assert_string_equal(rule->driver, "nvme");
	assert_string_equal(rule->path, "0000:0?:*");
	assert_int_equal(rule->priority, 7);
	assert_int_equal(rule->deadline_ms, 1500);
	assert_int_equal(config.rules[1].action, CONFIG_ACT_LEAVE);
	assert_int_equal(config.rules[1].deadline_ms, 0);
	/* The word of older files. */
	load(*state, &config, "[Policy]\nrule = contain class=0c03\n");
	assert_int_equal(config.n_notes, 0);
	assert_int_equal(config.rules[0].action, CONFIG_ACT_QUIESCE);
}

static void test_too_many_rules(void **state)
{
	char text[1024] = "[Policy]\n";
	struct config config;
	size_t i;

	for (i = 0; i < CONFIG_RULES_MAX + 1; i++)
		strcat(text, "rule = deny class=02\n");
	load(*state, &config, text);
	assert_int_equal(config.n_rules, CONFIG_RULES_MAX);
	assert_int_equal(config.n_notes, 1);
	assert_non_null(strstr(config.notes[0], ":18: rule = deny class=02: must be"));
}

static void test_long_line(void **state)
{
	struct config config;
	char text[2000], want[128];

	memset(text, 'x', sizeof(text));
	memcpy(text, "[Dump]\ndevice = ", 16);
	strcpy(text + sizeof(text) - 40, "\n[Stage]\ndeadline = 7\n");
	load(*state, &config, text);
	assert_int_equal(config.n_notes, 1);
	snprintf(want, sizeof(want), "/%s:2: the line is longer than 198 bytes; ignored",
		 PATH_CONF);
	assert_string_equal(config.notes[0], want);
	assert_int_equal(config.dump.count, 0);
	assert_int_equal(config.deadline_ms, 7000);
}

/* What is refused takes nothing along, and leaves its mark. */
static void test_dump_words(void **state)
{
	static const char bad[] = PATH_CONF ":2: device = ";
	const struct config_dump *dump;
	struct config config;
	char want[200];

	load(*state, &config,
	     "[Dump]\n"
	     "device = 0000:01:00.0 class=0x020000 id=8086:10d3 ../x class=0x010802 /dev/sda1, "
	     "9000000.dma\n"
	     "device = 0000:02:00.0 class=020000 id=144d:A808 id=144d:a808\n"
	     "device = 0000:01:00.0 id=8086:10d4\n");
	dump = &config.dump;
	assert_int_equal(dump->count, 4);
	assert_string_equal(dump->device[0].name, "0000:01:00.0");
	assert_true(dump->device[0].has_class && dump->device[0].has_id);
	assert_int_equal(dump->device[0].class_code, 0x020000);
	assert_int_equal(dump->device[0].vendor, 0x8086);
	/* Named again: its attributes are renewed. */
	assert_int_equal(dump->device[0].product, 0x10d4);
	assert_string_equal(dump->device[1].name, "/dev/sda1");
	assert_false(dump->device[1].has_class);
	assert_string_equal(dump->device[2].name, "9000000.dma");
	assert_string_equal(dump->device[3].name, "0000:02:00.0");
	assert_false(dump->device[3].has_class);
	assert_int_equal(dump->device[3].vendor, 0x144d);
	/* "../x" and the class that came behind it; two attributes of another form. */
	assert_int_equal(dump->n_reasons, 4);
	assert_int_equal(config.n_notes, 4);
	snprintf(want, sizeof(want), "/%s../x: is neither a device, a target, class= nor id=", bad);
	assert_string_equal(dump->reason[0], want);
	load(*state, &config,
	     "[Dump]\ndevice = ../x\nuncertain = a guess\nuncertain = and another\n");
	assert_int_equal(dump->n_reasons, 3);
	assert_string_equal(dump->reason[2], "and another");
	assert_int_equal(config.n_notes, 1);
	/* A list that begins anew is as certain as what it is then made of. */
	load(*state, &config,
	     "[Dump]\ndevice = ../x\nuncertain = a guess\ndevice =\ndevice = 0000:01:00.0\n");
	assert_int_equal(dump->n_reasons, 0);
	assert_int_equal(dump->count, 1);
	load(*state, &config, "[Dump]\nuncertain = a guess\nuncertain =\n");
	assert_int_equal(dump->n_reasons, 0);
}

/* Whatever may have held a device of the dump and was not read. */
static void test_dump_doubts(void **state)
{
	static const char *const texts[] = {
		"device = x\n",
		"[Dump]\nnonsense\n",
		"[Dump\n",
		"[Dump]\nuncertain = x\n",
	};
	struct machine *m = *state;
	struct config config;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		load(m, &config, texts[i]);
		assert_int_equal(config.dump.n_reasons, 1);
	}
	load(m, &config, "[Dump]\ndevices = eth0\n");
	assert_string_equal(config.notes[0],
			    "/" PATH_CONF ":2: unknown key \"devices\" in [Dump]; ignored");
	assert_int_equal(config.dump.n_reasons, 1);
	load(m, &config, "[Stage]\ncolour = red\n[Stages]\n");
	assert_int_equal(config.dump.n_reasons, 0);
	/* A drop-in that is there and cannot be read. */
	machine_write(m, PATH_CONF ".d/10-a.conf/x", "");
	load(m, &config, "[Dump]\ndevice = 0000:01:00.0\n");
	assert_int_equal(config.dump.n_reasons, 1);
	assert_string_equal(config.dump.reason[0],
			    "/" PATH_CONF ".d/10-a.conf: the text after line 0 cannot be read");
}

static void test_too_many(void **state)
{
	struct config config;
	char text[4096] = "[Dump]\n";
	int i;

	for (i = 0; i < 40; i++)
		sprintf(text + strlen(text), "device = 0000:%02x:00.0\n", i);
	load(*state, &config, text);
	assert_int_equal(config.dump.count, CONFIG_DEVICES_MAX);
	assert_int_equal(config.n_notes, 8);
	assert_int_equal(config.dump.n_reasons, CONFIG_REASONS_MAX);
	assert_string_equal(config.dump.reason[0],
			    "/" PATH_CONF
			    ":34: device = 0000:20:00.0: at most 32 devices are possible");
	strcat(text, "uncertain = one more\n");
	load(*state, &config, text);
	assert_int_equal(config.dump.n_lost_reasons, 1);
	strcpy(text, "[Stage]\n");
	for (i = 0; i < 40; i++)
		strcat(text, "bogus = 1\n");
	load(*state, &config, text);
	assert_int_equal(config.n_notes, CONFIG_NOTES_MAX);
	assert_int_equal(config.n_lost_notes, 40 - CONFIG_NOTES_MAX);
}

static void test_files(void **state)
{
	struct machine *m = *state;
	struct config config;

	machine_write(m, PATH_CONF_VENDOR, "[Stage]\ndeadline = 11\n[Probe]\npolicy = all\n");
	load(m, &config, NULL);
	assert_int_equal(config.deadline_ms, 11000);
	/* The administrator's file replaces the vendor's as a whole. */
	load(m, &config, "[Stage]\ndevice_deadline = 12\n");
	assert_int_equal(config.deadline_ms, 60000);
	assert_int_equal(config.policy, CONFIG_PROBE_DUMP_PATH);
	/* Drop-ins of both places, by name; /etc replaces its namesake. */
	machine_write(m, PATH_CONF_VENDOR ".d/10-a.conf", "[Stage]\ndeadline = 13\n");
	machine_write(m, PATH_CONF_VENDOR ".d/30-c.conf", "[Stage]\ndeadline = 14\n");
	machine_write(m, PATH_CONF ".d/20-b.conf",
		      "[Stage]\ndeadline = 15\n[Dump]\ndevice = a b\n");
	machine_write(m, PATH_CONF ".d/30-c.conf", "[Dump]\ndevice =\ndevice = c\n");
	machine_write(m, PATH_CONF ".d/40-d.conf.bak", "[Stage]\ndeadline = 16\n");
	load(m, &config, NULL);
	assert_int_equal(config.n_notes, 0);
	assert_int_equal(config.deadline_ms, 15000);
	assert_int_equal(config.device_deadline_ms, 12000);
	assert_int_equal(config.dump.count, 1);
	assert_string_equal(config.dump.device[0].name, "c");
}

static void test_given_file(void **state)
{
	struct machine *m = *state;
	struct config config;
	int fd;

	machine_write(m, PATH_CONF, "[Stage]\ndeadline = 11\n");
	machine_write(m, "other.conf", "[Stage]\ndevice_deadline = 3\nx = 1\n");
	fd = fsroot_openat(&m->root, O_RDONLY, 0, "other.conf");
	assert_true(fd >= 0);
	config_load(&config, &m->root, fd, "my.conf");
	close(fd);
	assert_int_equal(config.deadline_ms, 60000);
	assert_int_equal(config.device_deadline_ms, 3000);
	assert_string_equal(config.notes[0], "my.conf:3: unknown key \"x\" in [Stage]; ignored");
}

static void test_cmdline(void **state)
{
	static const struct {
		const char *line;
		enum config_mode mode;
		const char *note;
	} cases[] = {
		{ "quiet rd.smmu_adopt=0 x=1\n", CONFIG_MODE_OFF, NULL },
		{ "rd.smmu_adopt=no\n", CONFIG_MODE_OFF, NULL },
		{ "rd.smmu_adopt=plan\n", CONFIG_MODE_PLAN, NULL },
		{ "rd.smmu_adopt=0 rd.smmu_adopt=1\n", CONFIG_MODE_RUN, NULL },
		{ "xrd.smmu_adopt=0\n", CONFIG_MODE_RUN, NULL },
		{ "rd.smmu_adopt=maybe\n", CONFIG_MODE_RUN,
		  "kernel command line: rd.smmu_adopt=maybe: must be 0, 1 or plan; ignored" },
	};
	struct machine *m = *state;
	struct config config;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		machine_write(m, "proc/cmdline", cases[i].line);
		load(m, &config, NULL);
		assert_int_equal(config.mode, cases[i].mode);
		assert_int_equal(config.n_notes, cases[i].note ? 1 : 0);
		if (cases[i].note)
			assert_string_equal(config.notes[0], cases[i].note);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),	TEST(test_everything), TEST(test_grace),
		TEST(test_bad_input),	TEST(test_rules),      TEST(test_too_many_rules),
		TEST(test_long_line),	TEST(test_too_many),   TEST(test_files),
		TEST(test_given_file),	TEST(test_cmdline),    TEST(test_dump_words),
		TEST(test_dump_doubts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
