/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Names in a maildir, and its directories as lists of names.  An octet goes on
 * to the file itself.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"
#include "maildir.h"

static struct {
	uid_t	 uid;
} maildir = {
	/* Not 0, which would put it on a page of its own among the buffers. */
	.uid = (uid_t)-1
};

const char *const maildir_dirname[MAILDIR_DIRS] = { "new", "cur" };

int
maildir_name_ok(const char *name, size_t len)
{
	return (len >= 1 && len <= MAILNAME_MAX && name[0] != '.' &&
	    memchr(name, '/', len) == NULL && memchr(name, '\0', len) == NULL);
}

size_t
maildir_base_len(const char *name, size_t len)
{
	const char	*end = name + len, *p = name + 1;

	for (; p < end && (p = memchr(p, ':', (size_t)(end - p))) != NULL; p++)
		if (end - p >= 3 && (p[1] == '1' || p[1] == '2') &&
		    p[2] == ',')
			return ((size_t)(p - name));
	return (len);
}

/*
 * Read decimal digits at the start of s.  Return their number, or 0 if there
 * are none or the value exceeds 63 bits.
 */
static size_t
maildir_decimal(const char *s, size_t len, uint64_t *value)
{
	uint64_t	 v = 0;
	unsigned int	 digit;
	size_t		 i;

	for (i = 0; i < len && s[i] >= '0' && s[i] <= '9'; i++) {
		digit = (unsigned int)(s[i] - '0');
		if (v > ((uint64_t)INT64_MAX - digit) / 10)
			return (0);
		v = v * 10 + digit;
	}
	*value = v;
	return (i);
}

int
maildir_tag(const char *base, size_t len, char letter, uint64_t *value)
{
	size_t		 i, n;

	for (i = 0; i + 3 < len; i++) {
		if (base[i] != ',' || base[i + 1] != letter ||
		    base[i + 2] != '=')
			continue;
		n = maildir_decimal(base + i + 3, len - i - 3, value);
		if (n != 0 && (i + 3 + n == len || base[i + 3 + n] == ','))
			return (1);
	}
	return (0);
}

int
maildir_order(const char *base, size_t len, uint64_t *order)
{
	size_t		 n;

	n = maildir_decimal(base, len, order);
	return (n != 0 && n < len && base[n] == '.');
}

/* Return the length of the flags of a suffix ":2,": they end at a comma. */
static size_t
maildir_flags(const char *suffix)
{
	return (strncmp(suffix, ":2,", 3) == 0 ? strcspn(suffix + 3, ",") : 0);
}

int
maildir_flag(const char *suffix, char flag)
{
	size_t		 len = maildir_flags(suffix);

	return (len > 0 && memchr(suffix + 3, flag, len) != NULL);
}

int
maildir_seen(const char *suffix, char *buf, size_t size)
{
	size_t		 len, at, end;

	if (*suffix == '\0')
		suffix = ":2,";
	if (strncmp(suffix, ":2,", 3) != 0 || maildir_flag(suffix, 'S'))
		return (strlcpy(buf, suffix, size) < size ? 0 : -1);
	len = strlen(suffix);
	end = 3 + maildir_flags(suffix);
	for (at = 3; at < end && suffix[at] < 'S'; at++)
		continue;
	if (len + 2 > size)
		return (-1);
	memcpy(buf, suffix, at);
	buf[at] = 'S';
	memcpy(buf + at + 1, suffix + at, len - at + 1);
	return (0);
}

uid_t
maildir_uid(void)
{
	if (maildir.uid == (uid_t)-1)
		maildir.uid = geteuid();
	return (maildir.uid);
}

/* Return why a directory may not be opened: perhaps one on the way to it. */
static const char *
maildir_barred(char *path)
{
	static char	 why[PATH_LEN_MAX + 32];
	char		*slash = path;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (access(path, X_OK) == -1) {
			snprintf(why, sizeof(why), "%s may not be searched",
			    path);
			return (why);
		}
		*slash = '/';
	}
	return ("cannot be opened");
}

int
maildir_open(const char *path, const char **why)
{
	struct stat	 st;
	char		 buf[PATH_LEN_MAX];
	size_t		 len;
	int		 fd, error;

	/* A trailing slash would make open(2) follow a link. */
	if ((len = strlcpy(buf, path, sizeof(buf))) >= sizeof(buf)) {
		*why = "path too long";
		errno = ENAMETOOLONG;
		return (-1);
	}
	while (len > 1 && buf[len - 1] == '/')
		buf[--len] = '\0';

	fd = open(buf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1) {
		error = errno;
		*why = lstat(buf, &st) == 0 && S_ISLNK(st.st_mode) ?
		    "is a symbolic link" : maildir_barred(buf);
		errno = error;
		return (-1);
	}
	if (fstat(fd, &st) == -1) {
		error = errno;
		*why = "fstat failed";
		close(fd);
		errno = error;
		return (-1);
	}
	if (st.st_uid != maildir_uid()) {
		close(fd);
		*why = "is not owned by the user";
		errno = EPERM;
		return (-1);
	}
	return (fd);
}

/* Set the stamp of a name of this type (S_IF*). */
static int
maildir_stamp_of(int fd, const char *name, mode_t type,
    struct maildir_stamp *stamp)
{
	struct stat	 st;

