// SPDX-License-Identifier: GPL-2.0
/* msg_both: a message is sent and received, twice; sending and receiving ask for different permissions. */
#include <sys/ipc.h>
#include <sys/msg.h>

int main(void)
{
	struct {
		long type;
		char text[8];
	} message = { 1, "text" };
	int queue = msgget(IPC_PRIVATE, 0600), err = queue < 0;

	for (int i = 0; i < 2 && !err; i++)
		err = msgsnd(queue, &message, sizeof(message.text), 0) ||
		      msgrcv(queue, &message, sizeof(message.text), 0, 0) < 0;
	return msgctl(queue, IPC_RMID, 0) || err;
}
