/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The message list read from the header, the tail and the sum over names: when
 * it is used, and that it equals a full scan.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dropsession.h"

/* By mda: the file and its entry. */
static void
arrive(const char *name)
{
	char	 path[80], text[80];

	snprintf(path, sizeof(path), "new/%s", name);
	snprintf(text, sizeof(text), "text of %s\n", name);
	deliver(path, text);
	append(name, strlen(text) + 1);
}

/* Four messages, 1.a and 2.b in new/, 3.c and 4.d in cur/. */
static void
four(void)
{
	fresh();
	deliver("new/1.a", "1.a\n");
	deliver("new/2.b", "2.b two\n");
	deliver("cur/3.c:2,S", "3.c\nthree\n");
	deliver("cur/4.d:2,", "4.d\n\nfour\n");
	settle();
}

static void
nothing(void)
{
}

static void
one_came(void)
{
	arrive("5.e");
}

static void
three_came(void)
{
	arrive("5.e");
	arrive("6.f");
	arrive("6.g");
}

static void
dele(void)
{
	const uint32_t	 which[] = { 1, 3, 0 }, none[] = { 0 };
	uint32_t	 deleted;

	CHECK(quit(which, none, &deleted) == 0 && deleted == 2, "quit");
}

static void
dele_last(void)
{
	const uint32_t	 which[] = { 4, 0 }, none[] = { 0 };
	uint32_t	 deleted;

	CHECK(quit(which, none, &deleted) == 0 && deleted == 1, "quit");
}

static void
dele_all(void)
{
	const uint32_t	 which[] = { 1, 2, 3, 4, 0 }, none[] = { 0 };
	uint32_t	 deleted;

	CHECK(quit(which, none, &deleted) == 0 && deleted == 4, "quit");
}

static void
retr(void)
{
	const uint32_t	 which[] = { 1, 2, 3, 0 }, none[] = { 0 };
	uint32_t	 deleted;

	CHECK(quit(none, which, &deleted) == 0 && deleted == 0, "quit");
}

static void
dele_retr_came(void)
{
	const uint32_t	 first[] = { 2, 0 }, other[] = { 1, 4, 0 };
	uint32_t	 deleted;

	CHECK(quit(first, other, &deleted) == 0 && deleted == 1, "quit");
	arrive("5.e");
}

static void
came_dele(void)
{
	const uint32_t	 which[] = { 2, 5, 0 }, none[] = { 0 };
	uint32_t	 deleted;

	arrive("5.e");
	CHECK(quit(which, none, &deleted) == 0 && deleted == 2, "quit");
}

static void
all_gone_came(void)
{
	dele_all();
	arrive("0.e");
}

static void
replaced(void)
{
	place("new/1.a", "1.b\n");
}

static void
renamed(void)
{
	move("cur/3.c:2,S", "cur/3.c:2,FS");
}

static void
moved(void)
{
	move("new/1.a", "cur/1.a:2,");
}

static void
swapped(void)
{
	move("new/1.a", "tmp/x");
	move("new/2.b", "new/1.a");
	move("tmp/x", "new/2.b");
}

static void
twin(void)
{
	place("cur/1.a:2,S", "another\n");
}

static void
removed(void)
{
	destroy("cur/4.d:2,");
}

static void
added(void)
{
	deliver("new/5.e", "5.e\n");
}

static void
added_old(void)
{
	deliver("cur/0.e:2,", "0.e\n");
	arrive("5.f");
}

static void
one_less_one_more(void)
{
	destroy("new/2.b");
	deliver("new/5.e", "5.e\n");
}

static void
missing(void)
{
	arrive("5.e");
	destroy("new/5.e");
}

static void
came_moved(void)
{
	arrive("5.e");
	move("new/5.e", "cur/5.e:2,");
}

static void
came_replaced(void)
{
	arrive("5.e");
	place("new/5.e", "another\n");
}

static void
came_twice(void)
{
	arrive("5.e");
	append("5.e", 8);
}

static void
out_of_order(void)
{
	arrive("6.f");
	arrive("5.e");
}

static void
before_last(void)
{
	arrive("4.c");
}

static void
garbage(void)
{
	int	 fd = open(POPCACHE_FILE, O_WRONLY | O_APPEND);

	arrive("5.e");
	CHECK(write(fd, "12345678", 8) == 8, "write");
	close(fd);
}

static void
no_number(void)
{
	append_file("5.e", "tmp/none", 5);
	deliver("new/5.e", "5.e\n");
}

static void
imported(void)
{
	import("3.c sea\n");
}

static void
linked(void)
{
	CHECK(link("cur/4.d:2,", "cur/4.d:2,F") == 0, "link");
	disk.changed[MAILDIR_CUR] = disk.now;
}

