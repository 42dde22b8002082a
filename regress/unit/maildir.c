/* link: mail/maildir.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * File names in a maildir as other programs make them, and the directories
 * they leave.
 */

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "maildir.h"
#include "unit.h"

static void
test_names(void)
{
	static const struct {
		const char	*name;
		size_t		 len;
		int		 ok;
	} names[] = {
		{ "a", 1, 1 }, { "1.2.h:2,S", 9, 1 }, { "a b", 3, 1 },
		{ "\xff\x01", 2, 1 }, { "", 0, 0 }, { ".", 1, 0 },
		{ "..", 2, 0 }, { ".a", 2, 0 }, { "a/b", 3, 0 }, { "/", 1, 0 },
		{ "a\0b", 3, 0 }
	};
	char		 longest[300];
	size_t		 i;

	unit_case("which names can be messages");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(maildir_name_ok(names[i].name, names[i].len) ==
		    names[i].ok, "case %zu", i);
	memset(longest, 'x', sizeof(longest));
	CHECK(maildir_name_ok(longest, 255), "255 octets");
	CHECK(!maildir_name_ok(longest, 256), "256 octets");

}

static void
test_base(void)
{
	static const struct {
		const char	*name;
		size_t		 base;
	} names[] = {
		{ "a:2,S", 1 }, { "a:1,x", 1 }, { "a:2,", 1 },
		{ "a;2,S", 5 }, { "a:b:c", 5 }, { "a:3,S", 5 },
		{ "a:2;S", 5 }, { "a:2", 3 }, { "a:", 2 }, { "a:,S", 4 },
		{ "a:b:2,S", 3 }, { "a:2:2,S", 3 },
		/* The first of several; none without anything before it. */
		{ "a:2,S:2,F", 1 }, { "a:1,b:2,S", 1 }, { ":2,S", 4 },
		{ ":2,S:2,F", 4 }, { "::2,S", 1 }, { "", 0 }
	};
	size_t		 i, len;

	unit_case("base names end where flags begin, :1, or :2,");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = maildir_base_len(names[i].name, strlen(names[i].name));
		CHECK(len == names[i].base, "%s: %zu", names[i].name, len);
	}
	CHECK(maildir_base_len("a:2,S", 3) == 3, "cut in the suffix");
}

static void
test_ino(void)
{
	unit_case("inodes of 64 bits in 48");
	CHECK(maildir_ino(1) == 1, "1");
	CHECK(maildir_ino(0xffffffffffffULL) == 0xffffffffffffULL, "48");
	CHECK(maildir_ino(UINT64_C(1) << 48) == 1, "folded");
	CHECK(maildir_ino(UINT64_MAX) >> 48 == 0, "more than 48 bits");
}

static void
test_sizes(void)
{
	static const struct {
		const char	*base;
		char		 letter;
		int		 found;
		uint64_t	 value;
	} tags[] = {
		{ "1.a.h,S=10,W=12", 'S', 1, 10 },
		{ "1.a.h,S=10,W=12", 'W', 1, 12 },
		{ "1.a.h,W=12,S=10", 'W', 1, 12 },
		{ "1.a.h,S=10", 'W', 0, 0 },
		{ "1.a.h,S=", 'S', 0, 0 },
		{ "1.a.h,S=1x", 'S', 0, 0 },
		{ "1.a.h,S=-1", 'S', 0, 0 },
		{ "1.a.h,S=1 ", 'S', 0, 0 },
		{ "1.a.h,S= 1", 'S', 0, 0 },
		{ "1.a.h,S=1,", 'S', 1, 1 },
		{ "1.a.h,S=x,S=7", 'S', 1, 7 },
		{ "S=10", 'S', 0, 0 },
		{ ",S=0", 'S', 1, 0 },
		{ "1,S=9223372036854775807", 'S', 1, INT64_MAX },
		{ "1,S=9223372036854775808", 'S', 0, 0 },
		{ "1,S=99999999999999999999999", 'S', 0, 0 },
		{ "", 'S', 0, 0 }, { ",", 'S', 0, 0 }, { ",S", 'S', 0, 0 }
	};
	uint64_t	 value;
	size_t		 i;
	int		 found;

	unit_case("size tags");
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		found = maildir_tag(tags[i].base, strlen(tags[i].base),
		    tags[i].letter, &value);
		CHECK(found == tags[i].found && (!found ||
		    value == tags[i].value), "%s %c", tags[i].base,
		    tags[i].letter);
	}
	CHECK(!maildir_tag("1,S=123", 4, 'S', &value), "cut at the sign");
	CHECK(maildir_tag("1,S=123", 5, 'S', &value) && value == 1,
	    "cut in the number");
}

