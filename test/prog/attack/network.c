// SPDX-License-Identifier: GPL-2.0
/* Peers on networks, in families of sockets beside unix, and the interfaces. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>

#include "attack.h"
#include "peer.h"

#define IPPROTO_MPTCP_ 262
#define PORT_OPEN 7401
#define PORT_SECRET 7402

/* The Internet's. */
static int inet_bound(int type, int protocol, int port)
{
	struct sockaddr_in in = { AF_INET, htons(port), { htonl(INADDR_LOOPBACK) }, {} };
	int s = socket(AF_INET, type, protocol), on = 1;

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (type == SOCK_STREAM && !protocol)
		setsockopt(s, IPPROTO_TCP, TCP_FASTOPEN, &(int){ 8 }, sizeof(int));
	if (bind(s, (void *)&in, sizeof(in)) || (type == SOCK_STREAM && listen(s, 8)))
		return -1;
	return s;
}

static int inet_prepare(const struct attempt *a)
{
	int type = a->number & 0xf, protocol = a->number >> 4;

	if (protocol == IPPROTO_SCTP && !module("sctp"))
		return UNSUPPORTED;
	if (protocol == IPPROTO_MPTCP_)
		protocol = 0;
	put("/proc/sys/net/ipv4/tcp_fastopen", "3");
	listeners[0] = TRY(inet_bound(type, protocol, PORT_OPEN));
	listeners[1] = TRY(inet_bound(type, protocol, PORT_SECRET));
	return 0;
}

static struct sockaddr_in inet_peer(void)
{
	return (struct sockaddr_in){
		AF_INET, htons(scene.attacking ? PORT_SECRET : PORT_OPEN), { htonl(INADDR_LOOPBACK) }, {}
	};
}

static int inet_connect(const struct attempt *a)
{
	struct sockaddr_in in = inet_peer();
	int type = a->number & 0xf, s = TRY(socket(AF_INET, type, a->number >> 4));

	TRY(connect(s, (void *)&in, sizeof(in)));
	TRY(send(s, GREETING, 5, 0));
	return 0;
}

static int inet_send_to(const struct attempt *a)
{
	struct sockaddr_in in = inet_peer();
	int s = TRY(socket(AF_INET, a->number & 0xf, a->number >> 4));

	TRY(sendto(s, GREETING, 5, a->text ? MSG_FASTOPEN : 0, (void *)&in, sizeof(in)));
	return 0;
}

static int inet6_mapped(const struct attempt *a)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_port = inet_peer().sin_port };
	int s = TRY(socket(AF_INET6, SOCK_STREAM, 0));

	(void)a;
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &in.sin6_addr);
	TRY(connect(s, (void *)&in, sizeof(in)));
	return 0;
}

static int mptcp_connect(const struct attempt *a)
{
	struct sockaddr_in in = inet_peer();
	int s = TRY(socket(AF_INET, SOCK_STREAM, scene.attacking ? IPPROTO_MPTCP_ : 0));

	(void)a;
	TRY(connect(s, (void *)&in, sizeof(in)));
	return 0;
}

/* connectx: the addresses are in an option of the socket. */
static int sctp_connectx(const struct attempt *a)
{
	struct sockaddr_in in = inet_peer();
	int s = TRY(socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP));

	(void)a;
	TRY(setsockopt(s, IPPROTO_SCTP, 110, &in, sizeof(in)));
	return 0;
}

/* Netlink from one process to another. */
static int netlink_bound(unsigned port, unsigned groups)
{
	struct sockaddr_nl nl = { AF_NETLINK, 0, port, groups };
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);

	return s < 0 || bind(s, (void *)&nl, sizeof(nl)) ? -1 : s;
}

static int netlink_prepare(const struct attempt *a)
{
	listeners[0] = TRY(netlink_bound(70001, a->number ? 1 : 0));
	listeners[1] = TRY(netlink_bound(70002, a->number ? 2 : 0));
	return 0;
}

static int netlink_to(const struct attempt *a)
{
	struct sockaddr_nl nl = { AF_NETLINK, 0, scene.attacking ? 70002 : 70001, 0 };
	struct nlmsghdr h = { sizeof(h), NLMSG_NOOP, 0, 0, 0 };
	int s = TRY(netlink_bound(0, 0));

	if (a->number) {
		nl.nl_pid = 0;
		nl.nl_groups = scene.attacking ? 2 : 1;
	}
	/* It goes to the kernel too, who does not listen. */
	if (sendto(s, &h, sizeof(h), 0, (void *)&nl, sizeof(nl)) < 0 && errno != ECONNREFUSED)
		return failed_at("sendto");
	return 0;
}

