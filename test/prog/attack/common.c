// SPDX-License-Identifier: GPL-2.0
/* What many attempts do: files, knobs, small programs, descriptors over sockets, system calls of 32 bits. */
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "attack.h"

static char kept[512];

int put_bytes(const char *path, const void *bytes, size_t size, int mode)
{
	int fd = TRY(open(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
	ssize_t done = write(fd, bytes, size);

	close(fd);
	return done == (ssize_t)size ? 0 : failed_at("write");
}

int put(const char *path, const char *text)
{
	return put_bytes(path, text, strlen(text), 0644);
}

int get(const char *path, char *text, size_t size)
{
	int fd = TRY(open(path, O_RDONLY | O_NONBLOCK));
	ssize_t done = read(fd, text, size - 1);

	text[done < 0 ? 0 : done] = 0;
	close(fd);
	return done < 0 ? failed_at("read") : 0;
}

bool holds(const char *path, const char *text)
{
	char found[512];

	return !get(path, found, sizeof(found)) && strstr(found, text);
}

int tell_fd(int fd)
{
	char text[128];
	ssize_t size = TRY(read(fd, text, sizeof(text)));

	tell(text, size);
	return 0;
}

int write_fd(int fd, const char *text)
{
	TRY(write(fd, text ? text : SECRET, strlen(text ? text : SECRET)));
	return 0;
}

int write_path(const struct attempt *a)
{
	return write_fd(TRY(open(a->path, O_WRONLY)), a->text);
}

int read_path(const struct attempt *a)
{
	return tell_fd(TRY(open(a->path, O_RDONLY)));
}

static const char *knob(const struct attempt *a)
{
	return a->path ? a->path : KNOB;
}

static const char *knob_text(const struct attempt *a)
{
	return a->text ? a->text : "attacked";
}

int knob_prepare(const struct attempt *a)
{
	if (access(knob(a), F_OK))
		return UNSUPPORTED;
	TRY_ZERO(files_prepare(a));
	return get(knob(a), kept, sizeof(kept));
}

bool knob_effect(const struct attempt *a)
{
	return holds(knob(a), knob_text(a));
}

void knob_restore(const struct attempt *a)
{
	int fd = open(knob(a), O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, kept, strlen(kept)) < 0)
		fprintf(stderr, "%s is not what it was\n", knob(a));
	close(fd);
}

int knob_write(int fd)
{
	return write_fd(fd, "attacked\n");
}

int files_prepare(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(put("secret", SECRET "\n"));
	return put("open", "nothing\n");
}

bool secret_changed(const struct attempt *a)
{
	(void)a;
	return !holds("secret", SECRET);
}

/* mov edi, STATUS; mov eax, 60; syscall, behind the headers of an ELF file. */
size_t tiny_program(unsigned char *image, int status)
{
	static const unsigned char headers[] = {
		0x7f, 'E', 'L',  'F', 2,    1, 1,    0, 0,    0, 0,    0, 0, 0, 0, 0, 2, 0,    0x3e, 0, 1, 0, 0, 0,
		0x78, 0,   0x40, 0,   0,    0, 0,    0, 0x40, 0, 0,    0, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0, 0, 0,
		0,    0,   0,    0,   0x40, 0, 0x38, 0, 1,    0, 0,    0, 0, 0, 0, 0, 1, 0,    0,    0, 5, 0, 0, 0,
		0,    0,   0,    0,   0,    0, 0,    0, 0,    0, 0x40, 0, 0, 0, 0, 0, 0, 0,    0x40, 0, 0, 0, 0, 0,
		0x84, 0,   0,    0,   0,    0, 0,    0, 0x84, 0, 0,    0, 0, 0, 0, 0, 0, 0x10, 0,    0, 0, 0, 0, 0
	};
	unsigned char code[] = { 0xbf, status, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };

	_Static_assert(sizeof(headers) == 0x78, "the program begins behind the headers");
	memcpy(image, headers, sizeof(headers));
	memcpy(image + sizeof(headers), code, sizeof(code));
	return sizeof(headers) + sizeof(code);
}

int tiny_file(const char *path, int status)
{
	unsigned char image[256];
	size_t size = tiny_program(image, status);

	return put_bytes(path, image, size, 0755);
}

/* mov eax, STATUS; ret, at the begin of a page. */
size_t tiny_code(unsigned char *code, int status)
{
	const unsigned char bytes[] = { 0xb8, status, 0, 0, 0, 0xc3 };

	memcpy(code, bytes, sizeof(bytes));
	return sizeof(bytes);
}

int send_descriptor(int to, int fd)
{
	char byte = 'x', space[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(to, &m, 0) == 1 ? 0 : -1;
}

int receive_descriptor(int from)
{
	char byte, space[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	struct cmsghdr *c;
	int fd;

	if (recvmsg(from, &m, 0) != 1)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	/* The kernel leaves out a descriptor that a hook has refused. */
	errno = EPERM;
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

/* The length of the address of a path, or of an abstract name after '@'. */
int unix_address(void *address, const char *path)
{
	struct sockaddr_un *un = address;

	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	snprintf(un->sun_path, sizeof(un->sun_path), "%s", path);
	if (*path != '@')
		return sizeof(*un);
	un->sun_path[0] = 0;
	return offsetof(struct sockaddr_un, sun_path) + strlen(path);
}

int unix_bound(int type, const char *path)
{
	struct sockaddr_un un;
	int size = unix_address(&un, path), fd = socket(AF_UNIX, type, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&un, size) || (type == SOCK_STREAM && listen(fd, 8)))
		return -1;
	return fd;
}

long call32(long number, long a, long b, long c, long d)
{
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d)
		     : "memory", "r8", "r9", "r10", "r11");
	if ((int)result >= 0)
		return (int)result;
	errno = -(int)result;
	return -1;
}

void *low_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
}

bool has_call32(void)
{
	pid_t pid = spawn();

	if (!pid) {
		/* The kernel's log tells of a fault that nobody handles. */
		signal(SIGSEGV, _exit);
		_exit(call32(20, 0, 0, 0, 0) == getpid() ? 0 : 1);
	}
	return !ended(pid);
}

bool module(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "modprobe -q %s 2>/dev/null", name);
	return !system(command);
}
