// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of resolve/kdump*.c and shell.c: what kdump's own files say, as kdump-utils, SUSE's kdump
 * and kdump-tools read them.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/userinfo.h"
#include "resolve/kdump.h"
#include "resolve/shell.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

static void join(const struct kdump *k, char *buf, size_t cap)
{
	size_t i;

	buf[0] = 0;
	for (i = 0; i < k->count; i++)
		snprintf(buf + strlen(buf), cap - strlen(buf), "%s%s", i ? " " : "",
			 k->target[i].text);
	for (i = 0; i < k->n_doubts; i++)
		snprintf(buf + strlen(buf), cap - strlen(buf), "%s| %s", buf[0] ? " " : "",
			 k->doubt[i]);
}

/* Shell files of a tree want namespaces. */
static void skip_without_namespaces(const struct kdump *k)
{
	if (!k->n_doubts || !strstr(k->doubt[0], "namespaces"))
		return;
	print_message("SKIP: %s\n", k->doubt[0]);
	skip();
}

/* Targets, then doubts, each after "| ". */
static void expect(struct machine *m, const char *file, const char *text, const char *want)
{
	static struct kdump k;
	char have[2048];

	machine_write(m, file, text);
	kdumpconf_read(&m->root, &k);
	skip_without_namespaces(&k);
	join(&k, have, sizeof(have));
	if (strcmp(have, want))
		fail_msg("%s\nwant %s\nhave %s", text, want, have);
}

static void test_kdump_conf(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "/var/crash" },
		{ "# ext4 /dev/sdx\n\ncore_collector makedumpfile -l\n", "/var/crash" },
		{ "path /dumps\n", "/dumps" },
		{ "path /first\npath /second\n", "/second" },
		{ "  path\t/dumps   # on the big disk\r\n", "/dumps" },
		{ "path \"/dumps\"\n", "/dumps" },
		{ "path dumps\n",
		  "/var/crash | /etc/kdump.conf: path dumps is not an absolute path" },
		{ "path /dumps\next4 UUID=0c1d\n", "UUID=0c1d" },
		{ "xfs \"UUID=0c1d\"\n", "UUID=0c1d" },
		{ "xfs UUID=\"0c1d\"#the big one\n", "UUID=0c1d" },
		{ "ext4 LABEL=a path /x\n",
		  "| /etc/kdump.conf: LABEL=a path /x is not understood as a dump target" },
		{ "raw /dev/sda1\nfailure_action dump_to_rootfs\n", "/dev/sda1 /" },
		{ "raw /dev/sda1\ndefault dump_to_rootfs\nfailure_action reboot\n", "/dev/sda1" },
		{ "nfs 192.0.2.7:/a,b\n", "192.0.2.7:/a,b" },
		{ "ssh dump@192.0.2.7\nsshkey /root/.ssh/k\n", "dump@192.0.2.7" },
		{ "virtiofs crashes\npath /guest1\n", "virtiofs:crashes" },
		{ "raw /dev/sda1\nnfs h:/x\n",
		  "/dev/sda1 h:/x | /etc/kdump.conf: it names more than one dump target, "
		  "which kdump refuses" },
		{ "net user@192.0.2.7\n",
		  "/var/crash | /etc/kdump.conf: key \"net\" is not understood" },
		{ "raw ../../x\n",
		  "| /etc/kdump.conf: ../../x is not understood as a dump target" },
		{ "dracut_args --mount \"192.0.2.7:/share /test nfs defaults\"\n",
		  "192.0.2.7:/share" },
		{ "dracut_args -o 'a b' --mount=\"UUID=0c1d /x xfs defaults\" --add x\n",
		  "UUID=0c1d" },
		{ "dracut_args --mount 'crashes /x virtiofs'\n", "virtiofs:crashes" },
		{ "dracut_args --device /dev/sda --add-device=/dev/sdb --omit \"--mount\"\n",
		  "/dev/sda /dev/sdb /var/crash" },
		{ "ssh a@b\nfence_kdump_nodes n1 192.0.2.9\n", "a@b fence@n1 fence@192.0.2.9" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(*state, "etc/kdump.conf", cases[i].text, cases[i].want);
}

static void test_rhel_more(void **state)
{
	struct machine *m = *state;

	machine_write(m, "proc/sys/crypto/fips_enabled", "1\n");
	expect(m, "etc/kdump.conf", "raw /dev/sda1\n", "/dev/sda1 /boot");
	machine_write(m, "usr/libexec/fence_kdump_send", "");
	machine_write(m, "var/lib/pacemaker/cib/cib.xml",
		      "<cib>\n<primitive class=\"stonith\" id=\"k\" type=\"fence_kdump\">\n");
	expect(m, "etc/kdump.conf", "raw /dev/sda1\n",
	       "/dev/sda1 /boot | fence_kdump sends to the cluster by an unknown NIC: "
	       "name the NIC, or set fence_kdump_nodes in /etc/kdump.conf");
}

