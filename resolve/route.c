// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * route.c - ask the kernel for a route, over rtnetlink by libmnl, so that policy rules and all
 * tables count. The answer is the whole entry that matches, not one of its next hops: where there
 * are several, the packets of the dump may use any.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "resolve/hosts.h"

#define ANSWERS_MAX 16

static void add_index(struct route *route, unsigned int index)
{
	char name[IF_NAMESIZE];

	if (index && if_indextoname(index, name))
		route_add(route, name);
}

static void add_ways(struct route *route, const struct nlattr *ways)
{
	const struct rtnexthop *way = mnl_attr_get_payload(ways);
	int left = mnl_attr_get_payload_len(ways);

	for (; RTNH_OK(way, left); way = RTNH_NEXT(way)) {
		add_index(route, (unsigned int)way->rtnh_ifindex);
		left -= (int)RTNH_ALIGN(way->rtnh_len);
	}
}

struct answer {
	struct route *route;
	bool unreachable;
	bool nexthop; /* a nexthop object: the answer may not list all interfaces */
};

static int on_answer(const struct nlmsghdr *head, void *priv)
{
	struct answer *answer = priv;
	const struct rtmsg *route = mnl_nlmsg_get_payload(head);
	const struct nlattr *attr;

	if (head->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	answer->unreachable = route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_LOCAL &&
			      route->rtm_type != RTN_MULTICAST;
	answer->route->local |= route->rtm_type == RTN_LOCAL;
	mnl_attr_for_each(attr, head, sizeof(*route))
	{
		if (mnl_attr_get_type(attr) == RTA_OIF &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			add_index(answer->route, mnl_attr_get_u32(attr));
		else if (mnl_attr_get_type(attr) == RTA_MULTIPATH)
			add_ways(answer->route, attr);
		else if (mnl_attr_get_type(attr) == RTA_NH_ID)
			answer->nexthop = true;
	}
	return MNL_CB_OK;
}

static int talk(struct mnl_socket *socket, const struct host_address *to, unsigned int flags,
		struct answer *answer)
{
	char buf[8192]; /* MNL_SOCKET_BUFFER_SIZE is no constant */
	struct nlmsghdr *head = mnl_nlmsg_put_header(buf);
	const unsigned int sequence = (unsigned int)time(NULL);
	struct rtmsg *route;
	ssize_t n;
	int rc;

	head->nlmsg_type = RTM_GETROUTE;
	head->nlmsg_flags = NLM_F_REQUEST;
	head->nlmsg_seq = sequence;
	route = mnl_nlmsg_put_extra_header(head, sizeof(*route));
	route->rtm_family = (unsigned char)to->family;
	route->rtm_dst_len = to->family == AF_INET ? 32 : 128;
	route->rtm_flags = flags;
	mnl_attr_put(head, RTA_DST, to->family == AF_INET ? 4 : 16, to->bytes);
	if (mnl_socket_sendto(socket, head, head->nlmsg_len) < 0)
		return -errno;
	/* One message answers it, an error or a route. */
	n = mnl_socket_recvfrom(socket, buf, sizeof(buf));
	if (n < 0)
		return -errno;
	rc = mnl_cb_run(buf, (size_t)n, sequence, mnl_socket_get_portid(socket), on_answer, answer);
	return rc < 0 ? -errno : 0;
}

int route_ask(const struct host_address *to, struct route *ret)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct answer answer = { .route = ret };
	size_t before = ret->count;
	int rc;

	if (!socket)
		return -errno;
	rc = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
	if (rc == 0)
		rc = talk(socket, to, RTM_F_FIB_MATCH, &answer);
	/* A kernel that does not know the flag, or an entry that names no interface. */
	if (rc == -EINVAL || (rc == 0 && ret->count == before)) {
		ret->more |= answer.nexthop;
		rc = talk(socket, to, 0, &answer);
	}
	mnl_socket_close(socket);
	if (rc < 0)
		return rc;
	return answer.unreachable || ret->count == 0 ? -ENETUNREACH : 0;
}
