/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * QUIT while other programs rename, remove, link and replace files, and
 * corrections of sizes: what is on disk afterwards, and what the next session
 * reports.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dropsession.h"

/* 1.a in new/, 2.b and 3.c in cur/. */
static void
three(void)
{
	(void)unlink("kept");
	fresh();
	deliver("new/1.a", "1.a\n");
	deliver("cur/2.b:2,S", "2.b two\n");
	deliver("cur/3.c:2,", "3.c\nthree\n");
	disk.now += 10 * SEC;
}

/* Check that the next session reports what a scan without index finds. */
static void
agree(const char *what)
{
	static struct told	 told, full;

	disk.now += 10 * SEC;
	tell(&told);
	(void)unlink(POPCACHE_FILE);
	tell(&full);
	CHECK(strcmp(told.to_text, full.to_text) == 0, "%s:\n%s, not\n%s",
	    what, told.to_text, full.to_text);
}

/* What another program does before QUIT. */
static const struct {
	const char	*name;
	const char	*from[3];
	const char	*to[3];		/* NULL: removed */
	int		 result;	/* of QUIT after DELE 1 and 2 */
	uint32_t	 deleted;
} others[] = {
	{ "nothing", { NULL }, { NULL }, 0, 2 },
	{ "one is removed", { "new/1.a" }, { NULL }, 0, 2 },
	{ "both are removed", { "new/1.a", "cur/2.b:2,S" }, { NULL }, 0, 2 },
	{ "one moves to cur/", { "new/1.a" }, { "cur/1.a:2,FS" }, 0, 2 },
	{ "both are renamed", { "new/1.a", "cur/2.b:2,S" },
	    { "cur/1.a:2,DFPRST", "cur/2.b" }, 0, 2 },
	{ "renamed twice", { "cur/2.b:2,S", "cur/2.b:2,FS" },
	    { "cur/2.b:2,FS", "cur/2.b:2,FST" }, 0, 2 },
	{ "renamed and back", { "cur/2.b:2,S", "cur/2.b:2,FS" },
	    { "cur/2.b:2,FS", "cur/2.b:2,S" }, 0, 2 },
	{ "moved and removed", { "new/1.a", "cur/1.a:2," },
	    { "cur/1.a:2,", NULL }, 0, 2 },
	{ "back to new/", { "cur/2.b:2,S" }, { "new/2.b" }, 0, 2 },
	{ "the other one is renamed", { "cur/3.c:2," }, { "cur/3.c:2,FS" },
	    0, 2 },
	{ "the other one is removed", { "cur/3.c:2," }, { NULL }, 0, 2 }
};

static void
others_do(size_t i)
{
	size_t	 j;

	for (j = 0; j < 3 && others[i].from[j] != NULL; j++) {
		disk.now++;
		if (others[i].to[j] == NULL)
			destroy(others[i].from[j]);
		else
			move(others[i].from[j], others[i].to[j]);
	}
}

/* Whether a file of a base name is in new/ or cur/. */
static int
has(const char *base)
{
	struct dirent	*de;
	DIR		*d;
	size_t		 len = strlen(base);
	int		 dir, found = 0;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		d = opendir(maildir_dirname[dir]);
		while ((de = readdir(d)) != NULL)
			found |= strncmp(de->d_name, base, len) == 0 &&
			    maildir_base_len(de->d_name,
			    strlen(de->d_name)) == len;
		closedir(d);
	}
	return (found);
}

/* With the header only or after a scan; read before or not. */
static void
run_others(size_t i, int header, int reading)
{
	struct maildrop	*md;
	uint32_t	 deleted, n;
	int		 r;

	three();
	if (header)
		settle();
	md = session_list();
	others_do(i);
	for (n = 1; reading && n <= 3; n++)
		(void)text_of(md, n);
	maildrop_delete(md, 1);
	maildrop_delete(md, 2);
	r = maildrop_update(md, &deleted);
	maildrop_close(md);
	disk.changed[0] = disk.changed[1] = ++disk.now;
	CHECK(r == others[i].result && deleted == others[i].deleted,
	    "%d %d: %d, %u deleted", header, reading, r, deleted);
	CHECK(!has("1.a") && !has("2.b"), "%d %d: there is one", header,
	    reading);
	CHECK(has("3.c") == !(others[i].from[0] != NULL &&
	    strcmp(others[i].from[0], "cur/3.c:2,") == 0 &&
	    others[i].to[0] == NULL), "%d %d: 3.c", header, reading);
	agree(others[i].name);
}

