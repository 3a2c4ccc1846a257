// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf control: the verbs of the control plane. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "cmd.h"
#include "control.h"
#include "digest.h"
#include "namespace.h"
#include "tsem.h"

static const struct {
	u32 control;
	const char *name;
	const char *busy; /* why it is refused with EBUSY or EALREADY */
	bool adds; /* changes the model: refused if models have to be signed, or are locked */
} verbs[] = {
	[CONTROL_SEAL] = { TSEM_CONTROL_SEAL, "seal", "it is sealed already", false },
	[CONTROL_ENFORCE] = { TSEM_CONTROL_ENFORCE, "enforce", "it is sealed and enforcing already", false },
	[CONTROL_STATE] = { TSEM_CONTROL_STATE, "state", "it is sealed", true },
	[CONTROL_BASE] = { TSEM_CONTROL_BASE, "base", "it is sealed", false },
	[CONTROL_PSEUDONYM] = { TSEM_CONTROL_PSEUDONYM, "pseudonym", "it is sealed", true },
	[CONTROL_PATTERN] = { TSEM_CONTROL_PATTERN, "pattern", "it is sealed", true },
	[CONTROL_STRICT] = { TSEM_CONTROL_PATTERN, "strict", "it is sealed", true },
	[CONTROL_ACTION] = { TSEM_CONTROL_ACTION, "action", "", false },
	[CONTROL_AUDIT] = { TSEM_CONTROL_AUDIT, "audit", "", false },
	[CONTROL_LOCK] = { TSEM_CONTROL_LOCK, "lock", "it is locked already, until 'tsem-bpf unload'", false },
};

static int refuse_verb(enum control_verb verb)
{
	switch (verb) {
	case CONTROL_INTERNAL:
		return cmd__fail(EXIT_KERNEL,
				 "control: internal: a namespace is made for a workload; use 'tsem-bpf run'");
	case CONTROL_EXTERNAL:
		return cmd__fail(EXIT_KERNEL,
				 "control: external: a namespace is made for a workload; use 'tsem-bpf run --tma'");
	default:
		return cmd__fail(EXIT_KERNEL, "control: %s: the verdicts of an agent come through its session",
				 verb == CONTROL_TRUSTED ? "trusted" : "untrusted");
	}
}

static int explain(enum control_verb verb, u32 ns, int err)
{
	const char *name = verbs[verb].name;

	if (!err)
		return EXIT_DONE;
	if (err == -EALREADY && verb == CONTROL_LOCK)
		return cmd__fail(EXIT_FAILED, "control: lock: refused: %s", verbs[verb].busy);
	if (err == -EBUSY || err == -EALREADY)
		return cmd__fail(EXIT_FAILED, "control: %s: refused for namespace %u: %s", name, ns, verbs[verb].busy);
	if (err == -EEXIST)
		return cmd__fail(EXIT_FAILED, "control: %s: refused for namespace %u: it has coefficients already",
				 name, ns);
	if (err == -EINVAL && verb == CONTROL_AUDIT)
		return cmd__fail(EXIT_FAILED, "control: audit: refused for namespace %u: it is free; seal it first",
				 ns);
	if (err == -E2BIG && verbs[verb].control == TSEM_CONTROL_PATTERN)
		return cmd__fail(EXIT_FAILED,
				 "control: %s: namespace %u has %d patterns and directories with strict names already, "
				 "the maximum",
				 name, ns, TSEM_PATTERNS_MAX);
	if (err == -E2BIG)
		return cmd__fail(EXIT_FAILED, "control: %s: no more room; load with a larger --max-coefficients", name);
	if (err == -ENOENT)
		return cmd__fail(EXIT_FAILED, "control: %s: namespace %u was removed meanwhile", name, ns);
	return cmd__fail(EXIT_FAILED, "control: %s: %s", name, strerror(-err));
}

static bool locked(struct tsem *tsem)
{
	struct tsem_globals globals;

	return tsem__globals(tsem, &globals) || globals.locked;
}

/* Does the verb suit the namespace and the policy? 0, or the exit code after a message. */
static int check(struct tsem *tsem, const struct control_request *request, const struct tsem_namespace *ns)
{
	const char *name = verbs[request->verb].name;

	if (request->value_size && request->value_size != ns->digest_size)
		return cmd__fail(EXIT_USAGE, "control: %s: the value has %u digits; one of namespace %u (%s) has %u",
				 name, 2 * request->value_size, ns->id, digest__name(ns->digest), 2 * ns->digest_size);
	if (verbs[request->verb].adds && tsem__policy(tsem, TSEM_POLICY_SIGNED_MODELS))
		return cmd__fail(EXIT_FAILED,
				 "control: %s: refused: models have to be signed here (load --require-signed-models); "
				 "put it into a signed model",
				 name);
	if (verbs[request->verb].adds && locked(tsem))
		return cmd__fail(EXIT_FAILED, "control: %s: refused: it is locked, until 'tsem-bpf unload'", name);
	return 0;
}

static int run(struct tsem *tsem, const struct control_request *request, u32 id)
{
	u8 value[TSEM_DIGEST_MAX] = {};

	if (verbs[request->verb].control == TSEM_CONTROL_PATTERN)
		return tsem__control_pattern(tsem, id, &request->pattern);
	if (request->verb == CONTROL_ACTION)
		memcpy(value, &request->action, sizeof(request->action));
	else
		memcpy(value, request->value, sizeof(value));
	return tsem__control(tsem, verbs[request->verb].control, id, value, NULL);
}

/* The lock is for the whole load, not for one namespace. */
static int change(struct tsem *tsem, const struct control_request *request, const char *word)
{
	struct tsem_namespace ns = {};
	int err = 0;

	if (request->verb == CONTROL_LOCK && word)
		return cmd__fail(EXIT_USAGE, "control: lock: is for every namespace; leave out -n");
	if (request->verb != CONTROL_LOCK)
		err = cmd__namespace(tsem, word, &ns) ?: check(tsem, request, &ns);
	err = err ?: explain(request->verb, ns.id, run(tsem, request, ns.id));
	/* From now on nothing is refused. Say who decided that. */
	if (!err && request->verb == CONTROL_AUDIT) {
		openlog("tsem-bpf", LOG_PID, LOG_DAEMON);
		syslog(LOG_WARNING, "control: audit: user %u took namespace %u (%s) back to sealed with the action log",
		       getuid(), ns.id, ns.name);
	}
	return err;
}

int cmd_control(int argc, char **argv)
{
	const char *word;
	struct control_request request;
	struct control_error error;
	struct tsem tsem;
	int err;

	err = cmd__namespace_option(argc, argv, &word);
	if (err)
		return err;
	if (optind >= argc)
		return cmd__fail(EXIT_USAGE, "control: a verb is missing");
	if (optind + 1 < argc)
		return cmd__fail(EXIT_USAGE, "control: '%s' is one word too many; quote the verb with its arguments",
				 argv[optind + 1]);
	if (control__parse(argv[optind], &request, &error))
		return cmd__fail(EXIT_USAGE, "control: %s", error.text);
	if (request.verb < CONTROL_SEAL || request.verb > CONTROL_LOCK)
		return refuse_verb(request.verb);
	err = cmd__need_control("control") ?: cmd__open(&tsem);
	if (err)
		return err;
	err = change(&tsem, &request, word);
	tsem__close(&tsem);
	return err;
}
