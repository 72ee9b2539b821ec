// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * supervise.c - a loop around one worker process.
 *
 * The stage is over when the worker has ended, or when its time is. If time is over, or the worker
 * died, its plan is not reliable any more: the worker is killed (one that hangs in the kernel is
 * left running), every hold is given back, and the journal says so. A failure of the loop itself,
 * such as a lack of memory or descriptors, has the same result.
 *
 * Later, when the grace is over, a second worker gives the held devices back (loan.h). It is
 * watched like the first one, with a deadline of its own, and the same clean-up follows. Only this
 * worker looks whether it is time to give back, since looking may hang, too; if it is not time
 * yet, it ends without a change, and its verdict tells when to look again.
 *
 * The loop is poll(2): libsystemd, and sd-event with it, may be missing in a capture image. Then
 * D-Bus is not served; otherwise sd-event's descriptor is one of those polled.
 */
#include "daemon/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "daemon/channels.h"
#include "daemon/detach.h"
#include "daemon/giveback.h"
#include "daemon/vmcore.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/service.h"
#include "daemon/dbus.h"
#include "daemon/act/release.h"
#include "lib/story/names.h"

#define REAP_MS 100
#define ALIVE_MS 1000 /* how often the service manager hears that the stage goes on */

struct supervisor {
	struct supervise *s;
	struct dbus *bus;
	pid_t worker;
	int status_fd; /* words of status from the worker */
	int signal_fd;
	sigset_t mask, old_mask;
	u64 deadline_ns, watchdog_ns; /* watchdog_ns 0: no watchdog */
	u64 alive_ns;		      /* the same, until the stage is over */
	u64 loan_ns;		      /* when the loan is looked at; UINT64_MAX: never */
	u64 root_ns;		      /* until then: when "/" is looked at */
	struct stat loan_root;	      /* of "/" when the grace began */
	u64 release_ns;		      /* when holds are released once more; UINT64_MAX: never */
	uint32_t releases;	      /* how often that is tried yet */
	struct vmcore_watch vmcore;
	uint32_t stage_ms; /* how long the stage took; 0: it is not over */
	int release_error; /* result of giving back the holds at the end of the stage */
	bool over;	   /* no worker runs */
	bool given;	   /* the worker that runs, or ran last, gives back */
	bool looks;	   /* deadline_ns is that of its look */
	bool aborted, exit;
};

/* ---- the end of the stage ---- */

static void kill_worker(struct supervisor *sup)
{
	u64 deadline = clock_now_ns() + clock_ms(REAP_MS);

	if (sup->worker <= 0)
		return;
	kill(sup->worker, SIGKILL);
	while (waitpid(sup->worker, NULL, WNOHANG) == 0) {
		if (clock_now_ns() >= deadline) {
			log_err("the worker hangs in the kernel and cannot be killed; it is left "
				"running");
			break;
		}
		clock_sleep_ms(1);
	}
	sup->worker = -1;
}

/* Returns 0 when all were given back. */
static int release_holds(struct supervisor *sup)
{
	struct hold_tally tally;
	struct errbuf err = { .text = "" };
	int rc;

	fsroot_follow(sup->s->root);
	service_alive(SUPERVISE_RELEASE_MS);
	rc = release_all(sup->s->root, SUPERVISE_PATIENCE_MS, SUPERVISE_RELEASE_MS, &tally, &err);
	if (rc < 0)
		log_err("some holds could not be given back: %s", err.text);
	else
		rc = hold_tally_error(&tally);
	log_notice("gave back %zu holds (%zu failed, %zu in a running probe)", tally.released,
		   tally.failed, tally.stuck);
	journal_stage(&sup->s->shared->journal, REC_STAGE_RELEASED, rc,
		      "%zu holds given back, %zu failed, %zu in a running probe", tally.released,
		      tally.failed, tally.stuck);
	dbus_changed(sup->bus);
	sup->release_ns = UINT64_MAX;
	if (rc < 0 && rc != -EBUSY && sup->releases) {
		sup->releases--;
		sup->release_ns = clock_now_ns() + clock_ms(SUPERVISE_AGAIN_MS);
	}
	return rc;
}

