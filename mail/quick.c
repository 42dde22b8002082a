/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Open an index after a change, without reading it.  A changed directory is
 * read and a sum of its names made; the header of popcache has the sum of the
 * entries it covers.  If the two agree, and what was appended exists, nothing
 * else need be read: not after a delivery, and not after our own QUIT.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drop.h"
#include "maildrop_private.h"
#include "quick.h"

struct quick {
	struct maildrop		*qk_drop;
	enum maildir_dir	 qk_dir;	/* being read */
	struct nametab		 qk_tail;	/* names appended */
	unsigned char		*qk_hit;	/* which of them were seen */
	size_t			 qk_hits;
	int			 qk_skip[MAILDIR_DIRS];
	uint32_t		 qk_count[MAILDIR_DIRS];
	uint64_t		 qk_names[MAILDIR_DIRS];
};

/* Return whether the header covers these directories without doubts. */
static int
quick_possible(const struct maildrop *md)
{
	const struct popcache_info	*pi = &md->md_pc.pc_info;
	int				 dir;

	if (md->md_given != NULL ||
	    md->md_pc.pc_state != POPCACHE_GOOD ||
	    pi->pi_flags & POPCACHE_AGAIN ||
	    pi->pi_dead > INDEX_DEAD_MAX(popcache_info_count(pi)) ||
	    !maildir_stamp_equal(&pi->pi_uidls, &md->md_uidls) ||
	    (md->md_uidls.ms_ino != 0 && !maildir_stamp_timed(&md->md_uidls)))
		return (0);
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (md->md_stamp[dir].ms_ino == 0 ||
		    md->md_stamp[dir].ms_ino != pi->pi_stamp[dir].ms_ino ||
		    md->md_stamp[dir].ms_dev != pi->pi_stamp[dir].ms_dev)
			return (0);
	return (1);
}

static int
quick_same(void *arg, uint32_t item, const char *name, size_t len)
{
	const struct maildrop	*md = arg;

	return (popcache_is(md->md_pc.pc_entry[item], MAILDIR_NEW, name, len));
}

/*
 * Return whether an entry comes after last (NULL if it is the first).  Another
 * of the same base name would be a twin, whatever their digests.
 */
static int
quick_after(const struct popcache_entry *last, const struct popcache_entry *pe)
{
	if (last == NULL)
		return (1);
	return (popcache_compare(last, pe) < 0 &&
	    (last->pe_base_len != pe->pe_base_len ||
	    memcmp(popcache_name(last), popcache_name(pe),
	    pe->pe_base_len) != 0));
}

/*
 * Load what was appended: entries, each after all others in the order.  Return
 * 0 if it is anything else, otherwise 1.
 */
static int
quick_tail(struct quick *qk)
{
	struct popcache		*pc = &qk->qk_drop->md_pc;
	struct popcache_entry	*last = NULL, *pe;
	uint64_t		 buf[POPCACHE_ENTRY_MAX / 8];
	size_t			 i;

	if (pc->pc_size == pc->pc_info.pi_covered)
		return (1);
	if (popcache_load(pc, POPCACHE_TAIL) == -1 || !pc->pc_clean ||
	    nametab_init(&qk->qk_tail, pc->pc_count) == -1 ||
	    (qk->qk_hit = calloc(pc->pc_count + 1, 1)) == NULL)
		return (0);
	if (pc->pc_info.pi_last != 0 && (last = popcache_get(pc,
	    pc->pc_info.pi_last, 0, buf)) == NULL)
		return (0);
	for (i = 0; i < pc->pc_count; i++, last = pe) {
		pe = pc->pc_entry[i];
		if (!quick_after(last, pe) || pe->pe_flags != 0 ||
		    popcache_ino(pe) == 0 ||
		    nametab_put(&qk->qk_tail, popcache_name(pe),
		    pe->pe_name_len, (uint32_t)i) == -1)
			return (0);
	}
	return (1);
}

static int
quick_found(void *arg, const struct maildir_found *fn)
{
	struct quick	*qk = arg;
	struct popcache	*pc = &qk->qk_drop->md_pc;
	uint32_t	 at;

	if (!maildir_file(fn))
		return (0);
	if (qk->qk_hit != NULL && qk->qk_dir == MAILDIR_NEW &&
	    nametab_find(&qk->qk_tail, fn->fn_name, fn->fn_len, quick_same,
	    qk->qk_drop, &at) && !qk->qk_hit[at] &&
	    popcache_ino(pc->pc_entry[at]) == fn->fn_ino) {
		qk->qk_hit[at] = 1;
		qk->qk_hits++;
		return (0);
	}
	qk->qk_count[qk->qk_dir]++;
	qk->qk_names[qk->qk_dir] += popcache_name_sum(fn->fn_name,
	    fn->fn_len, fn->fn_ino);
	return (0);
}

/* Read the names that may have changed.  Return 1 if they match. */
static int
quick_names(struct quick *qk)
{
	struct maildrop			*md = qk->qk_drop;
	const struct popcache_info	*pi = &md->md_pc.pc_info;
	int				 dir, fd;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		qk->qk_skip[dir] = maildir_stamp_timed(&pi->pi_stamp[dir]) &&
		    maildir_stamp_equal(&pi->pi_stamp[dir],
		    &md->md_stamp[dir]);
		if (qk->qk_skip[dir])
			continue;
		qk->qk_dir = (enum maildir_dir)dir;
		fd = drop_dir(md, qk->qk_dir);
		if (fd == -1 || maildir_scan(fd, quick_found, qk) != 0 ||
		    qk->qk_count[dir] != pi->pi_count[dir] ||
		    qk->qk_names[dir] != pi->pi_names[dir])
			return (0);
	}
	return (qk->qk_hits == md->md_pc.pc_count);
}

/* Return whether nothing changed meanwhile; note what may be recorded. */
static int
quick_steady(struct quick *qk)
{
	struct maildrop		*md = qk->qk_drop;
	struct maildir_stamp	 after[MAILDIR_DIRS];
	enum maildrop_error	 error;
	int			 dir;

	if (drop_stamps(md, after, &error) == -1)
		return (0);
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		if (!maildir_stamp_equal(&md->md_stamp[dir], &after[dir]))
			return (0);
		md->md_steady[dir] = qk->qk_skip[dir] ||
		    maildir_stamp_old(&md->md_stamp[dir], &md->md_now);
	}
	md->md_uidls_steady = 1;
	return (1);
}

/* Set the next header, and the totals of this session. */
static void
quick_take(struct quick *qk)
{
	struct maildrop		*md = qk->qk_drop;
	struct popcache		*pc = &md->md_pc;
	size_t			 i;

	md->md_info = pc->pc_info;
	for (i = 0; i < pc->pc_count; i++)
		popcache_info_add(&md->md_info, pc->pc_entry[i],
		    popcache_place(pc, pc->pc_entry, (uint32_t)i));
	if (pc->pc_count != 0)
		md->md_info.pi_covered = pc->pc_base + pc->pc_len;
	md->md_last = popcache_info_count(&md->md_info);
	md->md_octets = md->md_info.pi_octets;
	md->md_index = INDEX_HEADER;
	popcache_forget(pc);
}

int
quick_look(struct maildrop *md)
{
	struct quick	 qk;
	int		 good;

	if (!quick_possible(md) || !drop_clock(md))
		return (0);
	memset(&qk, 0, sizeof(qk));
	qk.qk_drop = md;
	good = quick_tail(&qk) && quick_names(&qk) && quick_steady(&qk);
	if (good)
		quick_take(&qk);
	nametab_free(&qk.qk_tail);
	free(qk.qk_hit);
	return (good);
}
