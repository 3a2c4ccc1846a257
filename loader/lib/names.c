// SPDX-License-Identifier: GPL-2.0
/*
 * One table for each kind. The numbers come from the kernel's headers; only those that Debian 12 lacks are
 * written out. A table of flags also
 * has the values of more than one bit, such as O_SYNC; they stand before the flags that they contain.
 */
#include "names.h"

#include <inttypes.h>
#include <string.h>

#include <asm/ioctls.h>
#include <cap-ng.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/mman.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <linux/tcp.h>
#include <linux/xattr.h>

/* Not from sys/socket.h, which has other types of the same names as linux/in.h. */
#include <asm/socket.h>

#include "names_ioctl.h"

struct name {
	u64 value;
	const char *name;
};

/* clang-format off */
#define N(name) { name, #name }

static const struct name fcntls[] = {
	N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), N(F_GETLK), N(F_SETLK), N(F_SETLKW), N(F_SETOWN),
	N(F_GETOWN), N(F_SETSIG), N(F_GETSIG), N(F_SETOWN_EX), N(F_GETOWN_EX), N(F_GETOWNER_UIDS), N(F_OFD_GETLK),
	N(F_OFD_SETLK), N(F_OFD_SETLKW), N(F_SETLEASE), N(F_GETLEASE), N(F_NOTIFY), { 1027, "F_DUPFD_QUERY" },
	{ 1028, "F_CREATED_QUERY" }, N(F_CANCELLK), N(F_DUPFD_CLOEXEC), N(F_SETPIPE_SZ), N(F_GETPIPE_SZ), N(F_ADD_SEALS),
	N(F_GET_SEALS), N(F_GET_RW_HINT), N(F_SET_RW_HINT), N(F_GET_FILE_RW_HINT), N(F_SET_FILE_RW_HINT),
};

/* The kernel opens a file that it will execute with this flag; linux/fs.h has it, but not for user space. */
#define O_EXEC 040

static const struct name opens[] = {
	N(O_RDONLY), N(O_WRONLY), N(O_RDWR), { 3, "ioctl only" }, N(O_EXEC), N(O_CREAT), N(O_EXCL), N(O_NOCTTY),
	N(O_TRUNC), N(O_APPEND), N(O_NONBLOCK), N(O_SYNC), N(O_DSYNC), N(FASYNC), N(O_DIRECT), N(O_LARGEFILE),
	N(O_TMPFILE), N(O_DIRECTORY), N(O_NOFOLLOW), N(O_NOATIME), N(O_CLOEXEC), N(O_PATH),
};

static const struct name mmaps[] = {
	N(MAP_SHARED_VALIDATE), N(MAP_SHARED), N(MAP_PRIVATE), { 8, "MAP_DROPPABLE" }, N(MAP_FIXED), N(MAP_ANONYMOUS),
	N(MAP_32BIT), N(MAP_GROWSDOWN), N(MAP_DENYWRITE), N(MAP_EXECUTABLE), N(MAP_LOCKED), N(MAP_NORESERVE),
	N(MAP_POPULATE), N(MAP_NONBLOCK), N(MAP_STACK), N(MAP_HUGETLB), N(MAP_SYNC), N(MAP_FIXED_NOREPLACE),
};

static const struct name clones[] = {
	N(CLONE_VM), N(CLONE_FS), N(CLONE_FILES), N(CLONE_SIGHAND), N(CLONE_PIDFD), N(CLONE_PTRACE), N(CLONE_VFORK),
	N(CLONE_PARENT), N(CLONE_THREAD), N(CLONE_NEWNS), N(CLONE_SYSVSEM), N(CLONE_SETTLS), N(CLONE_PARENT_SETTID),
	N(CLONE_CHILD_CLEARTID), N(CLONE_DETACHED), N(CLONE_UNTRACED), N(CLONE_CHILD_SETTID), N(CLONE_NEWCGROUP),
	N(CLONE_NEWUTS), N(CLONE_NEWIPC), N(CLONE_NEWUSER), N(CLONE_NEWPID), N(CLONE_NEWNET), N(CLONE_IO),
	N(CLONE_NEWTIME),
};

