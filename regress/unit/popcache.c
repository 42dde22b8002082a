/* link: $(MAIL_OBJS) lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The file popcache, whatever is done to it: no entry that was not written,
 * none lost that is whole, and nothing else in its place that does harm.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "popcache.h"
#include "popcache_private.h"
#include "unit.h"

#define COUNT	7

static const struct {
	const char	*name;
	const char	*uidl;
	unsigned int	 flags;
} facts[COUNT] = {
	{ "100.a.host,S=5,W=6", NULL, 0 },
	{ "100.b.host:2,S", NULL, POPCACHE_IN_CUR },
	{ "101.c.host:2,FS", "UID1-99", POPCACHE_IN_CUR },
	{ "102.d.host", "12345678", 0 },
	{ "103.e", "x", POPCACHE_TWICE },
	{ "104.a name with 1e and a \x1e" "e\xf1 in it", NULL, 0 },
	{ "105.f", "1234567890123456789012345678901234567890"
	    "123456789012345678901234567890", 0 }
};

static int	 dir;
static int	 logged;

static void
sink(int level, const char *text)
{
	logged++;
}

static struct popcache_entry *
make(struct popcache *pc, int i)
{
	struct popcache_facts	 pf;

	memset(&pf, 0, sizeof(pf));
	pf.pf_name = facts[i].name;
	pf.pf_name_len = strlen(facts[i].name);
	pf.pf_uidl = facts[i].uidl;
	pf.pf_uidl_len = facts[i].uidl == NULL ? 0 : strlen(facts[i].uidl);
	pf.pf_size = 1000 + (uint64_t)i;
	pf.pf_octets = 2000 + (uint64_t)i;
	CHECK(maildir_order(facts[i].name, pf.pf_name_len, &pf.pf_order),
	    "order of %s", facts[i].name);
	pf.pf_flags = facts[i].flags;
	return popcache_make(pc, &pf);
}

/* Which of the facts an entry has; -1 if none, or not all of it. */
static int
which(const struct popcache_entry *pe)
{
	struct popcache_facts	 pf;
	int			 i;

	popcache_facts(pe, &pf);
	for (i = 0; i < COUNT; i++)
		if (strcmp(pf.pf_name, facts[i].name) == 0)
			break;
	if (i == COUNT || pf.pf_size != 1000 + (uint64_t)i ||
	    pf.pf_octets != 2000 + (uint64_t)i ||
	    (pf.pf_uidl == NULL) != (facts[i].uidl == NULL) ||
	    (pf.pf_flags & (POPCACHE_IN_CUR | POPCACHE_TWICE)) !=
	    facts[i].flags)
		return -1;
	if (pf.pf_uidl != NULL && (pf.pf_uidl_len != strlen(facts[i].uidl) ||
	    memcmp(pf.pf_uidl, facts[i].uidl, pf.pf_uidl_len) != 0))
		return -1;
	return i;
}

/* Write the first n facts as a new popcache, in place of any other. */
static void
write_cache(int n, int stamped)
{
	struct popcache		 pc;
	struct popcache_info	 info;
	struct popcache_entry	*list[COUNT];
	struct timespec		 now;
	int			 i, fd;

	memset(&pc, 0, sizeof(pc));
	memset(&info, 0, sizeof(info));
	pc.pc_fd = -1;
	info.pi_stamped = stamped;
	info.pi_stamp[0].ms_ino = 77;
	info.pi_stamp[1].ms_mtime = -8;
	for (i = 0; i < n; i++)
		list[i] = make(&pc, i);
	fd = popcache_begin(dir, &now);
	CHECK(fd != -1, "begin: %s", strerror(errno));
	CHECK(popcache_replace(&pc, dir, fd, list, (uint32_t)n, &info) == 0,
	    "replace: %s", strerror(errno));
	popcache_close(&pc);
}

static size_t
slurp(unsigned char *buf, size_t size)
{
	ssize_t	 n;
	int	 fd = openat(dir, POPCACHE_FILE, O_RDONLY);

	n = read(fd, buf, size);
	close(fd);
	return n == -1 ? 0 : (size_t)n;
}

