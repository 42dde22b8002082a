/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popcache: entries are read as they were written; its header and its numbers.
 */

#include "popcachefile.h"

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
test_info_removed(void)
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
}

static void
test_info_distinct(void)
{
	struct popcache_info	 pi, before;

	unit_case("info: numbers of another, stamps and flags its own");
	fill_info(&before);
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

	unit_case("load: covered entries, appended ones, or all");
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

	unit_case("get: an entry, or no entry");
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

int
main(void)
{
	if (setup() == -1)
		return (unit_done());
	test_place();
	test_whole();
	test_header();
	test_header_bad();
	test_numbers();
	test_info_removed();
	test_info_distinct();
	test_parts();
	test_get();
	test_compare();
	return (unit_done());
}
