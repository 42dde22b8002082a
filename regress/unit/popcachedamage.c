/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popcache damaged: truncated, changed and shifted anywhere, and with correct
 * checksums over wrong contents.
 */

#include "popcachefile.h"

static size_t
slurp(unsigned char *buf, size_t size)
{
	ssize_t	 n;
	int	 fd = openat(dir, POPCACHE_FILE, O_RDONLY);

	n = read(fd, buf, size);
	close(fd);
	return (n == -1 ? 0 : (size_t)n);
}

static void
spill(const unsigned char *buf, size_t len)
{
	int	 fd = openat(dir, POPCACHE_FILE, O_WRONLY | O_CREAT | O_TRUNC,
	    0600);

	CHECK(write(fd, buf, len) == (ssize_t)len, "write");
	close(fd);
}

/* A good index, and where each of its entries ends. */
static struct {
	unsigned char	 good[8192];
	size_t		 len;
	size_t		 ends[COUNT];
} damage;

static void
damage_setup(void)
{
	struct popcache	 pc;
	size_t		 at, i;

	write_cache(COUNT, 1);
	damage.len = slurp(damage.good, sizeof(damage.good));
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
	for (i = 0, at = POPCACHE_HEADER_LEN; i < COUNT; i++)
		damage.ends[i] = at += popcache_entry_len(pc.pc_entry[i]);
	CHECK(at == damage.len, "length");
	popcache_close(&pc);
}

static void
test_cut(void)
{
	struct popcache	 pc;
	unsigned int	 seen, lost;
	unsigned int	 all = (1U << COUNT) - 1;
	size_t		 at, i;

	unit_case("cut at every octet: all whole entries are kept");
	for (at = 0; at < damage.len; at++) {
		spill(damage.good, at);
		seen = load(&pc, "cut", at);
		for (i = 0, lost = 0; i < COUNT; i++)
			lost |= damage.ends[i] > at ? 1U << i : 0;
		CHECK(seen == (all & ~lost), "cut %zu: %x, not %x", at, seen,
		    all & ~lost);
		CHECK(!pc.pc_whole, "cut %zu: looks whole", at);
		CHECK(pc.pc_state == (at < POPCACHE_HEADER_LEN ?
		    POPCACHE_DAMAGED : POPCACHE_CUT), "cut %zu: state %d", at,
		    pc.pc_state);
		popcache_close(&pc);
	}
}

static void
test_changed(void)
{
	struct popcache	 pc;
	unsigned char	 bad[8192];
	unsigned int	 seen, lost;
	unsigned int	 all = (1U << COUNT) - 1;
	size_t		 at, i;
	int		 bit;

	unit_case("every octet changed: only its entry is lost");
	for (at = 0; at < damage.len; at++)
		for (bit = 0; bit < 3; bit++) {
			memcpy(bad, damage.good, damage.len);
			bad[at] ^= bit == 0 ? 1 : bit == 1 ? 0x80 : 0xff;
			spill(bad, damage.len);
			seen = load(&pc, "octet", at);
			for (i = 0; i < COUNT && damage.ends[i] <= at; i++)
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
}

static void
test_shifted(void)
{
	struct popcache	 pc;
	unsigned char	 bad[8192];
	unsigned int	 seen, lost;
	unsigned int	 all = (1U << COUNT) - 1;
	size_t		 at, i;

	unit_case("octets put in or taken out: what follows is found");
	for (at = 0; at < damage.len; at += 5) {
		memcpy(bad, damage.good, at);
		memset(bad + at, 0x1e, 3);
		memcpy(bad + at + 3, damage.good + at, damage.len - at);
		spill(bad, damage.len + 3);
		seen = load(&pc, "put in", at);
		for (i = 0; i < COUNT && damage.ends[i] <= at; i++)
			;
		/* Between two entries nothing is lost. */
		lost = at < POPCACHE_HEADER_LEN || at == damage.len ? 0 :
		    1U << i;
		CHECK((seen | lost) == all, "put in at %zu: %x", at, seen);
		CHECK(!pc.pc_whole || at == damage.len, "put in %zu: whole",
		    at);
		popcache_close(&pc);
	}
}

static void
test_no_header(void)
{
	struct popcache	 pc;
	unsigned char	 bad[8192];
	unsigned int	 all = (1U << COUNT) - 1;

	unit_case("without a header the entries are there all the same");
	memcpy(bad, damage.good, damage.len);
	bad[9] = 7;		/* another version */
	spill(bad, damage.len);
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
test_wrong_name(void)
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
		/* Text that no popuidl gave; an unknown flag. */
		{ "a", 1, "b", 1, 0 }, { "a", 1, NULL, 0, 0x40 },
		/* The UIDL of twins is a digest, and that of octets. */
		{ "a", 1, "b", 1, POPCACHE_NAMED | POPCACHE_TWIN },
		{ "a", 1, "b", 1, POPCACHE_NAMED | POPCACHE_OCTETS }
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
		    back.pc_count == 0 && back.pc_octets_count == 0,
		    "case %zu", i);
		popcache_close(&back);
		popcache_close(&pc);
	}
}

static void
test_wrong_length(void)
{
	struct popcache		 pc, back;
	struct popcache_entry	*pe;
	unsigned char		 buf[2048];
	size_t			 i;

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

int
main(void)
{
	if (setup() == -1)
		return (unit_done());
	damage_setup();
	test_cut();
	test_changed();
	test_shifted();
	test_no_header();
	test_garbage();
	test_wrong_name();
	test_wrong_length();
	return (unit_done());
}
