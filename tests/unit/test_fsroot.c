// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tests of lib/base/fsroot.c: nothing leaves the root, small reads, sorted names. */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support_machine.h"
#include "tests/unit/support_open.h"

static void test_stays_inside(void **state)
{
	struct machine *m = *state;
	char text[64];

	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "/etc/passwd"), -EINVAL);
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "../etc/passwd"), -EINVAL);
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "sys/../../x"), -EINVAL);
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "sys/.."), -EINVAL);
	/* Two dots inside a name are no way up. */
	machine_write(m, "etc/a..b", "x\n");
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "etc/a..b"), 1);
	/* An absolute link means the root's file, not the host's. */
	machine_write(m, "etc/hostname", "inside\n");
	machine_link(m, "etc/link", "/etc/hostname");
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "etc/link"), 6);
	assert_string_equal(text, "inside");
}

static void test_read_limits(void **state)
{
	struct machine *m = *state;
	char text[8];

	machine_write(m, "a", "1234567\n");
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "a"), -E2BIG);
	machine_write(m, "a", "123456\n");
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "%s", "a"), 6);
	assert_string_equal(text, "123456");
	machine_write(m, "a", "");
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "a"), 0);
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "none"), -ENOENT);
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "sys"), -EISDIR);
}

static void test_write(void **state)
{
	struct machine *m = *state;

	/* sysfs files exist; we never make one. */
	assert_int_equal(fsroot_write_text(&m->root, "x", "sys/none"), -ENOENT);
	machine_write(m, "sys/attr", "long old text");
	assert_int_equal(fsroot_write_text(&m->root, "new", "sys/attr"), 0);
	assert_string_equal(machine_read(m, "sys/attr"), "new");
}

static void test_link_name(void **state)
{
	struct machine *m = *state;
	char name[8];

	machine_link(m, "sys/l", "../../drivers/nvme");
	assert_int_equal(fsroot_link_name(&m->root, name, sizeof(name), "sys/l"), 4);
	assert_string_equal(name, "nvme");
	machine_link(m, "sys/long", "../a_name_too_long");
	assert_int_equal(fsroot_link_name(&m->root, name, sizeof(name), "sys/long"), -E2BIG);
	machine_write(m, "sys/f", "x");
	assert_int_equal(fsroot_link_name(&m->root, name, sizeof(name), "sys/f"), -EINVAL);
	assert_int_equal(fsroot_link_name(&m->root, name, sizeof(name), "sys/g"), -ENOENT);
}

struct seen {
	char text[256];
	const char *stop;
};

static int see(void *priv, const char *name)
{
	struct seen *seen = priv;

	strcat(seen->text, name);
	strcat(seen->text, " ");
	return seen->stop && strcmp(name, seen->stop) == 0 ? 7 : 0;
}

static void test_each(void **state)
{
	struct machine *m = *state;
	struct seen seen = { .text = "" };

	machine_write(m, "d/b", "");
	machine_write(m, "d/a", "");
	machine_write(m, "d/.hidden", "");
	machine_write(m, "d/c", "");
	assert_int_equal(fsroot_each(&m->root, 10, see, &seen, "d"), 0);
	assert_string_equal(seen.text, "a b c ");
	seen = (struct seen){ .stop = "b" };
	assert_int_equal(fsroot_each(&m->root, 10, see, &seen, "d"), 7);
	assert_string_equal(seen.text, "a b ");
	assert_int_equal(fsroot_each(&m->root, 2, see, &seen, "d"), -E2BIG);
	assert_int_equal(fsroot_each(&m->root, 2, see, &seen, "none"), -ENOENT);
	assert_int_equal(fsroot_each(&m->root, 2, see, &seen, "d/a"), -ENOTDIR);
}

/* What cannot be told is neither there nor not there. */
static void test_has(void **state)
{
	struct machine *m = *state;

	machine_write(m, "d/a", "");
	machine_link(m, "d/loop", "loop");
	machine_link(m, "d/nowhere", "none");
	assert_int_equal(fsroot_has(&m->root, "d/%s", "a"), 1);
	assert_int_equal(fsroot_has(&m->root, "d/b"), 0);
	assert_int_equal(fsroot_has(&m->root, "d/a/b"), 0);
	assert_int_equal(fsroot_has(&m->root, "d/nowhere"), 0);
	assert_int_equal(fsroot_has(&m->root, "d/loop"), -ELOOP);
	assert_int_equal(fsroot_has(&m->root, "../d"), -EINVAL);
	assert_false(fsroot_exists(&m->root, "d/loop"));
}

/* How /sys and /proc come from the old root to the new one. */
enum switching {
	SWITCH_MOVES,	 /* run-init of initramfs-tools */
	SWITCH_DETACHES, /* systemd: bound to the new place, then the old mount is detached */
};

