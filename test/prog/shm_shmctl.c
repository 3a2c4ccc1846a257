// SPDX-License-Identifier: GPL-2.0
/* shm_shmctl CMD: of a segment of its own. */
#include <stdlib.h>
#include <sys/shm.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	struct shmid_ds state;

	return shmctl(id, atoi(argv[1]), &state) < 0;
}
