// SPDX-License-Identifier: GPL-2.0
/* msg_queue_msgrcv TYPE: a message of this type through a queue of its own; what is denied is as if it was not there.
 */
#include <stdlib.h>
#include <sys/msg.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct {
		long type;
		char text[4];
	} m = { atoi(argv[1]), "x" };
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	int err = msgsnd(id, &m, 1, 0) || msgrcv(id, &m, 1, m.type, IPC_NOWAIT) != 1;

	msgctl(id, IPC_RMID, NULL);
	return err;
}
