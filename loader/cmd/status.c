// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf status: shows what is attached, the namespaces, the costs, and every loss by reason. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <json-c/json.h>

#include "agent.h"
#include "cmd.h"
#include "control.h"
#include "digest.h"
#include "event.h"
#include "journal.h"
#include "namespace.h"
#include "policy.h"
#include "root.h"
#include "skel.h"
#include "tsem.h"

static int add_program(const char *program, const char *hook, enum skel_state state, void *data)
{
	static const char *const keys[] = { "attached", "missing", "no_hook" };
	struct json_object *list, *programs = data;

	(void)hook;
	json_object_object_get_ex(programs, keys[state], &list);
	json_object_array_add(list, json_object_new_string(state == SKEL_NO_HOOK ? hook : program));
	return 0;
}

static void add_word(struct json_object *o, const char *key, const char *word)
{
	json_object_object_add(o, key, json_object_new_string(word ?: "unknown"));
}

static void add_number(struct json_object *o, const char *key, u64 number)
{
	json_object_object_add(o, key, json_object_new_uint64(number));
}

/* The action of most events, and the events that have another one. */
static void add_actions(struct json_object *o, const struct tsem_namespace *ns)
{
	struct json_object *others = json_object_new_object();
	u32 count[TSEM_ACTION_END] = {}, most = 0;

	for (u32 i = 0; i < TSEM_EVENT_END; i++)
		count[ns->action[i] < TSEM_ACTION_END ? ns->action[i] : 0] += event__name(i) != NULL;
	for (u32 i = 0; i < TSEM_ACTION_END; i++)
		most = count[i] > count[most] ? i : most;
	for (u32 i = 0; i < TSEM_EVENT_END; i++) {
		if (event__name(i) && ns->action[i] != most)
			add_word(others, event__name(i), control__word(CONTROL_WORDS_ACTION, ns->action[i]));
	}
	add_word(o, "on_violation", control__word(CONTROL_WORDS_ACTION, most));
	json_object_object_add(o, "actions", others);
}

/* Patterns and directories with strict names are entries of one table. */
static void add_patterns(struct json_object *o, struct tsem *tsem, const struct tsem_namespace *ns)
{
	struct patterns all = {};
	u64 strict = 0;

	/* An error is that the namespace was removed meanwhile. */
	namespace__patterns(tsem, ns, &all);
	for (size_t i = 0; i < all.count; i++)
		strict += pattern__is_strict(&all.pattern[i]);
	add_number(o, "patterns", ns->patterns - strict);
	add_number(o, "strict", strict);
	free(all.pattern);
}

static void add_settings(struct json_object *o, struct tsem *tsem, const struct tsem_namespace *ns)
{
	add_word(o, "digest", digest__name(ns->digest));
	add_word(o, "content", digest__name(ns->content));
	add_word(o, "encoding", control__word(CONTROL_WORDS_ENCODING, ns->encoding));
	add_word(o, "scope", control__word(CONTROL_WORDS_SCOPE, ns->scope));
	add_word(o, "nsref", control__word(CONTROL_WORDS_NSREF, ns->nsref));
	add_number(o, "instances", ns->instances);
	add_number(o, "pseudonyms", ns->pseudonyms);
	add_patterns(o, tsem, ns);
	add_actions(o, ns);
}

/* The external agent: who it is, whether it answers, and what was asked. */
static void add_agent(struct json_object *o, const struct tsem_namespace *ns)
{
	struct json_object *agent = json_object_new_object();
	struct agent_note note;

	if (agent__note(ns->id, &note))
		note = (struct agent_note){ .text = "none", .why = "no collector has brought an agent" };
	add_word(agent, "agent", note.text);
	add_word(agent, "identity", note.identity);
	json_object_object_add(agent, "answers", json_object_new_boolean(note.lives));
	add_word(agent, "why", note.why);
	add_word(agent, "ask", control__word(CONTROL_WORDS_ASK, ns->ask));
	add_number(agent, "wait", ns->wait);
	add_word(agent, "miss", control__word(CONTROL_WORDS_MISS, ns->no_verdict));
	add_number(agent, "questions", ns->questions);
	add_number(agent, "unsent", ns->unsent);
	add_number(agent, "verdicts", ns->verdicts);
	add_number(agent, "misses", ns->misses);
	add_number(agent, "refused", ns->refused);
	json_object_object_add(o, "external", agent);
}

