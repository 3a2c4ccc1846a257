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
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <json-c/json.h>

#include "caps.h"
#include "cmd.h"
#include "control.h"
#include "digest.h"
#include "guardian.h"
#include "stream.h"
#include "strict.h"
#include "versions.h"
#include "workload.h"

#define PREFIX "org.tsem-bpf."
#define POLL_MS 100
#define POSTSTOP_MS 5000

/* The configuration of the hook, which the administrator writes. */
struct rules {
	const char *directory; /* all files of annotations must be in it; NULL: annotations may not name files */
	const char *model; /* the model of every container, or NULL */
	bool require_model; /* a container without one is refused */
	u32 least_mode; /* enum tsem_mode */
};

struct hook {
	struct rules rules;
	struct json_object *state; /* owns the strings */
	const char *id, *bundle, *model, *signature, *base;
	struct patterns patterns;
	struct patterns strict; /* as annotated */
	pid_t pid;
	bool asked; /* the container has one of our annotations, or there is a rule for every container */
	bool has_mode, audit; /* as annotated */
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

/* A file: its path must be absolute, and in the directory that the administrator allows. */
static int file_annotation(struct hook *hook, const char *key, const char *value, const char **out)
{
	const char *directory = hook->rules.directory;
	size_t size;
	int err;

	if (!directory)
		return cmd__fail(EXIT_USAGE,
				 "oci-hook: annotation " PREFIX "%s: files are read and written as root: the hook's "
				 "configuration has to say in which directory, by --directory",
				 key);
	size = strlen(directory);
	if (*value != '/')
		return bad(key, value, "is no absolute path; give one that begins with /");
	if (strlen(value) >= PATH_MAX)
		return bad(key, value, "is too long for a path");
	if (strstr(value, "/../") || (strlen(value) > 2 && !strcmp(value + strlen(value) - 3, "/..")))
		return bad(key, value, "has .. in it");
	if (strncmp(value, directory, size) || value[size] != '/')
		return cmd__fail(EXIT_USAGE, "oci-hook: annotation " PREFIX "%s: '%.200s' is not in %s (--directory)",
				 key, value, directory);
	size = strlen(VERSIONS_DIRECTORY);
	if (!strncmp(value, VERSIONS_DIRECTORY, size) && value[size] == '/')
		return bad(key, value, "is in the directory of model versions; no annotation may name that");
	err = stream__reach(directory, value);
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

	hook->audit = !strcmp(value, "audit");
	if (hook->audit)
		value = "seal";
	for (u32 i = TSEM_MODE_FREE; i <= TSEM_MODE_ENFORCING; i++) {
		if (strcmp(value, modes[i]))
			continue;
		hook->workload.spec.mode = i;
		hook->has_mode = true;
		return 0;
	}
	return bad("mode", value, "is unknown; give learn, seal, audit or enforce");
}

/* Calls `each` for the words of `value`, split at `separator`. Stops at the first result that is not 0, and returns it.
 */
static int each_word(struct hook *hook, const char *key, const char *value, char separator,
		     int (*each)(struct hook *hook, const char *key, const char *word))
{
	char *copy = strdup(value), *rest = copy, *word, separators[] = { separator, 0 };
	int err = copy ? 0 : cmd__fail(EXIT_FAILED, "oci-hook: no memory");

	while (!err && (word = strsep(&rest, separators)))
		err = each(hook, key, word);
	free(copy);
	return err;
}

static int add_action(struct hook *hook, const char *key, const char *word)
{
	struct control_error error;

	if (!control__namespace_action(&hook->workload.spec.settings, word, &error))
		return 0;
	return cmd__fail(EXIT_USAGE, "oci-hook: annotation " PREFIX "%s: %s", key, error.text);
}

static int add_pattern(struct hook *hook, const char *key, const char *word)
{
	struct tsem_pattern pattern;
	const char *why = pattern__parse(word, strlen(word), !strcmp(key, "pattern-any"), &pattern);
	int err;

	if (why)
		return bad(key, word, why);
	err = patterns__add(&hook->patterns, &pattern);
	if (err == -E2BIG)
		return bad(key, word, PATTERNS_TOO_MANY);
	return err ? cmd__fail(EXIT_FAILED, "oci-hook: no memory") : 0;
}

static int add_strict(struct hook *hook, const char *key, const char *word)
{
	struct tsem_pattern directory;
	const char *why = pattern__parse_strict(word, strlen(word), &directory);
	int err = why ? 0 : patterns__add(&hook->strict, &directory);

	if (why || err == -E2BIG)
		return bad(key, word, why ?: PATTERNS_TOO_MANY);
	return err ? cmd__fail(EXIT_FAILED, "oci-hook: no memory") : 0;
}

static int name_annotation(struct hook *hook, const char *value)
{
	if (!workload__name_ok(value))
		return bad("name", value,
			   "is no name: give 1 to 31 of A-Z a-z 0-9 . _ + -, not only digits, nor 'root' or ns and a "
			   "number");
	snprintf(hook->name, sizeof(hook->name), "%s", value);
	hook->workload.named = true;
	return 0;
}

/* Annotations that are settings of a namespace. */
static const struct {
	const char *annotation, *key;
} settings[] = {
	{ "digest", "digest" }, { "content", "content" },     { "nsref", "nsref" },
	{ "cache", "cache" },   { "encoding", "encoding" },   { "model-type", "model" },
	{ "scope", "scope" },   { "instances", "instances" }, { "on-violation", "on_violation" },
};

/* 1: it is a setting; 0: it is another annotation; negative: the exit code, after a message. */
static int setting_annotation(struct hook *hook, const char *key, const char *value)
{
	struct control_error error;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strcmp(settings[i].annotation, key))
			continue;
		if (!control__namespace_option(&hook->workload.spec.settings, settings[i].key, value, &error))
			return 1;
		return -cmd__fail(EXIT_USAGE, "oci-hook: annotation " PREFIX "%s: %s", key, error.text);
	}
	return 0;
}

