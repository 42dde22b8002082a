/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Write popcache to its file: a session replaces it, mda appends.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "popcache.h"
#include "popcache_private.h"

#define BUFFER		(256 * 1024)
#define LOCK_STEP_MS	5

int
popcache_lock(int dir)
{
	struct timespec	 step = { 0, LOCK_STEP_MS * 1000000L };
	int		 fd, tries, error;

	fd = openat(dir, "tmp",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	for (tries = 0; tries <= INDEX_LOCK_MILLISECONDS / LOCK_STEP_MS;
	    tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return (fd);
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		nanosleep(&step, NULL);
	}
	error = errno;
	close(fd);
	errno = error;
	return (-1);
}

int
popcache_begin(int dir, struct timespec *now)
{
	const int	 flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
			    O_CLOEXEC;
	struct stat	 st;
	int		 fd, error;

	fd = openat(dir, POPCACHE_NEW_FILE, flags, 0600);
	if (fd == -1 && errno == EEXIST) {
		/* Left by a session that was killed: its lock is ours now. */
		if (unlinkat(dir, POPCACHE_NEW_FILE, 0) == -1)
			return (-1);
		fd = openat(dir, POPCACHE_NEW_FILE, flags, 0600);
	}
	if (fd == -1)
		return (-1);
	if (fstat(fd, &st) == -1) {
		error = errno;
		close(fd);
		unlinkat(dir, POPCACHE_NEW_FILE, 0);
		errno = error;
		return (-1);
	}
	*now = st.st_mtim;
	return (fd);
}

/* Write all of it at its place with pwrite(2). */
static int
popcache_pwrite(int fd, const void *buf, size_t len, uint64_t at)
{
	const unsigned char	*p = buf;
	ssize_t			 n;

	while (len != 0) {
		n = pwrite(fd, p, len, (off_t)at);
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
		at += (uint64_t)n;
	}
	return (0);
}

/*
 * Write the entries, sealed, from pi_covered on; set that to their end and add
 * them to the other numbers of info.
 */
static int
popcache_put_list(int fd, struct popcache_entry **list, uint32_t n,
    struct popcache_info *info)
{
	struct popcache_entry	*pe;
	unsigned char		*buf;
	uint64_t		 at = info->pi_covered;
	size_t			 len, used = 0;
	uint32_t		 i;
	int			 r = 0;

	if ((buf = malloc(BUFFER)) == NULL)
		return (-1);
	for (i = 0; i < n && r == 0; i++) {
		pe = list[i];
		popcache_seal(pe);
		len = popcache_entry_len(pe);
		if (used + len > BUFFER) {
			r = popcache_pwrite(fd, buf, used, at);
			at += used;
			used = 0;
		}
		memcpy(buf + used, pe, len);
		popcache_info_add(info, pe, at + used);
		used += len;
	}
	if (r == 0 && used != 0)
		r = popcache_pwrite(fd, buf, used, at);
	info->pi_covered = at + used;
	free(buf);
	return (r);
}

/* Write an entry that is not of a message. */
static int
popcache_put_other(int fd, struct popcache_entry *pe,
    struct popcache_info *info)
{
	popcache_seal(pe);
	if (popcache_pwrite(fd, pe, popcache_entry_len(pe),
	    info->pi_covered) == -1)
		return (-1);
	info->pi_covered += popcache_entry_len(pe);
	return (0);
}

/*
 * Write the last dead entries, which tell new files of their names apart, and
 * digests.
 */
static int
popcache_put_dead(int fd, struct popcache *pc, struct popcache_info *info)
{
	size_t			 i;

	i = pc->pc_deads > INDEX_DEAD_KEPT ? pc->pc_deads - INDEX_DEAD_KEPT : 0;
	for (; i < pc->pc_deads; i++, info->pi_dead++)
		if (popcache_put_other(fd, pc->pc_dead[i], info) == -1)
			return (-1);
	for (i = 0; i < pc->pc_octets_count; i++)
		if (popcache_order(pc->pc_octets[i]) != 0 &&
		    popcache_put_other(fd, pc->pc_octets[i], info) == -1)
			return (-1);
	return (0);
}

/* Copy what was appended to the old file after we read it. */
static int
popcache_put_tail(int to, uint64_t at, int from, uint64_t next)
{
	static unsigned char	 buf[16 * 1024];
	ssize_t			 n;

	for (;;) {
		n = pread(from, buf, sizeof(buf), (off_t)next);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		if (n == 0 || at > POPCACHE_SIZE_MAX)
			return (0);
		if (popcache_pwrite(to, buf, (size_t)n, at) == -1)
			return (-1);
		at += (uint64_t)n;
		next += (uint64_t)n;
	}
}

int
popcache_replace(struct popcache *pc, int dir, int fd,
    struct popcache_entry **list, uint32_t n, struct popcache_info *info)
{
	unsigned char	 header[POPCACHE_HEADER_LEN];
	int		 error;

	popcache_info_numbers(info, NULL);
	if (popcache_put_list(fd, list, n, info) == -1)
		goto fail;
	if (popcache_put_dead(fd, pc, info) == -1)
		goto fail;
	if (pc->pc_state == POPCACHE_GOOD && pc->pc_len != 0 &&
	    popcache_put_tail(fd, info->pi_covered, pc->pc_fd,
	    pc->pc_base + pc->pc_len) == -1)
		goto fail;
	popcache_encode(info, header);
	if (popcache_pwrite(fd, header, sizeof(header), 0) == -1 ||
	    fsync(fd) == -1 ||
	    renameat(dir, POPCACHE_NEW_FILE, dir, POPCACHE_FILE) == -1)
		goto fail;

	/*
	 * The rename is not made durable: after a power failure the old index
	 * may be back, and its stamps tell whether it is still valid.
	 */
	if (pc->pc_fd != -1)
		close(pc->pc_fd);
	pc->pc_fd = fd;
	pc->pc_info = *info;
	pc->pc_state = POPCACHE_GOOD;
	pc->pc_from = pc->pc_near = 0;
	pc->pc_from_at = pc->pc_near_at = POPCACHE_HEADER_LEN;
	return (0);
 fail:
	error = errno;
	close(fd);
	unlinkat(dir, POPCACHE_NEW_FILE, 0);
	errno = error;
	return (-1);
}

int
popcache_extend(struct popcache *pc, struct popcache_entry **list, uint32_t n,
    struct popcache_info *info)
{
	struct stat		 st;
	uint64_t		 end = pc->pc_base + pc->pc_len;
	uint32_t		 i, count = (uint32_t)pc->pc_count;

	if (fstat(pc->pc_fd, &st) == -1)
		return (-1);
	if ((uint64_t)st.st_size != end) {
		errno = ESTALE;
		return (-1);
	}
	popcache_info_numbers(info, &pc->pc_info);
	for (i = (uint32_t)pc->pc_covered; i < count; i++)
		popcache_info_add(info, list[i], popcache_place(pc, list, i));
	info->pi_covered = end;
	if (popcache_put_list(pc->pc_fd, list + count, n - count, info) == -1)
		return (-1);

	/*
	 * The new entries are not made durable first: if a power failure takes
	 * them and leaves the header, they are found missing, and the files
	 * have all that they said.
	 */
	if (popcache_restamp(pc, info) == -1)
		return (-1);
	pc->pc_from = pc->pc_near = count;
	pc->pc_from_at = pc->pc_near_at = end;
	return (0);
}

int
popcache_restamp(struct popcache *pc, const struct popcache_info *info)
{
	unsigned char	 header[POPCACHE_HEADER_LEN];

	popcache_encode(info, header);
	if (popcache_pwrite(pc->pc_fd, header, sizeof(header), 0) == -1)
		return (-1);
	pc->pc_info = *info;
	return (0);
}

int
popcache_put(struct popcache *pc, uint64_t at, struct popcache_entry *pe)
{
	popcache_seal(pe);
	return (popcache_pwrite(pc->pc_fd, pe, popcache_entry_len(pe), at));
}

/* Append to an open index, aligned; a torn tail before it is harmless. */
static int
popcache_append_to(int fd, const struct popcache_entry *pe)
{
	unsigned char		 buf[POPCACHE_ENTRY_MAX + 8] = { 0 };
	unsigned char		 header[POPCACHE_HEADER_LEN];
	struct popcache_info	 info;
	struct stat		 st;
	size_t			 len = popcache_entry_len(pe), pad;
	ssize_t			 n;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_uid != maildir_uid() ||
	    (uint64_t)st.st_size > POPCACHE_SIZE_MAX - sizeof(buf))
		return (0);
	n = pread(fd, header, sizeof(header), 0);
	if (n != sizeof(header) || popcache_decode(&info, header) == -1 ||
	    info.pi_covered > (uint64_t)st.st_size)
		return (0);
	pad = (size_t)(-st.st_size & 7);
	memcpy(buf + pad, pe, len);
	n = pwrite(fd, buf, pad + len, st.st_size);
	if (n == (ssize_t)(pad + len))
		return (1);
	if (n > 0)
		(void)!ftruncate(fd, st.st_size);
	return (0);
}

int
popcache_append(int dir, struct popcache_entry *pe)
{
	int		 lock, fd, done = 0;

	popcache_seal(pe);
	if ((lock = popcache_lock(dir)) == -1)
		return (0);
	fd = openat(dir, POPCACHE_FILE,
	    O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1) {
		done = popcache_append_to(fd, pe);
		close(fd);
	}
	close(lock);
	return (done);
}
