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

/* A disk with a partition below the NVMe controller of the machine; its other device, as a disk. */
static const char disks[] = "block 0000:00:02.0/nvme/nvme0/nvme0n1\n"
			    "block nvme0n1/nvme0n1p3 partition=3\n"
			    "file dev/nvme0n1p3\n"
			    "block 0000:00:01.0/host0/block/sda\n"
			    "file dev/sda\n"
			    "link dev/disk/by-uuid/1-2 ../../sda\n"
			    "link dev/vg/lv ../sda\n";

static int disks_set_up(void **state)
{
	(void)check_set_up(state);
	mkmachine(*state, disks, NULL);
	return 0;
}

/* What "resolve" says now, and whether the image has the drivers. */
static void test_dump_path(void **state)
{
	struct machine *m = *state;

	check_set_conf(m, "");
	check_image_with(m, "[Dump]\ndevice =\ndevice = 0000:00:02.0\n", NULL);
	check_text(m, "rm etc/default/kdump-tools\n"
		      "file etc/kdump.conf raw /dev/nvme0n1p3\n"
		      "file etc/sysconfig/kdump KDUMP_COMMANDLINE_APPEND='" KEEP_AWAY "'\n"
		      "done ok target 0000:00:02.0 (/dev/nvme0n1p3 (/etc/kdump.conf): \n"
		      "done ok resolved the image names the same devices\n"
		      "file etc/kdump.conf raw /dev/nvme9n1\n"
		      "findings fail target /dev/nvme9n1 does not exist\n"
		      "file etc/kdump.conf raw /dev/nvme0n1p3\n"
		      " odd x\n"
		      "findings warn target not known for certain, so every\n"
		      "findings warn resolved knows the dump path for certain, but now\n"
		      "file etc/kdump.conf raw /dev/sda\n"
		      "findings fail resolved the dump needs 0000:00:01.0, which the image\n");
	setenv("SMMU_ADOPT_RESOLVE", "/none", 1);
	check_expect(m, EXIT_PARTIAL, "unknown", "target", NAME_RESOLVE " is not installed");
}

/* The image against what is found now. */
static void test_image_path(void **state)
{
	struct machine *m = *state;

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
	check_text(m, "findings warn resolved for certain\nfindings - waits\n");
}

/* kdump-tools boots the real root, which waits for what is in fstab. */
static void test_mounts(void **state)
{
	check_text(
		*state,
		"file etc/fstab /dev/nvme0n1p3 / xfs defaults 0 1\n"
		" UUID=1-2 /data xfs defaults 0 2\n"
		" tmpfs /tmp tmpfs defaults 0 0\n"
		"findings warn mounts waits for /data on UUID=1-2, but the daemon will hold 0000:00:01.0\n"
		"file etc/fstab UUID=1-2 /data xfs nofail 0 2\n"
		"done ok waits the image (or /etc/fstab) waits for no device\n"
		"file etc/fstab UUID=1-2 /data xfs noauto,x-systemd.automount 0 2\n"
		"done ok waits the image (or /etc/fstab) waits for no device\n"
		"file etc/fstab UUID=1-2 none swap sw 0 0\n"
		"findings warn mounts waits for none on UUID=1-2\n");
}

/* What the real root calls vdb is vda when it is probed first: the names are to be changed. */
static void test_names(void **state)
{
	struct machine *m = *state;

	check_set_conf(m, "[Dump]\ndevice = vdb\n");
	check_text(m, "pci pci0000:00/0000:00:0a.0\n"
		      "block 0000:00:0a.0/host1/block/vda\n"
		      "pci pci0000:00/0000:00:0b.0\n"
		      "block 0000:00:0b.0/host2/block/vdb\n"
		      "file etc/fstab /dev/vdb / ext4 defaults 0 1\n"
		      "findings warn target /etc/fstab names vdb, which is another one\n"
		      "findings warn target use names there that do not change\n");
}

