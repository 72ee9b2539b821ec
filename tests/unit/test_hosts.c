// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of resolve/hosts.c, host_name.c, route.c and route_table.c. The kernel and the C library
 * answer for real, in namespaces of the test's own.
 */
#include "tests/unit/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "resolve/hosts.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_resolve.h"

static void join(const struct route *route, char *buf, size_t cap)
{
	size_t i;

	buf[0] = 0;
	for (i = 0; i < route->count; i++)
		snprintf(buf + strlen(buf), cap - strlen(buf), "%s%s", i ? " " : "",
			 route->interface[i]);
}

/* ---- the kernel's own answer ---- */

static int asked(const char *to, const char *want)
{
	struct host_address address;
	struct route route = { .count = 0 };
	char have[256];
	int rc;

	if (!host_parse(to, &address))
		return 1;
	rc = route_ask(&address, &route);
	join(&route, have, sizeof(have));
	if (rc == (*want ? 0 : -ENETUNREACH) && strcmp(have, want) == 0)
		return 0;
	fprintf(stderr, "%s: %d, %s instead of %s\n", to, rc, have, want);
	return 1;
}

/* One of the ways, and that there are more. */
static int asked_group(const char *to)
{
	struct host_address address;
	struct route route = { .count = 0 };

	if (!host_parse(to, &address) || route_ask(&address, &route) != 0 || !route.more)
		return fprintf(stderr, "%s: %zu ways, no more\n", to, route.count), 1;
	return 0;
}

#define NO_NETWORK 2

static int ask_kernel(void *priv)
{
	int bad = 0;

	(void)priv;
	if (system("{ ip link set lo up && ip link add t0 type veth peer name p0 &&"
		   "ip link add t1 type veth peer name p1 && ip link set p0 up && ip link set p1 up &&"
		   "ip addr add 192.0.2.1/24 dev t0 && ip addr add 198.51.100.1/24 dev t1 &&"
		   "ip link set t0 up && ip link set t1 up && ip route add default via 192.0.2.9 &&"
		   "ip route add 203.0.113.0/24 nexthop via 192.0.2.9 nexthop via 198.51.100.9 &&"
		   "ip route add unreachable 203.0.114.0/24; } 2>/dev/null") != 0)
		return NO_NETWORK;
	bad |= asked("192.0.2.7", "t0");
	bad |= asked("198.51.100.7", "t1");
	bad |= asked("8.8.8.8", "t0");
	bad |= asked("203.0.113.7", "t0 t1");
	bad |= asked("127.0.0.1", "lo");
	/* The ways of a group of next hops are told or are not, as the kernel is set. */
	if (system("{ ip nexthop add id 1 via 192.0.2.9 dev t0 &&"
		   "ip nexthop add id 2 via 198.51.100.9 dev t1 &&"
		   "ip nexthop add id 3 group 1/2 && ip route add 203.0.115.0/24 nhid 3; } "
		   "2>/dev/null") == 0) {
		bad |= asked("203.0.115.7", "t0 t1");
		if (system("echo 0 >/proc/sys/net/ipv4/nexthop_compat_mode") == 0)
			bad |= asked_group("203.0.115.7");
	}
	/* A rule that no table in /proc shows. */
	if (system("ip route add default via 198.51.100.9 table 7 && ip rule add to 100.64.0.0/10 "
		   "lookup 7") == 0)
		bad |= asked("100.64.0.1", "t1");
	if (system("{ ip addr add 2001:db8:1::1/64 dev t1 nodad && "
		   "ip -6 route add default via 2001:db8:1::9; } 2>/dev/null") == 0) {
		bad |= asked("2001:db8:1::7", "t1");
		bad |= asked("2001:db8:2::7", "t1");
	}
	return bad;
}

static void test_kernel(void **state)
{
	int code = run_apart(ask_kernel, NULL);

	(void)state;
	if (code == NO_NETWORK) {
		print_message("SKIP: no ip(8), or no veth interfaces\n");
		skip();
	}
	assert_int_equal(code, 0);
}

static int ask_empty_kernel(void *priv)
{
	struct host_address address;
	struct route route = { .count = 0 };

	(void)priv;
	return !host_parse("192.0.2.7", &address) || route_ask(&address, &route) != -ENETUNREACH ||
	       route.count;
}

static void test_no_route(void **state)
{
	(void)state;
	assert_int_equal(run_apart(ask_empty_kernel, NULL), 0);
}

/* ---- tables ---- */

