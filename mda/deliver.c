/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Deliver a message to new/.  Before the rename there is only a file in tmp/
 * that no program reads; after it there is the whole message, already durable.
 * There is no state in between.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "deliver.h"
#include "limits.h"
#include "log.h"
#include "maildir.h"
#include "name.h"
#include "octets.h"
#include "popcache.h"
#include "whole.h"

#define CHUNK	65536

/* Fail with errno. */
static int
deliver_fail(struct deliver *de, const char *what)
{
	int		 saved = errno;

	log_warn("%s", what);
	deliver_abort(de);
	errno = saved;
	return (-1);
}

void
deliver_abort(struct deliver *de)
{
	if (de->de_fd != -1)
		close(de->de_fd);
	de->de_fd = -1;
	(void)unlinkat(de->de_dir, de->de_path, 0);
}

int
deliver_begin(struct deliver *de, int dir)
{
	char		 unique[MAILNAME_MAX + 1];

	de->de_dir = dir;
	octets_init(&de->de_octets);
	if (name_make(unique, sizeof(unique)) == -1) {
		log_warn("no name for the message");
		return (-1);
	}
	snprintf(de->de_path, sizeof(de->de_path), "tmp/%s", unique);
	de->de_fd = openat(dir, de->de_path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (de->de_fd == -1) {
		log_warn("tmp: open");
		return (-1);
	}
	return (0);
}

int
deliver_add(struct deliver *de, const void *data, size_t len)
{
	octets_add(&de->de_octets, data, len);
	if (whole_write(de->de_fd, data, len) == -1)
		return (deliver_fail(de, "tmp: write"));
	return (0);
}

/* Make the complete file in tmp/ durable; set *ino to its number. */
static int
deliver_sync(struct deliver *de, uint64_t *ino)
{
	struct stat	 st;
	int		 fd = de->de_fd;

	if (fstat(fd, &st) == -1)
		return (deliver_fail(de, "tmp: fstat"));
	if (fsync(fd) == -1)
		return (deliver_fail(de, "tmp: fsync"));
	*ino = maildir_ino((uint64_t)st.st_ino);
	de->de_fd = -1;
	if (close(fd) == -1)
		return (deliver_fail(de, "tmp: close"));
	return (0);
}

/*
 * Rename to new/ under the final name, whose 64 random bits make sure that
 * nothing is overwritten.
 */
static int
deliver_rename(int dir, int new, const char *from, const char *to)
{
	int		 saved;

	if (renameat(dir, from, dir, to) == -1) {
		/* A remote file server may have done it nevertheless. */
		saved = errno;
		log_warn("new: rename");
		(void)unlinkat(dir, to, 0);
		errno = saved;
		return (-1);
	}
	if (fsync(new) == -1 && errno != EINVAL &&
	    errno != EOPNOTSUPP) {
		/* It may not be durable: undo it, and let the sender retry. */
		saved = errno;
		log_warn("new: fsync");
		(void)unlinkat(dir, to, 0);
		errno = saved;
		return (-1);
	}
	return (0);
}

static int
deliver_visible(int dir, const char *from, const char *to)
{
	int		 new, result, saved;

	new = openat(dir, maildir_dirname[MAILDIR_NEW],
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (new == -1) {
		log_warn("new: open");
		return (-1);
	}
	result = deliver_rename(dir, new, from, to);
	saved = errno;
	close(new);
	errno = saved;
	return (result);
}

/* Try to add an index entry; the mail is delivered without it, too. */
static void
deliver_index(int dir, const char *name, const struct octets *oc,
    uint64_t ino)
{
	struct popcache		 pc;
	struct popcache_facts	 pf;
	struct popcache_entry	*pe;

	memset(&pc, 0, sizeof(pc));
	memset(&pf, 0, sizeof(pf));
	pf.pf_name = name;
	pf.pf_name_len = strlen(name);
	pf.pf_ino = ino;
	pf.pf_size = oc->oc_size;
	pf.pf_octets = octets_total(oc);
	if (!maildir_order(name, pf.pf_name_len, &pf.pf_order))
		return;
	if ((pe = popcache_make(&pc, &pf)) != NULL)
		(void)popcache_append(dir, pe);
	popcache_forget(&pc);
}

/* Remove the file in tmp/ after it could not be made visible; keep errno. */
static int
deliver_unseen(struct deliver *de)
{
	int		 saved = errno;

	deliver_abort(de);
	errno = saved;
	return (-1);
}

int
deliver_end(struct deliver *de)
{
	const struct octets	*oc = &de->de_octets;
	uint64_t		 ino;
	char			 to[MAILNAME_MAX + 8];
	int			 n;

	if (deliver_sync(de, &ino) == -1)
		return (-1);
	n = snprintf(to, sizeof(to), "new/%s,S=%llu,W=%llu", de->de_path + 4,
	    (unsigned long long)oc->oc_size,
	    (unsigned long long)octets_total(oc));
	if (n < 0 || (size_t)n > MAILNAME_MAX + 4) {
		errno = ENAMETOOLONG;
		return (deliver_fail(de, "no name for the message"));
	}
	if (deliver_visible(de->de_dir, de->de_path, to) == -1)
		return (deliver_unseen(de));
	deliver_index(de->de_dir, to + 4, oc, ino);
	return (0);
}

int
deliver_message(int in, int dir)
{
	static unsigned char	 buf[CHUNK];
	struct deliver		 de;
	ssize_t			 n;

	if (deliver_begin(&de, dir) == -1)
		return (-1);
	while ((n = read(in, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (deliver_fail(&de, "standard input"));
		if (deliver_add(&de, buf, (size_t)n) == -1)
			return (-1);
	}
	return (deliver_end(&de));
}
