// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_check_paths.c - "check" on the way of the dump: what is found for it now, what the image
 * knows, whom the capture environment waits for, and what its command line keeps away.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/check/check.h"
#include "ctl/check/resolve_run.h"
#include "lib/base/cleanup.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_clock.h"

/* A disk with a partition below the NVMe controller of the machine. */
static void make_disk(struct machine *m)
{
#define DISK "sys/devices/pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1"
	machine_write(m, "sys/devices/pci0000:00/0000:00:02.0/uevent", "");
	machine_write(m, DISK "/uevent", "");
	machine_write(m, DISK "/nvme0n1p3/uevent", "");
	machine_write(m, DISK "/nvme0n1p3/partition", "3\n");
	machine_link(m, "sys/class/block/nvme0n1p3",
		     "../../devices/pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1/nvme0n1p3");
	machine_link(m, "sys/class/block/nvme0n1",
		     "../../devices/pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1");
	machine_write(m, "dev/nvme0n1p3", "");
	/* The other device of the machine, as a disk. */
	machine_write(m, "sys/devices/pci0000:00/0000:00:01.0/uevent", "");
	machine_write(m, "sys/devices/pci0000:00/0000:00:01.0/host0/block/sda/uevent", "");
	machine_link(m, "sys/class/block/sda",
		     "../../devices/pci0000:00/0000:00:01.0/host0/block/sda");
	machine_write(m, "dev/sda", "");
	machine_link(m, "dev/disk/by-uuid/1-2", "../../sda");
	machine_link(m, "dev/vg/lv", "../sda");
}

/* What "resolve" says now, and whether the image has the drivers. */
static void test_dump_path(void **state)
{
	struct machine *m = *state;

	make_disk(m);
	check_set_conf(m, "");
	check_image_with(m, "[Dump]\ndevice =\ndevice = 0000:00:02.0\n", NULL);
	machine_remove(m, "etc/default/kdump-tools");
	machine_write(m, "etc/kdump.conf", "raw /dev/nvme0n1p3\n");
	machine_write(m, "etc/sysconfig/kdump", "KDUMP_COMMANDLINE_APPEND='" KEEP_AWAY "'\n");
	check_expect(m, EXIT_DONE, "ok", "target",
		     "0000:00:02.0 (/dev/nvme0n1p3 (/etc/kdump.conf): ");
	check_expect(m, EXIT_DONE, "ok", "resolved", "the image names the same devices");
	machine_write(m, "etc/kdump.conf", "raw /dev/nvme9n1\n");
	check_expect(m, EXIT_FINDINGS, "fail", "target", "/dev/nvme9n1 does not exist");
	machine_write(m, "etc/kdump.conf", "raw /dev/nvme0n1p3\nodd x\n");
	check_expect(m, EXIT_FINDINGS, "warn", "target", "not known for certain, so every");
	check_expect(m, EXIT_FINDINGS, "warn", "resolved",
		     "knows the dump path for certain, but now");
	machine_write(m, "etc/kdump.conf", "raw /dev/sda\n");
	check_expect(m, EXIT_FINDINGS, "fail", "resolved",
		     "the dump needs 0000:00:01.0, which the image");
	setenv("SMMU_ADOPT_RESOLVE", "/none", 1);
	check_expect(m, EXIT_PARTIAL, "unknown", "target", NAME_RESOLVE " is not installed");
}

