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
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "maildrop_private.h"
#include "octets.h"

int
drop_temporary(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	    error == EIO || error == ESTALE || error == EINTR ||
	    error == EAGAIN || error == ETIMEDOUT;
}

static enum measured
measure_error(void)
{
	switch (errno) {
	case ENOENT:
		return MEASURE_VANISHED;
	case ELOOP:
	case ENXIO:
		return MEASURE_NO_MAIL;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return MEASURE_NO_MEANS;
	default:
		return MEASURE_UNREADABLE;
	}
}

/*
 * Size tags are believed if the size on disk agrees, and if we may read the
 * file: a message that cannot be sent must not be listed.
 */
static int
measure_tags(const struct measure *ms, const struct stat *st,
    uint64_t *octets)
{
	uint64_t	 size, wire;
	size_t		 base;

	base = maildir_base_len(ms->ms_name, ms->ms_name_len);
	if (!maildir_tag(ms->ms_name, base, 'S', &size) ||
	    !maildir_tag(ms->ms_name, base, 'W', &wire))
		return 0;
	if (size != (uint64_t)st->st_size || wire < size || wire - size > size)
		return 0;
	if (st->st_uid != maildir_uid() || (st->st_mode & S_IRUSR) == 0)
		return 0;
	*octets = wire;
	return 1;
}

static enum measured
measure_read(int dir, struct measure *ms)
{
	struct stat	 st;
	enum measured	 result;
	int		 fd;

	fd = openat(dir, ms->ms_name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return measure_error();
	if (fstat(fd, &st) == -1)
		result = measure_error();
	else if (!S_ISREG(st.st_mode))
		result = MEASURE_NO_MAIL;
	else if (octets_file(fd, (uint64_t)st.st_size, &ms->ms_size,
	    &ms->ms_octets) == -1)
		result = measure_error();
	else {
		ms->ms_mtime = st.st_mtime < 0 ? 0 : (uint64_t)st.st_mtime;
		result = MEASURED;
	}
	close(fd);
	return result;
}

enum measured
drop_measure(struct maildrop *md, struct measure *ms)
{
	struct stat	 st;
	uint64_t	 tag;
	size_t		 base;
	int		 dir;

	if (ms->ms_type != DT_UNKNOWN && ms->ms_type != DT_REG)
		return MEASURE_NO_MAIL;
	if ((dir = drop_dir(md, ms->ms_dir)) == -1)
		return measure_error();

	/* Without a tag, and known to be a file, opening it says it all. */
	base = maildir_base_len(ms->ms_name, ms->ms_name_len);
	if (ms->ms_type == DT_REG &&
	    !maildir_tag(ms->ms_name, base, 'W', &tag))
		return measure_read(dir, ms);

	if (fstatat(dir, ms->ms_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return measure_error();
	if (!S_ISREG(st.st_mode))
		return MEASURE_NO_MAIL;
	if (!measure_tags(ms, &st, &ms->ms_octets))
		return measure_read(dir, ms);
	ms->ms_size = (uint64_t)st.st_size;
	ms->ms_mtime = st.st_mtime < 0 ? 0 : (uint64_t)st.st_mtime;
	return MEASURED;
}
