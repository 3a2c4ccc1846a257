// SPDX-License-Identifier: GPL-2.0
/* sem_semop: raises a semaphore of its own. */
#include <sys/sem.h>

int main(void)
{
	struct sembuf up = { 0, 1, 0 };
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), err = semop(id, &up, 1);

	semctl(id, 0, IPC_RMID);
	return err != 0;
}
