// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_check.c - "check" on machines made of files: a Debian-like one that is
 * ready, and what each change to it turns into. Images are made here.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/check/cpio.h"
#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_run.h"

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define IMAGE "var/lib/kdump/initrd.img-6.12.0"
#define SMMU_CLASS "sys/class/iommu/smmu3.0x0000000009050000"

struct archive {
	char *data;
	size_t len;
	FILE *out;
};

static void open_archive(struct archive *a)
{
	a->out = open_memstream(&a->data, &a->len);
	assert_non_null(a->out);
}

static void put_entry(struct archive *a, const char *name, const char *text)
{
	size_t at;

	fprintf(a->out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s", 1, 0100644,
		0, 0, 1, 0, (unsigned int)strlen(text), 0, 0, 0, 0, (unsigned int)strlen(name) + 1,
		0, name);
	for (at = 110 + strlen(name); at == 110 + strlen(name) || at % 4; at++)
		fputc(0, a->out);
	fputs(text, a->out);
	for (at = strlen(text); at % 4; at++)
		fputc(0, a->out);
}

static void close_archive(struct archive *a)
{
	put_entry(a, "TRAILER!!!", "");
	fclose(a->out);
}

static const char *conf_text = "";

static void make_image(struct machine *m, const char *path, const char *const *names)
{
	struct archive a;

	open_archive(&a);
	for (; *names; names++)
		put_entry(&a, *names, strcmp(*names, PATH_CONF) ? "text" : conf_text);
	close_archive(&a);
	machine_write_bytes(m, path, a.data, a.len);
	free(a.data);
}

#define MODULES "usr/lib/modules/6.12.0/"
static const char *const ready[] = {
	"usr/bin/" NAME_DAEMON,
	PATH_CONF,
	MODULES "extra/smmu_adopt.ko",
	MODULES "extra/arm-smmu-v3-adopt.ko",
	MODULES "kernel/drivers/nvme/host/nvme.ko.xz",
	MODULES "kernel/drivers/net/e1000e.ko",
	NULL,
};

static void add_device(struct machine *m, const char *name, const char *driver)
{
	const struct machine_device device = { .name = name, .driver = driver, .group = 1 };
	char path[200], target[200];

	machine_device(m, &device);
	snprintf(path, sizeof(path), SMMU_CLASS "/devices/%s", name);
	snprintf(target, sizeof(target), "../../../../devices/pci0000:00/%s", name);
	machine_link(m, path, target);
	if (!driver)
		return;
	snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/module", driver);
	snprintf(target, sizeof(target), "../../../../module/%s", driver);
	machine_link(m, path, target);
}

/* On the machine, and in the image. */
static void set_conf(struct machine *m, const char *text)
{
	conf_text = text;
	machine_write(m, PATH_CONF, text);
	make_image(m, IMAGE, ready);
}

