/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A maildrop under everything that other programs may do to it, at every
 * distance in time.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "dropsession.h"

/* Change one octet of the index. */
static void
spoil(off_t at)
{
	char	 octet;
	int	 fd = open(POPCACHE_FILE, O_RDWR);

	CHECK(pread(fd, &octet, 1, at) == 1, "pread");
	octet ^= 1;
	CHECK(pwrite(fd, &octet, 1, at) == 1, "pwrite");
	close(fd);
}

/* A size that only the index knows. */
static void
missize(const char *name, uint64_t octets)
{
	append(name, octets);
	disk.now += 10 * SEC;
	(void)count();
}

static void
test_cut(void)
{
	struct maildrop	*md;
	struct stat	 st;

	unit_case("a header that covers more than the file: the rest counts");
	fresh();
	deliver("new/1.a", "a\n");
	settle();
	deliver("new/2.b", "b\n");
	missize("2.b", 99);
	deliver("new/3.c", "c\n");
	missize("3.c", 77);
	disk.now += 10 * SEC;
	CHECK(stat(POPCACHE_FILE, &st) == 0, "stat");
	CHECK(truncate(POPCACHE_FILE, st.st_size - 1) == 0, "truncate");
	md = session();
	CHECK(md->md_loaded && maildrop_load(md) == MAILDROP_OK &&
	    maildrop_last(md) == 3, "load");
	CHECK(maildrop_size(md, 2) == 99, "2 was counted");
	CHECK(maildrop_size(md, 3) == 3, "3 was not");
	maildrop_close(md);
	CHECK(stat(POPCACHE_FILE, &st) == 0 && st.st_size > 300, "not mended");
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK && maildrop_last(md) == 3 &&
	    maildrop_size(md, 2) == 99, "the next");
	maildrop_close(md);
}

static void
test_other_inodes(void)
{
	struct maildrop	*md;

	unit_case("the files of another directory are known by their inodes");
	fresh();
	settle();
	deliver("new/1.a", "a\n");
	missize("1.a", 99);
	CHECK(rename("new", "old") == 0 && mkdir("new", 0700) == 0, "mkdir");
	CHECK(rename("old/1.a", "new/1.a") == 0, "rename");
	disk.changed[0] = disk.now;
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK && maildrop_size(md, 1) == 99,
	    "counted again");
	maildrop_close(md);
}

static void
test_other_file(void)
{
	struct maildrop	*md;

	unit_case("another file of the name is counted, UIDL and order kept");
	disk.now += 10 * SEC;
	put("tmp/x", "another\n");
	CHECK(rename("tmp/x", "new/1.a") == 0, "rename");
	disk.changed[0] = disk.now;
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK && maildrop_size(md, 1) == 9,
	    "%llu octets", (unsigned long long)maildrop_size(md, 1));
	maildrop_close(md);
	empty("old");
	rmdir("old");
}

static void
test_rebuilt(void)
{
	struct maildrop	*md;

	unit_case("damage after a good header: rebuilt, the session continues");
	fresh();
	deliver("new/1.a", "a\n");
	deliver("new/2.b", "bb\n");
	settle();
	spoil(POPCACHE_HEADER_LEN + 40);
	md = session();
	CHECK(!md->md_loaded && maildrop_count(md) == 2, "header");
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	CHECK(maildrop_size(md, 1) == 3 && maildrop_size(md, 2) == 4, "size");
	maildrop_close(md);
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	maildrop_close(md);
}

static void
test_broken_promise(void)
{
	struct maildrop	*md;

	unit_case("damage, and another list than was promised: the end");
	settle();
	spoil(POPCACHE_HEADER_LEN + 40);
	CHECK(unlink("new/2.b") == 0, "unlink");
	md = session();
	CHECK(maildrop_count(md) == 2, "promised");
	CHECK(maildrop_load(md) == MAILDROP_DAMAGED, "load");
	CHECK(maildrop_load(md) == MAILDROP_DAMAGED, "and again");
	maildrop_close(md);
	CHECK(count() == 1, "the next session");
}

static void
test_other_maildir(void)
{
	struct maildrop	*md;

	unit_case("the index of another maildir gives no size");
	fresh();
	deliver("new/1.a", "another\n");
	settle();
	CHECK(rename("new", "old") == 0 && mkdir("new", 0700) == 0, "mkdir");
	put("new/1.a", "short\n");
	disk.changed[0] = disk.now;
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK && maildrop_size(md, 1) == 7,
	    "%llu octets", (unsigned long long)maildrop_size(md, 1));
	maildrop_close(md);
	empty("old");
	rmdir("old");
}

