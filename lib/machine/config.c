// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * config.c - reads the configuration: INI files by inih, values through base/parse; one table row
 * per key.
 *
 * What is read later wins. The order is: the defaults; the main file, of /etc, or of /usr/lib when
 * /etc has none; the drop-ins; the kernel command line. Drop-ins are the files in the folders
 * "smmu-adopt.conf.d" of /etc, /run and /usr/lib, in order of file name. Of files with the same
 * name only one is read: that of /etc before that of /run before that of /usr/lib. A key with a
 * list adds to what was there; an empty value clears the list.
 */
#include "lib/machine/config.h"

#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/parse.h"
#include "lib/base/userinfo.h"
#include "lib/story/names.h"

#define DROPINS_MAX 64
#define FILE_BYTES_MAX (256u << 10)
#define CMDLINE_BYTES_MAX 4096
#define CMDLINE_KEY "rd.smmu_adopt="

/* One file being read. */
struct source {
	struct config *config;
	FILE *file;
	const char *path;
	unsigned int line;
	size_t bytes;
};

void config_note(struct config *config, const char *format, ...)
{
	va_list ap;

	if (config->n_notes == CONFIG_NOTES_MAX) {
		config->n_lost_notes++;
		return;
	}
	va_start(ap, format);
	vsnprintf(config->notes[config->n_notes++], sizeof(config->notes[0]), format, ap);
	va_end(ap);
}

/*
 * Text that may have been meant for the dump path was ignored: complain, and note that the list of
 * dump devices is not certain.
 */
static void doubt(struct config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void doubt(struct config *config, const char *format, ...)
{
	char text[CONFIG_REASON_BYTES - 16];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	config_dump_doubt(&config->dump, "%s", text);
	config_note(config, "%s; ignored", text);
}

/* Each setter returns 0, or a negative errno: -EINVAL form, -ERANGE range, -E2BIG too many. */
struct key {
	const char *section, *name;
	int (*set)(struct config *config, const struct key *key, const char *value);
	size_t offset;
	uint32_t min_ms, max_ms;
	const char *wants;
};

static int set_duration(struct config *config, const struct key *key, const char *value)
{
	return parse_duration_ms(value, key->min_ms, key->max_ms,
				 (uint32_t *)((char *)config + key->offset));
}

static int set_grace(struct config *config, const struct key *key, const char *value)
{
	if (strcmp(value, "never") == 0)
		config->grace_ms = CONFIG_GRACE_NEVER;
	else if (strcmp(value, "auto") == 0)
		config->grace_ms = CONFIG_GRACE_AUTO;
	else
		return set_duration(config, key, value);
	return 0;
}

static int set_policy(struct config *config, const struct key *key, const char *value)
{
	enum config_policy p;

	(void)key;
	for (p = CONFIG_PROBE_DUMP_PATH; p <= CONFIG_PROBE_ALL; p++) {
		if (strcmp(value, config_policy_name(p)) == 0) {
			config->policy = p;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_target(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	if (strlen(value) >= sizeof(config->target))
		return -E2BIG;
	/* The target is only shown and recorded. */
	userinfo_cut(config->target, sizeof(config->target), value);
	return 0;
}

static int set_rule(struct config *config, const struct key *key, const char *value)
{
	int rc;

	(void)key;
	if (!*value) {
		config->n_rules = 0;
		return 0;
	}
	if (config->n_rules == CONFIG_RULES_MAX)
		return -E2BIG;
	rc = config_rule_parse(&config->rules[config->n_rules], value);
	config->n_rules += rc == 0;
	return rc;
}

#define AT(field) offsetof(struct config, field)

static const struct key keys[] = {
	{ "Stage", "deadline", set_duration, AT(deadline_ms), 1000, 600000,
	  "a duration from 1s to 10min" },
	{ "Stage", "device_deadline", set_duration, AT(device_deadline_ms), 100, 300000,
	  "a duration from 100ms to 5min" },
	{ "Stage", "verify_deadline", set_duration, AT(verify_deadline_ms), 0, 60000,
	  "a duration from 0 to 1min" },
	{ "Stage", "grace", set_grace, AT(grace_ms), 0, 600000,
	  "a duration from 0 to 10min, auto or never" },
	{ "Dump", "target", set_target, 0, 0, 0, "a path of at most 127 bytes" },
	{ "Probe", "policy", set_policy, 0, 0, 0, "dump-path or all" },
	{ "Policy", "rule", set_rule, 0, 0, 0,
	  "an action and its devices, see smmu-adopt.conf(5); at most 16 rules" },
};

/* Each word is taken or refused by itself. */
static void dump_devices(const struct source *source, const char *value)
{
	struct config_dump *dump = &source->config->dump;
	struct config_dump_words words = { .rest = value };
	char shown[CONFIG_DEVICE_BYTES];
	int rc;

	if (!*value)
		config_dump_clear(dump);
	while ((rc = config_dump_take(dump, &words))) {
		userinfo_cut(shown, sizeof(shown), words.word);
		if (rc == -E2BIG)
			doubt(source->config,
			      "%s:%u: device = %.40s: at most %d devices are possible",
			      source->path, source->line, shown, CONFIG_DEVICES_MAX);
		else if (rc < 0)
			doubt(source->config,
			      "%s:%u: device = %.40s: is neither a device, a target, class= nor id=",
			      source->path, source->line, shown);
	}
}

static void dump_order(const struct source *source, const char *value)
{
	char shown[CONFIG_DEVICE_BYTES];

	source->config->dump.in_order = strcmp(value, "bus") == 0;
	if (source->config->dump.in_order || strcmp(value, "dump-first") == 0)
		return;
	userinfo_cut(shown, sizeof(shown), value);
	doubt(source->config, "%s:%u: order = %.40s: must be dump-first or bus", source->path,
	      source->line, shown);
}

/* True: @name is of this section. */
static bool on_dump(const struct source *source, const char *name, const char *value)
{
	if (strcmp(name, "device") == 0)
		dump_devices(source, value);
	else if (strcmp(name, "uncertain") == 0 && *value)
		config_dump_doubt(&source->config->dump, "%s", value);
	else if (strcmp(name, "uncertain") == 0)
		source->config->dump.n_reasons = source->config->dump.n_lost_reasons = 0;
	else if (strcmp(name, "order") == 0)
		dump_order(source, value);
	else if (strcmp(name, "target"))
		doubt(source->config, "%s:%u: unknown key \"%.40s\" in [Dump]", source->path,
		      source->line, name);
	else
		return false;
	return true;
}

static bool known_section(const char *section)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].section, section) == 0)
			return true;
	return false;
}

