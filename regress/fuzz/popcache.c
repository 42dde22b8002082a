/*
 * link: $(MAIL_OBJS) $(COMPAT_CONFINE) $(COMPAT_ENTROPY) lib/log.o
 * link: lib/setting.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The index of a maildir with arbitrary contents.
 *
 * No mutation passes a checksum, so the first octet selects how the file is
 * made: as in the input, or from generated entries that are damaged and
 * perhaps sealed again.  The input is then one octet of count, that many
 * entries as make_entry() reads them, and damage of three octets each: place
 * (two) and value.
 */

#include <endian.h>

#include "fuzz.h"
#include "log.h"
#include "popcache.h"
#include "popcache_private.h"

#define FILE_MAX	65536
#define ENTRY_ROOM	POPCACHE_ENTRY_MAX

enum mode {
	MODE_RAW	= 0x01,		/* the input is the file */
	MODE_HEADER	= 0x02,		/* under a good header */
	MODE_COVER	= 0x04,		/* which covers all of it */
	MODE_SEAL	= 0x08,		/* damaged entries are sealed again */
	MODE_SHIFT	= 0x10,		/* and all of it lost its alignment */
	MODE_COUNT	= 0x20		/* the header's sums are right */
};

static struct {
	int		 fz_dir;
	unsigned char	*fz_file;
	size_t		 fz_len;
} fuzzer;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz");
	log_to(fuzz_silent);
	fuzzer.fz_dir = fuzz_maildir();
	fuzzer.fz_file = fuzz_copy("", 0);
	if ((fuzzer.fz_file = realloc(fuzzer.fz_file, FILE_MAX)) == NULL)
		abort();
	return (0);
}

static uint64_t
read_number(struct fuzz_input *fi)
{
	uint64_t	 number = 0;

	(void)fuzz_take(fi, &number, fuzz_byte(fi) & 7);
	return (le64toh(number));
}

/* An entry: flags, numbers, lengths and texts of name and UIDL. */
static struct popcache_entry *
make_entry(struct popcache *pc, struct fuzz_input *fi)
{
	struct popcache_facts	 pf;
	struct popcache_entry	*pe;
	char			 name[MAILNAME_MAX], uidl[UIDL_MAX];
	size_t			 len;

	memset(&pf, 0, sizeof(pf));
	pf.pf_flags = fuzz_byte(fi);
	pf.pf_size = read_number(fi);
	pf.pf_octets = read_number(fi);
	pf.pf_order = read_number(fi);
	len = fuzz_byte(fi);
	pf.pf_name = name;
	pf.pf_name_len = fuzz_take(fi, name, len);
	if ((len = fuzz_byte(fi) % (UIDL_MAX + 1)) != 0) {
		pf.pf_uidl = uidl;
		pf.pf_uidl_len = fuzz_take(fi, uidl, len);
		if (pf.pf_uidl_len == 0)
			pf.pf_uidl = NULL;
	}
	if ((pe = popcache_make(pc, &pf)) == NULL)
		abort();
	popcache_seal(pe);
	return (pe);
}

/* Write consecutive entries.  Return their octets. */
static size_t
make_entries(unsigned char *buf, size_t room, struct fuzz_input *fi)
{
	struct popcache		 pc;
	struct popcache_entry	*pe;
	size_t			 used = 0, len;
	unsigned int		 i, count = fuzz_byte(fi) & 15;

	memset(&pc, 0, sizeof(pc));
	for (i = 0; i < count; i++) {
		pe = make_entry(&pc, fi);
		len = popcache_entry_len(pe);
		FUZZ(len % 8 == 0 && len <= ENTRY_ROOM);
		if (used + len <= room) {
			memcpy(buf + used, pe, len);
			used += len;
		}
	}
	popcache_forget(&pc);
	return (used);
}

static void
make_damage(unsigned char *buf, size_t len, struct fuzz_input *fi)
{
	size_t		 at;

	while (fi->fi_len >= 3 && len != 0) {
		at = fuzz_byte(fi);
		at |= (size_t)fuzz_byte(fi) << 8;
		buf[at % len] = fuzz_byte(fi);
	}
}

