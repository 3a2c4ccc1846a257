// SPDX-License-Identifier: GPL-2.0
/*
 * attack list
 * attack attack|learned KIND|NAME... -- [COMMAND...]: these attempts, or all
 *
 * Attempts of a hostile workload. It starts itself with COMMAND before it, as a rule `tsem-bpf run`: that process is
 * the workload. The first one stays outside, sets each attempt up, has it done, each in a process of its own, looks for
 * its effect, puts everything back, and prints a line: NAME, and what became of it:
 *
 *	done			the effect was there
 *	denied ERROR at CALL	it was not, and the kernel said EPERM, EACCES, or ENOKEY
 *	silent			it was not, though every call succeeded
 *	failed ERROR at CALL	another error
 *	unsupported		the kernel has no such thing
 *
 * `learned` does the harmless twin of each attempt instead: what a model is made of, and what it must permit.
 */
#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"

/* A kind may fill two files. */
static const struct kind {
	const char *name;
	const struct attempt *attempts;
} kinds[] = {
	{ "descriptor", descriptor_attempts },
	{ "descriptor", notify_attempts },
	{ "deputy", deputy_attempts },
	{ "peer", peer_attempts },
	{ "peer", network_attempts },
	{ "device", device_attempts },
	{ "device", terminal_attempts },
	{ "code", code_attempts },
	{ "code", mapping_attempts },
	{ "mount", mount_attempts },
	{ "task", task_attempts },
	{ "task", ipc_attempts },
	{ "process", process_attempts },
	{ "memo", memo_attempts },
	{ "mark", mark_attempts },
	{ "kernel", kernel_attempts },
};

#define KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))
#define HELPERS 4

struct scene scene;
struct answer *answer;
bool in_namespace;
static char victim_secret[] = SECRET;
static pid_t helpers[HELPERS];
static int victim_status;

int failed_at(const char *call)
{
	int error = errno ? errno : EIO;

	snprintf(answer->at, sizeof(answer->at), "%.150s", call);
	return error;
}

void tell(const char *text, ssize_t size)
{
	snprintf(answer->text, sizeof(answer->text), "%.*s", (int)(size < 0 ? 0 : size), text);
}

bool told_secret(const struct attempt *a)
{
	(void)a;
	return strstr(answer->text, SECRET);
}

void nap(int milliseconds)
{
	usleep(milliseconds * 1000);
}

pid_t spawn(void)
{
	pid_t pid = fork();

	if (!pid)
		alarm(SECONDS);
	return pid;
}