static void in_table(struct machine *m, const char *to, const char *want)
{
	struct host_address address;
	struct route route = { .count = 0 };
	char have[256];
	int rc;

	if (to)
		assert_true(host_parse(to, &address));
	rc = route_in_table(&m->root, to ? &address : NULL, &route);
	join(&route, have, sizeof(have));
	assert_string_equal(have, want);
	assert_int_equal(rc, *want ? 0 : -ENETUNREACH);
}

#define NONE "00000000000000000000000000000000"

static void test_tables(void **state)
{
	struct machine *m = *state;

	in_table(m, "192.0.2.1", "");
	machine_write(
		m, "proc/net/route",
		"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
		"eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
		"eth1\t00000000\t010200C0\t0003\t0\t0\t50\t00000000\t0\t0\t0\n"
		"eth2\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
		"eth3\t800200C0\t00000000\t0001\t0\t0\t100\t80FFFFFF\t0\t0\t0\n"
		"eth4\t800200C0\t00000000\t0001\t0\t0\t100\t80FFFFFF\t0\t0\t0\n"
		"eth5\tC00200C0\t00000000\t0000\t0\t0\t0\tC0FFFFFF\t0\t0\t0\n"
		"*\t0000A8C0\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
		"garbage\n");
	in_table(m, "192.0.2.1", "eth2");
	in_table(m, "192.0.2.129", "eth3 eth4");
	in_table(m, "192.0.2.200", "eth3 eth4");
	in_table(m, "8.8.8.8", "eth1");
	in_table(m, NULL, "eth1");
	in_table(m, "2001:db8::1", "");
	machine_write(m, "proc/net/ipv6_route",
		      "20010db8000000000000000000000000 20 " NONE " 00 " NONE
		      " 00000100 1 0 00000001 eth6\n"
		      "20010db8000100000000000000000000 31 " NONE " 00 " NONE
		      " 00000100 1 0 00000001 eth7\n" NONE " 00 " NONE " 00 " NONE
		      " 00000400 1 0 00000003 eth8\n" NONE " 00 " NONE " 00 " NONE
		      " ffffffff 1 0 00200200 lo\n"
		      "20010db8 20 x\n");
	in_table(m, "2001:db8::1", "eth6");
	in_table(m, "2001:db8:1:7fff::1", "eth7");
	in_table(m, "2001:db8:1:8000::1", "eth6");
	in_table(m, "2001:db9::1", "eth8");
	machine_remove(m, "proc/net/route");
	in_table(m, NULL, "eth8");
}

/* ---- names ---- */

static int look_up_in_hosts(void *priv)
{
	struct host_addresses found = { .count = 0 };
	struct host_address want;

	/* Files come before the network in it, and there is no network. */
	if (mount(priv, "/etc/hosts", NULL, MS_BIND, NULL) < 0)
		return NO_NETWORK;
	if (host_look_up("crash.example", &found) != 0 || found.count != 2)
		return 1;
	if (!host_parse("192.0.2.8", &want) || memcmp(&found.address[0], &want, sizeof(want)))
		return 1;
	found.count = 0;
	return host_look_up("none.invalid", &found) == 0;
}

static void test_look_up(void **state)
{
	struct machine *m = *state;
	char path[128];
	int code;

	machine_write(m, "hosts", "192.0.2.8 crash.example\n198.51.100.8 crash.example\n");
	snprintf(path, sizeof(path), "%s/hosts", m->dir);
	code = run_apart(look_up_in_hosts, path);
	if (code == NO_NETWORK) {
		print_message("SKIP: /etc/hosts cannot be replaced here\n");
		skip();
	}
	assert_int_equal(code, 0);
}

static void test_hosts_file(void **state)
{
	struct machine *m = *state;
	struct host_addresses found = { .count = 0 };

	assert_int_equal(host_in_file(&m->root, "a", &found), -ENOENT);
	machine_write(m, "etc/hosts", "192.0.2.1 a # b\n\nx b\n::1 c b\n192.0.2.2 B\n");
	assert_int_equal(host_in_file(&m->root, "b", &found), 0);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.address[0].family, AF_INET6);
}

/* A resolver that hangs; the rest is the C library's. */
static bool hanging;

int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **res);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **res);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **res)
{
	while (hanging)
		pause();
	return __real_getaddrinfo(node, service, hints, res);
}

static void test_resolver_hangs(void **state)
{
	struct host_addresses found = { .count = 0 };

	(void)state;
	hanging = true;
	fakeclock_start();
	assert_int_equal(host_look_up("crash.example", &found), -ETIMEDOUT);
	assert_in_range(fakeclock_ms(), HOST_NAME_MS, HOST_NAME_MS + 50);
	fakeclock_stop();
	hanging = false;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kernel),  TEST(test_no_route),   TEST(test_tables),
		TEST(test_look_up), TEST(test_hosts_file), TEST(test_resolver_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
