// SPDX-License-Identifier: GPL-2.0
/* sem_semctl CMD: of a set of its own. */
#include <stdlib.h>
#include <sys/sem.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return semctl(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), 0, atoi(argv[1]), 0) < 0;
}
