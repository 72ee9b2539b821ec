// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * supervise.c - an event loop around one worker process.
 *
 * The stage is over when the worker has ended, or when its time is. In the second
 * case, and when it died, nothing of what it planned can be relied on: it is
 * killed (stuck in the kernel it stays behind), every hold is given back, and
 * the journal says so. Whatever the event loop itself may lack - memory, a file
 * descriptor - ends in the same place.
 */
#include "daemon/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "daemon/channels.h"
#include "daemon/base/cleanup.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/bus.h"
#include "daemon/release.h"
#include "daemon/names.h"

#define RELEASE_PATIENCE_MS 200
#define REAP_MS 100

struct supervisor {
	struct supervise *s;
	sd_event *event;
	struct bus *bus;
	pid_t worker;
	int status_fd; /* words of status from the worker */
	sigset_t old_mask;
	bool over, aborted;
};

/* ---- the end of the stage ---- */

static void kill_worker(struct supervisor *sup)
{
	uint64_t deadline = clock_now_ns() + clock_ms(REAP_MS);

	if (sup->worker <= 0)
		return;
	kill(sup->worker, SIGKILL);
	while (waitpid(sup->worker, NULL, WNOHANG) == 0) {
		if (clock_now_ns() >= deadline) {
			log_err("the worker is stuck in the kernel and stays behind");
			break;
		}
		clock_sleep_ms(1);
	}
	sup->worker = -1;
}

static int release_holds(struct supervisor *sup)
{
	struct hold_tally tally;
	struct errbuf err = { .text = "" };
	int rc;

	rc = release_all(sup->s->root, RELEASE_PATIENCE_MS, SUPERVISE_RELEASE_MS, &tally, &err);
	if (rc < 0)
		log_err("holds were not given back: %s", err.text);
	else
		log_notice("gave back %zu holds (%zu failed, %zu in a running probe)",
			   tally.released, tally.failed, tally.stuck);
	journal_stage(&sup->s->shared->journal, REC_STAGE_RELEASED, rc,
		      "%zu holds given back, %zu failed, %zu in a running probe", tally.released,
		      tally.failed, tally.stuck);
	bus_changed(sup->bus);
	return rc;
}

static void write_usage(struct supervisor *sup)
{
	struct stage_shared *shared = sup->s->shared;
	struct rec rec = { .type = REC_USAGE };
	struct rusage usage = { 0 };

	getrusage(RUSAGE_SELF, &usage);
	rec.usage.peak_rss_kib = (u32)usage.ru_maxrss + shared->worker_rss_kib;
	rec.usage.stage_ms = clock_left_ms(shared->start_ns, clock_now_ns());
	rec.usage.contained_ms = shared->contained_ms;
	rec.usage.dump_path_ms = shared->dump_path_ms;
	rec.usage.lost_records = shared->journal.lost;
	journal_write(&shared->journal, &rec);
	if (shared->journal.lost)
		log_warning("%llu records lost: %s", (unsigned long long)shared->journal.lost,
			    strerror(-shared->journal.error));
}

/* Detached: let the parent go, and with it whoever reads our stderr. */
static void tell_parent(struct supervisor *sup)
{
	int fd;

	if (sup->s->ready_fd < 0)
		return;
	/* A byte, for a child left behind may keep the pipe open. */
	if (write(sup->s->ready_fd, "", 1) < 0)
		log_warning("the parent is gone");
	close(sup->s->ready_fd);
	sup->s->ready_fd = -1;
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		dup2(fd, STDERR_FILENO);
		close(fd);
	}
}

/* @why NULL: the worker came to its own end. */
static void stage_over(struct supervisor *sup, int error, const char *why)
{
	if (sup->over)
		return;
	sup->over = true;
	kill_worker(sup);
	if (why) {
		sup->aborted = true;
		log_err("stage aborted: %s", why);
		sd_notifyf(0, "STATUS=aborted: %s", why);
		journal_stage(&sup->s->shared->journal, REC_STAGE_ABORTED, error, "%s", why);
		release_holds(sup);
	}
	channels_look(&sup->s->shared->journal, sup->s->root);
	write_usage(sup);
	journal_leave_helper(&sup->s->shared->journal);
	bus_changed(sup->bus);
	sd_notify(0, "READY=1");
	tell_parent(sup);
	if (!sup->s->serve && sup->event)
		sd_event_exit(sup->event, 0);
}

/* ---- events ---- */

