// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_check.c - images are archives made here, as the kernel unpacks them. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_check.h"

#define DROPIN "./" PATH_CONF ".d/90-dump-path.conf"

struct archive {
	char *data;
	size_t len;
	FILE *out;
};

static void archive_open(struct archive *a)
{
	a->out = open_memstream(&a->data, &a->len);
	assert_non_null(a->out);
}

static void archive_add(struct archive *a, const char *name, const char *text, size_t len)
{
	size_t at;

	fprintf(a->out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s", 1, 0100644,
		0, 0, 1, 0, (unsigned int)len, 0, 0, 0, 0, (unsigned int)strlen(name) + 1, 0, name);
	for (at = 110 + strlen(name); at == 110 + strlen(name) || at % 4; at++)
		fputc(0, a->out);
	fwrite(text, 1, len, a->out);
	for (at = len; at % 4; at++)
		fputc(0, a->out);
}

static void archive_put(struct archive *a, const char *name, const char *text)
{
	archive_add(a, name, text, strlen(text));
}

static void archive_close(struct archive *a)
{
	archive_put(a, "TRAILER!!!", "");
	fclose(a->out);
}

const char *check_conf_text = "";

void check_make_image(struct machine *m, const char *path, const char *const *names)
{
	struct archive a;

	archive_open(&a);
	for (; *names; names++)
		archive_put(&a, *names, strcmp(*names, PATH_CONF) ? "text" : check_conf_text);
	archive_close(&a);
	machine_write_bytes(m, path, a.data, a.len);
	free(a.data);
}

void check_make_archive(struct machine *m, const char *path, const struct blob *files)
{
	struct archive a;

	archive_open(&a);
	for (; files->name; files++)
		archive_add(&a, files->name, files->data,
			    files->len ? files->len : strlen(files->data));
	archive_close(&a);
	machine_write_bytes(m, path, a.data, a.len);
	free(a.data);
}

const char *const check_ready[] = {
	"usr/bin/" NAME_DAEMON,
	PATH_CONF,
	MODULES "extra/smmu_adopt.ko",
	MODULES "extra/arm-smmu-v3-adopt.ko",
	MODULES "kernel/drivers/nvme/host/nvme.ko.xz",
	MODULES "kernel/drivers/net/e1000e.ko",
	NULL,
};

void check_add_device(struct machine *m, const char *name, const char *driver)
{
	const struct machine_device device = { .name = name, .driver = driver, .group = 1 };
	char text[400];

	machine_device(m, &device);
	snprintf(text, sizeof(text),
		 "file sys/devices/pci0000:00/%s/uevent\n"
		 "link " CHECK_SMMU "/devices/%s ../../../../devices/pci0000:00/%s\n",
		 name, name, name);
	mkmachine(m, text, NULL);
	if (!driver)
		return;
	snprintf(text, sizeof(text), "link sys/bus/pci/drivers/%s/module ../../../../module/%s\n",
		 driver, driver);
	mkmachine(m, text, NULL);
}

void check_set_conf(struct machine *m, const char *text)
{
	check_conf_text = text;
	machine_write(m, PATH_CONF, text);
	check_make_image(m, IMAGE, check_ready);
}