static void
test_no_popcache(void)
{
	unit_case("a directory in its place: sessions work without");
	fresh();
	deliver("new/1.a", "a\n");
	CHECK(mkdir(POPCACHE_FILE, 0700) == 0, "mkdir");
	CHECK(count() == 1 && count() == 1, "count");
	CHECK(access(POPCACHE_NEW_FILE, F_OK) == -1, "a file is left");
	CHECK(disk.logged != 0, "not a word");
	rmdir(POPCACHE_FILE);
}

static void
test_one_session(void)
{
	struct maildrop		*md;
	enum maildrop_error	 error;

	unit_case("one session at a time");
	md = session();
	error = MAILDROP_OK;
	CHECK(begin(&error) == NULL && error == MAILDROP_IN_USE, "second");
	maildrop_close(md);
	CHECK(count() == 1, "after it");
}

/* What the cases of one scenario share. */
static struct {
	struct maildrop	*md;
} test;

static void
test_renamed(void)
{
	enum maildrop_error	 error;
	char			 text[16] = "";
	int			 fd;

	unit_case("renamed by another program: found again");
	fresh();
	deliver("new/1.a", "a\n");
	deliver("new/2.b", "b\n");
	deliver("cur/3.c:2,", "c\n");
	settle();
	test.md = session();
	CHECK(maildrop_load(test.md) == MAILDROP_OK, "load");
	CHECK(rename("new/1.a", "cur/1.a:2,FS") == 0, "rename");
	CHECK(rename("cur/3.c:2,", "cur/3.c:2,T") == 0, "rename");
	CHECK(unlink("new/2.b") == 0, "unlink");
	disk.changed[0] = disk.changed[1] = ++disk.now;
	CHECK((fd = maildrop_read(test.md, 1, &error)) != -1, "1: %d", error);
	CHECK(read(fd, text, 15) == 2 && text[0] == 'a', "text %s", text);
	close(fd);
	CHECK(maildrop_read(test.md, 2, &error) == -1 && error == MAILDROP_GONE,
	    "2: %d", error);
	CHECK((fd = maildrop_read(test.md, 3, &error)) != -1, "3: %d", error);
	close(fd);
}

static void
test_looked_once(void)
{
	enum maildrop_error	 error;
	int			 n;

	unit_case("a gone message is looked for once, not at every RETR");
	disk.stats = 0;
	for (n = 0; n < 100; n++)
		CHECK(maildrop_read(test.md, 2, &error) == -1, "found");
	CHECK(disk.stats == 200, "%d stamps", disk.stats);
}

static void
test_renamed_update(void)
{
	uint32_t	 deleted;

	unit_case("UPDATE: renamed ones go, gone ones count as gone");
	CHECK(rename("cur/3.c:2,T", "cur/3.c:2,ST") == 0, "rename");
	maildrop_delete(test.md, 2);
	maildrop_delete(test.md, 3);
	CHECK(maildrop_update(test.md, &deleted) == 0 && deleted == 2,
	    "%u deleted", deleted);
	maildrop_close(test.md);
	CHECK(access("cur/3.c:2,ST", F_OK) == -1, "3.c is there");
	CHECK(access("cur/1.a:2,FS", F_OK) == 0, "1.a is gone");
}

static void
test_fifo(void)
{
	enum maildrop_error	 error;

	unit_case("a FIFO in the place of a message does not hang");
	fresh();
	deliver("new/1.a", "a\n");
	settle();
	test.md = session();
	CHECK(maildrop_load(test.md) == MAILDROP_OK, "load");
	CHECK(unlink("new/1.a") == 0 && mkfifo("new/1.a", 0600) == 0,
	    "mkfifo");
	CHECK(maildrop_read(test.md, 1, &error) == -1, "opened");
	maildrop_close(test.md);
}

static void
test_not_unlinked(void)
{
	struct maildrop	*md;
	uint32_t	 deleted;

	unit_case("UPDATE: failed unlinks are reported");
	fresh();
	deliver("new/1.a", "a\n");
	deliver("new/2.b", "b\n");
	settle();
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	CHECK(unlink("new/1.a") == 0 && mkdir("new/1.a", 0700) == 0, "mkdir");
	maildrop_delete(md, 1);
	maildrop_delete(md, 2);
	CHECK(maildrop_update(md, &deleted) == -1 && deleted == 1,
	    "%u deleted", deleted);
	maildrop_close(md);
	CHECK(access("new/2.b", F_OK) == -1, "2.b is there");
}