#define APPEND "append " UNIT " " KEEP_AWAY " "

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
	char text[300];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), APPEND "%s\nfindings %s blacklist %s\n", cases[i].word,
			 cases[i].level, cases[i].text);
		check_text(m, text);
	}
	for (i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		snprintf(text, sizeof(text), APPEND "%s\ndone - blacklist\n", harmless[i]);
		check_text(m, text);
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

/* What the kernel does not read keeps nothing away; a dash in a parameter's name is an underscore
 * to it. */
static void test_where_the_kernel_reads(void **state)
{
	check_text(*state,
		   "file etc/default/kdump-tools KDUMP_CMDLINE_APPEND='" UNIT " -- " KEEP_AWAY "'\n"
		   "findings fail adopt does not keep the built-in driver away\n"
		   "findings fail adopt before the word --\n"
		   "file etc/default/kdump-tools KDUMP_CMDLINE_APPEND='" UNIT
		   " initcall-blacklist=arm_smmu_driver_init -- x'\n"
		   "done ok adopt keeps the built-in driver away\n"
		   "file proc/cmdline root=/dev/sda1 -- single\n"
		   "file etc/default/kdump-tools KDUMP_CMDLINE_APPEND='" UNIT " " KEEP_AWAY "'\n"
		   "findings fail adopt before the word --\n");
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
	check_text(
		*state,
		"append " KEEP_AWAY "\n"
		"findings fail cmdline has no " UNIT ": the capture kernel takes no dump\n"
		"append " UNIT "\n"
		" KDUMP_CMDLINE_APPEND=\"${KDUMP_CMDLINE_APPEND} " KEEP_AWAY "\"\n"
		"done ok adopt /etc/default/kdump-tools keeps\n"
		"append systemd.unit=kdump-tools.service " KEEP_AWAY "\n"
		"done ok adopt /etc/default/kdump-tools keeps\n"
		"append " UNIT " " KEEP_AWAY " systemd.unit=rescue.target\n"
		"findings fail cmdline has systemd.unit=rescue.target, and the last systemd.unit= counts: the capture kernel takes no dump\n"
		/* Keeping the kernel's own away without another in the image leaves none. */
		"append " UNIT " " KEEP_AWAY "\n"
		"image " IMAGE " usr/bin/" NAME_DAEMON " " PATH_CONF " " MODULES "kernel/nvme.ko\n"
		"findings fail adopt but the image has no arm-smmu-v3-adopt.ko\n");
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
	char text[300];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), APPEND "%s\n%s passthrough\n", cases[i].words,
			 cases[i].on ? "findings warn" : "done -");
		check_text(m, text);
	}
}

/* The capture kernel is another one than the running. */
static void test_other_kernel(void **state)
{
#define OTHER                                                                              \
	"usr/bin/" NAME_DAEMON " " PATH_CONF " usr/lib/modules/5.14.0/extra/smmu_adopt.ko" \
	" usr/lib/modules/5.14.0/kernel/nvme.ko\n"
	check_text(*state, "image boot/my-initrd " OTHER
			   "file etc/default/kdump-tools KDUMP_INITRD=/boot/my-initrd\n"
			   " KDUMP_CMDLINE_APPEND=" UNIT "\n"
			   "partial ok image boot/my-initrd: 2 modules of 5.14.0\n"
			   "partial unknown adopt whether the driver of kernel 5.14.0 adopts\n"
			   /* What was loaded counts more. */
			   "file var/crash/kexec_cmd kexec -p --command-line=\"" UNIT
			   "\" --initrd=/" IMAGE " /boot/vmlinuz\n"
			   "findings ok image " IMAGE ": 4 modules of 6.12.0\n"
			   "rm etc/default/kdump-tools\n"
			   "rm " IMAGE "\n"
			   "file etc/kdump.conf path /x\n"
			   "file etc/sysconfig/kdump KDUMP_KERNELVER=5.14.0\n"
			   "image boot/initramfs-5.14.0kdump.img " OTHER
			   "image boot/initramfs-6.12.0kdump.img ready\n"
			   "partial ok image boot/initramfs-5.14.0kdump.img: 2\n"
			   "file etc/sysconfig/kdump KDUMP_KERNELVER=\n"
			   "findings ok image boot/initramfs-6.12.0kdump.img: 4\n"
			   /* kdump-utils takes the plain kernel of one for debugging. */
			   "file proc/sys/kernel/osrelease 5.14.0+debug\n"
			   "partial ok image boot/initramfs-5.14.0kdump.img: 2\n");
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
	check_text(m, "rm " PATH_CONF_VENDOR "\n"
		      "file " PATH_CONF ".d/90-dump-path.conf [Dump]\n"
		      " device = 0000:00:01.0\n"
		      "findings warn config changed after the image was built:\n"
		      "findings fail resolved needs 0000:00:01.0\n"
		      "file " PATH_CONF ".d/90-dump-path.conf [Dump]\n device = 0000:00:02.0\n \n"
		      "done ok target 0000:00:02.0\n");
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

#define ON_DISKS(f) cmocka_unit_test_setup_teardown(f, disks_set_up, machine_tear_down)
#define TEST(f) cmocka_unit_test_setup_teardown(f, check_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_word_of_running), TEST(test_where_the_kernel_reads),
		TEST(test_too_many),	    TEST(test_keeps_default),
		ON_DISKS(test_dump_path),   ON_DISKS(test_image_path),
		ON_DISKS(test_waits),	    ON_DISKS(test_mounts),
		ON_DISKS(test_names),	    TEST(test_blacklists),
		TEST(test_lost_unit),	    TEST(test_passthrough),
		TEST(test_other_kernel),    TEST(test_resolve_hangs),
		TEST(test_image_conf),	    TEST(test_lsinitrd_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
