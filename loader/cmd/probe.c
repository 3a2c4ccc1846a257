// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf probe: what this kernel has and lacks, one line each, with what to do about it or what it costs. Changes and
 * attaches nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <json-c/json.h>

#include "caps.h"
#include "cmd.h"
#include "event.h"
#include "skel.h"

#define BPF_FS_MAGIC 0xcafe4a11

enum finding { GOOD, LACKS, BLOCKS };

static struct json_object *findings;
static bool blocked;

static void say(enum finding finding, const char *what, const char *text)
{
	static const char *const words[] = { "yes", "no", "NO" };
	struct json_object *o;

	blocked |= finding == BLOCKS;
	if (!findings) {
		printf("%-4s%-22s %s\n", words[finding], what, text);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "what", json_object_new_string(what));
	json_object_object_add(o, "there", json_object_new_boolean(finding == GOOD));
	json_object_object_add(o, "needed", json_object_new_boolean(finding == BLOCKS));
	json_object_object_add(o, "text", json_object_new_string(text));
	json_object_array_add(findings, o);
}

/* The first line of a file; empty if it cannot be read. */
static const char *first_line(const char *path)
{
	static char line[4096];
	FILE *file = fopen(path, "re");

	line[0] = 0;
	if (file) {
		if (fgets(line, sizeof(line), file))
			line[strcspn(line, "\n")] = 0;
		fclose(file);
	}
	return line;
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n) {
		if ((p == list || p[-1] == ',') && (!p[n] || p[n] == ','))
			return true;
	}
	return false;
}

static bool symbol_exists(const char *name)
{
	struct tsem_symbol symbol = { .name = name };

	tsem__symbols(&symbol, 1);
	return symbol.listed;
}

static void probe_lsm(void)
{
	const char *list = first_line("/sys/kernel/security/lsm");
	char text[600];

	if (!*list) {
		say(LACKS, "lsm= order", "unknown; mount -t securityfs securityfs /sys/kernel/security");
	} else if (has_word(list, "bpf")) {
		snprintf(text, sizeof(text), "bpf is active (%s)", list);
		say(GOOD, "lsm= order", text);
	} else {
		snprintf(text, sizeof(text), "boot with lsm=%s,bpf", list);
		say(BLOCKS, "lsm= order", text);
	}
}

struct hooks {
	int there;
	int lacking;
	char names[256];
};

static int count_hook(const char *program, const char *hook, enum skel_state state, void *data)
{
	struct hooks *hooks = data;
	size_t used = strlen(hooks->names);

	(void)program;
	if (state != SKEL_NO_HOOK) {
		hooks->there++;
		return 0;
	}
	hooks->lacking++;
	snprintf(hooks->names + used, sizeof(hooks->names) - used, " %s", hook);
	return 0;
}

static void probe_hooks(void)
{
	struct hooks hooks = {};
	char text[400];

	if (skel__programs(count_hook, &hooks)) {
		say(BLOCKS, "BTF", "this kernel has no /sys/kernel/btf/vmlinux; it needs CONFIG_DEBUG_INFO_BTF=y");
		return;
	}
	say(GOOD, "BTF", "/sys/kernel/btf/vmlinux");
	if (!hooks.there) {
		say(BLOCKS, "hooks", "none: the kernel needs CONFIG_BPF_LSM=y");
		return;
	}
	snprintf(text, sizeof(text), "%d programs have their hook%s%s", hooks.there,
		 hooks.lacking ? "; left out, because their hook is missing:" : "", hooks.names);
	say(hooks.lacking ? LACKS : GOOD, "hooks", text);
}

