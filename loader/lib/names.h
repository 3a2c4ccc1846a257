/* SPDX-License-Identifier: GPL-2.0 */
/* The names that the kernel's headers give to numbers: ioctl and fcntl commands, flags, options, signals. */
#ifndef TSEM_NAMES_H
#define TSEM_NAMES_H

#include <stdbool.h>
#include <stdio.h>

#include "tsem_types.h"

enum names_kind {
	NAMES_IOCTL,
	NAMES_FCNTL,
	NAMES_OPEN, /* flags; the access mode is a value of two bits */
	NAMES_MMAP, /* flags */
	NAMES_CLONE, /* flags; also of unshare and setns */
	NAMES_FAMILY,
	NAMES_LEVEL, /* of a socket option */
	NAMES_PRCTL,
	NAMES_BPF,
	NAMES_BPF_MAP,
	NAMES_BPF_PROG,
	NAMES_NOTIFY, /* flags of inotify and fanotify */
	NAMES_MESSAGE, /* flags of IPC calls */
	NAMES_UMOUNT, /* flags */
	NAMES_XATTR, /* flags of setxattr */
	NAMES_SECUREBITS, /* flags */
	NAMES_KINDS
};

/* The name of a number; static. NULL: it has none. For a kind of flags: of the flag with this value. */
const char *names__find(enum names_kind kind, u64 value);

/* The name of an option of setsockopt() at `level`; static. NULL: it has none. */
const char *names__socket_option(u64 level, u64 option);

/* Writes all flags of `value` as "O_WRONLY|O_APPEND|0x8000000". 0 is "0" if it has no name. */
void names__write_flags(FILE *out, enum names_kind kind, u64 value);

/* Writes the name of a value, or else `prefix` and the number; that is hexadecimal from 256 on. */
void names__write(FILE *out, enum names_kind kind, const char *prefix, u64 value);

/* Writes "SIGKILL", "real-time signal 34" or "signal 99". */
void names__write_signal(FILE *out, u64 signal);

/* Writes "CAP_SYS_ADMIN" or "capability 99". */
void names__write_capability(FILE *out, u64 capability);

/* Does a program only ask a terminal with this ioctl? */
bool names__terminal_ioctl(u64 command);

#endif