/* The image against what is found now. */
static void test_image_path(void **state)
{
	struct machine *m = *state;

	make_disk(m);
	check_conf_text = "";
	machine_write(m, PATH_CONF, "[Dump]\ndevice = nvme0n1p3\n");
	check_conf_text = "[Dump]\ndevice = nvme0n1p3\n";
	check_image_with(m, NULL, NULL);
	check_expect(m, EXIT_FINDINGS, "warn", "resolved",
		     "that the capture kernel cannot look up");
	check_image_with(m, "[Dump]\ndevice =\ndevice = 0000:00:02.0\n", NULL);
	check_expect(m, EXIT_DONE, "ok", "resolved", "the image names the same devices");
	check_image_with(m, "[Dump]\ndevice =\ndevice = 0000:00:02.0\nuncertain = x y\n", NULL);
	check_expect(m, EXIT_FINDINGS, "warn", "resolved",
		     "does not know the dump path for certain");
	check_image_with(m, "[Dump]\ndevice =\ndevice = 0000:00:02.0 0000:00:01.0\n", NULL);
	check_expect(m, EXIT_FINDINGS, "warn", "resolved",
		     "names 0000:00:01.0, which the dump does not");
	/* Another device has the address now. */
	machine_write(m, "sys/devices/pci0000:00/0000:00:02.0/class", "0x010802\n");
	check_image_with(m, "[Dump]\ndevice =\ndevice = 0000:00:02.0 class=0x020000\n", NULL);
	check_expect(m, EXIT_FINDINGS, "fail", "resolved",
		     "needs 0000:00:02.0, which the image does not");
	/* Both are unsure: it goes on to be so. */
	machine_write(m, PATH_CONF, "[Dump]\ndevice = nvme0n1p3 zram0\n");
	check_conf_text = "[Dump]\ndevice = nvme0n1p3 zram0\n";
	check_image_with(m, "[Dump]\ndevice =\ndevice = 0000:00:02.0\nuncertain = x\n", NULL);
	check_expect(m, EXIT_FINDINGS, "ok", "resolved",
		     "also says that the dump path is not certain");
}

/* Whom the image waits for, and is not going to get. */
static void test_waits(void **state)
{
	static const struct file cases[][2] = {
		{ { "etc/cmdline.d/00-root.conf", " root=UUID=1-2 rd.x=1\n" } },
		{ { "etc/cmdline.d/00-root.conf", "root=block:/dev/sda\n" } },
		{ { "etc/cmdline.d/90crypt.conf", "rd.luks.uuid=luks-1-2\n" } },
		{ { "etc/cmdline.d/90lvm.conf", "rd.lvm.lv=vg/lv\n" } },
		{ { "usr/lib/dracut/hooks/initqueue/finished/devexists-sda.sh",
		    "if ! grep -q After=remote-fs-pre.target x; then\n"
		    "[ -e \"/dev/disk/by-uuid/1-2\" ]\nfi\n" } },
		{ { "etc/systemd/system/initrd.target.wants/dev-disk-by\\x2duuid-1\\x2d2.device",
		    "/usr/lib" } },
		{ { "etc/fstab", "/dev/sda /kdumproot xfs defaults 0 2\n" } },
	};
	static const struct file none[][2] = {
		{ { "etc/cmdline.d/00-root.conf", "root=/dev/nvme0n1p3 resume=\n" } },
		{ { "etc/fstab", "/dev/sda /x xfs nofail 0 2\n/dev/sda /y xfs noauto 0 0\n" } },
		{ { "usr/lib/dracut/hooks/pre-mount/x.sh", "[ -e \"/dev/sda\" ]\n" } },
	};
	const char *const dropin = "[Dump]\ndevice =\ndevice = 0000:00:02.0\n";
	struct machine *m = *state;
	size_t i;

	make_disk(m);
	machine_write(m, PATH_CONF, check_conf_text);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check_image_with(m, dropin, cases[i]);
		check_expect(m, EXIT_FINDINGS, "warn", "waits",
			     "the daemon will hold 0000:00:01.0");
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		check_image_with(m, dropin, none[i]);
		check_expect(m, EXIT_DONE, "ok", "waits",
			     "waits for no device that the daemon will hold");
	}
	/* Nothing is held where the image is not certain. */
	check_image_with(m, "[Dump]\ndevice = 0000:00:02.0\nuncertain = x\n", cases[0]);
	check_expect(m, EXIT_FINDINGS, "warn", "resolved", "for certain");
	{
		struct run run;

		run_ctl(ARGS("--root", m->dir, "check"), &run);
		assert_null(strstr(run.out, "waits"));
		run_free(&run);
	}
}

