// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf: the table of commands, and their common functions for messages. The library files never print; a command
 * prints one line for an error, once.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "cmd/cmd.h"
#include "control.h"
#include "explain.h"
#include "loss.h"
#include "namespace.h"
#include "stream.h"
#include "tsem.h"

static const struct cmd commands[] = {
	{ "probe", cmd_probe, "[--json]", "say what this kernel offers and lacks" },
	{ "load", cmd_load,
	  "[-v] [--max-coefficients N] [--max-namespaces N] [--require-signed-models ANCHOR]\n"
	  "           [--root-model off|model] [--pcr N] [--no-agent] [--digest HASH] [--content HASH]\n"
	  "           [--encoding host|portable] [--scope all|files] [--instances N] [--on-violation ACTION]\n"
	  "           [--nsref initial|current] [--cache N] [--model-type set]",
	  "attach the programs and pin them" },
	{ "unload", cmd_unload, "[--force]", "remove them again" },
	{ "agent", cmd_agent, "[--journal MIB]", "keep the events of the root namespace, and extend the TPM" },
	{ "status", cmd_status, "[--json]", "hooks, namespaces, memory, losses" },
	{ "run", cmd_run,
	  "[-q] [-n NAME] [--digest HASH] [--content HASH] [--encoding host|portable] [--scope all|files]\n"
	  "           [--instances N] [--nsref initial|current] [--cache N] [--model-type set]\n"
	  "           [--pattern TEXT]... [--pattern-any TEXT]... [--strict-names DIR]... [--pseudonym HEX|FILE]...\n"
	  "           [--base HEX] [-m MODEL [--trust-anchor FILE [--signature FILE]]] [--seal|--enforce|--audit]\n"
	  "           [--on-violation ACTION] [--action EVENT=ACTION]... [--strict] [-o MODEL [--bare]]\n"
	  "           [--trajectory FILE] [--forensics FILE] [--journal MIB] [--max-expanded MIB] [--keep]\n"
	  "           [--tma AGENT [--tma-key FILE] [--ask new|every] [--wait MS] [--miss deny|allow]] -- COMMAND...",
	  "run a workload in a namespace of its own" },
	{ "learn", cmd_learn,
	  "[-n RUNS] [--until-quiet] [--accept] [--prepare LINE] [--drive LINE] [--name NAME] [OPTION OF RUN]...\n"
	  "           -o MODEL -- COMMAND...\n"
	  "       tsem-bpf learn -n NAMESPACE [--for DURATION] [--until-quiet DURATION] [-q] -o MODEL",
	  "run a command until nothing new comes, or wait for that in a namespace; write the model" },
	{ "oci-hook", cmd_oci_hook,
	  "[--directory DIRECTORY] [--trust-anchor FILE] [--model FILE|--require-model]\n"
	  "           [--min-mode free|sealed|enforcing] [--journal MIB] [--max-expanded MIB] createRuntime|poststop",
	  "put a container into a namespace, as an OCI runtime's hook" },
	{ "attach", cmd_attach, "-n NAMESPACE --tma AGENT [--tma-key FILE]", "bring an external agent to a namespace" },
	{ "list", cmd_list, "[--json]", "the namespaces" },
	{ "show", cmd_show, "[-n NAMESPACE] [--json] NAME", "show what is known of a namespace" },
	{ "control", cmd_control, "[-n NAMESPACE] 'VERB [KEY=VALUE]...'",
	  "seal, enforce, audit, action, pattern, strict, state, ..." },
	{ "delete", cmd_delete, "-n NAMESPACE", "remove a namespace whose tasks have ended" },
	{ "coefficients", cmd_coefficients, "[--digest HASH] [--encoding host|portable] [--json] [FILE]",
	  "compute the coefficients of JSON events" },
	{ "explain", cmd_explain,
	  "[-m MODEL] [--trajectory FILE] [-n NAMESPACE] [--each] [--json]\n"
	  "           [--max-expanded MIB] [FILE]",
	  "describe events in sentences, why they are outside of the model, and what would allow them" },
	{ "suggest", cmd_suggest, "[--encoding host|portable] [--json] OLD NEW",
	  "say what differs between two runs, and which declaration would cure it" },
	{ "model", cmd_model,
	  "show [--tree] [--json] MODEL\n"
	  "  model diff [--json] MODEL MODEL\n"
	  "  model add [--all|--select N,N-M...] [-o OUT] [--bare] MODEL FORENSICS\n"
	  "  model merge [-o OUT] [--bare] MODEL...\n"
	  "  model lint [--json] MODEL\n"
	  "  model rebase [--root DIR|--package FILE.deb] [-o OUT] [--bare] [--json] MODEL\n"
	  "  model stale [--root DIR] [--json] [MODEL]...\n"
	  "  model measure|state [--digest HASH] [--json] MODEL...\n"
	  "  model sign --key FILE [--cert FILE] [--name TEXT] [--version N] [-o SIGNATURE] MODEL\n"
	  "  model verify --trust-anchor FILE [--signature FILE] [--json] MODEL",
	  "read, compare, change and sign model files" },
	{ "attest", cmd_attest,
	  "ak [--tcti CONF] [--handle HANDLE] [-o FILE]\n"
	  "  attest quote --nonce HEX [--wait SECONDS] [--tcti CONF] [--handle HANDLE] [-o FILE]\n"
	  "  attest verify --ak FILE --model FILE --nonce HEX [--pcr N] [--initial HEX]\n"
	  "         [--allow-loss NAME]... [--allow-waiting] [--json]\n"
	  "         [FILE]",
	  "evidence of what this machine did, signed by its TPM" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int cmd__fail(int code, const char *format, ...)
{
	va_list args;

	char *text = NULL, *safe = NULL;

	/* Words may come from files or from others: print no line breaks and no control characters of the terminal. */
	va_start(args, format);
	if (vasprintf(&text, format, args) >= 0)
		safe = explain__plain(text, strlen(text));
	va_end(args);
	fprintf(stderr, "tsem-bpf: %s\n", safe ?: "no memory");
	free(text);
	free(safe);
	return code;
}

int cmd__option(int argc, char **argv, const char *letters, const struct option *options)
{
	int at = optind, index = -1, option = getopt_long(argc, argv, letters, options, &index);
	const char *name;

	if (index < 0 || at >= argc || strncmp(argv[at], "--", 2))
		return option;
	name = argv[at] + 2;
	if (strcspn(name, "=") == strlen(options[index].name))
		return option;
	optind = at + 1;
	return '?';
}

int cmd__bad_option(char **argv, int option)
{
	const char *word = argv[optind - 1];

	if (option == ':')
		return cmd__fail(EXIT_USAGE, "%s: '%s' needs a value; see 'tsem-bpf help %s'", argv[0], word, argv[0]);
	return cmd__fail(EXIT_USAGE, "%s: unknown option '%s'; see 'tsem-bpf help %s'", argv[0], word, argv[0]);
}

int cmd__number(const char *command, const char *option, const char *text, u32 least, u32 most, u32 *out)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < least || value > most)
		return cmd__fail(EXIT_USAGE, "%s: %s: '%s' is no number from %u to %u", command, option, text, least,
				 most);
	*out = value;
	return 0;
}

