// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of smmu-adoptd as a program: exit codes, detaching, one daemon at a
 * time, and that nothing can hang it. Where deadlines are met it is one at the
 * fake clock, for no deadline is met by a host that is busy enough. Else it is
 * that of `make native`; without it the tests are skipped.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/dbus/client.h"
#include "lib/base/clock.h"
#include "daemon/act/hold.h"
#include "lib/story/names.h"
#include "daemon/publish.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

#define PROGRAM "build/native/daemon/" NAME_DAEMON
#define PROGRAM_CLOCKED "build/native/tests/" NAME_DAEMON
/* By either clock: so long that no load of the machine makes it pass. */
#define LONG_MS 600000
#define ARGS(...) ((const char *const[]){ NAME_DAEMON, __VA_ARGS__, NULL })

struct bench {
	struct machine m;
	struct story told;
	char config[128];
	char out[8192]; /* what the last program wrote */
	bool clocked;
};

static int set_up(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	machine_standard(&b.m);
	machine_write(&b.m, "test.conf",
		      "[Stage]\ndeadline = 60s\n[Dump]\ndevice = 0000:00:02.0\n");
	snprintf(b.config, sizeof(b.config), "%s/test.conf", b.m.dir);
	*state = &b;
	return 0;
}

static int set_up_clocked(void **state)
{
	fakeclock_start();
	set_up(state);
	((struct bench *)*state)->clocked = true;
	return 0;
}

/* The running daemon holds the lock; F_GETLK tells its process. */
static pid_t daemon_pid(struct bench *b)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = fsroot_openat(&b->m.root, O_RDWR, 0, "%s", PATH_LOCK);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		lock.l_pid = -1;
	close(fd);
	return lock.l_pid;
}

/* Does it come to run, or to its end? */
static bool comes_to(struct bench *b, bool runs)
{
	int ms = 0;

	while ((daemon_pid(b) > 0) != runs && (ms += 10) < LONG_MS)
		clock_sleep_ms(10);
	return ms < LONG_MS;
}

static void stop_daemon(struct bench *b, int sig)
{
	pid_t pid = daemon_pid(b);

	if (pid > 0)
		kill(pid, sig);
	assert_true(comes_to(b, false));
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	stop_daemon(b, SIGKILL);
	story_clear(&b->told);
	machine_free(&b->m);
	fakeclock_stop();
	return 0;
}

static pid_t start(struct bench *b, const char *const *args, int *ret_out)
{
	const char *program = b->clocked ? PROGRAM_CLOCKED : PROGRAM;
	int fds[2];
	pid_t pid;

	if (access(program, X_OK) < 0)
		skip();
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(program, (char *const *)args);
		_exit(127);
	}
	close(fds[1]);
	*ret_out = fds[0];
	return pid;
}

/* Run to the end; the end of output means that nobody keeps our pipe open. */
static int run(struct bench *b, const char *const *args)
{
	size_t len = 0;
	ssize_t n;
	int fd, status;
	pid_t pid = start(b, args, &fd);

	while ((n = read(fd, b->out + len, sizeof(b->out) - 1 - len)) > 0)
		len += (size_t)n;
	b->out[len] = 0;
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void read_journal(struct bench *b)
{
	assert_int_equal(publish_read_story(&b->m.root, &b->told), 0);
	story_finish(&b->told);
}

static bool had_stage(struct bench *b, u32 stage)
{
	size_t i;

	for (i = 0; i < b->told.n_stages; i++)
		if (b->told.stages[i].stage.stage == stage)
			return true;
	return false;
}

static void test_usage(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, ARGS("--version")), EXIT_DONE);
	assert_string_equal(b->out, NAME_DAEMON " " SMMU_ADOPT_VERSION "\n");
	assert_int_equal(run(b, ARGS("--help")), EXIT_DONE);
	assert_int_equal(run(b, ARGS("dance")), EXIT_USAGE);
	assert_int_equal(run(b, ARGS("--dance")), EXIT_USAGE);
	assert_int_equal(run(b, ARGS("publish", "a", "b")), EXIT_USAGE);
	assert_int_equal(run(b, ARGS("release", "extra")), EXIT_USAGE);
	assert_int_equal(run(b, ARGS("--root", "/no/such/folder", "release")), EXIT_FAILED);
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "publish", "/no/such/folder")),
			 EXIT_FAILED);
	assert_string_equal(b->out, NAME_DAEMON ": publish /no/such/folder: "
						"No such file or directory\n");
}

