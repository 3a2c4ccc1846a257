// SPDX-License-Identifier: GPL-2.0
/* anon_inode: makes an inode without a file that the kernel asks about: a userfaultfd. */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	return syscall(SYS_userfaultfd, O_CLOEXEC) < 0;
}
