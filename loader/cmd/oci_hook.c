// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf oci-hook: a hook of OCI runtimes (runc, crun) that puts a container into its own namespace.
 *
 * The runtime runs it as its createRuntime hook, with the state of the container on the standard input. Meanwhile the
 * container's init, which still runs the runtime's code, waits for the hooks. Annotations of the container choose the
 * settings of the namespace, within the rules on the hook's command line. Without annotations and rules the hook does
 * nothing. The hook makes the namespace, starts a collector, and puts the init into the namespace as its last step. If
 * a step fails, the runtime does not start the container, so nothing has to be undone in it. The collector is detached
 * and does what `run` does: it keeps the descriptions until the last task has ended, writes the requested files, and
 * removes the namespace.
 *
 * As the poststop hook it waits for the collector, so that the files exist when the runtime returns.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "caps.h"
#include "cmd.h"
#include "control.h"
#include "digest.h"
#include "oci_hook.h"
#include "strict.h"
#include "workload.h"

#define POSTSTOP_MS 5000

/* The namespace's name: from its annotation, or the container's id. */
static int choose_name(struct oci_hook *hook)
{
	/* An id may be longer than a name, and may consist of digits only. */
	if (!*hook->name)
		snprintf(hook->name, sizeof(hook->name), "%s", hook->id);
	if (!workload__name_ok(hook->name))
		snprintf(hook->name, sizeof(hook->name), "c%s", hook->id);
	if (!workload__name_ok(hook->name))
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: the container's id '%s' is no name of a namespace; annotate one", hook->id);
	hook->workload.spec.name = hook->name;
	return 0;
}

/* Reads the state of the container. 0, or the exit code after a message. */
static int read_state(struct oci_hook *hook)
{
	struct json_object *value;
	int err;

	hook->state = json_object_from_fd(STDIN_FILENO);
	if (!json_object_is_type(hook->state, json_type_object))
		return cmd__fail(EXIT_FAILED, "oci-hook: the standard input is not the JSON state of a container");
	err = oci__annotations(hook);
	if (err || !hook->asked)
		return err;
	hook->id = oci__string(hook->state, "id");
	hook->bundle = oci__string(hook->state, "bundle");
	if (!hook->id || !*hook->id)
		return cmd__fail(EXIT_FAILED, "oci-hook: the container's state has no 'id'");
	if (json_object_object_get_ex(hook->state, "pid", &value) && json_object_is_type(value, json_type_int))
		hook->pid = json_object_get_int(value);
	return choose_name(hook);
}

/* Does `list`, a list of capabilities in a configuration, have the control capability? */
static bool names_control(struct json_object *list)
{
	for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(list, i));

		if (name && !strcasecmp(name, caps__control_name()))
			return true;
	}
	return false;
}

/*
 * Refuses early, with a clear message, what tsem_guard_exec would deny later: a container that keeps the control
 * capability. In its own user namespace that capability is another one. A configuration that cannot be read is left to
 * the guard.
 */
static int check_capabilities(struct oci_hook *hook)
{
	struct json_object *config = NULL, *process, *sets, *linux_, *namespaces;
	char path[PATH_MAX];
	int err = 0;

	if (hook->bundle && snprintf(path, sizeof(path), "%s/config.json", hook->bundle) < (int)sizeof(path))
		config = json_object_from_file(path);
	if (json_object_object_get_ex(config, "linux", &linux_) &&
	    json_object_object_get_ex(linux_, "namespaces", &namespaces) &&
	    json_object_is_type(namespaces, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(namespaces); i++) {
			const char *type = oci__string(json_object_array_get_idx(namespaces, i), "type");

			if (type && !strcmp(type, "user"))
				goto out;
		}
	}
	if (!json_object_object_get_ex(config, "process", &process) ||
	    !json_object_object_get_ex(process, "capabilities", &sets) || !json_object_is_type(sets, json_type_object))
		goto out;
	json_object_object_foreach(sets, set, list) {
		if (!err && names_control(list))
			err = cmd__fail(EXIT_FAILED,
					"oci-hook: container %s keeps %s (process.capabilities.%s of its config.json); "
					"take it away, or run the container without " OCI_PREFIX "* annotations",
					hook->id, caps__control_name(), set);
	}
out:
	json_object_put(config);
	return err;
}

