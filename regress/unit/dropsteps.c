/* link: $(MAIL_OBJS) lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Thousands of random steps in one maildir: mail comes by mda and by others,
 * other programs rename, move, copy and remove, sessions come, delete, break
 * off, and popcache is damaged.  After each step a session must say exactly
 * what the files say, however little of the maildir it looked at.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maildrop_private.h"

#include "unit.h"
#include "clockdir.h"

#define MESSAGES	40	/* about as many as there are at a time */

/* What a file says. */
struct message {
	uint64_t	me_order;
	uint64_t	me_octets;
	char		me_name[256];
	size_t		me_base;
	int		me_dir;
};

static struct message	 list[4 * MESSAGES];
static uint32_t		 nlist;
static uint32_t		 serial;
static struct {
	int	extended, replaced, skipped[MAILDIR_DIRS], header, scanned;
} seen;

static uint64_t
draw(uint64_t below)
{
	static uint64_t	 state = 0x2545f4914f6cdd1dULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

static int
by_order(const void *a, const void *b)
{
	const struct message	*l = a, *r = b;
	size_t			 n = l->me_base < r->me_base ? l->me_base :
				    r->me_base;
	int			 c;

	if (l->me_order != r->me_order)
		return l->me_order < r->me_order ? -1 : 1;
	c = memcmp(l->me_name, r->me_name, n);
	return c != 0 ? c : (int)l->me_base - (int)r->me_base;
}

/* One file as a message; of two with one base name that in cur/ is it. */
static void
look_at(const char *name, int dir)
{
	struct message	*me = &list[nlist];
	struct stat	 st;
	char		 path[300];
	uint32_t	 i;

	(void)snprintf(path, sizeof(path), "%s/%s", maildir_dirname[dir],
	    name);
	me->me_dir = dir;
	me->me_base = maildir_base_len(name, strlen(name));
	(void)strlcpy(me->me_name, name, sizeof(me->me_name));
	CHECK(maildir_order(name, me->me_base, &me->me_order), "%s", name);
	CHECK(stat(path, &st) == 0, "stat %s", path);
	/* Every file is one line, so one octet becomes two. */
	me->me_octets = (uint64_t)st.st_size + 1;
	for (i = 0; i < nlist; i++)
		if (list[i].me_base == me->me_base &&
		    memcmp(list[i].me_name, name, me->me_base) == 0) {
			if (dir == MAILDIR_CUR)
				list[i] = *me;
			return;
		}
	CHECK(nlist < sizeof(list) / sizeof(*list) - 1, "too many");
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
	qsort(list, nlist, sizeof(*list), by_order);
}

/* A new file, with its entry in the index if mda brought it. */
static void
deliver_new(int by_mda, int early)
{
	char		 name[64], path[80], text[128];
	size_t		 len = 1 + draw(100);

	serial++;
	(void)snprintf(name, sizeof(name), "%u.M%uP1.host",
	    early ? (unsigned int)draw(1000) : 1000 + serial, serial);
	memset(text, 'x', len);
	text[len] = '\n';
	text[len + 1] = '\0';
	(void)snprintf(path, sizeof(path), "new/%s", name);
	/* Or it was removed at once, or moved to another folder. */
	if (draw(8) != 0)
		deliver(path, text);
	if (by_mda)
		append(name, len + 2);
}

/* What others may do to a file. */
static void
others(void)
{
	static const char *const	 flags[] = { "", ":2,", ":2,S", ":2,FS" };
	const struct message		*me;
	char				 from[300], to[300];
	int				 dir;

	look();
	if (nlist == 0)
		return;
	me = &list[draw(nlist)];
	dir = draw(3) == 0 ? MAILDIR_NEW : MAILDIR_CUR;
	(void)snprintf(from, sizeof(from), "%s/%s",
	    maildir_dirname[me->me_dir], me->me_name);
	(void)snprintf(to, sizeof(to), "%s/%.*s%s", maildir_dirname[dir],
	    (int)me->me_base, me->me_name,
	    dir == MAILDIR_NEW ? "" : flags[draw(4)]);
	changed[me->me_dir] = now;
	switch (draw(8)) {
	case 0:
		CHECK(unlink(from) == 0, "unlink %s", from);
		return;
	case 1:
		/* A copy under another name of the same message. */
		(void)link(from, to);
		break;
	default:
		CHECK(rename(from, to) == 0, "rename %s %s", from, to);
	}
	changed[dir] = now;
}

static void
damage(void)
{
	char	 garbage[100];
	off_t	 at;
	int	 fd;

	if ((fd = open(POPCACHE_FILE, O_RDWR)) == -1)
		return;
	at = lseek(fd, 0, SEEK_END);
	switch (draw(4)) {
	case 0:
		/* Cut off behind the header: mda was killed. */
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

static int
same(struct maildrop *md, uint32_t i)
{
	struct popcache_facts	 pf;
	struct popcache		 pc;
	char			 got[UIDL_MAX], want[UIDL_MAX];
	size_t			 len, n;

	memset(&pc, 0, sizeof(pc));
	memset(&pf, 0, sizeof(pf));
	pf.pf_name = list[i].me_name;
	pf.pf_name_len = strlen(list[i].me_name);
	len = popcache_uidl(popcache_make(&pc, &pf), want);
	popcache_forget(&pc);
	n = maildrop_uidl(md, i + 1, got);
	return n == len && memcmp(got, want, len) == 0 &&
	    maildrop_size(md, i + 1) == list[i].me_octets;
}

static void
compare(struct maildrop *md, unsigned int step)
{
	enum maildrop_error	 error;
	uint64_t		 octets = 0;
	uint32_t		 i;

	look();
	for (i = 0; i < nlist; i++)
		octets += list[i].me_octets;
	CHECK(maildrop_count(md) == nlist, "step %u: %u messages, not %u",
	    step, maildrop_count(md), nlist);
	CHECK(maildrop_octets(md) == octets, "step %u: octets", step);
	error = maildrop_load(md);
	CHECK(error == MAILDROP_OK, "step %u: load: %d", step, error);
	if (error != MAILDROP_OK || maildrop_last(md) != nlist)
		return;
	for (i = 0; i < nlist; i++)
		CHECK(same(md, i), "step %u: message %u", step, i + 1);
}

/* What way the session went to its list. */
static void
note(const struct maildrop *md)
{
	int	 dir;

	if (!md->md_loaded) {
		seen.header++;
		return;
	}
	seen.scanned++;
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		seen.skipped[dir] += md->md_dir[dir] == -1;
	seen.replaced += md->md_news;
	seen.extended += md->md_more;
}

/* Delete some, retrieve some; what QUIT promised must be so. */
static void
update(struct maildrop *md, unsigned int step)
{
	static struct message	 gone[sizeof(list) / sizeof(*list)];
	uint32_t		 i, j, n = 0, deleted;

	for (i = 1; i <= maildrop_last(md); i++) {
		if (draw(6) == 0 || nlist > MESSAGES) {
			maildrop_delete(md, i);
			gone[n++] = list[i - 1];
		}
		if (draw(3) == 0)
			maildrop_retrieved(md, i, maildrop_size(md, i));
	}
	CHECK(maildrop_update(md, &deleted) == 0 && deleted == n,
	    "step %u: update", step);
	changed[0] = changed[1] = now;
	look();
	for (i = 0; i < n; i++)
		for (j = 0; j < nlist; j++)
			CHECK(by_order(&gone[i], &list[j]) != 0,
			    "step %u: deleted, and is there", step);
}

/* What the index has now is what the next session can rely on. */
static void
compare_index(const struct maildrop *md, unsigned int step)
{
	struct popcache	 pc;

	popcache_open(&pc, md->md_fd);
	CHECK(pc.pc_state == POPCACHE_GOOD, "step %u: index", step);
	CHECK(popcache_load(&pc, 0) == 0 && pc.pc_whole &&
	    pc.pc_count == md->md_last, "step %u: not whole", step);
	popcache_close(&pc);
}

static void
session(unsigned int step)
{
	enum maildrop_error	 error;
	struct maildrop		*md;
	int			 fd = open(".", O_RDONLY | O_DIRECTORY);

	md = maildrop_open(fd, &error);
	CHECK(md != NULL, "step %u: no session: %d", step, error);
	if (md == NULL)
		return;
	note(md);
	/* Killed before it wrote, or while. */
	if (draw(8) != 0) {
		maildrop_store(md);
		if (md->md_loaded)
			compare_index(md, step);
	}
	compare(md, step);
	if (draw(4) == 0 && maildrop_load(md) == MAILDROP_OK)
		update(md, step);
	maildrop_close(md);
}

static void
steps(unsigned int count)
{
	const int64_t	 waits[] = { 0, 1, grain, SEC, 3 * SEC, 10 * SEC };
	unsigned int	 step;

	fresh();
	for (step = 1; step <= count; step++) {
		now += waits[draw(6)];
		switch (draw(10)) {
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
		}
		if (draw(2) == 0)
			session(step);
	}
	now += 10 * SEC;
	session(step);
}

int
main(void)
{
	static const int64_t	 grains[] = { 1, 4 * MS, SEC, 2 * SEC };
	char			 dir[] = "dropsteps.XXXXXX", name[80];
	size_t			 i;

	if (clockdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return unit_done();
	}
	for (i = 0; i < sizeof(grains) / sizeof(*grains); i++) {
		grain = grains[i];
		(void)snprintf(name, sizeof(name), "2,500 random steps, "
		    "a clock of %lld ns", (long long)grain);
		unit_case(name);
		steps(2500);
	}
	unit_case("each way to the list was gone");
	CHECK(seen.header > 50, "header alone: %d", seen.header);
	CHECK(seen.scanned > 50, "scan: %d", seen.scanned);
	CHECK(seen.skipped[MAILDIR_NEW] > 10, "new/ not read: %d",
	    seen.skipped[MAILDIR_NEW]);
	CHECK(seen.skipped[MAILDIR_CUR] > 50, "cur/ not read: %d",
	    seen.skipped[MAILDIR_CUR]);
	CHECK(seen.extended > 50, "written behind: %d", seen.extended);
	CHECK(seen.replaced > 50, "replaced: %d", seen.replaced);
	return unit_done();
}
