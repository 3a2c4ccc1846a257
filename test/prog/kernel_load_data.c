// SPDX-License-Identifier: GPL-2.0
/* kernel_load_data: asks the kernel to load a module from memory, which is none, and a guard refuses. */
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	static char image[4096];

	return syscall(SYS_init_module, image, sizeof(image), "") == 0;
}