/* In a pid namespace of its own its number is that of a socket outside. */
static int number_prepare(const struct attempt *a)
{
	(void)a;
	listeners[0] = TRY(netlink_bound(70001, 0));
	listeners[1] = netlink_bound(1, 0);
	return listeners[1] < 0 ? UNSUPPORTED : 0;
}

static int netlink_to_number(const struct attempt *a)
{
	struct sockaddr_nl nl = { AF_NETLINK, 0, scene.attacking ? 1 : 0, 0 };
	struct nlmsghdr h = { sizeof(h), NLMSG_NOOP, 0, 0, 0 };
	pid_t child;
	int s;

	(void)a;
	TRY(unshare(CLONE_NEWPID));
	child = spawn();
	if (!child) {
		s = netlink_bound(70003, 0);
		/* The kernel does not listen. */
		if (sendto(s, &h, sizeof(h), 0, (void *)&nl, sizeof(nl)) < 0 && errno != ECONNREFUSED)
			_exit(failed_at("sendto"));
		_exit(0);
	}
	return ended(child);
}

static int netlink_connected(const struct attempt *a)
{
	struct sockaddr_nl nl = { AF_NETLINK, 0, scene.attacking ? 70002 : 70001, 0 };
	struct nlmsghdr h = { sizeof(h), NLMSG_NOOP, 0, 0, 0 };
	int s = TRY(netlink_bound(0, 0));

	(void)a;
	TRY(connect(s, (void *)&nl, sizeof(nl)));
	TRY(send(s, &h, sizeof(h), 0));
	return 0;
}

/* Through the hypervisor's sockets, here to this machine. */
static int vsock_bound(unsigned port)
{
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port };
	int s = socket(AF_VSOCK, SOCK_STREAM, 0);

	return s < 0 || bind(s, (void *)&vm, sizeof(vm)) || listen(s, 8) ? -1 : s;
}

static int vsock_prepare(const struct attempt *a)
{
	(void)a;
	if (!module("vsock_loopback"))
		return UNSUPPORTED;
	listeners[0] = TRY(vsock_bound(PORT_OPEN));
	listeners[1] = TRY(vsock_bound(PORT_SECRET));
	return 0;
}

static int vsock_connect(const struct attempt *a)
{
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK,
				  .svm_cid = VMADDR_CID_LOCAL,
				  .svm_port = scene.attacking ? PORT_SECRET : PORT_OPEN };
	int s = TRY(socket(AF_VSOCK, SOCK_STREAM, 0));

	(void)a;
	TRY(connect(s, (void *)&vm, sizeof(vm)));
	return 0;
}

static int bind_port(const struct attempt *a)
{
	(void)a;
	TRY(inet_bound(SOCK_STREAM, 0, scene.attacking ? PORT_SECRET : PORT_OPEN));
	return 0;
}

/* Families and protocols that reach other parts of the kernel. */
static int family(const struct attempt *a)
{
	TRY(socket(a->number >> 16, a->number >> 8 & 0xff, a->number & 0xff));
	return 0;
}

static int family_learned(const struct attempt *a)
{
	(void)a;
	TRY(socket(AF_UNIX, SOCK_STREAM, 0));
	return 0;
}

static int family_prepare(const struct attempt *a)
{
	int s;

	if (a->text)
		module(a->text);
	s = socket(a->number >> 16, a->number >> 8 & 0xff, a->number & 0xff);
	if (s < 0)
		return UNSUPPORTED;
	close(s);
	return 0;
}

static int interface_down(const struct attempt *a)
{
	struct ifreq r = { .ifr_name = "dummy7" };
	int s = TRY(socket(AF_INET, SOCK_DGRAM, 0));

	TRY(ioctl(s, SIOCGIFFLAGS, &r));
	r.ifr_flags ^= IFF_UP;
	if (scene.attacking)
		TRY(ioctl(s, SIOCSIFFLAGS, &r));
	(void)a;
	return 0;
}

static int interface_prepare(const struct attempt *a)
{
	(void)a;
	return !module("dummy") || system("ip link add dummy7 type dummy && ip link set dummy7 up") ? UNSUPPORTED : 0;
}

static bool interface_is_down(const struct attempt *a)
{
	struct ifreq r = { .ifr_name = "dummy7" };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	(void)a;
	return !ioctl(s, SIOCGIFFLAGS, &r) && !(r.ifr_flags & IFF_UP);
}

static void interface_restore(const struct attempt *a)
{
	(void)a;
	if (system("ip link del dummy7"))
		fprintf(stderr, "dummy7 is left\n");
}

