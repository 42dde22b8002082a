/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A message from standard input into new/.  Until the rename there is a file
 * in tmp/ that nobody looks at; after it there is the whole message, already
 * durable.  Between the two there is nothing.
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

#define CHUNK	65536

static int
deliver_write(int fd, const unsigned char *p, size_t len)
{
	ssize_t		 n;

	while (len != 0) {
		n = write(fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		if (n == 0) {
			errno = ENOSPC;
			return (-1);
		}
		p += n;
		len -= (size_t)n;
	}
	return (0);
}

/* All of the input into the file, counted on the way. */
static int
deliver_copy(int in, int out, struct octets *oc)
{
	static unsigned char	 buf[CHUNK];
	ssize_t			 n;

	octets_init(oc);
	for (;;) {
		n = read(in, buf, sizeof(buf));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			log_warn("standard input");
			return (-1);
		}
		if (n == 0)
			return (0);
		octets_add(oc, buf, (size_t)n);
		if (deliver_write(out, buf, (size_t)n) == -1) {
			log_warn("tmp: write");
			return (-1);
		}
	}
}

/* The message into its file in tmp/, durable; *ino gets its number. */
static int
deliver_tmp(int in, int dir, const char *path, struct octets *oc,
    uint64_t *ino)
{
	struct stat	 st;
	int		 fd, r = -1;

	fd = openat(dir, path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1) {
		log_warn("tmp: open");
		return (-1);
	}
	if (deliver_copy(in, fd, oc) == 0) {
		if (fstat(fd, &st) == -1)
			log_warn("tmp: fstat");
		else if (fsync(fd) == -1)
			log_warn("tmp: fsync");
		else {
			*ino = maildir_ino((uint64_t)st.st_ino);
			r = 0;
		}
	}
	if (close(fd) == -1 && r == 0) {
		log_warn("tmp: close");
		r = -1;
	}
	if (r == -1)
		(void)unlinkat(dir, path, 0);
	return (r);
}

/*
 * Into new/ under its final name, which has 64 random bits in it: there is
 * nothing for the rename to overwrite.
 */
static int
deliver_visible(int dir, const char *from, const char *to)
{
	int		 new, error = 0;

	new = openat(dir, maildir_dirname[MAILDIR_NEW],
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (new == -1) {
		log_warn("new: open");
		return (-1);
	}
	if (renameat(dir, from, dir, to) == -1) {
		/* A server far away may have done it all the same. */
		log_warn("new: rename");
		(void)unlinkat(dir, to, 0);
		error = -1;
	} else if (fsync(new) == -1 && errno != EINVAL &&
	    errno != EOPNOTSUPP) {
		/* It may not be durable: take it back, and be asked again. */
		log_warn("new: fsync");
		(void)unlinkat(dir, to, 0);
		error = -1;
	}
	close(new);
	return (error);
}

/* The index may have an entry; the mail is delivered without it too. */
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

int
deliver_message(int in, int dir)
{
	struct octets	 oc;
	uint64_t	 ino;
	char		 unique[MAILNAME_MAX + 1];
	char		 from[MAILNAME_MAX + 8], to[MAILNAME_MAX + 8];
	int		 n;

	if (name_make(unique, sizeof(unique)) == -1) {
		log_warn("no name for the message");
		return (-1);
	}
	(void)snprintf(from, sizeof(from), "tmp/%s", unique);
	if (deliver_tmp(in, dir, from, &oc, &ino) == -1)
		return (-1);
	n = snprintf(to, sizeof(to), "new/%s,S=%llu,W=%llu", unique,
	    (unsigned long long)oc.oc_size,
	    (unsigned long long)octets_total(&oc));
	if (n < 0 || (size_t)n > MAILNAME_MAX + 4) {
		log_warnx("no name for the message");
		(void)unlinkat(dir, from, 0);
		return (-1);
	}
	if (deliver_visible(dir, from, to) == -1) {
		(void)unlinkat(dir, from, 0);
		return (-1);
	}
	deliver_index(dir, to + 4, &oc, ino);
	return (0);
}
