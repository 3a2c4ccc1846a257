// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf control: the verbs of the control plane. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd.h"
#include "control.h"
#include "digest.h"
#include "namespace.h"
#include "tsem.h"

static const struct {
	u32 control;
	const char *name;
	const char *busy; /* why it is refused with EBUSY or EALREADY */
} verbs[] = {
	[CONTROL_SEAL] = { TSEM_CONTROL_SEAL, "seal", "it is sealed already" },
	[CONTROL_ENFORCE] = { TSEM_CONTROL_ENFORCE, "enforce", "it is sealed and enforcing already" },
	[CONTROL_STATE] = { TSEM_CONTROL_STATE, "state", "it is sealed" },
	[CONTROL_BASE] = { TSEM_CONTROL_BASE, "base", "it is sealed" },
	[CONTROL_PSEUDONYM] = { TSEM_CONTROL_PSEUDONYM, "pseudonym", "it is sealed" },
};

static int refuse_verb(enum control_verb verb)
{
	switch (verb) {
	case CONTROL_INTERNAL:
		return cmd__fail(EXIT_KERNEL,
				 "control: internal: a namespace is made for a workload; use 'tsem-bpf run'");
	case CONTROL_EXTERNAL:
		return cmd__fail(EXIT_KERNEL,
				 "control: external: there are internal namespaces only; use 'tsem-bpf run'");
	default:
		return cmd__fail(EXIT_KERNEL,
				 "control: %s: no task waits for a verdict: there are internal namespaces only",
				 verb == CONTROL_TRUSTED ? "trusted" : "untrusted");
	}
}

static int explain(const char *verb, const char *busy, u32 ns, int err)
{
	switch (err) {
	case 0:
		return EXIT_DONE;
	case -EBUSY:
	case -EALREADY:
		return cmd__fail(EXIT_FAILED, "control: %s: refused for namespace %u: %s", verb, ns, busy);
	case -EEXIST:
		return cmd__fail(EXIT_FAILED, "control: %s: refused for namespace %u: it has coefficients already",
				 verb, ns);
	case -E2BIG:
		return cmd__fail(EXIT_FAILED, "control: %s: no more room; load with a larger --max-coefficients", verb);
	case -ENOENT:
		return cmd__fail(EXIT_FAILED, "control: %s: namespace %u has gone", verb, ns);
	default:
		return cmd__fail(EXIT_FAILED, "control: %s: %s", verb, strerror(-err));
	}
}

int cmd_control(int argc, char **argv)
{
	static const struct option options[] = { { "namespace", required_argument, NULL, 'n' }, {} };
	const char *word = NULL;
	struct control_request request;
	struct control_error error;
	struct tsem_namespace ns;
	struct tsem tsem;
	int option, err;

	while ((option = cmd__option(argc, argv, "+:n:", options)) != -1) {
		if (option != 'n')
			return cmd__bad_option(argv, option);
		word = optarg;
	}
	if (optind >= argc)
		return cmd__fail(EXIT_USAGE, "control: a verb is missing");
	if (optind + 1 < argc)
		return cmd__fail(EXIT_USAGE, "control: '%s' is one word too many; quote the verb with its arguments",
				 argv[optind + 1]);
	if (control__parse(argv[optind], &request, &error))
		return cmd__fail(EXIT_USAGE, "control: %s", error.text);
	if (request.verb < CONTROL_SEAL || request.verb > CONTROL_PSEUDONYM)
		return refuse_verb(request.verb);
	err = cmd__need_control("control") ?: cmd__open(&tsem);
	if (err)
		return err;
	err = cmd__namespace(&tsem, word, &ns);
	if (!err && request.value_size && request.value_size != ns.digest_size)
		err = cmd__fail(EXIT_USAGE, "control: %s: the value has %u digits; one of namespace %u (%s) has %u",
				verbs[request.verb].name, 2 * request.value_size, ns.id, digest__name(ns.digest),
				2 * ns.digest_size);
	if (!err && (request.verb == CONTROL_STATE || request.verb == CONTROL_PSEUDONYM) &&
	    tsem__policy(&tsem, TSEM_POLICY_SIGNED_MODELS))
		err = cmd__fail(EXIT_FAILED,
				"control: %s: refused: models have to be signed here (load --require-signed-models); "
				"put it into a signed model",
				verbs[request.verb].name);
	if (!err)
		err = explain(verbs[request.verb].name, verbs[request.verb].busy, ns.id,
			      tsem__control(&tsem, verbs[request.verb].control, ns.id, request.value, NULL));
	tsem__close(&tsem);
	return err;
}
