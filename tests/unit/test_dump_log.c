// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_dump_log.c - what the verbs make of the crashed kernel's log in a dump: without records,
 * beside them, and beside logs of either kernel. The buffer itself: test_printk.c.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support_crash.h"
#include "tests/unit/support_mkrec.h"
#include "tests/unit/support_printk.h"

static struct printk_log made;

static int set_up(void **state)
{
	(void)crash_setup(state);
	return unlink(records);
}

/* A kernel that crashes, with two events before that. */
static void make_crash(void)
{
	printk_begin(&made, 8, 15);
	printk_host(&made, "db-7", "6.12.0");
	printk_add(&made, 0, "Booting Linux on physical CPU 0x0000000000 [0x000f0510]");
	printk_add(&made, 0, "Linux version 6.12.0 (root@b) #1 SMP");
	printk_add(&made, 0, "Kernel command line: root=/dev/vda crashkernel=256M");
	printk_add(&made, 5000000, "arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:");
	printk_add(&made, 5000001, "arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000002000000010");
	printk_add(&made, 5000002, "arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000000000000000");
	/* A message of two lines. */
	printk_add(&made, 6000000, "e1000e: first\nsecond line");
	printk_add(&made, 7123456789, "Kernel panic - not syncing: Fatal exception in interrupt");
	printk_add(&made, 7200000000, "Starting crashdump kernel...");
}

static void put_crash(bool kdump)
{
	struct image crash = printk_dump(&made, kdump, "CRASHTIME=1763848790\n");

	scratch_put("vmcore", crash.data, crash.len);
	free(crash.data);
}

static void test_verbs(void **state)
{
	int kdump;

	(void)state;
	make_crash();
	for (kdump = 0; kdump < 2; kdump++) {
		put_crash(kdump);
		ask(ARGS("report", dump), 3);
		says("WARNING: UNKNOWN: there are no records and no log of the capture kernel");
		says("log            vmcore, 10 lines");
		says("the crashed kernel's log, read from its memory in the dump");
		says("crashed kernel 6.12.0\n");
		says("host           db-7\n");
		says("crashed        2025-11-22 21:59:50 UTC, kernel 6.12.0\n");
		says("panic          Fatal exception in interrupt\n");
		says("F_TRANSLATION before the crash, once, line 4 at 0.005 s [events-in-log, "
		     "StreamID 0x20]");
		/* Who has no records cannot look at the tables. */
		says_not("memory-not-looked-at");
		ask(ARGS("log", dump), 4);
		says("     9  [    7.123456] Kernel panic - not syncing: Fatal exception in "
		     "interrupt\n");
		warns("vmcore: the crashed kernel's log, read from its memory in the dump");
		ask(ARGS("events", dump), 4);
		says("Events that the crashed kernel printed\n");
		ask(ARGS("collect", folder), 4);
		says("\"host\":\"db-7\"");
		says("\"panic\":\"Fatal exception in interrupt\"");
		says("\"crash_s\":1763848790,");
		ask(ARGS("collect", "--host", "here", folder), 4);
		says("\"host\":\"here\"");
		ask(ARGS("--json", "report", folder), 3);
		says("\"host\": \"db-7\",\n");
		says("\"panic\": \"Fatal exception in interrupt\",\n");
		ask(ARGS("--json", "log", folder), 4);
		says("\"files\": [\n      \"vmcore\"\n    ],");
	}
	/* Verbs that need records still say so. */
	ask(ARGS("who", dump, "40000000"), 1);
	warns("no smmu-adopt.rec beside it");
}

/* The crashed kernel's own lines never make a capture kernel of it. */
static void test_not_capture(void **state)
{
	(void)state;
	make_crash();
	printk_add(&made, 8000000000,
		   "smmu_adopt: 9050000.smmuv3: adopted: the stream table is the "
		   "crashed kernel's, the command queue is new; 5 streams");
	printk_add(&made, 8100000000, "systemd[1]: saving vmcore");
	printk_add(&made, 8200000000,
		   "arm-smmu-v3 arm-smmu-v3.0.auto: SMMU currently enabled! "
		   "Resetting...");
	put_crash(false);
	ask(ARGS("--json", "report", dump), 3);
	says("\"state\": \"unknown\"");
	says_not("\"kernel\": \"capture\"");
	says("\"panic\": \"Fatal exception in interrupt\",\n");
}

static const char capture_log[] =
	"[    0.000000] Booting Linux on physical CPU 0x0\n"
	"[    0.000000] Kernel command line: elfcorehdr=0x1 reset_devices\n"
	"[    1.400007] arm-smmu-v3 arm-smmu-v3.0.auto: SMMU currently enabled! Resetting...\n"
	"[    2.000000] Freeing unused kernel memory\n";

/* The dump's log is the crashed kernel's, and the file beside it the capture kernel's. */
static void test_beside_capture_log(void **state)
{
	static const char *const names[] = { "kexec-dmesg.log", "dmesg.txt" };
	size_t i;

	(void)state;
	make_crash();
	put_crash(false);
	/* By either name: the second is that of a crashed kernel's log. */
	for (i = 0; i < 2; i++) {
		scratch_put(names[i], capture_log, sizeof(capture_log) - 1);
		ask(ARGS("report", folder), 3);
		says("FAILED: RESET: ");
		says("a kernel log, of the crashed kernel and of the capture kernel");
		says("panic          Fatal exception in interrupt\n");
		says("F_TRANSLATION before the crash, once, vmcore line 4 at 0.005 s");
		assert_int_equal(unlink(PATH(names[i])), 0);
	}
}

