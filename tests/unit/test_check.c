// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_check.c - "check" on machines made of files: a Debian-like one that is
 * ready, and what each change to it turns into.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/machine/cpio.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_check.h"

static void test_ready(void **state)
{
	struct machine *m = *state;
	struct run run;

	check_expect(m, EXIT_DONE, "ok", "adopt", "and /etc/default/kdump-tools keeps the");
	check_expect(m, EXIT_DONE, "ok", "drivers", "all devices behind an SMMU: 2");
	check_expect(m, EXIT_DONE, "ok", "target", "0000:00:02.0");
	run_ctl(ARGS("--root", m->dir, "check"), &run);
	assert_int_equal(strncmp(run.out, "READY\n\nok ", 10), 0);
	assert_null(strstr(run.out, "Fix:"));
	run_free(&run);
	run_ctl(ARGS("--root", m->dir, "--image", IMAGE, "--json", "check"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "\"schema\": \"" SCHEMA_CHECK "\""));
	assert_non_null(strstr(run.out, "\"topic\": \"adopt\""));
	assert_non_null(strstr(run.out, "\"failed\": 0"));
	assert_non_null(strstr(run.out, "\"ready\": true"));
	run_free(&run);
}

/* Where something has to be done that comes first; what is merely worth knowing changes nothing. */
static void test_verdict_comes_first(void **state)
{
	struct machine *m = *state;
	const char *fail, *warn, *info, *ok;
	struct run run;

	machine_write(m, "etc/default/kdump-tools",
		      "KDUMP_CMDLINE_APPEND='novmcoredd " UNIT " " KEEP_AWAY "'\n");
	check_expect(m, EXIT_DONE, "info", "novmcoredd", "embed puts them into the dump");
	run_ctl(ARGS("--root", m->dir, "--oneline", "check"), &run);
	assert_string_equal(run.out, "READY\n");
	run_free(&run);
	machine_write(m, "sys/kernel/kexec_crash_size", "67108864\n");
	run_ctl(ARGS("--root", m->dir, "--oneline", "check"), &run);
	assert_string_equal(run.out, "NOT READY: 1 problem\n");
	run_free(&run);
	machine_write(m, "sys/kernel/kexec_crash_loaded", "0\n");
	machine_remove(m, CHECK_SMMU "/device");
	run_ctl(ARGS("--root", m->dir, "check"), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_int_equal(strncmp(run.out, "NOT READY: 2 problems, 1 not known\n\nfail ", 40), 0);
	fail = strstr(run.out, "fail     kexec         no capture kernel is loaded");
	warn = strstr(run.out, "warn     crashkernel ");
	info = strstr(run.out, "info     novmcoredd ");
	ok = strstr(run.out, "ok       helper ");
	assert_true(fail && warn && info && ok);
	assert_true(fail < warn && warn < info && info < ok);
	fail = strstr(fail, "Fix: load one with kdumpctl start");
	assert_true(fail && fail < warn);
	assert_null(strstr(info, "Fix:"));
	run_free(&run);
	run_ctl(ARGS("--root", m->dir, "--json", "check"), &run);
	assert_non_null(strstr(run.out, "\"ready\": false"));
	run_free(&run);
	/* What cannot be told is neither. */
	machine_write(m, "sys/kernel/kexec_crash_loaded", "1\n");
	machine_write(m, "sys/kernel/kexec_crash_size", "268435456\n");
	run_ctl(ARGS("--root", m->dir, "--oneline", "check"), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_string_equal(run.out, "READY, as far as can be told: 1 not known\n");
	run_free(&run);
}

static void test_capture_kernel(void **state)
{
	check_text(
		*state,
		"append novmcoredd " UNIT "\n"
		"findings info novmcoredd forbids notes\n"
		"findings fail adopt is in the image, but\n"
		"rm etc/default/kdump-tools\n"
		"partial unknown cmdline not known\n"
		"file proc/cmdline a iommu.passthrough=1 " KEEP_AWAY "\n"
		"file etc/sysconfig/kdump KDUMP_COMMANDLINE=\"\"\n"
		"findings warn passthrough /proc/cmdline has iommu.passthrough: the capture kernel attaches no device\n"
		"file etc/sysconfig/kdump KDUMP_COMMANDLINE_REMOVE=\"hugepages iommu.passthrough\"\n"
		"done ok adopt and /proc/cmdline keeps\n"
		"file sys/kernel/kexec_crash_size 67108864\n"
		"findings warn crashkernel 64 MiB are reserved\n"
		"file sys/kernel/kexec_crash_size 0\n"
		"findings fail crashkernel no memory\n"
		"file sys/kernel/kexec_crash_loaded 0\n"
		"findings fail kexec no capture kernel is loaded\n");
}

/* Where the kernel takes only signed modules: ours, the helper always, the driver once it is
 * switched on. */
static void test_signature(void **state)
{
	struct machine *m = *state;
	char modinfo[300];

	check_text(m, "done ok signature takes unsigned modules\n"
		      "file sys/kernel/security/lockdown none [integrity] confidentiality\n"
		      "partial unknown signature smmu_adopt.ko\n"
		      "partial info lockdown [integrity]\n"
		      "file modinfo #!/bin/sh\n"
		      " [ \"$1 $2\" = '-k 6.12.0' ] && cat \"${0%/*}/said-$3\"\n");
	snprintf(modinfo, sizeof(modinfo), "%s/modinfo", m->dir);
	assert_int_equal(chmod(modinfo, 0755), 0);
	setenv("SMMU_ADOPT_MODINFO", modinfo, 1);
#define SIGNED "filename:       /lib/a.ko\n sig_id:         PKCS#7\n signer:         "
	check_text(
		m,
		"file said-smmu_adopt filename:       /lib/a.ko\n license:        GPL\n"
		"findings fail signature smmu_adopt.ko is not signed\n"
		"file said-smmu_adopt " SIGNED "Debian CA\n"
		"partial unknown signature whether the kernel has\n"
		"file proc/keys 0a1b2c3d I------     1 perm 1f030000     0     0 asymmetri Debian CA: 6ccece7e: X509.rsa bb419ea1 []\n"
		" 1b I------     1 perm 1f010000     0     0 keyring   .builtin_trusted_keys: 1\n"
		"done ok signature smmu_adopt.ko is signed by 'Debian CA'\n"
		/* The driver is in this image. */
		"file said-arm-smmu-v3-adopt " SIGNED "Debian\n"
		"findings fail signature 'Debian', and the kernel has no key\n"
		"file said-arm-smmu-v3-adopt " SIGNED "Debian CA\n"
		"done ok signature arm-smmu-v3-adopt.ko is signed by\n"
		/* Nor is it only lockdown that asks for it. */
		"file sys/kernel/security/lockdown [none] integrity confidentiality\n"
		"file sys/module/module/parameters/sig_enforce Y\n"
		"file said-smmu_adopt filename:       /lib/a.ko\n"
		"findings fail signature smmu_adopt.ko is not signed\n");
	unsetenv("SMMU_ADOPT_MODINFO");
}

static void test_lockdown_kexec(void **state)
{
	check_text(*state, "file sys/kernel/kexec_crash_loaded 0\n"
			   "file sys/kernel/security/lockdown none [integrity] confidentiality\n"
			   "findings fail kexec it refuses kexec_load(2)\n");
}

/* What kdump-tools has loaded counts, not what its file would have it load next. */
static void test_loaded_cmdline(void **state)
{
	check_text(
		*state,
		"file var/crash/kexec_cmd /sbin/kexec -p --command-line=\"root=/dev/a " UNIT
		" a=\"b c\" d=\\\"e f\\\" iommu.passthrough=1\" --initrd=/var/lib/kdump/initrd.img /var/lib/kdump/vmlinuz\n"
		"findings warn passthrough the loaded command line has iommu.passthrough: the capture kernel attaches no device\n"
		"findings fail adopt but the loaded command line does not\n"
		"file sys/kernel/kexec_crash_loaded 0\n"
		"findings ok adopt /etc/default/kdump-tools keeps\n"
		"file sys/kernel/kexec_crash_loaded 1\n"
		"file var/crash/kexec_cmd /sbin/kexec -p --command-line=\"cut\n"
		"done ok adopt /etc/default/kdump-tools keeps\n"
		"file etc/default/kdump-tools KDUMP_COREDIR=/srv/crash\n"
		"file srv/crash/kexec_cmd kexec -p --command-line='a " UNIT " " KEEP_AWAY
		"' /boot/vmlinuz\n"
		"done ok adopt the loaded command line keeps\n");
}

static void test_image(void **state)
{
	check_text(*state, "image " IMAGE " init " MODULES "kernel/e1000e.ko\n"
			   "findings fail helper not in the image\n"
			   "findings fail daemon not in the image\n"
			   "findings fail adopt but the image has no arm-smmu-v3-adopt.ko\n"
			   "append " UNIT "\n"
			   "findings fail adopt the image has no adopting driver\n"
			   "findings fail target no driver for 0000:00:02.0\n"
			   "findings info drivers 1 of 2 devices\n"
			   "file proc/kallsyms 0 t arm_smmu_device_probe\n"
			   " 0 t arm_smmu_kdump_adopt_strtab\n"
			   "findings ok adopt this kernel's own driver adopts\n"
			   "image " IMAGE " init squash-root.img\n"
			   "partial unknown image squashed\n"
			   "file " IMAGE " no archive at all\n"
			   "partial unknown image neither an archive nor\n"
			   "rm " IMAGE "\n"
			   "partial unknown image no kdump image\n"
			   "append " UNIT " " KEEP_AWAY "\n"
			   /* Where Fedora puts it. */
			   "image boot/initramfs-6.12.0kdump.img ready\n"
			   "done ok image boot/initramfs-6.12.0kdump.img: 4 modules of 6.12.0\n");
}

/* A kernel that adopts, in whatever version of the series; and what is no sign of it. */
static void test_kernel_adopts(void **state)
{
	static const char *const does[] = {
		"0 t arm_smmu_kdump_adopt_strtab\n",
		"0 t arm_smmu_kdump_phys_is_corrupted.isra.0\n",
		"0 t arm_smmu_device_hw_probe_kdump\t[arm_smmu_v3]\n",
		"0 t arm_smmu_device_kdump_probe\n",
		"0 t arm_smmu_adopt_strtab\n",
		"0 t arm_smmu_device_probe\n0 t arm_smmu_is_attach_deferred\n",
	};
	static const char *const does_not[] = {
		"0 t arm_smmu_device_probe\n0 t kdump_adopt\n",
		"0 t arm_smmu_device_probe\n0 t my_arm_smmu_kdump_adopt\n",
		"0 t arm_smmu_device_probe\n0 t arm_smmu_adopt_strtab\t[arm_smmu_v3_adopt]\n",
	};
	struct machine *m = *state;
	size_t i;

	/* The image has our driver, too, and nothing keeps the built-in one away. */
	check_text(m, "append " UNIT);
	for (i = 0; i < sizeof(does) / sizeof(does[0]); i++) {
		machine_write(m, "proc/kallsyms", does[i]);
		check_expect(m, EXIT_DONE, "ok", "adopt", "this kernel's own driver adopts");
	}
	for (i = 0; i < sizeof(does_not) / sizeof(does_not[0]); i++) {
		machine_write(m, "proc/kallsyms", does_not[i]);
		check_expect(m, EXIT_FINDINGS, "fail", "adopt", "that driver resets the SMMU");
	}
	/* The built-in one is kept away: ours adopts. */
	check_text(m, "append " UNIT " " KEEP_AWAY);
	machine_write(m, "proc/kallsyms", does[0]);
	check_expect(m, EXIT_DONE, "ok", "adopt", "keeps the built-in driver away");
}

/* A lsinitrd that prints the machine's file "list", and for -f the file "conf". */
static void put_lsinitrd(struct machine *m)
{
	char path[128], text[400];

	snprintf(text, sizeof(text),
		 "#!/bin/sh\n[ \"$1\" != -f ] || exec cat '%s/conf'\ncat '%s/list'\n", m->dir,
		 m->dir);
	machine_write(m, "bin/lsinitrd", text);
	snprintf(path, sizeof(path), "%s/bin/lsinitrd", m->dir);
	assert_int_equal(chmod(path, 0700), 0);
	snprintf(text, sizeof(text), "%s/bin:/usr/bin:/bin", m->dir);
	setenv("PATH", text, 1);
}

/* As dracut's reader lists images: archive, squashfs, erofs; and a kernel that has its image with
 * it. */
static void test_lsinitrd(void **state)
{
	static const char *const squash[] = { "init", "squashfs-root.img", NULL };
	static const char *const lines[] = {
		"-rwxr-xr-x   1 root     root        35344 Jan  1  1970 ",
		"-rwxr-xr-x root/root             35344 2024-01-01 00:00 squashfs-root/",
		"  1234      0 -rwxr-xr-x   1 root     root   35344 Jan  1  1970 erofs-root/",
	};
	_cleanup_free_ char *path = strdup(getenv("PATH"));
	struct machine *m = *state;
	char list[2048];
	size_t i, k, len;

	put_lsinitrd(m);
	machine_write(m, "conf", check_conf_text);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (i)
			check_make_image(m, IMAGE, squash);
		else
			machine_write(m, IMAGE, "MZ of an EFI program");
		len = (size_t)snprintf(
			list, sizeof(list),
			"Image: x\nlrwxrwxrwx   1 root root 7 Jan  1  1970 bin -> usr/bin\n");
		for (k = 0; check_ready[k]; k++)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s\n", lines[i],
						check_ready[k]);
		machine_write(m, "list", list);
		check_expect(m, EXIT_DONE, "ok", "image", "4 modules of 6.12.0");
		check_expect(m, EXIT_DONE, "ok", "helper", "is in the image");
		check_expect(m, EXIT_DONE, "ok", "daemon", "with a configuration");
		/* An older lsinitrd shows no file of a squashed image. */
		machine_write(m, "conf", "");
		check_expect(m, EXIT_PARTIAL, "unknown", "resolved", "cannot be read");
		machine_write(m, "conf", check_conf_text);
	}
	machine_write(m, "list", "nothing that is known\n");
	check_expect(m, EXIT_PARTIAL, "unknown", "image",
		     "squashed image, which only lsinitrd can read, and lsinitrd lists no");
	machine_remove(m, "bin/lsinitrd");
	check_expect(m, EXIT_PARTIAL, "unknown", "image",
		     "which only lsinitrd can read, and lsinitrd is not");
	setenv("PATH", path, 1);
}

