// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/crashwatch.c: a dump as kdump-tools writes it, seen from beside.
 * The watcher runs in a child and says each publishing through a pipe.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/crashwatch.h"
#include "tests/unit/support_machine.h"

#define STAMP "202611222255"
#define FOLDER "var/crash/" STAMP
#define PATIENCE_MS 20000
#define QUIET_MS 300

struct watcher {
	pid_t pid;
	int fd; /* a byte for each publishing */
};

static void tell(void *priv, const struct crashdir *dir)
{
	char byte = strcmp(dir->name, STAMP) ? '?' : '!';

	if (write(*(int *)priv, &byte, 1) != 1)
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
						  .look_ms = 10,
						  .again_ms = again_ms,
						  .publish = tell,
						  .priv = &fds[1] };

		close(fds[0]);
		_exit(-crashwatch_run(&watch));
	}
	close(fds[1]);
	return w;
}

/* Has it published within @ms? */
static bool published(const struct watcher *w, int ms)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	char byte = 0;

	if (poll(&p, 1, ms) <= 0 || read(w->fd, &byte, 1) != 1)
		return false;
	assert_int_equal(byte, '!');
	return true;
}

static void ends_with(struct watcher *w, int code)
{
	int status;

	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
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
	struct watcher w = start(m, 600000);

	/* The base folder comes late, as with a mount. */
	assert_false(published(&w, 50));
	machine_write(m, FOLDER "/dmesg." STAMP, "log");
	assert_true(published(&w, PATIENCE_MS));
	/* Neither ours nor theirs. */
	machine_write(m, FOLDER "/smmu-adopt.rec", "x");
	machine_write(m, FOLDER "/dmesg.2", "x");
	assert_false(published(&w, QUIET_MS));
	machine_write(m, FOLDER "/dump-incomplete.gz", "x");
	assert_true(published(&w, PATIENCE_MS));
	rename_in(m, FOLDER "/dump-incomplete.gz", FOLDER "/dump." STAMP ".gz");
	assert_true(published(&w, PATIENCE_MS));
	assert_false(published(&w, QUIET_MS));
	kill(w.pid, SIGTERM);
	assert_true(published(&w, PATIENCE_MS));
	ends_with(&w, 0);
}

static void test_no_folder(void **state)
{
	struct watcher w = start(*state, 600000);

	assert_false(published(&w, 50));
	kill(w.pid, SIGTERM);
	ends_with(&w, ENOENT);
}

/* A dump that takes long: what is known by then is there, should nobody see its end. */
static void test_again(void **state)
{
	struct machine *m = *state;
	struct watcher w;
	int i;

	machine_write(m, FOLDER "/dump-incomplete", "x");
	w = start(m, 20);
	for (i = 0; i < 5; i++)
		assert_true(published(&w, PATIENCE_MS));
	kill(w.pid, SIGINT);
	ends_with(&w, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_dump), TEST(test_no_folder),
					    TEST(test_again) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
