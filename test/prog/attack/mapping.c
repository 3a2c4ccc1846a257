// SPDX-License-Identifier: GPL-2.0
/* Code in memory: mapped, made executable, or changed where it is. It returns OTHER; the learned twin's KNOWN. */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "attack.h"
#include "code.h"

static int call_code(void *code)
{
	pid_t pid = spawn();

	if (!pid)
		_exit(((int (*)(void))code)());
	return tell_status(ended(pid));
}

/* Mappings. */
static int code_file(const char *path, int status)
{
	unsigned char page[4096] = {};

	tiny_code(page, status);
	return put_bytes(path, page, sizeof(page), 0755);
}

static int library_prepare(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(code_file("library", a->number ? KNOWN : status_now()));
	return code_file("other", OTHER);
}

static void *map_code(int fd, int prot, int flags)
{
	return mmap(NULL, 4096, prot, flags, fd, 0);
}

static int map_file(const struct attempt *a)
{
	(void)a;
	return call_code((void *)TRY(map_code(TRY(open("library", O_RDONLY)), PROT_READ | PROT_EXEC, MAP_PRIVATE)));
}

static int map_own(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(code_file("own", status_now()));
	return call_code((void *)TRY(map_code(TRY(open("own", O_RDONLY)), PROT_READ | PROT_EXEC, MAP_PRIVATE)));
}

/* Both open for writing and map, in the order that the digest is of, and in the other. */
static int map_then_write(const struct attempt *a)
{
	unsigned char code[16];
	size_t size = tiny_code(code, scene.attacking ? OTHER : KNOWN);
	void *mapped = NULL;
	int fd;

	(void)a;
	if (scene.attacking)
		mapped = (void *)TRY(map_code(TRY(open("library", O_RDONLY)), PROT_READ | PROT_EXEC, MAP_SHARED));
	fd = TRY(open("library", O_WRONLY));
	TRY(pwrite(fd, code, size, 0));
	close(fd);
	if (!mapped)
		return 0;
	return call_code(mapped);
}

static int map_then_write_learned(const struct attempt *a)
{
	(void)a;
	map_then_write(a);
	nap(50);
	return call_code((void *)TRY(map_code(TRY(open("library", O_RDONLY)), PROT_READ | PROT_EXEC, MAP_SHARED)));
}

static int map_shared_writer(const struct attempt *a)
{
	int fd = TRY(open("library", O_RDWR));
	void *code, *data = (void *)TRY(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));

	(void)a;
	code = (void *)TRY(map_code(TRY(open("library", O_RDONLY)), PROT_READ | PROT_EXEC, MAP_SHARED));
	tiny_code(data, status_now());
	return call_code(code);
}

/* A library on an overlay, whose file in the layer below is open when a writer makes a copy in the layer above. */
static int copied_prepare(const struct attempt *a)
{
	(void)a;
	if (!holds("/proc/filesystems", "\toverlay") && !module("overlay"))
		return UNSUPPORTED;
	TRY(mkdir("m", 0755));
	TRY(mkdir("low", 0755));
	TRY(mkdir("up", 0755));
	TRY(mkdir("work", 0755));
	TRY_ZERO(code_file("low/library", KNOWN));
	TRY(mount("overlay", "m", "overlay", 0, "lowerdir=low,upperdir=up,workdir=work"));
	return 0;
}

static void copied_restore(const struct attempt *a)
{
	(void)a;
	umount2("m", MNT_DETACH);
}

static int map_copied(const struct attempt *a)
{
	unsigned char code[16];
	size_t size = tiny_code(code, status_now());
	int before = TRY(open("m/library", O_RDONLY)), writer = TRY(open("m/library", O_WRONLY));

	TRY(pwrite(writer, code, size, 0));
	close(writer);
	nap(50);
	/* The descriptor from before, or a new one. */
	if (!a->number)
		before = TRY(open("m/library", O_RDONLY));
	return call_code((void *)TRY(map_code(before, PROT_READ | PROT_EXEC, MAP_PRIVATE)));
}

static int map_memory(const struct attempt *a)
{
	unsigned char code[16];
	size_t size = tiny_code(code, status_now());
	int fd = TRY(memfd_create(scene.attacking && a->text ? a->text : "learned", 0));

	TRY(ftruncate(fd, 4096));
	TRY(pwrite(fd, code, size, 0));
	return call_code((void *)TRY(map_code(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE)));
}

static int map_anonymous(const struct attempt *a)
{
	void *code = (void *)TRY(map_code(-1, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS));

	(void)a;
	tiny_code(code, OTHER);
	return call_code(code);
}

static int protect_anonymous(const struct attempt *a)
{
	void *code = (void *)TRY(map_code(-1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS));

	tiny_code(code, OTHER);
	if (a->number)
		TRY(syscall(SYS_pkey_mprotect, code, 4096, PROT_READ | PROT_EXEC, -1));
	else
		TRY(mprotect(code, 4096, PROT_READ | PROT_EXEC));
	return call_code(code);
}

