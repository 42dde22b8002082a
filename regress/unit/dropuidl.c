/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop with a popuidl: UIDLs and order are those of the file, whatever
 * happens to popcache.
 */

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dropsession.h"

#define OTHER_UID	65534

/* Not in the order of names; 2.b is missing. */
#define IMPORT	"4.d dee\n1.a aye\n3.c sea\n9.z gone\n"

/* What a session must say: its UIDLs in their order. */
static void
expect(const char *what, const char *const *uidl)
{
	struct maildrop	*md = session_list();
	uint32_t	 n;

	for (n = 0; uidl[n] != NULL; n++)
		CHECK(uidl_is(md, n + 1, uidl[n]), "%s: %u is not %s", what,
		    n + 1, uidl[n]);
	CHECK(maildrop_last(md) == n, "%s: %u messages, not %u", what,
	    maildrop_last(md), n);
	maildrop_close(md);
}

static const char *
own(const char *base)
{
	static char	 text[8][65];
	static int	 i;

	return (uidl_own(base, text[i++ % 8]));
}

static void
maildir(void)
{
	fresh();
	deliver("new/1.a", "a\n");
	deliver("new/2.b", "bb\n");
	deliver("cur/3.c:2,S", "ccc\n");
	deliver("cur/4.d:2,", "dddd\n");
	disk.now += SEC;
}

static void
test_import(void)
{
	const char *const	 list[] = { "dee", "aye", "sea", own("2.b"),
				    NULL };

	unit_case("popuidl: its lines first, in their order");
	maildir();
	import(IMPORT);
	expect("first", list);
	settle();
	expect("by its header", list);
	deliver("new/0.e", "e\n");
	disk.now += 10 * SEC;
	CHECK(count() == 5, "a delivery");
	destroy("new/0.e");
	disk.now += 10 * SEC;
	expect("after others", list);
}

/* Damage popcache in one of eight ways. */
static void
befall(int n)
{
	char		 octet = 'X';
	struct stat	 st;
	int		 fd;

	if (stat(POPCACHE_FILE, &st) == -1 ||
	    (fd = open(POPCACHE_FILE, O_RDWR)) == -1) {
		CHECK(0, "no index");
		return;
	}
	switch (n) {
	case 0:
		CHECK(unlink(POPCACHE_FILE) == 0, "unlink");
		break;
	case 1:
		CHECK(ftruncate(fd, 0) == 0, "empty");
		break;
	case 2:
		CHECK(ftruncate(fd, st.st_size - 20) == 0, "cut");
		break;
	case 3:
		CHECK(ftruncate(fd, POPCACHE_HEADER_LEN) == 0, "header");
		break;
	case 4:
		CHECK(pwrite(fd, &octet, 1, 3) == 1, "in the header");
		break;
	case 5:
		CHECK(pwrite(fd, &octet, 1, POPCACHE_HEADER_LEN + 60) == 1,
		    "in an entry");
		break;
	case 6:
		CHECK(pwrite(fd, &octet, 1, st.st_size) == 1, "at the end");
		break;
	default:
		put(POPCACHE_FILE, "1.a 3 other\n3.c 3 another\n");
	}
	close(fd);
}

static void
test_kept(void)
{
	const char *const	 list[] = { "dee", "aye", "sea", own("2.b"),
				    NULL };
	char			 what[32];
	int			 n;

	unit_case("popuidl: whatever happens to popcache, no UIDL changes");
	for (n = 0; n < 8; n++) {
		maildir();
		import(IMPORT);
		settle();
		befall(n);
		/* Where the header is good, the session finds out itself. */
		snprintf(what, sizeof(what), "case %d", n);
		expect(what, list);
		expect(what, list);
	}
}

static void
test_older(void)
{
	const char *const	 list[] = { "dee", "aye", "sea", own("2.b"),
				    NULL };

	unit_case("popuidl: an older popcache is no better");
	maildir();
	settle();
	CHECK(rename(POPCACHE_FILE, "tmp/old") == 0, "rename");
	import(IMPORT);
	settle();
	CHECK(rename("tmp/old", POPCACHE_FILE) == 0, "rename");
	expect("stale", list);
}

static void
test_another(void)
{
	const char *const	 first[] = { "dee", "aye", "sea", own("2.b"),
				    NULL };
	const char *const	 second[] = { "bee", "dee", own("1.a"),
				    own("3.c"), NULL };
	const char *const	 none[] = { own("1.a"), own("2.b"),
				    own("3.c"), own("4.d"), NULL };

	unit_case("popuidl: another one is seen at once");
	maildir();
	settle();
	expect("before", none);
	import(IMPORT);
	expect("first", first);
	disk.now += 10 * SEC;
	expect("first", first);
	import("2.b bee\n4.d dee\n");
	expect("second", second);
	settle();
	expect("second", second);
}

