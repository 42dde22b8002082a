/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The journal of a spool.  See journal.h. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "journal.h"
#include "log.h"
#include "maildir.h"

#define JOURNAL_MAGIC	"popspool-1"

/* Parse exactly "popspool-1 length digest batch\n".  Return 0, or -1. */
static int
journal_parse(char *text, struct journal *jo)
{
	const char	*errstr, *magic, *length, *digest, *batch;
	char		*eol = strchr(text, '\n');

	if (eol == NULL || eol[1] != '\0')
		return (-1);
	*eol = '\0';
	magic = strsep(&text, " ");
	length = strsep(&text, " ");
	digest = strsep(&text, " ");
	batch = text;
	if (strcmp(magic, JOURNAL_MAGIC) != 0 || length == NULL ||
	    digest == NULL || batch == NULL)
		return (-1);
	jo->jo_length = (uint64_t)strtonum(length, 1, INT64_MAX, &errstr);
	if (errstr != NULL || strlen(digest) != JOURNAL_DIGEST - 1 ||
	    strspn(digest, "0123456789abcdef") != JOURNAL_DIGEST - 1 ||
	    !maildir_name_ok(batch, strlen(batch)))
		return (-1);
	strlcpy(jo->jo_digest, digest, sizeof(jo->jo_digest));
	strlcpy(jo->jo_batch, batch, sizeof(jo->jo_batch));
	return (0);
}

int
journal_read(int dir, struct journal *jo)
{
	char	 text[512];
	ssize_t	 n;
	int	 fd;

	memset(jo, 0, sizeof(*jo));
	fd = openat(dir, JOURNAL_FILE,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return (0);
	if (fd == -1) {
		log_warn("spool: journal");
		return (-1);
	}
	n = read(fd, text, sizeof(text) - 1);
	if (n == -1)
		log_warn("spool: journal");
	close(fd);
	if (n == -1)
		return (-1);
	text[n] = '\0';
	if (strlen(text) != (size_t)n || journal_parse(text, jo) == -1) {
		log_warnx("spool: the journal is damaged");
		return (-1);
	}
	return (1);
}

/* Write the line to a new file, durably. */
static int
journal_put(int dir, const char *text, size_t len)
{
	int	 fd, r = -1;

	fd = openat(dir, JOURNAL_NEW,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return (-1);
	if (write(fd, text, len) == (ssize_t)len && fsync(fd) == 0)
		r = 0;
	if (close(fd) == -1)
		r = -1;
	return (r);
}

int
journal_write(int dir, const struct journal *jo)
{
	char	 text[512];
	int	 n;

	n = snprintf(text, sizeof(text), "%s %llu %s %s\n", JOURNAL_MAGIC,
	    (unsigned long long)jo->jo_length, jo->jo_digest, jo->jo_batch);
	if (n < 0 || (size_t)n >= sizeof(text)) {
		log_warnx("spool: journal: too long");
		return (-1);
	}
	if (journal_put(dir, text, (size_t)n) == -1 ||
	    renameat(dir, JOURNAL_NEW, dir, JOURNAL_FILE) == -1) {
		log_warn("spool: journal");
		return (-1);
	}
	/* It counts now: a failure cannot take back what others may read. */
	if (maildir_sync(dir) == -1)
		log_warn("spool: journal: fsync");
	return (0);
}

/* Return whether programs that read or add mail change such a line in place. */
static int
journal_mark(const char *line, size_t len)
{
	static const char *const	 name[] = {
		"Status:", "X-Status:", "X-UID:", "X-IMAPbase:", "X-Keywords:"
	};
	size_t				 i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (len >= strlen(name[i]) &&
		    strncasecmp(line, name[i], strlen(name[i])) == 0)
			return (1);
	return (0);
}

/* Add at most SPOOL_SAMPLE octets of a file to a digest, without marks. */
static int
journal_add(int fd, SHA2_CTX *sha, uint64_t from, uint64_t to)
{
	static char	 buf[SPOOL_SAMPLE];
	const char	*eol, *p, *end = buf + (to - from);
	size_t		 used, len;
	ssize_t		 n;

	for (used = 0; used < to - from; used += (size_t)n) {
		n = pread(fd, buf + used, (size_t)(to - from) - used,
		    (off_t)(from + used));
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return (-1);
	}
	for (p = buf; p < end; p += len) {
		eol = memchr(p, '\n', (size_t)(end - p));
		len = (size_t)(eol == NULL ? end - p : eol + 1 - p);
		if (!journal_mark(p, len))
			SHA256Update(sha, (const uint8_t *)p, len);
	}
	return (0);
}

int
journal_digest(int fd, uint64_t length, char hex[JOURNAL_DIGEST])
{
	SHA2_CTX	 sha;
	uint8_t		 digest[SHA256_DIGEST_LENGTH];
	uint64_t	 part = length < SPOOL_SAMPLE ? length : SPOOL_SAMPLE;
	size_t		 i;

	SHA256Init(&sha);
	if (journal_add(fd, &sha, 0, part) == -1 ||
	    journal_add(fd, &sha, length - part, length) == -1)
		return (-1);
	SHA256Final(digest, &sha);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return (0);
}
