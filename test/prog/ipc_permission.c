// SPDX-License-Identifier: GPL-2.0
/* ipc_permission: opens a segment of shared memory of its own. */
#include <stddef.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(0x7473656d, 4096, IPC_CREAT | 0600), err = shmget(0x7473656d, 4096, 0400) < 0;

	shmctl(id, IPC_RMID, NULL);
	return id < 0 || err;
}
