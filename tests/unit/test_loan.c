// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of when a loan is over (daemon/loan.c), to the millisecond, and of those who look: at
 * /proc/vmcore, at network cards, at what the environment waits for.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/loan.h"
#include "daemon/netwait.h"
#include "daemon/vmcore.h"
#include "daemon/waits.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

/* ---- the decision ---- */

/* Of 10 s of grace, @handover and @now in milliseconds after the daemon's start. */
static int decide(uint32_t handover, uint32_t now, bool progress)
{
	struct loan loan = {
		.grace_ms = 10000,
		.start_ns = clock_ms(5000),
		.handover_ns = clock_ms(5000 + handover),
		.lent = 1,
	};

	return loan_decide(&loan, clock_ms(5000 + now), progress);
}

static void test_grace(void **state)
{
	(void)state;
	assert_int_equal(decide(1000, 1000, false), 10000);
	assert_int_equal(decide(1000, 10999, false), 1);
	assert_int_equal(decide(1000, 11000, false), LOAN_GIVE_BACK);
	assert_int_equal(decide(1000, 11001, false), LOAN_GIVE_BACK);
	/* Progress changes nothing before that. */
	assert_int_equal(decide(1000, 10999, true), 1);
}

static void test_progress(void **state)
{
	(void)state;
	assert_int_equal(decide(1000, 11000, true), 1000);
	assert_int_equal(decide(1000, 18999, true), 1000);
	assert_int_equal(decide(1000, 19001, true), 999);
	/* Twice the grace after the start it is over. */
	assert_int_equal(decide(1000, 19999, true), 1);
	assert_int_equal(decide(1000, 20000, true), LOAN_GIVE_BACK);
}

/* What the stage took longer than the grace, the environment has waited already. */
static void test_late_handover(void **state)
{
	(void)state;
	assert_int_equal(decide(10000, 19999, false), 1);
	assert_int_equal(decide(10000, 20000, false), LOAN_GIVE_BACK);
	assert_int_equal(decide(10001, 19999, false), 1);
	assert_int_equal(decide(10001, 20000, true), LOAN_GIVE_BACK);
	assert_int_equal(decide(19999, 19999, false), 1);
	assert_int_equal(decide(20000, 20000, false), LOAN_GIVE_BACK);
	assert_int_equal(decide(50000, 50000, true), LOAN_GIVE_BACK);
}

static void test_never(void **state)
{
	struct loan loan = { .grace_ms = 10, .lent = 1 };

	(void)state;
	assert_int_equal(loan_decide(&loan, clock_ms(100), false), LOAN_GIVE_BACK);
	loan.dump_begun = true;
	assert_int_equal(loan_decide(&loan, clock_ms(100), false), LOAN_NEVER);
	loan.dump_begun = false;
	loan.lent = 0;
	assert_int_equal(loan_decide(&loan, clock_ms(100), false), LOAN_NEVER);
	loan.lent = 1;
	loan.grace_ms = CONFIG_GRACE_NEVER;
	assert_int_equal(loan_decide(&loan, clock_ms(1000000000), false), LOAN_NEVER);
	/* At once. */
	loan.grace_ms = 0;
	loan.handover_ns = clock_ms(100);
	assert_int_equal(loan_decide(&loan, clock_ms(100), false), LOAN_GIVE_BACK);
}

static void test_grace_of_environments(void **state)
{
	(void)state;
	assert_int_equal(loan_grace_ms(CONFIG_GRACE_AUTO, false), LOAN_GRACE_MS);
	assert_int_equal(loan_grace_ms(CONFIG_GRACE_AUTO, true), LOAN_GRACE_SYSTEMD_MS);
	assert_int_equal(loan_grace_ms(0, true), 0);
	assert_int_equal(loan_grace_ms(CONFIG_GRACE_NEVER, true), CONFIG_GRACE_NEVER);
	/* Below half of what they wait for a device. */
	assert_true(LOAN_GRACE_MS < 30000 / 2);
	assert_true(LOAN_GRACE_SYSTEMD_MS < 90000 / 2);
}

/* ---- /proc/vmcore ---- */

