// SPDX-License-Identifier: GPL-2.0
/* Notifications of files: descriptors that fanotify opens, and who learns what others do. */
#include <sys/fanotify.h>
#include <sys/inotify.h>

#include "attack.h"

/* The descriptor in the next event; -1 if there is none. */
static int fanotify_next(int group)
{
	struct fanotify_event_metadata event;
	ssize_t size = read(group, &event, sizeof(event));

	if (size < (ssize_t)sizeof(event))
		return -1;
	if (event.fd < 0)
		errno = event.fd == FAN_NOFD ? EPERM : -event.fd;
	return event.fd < 0 ? -1 : event.fd;
}

/* An event that it causes itself, by opening for reading what it then has for writing. */
static int fanotify_knob(const struct attempt *a)
{
	int group = TRY(fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDWR));

	TRY(fanotify_mark(group, FAN_MARK_ADD | a->number, FAN_OPEN, AT_FDCWD, KNOB));
	TRY(open(KNOB, O_RDONLY));
	return knob_write(TRY(fanotify_next(group)));
}

static int fanotify_class(const struct attempt *a)
{
	int group = TRY(fanotify_init(a->number | FAN_NONBLOCK, O_RDONLY));

	TRY(fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "open"));
	return 0;
}

static void opener(const struct attempt *a)
{
	for (int i = 0; i < 400; i++) {
		close(open(a->text, O_RDONLY));
		nap(10);
	}
}

static int opened_beside(const struct attempt *a)
{
	TRY_ZERO(files_prepare(a));
	beside(opener, a);
	return 0;
}

static int listen_to(const char *path, unsigned flags, unsigned long mask)
{
	int group = TRY(fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY)), fd = -1;

	TRY(fanotify_mark(group, FAN_MARK_ADD | flags, mask, AT_FDCWD, path));
	for (int i = 0; i < 100 && fd < 0; i++) {
		nap(10);
		fd = fanotify_next(group);
		if (fd < 0 && errno != EAGAIN)
			break;
	}
	return tell_fd(TRY(fd));
}

static int listen_file(const struct attempt *a)
{
	return listen_to(a->text, 0, FAN_OPEN);
}

static int listen_own(const struct attempt *a)
{
	int group = TRY(fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY));

	(void)a;
	TRY(fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "open"));
	TRY(open("open", O_RDONLY));
	return tell_fd(TRY(fanotify_next(group)));
}

static int listen_mount(const struct attempt *a)
{
	return listen_to(a->path, FAN_MARK_MOUNT, FAN_OPEN);
}

/* The model has the directory watched, and one of its files read. */
static int listen_directory(const struct attempt *a)
{
	(void)a;
	return listen_to(".", 0, FAN_OPEN | FAN_EVENT_ON_CHILD);
}

static int listen_directory_learned(const struct attempt *a)
{
	int group = TRY(fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY));

	(void)a;
	TRY(fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, AT_FDCWD, "."));
	TRY(open("open", O_RDONLY));
	return tell_fd(TRY(fanotify_next(group)));
}

static int inotify_on(const char *path)
{
	int fd = TRY(inotify_init1(0));

	TRY(inotify_add_watch(fd, path, IN_OPEN));
	return 0;
}

static int inotify_secret(const struct attempt *a)
{
	(void)a;
	return inotify_on("secret");
}

static int inotify_open(const struct attempt *a)
{
	(void)a;
	return inotify_on("open");
}

const struct attempt notify_attempts[] = {
	{ "fanotify-knob", fanotify_knob, NULL, knob_prepare, knob_effect, knob_restore },
	{ "fanotify-knob-mount", fanotify_knob, NULL, knob_prepare, knob_effect, knob_restore,
	  .number = FAN_MARK_MOUNT },
	{ "fanotify-knob-filesystem", fanotify_knob, NULL, knob_prepare, knob_effect, knob_restore,
	  .number = FAN_MARK_FILESYSTEM },
	{ "fanotify-content", fanotify_class, NULL, files_prepare, .number = FAN_CLASS_CONTENT },
	{ "fanotify-pre-content", fanotify_class, NULL, files_prepare, .number = FAN_CLASS_PRE_CONTENT },
	{ "fanotify-file", listen_file, listen_own, opened_beside, told_secret, .text = "secret" },
	{ "fanotify-directory", listen_directory, listen_directory_learned, opened_beside, told_secret,
	  .text = "secret" },
	{ "fanotify-mount", listen_mount, listen_own, opened_beside, told_secret, .path = ".", .text = "secret" },
	{ "inotify-file", inotify_secret, inotify_open, files_prepare },
	{},
};
