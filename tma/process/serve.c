// SPDX-License-Identifier: GPL-2.0
/* Sockets to listen at, and the one loop that reads from a collector. In the sandbox, only this makes system calls. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "process.h"

/* Collectors that may wait while another is served. */
#define BACKLOG 8

/* Does nobody listen at this socket any more? */
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool stale = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
		     errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return stale;
}

static int bind_unix(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0177);
	int err = bind(fd, (const struct sockaddr *)address, sizeof(*address)) ? -errno : 0;

	umask(mask);
	return err;
}

int serve__listen_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, err;

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = bind_unix(fd, &address);
	if (err == -EADDRINUSE) {
		if (lstat(path, &st) || !S_ISSOCK(st.st_mode))
			err = -EEXIST;
		else if (is_stale(&address) && !unlink(path))
			err = bind_unix(fd, &address);
	}
	if (!err && listen(fd, BACKLOG))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int serve__listen_vsock(u32 port)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_port = port, .svm_cid = VMADDR_CID_ANY };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

bool serve__random(void *data, u8 *out, size_t size)
{
	(void)data;
	while (size) {
		/* Newer C libraries have a getrandom() that maps memory, which the sandbox forbids. */
		long n = syscall(SYS_getrandom, out, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		out += n;
		size -= n;
	}
	return true;
}

bool serve__send(void *data, const u8 *bytes, size_t size)
{
	const int *fd = data;

	while (size) {
		ssize_t n = write(*fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		size -= n;
	}
	return true;
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* read() gives up at this time, in whole seconds of now(); 0: never. false: it is over, or cannot be set. */
static bool set_deadline(int socket, time_t deadline)
{
	struct timeval patience = { .tv_sec = deadline ? deadline - now() : 0 };

	return patience.tv_sec >= 0 && (!deadline || patience.tv_sec) &&
	       !setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

enum serve_end serve__collector(struct tma_agent *agent, int in, bool timed)
{
	static u8 bytes[1 << 16];
	time_t deadline = timed ? now() + SERVE_PATIENCE : 0;

	for (;;) {
		ssize_t n;

		if (deadline && !set_deadline(in, deadline))
			return SERVE_SLOW;
		n = read(in, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return SERVE_SLOW;
		if (n <= 0)
			return agent->phase == TMA_PHASE_IDLE && !n ? SERVE_BYE : SERVE_LOST;
		switch (tma_agent__feed(agent, bytes, n)) {
		case TMA_STATUS_BYE:
			return SERVE_BYE;
		case TMA_STATUS_FAILED:
			return SERVE_FAILED;
		case TMA_STATUS_GOING:
			break;
		}
		/* SETUP has a MAC: the collector has the key, and may be silent for as long as it likes. */
		if (deadline && agent->phase >= TMA_PHASE_LOADING) {
			deadline = 0;
			if (!set_deadline(in, 0))
				return SERVE_LOST;
		}
	}
}
