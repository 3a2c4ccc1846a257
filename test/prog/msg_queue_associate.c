// SPDX-License-Identifier: GPL-2.0
/* msg_queue_associate: makes a queue and finds it again. */
#include <stddef.h>
#include <sys/msg.h>

int main(void)
{
	int id = msgget(0x7473656d, IPC_CREAT | 0600), err = msgget(0x7473656d, 0600) < 0;

	msgctl(id, IPC_RMID, NULL);
	return id < 0 || err;
}
