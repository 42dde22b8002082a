/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Encode and decode the header of popcache, all that is read when a session
 * starts and nothing has changed.
 */

#include <sys/types.h>

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "popcache.h"
#include "popcache_private.h"

/*
 * Layout of the header; a stamp is device, inode, mtime, its nanoseconds,
 * ctime, its nanoseconds, 8 octets each.  popcache(5) has the same table.
 */
#define AT_VERSION	8	/* 4 */
#define AT_LENGTH	12	/* 4, of the header */
#define AT_COVERED	16
#define AT_OCTETS	24
#define AT_LAST		32
#define AT_COUNT	40	/* 4 for each directory */
#define AT_DEAD		48	/* 4 */
#define AT_FLAGS	52	/* 4 */
#define AT_NAMES	56	/* 8 for each directory */
#define AT_STAMPS	72	/* 48 for each directory */
#define AT_UIDLS	168	/* 48 */
#define AT_SUM		(POPCACHE_HEADER_LEN - 8)
#define STAMP_LEN	48

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
	return (le32toh(v));
}

static uint64_t
get64(const unsigned char *p)
{
	uint64_t	v;

	memcpy(&v, p, sizeof(v));
	return (le64toh(v));
}

static void
put_stamp(unsigned char *p, const struct maildir_stamp *ms)
{
	put64(p, ms->ms_dev);
	put64(p + 8, ms->ms_ino);
	put64(p + 16, (uint64_t)ms->ms_mtime);
	put64(p + 24, ms->ms_mtime_nsec);
	put64(p + 32, (uint64_t)ms->ms_ctime);
	put64(p + 40, ms->ms_ctime_nsec);
}

static void
get_stamp(const unsigned char *p, struct maildir_stamp *ms)
{
	ms->ms_dev = get64(p);
	ms->ms_ino = get64(p + 8);
	ms->ms_mtime = (int64_t)get64(p + 16);
	ms->ms_mtime_nsec = get64(p + 24);
	ms->ms_ctime = (int64_t)get64(p + 32);
	ms->ms_ctime_nsec = get64(p + 40);
}

void
popcache_encode(const struct popcache_info *pi,
    unsigned char h[POPCACHE_HEADER_LEN])
{
	int		 dir;

	memset(h, 0, POPCACHE_HEADER_LEN);
	memcpy(h, POPCACHE_MAGIC, POPCACHE_MAGIC_LEN);
	put32(h + AT_VERSION, POPCACHE_VERSION);
	put32(h + AT_LENGTH, POPCACHE_HEADER_LEN);
	put64(h + AT_COVERED, pi->pi_covered);
	put64(h + AT_OCTETS, pi->pi_octets);
	put64(h + AT_LAST, pi->pi_last);
	put32(h + AT_DEAD, pi->pi_dead);
	put32(h + AT_FLAGS, pi->pi_flags);
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		put32(h + AT_COUNT + 4 * dir, pi->pi_count[dir]);
		put64(h + AT_NAMES + 8 * dir, pi->pi_names[dir]);
		put_stamp(h + AT_STAMPS + STAMP_LEN * dir, &pi->pi_stamp[dir]);
	}
	put_stamp(h + AT_UIDLS, &pi->pi_uidls);
	put64(h + AT_SUM, popcache_hash(h, AT_SUM));
}

int
popcache_decode(struct popcache_info *pi,
    const unsigned char h[POPCACHE_HEADER_LEN])
{
	int		 dir;

	if (memcmp(h, POPCACHE_MAGIC, POPCACHE_MAGIC_LEN) != 0 ||
	    get32(h + AT_VERSION) != POPCACHE_VERSION ||
	    get32(h + AT_LENGTH) != POPCACHE_HEADER_LEN ||
	    get64(h + AT_SUM) != popcache_hash(h, AT_SUM))
		return (-1);
	pi->pi_covered = get64(h + AT_COVERED);
	pi->pi_octets = get64(h + AT_OCTETS);
	pi->pi_last = get64(h + AT_LAST);
	pi->pi_dead = get32(h + AT_DEAD);
	pi->pi_flags = get32(h + AT_FLAGS) & POPCACHE_INFO;
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		pi->pi_count[dir] = get32(h + AT_COUNT + 4 * dir);
		pi->pi_names[dir] = get64(h + AT_NAMES + 8 * dir);
		get_stamp(h + AT_STAMPS + STAMP_LEN * dir, &pi->pi_stamp[dir]);
	}
	get_stamp(h + AT_UIDLS, &pi->pi_uidls);
	return (pi->pi_covered >= POPCACHE_HEADER_LEN ? 0 : -1);
}

void
popcache_info_numbers(struct popcache_info *info,
    const struct popcache_info *from)
{
	static const struct popcache_info	 none = {
		.pi_covered = POPCACHE_HEADER_LEN
	};
	int					 dir;

	if (from == NULL)
		from = &none;
	info->pi_covered = from->pi_covered;
	info->pi_octets = from->pi_octets;
	info->pi_last = from->pi_last;
	info->pi_dead = from->pi_dead;
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		info->pi_count[dir] = from->pi_count[dir];
		info->pi_names[dir] = from->pi_names[dir];
	}
}

void
popcache_info_add(struct popcache_info *info, const struct popcache_entry *pe,
    uint64_t at)
{
	enum maildir_dir	 dir = popcache_dir(pe);

	info->pi_last = at;
	info->pi_octets += popcache_octets(pe);
	info->pi_count[dir]++;
	info->pi_names[dir] += popcache_entry_sum(pe);
}

void
popcache_info_remove(struct popcache_info *info,
    const struct popcache_entry *pe)
{
	enum maildir_dir	 dir = popcache_dir(pe);

	info->pi_octets -= popcache_octets(pe);
	info->pi_count[dir]--;
	info->pi_names[dir] -= popcache_entry_sum(pe);
}