/* kdump-tools boots the real root, which waits for what is in fstab. */
static void test_mounts(void **state)
{
	struct machine *m = *state;

	make_disk(m);
	machine_write(m, "etc/fstab",
		      "/dev/nvme0n1p3 / xfs defaults 0 1\nUUID=1-2 /data xfs defaults 0 2\n"
		      "tmpfs /tmp tmpfs defaults 0 0\n");
	check_expect(m, EXIT_FINDINGS, "warn", "mounts",
		     "waits for /data on UUID=1-2, but the daemon will hold 0000:00:01.0");
	machine_write(m, "etc/fstab", "UUID=1-2 /data xfs nofail 0 2\n");
	check_expect(m, EXIT_DONE, "ok", "waits", "the image (or /etc/fstab) waits for no device");
	machine_write(m, "etc/fstab", "UUID=1-2 /data xfs noauto,x-systemd.automount 0 2\n");
	check_expect(m, EXIT_DONE, "ok", "waits", "the image (or /etc/fstab) waits for no device");
	machine_write(m, "etc/fstab", "UUID=1-2 none swap sw 0 0\n");
	check_expect(m, EXIT_FINDINGS, "warn", "mounts", "waits for none on UUID=1-2");
}

/* A word on the capture kernel's line, and what it keeps away. */
static void test_blacklists(void **state)
{
	static const struct {
		const char *word, *level, *text;
	} cases[] = {
		{ "module_blacklist=x,nvme", "fail", "blocks nvme, the driver of 0000:00:02.0" },
		{ "modprobe.blacklist=nvme", "fail",
		  "has modprobe.blacklist=nvme, which blocks nvme" },
		{ "rd.driver.blacklist=nvme", "warn", "initramfs-tools ignores this word" },
		{ "initcall_blacklist=nvme_init", "fail",
		  "has initcall_blacklist=nvme_init, which blocks nvme" },
		{ "module_blacklist=smmu_adopt", "fail", "blocks smmu_adopt, the helper" },
		{ "module_blacklist=x module_blacklist=nvme", "fail", "blocks nvme" },
		{ "modprobe.blacklist=nvme modprobe.blacklist=x", "fail", "blocks nvme" },
		{ "modprobe.blacklist=arm-smmu-v3-adopt", "fail",
		  "blocks arm_smmu_v3_adopt, the adopting driver" },
	};
	/* The kernel's list takes no dash for an underscore, and the last such word counts. */
	static const char *const harmless[] = {
		"module_blacklist=nvme_tcp,e1000e",
		"module_blacklist=smmu-adopt",
		"module_blacklist=nvme module_blacklist=e1000e",
		"module_blacklist=smmu_adopt,nvme module_blacklist=",
	};
	struct machine *m = *state;
	struct run run;
	char text[300];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "KDUMP_CMDLINE_APPEND='" UNIT " " KEEP_AWAY " %s'\n",
			 cases[i].word);
		machine_write(m, "etc/default/kdump-tools", text);
		check_expect(m, EXIT_FINDINGS, cases[i].level, "blacklist", cases[i].text);
	}
	for (i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		snprintf(text, sizeof(text), "KDUMP_CMDLINE_APPEND='" UNIT " " KEEP_AWAY " %s'\n",
			 harmless[i]);
		machine_write(m, "etc/default/kdump-tools", text);
		run_ctl(ARGS("--root", m->dir, "check"), &run);
		assert_null(strstr(run.out, "blacklist  "));
		run_free(&run);
	}
}

/* A word of this system's own line, which kdump copies, is not blamed on kdump's file. */
static void test_word_of_running(void **state)
{
	struct machine *m = *state;

	machine_write(m, "proc/cmdline", "root=/dev/sda1 module_blacklist=nvme quiet\n");
	check_expect(m, EXIT_FINDINGS, "fail", "blacklist",
		     "/proc/cmdline has module_blacklist=nvme, which blocks nvme");
	check_expect(m, EXIT_FINDINGS, "fail", "blacklist",
		     "Fix: remove module_blacklist from this system's own command line");
	machine_remove(m, "etc/default/kdump-tools");
	machine_write(m, "etc/sysconfig/kdump", "KDUMP_COMMANDLINE_APPEND=\"" KEEP_AWAY "\"\n");
	check_expect(
		m, EXIT_FINDINGS, "fail", "blacklist",
		"Fix: add module_blacklist to KDUMP_COMMANDLINE_REMOVE in /etc/sysconfig/kdump");
	check_expect(m, EXIT_FINDINGS, "ok", "adopt", "and /etc/sysconfig/kdump keeps");
	machine_write(m, "etc/sysconfig/kdump",
		      "KDUMP_COMMANDLINE=\"" KEEP_AWAY " module_blacklist=nvme\"\n");
	check_expect(m, EXIT_FINDINGS, "fail", "blacklist",
		     "Fix: remove module_blacklist from /etc/sysconfig/kdump");
}

