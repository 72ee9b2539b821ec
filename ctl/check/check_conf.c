// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_conf.c - compare the configuration in the image with that of the machine. The daemon of
 * the capture kernel reads the image's. Only the image has what was found when it was built, as
 * the dump path; only the machine has what was changed since.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"
#include "lib/machine/cpio.h"

/* The vendor's file counts only when the first file does not exist. */
static const char *const mains[] = { PATH_CONF, PATH_CONF_VENDOR };

bool check_is_conf(const char *path)
{
	size_t len = strlen(path), end = strlen(DROPIN_NAME), i;

	for (i = 0; i < sizeof(mains) / sizeof(mains[0]); i++) {
		size_t n = strlen(mains[i]), dir = n + strlen(DROPIN_SUFFIX "/");

		if (strncmp(path, mains[i], n))
			continue;
		if (!path[n])
			return true;
		if (!strncmp(path + n, DROPIN_SUFFIX "/", dir - n) && len > dir + end &&
		    !strcmp(path + len - end, DROPIN_NAME) && !strchr(path + dir, '/'))
			return true;
	}
	return false;
}

int check_take_conf(struct check *check, const char *path, const char *text)
{
	struct check_conf *conf = &check->confs[check->n_confs];

	if (!check_is_conf(path))
		return 0;
	if (check->n_confs == CHECK_CONFS_MAX)
		return -E2BIG;
	conf->path = strdup(path);
	conf->text = strdup(text);
	if (conf->path && conf->text) {
		check->n_confs++;
		return 0;
	}
	free(conf->path);
	free(conf->text);
	return -ENOMEM;
}

static const char *image_text(const struct check *check, const char *path)
{
	size_t i;

	for (i = 0; i < check->n_confs; i++)
		if (!strcmp(check->confs[i].path, path))
			return check->confs[i].text;
	return NULL;
}

/* Newlines at the end do not count. */
static bool same_text(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b);

	while (len_a && a[len_a - 1] == '\n')
		len_a--;
	while (len_b && b[len_b - 1] == '\n')
		len_b--;
	return len_a == len_b && !memcmp(a, b, len_a);
}

struct compare {
	const struct check *check;
	const char *dir;
	struct strbuf changed, missing;
};

static void compare_file(struct compare *c, const char *path)
{
	const char *image = image_text(c->check, path);
	_cleanup_free_ char *here = malloc(CPIO_TEXT_MAX + 1);

	if (!here ||
	    fsroot_read_text(&c->check->ctl->root, here, CPIO_TEXT_MAX + 1, "%s", path) < 0)
		return;
	if (!image)
		strbuf_join(&c->missing, ", /", path);
	else if (!same_text(image, here))
		strbuf_join(&c->changed, ", /", path);
}

static int compare_dropin(void *priv, const char *name)
{
	struct compare *c = priv;
	char path[FSROOT_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", c->dir, name);
	if (check_is_conf(path))
		compare_file(c, path);
	return 0;
}

static void compare_all(struct compare *c)
{
	static const char *const dirs[] = { PATH_CONF DROPIN_SUFFIX,
					    PATH_CONF_VENDOR DROPIN_SUFFIX };
	size_t i;

	for (i = 0; i < sizeof(mains) / sizeof(mains[0]); i++)
		compare_file(c, mains[i]);
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		c->dir = dirs[i];
		(void)fsroot_each(&c->check->ctl->root, 1024, compare_dropin, c, "%s", c->dir);
	}
}

/* Sort drop-ins by name. Of two with the same name the one in /etc comes first, and counts. */
static int compare_confs(const void *a, const void *b)
{
	const struct check_conf *x = a, *y = b;
	int rc = strcmp(strrchr(x->path, '/'), strrchr(y->path, '/'));

	return rc ? rc : strcmp(x->path, y->path);
}

static bool is_main(const char *path)
{
	return !strcmp(path, PATH_CONF) || !strcmp(path, PATH_CONF_VENDOR);
}

/*
 * Add a file of the image. If the machine has the same file, complaints are made about that one
 * only.
 */
static void add_image_file(struct check *check, const char *path, const char *text)
{
	struct config *config = &check->image_config;
	size_t notes = config->n_notes;
	char name[FSROOT_PATH_MAX];

	snprintf(name, sizeof(name), "/%.400s in the image", path);
	config_add_text(config, text, name);
	if (fsroot_exists(&check->ctl->root, "%s", path))
		config->n_notes = notes;
}

/* Read what the daemon in the image will read: the main file, then the drop-ins. */
static void read_image(struct check *check)
{
	const char *text = image_text(check, PATH_CONF), *last = "";
	size_t i;

	config_defaults(&check->image_config);
	if (text)
		add_image_file(check, PATH_CONF, text);
	else if ((text = image_text(check, PATH_CONF_VENDOR)))
		add_image_file(check, PATH_CONF_VENDOR, text);
	if (check->n_confs)
		qsort(check->confs, check->n_confs, sizeof(check->confs[0]), compare_confs);
	for (i = 0; i < check->n_confs; i++) {
		const char *base = strrchr(check->confs[i].path, '/');

		if (is_main(check->confs[i].path) || !strcmp(base, last))
			continue;
		add_image_file(check, check->confs[i].path, check->confs[i].text);
		last = base;
	}
}

void check_conf(struct check *check)
{
	struct compare c = { .check = check };

	read_image(check);
	compare_all(&c);
	if (strbuf_text(&c.missing)[0])
		check_say(check, CHECK_WARN, "config", "build the image again",
			  "the image lacks this configuration: /%s", strbuf_text(&c.missing));
	if (strbuf_text(&c.changed)[0])
		check_say(check, CHECK_WARN, "config", "build the image again",
			  "this configuration changed after the image was built: /%s",
			  strbuf_text(&c.changed));
	strbuf_free(&c.missing);
	strbuf_free(&c.changed);
}
