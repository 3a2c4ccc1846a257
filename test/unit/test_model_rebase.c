// SPDX-License-Identifier: GPL-2.0
/* New files: found without leaving their directory; and the models that follow from them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "model_fixture.h"
#include "model_rebase.h"

#define EXEC(path) FIXTURE_FILE(path, "0100755", "32800", CONTENT)

static char directory[64];

static char *below(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s%s", directory, name);
	return path;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(below(name), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(below(name), mode), 0);
}

static int setup(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_model_rebase.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	mkdir(below("/root"), 0755);
	mkdir(below("/root/bin"), 0755);
	write_file("/secret", "secret", 0644);
	return 0;
}

static int teardown(void **state)
{
	struct newfiles files = { .directory = -1, .unpacked = strdup(directory) };

	(void)state;
	newfiles__close(&files);
	return access(directory, F_OK) ? 0 : -1;
}

static int look(const char *path, u8 *digest)
{
	struct newfiles files;
	struct stat st;
	int err = newfiles__open(&files, below("/root"));

	assert_int_equal(err, 0);
	err = newfiles__hash(&files, path, TSEM_DIGEST_SHA256, digest, &st);
	newfiles__close(&files);
	return err;
}

static void no_name_leaves_the_directory(void **state)
{
	u8 digest[TSEM_DIGEST_MAX], want[TSEM_DIGEST_MAX] = {};

	(void)state;
	write_file("/root/bin/sh", "shell", 0755);
	assert_int_equal(digest__hash(TSEM_DIGEST_SHA256, "shell", 5, want), 0);
	assert_int_equal(look("/bin/sh", digest), 0);
	assert_memory_equal(digest, want, TSEM_DIGEST_MAX);
	assert_int_equal(symlink("../../secret", below("/root/bin/link")), 0);
	assert_int_equal(symlink(directory, below("/root/up")), 0);
	assert_int_equal(symlink("/proc/self/root", below("/root/magic")), 0);
	assert_int_equal(look("/bin/link", digest), -ELOOP);
	assert_int_equal(look("/up/secret", digest), -ELOOP);
	assert_int_equal(look("/magic/etc/passwd", digest), -ELOOP);
	assert_int_equal(look("/../secret", digest), -EINVAL);
	assert_int_equal(look("/bin/../../secret", digest), -EINVAL);
	assert_int_equal(look("/bin/./sh", digest), -EINVAL);
	assert_int_equal(look("//bin/sh", digest), -EINVAL);
	assert_int_equal(look("/bin/", digest), -EINVAL);
	assert_int_equal(look("bin/sh", digest), -EINVAL);
	assert_int_equal(look("/", digest), -EINVAL);
	assert_int_equal(look("", digest), -EINVAL);
	assert_int_equal(look("/bin/none", digest), -ENOENT);
	assert_int_equal(look("/bin/sh/none", digest), -ENOENT);
}

/* Opening a FIFO would wait for a writer. */
static void only_regular_files_are_opened(void **state)
{
	u8 digest[TSEM_DIGEST_MAX];

	(void)state;
	assert_int_equal(mkfifo(below("/root/fifo"), 0644), 0);
	assert_int_equal(look("/fifo", digest), -EMEDIUMTYPE);
	assert_int_equal(look("/bin", digest), -EMEDIUMTYPE);
}

/* Each program is the parent of the next, and the last one does something. */
static void write_chain(struct fixture *f, const char *digest, int length)
{
	char id[TASK_ID_HEX] = NONE, parent[TASK_ID_HEX], cell[512];

	fixture_begin(f, "");
	for (int i = 0; i < length; i++) {
		strcpy(parent, id);
		snprintf(cell, sizeof(cell), FIXTURE_FILE("/bin/sh", "0100755", "32800", "%s"), digest);
		fixture_state(f->out, &f->events, fixture_event("bprm_committing_creds", parent, parent, cell), id);
	}
	snprintf(cell, sizeof(cell), "'target':'%s','sig':'9','cross_ns':'0'", parent);
	fixture_state(f->out, &f->events, fixture_event("task_kill", id, parent, cell), NULL);
	fixture_end(f);
}

/* The states of the model backwards: what comes from a TASK_ID stands before it. */
static void reverse(struct model *model)
{
	for (size_t i = 0, k = model->states.count - 1; i < k; i++, k--) {
		struct model_event event = model->events[i];
		u8 digest[TSEM_DIGEST_MAX];

		memcpy(digest, model->states.digest[i], TSEM_DIGEST_MAX);
		memcpy(model->states.digest[i], model->states.digest[k], TSEM_DIGEST_MAX);
		memcpy(model->states.digest[k], digest, TSEM_DIGEST_MAX);
		model->events[i] = model->events[k];
		model->events[k] = event;
	}
}