static void write_usage(struct supervisor *sup)
{
	struct stage_shared *shared = sup->s->shared;
	struct rec rec = { .type = REC_USAGE };
	struct rusage usage = { 0 };

	getrusage(RUSAGE_SELF, &usage);
	rec.usage.peak_rss_kib = (u32)usage.ru_maxrss + shared->worker_rss_kib;
	rec.usage.stage_ms = sup->stage_ms;
	rec.usage.quiesced_ms = shared->quiesced_ms;
	rec.usage.dump_path_ms = shared->dump_path_ms;
	rec.usage.lost_records = shared->journal.lost;
	journal_write(&shared->journal, &rec);
	if (shared->journal.lost)
		log_warning("%llu records could not be written to the journal: %s",
			    shared->journal.lost, strerror(-shared->journal.error));
}

/* ---- the loan ---- */

/* Look at it again when loan_decide() said so. */
static void loan_next(struct supervisor *sup, int verdict)
{
	sup->loan_ns = verdict < 0 ? UINT64_MAX : clock_now_ns() + clock_ms((u64)verdict);
	sup->root_ns = clock_now_ns() + clock_ms(LOAN_LOOK_MS);
	if (verdict < 0)
		vmcore_watch_close(&sup->vmcore);
}

/* The stage came to its own end: the grace begins. */
static void loan_begin(struct supervisor *sup)
{
	struct loan *loan = &sup->s->shared->loan;

	loan->handover_ns = clock_now_ns();
	/* A switch that came before counts from the daemon's start, as the stage does. */
	fsroot_follow(sup->s->root);
	(void)fstat(sup->s->root->fd, &sup->loan_root);
	if (!sup->s->giveback)
		loan->lent = 0;
	loan_next(sup, loan_decide(loan, loan->handover_ns, false));
	if (sup->loan_ns != UINT64_MAX)
		log_info("held devices: %u; they are given back if the dump has not begun in %u ms",
			 loan->lent, clock_left_ms(clock_now_ns(), sup->loan_ns));
}

/* A dump does not need the devices that are held. */
static bool dump_runs(struct supervisor *sup)
{
	struct loan *loan = &sup->s->shared->loan;

	if (!vmcore_watch_is_dump(&sup->vmcore))
		return false;
	loan->dump_begun = true;
	log_info("the dump has begun: the held devices stay held");
	loan_next(sup, LOAN_NEVER);
	return true;
}

/* Whether an open is that of a dump shows later: when it is closed, or when the grace is over. */
static void loan_on_vmcore(struct supervisor *sup)
{
	struct loan *loan = &sup->s->shared->loan;

	if (vmcore_watch_saw(&sup->vmcore) && !loan->opened) {
		loan->opened = true;
		log_info("the dump begins");
	}
	if (sup->loan_ns != UINT64_MAX && !sup->vmcore.open)
		dump_runs(sup);
}

/* @why NULL: the worker came to its own end. */
static void stage_over(struct supervisor *sup, int error, const char *why)
{
	struct stage_shared *shared = sup->s->shared;
	bool first = !sup->given;

	if (sup->over)
		return;
	sup->over = true;
	kill_worker(sup);
	if (why) {
		sup->aborted = true;
		log_err("stage aborted: %s", why);
		service_notify("STATUS=aborted: %s", why);
		journal_stage(&shared->journal, REC_STAGE_ABORTED, error, "%s", why);
		sup->releases = SUPERVISE_RELEASES;
		sup->release_error = release_holds(sup);
	}
	if (first)
		sup->stage_ms = clock_left_ms(shared->start_ns, clock_now_ns());
	channels_look(&shared->journal, sup->s->root);
	write_usage(sup);
	journal_leave_helper(&shared->journal);
	dbus_changed(sup->bus);
	if (first) {
		sup->alive_ns = 0;
		service_notify("READY=1");
		detach_tell(&sup->s->ready_fd);
	}
	if (first && !why)
		loan_begin(sup);
	else
		loan_next(sup, LOAN_NEVER);
}

