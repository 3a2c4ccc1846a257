// SPDX-License-Identifier: GPL-2.0
/* msg_queue_msgctl CMD: of a queue of its own. */
#include <stdlib.h>
#include <sys/msg.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct msqid_ds state;

	return msgctl(msgget(IPC_PRIVATE, IPC_CREAT | 0600), atoi(argv[1]), &state) < 0;
}
