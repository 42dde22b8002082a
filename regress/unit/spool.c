/*
 * link: mail/spool.o mail/stage.o mail/journal.o mail/mbox.o mail/maildir.o
 * link: mail/name.o mail/octets.o mail/dotlock.o lib/mboxlock.o lib/log.o
 * link: lib/setting.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A spool that takes longer than one login allows, and its journal meanwhile,
 * with a simulated clock.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "journal.h"
#include "limits.h"
#include "log.h"
#include "maildir.h"
#include "mboxlock.h"
#include "spool.h"
#include "unit.h"

#define DATE	" Mon Nov  2 08:00:00 2026"
#define ONE	"From a" DATE "\nSubject: 1\n\n1\n\n"
#define TWO	"From b" DATE "\nSubject: 2\n\n2\n\n"
#define THREE	"From c" DATE "\nSubject: 3\n\n3\n\n"

static struct {
	int64_t	 clock;
	int64_t	 step;		/* of the clock, each time it is read */
	int	 dir;
	int	 found;
	char	 log[1024];
} t;

int64_t
clock_ms(void)
{
	t.clock += t.step;
	return (t.clock);
}

static void
sink(int level, const char *text)
{
	strlcat(t.log, text, sizeof(t.log));
	strlcat(t.log, "\n", sizeof(t.log));
}

static void
put(const char *name, const char *text, int flags)
{
	int	 fd = open(name, O_WRONLY | O_CREAT | flags, 0600);

	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text),
	    "write");
	close(fd);
}

/* One login's part: how many messages it moved. */
static long long
move(void)
{
	struct spool	 sl;

	t.log[0] = '\0';
	spool_open(&sl, "spool", MBOXLOCK_FCNTL);
	spool_move(&sl, t.dir);
	spool_close(&sl);
	return ((long long)sl.sl_moved);
}

static long long
spool_size(void)
{
	struct stat	 st;

	return (stat("spool", &st) == -1 ? -1 : (long long)st.st_size);
}

static int
count(void *arg, const struct maildir_found *fn)
{
	t.found++;
	return (0);
}

static int
arrived(void)
{
	int	 fd = openat(t.dir, "new", O_RDONLY | O_DIRECTORY);

	t.found = 0;
	if (fd != -1) {
		(void)maildir_scan(fd, count, NULL);
		close(fd);
	}
	return (t.found);
}

static int
journal(struct journal *jo)
{
	int	 fd = open("box/" SPOOL_DIR, O_RDONLY | O_DIRECTORY), r = 0;

	if (fd != -1) {
		r = journal_read(fd, jo);
		close(fd);
	}
	return (r);
}

static void
test_slow(void)
{
	struct journal	 jo;

	unit_case("a slow spool is moved in several logins, in its order");
	t.step = (SPOOL_SECONDS + 1) * 1000;
	put("spool", ONE TWO THREE, O_TRUNC);
	CHECK(move() == 1, "not one");
	CHECK(strstr(t.log, "47 of 141 octets moved") != NULL, "%s", t.log);
	CHECK(arrived() == 1 && spool_size() == 141, "%d, %lld", t.found,
	    spool_size());
	CHECK(journal(&jo) == 1 && jo.jo_length == 47, "journal");
	CHECK(move() == 1 && journal(&jo) == 1 && jo.jo_length == 94,
	    "second: %s", t.log);
	CHECK(move() == 1 && journal(&jo) == 0, "third: %s", t.log);
	CHECK(arrived() == 3 && spool_size() == 0, "%d, %lld", t.found,
	    spool_size());
	CHECK(move() == 0 && arrived() == 3, "again: %s", t.log);
}

static void
test_between(void)
{
	struct journal	 jo;

	unit_case("mail that comes between these logins is moved once");
	put("spool", ONE TWO, O_TRUNC);
	CHECK(move() == 1, "not one");
	put("spool", THREE, O_APPEND);
	t.step = 0;
	CHECK(move() == 2 && spool_size() == 0, "%s", t.log);
	CHECK(arrived() == 6 && journal(&jo) == 0, "%d", t.found);
}

static void
test_marked(void)
{
	static const char	 spool[] = "From a" DATE "\nX-IMAPbase: 1 %d\n"
				    "Status: %c\n\n1\n\n" TWO;
	char			 text[256];
	int			 had = arrived();

	unit_case("a spool in which messages were marked is the same");
	t.step = (SPOOL_SECONDS + 1) * 1000;
	snprintf(text, sizeof(text), spool, 1, ' ');
	put("spool", text, O_TRUNC);
	CHECK(move() == 1, "not one");
	t.step = 0;
	snprintf(text, sizeof(text), spool, 2, 'O');
	put("spool", text, O_TRUNC);
	CHECK(move() == 1 && spool_size() == 0 && arrived() == had + 2,
	    "%d: %s", t.found, t.log);
}

static void
test_replaced(void)
{
	int	 had = arrived();

	unit_case("a spool that was replaced meanwhile is another");
	t.step = (SPOOL_SECONDS + 1) * 1000;
	put("spool", ONE TWO, O_TRUNC);
	CHECK(move() == 1, "not one");
	t.step = 0;
	put("spool", THREE TWO, O_TRUNC);
	CHECK(move() == 2 && spool_size() == 0 && arrived() == had + 3,
	    "%d: %s", t.found, t.log);
}

