/*
 * link: $(MAIL_OBJS) lib/log.o lib/setting.o
 * waits
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Thousands of random steps in one maildir: mda and other programs deliver,
 * rename, move, copy, link, replace and remove, unique ids are imported,
 * sessions begin, delete and break off, and popcache is damaged.  After each
 * step a session must report exactly what the files contain, however little of
 * the maildir it read.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dropsession.h"

#define MESSAGES	40	/* about as many as there are at a time */
#define SERIALS		6000
#define TEXT_MAX	160

/* What the files of one base name and one text say. */
struct message {
	uint64_t	 me_order;
	uint64_t	 me_line;	/* of popuidl, or 0 */
	char		 me_name[256];	/* of one of the files */
	size_t		 me_base;
	int		 me_dir;
	unsigned int	 me_serial;
	char		 me_text[TEXT_MAX];
	int		 me_twin;	/* others have its base name */
	uint32_t	 me_number;	/* in the session, or 0 */
};

/* What is known of a base name, by its serial number. */
struct past {
	int		 pa_shared;	/* two messages had it once */
	int		 pa_known;	/* and the index knows that */
	uint64_t	 pa_line;	/* of popuidl, or 0 */
	int		 pa_named;	/* by some popuidl */
	ino_t		 pa_ino[64];	/* its files had these numbers */
	size_t		 pa_inos;
};

static struct message	 list[6 * MESSAGES];
static uint32_t		 nlist;
static uint32_t		 serial;
static struct past	 past[SERIALS];
static unsigned int	 uidl_generation;
static struct {
	int	 extended, replaced, skipped[MAILDIR_DIRS], header, quick;
	int	 scanned, twins, leftover, named, extras;
} seen;

static uint64_t
draw(uint64_t below)
{
	static uint64_t	 state = 0x2545f4914f6cdd1dULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((state >> 11) % below);
}

/* Make the text of a file.  Return its length. */
static size_t
read_text(const char *path, char text[TEXT_MAX])
{
	ssize_t	 n;
	int	 fd = open(path, O_RDONLY);

	n = read(fd, text, TEXT_MAX - 1);
	close(fd);
	CHECK(n > 0, "%s: %s", path, strerror(errno));
	text[n < 0 ? 0 : n] = '\0';
	return ((size_t)n);
}

/* One file: it is a message, or another name of one. */
static void
look_at(const char *name, int dir)
{
	struct message	*me = &list[nlist];
	char		 path[300];
	uint32_t	 i;

	snprintf(path, sizeof(path), "%s/%s", maildir_dirname[dir],
	    name);
	memset(me, 0, sizeof(*me));
	me->me_dir = dir;
	me->me_base = maildir_base_len(name, strlen(name));
	strlcpy(me->me_name, name, sizeof(me->me_name));
	CHECK(maildir_order(name, me->me_base, &me->me_order) &&
	    sscanf(name, "%*u.M%uP1", &me->me_serial) == 1, "%s", name);
	(void)read_text(path, me->me_text);
	me->me_line = past[me->me_serial].pa_line;
	for (i = 0; i < nlist; i++) {
		if (list[i].me_serial != me->me_serial)
			continue;
		if (strcmp(list[i].me_text, me->me_text) == 0)
			return;
		list[i].me_twin = me->me_twin = 1;
		past[me->me_serial].pa_shared = 1;
	}
	CHECK(nlist < sizeof(list) / sizeof(*list) - 1, "too many");
	if (nlist < sizeof(list) / sizeof(*list) - 1)
		nlist++;
}

static void
look(void)
{
	struct dirent	*de;
	DIR		*d;
	int		 dir;

	nlist = 0;
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		d = opendir(maildir_dirname[dir]);
		while ((de = readdir(d)) != NULL)
			if (de->d_name[0] != '.')
				look_at(de->d_name, dir);
		closedir(d);
	}
}