/* linux/socket.h of the kernel; those that programs use have the words of an operator. */
static const struct name families[] = {
	{ 0, "unspecified" }, { 1, "unix" }, { 2, "IPv4" }, { 3, "AX.25" }, { 4, "IPX" }, { 5, "AppleTalk" },
	{ 6, "NET/ROM" }, { 7, "bridge" }, { 8, "ATM PVC" }, { 9, "X.25" }, { 10, "IPv6" }, { 11, "ROSE" },
	{ 12, "DECnet" }, { 13, "NETBEUI" }, { 14, "security" }, { 15, "PF_KEY" }, { 16, "netlink" }, { 17, "packet" },
	{ 18, "ASH" }, { 19, "Econet" }, { 20, "ATM SVC" }, { 21, "RDS" }, { 22, "SNA" }, { 23, "IrDA" },
	{ 24, "PPPoX" }, { 25, "WANPIPE" }, { 26, "LLC" }, { 27, "InfiniBand" }, { 28, "MPLS" }, { 29, "CAN" },
	{ 30, "TIPC" }, { 31, "bluetooth" }, { 32, "IUCV" }, { 33, "RxRPC" }, { 34, "ISDN" }, { 35, "Phonet" },
	{ 36, "IEEE 802.15.4" }, { 37, "CAIF" }, { 38, "crypto" }, { 39, "NFC" }, { 40, "vsock" }, { 41, "KCM" },
	{ 42, "Qualcomm IPC router" }, { 43, "SMC" }, { 44, "XDP" }, { 45, "MCTP" },
};

/* SOL_* of linux/socket.h, of which user space has none without sys/socket.h. */
enum {
	LEVEL_IP = 0, LEVEL_SOCKET = 1, LEVEL_TCP = 6, LEVEL_UDP = 17, LEVEL_IPV6 = 41, LEVEL_PACKET = 263,
	LEVEL_NETLINK = 270,
};

static const struct name levels[] = {
	{ LEVEL_IP, "SOL_IP" }, { LEVEL_SOCKET, "SOL_SOCKET" }, { LEVEL_TCP, "SOL_TCP" }, { LEVEL_UDP, "SOL_UDP" },
	{ LEVEL_IPV6, "SOL_IPV6" }, { 58, "SOL_ICMPV6" }, { 132, "SOL_SCTP" }, { 136, "SOL_UDPLITE" },
	{ 255, "SOL_RAW" }, { LEVEL_PACKET, "SOL_PACKET" }, { LEVEL_NETLINK, "SOL_NETLINK" }, { 273, "SOL_PPPOL2TP" },
	{ 274, "SOL_BLUETOOTH" }, { 277, "SOL_IUCV" }, { 279, "SOL_ALG" }, { 280, "SOL_NFC" }, { 281, "SOL_KCM" },
	{ 282, "SOL_TLS" }, { 283, "SOL_XDP" }, { 284, "SOL_MPTCP" }, { 286, "SOL_SMC" }, { 287, "SOL_VSOCK" },
};

