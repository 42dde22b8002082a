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

#include <endian.h>
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
	{ "101.c.host:2,FS", "UID1-99", POPCACHE_IN_CUR | POPCACHE_NAMED },
	{ "102.d.host", "12345678", POPCACHE_NAMED },
	{ "105.f", "1234567890123456789012345678901234567890"
	    "123456789012345678901234567890", POPCACHE_NAMED },
	{ "100.a.host,S=5,W=6", NULL, 0 },
	{ "100.b.host:2,S", NULL, POPCACHE_IN_CUR },
	{ "103.e", NULL, POPCACHE_TWIN },
	{ "104.a name with 1e and a \x1e" "e\xf2 in it", NULL, 0 }
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
	pf.pf_ino = 3000 + (uint64_t)i;
	pf.pf_order = (uint64_t)i + 1;
	if ((facts[i].flags & POPCACHE_NAMED) == 0)
		CHECK(maildir_order(facts[i].name, pf.pf_name_len,
		    &pf.pf_order), "order of %s", facts[i].name);
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
	    pf.pf_ino != 3000 + (uint64_t)i ||
	    (pf.pf_uidl == NULL) != (facts[i].uidl == NULL) ||
	    pf.pf_flags != facts[i].flags)
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
	info.pi_flags = stamped ? POPCACHE_STAMPED : 0;
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
	CHECK(popcache_load(pc, POPCACHE_ALL) == 0, "%s %zu: load", what, at);
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
	CHECK(pc.pc_info.pi_count[MAILDIR_NEW] == 5 &&
	    pc.pc_info.pi_count[MAILDIR_CUR] == 2, "count");
	CHECK(pc.pc_info.pi_octets == 2000 * COUNT + 21, "octets");
	CHECK(pc.pc_info.pi_flags == POPCACHE_STAMPED, "stamped");
	CHECK(pc.pc_info.pi_stamp[0].ms_ino == 77, "inode");
	CHECK(pc.pc_info.pi_stamp[1].ms_mtime == -8, "negative time");
	CHECK(popcache_load(&pc, POPCACHE_COVERED) == 0, "load");
	CHECK(pc.pc_whole && pc.pc_count == COUNT, "not whole");
	CHECK(pc.pc_chunk == NULL, "an entry was copied");
	for (i = 0; i < pc.pc_count; i++) {
		CHECK(which(pc.pc_entry[i]) == (int)i, "entry %zu", i);
		CHECK(i == 0 || popcache_compare(pc.pc_entry[i - 1],
		    pc.pc_entry[i]) < 0, "order at %zu", i);
	}
	/* printf 100.b.host | sha256 */
	CHECK(popcache_uidl(pc.pc_entry[4], uidl) == 64 && memcmp(uidl,
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
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
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
		CHECK(pc.pc_state == (at < POPCACHE_HEADER_LEN ?
		    POPCACHE_DAMAGED : POPCACHE_CUT), "cut %zu: state %d", at,
		    pc.pc_state);
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

	unit_case("without a header the entries are there all the same");
	memcpy(bad, good, len);
	bad[9] = 7;		/* another version */
	spill(bad, len);
	CHECK(load(&pc, "version", 0) == all, "not all");
	CHECK(pc.pc_state == POPCACHE_DAMAGED && !pc.pc_whole, "state");
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
			    "\x1e" "e\xf2\n\x7f:/."[random() % 8] :
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
		unsigned int	 flags;
	} bad[] = {
		{ "../x", 4, NULL, 0, 0 }, { "a/b", 3, NULL, 0, 0 },
		{ ".a", 2, NULL, 0, 0 }, { "", 0, NULL, 0, 0 },
		{ "a\0b", 3, NULL, 0, 0 },
		{ "a", 1, "a b", 3, POPCACHE_NAMED },
		{ "a", 1, "\n", 1, POPCACHE_NAMED },
		{ "a", 1, "\x7f", 1, POPCACHE_NAMED },
		{ "a", 1, "\x80", 1, POPCACHE_NAMED },
		/* Text that no popuidl gave; a flag that nobody knows. */
		{ "a", 1, "b", 1, 0 }, { "a", 1, NULL, 0, 0x20 },
		/* The UIDL of twins is a digest. */
		{ "a", 1, "b", 1, POPCACHE_NAMED | POPCACHE_TWIN }
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
		pf.pf_flags = bad[i].flags;
		pe = popcache_make(&pc, &pf);
		popcache_seal(pe);
		memset(buf, 0, sizeof(buf));
		memcpy(buf + 8, pe, popcache_entry_len(pe));
		spill(buf, sizeof(buf));
		popcache_open(&back, dir);
		CHECK(popcache_load(&back, POPCACHE_ALL) == 0 &&
		    back.pc_count == 0, "case %zu", i);
		popcache_close(&back);
		popcache_close(&pc);
	}

	unit_case("lengths that lie are not followed");
	memset(&pc, 0, sizeof(pc));
	pc.pc_fd = -1;
	for (i = 0; i < 256; i++) {
		pe = make(&pc, 0);
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
		CHECK(popcache_load(&back, POPCACHE_ALL) == 0, "load");
		CHECK(back.pc_count == 0 || which(back.pc_entry[0]) == 0,
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
	CHECK(pc.pc_state == POPCACHE_BARRED && logged == 1, "fifo");
	popcache_close(&pc);
	unlinkat(dir, POPCACHE_FILE, 0);

	CHECK(symlinkat("/etc/passwd", dir, POPCACHE_FILE) == 0, "symlink");
	popcache_open(&pc, dir);
	CHECK(pc.pc_state == POPCACHE_BARRED && logged == 2, "symlink");
	popcache_close(&pc);
	write_cache(2, 0);
	popcache_open(&pc, dir);
	CHECK(pc.pc_state == POPCACHE_GOOD, "a symlink is replaced");
	popcache_close(&pc);

	CHECK(unlinkat(dir, POPCACHE_FILE, 0) == 0, "unlink");
	CHECK(mkdirat(dir, POPCACHE_FILE, 0700) == 0, "mkdir");
	logged = 0;
	popcache_open(&pc, dir);
	CHECK(pc.pc_state == POPCACHE_BARRED && logged == 1,
	    "directory");
	popcache_close(&pc);
	CHECK(unlinkat(dir, POPCACHE_FILE, AT_REMOVEDIR) == 0, "rmdir");

	if (getuid() == 0) {
		write_cache(2, 0);
		CHECK(fchownat(dir, POPCACHE_FILE, 1, 1, 0) == 0, "chown");
		logged = 0;
		popcache_open(&pc, dir);
		CHECK(pc.pc_state == POPCACHE_BARRED && logged == 1,
		    "other's");
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
	CHECK(popcache_info_count(&pc.pc_info) == 3 &&
	    pc.pc_covered == 3, "covered");
	CHECK(pc.pc_whole && pc.pc_clean, "whole");
	CHECK(pc.pc_info.pi_flags == POPCACHE_STAMPED, "stamps");
	popcache_close(&pc);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_COVERED) == 0 && pc.pc_count == 3,
	    "covered only");
	popcache_close(&pc);

	unit_case("append: a torn tail does not hide what follows");
	fd = openat(dir, POPCACHE_FILE, O_WRONLY | O_APPEND);
	memcpy(tail, make(&mine, 4), sizeof(tail));
	CHECK(write(fd, tail, 37) == 37, "write");
	close(fd);
	CHECK(popcache_append(dir, make(&mine, 5)) == 1, "append");
	CHECK(load(&pc, "torn", 5) == 0x2f, "not 0 to 3 and 5");
	CHECK(pc.pc_whole && !pc.pc_clean, "not whole, or clean");
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
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
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
	CHECK(popcache_info_count(&pc.pc_info) == 2 &&
	    pc.pc_covered == 2, "covered");
	popcache_close(&pc);

	unit_case("begin: takes the place of what a killed session left");
	CHECK((fd = popcache_begin(dir, &now)) != -1, "begin");
	close(fd);
	CHECK((fd = popcache_begin(dir, &now)) != -1, "again");
	close(fd);
	unlinkat(dir, POPCACHE_NEW_FILE, 0);
	popcache_close(&mine);
}

/* What a header can say, no number twice. */
static void
fill_info(struct popcache_info *pi)
{
	uint64_t	 v = 100;
	int		 d;

	memset(pi, 0, sizeof(*pi));
	pi->pi_covered = POPCACHE_HEADER_LEN + 8;
	pi->pi_octets = UINT64_MAX;
	pi->pi_last = POPCACHE_HEADER_LEN;
	pi->pi_dead = 7;
	pi->pi_flags = POPCACHE_AGAIN;
	for (d = 0; d < MAILDIR_DIRS; d++) {
		pi->pi_count[d] = (uint32_t)v++;
		pi->pi_names[d] = v++ << 40;
		pi->pi_stamp[d].ms_dev = v++;
		pi->pi_stamp[d].ms_ino = v++ << 33;
		pi->pi_stamp[d].ms_mtime = -(int64_t)v++;
		pi->pi_stamp[d].ms_mtime_nsec = v++;
		pi->pi_stamp[d].ms_ctime = (int64_t)v++;
		pi->pi_stamp[d].ms_ctime_nsec = v++;
	}
	pi->pi_uidls = pi->pi_stamp[MAILDIR_CUR];
	pi->pi_uidls.ms_ino = v++;
	pi->pi_uidls.ms_ctime = -5;
}

static void
test_header(void)
{
	unsigned char		 h[POPCACHE_HEADER_LEN];
	struct popcache_info	 pi, back;

	unit_case("header: every number comes back");
	fill_info(&pi);
	memset(&back, 0xff, sizeof(back));
	popcache_encode(&pi, h);
	CHECK(popcache_decode(&back, h) == 0, "decode");
	CHECK(memcmp(&pi, &back, sizeof(pi)) == 0, "another");
	pi.pi_flags |= 0x40;
	popcache_encode(&pi, h);
	CHECK(popcache_decode(&back, h) == 0, "decode");
	CHECK(back.pi_flags == POPCACHE_AGAIN, "a flag of times to come");
}

static void
test_header_bad(void)
{
	unsigned char		 h[POPCACHE_HEADER_LEN];
	struct popcache_info	 pi, back;
	size_t			 at;

	unit_case("header: not one octet can change unseen");
	fill_info(&pi);
	popcache_encode(&pi, h);
	for (at = 0; at < sizeof(h); at++) {
		h[at] ^= 0x10;
		CHECK(popcache_decode(&back, h) == -1, "octet %zu", at);
		h[at] ^= 0x10;
	}
	CHECK(popcache_decode(&back, h) == 0, "not put back");
	pi.pi_covered = POPCACHE_HEADER_LEN - 1;
	popcache_encode(&pi, h);
	CHECK(popcache_decode(&back, h) == -1, "covers not even itself");
}

static void
test_numbers(void)
{
	struct popcache		 pc;
	uint64_t		 names[MAILDIR_DIRS] = { 0, 0 }, at;
	size_t			 i;

	unit_case("header: the numbers are those of the entries");
	write_cache(COUNT, 1);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_COVERED) == 0, "load");
	for (i = 0, at = POPCACHE_HEADER_LEN; i < pc.pc_count; i++) {
		names[popcache_dir(pc.pc_entry[i])] +=
		    popcache_entry_sum(pc.pc_entry[i]);
		if (i + 1 < pc.pc_count)
			at += popcache_entry_len(pc.pc_entry[i]);
	}
	CHECK(pc.pc_info.pi_names[0] == names[0], "new/");
	CHECK(pc.pc_info.pi_names[1] == names[1], "cur/");
	CHECK(names[0] != names[1] && names[0] != 0, "no sums");
	CHECK(pc.pc_info.pi_last == at, "last");
	CHECK(pc.pc_info.pi_dead == 0, "dead");
	CHECK(pc.pc_info.pi_covered == pc.pc_size, "covered");
	popcache_close(&pc);

	write_cache(0, 1);
	popcache_open(&pc, dir);
	CHECK(pc.pc_info.pi_last == 0 && pc.pc_info.pi_names[0] == 0 &&
	    pc.pc_info.pi_covered == POPCACHE_HEADER_LEN, "of none");
	popcache_close(&pc);
}

