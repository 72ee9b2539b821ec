// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * hands.c - the operations of struct act_ops on the real machine, by sysfs, libkmod and the
 * helper.
 *
 * Operations that may wait for a device lock or for a driver's probe run in a child process with a
 * deadline: holding, releasing, domains, resets, loading, binding. These children are never
 * killed: at the deadline the step ends, and the child goes on by itself. Config space and links
 * take no such lock and are accessed directly.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/act/act.h"
#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/machine/control.h"
#include "lib/machine/devwatch.h"
#include "daemon/act/hold.h"
#include "daemon/act/look.h"
#include "lib/machine/modload.h"
#include "lib/story/names.h"
#include "lib/machine/sysdev.h"

#define HOLD_PATIENCE_MS 500
/* A read, which some kernels make wait for the device's lock. */
#define SEE_PATIENCE_MS 500
#define BIND_POLL_MS 100
/* After drivers_probe has returned without a bind and without deferral: no driver wants it. */
#define BIND_GRACE_MS 300

struct job {
	const struct fsroot *root;
	const struct inv_device *dev;
	const struct inv_device *const *devs;
	pid_t parent;
	pid_t turn;
};

static u64 real_now(void *priv)
{
	(void)priv;
	return clock_now_ns();
}

static void real_sleep(void *priv, uint32_t ms)
{
	(void)priv;
	clock_sleep_ms(ms);
}

static const struct fsroot *root_of(void *priv)
{
	return ((struct act_real *)priv)->root;
}

/* ---- hold, release ---- */

static int hold_item(void *arg, size_t i)
{
	const struct job *job = arg;
	const struct inv_device *dev = job->devs[i];

	return dev->bound ? hold_pin(job->root, dev->bus, dev->name)
			  : hold_set(job->root, dev->bus, dev->name);
}

/*
 * The hold came after the end of its step or stage, which reported it as failed. No later part
 * would give it back, so it is undone here, even if it was there before.
 */
static void undo_hold(void *arg, size_t i, int rc)
{
	const struct job *job = arg;
	const struct inv_device *dev = job->devs[i];

	if ((rc == 0 || rc == ACT_HELD) &&
	    hold_clear(job->root, dev->bus, dev->name, job->turn) == 0)
		hold_probe(job->root, dev->bus, dev->name);
}

static int real_hold(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		     int *results)
{
	struct job job = { .root = root_of(priv), .devs = devs, .turn = turn_now(root_of(priv)) };
	const struct child_items items = {
		.count = n,
		.fn = hold_item,
		.late = undo_hold,
		.arg = &job,
		.patience_ms = HOLD_PATIENCE_MS,
		.deadline_ns = clock_now_ns() + clock_ms(wait_ms),
	};
	int rc = child_each(&items, results);
	size_t i;

	for (i = 0; i < n; i++)
		if (results[i] == -ETIME)
			results[i] = rc < 0 ? rc : -ETIMEDOUT;
	return 0;
}

/* A bus without that file has no holds. */
static int see_item(void *arg, size_t i)
{
	const struct job *job = arg;
	int rc = hold_look(job->root, job->devs[i]->bus, job->devs[i]->name);

	return rc == -ENOENT ? 0 : rc;
}

static int real_held(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		     int *results)
{
	struct job job = { .root = root_of(priv), .devs = devs };
	const struct child_items items = {
		.count = n,
		.fn = see_item,
		.arg = &job,
		.patience_ms = SEE_PATIENCE_MS,
		.deadline_ns = clock_now_ns() + clock_ms(wait_ms),
		.may_kill = true,
	};

	return child_each(&items, results);
}

static int real_driver(void *priv, const struct inv_device *dev, char *driver)
{
	int len = fsroot_link_name(root_of(priv), driver, ACT_DRIVER_BYTES,
				   "sys/bus/%s/devices/%s/driver", dev->bus, dev->name);

	return len == -ENOENT ? 0 : len < 0 ? len : 1;
}

static int release_item(void *arg, size_t i)
{
	const struct job *job = arg;

	(void)i;
	return hold_clear(job->root, job->dev->bus, job->dev->name, job->turn);
}

static int probe_released_item(void *arg, size_t i)
{
	const struct job *job = arg;

	(void)i;
	return hold_probe(job->root, job->dev->bus, job->dev->name);
}

/* The hold was cleared after the step had ended: do the rest of the release here. */
static void probe_late(void *arg, size_t i, int rc)
{
	if (rc == 0)
		probe_released_item(arg, i);
}

