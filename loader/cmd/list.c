// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf list: one line for each namespace. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cmd.h"
#include "control.h"
#include "digest.h"
#include "event.h"
#include "namespace.h"
#include "tsem.h"

static int print(const struct tsem_namespace *ns, void *data)
{
	(void)data;
	printf("%-5u %-20.32s %-9s %6" PRIu64 " %12" PRIu64 " %9" PRIu64 " %7" PRIu64 "  %s %s %s\n", ns->id, ns->name,
	       cmd__mode(ns->mode), ns->live_tasks, ns->coefficients, ns->forensics, ns->denied,
	       digest__name(ns->digest) ?: "unknown", control__word(CONTROL_WORDS_ENCODING, ns->encoding) ?: "unknown",
	       control__word(CONTROL_WORDS_SCOPE, ns->scope) ?: "unknown");
	return 0;
}

static int add(const struct tsem_namespace *ns, void *data)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "id", json_object_new_int64(ns->id));
	json_object_object_add(o, "name", json_object_new_string(ns->name));
	json_object_object_add(o, "mode", json_object_new_string(cmd__mode(ns->mode)));
	json_object_object_add(o, "tasks", json_object_new_int64(ns->live_tasks));
	json_object_object_add(o, "coefficients", json_object_new_int64(ns->coefficients));
	json_object_object_add(o, "forensics", json_object_new_int64(ns->forensics));
	json_object_object_add(o, "denied", json_object_new_int64(ns->denied));
	json_object_object_add(o, "digest", json_object_new_string(digest__name(ns->digest) ?: "unknown"));
	json_object_object_add(o, "model", json_object_new_string(ns->model == TSEM_MODEL_SET ? "set" : "unknown"));
	json_object_object_add(o, "encoding",
			       json_object_new_string(control__word(CONTROL_WORDS_ENCODING, ns->encoding)
							      ?: "unknown"));
	json_object_object_add(o, "scope",
			       json_object_new_string(control__word(CONTROL_WORDS_SCOPE, ns->scope) ?: "unknown"));
	json_object_array_add(data, o);
	return 0;
}

int cmd_list(int argc, char **argv)
{
	struct json_object *array;
	struct tsem tsem;
	bool json = false;
	int err;

	err = cmd__flag(argc, argv, "json", &json) ?: cmd__open(&tsem);
	if (err)
		return err;
	array = json ? json_object_new_array() : NULL;
	if (!array)
		printf("%-5s %-20s %-9s %6s %12s %9s %7s  %s\n", "ID", "NAME", "MODE", "TASKS", "COEFFICIENTS",
		       "FORENSICS", "DENIED", "DIGEST ENCODING SCOPE");
	err = namespace__each(&tsem, array ? add : print, array);
	tsem__close(&tsem);
	if (err)
		return cmd__fail(EXIT_FAILED, "list: cannot read the namespaces: %s", strerror(-err));
	if (array) {
		puts(event__line(array));
		json_object_put(array);
	}
	return EXIT_DONE;
}
