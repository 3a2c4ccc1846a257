// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf oci-hook: a hook of OCI runtimes (runc, crun) that puts a container into a namespace of its own.
 *
 * The runtime runs it as its createRuntime hook, with the state of the container on the standard input, while the
 * container's init waits, still the runtime's own code, for what the hooks say. Annotations of the container say what
 * namespace it gets; without any the hook does nothing. The hook makes the namespace, leaves a collector behind, and
 * puts the init into the namespace as the last of its steps: if one fails the runtime does not start the container, and
 * nothing has to be undone in it. The collector is detached, and does what `run` does: it keeps the descriptions until
 * the last task has gone, writes what was asked for, and removes the namespace.
 *
 * As the poststop hook it waits for the collector, so that the files are there when the runtime returns.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <json-c/json.h>

#include "caps.h"
#include "cmd.h"
#include "digest.h"
#include "stream.h"
#include "workload.h"

#define PREFIX "org.tsem-bpf."
#define POLL_MS 100
#define POSTSTOP_MS 5000

struct hook {
	const char *directory; /* that all files must be in, or NULL */
	struct json_object *state; /* owns the strings */
	const char *id, *bundle, *model, *signature, *base;
	pid_t pid;
	bool asked; /* there is an annotation for us */
	char name[TSEM_NAME_SIZE];
	struct workload workload;
};

static const char *string_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static int bad(const char *key, const char *value, const char *why)
{
	return cmd__fail(EXIT_USAGE, "oci-hook: annotation " PREFIX "%s: '%.200s' %s", key, value, why);
}

/* A file: by its whole name, and in the directory that the administrator allows. */
static int file_annotation(struct hook *hook, const char *key, const char *value, const char **out)
{
	size_t size = hook->directory ? strlen(hook->directory) : 0, length = strlen(value);
	char parent[PATH_MAX];
	int err;

	if (*value != '/')
		return bad(key, value, "is no path from the root; give one that begins with /");
	if (length >= sizeof(parent))
		return bad(key, value, "is too long for a path");
	if (strstr(value, "/../") || (length > 2 && !strcmp(value + length - 3, "/..")))
		return bad(key, value, "has .. in it");
	if (size && (strncmp(value, hook->directory, size) || value[size] != '/'))
		return cmd__fail(EXIT_USAGE, "oci-hook: annotation " PREFIX "%s: '%.200s' is not in %s (--directory)",
				 key, value, hook->directory);
	snprintf(parent, sizeof(parent), "%s", value);
	if (hook->directory)
		err = stream__reach(hook->directory, value);
	else
		err = access(dirname(parent), F_OK) ? -errno : 0;
	if (err == -ELOOP)
		return bad(key, value, "has a symbolic link on its way below --directory");
	if (err)
		return bad(key, value, "is in a directory that does not exist");
	*out = value;
	return 0;
}

static int mode_annotation(struct hook *hook, const char *value)
{
	static const char *const modes[] = { "learn", "seal", "enforce" };

	for (u32 i = TSEM_MODE_FREE; i <= TSEM_MODE_ENFORCING; i++) {
		if (strcmp(value, modes[i]))
			continue;
		hook->workload.spec.mode = i;
		return 0;
	}
	return bad("mode", value, "is unknown; give learn, seal or enforce");
}

/* `key` is what stands behind PREFIX. */
static int annotation(struct hook *hook, const char *key, const char *value)
{
	struct workload *w = &hook->workload;
	struct control_error error;

	if (!strcmp(key, "name")) {
		if (!workload__name_ok(value))
			return bad(key, value,
				   "is no name: give 1 to 31 of A-Z a-z 0-9 . _ + -, not only digits, nor 'root' or ns "
				   "and a number");
		snprintf(hook->name, sizeof(hook->name), "%s", value);
		return 0;
	}
	if (!strcmp(key, "mode"))
		return mode_annotation(hook, value);
	if (!strcmp(key, "model"))
		return file_annotation(hook, key, value, &hook->model);
	if (!strcmp(key, "signature"))
		return file_annotation(hook, key, value, &hook->signature);
	if (!strcmp(key, "output"))
		return file_annotation(hook, key, value, &w->output);
	if (!strcmp(key, "trajectory"))
		return file_annotation(hook, key, value, &w->trajectory);
	if (!strcmp(key, "forensics"))
		return file_annotation(hook, key, value, &w->forensics);
	if (!strcmp(key, "base")) {
		hook->base = value;
		return 0;
	}
	if (!strcmp(key, "digest") || !strcmp(key, "content") || !strcmp(key, "nsref") || !strcmp(key, "cache") ||
	    !strcmp(key, "model-type")) {
		if (control__namespace_option(&w->spec.settings, strcmp(key, "model-type") ? key : "model", value,
					      &error))
			return cmd__fail(EXIT_USAGE, "oci-hook: annotation " PREFIX "%s: %s", key, error.text);
		return 0;
	}
	return cmd__fail(EXIT_USAGE,
			 "oci-hook: annotation " PREFIX
			 "%.80s is unknown; there are name, mode, model, signature, output, "
			 "trajectory, forensics, base, digest, content, nsref, cache, model-type",
			 key);
}