static int shared_segment(const struct attempt *a)
{
	int id = TRY(shmget(IPC_PRIVATE, 4096, 0700 | IPC_CREAT));
	void *code = shmat(id, NULL, a->number);

	TRY(shmctl(id, IPC_RMID, NULL));
	TRY(code);
	tiny_code(code, OTHER);
	return call_code(code);
}

/* Whatever is readable is executable. */
static int implied(void)
{
	TRY(personality(READ_IMPLIES_EXEC));
	return 0;
}

static int implied_brk(const struct attempt *a)
{
	unsigned char *code;

	(void)a;
	TRY_ZERO(implied());
	/* The rest of the last page was there before. */
	code = sbrk(3 * 4096);
	TRY(code);
	code = (void *)(((uintptr_t)code + 4095) & ~4095ul);
	tiny_code(code, OTHER);
	return call_code(code);
}

static int implied_map(const struct attempt *a)
{
	void *code;

	(void)a;
	TRY_ZERO(implied());
	code = (void *)TRY(map_code(-1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS));
	tiny_code(code, OTHER);
	return call_code(code);
}

static int implied_map_file(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(implied());
	return call_code((void *)TRY(map_code(TRY(open("other", O_RDONLY)), PROT_READ, MAP_PRIVATE)));
}

static int implied_protect(const struct attempt *a)
{
	void *code = (void *)TRY(map_code(-1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS));

	(void)a;
	tiny_code(code, OTHER);
	TRY_ZERO(implied());
	TRY(mprotect(code, 4096, PROT_READ));
	return call_code(code);
}

static int implied_segment(const struct attempt *a)
{
	TRY_ZERO(implied());
	return shared_segment(a);
}

/* A function of its own that says KNOWN is made to say OTHER. */
static int __attribute__((noinline, aligned(4096))) own_function(void)
{
	asm volatile("");
	return KNOWN;
}

static int patch(int fd)
{
	unsigned char code[16];
	size_t size = tiny_code(code, OTHER);

	TRY(pwrite(fd, code, size, (uintptr_t)own_function));
	return tell_status(own_function());
}

static int memory_of_self(const struct attempt *a)
{
	return patch(TRY(open(a->path, O_RDWR)));
}

/* Some kernels write through this file to what is writable only. */
static int memory_prepare(const struct attempt *a)
{
	unsigned char byte = *(unsigned char *)own_function;
	int fd = TRY(open("/proc/self/mem", O_RDWR));
	ssize_t size = pwrite(fd, &byte, 1, (uintptr_t)own_function);

	(void)a;
	close(fd);
	return size == 1 ? 0 : UNSUPPORTED;
}

static int memory_of_self_learned(const struct attempt *a)
{
	TRY(open(a->path, O_RDONLY));
	return 0;
}

static pid_t waiting_child(void)
{
	pid_t pid = spawn();

	if (!pid) {
		nap(300);
		_exit(own_function());
	}
	return pid;
}

static int memory_of_child(const struct attempt *a)
{
	char path[32];
	pid_t pid = TRY(waiting_child());

	(void)a;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	TRY_ZERO(patch(TRY(open(path, O_RDWR))));
	return tell_status(ended(pid));
}

static int trace_child(const struct attempt *a)
{
	unsigned char code[16] = {};
	pid_t pid = TRY(waiting_child());

	(void)a;
	tiny_code(code, OTHER);
	TRY(ptrace(PTRACE_ATTACH, pid, 0, 0));
	TRY(waitpid(pid, NULL, 0));
	TRY(ptrace(PTRACE_POKETEXT, pid, own_function, *(long *)code));
	TRY(ptrace(PTRACE_DETACH, pid, 0, 0));
	return tell_status(ended(pid));
}

static volatile int child_value = KNOWN;

static int vm_write_child(const struct attempt *a)
{
	int value = OTHER;
	struct iovec here = { &value, sizeof(value) }, there = { (void *)&child_value, sizeof(value) };
	pid_t pid = spawn();

	(void)a;
	if (!pid) {
		nap(300);
		_exit(child_value);
	}
	TRY(process_vm_writev(pid, &here, 1, &there, 1, 0));
	return tell_status(ended(pid));
}

/* Its own file is long, so that its content takes a while to hash. Meanwhile somebody opens it for writing. */
#define LONG_FILE (24 << 20)
static int late_writer = -1, late_error;

static void *open_late(void *unused)
{
	(void)unused;
	nap(150);
	late_writer = open("own.so", O_RDWR);
	late_error = errno;
	return NULL;
}