static void
test_others(void)
{
	char	 name[80];
	size_t	 i;
	int	 header, reading;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(name, sizeof(name), "DELE of two, and %s",
		    others[i].name);
		unit_case(name);
		for (header = 0; header < 2; header++)
			for (reading = 0; reading < 2; reading++)
				run_others(i, header, reading);
	}
}

static void
test_link_elsewhere(void)
{
	const uint32_t	 which[] = { 1, 0 }, none[] = { 0 };
	uint32_t	 deleted;
	struct stat	 st;

	unit_case("a link elsewhere stays, the message is gone");
	three();
	CHECK(link("new/1.a", "kept") == 0, "link");
	CHECK(quit(which, none, &deleted) == 0 && deleted == 1, "quit");
	CHECK(!has("1.a") && there("kept"), "files");
	CHECK(stat("kept", &st) == 0 && st.st_nlink == 1, "links");
	agree("a link elsewhere");
}

static void
test_link_name(void)
{
	const uint32_t	 which[] = { 1, 0 }, none[] = { 0 };
	uint32_t	 deleted;

	unit_case("a link under another base name is another message");
	three();
	CHECK(link("new/1.a", "new/9.z") == 0, "link");
	disk.changed[0] = disk.now;
	CHECK(quit(which, none, &deleted) == 0 && deleted == 1, "quit");
	CHECK(!has("1.a") && has("9.z"), "files");
	agree("another base name");
}

static void
test_link_meanwhile(void)
{
	struct maildrop	*md;
	uint32_t	 deleted;

	unit_case("a link that another program made meanwhile goes, too");
	three();
	settle();
	md = session_list();
	CHECK(link("new/1.a", "cur/1.a:2,S") == 0, "link");
	disk.changed[1] = ++disk.now;
	maildrop_delete(md, 1);
	CHECK(maildrop_update(md, &deleted) == 0 && deleted == 1, "quit");
	maildrop_close(md);
	disk.changed[0] = disk.changed[1] = ++disk.now;
	CHECK(!has("1.a"), "there");
	agree("a link meanwhile");
}

static void
test_storm(void)
{
	struct maildrop	*md;
	uint32_t	 deleted;
	int		 way, r;

	unit_case("what QUIT unlinked is gone, whatever names keep changing");
	for (way = 0; way < 3; way++) {
		three();
		CHECK(way == 2 || link("new/1.a", "kept") == 0, "link");
		settle();
		md = session_list();
		/* Linked to another name, or removed, by another program. */
		if (way == 1)
			CHECK(link("new/1.a", "cur/1.a:2,S") == 0, "link");
		else if (way == 2)
			destroy("new/1.a");
		disk.storm = 1;
		disk.slept = 0;
		maildrop_delete(md, 1);
		r = maildrop_update(md, &deleted);
		CHECK(!has("1.a"), "%d: there", way);
		CHECK(r == (way == 2 ? -1 : 0) && deleted == (way != 2),
		    "%d: %d, %u deleted", way, r, deleted);
		CHECK(way == 2 || disk.slept < FIND_MILLISECONDS * MS / 2,
		    "%d: %lld ns", way, (long long)disk.slept);
		maildrop_close(md);
		(void)unlink("kept");
	}
}