/* Does some action allow events outside of the model, although the lowest mode is enforcing? */
static bool logs_only(const struct control_namespace *s)
{
	for (u32 i = 0; i < TSEM_EVENT_END; i++) {
		if (control__action_of(s, i) == TSEM_ACTION_LOG)
			return true;
	}
	return false;
}

/* Does the container obey the configuration of the hook? 0, or the exit code after a message. */
static int check_rules(struct oci_hook *hook)
{
	const struct oci_rules *rules = &hook->rules;
	struct namespace_spec *spec = &hook->workload.spec;

	if (hook->has_mode && spec->mode < rules->least_mode)
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: annotation " OCI_PREFIX
				 "mode: the hook's configuration requires %s at least (--min-mode)",
				 cmd__mode(rules->least_mode));
	if (!hook->has_mode)
		spec->mode = rules->least_mode;
	if (hook->audit && spec->settings.named & CONTROL_NAMED_ACTION)
		return cmd__fail(EXIT_USAGE,
				 "oci-hook: annotation " OCI_PREFIX "mode: audit is the action log for every event; "
				 "leave out on-violation and action");
	if (hook->audit)
		spec->settings.on_violation = TSEM_ACTION_LOG;
	if (rules->least_mode == TSEM_MODE_ENFORCING && logs_only(&spec->settings))
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: the hook's configuration requires %s (--min-mode): the action log is "
				 "refused in annotations",
				 cmd__mode(rules->least_mode));
	if (!rules->model && !rules->require_model)
		return 0;
	if (rules->model && (hook->signature || (hook->model && strcmp(hook->model, rules->model))))
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: annotation " OCI_PREFIX "%s: the hook's configuration names the model: "
				 "%s (--model)",
				 hook->signature ? "signature" : "model", rules->model);
	if (!rules->model && !hook->model)
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: container %s has no model, and the hook's configuration requires one "
				 "(--require-model); annotate " OCI_PREFIX "model",
				 hook->id);
	if (hook->patterns.count || hook->strict.count)
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: annotation " OCI_PREFIX "%s: the hook's configuration requires a model, "
				 "so no %s is allowed; put it into the model",
				 hook->patterns.count ? "pattern" : "strict-names",
				 hook->patterns.count ? "pattern" : "other directory");
	return 0;
}

/* Reads the model of the configuration or of the annotation. 0, or the exit code after a message. */
static int read_model(struct oci_hook *hook)
{
	struct workload *w = &hook->workload;
	const char *model = hook->rules.model ?: hook->model;
	struct workload_error error;

	/*
	 * Only the administrator says who may sign, by an option: an annotation would be the container's own claim.
	 */
	if (hook->signature && !(hook->model && w->trust_anchor))
		return oci__bad("signature", hook->signature,
				hook->model ? "cannot be verified: the hook has no --trust-anchor"
					    : "has no model; name one with " OCI_PREFIX "model");
	if (!model)
		return 0;
	w->signature = hook->signature;
	/* The administrator's own file may be anywhere. */
	w->directory = hook->rules.model ? NULL : hook->rules.directory;
	if (workload__model(w, model, &error))
		return cmd__fail(EXIT_FAILED, "oci-hook: %s%s",
				 hook->rules.model ? "--model " : "annotation " OCI_PREFIX "model: ", error.text);
	w->directory = hook->rules.directory;
	return 0;
}

