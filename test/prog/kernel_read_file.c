// SPDX-License-Identifier: GPL-2.0
/* kernel_read_file PATH: asks the kernel to load it as a module, which it is not, and a guard refuses. */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return syscall(SYS_finit_module, open(argv[1], O_RDONLY), "", 0) == 0;
}