static void probe_content(void)
{
	/* The helper also exists without IMA; it then returns EOPNOTSUPP. */
	if (symbol_exists("bpf_tsem_hash_file"))
		say(GOOD, "file digests", "by the patched kernel, any hash");
	else if (!symbol_exists("ima_file_hash"))
		say(BLOCKS, "file digests", "the kernel needs CONFIG_IMA=y");
	else if (strstr(first_line("/proc/cmdline"), "ima_hash=") &&
		 !strstr(first_line("/proc/cmdline"), "ima_hash=sha256"))
		say(BLOCKS, "file digests", "IMA hashes with another function; boot without ima_hash=");
	else if (tsem__ima_policy())
		say(LACKS, "file digests",
		    "by IMA, sha256; an IMA policy is loaded: a file that is open for writing is outside of every model");
	else
		say(GOOD, "file digests", "by IMA, sha256");
}

static void probe_system(void)
{
	const char *lockdown = first_line("/sys/kernel/security/lockdown");
	struct tsem_symbol symbol = { .name = "rename_lock" };
	struct statfs fs;

	tsem__symbols(&symbol, 1);
	if (!statfs("/sys/fs/bpf", &fs) && (u32)fs.f_type == BPF_FS_MAGIC)
		say(GOOD, "BPF filesystem", "/sys/fs/bpf");
	else
		say(BLOCKS, "BPF filesystem", "mount -t bpf bpf /sys/fs/bpf");
	if (strstr(lockdown, "[confidentiality]"))
		say(BLOCKS, "lockdown",
		    "confidentiality: BPF may not read kernel memory; boot with lockdown=integrity at most");
	else
		say(GOOD, "lockdown", *lockdown ? lockdown : "not active");
	if (symbol.address)
		say(GOOD, "addresses", "/proc/kallsyms has them");
	else if (!symbol.listed)
		say(BLOCKS, "addresses", "the kernel needs CONFIG_KALLSYMS_ALL=y");
	else if (!strcmp(first_line("/proc/sys/kernel/kptr_restrict"), "2"))
		say(BLOCKS, "addresses", "hidden in /proc/kallsyms; load with sysctl kernel.kptr_restrict=1");
	else
		say(LACKS, "addresses", "hidden in /proc/kallsyms from this process; load needs CAP_SYSLOG");
	if (strcmp(first_line("/proc/sys/kernel/unprivileged_bpf_disabled"), "0"))
		say(GOOD, "unprivileged BPF", "disabled");
	else
		say(LACKS, "unprivileged BPF", "allowed; sysctl kernel.unprivileged_bpf_disabled=2 is safer");
}

static void probe_tier(void)
{
	char text[128];

	snprintf(text, sizeof(text), "%s guards control; this process %s", caps__control_name(),
		 caps__holds_control() ? "holds it" : "does not hold it");
	say(caps__holds_control() ? GOOD : LACKS, "control capability", text);
	if (!strcmp(caps__control_name(), "CAP_ML"))
		say(GOOD, "CAP_ML", "a capability of its own");
	else
		say(LACKS, "CAP_ML", "a stock kernel: CAP_MAC_ADMIN is used, which other LSMs use as well");
	if (symbol_exists("bpf_tsem_hash_buffer"))
		say(GOOD, "hashes", "those of the kernel's crypto API, for coefficients and files");
	else
		say(LACKS, "hashes", "a stock kernel: sha256, sha3-256 and sm3 for coefficients, sha256 for files");
	if (!access("/sys/class/tpm/tpm0", F_OK))
		say(GOOD, "TPM", "the aggregate is over its PCR 0 to 7");
	else
		say(LACKS, "TPM", "none: the aggregate is zero");
}

int cmd_probe(int argc, char **argv)
{
	struct utsname system;
	bool json = false;
	int err;

	err = cmd__flag(argc, argv, "json", &json);
	if (err)
		return err;
	if (json)
		findings = json_object_new_array();
	uname(&system);
	say(GOOD, "kernel", system.release);
	probe_lsm();
	probe_hooks();
	probe_content();
	probe_system();
	probe_tier();
	if (findings) {
		puts(event__line(findings));
		json_object_put(findings);
	}
	if (blocked)
		return cmd__fail(EXIT_KERNEL,
				 "probe: not usable here; each line that begins with NO says what it needs");
	return EXIT_DONE;
}
