// SPDX-License-Identifier: GPL-2.0
/* shm_shmat FLAGS */
#include <stdlib.h>
#include <sys/shm.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600),
	    err = shmat(id, NULL, strtoul(argv[1], NULL, 0)) == (void *)-1;

	shmctl(id, IPC_RMID, NULL);
	return err;
}