/* One line of len octets and its end, unlike others of its length. */
static void
random_text(char *text, size_t len)
{
	size_t	 i;

	for (i = 0; i < len; i++)
		text[i] = (char)('a' + draw(26));
	text[len] = '\n';
	text[len + 1] = '\0';
}

/* Record a file number of a base name.  Return whether it was known. */
static int
had(struct past *pa, const char *path)
{
	struct stat	 st;
	size_t		 i;

	CHECK(stat(path, &st) == 0, "stat %s", path);
	for (i = 0; i < pa->pa_inos; i++)
		if (pa->pa_ino[i] == st.st_ino)
			return (1);
	CHECK(pa->pa_inos < 64, "too many files of one name");
	if (pa->pa_inos < 64)
		pa->pa_ino[pa->pa_inos++] = st.st_ino;
	return (0);
}

/* A new file, with its entry in the index if mda brought it. */
static void
deliver_new(int by_mda, int early)
{
	char		 name[64], path[80], text[TEXT_MAX];
	size_t		 len = 1 + draw(100);

	CHECK(++serial < SERIALS, "too many");
	snprintf(name, sizeof(name), "%u.M%uP1.host",
	    early ? (unsigned int)draw(1000) : 1000 + serial, serial);
	random_text(text, len);
	snprintf(path, sizeof(path), "new/%s", name);
	/* Or it was removed at once, or moved to another folder. */
	if (draw(8) != 0) {
		deliver(path, text);
		(void)had(&past[serial], path);
	}
	if (by_mda)
		append(name, len + 2);
}

/*
 * Another file of a base name.  A number that a file of this name had before
 * would be taken for that file: this is the one thing that popcache cannot
 * see, so it does not happen here.
 */
static void
place_of(struct past *pa, const char *path, const char *text)
{
	static unsigned	 spare;
	char		 aside[40];

	for (put("tmp/of", text); had(pa, "tmp/of"); put("tmp/of", text)) {
		snprintf(aside, sizeof(aside), "tmp/spare%u", spare++);
		CHECK(rename("tmp/of", aside) == 0, "rename");
	}
	move("tmp/of", path);
}

/* Another text in the place of a file. */
static void
replace(struct past *pa, const char *path)
{
	char	 text[TEXT_MAX];

	random_text(text, 1 + draw(100));
	/* Seen with a new name, it may be taken for another message. */
	pa->pa_shared = 1;
	place_of(pa, path, text);
}

/* A further file of the same base name. */
static void
double_it(struct past *pa, const char *from, const char *to)
{
	char	 text[TEXT_MAX];

	if (there(to))
		return;
	if (draw(3) == 0)
		(void)read_text(from, text);
	else {
		/* Also if no session sees both, but one by one. */
		pa->pa_shared = 1;
		random_text(text, 1 + draw(100));
	}
	place_of(pa, to, text);
}

/* What others may do to a file. */
static void
others(void)
{
	static const char *const	 flags[] = { "", ":2,", ":2,S", ":2,FS",
					    ":2,DFPRSTabc" };
	const struct message		*me;
	struct past			*pa;
	char				 from[300], to[300];
	int				 dir;

	look();
	if (nlist == 0)
		return;
	me = &list[draw(nlist)];
	pa = &past[me->me_serial];
	dir = draw(3) == 0 ? MAILDIR_NEW : MAILDIR_CUR;
	snprintf(from, sizeof(from), "%s/%s",
	    maildir_dirname[me->me_dir], me->me_name);
	snprintf(to, sizeof(to), "%s/%.*s%s", maildir_dirname[dir],
	    (int)me->me_base, me->me_name,
	    dir == MAILDIR_NEW ? "" : flags[draw(5)]);
	switch (draw(11)) {
	case 0:
		destroy(from);
		break;
	case 1:
		if (link(from, to) == 0)
			disk.changed[dir] = disk.now;
		break;
	case 2: case 3:
		double_it(pa, from, to);
		break;
	case 4:
		replace(pa, from);
		break;
	default:
		move(from, to);
	}
}