static void carry(const char *from, const char *to, enum switching how)
{
	if (mount(from, to, NULL, how == SWITCH_MOVES ? MS_MOVE : MS_BIND | MS_REC, NULL) < 0 ||
	    (how == SWITCH_DETACHES && umount2(from, MNT_DETACH) < 0))
		_exit(4);
}

/* Process 2, which stays in the old root as the daemon does. @fd: process 1 has switched. */
static void daemon_left_behind(int ready, int fd)
{
	struct fsroot root = FSROOT_NONE;
	char byte;

	if (fsroot_open(&root, "/") < 0)
		_exit(2);
	fsroot_follow(&root);
	if (fsroot_has(&root, "new") != 1 || write(ready, "", 1) != 1 || read(fd, &byte, 1) != 1)
		_exit(3);
	if (fsroot_has(&root, "sys/bus"))
		_exit(5);
	fsroot_follow(&root);
	_exit(fsroot_has(&root, "sys/bus") == 1 && fsroot_has(&root, "here") == 1 ? 0 : 6);
}

/* Process 1 of namespaces of its own: switches from an initramfs to another root. */
static void switch_root(const char *dir, enum switching how)
{
	int ready[2], go[2], status;
	char byte;
	pid_t pid;

	if (mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", dir, "tmpfs", 0, NULL) < 0 || chroot(dir) < 0 || chdir("/") < 0 ||
	    mkdir("/sys", 0700) < 0 || mkdir("/proc", 0700) < 0 || mkdir("/new", 0700) < 0 ||
	    mount("none", "/new", "tmpfs", 0, NULL) < 0 || mkdir("/new/sys", 0700) < 0 ||
	    mkdir("/new/proc", 0700) < 0 || mkdir("/new/here", 0700) < 0 ||
	    mount("none", "/sys", "tmpfs", 0, NULL) < 0 || mkdir("/sys/bus", 0700) < 0 ||
	    mount("none", "/proc", "proc", 0, NULL) < 0 || pipe(ready) < 0 || pipe(go) < 0)
		_exit(1);
	pid = fork();
	if (!pid)
		daemon_left_behind(ready[1], go[0]);
	if (pid < 0 || close(ready[1]) < 0)
		_exit(1);
	if (read(ready[0], &byte, 1) == 1) {
		carry("/sys", "/new/sys", how);
		carry("/proc", "/new/proc", how);
		if (chdir("/new") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
		    chroot(".") < 0 || write(go[1], "", 1) != 1)
			_exit(1);
	}
	_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 7);
}

static void test_follow(void **state)
{
	struct machine *m = *state;
	enum switching how;
	int status;

	for (how = SWITCH_MOVES; how <= SWITCH_DETACHES; how++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid) {
			if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
				_exit(77);
			pid = fork();
			if (!pid)
				switch_root(m->dir, how);
			if (pid < 0 || waitpid(pid, &status, 0) != pid)
				_exit(8);
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 9);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status == 77 << 8)
			skip();
		assert_int_equal(status, 0);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_true(fsroot_name_ok("0000:00:01.0"));
	assert_false(fsroot_name_ok(""));
	assert_false(fsroot_name_ok("."));
	assert_false(fsroot_name_ok(".."));
	assert_false(fsroot_name_ok("a/b"));
}

static void test_long_path(void **state)
{
	struct machine *m = *state;
	char name[600];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = 0;
	assert_int_equal(fsroot_openat(&m->root, O_RDONLY, 0, "%s", name), -ENAMETOOLONG);
	assert_false(fsroot_exists(&m->root, "%s", name));
}

/* The kernel gives up where a rename came between; we do not, but for one who never ends. */
static void test_renames_meanwhile(void **state)
{
	struct machine *m = *state;
	char text[16];

	machine_write(m, "sys/attr", "x\n");
	open_renames = 900;
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "sys/attr"), 1);
	assert_int_equal(open_renames, 0);
	open_renames = 1000000;
	assert_int_equal(fsroot_read_text(&m->root, text, sizeof(text), "sys/attr"), -EAGAIN);
	open_renames = 0;
}

/* Nothing leads out of the machine's own root: a rename is nothing to it. */
static void test_real_root(void **state)
{
	struct fsroot root = FSROOT_NONE;

	(void)state;
	assert_int_equal(fsroot_open(&root, "/"), 0);
	open_calls = 0;
	assert_true(fsroot_exists(&root, "proc/self/stat"));
	assert_int_equal(open_calls, 0);
	fsroot_close(&root);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stays_inside),      TEST(test_read_limits), TEST(test_write),
		TEST(test_link_name),	      TEST(test_each),	      TEST(test_names),
		TEST(test_long_path),	      TEST(test_has),	      TEST(test_follow),
		TEST(test_renames_meanwhile), TEST(test_real_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