/* Reads the state of the container. 0, or the exit code after a message. */
static int read_state(struct hook *hook)
{
	struct json_object *value;
	int err = 0;

	hook->state = json_object_from_fd(STDIN_FILENO);
	if (!json_object_is_type(hook->state, json_type_object))
		return cmd__fail(EXIT_FAILED, "oci-hook: the standard input is not the JSON state of a container");
	if (!json_object_object_get_ex(hook->state, "annotations", &value) || !value)
		return 0;
	if (!json_object_is_type(value, json_type_object))
		return cmd__fail(EXIT_FAILED, "oci-hook: 'annotations' of the container's state is no object");
	json_object_object_foreach(value, key, text) {
		if (err || strncmp(key, PREFIX, strlen(PREFIX)))
			continue;
		hook->asked = true;
		if (json_object_is_type(text, json_type_string))
			err = annotation(hook, key + strlen(PREFIX), json_object_get_string(text));
		else
			err = cmd__fail(EXIT_USAGE, "oci-hook: annotation %.80s is no string", key);
	}
	if (err || !hook->asked)
		return err;
	hook->id = string_of(hook->state, "id");
	hook->bundle = string_of(hook->state, "bundle");
	if (!hook->id || !*hook->id)
		return cmd__fail(EXIT_FAILED, "oci-hook: the container's state has no 'id'");
	if (json_object_object_get_ex(hook->state, "pid", &value) && json_object_is_type(value, json_type_int))
		hook->pid = json_object_get_int(value);
	/* An id may be longer than a name, and may have digits only. */
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

/* Does `list`, of the capabilities of a configuration, name the control capability? */
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
 * Says early and clearly what tsem_guard_exec would deny later: a container that is to keep the control capability. In
 * a user namespace of its own that capability is another one. A configuration that cannot be read is left to the guard.
 */
static int check_capabilities(struct hook *hook)
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
			const char *type = string_of(json_object_array_get_idx(namespaces, i), "type");

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
					"take it away, or run the container without " PREFIX "* annotations",
					hook->id, caps__control_name(), set);
	}
out:
	json_object_put(config);
	return err;
}

/* The collector: waits for the word that the init has joined, then for the end of the last task. Does not return. */
static void collector_main(struct workload *w, int go)
{
	struct workload_summary summary;
	struct workload_error error;
	int null = open("/dev/null", O_RDWR), err;
	char byte;

	/* The runtime waits for the end of the hook's outputs, and sends signals to its group. */
	setsid();
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null < 0 || chdir("/") || read(go, &byte, 1) != 1) {
		workload__delete(w, false);
		_exit(EXIT_FAILED);
	}
	openlog("tsem-bpf", LOG_PID, LOG_DAEMON);
	do {
		if (workload__step(w, POLL_MS)) {
			syslog(LOG_ERR, "oci-hook: %s: the namespace has been removed under the container", w->ns.name);
			_exit(EXIT_FAILED);
		}
	} while (w->ns.live_tasks);
	workload__step(w, 0);
	if (w->lost)
		syslog(LOG_ERR, "oci-hook: %s: cannot keep descriptions in " JOURNAL_DIRECTORY ": %s", w->ns.name,
		       strerror(-w->lost));
	err = workload__write(w, &summary, &error);
	if (err)
		syslog(LOG_ERR, "oci-hook: %s: %s", w->ns.name, error.text);
	if (summary.missing)
		syslog(LOG_WARNING,
		       "oci-hook: %s: %zu coefficients have no description; a larger " PREFIX "cache keeps them",
		       w->ns.name, summary.missing);
	workload__delete(w, false);
	_exit(err ? EXIT_FAILED : EXIT_DONE);
}

/* Leaves the collector behind and puts the init into the namespace. 0, or the exit code after a message. */
static int start(struct hook *hook)
{
	struct workload *w = &hook->workload;
	pid_t collector;
	int go[2], err;

	if (pipe2(go, O_CLOEXEC))
		return cmd__fail(EXIT_FAILED, "oci-hook: cannot make a pipe: %s", strerror(errno));
	collector = fork();
	if (collector < 0)
		return cmd__fail(EXIT_FAILED, "oci-hook: cannot fork: %s", strerror(errno));
	if (!collector) {
		close(go[1]);
		collector_main(w, go[0]);
	}
	close(go[0]);
	err = workload__join(w, hook->pid);
	if (!err && write(go[1], "", 1) != 1)
		err = -EPIPE;
	close(go[1]);
	if (!err)
		return 0;
	/* It removes the namespace. */
	waitpid(collector, NULL, 0);
	if (err == -EEXIST)
		return cmd__fail(EXIT_FAILED, "oci-hook: process %d of container %s is in a namespace already",
				 hook->pid, hook->id);
	return cmd__fail(EXIT_FAILED, "oci-hook: cannot put process %d of container %s into the namespace: %s",
			 hook->pid, hook->id, strerror(-err));
}