/* Where the root of the container is before the runtime changes to it. 0 or -errno. */
static int root_of(const struct oci_hook *hook, char *root)
{
	struct json_object *config = NULL, *object;
	const char *name = NULL;
	char path[PATH_MAX];
	int err = -ENOENT;

	if (hook->bundle && snprintf(path, sizeof(path), "%s/config.json", hook->bundle) < (int)sizeof(path))
		config = json_object_from_file(path);
	if (json_object_object_get_ex(config, "root", &object))
		name = oci__string(object, "path");
	if (name && snprintf(path, sizeof(path), "%s/%s", *name == '/' ? "" : hook->bundle, name) < (int)sizeof(path))
		err = realpath(path, root) ? 0 : -errno;
	json_object_put(config);
	return err;
}

/* Directories with strict names, which are in the container. 0, or the exit code after a message. */
static int apply_strict(struct oci_hook *hook)
{
	char root[PATH_MAX], mounts[64], text[PATTERN_TEXT_SIZE];
	int err = hook->strict.count ? root_of(hook, root) : 0;

	if (err)
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: annotation " OCI_PREFIX
				 "strict-names: no root of container %s is found (root.path "
				 "of its config.json): %s",
				 hook->id, strerror(-err));
	/* The mounts of the container are made, but not yet below its own root. */
	snprintf(mounts, sizeof(mounts), "/proc/%d/mountinfo", hook->pid);
	for (size_t i = 0; i < hook->strict.count; i++) {
		err = strict__add(&hook->patterns, &hook->strict.pattern[i], mounts, root);
		if (!err)
			continue;
		pattern__text(&hook->strict.pattern[i], text);
		return oci__bad("strict-names", text, strict__error(err));
	}
	return 0;
}

/* Patterns that widen the model, strict names, and the base. 0, or the exit code after a message. */
static int apply(struct oci_hook *hook)
{
	struct workload *w = &hook->workload;
	int err = apply_strict(hook);

	if (err)
		return err;
	for (size_t i = 0; i < hook->patterns.count && !err; i++)
		err = workload__pattern(w, &hook->patterns.pattern[i]);
	if (err)
		return cmd__fail(EXIT_FAILED, "oci-hook: annotation " OCI_PREFIX "%s: %s",
				 hook->strict.count ? "strict-names" : "pattern",
				 err == -E2BIG
					 ? "the model and the annotations have more than 64 patterns and directories"
					 : strerror(-err));
	if (!hook->base)
		return 0;
	w->spec.base = w->base;
	if (digest__from_hex(hook->base, strlen(hook->base), w->base, digest__size(w->spec.settings.digest)))
		return oci__bad("base", hook->base, "does not have the hexadecimal digits of a value of the digest");
	return 0;
}

static int create_runtime(struct oci_hook *hook)
{
	struct workload *w = &hook->workload;
	struct workload_error error;
	int code;

	if (hook->pid <= 0)
		return cmd__fail(EXIT_FAILED, "oci-hook: the state of container %s has no 'pid'", hook->id);
	code = check_rules(hook) ?: read_model(hook) ?: apply(hook);
	code = code ?: cmd__need_control("oci-hook") ?: cmd__open(&w->tsem) ?: check_capabilities(hook);
	if (code)
		return code;
	code = workload__create(w, &error);
	/* If the kernel lacks something, the text names the annotation. */
	if (code == -ENOTSUP || code == -ENODATA)
		return cmd__fail(EXIT_KERNEL, "oci-hook: annotation " OCI_PREFIX "%s%s", error.text,
				 code == -ENODATA ? "; add " OCI_PREFIX "content: sha256" : "");
	if (code)
		return cmd__fail(EXIT_FAILED, "oci-hook: %s", error.text);
	code = oci__start(hook);
	/* The collector has the outputs; after a failure it has removed them. */
	if (!code)
		w->output_stream = w->trajectory_stream = w->forensics_stream = NULL;
	else
		workload__delete(w, false);
	return code;
}

/*
 * Waits for the collector. It removes nothing: if the container did not start because its name was taken, the namespace
 * is another one's.
 */