/* Write a popuidl with some of the messages, in random order. */
static void
import_some(void)
{
	static char	 text[sizeof(list) / sizeof(*list) * 100];
	static unsigned	 generation;
	size_t		 at = 0;
	uint64_t	 line = 0;
	uint32_t	 i;

	look();
	generation++;
	for (i = 0; i < SERIALS; i++)
		past[i].pa_line = 0;
	if (draw(3) == 0 || nlist == 0) {
		import(NULL);
		return;
	}
	at = (size_t)sprintf(text, "gone u%u\n", generation);
	line++;
	for (i = (uint32_t)draw(nlist); i < nlist; i += 1 +
	    (uint32_t)draw(4)) {
		if (past[list[i].me_serial].pa_line != 0)
			continue;
		past[list[i].me_serial].pa_line = ++line;
		past[list[i].me_serial].pa_named = 1;
		at += (size_t)sprintf(text + at, "%.*s u%u-%u\n",
		    (int)list[i].me_base, list[i].me_name, generation / 2,
		    list[i].me_serial);
	}
	import(text);
	uidl_generation = generation / 2;
}

static void
damage(void)
{
	char	 garbage[100];
	off_t	 at;
	size_t	 i;
	int	 fd;

	if ((fd = open(POPCACHE_FILE, O_RDWR)) == -1)
		return;
	for (i = 0; i < SERIALS; i++)
		past[i].pa_known = 0;
	at = lseek(fd, 0, SEEK_END);
	switch (draw(4)) {
	case 0:
		/* Cut off after the header: mda was killed. */
		if (at > POPCACHE_HEADER_LEN + 50)
			CHECK(ftruncate(fd, at - (off_t)draw(50)) == 0, "cut");
		break;
	case 1:
		memset(garbage, 'g', sizeof(garbage));
		CHECK(pwrite(fd, garbage, 1 + draw(99), at) > 0, "pwrite");
		break;
	case 2:
		CHECK(pwrite(fd, "X", 1, (off_t)draw((uint64_t)at)) == 1,
		    "pwrite");
		break;
	default:
		CHECK(unlink(POPCACHE_FILE) == 0, "unlink");
	}
	close(fd);
}

/* Return a message's place in the order, as known from its UIDL. */
struct key {
	int		 ke_other;	/* popuidl does not name it */
	uint64_t	 ke_order;
	char		 ke_base[256];
	char		 ke_uidl[UIDL_MAX + 1];
};

static int
by_key(const struct key *a, const struct key *b)
{
	int	 c;

	if (a->ke_other != b->ke_other)
		return (a->ke_other - b->ke_other);
	if (a->ke_order != b->ke_order)
		return (a->ke_order < b->ke_order ? -1 : 1);
	c = strcmp(a->ke_base, b->ke_base);
	return (c != 0 ? c : strcmp(a->ke_uidl, b->ke_uidl));
}

/* Return whether this message can have a UIDL, and set its key. */
static int
fits(const struct message *me, const char *uidl, struct key *ke)
{
	const struct past	*pa = &past[me->me_serial];
	char			 base[256], own[UIDL_MAX + 1];
	char			 twin[UIDL_MAX + 1];

	snprintf(base, sizeof(base), "%.*s", (int)me->me_base,
	    me->me_name);
	if (me->me_line != 0)
		snprintf(own, sizeof(own), "u%u-%u", uidl_generation,
		    me->me_serial);
	else
		(void)uidl_own(base, own);
	(void)uidl_twin(base, me->me_text, twin);
	memset(ke, 0, sizeof(*ke));
	strlcpy(ke->ke_base, base, sizeof(ke->ke_base));
	strlcpy(ke->ke_uidl, uidl, sizeof(ke->ke_uidl));
	ke->ke_other = 1;
	ke->ke_order = me->me_order;
	/* One of several has its own; so does one that is left of them. */
	if (strcmp(uidl, twin) == 0) {
		seen.twins += me->me_twin;
		seen.leftover += !me->me_twin;
		/* But popuidl has the last word on what is alone. */
		return (me->me_twin || (pa->pa_shared && me->me_line == 0));
	}
	if (me->me_line != 0) {
		ke->ke_other = 0;
		ke->ke_order = me->me_line;
		seen.named++;
	}
	/* Once popuidl has had its word, what is alone is itself again. */
	return (!me->me_twin && (pa->pa_named || !pa->pa_known) &&
	    strcmp(uidl, own) == 0);
}