/* More devices than a drop-in holds cannot be named either. */
static void test_too_many(void **state)
{
	struct machine *m = *state;
	char text[1200] = "[Dump]\n", name[24];
	size_t len;
	int i;

	for (i = 0; i <= CONFIG_DEVICES_MAX; i++) {
		snprintf(name, sizeof(name), "0000:01:%02x.0", i);
		check_add_device(m, name, NULL);
		len = strlen(text);
		snprintf(text + len, sizeof(text) - len, "device = %s\n", name);
	}
	check_set_conf(m, text);
	check_expect(m, EXIT_FINDINGS, "warn", "target", "Fix: no more devices can be named");
}

/* An advice to set a line keeps the words of the default, which the line replaces. */
static void test_keeps_default(void **state)
{
	struct machine *m = *state;

	machine_write(m, "etc/default/kdump-tools", "USE_KDUMP=1\n");
	check_expect(m, EXIT_FINDINGS, "fail", "adopt",
		     "Fix: run " NAME_CTL " setup, which adds " KEEP_AWAY " and keeps");
	machine_write(m, "var/crash/kexec_cmd",
		      "kexec -p --command-line=\"a " KEEP_AWAY "\" /boot/vmlinuz-6.12.0\n");
	check_expect(m, EXIT_FINDINGS, "fail", "cmdline",
		     "Fix: load the capture kernel again: kdump-config unload, kdump-config load");
	machine_write(m, "usr/sbin/kdump-config",
		      "KDUMP_CMDLINE_APPEND=${KDUMP_CMDLINE_APPEND:=\"irqpoll nr_cpus=1\"}\n");
	check_expect(m, EXIT_FINDINGS, "fail", "cmdline",
		     "Fix: set KDUMP_CMDLINE_APPEND=\"irqpoll nr_cpus=1 " UNIT "\" in");
}

/* The file's line replaces the default of kdump-tools, which takes the dump. */
static void test_lost_unit(void **state)
{
	struct machine *m = *state;

	machine_write(m, "etc/default/kdump-tools", "KDUMP_CMDLINE_APPEND='" KEEP_AWAY "'\n");
	check_expect(m, EXIT_FINDINGS, "fail", "cmdline",
		     "has no " UNIT ": the capture kernel takes no dump");
	check_expect(m, EXIT_FINDINGS, "fail", "cmdline",
		     "Fix: add " UNIT " to KDUMP_CMDLINE_APPEND in /etc/default/kdump-tools");
	machine_write(m, "etc/default/kdump-tools",
		      "KDUMP_CMDLINE_APPEND='" UNIT "'\n"
		      "KDUMP_CMDLINE_APPEND=\"${KDUMP_CMDLINE_APPEND} " KEEP_AWAY "\"\n");
	check_expect(m, EXIT_DONE, "ok", "adopt", "/etc/default/kdump-tools keeps");
	machine_write(m, "etc/default/kdump-tools",
		      "KDUMP_CMDLINE_APPEND='systemd.unit=kdump-tools.service " KEEP_AWAY "'\n");
	check_expect(m, EXIT_DONE, "ok", "adopt", "/etc/default/kdump-tools keeps");
	machine_write(m, "etc/default/kdump-tools",
		      "KDUMP_CMDLINE_APPEND='" UNIT " " KEEP_AWAY " systemd.unit=rescue.target'\n");
	check_expect(m, EXIT_FINDINGS, "fail", "cmdline",
		     "has systemd.unit=rescue.target, and the last systemd.unit= counts: "
		     "the capture kernel takes no dump");
	/* Keeping the kernel's own away without another in the image leaves none. */
	machine_write(m, "etc/default/kdump-tools",
		      "KDUMP_CMDLINE_APPEND='" UNIT " " KEEP_AWAY "'\n");
	{
		static const char *const bare[] = { "usr/bin/" NAME_DAEMON, PATH_CONF,
						    MODULES "kernel/nvme.ko", NULL };

		check_make_image(m, IMAGE, bare);
	}
	check_expect(m, EXIT_FINDINGS, "fail", "adopt",
		     "but the image has no arm-smmu-v3-adopt.ko");
}

