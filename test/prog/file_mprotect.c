// SPDX-License-Identifier: GPL-2.0
/* file_mprotect r|rx: memory of one's own becomes readable, or executable too. */
#include <string.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (argc < 2 || p == MAP_FAILED)
		return 2;
	return mprotect(p, 4096, strcmp(argv[1], "rx") ? PROT_READ : PROT_READ | PROT_EXEC) != 0;
}