static void
test_retrieved(void)
{
	struct maildrop	*md;
	uint32_t	 deleted;
	char		 name[320], longest[300];

	unit_case("UPDATE: retrieved ones move, flags in order");
	fresh();
	deliver("new/1.a", "a\n");
	deliver("new/2.b:2,FT", "b\n");
	deliver("new/3.c:1,x", "c\n");
	deliver("cur/4.d:2,F", "d\n");
	deliver("new/5.e", "e\n");
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "6.", 2);
	longest[253] = '\0';
	snprintf(name, sizeof(name), "new/%s", longest);
	deliver(name, "f\n");
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK && maildrop_last(md) == 6,
	    "load");
	maildrop_retrieved(md, 1, 3);
	maildrop_retrieved(md, 2, 3);
	maildrop_retrieved(md, 3, 3);
	maildrop_retrieved(md, 4, 3);
	maildrop_retrieved(md, 6, 3);
	CHECK(maildrop_update(md, &deleted) == 0 && deleted == 0, "update");
	maildrop_close(md);
	CHECK(access("cur/1.a:2,S", F_OK) == 0, "1.a");
	CHECK(access("cur/2.b:2,FST", F_OK) == 0, "2.b");
	CHECK(access("cur/3.c:1,x", F_OK) == 0, "3.c");
	CHECK(access("cur/4.d:2,F", F_OK) == 0, "4.d");
	CHECK(access("new/5.e", F_OK) == 0, "5.e");
	CHECK(access(name, F_OK) == 0, "a name that would be too long");
}

static void
test_not_overwritten(void)
{
	struct maildrop	*md;
	uint32_t	 deleted;
	struct stat	 st;

	unit_case("UPDATE: nothing in cur/ is overwritten");
	fresh();
	deliver("new/1.a", "a\n");
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	put("cur/1.a:2,S", "not the same\n");
	maildrop_retrieved(md, 1, 3);
	CHECK(maildrop_update(md, &deleted) == 0, "update");
	maildrop_close(md);
	CHECK(stat("cur/1.a:2,S", &st) == 0 && st.st_size == 13, "cur");
	CHECK(access("new/1.a", F_OK) == 0, "new");
}

static void
test_twins(void)
{
	struct maildrop	*md;
	uint32_t	 deleted;

	unit_case("two files of one name: one if they are equal, or two");
	disk.changed[0] = disk.changed[1] = disk.now;
	settle();
	CHECK(count() == 2, "%u messages", count());
	put("cur/1.a:2,S", "a\n");
	put("tmp/x", "a\n");
	CHECK(rename("tmp/x", "cur/1.a:2,S") == 0, "rename");
	disk.changed[1] = disk.now;
	settle();
	CHECK(count() == 1, "%u messages", count());
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	CHECK(maildrop_size(md, 1) == 3, "size");
	maildrop_delete(md, 1);
	CHECK(maildrop_update(md, &deleted) == 0 && deleted == 1, "update");
	maildrop_close(md);
	CHECK(access("cur/1.a:2,S", F_OK) == -1, "cur");
	CHECK(access("new/1.a", F_OK) == -1, "new");
}

static void
test_rset(void)
{
	struct maildrop	*md;
	uint32_t	 deleted;

	unit_case("RSET takes marks back, numbers and sums too");
	fresh();
	deliver("new/1.a", "a\n");
	deliver("new/2.b", "bb\n");
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	maildrop_delete(md, 1);
	maildrop_delete(md, 1);
	CHECK(maildrop_count(md) == 1 && maildrop_octets(md) == 4, "marked");
	CHECK(maildrop_last(md) == 2 && maildrop_deleted(md, 1), "last");
	maildrop_reset(md);
	CHECK(maildrop_count(md) == 2 && maildrop_octets(md) == 7, "reset");
	CHECK(maildrop_update(md, &deleted) == 0 && deleted == 0, "update");
	maildrop_close(md);
	CHECK(access("new/1.a", F_OK) == 0, "1.a is gone");
}

static void
test_no_directories(void)
{
	unit_case("no new/ and cur/: empty, and nothing is made");
	fresh();
	rmdir("new");
	rmdir("cur");
	rmdir("tmp");
	CHECK(count() == 0, "count");
	CHECK(access("new", F_OK) == -1 && access("cur", F_OK) == -1 &&
	    access(POPCACHE_FILE, F_OK) == -1 &&
	    access(POPCACHE_NEW_FILE, F_OK) == -1, "something was made");
}