/* Copies of the image, and systems that are images. */
static void test_copies(void **state)
{
	struct machine *m = *state;

	machine_write(m, "proc/cmdline", "root=/dev/vda rd.earlykdump\n");
	check_expect(m, EXIT_PARTIAL, "unknown", "early-kdump", "was not found");
	machine_write(m, "boot/initramfs-6.12.0.img", "x");
	assert_int_equal(utimensat(m->root.fd, "boot/initramfs-6.12.0.img",
				   (struct timespec[2]){ { 1000, 0 }, { 1000, 0 } }, 0),
			 0);
	check_expect(m, EXIT_FINDINGS, "warn", "early-kdump", "older than the kdump image");
	assert_int_equal(utimensat(m->root.fd, IMAGE,
				   (struct timespec[2]){ { 1000, 0 }, { 1000, 0 } }, 0),
			 0);
	check_text(m, "done ok early-kdump not older\n"
		      "file run/ostree-booted\n"
		      "done info image-mode built on this machine\n"
		      /* systemd-boot's folders. */
		      "file proc/cmdline root=/dev/vda\n"
		      "rm " IMAGE "\n"
		      "file etc/machine-id 0123456789abcdef0123456789abcdef\n"
		      "image efi/0123456789abcdef0123456789abcdef/6.12.0/initrdkdump ready\n"
		      "done ok image 6.12.0/initrdkdump: 4 modules of 6.12.0\n");
}

