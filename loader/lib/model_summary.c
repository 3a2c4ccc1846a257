// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the coefficients of each program by group and by what is done. The result grows with the distinct words, not
 * with the model: one description at a time is in memory.
 */
#include "model_summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model_words.h"

enum group {
	GROUP_SYSTEM = 0, /* of events that the table does not name */
	GROUP_EXECUTES,
	GROUP_MAPS,
	GROUP_READS,
	GROUP_WRITES,
	GROUP_CHANGES,
	GROUP_ASKS,
	GROUP_FILES,
	GROUP_SOCKETS,
	GROUP_CAPABILITIES,
	GROUP_PROCESSES,
	GROUP_IPC,
	GROUPS
};

static const char *const group_names[GROUPS] = {
	[GROUP_EXECUTES] = "executes",
	[GROUP_MAPS] = "maps as code",
	[GROUP_READS] = "reads",
	[GROUP_WRITES] = "writes",
	[GROUP_CHANGES] = "makes, renames and removes files",
	[GROUP_ASKS] = "asks for attributes of",
	[GROUP_FILES] = "uses files in other ways",
	[GROUP_SOCKETS] = "uses sockets and the network",
	[GROUP_CAPABILITIES] = "uses capabilities",
	[GROUP_PROCESSES] = "controls processes",
	[GROUP_IPC] = "uses System V IPC and keys",
	[GROUP_SYSTEM] = "uses the system in other ways",
};

#define IN(group, event) [TSEM_EVENT_##event] = GROUP_##group

static const u8 groups[TSEM_EVENT_END] = {
	IN(EXECUTES, bprm_committing_creds),
	IN(CHANGES, inode_create),
	IN(CHANGES, inode_link),
	IN(CHANGES, inode_unlink),
	IN(CHANGES, inode_symlink),
	IN(CHANGES, inode_mkdir),
	IN(CHANGES, inode_rmdir),
	IN(CHANGES, inode_mknod),
	IN(CHANGES, inode_rename),
	IN(ASKS, inode_getattr),
	IN(FILES, file_ioctl),
	IN(FILES, file_lock),
	IN(FILES, file_fcntl),
	IN(FILES, file_receive),
	IN(FILES, path_notify),
	IN(FILES, inode_setattr),
	IN(FILES, inode_setxattr),
	IN(FILES, inode_getxattr),
	IN(FILES, inode_listxattr),
	IN(FILES, inode_removexattr),
	IN(FILES, inode_killpriv),
	IN(FILES, sb_statfs),
	IN(FILES, anon_inode),
	IN(SOCKETS, socket_create),
	IN(SOCKETS, socket_connect),
	IN(SOCKETS, socket_bind),
	IN(SOCKETS, socket_accept),
	IN(SOCKETS, socket_listen),
	IN(SOCKETS, socket_socketpair),
	IN(SOCKETS, socket_sendmsg),
	IN(SOCKETS, socket_recvmsg),
	IN(SOCKETS, socket_getsockname),
	IN(SOCKETS, socket_getpeername),
	IN(SOCKETS, socket_setsockopt),
	IN(SOCKETS, socket_shutdown),
	IN(SOCKETS, sctp_bind_connect),
	IN(SOCKETS, unix_stream_connect),
	IN(SOCKETS, unix_may_send),
	IN(SOCKETS, netlink_send),
	IN(CAPABILITIES, capable),
	IN(CAPABILITIES, capset),
	IN(PROCESSES, capget),
	IN(PROCESSES, task_kill),
	IN(PROCESSES, task_setpgid),
	IN(PROCESSES, task_getpgid),
	IN(PROCESSES, task_getsid),
	IN(PROCESSES, task_setnice),
	IN(PROCESSES, task_setioprio),
	IN(PROCESSES, task_getioprio),
	IN(PROCESSES, task_prlimit),
	IN(PROCESSES, task_setrlimit),
	IN(PROCESSES, task_setscheduler),
	IN(PROCESSES, task_getscheduler),
	IN(PROCESSES, task_prctl),
	IN(PROCESSES, ptrace_access_check),
	IN(PROCESSES, ptrace_traceme),
	IN(IPC, ipc_permission),
	IN(IPC, shm_alloc),
	IN(IPC, shm_associate),
	IN(IPC, shm_shmctl),
	IN(IPC, shm_shmat),
	IN(IPC, sem_alloc),
	IN(IPC, sem_associate),
	IN(IPC, sem_semctl),
	IN(IPC, sem_semop),
	IN(IPC, msg_queue_alloc),
	IN(IPC, msg_queue_associate),
	IN(IPC, msg_queue_msgsnd),
	IN(IPC, msg_queue_msgrcv),
	IN(IPC, msg_queue_msgctl),
	IN(IPC, key_alloc),
	IN(IPC, key_permission),
};