static int on_worker_end(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	struct supervisor *sup = userdata;
	char why[96];

	(void)source;
	if (sup->over)
		return 0;
	sup->worker = -1;
	if (si->si_code == CLD_EXITED && si->si_status == 0) {
		stage_over(sup, 0, NULL);
		return 0;
	}
	if (si->si_code == CLD_EXITED)
		snprintf(why, sizeof(why), "worker: %s",
			 si->si_status == ETIME ? "no time left in the stage"
						: strerror(si->si_status));
	else
		snprintf(why, sizeof(why), "worker killed by signal %d", si->si_status);
	stage_over(sup, si->si_code == CLD_EXITED ? -si->si_status : -EINTR, why);
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct supervisor *sup = userdata;
	char why[64];

	(void)source;
	(void)usec;
	snprintf(why, sizeof(why), "deadline of %u ms passed", sup->s->deadline_ms);
	stage_over(sup, -ETIMEDOUT, why);
	return 0;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct supervisor *sup = userdata;

	(void)source;
	sd_notify(0, "STOPPING=1");
	if (!sup->over)
		stage_over(sup, -EINTR, si->ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
	return sd_event_exit(sup->event, 0);
}

/* One line per message; only the last one matters. */
static int on_status(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char text[1024], *line, *end;
	ssize_t n;

	(void)revents;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return 0;
	}
	bus_changed(((struct supervisor *)userdata)->bus);
	text[n] = 0;
	end = strrchr(text, '\n');
	if (!end)
		return 0;
	*end = 0;
	line = strrchr(text, '\n');
	sd_notifyf(0, "STATUS=%s", line ? line + 1 : text);
	return 0;
}

/* ---- start ---- */

/*
 * Before the worker exists: a SIGTERM between fork and the event loop would end
 * us, and with us the worker, with every hold in place.
 */
static void block_signals(struct supervisor *sup)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, &sup->old_mask);
}

static int start_worker(struct supervisor *sup)
{
	int fds[2], rc;
	pid_t parent = getpid();

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	fflush(NULL);
	sup->worker = fork();
	if (sup->worker < 0) {
		rc = -errno;
		close(fds[0]);
		close(fds[1]);
		return rc;
	}
	if (sup->worker == 0) {
		/* Holds outlive us; but a worker nobody watches must not go on. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigprocmask(SIG_SETMASK, &sup->old_mask, NULL);
		if (getppid() != parent)
			_exit(EINTR);
		close(fds[0]);
		if (sup->s->ready_fd >= 0)
			close(sup->s->ready_fd);
		signal(SIGPIPE, SIG_IGN);
		rc = sup->s->worker(sup->s->worker_arg, fds[1]);
		fflush(NULL);
		_exit(rc < 0 ? -rc & 0x7f ? -rc & 0x7f : 1 : 0);
	}
	close(fds[1]);
	sup->status_fd = fds[0];
	return 0;
}

static int set_up_loop(struct supervisor *sup)
{
	uint64_t usec = (uint64_t)sup->s->deadline_ms * 1000;
	int rc;

	rc = sd_event_new(&sup->event);
	if (rc >= 0)
		rc = sd_event_add_time_relative(sup->event, NULL, CLOCK_MONOTONIC, usec, 1000,
						on_deadline, sup);
	if (rc >= 0)
		rc = sd_event_add_child(sup->event, NULL, sup->worker, WEXITED, on_worker_end, sup);
	if (rc >= 0)
		rc = sd_event_add_signal(sup->event, NULL, SIGTERM, on_signal, sup);
	if (rc >= 0)
		rc = sd_event_add_signal(sup->event, NULL, SIGINT, on_signal, sup);
	if (rc >= 0)
		rc = sd_event_add_io(sup->event, NULL, sup->status_fd, EPOLLIN, on_status, sup);
	if (rc >= 0)
		sd_event_set_watchdog(sup->event, 1);
	return rc;
}

/* The method Release: an administrator wants plain coldplug after all. */
static int on_release(void *userdata)
{
	struct supervisor *sup = userdata;

	if (sup->over)
		return release_holds(sup);
	stage_over(sup, -ECANCELED, "Release was called");
	return 0;
}

static void start_bus(struct supervisor *sup)
{
	struct errbuf err = { .text = "" };

	if (!sup->s->serve)
		return;
	if (bus_new(sup->event, sup->s->root, sup->s->shared, &sup->bus, &err) < 0)
		log_warning("no bus: %s; status comes from the journal", err.text);
	else
		bus_on_release(sup->bus, on_release, sup);
}

int supervise_run(struct supervise *s)
{
	struct supervisor sup = { .s = s, .worker = -1, .status_fd = -1 };
	char why[96];
	int rc;

	/* The configured stage may be longer than the unit's TimeoutStartSec=. */
	sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%llu",
		   (unsigned long long)(s->deadline_ms + SUPERVISE_GRACE_MS) * 1000);
	block_signals(&sup);
	rc = start_worker(&sup);
	if (rc >= 0)
		rc = set_up_loop(&sup);
	if (rc >= 0) {
		start_bus(&sup);
		rc = sd_event_loop(sup.event);
	}
	if (rc < 0 || !sup.over) {
		snprintf(why, sizeof(why), "supervisor: %s", strerror(rc < 0 ? -rc : EIO));
		stage_over(&sup, rc, why);
	}
	bus_free(sup.bus);
	sd_event_unref(sup.event);
	if (sup.status_fd >= 0)
		close(sup.status_fd);
	return sup.aborted;
}