static void every_program_of_a_chain_follows_in_any_order(void **state)
{
	static const int LENGTH = 2000;
	char hex[TASK_ID_HEX];
	struct newfiles files;
	u8 digest[TSEM_DIGEST_MAX];

	(void)state;
	write_file("/root/bin/sh", "new shell", 0755);
	assert_int_equal(look("/bin/sh", digest), 0);
	digest__to_hex(digest, 32, hex);
	assert_int_equal(newfiles__open(&files, below("/root")), 0);
	for (int backwards = 0; backwards < 2; backwards++) {
		struct fixture old, new;
		struct model_rebase rebase;

		write_chain(&old, CONTENT, LENGTH);
		write_chain(&new, hex, LENGTH);
		if (backwards) {
			reverse(&old.model);
			reverse(&new.model);
		}
		assert_int_equal(model_rebase__make(&rebase, &old.model, &files), 0);
		assert_int_equal(rebase.programs, LENGTH);
		assert_int_equal(rebase.coefficients, LENGTH + 1);
		assert_int_equal(old.model.states.count, new.model.states.count);
		assert_memory_equal(old.model.states.digest, new.model.states.digest,
				    new.model.states.count *TSEM_DIGEST_MAX);
		fixture_free(&old);
		model_rebase__free(&rebase);
		fixture_free(&new);
	}
	newfiles__close(&files);
}

static enum model_file_state state_of(struct fixture *f, const char *path)
{
	struct model_files list;
	struct model_file *file;
	struct newfiles files;
	enum model_file_state state;

	assert_int_equal(newfiles__open(&files, below("/root")), 0);
	assert_int_equal(model_files__list(&list, &f->events), 0);
	assert_int_equal(model_files__look(&list, &files), 0);
	file = model_files__find(&list, path);
	state = file ? file->state : MODEL_FILE_ABSENT;
	model_files__free(&list);
	newfiles__close(&files);
	return state;
}

static void content_counts_only_where_the_kernel_hashes_it(void **state)
{
	char pseudonym[128] = "pseudonym ", path[] = "/pseudo";
	u8 text[4 + sizeof(path)] = { sizeof(path) - 1 }, digest[TSEM_DIGEST_MAX];
	struct fixture f;

	(void)state;
	memcpy(text + 4, path, sizeof(path) - 1);
	assert_int_equal(digest__hash(TSEM_DIGEST_SHA256, text, 4 + sizeof(path) - 1, digest), 0);
	digest__to_hex(digest, 32, pseudonym + 10);
	strcat(pseudonym, "\npattern /any/*.log any\n");
	fixture_begin(&f, "pattern /other/*\nstrict /up\n");
	/* The lines of a model in their order: patterns before states. */
	fputs(pseudonym, f.out);
	fixture_state(f.out, &f.events,
		      fixture_event("file_open", NONE, NONE,
				    FIXTURE_FILE("/pseudo", "0100644", "32768", EMPTY_CONTENT)),
		      NULL);
	fixture_state(f.out, &f.events,
		      fixture_event("file_open", NONE, NONE, FIXTURE_FILE("/empty", "0100644", "32768", EMPTY_CONTENT)),
		      NULL);
	fixture_state(f.out, &f.events,
		      fixture_event("file_open", NONE, NONE, FIXTURE_FILE("/dir", "040755", "32768", EMPTY_CONTENT)),
		      NULL);
	fixture_state(f.out, &f.events,
		      fixture_event("file_open", NONE, NONE, FIXTURE_FILE("/data", "0100644", "32768", CONTENT)), NULL);
	fixture_state(f.out, &f.events,
		      fixture_event("file_open", NONE, NONE,
				    FIXTURE_FILE("/up/made", "0100644", "32768", EMPTY_CONTENT)),
		      NULL);
	fixture_state(f.out, &f.events,
		      fixture_event("file_open", NONE, NONE, FIXTURE_FILE("/up/old", "0100644", "32768", CONTENT)),
		      NULL);
	fixture_end(&f);
	mkdir(below("/root/up"), 0755);
	write_file("/root/up/made", "x", 0644);
	write_file("/root/up/old", "x", 0644);
	write_file("/root/pseudo", "x", 0644);
	write_file("/root/empty", "", 0644);
	write_file("/root/dir", "x", 0644);
	write_file("/root/data", "x", 0644);
	assert_int_equal(state_of(&f, "/pseudo"), MODEL_FILE_ABSENT);
	assert_int_equal(state_of(&f, "/dir"), MODEL_FILE_ABSENT);
	/* A file that the workload makes has no content, and below a directory with strict names no mark. */
	assert_int_equal(state_of(&f, "/up/made"), MODEL_FILE_ABSENT);
	assert_int_equal(state_of(&f, "/up/old"), MODEL_FILE_CHANGED);
	assert_int_equal(state_of(&f, "/empty"), MODEL_FILE_SAME);
	assert_int_equal(state_of(&f, "/data"), MODEL_FILE_CHANGED);
	write_file("/root/empty", "no more", 0644);
	assert_int_equal(state_of(&f, "/empty"), MODEL_FILE_CHANGED);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_name_leaves_the_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(only_regular_files_are_opened, setup, teardown),
		cmocka_unit_test_setup_teardown(every_program_of_a_chain_follows_in_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(content_counts_only_where_the_kernel_hashes_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
