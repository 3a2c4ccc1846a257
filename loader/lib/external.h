/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The external agent of a namespace, as its collector sees it: the stream to the agent, the session, and what is asked
 * and not yet answered. The frames are those of tma/core.
 *
 *	external__parse()    what the user has named
 *	external__open()     opens the stream and greets the agent
 *	external__begin()    tells it about the namespace, and waits until it is ready
 *	external__ask()      a record of the ring that asks a question
 *	external__step()     takes its answers to the kernel; repeat
 *	external__close()
 *
 * Nothing here waits for the agent but open and begin. A frame that does not fit the stream waits in a buffer. If this
 * is full, the question is not sent, and the namespace's policy decides. The session ends for good when the agent dies,
 * hangs, or says what it cannot say; `why` then has the reason. Nothing else of the namespace ends.
 */
#ifndef TSEM_EXTERNAL_H
#define TSEM_EXTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "model.h"
#include "tma_session.h"
#include "tsem.h"

/* Milliseconds that the agent may take to answer HELLO, and to say READY after a model was loaded. */
#define EXTERNAL_PATIENCE 10000

enum external_kind {
	EXTERNAL_PROCESS, /* tsem-tma as a child */
	EXTERNAL_EXEC, /* another program as a child */
	EXTERNAL_UNIX, /* a socket on which an agent listens */
	EXTERNAL_VSOCK, /* the same in another virtual machine, or in the host of this one */
	EXTERNAL_TTY, /* a serial line */
};

/* An agent, as the user has named it. */
struct external_where {
	enum external_kind kind;
	const char *text; /* as given; borrowed */
	const char *rest; /* after the colon; borrowed */
	unsigned int cid, port; /* of vsock */
	bool outlives; /* a child goes on when this process has ended: it gets no standard error */
};

/* One line for the user: what failed, with which word, and what to do. */
struct external_error {
	char text[256];
};

/* An open stream to an agent; -1: none. */
struct external_stream {
	int in, out; /* may be the same descriptor */
	int child; /* pidfd of the agent; -1: it is no child of this process */
	bool lossy; /* it may lose bytes, so frames are COBS */
};

struct external;

/*
 * Takes `process`, `exec:PROGRAM ARGS`, `unix:PATH`, `vsock:CID:PORT` or `tty:DEVICE`. 0, or -EINVAL with the line in
 * *error.
 */
int external__parse(const char *text, struct external_where *where, struct external_error *error);

/*
 * Reads a key, as tma_key__parse() takes it, from a file of mode 0600 that this user owns. 0, or -errno with the line
 * in *error.
 */
int external__read_key(const char *path, u8 *key, struct external_error *error);

/*
 * Opens the stream to an agent. Without `key_file` a key is drawn for a child, which gets it by a pipe: descriptor 3,
 * which the variable TSEM_TMA_KEY_FD names. The other kinds need a file. `key` gets the key. `tsem`: a unix socket
 * whose other end is in a namespace is refused, since an agent must not wait for its own verdicts. 0, or -errno with
 * the line in *error.
 */
int external__connect(struct tsem *tsem, const struct external_where *where, const char *key_file, u8 *key,
		      struct external_stream *stream, struct external_error *error);

/*
 * Is the process at the other end of a unix socket in a namespace? True also if that cannot be told, since the process
 * has ended.
 */
bool external__modeled(struct tsem *tsem, int fd);

/* Closes a stream, and ends and waits for its child. */
void external__disconnect(struct external_stream *stream);

/*
 * Greets the agent at the other end of *stream, which proves that it has `key`. The stream belongs to *out then. `text`
 * is what the user called the agent. 0, or -errno with the line in *error; then the stream is closed.
 */
int external__open(struct external_stream *stream, const char *text, const u8 *key, struct external **out,
		   struct external_error *error);

/*
 * Tells the agent about the namespace, gives it the coefficients `states`, and waits until it is ready. 0, or -errno
 * with the line in *error.
 */
int external__begin(struct external *external, const struct tsem_namespace *ns, const struct digests *states,
		    struct external_error *error);

/* A descriptor that polls readable if the agent has said something; -1 once the session has ended. */
int external__pollable(const struct external *external);

/* Does a frame wait to be sent? Then poll the descriptor of external__writable() for writing, too. */
int external__writable(const struct external *external);

/* Sends a record that the kernel asks about, or that an untrusted task has caused. Other records are ignored. */
void external__take(struct external *external, const struct tsem_record *record, const struct tsem_namespace *ns);

/* A verdict that the kernel has accepted: `record` is the event it is about. */
typedef void (*external_verdict)(const struct tsem_record *record, u32 verdict, void *data);

/*
 * Sends what waits, and takes the agent's answers to the kernel. Tells the agent if the mode of the namespace has
 * changed. `verdict` is called for each accepted one.
 */
void external__step(struct external *external, struct tsem *tsem, const struct tsem_namespace *ns,
		    external_verdict verdict, void *data);

/* How many questions has the agent not answered yet? */
size_t external__unanswered(const struct external *external);

/* Is there an agent that answers? */
bool external__lives(const struct external *external);

/* Why the session has ended, as a sentence; "" while it goes on. */
const char *external__why(const struct external *external);

/* Who the agent says it is; printable. */
const char *external__identity(const struct external *external);

/* Ends the session and frees it. Takes NULL. */
void external__close(struct external *external);

/*
 * In a child of this process that goes on with the namespace: closes the stream without a word, since the session
 * belongs to the parent. Takes NULL.
 */
void external__abandon(struct external *external);

#endif