/* Always returns 1: inih takes 0 for a syntax error, and complaints are made here. */
static int on_value(void *user, const char *section, const char *name, const char *value)
{
	struct source *source = user;
	char shown[48];
	size_t i;

	if (strcmp(section, "Dump") == 0 && on_dump(source, name, value))
		return 1;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].section, section) || strcmp(keys[i].name, name))
			continue;
		if (keys[i].set(source->config, &keys[i], value) == 0)
			return 1;
		userinfo_cut(shown, sizeof(shown), value);
		config_note(source->config, "%s:%u: %s = %.40s: must be %s; ignored", source->path,
			    source->line, name, shown, keys[i].wants);
		return 1;
	}
	if (!*section)
		doubt(source->config, "%s:%u: key \"%.40s\" stands before the first section",
		      source->path, source->line, name);
	else if (!known_section(section))
		config_note(source->config, "%s:%u: unknown section [%.40s]; ignored", source->path,
			    source->line, section);
	else
		config_note(source->config, "%s:%u: unknown key \"%.40s\" in [%.20s]; ignored",
			    source->path, source->line, name, section);
	return 1;
}

/*
 * inih does not tell line numbers; its reader does. A line longer than inih's
 * buffer would come back in pieces, of which each could pass for a key: the
 * rest of such a line is dropped.
 */
static char *read_line(char *buf, int size, void *stream)
{
	struct source *source = stream;
	size_t len;
	int c;

	if (source->bytes > FILE_BYTES_MAX || !fgets(buf, size, source->file))
		return NULL;
	source->line++;
	len = strlen(buf);
	source->bytes += len;
	if (len && buf[len - 1] != '\n' && !feof(source->file)) {
		if (!strchr("#;", buf[strspn(buf, " \t")]))
			doubt(source->config, "%s:%u: the line is longer than %d bytes",
			      source->path, source->line, size - 2);
		while ((c = getc(source->file)) != EOF && c != '\n')
			source->bytes++;
		buf[0] = 0;
	}
	return buf;
}

static void read_stream(struct config *config, FILE *file, const char *path)
{
	struct source source = { .config = config, .path = path, .file = file };
	int first_bad;

	first_bad = ini_parse_stream(read_line, &source, on_value, &source);
	if (first_bad > 0)
		doubt(config, "%s:%d: the line is neither [section] nor key = value", path,
		      first_bad);
	if (ferror(file))
		doubt(config, "%s: the text after line %u cannot be read", path, source.line);
	if (source.bytes > FILE_BYTES_MAX)
		doubt(config, "%s: text after the first %u bytes is not read", path,
		      FILE_BYTES_MAX);
}

/* Returns 0, or a negative errno when it cannot be opened. */
static int read_file(struct config *config, const struct fsroot *root, const char *path)
{
	_cleanup_fclose_ FILE *file = NULL;
	char shown[FSROOT_PATH_MAX];
	int fd;

	fd = fsroot_openat(root, O_RDONLY | O_NONBLOCK, 0, "%s", path);
	if (fd < 0)
		return fd;
	file = fdopen(fd, "re");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	snprintf(shown, sizeof(shown), "/%s", path);
	read_stream(config, file, shown);
	return 0;
}

