// SPDX-License-Identifier: GPL-2.0
/* ioctl_compat PATH CMD: as file_ioctl, by the gate of 32 bits, which a process of 64 bits has as well. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define IA32_IOCTL 54

int main(int argc, char **argv)
{
	long result;

	if (argc < 3)
		return 2;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(IA32_IOCTL), "b"(open(argv[1], O_RDONLY)), "c"(strtoul(argv[2], NULL, 0)), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return result == -EPERM;
}