static void test_suse(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "KDUMP_CPUS=32\n#KDUMP_SAVEDIR=/x\n", "/var/crash" },
		{ "KDUMP_SAVEDIR=\"file:///srv\"\n", "/srv" },
		{ "KDUMP_SAVEDIR='/a nfs://h/x' # two\n", "/a nfs://h/x the default route" },
		{ "KDUMP_SAVEDIR=ssh://u@h/x\nKDUMP_NETCONFIG=eth1:static\n", "ssh://u@h/x eth1" },
		{ "KDUMP_SAVEDIR=nfs://h/x\nKDUMP_NETCONFIG=default:dhcp\n",
		  "nfs://h/x the default route" },
		{ "KDUMP_NETCONFIG=auto:force\n", "/var/crash the default route" },
		{ "KDUMP_NETCONFIG=eth2:dhcp:force\n", "/var/crash eth2" },
		{ "KDUMP_POSTSCRIPT='/usr/lib/fence_kdump_send n1'\n",
		  "/var/crash the default route" },
		{ "d=/srv; KDUMP_SAVEDIR=$d\nKDUMP_SAVEDIR+=/x\n", "/srv/x" },
		{ "KDUMP_TRANSFER='curl x'\n",
		  "/var/crash | /etc/sysconfig/kdump: the devices that KDUMP_TRANSFER "
		  "needs are not known" },
		{ "KDUMP_SAVEDIR=nfs://h/x\nKDUMP_COMMANDLINE_APPEND='a ip=eth1:dhcp'\n",
		  "nfs://h/x the default route | /etc/sysconfig/kdump: ip= on the "
		  "command line replaces KDUMP_NETCONFIG, and is not read" },
		{ "exit 0\n",
		  "| /etc/sysconfig/kdump: the shell stops before the end of the file" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(*state, "etc/sysconfig/kdump", cases[i].text, cases[i].want);
}

/* RHEL's file of that name has no target in it. */
static void test_rhel_sysconfig(void **state)
{
	struct machine *m = *state;
	static struct kdump k;

	machine_write(m, "etc/kdump.conf", "path /x\n");
	expect(m, "etc/sysconfig/kdump",
	       "KDUMP_KERNELVER=\"5.14.0\"\nKDUMP_COMMANDLINE_REMOVE=\"a b\"\n"
	       "KDUMP_COMMANDLINE_APPEND=\"nr_cpus=1\"\n",
	       "/x");
	kdumpconf_read(&m->root, &k);
	assert_int_equal(k.systems, KDUMP_RHEL);
	assert_string_equal(k.kernel_version, "5.14.0");
	assert_string_equal(k.remove, "a b");
	assert_string_equal(k.append, "nr_cpus=1");
	assert_string_equal(k.line_from, KDUMP_SYSCONFIG);
}

static void test_debian(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "USE_KDUMP=1\n#KDUMP_COREDIR=/x\n", "/var/crash / /usr" },
		{ "KDUMP_COREDIR=\"/srv\"\n", "/srv / /usr" },
		{ "NFS='192.0.2.7:/x'\n#SSH=x@y\n", "192.0.2.7:/x / /usr" },
		{ "SSH=\"a@b\"\n", "a@b / /usr" },
		{ "FTP=server\n", "ftp://server/ / /usr" },
		{ "if false; then NFS=h:/x; fi\n", "/var/crash / /usr" },
		{ ". /etc/default/site\n", "h:/site / /usr" },
		{ "if\n", "/var/crash / /usr | /etc/default/kdump-tools: the shell stops before "
			  "the end of the file" },
	};
	struct machine *m = *state;
	size_t i;

	machine_write(m, "etc/default/site", "NFS=h:/site\n");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(m, "etc/default/kdump-tools", cases[i].text, cases[i].want);
}

#define UNIT "systemd.unit=kdump-tools-dump.service"

static void expect_append(struct machine *m, const char *text, const char *want)
{
	static struct kdump k;

	machine_write(m, "etc/default/kdump-tools", text);
	kdumpconf_read(&m->root, &k);
	skip_without_namespaces(&k);
	assert_string_equal(k.append, want);
}