void config_add_text(struct config *config, const char *text, const char *name)
{
	size_t len = strlen(text);
	_cleanup_fclose_ FILE *file = len ? fmemopen((void *)text, len, "r") : NULL;

	if (file)
		read_stream(config, file, name);
	else if (len)
		doubt(config, "%s: out of memory", name);
}

struct dropins {
	char name[DROPINS_MAX][64];
	size_t count;
};

static int collect_dropin(void *priv, const char *name)
{
	struct dropins *d = priv;
	size_t len = strlen(name), i, at;

	if (len < 6 || len >= sizeof(d->name[0]) || strcmp(name + len - 5, ".conf"))
		return 0;
	for (at = 0; at < d->count && strcmp(d->name[at], name) < 0; at++)
		;
	if (at < d->count && strcmp(d->name[at], name) == 0)
		return 0;
	if (d->count == DROPINS_MAX)
		return -E2BIG;
	for (i = d->count++; i > at; i--)
		strcpy(d->name[i], d->name[i - 1]);
	strcpy(d->name[at], name);
	return 0;
}

static void read_dropins(struct config *config, const struct fsroot *root)
{
	static const char *const dirs[] = { PATH_CONF DROPIN_SUFFIX, PATH_CONF_RUN DROPIN_SUFFIX,
					    PATH_CONF_VENDOR DROPIN_SUFFIX };
	const size_t n_dirs = sizeof(dirs) / sizeof(dirs[0]);
	struct dropins d = { .count = 0 };
	char path[FSROOT_PATH_MAX];
	size_t i, k;
	int rc;

	for (k = 0; k < n_dirs; k++) {
		rc = fsroot_each(root, 1024, collect_dropin, &d, "%s", dirs[k]);
		if (rc == -E2BIG)
			doubt(config, "/%s: drop-ins after the first %d are not read", dirs[k],
			      DROPINS_MAX);
		else if (rc < 0 && rc != -ENOENT)
			doubt(config, "/%s: %s", dirs[k], strerror(-rc));
	}
	for (i = 0; i < d.count; i++) {
		for (k = 0; k < n_dirs; k++) {
			snprintf(path, sizeof(path), "%s/%s", dirs[k], d.name[i]);
			rc = read_file(config, root, path);
			if (rc == 0)
				break;
			if (rc != -ENOENT)
				doubt(config, "/%s: %s", path, strerror(-rc));
		}
	}
}

static void read_cmdline(struct config *config, const struct fsroot *root)
{
	char line[CMDLINE_BYTES_MAX], word[256];
	const char *cursor = line, *value;
	bool on;
	int len;

	if (fsroot_read_text(root, line, sizeof(line), "proc/cmdline") < 0)
		return;
	while ((len = parse_word(&cursor, word, sizeof(word)))) {
		if (len < 0 || strncmp(word, CMDLINE_KEY, strlen(CMDLINE_KEY)))
			continue;
		value = word + strlen(CMDLINE_KEY);
		if (strcmp(value, "plan") == 0)
			config->mode = CONFIG_MODE_PLAN;
		else if (parse_bool(value, &on) == 0)
			config->mode = on ? CONFIG_MODE_RUN : CONFIG_MODE_OFF;
		else
			config_note(config,
				    "kernel command line: %s%.40s: must be 0, 1 or plan; ignored",
				    CMDLINE_KEY, value);
	}
}

void config_defaults(struct config *config)
{
	memset(config, 0, sizeof(*config));
	config->deadline_ms = 60000;
	config->device_deadline_ms = 20000;
	config->verify_deadline_ms = 2000;
	config->grace_ms = CONFIG_GRACE_AUTO;
}

static void read_given(struct config *config, int fd, const char *name)
{
	_cleanup_close_ int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	_cleanup_fclose_ FILE *file = copy < 0 ? NULL : fdopen(copy, "re");

	if (!file) {
		config_note(config, "%s: cannot be read; defaults are used", name);
		return;
	}
	steal_fd(&copy);
	read_stream(config, file, name);
}

void config_load(struct config *config, const struct fsroot *root, int fd, const char *name)
{
	int rc;

	config_defaults(config);
	if (fd >= 0) {
		read_given(config, fd, name);
	} else {
		rc = read_file(config, root, PATH_CONF);
		if (rc < 0 && rc != -ENOENT)
			doubt(config, "/%s: %s", PATH_CONF, strerror(-rc));
		if (rc == -ENOENT)
			read_file(config, root, PATH_CONF_VENDOR);
		read_dropins(config, root);
	}
	read_cmdline(config, root);
}

const char *config_policy_name(enum config_policy policy)
{
	static const char *const names[] = {
		[CONFIG_PROBE_DUMP_PATH] = "dump-path",
		[CONFIG_PROBE_ALL] = "all",
	};
	return names[policy];
}