static void
spill(const unsigned char *buf, size_t len)
{
	int	 fd = openat(dir, POPCACHE_FILE, O_WRONLY | O_CREAT | O_TRUNC,
	    0600);

	CHECK(write(fd, buf, len) == (ssize_t)len, "write");
	close(fd);
}

/*
 * Load all of it; nothing may be there that was not written.  A bit for each
 * fact that is.
 */
static unsigned int
load(struct popcache *pc, const char *what, size_t at)
{
	unsigned int	 seen = 0;
	size_t		 i;
	int		 w;

	popcache_open(pc, dir);
	CHECK(popcache_load(pc, 1) == 0, "%s %zu: load", what, at);
	for (i = 0; i < pc->pc_count; i++) {
		w = which(pc->pc_entry[i]);
		CHECK(w != -1, "%s %zu: entry %zu is none of ours", what, at,
		    i);
		if (w != -1)
			seen |= 1U << w;
	}
	return seen;
}

static void
test_whole(void)
{
	struct popcache	 pc;
	char		 uidl[UIDL_MAX];
	size_t		 i;

	unit_case("what is written is read, in place");
	write_cache(COUNT, 1);
	popcache_open(&pc, dir);
	CHECK(pc.pc_state == POPCACHE_GOOD, "state %d", pc.pc_state);
	CHECK(pc.pc_info.pi_count == COUNT, "count");
	CHECK(pc.pc_info.pi_octets == 2000 * COUNT + 21, "octets");
	CHECK(pc.pc_info.pi_stamped == 1, "stamped");
	CHECK(pc.pc_info.pi_stamp[0].ms_ino == 77, "inode");
	CHECK(pc.pc_info.pi_stamp[1].ms_mtime == -8, "negative time");
	CHECK(popcache_load(&pc, 0) == 0, "load");
	CHECK(pc.pc_whole && pc.pc_count == COUNT, "not whole");
	CHECK(pc.pc_chunk == NULL, "an entry was copied");
	for (i = 0; i < pc.pc_count; i++) {
		CHECK(which(pc.pc_entry[i]) == (int)i, "entry %zu", i);
		CHECK(i == 0 || popcache_compare(pc.pc_entry[i - 1],
		    pc.pc_entry[i]) < 0, "order at %zu", i);
	}
	/* printf 100.b.host | sha256 */
	CHECK(popcache_uidl(pc.pc_entry[1], uidl) == 64 && memcmp(uidl,
	    "452f50d076901101f99afabf3a92bfe1"
	    "99a8e3274f695bffe015000db52d72fd", 64) == 0, "default UIDL");
	popcache_close(&pc);
}

static void
test_damage(void)
{
	struct popcache		 pc;
	unsigned char		 good[8192], bad[8192];
	unsigned int		 seen, all = (1U << COUNT) - 1, lost;
	size_t			 len, at, i, ends[COUNT];
	int			 bit;

	write_cache(COUNT, 1);
	len = slurp(good, sizeof(good));
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, 1) == 0, "load");
	for (i = 0, at = POPCACHE_HEADER_LEN; i < COUNT; i++)
		ends[i] = at += popcache_entry_len(pc.pc_entry[i]);
	CHECK(at == len, "length");
	popcache_close(&pc);

	unit_case("cut at every octet: all whole entries are kept");
	for (at = 0; at < len; at++) {
		spill(good, at);
		seen = load(&pc, "cut", at);
		for (i = 0, lost = 0; i < COUNT; i++)
			lost |= ends[i] > at ? 1U << i : 0;
		CHECK(seen == (all & ~lost), "cut %zu: %x, not %x", at, seen,
		    all & ~lost);
		CHECK(!pc.pc_whole, "cut %zu: looks whole", at);
		popcache_close(&pc);
	}

	unit_case("every octet changed: only its entry is lost");
	for (at = 0; at < len; at++)
		for (bit = 0; bit < 3; bit++) {
			memcpy(bad, good, len);
			bad[at] ^= bit == 0 ? 1 : bit == 1 ? 0x80 : 0xff;
			spill(bad, len);
			seen = load(&pc, "octet", at);
			for (i = 0; i < COUNT && ends[i] <= at; i++)
				;
			lost = at < POPCACHE_HEADER_LEN ? 0 : 1U << i;
			CHECK(seen == (all & ~lost), "octet %zu: %x, not %x",
			    at, seen, all & ~lost);
			CHECK(!pc.pc_whole, "octet %zu: looks whole", at);
			CHECK((pc.pc_state == POPCACHE_GOOD) ==
			    (at >= POPCACHE_HEADER_LEN), "octet %zu: header",
			    at);
			popcache_close(&pc);
		}

	unit_case("octets put in or taken out: what follows is found");
	for (at = 0; at < len; at += 5) {
		memcpy(bad, good, at);
		memset(bad + at, 0x1e, 3);
		memcpy(bad + at + 3, good + at, len - at);
		spill(bad, len + 3);
		seen = load(&pc, "put in", at);
		for (i = 0; i < COUNT && ends[i] <= at; i++)
			;
		/* Between two entries nothing is lost. */
		lost = at < POPCACHE_HEADER_LEN || at == len ? 0 : 1U << i;
		CHECK((seen | lost) == all, "put in at %zu: %x", at, seen);
		CHECK(!pc.pc_whole || at == len, "put in %zu: whole", at);
		popcache_close(&pc);
	}

	unit_case("without a header the sizes are not believed");
	memcpy(bad, good, len);
	bad[9] = 7;		/* another version */
	spill(bad, len);
	(void)load(&pc, "version", 0);
	CHECK(pc.pc_state == POPCACHE_DAMAGED, "state");
	for (i = 0; i < pc.pc_count; i++)
		CHECK(pc.pc_entry[i]->pe_flags & POPCACHE_UNSURE, "%zu", i);
	CHECK(pc.pc_count == COUNT, "count");
	popcache_close(&pc);
}