/* Does the second worker still look whether it is time? Then it has changed nothing yet. */
static bool only_looks(const struct supervisor *sup)
{
	return !sup->over && sup->given && sup->s->shared->loan.verdict != LOAN_GIVE_BACK;
}

static void look_over(struct supervisor *sup)
{
	sup->over = true;
	kill_worker(sup);
	journal_leave_helper(&sup->s->shared->journal);
	loan_next(sup, sup->s->shared->loan.verdict);
}

/* ---- events ---- */

static void on_worker_end(struct supervisor *sup)
{
	char why[96];
	int status;

	if (sup->worker <= 0 || waitpid(sup->worker, &status, WNOHANG) <= 0)
		return;
	sup->worker = -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		if (only_looks(sup))
			look_over(sup);
		else
			stage_over(sup, 0, NULL);
		return;
	}
	if (WIFEXITED(status))
		snprintf(why, sizeof(why), "worker: %s",
			 WEXITSTATUS(status) == ETIME ? "no time was left in the stage"
						      : strerror(WEXITSTATUS(status)));
	else
		snprintf(why, sizeof(why), "worker killed by signal %d", WTERMSIG(status));
	stage_over(sup, WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR, why);
}

static void on_signal(struct supervisor *sup)
{
	struct signalfd_siginfo si;

	while (read(sup->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD) {
			on_worker_end(sup);
			continue;
		}
		service_notify("STOPPING=1");
		if (only_looks(sup))
			look_over(sup);
		if (!sup->over)
			stage_over(sup, -EINTR, si.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
		sup->exit = true;
	}
}

/* One line per message; only the last one matters. */
static void on_status(struct supervisor *sup)
{
	char text[1024], *line, *end;
	ssize_t n;

	n = read(sup->status_fd, text, sizeof(text) - 1);
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			close(sup->status_fd);
			sup->status_fd = -1;
		}
		return;
	}
	dbus_changed(sup->bus);
	text[n] = 0;
	end = strrchr(text, '\n');
	if (!end)
		return;
	*end = 0;
	line = strrchr(text, '\n');
	service_notify("STATUS=%s", line ? line + 1 : text);
}

/* D-Bus failures do not end anything; each is logged once. */
static void run_bus(struct supervisor *sup)
{
	struct errbuf err = { .text = "" };

	if (dbus_dispatch(sup->bus, &err) < 0)
		log_notice("D-Bus: %s", err.text);
}

/* ---- start ---- */

/*
 * Call this before the worker exists. A SIGTERM between the fork and the event loop would end us,
 * and the worker with us, and all holds would stay in place.
 */
static void block_signals(struct supervisor *sup)
{
	sigemptyset(&sup->mask);
	sigaddset(&sup->mask, SIGTERM);
	sigaddset(&sup->mask, SIGINT);
	sigaddset(&sup->mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &sup->mask, &sup->old_mask);
}