static const struct name socket_options[] = {
	N(SO_DEBUG), N(SO_REUSEADDR), N(SO_TYPE), N(SO_ERROR), N(SO_DONTROUTE), N(SO_BROADCAST), N(SO_SNDBUF),
	N(SO_RCVBUF), N(SO_SNDBUFFORCE), N(SO_RCVBUFFORCE), N(SO_KEEPALIVE), N(SO_OOBINLINE), N(SO_NO_CHECK),
	N(SO_PRIORITY), N(SO_LINGER), N(SO_BSDCOMPAT), N(SO_REUSEPORT), N(SO_PASSCRED), N(SO_PEERCRED), N(SO_RCVLOWAT),
	N(SO_SNDLOWAT), { SO_RCVTIMEO_OLD, "SO_RCVTIMEO" }, { SO_SNDTIMEO_OLD, "SO_SNDTIMEO" }, N(SO_BINDTODEVICE),
	N(SO_ATTACH_FILTER), N(SO_DETACH_FILTER), { SO_TIMESTAMP_OLD, "SO_TIMESTAMP" }, N(SO_PASSSEC),
	{ SO_TIMESTAMPNS_OLD, "SO_TIMESTAMPNS" }, N(SO_MARK), { SO_TIMESTAMPING_OLD, "SO_TIMESTAMPING" },
	N(SO_RXQ_OVFL), N(SO_WIFI_STATUS), N(SO_PEEK_OFF), N(SO_NOFCS), N(SO_LOCK_FILTER), N(SO_SELECT_ERR_QUEUE),
	N(SO_BUSY_POLL), N(SO_MAX_PACING_RATE), N(SO_INCOMING_CPU), N(SO_ATTACH_BPF), N(SO_ATTACH_REUSEPORT_CBPF),
	N(SO_ATTACH_REUSEPORT_EBPF), N(SO_CNX_ADVICE), N(SO_ZEROCOPY), N(SO_TXTIME), N(SO_BINDTOIFINDEX),
	N(SO_TIMESTAMP_NEW), N(SO_TIMESTAMPNS_NEW), N(SO_TIMESTAMPING_NEW), N(SO_RCVTIMEO_NEW), N(SO_SNDTIMEO_NEW),
	N(SO_DETACH_REUSEPORT_BPF), N(SO_PREFER_BUSY_POLL), N(SO_BUSY_POLL_BUDGET), N(SO_RESERVE_MEM),
	N(SO_TXREHASH), N(SO_RCVMARK),
};

static const struct name ip_options[] = {
	N(IP_TOS), N(IP_TTL), N(IP_HDRINCL), N(IP_OPTIONS), N(IP_ROUTER_ALERT), N(IP_RECVOPTS), N(IP_RETOPTS),
	N(IP_PKTINFO), N(IP_PKTOPTIONS), N(IP_MTU_DISCOVER), N(IP_RECVERR), N(IP_RECVTTL), N(IP_RECVTOS), N(IP_MTU),
	N(IP_FREEBIND), N(IP_IPSEC_POLICY), N(IP_XFRM_POLICY), N(IP_PASSSEC), N(IP_TRANSPARENT),
	N(IP_RECVORIGDSTADDR), N(IP_MINTTL), N(IP_NODEFRAG), N(IP_CHECKSUM), N(IP_BIND_ADDRESS_NO_PORT),
	N(IP_RECVFRAGSIZE), N(IP_MULTICAST_IF), N(IP_MULTICAST_TTL), N(IP_MULTICAST_LOOP), N(IP_ADD_MEMBERSHIP),
	N(IP_DROP_MEMBERSHIP), N(IP_UNBLOCK_SOURCE), N(IP_BLOCK_SOURCE), N(IP_ADD_SOURCE_MEMBERSHIP),
	N(IP_DROP_SOURCE_MEMBERSHIP), N(IP_MSFILTER), N(IP_MULTICAST_ALL), N(IP_UNICAST_IF),
	N(IP_LOCAL_PORT_RANGE),
};

