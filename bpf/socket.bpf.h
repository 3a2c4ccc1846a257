/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building blocks of descriptions that name sockets: SOCK, ADDR, LADDR, MADDR and PEER.
 *
 * A port that the kernel chose differs in every run. So it counts as 0, for the socket that listens on it and for those
 * that connect to it (tsem_ports).
 */
#ifndef TSEM_SOCKET_BPF_H
#define TSEM_SOCKET_BPF_H

#include "dentry.bpf.h"

#define UNIX_PATH_MAX 108
#define ADDRESS_MAX 128
#define SA_FAMILY_SIZE 2
/* An address is first copied to the end of the cell. */
#define ADDRESS_AT (TSEM_CELL_MAX - 2 * ADDRESS_MAX)

/* SOCK. The owner is the creator's TASK_ID; zero bytes for a socket that was not made in this namespace. */
static __always_inline void cell_sock(struct tsem_scratch *e, struct sock *sk)
{
	struct tsem_owner *s = bpf_sk_storage_get(&tsem_sockets, sk, 0, 0);
	u32 *p;

	p = cell_room(e, 3 * sizeof(u32));
	if (!p)
		return;
	p[0] = sk->__sk_common.skc_family;
	p[1] = sk->sk_type;
	p[2] = sk->sk_protocol;
	if (s && s->ns == e->record.ns)
		cell_digest64(e, s->owner);
	else
		cell_digest64(e, (const u8 *)digest_none);
}

static __always_inline void address_kind(struct tsem_scratch *e, enum tsem_addr_kind kind)
{
	e->record.shape |= kind << TSEM_SHAPE_ADDR_SHIFT;
}

/* Length of a unix address: a path ends at its first NUL; an abstract name has all bytes. */
static __always_inline u32 unix_size(const u8 *name, u32 size)
{
	u32 i;

	if (!size || !name[0])
		return size;
	bpf_for(i, 0, UNIX_PATH_MAX) {
		if (i >= size || !at_most(i, UNIX_PATH_MAX - 1) || !name[i])
			return i;
	}
	return size;
}

/* The inode number of a socket, which identifies it until the next boot; 0: it has none. */
static __always_inline u64 socket_inode(struct sock *sk)
{
	struct socket *socket = sk->sk_socket;
	u64 inode = (u64)socket + bpf_core_type_size(struct socket);

	if (!socket)
		return 0;
	/* struct socket_alloc: the socket and its inode. */
	return BPF_CORE_READ((struct inode *)inode, i_ino);
}

/* The address of the socket's network namespace. */
static __always_inline u64 network_of(struct tsem_scratch *e, struct sock *sk)
{
	return address_of(e, sk->__sk_common.skc_net.net);
}

_Static_assert(TSEM_PORT_SLOTS == 1 << 6, "ports_of() takes 6 of 32 bits");

/* The entry of tsem_ports for this port in this network. NULL: it has not been made. */
static __always_inline struct tsem_ports *ports_of(struct tsem_port_key *key, u32 port, u64 network)
{
	key->slot = (u32)(port ^ network >> 6) * 0x9e3779b1U >> 26;
	return bpf_map_lookup_elem(&tsem_ports, key);
}

/* Does the socket that was noted listen at this port still? */
static __always_inline bool port_listens(struct tsem_port *port)
{
	struct sock *sk = bpf_core_cast((void *)port->sock, struct sock);

	return port->port && sk->__sk_common.skc_state == TCP_LISTEN && sk->__sk_common.skc_num == port->port &&
	       socket_inode(sk) == port->inode;
}

/*
 * Notes that the kernel chose the port of this socket, for those that connect to it in this namespace. Takes the place
 * of a socket that does not listen any more. A socket that does not listen yet loses its place if there is none left.
 */