static void
test_emptied(void)
{
	struct journal	 jo;

	unit_case("and one that was emptied leaves no journal");
	t.step = (SPOOL_SECONDS + 1) * 1000;
	put("spool", ONE TWO, O_TRUNC);
	CHECK(move() == 1 && journal(&jo) == 1, "not one");
	t.step = 0;
	put("spool", "", O_TRUNC);
	CHECK(move() == 0 && journal(&jo) == 0, "%s", t.log);
}

static void
test_rest_moved(void)
{
	int	 had = arrived();

	unit_case("the rest of a message that was moved is another");
	t.step = (SPOOL_SECONDS + 1) * 1000;
	put("spool", ONE TWO, O_TRUNC);
	CHECK(move() == 1, "not one");
	t.step = 0;
	put("spool", ONE "rest of it\n\n" THREE, O_TRUNC);
	CHECK(move() == 2 && spool_size() == 0 && arrived() == had + 3,
	    "%d: %s", t.found, t.log);
	CHECK(strstr(t.log, "becomes a new one") != NULL, "%s", t.log);
}

static void
test_empty_lines(void)
{
	unit_case("empty lines alone are nothing");
	put("spool", "\n\n", O_TRUNC);
	CHECK(move() == 0 && t.log[0] == '\0', "%s", t.log);
	put("spool", THREE, O_APPEND);
	CHECK(move() == 1 && spool_size() == 0, "%s", t.log);
}

static void
test_away(void)
{
	struct journal	 jo;
	int		 had = arrived();

	unit_case("a spool that is away for a while is known when it is back");
	t.step = (SPOOL_SECONDS + 1) * 1000;
	put("spool", ONE TWO, O_TRUNC);
	CHECK(move() == 1, "not one");
	t.step = 0;
	CHECK(rename("spool", "away") == 0, "rename");
	CHECK(move() == 0 && journal(&jo) == 1, "%s", t.log);
	CHECK(rename("away", "spool") == 0, "rename");
	CHECK(move() == 1 && spool_size() == 0 && arrived() == had + 2,
	    "%d: %s", t.found, t.log);
	CHECK(journal(&jo) == 0, "a journal");
}

static void
test_damaged(void)
{
	static const char *const	 bad[] = {
		"", "\n", "popspool-1\n", "popspool-1 21 x y\n",
		"popspool-2 21 0000000000000000000000000000000000000000000000"
		"000000000000000000 1.M1P1R1\n",
		"popspool-1 0 0000000000000000000000000000000000000000000000"
		"000000000000000000 1.M1P1R1\n",
		"popspool-1 21 0000000000000000000000000000000000000000000000"
		"000000000000000000 ../x\n",
		"popspool-1 21 0000000000000000000000000000000000000000000000"
		"000000000000000000 1.M1P1R1"
	};
	size_t				 i;
	int				 had = arrived();

	unit_case("a damaged journal is left alone, and the spool with it");
	put("spool", ONE TWO, O_TRUNC);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)mkdir("box/" SPOOL_DIR, 0700);
		put("box/" SPOOL_DIR "/" JOURNAL_FILE, bad[i], O_TRUNC);
		CHECK(move() == 0 && arrived() == had && spool_size() == 94,
		    "%s", bad[i]);
		CHECK(strcmp(t.log, "spool: the journal is damaged\n") == 0,
		    "%s: %s", bad[i], t.log);
	}
	(void)unlink("box/" SPOOL_DIR "/" JOURNAL_FILE);
	CHECK(move() == 2 && arrived() == had + 2, "without it: %s", t.log);
}

static void
test_other(void)
{
	int	 had = arrived();

	unit_case("files in popspool that are not ours stay");
	(void)mkdir("box/" SPOOL_DIR, 0700);
	put("box/" SPOOL_DIR "/notes", "mine\n", O_TRUNC);
	put("box/" SPOOL_DIR "/incoming", "remains\n", O_TRUNC);
	put("spool", ONE, O_TRUNC);
	CHECK(move() == 1 && arrived() == had + 1 && spool_size() == 0, "%s",
	    t.log);
	CHECK(access("box/" SPOOL_DIR "/notes", F_OK) == 0, "it went");
	CHECK(access("box/" SPOOL_DIR "/incoming", F_OK) == -1, "remains");
	CHECK(move() == 0 && t.log[0] == '\0', "%s", t.log);
}

int
main(void)
{
	char	 dir[] = "spool.XXXXXX";

	log_init("unit");
	log_to(sink);
	if (mkdtemp(dir) == NULL || chdir(dir) == -1 ||
	    mkdir("box", 0700) == -1 ||
	    (t.dir = open("box", O_RDONLY | O_DIRECTORY)) == -1)
		return (1);
	test_slow();
	test_between();
	test_marked();
	test_replaced();
	test_emptied();
	test_rest_moved();
	test_empty_lines();
	test_away();
	test_damaged();
	test_other();
	return (unit_done());
}