static int open_vmcore(struct machine *m, int flags)
{
	int fd = openat(m->root.fd, "proc/vmcore", flags | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void test_watch(void **state)
{
	struct vmcore_watch watch = VMCORE_WATCH_NONE;
	struct machine *m = *state;
	struct pollfd p;
	struct stat st;
	int fd, other;

	assert_false(vmcore_watch_saw(&watch));
	assert_int_equal(vmcore_watch_open(&watch, &m->root), 0);
	p = (struct pollfd){ .fd = watch.fd, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 0), 0);
	/* What systemd's conditions and a pin do is no begin. */
	assert_int_equal(fstatat(m->root.fd, "proc/vmcore", &st, 0), 0);
	close(open_vmcore(m, O_PATH));
	assert_false(vmcore_watch_saw(&watch));
	close(open_vmcore(m, O_RDONLY));
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_true(vmcore_watch_saw(&watch));
	assert_false(vmcore_watch_saw(&watch));
	assert_false(vmcore_watch_is_dump(&watch));
	/* Two that have it open, and the times when nobody had. */
	fd = open_vmcore(m, O_RDONLY);
	assert_true(vmcore_watch_saw(&watch));
	assert_true(vmcore_watch_is_dump(&watch));
	clock_sleep_ms(2000);
	other = open_vmcore(m, O_RDONLY);
	close(fd);
	assert_true(vmcore_watch_saw(&watch));
	assert_true(vmcore_watch_is_dump(&watch));
	clock_sleep_ms(VMCORE_DUMP_MS - 2001);
	close(other);
	assert_false(vmcore_watch_saw(&watch));
	assert_false(vmcore_watch_is_dump(&watch));
	fd = open_vmcore(m, O_RDONLY);
	assert_true(vmcore_watch_saw(&watch));
	clock_sleep_ms(1);
	close(fd);
	assert_false(vmcore_watch_saw(&watch));
	assert_true(vmcore_watch_is_dump(&watch));
	vmcore_watch_close(&watch);
	assert_false(vmcore_watch_is_dump(&watch));
	assert_int_equal(watch.fd, -1);
	vmcore_watch_close(&watch);
}

static void test_nothing_to_watch(void **state)
{
	struct vmcore_watch watch = VMCORE_WATCH_NONE;
	struct machine *m = *state;

	machine_remove(m, "proc/vmcore");
	assert_int_equal(vmcore_watch_open(&watch, &m->root), -ENOENT);
	assert_int_equal(watch.fd, -1);
}

/* The real /proc of this process. */
static void test_scan_of_proc(void **state)
{
	struct machine *m = *state;
	struct fsroot root = FSROOT_NONE;
	int fd = open_vmcore(m, O_RDONLY);

	assert_int_equal(fsroot_open(&root, "/"), 0);
	assert_true(vmcore_is_open(&root));
	close(fd);
	fsroot_close(&root);
}

static void test_scan_of_tree(void **state)
{
	struct machine *m = *state;
	char text[512], path[64];
	int fd = open_vmcore(m, O_PATH), info;
	ssize_t n;

	assert_false(vmcore_is_open(&m->root));
	machine_write(m, "proc/7/fd/.keep", "");
	machine_link(m, "proc/7/fd/0", "/dev/null");
	machine_link(m, "proc/self", "7");
	machine_link(m, "proc/8/fd/3", "/proc/vmcore.old");
	assert_false(vmcore_is_open(&m->root));
	/* Of a pin, as the kernel tells it. */
	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	n = read(info, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = 0;
	close(info);
	close(fd);
	machine_write(m, "proc/9/fdinfo/4", text);
	machine_link(m, "proc/9/fd/4", "/proc/vmcore");
	assert_false(vmcore_is_open(&m->root));
	machine_write(m, "proc/9/fdinfo/5", "pos:\t0\nflags:\t02100000\nmnt_id:\t21\n");
	machine_link(m, "proc/9/fd/5", "/sysroot/proc/vmcore");
	assert_true(vmcore_is_open(&m->root));
}

/* ---- network cards ---- */

#define NIC "0000:00:01.0"
#define NET "sys/bus/pci/devices/" NIC "/net/eth0/"
#define NO_ROUTE "Iface\tDestination\tGateway\n"

static bool negotiates(struct machine *m)
{
	return netwait_is_negotiating(&m->root, "pci", NIC);
}

static void test_network(void **state)
{
	struct machine *m = *state;

	assert_false(negotiates(m));
	machine_write(m, NET "flags", "0x1002\n");
	machine_write(m, NET "carrier", "");
	assert_false(negotiates(m));
	/* Up, no carrier; a carrier, no address; an address. */
	machine_write(m, NET "flags", "0x1003\n");
	machine_write(m, NET "carrier", "0\n");
	assert_true(negotiates(m));
	machine_write(m, NET "carrier", "1\n");
	assert_true(negotiates(m));
	machine_write(m, "proc/net/route", NO_ROUTE "lo\t0000007F\t00000000\n");
	machine_write(m, "proc/net/if_inet6",
		      "00000000000000000000000000000001 01 80 10 80       lo\n"
		      "fe800000000000005054fffe120001 02 40 20 80     eth0\n");
	assert_true(negotiates(m));
	/* Another card's address is none of this one's. */
	machine_write(m, "proc/net/route", NO_ROUTE "eth1\t0000000A\t00000000\n");
	assert_true(negotiates(m));
	machine_write(m, "proc/net/route", NO_ROUTE "eth0\t0000000A\t00000000\n");
	assert_false(negotiates(m));
	machine_write(m, "proc/net/route", NO_ROUTE);
	machine_write(m, "proc/net/if_inet6",
		      "20010db8000000000000000000000001 03 40 00 80     eth1\n");
	assert_true(negotiates(m));
	machine_write(m, "proc/net/if_inet6",
		      "20010db8000000000000000000000001 02 40 00 80     eth0\n");
	assert_false(negotiates(m));
}

/* The address is that of a VLAN on a bond; and of a bridge that the kernel does not link. */
static void test_network_above(void **state)
{
	struct machine *m = *state;

	machine_write(m, NET "flags", "0x1003\n");
	machine_write(m, NET "carrier", "1\n");
	machine_write(m, "proc/net/route", NO_ROUTE "bond0.5\t0000000A\t00000000\n");
	machine_write(m, "sys/class/net/eth0/upper_bond0", "");
	assert_true(negotiates(m));
	machine_write(m, "sys/class/net/bond0/upper_bond0.5", "");
	machine_write(m, "sys/class/net/bond0.5/upper_eth0", "");
	assert_false(negotiates(m));
	machine_remove(m, "sys/class/net/eth0/upper_bond0");
	assert_true(negotiates(m));
	machine_write(m, "sys/class/net/eth0/upper_ovs-system", "");
	assert_false(negotiates(m));
	machine_write(m, "proc/net/route", NO_ROUTE "lo\t0000007F\t00000000\n");
	assert_true(negotiates(m));
}

static void test_network_of_virtio(void **state)
{
	struct machine *m = *state;

	machine_write(m, "sys/bus/pci/devices/" NIC "/virtio0/net/ens1/flags", "0x1003\n");
	assert_true(negotiates(m));
	assert_false(netwait_is_negotiating(&m->root, "pci", "../x"));
}

/* ---- what the environment waits for ---- */

static const char *waits(struct machine *m, const char *systemctl)
{
	static char text[160];

	waits_look(&m->root, systemctl, 60000, text, sizeof(text));
	return text;
}

/* A program that says @text. */
static const char *systemctl(struct machine *m, const char *text)
{
	static char path[128];
	char script[2048];

	(void)snprintf(script, sizeof(script),
		       "#!/bin/sh\n[ \"$1\" = list-jobs ] || exit 1\ncat <<'E'\n%s\nE\n", text);
	machine_write(m, "systemctl", script);
	assert_int_equal(fchmodat(m->root.fd, "systemctl", 0755, 0), 0);
	(void)snprintf(path, sizeof(path), "%s/systemctl", m->dir);
	return path;
}

static void test_systemd(void **state)
{
	struct machine *m = *state;
	const char *program = systemctl(m, "  3 smmu-adoptd.service            start running\n"
					   " 12 dev-sdb1.device                start running\n"
					   "  9 mnt.mount                      start waiting\n"
					   " 14 systemd-udev-settle.service    start running\n"
					   "nonsense\n"
					   "  1 dev-disk-by\\x2dlabel-x.device start running\n");

	machine_write(m, "proc/1/comm", "init\n");
	assert_false(waits_has_systemd(&m->root));
	assert_string_equal(waits(m, program), "");
	machine_write(m, "proc/1/comm", "systemd\n");
	assert_true(waits_has_systemd(&m->root));
	assert_string_equal(waits(m, program),
			    "systemd waits for dev-sdb1.device, dev-disk-by\\x2dlabel-x.device");
	program = systemctl(m, " 14 systemd-networkd-wait-online.service start running\n");
	assert_string_equal(waits(m, program),
			    "systemd waits for systemd-networkd-wait-online.service");
	assert_string_equal(waits(m, systemctl(m, "No jobs running.")), "");
	assert_string_equal(waits(m, "/no/such/program"), "");
	assert_string_equal(waits(m, NULL), "");
}

static void test_many_jobs(void **state)
{
	struct machine *m = *state;
	char text[2000] = "";
	int i;

	machine_write(m, "proc/1/comm", "systemd\n");
	for (i = 0; i < 20; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			       "%d dev-disk-by\\x2duuid-%02d.device start running\n", i, i);
	assert_string_equal(waits(m, systemctl(m, text)),
			    "systemd waits for dev-disk-by\\x2duuid-00.device, "
			    "dev-disk-by\\x2duuid-01.device, dev-disk-by\\x2duuid-02.device and 17 "
			    "more");
}

/* It does not answer. */
static void test_systemctl_hangs(void **state)
{
	struct machine *m = *state;
	const char *program = systemctl(m, "");
	char text[160] = "before";

	machine_write(m, "systemctl", "#!/bin/sh\nexec sleep 1000\n");
	machine_write(m, "proc/1/comm", "systemd\n");
	waits_look(&m->root, program, 3000, text, sizeof(text));
	assert_string_equal(text, "");
	assert_in_range(fakeclock_ms(), 3000, 3060);
}

static void test_dracut(void **state)
{
	struct machine *m = *state;

	machine_write(m, "lib/dracut/hooks/initqueue/finished/devexists-x.sh",
		      "[ -e \"/dev/disk/by-uuid/1234\" ]\n");
	machine_write(m, "lib/dracut/hooks/initqueue/finished/devexists-y.sh",
		      "[ -e \"/dev/vda\" ]\n");
	machine_write(m, "lib/dracut/hooks/initqueue/finished/other.sh", "[ -e \"/dev/no\" ]\n");
	machine_write(m, "dev/vda", "");
	assert_string_equal(waits(m, NULL), "dracut waits for /dev/disk/by-uuid/1234");
	machine_write(m, "var/lib/dracut/hooks/initqueue/finished/devexists-x.sh",
		      "[ -e \"/dev/vdb\" ]\n");
	assert_string_equal(waits(m, NULL), "dracut waits for /dev/vdb");
}

static void test_root(void **state)
{
	struct machine *m = *state;

	machine_write(m, "proc/cmdline", "quiet root=UUID=12-34 ro\n");
	assert_string_equal(waits(m, NULL), "the root file system UUID=12-34 is not there");
	assert_false(waits_root_is_there(&m->root));
	machine_write(m, "dev/disk/by-uuid/12-34", "");
	assert_string_equal(waits(m, NULL), "");
	assert_true(waits_root_is_there(&m->root));
	/* dracut waits for more, systemd for much more. */
	machine_write(m, "lib/dracut/hooks/initqueue/finished/devexists-y.sh",
		      "[ -e \"/dev/vda\" ]\n");
	assert_false(waits_root_is_there(&m->root));
	machine_write(m, "dev/vda", "");
	assert_true(waits_root_is_there(&m->root));
	machine_write(m, "proc/1/comm", "systemd\n");
	assert_false(waits_root_is_there(&m->root));
	machine_write(m, "proc/1/comm", "init\n");
	machine_write(m, "proc/cmdline", "root=/dev/sda2\n");
	assert_string_equal(waits(m, NULL), "the root file system /dev/sda2 is not there");
	machine_write(m, "proc/cmdline", "root=nfs\n");
	assert_string_equal(waits(m, NULL), "");
	assert_false(waits_root_is_there(&m->root));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grace),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_late_handover),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_grace_of_environments),
		cmocka_unit_test_setup_teardown(test_watch, machine_clock_set_up,
						machine_clock_tear_down),
		TEST(test_nothing_to_watch),
		TEST(test_scan_of_proc),
		TEST(test_scan_of_tree),
		TEST(test_network),
		TEST(test_network_above),
		TEST(test_network_of_virtio),
		TEST(test_systemd),
		TEST(test_many_jobs),
		cmocka_unit_test_setup_teardown(test_systemctl_hangs, machine_clock_set_up,
						machine_clock_tear_down),
		TEST(test_dracut),
		TEST(test_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
