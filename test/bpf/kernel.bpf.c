// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that call each kernel function of the patch series (docs/kernel.md). test/bpf/kernel.c sets the globals and
 * runs the syscall programs; the LSM programs act for one process only, the target.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "compat.bpf.h"

extern int bpf_tsem_pcr_aggregate(struct bpf_tsem_hash *hash, void *digest, __u32 digest__sz) __weak __ksym;

char LICENSE[] SEC("license") = "GPL";

struct handle {
	struct bpf_tsem_hash __kptr *hash;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct handle);
} handles SEC(".maps");

char name[64];
char data[8192];
char digest[64];
struct bpf_tsem_pcr_status status;
__u64 version, task, event;
__u32 target, size, pcr, timeout;
__s32 result, verdict;

static struct handle *handle(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&handles, &zero);
}

/* A reference to the handle in the map, or NULL; to be released. */
static struct bpf_tsem_hash *hash_get(void)
{
	struct bpf_tsem_hash *hash = NULL;
	struct handle *h = handle();

	if (!h)
		return NULL;
	bpf_rcu_read_lock();
	if (h->hash)
		hash = bpf_tsem_hash_acquire(h->hash);
	bpf_rcu_read_unlock();
	return hash;
}

static bool targeted(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target;
}

SEC("syscall")
int create(void *ctx)
{
	struct handle *h = handle();
	struct bpf_tsem_hash *hash;
	int err = 0;

	hash = bpf_tsem_hash_create(name, sizeof(name), &err);
	result = err;
	if (!hash)
		return 0;
	if (h)
		hash = bpf_kptr_xchg(&h->hash, hash);
	if (hash)
		bpf_tsem_hash_release(hash);
	return 0;
}

SEC("syscall")
int buffer(void *ctx)
{
	struct bpf_tsem_hash *hash = hash_get();
	__u32 n = size;

	result = -1;
	if (!hash)
		return 0;
	if (n <= sizeof(data))
		result = bpf_tsem_hash_buffer(hash, data, n, digest, sizeof(digest));
	bpf_tsem_hash_release(hash);
	return 0;
}

SEC("syscall")
int aggregate(void *ctx)
{
	struct bpf_tsem_hash *hash = hash_get();

	result = -1;
	if (!hash)
		return 0;
	result = bpf_tsem_pcr_aggregate(hash, digest, sizeof(digest));
	bpf_tsem_hash_release(hash);
	return 0;
}

SEC("syscall")
int extend(void *ctx)
{
	__u32 n = size;

	if (n <= 64)
		result = bpf_tsem_pcr_extend(pcr, data, n);
	return 0;
}

SEC("syscall")
int extended(void *ctx)
{
	bpf_tsem_pcr_status(&status);
	return 0;
}

SEC("syscall")
int release(void *ctx)
{
	result = bpf_tsem_wait_release(task, event, verdict);
	return 0;
}

/* In an RCU section: what it hashes it also extends the register with. */
SEC("lsm/task_getpgid")
int BPF_PROG(atomic, struct task_struct *p)
{
	struct handle *h = handle();
	struct bpf_tsem_hash *hash;
	__u32 n = size;

	if (!targeted() || !h)
		return 0;
	hash = h->hash;
	if (hash && n <= sizeof(data))
		result = bpf_tsem_hash_buffer(hash, data, n, digest, sizeof(digest));
	if (result > 0)
		bpf_tsem_pcr_extend(pcr, digest, 32);
	return 0;
}

SEC("lsm.s/file_post_open")
int BPF_PROG(content, struct file *file, int mask)
{
	struct bpf_tsem_hash *hash;

	if (!targeted())
		return 0;
	hash = hash_get();
	if (!hash)
		return 0;
	result = bpf_tsem_hash_file(hash, file, digest, sizeof(digest), &version);
	bpf_tsem_hash_release(hash);
	return 0;
}

/* The task of number `task` waits in fcntl(F_SETSIG) for the verdict on the event of the signal's number. */
SEC("lsm.s/file_fcntl")
int BPF_PROG(waits, struct file *file, unsigned int cmd, unsigned long arg)
{
	struct bpf_tsem_wait *wait;
	__s32 v = 0;
	int err;

	if (!targeted() || cmd != 10)
		return 0;
	wait = bpf_tsem_wait_begin(task, arg);
	if (!wait)
		return -12;
	event = arg;
	err = bpf_tsem_wait_end(wait, timeout, &v);
	if (!err)
		err = v;
	result = err;
	return err < -4095 || err > 0 ? -22 : err;
}

SEC("uprobe")
int probe(void *ctx)
{
	return 0;
}