/* Seen and old, but changed: no DELE, so QUIT has done all it had to. */
static void
test_expired(void)
{
	struct maildrop	*md;
	uint32_t	 deleted;
	int		 i;

	unit_case("an old message that cannot be removed is no failure");
	for (i = 0; i < 2; i++) {
		three();
		settle();
		md = session_list();
		if (i > 0)
			place("cur/2.b:2,S", "another file, larger\n");
		disk.changed[1] = ++disk.now;
		maildrop_delete(md, 1);
		maildrop_expire(md, 1, time(NULL) + 2 * 86400);
		CHECK(maildrop_count(md) == 2, "expired before QUIT");
		CHECK(maildrop_update(md, &deleted) == 0 && deleted == 1,
		    "%d: %u deleted", i, deleted);
		CHECK(maildrop_expired(md) == 1 - (uint32_t)i, "%d: %u", i,
		    maildrop_expired(md));
		maildrop_close(md);
		CHECK(!there("new/1.a") && there("cur/2.b:2,S") == i &&
		    there("cur/3.c:2,"), "%d", i);
		disk.changed[0] = disk.changed[1] = ++disk.now;
		agree("expired");
	}
}

static void
test_replaced(void)
{
	static const char *const	 kinds[] = {
	    "another file, larger\n", NULL };
	struct maildrop			*md;
	uint32_t			 deleted;
	int				 i;

	unit_case("what was put in the place of a message is not unlinked");
	for (i = 0; i < 2; i++) {
		three();
		settle();
		md = session_list();
		if (kinds[i] != NULL)
			place("new/1.a", kinds[i]);
		else
			CHECK(unlink("new/1.a") == 0 &&
			    mkdir("new/1.a", 0700) == 0, "mkdir");
		disk.changed[0] = ++disk.now;
		maildrop_delete(md, 1);
		maildrop_delete(md, 2);
		CHECK(maildrop_update(md, &deleted) == -1 && deleted == 1,
		    "%d: %u deleted", i, deleted);
		maildrop_close(md);
		CHECK(there("new/1.a") && !has("2.b") && has("3.c"), "%d", i);
		disk.changed[1] = ++disk.now;
		agree("replaced");
	}
}

/* What happens to a directory, and where its files are then. */
static const struct {
	const char	*name;
	const char	*dir;
	int		 again;		/* there is a new one */
} dirs[] = {
	{ "cur/ is replaced", "cur", 1 }, { "cur/ is gone", "cur", 0 },
	{ "new/ is replaced", "new", 1 }, { "new/ is gone", "new", 0 }
};

static void
test_dirs(void)
{
	struct maildrop	*md;
	char		 name[80];
	uint32_t	 deleted;
	size_t		 i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(name, sizeof(name), "%s: no QUIT, nothing lost",
		    dirs[i].name);
		unit_case(name);
		three();
		settle();
		md = session_list();
		CHECK(rename(dirs[i].dir, "moved") == 0, "rename");
		if (dirs[i].again)
			CHECK(mkdir(dirs[i].dir, 0700) == 0, "mkdir");
		maildrop_delete(md, 1);
		maildrop_delete(md, 2);
		maildrop_retrieved(md, 3, maildrop_size(md, 3));
		CHECK(maildrop_update(md, &deleted) == -1 && deleted == 0,
		    "%u deleted", deleted);
		maildrop_close(md);
		(void)rmdir(dirs[i].dir);
		CHECK(rename("moved", dirs[i].dir) == 0, "rename");
		CHECK(there("new/1.a") && there("cur/2.b:2,S") &&
		    there("cur/3.c:2,"), "lost");
		agree(dirs[i].name);
	}
}

/* Read the index from disk. */
static size_t
slurp(char buf[4096])
{
	ssize_t	 n;
	int	 fd = open(POPCACHE_FILE, O_RDONLY);

	n = read(fd, buf, 4096);
	close(fd);
	return (n < 0 ? 0 : (size_t)n);
}

/* How the session that corrects came to its list. */
static const char *const ways[] = { "a scan", "the header", "names",
	"an extended index" };

