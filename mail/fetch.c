/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * From a message number to an open file.  Between here and the client there
 * is only the encoder.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maildrop_private.h"
#include "log.h"
#include "nametab.h"

struct look {
	struct maildrop		*lk_drop;
	struct nametab		 lk_names;
	struct popcache_entry	**lk_other;	/* found under another name */
	unsigned char		*lk_there;	/* found where it was */
	enum maildir_dir	 lk_dir;
};

static int
look_same(void *arg, uint32_t item, const char *base, size_t len)
{
	struct look			*lk = arg;
	const struct popcache_entry	*pe = lk->lk_drop->md_list[item];

	return pe->pe_base_len == len &&
	    memcmp(popcache_name(pe), base, len) == 0;
}

static int
look_found(void *arg, const struct maildir_found *mf)
{
	struct look		*lk = arg;
	struct popcache_entry	*pe;
	struct popcache_facts	 pf;
	uint32_t		 at;

	if (!nametab_find(&lk->lk_names, mf->mf_name, mf->mf_base, look_same,
	    lk, &at))
		return 0;
	pe = lk->lk_drop->md_list[at];
	if (popcache_dir(pe) == lk->lk_dir && pe->pe_name_len == mf->mf_len &&
	    memcmp(popcache_name(pe), mf->mf_name, mf->mf_len) == 0) {
		lk->lk_there[at] = 1;
		return 0;
	}
	popcache_facts(pe, &pf);
	pf.pf_name = mf->mf_name;
	pf.pf_name_len = mf->mf_len;
	pf.pf_flags &= ~(unsigned int)POPCACHE_IN_CUR;
	if (lk->lk_dir == MAILDIR_CUR)
		pf.pf_flags |= POPCACHE_IN_CUR;
	lk->lk_other[at] = popcache_make(&lk->lk_drop->md_pc, &pf);
	return lk->lk_other[at] == NULL ? -1 : 0;
}

static int
look_scan(struct look *lk)
{
	struct maildrop	*md = lk->lk_drop;
	uint32_t	 i;
	int		 dir, fd;

	for (i = 0; i < md->md_last; i++)
		if (nametab_put(&lk->lk_names, popcache_name(md->md_list[i]),
		    md->md_list[i]->pe_base_len, i) == -1)
			return -1;
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		lk->lk_dir = (enum maildir_dir)dir;
		fd = drop_dir(md, lk->lk_dir);
		if (fd == -1 && errno == ENOENT)
			continue;
		if (fd == -1 || maildir_scan(fd, look_found, lk) == -1)
			return -1;
	}
	return 0;
}

/* What the scan says about each message becomes true for the session. */
static void
look_take(struct look *lk)
{
	struct maildrop	*md = lk->lk_drop;
	uint32_t	 i;

	for (i = 0; i < md->md_last; i++) {
		md->md_mark[i] &= (unsigned char)~DROP_GONE;
		if (lk->lk_there[i])
			continue;
		if (lk->lk_other[i] == NULL)
			md->md_mark[i] |= DROP_GONE;
		else {
			md->md_list[i] = lk->lk_other[i];
			md->md_in_file = 0;
		}
	}
}

int
drop_look(struct maildrop *md)
{
	struct look		 lk;
	enum maildrop_error	 error;
	int			 r = -1;

	/* Stamps from before the scan: what changes under it is looked for. */
	md->md_looked = drop_stamps(md, md->md_looked_at, &error) == 0;

	memset(&lk, 0, sizeof(lk));
	lk.lk_drop = md;
	lk.lk_other = calloc((size_t)md->md_last + 1, sizeof(*lk.lk_other));
	lk.lk_there = calloc((size_t)md->md_last + 1, 1);
	if (lk.lk_other != NULL && lk.lk_there != NULL &&
	    nametab_init(&lk.lk_names, md->md_last) == 0 &&
	    look_scan(&lk) == 0) {
		look_take(&lk);
		r = 0;
	}
	if (r == -1)
		log_warn("maildir: looking for a message");
	nametab_free(&lk.lk_names);
	free(lk.lk_other);
	free(lk.lk_there);
	return r;
}