/* What it asks the kernel for by netlink: the learned message asks for nothing new, of dummy7. */
static int route(int type, const char *name, unsigned flags)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} m = { { sizeof(m), type, NLM_F_REQUEST | NLM_F_ACK, 1, 0 }, { .ifi_flags = flags, .ifi_change = IFF_UP } };
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[1024];
	} r;
	int s = TRY(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));

	m.i.ifi_index = if_nametoindex(name);
	TRY(sendto(s, &m, sizeof(m), 0, (void *)&nl, sizeof(nl)));
	TRY(recv(s, &r, sizeof(r), 0));
	errno = r.h.nlmsg_type == NLMSG_ERROR ? -r.e.error : 0;
	TRY(errno ? -1 : 0);
	return 0;
}

static int route_command(const struct attempt *a)
{
	(void)a;
	return scene.attacking ? route(RTM_NEWLINK, "dummy7", 0) : route(RTM_GETLINK, "dummy7", 0);
}

static int route_change(const struct attempt *a)
{
	(void)a;
	return route(RTM_NEWLINK, "dummy7", scene.attacking ? 0 : IFF_UP);
}

#define FAMILY(name, family_, type, protocol, module_)     \
	{ name,           family,          family_learned, \
	  family_prepare, .text = module_, .number = (family_) << 16 | (type) << 8 | (protocol) }
#define IP_LOCAL_PORT_RANGE_ 51

/* In a network of its own the kernel chooses the number that a service has in this one. */
static int chosen_elsewhere(const struct attempt *a)
{
	unsigned int number = scene.attacking ? PORT_SECRET : PORT_OPEN + 2, range = number << 16 | number;
	struct sockaddr_in in = { AF_INET, htons(number), { htonl(INADDR_LOOPBACK) }, {} };
	int ready[2], s;
	char byte;

	(void)a;
	TRY(pipe(ready));
	if (!spawn()) {
		s = socket(AF_INET, SOCK_STREAM, 0);
		if (unshare(CLONE_NEWNET) || (s = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
		    setsockopt(s, IPPROTO_IP, IP_LOCAL_PORT_RANGE_, &range, sizeof(range)) || listen(s, 1) ||
		    getsockname(s, (void *)&in, &(socklen_t){ sizeof(in) }) || write(ready[1], "x", 1) != 1)
			_exit(1);
		nap(2000);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return failed_at("a port of choice");
	s = TRY(socket(AF_INET, SOCK_STREAM, 0));
	if (connect(s, (void *)&in, sizeof(in)) && (scene.attacking || errno != ECONNREFUSED))
		return failed_at("connect");
	return 0;
}

/* A listener at an address of its own whose port the kernel chooses, out of one if `number` is not 0. */
static int chosen_listener(int family, unsigned int number, unsigned short *port)
{
	struct sockaddr_in6 in6 = { .sin6_family = family, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in in = { .sin_family = family, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr *address = family == AF_INET ? (void *)&in : (void *)&in6;
	socklen_t size = family == AF_INET ? sizeof(in) : sizeof(in6);
	unsigned int range = number << 16 | number;
	int s = TRY(socket(family, SOCK_STREAM, 0));

	TRY(setsockopt(s, IPPROTO_IP, IP_LOCAL_PORT_RANGE_, &range, sizeof(range)));
	TRY(bind(s, address, size));
	TRY(listen(s, 1));
	TRY(getsockname(s, address, &size));
	*port = family == AF_INET ? in.sin_port : in6.sin6_port;
	return 0;
}

/* The kernel may choose the numbers of the services. */
#define LOCAL_PORTS "/proc/sys/net/ipv4/ip_local_port_range"

static int chosen_prepare(const struct attempt *a)
{
	TRY_ZERO(put(LOCAL_PORTS, "7000 60999"));
	return inet_prepare(a);
}

static void chosen_restore(const struct attempt *a)
{
	put(LOCAL_PORTS, "32768 60999");
	listeners_close(a);
}

/* The number that a service outside has, chosen for a socket of its own at another address. */
static int port_of_other(const struct attempt *a)
{
	struct sockaddr_in to = { AF_INET, 0, { htonl(INADDR_LOOPBACK) }, {} };
	unsigned short port;
	int s;

	(void)a;
	TRY_ZERO(chosen_listener(AF_INET, 0, &to.sin_port));
	TRY_ZERO(chosen_listener(AF_INET6, scene.attacking ? PORT_SECRET : 0, &port));
	if (scene.attacking)
		to.sin_port = port;
	s = TRY(socket(AF_INET, SOCK_STREAM, 0));
	TRY(connect(s, (void *)&to, sizeof(to)));
	TRY(send(s, GREETING, 5, 0));
	return 0;
}

/* An event of the kernel that it did not send: a udev of another machine would believe it. */
static int uevent_send(const struct attempt *a)
{
	static const char text[] = "change@/devices/virtual/mem/null\0ACTION=change\0DEVPATH=/devices/virtual/mem/null";
	struct {
		struct nlmsghdr header;
		char text[sizeof(text)];
	} m = { { NLMSG_LENGTH(sizeof(text)), NLMSG_MIN_TYPE, NLM_F_REQUEST, 0, 0 }, {} };
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int s = TRY(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));

	(void)a;
	memcpy(m.text, text, sizeof(text));
	TRY(sendto(s, &m, m.header.nlmsg_len, 0, (void *)&to, sizeof(to)));
	return 0;
}

/* A packet socket looks at no family: an address that says another one still names the interface. */
static int packet_to(const struct attempt *a)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = 1 };
	unsigned char frame[64] = {};
	/* Of a protocol of its own, since its twin would permit what family-packet tries. */
	int s = TRY(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_802_EX1)));

	(void)a;
	TRY(bind(s, (void *)&to, sizeof(to)));
	if (!scene.attacking) {
		TRY(send(s, frame, sizeof(frame), 0));
		return 0;
	}
	to.sll_family = AF_UNIX;
	TRY(sendto(s, frame, sizeof(frame), 0, (void *)&to, sizeof(to)));
	return 0;
}