static void test_firmware_and_devices(void **state)
{
	struct machine *m = *state;

	check_add_device(m, "0000:00:04.0", "mlx5_core");
	check_text(m, "done info drivers 1 of 3 devices behind an SMMU\n"
		      "file sys/kernel/iommu_groups/1/type identity\n"
		      "findings warn translated the DMA of these devices (3)\n"
		      "file sys/firmware/devicetree/base/reserved-memory/fb@1/iommu-addresses\n"
		      "findings info rmr memory of devices (RMR) in 1 place\n");
	check_set_conf(m, "[Dump]\ndevice = 0000:00:09.0\nodd = 1\n");
	check_text(m, "findings fail target 0000:00:09.0: no device, disk\n"
		      "findings warn config odd\n"
		      "rm " CHECK_SMMU "/device/of_node/dma-coherent\n"
		      "findings fail coherent does not declare smmu3.0x0000000009050000\n"
		      "rm " CHECK_SMMU "/device\n"
		      "findings unknown coherent it is not known whether\n"
		      "rm sys/class/iommu\n"
		      "findings fail smmu no SMMUv3 is in use\n");
}

static void test_makedumpfile(void **state)
{
#define BY_COPY "[ ! -r /" PATH_DUMP_BY_COPY " ] || . /" PATH_DUMP_BY_COPY "\n"
	check_text(*state,
		   "file boot/config-6.12.0 CONFIG_ARM64_VA_BITS=48\n"
		   " CONFIG_ARM64_4K_PAGES=y\n"
		   "done - makedumpfile\n"
		   "file boot/config-6.12.0 CONFIG_ARM64_4K_PAGES=y\n"
		   " CONFIG_ARM64_VA_BITS=52\n"
		   "findings fail makedumpfile there will be no dump\n"
		   "findings fail makedumpfile at the head of\n"
		   "append " UNIT " " KEEP_AWAY "\n #" BY_COPY
		   "findings fail makedumpfile there will be no dump\nappend " UNIT " " KEEP_AWAY
		   "\n " BY_COPY "done ok makedumpfile a copy of all memory\n");
}