static int real_release(void *priv, const struct inv_device *dev)
{
	struct job job = { .root = root_of(priv), .dev = dev, .turn = turn_now(root_of(priv)) };
	const struct child_items items = {
		.count = 1,
		.fn = release_item,
		.late = probe_late,
		.arg = &job,
		.patience_ms = HOLD_PATIENCE_MS,
		.deadline_ns = clock_now_ns() + clock_ms(HOLD_PATIENCE_MS),
	};
	int result, rc;

	rc = child_each(&items, &result);
	if (rc < 0 || result)
		return rc < 0 ? rc : result;
	return child_leave_each(1, probe_released_item, &job, HOLD_PATIENCE_MS, HOLD_PATIENCE_MS);
}

static int let_go_item(void *arg, size_t i)
{
	int rc = release_item(arg, i);

	return rc ? rc : probe_released_item(arg, i);
}

static int real_let_go(void *priv, const struct inv_device *dev)
{
	struct job job = { .root = root_of(priv), .dev = dev, .turn = turn_now(root_of(priv)) };

	return child_leave_each(1, let_go_item, &job, 0, 0);
}

/* ---- config space ---- */

static int open_config(void *priv, const struct inv_device *dev, int flags)
{
	int fd = fsroot_openat(root_of(priv), flags, 0, "sys/bus/%s/devices/%s/config", dev->bus,
			       dev->name);

	if (fd == -ENOENT &&
	    fsroot_has(root_of(priv), "sys/bus/%s/devices/%s", dev->bus, dev->name) == 0)
		return -ENODEV;
	return fd;
}