struct listing {
	struct tsem *tsem;
	struct json_object *namespaces;
};

static int add_namespace(const struct tsem_namespace *ns, void *data)
{
	const struct listing *listing = data;
	static const char *const rooms[TSEM_ROOM_END] = {
		[TSEM_ROOM_COEFFICIENTS] = "coefficients", [TSEM_ROOM_MARKS] = "marks",
		[TSEM_ROOM_CREATIONS] = "creations",       [TSEM_ROOM_OBJECTS] = "objects",
		[TSEM_ROOM_SIGNALS] = "signals",           [TSEM_ROOM_TEXTS] = "texts",
	};
	struct json_object *o = json_object_new_object(), *lost = json_object_new_object(),
			   *used = json_object_new_object();

	add_number(o, "id", ns->id);
	add_word(o, "name", ns->name);
	add_word(o, "mode", cmd__mode(ns->mode));
	add_settings(o, listing->tsem, ns);
	if (ns->agent == TSEM_AGENT_EXTERNAL)
		add_agent(o, ns);
	add_number(o, "tasks", ns->live_tasks);
	add_number(o, "coefficients", ns->coefficients);
	add_number(o, "forensics", ns->forensics);
	add_number(o, "violations", ns->violations);
	add_number(o, "denied", ns->denied);
	add_number(o, "killed", ns->killed);
	add_number(o, "untrusted_tasks", ns->untrusted_tasks);
	add_number(o, "untrusted_events", ns->untrusted_events);
	for (u32 i = 0; i < TSEM_ROOM_END; i++)
		add_number(used, rooms[i], ns->used[i]);
	json_object_object_add(o, "used", used);
	add_number(o, "ring_bytes", ns->ring_size);
	for (u32 i = 0; i < TSEM_LOSS_END; i++)
		add_number(lost, cmd__loss(i), ns->lost[i]);
	add_number(lost, "journal", journal__dropped(ns->id));
	json_object_object_add(o, "lost", lost);
	json_object_array_add(listing->namespaces, o);
	return 0;
}

/* Bytes of a map by the kernel's accounting. */
static int64_t map_memory(int fd)
{
	char path[64], line[128];
	int64_t bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "memlock: %" SCNd64, &bytes) == 1)
			break;
	}
	if (file)
		fclose(file);
	return bytes;
}

static struct json_object *memory(void)
{
	struct json_object *o = json_object_new_object();
	DIR *dir = opendir(TSEM_PINS "/maps");
	struct dirent *entry;
	int64_t total = 0;

	while (dir && (entry = readdir(dir))) {
		char path[512];
		int64_t bytes;
		int fd;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), TSEM_PINS "/maps/%s", entry->d_name);
		fd = bpf_obj_get(path);
		if (fd < 0)
			continue;
		bytes = map_memory(fd);
		total += bytes;
		json_object_object_add(o, entry->d_name, json_object_new_int64(bytes));
		close(fd);
	}
	if (dir)
		closedir(dir);
	json_object_object_add(o, "total", json_object_new_int64(total));
	return o;
}

/*
 * Does the register match the extended part of the log? The kernel's queue and events continue meanwhile.
 */
static const char *register_says(struct tsem *tsem, const struct root_state *before)
{
	u64 least = before->extended < before->pending ? 0 : before->extended - before->pending;
	u8(*log)[TSEM_DIGEST_MAX], value[TPM_PCR_SIZE];
	struct root_chain chain;
	struct root_state now;
	int64_t position;

	if (tpm__register(TPM_PCRS, before->pcr, value) || root__state(tsem, &now) || root__log(tsem, now.logged, &log))
		return "unknown";
	chain = root__chain(&now);
	position = root__position(&chain, log, least, now.logged, value);
	free(log);
	return position < 0 ? "differs" : "matches";
}