/* Seal everything that looks like an entry. */
static void
make_sealed(unsigned char *buf, size_t len)
{
	struct popcache_entry	*pe;
	size_t			 at = 0, n;

	while (at + POPCACHE_ENTRY_LEN <= len) {
		pe = fuzz_copy(buf + at, len - at);
		n = popcache_entry_len(pe);
		if (pe->pe_magic == htole32(POPCACHE_ENTRY_MAGIC) &&
		    n >= POPCACHE_ENTRY_LEN && n <= len - at) {
			popcache_seal(pe);
			memcpy(buf + at, pe, n);
			at += n;
		} else
			at += 8;
		free(pe);
	}
}

/* Write a valid header, with stamps from the input. */
static void
make_header(unsigned char *buf, size_t len, unsigned int mode,
    struct fuzz_input *fi)
{
	struct popcache_info	 pi;
	struct popcache		 pc;
	size_t			 i;

	memset(&pi, 0, sizeof(pi));
	if (mode & MODE_COVER)
		pi.pi_covered = len;
	else
		pi.pi_covered = read_number(fi);
	if (mode & MODE_COUNT) {
		/* What is good of it tells popcache_load(). */
		popcache_encode(&pi, buf);
		fuzz_file(fuzzer.fz_dir, POPCACHE_FILE, buf, len);
		popcache_open(&pc, fuzzer.fz_dir);
		if (popcache_load(&pc, POPCACHE_COVERED) == -1)
			abort();
		for (i = 0; i < pc.pc_count; i++)
			popcache_info_add(&pi, pc.pc_entry[i], 0);
		pi.pi_dead = (uint32_t)pc.pc_deads;
		popcache_close(&pc);
	} else {
		pi.pi_count[MAILDIR_CUR] = (uint32_t)read_number(fi);
		pi.pi_octets = read_number(fi);
	}
	popcache_encode(&pi, buf);
}

static void
make_file(struct fuzz_input *fi)
{
	unsigned char	*buf = fuzzer.fz_file;
	unsigned int	 mode = fuzz_byte(fi);
	size_t		 start = 0;

	if (mode & MODE_HEADER)
		start = POPCACHE_HEADER_LEN;
	if (mode & MODE_SHIFT)
		buf[start++] = 'x';
	if (mode & MODE_RAW)
		fuzzer.fz_len = start + fuzz_take(fi, buf + start,
		    FILE_MAX - start);
	else {
		fuzzer.fz_len = start + make_entries(buf + start,
		    FILE_MAX - start, fi);
		make_damage(buf + start, fuzzer.fz_len - start, fi);
	}
	if (mode & MODE_SEAL)
		make_sealed(buf + start, fuzzer.fz_len - start);
	if (mode & MODE_HEADER)
		make_header(buf, fuzzer.fz_len, mode, fi);
	fuzz_file(fuzzer.fz_dir, POPCACHE_FILE, buf, fuzzer.fz_len);
}

/* Check an entry in a copy of exactly its size. */
static void
test_entry(const struct popcache_entry *entry)
{
	struct popcache_facts	 pf;
	struct popcache_entry	*pe;
	char			*uidl = fuzz_copy("", 0);
	size_t			 len = popcache_entry_len(entry), n;

	FUZZ(len >= POPCACHE_ENTRY_LEN && len <= ENTRY_ROOM);
	pe = fuzz_copy(entry, len);
	popcache_facts(pe, &pf);
	FUZZ((const char *)pf.pf_name >= (const char *)pe->pe_text &&
	    pf.pf_name + pf.pf_name_len < (const char *)pe + len);
	FUZZ(pf.pf_name[pf.pf_name_len] == '\0');
	FUZZ(maildir_name_ok(pf.pf_name, pf.pf_name_len));
	FUZZ(pe->pe_base_len != 0);
	FUZZ(maildir_base_len(pf.pf_name, pf.pf_name_len) == pe->pe_base_len);
	FUZZ(popcache_dir(pe) == MAILDIR_NEW || popcache_dir(pe) ==
	    MAILDIR_CUR);
	FUZZ(strcmp(popcache_name(pe), pf.pf_name) == 0);

	if ((uidl = realloc(uidl, UIDL_MAX)) == NULL)
		abort();
	n = popcache_uidl(pe, uidl);
	FUZZ(n >= 1 && n <= UIDL_MAX);
	FUZZ(popcache_uidl_ok(uidl, n));
	if (pf.pf_uidl != NULL)
		FUZZ(n == pf.pf_uidl_len && memcmp(uidl, pf.pf_uidl, n) == 0);
	while (n > 0) {
		n--;
		FUZZ(uidl[n] >= 0x21 && uidl[n] <= 0x7e);
	}
	free(uidl);
	FUZZ(popcache_compare(pe, pe) == 0);
	FUZZ(popcache_compare(pe, entry) == 0);
	free(pe);
}

