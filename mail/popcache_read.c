/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popcache from its file into memory.  The file is read, not mapped: a
 * truncation under a mapping kills.  Whoever may write it may have written
 * anything into it, so every entry is checked before it is believed.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "popcache.h"
#include "popcache_private.h"

/* pread(2) all of len octets, or as many as there are. */
static ssize_t
popcache_pread(int fd, void *buf, size_t len, off_t at)
{
	unsigned char	*p = buf;
	size_t		 done = 0;
	ssize_t		 n;

	while (done < len) {
		n = pread(fd, p + done, len - done, at + (off_t)done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/*
 * Open the file, for writing too where that is allowed (a header is written
 * in place).  -1 if there is none to be read.
 */
static int
popcache_open_file(int dir, struct stat *st)
{
	const int	 flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int		 fd;

	fd = openat(dir, POPCACHE_FILE, O_RDWR | flags);
	if (fd == -1 && errno != ENOENT && errno != ELOOP)
		fd = openat(dir, POPCACHE_FILE, O_RDONLY | flags);
	if (fd == -1) {
		if (errno != ENOENT)
			log_warn("%s", POPCACHE_FILE);
		return -1;
	}
	if (fstat(fd, st) == -1)
		log_warn("%s: fstat", POPCACHE_FILE);
	else if (!S_ISREG(st->st_mode))
		log_warnx("%s: not a regular file", POPCACHE_FILE);
	else if (st->st_uid != maildir_uid())
		log_warnx("%s: not owned by the user", POPCACHE_FILE);
	else if ((uint64_t)st->st_size > POPCACHE_SIZE_MAX)
		log_warnx("%s: too large", POPCACHE_FILE);
	else
		return fd;
	close(fd);
	return -1;
}

void
popcache_open(struct popcache *pc, int dir)
{
	unsigned char	 header[POPCACHE_HEADER_LEN];
	struct stat	 st;
	ssize_t		 n;

	memset(pc, 0, sizeof(*pc));
	pc->pc_state = POPCACHE_NONE;
	if ((pc->pc_fd = popcache_open_file(dir, &st)) == -1)
		return;
	n = popcache_pread(pc->pc_fd, header, sizeof(header), 0);
	if (n == -1) {
		log_warn("%s: read", POPCACHE_FILE);
		close(pc->pc_fd);
		pc->pc_fd = -1;
		return;
	}
	pc->pc_state = POPCACHE_DAMAGED;
	if (n == sizeof(header) && popcache_decode(&pc->pc_info, header) == 0 &&
	    pc->pc_info.pi_covered >= POPCACHE_HEADER_LEN &&
	    pc->pc_info.pi_covered <= (uint64_t)st.st_size)
		pc->pc_state = POPCACHE_GOOD;
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

/* Where the next entry may begin, at or behind at: its first octet. */
static size_t
popcache_search(const unsigned char *buf, size_t len, size_t at)
{
	const unsigned char	*p;

	p = at < len ? memchr(buf + at, POPCACHE_ENTRY_FIRST, len - at) : NULL;
	return p == NULL ? len : (size_t)(p - buf);
}

/*
 * An entry at this place, or NULL.  One that lost its alignment, behind
 * damage, is moved to where it can be used; -1 in *error if there is no
 * memory for that.
 */
static struct popcache_entry *
popcache_at(struct popcache *pc, size_t at, int *error)
{
	struct popcache_entry	*pe;
	uint64_t		 copy[(POPCACHE_ENTRY_LEN + 72 + 256) / 8];
	size_t			 avail = (size_t)pc->pc_len - at;

	if (at % 8 == 0) {
		pe = (struct popcache_entry *)(void *)(pc->pc_buf + at);
		return popcache_entry_ok(pe, avail) ? pe : NULL;
	}
	if (avail > sizeof(copy))
		avail = sizeof(copy);
	memcpy(copy, pc->pc_buf + at, avail);
	pe = (struct popcache_entry *)(void *)copy;
	if (!popcache_entry_ok(pe, avail))
		return NULL;
	pe = popcache_copy(pc, pe, popcache_entry_len(pe));
	if (pe == NULL)
		*error = -1;
	return pe;
}

/* All entries of the buffer; behind damage they are searched for. */
static int
popcache_parse(struct popcache *pc)
{
	struct popcache_entry	*pe;
	size_t			 at, len = (size_t)pc->pc_len;
	uint64_t		 octets = 0;
	int			 error = 0;

	pc->pc_whole = pc->pc_clean = pc->pc_state == POPCACHE_GOOD;
	at = pc->pc_state == POPCACHE_GOOD ? POPCACHE_HEADER_LEN : 0;
	while (at < len) {
		pe = popcache_at(pc, at, &error);
		if (error == -1)
			return -1;
		if (pe == NULL) {
			pc->pc_clean = 0;
			if (at < pc->pc_info.pi_covered)
				pc->pc_whole = 0;
			at = popcache_search(pc->pc_buf, len, at + 1);
			continue;
		}
		if (popcache_add(pc, pe) == -1)
			return -1;
		if (at < pc->pc_info.pi_covered) {
			octets += popcache_octets(pe);
			pc->pc_covered++;
		}
		at += popcache_entry_len(pe);
	}
	if (pc->pc_covered != pc->pc_info.pi_count ||
	    octets != pc->pc_info.pi_octets)
		pc->pc_whole = 0;
	return 0;
}

int
popcache_load(struct popcache *pc, int all)
{
	struct stat	 st;
	uint64_t	 len;
	ssize_t		 n;
	size_t		 i;

	popcache_forget(pc);
	pc->pc_whole = pc->pc_clean = 0;
	pc->pc_len = 0;
	if (pc->pc_state == POPCACHE_NONE)
		return 0;
	if (fstat(pc->pc_fd, &st) == -1)
		return -1;
	len = (uint64_t)st.st_size;
	if (len > POPCACHE_SIZE_MAX)
		len = POPCACHE_SIZE_MAX;
	if (!all && len > pc->pc_info.pi_covered)
		len = pc->pc_info.pi_covered;
	if ((pc->pc_buf = malloc(len + 8)) == NULL)
		return -1;
	n = popcache_pread(pc->pc_fd, pc->pc_buf, (size_t)len, 0);
	if (n == -1)
		goto fail;
	pc->pc_len = (uint64_t)n;

	/* The header's count is a hint for the memory, no more. */
	pc->pc_room = (size_t)n / (POPCACHE_ENTRY_LEN + 16) + 1;
	if (pc->pc_state == POPCACHE_GOOD && pc->pc_info.pi_count + 64 <
	    pc->pc_room)
		pc->pc_room = pc->pc_info.pi_count + 64;
	pc->pc_entry = calloc(pc->pc_room, sizeof(*pc->pc_entry));
	if (pc->pc_entry == NULL || popcache_parse(pc) == -1)
		goto fail;
	if (pc->pc_state != POPCACHE_DAMAGED)
		return 0;

	/*
	 * Without a header nothing says that this is the index of this
	 * maildir: UIDL and order are kept, sizes are counted again.
	 */
	if (pc->pc_count == 0 && popcache_text(pc) == -1)
		goto fail;
	for (i = 0; i < pc->pc_count; i++)
		pc->pc_entry[i]->pe_flags |= POPCACHE_UNSURE;
	return 0;
 fail:
	popcache_forget(pc);
	pc->pc_len = 0;
	return -1;
}