static void
test_add_remove(void)
{
	struct popcache		 mine;
	struct popcache_info	 pi, before;
	struct popcache_entry	*pe;
	int			 i;

	unit_case("info: what was added can be taken away");
	memset(&mine, 0, sizeof(mine));
	fill_info(&pi);
	before = pi;
	for (i = 0; i < COUNT; i++) {
		pe = make(&mine, i);
		popcache_info_add(&pi, pe, 5000 + (uint64_t)i);
		CHECK(pi.pi_last == 5000 + (uint64_t)i, "%d: last", i);
		CHECK(popcache_info_count(&pi) ==
		    popcache_info_count(&before) + 1, "%d: count", i);
		CHECK(pi.pi_octets == before.pi_octets + 2000 + (uint64_t)i,
		    "%d: octets", i);
		CHECK(pi.pi_names[popcache_dir(pe)] !=
		    before.pi_names[popcache_dir(pe)], "%d: names", i);
		popcache_info_remove(&pi, pe);
		pi.pi_last = before.pi_last;
		CHECK(memcmp(&pi, &before, sizeof(pi)) == 0, "%d", i);
	}
	popcache_forget(&mine);

	unit_case("info: numbers of another, stamps and flags its own");
	memset(&pi, 0, sizeof(pi));
	pi.pi_flags = POPCACHE_STAMPED;
	popcache_info_numbers(&pi, &before);
	CHECK(pi.pi_octets == before.pi_octets && pi.pi_dead == 7 &&
	    pi.pi_names[1] == before.pi_names[1] &&
	    pi.pi_count[0] == before.pi_count[0], "numbers");
	CHECK(pi.pi_flags == POPCACHE_STAMPED && pi.pi_uidls.ms_ino == 0,
	    "more than numbers");
	popcache_info_numbers(&pi, NULL);
	CHECK(pi.pi_covered == POPCACHE_HEADER_LEN && pi.pi_octets == 0 &&
	    popcache_info_count(&pi) == 0 && pi.pi_dead == 0, "none");
}

