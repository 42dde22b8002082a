/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Time stamps of a maildir, at every distance in time from a delivery. */

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

/*
 * A message, a session, another message, a session: with every distance in
 * time that could matter, and the second message at every moment of the
 * first session.  Return how often the last session missed it, and stops at
 * enough.
 */
static int
stamp_losses(int enough)
{
	const int64_t	 waits[] = { 0, 1, disk.grain / 3, disk.grain - 1,
	    disk.grain,
			    disk.grain + disk.grain / 2, 2 * SEC - 1, 2 * SEC,
			    2 * SEC + disk.grain - 1, 3 * SEC };
	const int64_t	 thens[] = { 0, disk.grain / 2, disk.grain, 2 * SEC };
	const int64_t	 starts[] = { disk.grain / 2, disk.grain - 1 };
	size_t		 a, b, c, n = sizeof(waits) / sizeof(waits[0]);
	int		 at, lost = 0;

	for (a = 0; a < 2 && lost < enough; a++)
		for (b = 0; b < n; b++)
			for (c = 0; c < 4; c++) {
				fresh();
				disk.now += starts[a];
				deliver("new/1.a", "a\n");
				disk.now += waits[b];
				(void)count();
				disk.now += thens[c];
				deliver("new/2.b", "b\n");
				disk.now += 5 * SEC;
				lost += count() != 2;
			}
	for (a = 0; a < 2 && lost < enough; a++)
		for (b = 0; b < n; b++)
			for (at = 1; at <= 8; at++) {
				fresh();
				disk.now += starts[a];
				deliver("new/1.a", "a\n");
				disk.now += waits[b];
				disk.stats = 0;
				disk.deliver_at = at;
				(void)count();
				if (disk.stats < at)
					deliver("new/900.late", "late\n");
				disk.deliver_at = 0;
				disk.now += 5 * SEC;
				lost += count() != 2;
			}
	return (lost);
}

/* Stamps that count in such a grain. */
static void
stamps_case(const char *grain_name, const char *what)
{
	char	 name[80];

	snprintf(name, sizeof(name), "stamps of %s: %s", grain_name,
	    what);
	unit_case(name);
}

static void
test_lossless(const char *grain_name)
{
	int	 lost;

	stamps_case(grain_name, "no message is lost");
	lost = stamp_losses(INT32_MAX);
	CHECK(lost == 0, "%d lost", lost);
}

static void
test_unguarded(const char *grain_name)
{
	int	 lost;

	stamps_case(grain_name, "without the guard some are");
	disk.ahead = STAMP_GUARD_SECONDS;
	lost = stamp_losses(1);
	CHECK(lost != 0, "the test cannot fail");
	disk.ahead = 0;
}

static void
test_header(const char *grain_name)
{
	struct maildrop	*md;

	stamps_case(grain_name, "the header answers, once they are old");
	fresh();
	deliver("new/1.a", "a\n");
	disk.now += 2 * SEC + disk.grain;
	(void)count();
	md = session();
	CHECK(!md->md_loaded, "a scan");
	CHECK(maildrop_count(md) == 1, "count");
	maildrop_close(md);
}

static void
test_stamps(void)
{
	static const struct {
		const char	*name;
		int64_t		 grain;
	} grains[] = {
		{ "10 ms", 10 * MS }, { "1 s", SEC }, { "2 s", 2 * SEC }
	};
	size_t	 i;

	for (i = 0; i < 3; i++) {
		disk.grain = grains[i].grain;
		test_lossless(grains[i].name);
		test_unguarded(grains[i].name);
		test_header(grains[i].name);
	}
	disk.grain = 1;
}

static void
test_clock_behind(void)
{
	unit_case("a clock that runs late records nothing");
	fresh();
	deliver("new/1.a", "a\n");
	disk.now -= 50 * SEC;
	(void)count();
	put("new/2.b", "b\n");
	CHECK(count() == 2, "not found");
}

/*
 * A file moves to cur/ with no stamp to show for it, until the stamp of some
 * moment: wherever that is, it is found.
 */
static void
test_touched(void)
{
	struct maildrop	*md;
	int		 at, again, found = 0;

	unit_case("moved to cur/ while only new/ was to be read");
	for (again = 0; again < 2; again++)
		for (at = 1; at < 12; at++) {
			fresh();
			deliver("cur/1.a:2,S", "a\n");
			settle();
			deliver("new/2.b", "b\n");
			if (again)
				append("2.b", 3);
			disk.now += 10 * SEC;
			CHECK(rename("new/2.b", "cur/2.b:2,") == 0, "rename");
			disk.stats = 0;
			disk.touch_at = at;
			md = session();
			CHECK(disk.stats < at || maildrop_count(md) == 2,
			    "%d: missed", at);
			found += maildrop_count(md) == 2;
			maildrop_close(md);
			disk.touch_at = 0;
			disk.changed[MAILDIR_CUR] = disk.now;
			CHECK(count() == 2, "%d: the next session", at);
		}
	CHECK(found > 4 && found < 22, "%d found", found);
}

/* This name vanishes before it can be opened, or NULL. */
static const char	*vanishing;

int
openat(int fd, const char *name, int flags, ...)
{
	static int	(*real)(int, const char *, int, mode_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "openat");
	if (vanishing == NULL || strcmp(name, vanishing) != 0)
		return (real(fd, name, flags, 0600));
	errno = ENOENT;
	return (-1);
}

static void
test_vanishing(void)
{
	struct maildrop		*md;
	enum maildrop_error	 error;
	int			 known;

	unit_case("what vanishes whenever it is opened refuses no session");
	for (known = 0; known < 2; known++) {
		fresh();
		deliver("new/1.a", "a\n");
		if (known)
			deliver("new/2.b", "b\n");
		settle();
		place("new/2.b", "bb\n");
		vanishing = "2.b";
		md = begin(&error);
		CHECK(md != NULL, "%d: refused", known);
		/* What was never announced is left to another session. */
		CHECK(md == NULL || maildrop_count(md) == 1 + (uint32_t)known,
		    "%d: another list", known);
		maildrop_close(md);
		vanishing = NULL;
		CHECK(count() == 2, "%d: the next session", known);
	}
}

int
main(void)
{
	char	 dir[] = "maildrop.XXXXXX";

	if (clockdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	test_stamps();
	test_clock_behind();
	test_touched();
	test_vanishing();
	return (unit_done());
}