static void
test_removed(void)
{
	const char *const	 none[] = { own("1.a"), own("2.b"),
				    own("3.c"), own("4.d"), NULL };

	unit_case("popuidl: without it, defaults again");
	import(NULL);
	expect("none", none);
	settle();
	expect("none", none);
}

static void
test_one_tick(void)
{
	const char *const	 first[] = { "dee", "aye", "sea", own("2.b"),
				    NULL };
	const char *const	 second[] = { "bee", "dee", own("1.a"),
				    own("3.c"), NULL };

	unit_case("popuidl: two imports within one tick are two");
	import(IMPORT);
	expect("first", first);
	import("2.b bee\n4.d dee\n");
	expect("second", second);
}

/* One that gives a message the UIDL which another has by itself. */
static void
test_default_taken(void)
{
	char		 text[256], other[UIDL_MAX + 1];
	struct maildrop	*md;
	uint32_t	 n, m;

	unit_case("popuidl: a default given to another name is not used twice");
	maildir();
	snprintf(text, sizeof(text), "4.d %s\n", own("1.a"));
	import(text);
	settle();
	md = session_list();
	CHECK(maildrop_last(md) == 4 && uidl_is(md, 1, own("1.a")), "4.d");
	CHECK(strcmp(text_of(md, 1), "dddd\n") == 0, "not first");
	for (n = 1; n <= 4; n++)
		for (m = 1; m < n; m++) {
			other[maildrop_uidl(md, n, other)] = '\0';
			CHECK(!uidl_is(md, m, other), "%u and %u", m, n);
		}
	maildrop_close(md);
}

static void
test_second_line(void)
{
	struct maildrop	*md;

	unit_case("popuidl: the second of two lines with one UIDL has its own");
	maildir();
	import("4.d same\n1.a same\n2.b two\n");
	md = session_list();
	CHECK(uidl_is(md, 1, "same") && uidl_is(md, 2, own("1.a")) &&
	    uidl_is(md, 3, "two") && uidl_is(md, 4, own("3.c")), "UIDLs");
	maildrop_close(md);
}

static void
test_malformed(void)
{
	static const char *const	 bad[] = { "", "1.a aye", "1.a aye\n\n",
	    "1.a aye\nx\n", "1.a:2,S aye\n" };
	const char *const		 good[] = {
	    "dee", "aye", "sea", own("2.b"), NULL };
	size_t				 i;

	unit_case("popuidl: a malformed file refuses the session");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		maildir();
		import(IMPORT);
		settle();
		import(bad[i]);
		CHECK(refused() == MAILDROP_PERM, "%zu", i);
		CHECK(refused() == MAILDROP_PERM, "%zu again", i);
		CHECK(unlink(POPCACHE_FILE) == 0, "no index %zu", i);
		CHECK(refused() == MAILDROP_PERM, "%zu, no index", i);
		CHECK(!there(POPCACHE_NEW_FILE), "%zu: a file is left", i);
		import(IMPORT);
		expect("mended", good);
	}
}

static void
test_not_a_file(void)
{
	unit_case("popuidl: a link or directory refuses the session");
	import(NULL);
	CHECK(symlink("tmp/x", POPUIDL_FILE) == 0, "symlink");
	CHECK(refused() == MAILDROP_PERM, "symlink");
	CHECK(unlink(POPUIDL_FILE) == 0, "unlink");
	CHECK(mkdir(POPUIDL_FILE, 0700) == 0, "mkdir");
	CHECK(refused() == MAILDROP_PERM, "directory");
	CHECK(rmdir(POPUIDL_FILE) == 0, "rmdir");
}

static void
test_old_file(void)
{
	struct maildrop	*md;

	unit_case("popuidl: once it is old, the header alone answers");
	maildir();
	import(IMPORT);
	disk.now += 10 * SEC;
	CHECK(count() == 4, "count");
	md = session();
	CHECK(!md->md_loaded && !md->md_scanned, "not by the header");
	maildrop_close(md);
}

static void
test_young_file(void)
{
	struct maildrop	*md;

	unit_case("popuidl: while it is young, it is read again");
	import(IMPORT);
	CHECK(count() == 4, "count");
	md = session();
	CHECK(md->md_loaded, "not read");
	maildrop_close(md);
}

