/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Read popcache into memory.  The file is not mapped: truncating a mapped file
 * kills.  Others may have written anything into it, so every entry is checked
 * first.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "popcache.h"
#include "popcache_private.h"

/*
 * pread(2) len octets, or up to the end.  Return their number, or -1 with errno
 * set.
 */
static ssize_t
popcache_pread(int fd, void *buf, size_t len, uint64_t at)
{
	unsigned char	*p = buf;
	size_t		 done = 0;
	ssize_t		 n;

	while (done < len) {
		n = pread(fd, p + done, len - done, (off_t)(at + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return ((ssize_t)done);
}

/* Return whether the file can be one that our sessions write. */
static int
popcache_ours(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		log_warnx("%s: not a regular file", POPCACHE_FILE);
	else if (st->st_uid != maildir_uid())
		log_warnx("%s: not owned by the user", POPCACHE_FILE);
	else if ((uint64_t)st->st_size > POPCACHE_SIZE_MAX)
		log_warnx("%s: too large", POPCACHE_FILE);
	else
		return (1);
	return (0);
}

/*
 * Open the file, for writing if allowed (a header is written in place).  A file
 * that cannot be opened or read now is not ours to replace.
 */
static enum popcache_state
popcache_open_file(struct popcache *pc, int dir, struct stat *st)
{
	const int	 flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

	pc->pc_fd = openat(dir, POPCACHE_FILE, O_RDWR | flags);
	if (pc->pc_fd == -1 && (errno == EACCES || errno == EROFS))
		pc->pc_fd = openat(dir, POPCACHE_FILE, O_RDONLY | flags);
	if (pc->pc_fd == -1) {
		if (errno == ENOENT)
			return (POPCACHE_NONE);
		log_warn("%s: not used", POPCACHE_FILE);
		return (POPCACHE_BARRED);
	}
	if (fstat(pc->pc_fd, st) == -1) {
		log_warn("%s: not used", POPCACHE_FILE);
		return (POPCACHE_BARRED);
	}
	return (popcache_ours(st) ? POPCACHE_DAMAGED : POPCACHE_BARRED);
}

void
popcache_open(struct popcache *pc, int dir)
{
	unsigned char	 header[POPCACHE_HEADER_LEN];
	struct stat	 st;
	ssize_t		 n;

	memset(pc, 0, sizeof(*pc));
	pc->pc_from = pc->pc_near = UINT32_MAX;
	pc->pc_state = popcache_open_file(pc, dir, &st);
	if (pc->pc_state == POPCACHE_DAMAGED) {
		pc->pc_size = (uint64_t)st.st_size;
		n = popcache_pread(pc->pc_fd, header, sizeof(header), 0);
		if (n == -1) {
			log_warn("%s: not used", POPCACHE_FILE);
			pc->pc_state = POPCACHE_BARRED;
		} else if (n == sizeof(header) &&
		    popcache_decode(&pc->pc_info, header) == 0)
			pc->pc_state = pc->pc_info.pi_covered <= pc->pc_size ?
			    POPCACHE_GOOD : POPCACHE_CUT;
	}
	if (pc->pc_state == POPCACHE_BARRED && pc->pc_fd != -1) {
		close(pc->pc_fd);
		pc->pc_fd = -1;
	}
}

void
popcache_close(struct popcache *pc)
{
	popcache_forget(pc);
	if (pc->pc_fd != -1)
		close(pc->pc_fd);
	pc->pc_fd = -1;
	pc->pc_state = POPCACHE_NONE;
}

/* Return the next place where an entry may begin, from at on. */
static size_t
popcache_search(const unsigned char *buf, size_t len, size_t at)
{
	const unsigned char	*p;

	p = at < len ? memchr(buf + at, POPCACHE_ENTRY_FIRST, len - at) : NULL;
	return (p == NULL ? len : (size_t)(p - buf));
}

/*
 * Return the entry at this place, or NULL.  One that lost its alignment by
 * damage is copied to an aligned place; *error is -1 if memory is short.
 */
static struct popcache_entry *
popcache_at(struct popcache *pc, size_t at, int *error)
{
	struct popcache_entry	*pe;
	uint64_t		 copy[POPCACHE_ENTRY_MAX / 8];
	size_t			 avail = (size_t)pc->pc_len - at;

	if (at % 8 == 0) {
		pe = (struct popcache_entry *)(void *)(pc->pc_buf + at);
		return (popcache_entry_ok(pe, avail) ? pe : NULL);
	}
	if (avail > sizeof(copy))
		avail = sizeof(copy);
	memcpy(copy, pc->pc_buf + at, avail);
	pe = (struct popcache_entry *)(void *)copy;
	if (!popcache_entry_ok(pe, avail))
		return (NULL);
	pe = popcache_copy(pc, pe, popcache_entry_len(pe));
	if (pe == NULL)
		*error = -1;
	return (pe);
}

/* Totals of the entries in the covered part. */
struct popcache_total {
	uint64_t	 pt_octets;
	uint32_t	 pt_dead;
	int		 pt_damage;
};

/* Take one entry at a place of the file.  Return 0, or -1 with errno ENOMEM. */
static int
popcache_take(struct popcache *pc, struct popcache_entry *pe, uint64_t at,
    struct popcache_total *pt)
{
	int		 covered = at < pc->pc_info.pi_covered;

	if (popcache_add(pc, pe) == -1)
		return (-1);
	if (pe->pe_flags & POPCACHE_OCTETS)
		return (0);
	if (pe->pe_flags & POPCACHE_DEAD)
		pt->pt_dead += (uint32_t)covered;
	else if (covered) {
		pt->pt_octets += popcache_octets(pe);
		pc->pc_covered++;
	}
	return (0);
}

/* Parse all entries of the buffer; search for the next after damage. */
static int
popcache_parse(struct popcache *pc, size_t at, struct popcache_total *pt)
{
	struct popcache_entry	*pe;
	size_t			 len = (size_t)pc->pc_len;
	int			 error = 0;

	while (at < len) {
		if ((pe = popcache_at(pc, at, &error)) == NULL) {
			if (error == -1)
				return (-1);
			pc->pc_clean = 0;
			if (pc->pc_base + at < pc->pc_info.pi_covered)
				pt->pt_damage = 1;
			at = popcache_search(pc->pc_buf, len, at + 1);
			continue;
		}
		if (popcache_take(pc, pe, pc->pc_base + at, pt) == -1)
			return (-1);
		at += popcache_entry_len(pe);
	}
	return (0);
}

/*
 * Read this part of the file into the buffer.  Return 0, or -1 with errno set.
 */
static int
popcache_read(struct popcache *pc, uint64_t from, uint64_t to)
{
	ssize_t		 n;

	if (to > POPCACHE_SIZE_MAX)
		to = POPCACHE_SIZE_MAX;
	pc->pc_base = from;
	if ((pc->pc_buf = malloc((size_t)(to - from) + 8)) == NULL)
		return (-1);
	n = popcache_pread(pc->pc_fd, pc->pc_buf, (size_t)(to - from), from);
	if (n == -1)
		return (-1);
	pc->pc_len = (uint64_t)n;

	/* The header's count is only a hint for the allocation. */
	pc->pc_room = (size_t)n / (POPCACHE_ENTRY_LEN + 16) + 1;
	if (pc->pc_state == POPCACHE_GOOD &&
	    popcache_info_count(&pc->pc_info) + 64 < pc->pc_room)
		pc->pc_room = popcache_info_count(&pc->pc_info) + 64;
	pc->pc_entry = calloc(pc->pc_room, sizeof(*pc->pc_entry));
	return (pc->pc_entry == NULL ? -1 : 0);
}

int
popcache_load(struct popcache *pc, enum popcache_part part)
{
	const struct popcache_info	*pi = &pc->pc_info;
	struct popcache_total		 pt = { 0 };
	struct stat			 st;
	uint64_t			 from, to;
	size_t				 at;
	int				 error;

	popcache_forget(pc);
	pc->pc_whole = pc->pc_clean = pc->pc_state == POPCACHE_GOOD;
	if (pc->pc_fd == -1)
		return (0);
	if (fstat(pc->pc_fd, &st) == -1) {
		pc->pc_whole = pc->pc_clean = 0;
		return (-1);
	}
	from = part == POPCACHE_TAIL ? pi->pi_covered : 0;
	to = (uint64_t)st.st_size;
	if (part == POPCACHE_COVERED && to > pi->pi_covered)
		to = pi->pi_covered;
	if (to < from)
		to = from;
	at = from == 0 && pc->pc_state != POPCACHE_DAMAGED ?
	    POPCACHE_HEADER_LEN : 0;
	if (popcache_read(pc, from, to) == -1 ||
	    popcache_parse(pc, at, &pt) == -1) {
		error = errno;
		popcache_forget(pc);
		pc->pc_whole = pc->pc_clean = 0;
		errno = error;
		return (-1);
	}
	if (pt.pt_damage || pc->pc_covered != popcache_info_count(pi) ||
	    pt.pt_dead != pi->pi_dead || pt.pt_octets != pi->pi_octets)
		pc->pc_whole = 0;
	return (0);
}

struct popcache_entry *
popcache_get(const struct popcache *pc, uint64_t at, size_t len,
    uint64_t buf[POPCACHE_ENTRY_MAX / 8])
{
	struct popcache_entry	*pe = (struct popcache_entry *)(void *)buf;
	ssize_t			 n;

	n = popcache_pread(pc->pc_fd, buf, POPCACHE_ENTRY_MAX, at);
	if (n == -1)
		return (NULL);
	if (!popcache_entry_ok(pe, (size_t)n) ||
	    (len != 0 && popcache_entry_len(pe) != len)) {
		errno = ESTALE;
		return (NULL);
	}
	return (pe);
}
