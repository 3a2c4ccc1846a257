// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf delete: removes a namespace without live tasks. */
#include <errno.h>
#include <string.h>

#include "cmd.h"
#include "namespace.h"
#include "tsem.h"

int cmd_delete(int argc, char **argv)
{
	const char *word;
	struct tsem_namespace ns;
	struct tsem tsem;
	int err;

	err = cmd__namespace_option(argc, argv, &word);
	if (err)
		return err;
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "delete: '%s' is one word too many", argv[optind]);
	if (!word)
		return cmd__fail(EXIT_USAGE, "delete: '-n NAMESPACE' is missing");
	err = cmd__need_control("delete") ?: cmd__open(&tsem);
	if (err)
		return err;
	err = cmd__namespace(&tsem, word, &ns);
	if (!err && !ns.id)
		err = cmd__fail(EXIT_FAILED, "delete: namespace 0 is the root; to remove it, use 'tsem-bpf unload'");
	else if (!err) {
		err = namespace__delete(&tsem, ns.id);
		if (err == -EBUSY)
			err = cmd__fail(EXIT_FAILED, "delete: namespace %u has %llu live tasks; end them first", ns.id,
					(unsigned long long)ns.live_tasks);
		else if (err)
			err = cmd__fail(EXIT_FAILED, "delete: namespace %u: %s", ns.id, strerror(-err));
	}
	tsem__close(&tsem);
	return err;
}