struct summary {
	struct model_events events;
	struct model_words *words;
	struct json_object *programs; /* by label, or by TASK_ID: { program, coefficients, users, does } */
	bool tree;
	size_t undescribed, mismatched;
};

static u64 number_at(struct json_object *json, const char *keys)
{
	struct json_object *value = model_words__at(json, keys);

	return value ? strtoull(json_object_get_string(value), NULL, 0) : 0;
}

/* The object under `key`, which is made if there is none. */
static struct json_object *object_at(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(o, key, &value))
		return value;
	value = json_object_new_object();
	if (value && json_object_object_add(o, key, value)) {
		json_object_put(value);
		value = NULL;
	}
	return value;
}

/* Adds one to the number under `key`. */
static int count_at(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(o, key, &value))
		return json_object_int_inc(value, 1) ? 0 : -ENOMEM;
	return json_object_object_add(o, key, json_object_new_int64(1)) ? -ENOMEM : 0;
}

/* Does an open, or a mapping, write? Values of asm-generic/fcntl.h. */
static enum group access_of(u32 event, struct json_object *json)
{
	u64 flags = number_at(json, "file_open.file.flags"), prot;

	if (event == TSEM_EVENT_file_open)
		return flags & 3 || flags & 01000 ? GROUP_WRITES : GROUP_READS;
	prot = number_at(json, "mmap_file.prot");
	if (prot & PROT_EXEC)
		return GROUP_MAPS;
	return prot & PROT_WRITE && number_at(json, "mmap_file.flags") & MAP_SHARED ? GROUP_WRITES : GROUP_READS;
}

/* The group of an event, and what is done in it, in words; the caller frees them. NULL: no memory. */
static char *what_of(struct summary *s, struct json_object *json, enum group *group)
{
	u32 event = s->events.record.event;
	struct json_object *file;

	*group = groups[event];
	if (event == TSEM_EVENT_capable)
		return model_words__capability(model_words__at(json, "capable.cap"));
	if (event == TSEM_EVENT_file_open || event == TSEM_EVENT_mmap_file)
		*group = access_of(event, json);
	file = *group == GROUP_ASKS ? model_words__at(json, "inode_getattr.path")
				    : model_words__at(model_words__at(json, event__name(event)), "file");
	if (file && *group <= GROUP_ASKS && *group != GROUP_CHANGES && *group != GROUP_SYSTEM)
		return model_words__path(s->words, file);
	return model_words__deed(s->words, json);
}

static int count_what(struct json_object *does, enum group group, const char *what)
{
	struct json_object *items = object_at(does, group_names[group]);

	return items ? count_at(items, what) : -ENOMEM;
}

static struct json_object *program_of(struct summary *s, struct json_object *json)
{
	const char *id = json_object_get_string(model_words__at(json, "event.task_id"));
	char *label = model_words__program(s->words, id, model_words__at(json, "event.process"));
	struct json_object *program = label ? object_at(s->programs, s->tree ? id : label) : NULL;