static void
test_dead(void)
{
	struct popcache		 pc;
	struct popcache_info	 info;
	struct popcache_entry	*pe;
	uint64_t		 at;

	unit_case("dead: no message; missed where the header counts none");
	write_cache(3, 1);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_COVERED) == 0, "load");
	pe = pc.pc_entry[1];
	at = popcache_place(&pc, pc.pc_entry, 1);
	info = pc.pc_info;
	popcache_info_remove(&info, pe);
	info.pi_dead++;
	pe->pe_flags |= POPCACHE_DEAD;
	CHECK(popcache_put(&pc, at, pe) == 0, "put");
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
	CHECK(pc.pc_count == 2 && !pc.pc_whole, "%zu", pc.pc_count);

	unit_case("dead: skipped, and counted by the header");
	CHECK(popcache_restamp(&pc, &info) == 0, "restamp");
	popcache_close(&pc);
	CHECK(load(&pc, "dead", 1) == 0x5, "not 0 and 2");
	CHECK(pc.pc_whole && pc.pc_clean && pc.pc_covered == 2, "not whole");
	popcache_close(&pc);
}

static void
test_parts(void)
{
	static const struct {
		enum popcache_part	 part;
		unsigned int		 seen;
	} parts[] = {
		{ POPCACHE_COVERED, 0x07 }, { POPCACHE_TAIL, 0x18 },
		{ POPCACHE_ALL, 0x1f }
	};
	struct popcache	 pc, mine;
	unsigned int	 seen;
	size_t		 i, j;

	unit_case("load: what is covered, what was appended, or all");
	memset(&mine, 0, sizeof(mine));
	write_cache(3, 1);
	CHECK(popcache_append(dir, make(&mine, 3)) == 1 &&
	    popcache_append(dir, make(&mine, 4)) == 1, "append");
	popcache_open(&pc, dir);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		CHECK(popcache_load(&pc, parts[i].part) == 0, "load %zu", i);
		for (j = 0, seen = 0; j < pc.pc_count; j++)
			seen |= 1U << which(pc.pc_entry[j]);
		CHECK(seen == parts[i].seen, "part %zu: %x", i, seen);
		CHECK(pc.pc_clean, "part %zu: not clean", i);
		CHECK(pc.pc_covered == (parts[i].part == POPCACHE_TAIL ? 0 :
		    3), "part %zu: covered", i);
	}
	CHECK(popcache_load(&pc, POPCACHE_TAIL) == 0, "load");
	CHECK(popcache_place(&pc, pc.pc_entry, 0) == pc.pc_info.pi_covered,
	    "place of the tail");
	popcache_close(&pc);
	popcache_forget(&mine);
}

