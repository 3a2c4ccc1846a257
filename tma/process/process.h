/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of tsem-tma, an agent that is a Linux process. Only main.c prints. */
#ifndef TMA_PROCESS_H
#define TMA_PROCESS_H

#include <stdio.h>

#include "tma_agent.h"

/* ---- key.c ---- */

/*
 * Reads the key, as tma_key__parse() takes it, into the TMA_KEY_SIZE bytes at `key`. From a file: a
 * regular one that only its owner may read, and which this user or root owns. From a descriptor: up to its end; it is
 * closed. NULL; or what is wrong and what to do, as the end of a sentence, static; then `key` is zeros.
 */
const char *key__read_file(const char *path, u8 *key);
const char *key__read_fd(int fd, u8 *key);

/* ---- model_file.c ---- */

/* What a model file says to an agent. */
struct model_file {
	struct tma_own own;
	u8 *states; /* own.digest->size bytes each, in the order of the file; a coefficient may be there twice */
	size_t count;
	size_t room; /* of `states`, in coefficients */
};

/* Where and why a file is no model for an agent. */
struct model_fault {
	size_t line; /* from 1 */
	char word[80]; /* at fault */
	const char *why; /* static */
};

/* Reads a model into *model, whose states the caller frees in any case. 0; -EINVAL with *fault filled; -EIO; -ENOMEM.
 */
int model_file__read(FILE *file, struct model_file *model, struct model_fault *fault);

/* ---- serve.c ---- */

/*
 * Opens a listening socket at `path`, for this user only, or at a port of AF_VSOCK. A socket that an earlier agent has
 * left is replaced. The descriptor, or -errno; -EADDRINUSE: another process listens there; -EEXIST: there is a file
 * that is no socket.
 */
int serve__listen_unix(const char *path);
int serve__listen_vsock(u32 port);

/* For struct tma_platform; `data` is the descriptor of the output as an int pointer. */
bool serve__random(void *data, u8 *out, size_t size);
bool serve__send(void *data, const u8 *bytes, size_t size);

/* How the session of a collector has ended. */
enum serve_end {
	SERVE_BYE = 0, /* by BYE, or before it began */
	SERVE_FAILED = 1, /* agent->error says why */
	SERVE_LOST = 2, /* the collector has gone without BYE */
	SERVE_SLOW = 3, /* it did not prove in time that it has the key */
};

/*
 * Serves one collector, whose bytes come from `in`, until its session ends. `timed`: `in` is a socket, and the
 * collector has SERVE_PATIENCE seconds until its SETUP. Others wait meanwhile.
 */
#define SERVE_PATIENCE 10
enum serve_end serve__collector(struct tma_agent *agent, int in, bool timed);

/* ---- sandbox.c ---- */

/* The descriptors in the sandbox: the listening socket, and a collector that it accepts. */
#define SANDBOX_LISTENER 3
#define SANDBOX_COLLECTOR 4

/*
 * Gives up, for good, all that serving does not need: capabilities, new programs, files, sockets and processes, and
 * every system call but those that serve.c makes. Closes all descriptors above the standard ones, except
 * SANDBOX_LISTENER if `listening`. 0; or -errno, and *step says what failed, static; then the process must not go on.
 */
int sandbox__enter(bool listening, const char **step);

#endif
