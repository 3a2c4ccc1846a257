// SPDX-License-Identifier: GPL-2.0
/* The external agent of a workload: start, steps, exchange, and the note about it. */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "external_parts.h"
#include "workload_parts.h"

/* What agent__bring() sends beside the descriptors: of the stream, and of the child if there is one. */
struct bring {
	u8 key[TMA_KEY_SIZE];
	char text[128];
	bool lossy;
	bool child;
};

/* ---- the note ---- */

static void note_write(struct workload *w)
{
	struct agent_note note = { .lives = external__lives(w->external) };
	int fd = journal__file(w->ns.id, "agent", O_CREAT | O_RDWR);

	snprintf(note.text, sizeof(note.text), "%s", w->agent);
	snprintf(note.identity, sizeof(note.identity), "%s", external__identity(w->external));
	snprintf(note.why, sizeof(note.why), "%s", external__why(w->external));
	/* A reader sees one note or the other: the file is in memory, and has one size. */
	if (fd >= 0 && pwrite(fd, &note, sizeof(note), 0) != sizeof(note) && !w->lost)
		w->lost = -errno;
	if (fd >= 0)
		close(fd);
}

int agent__note(u32 id, struct agent_note *note)
{
	int fd = journal__file(id, "agent", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pread(fd, note, sizeof(*note), 0);
	close(fd);
	note->text[sizeof(note->text) - 1] = note->identity[sizeof(note->identity) - 1] = 0;
	note->why[sizeof(note->why) - 1] = 0;
	return n == sizeof(*note) ? 0 : -ENOENT;
}

/* ---- start ---- */

static void watch(const struct tsem_record *record, void *data)
{
	struct workload *w = data;

	if (w->external)
		external__take(w->external, record, &w->ns);
}

/* The coefficients that the agent begins with: those of the model, then those that the kernel has as valid. */
static int states_known(struct workload *w, struct digests *out)
{
	struct namespace_coefficients all = {};
	int err = namespace__coefficients(&w->tsem, w->ns.id, &all);

	*out = (struct digests){};
	for (size_t i = 0; i < w->model.states.count && !err; i++)
		err = digests__add(out, w->model.states.digest[i]);
	for (size_t i = 0; i < all.count && !err; i++) {
		if (all.entry[i].info.valid)
			err = digests__add(out, all.entry[i].coefficient);
	}
	free(all.entry);
	return err;
}

/* Greets the agent at the other end of the stream, and makes it the workload's. */
static int agent_take(struct workload *w, struct external_stream *stream, const char *text, const u8 *key,
		      struct external_error *error)
{
	struct external *external = NULL;
	struct digests states = {};
	int err = external__open(stream, text, key, &external, error);

	if (err)
		return err;
	err = states_known(w, &states);
	if (err)
		snprintf(error->text, sizeof(error->text), "cannot read the coefficients: %s", strerror(-err));
	err = err ?: external__begin(external, &w->ns, &states, error);
	free(states.digest);
	if (err) {
		external__close(external);
		return err;
	}
	external__close(w->external);
	w->external = external;
	note_write(w);
	return 0;
}

static void address_of(u32 id, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path), JOURNAL_DIRECTORY "/%u.attach", id);
}

/* Others may bring another agent from now on. The directory is root's alone. */
static int listen_for(u32 id)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;
	struct sockaddr_un address;

	if (fd < 0)
		return -errno;
	address_of(id, &address);
	unlink(address.sun_path);
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 4))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int agent__start(struct workload *w, struct workload_error *error)
{
	struct external_stream stream;
	struct external_where where;
	struct external_error why;
	u8 key[TMA_KEY_SIZE];
	int err;

	err = external__parse(w->agent, &where, &why);
	err = err ?: external__connect(&w->tsem, &where, w->agent_key, key, &stream, &why);
	err = err ?: agent_take(w, &stream, w->agent, key, &why);
	tma_erase(key, sizeof(key));
	if (err)
		return workload__fail(error, err, "--tma %s", why.text);
	w->attach = listen_for(w->ns.id);
	if (w->attach < 0)
		return workload__fail(error, w->attach, "cannot listen in " JOURNAL_DIRECTORY ": %s",
				      strerror(-w->attach));
	journal__watch(w->journal, watch, w);
	return 0;
}

/* ---- steps ---- */

/* The journal gets what the verdict has made of the event: a violation, and what followed. */
static void keep_verdict(const struct tsem_record *record, u32 verdict, void *data)
{
	struct workload *w = data;
	struct tsem_record *violation;
	u32 action = w->ns.action[record->event];

	if (verdict != TSEM_VERDICT_UNTRUSTED || record->flags & TSEM_RECORD_AGAIN)
		return;
	violation = malloc(record->size);
	if (!violation)
		return;
	memcpy(violation, record, record->size);
	violation->flags |= TSEM_RECORD_VIOLATION;
	violation->action = action;
	if (w->ns.mode != TSEM_MODE_SEALED && action != TSEM_ACTION_LOG)
		violation->flags |= TSEM_RECORD_DENIED;
	journal__keep(w->journal, violation);
	free(violation);
}

/* Receives what agent__bring() sends. 0 or -errno; then nothing stays open. */
static int receive(int from, struct bring *bring, struct external_stream *stream)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec part = { bring, sizeof(*bring) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	ssize_t n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n == sizeof(*bring) ? CMSG_FIRSTHDR(&message) : NULL;
	size_t count = c && c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
	int fds[2] = { -1, -1 };

	if (!count || count > 2)
		return -EPROTO;
	memcpy(fds, CMSG_DATA(c), count * sizeof(int));
	bring->text[sizeof(bring->text) - 1] = 0;
	*stream = (struct external_stream){ .in = fds[0], .out = fds[0], .child = fds[1], .lossy = bring->lossy };
	return 0;
}