static void
test_get(void)
{
	struct popcache		 pc;
	struct popcache_entry	*pe;
	uint64_t		 buf[POPCACHE_ENTRY_MAX / 8];
	size_t			 len;

	unit_case("get: an entry, or none there");
	write_cache(3, 1);
	popcache_open(&pc, dir);
	pe = popcache_get(&pc, POPCACHE_HEADER_LEN, 0, buf);
	CHECK(pe != NULL && which(pe) == 0, "the first");
	if (pe == NULL)
		return;
	len = popcache_entry_len(pe);
	CHECK(popcache_get(&pc, POPCACHE_HEADER_LEN, len, buf) != NULL,
	    "of its length");
	CHECK(popcache_get(&pc, POPCACHE_HEADER_LEN, len + 8, buf) == NULL &&
	    errno == ESTALE, "of another");
	CHECK(popcache_get(&pc, POPCACHE_HEADER_LEN + 8, 0, buf) == NULL &&
	    errno == ESTALE, "within");
	CHECK(popcache_get(&pc, pc.pc_size, 0, buf) == NULL &&
	    errno == ESTALE, "at the end");
	CHECK(popcache_get(&pc, pc.pc_size + 800, 0, buf) == NULL &&
	    errno == ESTALE, "after the end");
	popcache_close(&pc);
}