int ended(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void beside(void (*run)(const struct attempt *a), const struct attempt *a)
{
	for (int i = 0; i < HELPERS; i++) {
		if (helpers[i])
			continue;
		helpers[i] = spawn();
		if (helpers[i])
			return;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(a);
		_exit(0);
	}
}

static void end_process(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

static void victim_start(void)
{
	scene.victim = fork();
	if (scene.victim) {
		setpgid(scene.victim, scene.victim);
		scene.secret = victim_secret;
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	for (;;)
		pause();
}

bool victim_hit(const struct attempt *a)
{
	(void)a;
	for (int i = 0; i < 10; i++) {
		if (waitpid(scene.victim, &victim_status, WNOHANG) == scene.victim) {
			scene.victim = 0;
			return true;
		}
		nap(20);
	}
	return false;
}

static const struct attempt *attempt_at(int index, const char **kind)
{
	for (int k = 0; k < KINDS; k++) {
		for (const struct attempt *a = kinds[k].attempts; a->name; a++) {
			*kind = kinds[k].name;
			if (!index--)
				return a;
		}
	}
	return NULL;
}

/* Inside: one attempt after the other, each in a process of its own, as the first process says. */
static int inside(void)
{
	const struct attempt *a;
	const char *kind;
	pid_t pid;

	while (read(0, &scene, sizeof(scene)) == sizeof(scene)) {
		a = attempt_at(scene.index, &kind);
		memset(answer, 0, sizeof(*answer));
		pid = spawn();
		if (!pid) {
			if (chdir(a->name))
				_exit(1);
			answer->error = scene.attacking ? a->attack(a) : a->learned(a);
			_exit(0);
		}
		switch (ended(pid)) {
		case 0:
			break;
		case 128 + SIGALRM:
			answer->error = ETIME;
			break;
		default:
			answer->error = ECHILD;
		}
		if (write(1, answer, sizeof(*answer)) != sizeof(*answer))
			return 1;
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	remove(path);
	return 0;
}

static void report(const struct attempt *a, bool effect)
{
	const char *how = "failed", *error = strerrorname_np(answer->error);

	if (effect) {
		printf("%s done\n", a->name);
	} else if (answer->error == ENOSYS) {
		printf("%s unsupported\n", a->name);
	} else if (!answer->error) {
		printf("%s silent\n", a->name);
	} else {
		/* A key that may not be had is not there. */
		if (answer->error == EPERM || answer->error == EACCES || answer->error == ENOKEY)
			how = "denied";
		printf("%s %s %s at %s\n", a->name, how, error ? error : "?", answer->at);
	}
}

/* Outside: one attempt. False if the workload is no more. */
static bool attempt(const struct attempt *a, int to, int from)
{
	bool alive = true;
	int error;

	memset(answer, 0, sizeof(*answer));
	memset(scene.message, 0, sizeof(scene.message));
	nftw(a->name, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	if (mkdir(a->name, 0755) || chdir(a->name))
		return false;
	victim_start();
	error = a->prepare ? a->prepare(a) : 0;
	if (error == UNSUPPORTED) {
		printf("%s unsupported\n", a->name);
	} else if (error) {
		printf("%s unprepared %s %s\n", a->name, strerrorname_np(error), answer->at);
	} else {
		alive = write(to, &scene, sizeof(scene)) == sizeof(scene) &&
			read(from, answer, sizeof(*answer)) == sizeof(*answer);
		if (alive)
			report(a, scene.attacking && a->effect ? a->effect(a) : !answer->error);
		else
			printf("%s broke\n", a->name);
	}
	if (a->restore)
		a->restore(a);
	for (int i = 0; i < HELPERS; i++)
		end_process(&helpers[i]);
	end_process(&scene.victim);
	if (chdir(".."))
		return false;
	nftw(a->name, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	fflush(stdout);
	return alive;
}

static bool selected(const struct attempt *a, const char *kind, char **words)
{
	if (!*words || !strcmp(*words, "--"))
		return true;
	for (; *words && strcmp(*words, "--"); words++) {
		if (!strcmp(*words, a->name) || !strcmp(*words, kind))
			return true;
	}
	return false;
}

static int start(const char *self, char **command, int *to, int *from)
{
	int down[2], up[2], words = 0;
	char *argv[64];

	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
		return -1;
	switch (fork()) {
	case -1:
		return -1;
	case 0:
		dup2(down[0], 0);
		dup2(up[1], 1);
		while (*command && words < 60)
			argv[words++] = *command++;
		argv[words++] = (char *)self;
		argv[words++] = "inside";
		argv[words] = NULL;
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	close(down[0]);
	close(up[1]);
	*to = down[1];
	*from = up[0];
	return 0;
}

static int outside(char **words)
{
	char **command = words, path[4096] = {};
	const struct attempt *a;
	int to, from, index = 0;
	const char *kind;

	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	while (*command && strcmp(*command, "--"))
		command++;
	in_namespace = *command && command[1];
	if (start(path, *command ? command + 1 : command, &to, &from))
		return 1;
	for (; (a = attempt_at(index, &kind)); index++) {
		if (!selected(a, kind, words) || (!scene.attacking && !a->learned))
			continue;
		scene.index = index;
		if (!attempt(a, to, from))
			break;
	}
	close(to);
	while (wait(NULL) > 0)
		;
	return a ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct attempt *a;
	const char *kind;

	answer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (answer == MAP_FAILED)
		return 1;
	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (int i = 0; (a = attempt_at(i, &kind)); i++)
			printf("%s %s\n", kind, a->name);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "inside"))
		return inside();
	if (argc >= 2 && (!strcmp(argv[1], "attack") || !strcmp(argv[1], "learned"))) {
		scene.attacking = *argv[1] == 'a';
		return outside(argv + 2);
	}
	fprintf(stderr, "attack: give list, or attack or learned, with KIND|NAME... -- COMMAND...\n");
	return 2;
}