static void
test_order(void)
{
	static const struct {
		const char	*base;
		int		 found;
		uint64_t	 value;
	} orders[] = {
		{ "1763688000.M1P2.h", 1, 1763688000 },
		{ "0.a", 1, 0 }, { "007.a", 1, 7 },
		{ "9223372036854775807.a", 1, INT64_MAX },
		{ "9223372036854775808.a", 0, 0 },
		{ "12", 0, 0 }, { "12x.a", 0, 0 }, { ".12", 0, 0 },
		{ "-1.a", 0, 0 }, { "+1.a", 0, 0 }, { " 1.a", 0, 0 },
		{ "abc.1", 0, 0 }, { "", 0, 0 }
	};
	uint64_t	 value;
	size_t		 i;
	int		 found;

	unit_case("the number that a base name starts with");
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		found = maildir_order(orders[i].base, strlen(orders[i].base),
		    &value);
		CHECK(found == orders[i].found && (!found ||
		    value == orders[i].value), "%s", orders[i].base);
	}
}

static void
test_seen_flag(void)
{
	static const struct {
		const char	*suffix;
		const char	*seen;
	} flags[] = {
		{ "", ":2,S" }, { ":2,", ":2,S" }, { ":2,S", ":2,S" },
		{ ":2,F", ":2,FS" }, { ":2,T", ":2,ST" },
		{ ":2,DFRT", ":2,DFRST" }, { ":2,DFPRST", ":2,DFPRST" },
		{ ":2,a", ":2,Sa" }, { ":2,Fab", ":2,FSab" },
		{ ":2,F,X=S", ":2,FS,X=S" }, { ":2,,S", ":2,S,S" },
		{ ":2,aS", ":2,aS" }, { ":2,T,S=4", ":2,ST,S=4" },
		{ ":1,x", ":1,x" }, { ":", ":" }, { ":2", ":2" },
		{ ":3,S", ":3,S" }, { ":2;S", ":2;S" }
	};
	char	 buf[16];
	size_t	 i;

	unit_case("the S flag, in ASCII order");
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		CHECK(maildir_seen(flags[i].suffix, buf, sizeof(buf)) == 0,
		    "%s does not fit", flags[i].suffix);
		CHECK(strcmp(buf, flags[i].seen) == 0, "%s: %s, not %s",
		    flags[i].suffix, buf, flags[i].seen);
	}
}

static void
test_seen_room(void)
{
	char	 buf[16];

	unit_case("a suffix that does not fit is refused");
	CHECK(maildir_seen("", buf, 4) == -1, "4");
	CHECK(maildir_seen("", buf, 5) == 0, "5");
	CHECK(maildir_seen(":2,F", buf, 5) == -1, "5, F");
	CHECK(maildir_seen(":2,F", buf, 6) == 0, "6, F");
	CHECK(maildir_seen(":2,FS", buf, 5) == -1, "5, FS");
	CHECK(maildir_seen(":1,a", buf, 4) == -1, "4, unknown");
}

static void
touch(const char *path)
{
	int	 fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	CHECK(fd != -1, "%s", path);
	close(fd);
}