static const struct name ipv6_options[] = {
	N(IPV6_ADDRFORM), N(IPV6_CHECKSUM), N(IPV6_UNICAST_HOPS), N(IPV6_MULTICAST_IF), N(IPV6_MULTICAST_HOPS),
	N(IPV6_MULTICAST_LOOP), N(IPV6_ADD_MEMBERSHIP), N(IPV6_DROP_MEMBERSHIP), N(IPV6_ROUTER_ALERT),
	N(IPV6_MTU_DISCOVER), N(IPV6_MTU), N(IPV6_RECVERR), N(IPV6_V6ONLY), N(IPV6_IPSEC_POLICY), N(IPV6_XFRM_POLICY),
	N(IPV6_RECVPKTINFO), N(IPV6_PKTINFO), N(IPV6_RECVHOPLIMIT), N(IPV6_HOPLIMIT), N(IPV6_RECVTCLASS),
	N(IPV6_TCLASS), N(IPV6_AUTOFLOWLABEL), N(IPV6_ADDR_PREFERENCES), N(IPV6_TRANSPARENT), N(IPV6_FREEBIND),
	N(IPV6_UNICAST_IF),
};

static const struct name tcp_options[] = {
	N(TCP_NODELAY), N(TCP_MAXSEG), N(TCP_CORK), N(TCP_KEEPIDLE), N(TCP_KEEPINTVL), N(TCP_KEEPCNT), N(TCP_SYNCNT),
	N(TCP_LINGER2), N(TCP_DEFER_ACCEPT), N(TCP_WINDOW_CLAMP), N(TCP_INFO), N(TCP_QUICKACK), N(TCP_CONGESTION),
	N(TCP_MD5SIG), N(TCP_THIN_LINEAR_TIMEOUTS), N(TCP_USER_TIMEOUT), N(TCP_REPAIR), N(TCP_REPAIR_QUEUE),
	N(TCP_QUEUE_SEQ), N(TCP_REPAIR_OPTIONS), N(TCP_FASTOPEN), N(TCP_TIMESTAMP), N(TCP_NOTSENT_LOWAT),
	N(TCP_SAVE_SYN), N(TCP_ULP), N(TCP_FASTOPEN_CONNECT), N(TCP_FASTOPEN_KEY), N(TCP_FASTOPEN_NO_COOKIE),
	N(TCP_ZEROCOPY_RECEIVE), N(TCP_TX_DELAY),
};

static const struct name netlink_options[] = {
	N(NETLINK_ADD_MEMBERSHIP), N(NETLINK_DROP_MEMBERSHIP), N(NETLINK_PKTINFO), N(NETLINK_BROADCAST_ERROR),
	N(NETLINK_NO_ENOBUFS), N(NETLINK_LISTEN_ALL_NSID), N(NETLINK_CAP_ACK), N(NETLINK_EXT_ACK),
	N(NETLINK_GET_STRICT_CHK),
};

static const struct name prctls[] = {
	N(PR_SET_PDEATHSIG), N(PR_GET_PDEATHSIG), N(PR_GET_DUMPABLE), N(PR_SET_DUMPABLE), N(PR_GET_KEEPCAPS),
	N(PR_SET_KEEPCAPS), N(PR_GET_TIMING), N(PR_SET_TIMING), N(PR_SET_NAME), N(PR_GET_NAME), N(PR_GET_SECCOMP),
	N(PR_SET_SECCOMP), N(PR_CAPBSET_READ), N(PR_CAPBSET_DROP), N(PR_GET_TSC), N(PR_SET_TSC), N(PR_GET_SECUREBITS),
	N(PR_SET_SECUREBITS), N(PR_SET_TIMERSLACK), N(PR_GET_TIMERSLACK), N(PR_TASK_PERF_EVENTS_DISABLE),
	N(PR_TASK_PERF_EVENTS_ENABLE), N(PR_MCE_KILL), N(PR_MCE_KILL_GET), N(PR_SET_MM), N(PR_SET_PTRACER),
	N(PR_SET_CHILD_SUBREAPER), N(PR_GET_CHILD_SUBREAPER), N(PR_SET_NO_NEW_PRIVS), N(PR_GET_NO_NEW_PRIVS),
	N(PR_GET_TID_ADDRESS), N(PR_SET_THP_DISABLE), N(PR_GET_THP_DISABLE), N(PR_CAP_AMBIENT),
	N(PR_GET_SPECULATION_CTRL), N(PR_SET_SPECULATION_CTRL), N(PR_SET_IO_FLUSHER), N(PR_GET_IO_FLUSHER),
	N(PR_SET_SYSCALL_USER_DISPATCH), N(PR_SCHED_CORE), { 65, "PR_SET_MDWE" }, { 66, "PR_GET_MDWE" }, N(PR_SET_VMA),
	{ 0x41555856, "PR_GET_AUXV" }, { 67, "PR_SET_MEMORY_MERGE" }, { 68, "PR_GET_MEMORY_MERGE" },
};

