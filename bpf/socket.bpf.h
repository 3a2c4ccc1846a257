/* SPDX-License-Identifier: GPL-2.0 */
/* Building blocks of descriptions that name sockets: SOCK, ADDR and LADDR. */
#ifndef TSEM_SOCKET_BPF_H
#define TSEM_SOCKET_BPF_H

#include "event.bpf.h"

#define UNIX_PATH_MAX 108
#define ADDRESS_MAX 128
#define SA_FAMILY_SIZE 2
/* An address is copied to the end of the cell first. */
#define ADDRESS_AT (TSEM_CELL_MAX - 2 * ADDRESS_MAX)

/* SOCK. The owner is the creator's TASK_ID; zero bytes for a socket that was not made in this namespace. */
static __always_inline void cell_sock(struct tsem_task *t, struct sock *sk)
{
	struct tsem_owner *s = bpf_sk_storage_get(&tsem_sockets, sk, 0, 0);
	u32 *p;

	p = cell_room(t, 3 * sizeof(u32));
	if (!p)
		return;
	p[0] = sk->__sk_common.skc_family;
	p[1] = sk->sk_type;
	p[2] = sk->sk_protocol;
	if (s && s->ns == t->ns)
		cell_digest64(t, s->owner);
	else
		cell_digest64(t, (const u8 *)digest_none);
}

static __always_inline void address_kind(struct tsem_task *t, enum tsem_addr_kind kind)
{
	t->record.shape |= kind << TSEM_SHAPE_ADDR_SHIFT;
}

/* Length of a unix address: a path ends at its first NUL, an abstract name is all of it. */
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

/* ADDR. `address` is the kernel's copy of what the caller gave. */
static __always_inline void cell_address(struct tsem_task *t, struct sockaddr *address, int addrlen)
{
	u32 size = addrlen, family = 0;
	u8 *raw = t->record.cell + ADDRESS_AT;

	if (!at_most(size, ADDRESS_MAX))
		size = ADDRESS_MAX;
	/* Defined bytes behind a short address. */
	__builtin_memset(raw, 0, ADDRESS_MAX);
	bpf_probe_read_kernel(raw, size, address);
	if (size >= SA_FAMILY_SIZE)
		family = *(u16 *)raw;
	if (family == AF_INET && size >= 8) {
		address_kind(t, TSEM_ADDR_INET);
		cell_bytes(t, address_of(t, raw + 2), 6);
	} else if (family == AF_INET6 && size >= 24) {
		/* On the wire: port, flow, address; the scope is not there in addresses of the old length. */
		u32 scope = size >= 28 ? *(u32 *)(raw + 24) : 0;

		address_kind(t, TSEM_ADDR_INET6);
		cell_bytes(t, address_of(t, raw + 2), 2);
		cell_bytes(t, address_of(t, raw + 8), 16);
		cell_u32_pair(t, *(u32 *)(raw + 4), scope);
	} else if (family == AF_UNIX) {
		address_kind(t, TSEM_ADDR_UNIX);
		cell_bytes(t, address_of(t, raw + SA_FAMILY_SIZE),
			   unix_size(raw + SA_FAMILY_SIZE, size - SA_FAMILY_SIZE));
	} else {
		address_kind(t, TSEM_ADDR_OTHER);
		t->in_tail = t->record.cell_size;
		if (size >= SA_FAMILY_SIZE)
			cell_bytes(t, address_of(t, raw + SA_FAMILY_SIZE), size - SA_FAMILY_SIZE);
	}
}

/* MADDR: port and address of the IPv4 or IPv6 address that a message names, if it does. */
static __always_inline void cell_message_address(struct tsem_task *t, struct sock *sk, struct msghdr *msg)
{
	u8 *raw = t->record.cell + ADDRESS_AT;
	u32 size = msg->msg_namelen;
	u64 name = address_of(t, msg->msg_name);
	u32 family;

	if (!name || size < 8 || bpf_probe_read_kernel(raw, 8, (void *)name))
		return;
	family = *(u16 *)raw;
	/* Sockets of IPv4 take an address of no family for one of theirs. */
	if (!family)
		family = sk->__sk_common.skc_family;
	if (family == AF_INET) {
		address_kind(t, TSEM_ADDR_INET);
		cell_bytes(t, address_of(t, raw + 2), 6);
	} else if (family == AF_INET6 && size >= 24 && !bpf_probe_read_kernel(raw, 24, (void *)name)) {
		address_kind(t, TSEM_ADDR_INET6);
		cell_bytes(t, address_of(t, raw + 2), 2);
		cell_bytes(t, address_of(t, raw + 8), 16);
	}
}

/* LADDR: the local address of a listening socket. A kernel without IPv6 has no field for its addresses. */
static __always_inline void cell_local_address(struct tsem_task *t, struct sock *sk)
{
	u32 family = sk->__sk_common.skc_family;
	u8 *raw = t->record.cell + ADDRESS_AT;

	if (family == AF_INET) {
		u32 address = sk->__sk_common.skc_rcv_saddr;
		u16 *p = cell_room(t, 6);

		address_kind(t, TSEM_ADDR_INET);
		if (p) {
			p[0] = sk->__sk_common.skc_num;
			*(u32 *)(p + 1) = address;
		}
	} else if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_rcv_saddr)) {
		u16 *p = cell_room(t, 2);

		address_kind(t, TSEM_ADDR_INET6);
		if (p) {
			*p = sk->__sk_common.skc_num;
		}
		cell_bytes(t, address_of(t, &sk->__sk_common.skc_v6_rcv_saddr), 16);
	} else if (family == AF_UNIX) {
		struct unix_sock *u = bpf_core_cast(sk, struct unix_sock);
		struct unix_address *a = u->addr;
		u32 size = 0;

		address_kind(t, TSEM_ADDR_UNIX);
		if (a)
			size = a->len - SA_FAMILY_SIZE;
		if (!at_most(size, UNIX_PATH_MAX))
			size = 0;
		bpf_probe_read_kernel(raw, size,
				      (void *)a + bpf_core_field_offset(struct unix_address, name) + SA_FAMILY_SIZE);
		cell_bytes(t, address_of(t, raw), unix_size(raw, size));
	} else {
		address_kind(t, TSEM_ADDR_OTHER);
		cell_digest(t, t->empty);
	}
}

#endif