/*
 * The leftover of two, the last in the order, and its name appended again:
 * by the digests alone, that would come after it.
 */
static void
left_came(void)
{
	char		 twins[65], own[65], text[32];
	int		 i;

	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "text %d\n", i);
		if (strcmp(uidl_twin("5.e", text, twins), uidl_own("5.e",
		    own)) < 0)
			break;
	}
	place("new/5.e", "gone\n");
	place("cur/5.e:2,S", text);
	settle();
	destroy("new/5.e");
	settle();
	arrive("5.e");
}

static const struct {
	const char	*name;
	void		(*happens)(void);
	int		 scanned;	/* names had to be read */
	int		 loaded;	/* and the index, too */
} cases[] = {
	{ "nothing: the header alone", nothing, 0, 0 },
	{ "a delivery", one_came, 1, 0 },
	{ "three deliveries", three_came, 1, 0 },
	{ "our DELE and QUIT", dele, 1, 0 },
	{ "our DELE of the last", dele_last, 1, 0 },
	{ "our DELE of all", dele_all, 1, 0 },
	{ "our RETR and QUIT", retr, 1, 0 },
	{ "DELE, RETR, QUIT, a delivery", dele_retr_came, 1, 0 },
	{ "a delivery, then our DELE of it", came_dele, 1, 0 },
	{ "DELE of all, and a delivery", all_gone_came, 1, 0 },
	{ "another file under the same name", replaced, 1, 1 },
	{ "other flags", renamed, 1, 1 },
	{ "moved to cur/ by others", moved, 1, 1 },
	{ "two files that change their names", swapped, 1, 1 },
	{ "a twin", twin, 1, 1 },
	{ "removed by others", removed, 1, 1 },
	{ "added without an entry", added, 1, 1 },
	{ "added without an entry, before a delivery", added_old, 1, 1 },
	{ "one removed, one added", one_less_one_more, 1, 1 },
	{ "appended, and its file is missing", missing, 1, 1 },
	{ "appended, and moved to cur/", came_moved, 1, 1 },
	{ "appended, and another file in its place", came_replaced, 1, 1 },
	{ "appended twice", came_twice, 1, 1 },
	{ "appended out of order", out_of_order, 1, 1 },
	{ "appended, and comes before the last", before_last, 1, 1 },
	{ "appended before garbage", garbage, 1, 1 },
	{ "appended with another number", no_number, 1, 1 },
	{ "another popuidl", imported, 1, 1 },
	{ "a second link", linked, 1, 1 },
	{ "what is left of two, and a third is appended", left_came, 1, 1 }
};

/* Make a change this many seconds before the session. */
static void
run(size_t i, int64_t seconds)
{
	static struct told	 quick, again, full;

	four();
	cases[i].happens();
	disk.now += seconds * SEC;
	tell(&quick);
	CHECK(quick.to_scanned == cases[i].scanned && quick.to_loaded ==
	    cases[i].loaded, "%llds: scanned %d, loaded %d",
	    (long long)seconds, quick.to_scanned, quick.to_loaded);
	tell(&again);
	CHECK(strcmp(again.to_text, quick.to_text) == 0,
	    "%llds: the next says:\n%s, not\n%s", (long long)seconds,
	    again.to_text, quick.to_text);
	CHECK(seconds < 5 || again.to_loaded == (cases[i].happens == linked),
	    "%llds: the next has to read the index", (long long)seconds);
	CHECK(unlink(POPCACHE_FILE) == 0, "unlink");
	tell(&full);
	CHECK(full.to_loaded, "not everything");
	/* A leftover of two is a new message to a session that knows one. */
	CHECK(strcmp(full.to_text, quick.to_text) == 0,
	    "%llds: all that is there says:\n%s, not\n%s",
	    (long long)seconds, full.to_text, quick.to_text);
}

static void
test_cases(void)
{
	char	 name[80];
	size_t	 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(name, sizeof(name), "%s: %s", cases[i].name,
		    !cases[i].scanned ? "header" : !cases[i].loaded ?
		    "names" : "everything");
		unit_case(name);
		run(i, 0);
		run(i, 10);
	}
}

/* The header of popcache, and how long it is. */
static struct popcache_info
header(uint64_t *size)
{
	struct popcache		 pc;
	struct popcache_info	 pi;
	int			 fd = open(".", O_RDONLY | O_DIRECTORY);

	popcache_open(&pc, fd);
	CHECK(pc.pc_state == POPCACHE_GOOD, "no good header");
	pi = pc.pc_info;
	*size = pc.pc_size;
	popcache_close(&pc);
	close(fd);
	return (pi);
}

/* DELE of the first n, and QUIT. */
static void
dele_first(uint32_t n)
{
	struct maildrop	*md = session_list();
	uint32_t	 i, deleted;

	for (i = 1; i <= n; i++)
		maildrop_delete(md, i);
	CHECK(maildrop_update(md, &deleted) == 0 && deleted == n, "quit");
	maildrop_close(md);
	disk.changed[MAILDIR_NEW] = disk.now;
}