static const struct name bpfs[] = {
	N(BPF_MAP_CREATE), N(BPF_MAP_LOOKUP_ELEM), N(BPF_MAP_UPDATE_ELEM), N(BPF_MAP_DELETE_ELEM),
	N(BPF_MAP_GET_NEXT_KEY), N(BPF_PROG_LOAD), N(BPF_OBJ_PIN), N(BPF_OBJ_GET), N(BPF_PROG_ATTACH),
	N(BPF_PROG_DETACH), N(BPF_PROG_TEST_RUN), N(BPF_PROG_GET_NEXT_ID), N(BPF_MAP_GET_NEXT_ID),
	N(BPF_PROG_GET_FD_BY_ID), N(BPF_MAP_GET_FD_BY_ID), N(BPF_OBJ_GET_INFO_BY_FD), N(BPF_PROG_QUERY),
	N(BPF_RAW_TRACEPOINT_OPEN), N(BPF_BTF_LOAD), N(BPF_BTF_GET_FD_BY_ID), N(BPF_TASK_FD_QUERY),
	N(BPF_MAP_LOOKUP_AND_DELETE_ELEM), N(BPF_MAP_FREEZE), N(BPF_BTF_GET_NEXT_ID), N(BPF_MAP_LOOKUP_BATCH),
	N(BPF_MAP_LOOKUP_AND_DELETE_BATCH), N(BPF_MAP_UPDATE_BATCH), N(BPF_MAP_DELETE_BATCH), N(BPF_LINK_CREATE),
	N(BPF_LINK_UPDATE), N(BPF_LINK_GET_FD_BY_ID), N(BPF_LINK_GET_NEXT_ID), N(BPF_ENABLE_STATS),
	N(BPF_ITER_CREATE), N(BPF_LINK_DETACH), N(BPF_PROG_BIND_MAP), { 36, "BPF_TOKEN_CREATE" },
};

#define M(name) { BPF_MAP_TYPE_##name, #name }
static const struct name bpf_maps[] = {
	M(HASH), M(ARRAY), M(PROG_ARRAY), M(PERF_EVENT_ARRAY), M(PERCPU_HASH), M(PERCPU_ARRAY), M(STACK_TRACE),
	M(CGROUP_ARRAY), M(LRU_HASH), M(LRU_PERCPU_HASH), M(LPM_TRIE), M(ARRAY_OF_MAPS), M(HASH_OF_MAPS), M(DEVMAP),
	M(SOCKMAP), M(CPUMAP), M(XSKMAP), M(SOCKHASH), M(CGROUP_STORAGE), M(REUSEPORT_SOCKARRAY),
	M(PERCPU_CGROUP_STORAGE), M(QUEUE), M(STACK), M(SK_STORAGE), M(DEVMAP_HASH), M(STRUCT_OPS), M(RINGBUF),
	M(INODE_STORAGE), M(TASK_STORAGE), M(BLOOM_FILTER), M(USER_RINGBUF), { 32, "CGRP_STORAGE" }, { 33, "ARENA" },
};

