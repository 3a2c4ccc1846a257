/* SPDX-License-Identifier: GPL-2.0 */
/* The commands: a table in main.c and one file cmd/<name>.c each; and the functions that they print messages with. */
#ifndef TSEM_CMD_H
#define TSEM_CMD_H

#include <getopt.h>
#include <stdbool.h>

#include "tsem_types.h"

/* Exit codes, the same for every command. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_DENIED = 3, /* run: something was denied, and the workload failed or --strict was given */
	EXIT_KERNEL = 4, /* this kernel or this version cannot do it */
	EXIT_WANDERS = 5, /* learn: the model is not steady */
};

struct cmd {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the name of the command */
	const char *arguments; /* for the usage line */
	const char *help; /* one line */
};

int cmd_probe(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_unload(int argc, char **argv);
int cmd_agent(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_attach(int argc, char **argv);
int cmd_oci_hook(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_control(int argc, char **argv);
int cmd_delete(int argc, char **argv);
int cmd_coefficients(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_suggest(int argc, char **argv);
int cmd_learn(int argc, char **argv);
int cmd_model(int argc, char **argv);
int cmd_attest(int argc, char **argv);

/* Prints `tsem-bpf: <message>` as one line to the standard error and returns `code`. */
int cmd__fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an option that cmd__option() refused, with EXIT_USAGE; `argv[0]` is the command. */
int cmd__bad_option(char **argv, int option);

/*
 * getopt_long(), but a long option needs its whole name. Pass what it refuses to cmd__bad_option().
 */
int cmd__option(int argc, char **argv, const char *letters, const struct option *options);

/*
 * Parses the options of a command that takes only the flag `--name`; sets *given if it is there. No other words may
 * follow. 0, or EXIT_USAGE after a message.
 */
int cmd__flag(int argc, char **argv, const char *name, bool *given);

/*
 * Parses the options of a command that takes only `-n NAMESPACE`; *word is the last one, borrowed, or NULL. Other words
 * begin at optind. 0, or EXIT_USAGE after a message.
 */
int cmd__namespace_option(int argc, char **argv, const char **word);

/*
 * Parses `text`, the value of the option `option` of `command`, into *out. 0, or EXIT_USAGE after a message if it is
 * not a number from `least` to `most`.
 */
int cmd__number(const char *command, const char *option, const char *text, u32 least, u32 most, u32 *out);

/* Parses `text`, the value of `option` in MiB, into *bytes. 0, or EXIT_USAGE after a message. */
int cmd__mebibytes(const char *command, const char *option, const char *text, u64 *bytes);

/* Sets the limit of expanded inputs (stream.h) to `text`, the value of --max-expanded. As above. */
int cmd__max_expanded(const char *command, const char *text);

/* Prints the usage of the command `name` to the standard output; returns EXIT_DONE. */
int cmd__help(const char *name);

/*
 * Checks that this process holds the control capability. 0, or the exit code after a message that says that `what` is
 * not possible.
 */
int cmd__need_control(const char *what);

struct tsem;

/* Opens the pinned objects; tsem__close() them. 0, or the exit code after a message. */
int cmd__open(struct tsem *tsem);

/* Reads the namespace with the number or name `word`. 0, or the exit code after a message. */
int cmd__namespace(struct tsem *tsem, const char *word, struct tsem_namespace *ns);

/* The name of an enum tsem_mode; static. */
const char *cmd__mode(u32 mode);

/* The name of an enum tsem_loss; static. */
const char *cmd__loss(u32 loss);

/*
 * Prints on standard error how many descriptions the journal of a namespace lacks, and how many of its records were
 * skipped.
 */
void cmd__incomplete(const char *command, size_t missing, size_t skipped);

#endif