/* The kernel's own booleans; the last word counts. */
static void test_passthrough(void **state)
{
	static const struct {
		const char *words;
		bool on;
	} cases[] = {
		{ "iommu.passthrough=1", true },
		{ "iommu.passthrough=on", true },
		{ "iommu.passthrough=Yes", true },
		{ "iommu.passthrough=true", true },
		{ "iommu.passthrough=\"1\"", true },
		{ "iommu.passthrough=0 iommu.passthrough=y", true },
		{ "iommu.passthrough=off", false },
		{ "iommu.passthrough=maybe", false },
		{ "iommu.passthrough=1 iommu.passthrough=0", false },
		{ "iommu.passthrough", false },
		{ "x=\"a iommu.passthrough=1\"", false },
		/* Of other architectures. */
		{ "iommu=pt", false },
	};
	struct machine *m = *state;
	struct run run;
	char text[300];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "KDUMP_CMDLINE_APPEND='" UNIT " " KEEP_AWAY " %s'\n",
			 cases[i].words);
		machine_write(m, "etc/default/kdump-tools", text);
		run_ctl(ARGS("--root", m->dir, "check"), &run);
		if (!strstr(run.out, "warn     passthrough  ") == cases[i].on)
			fail_msg("%s:\n%s", cases[i].words, run.out);
		run_free(&run);
	}
}

/* The capture kernel is another one than the running. */
static void test_other_kernel(void **state)
{
	static const char *const other[] = { "usr/bin/" NAME_DAEMON, PATH_CONF,
					     "usr/lib/modules/5.14.0/extra/smmu_adopt.ko",
					     "usr/lib/modules/5.14.0/kernel/nvme.ko", NULL };
	struct machine *m = *state;

	check_make_image(m, "boot/my-initrd", other);
	machine_write(m, "etc/default/kdump-tools",
		      "KDUMP_INITRD=/boot/my-initrd\nKDUMP_CMDLINE_APPEND=" UNIT "\n");
	check_expect(m, EXIT_PARTIAL, "ok", "image", "boot/my-initrd: 2 modules of 5.14.0");
	check_expect(m, EXIT_PARTIAL, "unknown", "adopt",
		     "whether the driver of kernel 5.14.0 adopts");
	/* What was loaded counts more. */
	machine_write(m, "var/crash/kexec_cmd",
		      "kexec -p --command-line=\"" UNIT "\" --initrd=/" IMAGE " /boot/vmlinuz\n");
	check_expect(m, EXIT_FINDINGS, "ok", "image", IMAGE ": 4 modules of 6.12.0");
	machine_remove(m, "etc/default/kdump-tools");
	machine_remove(m, IMAGE);
	machine_write(m, "etc/kdump.conf", "path /x\n");
	machine_write(m, "etc/sysconfig/kdump", "KDUMP_KERNELVER=5.14.0\n");
	check_make_image(m, "boot/initramfs-5.14.0kdump.img", other);
	check_make_image(m, "boot/initramfs-6.12.0kdump.img", check_ready);
	check_expect(m, EXIT_PARTIAL, "ok", "image", "boot/initramfs-5.14.0kdump.img: 2");
	machine_write(m, "etc/sysconfig/kdump", "KDUMP_KERNELVER=\n");
	check_expect(m, EXIT_FINDINGS, "ok", "image", "boot/initramfs-6.12.0kdump.img: 4");
	/* kdump-utils takes the plain kernel of one for debugging. */
	machine_write(m, "proc/sys/kernel/osrelease", "5.14.0+debug\n");
	check_expect(m, EXIT_PARTIAL, "ok", "image", "boot/initramfs-5.14.0kdump.img: 2");
}