/* Run as another user, who must not read it.  Exits. */
static void
unreadable(void)
{
	char	 template[] = "unread.XXXXXX";

	unit_case("popuidl: an unreadable file refuses the session");
	if (clockdir(template) == -1 || (getuid() == 0 &&
	    (chown(".", OTHER_UID, (gid_t)-1) == -1 ||
	    setuid(OTHER_UID) == -1))) {
		CHECK(0, "another user");
		_exit(unit_done());
	}
	maildir();
	import(IMPORT);
	settle();
	CHECK(refused() == MAILDROP_OK, "refused");
	CHECK(chmod(POPUIDL_FILE, 0) == 0, "chmod");
	disk.uidls_changed = disk.now;
	CHECK(refused() == MAILDROP_PERM, "not refused");
	CHECK(unlink(POPCACHE_FILE) == 0, "unlink");
	CHECK(refused() == MAILDROP_PERM, "not refused without an index");
	_exit(unit_done());
}

static void
test_unreadable(void)
{
	int	 status;
	pid_t	 pid;

	if ((pid = fork()) == 0)
		unreadable();
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status %x",
	    (unsigned int)status);
}

/* mbsync puts ",U=" and a number into names. */
static void
mbsync(void)
{
	maildir();
	import(IMPORT);
	settle();
	move("new/1.a", "cur/1.a,U=7:2,S");
	move("new/2.b", "cur/2.b,U=2:2,");
	move("cur/4.d:2,", "cur/4.d,U=12:2,");
}

/* What a session must say with popcache or, if to be forgotten, without. */
static void
expect_either(int forget, const char *what, const char *const *uidl)
{
	int	 again;

	for (again = 0; again < 2; again++) {
		if (forget)
			(void)unlink(POPCACHE_FILE);
		expect(what, uidl);
		settle();
	}
}

static void
test_mbsync(void)
{
	const char *const	 list[] = { "dee", "aye", "sea", own("2.b,U=2"),
				    NULL };
	const char *const	 both[] = { "dee", "aye", "sea", own("1.a,U=8"),
				    own("2.b,U=2"), NULL };
	const char *const	 late[] = { "dee", "sea", own("1.a,U=8"),
				    own("2.b,U=2"), NULL };
	int			 forget;

	unit_case("popuidl: a name that mbsync changed keeps its UIDL");
	for (forget = 0; forget < 2; forget++) {
		mbsync();
		expect_either(forget, "renamed", list);
		/* popuidl cannot mean a file that is younger. */
		place("cur/1.a,U=8:2,", "other\n");
		expect_either(forget, "two", both);
		destroy("cur/1.a,U=7:2,S");
		expect_either(forget, "the other", late);
	}
}

/* Nobody knows which of two is meant; a third is too young. */
static void
test_mbsync_two(void)
{
	const char *const	 list[] = { "dee", "sea", own("1.a,U=7"),
				    own("1.a,U=8"), own("1.a,U=9"),
				    own("2.b,U=2"), NULL };
	const char *const	 named[] = { "dee", "aye", "sea",
				    own("1.a,U=7"), own("1.a,U=8"),
				    own("1.a,U=9"), own("2.b,U=2"), NULL };
	int			 forget;

	unit_case("popuidl: of two that mbsync may have changed none has it");
	for (forget = 0; forget < 2; forget++) {
		mbsync();
		place("cur/1.a,U=9:2,", "later\n");
		disk.now -= 60 * SEC;
		place("cur/1.a,U=8:2,", "other\n");
		disk.now += 60 * SEC;
		expect_either(forget, "two", list);
		place("cur/1.a:2,", "new\n");
		expect_either(forget, "its very name", named);
	}
}

/* A message is copied, or restored, while popuidl is removed. */
static void
test_recopied(void)
{
	const char *const	 none[] = { own("1.a"), own("2.b"),
				    own("3.c"), own("4.d"), NULL };

	unit_case("popuidl: without it a new copy has its default at once");
	maildir();
	import(IMPORT);
	settle();
	destroy("cur/4.d:2,");
	place("new/4.d", "dddd\n");
	import(NULL);
	expect("at once", none);
	settle();
	expect("later", none);
	(void)unlink(POPCACHE_FILE);
	expect("without popcache", none);
}

int
main(void)
{
	char	 dir[] = "dropuidl.XXXXXX";

	/* First, and elsewhere: a process knows its uid once and for all. */
	test_unreadable();
	if (clockdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	test_import();
	test_kept();
	test_older();
	test_another();
	test_removed();
	test_one_tick();
	test_default_taken();
	test_second_line();
	test_malformed();
	test_not_a_file();
	test_old_file();
	test_young_file();
	test_mbsync();
	test_mbsync_two();
	test_recopied();
	return (unit_done());
}