static void add_root(struct tsem *tsem, struct json_object *status)
{
	struct json_object *o = json_object_new_object();
	struct root_state state;
	int err = root__state(tsem, &state);

	json_object_object_add(status, "root_model", json_object_new_string(!err && state.on ? "model" : "off"));
	if (err || !state.on) {
		json_object_put(o);
		return;
	}
	if (state.pcr != ROOT_NO_PCR) {
		json_object_object_add(o, "pcr", json_object_new_int64(state.pcr));
		json_object_object_add(o, "register", json_object_new_string(register_says(tsem, &state)));
	}
	json_object_object_add(o, "logged", json_object_new_int64(state.logged));
	json_object_object_add(o, "extended", json_object_new_int64(state.extended - state.pending));
	json_object_object_add(o, "failed", json_object_new_int64(state.failed));
	json_object_object_add(o, "error", json_object_new_string(state.error ? strerror(-state.error) : ""));
	json_object_object_add(o, "lost", json_object_new_int64(state.lost));
	json_object_object_add(status, "root", o);
}

static struct json_object *collect(struct tsem *tsem)
{
	struct json_object *status = json_object_new_object(), *programs = json_object_new_object();
	struct json_object *namespaces = json_object_new_array(), *load = json_object_new_object();
	char anchor[POLICY_ANCHOR_SIZE];
	struct tsem_globals g = {};

	json_object_object_add(programs, "attached", json_object_new_array());
	json_object_object_add(programs, "missing", json_object_new_array());
	json_object_object_add(programs, "no_hook", json_object_new_array());
	skel__programs(add_program, programs);
	json_object_object_add(status, "programs", programs);
	add_root(tsem, status);
	namespace__each(tsem, add_namespace, &(struct listing){ tsem, namespaces });
	json_object_object_add(status, "namespaces", namespaces);
	json_object_object_add(status, "memory", memory());
	tsem__globals(tsem, &g);
	json_object_object_add(load, "time", json_object_new_int64(g.load_time));
	json_object_object_add(load, "max_coefficients", json_object_new_int64(g.max_coefficients));
	json_object_object_add(load, "max_namespaces", json_object_new_int64(g.max_namespaces));
	json_object_object_add(load, "require_signed_models",
			       json_object_new_boolean(g.policy & TSEM_POLICY_SIGNED_MODELS));
	json_object_object_add(load, "locked", json_object_new_boolean(g.locked));
	if (g.policy & TSEM_POLICY_SIGNED_MODELS)
		add_word(load, "trust_anchor", policy__anchor(anchor) ? NULL : anchor);
	json_object_object_add(load, "fork_failures", json_object_new_int64(g.fork_failures));
	json_object_object_add(load, "cross_namespace_signals", json_object_new_int64(g.cross_namespace_signals));
	json_object_object_add(load, "guarded", json_object_new_int64(g.guarded));
	json_object_object_add(status, "load", load);
	return status;
}

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(o, key, &value);
	return value;
}

static int64_t number(struct json_object *o, const char *key)
{
	return json_object_get_int64(get(o, key));
}

static void print_names(const char *what, struct json_object *list)
{
	printf("%s", what);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		printf(" %s", json_object_get_string(json_object_array_get_idx(list, i)));
	putchar('\n');
}

static void print_root(struct json_object *status)
{
	struct json_object *root = get(status, "root");

	printf("root model: %s\n", json_object_get_string(get(status, "root_model")));
	if (!root)
		return;
	if (!get(root, "pcr")) {
		printf("    no TPM; %" PRId64 " coefficients logged, %" PRId64 " lost\n", number(root, "logged"),
		       number(root, "lost"));
		return;
	}
	printf("    PCR %" PRId64 " %s the log: %" PRId64 " of %" PRId64 " coefficients extended, %" PRId64
	       " refused by the TPM%s%s, %" PRId64 " lost\n",
	       number(root, "pcr"), json_object_get_string(get(root, "register")), number(root, "extended"),
	       number(root, "logged"), number(root, "failed"), number(root, "failed") ? ": " : "",
	       json_object_get_string(get(root, "error")), number(root, "lost"));
}

static const char *word(struct json_object *o, const char *key)
{
	return json_object_get_string(get(o, key));
}

