// SPDX-License-Identifier: GPL-2.0
/* Opens the pins and runs the control program. */
#include "tsem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "tsem_task.h"

struct pinned {
	const char *name;
	size_t offset;
	u32 value_size;
};

static const struct pinned maps[] = {
	{ "tsem_tasks", offsetof(struct tsem, tasks), sizeof(struct tsem_task) },
	{ "tsem_namespaces", offsetof(struct tsem, namespaces), sizeof(struct tsem_namespace) },
	{ "tsem_coefficients", offsetof(struct tsem, coefficients), sizeof(struct tsem_coefficient) },
	{ "tsem_memo", offsetof(struct tsem, memo), sizeof(struct tsem_memo) },
	{ "tsem_tails", offsetof(struct tsem, tails), sizeof(struct tsem_tail) },
	{ "tsem_pseudonyms", offsetof(struct tsem, pseudonyms), sizeof(struct tsem_tail) },
	{ "tsem_patterns", offsetof(struct tsem, patterns), sizeof(struct tsem_pattern) },
	{ "tsem_marks", offsetof(struct tsem, marks), sizeof(struct tsem_mark) },
	{ "tsem_creations", offsetof(struct tsem, creations), sizeof(u64) },
	{ "tsem_directories", offsetof(struct tsem, directories), sizeof(struct tsem_directory) },
	{ "tsem_inherited", offsetof(struct tsem, inherited), sizeof(struct tsem_inherited) },
	{ "tsem_questions", offsetof(struct tsem, questions), sizeof(struct tsem_question) },
	{ "tsem_ports", offsetof(struct tsem, ports), sizeof(struct tsem_ports) },
	{ "tsem_ipc", offsetof(struct tsem, ipc), sizeof(struct tsem_owner) },
	{ "tsem_signals", offsetof(struct tsem, signals), sizeof(u32) },
	{ "tsem_rings", offsetof(struct tsem, rings), 4 },
	{ "tsem_globals", offsetof(struct tsem, globals), sizeof(struct tsem_globals) },
	{ "tsem_root", offsetof(struct tsem, root), sizeof(struct tsem_root) },
	{ "tsem_log", offsetof(struct tsem, log), sizeof(struct tsem_log) },
};

int tsem__open(struct tsem *tsem)
{
	char path[128];

	memset(tsem, -1, sizeof(*tsem));
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		struct bpf_map_info info = {};
		u32 size = sizeof(info);
		int fd, err;

		snprintf(path, sizeof(path), TSEM_PINS "/maps/%s", maps[i].name);
		fd = bpf_obj_get(path);
		if (fd < 0) {
			err = -errno;
			tsem__close(tsem);
			return err;
		}
		*(int *)((char *)tsem + maps[i].offset) = fd;
		if (bpf_map_get_info_by_fd(fd, &info, &size) || info.value_size != maps[i].value_size) {
			tsem__close(tsem);
			return -EPROTO;
		}
	}
	tsem->control = bpf_obj_get(TSEM_PINS "/progs/tsem_control");
	if (tsem->control < 0) {
		int err = -errno;

		tsem__close(tsem);
		return err;
	}
	return 0;
}

void tsem__close(struct tsem *tsem)
{
	int *fds = (int *)tsem;

	for (size_t i = 0; i < sizeof(*tsem) / sizeof(int); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* Runs the program. 0, or its error. */
static int control_run(struct tsem *tsem, struct tsem_control *control)
{
	/* The kernel copies the program's changes back to this buffer. */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = control, .ctx_size_in = sizeof(*control));

	return bpf_prog_test_run_opts(tsem->control, &opts) ? -errno : control->error;
}

int tsem__control_answer(struct tsem *tsem, u32 verb, u32 ns, u8 *value, u64 *result)
{
	struct tsem_control control = { .verb = verb, .ns = ns };
	int err;

	if (value)
		memcpy(control.value, value, sizeof(control.value));
	err = control_run(tsem, &control);
	if (result)
		*result = control.result;
	if (value)
		memcpy(value, control.value, sizeof(control.value));
	return err;
}

int tsem__control(struct tsem *tsem, u32 verb, u32 ns, const u8 *value, u64 *result)
{
	u8 copy[TSEM_DIGEST_MAX];

	if (value)
		memcpy(copy, value, sizeof(copy));
	return tsem__control_answer(tsem, verb, ns, value ? copy : NULL, result);
}

int tsem__control_pattern(struct tsem *tsem, u32 ns, const struct tsem_pattern *pattern)
{
	struct tsem_control control = { .verb = TSEM_CONTROL_PATTERN, .ns = ns, .pattern = *pattern };

	return control_run(tsem, &control);
}

/* Notes the address in a line of /proc/kallsyms, "ADDRESS TYPE NAME". A symbol of a module ends in "\t[MODULE]". */
static int symbol_note(struct tsem_symbol *symbols, size_t count, const char *line)
{
	const char *name = strchr(line, ' ');
	u64 address;

	name = name ? strchr(name + 1, ' ') : NULL;
	if (!name)
		return 0;
	name++;
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(symbols[i].name);

		/* There are 200,000 lines: nothing that costs more comes before this. */
		if (strncmp(name, symbols[i].name, size) || name[size] != '\n')
			continue;
		address = strtoull(line, NULL, 16);
		if (symbols[i].listed && symbols[i].address != address)
			return -ENOTUNIQ;
		symbols[i].listed = true;
		symbols[i].address = address;
	}
	return 0;
}

int tsem__symbols(struct tsem_symbol *symbols, size_t count)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];
	int err = 0;

	for (size_t i = 0; i < count; i++)
		symbols[i] = (struct tsem_symbol){ .name = symbols[i].name };
	if (!file)
		return -errno;
	while (!err && fgets(line, sizeof(line), file))
		err = symbol_note(symbols, count, line);
	fclose(file);
	return err;
}

static bool types_have(const char *function)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool found = btf && btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) > 0;

	btf__free(btf);
	return found;
}

bool tsem__ima_policy(void)
{
	/* Without a policy only the boot aggregate is measured. Not all kernels can read the policy itself. */
	FILE *count = fopen("/sys/kernel/security/ima/runtime_measurements_count", "re");
	FILE *policy = fopen("/sys/kernel/security/ima/policy", "re");
	unsigned long measured = 0;
	bool loaded;

	loaded = (count && fscanf(count, "%lu", &measured) == 1 && measured > 1) || (policy && fgetc(policy) != EOF);
	if (count)
		fclose(count);
	if (policy)
		fclose(policy);
	return loaded;
}

bool tsem__patched(void)
{
	static int answer = -1;

	if (answer >= 0)
		return answer;
	/* `load` makes this map only on a patched kernel. */
	if (!access(TSEM_PINS "/maps", F_OK))
		answer = !access(TSEM_PINS "/maps/tsem_hashes", F_OK);
	else
		answer = types_have("bpf_tsem_hash_create");
	return answer;
}

bool tsem__policy(struct tsem *tsem, u64 policy)
{
	struct tsem_globals globals;

	return tsem__globals(tsem, &globals) || globals.policy & policy;
}

int tsem__globals(struct tsem *tsem, struct tsem_globals *globals)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(tsem->globals, &zero, globals) ? -errno : 0;
}