/* `key` is the name after PREFIX. */
static int annotation(struct hook *hook, const char *key, const char *value)
{
	struct workload *w = &hook->workload;
	int taken = setting_annotation(hook, key, value);

	if (taken)
		return taken < 0 ? -taken : 0;
	if (!strcmp(key, "name"))
		return name_annotation(hook, value);
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
	if (!strcmp(key, "action"))
		return each_word(hook, key, value, ',', add_action);
	if (!strcmp(key, "pattern") || !strcmp(key, "pattern-any"))
		return each_word(hook, key, value, ' ', add_pattern);
	if (!strcmp(key, "strict-names"))
		return each_word(hook, key, value, ' ', add_strict);
	if (!strcmp(key, "base")) {
		hook->base = value;
		return 0;
	}
	return cmd__fail(
		EXIT_USAGE,
		"oci-hook: annotation " PREFIX
		"%.80s is unknown; there are name, mode, model, signature, output, trajectory, forensics, base, "
		"pattern, pattern-any, strict-names, action, on-violation, digest, content, encoding, scope, instances, "
		"nsref, cache, model-type",
		key);
}

static int read_annotations(struct hook *hook)
{
	struct json_object *annotations;
	int err = 0;

	if (!json_object_object_get_ex(hook->state, "annotations", &annotations) || !annotations)
		return 0;
	if (!json_object_is_type(annotations, json_type_object))
		return cmd__fail(EXIT_FAILED, "oci-hook: 'annotations' of the container's state is no object");
	json_object_object_foreach(annotations, key, text) {
		if (err || strncmp(key, PREFIX, strlen(PREFIX)))
			continue;
		hook->asked = true;
		if (json_object_is_type(text, json_type_string))
			err = annotation(hook, key + strlen(PREFIX), json_object_get_string(text));
		else
			err = cmd__fail(EXIT_USAGE, "oci-hook: annotation %.80s is no string", key);
	}
	return err;
}