static void test_detached(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, ARGS("--root", b->m.dir, "--config", b->config, "--detach")),
			 EXIT_DONE);
	assert_true(daemon_pid(b) > 0);
	assert_false(machine_is_master(&b->m, "0000:00:01.0"));
	/* A second one does nothing, not even harm. */
	assert_int_equal(hold_set(&b->m.root, "pci", "0000:00:03.0"), 0);
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "--config", b->config, "--detach")),
			 EXIT_DONE);
	assert_string_equal(b->out,
			    NAME_DAEMON ": another " NAME_DAEMON " is running: standing aside\n");
	assert_true(machine_held(&b->m, "pci", "0000:00:03.0"));
	stop_daemon(b, SIGTERM);
	read_journal(b);
	assert_true(had_stage(b, REC_STAGE_DONE));
	assert_false(had_stage(b, REC_STAGE_ABORTED));
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "release")), EXIT_DONE);
	assert_false(machine_held(&b->m, "pci", "0000:00:03.0"));
}

/* What init scripts call before the SMMU has a driver, and the run that follows. */
static void test_hold(void **state)
{
	struct bench *b = *state;

	machine_device(&b->m, &(struct machine_device){ .name = "0000:00:09.0", .group = -1 });
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "hold")), EXIT_DONE);
	assert_string_equal(b->out, NAME_DAEMON ": held 4 devices before the SMMU has a driver "
						"(0 failed, 0 in a running probe)\n");
	assert_true(machine_held(&b->m, "pci", "0000:00:01.0"));
	assert_true(machine_held(&b->m, "pci", "0000:00:09.0"));
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "--config", b->config, "--detach")),
			 EXIT_DONE);
	assert_false(machine_held(&b->m, "pci", "0000:00:09.0"));
	stop_daemon(b, SIGTERM);
	read_journal(b);
	assert_true(had_stage(b, REC_STAGE_EARLY));
	assert_true(had_stage(b, REC_STAGE_DONE));
	/* A device without the file is told, and keeps no other from being held. */
	machine_remove(&b->m, "sys/bus/pci/devices/0000:00:01.0/driver_override");
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "hold")), EXIT_FAILED);
	assert_true(machine_held(&b->m, "pci", "0000:00:09.0"));
}

static void test_hold_is_not_wanted(void **state)
{
	struct bench *b = *state;

	machine_write(&b->m, "proc/cmdline", "quiet rd.smmu_adopt=0\n");
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "hold")), EXIT_DONE);
	machine_write(&b->m, "proc/cmdline", "quiet rd.smmu_adopt=plan\n");
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "hold")), EXIT_DONE);
	machine_write(&b->m, "proc/cmdline", "quiet\n");
	machine_remove(&b->m, "proc/vmcore");
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "hold")), EXIT_FAILED);
	assert_string_equal(b->out, NAME_DAEMON ": hold: this is not a capture kernel\n");
	assert_false(machine_held(&b->m, "pci", "0000:00:01.0"));
}

/* An SMMU that no driver has, and no way to its registers here: told, and no device stays as it
 * was. */
static void test_bypass(void **state)
{
	struct bench *b = *state;

	machine_write(&b->m, "proc/cmdline", "quiet rd.smmu_adopt=0\n");
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "bypass")), EXIT_DONE);
	assert_string_equal(b->out, "");
	assert_true(machine_is_master(&b->m, "0000:00:01.0"));
	machine_device(&b->m, &(struct machine_device){
				      .bus = "platform", .name = MACHINE_SMMU, .group = -1 });
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "bypass")), EXIT_FAILED);
	assert_string_equal(b->out, NAME_DAEMON
			    ": bypass: SMMU " MACHINE_SMMU
			    " has no driver and cannot be switched off; the dump will "
			    "probably fail: the address of its registers is not known\n" NAME_DAEMON
			    ": bypass: no SMMU could be switched off\n");
	assert_false(machine_is_master(&b->m, "0000:00:01.0"));
	machine_remove(&b->m, "proc/vmcore");
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "bypass")), EXIT_FAILED);
	assert_string_equal(b->out, NAME_DAEMON ": bypass: this is not a capture kernel\n");
}

/* Opening a FIFO for reading waits for ever: a helper that never answers. */
static void make_helper_hang(struct bench *b)
{
	char path[256];

	machine_remove(&b->m, PATH_HELPER "/" MACHINE_SMMU "/records");
	snprintf(path, sizeof(path), "%s/%s/%s/records", b->m.dir, PATH_HELPER, MACHINE_SMMU);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(hold_set(&b->m.root, "pci", "0000:00:01.0"), 0);
}

