/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Find the size of a message not counted before.  Its file is opened only if
 * necessary, and never so that it could hang or follow a link.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "drop.h"
#include "fault.h"
#include "maildrop_private.h"
#include "measure.h"
#include "octets.h"

/*
 * Map an errno of opening a file.  lstat(2) must confirm that it is not
 * regular.
 */
static enum measured
measure_error(void)
{
	switch (fault_of(errno)) {
	case FAULT_GONE:
		return (MEASURE_VANISHED);
	case FAULT_MEANS:
		return (MEASURE_FAILED);
	default:
		return (MEASURE_LISTED);
	}
}

/* Store the results in the entry. */
static void
measure_take(struct popcache_entry *pe, const struct stat *st, uint64_t octets)
{
	uint64_t	 order;

	/* Names may have been swapped, or directories renumbered. */
	popcache_set_ino(pe, drop_ino(st));
	pe->pe_size = htole64((uint64_t)st->st_size);
	pe->pe_octets = htole64(octets);
	if (pe->pe_order != 0)
		return;
	if (!maildir_order(popcache_name(pe), pe->pe_base_len, &order))
		order = st->st_mtime < 0 ? 0 : (uint64_t)st->st_mtime;
	pe->pe_order = htole64(order);
}

/* List a file that exists but cannot be read now.  error becomes errno. */
static enum measured
measure_listed(int dir, struct popcache_entry *pe, int error)
{
	struct stat	 st;

	if (fstatat(dir, popcache_name(pe), &st, AT_SYMLINK_NOFOLLOW) == -1)
		return (errno == ENOENT ? MEASURE_VANISHED : MEASURE_FAILED);
	if (!S_ISREG(st.st_mode))
		return (MEASURE_NO_MAIL);
	measure_take(pe, &st, popcache_octets(pe) != 0 ? popcache_octets(pe) :
	    (uint64_t)st.st_size);
	errno = error;
	return (MEASURE_LISTED);
}

/*
 * Trust size tags if the size on disk agrees and we may read the file:
 * unreadable files must be noticed.
 */
static int
measure_tags(const struct popcache_entry *pe, const struct stat *st,
    uint64_t *octets)
{
	const char	*name = popcache_name(pe);
	uint64_t	 size, wire;

	/* Tags of twins belong to one of them at most. */
	if (pe->pe_flags & POPCACHE_TWIN ||
	    !maildir_tag(name, pe->pe_base_len, 'S', &size) ||
	    !maildir_tag(name, pe->pe_base_len, 'W', &wire))
		return (0);
	if (size != (uint64_t)st->st_size || wire < size || wire - size > size)
		return (0);
	if (st->st_uid != maildir_uid() || (st->st_mode & S_IRUSR) == 0)
		return (0);
	*octets = wire;
	return (1);
}

/* Count an open file.  Return as measure_entry(). */
static enum measured
measure_count(int fd, struct popcache_entry *pe)
{
	struct stat	 st;
	uint64_t	 size, octets;

	if (fstat(fd, &st) == -1)
		return (MEASURE_LISTED);
	if (!S_ISREG(st.st_mode))
		return (MEASURE_NO_MAIL);
	if (octets_file(fd, (uint64_t)st.st_size, &size, &octets) == -1)
		return (MEASURE_LISTED);
	st.st_size = (off_t)size;
	measure_take(pe, &st, octets);
	return (MEASURED);
}

static enum measured
measure_read(int dir, struct popcache_entry *pe)
{
	enum measured	 result;
	int		 fd, error;

	fd = openat(dir, popcache_name(pe), DROP_OPEN);
	if (fd == -1)
		result = measure_error();
	else {
		result = measure_count(fd, pe);
		error = errno;
		close(fd);
		errno = error;
	}
	return (result == MEASURE_LISTED ? measure_listed(dir, pe, errno) :
	    result);
}

/* Measure a file in this directory.  Return as measure_entry(). */
static enum measured
measure_file(int dir, struct popcache_entry *pe, int type)
{
	struct stat	 st;
	uint64_t	 tag;

	/* Without a tag, and known to be a file: opening it is enough. */
	if (type == DT_REG && !maildir_tag(popcache_name(pe),
	    pe->pe_base_len, 'W', &tag))
		return (measure_read(dir, pe));

	if (fstatat(dir, popcache_name(pe), &st, AT_SYMLINK_NOFOLLOW) == -1)
		return (errno == ENOENT ? MEASURE_VANISHED : MEASURE_FAILED);
	if (!S_ISREG(st.st_mode))
		return (MEASURE_NO_MAIL);
	if (!measure_tags(pe, &st, &tag))
		return (measure_read(dir, pe));
	measure_take(pe, &st, tag);
	return (MEASURED);
}

enum measured
measure_entry(struct maildrop *md, struct popcache_entry *pe, int type)
{
	enum measured	 result;
	int		 dir;

	if (type != DT_UNKNOWN && type != DT_REG)
		return (MEASURE_NO_MAIL);
	if ((dir = drop_dir(md, popcache_dir(pe))) == -1)
		return (errno == ENOENT ? MEASURE_VANISHED : MEASURE_FAILED);
	if ((result = measure_file(dir, pe, type)) == MEASURED)
		pe->pe_flags &= (uint8_t)~POPCACHE_UNSURE;
	return (result);
}