__noinline int port_note(struct tsem_scratch *e __arg_nonnull, u64 address)
{
	struct sock *sk = bpf_core_cast((void *)address, struct sock);
	struct tsem_port_key key = { .ns = e->record.ns };
	struct tsem_port port = { .sock = address };
	struct tsem_ports *ports;
	u32 i, place = TSEM_PORT_WAYS;

	port.port = sk->__sk_common.skc_num;
	port.network = network_of(e, sk);
	port.inode = socket_inode(sk);
	ports = ports_of(&key, port.port, port.network);
	if (!ports) {
		ports = (struct tsem_ports *)e->slack;
		__builtin_memset(ports, 0, sizeof(*ports));
		bpf_map_update_elem(&tsem_ports, &key, ports, BPF_NOEXIST);
		ports = bpf_map_lookup_elem(&tsem_ports, &key);
	}
	if (!ports)
		return 0;
	bpf_for(i, 0, TSEM_PORT_WAYS) {
		struct tsem_port *at = &ports->port[i & (TSEM_PORT_WAYS - 1)];

		if (at->sock == port.sock && at->port == port.port && at->network == port.network) {
			place = i;
			break;
		}
		if (place == TSEM_PORT_WAYS && !port_listens(at))
			place = i;
	}
	if (place < TSEM_PORT_WAYS)
		ports->port[place & (TSEM_PORT_WAYS - 1)] = port;
	return 0;
}

static __always_inline void port_remember(struct tsem_scratch *e, struct sock *sk)
{
	u32 family = sk->__sk_common.skc_family;
	struct tsem_owner *o;

	if (!sk->__sk_common.skc_num || (family != AF_INET && family != AF_INET6))
		return;
	o = bpf_sk_storage_get(&tsem_sockets, sk, 0, 0);
	if (o && o->ns == e->record.ns && !(o->flags & TSEM_OWNER_PORT_FIXED))
		port_note(e, address_of(e, sk));
}

#define LOOPBACK4 0x7f

/* Is this an address of IPv4 that leads to the task's own network, whatever addresses that has? 0.0.0.0 does. */
static __always_inline bool loopback4(u32 address)
{
	return !address || (address & 0xff) == LOOPBACK4;
}

/* The same for the two words of an address of IPv6: :: and ::1. */
static __always_inline bool loopback6(const u64 *address)
{
	return !address[0] && (!address[1] || address[1] == __builtin_bswap64(1));
}

/*
 * Does a connection to the address in the cell reach this listening socket? The port agrees. A socket that is bound to
 * no address is reached by a loopback address. It may be reached by others, too: a connection to these counts with its
 * port.
 */
static __always_inline bool port_reached(struct tsem_scratch *e, struct sock *listener, u32 family)
{
	u32 bound = listener->__sk_common.skc_family, four = *(u32 *)(e->record.cell + ADDRESS_AT + 4);
	const u64 *six = (const u64 *)(e->record.cell + ADDRESS_AT + 8);
	u64 address[2] = {};

	if (bound == AF_INET)
		return family == AF_INET && (listener->__sk_common.skc_rcv_saddr == four ||
					     (!listener->__sk_common.skc_rcv_saddr && loopback4(four)));
	if (bound != AF_INET6 || !bpf_core_field_exists(listener->__sk_common.skc_v6_rcv_saddr))
		return false;
	bpf_probe_read_kernel(address, sizeof(address), &listener->__sk_common.skc_v6_rcv_saddr);
	if (family == AF_INET6 && address[0] == six[0] && address[1] == six[1])
		return true;
	if (address[0] || address[1])
		return false;
	if (family == AF_INET6)
		return loopback6(six);
	return loopback4(four) && !BPF_CORE_READ_BITFIELD(&listener->__sk_common, skc_ipv6only);
}

/*
 * Did the kernel choose this port (host order) for a listening socket of the namespace, and does a connection of the
 * socket `from` to the address in the cell reach it?
 */
__noinline int port_chosen(struct tsem_scratch *e __arg_nonnull, u32 number, u32 family, u64 from)
{
	struct sock *sk = bpf_core_cast((void *)from, struct sock), *listener;
	struct tsem_port_key key = { .ns = e->record.ns };
	u64 network = network_of(e, sk);
	struct tsem_ports *ports = ports_of(&key, number, network);
	u32 i;

	if (!ports || !number)
		return false;
	bpf_for(i, 0, TSEM_PORT_WAYS) {
		struct tsem_port *at = &ports->port[i & (TSEM_PORT_WAYS - 1)];

		if (at->port != number || at->network != network || !port_listens(at))
			continue;
		listener = bpf_core_cast((void *)at->sock, struct sock);
		if (listener->sk_protocol == sk->sk_protocol && listener->sk_type == sk->sk_type &&
		    port_reached(e, listener, family))
			return true;
	}
	return false;
}

