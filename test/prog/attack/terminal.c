// SPDX-License-Identifier: GPL-2.0
/* Terminals of others, and consoles. */
#include <linux/kd.h>
#include <linux/tty.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "attack.h"

/* Terminals: one outside, whose other end is the first process's. */
static int master = -1;

static int terminal_prepare(const struct attempt *a)
{
	(void)a;
	put("/proc/sys/dev/tty/legacy_tiocsti", "1");
	master = TRY(posix_openpt(O_RDWR | O_NOCTTY));
	TRY(grantpt(master));
	TRY(unlockpt(master));
	TRY(ptsname_r(master, scene.message, sizeof(scene.message)) ? -1 : 0);
	return 0;
}

static void terminal_restore(const struct attempt *a)
{
	(void)a;
	close(master);
}

static int terminal_command(const struct attempt *a)
{
	int fd = TRY(open(scene.message, O_RDWR | O_NOCTTY));

	TRY(ioctl(fd, a->number, "x"));
	return 0;
}

static void session_leader(const struct attempt *a)
{
	(void)a;
	setsid();
	ioctl(open(scene.message, O_RDWR | O_NOCTTY), TIOCSCTTY, 0);
	pause();
}

static int steal_prepare(const struct attempt *a)
{
	TRY_ZERO(terminal_prepare(a));
	beside(session_leader, a);
	nap(100);
	return 0;
}

static int terminal_steal(const struct attempt *a)
{
	int fd;

	(void)a;
	setsid();
	fd = TRY(open(scene.message, O_RDWR | O_NOCTTY));
	TRY(ioctl(fd, TIOCSCTTY, 1));
	return 0;
}

/* What is typed there, and what stands there. */
static int terminal_read(const struct attempt *a)
{
	char text[80];
	int fd = TRY(open(scene.message, O_RDONLY | O_NOCTTY));
	ssize_t got = TRY(read(fd, text, sizeof(text)));

	(void)a;
	tell(text, got);
	return 0;
}

static int read_prepare(const struct attempt *a)
{
	TRY_ZERO(steal_prepare(a));
	return write_fd(master, SECRET "\n");
}

/* Before it has a session: its maker has opened it for somebody who has not logged in yet. */
static int early_prepare(const struct attempt *a)
{
	TRY_ZERO(terminal_prepare(a));
	return write_fd(master, SECRET "\n");
}

static int terminal_write(const struct attempt *a)
{
	return write_fd(TRY(open(scene.message, O_WRONLY | O_NOCTTY)), a->text);
}

static bool terminal_shows(const struct attempt *a)
{
	char text[80] = "";

	fcntl(master, F_SETFL, O_NONBLOCK);
	return read(master, text, sizeof(text) - 1) > 0 && strstr(text, a->text);
}

/* Those who share a terminal are told its size by a signal, and read what its line discipline makes of it. */
static int terminal_size(const struct attempt *a)
{
	struct winsize size = { 47, 11, 0, 0 };
	int fd = TRY(open(scene.message, O_RDWR | O_NOCTTY));

	(void)a;
	TRY(ioctl(fd, TIOCSWINSZ, &size));
	return 0;
}

static bool terminal_resized(const struct attempt *a)
{
	struct winsize size;

	(void)a;
	return !ioctl(master, TIOCGWINSZ, &size) && size.ws_row == 47;
}

static int terminal_discipline(const struct attempt *a)
{
	int fd = TRY(open(scene.message, O_RDWR | O_NOCTTY)), discipline = N_NULL;

	(void)a;
	TRY(ioctl(fd, TIOCSETD, &discipline));
	return 0;
}

static int console_prepare(const struct attempt *a)
{
	(void)a;
	return access("/dev/tty0", F_OK) ? UNSUPPORTED : 0;
}

/* The screen and the keyboard of who sits there. */
static int console_switch(const struct attempt *a)
{
	int fd;

	(void)a;
	setsid();
	fd = TRY(open("/dev/tty14", O_RDWR | O_NOCTTY));
	TRY(ioctl(fd, TIOCSCTTY, 0));
	TRY(ioctl(fd, VT_ACTIVATE, 14));
	return 0;
}

static void console_back(const struct attempt *a)
{
	int fd = open("/dev/tty0", O_RDWR | O_NOCTTY);

	(void)a;
	ioctl(fd, VT_ACTIVATE, 1);
	close(fd);
}

static int console_key(const struct attempt *a)
{
	struct kbsentry key = { .kb_func = 200, .kb_string = "attack" };
	int fd = TRY(open("/dev/tty0", O_RDWR | O_NOCTTY)), mode;

	(void)a;
	if (scene.attacking)
		TRY(ioctl(fd, KDSKBSENT, &key));
	else
		TRY(ioctl(fd, KDGKBMODE, &mode));
	return 0;
}

static bool console_changed(const struct attempt *a)
{
	struct kbsentry key = { .kb_func = 200 };

	(void)a;
	return !ioctl(open("/dev/tty0", O_RDWR | O_NOCTTY), KDGKBSENT, &key) &&
	       !strcmp((char *)key.kb_string, "attack");
}

static void console_restore(const struct attempt *a)
{
	struct kbsentry key = { .kb_func = 200 };

	(void)a;
	ioctl(open("/dev/tty0", O_RDWR | O_NOCTTY), KDSKBSENT, &key);
}

static int console_command(const struct attempt *a)
{
	char request[2] = { 7, 0 };

	(void)a;
	TRY(ioctl(TRY(open("/dev/tty0", O_RDWR | O_NOCTTY)), TIOCLINUX, request));
	return 0;
}

const struct attempt terminal_attempts[] = {
	{ "terminal-type", terminal_command, NULL, terminal_prepare, NULL, terminal_restore, .number = TIOCSTI },
	{ "terminal-hangup", terminal_command, NULL, terminal_prepare, NULL, terminal_restore, .number = TIOCVHANGUP },
	{ "terminal-steal", terminal_steal, NULL, steal_prepare, NULL, terminal_restore },
	{ "terminal-read", terminal_read, NULL, read_prepare, told_secret, terminal_restore },
	{ "terminal-early", terminal_read, NULL, early_prepare, told_secret, terminal_restore },
	{ "terminal-write", terminal_write, NULL, steal_prepare, terminal_shows, terminal_restore, .text = "attack" },
	{ "terminal-size", terminal_size, NULL, terminal_prepare, terminal_resized, terminal_restore },
	{ "terminal-discipline", terminal_discipline, NULL, terminal_prepare, NULL, terminal_restore },
	{ "console-key", console_key, console_key, console_prepare, console_changed, console_restore },
	{ "console-switch", console_switch, NULL, console_prepare, NULL, console_back },
	{ "console-selection", console_command, NULL, console_prepare },
	{},
};