static void print_agent(struct json_object *agent)
{
	const char *identity = word(agent, "identity"), *why = word(agent, "why");

	if (!agent)
		return;
	printf("    agent %s%s%s%s: %s%s%s; ask %s, wait %" PRId64 " ms, miss %s\n", word(agent, "agent"),
	       *identity ? " (" : "", identity, *identity ? ")" : "",
	       json_object_get_boolean(get(agent, "answers")) ? "answers" : "DOES NOT ANSWER", *why ? ": " : "", why,
	       word(agent, "ask"), number(agent, "wait"), word(agent, "miss"));
	printf("    questions %" PRId64 ", verdicts %" PRId64 ", misses %" PRId64 ", unsent %" PRId64
	       ", refused %" PRId64 "\n",
	       number(agent, "questions"), number(agent, "verdicts"), number(agent, "misses"), number(agent, "unsent"),
	       number(agent, "refused"));
}

static void print_namespace(struct json_object *ns)
{
	printf("namespace %" PRId64 " (%s): %s, %" PRId64 " tasks, %" PRId64 " coefficients, %" PRId64
	       " outside of the model, %" PRId64 " denied, %" PRId64 " untrusted tasks\n",
	       number(ns, "id"), word(ns, "name"), word(ns, "mode"), number(ns, "tasks"), number(ns, "coefficients"),
	       number(ns, "forensics"), number(ns, "denied"), number(ns, "untrusted_tasks"));
	printf("    digest %s, content %s, encoding %s, scope %s, instances %" PRId64 ", %" PRId64
	       " pseudonyms, %" PRId64 " patterns, %" PRId64 " strict directories\n",
	       word(ns, "digest"), word(ns, "content"), word(ns, "encoding"), word(ns, "scope"),
	       number(ns, "instances"), number(ns, "pseudonyms"), number(ns, "patterns"), number(ns, "strict"));
	print_agent(get(ns, "external"));
	printf("    on violation: %s", word(ns, "on_violation"));
	json_object_object_foreach(get(ns, "actions"), event, action)
		printf(", %s %s", event, json_object_get_string(action));
	printf("\n    lost:");
	json_object_object_foreach(get(ns, "lost"), reason, count)
		printf(" %s %" PRId64, reason, json_object_get_int64(count));
	putchar('\n');
}

static void print_load(struct json_object *status)
{
	struct json_object *load = get(status, "load");

	printf("memory: %" PRId64 " KiB in maps; room for %" PRId64 " coefficients, %" PRId64 " namespaces\n",
	       number(get(status, "memory"), "total") / 1024, number(load, "max_coefficients"),
	       number(load, "max_namespaces"));
	printf("failed forks %" PRId64 ", denied signals across namespaces %" PRId64
	       ", denied attempts on tsem-bpf %" PRId64 "\n",
	       number(load, "fork_failures"), number(load, "cross_namespace_signals"), number(load, "guarded"));
}

static void print(struct json_object *status)
{
	struct json_object *programs = get(status, "programs"), *missing = get(programs, "missing");
	struct json_object *no_hook = get(programs, "no_hook"), *namespaces = get(status, "namespaces");
	struct json_object *load = get(status, "load");

	printf("programs: %zu attached, %.1f s after the boot began\n",
	       json_object_array_length(get(programs, "attached")), number(load, "time") / 1e9);
	if (json_object_array_length(no_hook))
		print_names("this kernel has no hook:", no_hook);
	if (json_object_array_length(missing))
		print_names("DEGRADED, not attached any more:", missing);
	print_root(status);
	if (json_object_get_boolean(get(load, "require_signed_models")))
		printf("policy: models have to be signed; the trust anchor has sha256 %s\n",
		       word(load, "trust_anchor"));
	if (json_object_get_boolean(get(load, "locked")))
		puts("policy: locked, until unload");
	for (size_t i = 0; i < json_object_array_length(namespaces); i++)
		print_namespace(json_object_array_get_idx(namespaces, i));
	print_load(status);
}

int cmd_status(int argc, char **argv)
{
	struct json_object *status;
	bool json = false;
	struct tsem tsem;
	int err;

	err = cmd__flag(argc, argv, "json", &json) ?: cmd__open(&tsem);
	if (err)
		return err;
	status = collect(&tsem);
	if (json)
		puts(event__line(status));
	else
		print(status);
	err = json_object_array_length(get(get(status, "programs"), "missing")) ? EXIT_FAILED : EXIT_DONE;
	json_object_put(status);
	tsem__close(&tsem);
	return err;
}