/* The two bytes of a port on the wire; 0 if it belongs to the namespace's own socket and the kernel chose it. */
static __always_inline void cell_port(struct tsem_scratch *e, u16 wire, u32 family, u64 from)
{
	cell_u16(e, from && port_chosen(e, __builtin_bswap16(wire), family, from) ? 0 : wire);
}

/* `from`: the socket that connects to the address; 0: none does. */

/* ADDR. `raw` has ADDRESS_MAX defined bytes in the cell, `size` of which are the address. */
static __always_inline void cell_address_bytes(struct tsem_scratch *e, u8 *raw, u32 size, u64 from)
{
	u32 family = 0;

	if (size >= SA_FAMILY_SIZE)
		family = *(u16 *)raw;
	if (family == AF_INET && size >= 8) {
		address_kind(e, TSEM_ADDR_INET);
		cell_port(e, *(u16 *)(raw + 2), family, from);
		cell_u32(e, *(u32 *)(raw + 4));
	} else if (family == AF_INET6 && size >= 24) {
		/* On the wire: port, flow, address; addresses of the old length have no scope. */
		u32 scope = size >= 28 ? *(u32 *)(raw + 24) : 0;

		address_kind(e, TSEM_ADDR_INET6);
		cell_port(e, *(u16 *)(raw + 2), family, from);
		cell_bytes(e, address_of(e, raw + 8), 16);
		cell_u32_pair(e, *(u32 *)(raw + 4), scope);
	} else if (family == AF_UNIX) {
		address_kind(e, TSEM_ADDR_UNIX);
		cell_bytes(e, address_of(e, raw + SA_FAMILY_SIZE),
			   unix_size(raw + SA_FAMILY_SIZE, size - SA_FAMILY_SIZE));
	} else {
		address_kind(e, TSEM_ADDR_OTHER);
		e->in_tail = e->record.hashed_size;
		if (size >= SA_FAMILY_SIZE)
			cell_bytes(e, address_of(e, raw + SA_FAMILY_SIZE), size - SA_FAMILY_SIZE);
	}
}

/* Copies the address at `from` to the cell, padded with zeros; *size: its bytes. NULL: it cannot be read. */
static __always_inline u8 *address_copy(struct tsem_scratch *e, const void *from, u32 *size)
{
	u8 *raw = e->record.cell + ADDRESS_AT;

	if (!at_most(*size, ADDRESS_MAX))
		*size = ADDRESS_MAX;
	__builtin_memset(raw, 0, ADDRESS_MAX);
	return bpf_probe_read_kernel(raw, *size, from) ? NULL : raw;
}