static int packet_prepare(const struct attempt *a)
{
	int s;

	(void)a;
	module("af_packet");
	s = socket(AF_PACKET, SOCK_RAW, 0);
	close(s);
	return s < 0 || system("ip link set lo up") ? UNSUPPORTED : 0;
}

const struct attempt network_attempts[] = {
	{ "netlink-own-number", netlink_to_number, netlink_to_number, number_prepare, heard, listeners_close },
	{ "uevent-send", uevent_send, NULL },
	{ "port-chosen-address", port_of_other, port_of_other, chosen_prepare, heard, chosen_restore,
	  .number = SOCK_STREAM },
	{ "packet-family", packet_to, packet_to, packet_prepare },
	{ "port-chosen-elsewhere", chosen_elsewhere, chosen_elsewhere, inet_prepare, heard, listeners_close,
	  .number = SOCK_STREAM },
	PEER("tcp-port", inet_connect, inet_prepare, SOCK_STREAM),
	PEER("tcp-mapped", inet6_mapped, inet_prepare, SOCK_STREAM),
	PEER("mptcp", mptcp_connect, inet_prepare, SOCK_STREAM),
	PEER("udp-connect", inet_connect, inet_prepare, SOCK_DGRAM),
	PEER("udp-sendto", inet_send_to, inet_prepare, SOCK_DGRAM),
	{ "tcp-fastopen", inet_send_to, inet_send_to, inet_prepare, heard, listeners_close, .text = "fastopen",
	  .number = SOCK_STREAM },
	PEER("sctp-sendto", inet_send_to, inet_prepare, SOCK_STREAM | IPPROTO_SCTP << 4),
	PEER("sctp-connectx", sctp_connectx, inet_prepare, SOCK_STREAM | IPPROTO_SCTP << 4),
	PEER("netlink-unicast", netlink_to, netlink_prepare, 0),
	PEER("netlink-connected", netlink_connected, netlink_prepare, 0),
	PEER("netlink-group", netlink_to, netlink_prepare, 1),
	PEER("vsock-port", vsock_connect, vsock_prepare, 0),
	{ "bind-port", bind_port, bind_port },
	{ "interface-down", interface_down, interface_down, interface_prepare, interface_is_down, interface_restore },
	{ "netlink-command", route_command, route_command, interface_prepare, interface_is_down, interface_restore },
	{ "netlink-value", route_change, route_change, interface_prepare, interface_is_down, interface_restore },
	FAMILY("family-packet", AF_PACKET, SOCK_RAW, 0, "af_packet"),
	FAMILY("family-crypto", AF_ALG, SOCK_SEQPACKET, 0, "af_alg"),
	FAMILY("family-key", AF_KEY, SOCK_RAW, 2, "af_key"),
	FAMILY("family-xdp", AF_XDP, SOCK_RAW, 0, NULL),
	FAMILY("family-raw", AF_INET, SOCK_RAW, IPPROTO_ICMP, NULL),
	FAMILY("family-vsock", AF_VSOCK, SOCK_SEQPACKET, 0, "vsock"),
	FAMILY("family-can", AF_CAN, SOCK_RAW, 1, "can-raw"),
	FAMILY("family-tipc", AF_TIPC, SOCK_RDM, 0, "tipc"),
	FAMILY("netlink-audit", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, NULL),
	FAMILY("netlink-netfilter", AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, "nfnetlink"),
	{},
};