#define P(name) { BPF_PROG_TYPE_##name, #name }
static const struct name bpf_progs[] = {
	P(SOCKET_FILTER), P(KPROBE), P(SCHED_CLS), P(SCHED_ACT), P(TRACEPOINT), P(XDP), P(PERF_EVENT), P(CGROUP_SKB),
	P(CGROUP_SOCK), P(LWT_IN), P(LWT_OUT), P(LWT_XMIT), P(SOCK_OPS), P(SK_SKB), P(CGROUP_DEVICE), P(SK_MSG),
	P(RAW_TRACEPOINT), P(CGROUP_SOCK_ADDR), P(LWT_SEG6LOCAL), P(LIRC_MODE2), P(SK_REUSEPORT), P(FLOW_DISSECTOR),
	P(CGROUP_SYSCTL), P(RAW_TRACEPOINT_WRITABLE), P(CGROUP_SOCKOPT), P(TRACING), P(STRUCT_OPS), P(EXT), P(LSM),
	P(SK_LOOKUP), P(SYSCALL), { 32, "NETFILTER" },
};

static const struct name notifies[] = {
	{ 0x1, "access" }, { 0x2, "modify" }, { 0x4, "attributes" }, { 0x8, "close after writing" },
	{ 0x10, "close" }, { 0x20, "open" }, { 0x40, "moved from" }, { 0x80, "moved to" }, { 0x100, "create" },
	{ 0x200, "delete" }, { 0x400, "delete itself" }, { 0x800, "move itself" }, { 0x1000, "open to execute" },
	{ 0x2000, "unmount" }, { 0x4000, "overflow" }, { 0x8000, "error" }, { 0x10000, "permission to open" },
	{ 0x20000, "permission to access" }, { 0x40000, "permission to execute" }, { 0x8000000, "of children" },
	{ 0x10000000, "rename" }, { 0x40000000, "of directories" },
};

/* IPC_*, MSG_* and SHM_* of linux/ipc.h, linux/msg.h and linux/shm.h, which clash with those of glibc. */
static const struct name messages[] = {
	{ 01000, "IPC_CREAT" }, { 02000, "IPC_EXCL" }, { 04000, "IPC_NOWAIT" }, { 010000, "SHM_RDONLY" },
	{ 020000, "SHM_RND" }, { 040000, "SHM_REMAP" }, { 0100000, "SHM_EXEC" },
};

static const struct name umounts[] = {
	{ 1, "MNT_FORCE" }, { 2, "MNT_DETACH" }, { 4, "MNT_EXPIRE" }, { 8, "UMOUNT_NOFOLLOW" },
};

static const struct name xattrs[] = { N(XATTR_CREATE), N(XATTR_REPLACE) };

static const struct name securebits[] = {
	N(SECBIT_NOROOT), N(SECBIT_NOROOT_LOCKED), N(SECBIT_NO_SETUID_FIXUP), N(SECBIT_NO_SETUID_FIXUP_LOCKED),
	N(SECBIT_KEEP_CAPS), N(SECBIT_KEEP_CAPS_LOCKED), N(SECBIT_NO_CAP_AMBIENT_RAISE),
	N(SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED),
};

/* `values`: the bits that hold a value in place of flags. */
#define KIND(kind, table, ...) [kind] = { table, sizeof(table) / sizeof(*(table)), __VA_ARGS__ }

static const struct kind {
	const struct name *name;
	size_t count;
	u64 values;
} kinds[NAMES_KINDS] = {
	KIND(NAMES_FCNTL, fcntls, 0), KIND(NAMES_OPEN, opens, O_ACCMODE),
	KIND(NAMES_MMAP, mmaps, MAP_TYPE), KIND(NAMES_CLONE, clones, 0), KIND(NAMES_FAMILY, families, 0),
	KIND(NAMES_LEVEL, levels, 0), KIND(NAMES_PRCTL, prctls, 0), KIND(NAMES_BPF, bpfs, 0),
	KIND(NAMES_BPF_MAP, bpf_maps, 0), KIND(NAMES_BPF_PROG, bpf_progs, 0), KIND(NAMES_NOTIFY, notifies, 0),
	KIND(NAMES_MESSAGE, messages, 0), KIND(NAMES_UMOUNT, umounts, 0), KIND(NAMES_XATTR, xattrs, 0),
	KIND(NAMES_SECUREBITS, securebits, 0),
};