/* ADDR of the kernel's copy of the caller's address. */
static __always_inline void cell_address(struct tsem_scratch *e, const void *address, int addrlen, u64 from)
{
	u32 size = addrlen;
	u8 *raw = address_copy(e, address, &size);

	if (raw)
		cell_address_bytes(e, raw, size, from);
	else
		event_unmodeled(e, TSEM_LOSS_CELL);
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
 * The port of a netlink socket is usually the number of its process, which differs in every run. This port counts as 0,
 * like a port that the kernel chooses.
 */
static __always_inline u32 netlink_port(u32 port)
{
	return port == process_number() ? 0 : port;
}

/*
 * The port that a message goes to. Only the sending socket's own port is that of the process for sure: in another pid
 * namespace the number may be that of somebody else.
 */
static __always_inline u32 netlink_peer(struct sock *sk, u32 port)
{
	return port == bpf_core_cast(sk, struct netlink_sock)->portid ? netlink_port(port) : port;
}

/* MADDR: the address of a message, if it has one. unix_may_send has the peer of a unix socket. */
static __always_inline void cell_message_address(struct tsem_scratch *e, struct sock *sk, struct msghdr *msg)
{
	u32 size = msg->msg_namelen, family, of;
	u64 name = address_of(e, msg->msg_name);
	bool inet;
	u8 *raw;

	if (!name || !size)
		return;
	raw = address_copy(e, (void *)name, &size);
	if (!raw) {
		event_unmodeled(e, TSEM_LOSS_CELL);
		return;
	}
	family = size >= SA_FAMILY_SIZE ? *(u16 *)raw : 0;
	of = sk->__sk_common.skc_family;
	if (of == AF_UNIX)
		return;
	/* Sockets of IPv4 take an address of no family for one of theirs. Others may not look at the family at all. */
	inet = of == AF_INET || of == AF_INET6;
	if (inet && !family)
		family = of;
	if (inet && family == AF_INET && size >= 8) {
		address_kind(e, TSEM_ADDR_INET);
		cell_bytes(e, address_of(e, raw + 2), 6);
	} else if (inet && family == AF_INET6 && size >= 24) {
		address_kind(e, TSEM_ADDR_INET6);
		cell_u16(e, *(u16 *)(raw + 2));
		cell_bytes(e, address_of(e, raw + 8), 16);
	} else if (of == AF_NETLINK && size >= 12) {
		address_kind(e, TSEM_ADDR_NETLINK);
		cell_u32_pair(e, netlink_peer(sk, *(u32 *)(raw + 4)), *(u32 *)(raw + 8));
	} else {
		address_kind(e, TSEM_ADDR_OTHER);
		e->in_tail = e->record.hashed_size;
		if (size >= SA_FAMILY_SIZE)
			cell_bytes(e, address_of(e, raw + SA_FAMILY_SIZE), size - SA_FAMILY_SIZE);
	}
}

/* Copies a unix socket's own address to the cell after ADDRESS_AT. Returns its bytes; 0: it is not bound. */
static __always_inline u32 unix_address(struct tsem_scratch *e, struct sock *sk)
{
	struct unix_address *a = bpf_core_cast(sk, struct unix_sock)->addr;
	u8 *raw = e->record.cell + ADDRESS_AT;
	u32 size = 0;

	if (a)
		size = a->len - SA_FAMILY_SIZE;
	if (!at_most(size, UNIX_PATH_MAX))
		size = 0;
	bpf_probe_read_kernel(raw, size, (void *)a + bpf_core_field_offset(struct unix_address, name) + SA_FAMILY_SIZE);
	return size;
}

/* PEER: the name that the other socket is bound to. An inode is described by its path, whatever name was used. */
static __always_inline void cell_peer(struct tsem_scratch *e, struct sock *other)
{
	struct unix_sock *u = bpf_core_cast(other, struct unix_sock);
	u64 dentry = address_of(e, u->path.dentry), mnt = address_of(e, u->path.mnt);
	u32 size;

	if (dentry) {
		e->record.shape |= TSEM_PEER_PATH << TSEM_SHAPE_PEER_SHIFT;
		path_describe(e, dentry, mnt, 0);
		return;
	}
	size = unix_address(e, other);
	if (!size)
		return;
	e->record.shape |= TSEM_PEER_ABSTRACT << TSEM_SHAPE_PEER_SHIFT;
	cell_u32(e, size);
	cell_bytes(e, address_of(e, e->record.cell + ADDRESS_AT), size);
}

/* LADDR: the local address of a listening socket. A kernel without IPv6 has no field for IPv6 addresses. */
static __always_inline void cell_local_address(struct tsem_scratch *e, struct sock *sk)
{
	struct tsem_owner *o = bpf_sk_storage_get(&tsem_sockets, sk, 0, 0);
	bool fixed = !o || o->ns != e->record.ns || o->flags & TSEM_OWNER_PORT_FIXED;
	u32 family = sk->__sk_common.skc_family, size;
	u8 *raw = e->record.cell + ADDRESS_AT;

	if (family == AF_INET) {
		address_kind(e, TSEM_ADDR_INET);
		cell_u16(e, fixed ? sk->__sk_common.skc_num : 0);
		cell_u32(e, sk->__sk_common.skc_rcv_saddr);
	} else if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_rcv_saddr)) {
		address_kind(e, TSEM_ADDR_INET6);
		cell_u16(e, fixed ? sk->__sk_common.skc_num : 0);
		cell_bytes(e, address_of(e, &sk->__sk_common.skc_v6_rcv_saddr), 16);
	} else if (family == AF_UNIX) {
		address_kind(e, TSEM_ADDR_UNIX);
		size = unix_address(e, sk);
		cell_bytes(e, address_of(e, raw), unix_size(raw, size));
	} else {
		address_kind(e, TSEM_ADDR_OTHER);
		cell_digest(e, e->empty);
	}
}

#endif