	memset(stamp, 0, sizeof(*stamp));
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return (errno == ENOENT ? 0 : -1);
	if ((st.st_mode & S_IFMT) != type) {
		errno = type == S_IFDIR ? ENOTDIR : EINVAL;
		return (-1);
	}
	stamp->ms_dev = (uint64_t)st.st_dev;
	stamp->ms_ino = (uint64_t)st.st_ino;
	stamp->ms_mtime = st.st_mtim.tv_sec;
	stamp->ms_mtime_nsec = (uint64_t)st.st_mtim.tv_nsec;
	stamp->ms_ctime = st.st_ctim.tv_sec;
	stamp->ms_ctime_nsec = (uint64_t)st.st_ctim.tv_nsec;
	return (1);
}

int
maildir_stamp(int fd, const char *name, struct maildir_stamp *stamp)
{
	return (maildir_stamp_of(fd, name, S_IFDIR, stamp));
}

int
maildir_stamp_file(int fd, const char *name, struct maildir_stamp *stamp)
{
	return (maildir_stamp_of(fd, name, S_IFREG, stamp));
}

int
maildir_stamp_equal(const struct maildir_stamp *a,
    const struct maildir_stamp *b)
{
	return (a->ms_dev == b->ms_dev && a->ms_ino == b->ms_ino &&
	    a->ms_mtime == b->ms_mtime &&
	    a->ms_mtime_nsec == b->ms_mtime_nsec &&
	    a->ms_ctime == b->ms_ctime &&
	    a->ms_ctime_nsec == b->ms_ctime_nsec);
}

int
maildir_stamp_timed(const struct maildir_stamp *stamp)
{
	return (stamp->ms_mtime != 0 || stamp->ms_mtime_nsec != 0 ||
	    stamp->ms_ctime != 0 || stamp->ms_ctime_nsec != 0);
}

/* Return whether a time is STAMP_GUARD_SECONDS or more before now. */
static int
maildir_before(int64_t sec, uint64_t nsec, const struct timespec *now)
{
	int64_t		 limit;

	if (sec > INT64_MAX - STAMP_GUARD_SECONDS)
		return (0);
	limit = sec + STAMP_GUARD_SECONDS;
	return (now->tv_sec > limit ||
	    (now->tv_sec == limit && (uint64_t)now->tv_nsec >= nsec));
}

int
maildir_stamp_old(const struct maildir_stamp *stamp,
    const struct timespec *now)
{
	return (maildir_before(stamp->ms_mtime, stamp->ms_mtime_nsec, now) &&
	    maildir_before(stamp->ms_ctime, stamp->ms_ctime_nsec, now));
}

/* Open a stream over a directory that a descriptor holds, from its start. */
static DIR *
maildir_stream(int fd, const char *name)
{
	DIR		*dir;
	int		 copy, error;

	copy = openat(fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (copy == -1)
		return (NULL);
	if ((dir = fdopendir(copy)) == NULL) {
		error = errno;
		close(copy);
		errno = error;
	}
	return (dir);
}

uint64_t
maildir_ino(uint64_t ino)
{
	return ((ino ^ ino >> 48) & 0xffffffffffffULL);
}

int
maildir_file(const struct maildir_found *fn)
{
	return (fn->fn_type == DT_REG || fn->fn_type == DT_UNKNOWN);
}

/* Take a name from readdir(3).  Return 0 if it cannot be a message. */
static int
maildir_name(const struct dirent *de, struct maildir_found *fn)
{
	fn->fn_name = de->d_name;
	fn->fn_len = strlen(de->d_name);
	if (!maildir_name_ok(fn->fn_name, fn->fn_len))
		return (0);
	fn->fn_base = maildir_base_len(fn->fn_name, fn->fn_len);
	fn->fn_ino = maildir_ino((uint64_t)de->d_ino);
	fn->fn_type = de->d_type;
	return (1);
}

int
maildir_scan(int fd, int (*call)(void *, const struct maildir_found *),
    void *arg)
{
	struct maildir_found	 fn;
	struct dirent		*de;
	DIR			*dir;
	int			 error, r = 0;

	if ((dir = maildir_stream(fd, ".")) == NULL)
		return (-1);
	while (r == 0) {
		errno = 0;
		if ((de = readdir(dir)) == NULL) {
			if (errno != 0)
				r = -1;
			break;
		}
		if (maildir_name(de, &fn))
			r = call(arg, &fn);
	}
	error = errno;
	closedir(dir);
	errno = error;
	return (r);
}

int
maildir_sync(int fd)
{
	if (fsync(fd) == -1 && errno != EINVAL && errno != EOPNOTSUPP)
		return (-1);
	return (0);
}

int
maildir_sweep(int fd)
{
	struct stat	 st;
	struct dirent	*de;
	DIR		*dir;
	time_t		 limit;
	int		 removed = 0;

	if ((dir = maildir_stream(fd, "tmp")) == NULL)
		return (0);
	limit = time(NULL) - TMP_STALE_SECONDS;
	while ((de = readdir(dir)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
			continue;
		/* Programs that copy set the other times. */
		if (st.st_ctime < limit &&
		    unlinkat(dirfd(dir), de->d_name, 0) == 0)
			removed++;
	}
	closedir(dir);
	return (removed);
}