static void
test_garbage(void)
{
	struct popcache	 pc;
	unsigned char	 buf[4096];
	size_t		 len, i;
	int		 round;

	unit_case("garbage is no index");
	srandom(11);
	for (round = 0; round < 500; round++) {
		len = (size_t)random() % sizeof(buf);
		for (i = 0; i < len; i++)
			buf[i] = round % 3 == 0 ? 0x1e : round % 3 == 1 ?
			    "\x1e" "e\xf1\n\x7f:/."[random() % 8] :
			    (unsigned char)random();
		spill(buf, len);
		CHECK(load(&pc, "garbage", (size_t)round) == 0, "entries");
		CHECK(pc.pc_count == 0, "round %d", round);
		popcache_close(&pc);
	}
}

/*
 * Entries with a right checksum that nobody of ours would write: the user
 * may.
 */
static void
test_hostile(void)
{
	static const struct {
		const char	*name;
		size_t		 len;
		const char	*uidl;
		size_t		 uidl_len;
	} bad[] = {
		{ "../x", 4, NULL, 0 }, { "a/b", 3, NULL, 0 },
		{ ".a", 2, NULL, 0 }, { "", 0, NULL, 0 },
		{ ":2,S", 4, NULL, 0 }, { "a\0b", 3, NULL, 0 },
		{ "a", 1, "a b", 3 }, { "a", 1, "\n", 1 },
		{ "a", 1, "\x7f", 1 }, { "a", 1, "\x80", 1 }
	};
	struct popcache		 pc, back;
	struct popcache_facts	 pf;
	struct popcache_entry	*pe;
	unsigned char		 buf[2048];
	size_t			 i;

	unit_case("a right checksum does not make a wrong name good");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&pc, 0, sizeof(pc));
		pc.pc_fd = -1;
		memset(&pf, 0, sizeof(pf));
		pf.pf_name = bad[i].name;
		pf.pf_name_len = bad[i].len;
		pf.pf_uidl = bad[i].uidl;
		pf.pf_uidl_len = bad[i].uidl_len;
		pe = popcache_make(&pc, &pf);
		popcache_seal(pe);
		memset(buf, 0, sizeof(buf));
		memcpy(buf + 8, pe, popcache_entry_len(pe));
		spill(buf, sizeof(buf));
		popcache_open(&back, dir);
		CHECK(popcache_load(&back, 1) == 0 && back.pc_count == 0,
		    "case %zu", i);
		popcache_close(&back);
		popcache_close(&pc);
	}

	unit_case("lengths that lie are not followed");
	memset(&pc, 0, sizeof(pc));
	pc.pc_fd = -1;
	for (i = 0; i < 256; i++) {
		pe = make(&pc, 2);
		if (i & 1)
			pe->pe_base_len = (uint8_t)i;
		else
			pe->pe_name_len = (uint8_t)i;
		if (i == pe->pe_base_len && i == 10)
			continue;
		popcache_seal(pe);
		memset(buf, 0, sizeof(buf));
		memcpy(buf, pe, popcache_entry_len(pe));
		spill(buf, popcache_entry_len(pe));
		popcache_open(&back, dir);
		CHECK(popcache_load(&back, 1) == 0, "load");
		CHECK(back.pc_count == 0 || which(back.pc_entry[0]) == 2,
		    "length %zu", i);
		popcache_close(&back);
	}
	popcache_close(&pc);
}

