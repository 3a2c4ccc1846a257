/* SPDX-License-Identifier: GPL-2.0 */
/* A TPM of the test's own: swtpm behind a socket in a directory that goes with it. */
#ifndef TSEM_TEST_SWTPM_H
#define TSEM_TEST_SWTPM_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct swtpm {
	pid_t pid;
	char directory[32];
	char tcti[64]; /* for tpm2__open() */
};

static inline int swtpm__answers(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ok;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ok = !connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	return ok;
}

static inline void swtpm__stop(struct swtpm *tpm)
{
	char command[64];

	if (tpm->pid > 0) {
		kill(tpm->pid, SIGTERM);
		waitpid(tpm->pid, NULL, 0);
	}
	snprintf(command, sizeof(command), "rm -rf %s", tpm->directory);
	if (system(command))
		perror(command);
}

/* 0, or -1 if there is no swtpm. A new TPM each time: its seeds are random. */
static inline int swtpm__start(struct swtpm *tpm)
{
	char state[64], server[64], control[128], path[64];

	strcpy(tpm->directory, "/tmp/tsem-test-XXXXXX");
	if (!mkdtemp(tpm->directory))
		return -1;
	snprintf(state, sizeof(state), "dir=%s", tpm->directory);
	snprintf(path, sizeof(path), "%s/tpm.ctrl", tpm->directory);
	snprintf(control, sizeof(control), "type=unixio,path=%s", path);
	snprintf(server, sizeof(server), "type=unixio,path=%s/tpm", tpm->directory);
	snprintf(tpm->tcti, sizeof(tpm->tcti), "swtpm:path=%s/tpm", tpm->directory);
	tpm->pid = fork();
	if (!tpm->pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		/* It says that each client has gone. */
		if (!freopen("/dev/null", "w", stderr))
			_exit(127);
		execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server, "--ctrl", control,
		       "--flags", "not-need-init,startup-clear", NULL);
		_exit(127);
	}
	for (int i = 0; i < 200; i++) {
		if (swtpm__answers(path))
			return 0;
		if (waitpid(tpm->pid, NULL, WNOHANG) == tpm->pid) {
			tpm->pid = 0;
			break;
		}
		usleep(50000);
	}
	swtpm__stop(tpm);
	return -1;
}

#endif