int check_set_up(void **state)
{
	static const char text[] =
		"file proc/self/mountinfo\n"
		"file sys/kernel/kexec_crash_loaded 1\n"
		"file sys/kernel/kexec_crash_size 268435456\n"
		"file sys/kernel/security/lockdown [none] integrity confidentiality\n"
		"file proc/sys/kernel/osrelease 6.12.0\n"
		"file proc/cmdline root=/dev/sda1 quiet\n"
		"file proc/kallsyms 0000000000000000 t arm_smmu_device_probe\n"
		"file etc/default/kdump-tools # KDUMP_CMDLINE=\"old\"\n USE_KDUMP=1\n"
		" KDUMP_CMDLINE_APPEND=\"" UNIT " reset_devices"
		" initcall_blacklist=x,arm_smmu_driver_init\"\n"
		"file " CHECK_SMMU "/device/of_node/dma-coherent\n"
		"file usr/lib/modules/6.12.0/modules.alias # text\n"
		" alias test:no-such-module-* e1000e\n"
		"file sys/module/nvme/.keep\n"
		"file sys/module/mlx5_core/.keep\n";
	struct machine *m;

	machine_set_up(state);
	m = *state;
	setenv("SMMU_ADOPT_RESOLVE", resolve_program(), 1);
	/* It cannot look for leaks from within a tree. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	mkmachine(m, text, NULL);
	check_set_conf(m, "[Dump]\ndevice = 0000:00:02.0\n");
	check_add_device(m, "0000:00:01.0", NULL);
	check_add_device(m, "0000:00:02.0", "nvme");
	return 0;
}

/* Each answer on one line again, its advice behind it. */
static void unfold(char *text)
{
	char *to = text;

	while (*text) {
		size_t blanks = *text == '\n' ? strspn(text + 1, " ") : 0;

		*to++ = blanks > 20 ? ' ' : *text;
		text += blanks > 20 ? blanks + 1 : 1;
	}
	*to = 0;
}

/* Is there a line that begins with @level, "-" any, and @topic and has @text? Topics may have
 * several. */
static bool has_line(char *out, const char *level, const char *topic, const char *text)
{
	size_t from = strcmp(level, "-") ? 0 : 9;
	char head[64], *line, *save = NULL;

	snprintf(head, sizeof(head), "%-8s %-13s ", level, topic);
	for (line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strlen(line) > from && strstr(line, text) &&
		    strncmp(line + from, head + from, strlen(head) - from) == 0)
			return true;
	return false;
}

void check_expect(struct machine *m, int code, const char *level, const char *topic,
		  const char *text)
{
	struct run run;
	char *copy;

	run_ctl(ARGS("--root", m->dir, "check"), &run);
	unfold(run.out);
	copy = strdup(run.out);
	if (run.code != code || has_line(copy, level, topic, text) == !strcmp(level, "-"))
		fail_msg("exit %d, not %d; no '%s %s' with '%s' in\n%s%s", run.code, code, level,
			 topic, text, run.out, run.err);
	free(copy);
	run_free(&run);
}

/* The image that is check_ready, with the drop-in @dropin and @more files, up to one without a
 * name. */
void check_image_with(struct machine *m, const char *dropin, const struct file *more)
{
	struct archive a;
	size_t i;

	archive_open(&a);
	for (i = 0; check_ready[i]; i++)
		archive_put(&a, check_ready[i],
			    strcmp(check_ready[i], PATH_CONF) ? "text" : check_conf_text);
	if (dropin)
		archive_put(&a, DROPIN, dropin);
	for (; more && more->name; more++)
		archive_put(&a, more->name, more->text);
	archive_close(&a);
	machine_write_bytes(m, IMAGE, a.data, a.len);
	free(a.data);
}

static bool make_image_of(struct machine *m, char *words)
{
	const char *path = strsep(&words, " "), *names[12] = { NULL };
	size_t n = 0;

	if (words && strcmp(words, "ready") == 0) {
		check_make_image(m, path, check_ready);
		return true;
	}
	while (words && n < sizeof(names) / sizeof(names[0]) - 1)
		names[n++] = strsep(&words, " ");
	check_make_image(m, path, names);
	return !words;
}

static bool check_line(struct machine *m, const char *word, char *rest)
{
	static const char *const codes[] = {
		[EXIT_DONE] = "done", [EXIT_FINDINGS] = "findings", [EXIT_PARTIAL] = "partial"
	};
	const char *level, *topic;
	char text[512];
	size_t i;

	if (strcmp(word, "image") == 0)
		return make_image_of(m, rest);
	if (strcmp(word, "append") == 0) {
		i = strcspn(rest, "\n");
		snprintf(text, sizeof(text), "KDUMP_CMDLINE_APPEND='%.*s'%s\n", (int)i, rest,
			 rest + i);
		machine_write(m, "etc/default/kdump-tools", text);
		return true;
	}
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (!codes[i] || strcmp(word, codes[i]) != 0)
			continue;
		level = strsep(&rest, " ");
		topic = strsep(&rest, " ");
		check_expect(m, (int)i, level, topic, rest ? rest : "");
		return topic;
	}
	return false;
}

void check_text(struct machine *m, const char *text)
{
	mkmachine(m, text, check_line);
}