static void
test_place(void)
{
	struct popcache	 pc;

	unit_case("other things in its place are no index, and no trap");
	unlinkat(dir, POPCACHE_FILE, 0);
	popcache_open(&pc, dir);
	CHECK(pc.pc_state == POPCACHE_NONE && logged == 0, "nothing");
	popcache_close(&pc);

	CHECK(mkfifoat(dir, POPCACHE_FILE, 0600) == 0, "mkfifo");
	popcache_open(&pc, dir);
	CHECK(pc.pc_state == POPCACHE_NONE && logged == 1, "fifo");
	popcache_close(&pc);
	unlinkat(dir, POPCACHE_FILE, 0);

	CHECK(symlinkat("/etc/passwd", dir, POPCACHE_FILE) == 0, "symlink");
	popcache_open(&pc, dir);
	CHECK(pc.pc_state == POPCACHE_NONE && logged == 2, "symlink");
	popcache_close(&pc);
	write_cache(2, 0);
	popcache_open(&pc, dir);
	CHECK(pc.pc_state == POPCACHE_GOOD, "a symlink is replaced");
	popcache_close(&pc);

	CHECK(unlinkat(dir, POPCACHE_FILE, 0) == 0, "unlink");
	CHECK(mkdirat(dir, POPCACHE_FILE, 0700) == 0, "mkdir");
	logged = 0;
	popcache_open(&pc, dir);
	CHECK(pc.pc_state == POPCACHE_NONE && logged == 1, "directory");
	popcache_close(&pc);
	CHECK(unlinkat(dir, POPCACHE_FILE, AT_REMOVEDIR) == 0, "rmdir");

	if (getuid() == 0) {
		write_cache(2, 0);
		CHECK(fchownat(dir, POPCACHE_FILE, 1, 1, 0) == 0, "chown");
		logged = 0;
		popcache_open(&pc, dir);
		CHECK(pc.pc_state == POPCACHE_NONE && logged == 1, "other's");
		popcache_close(&pc);
		CHECK(unlinkat(dir, POPCACHE_FILE, 0) == 0, "unlink");
	}
	logged = 0;
}