int cmd__flag(int argc, char **argv, const char *name, bool *given)
{
	const struct option options[] = { { name, no_argument, NULL, 'f' }, {} };
	int option;

	while ((option = cmd__option(argc, argv, "+:", options)) != -1) {
		if (option != 'f')
			return cmd__bad_option(argv, option);
		*given = true;
	}
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "%s: '%s' is one word too many", argv[0], argv[optind]);
	return 0;
}

int cmd__namespace_option(int argc, char **argv, const char **word)
{
	static const struct option options[] = { { "namespace", required_argument, NULL, 'n' }, {} };
	int option;

	*word = NULL;
	while ((option = cmd__option(argc, argv, "+:n:", options)) != -1) {
		if (option != 'n')
			return cmd__bad_option(argv, option);
		*word = optarg;
	}
	return 0;
}

int cmd__mebibytes(const char *command, const char *option, const char *text, u64 *bytes)
{
	u32 size = 0;
	int err = cmd__number(command, option, text, 1, 1U << 20, &size);

	*bytes = (u64)size << 20;
	return err;
}

int cmd__max_expanded(const char *command, const char *text)
{
	u64 bytes;
	int err = cmd__mebibytes(command, "--max-expanded", text, &bytes);

	if (!err)
		stream__limit(bytes);
	return err;
}

