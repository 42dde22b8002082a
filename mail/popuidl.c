/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popuidl: a line of text for each message,
 *
 *	base name SP unique-id LF
 *
 * split at the last space.  One malformed line rejects the whole file: one that
 * was truncated or mixed up would give some messages other unique-ids, and mail
 * programs would fetch them again.
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
#include "maildir.h"
#include "nametab.h"
#include "popcache.h"
#include "popuidl.h"
#include "whole.h"

struct popuidl_line {
	uint32_t	 pl_base;	/* offset in the text */
	uint32_t	 pl_uidl;
	uint8_t		 pl_base_len;
	uint8_t		 pl_uidl_len;
	uint8_t		 pl_again;	/* an earlier line has its unique-id */
};

struct popuidl {
	char			*pu_text;
	size_t			 pu_len;
	struct popuidl_line	*pu_line;
	uint32_t		 pu_count;
	uint32_t		 pu_room;
	struct nametab		 pu_bases;
	struct nametab		 pu_uidls;
};

static int
popuidl_same_base(void *arg, uint32_t item, const char *base, size_t len)
{
	const struct popuidl		*pu = arg;
	const struct popuidl_line	*pl = &pu->pu_line[item];

	return (pl->pl_base_len == len &&
	    memcmp(pu->pu_text + pl->pl_base, base, len) == 0);
}

static int
popuidl_same_uidl(void *arg, uint32_t item, const char *uidl, size_t len)
{
	const struct popuidl		*pu = arg;
	const struct popuidl_line	*pl = &pu->pu_line[item];

	return (pl->pl_uidl_len == len &&
	    memcmp(pu->pu_text + pl->pl_uidl, uidl, len) == 0);
}

/* Allocate one more line.  Return 0, or -1 with errno ENOMEM. */
static int
popuidl_grow(struct popuidl *pu)
{
	struct popuidl_line	*line;
	uint32_t		 room;

	if (pu->pu_count < pu->pu_room)
		return (0);
	room = pu->pu_room == 0 ? 256 : pu->pu_room * 2;
	if ((line = reallocarray(pu->pu_line, room, sizeof(*line))) == NULL)
		return (-1);
	pu->pu_line = line;
	pu->pu_room = room;
	return (0);
}

/* Enter the line just added in both tables; the first of equals wins. */
static int
popuidl_enter(struct popuidl *pu)
{
	struct popuidl_line	*pl = &pu->pu_line[pu->pu_count];
	const char		*base = pu->pu_text + pl->pl_base;
	const char		*uidl = pu->pu_text + pl->pl_uidl;
	uint32_t		 at;

	if (nametab_find(&pu->pu_bases, base, pl->pl_base_len,
	    popuidl_same_base, pu, &at))
		return (0);
	pl->pl_again = (uint8_t)nametab_find(&pu->pu_uidls, uidl,
	    pl->pl_uidl_len, popuidl_same_uidl, pu, &at);
	if (nametab_put(&pu->pu_bases, base, pl->pl_base_len,
	    pu->pu_count) == -1)
		return (-1);
	if (!pl->pl_again && nametab_put(&pu->pu_uidls, uidl, pl->pl_uidl_len,
	    pu->pu_count) == -1)
		return (-1);
	return (0);
}

/*
 * Add a line of len octets, without its end.  Return 0, or -1 with errno set
 * (EINVAL: malformed).
 */
static int
popuidl_add(struct popuidl *pu, const char *text, size_t len)
{
	struct popuidl_line	*pl;
	size_t			 base = len;

	if (popuidl_grow(pu) == -1)
		return (-1);
	while (base > 0 && text[base - 1] != ' ')
		base--;
	errno = EINVAL;
	if (base < 2 || !maildir_name_ok(text, base - 1) ||
	    maildir_base_len(text, base - 1) != base - 1 ||
	    !popcache_uidl_ok(text + base, len - base))
		return (-1);
	pl = &pu->pu_line[pu->pu_count];
	memset(pl, 0, sizeof(*pl));
	pl->pl_base = (uint32_t)(text - pu->pu_text);
	pl->pl_base_len = (uint8_t)(base - 1);
	pl->pl_uidl = pl->pl_base + (uint32_t)base;
	pl->pl_uidl_len = (uint8_t)(len - base);
	if (popuidl_enter(pu) == -1)
		return (-1);
	pu->pu_count++;
	return (0);
}