static void
test_append(void)
{
	struct popcache		 pc, mine;
	struct popcache_info	 info;
	struct timespec		 now;
	unsigned char		 tail[40];
	int			 lock, fd;

	memset(&mine, 0, sizeof(mine));
	mine.pc_fd = -1;

	unit_case("append: behind the covered length, header untouched");
	unlinkat(dir, POPCACHE_FILE, 0);
	CHECK(popcache_append(dir, make(&mine, 3)) == 0, "made a file");
	CHECK(faccessat(dir, POPCACHE_FILE, F_OK, 0) == -1, "file is there");
	write_cache(3, 1);
	CHECK(popcache_append(dir, make(&mine, 3)) == 1, "append");
	CHECK(load(&pc, "append", 3) == 0xf, "4 entries");
	CHECK(pc.pc_info.pi_count == 3 && pc.pc_covered == 3, "covered");
	CHECK(pc.pc_whole && pc.pc_info.pi_stamped, "stamps");
	popcache_close(&pc);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, 0) == 0 && pc.pc_count == 3, "covered only");
	popcache_close(&pc);

	unit_case("append: a torn tail does not hide what follows");
	fd = openat(dir, POPCACHE_FILE, O_WRONLY | O_APPEND);
	memcpy(tail, make(&mine, 4), sizeof(tail));
	CHECK(write(fd, tail, 37) == 37, "write");
	close(fd);
	CHECK(popcache_append(dir, make(&mine, 5)) == 1, "append");
	CHECK(load(&pc, "torn", 5) == 0x2f, "not 0 to 3 and 5");
	CHECK(pc.pc_whole, "not whole");
	CHECK(pc.pc_chunk == NULL, "5 is not aligned");
	popcache_close(&pc);

	unit_case("append: not to something that is no good index");
	fd = openat(dir, POPCACHE_FILE, O_WRONLY);
	CHECK(pwrite(fd, "X", 1, 3) == 1, "pwrite");
	close(fd);
	CHECK(popcache_append(dir, make(&mine, 6)) == 0, "bad header");
	unlinkat(dir, POPCACHE_FILE, 0);
	CHECK(symlinkat("elsewhere", dir, POPCACHE_FILE) == 0, "symlink");
	CHECK(popcache_append(dir, make(&mine, 6)) == 0, "symlink");
	unlinkat(dir, POPCACHE_FILE, 0);

	unit_case("append: gives up when the lock is held");
	write_cache(3, 1);
	lock = openat(dir, "tmp", O_RDONLY | O_DIRECTORY);
	CHECK(flock(lock, LOCK_EX) == 0, "flock");
	CHECK(popcache_append(dir, make(&mine, 3)) == 0, "appended");
	CHECK(popcache_lock(dir) == -1 && errno == EWOULDBLOCK, "locked");
	close(lock);

	unit_case("replace: what was appended meanwhile is taken in");
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, 1) == 0, "load");
	CHECK(popcache_append(dir, make(&mine, 4)) == 1, "append");
	CHECK(popcache_append(dir, make(&mine, 5)) == 1, "append");
	CHECK((fd = popcache_begin(dir, &now)) != -1, "begin");
	CHECK((lock = popcache_lock(dir)) != -1, "lock");
	info = pc.pc_info;
	CHECK(popcache_replace(&pc, dir, fd, pc.pc_entry + 1, 2, &info) == 0,
	    "replace");
	close(lock);
	popcache_close(&pc);
	CHECK(load(&pc, "replace", 0) == 0x36, "not 1, 2, 4, 5");
	CHECK(pc.pc_info.pi_count == 2 && pc.pc_covered == 2, "covered");
	popcache_close(&pc);

	unit_case("begin: takes the place of what a killed session left");
	CHECK((fd = popcache_begin(dir, &now)) != -1, "begin");
	close(fd);
	CHECK((fd = popcache_begin(dir, &now)) != -1, "again");
	close(fd);
	unlinkat(dir, POPCACHE_NEW_FILE, 0);
	popcache_close(&mine);
}

static void
test_correct(void)
{
	struct popcache		 pc;
	struct popcache_info	 info;
	uint64_t		 at;

	unit_case("correct: one entry in place, if it is the right one");
	write_cache(3, 1);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, 0) == 0, "load");
	at = POPCACHE_HEADER_LEN + popcache_entry_len(pc.pc_entry[0]);
	CHECK(popcache_correct(&pc, at + 8, pc.pc_entry[1], 1) == -1 &&
	    errno == ESTALE, "another place");
	CHECK(popcache_correct(&pc, at, pc.pc_entry[1], 4711) == 0,
	    "correct");
	CHECK(popcache_octets(pc.pc_entry[1]) == 2001, "in memory too");
	info = pc.pc_info;
	info.pi_octets += 4711 - 2001;
	info.pi_stamped = 0;
	CHECK(popcache_restamp(&pc, &info) == 0, "restamp");
	popcache_close(&pc);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, 1) == 0 && pc.pc_whole, "not whole");
	CHECK(popcache_octets(pc.pc_entry[1]) == 4711, "octets");
	CHECK(!pc.pc_info.pi_stamped, "stamped");
	popcache_close(&pc);
}