static void
test_wrong_size(void)
{
	struct maildrop	*md;

	unit_case("a wrong size is corrected for the next session");
	fresh();
	deliver("new/1.a,S=4,W=8", "1\n2\n");
	deliver("new/2.b,S=9,W=9", "2\n");
	deliver("new/3.c,S=2,W=9", "3\n");
	settle();
	md = session();
	CHECK(!md->md_loaded, "not from the header");
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	CHECK(maildrop_size(md, 1) == 8, "the tag is believed");
	CHECK(maildrop_size(md, 2) == 3, "S is wrong, and believed");
	CHECK(maildrop_size(md, 3) == 3, "W > 2S, and believed");
	maildrop_retrieved(md, 1, 6);
	CHECK(maildrop_size(md, 1) == 8, "the list changed");
	maildrop_close(md);
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	CHECK(maildrop_octets(md) == 12 && maildrop_size(md, 1) == 6,
	    "%llu", (unsigned long long)maildrop_size(md, 1));
	maildrop_close(md);
}

static void
test_killed(void)
{
	unit_case("what a killed session left is cleared away");
	fresh();
	put(POPCACHE_NEW_FILE, "rest");
	deliver("new/1.a", "a\n");
	CHECK(count() == 1, "count");
	CHECK(access(POPCACHE_NEW_FILE, F_OK) == -1, "is there");
	CHECK(access(POPCACHE_FILE, F_OK) == 0, "no index");
}

/* Write another valid index: its UIDLs are used. */
static void
test_original(void)
{
	static const char	 text[] = "1.a 3 "
	    /* printf 1.a | sha256 */
	    "7291411fc225eabd9511427006a5ef3c8d1cedcc1e40feaf8090d64bd55be1d4\n"
	    "2.b 99 "
	    "ce9eda796a3454e77fa2fe86ceb16c7e"
	    "720af075a9aae156fd494a25116fd615\n";
	static const struct {
		size_t	 at;
		uint64_t octets;
	} lines[] = { { 6, 3 }, { 78, 4 } };
	struct maildrop		*md;
	char			 uidl[UIDL_MAX];
	uint32_t		 i;

	unit_case("a popcache of the original pop: the same UIDLs, rebuilt");
	fresh();
	deliver("new/1.a", "a\n");
	deliver("cur/2.b:2,S", "bb\n");
	put(POPCACHE_FILE, text);
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK && maildrop_last(md) == 2,
	    "load");
	for (i = 0; i < 2; i++) {
		CHECK(maildrop_uidl(md, i + 1, uidl) == 64 && memcmp(uidl,
		    text + lines[i].at, 64) == 0, "UIDL of %u", i + 1);
		CHECK(maildrop_size(md, i + 1) == lines[i].octets,
		    "size of %u", i + 1);
	}
	CHECK(md->md_pc.pc_state == POPCACHE_GOOD, "not rebuilt");
	maildrop_close(md);
	disk.now += 10 * SEC;
	(void)count();
	md = session();
	CHECK(!md->md_scanned && maildrop_count(md) == 2, "not by its header");
	maildrop_close(md);
}

static void
test_meanwhile(void)
{
	struct maildrop	*md;

	unit_case("mda appends while a session looks: its entry stays");
	fresh();
	deliver("cur/1.a:2,S", "a\n");
	settle();
	deliver("new/2.b", "b\n");
	put("tmp/3.c", "c\n");
	md = session_open();
	CHECK(md->md_index == INDEX_MORE, "not to be extended");
	append_file("3.c", "tmp/3.c", 99);
	maildrop_store(md);
	CHECK(md->md_index == INDEX_SAME, "not stored");
	maildrop_close(md);
	CHECK(rename("tmp/3.c", "new/3.c") == 0, "rename");
	disk.now += 10 * SEC;
	disk.changed[0] = disk.now;
	md = session();
	CHECK(maildrop_load(md) == MAILDROP_OK && maildrop_last(md) == 3,
	    "load");
	CHECK(maildrop_size(md, 3) == 99, "not from its entry");
	maildrop_close(md);
}

int
main(void)
{
	char	 dir[] = "maildrop.XXXXXX";

	if (clockdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	test_rebuilt();
	test_broken_promise();
	test_other_maildir();
	test_no_popcache();
	test_one_session();
	test_cut();
	test_other_inodes();
	test_other_file();
	test_renamed();
	test_looked_once();
	test_renamed_update();
	test_fifo();
	test_not_unlinked();
	test_retrieved();
	test_not_overwritten();
	test_twins();
	test_rset();
	test_no_directories();
	test_wrong_size();
	test_killed();
	test_original();
	test_meanwhile();
	return (unit_done());
}