static int set_up(void **state)
{
	struct machine *m;

	machine_clock_set_up(state);
	m = *state;
	machine_write(m, "sys/kernel/kexec_crash_loaded", "1\n");
	machine_write(m, "sys/kernel/kexec_crash_size", "268435456\n");
	machine_write(m, "sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	machine_write(m, "proc/sys/kernel/osrelease", "6.12.0\n");
	machine_write(m, "proc/cmdline", "root=/dev/sda1 quiet\n");
	machine_write(m, "proc/kallsyms", "0000000000000000 t arm_smmu_device_probe\n");
	machine_write(m, "etc/default/kdump-tools",
		      "# KDUMP_CMDLINE=\"old\"\nUSE_KDUMP=1\n"
		      "KDUMP_CMDLINE_APPEND=\"reset_devices initcall_blacklist=x,"
		      "arm_smmu_driver_init\"\n");
	machine_write(m, SMMU_CLASS "/device/of_node/dma-coherent", "");
	set_conf(m, "[Dump]\ndevice = 0000:00:02.0\n");
	machine_write(m, "usr/lib/modules/6.12.0/modules.alias",
		      "# text\nalias test:no-such-module-* e1000e\n");
	machine_write(m, "sys/module/nvme/.keep", "");
	machine_write(m, "sys/module/mlx5_core/.keep", "");
	add_device(m, "0000:00:01.0", NULL);
	add_device(m, "0000:00:02.0", "nvme");
	return 0;
}

/* Run, expect @code, and a line that begins with @level and @topic and has @text. */
static void expect(struct machine *m, int code, const char *level, const char *topic,
		   const char *text)
{
	char head[64], *line;
	struct run run;

	run_ctl(ARGS("--root", m->dir, "check"), &run);
	snprintf(head, sizeof(head), "%-8s %-13s ", level, topic);
	line = strstr(run.out, head);
	if (run.code != code || !line || (line != run.out && line[-1] != '\n') ||
	    !strstr(line, text))
		fail_msg("exit %d, not %d; no '%s' with '%s' in\n%s%s", run.code, code, head, text,
			 run.out, run.err);
	run_free(&run);
}

static void test_ready(void **state)
{
	struct machine *m = *state;
	struct run run;

	expect(m, EXIT_DONE, "ok", "adopt", "and /etc/default/kdump-tools keeps the");
	expect(m, EXIT_DONE, "ok", "drivers", "all 2 devices");
	expect(m, EXIT_DONE, "ok", "dump path", "0000:00:02.0");
	run_ctl(ARGS("--root", m->dir, "check"), &run);
	assert_null(strstr(run.out, "warn "));
	assert_non_null(strstr(run.out, ", 0 warn, 0 fail, 0 unknown\n"));
	run_free(&run);
	run_ctl(ARGS("--root", m->dir, "--image", IMAGE, "--json", "check"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "\"schema\": \"" SCHEMA_CHECK "\""));
	assert_non_null(strstr(run.out, "\"topic\": \"adopt\""));
	assert_non_null(strstr(run.out, "\"failed\": 0"));
	run_free(&run);
}

static void test_capture_kernel(void **state)
{
	struct machine *m = *state;

	machine_write(m, "etc/default/kdump-tools", "KDUMP_CMDLINE_APPEND='novmcoredd'\n");
	expect(m, EXIT_FINDINGS, "warn", "novmcoredd", "forbids notes");
	expect(m, EXIT_FINDINGS, "fail", "adopt", "is in the image, but");
	machine_remove(m, "etc/default/kdump-tools");
	expect(m, EXIT_PARTIAL, "unknown", "cmdline", "not known");
	machine_write(m, "proc/cmdline",
		      "a iommu.passthrough=1 initcall_blacklist=arm_smmu_driver_"
		      "init\n");
	machine_write(m, "etc/sysconfig/kdump", "KDUMP_COMMANDLINE=\"\"\n");
	expect(m, EXIT_FINDINGS, "warn", "passthrough", "iommu.passthrough=1");
	machine_write(m, "etc/sysconfig/kdump",
		      "KDUMP_COMMANDLINE_REMOVE=\"hugepages iommu.passthrough\"\n");
	expect(m, EXIT_DONE, "ok", "adopt", "/etc/sysconfig/kdump");
	machine_write(m, "sys/kernel/kexec_crash_size", "67108864\n");
	expect(m, EXIT_FINDINGS, "warn", "crashkernel", "64 MiB are reserved");
	machine_write(m, "sys/kernel/kexec_crash_size", "0\n");
	expect(m, EXIT_FINDINGS, "fail", "crashkernel", "no memory");
	machine_write(m, "sys/kernel/kexec_crash_loaded", "0\n");
	expect(m, EXIT_FINDINGS, "fail", "kexec", "no capture kernel is loaded");
}

/* What kdump-tools has loaded counts, not what its file would have it load next. */
static void test_loaded_cmdline(void **state)
{
	struct machine *m = *state;

	machine_write(m, "var/crash/kexec_cmd",
		      "/sbin/kexec -p --command-line=\"root=/dev/a iommu.passthrough=1\" "
		      "--initrd=/var/lib/kdump/initrd.img /var/lib/kdump/vmlinuz\n");
	expect(m, EXIT_FINDINGS, "warn", "passthrough", "iommu.passthrough=1");
	expect(m, EXIT_FINDINGS, "fail", "adopt", "but the loaded command line does not");
	machine_write(m, "sys/kernel/kexec_crash_loaded", "0\n");
	expect(m, EXIT_FINDINGS, "ok", "adopt", "/etc/default/kdump-tools keeps");
	machine_write(m, "sys/kernel/kexec_crash_loaded", "1\n");
	machine_write(m, "var/crash/kexec_cmd", "/sbin/kexec -p --command-line=\"cut");
	expect(m, EXIT_DONE, "ok", "adopt", "/etc/default/kdump-tools keeps");
	machine_write(m, "etc/default/kdump-tools", "KDUMP_COREDIR=/srv/crash\n");
	machine_write(m, "srv/crash/kexec_cmd",
		      "kexec -p --command-line=\"a initcall_blacklist=arm_smmu_driver_init\"\n");
	expect(m, EXIT_DONE, "ok", "adopt", "the loaded command line keeps");
}

static void test_image(void **state)
{
	static const char *const bare[] = { "init", MODULES "kernel/e1000e.ko", NULL };
	static const char *const squash[] = { "init", "squash-root.img", NULL };
	struct machine *m = *state;

	make_image(m, IMAGE, bare);
	expect(m, EXIT_FINDINGS, "fail", "helper", "not in the image");
	expect(m, EXIT_FINDINGS, "fail", "daemon", "not in the image");
	expect(m, EXIT_FINDINGS, "fail", "adopt", "the image has no driver that does");
	expect(m, EXIT_FINDINGS, "fail", "dump path", "no driver for 0000:00:02.0");
	expect(m, EXIT_FINDINGS, "warn", "drivers", "1 of 2 devices");
	machine_write(m, "proc/kallsyms",
		      "0 t arm_smmu_device_probe\n"
		      "0 t arm_smmu_kdump_adopt_strtab\n");
	expect(m, EXIT_FINDINGS, "ok", "adopt", "this kernel's own driver adopts");
	make_image(m, IMAGE, squash);
	expect(m, EXIT_PARTIAL, "unknown", "image", "squashed");
	machine_write(m, IMAGE, "no archive at all");
	expect(m, EXIT_PARTIAL, "unknown", "image", "neither an archive nor");
	machine_remove(m, IMAGE);
	expect(m, EXIT_PARTIAL, "unknown", "image", "no kdump image");
	/* Where Fedora puts it. */
	make_image(m, "boot/initramfs-6.12.0kdump.img", ready);
	expect(m, EXIT_DONE, "ok", "image", "boot/initramfs-6.12.0kdump.img: 4 modules of 6.12.0");
}

static void test_firmware_and_devices(void **state)
{
	struct machine *m = *state;

	add_device(m, "0000:00:04.0", "mlx5_core");
	expect(m, EXIT_FINDINGS, "warn", "drivers", "1 of 3 devices behind an SMMU");
	machine_write(m, "sys/kernel/iommu_groups/1/type", "identity\n");
	expect(m, EXIT_FINDINGS, "warn", "passthrough", "3 devices are not translated");
	machine_write(m, "sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	expect(m, EXIT_FINDINGS, "warn", "lockdown", "[integrity]");
	machine_write(m, "sys/firmware/devicetree/base/reserved-memory/fb@1/iommu-addresses", "");
	expect(m, EXIT_FINDINGS, "warn", "rmr", "in 1 ranges");
	set_conf(m, "[Dump]\ndevice = 0000:00:09.0\nodd = 1\n");
	expect(m, EXIT_FINDINGS, "fail", "dump path", "no such device: 0000:00:09.0");
	expect(m, EXIT_FINDINGS, "warn", "config", "odd");
	machine_remove(m, SMMU_CLASS "/device/of_node/dma-coherent");
	expect(m, EXIT_FINDINGS, "fail", "coherent", "does not declare smmu3.0x0000000009050000");
	machine_remove(m, SMMU_CLASS "/device");
	expect(m, EXIT_FINDINGS, "unknown", "coherent", "was not found");
	machine_remove(m, "sys/class/iommu");
	expect(m, EXIT_FINDINGS, "fail", "smmu", "no SMMUv3 is in use");
}

/* Targets as administrators and kdump's files name them, walked to the devices. */
static void test_dump_path(void **state)
{
	struct machine *m = *state;

	machine_write(m,
		      "sys/devices/pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1/nvme0n1p3/partition",
		      "3\n");
	machine_link(m, "sys/class/block/nvme0n1p3",
		     "../../devices/pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1/nvme0n1p3");
	machine_link(m, "sys/class/block/nvme0n1",
		     "../../devices/pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1");
	machine_link(m, "sys/class/nvme/nvme0", "../../devices/pci0000:00/0000:00:02.0/nvme/nvme0");
	set_conf(m, "[Dump]\ndevice = nvme0n1p3\n");
	expect(m, EXIT_DONE, "ok", "dump path", "0000:00:02.0 (nvme0n1p3: nvme0n1p3");
	set_conf(m, "[Dump]\ndevice = /dev/nvme9n1\n");
	expect(m, EXIT_FINDINGS, "fail", "dump path", "/dev/nvme9n1: /dev/nvme9n1: not there");
	/* Not configured: of kdump's own files; these devices are all that is asked for. */
	set_conf(m, "");
	machine_write(m, "etc/kdump.conf", "raw /dev/nvme0n1p3\n");
	machine_write(m, "proc/cmdline", "quiet\n");
	expect(m, EXIT_DONE, "ok", "dump path", "0000:00:02.0 (/dev/nvme0n1p3 of /etc/kdump.conf");
	machine_write(m, "etc/kdump.conf", "raw /dev/nvme9n1\n");
	expect(m, EXIT_FINDINGS, "fail", "dump path", "etc/kdump.conf: ");
	machine_remove(m, "etc/kdump.conf");
	machine_write(m, "proc/cmdline", "root=/dev/nvme0n1p3 quiet\n");
	expect(m, EXIT_FINDINGS, "warn", "dump path",
	       "a guess, so every device will get its driver");
	machine_write(m, "proc/cmdline", "quiet\n");
	expect(m, EXIT_FINDINGS, "warn", "dump path", "no device of the dump is configured");
	set_conf(m, "[Dump]\ndevice = 0000:00:02.0 0000:00:01.0\n");
	expect(m, EXIT_DONE, "ok", "dump path", "0000:00:02.0, 0000:00:01.0");
}

/* The daemon after a crash reads what is in the image. */
static void test_image_conf(void **state)
{
	static const char *const built[] = {
		"usr/bin/" NAME_DAEMON,
		MODULES "extra/smmu_adopt.ko",
		MODULES "extra/arm-smmu-v3-adopt.ko",
		MODULES "kernel/drivers/nvme/host/nvme.ko.xz",
		MODULES "kernel/drivers/net/e1000e.ko",
	};
	struct machine *m = *state;
	struct archive a;
	size_t i;

	machine_remove(m, PATH_CONF);
	open_archive(&a);
	for (i = 0; i < sizeof(built) / sizeof(built[0]); i++)
		put_entry(&a, built[i], "text");
	put_entry(&a, "./" PATH_CONF ".d/90-dump-path.conf", "[Dump]\ndevice = 0000:00:02.0\n");
	put_entry(&a, PATH_CONF ".d/note", "[Dump]\ndevice = 0000:00:09.0\n");
	close_archive(&a);
	machine_write_bytes(m, IMAGE, a.data, a.len);
	free(a.data);
	expect(m, EXIT_DONE, "ok", "dump path", "0000:00:02.0");
	machine_write(m, PATH_CONF_VENDOR, "[Probe]\n");
	expect(m, EXIT_FINDINGS, "warn", "config", "not in the image: /" PATH_CONF_VENDOR);
	machine_remove(m, PATH_CONF_VENDOR);
	machine_write(m, PATH_CONF ".d/90-dump-path.conf", "[Dump]\ndevice = 0000:00:01.0\n");
	expect(m, EXIT_FINDINGS, "warn", "config", "changed since the image was built:");
	machine_write(m, PATH_CONF ".d/90-dump-path.conf", "[Dump]\ndevice = 0000:00:02.0\n\n");
	expect(m, EXIT_DONE, "ok", "dump path", "0000:00:02.0");
}

static void test_makedumpfile(void **state)
{
	static const char line[] = "[ ! -r /" PATH_DUMP_BY_COPY " ] || . /" PATH_DUMP_BY_COPY "\n";
	struct machine *m = *state;
	struct run run;
	char text[300];

	machine_write(m, "boot/config-6.12.0",
		      "CONFIG_ARM64_VA_BITS=48\nCONFIG_ARM64_4K_PAGES=y\n");
	run_ctl(ARGS("--root", m->dir, "check"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_null(strstr(run.out, "makedumpfile"));
	run_free(&run);
	machine_write(m, "boot/config-6.12.0",
		      "CONFIG_ARM64_4K_PAGES=y\nCONFIG_ARM64_VA_BITS=52\n");
	expect(m, EXIT_FINDINGS, "fail", "makedumpfile", "as this one: no dump");
	expect(m, EXIT_FINDINGS, "fail", "makedumpfile", "at the head of");
	snprintf(text, sizeof(text),
		 "KDUMP_CMDLINE_APPEND=\"initcall_blacklist=arm_smmu_driver_init\"\n#%s", line);
	machine_write(m, "etc/default/kdump-tools", text);
	expect(m, EXIT_FINDINGS, "fail", "makedumpfile", "as this one: no dump");
	snprintf(text, sizeof(text),
		 "KDUMP_CMDLINE_APPEND=\"initcall_blacklist=arm_smmu_driver_init\"\n%s", line);
	machine_write(m, "etc/default/kdump-tools", text);
	expect(m, EXIT_DONE, "ok", "makedumpfile", "a copy of all memory");
}

static void test_makedumpfile_kdump_utils(void **state)
{
	struct machine *m = *state;

	machine_write(m, "boot/config-6.12.0",
		      "CONFIG_ARM64_4K_PAGES=y\nCONFIG_ARM64_VA_BITS=52\n");
	machine_remove(m, "etc/default/kdump-tools");
	machine_write(m, "etc/sysconfig/kdump",
		      "KDUMP_COMMANDLINE_APPEND=\"initcall_blacklist=arm_smmu_driver_init\"\n");
	machine_write(m, "etc/kdump.conf", "core_collector makedumpfile -l -d 31\n");
	expect(m, EXIT_FINDINGS, "fail", "makedumpfile", "core_collector cp");
	machine_write(m, "etc/kdump.conf", "path /x\n");
	expect(m, EXIT_FINDINGS, "fail", "makedumpfile", "core_collector cp");
	machine_write(m, "etc/kdump.conf", "core_collector cp\n");
	expect(m, EXIT_DONE, "ok", "makedumpfile", "a copy of all memory");
}

/* An IORT with one SMMUv3 node. */
static void test_iort(void **state)
{
	struct machine *m = *state;
	u8 iort[48 + 68] = "IORT";

	machine_remove(m, SMMU_CLASS "/device");
	iort[8] = 6;
	core_st32(iort + 36, 1);
	core_st32(iort + 40, 48);
	iort[48] = 4;
	core_st16(iort + 49, 68);
	core_st64(iort + 64, 0x9050000);
	core_st32(iort + 72, 1);
	machine_write_bytes(m, "sys/firmware/acpi/tables/IORT", iort, sizeof(iort));
	expect(m, EXIT_DONE, "ok", "coherent", "firmware declares it coherent");
	core_st32(iort + 72, 2);
	machine_write_bytes(m, "sys/firmware/acpi/tables/IORT", iort, sizeof(iort));
	expect(m, EXIT_FINDINGS, "fail", "coherent", "does not declare");
	core_st16(iort + 49, 6800);
	machine_write_bytes(m, "sys/firmware/acpi/tables/IORT", iort, sizeof(iort));
	expect(m, EXIT_PARTIAL, "unknown", "coherent", "was not found");
}

static int count(void *priv, const struct cpio_entry *entry)
{
	assert_true(entry->name[0] != '/');
	++*(int *)priv;
	return 0;
}

static int list(struct machine *m, const char *path, int *ret_entries, struct errbuf *err)
{
	int fd = fsroot_openat(&m->root, 0, 0, "%s", path), rc;

	*ret_entries = 0;
	rc = cpio_list(fd, count, ret_entries, err);
	close(fd);
	return rc;
}

/* An image that comes through a pipe, of which the first byte comes after @ms. */
static int list_slow(uint32_t ms)
{
	struct errbuf err;
	int entries = 0, fds[2], rc;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		signal(SIGPIPE, SIG_IGN);
		close(fds[0]);
		clock_sleep_ms(ms);
		_exit(write(fds[1], "no archive", 10) < 0 && errno != EPIPE);
	}
	close(fds[1]);
	rc = cpio_list(fds[0], count, &entries, &err);
	close(fds[0]);
	assert_int_equal(fakeclock_wait(pid), 0);
	return rc;
}

static void test_slow_archive(void **state)
{
	(void)state;
	assert_int_equal(list_slow(CPIO_LIST_MS - 1), -EINVAL);
	assert_int_equal(list_slow(CPIO_LIST_MS + 1), -ETIMEDOUT);
}

static void shell(struct machine *m, const char *command)
{
	char line[400];

	snprintf(line, sizeof(line), "cd %s && %s", m->dir, command);
	assert_int_equal(system(line), 0);
}

/* An early archive, zeros up to a sector, then the rest, compressed by @packer (argv, with
 * options). */
static void packed_by(struct machine *m, const char *packer)
{
	static const char *const early[] = { "./kernel/x86/microcode", NULL };
	struct errbuf err;
	char line[200];
	int n;

	snprintf(line, sizeof(line), "command -v %.*s >/dev/null", (int)strcspn(packer, " "),
		 packer);
	if (system(line) != 0) {
		print_message("SKIP: no %s\n", packer);
		skip();
	}
	make_image(m, "a", early);
	make_image(m, "b", ready);
	snprintf(line, sizeof(line),
		 "cp a c && truncate -s %%512 c && %s -c b >d 2>/dev/null && cat d >>c", packer);
	shell(m, line);
	assert_int_equal(list(m, "c", &n, &err), 0);
	assert_int_equal(n, 7);
}

#define PACKED(name, packer)                 \
	static void name(void **state)       \
	{                                    \
		packed_by(*state, (packer)); \
	}
PACKED(test_cpio_gzip, "gzip")
PACKED(test_cpio_xz, "xz")
PACKED(test_cpio_zstd, "zstd")
PACKED(test_cpio_lz4, "lz4 -l")
PACKED(test_cpio_bzip2, "bzip2")

static void test_cpio(void **state)
{
	static const char *const early[] = { "./kernel/x86/microcode", NULL };
	struct machine *m = *state;
	struct errbuf err;
	char line[200];
	size_t i;
	int n;

	make_image(m, "a", early);
	make_image(m, "b", ready);
	shell(m, "cat a b >c");
	assert_int_equal(list(m, "c", &n, &err), 0);
	assert_int_equal(n, 7);
	/* Cut anywhere: an error, never a crash or a hang. */
	for (i = 1; i < 300; i += 7) {
		snprintf(line, sizeof(line), "head -c %zu b >c", i);
		shell(m, line);
		assert_true(list(m, "c", &n, &err) < 0);
	}
	shell(m, "gzip -c b | head -c 60 >c");
	assert_true(list(m, "c", &n, &err) < 0);
	shell(m, "sed 's/070701\\(................................................\\)/070701"
		 "\\1ffffffff/' b >c");
	assert_true(list(m, "c", &n, &err) < 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, machine_clock_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_ready),
		TEST(test_capture_kernel),
		TEST(test_image),
		TEST(test_iort),
		TEST(test_firmware_and_devices),
		TEST(test_cpio),
		TEST(test_slow_archive),
		TEST(test_cpio_gzip),
		TEST(test_cpio_xz),
		TEST(test_cpio_zstd),
		TEST(test_cpio_lz4),
		TEST(test_cpio_bzip2),
		TEST(test_dump_path),
		TEST(test_loaded_cmdline),
		TEST(test_image_conf),
		TEST(test_makedumpfile),
		TEST(test_makedumpfile_kdump_utils),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
