// SPDX-License-Identifier: GPL-2.0
/* Sockets, network links and tunnels. */
#include "socket.bpf.h"

SEC("lsm.s/socket_create")
int BPF_PROG(tsem_socket_create, int family, int type, int protocol, int kern)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_socket_create, &verdict);
	if (!t)
		return verdict;
	cell_u32_pair(t, family, type);
	cell_u32_pair(t, protocol, kern);
	return event_end(t);
}

/* There is no memory for the mark of a socket. */
static __always_inline int owner_lost(struct tsem_task *t)
{
	struct tsem_namespace *ns;
	u32 id = t->ns;

	ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	if (ns)
		__sync_fetch_and_add(&ns->lost[TSEM_LOSS_STORAGE], 1);
	return -ENOMEM;
}

/* Who made the socket: no event, but what SOCK names as the owner. */
SEC("lsm.s/socket_post_create")
int BPF_PROG(tsem_socket_owner, struct socket *sock, int family, int type, int protocol, int kern)
{
	struct tsem_task *t = modeled_task();
	struct tsem_owner *s;
	struct sock *sk = sock->sk;

	if (!t || kern || !sk)
		return 0;
	s = bpf_sk_storage_get(&tsem_sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!s)
		return owner_lost(t);
	s->ns = t->ns;
	__builtin_memcpy(s->owner, t->task_id, TSEM_DIGEST_MAX);
	return 0;
}

SEC("lsm.s/socket_connect")
int BPF_PROG(tsem_socket_connect, struct socket *sock, struct sockaddr *address, int addrlen)
{
	struct sock *sk = sock->sk;
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_socket_connect, &verdict);
	if (!t)
		return verdict;
	if (!sk)
		return event_skip(t);
	cell_sock(t, sk);
	cell_address(t, address, addrlen);
	return event_end(t);
}

SEC("lsm.s/socket_bind")
int BPF_PROG(tsem_socket_bind, struct socket *sock, struct sockaddr *address, int addrlen)
{
	struct sock *sk = sock->sk;
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_socket_bind, &verdict);
	if (!t)
		return verdict;
	if (!sk)
		return event_skip(t);
	cell_sock(t, sk);
	cell_address(t, address, addrlen);
	return event_end(t);
}

SEC("lsm.s/socket_accept")
int BPF_PROG(tsem_socket_accept, struct socket *sock, struct socket *newsock)
{
	struct sock *sk = sock->sk;
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_socket_accept, &verdict);
	if (!t)
		return verdict;
	if (!sk)
		return event_skip(t);
	cell_sock(t, sk);
	cell_local_address(t, sk);
	return event_end(t);
}

/* SOCK of a socket, and up to two numbers. */
static __always_inline int socket_event(u32 event, struct socket *sock, u32 numbers, u32 first, u32 second)
{
	struct sock *sk = sock->sk;
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	if (!sk)
		return event_skip(t);
	cell_sock(t, sk);
	if (numbers > 0)
		cell_u32(t, first);
	if (numbers > 1)
		cell_u32(t, second);
	return event_end(t);
}

SEC("lsm/socket_getsockname")
int BPF_PROG(tsem_socket_getsockname, struct socket *sock)
{
	return socket_event(TSEM_EVENT_socket_getsockname, sock, 0, 0, 0);
}

SEC("lsm/socket_getpeername")
int BPF_PROG(tsem_socket_getpeername, struct socket *sock)
{
	return socket_event(TSEM_EVENT_socket_getpeername, sock, 0, 0, 0);
}

SEC("lsm/socket_listen")
int BPF_PROG(tsem_socket_listen, struct socket *sock, int backlog)
{
	return socket_event(TSEM_EVENT_socket_listen, sock, 1, backlog, 0);
}

SEC("lsm/socket_shutdown")
int BPF_PROG(tsem_socket_shutdown, struct socket *sock, int how)
{
	return socket_event(TSEM_EVENT_socket_shutdown, sock, 1, how, 0);
}

SEC("lsm/socket_setsockopt")
int BPF_PROG(tsem_socket_setsockopt, struct socket *sock, int level, int optname)
{
	return socket_event(TSEM_EVENT_socket_setsockopt, sock, 2, level, optname);
}

