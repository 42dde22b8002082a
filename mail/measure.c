/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The size of a message nobody has counted yet.  Its file is opened only if
 * it must be, and never in a way that can hang or follow a link.
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
 * What an errno says about a file that is to be opened.  That it is no file
 * lstat(2) must say, too.
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

/* What is known now becomes the entry's. */
static void
measure_take(struct popcache_entry *pe, const struct stat *st, uint64_t octets)
{
	uint64_t	 order;

	/* Names may have been exchanged, or directories have other numbers. */
	popcache_set_ino(pe, drop_ino(st));
	pe->pe_size = htole64((uint64_t)st->st_size);
	pe->pe_octets = htole64(octets);
	if (pe->pe_order != 0)
		return;
	if (!maildir_order(popcache_name(pe), pe->pe_base_len, &order))
		order = st->st_mtime < 0 ? 0 : (uint64_t)st->st_mtime;
	pe->pe_order = htole64(order);
}

/*
 * There, but not to be read now: the list must have it all the same.  error
 * becomes errno.
 */
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
 * Size tags are believed if the size on disk agrees, and if we may read the
 * file: whoever cannot be read must be known as such.
 */
static int
measure_tags(const struct popcache_entry *pe, const struct stat *st,
    uint64_t *octets)
{
	const char	*name = popcache_name(pe);
	uint64_t	 size, wire;

	/* Of twins the tags are those of one, at the most. */
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

/* An open file, counted.  As measure_entry(). */
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

/* As measure_entry(), of a file in this directory. */
static enum measured
measure_file(int dir, struct popcache_entry *pe, int type, int exact)
{
	struct stat	 st;
	uint64_t	 tag;

	/* Without a tag, and known to be a file, opening it says it all. */
	if (type == DT_REG && (exact || !maildir_tag(popcache_name(pe),
	    pe->pe_base_len, 'W', &tag)))
		return (measure_read(dir, pe));

	if (fstatat(dir, popcache_name(pe), &st, AT_SYMLINK_NOFOLLOW) == -1)
		return (errno == ENOENT ? MEASURE_VANISHED : MEASURE_FAILED);
	if (!S_ISREG(st.st_mode))
		return (MEASURE_NO_MAIL);
	if (exact || !measure_tags(pe, &st, &tag))
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
	if ((result = measure_file(dir, pe, type, md->md_exact)) == MEASURED)
		pe->pe_flags &= (uint8_t)~POPCACHE_UNSURE;
	return (result);
}
