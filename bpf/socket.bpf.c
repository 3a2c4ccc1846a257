// SPDX-License-Identifier: GPL-2.0
/* Sockets, network links and tunnels. */
#include "guard.bpf.h"
#include "socket.bpf.h"

#define NETLINK_KOBJECT_UEVENT 15

TSEM_EVENT_PROGRAM("lsm.s/socket_create", socket_create, int family, int type, int protocol, int kern)
{
	cell_u32_pair(e, family, type);
	cell_u32_pair(e, protocol, kern);
	return DESCRIBED;
}

/* Counts that there was no memory for the mark of a socket. */
static __always_inline int owner_lost(struct tsem_task *t)
{
	namespace_lost(t->ns, TSEM_LOSS_STORAGE);
	return -ENOMEM;
}

static __always_inline int owner_set(struct tsem_task *t, struct sock *sk)
{
	struct tsem_owner *s = bpf_sk_storage_get(&tsem_sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (!s)
		return owner_lost(t);
	s->ns = t->ns;
	__builtin_memcpy(s->owner, t->task_id, TSEM_DIGEST_MAX);
	return 0;
}

/* Notes the creator of the socket, which is the owner in SOCK. No event. */
SEC("lsm.s/socket_post_create")
int BPF_PROG(tsem_socket_owner, struct socket *sock, int family, int type, int protocol, int kern)
{
	struct tsem_task *t = task_modeled();
	struct sock *sk = sock->sk;

	return t && !kern && sk ? owner_set(t, sk) : 0;
}

TSEM_EVENT_PROGRAM("lsm.s/socket_connect", socket_connect, struct socket *sock, struct sockaddr *address, int addrlen)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return NOT_MODELED;
	cell_sock(e, sk);
	cell_address(e, address, addrlen, address_of(e, sk));
	return DESCRIBED;
}

/* The port is at the same offset in IPv4 and IPv6 addresses. */
static __always_inline void port_fix(struct tsem_scratch *e, struct sock *sk, struct sockaddr *address, int addrlen)
{
	struct tsem_owner *o = bpf_sk_storage_get(&tsem_sockets, sk, 0, 0);
	u16 port = 0;

	if (!o || addrlen < 4)
		return;
	bpf_probe_read_kernel(&port, sizeof(port), (void *)address_of(e, address) + SA_FAMILY_SIZE);
	o->flags = port ? TSEM_OWNER_PORT_FIXED : 0;
}

TSEM_EVENT_PROGRAM("lsm.s/socket_bind", socket_bind, struct socket *sock, struct sockaddr *address, int addrlen)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return NOT_MODELED;
	port_fix(e, sk, address, addrlen);
	cell_sock(e, sk);
	cell_address(e, address, addrlen, 0);
	return DESCRIBED;
}

/* Addresses that a socket option binds or connects to (SCTP_SOCKOPT_BINDX_ADD and others). */
TSEM_EVENT_PROGRAM("lsm/sctp_bind_connect", sctp_bind_connect, struct sock *sk, int optname, struct sockaddr *address,
		   int addrlen)
{
	cell_sock(e, sk);
	cell_u32(e, optname);
	if (addrlen > 0)
		cell_address(e, address, addrlen, 0);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/socket_accept", socket_accept, struct socket *sock, struct socket *newsock)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return NOT_MODELED;
	port_remember(e, sk);
	cell_sock(e, sk);
	cell_local_address(e, sk);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/socket_getsockname", socket_getsockname, struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return NOT_MODELED;
	/* Whoever connects has to ask for the port first. */
	port_remember(e, sk);
	cell_sock(e, sk);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/socket_getpeername", socket_getpeername, struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return NOT_MODELED;
	cell_sock(e, sk);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/socket_listen", socket_listen, struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return NOT_MODELED;
	port_remember(e, sk);
	cell_sock(e, sk);
	cell_u32(e, backlog);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/socket_shutdown", socket_shutdown, struct socket *sock, int how)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return NOT_MODELED;
	cell_sock(e, sk);
	cell_u32(e, how);
	return DESCRIBED;
}

TSEM_PATCHED_PROGRAM("lsm/socket_setsockopt", socket_setsockopt, struct socket *sock, int level, int optname)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return NOT_MODELED;
	cell_sock(e, sk);
	cell_u32_pair(e, level, optname);
	return DESCRIBED;
}

