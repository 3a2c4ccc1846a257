// SPDX-License-Identifier: GPL-2.0
/* Finds the mount of a directory by the text of mountinfo: its longest mount point, and of several the last. */
#include "strict.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The pathname of the directory without its final slash, and a NUL; "" for the root. */
static void path_of(const struct tsem_pattern *directory, char *path)
{
	memcpy(path, directory->text, directory->size - 1);
	path[directory->size - 1] = 0;
}

int strict__linked(const struct tsem_pattern *directory, char *real, size_t size)
{
	char path[TSEM_PATTERN_MAX], rest[TSEM_PATTERN_MAX] = "", found[PATH_MAX];
	char *slash;

	path_of(directory, path);
	while (*path && !realpath(path, found)) {
		if (errno != ENOENT && errno != ENOTDIR)
			return -errno;
		slash = strrchr(path, '/');
		*slash = 0;
		snprintf(rest, sizeof(rest), "%.*s", (int)(directory->size - (slash - path)),
			 (const char *)directory->text + (slash - path));
	}
	if (!*path || !strcmp(path, found))
		return 0;
	/* The final slash of `rest` is that of the directory. */
	if (*rest)
		rest[strlen(rest) - 1] = 0;
	snprintf(real, size, "%s%s", strcmp(found, "/") ? found : "", rest);
	return -ELOOP;
}

/* Undoes the escapes of mountinfo (\NNN, octal) in place. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' && text[2] <= '7' &&
		    text[3] >= '0' && text[3] <= '7') {
			*to++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = 0;
}

/* Is `path` the mount point or below it? Then the length of the mount point without a final slash, else -1. */
static long covered(const char *path, const char *point)
{
	size_t size = strcmp(point, "/") ? strlen(point) : 0;

	return !strncmp(path, point, size) && (!path[size] || path[size] == '/') ? (long)size : -1;
}

/* The root of the mount that `path` is in, in its filesystem; the caller frees it. *length: bytes of the mount point.
 */
static char *mount_of(FILE *mounts, const char *path, size_t *length)
{
	char *line = NULL, *root = NULL, *words[5];
	long longest = -1;
	size_t room = 0;

	while (getline(&line, &room, mounts) > 0) {
		char *rest = line;
		long size;

		/* id, parent, device, root in the filesystem, mount point */
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			words[i] = strsep(&rest, " ");
		if (!rest)
			continue;
		unescape(words[3]);
		unescape(words[4]);
		size = covered(path, words[4]);
		if (size < 0 || size < longest)
			continue;
		free(root);
		root = strdup(words[3]);
		longest = root ? size : -1;
	}
	free(line);
	*length = longest;
	return root;
}

int strict__in_filesystem(const struct tsem_pattern *directory, FILE *mounts, const char *root,
			  struct tsem_pattern *other)
{
	char path[PATH_MAX + TSEM_PATTERN_MAX], inner[TSEM_PATTERN_MAX], *of_mount;
	struct tsem_pattern p = { .flags = TSEM_PATTERN_STRICT };
	size_t length, size;

	path_of(directory, inner);
	if (snprintf(path, sizeof(path), "%s%s", root, inner) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	of_mount = mount_of(mounts, path, &length);
	if (!of_mount)
		return -ENOENT;
	size = snprintf((char *)p.text, sizeof(p.text), "%s%s/", strcmp(of_mount, "/") ? of_mount : "", path + length);
	free(of_mount);
	if (size >= sizeof(p.text))
		return -ENAMETOOLONG;
	if (size == 1 && directory->size > 1)
		return -EXDEV;
	p.size = size;
	p.prefix_size = size;
	*other = p;
	return 0;
}

int strict__add(struct patterns *list, const struct tsem_pattern *directory, const char *mountinfo, const char *root)
{
	FILE *mounts = fopen(mountinfo, "re");
	struct tsem_pattern other;
	int err;

	if (!mounts)
		return -errno;
	err = strict__in_filesystem(directory, mounts, root, &other);
	fclose(mounts);
	return err ?: patterns__add(list, directory) ?: patterns__add(list, &other);
}

const char *strict__error(int err)
{
	switch (err) {
	case -E2BIG:
		return PATTERNS_TOO_MANY;
	case -EXDEV:
		return "is a mount of its own, whose files many hooks name as if it were /: give a directory below it, or "
		       "/ for all created files";
	case -ENAMETOOLONG:
		return "has more than 511 bytes in its own filesystem";
	default:
		return strerror(-err);
	}
}