static void test_makedumpfile_kdump_utils(void **state)
{
	check_text(*state,
		   "file boot/config-6.12.0 CONFIG_ARM64_4K_PAGES=y\n CONFIG_ARM64_VA_BITS=52\n"
		   "rm etc/default/kdump-tools\n"
		   "file etc/sysconfig/kdump KDUMP_COMMANDLINE_APPEND=\"" KEEP_AWAY "\"\n"
		   "file etc/kdump.conf core_collector makedumpfile -l -d 31\n"
		   "findings fail makedumpfile core_collector cp\n"
		   "file etc/kdump.conf path /x\n"
		   "findings fail makedumpfile core_collector cp\n"
		   "file etc/kdump.conf core_collector cp\n"
		   "done ok makedumpfile a copy of all memory\n");
}

/* An IORT with one SMMUv3 node. */
static void test_iort(void **state)
{
	struct machine *m = *state;
	u8 iort[48 + 68] = "IORT";

	machine_remove(m, CHECK_SMMU "/device");
	iort[8] = 6;
	core_st32(iort + 4, sizeof(iort));
	core_st32(iort + 36, 1);
	core_st32(iort + 40, 48);
	iort[48] = 4;
	core_st16(iort + 49, 68);
	core_st64(iort + 64, 0x9050000);
	core_st32(iort + 72, 1);
	machine_write_bytes(m, "sys/firmware/acpi/tables/IORT", iort, sizeof(iort));
	check_expect(m, EXIT_DONE, "ok", "coherent", "firmware declares the SMMU coherent");
	core_st32(iort + 72, 2);
	machine_write_bytes(m, "sys/firmware/acpi/tables/IORT", iort, sizeof(iort));
	check_expect(m, EXIT_FINDINGS, "fail", "coherent", "does not declare");
	/* A node that is cut off is read as far as Linux reads it, and that is said. */
	core_st32(iort + 72, 1);
	core_st16(iort + 49, 6800);
	machine_write_bytes(m, "sys/firmware/acpi/tables/IORT", iort, sizeof(iort));
	check_expect(m, EXIT_FINDINGS, "ok", "coherent", "firmware declares the SMMU coherent");
	check_expect(m, EXIT_FINDINGS, "warn", "iort", "damaged (node-cut)");
	iort[0] = 'X';
	machine_write_bytes(m, "sys/firmware/acpi/tables/IORT", iort, sizeof(iort));
	check_expect(m, EXIT_FINDINGS, "unknown", "coherent", "it is not known whether");
	check_expect(m, EXIT_FINDINGS, "warn", "iort", "IORT is not valid");
}

