// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bypass.c - see bypass.h.
 *
 * It is not known which device is behind which SMMU. So all endpoints without a driver are
 * stopped, and no SMMU is switched off while another one has a driver. The endpoints are also
 * reset, by any reset that the kernel has for them: a driver may switch bus mastering on before it
 * resets its device, and the device would then write to addresses that were meant for the SMMU. A
 * device that cannot be stopped or reset is counted in the finding; the dump goes on.
 *
 * A child process accesses the registers: a read from an SMMU without power ends in a signal.
 */
#include "daemon/act/bypass.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/act/act.h"
#include "daemon/act/endpoints.h"
#include "daemon/act/smmu_off.h"
#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/machine/smmudev.h"

#define DEFER_WORD "deferred_probe_timeout="

struct smmus {
	struct smmudev *items; /* those without a driver */
	size_t count, bound, deferred;
};

__attribute__((format(printf, 3, 4))) static void
find(const struct bypass *bypass, enum rec_severity severity, const char *format, ...)
{
	const struct journal_about about = {
		.smmu = UINT32_MAX,
		.sid = REC_NO_SID,
		.severity = severity,
		.code = REC_FIND_NO_SMMU_DRIVER,
	};
	char text[160];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	bypass->say(severity, text);
	journal_finding(bypass->journal, &about, "%s", text);
}