static void
test_patch_first(void)
{
	struct popcache_info	 before, pi;
	uint64_t		 size, now_size;

	unit_case("QUIT: an entry dies in its place");
	four();
	before = header(&size);
	dele();
	pi = header(&now_size);
	CHECK(pi.pi_dead == 2 && size == now_size, "%u dead", pi.pi_dead);
	CHECK(pi.pi_count[0] == 1 && pi.pi_count[1] == 1, "counts");
	CHECK(pi.pi_last == before.pi_last, "another last");
	CHECK(pi.pi_octets < before.pi_octets, "octets");
}

static void
test_patch_last(void)
{
	struct popcache_info	 before, pi;
	uint64_t		 now_size;

	unit_case("QUIT: the last dies, another is the last");
	four();
	before = header(&now_size);
	dele_last();
	pi = header(&now_size);
	CHECK(pi.pi_last != 0 && pi.pi_last < before.pi_last, "the same");
	dele_first(3);
	pi = header(&now_size);
	CHECK(pi.pi_last == 0 && pi.pi_octets == 0, "there is one");
}

static void
test_patch_move(void)
{
	struct popcache_info	 before, pi;
	uint64_t		 size, now_size;

	unit_case("QUIT: an entry moves in its place");
	four();
	before = header(&size);
	retr();
	pi = header(&now_size);
	CHECK(pi.pi_dead == 0 && size == now_size, "%u dead", pi.pi_dead);
	CHECK(pi.pi_count[0] == 0 && pi.pi_count[1] == 4, "counts");
	CHECK(pi.pi_last == before.pi_last &&
	    pi.pi_octets == before.pi_octets, "numbers");
}

/* So many messages, brought by mda. */
static void
many(unsigned int n)
{
	char		 name[32];
	unsigned int	 i;

	fresh();
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%u.x", 100 + i);
		arrive(name);
	}
	settle();
}

static void
test_dead(void)
{
	struct popcache_info	 pi;
	static struct told	 to;
	uint64_t		 size, now_size;
	uint32_t		 n, left;

	unit_case("dead entries: rewritten once there are too many");
	many(100);
	(void)header(&size);
	for (n = 1, left = 99; n <= INDEX_DEAD_MAX(left); n++, left--) {
		dele_first(1);
		pi = header(&now_size);
		CHECK(pi.pi_dead == n && now_size == size, "%u: %u dead", n,
		    pi.pi_dead);
		disk.now += 10 * SEC;
	}
	CHECK(n > 64 && n < 99, "after %u", n);
	tell(&to);
	CHECK(!to.to_loaded, "too early, at %u", n);
	dele_first(1);
	disk.now += 10 * SEC;
	tell(&to);
	pi = header(&now_size);
	CHECK(to.to_loaded && pi.pi_dead == INDEX_DEAD_KEPT && now_size < size,
	    "%u dead of %u", pi.pi_dead, n);
	CHECK(popcache_info_count(&pi) == 100 - n, "%u left",
	    popcache_info_count(&pi));
}

static void
test_changes(void)
{
	struct popcache_info	 pi;
	struct maildrop		*md;
	uint64_t		 size;
	uint32_t		 n, deleted;
	char			 uidl[UIDL_MAX + 1];

	unit_case("QUIT: however many changes, each entry dies in its place");
	many(20000);
	deliver("cur/99.x:2,S", "one\n");
	deliver("new/99.x", "another\n");
	settle();
	md = session_list();
	uidl[maildrop_uidl(md, 1, uidl)] = '\0';
	for (n = 2; n <= maildrop_last(md); n++)
		maildrop_delete(md, n);
	CHECK(maildrop_update(md, &deleted) == 0 && deleted == 20001, "quit");
	maildrop_close(md);
	disk.changed[MAILDIR_NEW] = disk.changed[MAILDIR_CUR] = disk.now;
	pi = header(&size);
	CHECK(popcache_info_count(&pi) == 1 && pi.pi_dead >= 20001,
	    "%u, %u dead", popcache_info_count(&pi), pi.pi_dead);
	for (n = 0; n < 2; n++) {
		md = session_list();
		CHECK(maildrop_last(md) == 1 && uidl_is(md, 1, uidl),
		    "%u: %u left, another id", n, maildrop_last(md));
		maildrop_close(md);
		disk.now += 10 * SEC;
	}
}

int
main(void)
{
	char	 dir[] = "dropquick.XXXXXX";

	if (clockdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	test_cases();
	test_patch_first();
	test_patch_last();
	test_patch_move();
	test_dead();
	test_changes();
	return (unit_done());
}