static int poststop(struct oci_hook *hook)
{
	struct workload *w = &hook->workload;
	struct tsem_namespace ns;
	int code;

	/* Nothing is loaded: there is nothing to wait for. */
	if (access(TSEM_PINS, F_OK) && errno == ENOENT)
		return 0;
	code = cmd__need_control("oci-hook") ?: cmd__open(&w->tsem);
	if (code || namespace__find(&w->tsem, hook->name, &ns))
		return code;
	for (int ms = 0; ms < POSTSTOP_MS; ms += OCI_POLL_MS) {
		if (namespace__read(&w->tsem, ns.id, &ns) || journal__collect(&w->tsem, ns.id, &w->journal) != -EBUSY)
			return 0;
		usleep(OCI_POLL_MS * 1000);
	}
	return cmd__fail(EXIT_FAILED,
			 "oci-hook: namespace '%s' goes on; its files are written when its tasks have ended", ns.name);
}

/* A path of the configuration. It must be absolute: the container's author may own the runtime's working directory. */
static int whole_path(const char *option, const char *path, const char **out)
{
	size_t size = strlen(path);

	if (*path != '/' || path[size - 1] == '/')
		return cmd__fail(EXIT_USAGE, "oci-hook: %s %s: give a path that begins with / and does not end with /",
				 option, path);
	*out = path;
	return 0;
}

static int take_option(struct oci_hook *hook, int option, char **argv)
{
	int mode;

	switch (option) {
	case 'd':
		return whole_path("--directory", optarg, &hook->rules.directory);
	case 'a':
		return whole_path("--trust-anchor", optarg, &hook->workload.trust_anchor);
	case 'm':
		return whole_path("--model", optarg, &hook->rules.model);
	case 'R':
		hook->rules.require_model = true;
		return 0;
	case 'M':
		mode = control__value(CONTROL_WORDS_MODE, optarg);
		if (mode < 0)
			return cmd__fail(EXIT_USAGE,
					 "oci-hook: --min-mode: '%s' is unknown; give free, sealed or enforcing",
					 optarg);
		hook->rules.least_mode = mode;
		return 0;
	case 'J':
		return cmd__mebibytes("oci-hook", "--journal", optarg, &hook->workload.journal_limit);
	case 'X':
		return cmd__max_expanded("oci-hook", optarg);
	default:
		return cmd__bad_option(argv, option);
	}
}

static int parse(struct oci_hook *hook, int argc, char **argv, const char **stage)
{
	static const struct option options[] = {
		{ "directory", required_argument, NULL, 'd' },    { "trust-anchor", required_argument, NULL, 'a' },
		{ "model", required_argument, NULL, 'm' },        { "require-model", no_argument, NULL, 'R' },
		{ "min-mode", required_argument, NULL, 'M' },     { "journal", required_argument, NULL, 'J' },
		{ "max-expanded", required_argument, NULL, 'X' }, {},
	};
	int option, err = 0;

	while (!err && (option = cmd__option(argc, argv, "+:", options)) != -1)
		err = take_option(hook, option, argv);
	if (err)
		return err;
	*stage = argv[optind];
	if (!*stage || argc - optind != 1 || (strcmp(*stage, "createRuntime") && strcmp(*stage, "poststop")))
		return cmd__fail(EXIT_USAGE, "oci-hook: give createRuntime or poststop, the hook that this is run as");
	/* Such a rule also applies to containers without annotations. */
	hook->asked = hook->rules.model || hook->rules.require_model || hook->rules.least_mode;
	hook->workload.directory = hook->rules.directory;
	return 0;
}

int cmd_oci_hook(int argc, char **argv)
{
	struct oci_hook hook = {};
	const char *stage;
	int code;

	workload__init(&hook.workload);
	code = parse(&hook, argc, argv, &stage);
	if (code)
		return code;
	/* The runtime would wait for a pipe that the collector keeps open. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	code = read_state(&hook);
	if (!code && hook.asked)
		code = strcmp(stage, "poststop") ? create_runtime(&hook) : poststop(&hook);
	workload__free(&hook.workload);
	free(hook.patterns.pattern);
	free(hook.strict.pattern);
	json_object_put(hook.state);
	return code;
}
