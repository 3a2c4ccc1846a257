// SPDX-License-Identifier: GPL-2.0
/* Who is at the other end of a unix socket: sockets outside that say that somebody has come. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <poll.h>

#include "../uring.h"
#include "attack.h"
#include "peer.h"

int listeners[2] = { -1, -1 };

void listeners_close(const struct attempt *a)
{
	(void)a;
	for (int i = 0; i < 2; i++) {
		if (listeners[i] >= 0)
			close(listeners[i]);
		listeners[i] = -1;
	}
}

bool heard(const struct attempt *a)
{
	struct pollfd p = { listeners[1], POLLIN, 0 };

	(void)a;
	return poll(&p, 1, 200) == 1 && p.revents & POLLIN;
}

static int unix_prepare(int type, const char *open_name, const char *secret_name)
{
	listeners[0] = TRY(unix_bound(type, open_name));
	listeners[1] = TRY(unix_bound(type, secret_name));
	return 0;
}

static int paths_prepare(const struct attempt *a)
{
	TRY_ZERO(unix_prepare(a->number, "open", "secret"));
	TRY(symlink(scene.attacking ? "secret" : "open", "link"));
	return 0;
}

static int abstract_prepare(const struct attempt *a)
{
	TRY_ZERO(unix_prepare(a->number, "@attack-open", a->text ? "@attack-openness" : "@attack-secret"));
	snprintf(scene.message, sizeof(scene.message), "%s",
		 !scene.attacking ? "@attack-open"
		 : a->text        ? "@attack-openness"
				  : "@attack-secret");
	return 0;
}

static int unix_connect(int type, const char *path)
{
	struct sockaddr_un un;
	int size = unix_address(&un, path), s = TRY(socket(AF_UNIX, type, 0));

	TRY(connect(s, (void *)&un, size));
	if (type != SOCK_STREAM)
		TRY(send(s, GREETING, 5, 0));
	return 0;
}

static int unix_send_to(const char *path)
{
	struct sockaddr_un un;
	int size = unix_address(&un, path), s = TRY(socket(AF_UNIX, SOCK_DGRAM, 0));

	TRY(sendto(s, GREETING, 5, 0, (void *)&un, size));
	return 0;
}

static int link_connect(const struct attempt *a)
{
	return unix_connect(a->number, "link");
}

static int link_send_to(const struct attempt *a)
{
	(void)a;
	return unix_send_to("link");
}

static int abstract_connect(const struct attempt *a)
{
	return unix_connect(a->number, scene.message);
}

static int abstract_send_to(const struct attempt *a)
{
	(void)a;
	return unix_send_to(scene.message);
}

static int path_connect(const struct attempt *a)
{
	return unix_connect(a->number, scene.attacking ? "secret" : "open");
}

static int path_send_to(const struct attempt *a)
{
	(void)a;
	return unix_send_to(scene.attacking ? "secret" : "open");
}

/* The workload moves the socket itself to the name that it may connect to. */
static int rename_connect(const struct attempt *a)
{
	if (scene.attacking)
		TRY(rename("secret", "open"));
	return unix_connect(a->number, "open");
}

/* The directory of the same name is another one. */
static int directory_prepare(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("d", 0755));
	TRY(mkdir("e", 0755));
	TRY_ZERO(unix_prepare(SOCK_STREAM, "d/socket", "e/socket"));
	return 0;
}

static int directory_connect(const struct attempt *a)
{
	(void)a;
	TRY(chdir(scene.attacking ? "e" : "d"));
	return unix_connect(SOCK_STREAM, "socket");
}

static int second_message(const struct attempt *a)
{
	struct sockaddr_un first, second;
	struct iovec iov = { GREETING, 5 };
	struct mmsghdr m[2] = {};
	int s = TRY(socket(AF_UNIX, SOCK_DGRAM, 0));

	(void)a;
	m[0].msg_hdr = (struct msghdr){ &first, unix_address(&first, "open"), &iov, 1, NULL, 0, 0 };
	m[1].msg_hdr =
		(struct msghdr){ &second, unix_address(&second, scene.attacking ? "secret" : "open"), &iov, 1, NULL, 0,
				 0 };
	/* What the second met is not told. */
	TRY(sendmmsg(s, m, 2, 0) == 2 ? 0 : (errno = EPERM, -1));
	return 0;
}

/* Whoever is root may say that somebody else has sent it. */
static int credentials_prepare(const struct attempt *a)
{
	TRY_ZERO(paths_prepare(a));
	TRY(setsockopt(listeners[0], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)));
	return 0;
}