/* An RMR node, which Linux takes from revision 5 on. */
static void test_iort_rmr(void **state)
{
	struct machine *m = *state;
	u8 iort[48 + 68 + 68] = "IORT";

	machine_remove(m, CHECK_SMMU "/device");
	iort[8] = 3;
	core_st32(iort + 4, sizeof(iort));
	core_st32(iort + 36, 2);
	core_st32(iort + 40, 48);
	iort[48] = 4;
	core_st16(iort + 49, 68);
	core_st64(iort + 64, 0x9050000);
	core_st32(iort + 72, 1);
	iort[116] = 6;
	core_st16(iort + 117, 68);
	core_st32(iort + 124, 1);
	core_st32(iort + 128, 28);
	core_st32(iort + 136, 1);
	core_st32(iort + 140, 48);
	core_st32(iort + 156, 48);
	machine_write_bytes(m, "sys/firmware/acpi/tables/IORT", iort, sizeof(iort));
	check_expect(m, EXIT_FINDINGS, "warn", "rmr", "in an IORT of revision 3");
	iort[8] = 5;
	machine_write_bytes(m, "sys/firmware/acpi/tables/IORT", iort, sizeof(iort));
	check_expect(m, EXIT_DONE, "info", "rmr", "reserves memory of devices (RMR) in 1 place");
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
	rc = cpio_list(fd, count, NULL, ret_entries, err);
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
	rc = cpio_list(fds[0], count, NULL, &entries, &err);
	close(fds[0]);
	assert_int_equal(fakeclock_wait(pid), 0);
	return rc;
}