	if (program && !json_object_object_get_ex(program, "program", NULL))
		json_object_object_add(program, "program", json_object_new_string(label));
	free(label);
	return program;
}

static int count_event(struct summary *s, struct json_object *json)
{
	struct json_object *program = program_of(s, json), *does, *users;
	enum group group = GROUP_SYSTEM;
	char uid[24], *what;
	int err;

	if (!program)
		return -ENOMEM;
	users = object_at(program, "users");
	does = object_at(program, "does");
	what = what_of(s, json, &group);
	snprintf(uid, sizeof(uid), "%" PRIu64, number_at(json, "COE.euid"));
	err = users && does && what ? count_at(program, "coefficients") ?: count_at(users, uid) : -ENOMEM;
	err = err ?: count_what(does, group, what);
	free(what);
	return err;
}

static int count_all(struct summary *s)
{
	struct json_object *json;
	int err = 0;

	for (size_t i = 0; i < s->events.model->states.count && !err; i++) {
		err = model_events__get(&s->events, i, &json);
		s->undescribed += err == -ENOENT;
		s->mismatched += err == -EBADMSG;
		if (err == -ENOENT || err == -EBADMSG) {
			err = 0;
			continue;
		}
		if (err)
			break;
		err = count_event(s, json);
		json_object_put(json);
	}
	return err;
}

/* ---- the result ---- */

static int compare_text(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

/* The keys of an object, sorted; the caller frees the array, and the object keeps the strings. NULL: no memory. */
static const char **sorted_keys(struct json_object *o, size_t *count)
{
	const char **keys = calloc(json_object_object_length(o) + 1, sizeof(*keys));

	*count = 0;
	if (!keys)
		return NULL;
	json_object_object_foreach(o, key, value) {
		(void)value;
		keys[(*count)++] = key;
	}
	qsort(keys, *count, sizeof(*keys), compare_text);
	return keys;
}

static struct json_object *items_of(struct json_object *counts)
{
	struct json_object *array = json_object_new_array();
	size_t count;
	const char **keys = sorted_keys(counts, &count);

	for (size_t i = 0; keys && array && i < count; i++) {
		struct json_object *item = json_object_new_object();

		json_object_object_add(item, "what", json_object_new_string(keys[i]));
		json_object_object_add(item, "coefficients", json_object_get(json_object_object_get(counts, keys[i])));
		json_object_array_add(array, item);
	}
	free(keys);
	return array;
}

/* The program in its final form: groups in order, users and items as sorted arrays. */
static struct json_object *finish_program(struct json_object *from)
{
	struct json_object *program = json_object_new_object(), *does = json_object_new_object(), *items,
			   *users = json_object_new_array();

	json_object_object_add(program, "program", json_object_get(json_object_object_get(from, "program")));
	json_object_object_add(program, "coefficients", json_object_get(json_object_object_get(from, "coefficients")));
	json_object_object_foreach(json_object_object_get(from, "users"), uid, seen) {
		(void)seen;
		json_object_array_add(users, json_object_new_int64(strtoll(uid, NULL, 10)));
	}
	json_object_object_add(program, "users", users);
	for (u32 i = 1; i <= GROUPS; i++) {
		const char *name = group_names[i % GROUPS];

		if (json_object_object_get_ex(json_object_object_get(from, "does"), name, &items))
			json_object_object_add(does, name, items_of(items));
	}
	json_object_object_add(program, "does", does);
	return program;
}

static int list_programs(struct summary *s, struct json_object *array)
{
	size_t count;
	const char **keys = sorted_keys(s->programs, &count);

	for (size_t i = 0; keys && i < count; i++)
		json_object_array_add(array, finish_program(json_object_object_get(s->programs, keys[i])));
	free(keys);
	return keys ? 0 : -ENOMEM;
}

/* ---- the tree: a program is a child of the one with its PTASK_ID ---- */

struct node {
	const char *id;
	long parent, child, sibling; /* index, or -1 */
};

static int compare_node(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->id, ((const struct node *)b)->id);
}

