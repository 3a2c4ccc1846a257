// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf attach: brings an external agent to a namespace whose agent was lost. */
#include <getopt.h>
#include <string.h>

#include "agent.h"
#include "cmd.h"

struct attach {
	const char *namespace, *agent, *key;
};

static int parse(struct attach *attach, int argc, char **argv)
{
	static const struct option options[] = {
		{ "tma", required_argument, NULL, 'M' },
		{ "tma-key", required_argument, NULL, 'K' },
		{},
	};
	struct external_error error;
	struct external_where where;
	int option;

	while ((option = cmd__option(argc, argv, "+:n:", options)) != -1) {
		if (option == 'n')
			attach->namespace = optarg;
		else if (option == 'M')
			attach->agent = optarg;
		else if (option == 'K')
			attach->key = optarg;
		else
			return cmd__bad_option(argv, option);
	}
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "attach: '%s' is one word too many", argv[optind]);
	if (!attach->namespace || !attach->agent)
		return cmd__fail(EXIT_USAGE, "attach: '%s' is missing",
				 attach->namespace ? "--tma AGENT" : "-n NAMESPACE");
	if (external__parse(attach->agent, &where, &error))
		return cmd__fail(EXIT_USAGE, "attach: --tma: %s", error.text);
	return 0;
}

/* Once it is locked, no namespace gets an agent that it did not have. */
static int check_lock(struct tsem *tsem, const struct tsem_namespace *ns, const char *agent)
{
	struct tsem_globals globals;
	struct agent_note note;

	if (!tsem__globals(tsem, &globals) && !globals.locked)
		return 0;
	if (!agent__note(ns->id, &note) && !strcmp(note.text, agent))
		return 0;
	return cmd__fail(EXIT_FAILED,
			 "attach: refused: it is locked until 'tsem-bpf unload' (control lock), and namespace %u had "
			 "another agent",
			 ns->id);
}

int cmd_attach(int argc, char **argv)
{
	struct workload_error error;
	struct attach attach = {};
	struct tsem_namespace ns;
	struct tsem tsem;
	int err = parse(&attach, argc, argv) ?: cmd__need_control("attach") ?: cmd__open(&tsem);

	if (err)
		return err;
	err = cmd__namespace(&tsem, attach.namespace, &ns) ?: check_lock(&tsem, &ns, attach.agent);
	if (!err && ns.agent != TSEM_AGENT_EXTERNAL)
		err = cmd__fail(EXIT_FAILED, "attach: namespace %u is internal: the kernel decides there", ns.id);
	else if (!err && agent__bring(&tsem, ns.id, attach.agent, attach.key, &error))
		err = cmd__fail(EXIT_FAILED, "attach: %s", error.text);
	tsem__close(&tsem);
	return err;
}