static int
popuidl_parse(struct popuidl *pu)
{
	const char	*at = pu->pu_text, *end = at + pu->pu_len, *eol;
	uint32_t	 number;

	/* An import never writes an empty file: it was truncated. */
	if (at == end) {
		log_warnx("%s: empty", POPUIDL_FILE);
		errno = EINVAL;
		return (-1);
	}
	for (number = 1; at < end; number++, at = eol + 1) {
		eol = memchr(at, '\n', (size_t)(end - at));
		if (eol == NULL) {
			log_warnx("%s:%u: the last line has no end",
			    POPUIDL_FILE, number);
			errno = EINVAL;
			return (-1);
		}
		if (popuidl_add(pu, at, (size_t)(eol - at)) == 0)
			continue;
		if (errno == EINVAL)
			log_warnx("%s:%u: not a base name and a UIDL",
			    POPUIDL_FILE, number);
		else
			log_warn("%s", POPUIDL_FILE);
		return (-1);
	}
	return (0);
}

/* Load the open file as text.  Return 0, or -1 with errno set, logged. */
static int
popuidl_load(struct popuidl *pu, int fd)
{
	struct stat	 st;
	ssize_t		 n;

	if (fstat(fd, &st) == -1) {
		log_warn("%s", POPUIDL_FILE);
		return (-1);
	}
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > POPUIDL_SIZE_MAX) {
		log_warnx("%s: %s", POPUIDL_FILE, S_ISREG(st.st_mode) ?
		    "too large" : "not a regular file");
		errno = EINVAL;
		return (-1);
	}
	if ((pu->pu_text = malloc((size_t)st.st_size + 1)) == NULL) {
		log_warn("%s", POPUIDL_FILE);
		return (-1);
	}
	n = whole_read(fd, pu->pu_text, (size_t)st.st_size);
	if (n == -1) {
		log_warn("%s: read", POPUIDL_FILE);
		return (-1);
	}
	pu->pu_len = (size_t)n;
	return (0);
}

struct popuidl *
popuidl_none(void)
{
	struct popuidl	*pu;

	if ((pu = calloc(1, sizeof(*pu))) != NULL &&
	    nametab_init(&pu->pu_bases, 0) == 0 &&
	    nametab_init(&pu->pu_uidls, 0) == 0)
		return (pu);
	log_warn("%s", POPUIDL_FILE);
	popuidl_free(pu);
	return (NULL);
}

int
popuidl_text(const char *text, size_t len, struct popuidl **result)
{
	struct popuidl	*pu;
	int		 error;

	if ((pu = popuidl_none()) == NULL)
		return (-1);
	if ((pu->pu_text = malloc(len + 1)) == NULL)
		log_warn("%s", POPUIDL_FILE);
	else {
		memcpy(pu->pu_text, text, len);
		pu->pu_len = len;
		if (popuidl_parse(pu) == 0) {
			*result = pu;
			return (1);
		}
	}
	error = errno;
	popuidl_free(pu);
	errno = error;
	return (-1);
}

int
popuidl_read(int dir, struct popuidl **result)
{
	struct popuidl	*pu;
	int		 fd, error, r = -1;

	fd = openat(dir, POPUIDL_FILE,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		if (errno == ENOENT)
			return (0);
		log_warn("%s", POPUIDL_FILE);
		return (-1);
	}
	if ((pu = popuidl_none()) != NULL && popuidl_load(pu, fd) == 0)
		r = popuidl_parse(pu);
	error = errno;
	close(fd);
	if (r == -1) {
		popuidl_free(pu);
		errno = error;
		return (-1);
	}
	*result = pu;
	return (1);
}

void
popuidl_free(struct popuidl *pu)
{
	if (pu == NULL)
		return;
	nametab_free(&pu->pu_bases);
	nametab_free(&pu->pu_uidls);
	free(pu->pu_line);
	free(pu->pu_text);
	free(pu);
}

int
popuidl_find(const struct popuidl *pu, const char *base, size_t len,
    uint64_t *order, const char **uidl, size_t *uidl_len)
{
	const struct popuidl_line	*pl;
	uint32_t			 at;

	if (!nametab_find(&pu->pu_bases, base, len, popuidl_same_base,
	    (void *)(uintptr_t)pu, &at))
		return (0);
	pl = &pu->pu_line[at];
	*order = (uint64_t)at + 1;
	*uidl = pu->pu_text + pl->pl_uidl;
	*uidl_len = pl->pl_again ? 0 : pl->pl_uidl_len;
	return (1);
}

uint32_t
popuidl_count(const struct popuidl *pu)
{
	return (pu->pu_count);
}

int
popuidl_taken(const struct popuidl *pu, const char *uidl, size_t len)
{
	uint32_t	 at;

	return (nametab_find(&pu->pu_uidls, uidl, len, popuidl_same_uidl,
	    (void *)(uintptr_t)pu, &at));
}