static const struct kind options_of[] = {
	KIND(0, socket_options, LEVEL_SOCKET), KIND(1, ip_options, LEVEL_IP), KIND(2, ipv6_options, LEVEL_IPV6),
	KIND(3, tcp_options, LEVEL_TCP), KIND(4, netlink_options, LEVEL_NETLINK),
};
/* clang-format on */

static const char *find(const struct kind *kind, u64 value)
{
	for (size_t i = 0; i < kind->count; i++) {
		if (kind->name[i].value == value)
			return kind->name[i].name;
	}
	return NULL;
}

const char *names__find(enum names_kind kind, u64 value)
{
	return kind == NAMES_IOCTL ? names__ioctl(value) : find(&kinds[kind], value);
}

const char *names__socket_option(u64 level, u64 option)
{
	for (size_t i = 0; i < sizeof(options_of) / sizeof(options_of[0]); i++) {
		if (options_of[i].values == level)
			return find(&options_of[i], option);
	}
	return NULL;
}

void names__write_flags(FILE *out, enum names_kind kind, u64 value)
{
	const struct kind *k = &kinds[kind];
	const char *low = k->values ? find(k, value & k->values) : NULL;
	size_t done = 0;

	if (low) {
		fputs(low, out);
		value &= ~k->values;
		done++;
	}
	for (size_t i = 0; i < k->count && value; i++) {
		u64 flag = k->name[i].value;

		if (!flag || flag & k->values || (value & flag) != flag)
			continue;
		fprintf(out, "%s%s", done++ ? "|" : "", k->name[i].name);
		value &= ~flag;
	}
	if (value)
		fprintf(out, "%s0x%" PRIx64, done ? "|" : "", value);
	else if (!done)
		putc('0', out);
}

void names__write(FILE *out, enum names_kind kind, const char *prefix, u64 value)
{
	const char *name = names__find(kind, value);

	if (name)
		fputs(name, out);
	else if (value < 256)
		fprintf(out, "%s%" PRIu64, prefix, value);
	else
		fprintf(out, "%s0x%" PRIx64, prefix, value);
}

/* The kernel's first real-time signal; glibc takes two for itself, but programs may use them by number. */
#define FIRST_REALTIME 32
#define LAST_SIGNAL 64

void names__write_signal(FILE *out, u64 signal)
{
	const char *name = signal < FIRST_REALTIME ? sigabbrev_np(signal) : NULL;

	if (name && signal)
		fprintf(out, "SIG%s", name);
	else if (signal >= FIRST_REALTIME && signal <= LAST_SIGNAL)
		fprintf(out, "real-time signal %" PRIu64, signal);
	else
		fprintf(out, "signal %" PRIu64, signal);
}

void names__write_capability(FILE *out, u64 capability)
{
	const char *name = capability <= CAP_LAST_CAP ? capng_capability_to_name(capability) : NULL;

	if (!name) {
		fprintf(out, "capability %" PRIu64, capability);
		return;
	}
	fputs("CAP_", out);
	for (; *name; name++)
		putc(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name, out);
}

bool names__terminal_ioctl(u64 command)
{
	static const u64 commands[] = { TCGETS,     TCSETS,    TCSETSW,   TCSETSF,  TIOCGWINSZ,
					TIOCSWINSZ, TIOCGPGRP, TIOCSPGRP, TIOCGSID, TIOCSCTTY,
					TIOCNOTTY,  TCFLSH,    TCXONC,    TIOCGETD, TIOCGPTPEER };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i] == command)
			return true;
	}
	return false;
}