static __always_inline int message_describe(struct tsem_scratch *e, struct socket *sock, struct msghdr *msg)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return NOT_MODELED;
	cell_sock(e, sk);
	cell_message_address(e, sk, msg);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/socket_sendmsg", socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
{
	return message_describe(e, sock, msg);
}

TSEM_EVENT_PROGRAM("lsm.s/socket_recvmsg", socket_recvmsg, struct socket *sock, struct msghdr *msg, int size, int flags)
{
	return message_describe(e, sock, msg);
}

TSEM_EVENT_PROGRAM("lsm/unix_may_send", unix_may_send, struct socket *sock, struct socket *other)
{
	struct sock *first = sock->sk, *second = other->sk;

	if (!first || !second)
		return NOT_MODELED;
	cell_sock(e, first);
	cell_sock(e, second);
	cell_peer(e, second);
	return DESCRIBED;
}

/* Two sockets that are peers of each other. */
TSEM_EVENT_PROGRAM("lsm.s/socket_socketpair", socket_socketpair, struct socket *socka, struct socket *sockb)
{
	struct sock *first = socka->sk, *second = sockb->sk;

	if (!first || !second)
		return NOT_MODELED;
	cell_sock(e, first);
	cell_sock(e, second);
	return DESCRIBED;
}

/*
 * The kernel makes the socket that will be accepted here. It gets its listener's owner, as the kernel does for families
 * whose listeners are cloned.
 */
SEC("lsm/unix_stream_connect")
int BPF_PROG(tsem_unix_stream_connect, struct sock *sock, struct sock *other, struct sock *newsk)
{
	struct tsem_owner *listener = bpf_sk_storage_get(&tsem_sockets, other, 0, 0), *s;
	struct tsem_scratch *e;
	struct tsem_task *t;
	int verdict;

	/* Who brings an agent to a namespace is outside of all. */
	if (guard_run(bpf_core_cast(other, struct unix_sock)->path.dentry) && task_confined())
		return guard_deny();
	if (listener) {
		s = bpf_sk_storage_get(&tsem_sockets, newsk, listener, BPF_SK_STORAGE_GET_F_CREATE);
		if (!s) {
			t = task_modeled();
			return t ? owner_lost(t) : -ENOMEM;
		}
	}
	e = event_begin(TSEM_EVENT_unix_stream_connect, &verdict);
	if (!e)
		return verdict;
	cell_sock(e, sock);
	cell_sock(e, other);
	cell_peer(e, other);
	return event_end(e, DESCRIBED, WAITS_NOT);
}

/*
 * Must the current task not send this? A message of the kernel's own events (uevents) makes programs of root outside do
 * something with devices.
 */
static __always_inline bool guard_netlink(struct sock *sk)
{
	return sk->sk_protocol == NETLINK_KOBJECT_UEVENT;
}

TSEM_GUARDED_PROGRAM("lsm.s/netlink_send", netlink_send, guard_netlink(sk), struct sock *sk, struct sk_buff *skb)
{
	struct netlink_skb_parms *parms = bpf_core_cast((void *)skb->cb, struct netlink_skb_parms);
	bool named = parms->nsid_is_set;

	cell_sock(e, sk);
	cell_u32_pair(e, id_of_user(e, parms->creds.uid.val), id_of_group(e, parms->creds.gid.val));
	cell_u32_pair(e, netlink_port(parms->portid), parms->dst_group);
	cell_u32(e, parms->flags);
	told_u32(e, named);
	if (named)
		cell_u32(e, parms->nsid);
	else
		told_u32(e, 0);
	return DESCRIBED;
}

/* The hook does not get the socket. A tun device's socket has no family and no owner. */
TSEM_EVENT_PROGRAM("lsm/tun_dev_attach_queue", tun_dev_attach_queue)
{
	cell_u32_pair(e, 0, 0);
	cell_u32(e, 0);
	cell_digest64(e, (const u8 *)digest_none);
	return DESCRIBED;
}

TSEM_GENERIC(tun_dev_create)
TSEM_GENERIC(tun_dev_attach)
TSEM_GENERIC(tun_dev_open)
