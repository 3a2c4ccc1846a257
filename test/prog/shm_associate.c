// SPDX-License-Identifier: GPL-2.0
/* shm_associate FLAGS: makes a segment and finds it again. */
#include <stdlib.h>
#include <sys/shm.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int id = shmget(0x7473656d, 4096, IPC_CREAT | 0600),
	    err = shmget(0x7473656d, 4096, strtoul(argv[1], NULL, 8)) < 0;

	shmctl(id, IPC_RMID, NULL);
	return id < 0 || err;
}