static int start_worker(struct supervisor *sup, supervise_worker_fn worker)
{
	int fds[2], rc;
	pid_t parent = getpid();

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	sup->deadline_ns = clock_now_ns() + clock_ms(sup->s->deadline_ms);
	sup->over = false;
	fflush(NULL);
	sup->worker = fork();
	if (sup->worker < 0) {
		rc = -errno;
		close(fds[0]);
		close(fds[1]);
		return rc;
	}
	if (sup->worker == 0) {
		/* Holds outlive the supervisor, but an unwatched worker must not go on. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigprocmask(SIG_SETMASK, &sup->old_mask, NULL);
		if (getppid() != parent)
			_exit(EINTR);
		close(fds[0]);
		if (sup->s->ready_fd >= 0)
			close(sup->s->ready_fd);
		dbus_leave(sup->bus);
		signal(SIGPIPE, SIG_IGN);
		rc = worker(sup->s->worker_arg, fds[1]);
		fflush(NULL);
		_exit(rc < 0 ? -rc & 0x7f ? -rc & 0x7f : 1 : 0);
	}
	close(fds[1]);
	if (sup->status_fd >= 0)
		close(sup->status_fd);
	sup->status_fd = fds[0];
	return 0;
}

/*
 * The machine may have switched to its real root, where /sys and /run are now. That is progress,
 * and what systemd waits for there begins anew: so does the grace, once, and progress makes this
 * one no longer. It begins with the switch, so it is looked for all the time: begun at the end of
 * the grace before, it would be twice as long, and nearly as long as systemd waits.
 */
static bool switched_root(struct supervisor *sup)
{
	struct loan *loan = &sup->s->shared->loan;
	struct stat now, before = sup->loan_root;
	u64 grace = clock_ms(loan->grace_ms);

	fsroot_follow(sup->s->root);
	if (fstat(sup->s->root->fd, &now) < 0)
		return false;
	sup->loan_root = now;
	if (now.st_dev == before.st_dev && now.st_ino == before.st_ino)
		return false;
	loan->handover_ns = clock_now_ns();
	loan->start_ns = loan->handover_ns - grace;
	loan->real_root = true;
	loan_next(sup, loan_decide(loan, loan->handover_ns, false));
	log_info(
		"the real root has taken over: held devices are given back if the dump has not begun in %u ms",
		loan->grace_ms);
	return true;
}

/* How long a second worker may look; the whole of it never takes longer than a stage. */
static uint32_t look_ms(const struct supervisor *sup)
{
	return sup->s->deadline_ms < GIVEBACK_LOOK_MS ? sup->s->deadline_ms : GIVEBACK_LOOK_MS;
}

/* If no worker can be started, nothing can give back in order: give back all holds at once. */
static void start_giveback(struct supervisor *sup)
{
	char why[96];
	int rc;

	sup->given = true;
	sup->loan_ns = UINT64_MAX;
	sup->s->shared->loan.verdict = LOAN_LOOK_MS;
	journal_join_helper(&sup->s->shared->journal, sup->s->root);
	rc = start_worker(sup, sup->s->giveback);
	if (rc == 0) {
		sup->looks = true;
		sup->deadline_ns -= clock_ms(sup->s->deadline_ms - look_ms(sup));
		return;
	}
	sup->over = false;
	snprintf(why, sizeof(why), "no worker process can give the holds back: %s", strerror(-rc));
	stage_over(sup, rc, why);
}

/* The method Release: an administrator wants plain coldplug after all. */
static int on_release(void *userdata)
{
	struct supervisor *sup = userdata;

	if (sup->over) {
		loan_next(sup, LOAN_NEVER);
		return release_holds(sup);
	}
	stage_over(sup, -ECANCELED, "the D-Bus method Release was called");
	return sup->release_error;
}

static void start_bus(struct supervisor *sup)
{
	struct errbuf err = { .text = "" };

	if (!sup->s->serve)
		return;
	if (dbus_new(sup->s->root, sup->s->shared, &sup->bus, &err) < 0)
		log_warning("no D-Bus: %s; the status is read from the journal", err.text);
	else
		dbus_on_release(sup->bus, on_release, sup);
}

/* When the loan is to be seen to: by itself, or by a switch of root before. */
static u64 loan_due(const struct supervisor *sup)
{
	return sup->root_ns < sup->loan_ns && sup->loan_ns != UINT64_MAX ? sup->root_ns
									 : sup->loan_ns;
}

/* Milliseconds until something is due by the clock; -1: nothing is. */
static int next_ms(const struct supervisor *sup)
{
	u64 due = sup->over ? loan_due(sup) : sup->deadline_ns;
	int bus_ms = dbus_wait_ms(sup->bus), ms;

	if (sup->watchdog_ns && sup->watchdog_ns < due)
		due = sup->watchdog_ns;
	if (sup->alive_ns && sup->alive_ns < due)
		due = sup->alive_ns;
	if (sup->release_ns < due)
		due = sup->release_ns;
	if (due == UINT64_MAX)
		return bus_ms;
	ms = (int)clock_left_ms(clock_now_ns(), due);
	return bus_ms >= 0 && bus_ms < ms ? bus_ms : ms;
}

static void see_to_loan(struct supervisor *sup)
{
	if (switched_root(sup))
		return;
	sup->root_ns = clock_now_ns() + clock_ms(LOAN_LOOK_MS);
	if (clock_now_ns() >= sup->loan_ns && !dump_runs(sup))
		start_giveback(sup);
}

/* A second worker that acts has the deadline of a stage from its start on. */
static void on_deadline(struct supervisor *sup)
{
	char why[64];

	if (sup->looks && !only_looks(sup)) {
		sup->looks = false;
		sup->deadline_ns += clock_ms(sup->s->deadline_ms - look_ms(sup));
		return;
	}
	if (sup->looks)
		snprintf(why, sizeof(why),
			 "looking whether the dump has begun took longer than %u ms", look_ms(sup));
	else
		snprintf(why, sizeof(why), "the stage took longer than its deadline of %u ms",
			 sup->s->deadline_ms);
	stage_over(sup, -ETIMEDOUT, why);
}

static void on_clock(struct supervisor *sup)
{
	u64 now = clock_now_ns();

	if (sup->watchdog_ns && now >= sup->watchdog_ns) {
		service_notify("WATCHDOG=1");
		sup->watchdog_ns = now + clock_ms(service_watchdog_ms());
	}
	if (sup->alive_ns && now >= sup->alive_ns) {
		service_alive(0);
		sup->alive_ns = now + clock_ms(ALIVE_MS);
	}
	if (now >= sup->release_ns)
		release_holds(sup);
	if (sup->over && now >= loan_due(sup))
		see_to_loan(sup);
	if (!sup->over && now >= sup->deadline_ns)
		on_deadline(sup);
}

static int loop(struct supervisor *sup)
{
	while (!sup->exit && (sup->s->serve || !sup->over || sup->loan_ns != UINT64_MAX ||
			      sup->release_ns != UINT64_MAX)) {
		struct pollfd p[4] = {
			{ .fd = sup->signal_fd, .events = POLLIN },
			{ .fd = sup->status_fd, .events = POLLIN },
			{ .fd = sup->vmcore.fd, .events = POLLIN },
			{ .fd = -1, .events = POLLIN },
		};

		run_bus(sup);
		p[3].fd = dbus_fd(sup->bus);
		if (clock_poll(p, 4, next_ms(sup)) < 0 && errno != EINTR)
			return -errno;
		if (p[2].revents)
			loan_on_vmcore(sup);
		if (p[1].revents)
			on_status(sup);
		if (p[0].revents)
			on_signal(sup);
		on_clock(sup);
	}
	return 0;
}

int supervise_run(struct supervise *s)
{
	struct supervisor sup = {
		.s = s,
		.worker = -1,
		.status_fd = -1,
		.signal_fd = -1,
		.loan_ns = UINT64_MAX,
		.release_ns = UINT64_MAX,
		.vmcore = VMCORE_WATCH_NONE,
	};
	uint32_t watchdog = service_watchdog_ms();
	char why[96];
	int rc;

	service_alive(0);
	sup.alive_ns = service_is_told() ? clock_now_ns() + clock_ms(ALIVE_MS) : 0;
	sup.watchdog_ns = watchdog ? clock_now_ns() + clock_ms(watchdog) : 0;
	block_signals(&sup);
	/* Watch from the start: a custom image may begin its dump while the stage runs. */
	if (s->giveback && vmcore_watch_open(&sup.vmcore, s->root) < 0)
		log_notice("/proc/vmcore cannot be watched; the begin of the dump is noticed only "
			   "at the end of the grace period");
	rc = start_worker(&sup, s->worker);
	if (rc >= 0) {
		sup.signal_fd = signalfd(-1, &sup.mask, SFD_CLOEXEC | SFD_NONBLOCK);
		rc = sup.signal_fd < 0 ? -errno : 0;
	}
	if (rc >= 0) {
		start_bus(&sup);
		rc = loop(&sup);
	}
	if (rc < 0 || !sup.over) {
		snprintf(why, sizeof(why), "supervisor: %s", strerror(rc < 0 ? -rc : EIO));
		stage_over(&sup, rc, why);
	}
	dbus_free(sup.bus);
	vmcore_watch_close(&sup.vmcore);
	if (sup.status_fd >= 0)
		close(sup.status_fd);
	if (sup.signal_fd >= 0)
		close(sup.signal_fd);
	return sup.aborted;
}
