// SPDX-License-Identifier: GPL-2.0
/* sem_associate: makes a set of semaphores and finds it again. */
#include <sys/sem.h>

int main(void)
{
	int id = semget(0x7473656d, 1, IPC_CREAT | 0600), err = semget(0x7473656d, 1, 0600) < 0;

	semctl(id, 0, IPC_RMID);
	return id < 0 || err;
}
