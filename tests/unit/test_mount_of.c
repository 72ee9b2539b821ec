// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of resolve/mount_of.c: which of several mounts a path leads to, by tables and by the
 * kernel's own mounts in a namespace of the test's.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "tests/unit/support_resolve.h"

/* Three controllers, a disk each: sda at 0000:00:01.0 is 8:0, and so on. */
static int set_up(void **state)
{
	char path[80], lines[400];
	int i;

	(void)machine_set_up(state);
	for (i = 1; i <= 3; i++) {
		(void)snprintf(path, sizeof(path), "pci0000:00/0000:00:%02d.0/host%d/block/sd%c", i,
			       i, 'a' + i - 1);
		(void)snprintf(lines, sizeof(lines),
			       "pci pci0000:00/0000:00:%02d.0\nblock %s\n"
			       "link sys/dev/block/8:%d ../../devices/%s\n",
			       i, path, 16 * (i - 1), path);
		mkmachine(*state, lines, NULL);
	}
	return 0;
}

/* What is on top follows from the parents, and not from the order of the lines. */
static const char *const cases[] = {
	/* Hidden by one on the folder above, whose line may be the first. */
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 30 20 8:16 / /var/crash rw - ext4 /dev/x rw\n"
	" 31 20 8:32 / /var rw - ext4 /dev/x rw\n"
	"finds /var/crash -> 0000:00:03.0\n",
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 31 20 8:32 / /var rw - ext4 /dev/x rw\n"
	" 30 20 8:16 / /var/crash rw - ext4 /dev/x rw\n"
	"finds /var/crash -> 0000:00:03.0\n",
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 31 20 8:32 / /var rw - ext4 /dev/x rw\n"
	" 30 31 8:16 / /var/crash rw - ext4 /dev/x rw\n"
	"finds /var/crash/x -> 0000:00:02.0\n"
	"finds /var/crashes -> 0000:00:03.0\n",
	/* One on the other, in either order. */
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 30 20 8:16 / /var/crash rw - ext4 /dev/x rw\n"
	" 31 30 8:32 / /var/crash rw - ext4 /dev/x rw\n"
	"finds /var/crash -> 0000:00:03.0\n",
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 31 30 8:32 / /var/crash rw - ext4 /dev/x rw\n"
	" 30 20 8:16 / /var/crash rw - ext4 /dev/x rw\n"
	"finds /var/crash -> 0000:00:03.0\n"
	"finds /var/crashes -> 0000:00:01.0\n",
	/* A root over another. */
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 30 20 8:16 / / rw - ext4 /dev/x rw\n"
	"finds /x -> 0000:00:02.0 ; /x: which of several mounts has /x is not known\n",
	/* What no kernel says: two on one folder, and a circle. */
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 30 20 8:16 / /var rw - ext4 /dev/x rw\n"
	" 31 20 8:32 / /var rw - ext4 /dev/x rw\n"
	"finds /var -> 0000:00:03.0 ; /var: which of several mounts has /var is not known\n",
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 30 20 8:16 / /var rw - ext4 /dev/x rw\n"
	" 30 30 8:32 / /var rw - ext4 /dev/x rw\n"
	"finds /srv -> 0000:00:01.0\n",
	/* Written by hand, without parents: clear, or not. */
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 30 1 8:16 / /var rw - ext4 /dev/x rw\n"
	"finds /var/x -> 0000:00:02.0\n"
	"finds /srv -> 0000:00:01.0\n",
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 30 1 8:16 / /var/x rw - ext4 /dev/x rw\n"
	" 31 1 8:32 / /var rw - ext4 /dev/x rw\n"
	"finds /var/x -> 0000:00:02.0 ; /var/x: which of several mounts has /var/x is not known\n",
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	" 30 1 8:16 / /var rw - ext4 /dev/x rw\n"
	" 31 20 8:32 / /var rw - ext4 /dev/x rw\n"
	"finds /var -> 0000:00:02.0 ; /var: which of several mounts has /var is not known\n",
	/* A root over that of the boot loader's image; a table without a root. */
	" 1 1 0:2 / / rw - rootfs rootfs rw\n"
	" 20 1 8:0 / / rw - ext4 /dev/x rw\n"
	"finds /var/crash -> 0000:00:01.0\n",
	" 30 29 8:16 / /var rw - ext4 /dev/x rw\n"
	"finds /var -> 0000:00:02.0 ; /var: which of several mounts has /var is not known\n"
	"finds / -> ; /: the file system of / is not known\n",
};

static void test_tables(void **state)
{
	char text[1000];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), "file proc/self/mountinfo\n%s", cases[i]);
		resolve_text(*state, text);
	}
}

#define NO_MOUNTS 2

/* Is @path, below the below of the test, on a file system of @type, as the program says? */
static int is_on(const char *below, const char *path, const char *type)
{
	char command[1400];

	(void)snprintf(command, sizeof(command),
		       "%s -- %s/%s 2>/dev/null | grep -q '^uncertain = .* is on %s, '",
		       resolve_program(), below, path, type);
	if (system(command) == 0)
		return 0;
	return fprintf(stderr, "%s is not on %s\n", path, type), 1;
}

static int mount_there(const char *below, const char *name, const char *type)
{
	char path[400];

	(void)snprintf(path, sizeof(path), "%s/%s", below, name);
	mkdir(path, 0700);
	return mount(type, path, type, 0, NULL);
}

static int on_real_mounts(void *priv)
{
	const char *below = priv;
	char from[400], to[400];
	int bad = 0;

	if (mount_there(below, "a", "tmpfs") < 0 || mount_there(below, "a/b", "ramfs") < 0)
		return NO_MOUNTS;
	bad |= is_on(below, "a/b", "ramfs");
	bad |= is_on(below, "a/bc", "tmpfs");
	/* Over the below above: what was there before is hidden, and a/b/c would be made on it. */
	if (mount_there(below, "a", "tmpfs") < 0)
		return NO_MOUNTS;
	bad |= is_on(below, "a/b/c", "tmpfs");
	/* The older one is moved onto the younger. */
	(void)snprintf(from, sizeof(from), "%s/old", below);
	(void)snprintf(to, sizeof(to), "%s/young", below);
	if (mount_there(below, "old", "ramfs") < 0 || mount_there(below, "young", "tmpfs") < 0 ||
	    mount(from, to, NULL, MS_MOVE, NULL) < 0)
		return NO_MOUNTS;
	bad |= is_on(below, "young/x", "ramfs");
	return bad;
}

/* On the kernel's own mounts, in a namespace of the test's. */
static void test_real_mounts(void **state)
{
	struct machine *m = *state;
	int code = run_apart(on_real_mounts, m->dir);

	if (code == NO_MOUNTS) {
		print_message("SKIP: nothing can be mounted here\n");
		skip();
	}
	assert_int_equal(code, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tables),
		TEST(test_real_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