static void
test_put(void)
{
	struct popcache		 pc;
	struct popcache_info	 info;
	struct popcache_entry	*pe;
	uint64_t		 buf[POPCACHE_ENTRY_MAX / 8], at;

	unit_case("put: one entry is corrected in place");
	write_cache(3, 1);
	popcache_open(&pc, dir);
	at = pc.pc_info.pi_last;
	pe = popcache_get(&pc, at, 0, buf);
	CHECK(pe != NULL && which(pe) == 2, "get");
	if (pe == NULL)
		return;
	info = pc.pc_info;
	info.pi_octets += 4711 - popcache_octets(pe);
	info.pi_flags = 0;
	pe->pe_octets = htole64(4711);
	CHECK(popcache_put(&pc, at, pe) == 0, "put");
	CHECK(popcache_restamp(&pc, &info) == 0, "restamp");
	popcache_close(&pc);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0 && pc.pc_whole,
	    "not whole");
	CHECK(popcache_octets(pc.pc_entry[2]) == 4711, "octets");
	CHECK(pc.pc_info.pi_flags == 0, "stamped");
	popcache_close(&pc);
}

/* Every entry of a list of facts is where popcache_place() says. */
static void
places(struct popcache *pc, struct popcache_entry **list, uint32_t n,
    const char *what)
{
	static const uint32_t	 odd[] = { 4, 1, 3, 0, 2 };
	struct popcache_entry	*pe;
	uint64_t		 buf[POPCACHE_ENTRY_MAX / 8], at;
	uint32_t		 i, k;

	/* In turn, and in no order at all. */
	for (i = 0; i < n + 5; i++) {
		k = i < n ? i : odd[i - n];
		at = popcache_place(pc, list, k);
		pe = at == 0 ? NULL : popcache_get(pc, at, 0, buf);
		CHECK(pe != NULL && which(pe) == which(list[k]),
		    "%s: %u is not at %llu", what, k,
		    (unsigned long long)at);
	}
}

static void
test_places(void)
{
	struct popcache		 pc;
	struct popcache_info	 info;
	struct popcache_entry	*list[COUNT];
	struct timespec		 now;
	uint32_t		 i;
	int			 fd;

	unit_case("place: of entries that were read, made, written");
	write_cache(4, 1);
	popcache_open(&pc, dir);
	CHECK(popcache_append(dir, make(&pc, 4)) == 1, "append");
	popcache_forget(&pc);
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
	for (i = 0; i < COUNT; i++)
		list[i] = i < 5 ? pc.pc_entry[i] : make(&pc, (int)i);
	places(&pc, list, 5, "load");
	CHECK(popcache_place(&pc, list, 5) == 0, "one that was made");
	info = pc.pc_info;
	CHECK(popcache_extend(&pc, list, COUNT, &info) == 0, "extend: %s",
	    strerror(errno));
	places(&pc, list, COUNT, "extend");
	CHECK(pc.pc_info.pi_last == popcache_place(&pc, list, COUNT - 1),
	    "extend: last");
	CHECK((fd = popcache_begin(dir, &now)) != -1, "begin");
	CHECK(popcache_replace(&pc, dir, fd, list + 1, COUNT - 1, &info) == 0,
	    "replace");
	places(&pc, list + 1, COUNT - 1, "replace");
	CHECK(pc.pc_info.pi_last == popcache_place(&pc, list + 1, COUNT - 2),
	    "replace: last");
	popcache_close(&pc);
	CHECK(load(&pc, "replace", 0) == ((1U << COUNT) - 2), "not 1 to 6");
	CHECK(pc.pc_whole && pc.pc_clean && pc.pc_covered == COUNT - 1,
	    "whole");
	popcache_close(&pc);
}