/* A log beside the dump that tells of the crash is enough. */
static void test_beside_crash_log(void **state)
{
	static const char text[] = "[    1.0] usb 1-1: new device\n"
				   "[    2.0] Kernel panic - not syncing: another reason\n";

	(void)state;
	make_crash();
	put_crash(false);
	scratch_put("vmcore-dmesg.txt", text, sizeof(text) - 1);
	ask(ARGS("report", folder), 4);
	says("log            vmcore-dmesg.txt, 2 lines");
	says("panic          another reason\n");
	/* It ends before the crash: the dump's own goes on. */
	scratch_put("vmcore-dmesg.txt", text, 30);
	ask(ARGS("report", folder), 3);
	says("panic          Fatal exception in interrupt\n");
	says("log            vmcore-dmesg.txt, vmcore, 11 lines");
}

static void put_records(const char *text)
{
	char err[128];
	size_t len;
	u8 *rec;

	if (mkrec(text, &rec, &len, err, sizeof(err)) < 0)
		fail_msg("%s", err);
	file_write(records, rec, len);
	free(rec);
}

static const char few[] =
	"file producer=smmu_adopt capture=1 wall=1763848800 kernel=k program=p boot=1\n"
	"smmu smmu=0 phase=crash state=adopted reason=1 evidence=kdump-kernel "
	"base=0x9050000 name=x.smmuv3\n";

static void test_beside_records(void **state)
{
	static const char other[] = "crashed release=6.12.0 time=1763848000\n";
	char text[1024];

	(void)state;
	make_crash();
	put_crash(true);
	put_records(few);
	ask(ARGS("report", folder), 0);
	says("host           db-7\n");
	says("panic          Fatal exception in interrupt\n");
	ask(ARGS("report", "--html", folder), 0);
	says("<span>host <b>db-7</b></span>");
	says("<span>panic <b>Fatal exception in interrupt</b></span>");
	ask(ARGS("collect", folder), 0);
	says("\"panic\":\"Fatal exception in interrupt\"");
	/* Records of another crash: the dump tells nothing about theirs. */
	(void)snprintf(text, sizeof(text), "%s%s", few, other);
	put_records(text);
	ask(ARGS("report", folder), 4);
	says_not("Fatal exception");
	says_not("db-7");
	/* A damaged buffer is said, in one line. */
	put_records(few);
	memset(made.memory + PRINTK_RING, 0, 88);
	put_crash(true);
	ask(ARGS("report", folder), 0);
	says("panic          not known: ");
	says("vmcore: the crashed kernel's log: the head of the log buffer is damaged");
	/* Without records there is nothing then. */
	assert_int_equal(unlink(records), 0);
	ask(ARGS("report", folder), 1);
	warns("vmcore: a dump without a note of smmu_adopt ");
	warns("vmcore: the crashed kernel's log: the head of the log buffer is damaged");
}

/* Names that tell no machine, and a structure that is none. */
static void test_hosts(void **state)
{
	static const char *const none[] = { "(none)", "localhost", "localhost.localdomain", "",
					    "a\033[31m" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		make_crash();
		printk_host(&made, none[i], "6.12.0");
		put_crash(false);
		ask(ARGS("report", dump), 3);
		says("\nhost           not known: neither the folder's name nor a dump tells it\n");
	}
	make_crash();
	printk_host(&made, "db-7", "6.13.0");
	put_crash(false);
	ask(ARGS("report", dump), 3);
	says("\nhost           not known: ");
}

/* Is the dump complete? And what is said where there is none. */
static void test_complete(void **state)
{
	struct image crash;
	int kdump;

	(void)state;
	make_crash();
	for (kdump = 0; kdump < 2; kdump++) {
		put_crash(kdump);
		ask(ARGS("report", folder), 3);
		says("dump           vmcore, ");
		says(" KiB, complete\n");
		ask(ARGS("--json", "report", dump), 3);
		says("\"dump\": \"vmcore\",\n");
		says("\"dump_complete\": true,\n");
		says_not("dump_lacks");
		crash = printk_dump(&made, kdump, "");
		put_records(few);
		scratch_put("vmcore", crash.data, crash.len - 5000);
		ask(ARGS("report", folder), 0);
		says("NOT complete: the dump file is cut: at least ");
		ask(ARGS("--json", "report", folder), 0);
		says("\"dump_complete\": false,\n");
		says("\"dump_lacks\": \"the dump file is cut: at least ");
		scratch_put("vmcore", crash.data, 100);
		ask(ARGS("report", folder), 0);
		says("NOT complete: it cannot be read: vmcore: ");
		assert_int_equal(unlink(records), 0);
		free(crash.data);
	}
	put_records(few);
	assert_int_equal(unlink(dump), 0);
	ask(ARGS("report", folder), 0);
	says("dump           none in this folder\n");
	says("host           not known: neither the folder's name nor a dump tells it\n");
	/* Of records alone nothing of the kind is asked. */
	ask(ARGS("report", records), 0);
	says_not("dump  ");
	says_not("host  ");
	scratch_put("kexec-dmesg.log", capture_log, sizeof(capture_log) - 1);
	ask(ARGS("report", folder), 0);
	says("panic          not known: there is no log of the crashed kernel, and no dump of it\n");
	scratch_put("vmcore-dmesg.txt", "[    1.0] usb 1-1: new device\n", 30);
	ask(ARGS("report", folder), 0);
	says("panic          not known: the crashed kernel's log does not tell it\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, crash_teardown)
		TEST(test_verbs),
		TEST(test_not_capture),
		TEST(test_beside_capture_log),
		TEST(test_beside_crash_log),
		TEST(test_beside_records),
		TEST(test_hosts),
		TEST(test_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
