// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_check.c - images are archives made here, as the kernel unpacks them. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_check.h"

#define SMMU_CLASS CHECK_SMMU
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
	char path[200], target[200];

	machine_device(m, &device);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/uevent", name);
	machine_write(m, path, "");
	snprintf(path, sizeof(path), SMMU_CLASS "/devices/%s", name);
	snprintf(target, sizeof(target), "../../../../devices/pci0000:00/%s", name);
	machine_link(m, path, target);
	if (!driver)
		return;
	snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/module", driver);
	snprintf(target, sizeof(target), "../../../../module/%s", driver);
	machine_link(m, path, target);
}

void check_set_conf(struct machine *m, const char *text)
{
	check_conf_text = text;
	machine_write(m, PATH_CONF, text);
	check_make_image(m, IMAGE, check_ready);
}

int check_set_up(void **state)
{
	struct machine *m;

	machine_set_up(state);
	m = *state;
	setenv("SMMU_ADOPT_RESOLVE", resolve_program(), 1);
	/* It cannot look for leaks from within a tree. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	machine_write(m, "proc/self/mountinfo", "");
	machine_write(m, "sys/kernel/kexec_crash_loaded", "1\n");
	machine_write(m, "sys/kernel/kexec_crash_size", "268435456\n");
	machine_write(m, "sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	machine_write(m, "proc/sys/kernel/osrelease", "6.12.0\n");
	machine_write(m, "proc/cmdline", "root=/dev/sda1 quiet\n");
	machine_write(m, "proc/kallsyms", "0000000000000000 t arm_smmu_device_probe\n");
	machine_write(m, "etc/default/kdump-tools",
		      "# KDUMP_CMDLINE=\"old\"\nUSE_KDUMP=1\n"
		      "KDUMP_CMDLINE_APPEND=\"" UNIT " reset_devices initcall_blacklist=x,"
		      "arm_smmu_driver_init\"\n");
	machine_write(m, SMMU_CLASS "/device/of_node/dma-coherent", "");
	check_set_conf(m, "[Dump]\ndevice = 0000:00:02.0\n");
	machine_write(m, "usr/lib/modules/6.12.0/modules.alias",
		      "# text\nalias test:no-such-module-* e1000e\n");
	machine_write(m, "sys/module/nvme/.keep", "");
	machine_write(m, "sys/module/mlx5_core/.keep", "");
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

/* Is there a line that begins with @level and @topic and has @text? Topics may have several. */
static bool has_line(char *out, const char *level, const char *topic, const char *text)
{
	char head[64], *line, *save = NULL;

	snprintf(head, sizeof(head), "%-8s %-13s ", level, topic);
	for (line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, head, strlen(head)) == 0 && strstr(line, text))
			return true;
	return false;
}

/* Run, check_expect @code, and a line that begins with @level and @topic and has @text. */
void check_expect(struct machine *m, int code, const char *level, const char *topic,
		  const char *text)
{
	struct run run;
	char *copy;

	run_ctl(ARGS("--root", m->dir, "check"), &run);
	unfold(run.out);
	copy = strdup(run.out);
	if (run.code != code || !has_line(copy, level, topic, text))
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