/* The daemon after a crash reads what is in the image. */
static void test_image_conf(void **state)
{
	const char *const dropin = "[Dump]\ndevice = 0000:00:02.0\n";
	struct machine *m = *state;

	check_conf_text = "";
	machine_write(m, PATH_CONF, "");
	machine_write(m, PATH_CONF ".d/90-dump-path.conf", dropin);
	check_image_with(m, dropin,
			 (const struct file[]){ { PATH_CONF ".d/note", "[Dump]\nx\n" }, { 0 } });
	check_expect(m, EXIT_DONE, "ok", "resolved", "the image names the same devices");
	machine_write(m, PATH_CONF_VENDOR, "[Probe]\n");
	check_expect(m, EXIT_FINDINGS, "warn", "config",
		     "the image lacks this configuration: /" PATH_CONF_VENDOR);
	machine_remove(m, PATH_CONF_VENDOR);
	machine_write(m, PATH_CONF ".d/90-dump-path.conf", "[Dump]\ndevice = 0000:00:01.0\n");
	check_expect(m, EXIT_FINDINGS, "warn", "config", "changed after the image was built:");
	check_expect(m, EXIT_FINDINGS, "fail", "resolved", "needs 0000:00:01.0");
	machine_write(m, PATH_CONF ".d/90-dump-path.conf", "[Dump]\ndevice = 0000:00:02.0\n\n");
	check_expect(m, EXIT_DONE, "ok", "target", "0000:00:02.0");
	/* A drop-in that is in the image only, and odd. */
	check_image_with(m, dropin,
			 (const struct file[]){ { PATH_CONF ".d/95-x.conf", "[Stage]\nx = 1\n" },
						{ 0 } });
	check_expect(m, EXIT_FINDINGS, "warn", "config", "95-x.conf in the image:2: unknown key");
}

/* The program hangs: it is given up, and the other answers are there. */
static void test_resolve_hangs(void **state)
{
	struct machine *m = *state;
	struct config config;
	struct errbuf err = { .text = "" };
	struct ctl ctl = { .has_root = true, .root_path = m->dir };
	char path[128], text[200];

	snprintf(path, sizeof(path), "%s/fifo", m->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(text, sizeof(text), "#!/bin/sh\nread x <%s\n", path);
	machine_write(m, "hangs", text);
	snprintf(path, sizeof(path), "%s/hangs", m->dir);
	assert_int_equal(chmod(path, 0700), 0);
	setenv("SMMU_ADOPT_RESOLVE", path, 1);
	fakeclock_start();
	assert_int_equal(resolve_run(&ctl, NULL, &config, NULL, &err), -ETIMEDOUT);
	assert_in_range(fakeclock_ms(), RESOLVE_RUN_MS, RESOLVE_RUN_MS + 50);
	fakeclock_stop();
	machine_write(m, "hangs", "#!/bin/sh\nexit 1\n");
	assert_int_equal(resolve_run(&ctl, NULL, &config, NULL, &err), -EIO);
	assert_string_equal(err.text, NAME_RESOLVE " failed: run it by hand to see why");
}

static void test_lsinitrd_hangs(void **state)
{
	_cleanup_free_ char *before = strdup(getenv("PATH"));
	struct machine *m = *state;
	struct check *check = calloc(1, sizeof(*check));
	struct errbuf err = { .text = "" };
	char path[160], text[200];

	assert_non_null(check);
	snprintf(path, sizeof(path), "%s/fifo", m->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(text, sizeof(text), "#!/bin/sh\nread x <%s\n", path);
	machine_write(m, "lsinitrd", text);
	snprintf(path, sizeof(path), "%s/lsinitrd", m->dir);
	assert_int_equal(chmod(path, 0700), 0);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", m->dir);
	setenv("PATH", path, 1);
	fakeclock_start();
	assert_int_equal(check_lsinitrd(check, "/image", NULL, &err), -ETIMEDOUT);
	assert_in_range(fakeclock_ms(), CHECK_LSINITRD_MS, CHECK_LSINITRD_MS + 50);
	fakeclock_stop();
	assert_string_equal(err.text, "lsinitrd: Connection timed out");
	setenv("PATH", before, 1);
	free(check);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, check_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dump_path),	    TEST(test_image_path),     TEST(test_waits),
		TEST(test_mounts),	    TEST(test_blacklists),     TEST(test_lost_unit),
		TEST(test_word_of_running), TEST(test_too_many),       TEST(test_keeps_default),
		TEST(test_passthrough),	    TEST(test_other_kernel),   TEST(test_resolve_hangs),
		TEST(test_image_conf),	    TEST(test_lsinitrd_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
