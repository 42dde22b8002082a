/* link: $(MAIL_OBJS) lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The stamps of a maildir, at every distance in time from a delivery. */

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
 * first session.  How often the last session missed it; one is enough for
 * whoever wants to see one.
 */
static int
stamp_losses(int enough)
{
	const int64_t	 waits[] = { 0, 1, grain / 3, grain - 1, grain,
			    grain + grain / 2, 2 * SEC - 1, 2 * SEC,
			    2 * SEC + grain - 1, 3 * SEC };
	const int64_t	 thens[] = { 0, grain / 2, grain, 2 * SEC };
	const int64_t	 starts[] = { grain / 2, grain - 1 };
	size_t		 a, b, c, n = sizeof(waits) / sizeof(waits[0]);
	int		 at, lost = 0;

	for (a = 0; a < 2 && lost < enough; a++)
		for (b = 0; b < n; b++)
			for (c = 0; c < 4; c++) {
				fresh();
				now += starts[a];
				deliver("new/1.a", "a\n");
				now += waits[b];
				(void)count();
				now += thens[c];
				deliver("new/2.b", "b\n");
				now += 5 * SEC;
				lost += count() != 2;
			}
	for (a = 0; a < 2 && lost < enough; a++)
		for (b = 0; b < n; b++)
			for (at = 1; at <= 8; at++) {
				fresh();
				now += starts[a];
				deliver("new/1.a", "a\n");
				now += waits[b];
				stats = 0;
				deliver_at = at;
				(void)count();
				if (stats < at)
					deliver("new/900.late", "late\n");
				deliver_at = 0;
				now += 5 * SEC;
				lost += count() != 2;
			}
	return (lost);
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
	char		 name[80];
	struct maildrop	*md;
	size_t		 i;
	int		 lost;

	for (i = 0; i < 3; i++) {
		grain = grains[i].grain;
		(void)snprintf(name, sizeof(name),
		    "stamps of %s: no message is lost", grains[i].name);
		unit_case(name);
		lost = stamp_losses(INT32_MAX);
		CHECK(lost == 0, "%d lost", lost);

		(void)snprintf(name, sizeof(name),
		    "stamps of %s: without the guard some are",
		    grains[i].name);
		unit_case(name);
		ahead = STAMP_GUARD_SECONDS;
		lost = stamp_losses(1);
		CHECK(lost != 0, "the test cannot fail");
		ahead = 0;

		(void)snprintf(name, sizeof(name),
		    "stamps of %s: the header answers, once they are old",
		    grains[i].name);
		unit_case(name);
		fresh();
		deliver("new/1.a", "a\n");
		now += 2 * SEC + grain;
		(void)count();
		md = session();
		CHECK(!md->md_loaded, "a scan");
		CHECK(maildrop_count(md) == 1, "count");
		maildrop_close(md);
	}
	grain = 1;

	unit_case("a clock that is behind records nothing");
	fresh();
	deliver("new/1.a", "a\n");
	now -= 50 * SEC;
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
			now += 10 * SEC;
			CHECK(rename("new/2.b", "cur/2.b:2,") == 0, "rename");
			stats = 0;
			touch_at = at;
			md = session();
			CHECK(stats < at || maildrop_count(md) == 2,
			    "%d: missed", at);
			found += maildrop_count(md) == 2;
			maildrop_close(md);
			touch_at = 0;
			changed[MAILDIR_CUR] = now;
			CHECK(count() == 2, "%d: the next session", at);
		}
	CHECK(found > 4 && found < 22, "%d found", found);
}

int
main(void)
{
	char	dir[] = "maildrop.XXXXXX";

	if (clockdir(dir) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	test_stamps();
	test_touched();
	return (unit_done());
}
