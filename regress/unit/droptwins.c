/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Files that share a base name: one message if they are one file or have the
 * same octets, otherwise separate messages with separate UIDLs, removed
 * separately.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dropsession.h"

#define BASE	"5.t"
#define N	"new/5.t"
#define C	"cur/5.t:2,"
#define CS	"cur/5.t:2,S"
#define CF	"cur/5.t:2,F"

#define STEPS	14

enum op { END, PUT, LINK, MOVE, GONE, DELE, FORGET, NAMED };

/*
 * One thing that happens, and what a session says after it: pairs of a text
 * and how its UIDL is made, 't' of base name and octets, 'd' of the base name
 * alone, 'n' by popuidl.
 */
struct step {
	enum op		 op;
	const char	*path;
	const char	*to;		/* or a text, '1' to '9' */
	const char	*says;		/* NULL: not asked */
};

static const struct {
	const char	*name;
	struct step	 step[STEPS];
} cases[] = {
	{ "different text: two, whatever happens to popcache", {
		{ PUT, N, "1", "1d" }, { PUT, CS, "2", "1t2t" },
		{ FORGET, NULL, NULL, "1t2t" }
	} },
	{ "different text, both at once", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" }
	} },
	{ "different text in one directory", {
		{ PUT, CF, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ FORGET, NULL, NULL, "1t2t" }
	} },
	{ "same octets: one", {
		{ PUT, N, "1", NULL }, { PUT, CS, "1", "1d" },
		{ FORGET, NULL, NULL, "1d" }, { GONE, N, NULL, "1d" }
	} },
	{ "same octets, and the one that was known goes", {
		{ PUT, N, "1", "1d" }, { PUT, CS, "1", "1d" },
		{ GONE, N, NULL, "1d" }, { FORGET, NULL, NULL, "1d" }
	} },
	{ "same octets: removed together", {
		{ PUT, N, "1", NULL }, { PUT, CS, "1", "1d" },
		{ DELE, NULL, "1", "" }
	} },
	{ "a hard link: one, removed together", {
		{ PUT, N, "1", "1d" }, { LINK, N, CS, "1d" },
		{ FORGET, NULL, NULL, "1d" }, { DELE, NULL, "1", "" }
	} },
	{ "a hard link in one directory, and one of them goes", {
		{ PUT, CF, "1", "1d" }, { LINK, CF, CS, "1d" },
		{ GONE, CF, NULL, "1d" }
	} },
	{ "three, two of them equal: two, each removed alone", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", NULL },
		{ PUT, CF, "1", "1t2t" }, { FORGET, NULL, NULL, "1t2t" },
		{ DELE, NULL, "1", "2t" }
	} },
	{ "three, two of them equal, and the other goes", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", NULL },
		{ PUT, CF, "1", "1t2t" }, { DELE, NULL, "2", "1t" }
	} },
	{ "three, two of them links", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", NULL },
		{ LINK, CS, CF, "1t2t" }, { DELE, NULL, "2", "1t" }
	} },
	{ "three of different text", {
		{ PUT, N, "1", "1d" }, { PUT, CS, "2", "1t2t" },
		{ PUT, CF, "3", "1t2t3t" }, { DELE, NULL, "2", "1t3t" },
		{ DELE, NULL, "3", "1t" }, { DELE, NULL, "1", "" }
	} },
	{ "three of the same octets", {
		{ PUT, N, "1", "1d" }, { PUT, CS, "1", NULL },
		{ PUT, CF, "1", "1d" }, { DELE, NULL, "1", "" }
	} },
	{ "flags and directories change: the same two", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ MOVE, CS, CF, "1t2t" }, { MOVE, N, CS, "1t2t" },
		{ MOVE, CF, N, "1t2t" }, { MOVE, CS, C, "1t2t" },
		{ FORGET, NULL, NULL, "1t2t" }
	} },
	{ "names change places: the same two", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ MOVE, N, "cur/5.t:2,X", NULL }, { MOVE, CS, N, NULL },
		{ MOVE, "cur/5.t:2,X", CS, "1t2t" }
	} },
	{ "one vanishes: what is left keeps its UIDL", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ GONE, N, NULL, "2t" }, { MOVE, CS, CF, "2t" }
	} },
	{ "the other vanishes", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ GONE, CS, NULL, "1t" }
	} },
	{ "DELE of the first alone", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ DELE, NULL, "1", "2t" }, { DELE, NULL, "2", "" }
	} },
	{ "DELE of the second alone", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ DELE, NULL, "2", "1t" }, { DELE, NULL, "1", "" }
	} },
	{ "no popcache at DELE, none after it: never the other's UIDL", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ FORGET, NULL, NULL, NULL }, { DELE, NULL, "1", NULL },
		{ FORGET, NULL, NULL, "2d" }
	} },
	{ "both go, and a third comes", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ GONE, N, NULL, NULL }, { GONE, CS, NULL, "" },
		{ PUT, N, "3", "3t" }
	} },
	{ "what is left is joined by another", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ GONE, N, NULL, "2t" }, { PUT, N, "3", "2t3t" },
		{ PUT, CF, "1", "1t2t3t" }
	} },
	{ "another file in the place of one", {
		{ PUT, N, "1", NULL }, { PUT, CS, "2", "1t2t" },
		{ PUT, N, "3", "2t3t" }, { PUT, CS, "3", "3t" },
		{ DELE, NULL, "3", "" }
	} },
	{ "one popuidl's: two that it does not know", {
		{ NAMED, NULL, BASE " u\n", NULL }, { PUT, N, "1", "1n" },
		{ PUT, CS, "2", "1t2t" }, { FORGET, NULL, NULL, "1t2t" }
	} },
	{ "one popuidl's, twice the same octets: by popuidl", {
		{ NAMED, NULL, BASE " u\n", NULL }, { PUT, N, "1", "1n" },
		{ PUT, CS, "1", "1n" }, { FORGET, NULL, NULL, "1n" }
	} }
};