/* The namespace's name: from its annotation, or the container's id. */
static int choose_name(struct hook *hook)
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
static int read_state(struct hook *hook)
{
	struct json_object *value;
	int err;

	hook->state = json_object_from_fd(STDIN_FILENO);
	if (!json_object_is_type(hook->state, json_type_object))
		return cmd__fail(EXIT_FAILED, "oci-hook: the standard input is not the JSON state of a container");
	err = read_annotations(hook);
	if (err || !hook->asked)
		return err;
	hook->id = string_of(hook->state, "id");
	hook->bundle = string_of(hook->state, "bundle");
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

/* Writes the requested files. 0 or -errno. */
static int collector_write(struct workload *w)
{
	struct workload_summary summary;
	struct workload_error error;
	int err;

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
	if (summary.dropped)
		syslog(LOG_WARNING,
		       "oci-hook: %s: %llu descriptions had no room in the journal; a larger --journal keeps them",
		       w->ns.name, (unsigned long long)summary.dropped);
	if (w->ns.denied)
		syslog(LOG_NOTICE, "oci-hook: %s: %llu denied", w->ns.name, (unsigned long long)w->ns.denied);
	return err;
}

/* The collector: waits until the init has joined, then for the end of the last task. Does not return. */
static void collector_main(struct workload *w, int go)
{
	int null = open("/dev/null", O_RDWR), err;
	struct guardian guardian = {};
	char byte;

	/* The runtime waits until the hook's outputs are closed, and sends signals to its process group. */
	setsid();
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	openlog("tsem-bpf", LOG_PID, LOG_DAEMON);
	err = null < 0 || chdir("/") ? -errno : guardian__start(&guardian, w, "oci-hook", false);
	if (err || write(go, "", 1) != 1 || read(go, &byte, 1) != 1) {
		workload__delete(w, false);
		guardian__dismiss(&guardian);
		_exit(EXIT_FAILED);
	}
	do {
		if (workload__step(w, POLL_MS)) {
			syslog(LOG_ERR, "oci-hook: %s: the namespace has been removed under the container", w->ns.name);
			workload__drop(w);
			guardian__dismiss(&guardian);
			_exit(EXIT_FAILED);
		}
	} while (w->ns.live_tasks);
	workload__step(w, 0);
	err = collector_write(w);
	workload__drop(w);
	workload__delete(w, false);
	guardian__dismiss(&guardian);
	_exit(err ? EXIT_FAILED : EXIT_DONE);
}

/* Starts the collector and puts the init into the namespace. 0, or the exit code after a message. */
static int start(struct hook *hook)
{
	struct workload *w = &hook->workload;
	pid_t collector;
	int go[2], err = 0;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go))
		return cmd__fail(EXIT_FAILED, "oci-hook: cannot make a pair of sockets: %s", strerror(errno));
	collector = fork();
	if (collector < 0)
		return cmd__fail(EXIT_FAILED, "oci-hook: cannot fork: %s", strerror(errno));
	if (!collector) {
		close(go[1]);
		collector_main(w, go[0]);
	}
	close(go[0]);
	/* Collector and guardian must exist before the init does anything. */
	if (read(go[1], &byte, 1) != 1)
		err = -EPIPE;
	err = err ?: workload__join(w, hook->pid);
	if (!err && send(go[1], "", 1, MSG_NOSIGNAL) != 1)
		err = -EPIPE;
	close(go[1]);
	if (!err)
		return 0;
	/* The collector removes the namespace. */
	waitpid(collector, NULL, 0);
	if (err == -EEXIST)
		return cmd__fail(EXIT_FAILED, "oci-hook: process %d of container %s is in a namespace already",
				 hook->pid, hook->id);
	return cmd__fail(EXIT_FAILED, "oci-hook: cannot put process %d of container %s into the namespace: %s",
			 hook->pid, hook->id, workload__join_error(err));
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
static int check_rules(struct hook *hook)
{
	const struct rules *rules = &hook->rules;
	struct namespace_spec *spec = &hook->workload.spec;

	if (hook->has_mode && spec->mode < rules->least_mode)
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: annotation " PREFIX
				 "mode: the hook's configuration requires %s at least (--min-mode)",
				 cmd__mode(rules->least_mode));
	if (!hook->has_mode)
		spec->mode = rules->least_mode;
	if (hook->audit && spec->settings.named & CONTROL_NAMED_ACTION)
		return cmd__fail(EXIT_USAGE,
				 "oci-hook: annotation " PREFIX "mode: audit is the action log for every event; "
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
				 "oci-hook: annotation " PREFIX "%s: the hook's configuration names the model: "
				 "%s (--model)",
				 hook->signature ? "signature" : "model", rules->model);
	if (!rules->model && !hook->model)
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: container %s has no model, and the hook's configuration requires one "
				 "(--require-model); annotate " PREFIX "model",
				 hook->id);
	if (hook->patterns.count || hook->strict.count)
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: annotation " PREFIX "%s: the hook's configuration requires a model, "
				 "so no %s is allowed; put it into the model",
				 hook->patterns.count ? "pattern" : "strict-names",
				 hook->patterns.count ? "pattern" : "other directory");
	return 0;
}