static int add_smmu(void *priv, const struct smmudev *smmu)
{
	struct smmus *smmus = priv;
	struct smmudev *items;

	smmus->bound += smmu->bound;
	smmus->deferred += smmu->deferred;
	if (smmu->bound)
		return 0;
	items = reallocarray(smmus->items, smmus->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	smmus->items = items;
	items[smmus->count++] = *smmu;
	return 0;
}

/* ---- stop ---- */

/* All that has no driver, as devices of an inventory. Returns 0 or a negative errno. */
static int take_endpoints(struct inventory *inv, const struct fsroot *root, struct errbuf *err)
{
	struct endpoints list;
	int rc = endpoints_list(root, &list, err);
	size_t i;

	/* Stop the devices that could be listed, even if the list is incomplete. */
	inv->devices = calloc(list.count + 1, sizeof(*inv->devices));
	for (i = 0; inv->devices && i < list.count; i++) {
		struct inv_device *dev = &inv->devices[inv->count++];

		strcpy(dev->name, list.items[i].name);
		strcpy(dev->bus, list.items[i].bus);
		dev->pci = strcmp(dev->bus, "pci") == 0;
		dev->smmu = UINT32_MAX;
	}
	endpoints_clear(&list);
	return inv->devices ? rc : -ENOMEM;
}

struct stopped {
	u32 all, running; /* of these: may still do DMA */
	u32 as_they_were; /* not reset */
};

static void count_stopped(const struct act *act, const struct inventory *inv, struct stopped *ret)
{
	u32 d;

	for (d = 0; d < inv->count; d++) {
		ret->all += !inv->devices[d].gone;
		ret->running +=
			!inv->devices[d].gone && !(act->devices && act->devices[d].quiesced);
	}
}

struct resetting {
	const struct fsroot *root;
	const struct inventory *inv;
};

static int reset_item(void *arg, size_t i)
{
	const struct resetting *resetting = arg;
	const struct inv_device *dev = &resetting->inv->devices[i];

	if (dev->gone)
		return 0;
	return dev->pci ? fsroot_write_text(resetting->root, "1", "sys/bus/pci/devices/%s/reset",
					    dev->name)
			: -ENOTTY;
}

static void reset_all(const struct bypass *bypass, const struct inventory *inv, struct stopped *ret)
{
	struct resetting resetting = { .root = bypass->root, .inv = inv };
	_cleanup_free_ int *results = calloc(inv->count + 1, sizeof(*results));
	struct child_items items = {
		.count = inv->count,
		.fn = reset_item,
		.arg = &resetting,
		.patience_ms = PLAN_FLR_MS,
		.deadline_ns = clock_now_ns() + clock_ms(BYPASS_RESET_MS),
	};
	u32 d;

	if (!results || child_each(&items, results) < 0)
		ret->as_they_were = ret->all;
	for (d = 0; results && d < inv->count && ret->as_they_were < ret->all; d++)
		ret->as_they_were += results[d] < 0;
}

static int stop_all(const struct bypass *bypass, struct stopped *ret, struct errbuf *err)
{
	struct inventory inv = { 0 };
	struct act_real real = { .root = bypass->root };
	struct plan plan = { .last_number = bypass->journal->last_step };
	struct act act = {
		.ops = &act_real_ops,
		.ops_priv = &real,
		.inv = &inv,
		.config = bypass->config,
		.journal = bypass->journal,
		.end_ns = clock_now_ns() + clock_ms(BYPASS_STOP_MS),
	};
	int rc, error = take_endpoints(&inv, bypass->root, err);
	u32 next = 0;

	rc = inv.devices ? plan_stop_all(&plan, &inv) : error;
	if (rc == 0) {
		act_journal_plan(&act, &plan, 0);
		rc = act_run(&act, &plan, &next);
	}
	count_stopped(&act, &inv, ret);
	reset_all(bypass, &inv, ret);
	plan_clear(&plan);
	act_clear(&act);
	inv_clear(&inv);
	return rc < 0 ? rc : error;
}

/* ---- switch off ---- */

static uint32_t read_word(void *priv, uint32_t offset)
{
	return ((volatile uint32_t *)priv)[offset / 4];
}

static void write_word(void *priv, uint32_t offset, uint32_t value)
{
	((volatile uint32_t *)priv)[offset / 4] = value;
}

struct switching {
	const struct fsroot *root;
	const struct smmudev *smmu;
};

static void switch_in_child(void *arg, struct child_result *ret)
{
	const struct switching *switching = arg;
	struct smmu_page page = { .read = read_word, .write = write_word };
	volatile uint32_t *words;

	/* The child dies by it, and the parent sees that. */
	signal(SIGBUS, SIG_DFL);
	ret->rc = smmudev_map(switching->root, switching->smmu->base, &words);
	if (ret->rc < 0) {
		snprintf(ret->text, sizeof(ret->text), "/dev/mem: %s%s", strerror(-ret->rc),
			 ret->rc == -EPERM ? " (lockdown?)" : "");
		return;
	}
	page.priv = (void *)words;
	ret->rc = smmu_off(&page);
	smmudev_unmap(words);
	if (ret->rc < 0)
		snprintf(ret->text, sizeof(ret->text), "%s",
			 ret->rc == -ENXIO	 ? "its registers are not those of an SMMUv3"
			 : ret->rc == -ETIMEDOUT ? "the SMMU does not answer"
						 : "the SMMU stays enabled");
}

/* Returns as smmu_off() does, with @result->text where that is an error; by @end_ns at the latest.
 */
static int switch_off(const struct bypass *bypass, const struct smmudev *smmu, u64 end_ns,
		      struct child_result *result)
{
	uint32_t left = clock_left_ms(clock_now_ns(), end_ns);
	struct switching switching = { .root = bypass->root, .smmu = smmu };
	_cleanup_child_ struct child child = CHILD_NONE;
	int rc = -ENXIO;

	snprintf(result->text, sizeof(result->text), "%s",
		 left ? "the address of its registers is not known"
		      : "other SMMUs took all the time");
	if (smmu->base && left) {
		rc = child_start(&child, switch_in_child, &switching);
		if (rc == 0)
			rc = child_collect(&child, left < BYPASS_SMMU_MS ? left : BYPASS_SMMU_MS,
					   result);
		if (rc == 0)
			return result->rc;
		snprintf(result->text, sizeof(result->text), "%s",
			 rc == -ECHILD	 ? "its registers cannot be read"
			 : rc == -EAGAIN ? "a read of its registers does not return"
					 : strerror(-rc));
	}
	return rc;
}

static size_t switch_all(const struct bypass *bypass, const struct smmus *smmus,
			 const struct stopped *stopped)
{
	u64 end_ns = clock_now_ns() + clock_ms(BYPASS_ALL_MS);
	struct child_result result;
	size_t i, done = 0;
	int rc;

	for (i = 0; i < smmus->count; i++) {
		const char *name = smmus->items[i].name;

		rc = switch_off(bypass, &smmus->items[i], end_ns, &result);
		if (rc < 0) {
			find(bypass, REC_SEV_ERROR,
			     "SMMU %s has no driver and cannot be switched off; the dump will "
			     "probably fail: %.60s",
			     name, result.text);
			continue;
		}
		done++;
		find(bypass, stopped->running ? REC_SEV_ERROR : REC_SEV_WARNING,
		     "SMMU %s has no driver and %s, so that the dump can work without it; of %u "
		     "devices %u were not stopped, %u not reset",
		     name, rc ? "was off already" : "was switched off", stopped->all,
		     stopped->running, stopped->as_they_were);
	}
	return done;
}

/* ---- wait ---- */

uint32_t bypass_defer_ms(const struct fsroot *root)
{
	char line[4096], *word, *rest = line, *end;
	uint32_t ms = BYPASS_DEFER_DEFAULT_MS;
	long seconds;

	if (fsroot_read_text(root, line, sizeof(line), "proc/cmdline") < 0)
		return ms;
	while ((word = strsep(&rest, " \t\n"))) {
		if (strncmp(word, DEFER_WORD, strlen(DEFER_WORD)) != 0)
			continue;
		word += strlen(DEFER_WORD);
		errno = 0;
		seconds = strtol(word, &end, 10); /* as the kernel reads it */
		if (errno || end == word || *end || seconds < INT32_MIN || seconds > INT32_MAX)
			continue;
		ms = seconds < 0			       ? UINT32_MAX
		     : seconds > (long)(UINT32_MAX / 1000 - 1) ? UINT32_MAX - 1
							       : (uint32_t)seconds * 1000;
	}
	return ms;
}

uint32_t bypass_most_ms(const struct fsroot *root)
{
	uint32_t defer = bypass_defer_ms(root);

	return BYPASS_STOP_MS + BYPASS_RESET_MS + BYPASS_ALL_MS + BYPASS_DEFER_SLACK_MS +
	       (defer < BYPASS_DEFER_MAX_MS ? defer : BYPASS_DEFER_MAX_MS);
}

/*
 * The kernel does not tell user space when its deferral ends, and each registration of a driver
 * starts it again. No driver is registered while this waits, before coldplug.
 */
static void wait_for_kernel(const struct bypass *bypass, u64 begin_ns)
{
	uint32_t ms = bypass_defer_ms(bypass->root);
	u64 end_ns;

	if (ms > BYPASS_DEFER_MAX_MS) {
		find(bypass, REC_SEV_ERROR,
		     "drivers of devices behind the SMMU wait %s: " DEFER_WORD
		     " on the kernel's command line is too large",
		     ms == UINT32_MAX ? "for ever" : "too long");
		ms = BYPASS_DEFER_MAX_MS;
	}
	end_ns = begin_ns + clock_ms(ms + BYPASS_DEFER_SLACK_MS);
	clock_sleep_ms(clock_left_ms(clock_now_ns(), end_ns));
}

static int run(const struct bypass *bypass, const struct smmus *smmus, struct errbuf *err)
{
	u64 begin_ns = clock_now_ns();
	struct stopped stopped = { 0 };
	size_t i;
	int rc;

	journal_begin(bypass->journal, bypass->root);
	for (i = 0; i < smmus->count && (smmus->deferred || smmus->bound); i++)
		find(bypass, REC_SEV_ERROR, "SMMU %s has no driver and is left as it is: %s",
		     smmus->items[i].name,
		     smmus->bound ? "another SMMU has a driver"
				  : "the kernel deferred the probe of its driver");
	if (smmus->bound || smmus->deferred) {
		errbuf_set(
			err,
			"an SMMU has a driver or waits for its driver, so no SMMU was switched off");
		return smmus->bound ? -EBUSY : -EAGAIN;
	}
	rc = stop_all(bypass, &stopped, err);
	if (rc < 0)
		find(bypass, REC_SEV_ERROR, "not all devices could be stopped: %.100s",
		     err->text[0] ? err->text : strerror(-rc));
	if (!switch_all(bypass, smmus, &stopped)) {
		errbuf_set(err, "no SMMU could be switched off");
		return -EIO;
	}
	wait_for_kernel(bypass, begin_ns);
	return BYPASS_DONE;
}

int bypass_run(const struct bypass *bypass, struct errbuf *err)
{
	struct smmus smmus = { 0 };
	int rc = smmudev_each(bypass->root, add_smmu, &smmus);

	if (rc < 0)
		errbuf_set(err, "cannot list the SMMUs of the platform bus: %s", strerror(-rc));
	else
		rc = smmus.count ? run(bypass, &smmus, err) : BYPASS_NOTHING;
	free(smmus.items);
	return rc;
}