/* Find the message that number n of the session is. */
static struct message *
match(struct maildrop *md, uint32_t n, struct key *ke)
{
	char		 uidl[UIDL_MAX + 1];
	uint32_t	 i;

	uidl[maildrop_uidl(md, n, uidl)] = '\0';
	for (i = 0; i < nlist; i++)
		if (list[i].me_number == 0 && fits(&list[i], uidl, ke)) {
			list[i].me_number = n;
			return (&list[i]);
		}
	return (NULL);
}

static void
compare(struct maildrop *md, unsigned int step)
{
	const struct message	*me;
	struct key		 ke, last;
	enum maildrop_error	 error;
	uint64_t		 octets = 0;
	uint32_t		 i;

	look();
	/* Every file is one line, so one octet becomes two. */
	for (i = 0; i < nlist; i++)
		octets += strlen(list[i].me_text) + 1;
	CHECK(maildrop_count(md) == nlist, "step %u: %u messages, not %u",
	    step, maildrop_count(md), nlist);
	CHECK(maildrop_octets(md) == octets, "step %u: octets", step);
	error = maildrop_load(md);
	CHECK(error == MAILDROP_OK, "step %u: load: %d", step, error);
	if (error != MAILDROP_OK || maildrop_last(md) != nlist)
		return;
	for (i = 0; i < nlist; i++, last = ke) {
		me = match(md, i + 1, &ke);
		CHECK(me != NULL, "step %u: message %u unknown", step, i + 1);
		if (me == NULL)
			return;
		CHECK(maildrop_size(md, i + 1) == strlen(me->me_text) + 1,
		    "step %u: size of %u", step, i + 1);
		CHECK(i == 0 || by_key(&last, &ke) < 0,
		    "step %u: order of %u", step, i + 1);
	}
}

/* Once it is written, twins that were seen are known as such. */
static void
remember(void)
{
	uint32_t	 i;

	for (i = 0; i < nlist; i++)
		if (list[i].me_twin)
			past[list[i].me_serial].pa_known = 1;
}

/* What way the session went to its list. */
static void
note(const struct maildrop *md)
{
	int	 dir;

	if (!md->md_loaded) {
		if (md->md_scanned)
			seen.quick++;
		else
			seen.header++;
		return;
	}
	seen.scanned++;
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		seen.skipped[dir] += md->md_dir[dir] == -1;
	seen.replaced += md->md_index == INDEX_OTHER;
	seen.extended += md->md_index == INDEX_MORE;
	seen.extras += md->md_extras != 0;
}

/* Delete some, retrieve some, and check the result of QUIT. */
static void
update(struct maildrop *md, unsigned int step)
{
	static struct message	 gone[sizeof(list) / sizeof(*list)];
	uint32_t		 i, j, n = 0, deleted;

	for (i = 0; i < nlist; i++) {
		if (draw(6) == 0 || nlist > MESSAGES) {
			maildrop_delete(md, list[i].me_number);
			gone[n++] = list[i];
		}
		if (draw(3) == 0)
			maildrop_retrieved(md, list[i].me_number,
			    maildrop_size(md, list[i].me_number));
	}
	i = nlist;
	CHECK(maildrop_update(md, &deleted) == 0 && deleted == n,
	    "step %u: update", step);
	disk.changed[0] = disk.changed[1] = disk.now;
	look();
	CHECK(nlist == i - n, "step %u: %u are left of %u", step, nlist, i);
	for (i = 0; i < n; i++)
		for (j = 0; j < nlist; j++)
			CHECK(gone[i].me_serial != list[j].me_serial ||
			    strcmp(gone[i].me_text, list[j].me_text) != 0,
			    "step %u: deleted, and is there", step);
}

