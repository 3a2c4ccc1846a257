/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What attempts are made of. An attempt has a part inside of the namespace (attack, or learned, its harmless twin,
 * while the model is learned) and a part outside (prepare, effect, restore). Only the part outside says whether it went
 * through: it looks for the effect. Both parts run in a directory of the attempt's own.
 */
#ifndef TEST_ATTACK_H
#define TEST_ATTACK_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define SECRET "secret-4711"
/* What prepare returns if the kernel cannot do what the attempt needs. */
#define UNSUPPORTED (-1)
#define SECONDS 20

struct attempt {
	const char *name;
	/* Inside: 0 done, else errno. */
	int (*attack)(const struct attempt *a);
	int (*learned)(const struct attempt *a);
	/* Outside: 0, errno, or UNSUPPORTED. */
	int (*prepare)(const struct attempt *a);
	/* Outside: is the effect there? Without it, what attack returned counts. */
	bool (*effect)(const struct attempt *a);
	void (*restore)(const struct attempt *a);
	/* What it is done to. */
	const char *path, *text;
	long number;
};

/* What the outside tells the inside before an attempt, and what it is told after. */
struct scene {
	int index;
	bool attacking;
	pid_t victim; /* a process outside, in a process group of its own */
	void *secret; /* where it has SECRET in its memory */
	char message[512]; /* what prepare has to say */
};

struct answer {
	int error;
	char at[160];
	char text[256];
};

extern struct scene scene;
extern struct answer *answer;

/* TRY(CALL): its value, or the function returns errno, and the report names the call. */
#define TRY(call)                                \
	({                                       \
		long tried_ = (long)(call);      \
		if (tried_ == -1)                \
			return failed_at(#call); \
		tried_;                          \
	})
#define TRY_ZERO(call)                 \
	({                             \
		int tried_ = (call);   \
		if (tried_)            \
			return tried_; \
	})

int failed_at(const char *call);
/* The text that an attempt has read is what effect looks at. */
void tell(const char *text, ssize_t size);
bool told_secret(const struct attempt *a);

/* Outside: is the attempt made in a namespace? In none, what would do harm is not made. */
extern bool in_namespace;

/* A child that ends after SECONDS, whatever happens; 0 in the child. */
pid_t spawn(void);
/* Its exit status; 128 and the signal if one ended it. */
int ended(pid_t pid);
/* Outside: a process that runs beside until the attempt is over. */
void beside(void (*run)(const struct attempt *a), const struct attempt *a);
/* Outside: has a signal ended the victim? */
bool victim_hit(const struct attempt *a);
void nap(int milliseconds);

/* Files. 0 or errno. */
int put(const char *path, const char *text);
int put_bytes(const char *path, const void *bytes, size_t size, int mode);
bool holds(const char *path, const char *text);
int get(const char *path, char *text, size_t size);
/* Inside: reads the descriptor, and tells. */
int tell_fd(int fd);
/* Writes a->text or SECRET there. */
int write_fd(int fd, const char *text);
int write_path(const struct attempt *a);
int read_path(const struct attempt *a);

/* A knob of the kernel, core_pattern: kept, changed by the attack, put back. */
#define KNOB "/proc/sys/kernel/core_pattern"
int knob_prepare(const struct attempt *a);
bool knob_effect(const struct attempt *a);
void knob_restore(const struct attempt *a);
int knob_write(int fd);

/* Files of the attempt's directory: `secret` has SECRET in it, `open` has other text. */
int files_prepare(const struct attempt *a);
bool secret_changed(const struct attempt *a);

/* A program that exits with `status`, in its smallest form, and code that returns it. */
size_t tiny_program(unsigned char *image, int status);
int tiny_file(const char *path, int status);
size_t tiny_code(unsigned char *code, int status);

/* Descriptors over a unix socket. */
int send_descriptor(int to, int fd);
int receive_descriptor(int from);
int unix_address(void *address, const char *path);
int unix_bound(int type, const char *path);

/* A system call of 32 bits; its arguments lie below 4 GB. */
long call32(long number, long a, long b, long c, long d);
void *low_memory(void);
bool has_call32(void);

bool module(const char *name);

extern const struct attempt descriptor_attempts[], notify_attempts[], deputy_attempts[], peer_attempts[],
	network_attempts[], device_attempts[], terminal_attempts[], code_attempts[], mapping_attempts[],
	mount_attempts[], task_attempts[], ipc_attempts[], process_attempts[], memo_attempts[], mark_attempts[],
	kernel_attempts[];

#endif