/* Another process brings an agent. It is told what came of it: an empty text, or what is wrong. */
static void accept_agent(struct workload *w)
{
	int from = accept4(w->attach, NULL, NULL, SOCK_CLOEXEC);
	struct pollfd ready = { .fd = from, .events = POLLIN };
	struct external_error error = {};
	struct external_stream stream;
	struct bring bring;

	if (from < 0)
		return;
	/* A root process that connects and says nothing must not stop us. The guard lets no modeled one connect. */
	if (!external__modeled(&w->tsem, from) && poll(&ready, 1, 1000) > 0 && !receive(from, &bring, &stream)) {
		if (!agent_take(w, &stream, bring.text, bring.key, &error)) {
			snprintf(w->brought, sizeof(w->brought), "%s", bring.text);
			w->agent = w->brought;
			note_write(w);
		}
		tma_erase(bring.key, sizeof(bring.key));
		if (send(from, error.text, strlen(error.text) + 1, MSG_NOSIGNAL) < 0)
			w->lost = w->lost ?: -errno;
	}
	close(from);
}

int agent__step(struct workload *w, int ms)
{
	struct external *x = w->external;
	u64 end = external__now() + ms, now;
	int records = 0;

	do {
		bool lived = x && external__lives(x);
		struct pollfd fds[4] = {
			{ .fd = w->journal ? journal__pollable(w->journal) : -1, .events = POLLIN },
			{ .fd = x ? external__pollable(x) : -1, .events = POLLIN },
			{ .fd = x ? external__writable(x) : -1, .events = POLLOUT },
			{ .fd = w->attach, .events = POLLIN },
		};
		int n;

		now = external__now();
		poll(fds, 4, now < end ? (int)(end - now) : 0);
		/* Questions go out before anything else is done. */
		n = w->journal ? journal__drain(w->journal) : 0;
		if (n < 0)
			return n;
		records += n;
		if (x)
			external__step(x, &w->tsem, &w->ns, keep_verdict, w);
		if (lived && !external__lives(x))
			note_write(w);
		if (fds[3].revents)
			accept_agent(w);
		x = w->external;
	} while (external__now() < end);
	return records;
}

void agent__settle(struct workload *w)
{
	u64 end = external__now() + 1000;

	while (w->external && external__unanswered(w->external) && external__now() < end)
		agent__step(w, 10);
}

void agent__stop(struct workload *w)
{
	struct sockaddr_un address;

	external__close(w->external);
	w->external = NULL;
	if (w->attach < 0)
		return;
	close(w->attach);
	w->attach = -1;
	address_of(w->ns.id, &address);
	unlink(address.sun_path);
}

void agent__leave(struct workload *w)
{
	struct agent_note note;
	int fd;

	if (!w->external)
		return;
	external__abandon(w->external);
	w->external = NULL;
	if (agent__note(w->ns.id, &note))
		return;
	note.lives = false;
	snprintf(note.why, sizeof(note.why), "the collector that talked to the agent has ended");
	fd = journal__file(w->ns.id, "agent", O_RDWR);
	if (fd < 0)
		return;
	if (pwrite(fd, &note, sizeof(note), 0) != sizeof(note) && !w->lost)
		w->lost = -errno;
	close(fd);
}

/* ---- bringing another agent ---- */

static int hand_over(int to, const struct bring *bring, const struct external_stream *stream)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {};
	int fds[2] = { stream->in, stream->child };
	size_t size = (stream->child < 0 ? 1 : 2) * sizeof(int);
	struct iovec part = { (void *)bring, sizeof(*bring) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(size)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), fds, size);
	return sendmsg(to, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int agent__bring(struct tsem *tsem, u32 id, const char *text, const char *key_file, struct workload_error *error)
{
	int to = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), err;
	struct external_error why = {};
	struct external_stream stream;
	struct external_where where;
	struct sockaddr_un address;
	struct bring bring = {};
	ssize_t n;

	*error->text = 0;
	address_of(id, &address);
	if (to < 0 || connect(to, (struct sockaddr *)&address, sizeof(address))) {
		err = workload__fail(error, -errno, "nobody collects the events of namespace %u: %s", id,
				     strerror(errno));
		goto out;
	}
	err = external__parse(text, &where, &why);
	where.outlives = true;
	err = err ?: external__connect(tsem, &where, key_file, bring.key, &stream, &why);
	if (err) {
		workload__fail(error, err, "--tma %s", why.text);
		goto out;
	}
	snprintf(bring.text, sizeof(bring.text), "%s", text);
	bring.lossy = stream.lossy;
	bring.child = stream.child >= 0;
	err = hand_over(to, &bring, &stream);
	tma_erase(&bring, sizeof(bring));
	/* The collector has its own copies. */
	close(stream.in);
	if (stream.child >= 0)
		close(stream.child);
	n = err ? 0 : recv(to, why.text, sizeof(why.text) - 1, 0);
	if (err || n <= 0)
		err = workload__fail(error, err ?: -EPIPE, "the collector of namespace %u has ended", id);
	else if (*why.text)
		err = workload__fail(error, -EPROTO, "--tma %s", why.text);
out:
	if (to >= 0)
		close(to);
	return err;
}