static void
test_text(void)
{
	static const char	 text[] =
	    "100.a 55 "
	    "0000000000000000000000000000000000000000000000000000000000000001"
	    "\n"
	    "#01.b 66 abcdef\n"
	    "102.c 77 abcdef\n"
	    "103.d:2,S 5 first\n"
	    "103.e five x\n" "103.f 5 \n" "103.g 5\n" "x/y 5 z\n" "\n"
	    "104.h 5 two words\n"
	    "105.i 8 5fa7dc0e9ba9f8ef5ae6e8f0a3f0a2c9a3fd6f4d\n"
	    "106.j 8 cut";
	struct popcache		 pc;
	struct popcache_facts	 pf;
	char			 line[200], uidl[UIDL_MAX];
	static const char *const names[] = { "100.a", "102.c", "103.d",
	    "105.i" };
	size_t			 i, n;

	unit_case("the text of the original pop: ids kept, sizes unsure");
	spill((const unsigned char *)text, sizeof(text) - 1);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, 1) == 0, "load");
	CHECK(pc.pc_count == 4, "%zu entries", pc.pc_count);
	for (i = 0; i < pc.pc_count && i < 4; i++) {
		popcache_facts(pc.pc_entry[i], &pf);
		CHECK(strcmp(pf.pf_name, names[i]) == 0, "%s", pf.pf_name);
		CHECK(pf.pf_flags & POPCACHE_UNSURE, "%s is sure", names[i]);
		CHECK(pf.pf_uidl != NULL, "%s: default", names[i]);
	}
	popcache_close(&pc);

	unit_case("the original's own id is the default, and needs no text");
	write_cache(1, 0);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, 1) == 0, "load");
	n = popcache_uidl(pc.pc_entry[0], uidl);
	(void)snprintf(line, sizeof(line), "%s 12 %.*s\n", facts[0].name,
	    (int)n, uidl);
	popcache_close(&pc);
	spill((unsigned char *)line, strlen(line));
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, 1) == 0 && pc.pc_count == 1, "load");
	CHECK(pc.pc_count == 1 && pc.pc_entry[0]->pe_uidl_len == 0, "text");
	popcache_close(&pc);
}

/* Appending and replacing at once, many times: nothing is lost or torn. */
static void
test_race(void)
{
	struct popcache		 pc, mine;
	struct popcache_info	 info;
	struct popcache_facts	 pf;
	struct timespec		 now;
	char			 name[64];
	size_t			 i, appended = 0;
	int			 child, j, fd, lock, status, done;

	unit_case("mda appends while sessions replace: no entry is lost");
	write_cache(0, 0);
	if ((child = fork()) == 0) {
		memset(&mine, 0, sizeof(mine));
		for (j = 0, done = 0; j < 300; j++) {
			memset(&pf, 0, sizeof(pf));
			pf.pf_name_len = (size_t)snprintf(name, sizeof(name),
			    "%d.a", j + 1);
			pf.pf_name = name;
			done += popcache_append(dir, popcache_make(&mine,
			    &pf));
		}
		_exit(done == 300 ? 0 : 1);
	}
	for (done = 0; !done;) {
		done = waitpid(child, &status, WNOHANG) == child;
		popcache_open(&pc, dir);
		CHECK(popcache_load(&pc, 1) == 0, "load");
		CHECK((fd = popcache_begin(dir, &now)) != -1, "begin");
		info = pc.pc_info;
		if ((lock = popcache_lock(dir)) != -1) {
			CHECK(popcache_replace(&pc, dir, fd, pc.pc_entry,
			    (uint32_t)pc.pc_count, &info) == 0, "replace");
			close(lock);
		} else
			close(fd);
		popcache_close(&pc);
	}
	CHECK(WIFEXITED(status), "child");
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, 1) == 0 && pc.pc_whole, "load");
	for (i = 0; i < pc.pc_count; i++)
		appended += popcache_order(pc.pc_entry[i]) == 0;
	CHECK(WEXITSTATUS(status) != 0 || appended == 300, "%zu of 300",
	    appended);
	popcache_close(&pc);
	unlinkat(dir, POPCACHE_NEW_FILE, 0);
}

int
main(void)
{
	char	name[] = "popcache.XXXXXX";

	log_init("test");
	log_to(sink);
	if (mkdtemp(name) == NULL || (dir = open(name,
	    O_RDONLY | O_DIRECTORY)) == -1 || mkdirat(dir, "tmp", 0700) == -1) {
		CHECK(0, "mkdtemp");
		return unit_done();
	}
	test_place();
	test_whole();
	test_damage();
	test_garbage();
	test_hostile();
	test_append();
	test_correct();
	test_text();
	test_race();
	return unit_done();
}
