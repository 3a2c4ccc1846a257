// SPDX-License-Identifier: GPL-2.0
/* msg_queue_msgsnd: a message into a queue of its own. */
#include <stddef.h>
#include <sys/msg.h>

int main(void)
{
	struct {
		long type;
		char text[4];
	} m = { 1, "x" };
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600), err = msgsnd(id, &m, 1, 0);

	msgctl(id, IPC_RMID, NULL);
	return err != 0;
}