static int
count(void *arg, const struct maildir_found *fn)
{
	int	*n = arg;

	CHECK(fn->fn_name[0] != '.', "%s", fn->fn_name);
	CHECK(fn->fn_len == strlen(fn->fn_name), "%s", fn->fn_name);
	CHECK(fn->fn_base == maildir_base_len(fn->fn_name, fn->fn_len), "%s",
	    fn->fn_name);
	CHECK(fn->fn_ino != 0, "no inode");
	(*n)++;
	return (0);
}

/* Two names are enough. */
static int
enough(void *arg, const struct maildir_found *fn)
{
	return (++*(int *)arg == 2);
}

static int
stop(void *arg, const struct maildir_found *fn)
{
	(*(int *)arg)++;
	errno = EDOM;
	return (-1);
}

static void
test_scan(void)
{
	int	 fd;
	int	 n = 0;

	unit_case("scan: dot files are left out");
	CHECK(mkdir("md", 0700) == 0 && mkdir("md/new", 0700) == 0, "mkdir");
	touch("md/new/1.a");
	touch("md/new/2.b:2,S");
	touch("md/new/.hidden");
	touch("md/new/:2,S");
	fd = open("md/new", O_RDONLY | O_DIRECTORY);
	CHECK(maildir_scan(fd, count, &n) == 0, "scan");
	CHECK(n == 3, "%d names", n);
	n = 0;
	CHECK(maildir_scan(fd, count, &n) == 0 && n == 3, "again");
	n = 0;
	CHECK(maildir_scan(fd, stop, &n) == -1 && n == 1 && errno == EDOM,
	    "stopped after %d", n);
	n = 0;
	CHECK(maildir_scan(fd, enough, &n) == 1 && n == 2, "enough at %d", n);
	close(fd);
}

static void
test_open(void)
{
	struct maildir_stamp	 a, b;
	const char		*why = "";
	int			 fd;
	int			 uid = (int)getuid();

	unit_case("open: links, files and others' directories are refused");
	CHECK((fd = maildir_open("md", &why)) != -1, "%s", why);
	CHECK(maildir_stamp(fd, "new", &a) == 1, "new");
	CHECK(maildir_stamp(fd, "cur", &b) == 0, "no cur");
	CHECK(!maildir_stamp_equal(&a, &b), "equal");
	touch("md/new/3.c");
	CHECK(maildir_stamp(fd, "new", &b) == 1, "new");
	CHECK(!maildir_stamp_equal(&a, &b), "a change unseen");
	touch("md/cur");
	CHECK(maildir_stamp(fd, "cur", &b) == -1 && errno == ENOTDIR,
	    "a file");
	close(fd);
	CHECK((fd = maildir_open("md///", &why)) != -1, "slashes: %s", why);
	close(fd);
	CHECK(symlink("md", "link") == 0, "symlink");
	CHECK(maildir_open("link", &why) == -1, "link");
	CHECK(strcmp(why, "is a symbolic link") == 0, "%s", why);
	CHECK(maildir_open("link/", &why) == -1, "link/");
	CHECK(maildir_open("md/new/1.a", &why) == -1, "file");
	CHECK(maildir_open("none", &why) == -1 && errno == ENOENT, "none");
	if (uid == 0) {
		CHECK(chown("md", 1, 1) == 0, "chown");
		CHECK(maildir_open("md", &why) == -1 && errno == EPERM,
		    "other's");
	} else
		CHECK(maildir_open("/", &why) == -1, "other's");
}

static time_t	 ahead;

/* A clock that the test sets. */
time_t
time(time_t *t)
{
	struct timeval	 tv;

	gettimeofday(&tv, NULL);
	return (tv.tv_sec + ahead);
}

