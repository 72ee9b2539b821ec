// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * early.c - see early.h.
 *
 * The holds of devices that are not behind an SMMU last some tenths of a second, until the helper
 * has listed the devices. The release then asks the bus to probe.
 */
#include "daemon/act/early.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/act/endpoints.h"
#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

#define EARLY_PATIENCE_MS 200
#define GIVE_BACK_PATIENCE_MS 100
#define GIVE_BACK_LIMIT_MS 500

/* ---- hold ---- */

/*
 * The driver core's list of deferred probes loses a device that is held, so a copy is kept. It only
 * serves as evidence of built-in drivers; holding works without it.
 */
static void keep_deferred(const struct fsroot *root)
{
	_cleanup_close_ int to = -1;
	_cleanup_close_ int from = fsroot_openat(root, O_RDONLY, 0, "%s", PATH_DEFERRED);
	char text[4096];
	ssize_t n;

	if (from < 0 || fsroot_mkdir(root, 0700, "%s", PATH_RUN) < 0)
		return;
	to = fsroot_openat(root, O_WRONLY | O_CREAT | O_TRUNC, 0600, "%s", PATH_EARLY);
	while (to >= 0 && (n = read(from, text, sizeof(text))) > 0)
		if (write(to, text, (size_t)n) != n)
			return;
}

struct holding {
	struct endpoints list;
	pid_t turn; /* whose holds they are */
};

static int hold_item(void *arg, size_t i)
{
	const struct holding *holding = arg;
	const struct endpoint *endpoint = &holding->list.items[i];

	return hold_set(holding->list.root, endpoint->bus, endpoint->name);
}

/*
 * This hold came after its deadline. The run may have looked for early holds already, so nothing
 * would release it; it is undone here, unless the run has taken it over.
 */
static void undo_hold(void *arg, size_t i, int rc)
{
	const struct holding *holding = arg;
	const struct fsroot *root = holding->list.root;
	const struct endpoint *endpoint = &holding->list.items[i];

	if (rc == 0 && hold_clear(root, endpoint->bus, endpoint->name, holding->turn) == 0)
		hold_probe(root, endpoint->bus, endpoint->name);
}

static void count_results(const int *results, size_t n, struct early_tally *ret)
{
	size_t i;

	for (i = 0; i < n; i++) {
		ret->held += results[i] == 0 || results[i] == ACT_HELD;
		ret->foreign += results[i] == ACT_FOREIGN;
		ret->busy += results[i] == -ETIMEDOUT || results[i] == -ETIME;
		ret->failed += results[i] < 0 && results[i] != -ETIMEDOUT && results[i] != -ETIME &&
			       results[i] != -ENODEV;
	}
}

int early_hold(const struct fsroot *root, struct early_tally *ret, struct errbuf *err)
{
	struct holding holding = { .turn = turn_now(root) };
	struct child_items items = {
		.fn = hold_item,
		.late = undo_hold,
		.arg = &holding,
		.patience_ms = EARLY_PATIENCE_MS,
	};
	_cleanup_free_ int *results = NULL;
	int rc, error;

	memset(ret, 0, sizeof(*ret));
	keep_deferred(root);
	error = endpoints_list(root, &holding.list, err);
	results = calloc(holding.list.count + 1, sizeof(*results));
	items.count = holding.list.count;
	items.deadline_ns = clock_now_ns() + clock_ms(EARLY_LIMIT_MS);
	rc = results ? child_each(&items, results) : -ENOMEM;
	if (rc < 0)
		errbuf_set(err, "cannot start a child process for the holds: %s", strerror(-rc));
	if (results)
		count_results(results, holding.list.count, ret);
	endpoints_clear(&holding.list);
	return rc < 0 ? rc : error;
}

/* ---- give back ---- */

struct keeping {
	const struct inventory *inv;
	const struct resume *resume;
};

bool early_keeps(const struct inventory *inv, const struct resume *resume, const char *bus,
		 const char *name)
{
	u32 d;

	if (resume_find(resume, name, REC_ACT_HOLD))
		return true;
	for (d = 0; inv && d < inv->count; d++) {
		const struct inv_device *dev = &inv->devices[d];

		if (strcmp(dev->name, name) == 0 && strcmp(dev->bus, bus) == 0)
			return dev->rule != CONFIG_ACT_LEAVE || dev->rule_open;
	}
	return false;
}

static bool keeps(void *priv, const char *bus, const char *name)
{
	const struct keeping *keeping = priv;

	return early_keeps(keeping->inv, keeping->resume, bus, name);
}

int early_give_back(const struct fsroot *root, const struct inventory *inv,
		    const struct resume *resume, struct hold_tally *ret, struct errbuf *err)
{
	struct keeping keeping = { .inv = inv, .resume = resume };

	return hold_release_others(root, keeps, &keeping, GIVE_BACK_PATIENCE_MS,
				   clock_now_ns() + clock_ms(GIVE_BACK_LIMIT_MS), ret, err);
}