/*
 * Whether it is of use to look for a message whose file is missing: not if
 * the last look did not find it and nothing has changed since.
 */
static int
fetch_worth_looking(struct maildrop *md, uint32_t n)
{
	struct maildir_stamp	 now[MAILDIR_DIRS];
	enum maildrop_error	 error;
	int			 dir;

	if (!md->md_looked || (md->md_mark[n - 1] & DROP_GONE) == 0 ||
	    drop_stamps(md, now, &error) == -1)
		return 1;
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (!maildir_stamp_equal(&now[dir], &md->md_looked_at[dir]))
			return 1;
	return 0;
}

static int
fetch_open(struct maildrop *md, uint32_t n)
{
	const struct popcache_entry	*pe = md->md_list[n - 1];
	int				 dir;

	if ((dir = drop_dir(md, popcache_dir(pe))) == -1)
		return -1;
	return openat(dir, popcache_name(pe),
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int
maildrop_read(struct maildrop *md, uint32_t n, enum maildrop_error *error)
{
	struct stat	 st;
	int		 fd;

	fd = fetch_open(md, n);
	if (fd == -1 && errno == ENOENT && fetch_worth_looking(md, n)) {
		if (drop_look(md) == -1) {
			*error = MAILDROP_TEMP;
			return -1;
		}
		fd = fetch_open(md, n);
	}
	if (fd == -1) {
		*error = errno == ENOENT ? MAILDROP_GONE :
		    drop_temporary(errno) ? MAILDROP_TEMP : MAILDROP_PERM;
		if (errno != ENOENT)
			log_warn("message %u", n);
		return -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		log_warnx("message %u: not a regular file any more", n);
		close(fd);
		*error = MAILDROP_GONE;
		return -1;
	}
	return fd;
}

/*
 * The entry of message n in the file: the list was written in its order, or
 * read from there.
 */
static uint64_t
fetch_place(const struct maildrop *md, uint32_t n)
{
	uint64_t	 at = POPCACHE_HEADER_LEN;
	uint32_t	 i;

	for (i = 0; i < n - 1; i++)
		at += popcache_entry_len(md->md_list[i]);
	return at;
}

/*
 * The index was wrong about a message.  First the header stops to speak for
 * the directories, then the entry is made right: a crash between the two costs
 * a scan.  Where the entry cannot be found the index loses its maildir, and
 * the next session counts everything again.
 */
static void
fetch_correct(struct maildrop *md, uint32_t n, uint64_t octets)
{
	struct popcache_info	 pi = md->md_pc.pc_info;
	int			 dir;

	if (md->md_pc.pc_state != POPCACHE_GOOD)
		return;
	pi.pi_stamped = 0;
	if (md->md_in_file) {
		pi.pi_octets += octets - maildrop_size(md, n);
		if (popcache_restamp(&md->md_pc, &pi) == 0 &&
		    popcache_correct(&md->md_pc, fetch_place(md, n),
		    md->md_list[n - 1], octets) == 0)
			return;
	}
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		memset(&pi.pi_stamp[dir], 0, sizeof(pi.pi_stamp[dir]));
	if (popcache_restamp(&md->md_pc, &pi) == -1)
		log_warn("%s", POPCACHE_FILE);
}

void
maildrop_retrieved(struct maildrop *md, uint32_t n, uint64_t octets)
{
	uint64_t	 listed = maildrop_size(md, n);

	md->md_mark[n - 1] |= DROP_RETRIEVED;
	if (octets == listed)
		return;
	log_warnx("message %u: listed with %llu octets, sent %llu", n,
	    (unsigned long long)listed, (unsigned long long)octets);
	fetch_correct(md, n, octets);
}