static int real_config_read(void *priv, const struct inv_device *dev, unsigned int offset,
			    uint8_t *buf, size_t len)
{
	_cleanup_close_ int fd = open_config(priv, dev, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pread(fd, buf, len, (off_t)offset);
	if (n < 0)
		return -errno;
	/* A conventional PCI device has 256 bytes. */
	if (n == 0 && offset >= 256)
		return -ENODATA;
	return (size_t)n == len ? 0 : -EIO;
}

static int real_config_write(void *priv, const struct inv_device *dev, unsigned int offset,
			     const uint8_t *buf, size_t len)
{
	_cleanup_close_ int fd = open_config(priv, dev, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pwrite(fd, buf, len, (off_t)offset);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static int real_master_off(void *priv, const struct inv_device *dev)
{
	return dev->pci ? control_master_off(root_of(priv), dev->name) : -EOPNOTSUPP;
}

/* Run @work in a child, for what may wait for a device's lock. */
static int in_child(void *priv, const struct inv_device *dev, uint32_t wait_ms,
		    void (*work)(void *arg, struct child_result *ret))
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct job job = { .root = root_of(priv),
			   .dev = dev,
			   .parent = getpid(),
			   .turn = turn_now(root_of(priv)) };
	struct child_result result;
	int rc;

	rc = child_start_kept(&child, work, &job);
	if (rc == 0)
		rc = child_collect(&child, wait_ms, &result);
	if (rc == -EAGAIN)
		return -ETIMEDOUT;
	return rc < 0 ? rc : result.rc;
}

/* ---- domain ---- */

static void make_in_child(void *arg, struct child_result *ret)
{
	const struct job *job = arg;

	ret->rc = job->dev->pci ? control_domain(job->root, job->dev->name) : -EOPNOTSUPP;
}

static int real_domain_make(void *priv, const struct inv_device *dev, uint32_t wait_ms)
{
	return in_child(priv, dev, wait_ms, make_in_child);
}

#define GROUP_TYPE "sys/bus/%s/devices/%s/iommu_group/type"

static int is_identity(const struct job *job)
{
	char type[32];
	int rc = fsroot_read_text(job->root, type, sizeof(type), GROUP_TYPE, job->dev->bus,
				  job->dev->name);

	return rc < 0 ? rc : strcmp(type, "identity") == 0;
}

static void translate_in_child(void *arg, struct child_result *ret)
{
	const struct job *job = arg;
	int rc = is_identity(job);

	if (rc == 1) {
		ret->rc = fsroot_write_text(job->root, "DMA", GROUP_TYPE, job->dev->bus,
					    job->dev->name);
		if (ret->rc < 0)
			return;
		rc = is_identity(job);
		ret->rc = rc == 0 ? ACT_CHANGED : rc == 1 ? -EIO : rc;
		return;
	}
	ret->rc = rc < 0 ? ACT_NO_TYPE : 0;
}

static int real_domain_translate(void *priv, const struct inv_device *dev, uint32_t wait_ms)
{
	return in_child(priv, dev, wait_ms, translate_in_child);
}

static int real_flush(void *priv, const struct inv_device *dev)
{
	return control_flush(root_of(priv), dev->name);
}

/* ---- reset ---- */

#define METHODS "sys/bus/%s/devices/%s/reset_method"

/* "flr" as one of the methods, separated by blanks. */
static bool has_flr(const char *methods)
{
	char word[32];

	while (parse_word(&methods, word, sizeof(word)) > 0)
		if (strcmp(word, "flr") == 0)
			return true;
	return false;
}

static void reset_in_child(void *arg, struct child_result *ret)
{
	const struct job *job = arg;
	const char *bus = job->dev->bus, *name = job->dev->name;
	char methods[128];
	int rc;

	rc = fsroot_read_text(job->root, methods, sizeof(methods), METHODS, bus, name);
	if (rc < 0 || !has_flr(methods)) {
		ret->rc = rc < 0 && rc != -ENOENT ? rc : ACT_NO_RESET;
		return;
	}
	ret->rc = fsroot_write_text(job->root, "flr", METHODS, bus, name);
	if (ret->rc < 0)
		return;
	ret->rc = fsroot_write_text(job->root, "1", "sys/bus/%s/devices/%s/reset", bus, name);
	fsroot_write_text(job->root, methods, METHODS, bus, name);
}

static int real_reset(void *priv, const struct inv_device *dev, uint32_t wait_ms)
{
	return in_child(priv, dev, wait_ms, reset_in_child);
}

/* ---- load ---- */

static void load_in_child(void *arg, struct child_result *ret)
{
	const struct job *job = arg;
	struct sysdev sys;

	ret->rc = sysdev_read(job->root, job->dev->bus, job->dev->name, &sys);
	if (ret->rc < 0)
		return;
	if (!sys.modalias[0]) {
		ret->rc = ACT_NO_MODULE;
		return;
	}
	ret->rc = modload_load(sys.modalias, ret->text, sizeof(ret->text));
	if (ret->rc == MODLOAD_NONE)
		ret->rc = ACT_NO_MODULE;
	else if (ret->rc == MODLOAD_BLACKLISTED)
		ret->rc = ACT_BLACKLISTED;
	else if (ret->rc == MODLOAD_BUILTIN)
		ret->rc = ACT_BUILTIN;
}

static int real_load(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct job job = { .root = root_of(priv), .dev = dev };
	struct child_result result;
	int rc;

	/* A driver's probe may run in it. */
	rc = child_start_kept(&child, load_in_child, &job);
	if (rc < 0)
		return rc;
	rc = child_collect(&child, wait_ms, &result);
	if (rc == -EAGAIN) {
		snprintf(detail, ACT_DETAIL_BYTES,
			 "loading the module takes longer than its deadline");
		return -ETIMEDOUT;
	}
	if (rc < 0)
		return rc;
	snprintf(detail, ACT_DETAIL_BYTES, "%s", result.text);
	return result.rc;
}

/* ---- bind ---- */

static void probe_in_child(void *arg, struct child_result *ret)
{
	const struct job *job = arg;

	ret->rc = hold_clear(job->root, job->dev->bus, job->dev->name, job->turn);
	/* If another program set driver_override, the bus chooses the driver named there. */
	if (ret->rc >= 0)
		ret->rc = fsroot_write_text(job->root, job->dev->name, "sys/bus/%s/drivers_probe",
					    job->dev->bus);
}

struct binding {
	const struct fsroot *root;
	const struct inv_device *dev;
	struct devwatch *watch; /* NULL: the driver link has to do */
	struct child child;
	bool returned; /* the child is back: drivers_probe has done what it could */
	u64 returned_ns;
	bool bound;
	int rc;
	char *detail;
};

static void binding_end(struct binding *b)
{
	child_abandon(&b->child);
	devwatch_free(b->watch);
}

/* Wait for whatever comes first: the child, an event, @wait_ms. */
static void binding_wait(struct binding *b, uint32_t wait_ms)
{
	struct pollfd p[2] = {
		{ .fd = b->returned ? -1 : b->child.fd, .events = POLLIN },
		{ .fd = b->watch ? devwatch_fd(b->watch) : -1, .events = POLLIN },
	};

	clock_poll(p, 2, (int)(wait_ms < BIND_POLL_MS ? wait_ms : BIND_POLL_MS));
}

static void binding_look(struct binding *b)
{
	struct child_result result;
	int rc;

	if (b->watch && devwatch_saw_bind(b->watch, b->dev->bus, b->dev->name))
		b->bound = true;
	if (b->returned)
		return;
	rc = child_collect(&b->child, 0, &result);
	if (rc == -EAGAIN)
		return;
	b->returned = true;
	b->returned_ns = clock_now_ns();
	b->rc = rc < 0 ? rc : result.rc;
}

static bool is_grace_over(const struct binding *b)
{
	return b->returned && clock_now_ns() - b->returned_ns >= clock_ms(BIND_GRACE_MS);
}

/* Returns 1: go on waiting. */
static int binding_judge(struct binding *b)
{
	struct sysdev sys;
	int rc;

	rc = sysdev_read(b->root, b->dev->bus, b->dev->name, &sys);
	if (rc == -ENODEV)
		return rc;
	/* A state that cannot be read now may be readable at the next look. */
	if (rc < 0)
		return is_grace_over(b) ? rc : 1;
	/* The link alone proves nothing while the probe may still run. */
	if (sys.driver[0] && (b->bound || b->returned)) {
		snprintf(b->detail, ACT_DETAIL_BYTES, "%s", sys.driver);
		return sys.group < 0 ? -ENOTCONN : 0;
	}
	if (!b->returned)
		return 1;
	if (b->rc < 0)
		return b->rc;
	/* The driver core waits for something before it probes it again. */
	if (sysdev_is_listed(b->root, PATH_DEFERRED, b->dev->name)) {
		snprintf(b->detail, ACT_DETAIL_BYTES, "the kernel deferred the probe");
		return 1;
	}
	if (!is_grace_over(b))
		return 1;
	snprintf(b->detail, ACT_DETAIL_BYTES, "no driver accepted the device");
	return -ENXIO;
}

static int real_bind(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail)
{
	u64 deadline = clock_now_ns() + clock_ms(wait_ms);
	struct job job = { .root = root_of(priv), .dev = dev, .turn = turn_now(root_of(priv)) };
	_cleanup_(binding_end) struct binding b = {
		.root = job.root,
		.dev = dev,
		.detail = detail,
		.child = CHILD_NONE,
	};
	uint32_t left;
	int rc;

	b.watch = devwatch_new();
	/* Killed in the middle of its probe, the device would have no driver and no hold. */
	rc = child_start_kept(&b.child, probe_in_child, &job);
	if (rc < 0)
		return rc;
	for (;;) {
		left = clock_left_ms(clock_now_ns(), deadline);
		binding_wait(&b, left);
		binding_look(&b);
		rc = binding_judge(&b);
		if (rc <= 0)
			return rc;
		if (!left) {
			if (!detail[0])
				snprintf(detail, ACT_DETAIL_BYTES,
					 "the driver's probe takes longer than its deadline");
			return -ETIMEDOUT;
		}
	}
}

static void unbind_in_child(void *arg, struct child_result *ret)
{
	const struct job *job = arg;
	const char *bus = job->dev->bus, *name = job->dev->name;

	/* The hold first: the bus must not choose another driver in between. */
	ret->rc = hold_pin(job->root, bus, name);
	/* If the parent has died, its clean-up did not see this hold. */
	if (getppid() != job->parent) {
		if (ret->rc == 0)
			hold_clear(job->root, bus, name, job->turn);
		return;
	}
	ret->rc = fsroot_write_text(job->root, name, "sys/bus/%s/devices/%s/driver/unbind", bus,
				    name);
}

static int real_unbind(void *priv, const struct inv_device *dev, uint32_t wait_ms)
{
	return in_child(priv, dev, wait_ms, unbind_in_child);
}

const struct act_ops act_real_ops = {
	.now_ns = real_now,
	.sleep_ms = real_sleep,
	.hold = real_hold,
	.held = real_held,
	.driver = real_driver,
	.release = real_release,
	.let_go = real_let_go,
	.config_read = real_config_read,
	.config_write = real_config_write,
	.master_off = real_master_off,
	.domain_make = real_domain_make,
	.domain_translate = real_domain_translate,
	.flush = real_flush,
	.reset = real_reset,
	.load = real_load,
	.bind = real_bind,
	.unbind = real_unbind,
	.look = look_real,
};
