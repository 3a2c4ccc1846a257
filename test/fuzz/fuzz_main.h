/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz targets share: FUZZ_CHECK(), and with -DFUZZ_MAIN a main() that gives each file named on the command
 * line to the target once, or the standard input if there is none. A corpus can thus be run again where there is no
 * libFuzzer, for instance with gcc and its sanitizers. Each target is one program and includes this once.
 */
#ifndef FUZZ_MAIN_H
#define FUZZ_MAIN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A property that must hold for every input; unlike assert() it stays in every build. */
#define FUZZ_CHECK(condition)                                                                          \
	do {                                                                                           \
		if (!(condition)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                       \
		}                                                                                      \
	} while (0)

/* Feeds one input to the target; always 0. `data` may be NULL if `size` is 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef FUZZ_MAIN
/* Runs the target on all of `file`. 0, or -1 if it cannot be read. */
static int fuzz_file(FILE *file)
{
	size_t room = 1 << 16, size = 0, n;
	uint8_t *data = malloc(room), *grown;
	int err = -1;

	while (data && (n = fread(data + size, 1, room - size, file))) {
		size += n;
		if (size < room)
			continue;
		room *= 2;
		grown = realloc(data, room);
		if (!grown)
			goto out;
		data = grown;
	}
	if (!data || ferror(file))
		goto out;
	LLVMFuzzerTestOneInput(data, size);
	err = 0;
out:
	free(data);
	return err;
}

int main(int argc, char **argv)
{
	int failed = argc < 2 && fuzz_file(stdin);

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");

		/* Said before it runs: a crash then has a name. */
		printf("%s\n", argv[i]);
		fflush(stdout);
		if (!file || fuzz_file(file)) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			failed = 1;
		}
		if (file)
			fclose(file);
	}
	return failed;
}
#endif

#endif