static __always_inline int message_event(u32 event, struct socket *sock, struct msghdr *msg)
{
	struct sock *sk = sock->sk;
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	if (!sk)
		return event_skip(t);
	cell_sock(t, sk);
	cell_message_address(t, sk, msg);
	return event_end(t);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(tsem_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
{
	return message_event(TSEM_EVENT_socket_sendmsg, sock, msg);
}

SEC("lsm/socket_recvmsg")
int BPF_PROG(tsem_socket_recvmsg, struct socket *sock, struct msghdr *msg, int size, int flags)
{
	return message_event(TSEM_EVENT_socket_recvmsg, sock, msg);
}

/* Two sockets. */
static __always_inline int sock_pair_event(u32 event, struct sock *first, struct sock *second)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	cell_sock(t, first);
	cell_sock(t, second);
	return event_end(t);
}

SEC("lsm/unix_may_send")
int BPF_PROG(tsem_unix_may_send, struct socket *sock, struct socket *other)
{
	struct sock *first = sock->sk, *second = other->sk;

	return first && second ? sock_pair_event(TSEM_EVENT_unix_may_send, first, second) : 0;
}

SEC("lsm/socket_socketpair")
int BPF_PROG(tsem_socket_socketpair, struct socket *socka, struct socket *sockb)
{
	struct sock *first = socka->sk, *second = sockb->sk;

	return first && second ? sock_pair_event(TSEM_EVENT_socket_socketpair, first, second) : 0;
}

/*
 * The socket that will be accepted is made here, by the kernel, and is its listener's: as the kernel does it by itself
 * for the families whose listeners are cloned.
 */
SEC("lsm/unix_stream_connect")
int BPF_PROG(tsem_unix_stream_connect, struct sock *sock, struct sock *other, struct sock *newsk)
{
	struct tsem_owner *listener = bpf_sk_storage_get(&tsem_sockets, other, 0, 0), *s;
	struct tsem_task *t;

	if (listener) {
		s = bpf_sk_storage_get(&tsem_sockets, newsk, listener, BPF_SK_STORAGE_GET_F_CREATE);
		if (!s) {
			t = modeled_task();
			return t ? owner_lost(t) : -ENOMEM;
		}
	}
	return sock_pair_event(TSEM_EVENT_unix_stream_connect, sock, other);
}

/* The number of the current process in its own pid namespace. */
static __always_inline u32 process_number(void)
{
	struct pid *pid = bpf_get_current_task_btf()->group_leader->thread_pid;
	void *at =
		(void *)pid + bpf_core_field_offset(struct pid, numbers) + pid->level * bpf_core_type_size(struct upid);

	return bpf_core_cast(at, struct upid)->nr;
}

/*
 * The port of the sender is as a rule the number of its process, another one in every run: that one counts as 0, the
 * number that stands for the kernel's choice.
 */
SEC("lsm/netlink_send")
int BPF_PROG(tsem_netlink_send, struct sock *sk, struct sk_buff *skb)
{
	struct netlink_skb_parms *parms = bpf_core_cast((void *)skb->cb, struct netlink_skb_parms);
	struct tsem_task *t;
	u32 port;
	int verdict;

	t = event_begin(TSEM_EVENT_netlink_send, &verdict);
	if (!t)
		return verdict;
	cell_sock(t, sk);
	port = parms->portid;
	if (port == process_number())
		port = 0;
	cell_u32_pair(t, id_of_user(t, parms->creds.uid.val), id_of_group(t, parms->creds.gid.val));
	cell_u32_pair(t, port, parms->dst_group);
	cell_u32(t, parms->flags);
	cell_u32_unhashed(t, parms->nsid_is_set);
	if (parms->nsid_is_set)
		cell_u32(t, parms->nsid);
	else
		cell_u32_unhashed(t, 0);
	return event_end(t);
}

/* The hook is not told the socket: that of a tun device, which is of no family, by nobody. */
SEC("lsm/tun_dev_attach_queue")
int BPF_PROG(tsem_tun_dev_attach_queue)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_tun_dev_attach_queue, &verdict);
	if (!t)
		return verdict;
	cell_u32_pair(t, 0, 0);
	cell_u32(t, 0);
	cell_digest64(t, (const u8 *)digest_none);
	return event_end(t);
}

TSEM_GENERIC(tun_dev_create)
TSEM_GENERIC(tun_dev_attach)
TSEM_GENERIC(tun_dev_open)
