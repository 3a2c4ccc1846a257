// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf unload: remove pins, programs and journals. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "journal.h"
#include "namespace.h"
#include "patience.h"
#include "policy.h"
#include "skel.h"
#include "tsem.h"
#include "versions.h"

/* The root namespace exists as long as tsem-bpf is loaded. */
static int remember(const struct tsem_namespace *ns, void *data)
{
	if (!ns->id)
		return 0;
	*(struct tsem_namespace *)data = *ns;
	return 1;
}

/* Removes the directory of the journals, with them and with the versions of models that were used. */
static void remove_journals(void)
{
	DIR *dir = opendir(JOURNAL_DIRECTORY);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *end;
		unsigned long id = strtoul(entry->d_name, &end, 10);

		if (end != entry->d_name && (!strcmp(end, ".events") || !strcmp(end, ".dropped")))
			journal__remove(id);
		else if (versions__is_file(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
	rmdir(JOURNAL_DIRECTORY);
}

int cmd_unload(int argc, char **argv)
{
	struct tsem_namespace ns;
	bool force = false;
	struct tsem tsem;
	int err;

	err = cmd__flag(argc, argv, "force", &force) ?: cmd__need_control("unload");
	if (err)
		return err;
	if (!force) {
		err = cmd__open(&tsem);
		if (err)
			return err;
		err = namespace__each(&tsem, remember, &ns);
		tsem__close(&tsem);
		if (err > 0)
			return cmd__fail(EXIT_FAILED,
					 "unload: namespace %u (%.32s) still lives, with %llu tasks; end it, or give "
					 "--force",
					 ns.id, ns.name, (unsigned long long)ns.live_tasks);
		if (err)
			return cmd__fail(EXIT_FAILED, "unload: cannot read the namespaces: %s", strerror(-err));
	} else if (access(TSEM_PINS, F_OK)) {
		return cmd__fail(EXIT_FAILED, "not loaded: there is no " TSEM_PINS);
	}
	patience__begin("the kernel to detach the programs");
	err = skel__unload();
	patience__end();
	if (err == -EALREADY)
		return cmd__fail(EXIT_FAILED,
				 "unload: another 'tsem-bpf load' or 'unload' is under way; wait until it ends "
				 "(/proc/locks has its process)");
	if (err)
		return cmd__fail(EXIT_FAILED, "unload: cannot remove " TSEM_PINS ": %s", strerror(-err));
	policy__unpin_anchor();
	remove_journals();
	return EXIT_DONE;
}