static void test_debian_line(void **state)
{
	struct machine *m = *state;

	machine_link(m, "bin/sh", "dash");
	expect_append(m, "", "reset_devices " UNIT " nr_cpus=1 irqpoll usbcore.nousb");
	expect_append(m, "KDUMP_CMDLINE_APPEND='a b=\"c d\"'\n", "a b=\"c d\"");
	expect_append(
		m,
		"KDUMP_CMDLINE_APPEND=\"a\"\nKDUMP_CMDLINE_APPEND=\"${KDUMP_CMDLINE_APPEND} b\"\n",
		"a b");
	expect_append(m, "export KDUMP_CMDLINE_APPEND=\"a \\\n  b\"\n", "a   b");
	/* What the file leaves open may come from the service, where our drop-in sets it, */
	machine_write(m, "etc/systemd/system/kdump-tools.service.d/50-smmu-adopt.conf",
		      "[Service]\nEnvironment=\"KDUMP_CMDLINE_APPEND=from the service\"\n");
	expect_append(m, "", "from the service");
	expect_append(m, "KDUMP_CMDLINE_APPEND=a\n", "a");
	machine_remove(m, "etc/systemd/system/kdump-tools.service.d/50-smmu-adopt.conf");
	/* or from the release's own default. */
	machine_write(m, "usr/sbin/kdump-config",
		      "#!/bin/sh\nKDUMP_CMDLINE_APPEND=${KDUMP_CMDLINE_APPEND:=\"x " UNIT "\"}\n");
	expect_append(m, "", "x " UNIT);
	/* dash knows no "+=", bash does. */
	if (access("/bin/dash", X_OK) == 0)
		expect_append(m, "KDUMP_CMDLINE_APPEND=a\nKDUMP_CMDLINE_APPEND+=b\n", "a");
	machine_remove(m, "bin/sh");
	machine_link(m, "bin/sh", "bash");
	if (access("/bin/bash", X_OK) == 0)
		expect_append(m, "KDUMP_CMDLINE_APPEND=a\nKDUMP_CMDLINE_APPEND+=b\n", "ab");
}

/* Code of strangers: it sees the tree and no more, and changes nothing. */
static void test_confined(void **state)
{
	struct machine *m = *state;
	struct shell_variable v[1] = { { .name = "X" } };
	struct errbuf err = { .text = "" };
	char outside[128], text[800];
	int rc;

	snprintf(outside, sizeof(outside), "%s.outside", m->dir);
	snprintf(text, sizeof(text),
		 "X=\n[ ! -e /etc/passwd ] || X=\"$X passwd\"\n"
		 "[ ! -e %s ] || X=\"$X tmp\"\n[ ! -e /proc/1 ] || X=\"$X proc\"\n"
		 "{ command echo x >/etc/made; } 2>/dev/null && X=\"$X made\"\n"
		 "{ command echo x >/made; } 2>/dev/null && X=\"$X top\"\n"
		 "{ kill -9 -1; kill -9 %d; } 2>/dev/null && X=\"$X kill\"\n"
		 "read x </etc/mine && X=\"$X $x\"\n",
		 m->dir, (int)getpid());
	machine_write(m, "etc/file", text);
	machine_write(m, "etc/mine", "mine\n");
	rc = shell_read(&m->root, "sh", "etc/file", NULL, v, 1, &err);
	if (rc == -EPERM) {
		print_message("SKIP: %s\n", err.text);
		skip();
	}
	assert_int_equal(rc, 0);
	assert_string_equal(v[0].value, " mine");
	assert_false(fsroot_exists(&m->root, "etc/made"));
	assert_false(fsroot_exists(&m->root, "made"));
}

/*
 * No program is run in a tree, neither this machine's nor the other one's: what it would have said
 * there is not known.
 */
static void test_no_programs(void **state)
{
	static const char *const texts[] = {
		"X=$(cat /etc/mine)\n",
		"X=`echo a`\n",
		"(X=a)\n",
		"cat /etc/mine\n",
		"true | read X\n",
		"exec /bin/cat\n",
		"/bin/cat /etc/mine\n",
		"X=a; not-in-this-tree\n",
		". /etc/not-in-this-tree\n",
		"if grep -q x /etc/mine 2>/dev/null; then X=a; else X=b; fi\n",
		"f() { X=$(hostname); }; f\n",
	};
	static const char *const shells[] = { "sh", "bash" };
	struct machine *m = *state;
	struct shell_variable v[1] = { { .name = "X" } };
	struct errbuf err = { .text = "" };
	size_t i, k;
	int rc;

	machine_write(m, "etc/mine", "mine\n");
	machine_link(m, "bin", "/bin");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (k = 0; k < 2; k++) {
			machine_write(m, "etc/file", texts[i]);
			rc = shell_read(&m->root, shells[k], "etc/file", NULL, v, 1, &err);
			if (rc == -EPERM) {
				print_message("SKIP: %s\n", err.text);
				skip();
			}
			if (rc >= 0 || !(strstr(err.text, "runs other programs") ||
					 strstr(err.text, "before the end")))
				fail_msg("%s by %s: %d, %s", texts[i], shells[k], rc, err.text);
			assert_string_equal(v[0].value, "");
		}
	/* What a shell does by itself is understood. */
	machine_write(m, "etc/file",
		      "f() { X=${1%.*}; }\nif [ -e /etc/mine ]; then f a.b; fi\nexport X\n");
	assert_int_equal(shell_read(&m->root, "sh", "etc/file", NULL, v, 1, &err), 0);
	assert_string_equal(v[0].value, "a");
}

