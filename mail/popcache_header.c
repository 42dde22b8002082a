/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The header of popcache, between its octets and what they mean.  It alone
 * is read when a session starts and nothing has changed.
 */

#include <sys/types.h>

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "popcache.h"
#include "popcache_private.h"

/*
 * Layout of the header: magic 8, version 4, its own length 4, covered length
 * 8, octets 8, count 4, stamped 4, then per directory device, inode, mtime,
 * its nanoseconds, ctime, its nanoseconds, each 8, and a checksum of 8 at the
 * end of all.
 */
#define AT_VERSION	8
#define AT_LENGTH	12
#define AT_COVERED	16
#define AT_OCTETS	24
#define AT_COUNT	32
#define AT_STAMPED	36
#define AT_STAMPS	40
#define AT_SUM		(POPCACHE_HEADER_LEN - 8)

static void
put32(unsigned char *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static void
put64(unsigned char *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

static uint32_t
get32(const unsigned char *p)
{
	uint32_t	v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static uint64_t
get64(const unsigned char *p)
{
	uint64_t	v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

void
popcache_encode(const struct popcache_info *pi,
    unsigned char h[POPCACHE_HEADER_LEN])
{
	const struct maildir_stamp	*ms;
	unsigned char			*p = h + AT_STAMPS;
	int				 dir;

	memset(h, 0, POPCACHE_HEADER_LEN);
	memcpy(h, POPCACHE_MAGIC, POPCACHE_MAGIC_LEN);
	put32(h + AT_VERSION, POPCACHE_VERSION);
	put32(h + AT_LENGTH, POPCACHE_HEADER_LEN);
	put64(h + AT_COVERED, pi->pi_covered);
	put64(h + AT_OCTETS, pi->pi_octets);
	put32(h + AT_COUNT, pi->pi_count);
	put32(h + AT_STAMPED, pi->pi_stamped != 0);
	for (dir = 0; dir < MAILDIR_DIRS; dir++, p += 48) {
		ms = &pi->pi_stamp[dir];
		put64(p, ms->ms_dev);
		put64(p + 8, ms->ms_ino);
		put64(p + 16, (uint64_t)ms->ms_mtime);
		put64(p + 24, ms->ms_mtime_nsec);
		put64(p + 32, (uint64_t)ms->ms_ctime);
		put64(p + 40, ms->ms_ctime_nsec);
	}
	put64(h + AT_SUM, popcache_hash(h, AT_SUM));
}

int
popcache_decode(struct popcache_info *pi,
    const unsigned char h[POPCACHE_HEADER_LEN])
{
	struct maildir_stamp	*ms;
	const unsigned char	*p = h + AT_STAMPS;
	int			 dir;

	if (memcmp(h, POPCACHE_MAGIC, POPCACHE_MAGIC_LEN) != 0 ||
	    get32(h + AT_VERSION) != POPCACHE_VERSION ||
	    get32(h + AT_LENGTH) != POPCACHE_HEADER_LEN ||
	    get64(h + AT_SUM) != popcache_hash(h, AT_SUM))
		return -1;
	pi->pi_covered = get64(h + AT_COVERED);
	pi->pi_octets = get64(h + AT_OCTETS);
	pi->pi_count = get32(h + AT_COUNT);
	pi->pi_stamped = get32(h + AT_STAMPED) != 0;
	for (dir = 0; dir < MAILDIR_DIRS; dir++, p += 48) {
		ms = &pi->pi_stamp[dir];
		ms->ms_dev = get64(p);
		ms->ms_ino = get64(p + 8);
		ms->ms_mtime = (int64_t)get64(p + 16);
		ms->ms_mtime_nsec = get64(p + 24);
		ms->ms_ctime = (int64_t)get64(p + 32);
		ms->ms_ctime_nsec = get64(p + 40);
	}
	return 0;
}