static void test_slow_archive(void **state)
{
	(void)state;
	fakeclock_start();
	assert_int_equal(list_slow(CPIO_LIST_MS - 1), -EINVAL);
	assert_int_equal(list_slow(CPIO_LIST_MS + 1), -ETIMEDOUT);
	fakeclock_stop();
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
	check_make_image(m, "a", early);
	check_make_image(m, "b", check_ready);
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

	check_make_image(m, "a", early);
	check_make_image(m, "b", check_ready);
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
#define TEST(f) cmocka_unit_test_setup_teardown(f, check_set_up, machine_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_ready),
		TEST(test_verdict_comes_first),
		TEST(test_capture_kernel),
		TEST(test_image),
		TEST(test_lsinitrd),
		TEST(test_copies),
		TEST(test_iort),
		TEST(test_firmware_and_devices),
		TEST(test_kernel_adopts),
		TEST(test_cpio),
		TEST(test_slow_archive),
		TEST(test_cpio_gzip),
		TEST(test_cpio_xz),
		TEST(test_cpio_zstd),
		TEST(test_cpio_lz4),
		TEST(test_cpio_bzip2),
		TEST(test_loaded_cmdline),
		TEST(test_makedumpfile),
		TEST(test_makedumpfile_kdump_utils),
		TEST(test_signature),
		TEST(test_lockdown_kexec),
		TEST(test_iort_rmr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