/* Reads the model of the configuration or of the annotation. 0, or the exit code after a message. */
static int read_model(struct hook *hook)
{
	struct workload *w = &hook->workload;
	const char *model = hook->rules.model ?: hook->model;
	struct workload_error error;

	/*
	 * Only the administrator says who may sign, by an option: an annotation would be the container's own claim.
	 */
	if (hook->signature && !(hook->model && w->trust_anchor))
		return bad("signature", hook->signature,
			   hook->model ? "cannot be verified: the hook has no --trust-anchor"
				       : "has no model; name one with " PREFIX "model");
	if (!model)
		return 0;
	w->signature = hook->signature;
	/* The administrator's own file may be anywhere. */
	w->directory = hook->rules.model ? NULL : hook->rules.directory;
	if (workload__model(w, model, &error))
		return cmd__fail(EXIT_FAILED, "oci-hook: %s%s",
				 hook->rules.model ? "--model " : "annotation " PREFIX "model: ", error.text);
	w->directory = hook->rules.directory;
	return 0;
}

/* Where the root of the container is before the runtime changes to it. 0 or -errno. */
static int root_of(const struct hook *hook, char *root)
{
	struct json_object *config = NULL, *object;
	const char *name = NULL;
	char path[PATH_MAX];
	int err = -ENOENT;

	if (hook->bundle && snprintf(path, sizeof(path), "%s/config.json", hook->bundle) < (int)sizeof(path))
		config = json_object_from_file(path);
	if (json_object_object_get_ex(config, "root", &object))
		name = string_of(object, "path");
	if (name && snprintf(path, sizeof(path), "%s/%s", *name == '/' ? "" : hook->bundle, name) < (int)sizeof(path))
		err = realpath(path, root) ? 0 : -errno;
	json_object_put(config);
	return err;
}

/* Directories with strict names, which are in the container. 0, or the exit code after a message. */
static int apply_strict(struct hook *hook)
{
	char root[PATH_MAX], mounts[64], text[PATTERN_TEXT_SIZE];
	int err = hook->strict.count ? root_of(hook, root) : 0;

	if (err)
		return cmd__fail(EXIT_FAILED,
				 "oci-hook: annotation " PREFIX
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
		return bad("strict-names", text, strict__error(err));
	}
	return 0;
}

/* Patterns that widen the model, strict names, and the base. 0, or the exit code after a message. */
static int apply(struct hook *hook)
{
	struct workload *w = &hook->workload;
	int err = apply_strict(hook);

	if (err)
		return err;
	for (size_t i = 0; i < hook->patterns.count && !err; i++)
		err = workload__pattern(w, &hook->patterns.pattern[i]);
	if (err)
		return cmd__fail(EXIT_FAILED, "oci-hook: annotation " PREFIX "%s: %s",
				 hook->strict.count ? "strict-names" : "pattern",
				 err == -E2BIG
					 ? "the model and the annotations have more than 64 patterns and directories"
					 : strerror(-err));
	if (!hook->base)
		return 0;
	w->spec.base = w->base;
	if (digest__from_hex(hook->base, strlen(hook->base), w->base, digest__size(w->spec.settings.digest)))
		return bad("base", hook->base, "does not have the hexadecimal digits of a value of the digest");
	return 0;
}

static int create_runtime(struct hook *hook)
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
		return cmd__fail(EXIT_KERNEL, "oci-hook: annotation " PREFIX "%s%s", error.text,
				 code == -ENODATA ? "; add " PREFIX "content: sha256" : "");
	if (code)
		return cmd__fail(EXIT_FAILED, "oci-hook: %s", error.text);
	code = start(hook);
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
static int poststop(struct hook *hook)
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
	for (int ms = 0; ms < POSTSTOP_MS; ms += POLL_MS) {
		if (namespace__read(&w->tsem, ns.id, &ns) || journal__collect(&w->tsem, ns.id, &w->journal) != -EBUSY)
			return 0;
		usleep(POLL_MS * 1000);
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

static int take_option(struct hook *hook, int option, char **argv)
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

static int parse(struct hook *hook, int argc, char **argv, const char **stage)
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
	struct hook hook = {};
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