static void
test_extend_grown(void)
{
	struct popcache		 pc, mine;
	struct popcache_info	 info;
	struct popcache_entry	*list[5];
	uint32_t		 i;

	unit_case("extend: not over what was appended meanwhile");
	memset(&mine, 0, sizeof(mine));
	write_cache(3, 1);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
	for (i = 0; i < 4; i++)
		list[i] = i < 3 ? pc.pc_entry[i] : make(&pc, 3);
	CHECK(popcache_append(dir, make(&mine, 6)) == 1, "append");
	info = pc.pc_info;
	CHECK(popcache_extend(&pc, list, 4, &info) == -1 && errno == ESTALE,
	    "extended");
	popcache_close(&pc);
	CHECK(load(&pc, "extend", 0) == 0x47 && pc.pc_whole, "0 to 2, 6");
	popcache_close(&pc);
	popcache_forget(&mine);
}

static void
test_rename(void)
{
	static const struct {
		const char	*name;
		int		 fits;
	} names[] = {
		{ "102.d.host:2,S", 1 }, { "102.d.host", 1 },
		{ "102.d.host:2,", 1 },
		{ "102.d.host:2,DFPRSTabcdefghijklmnopqrstuvwxyz", 0 }
	};
	struct popcache		 mine;
	struct popcache_entry	*pe;
	size_t			 i, len;

	unit_case("rename: in place, as long as there is room");
	memset(&mine, 0, sizeof(mine));
	pe = make(&mine, 1);
	len = popcache_entry_len(pe);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(popcache_rename(pe, MAILDIR_CUR, names[i].name,
		    strlen(names[i].name)) == names[i].fits, "%s",
		    names[i].name);
		CHECK(popcache_entry_len(pe) == len, "another length");
		CHECK(popcache_is(pe, MAILDIR_CUR, names[i].name,
		    strlen(names[i].name)) == names[i].fits, "%s: is",
		    names[i].name);
		popcache_seal(pe);
		CHECK(popcache_entry_ok(pe, len), "%s: not good",
		    names[i].name);
		CHECK(pe->pe_base_len == 10 && pe->pe_uidl_len == 8,
		    "%s: base", names[i].name);
	}
	CHECK(popcache_rename(pe, MAILDIR_NEW, "102.d.host", 10) == 1 &&
	    popcache_dir(pe) == MAILDIR_NEW, "back to new/");
	popcache_forget(&mine);
}

static int
sign(int c)
{
	return ((c > 0) - (c < 0));
}

static void
test_compare(void)
{
	static const struct {
		const char	*name;
		uint64_t	 order;
		unsigned int	 flags;
		int		 digest;
	} facts_of[] = {
		/* In their order. */
		{ "9.z", 1, POPCACHE_NAMED, 9 },
		{ "1.a", 2, POPCACHE_NAMED, 9 },
		{ "1.a", 1, 0, 9 }, { "1.a.b:2,S", 1, 0, 1 },
		{ "1.b", 1, 0, 1 }, { "1.b:2,F", 1, POPCACHE_IN_CUR, 2 },
		{ "0.a", 2, 0, 1 }
	};
	struct popcache		 mine;
	struct popcache_facts	 pf;
	struct popcache_entry	*pe[7];
	unsigned char		 digest[POPCACHE_DIGEST_LEN];
	int			 i, j;

	unit_case("compare: popuidl's first, order, base name, twins");
	memset(&mine, 0, sizeof(mine));
	for (i = 0; i < 7; i++) {
		memset(&pf, 0, sizeof(pf));
		memset(digest, facts_of[i].digest, sizeof(digest));
		pf.pf_name = facts_of[i].name;
		pf.pf_name_len = strlen(facts_of[i].name);
		pf.pf_order = facts_of[i].order;
		pf.pf_flags = facts_of[i].flags;
		pf.pf_digest = digest;
		pe[i] = popcache_make(&mine, &pf);
	}
	for (i = 0; i < 7; i++)
		for (j = 0; j < 7; j++)
			CHECK(sign(popcache_compare(pe[i], pe[j])) ==
			    sign(i - j), "%d and %d", i, j);
	popcache_forget(&mine);
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
		CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
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
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0 && pc.pc_whole, "load");
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
	test_header();
	test_header_bad();
	test_numbers();
	test_add_remove();
	test_dead();
	test_parts();
	test_get();
	test_put();
	test_places();
	test_extend_grown();
	test_rename();
	test_compare();
	test_race();
	return unit_done();
}