static const char *
text(char digit)
{
	static char	 buf[16];

	/* Of the same length: their size must not tell them apart. */
	snprintf(buf, sizeof(buf), "text %c\n", digit);
	return (buf);
}

/* The message with a text, or 0. */
static uint32_t
find_text(struct maildrop *md, char digit)
{
	uint32_t	 n;

	for (n = 1; n <= maildrop_last(md); n++)
		if (strcmp(text_of(md, n), text(digit)) == 0)
			return (n);
	return (0);
}

static void
expect(const char *says, int step, const char *what)
{
	struct maildrop	*md = session_list();
	char		 uidl[65];
	uint32_t	 n;

	CHECK(maildrop_last(md) == strlen(says) / 2 &&
	    maildrop_count(md) == maildrop_last(md), "%d %s: %u messages, "
	    "not %s", step, what, maildrop_last(md), says);
	for (; *says != '\0'; says += 2) {
		n = find_text(md, says[0]);
		CHECK(n != 0, "%d %s: no %c", step, what, says[0]);
		if (n == 0)
			continue;
		CHECK(maildrop_size(md, n) == 8, "%d %s: size", step, what);
		CHECK(uidl_is(md, n, says[1] == 'n' ? "u" : says[1] == 'd' ?
		    uidl_own(BASE, uidl) : uidl_twin(BASE, text(says[0]),
		    uidl)), "%d %s: UIDL of %c", step, what, says[0]);
	}
	maildrop_close(md);
}

/* DELE of the message with a text, and no other. */
static void
dele(char digit, int step)
{
	struct maildrop	*md = session_list();
	uint32_t	 n = find_text(md, digit), deleted = 0;

	CHECK(n != 0, "%d: no %c to delete", step, digit);
	if (n != 0) {
		maildrop_delete(md, n);
		CHECK(maildrop_update(md, &deleted) == 0 && deleted == 1,
		    "%d: %u deleted", step, deleted);
	}
	maildrop_close(md);
	disk.changed[MAILDIR_NEW] = disk.changed[MAILDIR_CUR] = disk.now;
}

static void
perform(const struct step *st, int step)
{
	switch (st->op) {
	case PUT:
		place(st->path, text(st->to[0]));
		break;
	case LINK:
		CHECK(link(st->path, st->to) == 0, "%d: link", step);
		disk.changed[st->to[0] == 'c'] = disk.now;
		break;
	case MOVE:
		move(st->path, st->to);
		break;
	case GONE:
		destroy(st->path);
		break;
	case DELE:
		dele(st->to[0], step);
		break;
	case FORGET:
		(void)unlink(POPCACHE_FILE);
		break;
	case NAMED:
		import(st->to);
		break;
	case END:
		break;
	}
}

/*
 * All steps of a case, with so many seconds after each: all within one tick
 * of the clock, or each on its own.
 */
static void
run(const struct step *st, int64_t seconds)
{
	int	 i;

	fresh();
	for (i = 0; i < STEPS && st[i].op != END; i++) {
		perform(&st[i], i);
		disk.now += seconds * SEC;
		if (st[i].says == NULL)
			continue;
		expect(st[i].says, i, "at once");
		expect(st[i].says, i, "again");
		disk.now += seconds * SEC;
		expect(st[i].says, i, "later");
	}
}

/*
 * Which of two went must not matter: no text ever has a UIDL that another
 * had, for all sessions of all ways in which one of two is lost.
 */
static void
test_never(void)
{
	static const char *const	 lost[] = { N, CS };
	struct maildrop			*md;
	char				 uidl[65];
	int				 i, forget;

	unit_case("what is left never has the UIDL of what is gone");
	for (i = 0; i < 2; i++)
		for (forget = 0; forget < 4; forget++) {
			fresh();
			place(N, text('1'));
			place(CS, text('2'));
			settle();
			if (forget & 1)
				(void)unlink(POPCACHE_FILE);
			destroy(lost[i]);
			disk.now += 10 * SEC;
			(void)count();
			if (forget & 2)
				(void)unlink(POPCACHE_FILE);
			md = session_list();
			CHECK(maildrop_last(md) == 1, "%d %d: %u", i, forget,
			    maildrop_last(md));
			CHECK(!uidl_is(md, 1, uidl_twin(BASE,
			    text((char)('1' + i)), uidl)), "%d %d: the "
			    "other's", i, forget);
			maildrop_close(md);
		}
}

int
main(void)
{
	char	 dir[] = "droptwins.XXXXXX";
	size_t	 i;

	if (clockdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unit_case(cases[i].name);
		run(cases[i].step, 0);
		run(cases[i].step, 10);
	}
	test_never();
	return (unit_done());
}