static int credentials_send(const struct attempt *a)
{
	char space[CMSG_SPACE(sizeof(struct ucred))] = {};
	struct iovec iov = { GREETING, 5 };
	struct sockaddr_un un;
	struct msghdr m = { &un, unix_address(&un, "open"), &iov, 1, space, sizeof(space), 0 };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct ucred cred = { scene.attacking ? 1 : getpid(), 0, 0 };
	int s = TRY(socket(AF_UNIX, SOCK_DGRAM, 0));

	(void)a;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(cred));
	memcpy(CMSG_DATA(c), &cred, sizeof(cred));
	TRY(sendmsg(s, &m, 0));
	return 0;
}

static bool of_first(const struct attempt *a)
{
	char space[CMSG_SPACE(sizeof(struct ucred))], text[8];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct ucred cred;

	(void)a;
	if (recvmsg(listeners[0], &m, MSG_DONTWAIT) < 0 || !CMSG_FIRSTHDR(&m))
		return false;
	memcpy(&cred, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(cred));
	return cred.pid == 1;
}

static int uring_connect(const struct attempt *a)
{
	struct sockaddr_un un;
	int size = unix_address(&un, scene.attacking ? "secret" : "open"), s = TRY(socket(AF_UNIX, SOCK_STREAM, 0)),
	    error;
	struct uring u;

	(void)a;
	error = uring_open(&u, 0);
	if (!error) {
		memset(u.sqe, 0, sizeof(*u.sqe));
		u.sqe->opcode = IORING_OP_CONNECT;
		u.sqe->fd = s;
		u.sqe->addr = (uintptr_t)&un;
		u.sqe->off = size;
		error = uring_do(&u);
	}
	errno = -error;
	TRY(error ? -1 : 0);
	return 0;
}

/* A socket that somebody outside has connected, and passes. */
static void passer(const struct attempt *a)
{
	struct sockaddr_un un;
	int size = unix_address(&un, "secret"), s = unix_bound(SOCK_STREAM, "passer"), to;

	(void)a;
	while ((to = accept(s, NULL, NULL)) >= 0) {
		int c = socket(AF_UNIX, SOCK_DGRAM, 0);

		if (connect(c, (void *)&un, size))
			return;
		send_descriptor(to, scene.attacking ? c : open("file", O_RDONLY));
		nap(300);
	}
}

static int passer_prepare(const struct attempt *a)
{
	TRY_ZERO(put("file", "text"));
	TRY_ZERO(unix_prepare(SOCK_DGRAM, "open", "secret"));
	beside(passer, a);
	for (int i = 0; i < 100 && access("passer", F_OK); i++)
		nap(10);
	nap(20);
	return 0;
}

static int passed_send(const struct attempt *a)
{
	struct sockaddr_un un;
	int size = unix_address(&un, "passer"), s = TRY(socket(AF_UNIX, SOCK_STREAM, 0)), fd;

	(void)a;
	TRY(connect(s, (void *)&un, size));
	fd = TRY(receive_descriptor(s));
	if (scene.attacking)
		TRY(send(fd, GREETING, 5, 0));
	return 0;
}

/* It takes the name of a service that is not there. */
static int bind_name(const struct attempt *a)
{
	(void)a;
	TRY(unix_bound(SOCK_STREAM, scene.attacking ? "service" : "own"));
	return 0;
}

static bool service_there(const struct attempt *a)
{
	(void)a;
	return !access("service", F_OK);
}

const struct attempt peer_attempts[] = {
	PEER("stream-other-path", path_connect, paths_prepare, SOCK_STREAM),
	PEER("stream-symlink", link_connect, paths_prepare, SOCK_STREAM),
	PEER("datagram-symlink", link_connect, paths_prepare, SOCK_DGRAM),
	PEER("datagram-sendto", path_send_to, paths_prepare, SOCK_DGRAM),
	PEER("datagram-sendto-symlink", link_send_to, paths_prepare, SOCK_DGRAM),
	PEER("stream-renamed", rename_connect, paths_prepare, SOCK_STREAM),
	PEER("stream-relative", directory_connect, directory_prepare, 0),
	PEER("datagram-second", second_message, paths_prepare, SOCK_DGRAM),
	{ "credentials-faked", credentials_send, credentials_send, credentials_prepare, of_first, listeners_close,
	  .number = SOCK_DGRAM },
	PEER("stream-abstract", abstract_connect, abstract_prepare, SOCK_STREAM),
	PEER("datagram-abstract", abstract_send_to, abstract_prepare, SOCK_DGRAM),
	{ "abstract-prefix", abstract_connect, abstract_connect, abstract_prepare, heard, listeners_close,
	  .text = "longer", .number = SOCK_STREAM },
	PEER("uring-connect", uring_connect, paths_prepare, SOCK_STREAM),
	PEER("passed-socket", passed_send, passer_prepare, 0),
	{ "bind-path", bind_name, bind_name, NULL, service_there },
	{},
};