/* Check the index that the next session will use. */
static void
compare_index(const struct maildrop *md, unsigned int step)
{
	struct popcache	 pc;

	popcache_open(&pc, md->md_fd);
	CHECK(pc.pc_state == POPCACHE_GOOD, "step %u: index", step);
	CHECK(popcache_load(&pc, POPCACHE_COVERED) == 0 && pc.pc_whole &&
	    pc.pc_count == md->md_last, "step %u: not whole", step);
	popcache_close(&pc);
}

static void
one_session(unsigned int step)
{
	struct maildrop	*md = session_open();
	int		 bad = unit.un_bad, stored = 0;
	size_t		 i;

	note(md);
	/* Killed before it wrote, or while. */
	if (draw(8) != 0) {
		maildrop_store(md);
		if (md->md_loaded)
			compare_index(md, step);
		stored = 1;
	}
	compare(md, step);
	if (stored)
		remember();
	if (draw(4) == 0 && unit.un_bad == bad)
		update(md, step);
	maildrop_close(md);
	/* An index that could not be made right is none. */
	for (i = 0; access(POPCACHE_FILE, F_OK) == -1 && i < SERIALS; i++)
		past[i].pa_known = 0;
}

static void
begin_anew(void)
{
	memset(past, 0, sizeof(past));
	fresh();
}

static void
steps(unsigned int count)
{
	const int64_t	 waits[] = { 0, 1, disk.grain, SEC, 3 * SEC, 10 * SEC };
	unsigned int	 step;

	begin_anew();
	for (step = 1; step <= count; step++) {
		disk.now += waits[draw(6)];
		switch (draw(11)) {
		case 0:
			deliver_new(0, 0);
			break;
		case 1:
			deliver_new(draw(2) == 0, 1);
			break;
		case 2: case 3: case 4:
			deliver_new(1, 0);
			break;
		case 5: case 6:
			others();
			break;
		case 7:
			if (draw(6) == 0)
				damage();
			break;
		case 8:
			if (draw(6) == 0)
				import_some();
			break;
		}
		if (draw(2) == 0)
			one_session(step);
	}
	disk.now += 10 * SEC;
	one_session(step);
}

static void
test_ways(void)
{
	unit_case("each way to the list was gone");
	CHECK(seen.header > 50, "header alone: %d", seen.header);
	CHECK(seen.quick > 50, "names alone: %d", seen.quick);
	CHECK(seen.scanned > 50, "scan: %d", seen.scanned);
	CHECK(seen.skipped[MAILDIR_NEW] > 10, "new/ not read: %d",
	    seen.skipped[MAILDIR_NEW]);
	CHECK(seen.skipped[MAILDIR_CUR] > 50, "cur/ not read: %d",
	    seen.skipped[MAILDIR_CUR]);
	CHECK(seen.extended > 50, "extended: %d", seen.extended);
	CHECK(seen.replaced > 50, "replaced: %d", seen.replaced);
	CHECK(seen.twins > 500, "twins: %d", seen.twins);
	CHECK(seen.leftover > 50, "left of twins: %d", seen.leftover);
	CHECK(seen.named > 500, "by popuidl: %d", seen.named);
	CHECK(seen.extras > 50, "several names: %d", seen.extras);
}

int
main(void)
{
	static const int64_t	 grains[] = { 1, 4 * MS, SEC, 2 * SEC };
	char			 dir[] = "dropsteps.XXXXXX";
	char			 name[80];
	size_t			 i;

	if (clockdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	for (i = 0; i < sizeof(grains) / sizeof(*grains); i++) {
		disk.grain = grains[i];
		snprintf(name, sizeof(name), "2,500 random steps, "
		    "a clock of %lld ns", (long long)disk.grain);
		unit_case(name);
		steps(2500);
	}
	test_ways();
	return (unit_done());
}