static int
sign(int n)
{
	return (n < 0 ? -1 : n > 0);
}

/* Any three in a row are in an order. */
static void
test_order(struct popcache_entry **pe, size_t count)
{
	size_t		 i;
	int		 ab, bc;

	for (i = 0; i + 1 < count; i++) {
		ab = sign(popcache_compare(pe[i], pe[i + 1]));
		FUZZ(ab == -sign(popcache_compare(pe[i + 1], pe[i])));
		if (i + 2 == count)
			break;
		bc = sign(popcache_compare(pe[i + 1], pe[i + 2]));
		if (ab == bc)
			FUZZ(sign(popcache_compare(pe[i], pe[i + 2])) == ab);
	}
}

/* Load the file and check all entries.  Return their number. */
static size_t
test_load(struct popcache *pc, int all)
{
	uint64_t	 octets = 0;
	size_t		 i;

	FUZZ(popcache_load(pc, all ? POPCACHE_ALL : POPCACHE_COVERED) == 0);
	for (i = 0; i < pc->pc_count; i++) {
		test_entry(pc->pc_entry[i]);
		if (i < pc->pc_covered)
			octets += popcache_octets(pc->pc_entry[i]);
	}
	test_order(pc->pc_entry, pc->pc_count);
	FUZZ(pc->pc_covered <= pc->pc_count);
	FUZZ(pc->pc_len <= fuzzer.fz_len);
	if (pc->pc_whole) {
		FUZZ(pc->pc_state == POPCACHE_GOOD);
		FUZZ(pc->pc_covered == popcache_info_count(&pc->pc_info));
		FUZZ(octets == pc->pc_info.pi_octets);
	}
	return (pc->pc_count);
}

/* A delivery, as mda does it: appended, and nothing else is changed. */
static void
test_append(size_t before, enum popcache_state good)
{
	struct popcache		 made, pc;
	struct popcache_facts	 pf;
	struct popcache_entry	*pe, *last;
	size_t			 all;
	int			 done;

	memset(&made, 0, sizeof(made));
	memset(&pf, 0, sizeof(pf));
	pf.pf_name = "1.M2P3R4.host,S=5,W=6";
	pf.pf_name_len = strlen(pf.pf_name);
	pf.pf_size = 5;
	pf.pf_octets = 6;
	pf.pf_order = 1;
	if ((pe = popcache_make(&made, &pf)) == NULL)
		abort();
	done = popcache_append(fuzzer.fz_dir, pe);
	FUZZ(done == (good == POPCACHE_GOOD));
	popcache_open(&pc, fuzzer.fz_dir);
	FUZZ(pc.pc_state == good);
	fuzzer.fz_len += done ? popcache_entry_len(pe) + 7 : 0;
	all = test_load(&pc, 1);
	FUZZ(done || all == before);
	if (good == POPCACHE_GOOD) {
		FUZZ(all == before + 1);
		last = pc.pc_entry[pc.pc_count - 1];
		FUZZ(popcache_entry_len(last) == popcache_entry_len(pe) &&
		    memcmp(last, pe, popcache_entry_len(pe)) == 0);
	}
	popcache_close(&pc);
	popcache_forget(&made);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	struct popcache		 pc;
	enum popcache_state	 good;
	size_t			 covered, all;

	make_file(&fi);
	popcache_open(&pc, fuzzer.fz_dir);
	good = pc.pc_state;
	FUZZ(good != POPCACHE_NONE);
	covered = test_load(&pc, 0);
	all = test_load(&pc, 1);
	FUZZ(covered <= all);
	popcache_close(&pc);
	test_append(all, good);
	return (0);
}
