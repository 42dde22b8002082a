/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Helpers for fuzzers.  A fuzzer is one C file with LLVMFuzzerTestOneInput(),
 * linked with the real objects named in its first line, like a unit test.
 * FUZZ() asserts a property; input that violates it is saved and shown.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUZZ_FN		static __attribute__((__unused__))

#define FUZZ(cond) do {							\
	if (!(cond))							\
		fuzz_broken(#cond, __FILE__, __LINE__);			\
} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int	LLVMFuzzerInitialize(int *, char ***);

FUZZ_FN void __attribute__((__noreturn__))
fuzz_broken(const char *cond, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken: %s\n", file, line, cond);
	abort();
}

/* A sink for log_to() that discards lines after they were formatted. */
FUZZ_FN void
fuzz_silent(int level, const char *text)
{
	FUZZ(strchr(text, '\n') == NULL);
}

/* Copy to a block of exactly this size, so that sanitizers see overreads. */
FUZZ_FN void *
fuzz_copy(const void *data, size_t len)
{
	void	*p;

	if ((p = malloc(len == 0 ? 1 : len)) == NULL)
		abort();
	if (len != 0)
		memcpy(p, data, len);
	return (p);
}

/* The rest of the input. */
struct fuzz_input {
	const uint8_t	*fi_data;
	size_t		 fi_len;
};

FUZZ_FN uint8_t
fuzz_byte(struct fuzz_input *fi)
{
	if (fi->fi_len == 0)
		return (0);
	fi->fi_len--;
	return (*fi->fi_data++);
}

/* Take up to len octets.  Return how many there were. */
FUZZ_FN size_t
fuzz_take(struct fuzz_input *fi, void *buf, size_t len)
{
	if (len > fi->fi_len)
		len = fi->fi_len;
	if (len != 0)
		memcpy(buf, fi->fi_data, len);
	fi->fi_data += len;
	fi->fi_len -= len;
	return (len);
}

/* Return the lowest free descriptor, which a leak would change. */
FUZZ_FN int
fuzz_free_fd(void)
{
	int	 fd;

	if ((fd = dup(0)) == -1) {
		perror("dup");
		exit(1);
	}
	close(fd);
	return (fd);
}

/* Make a maildir below TMPDIR and return its descriptor. */
FUZZ_FN int
fuzz_maildir(void)
{
	const char	*tmp = getenv("TMPDIR");
	char		 path[1024];
	int		 fd;

	snprintf(path, sizeof(path), "%s/fuzz.XXXXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(path) == NULL ||
	    (fd = open(path, O_RDONLY | O_DIRECTORY)) == -1 ||
	    mkdirat(fd, "tmp", 0700) == -1 || mkdirat(fd, "new", 0700) == -1 ||
	    mkdirat(fd, "cur", 0700) == -1) {
		perror(path);
		exit(1);
	}
	return (fd);
}

/* Write a file of the maildir. */
FUZZ_FN void
fuzz_file(int dir, const char *name, const void *data, size_t len)
{
	int	 fd;

	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || write(fd, data, len) != (ssize_t)len ||
	    close(fd) == -1) {
		perror(name);
		exit(1);
	}
}

#endif