static int map_while_hashed(const struct attempt *a)
{
	unsigned char code[16];
	size_t size = tiny_code(code, KNOWN);
	pthread_t thread;
	void *mapped;
	int fd;

	(void)a;
	TRY_ZERO(put_bytes("own.so", code, size, 0644));
	TRY(truncate("own.so", LONG_FILE));
	if (scene.attacking) {
		pthread_create(&thread, NULL, open_late, NULL);
	} else {
		pthread_create(&thread, NULL, open_late, NULL);
		pthread_join(thread, NULL);
		close(late_writer);
	}
	fd = TRY(open("own.so", O_RDONLY));
	mapped = mmap(NULL, LONG_FILE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return failed_at("mmap");
	if (scene.attacking) {
		pthread_join(thread, NULL);
		errno = late_error;
		TRY(late_writer);
		tiny_code(code, OTHER);
		TRY(pwrite(late_writer, code, size, 0));
	}
	return call_code(mapped);
}

/* Its own text, which becomes writable while it stays executable. */
__attribute__((noinline, aligned(4096))) static int own_text(void)
{
	return KNOWN;
}

static int protect_text(const struct attempt *a)
{
	void *text = (void *)own_text;

	(void)a;
	TRY(mprotect(text, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	tiny_code(text, OTHER);
	return tell_status(((int (*volatile)(void))own_text)());
}

/*
 * A file in memory whose digest has been kept. It is written through a page that was read before: that moves no time,
 * and no writer is left.
 */
#define IN_MEMORY "/dev/shm/attack.so"

static int map_kept(const struct attempt *a)
{
	unsigned char *page;
	int fd;

	(void)a;
	TRY_ZERO(code_file(IN_MEMORY, KNOWN));
	for (int i = 0; i < 3; i++) {
		nap(50);
		fd = TRY(open(IN_MEMORY, O_RDONLY));
		munmap((void *)TRY(map_code(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE)), 4096);
		close(fd);
	}
	fd = TRY(open(IN_MEMORY, O_RDWR));
	page = (void *)TRY(map_code(fd, PROT_READ | PROT_WRITE, MAP_SHARED));
	*(volatile unsigned char *)page;
	tiny_code(page, status_now());
	munmap(page, 4096);
	close(fd);
	return call_code((void *)TRY(map_code(TRY(open(IN_MEMORY, O_RDONLY)), PROT_READ | PROT_EXEC, MAP_PRIVATE)));
}

static void in_memory_restore(const struct attempt *a)
{
	(void)a;
	unlink(IN_MEMORY);
}

/* A hole that takes longer to hash than an attempt may last, and that nothing interrupts. */
static int map_hole(const struct attempt *a)
{
	int fd;

	(void)a;
	TRY_ZERO(code_file(IN_MEMORY, status_now()));
	fd = TRY(open(IN_MEMORY, O_RDWR));
	TRY(pwrite(fd, "", 1, scene.attacking ? 16LL << 30 : 8191));
	close(fd);
	return call_code((void *)TRY(map_code(TRY(open(IN_MEMORY, O_RDONLY)), PROT_READ | PROT_EXEC, MAP_PRIVATE)));
}

const struct attempt mapping_attempts[] = {
	{ "map-changed", map_file, map_file, library_prepare, other_ran },
	{ "map-own", map_own, map_own, NULL, other_ran },
	{ "map-then-write", map_then_write, map_then_write_learned, library_prepare, other_ran, .number = 1 },
	{ "map-copied-up", map_copied, map_copied, copied_prepare, other_ran, copied_restore, .number = 1 },
	{ "map-copied-up-again", map_copied, map_copied, copied_prepare, other_ran, copied_restore },
	{ "map-beside-writer", map_shared_writer, NULL, library_prepare, other_ran, .number = 1 },
	{ "map-while-hashed", map_while_hashed, map_while_hashed, NULL, other_ran },
	{ "map-memory", map_memory, map_memory, NULL, other_ran, .text = "other" },
	{ "map-memory-content", map_memory, map_memory, NULL, other_ran },
	{ "map-anonymous", map_anonymous, NULL, NULL, other_ran },
	{ "protect-anonymous", protect_anonymous, NULL, NULL, other_ran },
	{ "protect-text", protect_text, NULL, NULL, other_ran },
	{ "map-kept", map_kept, map_kept, NULL, other_ran, in_memory_restore },
	{ "map-hole", map_hole, map_hole, NULL, other_ran, in_memory_restore },
	{ "protect-key", protect_anonymous, NULL, NULL, other_ran, .number = 1 },
	{ "segment-executable", shared_segment, NULL, NULL, other_ran, .number = SHM_EXEC },
	{ "implied-brk", implied_brk, NULL, NULL, other_ran },
	{ "implied-map", implied_map, NULL, NULL, other_ran },
	{ "implied-map-file", implied_map_file, NULL, library_prepare, other_ran },
	{ "implied-protect", implied_protect, NULL, NULL, other_ran },
	{ "implied-segment", implied_segment, NULL, NULL, other_ran },
	{ "memory-self", memory_of_self, memory_of_self_learned, memory_prepare, other_ran, .path = "/proc/self/mem" },
	{ "memory-thread-self", memory_of_self, memory_of_self_learned, memory_prepare, other_ran,
	  .path = "/proc/thread-self/mem" },
	{ "memory-child", memory_of_child, NULL, memory_prepare, other_ran },
	{ "trace-child", trace_child, NULL, NULL, other_ran },
	{ "vm-write-child", vm_write_child, NULL, NULL, other_ran },
	{},
};
