// SPDX-License-Identifier: GPL-2.0
/*
 * A thread that says what the command waits for. It allocates no memory, because with a modeled root the attached
 * programs would see that as an event.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "patience.h"

#define PATIENCE_SECONDS 10

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static bool running;

static void *tell(void *what)
{
	struct timespec next;
	char line[128];
	int size, err;

	clock_gettime(CLOCK_REALTIME, &next);
	pthread_mutex_lock(&lock);
	for (int seconds = PATIENCE_SECONDS; running; seconds += PATIENCE_SECONDS) {
		next.tv_sec += PATIENCE_SECONDS;
		do {
			err = pthread_cond_timedwait(&ended, &lock, &next);
		} while (running && !err);
		if (!running || err != ETIMEDOUT)
			break;
		size = snprintf(line, sizeof(line), "tsem-bpf: waiting for %s, %d s so far\n", (const char *)what,
				seconds);
		if (write(STDERR_FILENO, line, size) != size)
			break;
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

void patience__begin(const char *what)
{
	running = true;
	if (pthread_create(&thread, NULL, tell, (void *)what))
		running = false;
}

void patience__end(void)
{
	if (!running)
		return;
	pthread_mutex_lock(&lock);
	running = false;
	pthread_cond_signal(&ended);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
}
