// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/crashwatch.c: a dump as kdump-tools writes it, seen from beside.
 * The watcher runs in a child and says each publishing, and when it was, through a
 * pipe.
 */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/crashwatch.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

#define STAMP "202611222255"
#define FOLDER "var/crash/" STAMP
#define LOOK_MS 10
#define LONG_MS 600000

struct watcher {
	pid_t pid;
	int fd; /* the clock's milliseconds at each publishing */
};

static void tell(void *priv, const struct crashdir *dir)
{
	u64 at = strcmp(dir->name, STAMP) ? 0 : fakeclock_ms();

	if (write(*(int *)priv, &at, sizeof(at)) != sizeof(at))
		_exit(100);
}

static struct watcher start(struct machine *m, uint32_t again_ms)
{
	struct watcher w;
	char base[300];
	int fds[2];

	(void)snprintf(base, sizeof(base), "%s/var/crash", m->dir);
	assert_int_equal(pipe(fds), 0);
	w.fd = fds[0];
	w.pid = fork();
	assert_true(w.pid >= 0);
	if (!w.pid) {
		const struct crashwatch watch = { .base = base,
						  .look_ms = LOOK_MS,
						  .again_ms = again_ms,
						  .publish = tell,
						  .priv = &fds[1] };

		close(fds[0]);
		_exit(-crashwatch_run(&watch));
	}
	close(fds[1]);
	return w;
}

/* When it published next, or 0 when it did not for @ms. */
static u64 published(const struct watcher *w, int ms)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	u64 at;

	if (clock_poll(&p, 1, ms) <= 0)
		return 0;
	assert_int_equal(read(w->fd, &at, sizeof(at)), sizeof(at));
	assert_true(at > 0);
	return at;
}

/* It has, at once: an event told it, not its timer. */
static void assert_publishes(const struct watcher *w)
{
	u64 now = fakeclock_ms();

	assert_int_equal(published(w, LONG_MS), now);
}

static void ends_with(struct watcher *w, int code)
{
	int status = fakeclock_wait(w->pid);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
	close(w->fd);
}

static void rename_in(struct machine *m, const char *from, const char *to)
{
	assert_int_equal(renameat(m->root.fd, from, m->root.fd, to), 0);
}

static void test_dump(void **state)
{
	struct machine *m = *state;
	struct watcher w = start(m, LONG_MS);

	/* The base folder comes late, as with a mount. */
	assert_int_equal(published(&w, 5 * LOOK_MS + 5), 0);
	machine_write(m, FOLDER "/dmesg." STAMP, "log");
	assert_int_equal(published(&w, LOOK_MS), 6 * LOOK_MS);
	/* Neither ours nor theirs. */
	machine_write(m, FOLDER "/smmu-adopt.rec", "x");
	machine_write(m, FOLDER "/dmesg.2", "x");
	assert_int_equal(published(&w, LONG_MS / 2), 0);
	machine_write(m, FOLDER "/dump-incomplete.gz", "x");
	assert_publishes(&w);
	rename_in(m, FOLDER "/dump-incomplete.gz", FOLDER "/dump." STAMP ".gz");
	assert_publishes(&w);
	assert_int_equal(published(&w, LONG_MS / 2), 0);
	kill(w.pid, SIGTERM);
	assert_publishes(&w);
	ends_with(&w, 0);
}

/* Descriptors that process @pid has in the folder of crashes, or below it. */
static unsigned int open_there(const struct machine *m, pid_t pid)
{
	char folder[40], file[40 + 256], target[512], path[80];
	unsigned int n = 0;
	struct dirent *entry;
	ssize_t len;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/var", m->dir);
	(void)snprintf(folder, sizeof(folder), "/proc/%d/fd", pid);
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		(void)snprintf(file, sizeof(file), "%s/%s", folder, entry->d_name);
		len = readlink(file, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = 0;
		n += !strncmp(target, path, strlen(path));
	}
	closedir(dir);
	return n;
}

/* SUSE unmounts the file system, which may not be in use, and nobody is told. */
static void test_nothing_open(void **state)
{
	struct machine *m = *state;
	struct watcher w;
	char byte;

	clock_sleep_ms(1);
	machine_write(m, FOLDER "/dump-incomplete", "x");
	w = start(m, LONG_MS);
	assert_publishes(&w);
	/* It sleeps when time goes on. */
	clock_sleep_ms(1);
	assert_int_equal(open_there(m, w.pid), 0);
	machine_write(m, FOLDER "/dump-incomplete", "y");
	assert_publishes(&w);
	clock_sleep_ms(1);
	assert_int_equal(open_there(m, w.pid), 0);
	/* "Unmounted": what lies below is not the dump's. */
	rename_in(m, "var/crash", "var/unmounted");
	kill(w.pid, SIGTERM);
	assert_int_equal(fakeclock_wait(w.pid), 0);
	assert_int_equal(read(w.fd, &byte, 1), 0);
	close(w.fd);
}

static void test_no_folder(void **state)
{
	struct watcher w = start(*state, LONG_MS);

	assert_int_equal(published(&w, 100 * LOOK_MS), 0);
	kill(w.pid, SIGTERM);
	ends_with(&w, ENOENT);
}

/*
 * A dump that takes long: what is known by then is there, should nobody see its end.
 * The time counts from the last publishing, whatever it was for.
 */
static void test_again(void **state)
{
	struct machine *m = *state;
	struct watcher w;
	u64 at = 1;

	clock_sleep_ms(1);
	machine_write(m, FOLDER "/dump-incomplete", "x");
	w = start(m, LONG_MS);
	assert_int_equal(published(&w, LONG_MS), at);
	assert_int_equal(published(&w, LONG_MS - 1), 0);
	assert_int_equal(published(&w, 2), at += LONG_MS);
	assert_int_equal(published(&w, LONG_MS + 1), at += LONG_MS);
	assert_int_equal(published(&w, LONG_MS / 2), 0);
	machine_write(m, FOLDER "/dump-incomplete", "y");
	at = fakeclock_ms();
	assert_publishes(&w);
	assert_int_equal(published(&w, LONG_MS + 1), at + LONG_MS);
	kill(w.pid, SIGINT);
	assert_publishes(&w);
	ends_with(&w, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_clock_set_up, machine_clock_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_dump), TEST(test_nothing_open),
					    TEST(test_no_folder), TEST(test_again) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
