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

/* Who made the socket: no event, but what SOCK names as the owner. */
SEC("lsm.s/socket_post_create")
int BPF_PROG(tsem_socket_owner, struct socket *sock, int family, int type, int protocol, int kern)
{
	struct tsem_task *t = current_task();
	struct tsem_namespace *ns;
	struct tsem_socket *s;
	struct sock *sk = sock->sk;
	u32 id;

	if (!t || kern || !sk)
		return 0;
	s = bpf_sk_storage_get(&tsem_sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!s) {
		id = t->ns;
		ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
		if (ns)
			__sync_fetch_and_add(&ns->lost[TSEM_LOSS_STORAGE], 1);
		return -ENOMEM;
	}
	s->ns = t->ns;
	__builtin_memcpy(s->owner, t->task_id, TSEM_DIGEST_SIZE);
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

TSEM_GENERIC(socket_sendmsg)
TSEM_GENERIC(socket_recvmsg)
TSEM_GENERIC(socket_getsockname)
TSEM_GENERIC(socket_getpeername)
TSEM_GENERIC(socket_listen)
TSEM_GENERIC(socket_shutdown)
TSEM_GENERIC(socket_setsockopt)
TSEM_GENERIC(socket_socketpair)
TSEM_GENERIC(unix_stream_connect)
TSEM_GENERIC(unix_may_send)
TSEM_GENERIC(netlink_send)
TSEM_GENERIC(tun_dev_create)
TSEM_GENERIC(tun_dev_attach_queue)
TSEM_GENERIC(tun_dev_attach)
TSEM_GENERIC(tun_dev_open)