static const struct cmd *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

int cmd__help(const char *name)
{
	const struct cmd *cmd = find(name);

	if (cmd)
		printf("tsem-bpf %s %s\n    %s; see tsem-bpf(8)\n", cmd->name, cmd->arguments, cmd->help);
	return EXIT_DONE;
}

int cmd__need_control(const char *what)
{
	if (caps__holds_control())
		return 0;
	return cmd__fail(EXIT_FAILED, "%s: needs the capability %s; run it as root outside of every namespace", what,
			 caps__control_name());
}

int cmd__open(struct tsem *tsem)
{
	int err = tsem__open(tsem);

	if (!err)
		return 0;
	if (err == -ENOENT)
		return cmd__fail(EXIT_FAILED, "not loaded: there is no " TSEM_PINS "; run 'tsem-bpf load'");
	if (err == -EPROTO)
		return cmd__fail(EXIT_FAILED,
				 TSEM_PINS " was made by another version; run 'tsem-bpf unload --force' of that "
					   "version, then load this one");
	return cmd__fail(EXIT_FAILED, "cannot open " TSEM_PINS ": %s; run it as root outside of every namespace",
			 strerror(-err));
}

int cmd__namespace(struct tsem *tsem, const char *word, struct tsem_namespace *ns)
{
	int err;

	err = word ? namespace__find(tsem, word, ns) : namespace__read(tsem, 0, ns);
	if (err == -ENOENT && (!word || !strcmp(word, "0") || !strcmp(word, "root")))
		return cmd__fail(EXIT_FAILED,
				 "namespace 0, the root, is not modeled (root model 'off'); name another with -n");
	if (err == -ENOENT)
		return cmd__fail(EXIT_FAILED, "no namespace '%s'; see 'tsem-bpf list'", word);
	return err ? cmd__fail(EXIT_FAILED, "cannot read the namespaces: %s", strerror(-err)) : 0;
}

const char *cmd__mode(u32 mode)
{
	return control__word(CONTROL_WORDS_MODE, mode) ?: "unknown";
}

const char *cmd__loss(u32 loss)
{
	return loss__name(loss) ?: "unknown";
}

void cmd__incomplete(const char *command, size_t missing, size_t skipped)
{
	if (missing)
		fprintf(stderr,
			"tsem-bpf: %s: %zu coefficients have no description yet; it comes with their next occurrence\n",
			command, missing);
	if (skipped)
		fprintf(stderr,
			"tsem-bpf: %s: %zu records of the journal are not those of this namespace and are skipped; see who "
			"wrote to /run/tsem-bpf\n",
			command, skipped);
}

static int help(void)
{
	puts("tsem-bpf: security modeling namespaces with BPF LSM programs\n\nusage: tsem-bpf COMMAND ...\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-13s %s\n", commands[i].name, commands[i].help);
	puts("\n'tsem-bpf help COMMAND' says more, tsem-bpf(8) says all.");
	return EXIT_DONE;
}

static int command(int argc, char **argv)
{
	const struct cmd *cmd;

	if (argc < 2)
		return cmd__fail(EXIT_USAGE, "a command is missing; 'tsem-bpf help' names them");
	if (!strcmp(argv[1], "--version")) {
		puts("tsem-bpf " VERSION);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		if (argc < 3)
			return help();
		if (find(argv[2]))
			return cmd__help(argv[2]);
		return cmd__fail(EXIT_USAGE, "unknown command '%s'; 'tsem-bpf help' names them", argv[2]);
	}
	cmd = find(argv[1]);
	if (!cmd)
		return cmd__fail(EXIT_USAGE, "unknown command '%s'; 'tsem-bpf help' names them", argv[1]);
	if (argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h")))
		return cmd__help(cmd->name);
	opterr = 0;
	return cmd->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int code = command(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		cmd__fail(0, "cannot write to the standard output: %s", strerror(errno));
		code = code ?: EXIT_FAILED;
	}
	return code;
}