static void
test_sweep(void)
{
	struct timeval	 old[2];
	int		 fd;

	unit_case("stale files of tmp/ go, whatever times they were given");
	CHECK(mkdir("sw", 0700) == 0 && mkdir("sw/tmp", 0700) == 0, "mkdir");
	fd = open("sw", O_RDONLY | O_DIRECTORY);
	touch("sw/tmp/old");
	touch("sw/tmp/.old");
	touch("sw/tmp/young");
	CHECK(mkdir("sw/tmp/dir", 0700) == 0, "mkdir");
	gettimeofday(&old[0], NULL);
	old[0].tv_sec -= TMP_STALE_SECONDS + 10;
	old[1] = old[0];
	CHECK(utimes("sw/tmp/old", old) == 0, "utimes");
	CHECK(utimes("sw/tmp/.old", old) == 0, "utimes");
	CHECK(maildir_sweep(fd) == 0, "copied with its times");
	ahead = TMP_STALE_SECONDS + 10;
	old[0].tv_sec += 2 * TMP_STALE_SECONDS;
	old[1] = old[0];
	CHECK(utimes("sw/tmp/young", old) == 0, "utimes");
	CHECK(maildir_sweep(fd) == 3, "not three files");
	CHECK(access("sw/tmp/old", F_OK) == -1, "old");
	CHECK(access("sw/tmp/.old", F_OK) == -1, ".old");
	CHECK(access("sw/tmp/young", F_OK) == -1, "young");
	CHECK(access("sw/tmp/dir", F_OK) == 0, "dir");
	close(fd);
}

static void
test_stamps(void)
{
	struct maildir_stamp	 ms;
	struct timespec		 now = { 1000, 500 };

	unit_case("a stamp is old two seconds later, not a moment before");
	memset(&ms, 0, sizeof(ms));
	ms.ms_mtime = ms.ms_ctime = 998;
	ms.ms_mtime_nsec = ms.ms_ctime_nsec = 500;
	CHECK(maildir_stamp_old(&ms, &now), "2 s");
	ms.ms_ctime_nsec = 501;
	CHECK(!maildir_stamp_old(&ms, &now), "ctime 1 ns less");
	ms.ms_ctime_nsec = 500;
	ms.ms_mtime_nsec = 501;
	CHECK(!maildir_stamp_old(&ms, &now), "mtime 1 ns less");
	ms.ms_mtime = 2000;
	CHECK(!maildir_stamp_old(&ms, &now), "from the future");
	ms.ms_mtime = INT64_MAX;
	CHECK(!maildir_stamp_old(&ms, &now), "no overflow");
	ms.ms_mtime = -5;
	CHECK(maildir_stamp_old(&ms, &now), "before 1970");
}

static void
test_stamp_file(void)
{
	struct maildir_stamp	 a, b;
	int			 fd;

	unit_case("the stamp of a file: only of a regular one");
	CHECK(mkdir("sf", 0700) == 0 && mkdir("sf/dir", 0700) == 0, "mkdir");
	CHECK(mkfifo("sf/fifo", 0600) == 0, "mkfifo");
	CHECK(symlink("file", "sf/link") == 0, "symlink");
	touch("sf/file");
	fd = open("sf", O_RDONLY | O_DIRECTORY);
	CHECK(maildir_stamp_file(fd, "file", &a) == 1 &&
	    maildir_stamp_timed(&a), "file");
	CHECK(maildir_stamp_file(fd, "none", &b) == 0 && b.ms_ino == 0 &&
	    !maildir_stamp_timed(&b), "none");
	CHECK(maildir_stamp_file(fd, "dir", &b) == -1 && errno == EINVAL,
	    "dir");
	CHECK(maildir_stamp_file(fd, "fifo", &b) == -1 && errno == EINVAL,
	    "fifo");
	CHECK(maildir_stamp_file(fd, "link", &b) == -1 && errno == EINVAL,
	    "link");
	touch("sf/other");
	CHECK(rename("sf/other", "sf/file") == 0, "rename");
	CHECK(maildir_stamp_file(fd, "file", &b) == 1 &&
	    !maildir_stamp_equal(&a, &b), "replaced");
	close(fd);
}

int
main(void)
{
	char	 dir[] = "maildir.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	test_names();
	test_base();
	test_ino();
	test_sizes();
	test_order();
	test_seen_flag();
	test_seen_room();
	test_scan();
	test_open();
	test_sweep();
	test_stamps();
	test_stamp_file();
	return (unit_done());
}