static void test_worker_hangs(void **state)
{
	struct bench *b = *state;

	make_helper_hang(b);
	machine_write(&b->m, "test.conf", "[Stage]\ndeadline = 1s\n");
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "--config", b->config, "--detach")),
			 EXIT_DONE);
	/* The stage, and what hangs again when the rest is to be probed. */
	assert_int_equal(fakeclock_ms(), 1000 + 500);
	assert_non_null(
		strstr(b->out,
		       "stage aborted: the stage took longer than its deadline of 1000 ms"));
	assert_false(machine_held(&b->m, "pci", "0000:00:01.0"));
	read_journal(b);
	assert_true(had_stage(b, REC_STAGE_ABORTED));
	assert_true(had_stage(b, REC_STAGE_RELEASED));
}

/* As the service's ExecStopPost=, beside a helper that hangs for half a second: it goes on behind.
 */
static void test_release_detached(void **state)
{
	struct bench *b = *state;
	int fd, status;
	pid_t pid;

	make_helper_hang(b);
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "release")), EXIT_DONE);
	assert_int_equal(fakeclock_ms(), 500);
	assert_int_equal(hold_set(&b->m.root, "pci", "0000:00:01.0"), 0);
	pid = start(b, ARGS("--root", b->m.dir, "--detach", "release"), &fd);
	status = fakeclock_wait(pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE);
	assert_int_equal(fakeclock_ms(), 500 + 400);
	assert_false(machine_held(&b->m, "pci", "0000:00:01.0"));
	close(fd);
}

/* The supervisor dies while the stage runs: its parent does what is left to do. */
static void test_supervisor_dies(void **state)
{
	struct bench *b = *state;
	int fd, status;
	pid_t pid;

	make_helper_hang(b);
	pid = start(b, ARGS("--root", b->m.dir, "--detach"), &fd);
	assert_true(comes_to(b, true));
	stop_daemon(b, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE);
	assert_false(machine_held(&b->m, "pci", "0000:00:01.0"));
	read_journal(b);
	assert_true(had_stage(b, REC_STAGE_ABORTED));
}

static void test_bad_config_runs_all_the_same(void **state)
{
	struct bench *b = *state;

	machine_write(&b->m, "test.conf", "[Stage]\ndeadline = never\n");
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "--config", b->config, "--detach")),
			 EXIT_DONE);
	assert_non_null(strstr(b->out, "test.conf:2: deadline = never: must be a duration"));
	stop_daemon(b, SIGTERM);
	read_journal(b);
	assert_true(had_stage(b, REC_STAGE_DONE));
	assert_int_equal(run(b, ARGS("--root", b->m.dir, "--config", "/no/such.conf", "--detach")),
			 EXIT_DONE);
	assert_non_null(strstr(b->out, "/no/such.conf cannot be read (No such file or directory)"));
	stop_daemon(b, SIGTERM);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TEST_CLOCKED(f) cmocka_unit_test_setup_teardown(f, set_up_clocked, tear_down)

/*
 * A libsystemd that cannot be loaded: the stage is as always, and whoever asks for the status is
 * hung up on at once instead of waiting for an answer.
 */
static void test_no_libsystemd(void **state)
{
	struct bench *b = *state;
	char path[128], *answer = NULL;
	struct errbuf err;
	int i, rc;

	machine_write(&b->m, "lib/libsystemd.so.0", "");
	snprintf(path, sizeof(path), "%s/lib", b->m.dir);
	setenv("LD_LIBRARY_PATH", path, 1);
	rc = run(b, ARGS("--root", b->m.dir, "--config", b->config, "--detach", "run"));
	unsetenv("LD_LIBRARY_PATH");
	assert_int_equal(rc, EXIT_DONE);
	assert_true(daemon_pid(b) > 0);
	snprintf(path, sizeof(path), "%s/%s", b->m.dir, PATH_BUS);
	for (i = 0; i < 3; i++) {
		rc = client_get_status(path, "text", LONG_MS, &answer, &err);
		assert_int_equal(rc, -ECONNRESET);
		assert_non_null(strstr(err.text, "the daemon closed the connection: it has no "
						 "libsystemd"));
	}
	stop_daemon(b, SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_usage),
		TEST_CLOCKED(test_detached),
		TEST_CLOCKED(test_hold),
		TEST_CLOCKED(test_hold_is_not_wanted),
		TEST_CLOCKED(test_bypass),
		TEST_CLOCKED(test_worker_hangs),
		TEST_CLOCKED(test_release_detached),
		TEST_CLOCKED(test_supervisor_dies),
		TEST_CLOCKED(test_bad_config_runs_all_the_same),
		TEST(test_no_libsystemd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
