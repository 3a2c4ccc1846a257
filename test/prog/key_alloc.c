// SPDX-License-Identifier: GPL-2.0
/* key_alloc NAME: a key of the type user in the process keyring. */
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return syscall(SYS_add_key, "user", argv[1], "x", 1, KEY_SPEC_PROCESS_KEYRING) < 0;
}