static long find_node(const struct node *nodes, size_t count, const char *id)
{
	struct node key = { .id = id };
	const struct node *found = bsearch(&key, nodes, count, sizeof(key), compare_node);

	return found ? found - nodes : -1;
}

/* A TASK_ID is a hash over its PTASK_ID, so there are no circles. */
static void link_nodes(struct node *nodes, size_t count, struct json_object *started)
{
	for (size_t i = 0; i < count; i++)
		nodes[i].parent = nodes[i].child = nodes[i].sibling = -1;
	for (long i = count - 1; i >= 0; i--) {
		struct json_object *program = json_object_object_get(started, nodes[i].id);
		struct json_object *id = program ? json_object_object_get(program, "parent") : NULL;

		nodes[i].parent = id ? find_node(nodes, count, json_object_get_string(id)) : -1;
		if (nodes[i].parent < 0)
			continue;
		nodes[i].sibling = nodes[nodes[i].parent].child;
		nodes[nodes[i].parent].child = i;
	}
}

static void add_node(struct summary *s, const struct node *node, int depth, struct json_object *array)
{
	struct json_object *program = finish_program(json_object_object_get(s->programs, node->id));

	json_object_object_add(program, "task_id", json_object_new_string(node->id));
	json_object_object_add(program, "depth", json_object_new_int(depth));
	json_object_array_add(array, program);
}

static int list_tree(struct summary *s, struct json_object *started, struct json_object *array)
{
	size_t count = 0;
	struct node *nodes = calloc(json_object_object_length(s->programs) + 1, sizeof(*nodes));

	if (!nodes)
		return -ENOMEM;
	json_object_object_foreach(s->programs, id, program) {
		(void)program;
		nodes[count++].id = id;
	}
	qsort(nodes, count, sizeof(*nodes), compare_node);
	link_nodes(nodes, count, started);
	for (size_t root = 0; root < count; root++) {
		long at = root;
		int depth = 0;

		if (nodes[root].parent >= 0)
			continue;
		/* Not recursive: the author of a model decides how deep it is. */
		while (at >= 0) {
			add_node(s, &nodes[at], depth, array);
			if (nodes[at].child >= 0) {
				at = nodes[at].child;
				depth++;
				continue;
			}
			while (at >= 0 && at != (long)root && nodes[at].sibling < 0) {
				at = nodes[at].parent;
				depth--;
			}
			at = at == (long)root ? -1 : nodes[at].sibling;
		}
	}
	free(nodes);
	return 0;
}

static int finish(struct summary *s, struct json_object **out)
{
	struct json_object *o = json_object_new_object(), *array = json_object_new_array(),
			   *started = s->tree ? model_events__programs(&s->events) : NULL;
	int err = s->tree && !started ? -ENOMEM : 0;

	err = err ?: s->tree ? list_tree(s, started, array) : list_programs(s, array);
	json_object_put(started);
	json_object_object_add(o, "coefficients", json_object_new_int64(s->events.model->states.count));
	json_object_object_add(o, "undescribed", json_object_new_int64(s->undescribed));
	json_object_object_add(o, "mismatched", json_object_new_int64(s->mismatched));
	json_object_object_add(o, "programs", array);
	*out = o;
	if (err)
		json_object_put(o);
	return err;
}

int model_summary__make(const struct model *model, bool tree, struct json_object **out)
{
	struct summary *s = calloc(1, sizeof(*s));
	int err = s ? model_events__init(&s->events, model) : -ENOMEM;

	if (!err) {
		s->tree = tree;
		s->words = model_words__new();
		s->programs = json_object_new_object();
		err = s->words && s->programs ? model_words__take(s->words, &s->events) : -ENOMEM;
		err = err ?: count_all(s);
		err = err ?: finish(s, out);
		json_object_put(s->programs);
		model_words__free(s->words);
	}
	free(s);
	return err;
}