static int create_runtime(struct hook *hook)
{
	struct workload *w = &hook->workload;
	struct workload_error error;
	int code;

	if (hook->pid <= 0)
		return cmd__fail(EXIT_FAILED, "oci-hook: the state of container %s has no 'pid'", hook->id);
	if (hook->base) {
		w->spec.base = w->base;
		if (digest__from_hex(hook->base, strlen(hook->base), w->base, digest__size(w->spec.settings.digest)))
			return bad("base", hook->base, "has not the hexadecimal digits of a value of the digest");
	}
	/* Who may sign is the administrator's to say, as an option: a container's own word for it would be worth
	 * nothing. */
	if (hook->signature && !(hook->model && w->trust_anchor))
		return bad("signature", hook->signature,
			   hook->model ? "cannot be verified: the hook has no --trust-anchor"
				       : "has no model; name one with " PREFIX "model");
	w->signature = hook->signature;
	if (hook->model && workload__model(w, hook->model, &error))
		return cmd__fail(EXIT_FAILED, "oci-hook: annotation " PREFIX "model: %s", error.text);
	code = cmd__need_control("oci-hook") ?: cmd__open(&w->tsem) ?: check_capabilities(hook);
	if (code)
		return code;
	code = workload__create(w, &error);
	/* What the kernel lacks, the text says with the name of the annotation. */
	if (code == -ENOTSUP || code == -ENODATA)
		return cmd__fail(EXIT_KERNEL, "oci-hook: annotation " PREFIX "%s%s", error.text,
				 code == -ENODATA ? "; add " PREFIX "content: sha256" : "");
	if (code)
		return cmd__fail(EXIT_FAILED, "oci-hook: %s", error.text);
	code = start(hook);
	if (code)
		workload__delete(w, false);
	return code;
}

/*
 * Waits for the collector. It removes nothing: a namespace of this name may be somebody else's, for which the container
 * did not start.
 */
static int poststop(struct hook *hook)
{
	struct workload *w = &hook->workload;
	struct tsem_namespace ns;
	int code;

	/* Nothing loaded, nothing to wait for. */
	if (access(TSEM_PINS, F_OK) && errno == ENOENT)
		return 0;
	code = cmd__need_control("oci-hook") ?: cmd__open(&w->tsem);
	if (code || namespace__find(&w->tsem, hook->name, &ns))
		return code;
	for (int ms = 0; ms < POSTSTOP_MS; ms += POLL_MS) {
		if (namespace__read(&w->tsem, ns.id, &ns) || journal__collect(&w->tsem, ns.id, &w->journal) != -EBUSY)
			return 0;
		usleep(POLL_MS * 1000);
	}
	return cmd__fail(EXIT_FAILED,
			 "oci-hook: namespace '%s' goes on; its files are written when its tasks have gone", ns.name);
}

int cmd_oci_hook(int argc, char **argv)
{
	static const struct option options[] = {
		{ "directory", required_argument, NULL, 'd' },
		{ "trust-anchor", required_argument, NULL, 'a' },
		{},
	};
	struct hook hook = {};
	const char *stage, *trust_anchor = NULL;
	int option, code;

	while ((option = cmd__option(argc, argv, "+:", options)) != -1) {
		if (option == 'a' && *optarg == '/') {
			trust_anchor = optarg;
			continue;
		}
		/* The runtime's working directory may be the container's author's. */
		if (option == 'a')
			return cmd__fail(EXIT_USAGE, "oci-hook: --trust-anchor %s: give a path that begins with /",
					 optarg);
		if (option != 'd')
			return cmd__bad_option(argv, option);
		hook.directory = optarg;
		if (*optarg != '/' || optarg[strlen(optarg) - 1] == '/')
			return cmd__fail(EXIT_USAGE,
					 "oci-hook: --directory %s: give a path that begins with / and ends without",
					 optarg);
	}
	stage = argv[optind];
	if (!stage || argc - optind != 1 || (strcmp(stage, "createRuntime") && strcmp(stage, "poststop")))
		return cmd__fail(EXIT_USAGE, "oci-hook: give createRuntime or poststop, the hook that this is run as");
	/* A pipe of the runtime's that the collector kept open would make it wait. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	workload__init(&hook.workload);
	hook.workload.trust_anchor = trust_anchor;
	hook.workload.directory = hook.directory;
	code = read_state(&hook);
	if (!code && hook.asked)
		code = strcmp(stage, "poststop") ? create_runtime(&hook) : poststop(&hook);
	workload__free(&hook.workload);
	json_object_put(hook.state);
	return code;
}