static void
correct(int way)
{
	static char		 once[4096], twice[4096];
	struct maildrop		*md;
	uint64_t		 sum;
	size_t			 len;
	uint32_t		 last;

	three();
	if (way != 0)
		settle();
	if (way >= 2)
		deliver("new/4.d", "4.d\n");
	if (way == 2)
		append("4.d", 5);
	md = session();
	CHECK(md->md_loaded == (way == 0 || way == 3), "another way");
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	last = maildrop_last(md);
	sum = maildrop_octets(md) - maildrop_size(md, 2) -
	    maildrop_size(md, last) + 71 + 72;
	maildrop_retrieved(md, 2, 71);
	maildrop_retrieved(md, last, 72);
	len = slurp(once);
	maildrop_retrieved(md, 2, 71);
	maildrop_retrieved(md, last, 72);
	CHECK(slurp(twice) == len && memcmp(once, twice, len) == 0,
	    "corrected again");
	maildrop_close(md);
	disk.now += 10 * SEC;
	md = session();
	CHECK(maildrop_octets(md) == sum, "STAT says %llu, not %llu",
	    (unsigned long long)maildrop_octets(md), (unsigned long long)sum);
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	CHECK(maildrop_size(md, 2) == 71 && maildrop_size(md, last) == 72,
	    "sizes");
	maildrop_close(md);
}

static void
test_correct(void)
{
	char	 name[80];
	int	 way;

	for (way = 0; way < 4; way++) {
		snprintf(name, sizeof(name), "RETR corrects a size once,"
		    " after %s", ways[way]);
		unit_case(name);
		correct(way);
	}
}

/* pi_last is where the last entry is that lives. */
static void
last_is(const char *base, const char *what)
{
	struct popcache		 pc;
	struct popcache_entry	*pe = NULL;
	uint64_t		 buf[POPCACHE_ENTRY_MAX / 8];
	int			 fd = open(".", O_RDONLY | O_DIRECTORY);

	popcache_open(&pc, fd);
	if (pc.pc_state == POPCACHE_GOOD)
		pe = popcache_get(&pc, pc.pc_info.pi_last, 0, buf);
	CHECK(pe != NULL && strncmp(popcache_name(pe), base,
	    pe->pe_base_len) == 0, "%s: the last is not %s", what, base);
	popcache_close(&pc);
	close(fd);
}

static struct popcache_info
read_header(void)
{
	struct popcache		 pc;
	struct popcache_info	 pi;
	int			 fd = open(".", O_RDONLY | O_DIRECTORY);

	popcache_open(&pc, fd);
	CHECK(pc.pc_state == POPCACHE_GOOD, "no good header");
	pi = pc.pc_info;
	popcache_close(&pc);
	close(fd);
	return (pi);
}

/* A name that is longer than its entry has room for. */
#define LONGER	":2,DFPRSTabcdefgh"

static void
test_last(void)
{
	static const char *const	 names[] = { "2.b:2,S", "3.c:2," };
	char				 from[40], to[40];
	struct maildrop			*md;
	uint32_t			 deleted;
	int				 i, header;

	unit_case("the header knows the last, whatever was renamed meanwhile");
	for (i = 0; i < 2; i++)
		for (header = 0; header < 2; header++) {
			three();
			if (header)
				settle();
			md = session_list();
			snprintf(from, sizeof(from), "cur/%s", names[i]);
			snprintf(to, sizeof(to), "cur/%.3s" LONGER,
			    names[i]);
			move(from, to);
			CHECK(*text_of(md, 2 + (uint32_t)i) != '\0', "read");
			maildrop_delete(md, 1);
			CHECK(maildrop_update(md, &deleted) == 0, "quit");
			maildrop_close(md);
			/* Or it was left as it is, and is seen through. */
			if (read_header().pi_count[MAILDIR_NEW] == 0)
				last_is("3.c", names[i]);
			move(to, from);
			disk.changed[0] = ++disk.now;
			/* Before the last: not in the order of the file. */
			deliver("new/0.e", "0.e\n");
			append("0.e", 5);
			agree(names[i]);
		}
}

int
main(void)
{
	char	 dir[] = "dropupdate.XXXXXX";

	if (clockdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	test_others();
	test_link_elsewhere();
	test_link_name();
	test_link_meanwhile();
	test_storm();
	test_expired();
	test_replaced();
	test_dirs();
	test_correct();
	test_last();
	return (unit_done());
}