/* A tree whose shell is of no kind that is here. */
static void test_other_shell(void **state)
{
	struct machine *m = *state;
	struct shell_variable v[1] = { { .name = "X" } };
	struct errbuf err = { .text = "" };
	int rc;

	machine_write(m, "etc/file", "X=a\n");
	machine_link(m, "bin/sh", "no-such-shell");
	rc = shell_read(&m->root, "sh", "etc/file", NULL, v, 1, &err);
	if (rc == -EPERM) {
		print_message("SKIP: %s\n", err.text);
		skip();
	}
	assert_int_equal(rc, -ENOEXEC);
	assert_string_equal(err.text, "/etc/file: the shell that reads it is not on this machine");
}

static void test_shell_limits(void **state)
{
	struct machine *m = *state;
	struct shell_variable v[1] = { { .name = "X" } };
	struct fsroot here;
	struct errbuf err;

	assert_int_equal(shell_read(&m->root, "sh", "etc/none", NULL, v, 1, &err), -ENOENT);
	machine_write(m, "etc/long",
		      "X=x; i=0; while [ $i -lt 14 ]; do X=$X$X; i=$((i + 1)); done\n");
	assert_int_equal(shell_read(&m->root, "sh", "etc/long", NULL, v, 1, &err), -E2BIG);
	assert_string_equal(v[0].value, "");
	/* On this machine itself, where the shell is started as it is. */
	if (fsroot_open(&here, "/") < 0)
		return;
	here.real = true;
	machine_write(m, "etc/good", "echo noise; echo noise >&2; X='a b'\n");
	strcat(m->dir, "/etc/good");
	assert_int_equal(shell_read(&here, "sh", m->dir + 1, NULL, v, 1, &err), 0);
	m->dir[strlen(m->dir) - strlen("/etc/good")] = 0;
	assert_string_equal(v[0].value, "a b");
	fsroot_close(&here);
}

/* A file that does not end: it reads from a FIFO that nobody writes to. */
static void test_shell_deadline(void **state)
{
	struct machine *m = *state;
	struct shell_variable v[1] = { { .name = "X" } };
	struct fsroot here;
	struct errbuf err;
	char path[128], text[128];

	assert_int_equal(fsroot_open(&here, "/"), 0);
	here.real = true;
	snprintf(path, sizeof(path), "%s/hangs", m->dir);
	snprintf(text, sizeof(text), "%s/fifo", m->dir);
	assert_int_equal(mkfifo(text, 0600), 0);
	snprintf(text, sizeof(text), "read x <'%s/fifo'\n", m->dir);
	machine_write(m, "hangs", text);
	fakeclock_start();
	assert_int_equal(shell_read(&here, "sh", path + 1, NULL, v, 1, &err), -ETIMEDOUT);
	assert_in_range(fakeclock_ms(), SHELL_MS, SHELL_MS + 50);
	fakeclock_stop();
	fsroot_close(&here);
}

static void test_password(void **state)
{
	char buf[80];

	(void)state;
	userinfo_cut(buf, sizeof(buf), "nfs://h/x");
	assert_string_equal(buf, "nfs://h/x");
	userinfo_cut(buf, sizeof(buf), "ftp://u:p@h:21/x");
	assert_string_equal(buf, "ftp://h:21/x");
	userinfo_cut(buf, sizeof(buf), "u:p@q@h:/x");
	assert_string_equal(buf, "h:/x");
	userinfo_cut(buf, sizeof(buf), "root@2001:db8::1");
	assert_string_equal(buf, "2001:db8::1");
	userinfo_cut(buf, sizeof(buf), "cifs://dom;u:p/@q@h/x");
	assert_string_equal(buf, "cifs://h/x");
	userinfo_cut(buf, sizeof(buf), "u:secret@");
	assert_string_equal(buf, "");
	/* Paths, with or without a scheme. */
	userinfo_cut(buf, sizeof(buf), "/@/var/crash");
	assert_string_equal(buf, "/@/var/crash");
	userinfo_cut(buf, sizeof(buf), "file:///mnt/a@b");
	assert_string_equal(buf, "file:///mnt/a@b");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kdump_conf),	   TEST(test_rhel_more),    TEST(test_suse),
		TEST(test_rhel_sysconfig), TEST(test_debian),	    TEST(test_debian_line),
		TEST(test_confined),	   TEST(test_shell_limits), TEST(test_shell_deadline),
		TEST(test_password),	   TEST(test_no_programs),  TEST(test_other_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
