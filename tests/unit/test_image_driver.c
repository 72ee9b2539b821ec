// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/machine/image_driver.c, by the program that asks it when a capture kernel is loaded
 * and by "check": has this image the adopting driver of this kernel?
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "lib/machine/image_driver.h"
#include "tests/unit/support_check.h"

#define DRIVER "/updates/dkms/arm-smmu-v3-adopt.ko"
#define OF(release) "lib/modules/" release DRIVER
/* A module of more bytes than a listing gives without being asked. */
#define MODULE_BYTES (CPIO_TEXT_MAX + 1000)

static char module[MODULE_BYTES];

static struct blob built_for(const char *name, const char *release)
{
	memset(module, 'x', sizeof(module));
	snprintf(module + CPIO_TEXT_MAX, sizeof(module) - CPIO_TEXT_MAX,
		 "%cvermagic=%s SMP preempt mod_unload aarch64", 0, release);
	return (struct blob){ name, module, sizeof(module) };
}

/* Ask for kernel 6.12.0; @text is the answer. */
static void ask(struct machine *m, int code, const char *text)
{
	char answer[256];
	struct run run;

	run_resolve(m, ARGS("--image", "/image", "--kernel", "6.12.0"), &run);
	assert_int_equal(run.code, code);
	snprintf(answer, sizeof(answer), "%s%s", text, *text ? "\n" : "");
	assert_string_equal(run.out, answer);
	run_free(&run);
}

static void ask_with(struct machine *m, const struct blob *a, const struct blob *b, int code,
		     const char *text)
{
	const struct blob files[] = { { "init", "x", 0 }, *a, b ? *b : (struct blob){ 0 }, { 0 } };

	check_make_archive(m, "image", files);
	ask(m, code, text);
}

static void test_folder(void **state)
{
	struct blob ours = { OF("6.12.0"), "no module", 0 }, other = { OF("6.11.0"), "x", 0 };
	struct blob usr = { "./usr/" OF("6.12.0") ".zst", "x", 0 };
	struct blob none = { "lib/modules/6.12.0/kernel/arm-smmu-v3-adopt.kox", "x", 0 };
	struct blob nowhere = { "lib/modules/arm-smmu-v3-adopt.ko", "x", 0 };

	ask_with(*state, &ours, NULL, EXIT_DONE, "");
	ask_with(*state, &usr, NULL, EXIT_DONE, "");
	/* Ours counts, wherever it is in the image. */
	ask_with(*state, &ours, &other, EXIT_DONE, "");
	ask_with(*state, &other, &ours, EXIT_DONE, "");
	ask_with(*state, &other, NULL, EXIT_FINDINGS,
		 "the image's arm-smmu-v3-adopt.ko is for kernel 6.11.0, and not for 6.12.0");
	ask_with(*state, &none, NULL, EXIT_FINDINGS, "the image has no arm-smmu-v3-adopt.ko");
	ask_with(*state, &nowhere, NULL, EXIT_FINDINGS, "the image has no arm-smmu-v3-adopt.ko");
}

static void test_vermagic(void **state)
{
	struct blob driver = built_for(OF("6.12.0"), "6.12.0");
	struct blob other = { OF("6.11.0"), "x", 0 };

	ask_with(*state, &driver, &other, EXIT_DONE, "");
	driver = built_for(OF("6.12.0"), "6.12.1");
	ask_with(
		*state, &driver, NULL, EXIT_FINDINGS,
		"the image's arm-smmu-v3-adopt.ko was built for kernel 6.12.1, and not for 6.12.0");
	/* Compressed it does not tell. */
	driver = built_for(OF("6.12.0") ".xz", "6.12.1");
	ask_with(*state, &driver, NULL, EXIT_DONE, "");
	/* One of another folder says nothing of ours, and a value without an end is cut. */
	driver = built_for(OF("6.11.0"), "6.11.0");
	other = (struct blob){ OF("6.12.0"), "x", 0 };
	ask_with(*state, &driver, &other, EXIT_DONE, "");
	driver = built_for(OF("6.12.0") ".xz", "6.12.0");
	other = (struct blob){ OF("6.11.0"), "\0vermagic=6.11.0", 16 };
	ask_with(*state, &other, &driver, EXIT_DONE, "");
	other = (struct blob){ OF("6.12.0"), "\0vermagic=6.12.0", 16 };
	ask_with(*state, &other, NULL, EXIT_DONE, "");
	other = (struct blob){ OF("6.12.0"), "\0vermagic=", 10 };
	ask_with(*state, &other, NULL, EXIT_DONE, "");
}

static void test_not_known(void **state)
{
	struct machine *m = *state;
	struct run run;

	ask(m, EXIT_FAILED, "/image: No such file or directory");
	machine_write(m, "image/file", "");
	ask(m, EXIT_FAILED, "/image: Invalid argument");
	machine_remove(m, "image");
	machine_write(m, "image", "no archive");
	ask(m, EXIT_FAILED,
	    "/image cannot be listed: neither an archive nor compressed data begins at byte 0");
	run_resolve(m, ARGS("--image", "/image"), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
	run_resolve(m, ARGS("--image", "/image", "--kernel", "6.12.0", "/"), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
}

/* No kernel's name, no words. */
static void test_no_release(void **state)
{
	const struct blob files[] = { { OF("6.12.0"), "x", 0 }, { 0 } };
	struct machine *m = *state;
	struct run run;

	check_make_archive(m, "image", files);
	run_resolve(m, ARGS("--image", "/image", "--kernel", ""), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	run_free(&run);
}

/* ---- check: the words are there, and the image does not fit ---- */

#define LOADED "/sbin/kexec -p --command-line=\"a " UNIT " " KEEP_AWAY "\" --initrd=/" IMAGE

static void test_check(void **state)
{
	struct machine *m = *state;
	const struct blob other[] = { { "usr/bin/" NAME_DAEMON, "x", 0 },
				      { OF("6.12.0"), "x", 0 },
				      { 0 } };

	machine_write(m, "var/crash/kexec_cmd", LOADED " /boot/vmlinuz-6.12.0\n");
	check_expect(m, EXIT_DONE, "ok", "adopt", "the adopting driver is in the image");
	/* Loaded with a newer kernel, by name, or by a link. */
	machine_write(m, "var/crash/kexec_cmd", LOADED " /boot/vmlinuz-6.12.1\n");
	check_expect(m, EXIT_FINDINGS, "fail", "adopt",
		     "keeps the built-in driver away, but the image's arm-smmu-v3-adopt.ko is for "
		     "kernel 6.12.0, and not for 6.12.1");
	machine_write(m, "var/crash/kexec_cmd", LOADED " /var/lib/kdump/vmlinuz\n");
	machine_link(m, "var/lib/kdump/vmlinuz", "/boot/vmlinuz-6.12.1");
	check_expect(m, EXIT_FINDINGS, "fail", "adopt", "and not for 6.12.1");
	machine_remove(m, "var/lib/kdump/vmlinuz");
	machine_link(m, "var/lib/kdump/vmlinuz", "/boot/vmlinuz-6.12.0");
	check_expect(m, EXIT_DONE, "ok", "adopt", "the adopting driver is in the image");
	check_make_archive(m, IMAGE, other);
	check_expect(m, EXIT_FINDINGS, "ok", "adopt", "the adopting driver is in the image");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, check_set_up, machine_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_folder),     TEST(test_vermagic), TEST(test_not_known),
		TEST(test_no_release), TEST(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
