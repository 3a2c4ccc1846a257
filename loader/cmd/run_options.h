/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options that say how a workload is modeled: those that `run` and `learn` have in common.
 *
 *	run_options__begin()
 *	run_options__take()      each option of RUN_OPTIONS
 *	run_options__apply()     those that depend on others
 *	run_options__end()
 */
#ifndef TSEM_RUN_OPTIONS_H
#define TSEM_RUN_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "workload.h"

/* Rows for a table of getopt_long(). These letters are taken. */
#define RUN_OPTIONS                                                                                              \
	{ "digest", required_argument, NULL, 'd' }, { "content", required_argument, NULL, 'c' },                 \
		{ "nsref", required_argument, NULL, 'r' }, { "cache", required_argument, NULL, 'C' },            \
		{ "encoding", required_argument, NULL, 'E' }, { "model-type", required_argument, NULL, 't' },    \
		{ "scope", required_argument, NULL, 'y' }, { "instances", required_argument, NULL, 'i' },        \
		{ "on-violation", required_argument, NULL, 'v' }, { "action", required_argument, NULL, 'A' },    \
		{ "pattern", required_argument, NULL, 'P' }, { "pattern-any", required_argument, NULL, 'Y' },    \
		{ "strict-names", required_argument, NULL, 'D' }, { "model", required_argument, NULL, 'm' },     \
		{ "trust-anchor", required_argument, NULL, 'a' }, { "signature", required_argument, NULL, 'S' }, \
		{ "base", required_argument, NULL, 'b' }, { "pseudonym", required_argument, NULL, 'p' },         \
		{ "output", required_argument, NULL, 'o' }, { "journal", required_argument, NULL, 'J' },         \
		{ "max-expanded", required_argument, NULL, 'X' }, { "tma", required_argument, NULL, 'M' },       \
		{ "tma-key", required_argument, NULL, 'K' }, { "ask", required_argument, NULL, 'Q' },            \
		{ "wait", required_argument, NULL, 'W' }, { "miss", required_argument, NULL, 'I' },              \
		{ "quiet", no_argument, NULL, 'q' }

struct run_options {
	const char *command; /* for messages */
	struct workload *workload;
	bool quiet;

	/* Options that can only be applied after other options. */
	const char **pseudonyms;
	size_t pseudonym_count;
	struct patterns patterns;
	const char *model, *base;
};

/* Prepares for at most `argc` words. These functions return 0, or the exit code after a message. */
int run_options__begin(struct run_options *options, const char *command, struct workload *workload, int argc);

/* Takes one option, with its value in optarg. */
int run_options__take(struct run_options *options, int option, char **argv);

/* Takes a name for the namespace. */
int run_options__name(struct run_options *options, const char *option, const char *name);

/* Checks that the options fit together, reads the model and applies what depends on it. */
int run_options__apply(struct run_options *options);

void run_options__end(struct run_options *options);

/*
 * Adds a file by its pathname, or a path digest in hexadecimal digits, to the workload's pseudonyms. The settings are
 * final.
 */
int run_options__pseudonym(struct run_options *options, const char *word);

#endif
