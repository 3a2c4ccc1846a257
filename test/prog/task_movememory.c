// SPDX-License-Identifier: GPL-2.0
/* task_movememory [X]: asks for the nodes of no page of its own, by its number. */
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	(void)argv;
	return argc > 1 && syscall(SYS_move_pages, getpid(), 0, NULL, NULL, NULL, 0) ? errno : 0;
}
