/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What is in a maildir now: the names of new/ and cur/ against the entries of
 * popcache.  A directory that is as popcache has it is not read; a name that
 * is known costs no call of the system; one that is not is measured.  The
 * result is the list of a session, in its order.
 */

#include <sys/types.h>

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "maildrop_private.h"
#include "log.h"
#include "nametab.h"
#include "uidls.h"

/* A message that was known, or that was found. */
struct item {
	struct popcache_entry	*it_entry;
	uint64_t		 it_ino;
	uint8_t			 it_scan;	/* the last that saw it */
	uint8_t			 it_type;	/* DT_* */
	uint8_t			 it_known;	/* popcache has it */
	uint8_t			 it_twice;
};

struct snapshot {
	struct maildrop		*sn_drop;
	struct item		*sn_item;
	uint32_t		 sn_count;
	uint32_t		 sn_room;
	struct nametab		 sn_names;
	uint8_t			 sn_scan;
	int			 sn_trust;	/* popcache is whole */
	int			 sn_skip[MAILDIR_DIRS];	/* need not be read */
	enum maildir_dir	 sn_dir;	/* being scanned */
	int			 sn_clock;	/* sn_now is known */
	struct timespec		 sn_now;
	uint32_t		 sn_skipped;
	char			 sn_first[LOG_QUOTE_MAX]; /* skipped */
	int			 sn_why;	/* errno, or 0: not a file */
};

static int
snapshot_same(void *arg, uint32_t item, const char *base, size_t len)
{
	struct snapshot			*sn = arg;
	const struct popcache_entry	*pe = sn->sn_item[item].it_entry;

	return pe->pe_base_len == len &&
	    memcmp(popcache_name(pe), base, len) == 0;
}

/* One more item.  NULL and errno ENOMEM. */
static struct item *
snapshot_add(struct snapshot *sn, struct popcache_entry *pe)
{
	struct item	*it;
	uint32_t	 room;

	if (sn->sn_count == sn->sn_room) {
		if (sn->sn_room > UINT32_MAX / 4) {
			errno = ENOMEM;
			return NULL;
		}
		room = sn->sn_room == 0 ? 64 : sn->sn_room * 2;
		it = reallocarray(sn->sn_item, room, sizeof(*it));
		if (it == NULL)
			return NULL;
		sn->sn_item = it;
		sn->sn_room = room;
	}
	it = &sn->sn_item[sn->sn_count];
	memset(it, 0, sizeof(*it));
	it->it_entry = pe;
	if (nametab_put(&sn->sn_names, popcache_name(pe), pe->pe_base_len,
	    sn->sn_count) == -1)
		return NULL;
	sn->sn_count++;
	return it;
}

/* The entries of popcache as items; of two with one base name the first. */
static int
snapshot_known(struct snapshot *sn)
{
	struct maildrop		*md = sn->sn_drop;
	struct popcache		*pc = &md->md_pc;
	struct popcache_entry	*pe;
	struct item		*it;
	uint32_t		 at;
	size_t			 i;
	int			 foreign = 0, dir;

	/* An index of other directories knows names, but not these files. */
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (pc->pc_info.pi_stamp[dir].ms_ino !=
		    md->md_stamp[dir].ms_ino)
			foreign = 1;

	if (nametab_init(&sn->sn_names, pc->pc_count) == -1)
		return -1;
	sn->sn_trust = pc->pc_whole && !foreign;
	for (i = 0; i < pc->pc_count; i++) {
		pe = pc->pc_entry[i];
		/* Where the other file of a message is nobody knows. */
		if (pe->pe_flags & POPCACHE_TWICE)
			sn->sn_trust = 0;
		/* In a list that is whole no base name is there twice. */
		if ((!pc->pc_whole || i >= pc->pc_covered) &&
		    nametab_find(&sn->sn_names, popcache_name(pe),
		    pe->pe_base_len, snapshot_same, sn, &at))
			continue;
		if (foreign)
			pe->pe_flags |= POPCACHE_UNSURE;
		if ((it = snapshot_add(sn, pe)) == NULL)
			return -1;
		it->it_known = 1;
	}
	return 0;
}

/* The entry of an item for the name that was found, other facts kept. */
static int
snapshot_rename(struct snapshot *sn, struct item *it,
    const struct maildir_found *mf)
{
	struct popcache_facts	 pf;
	struct popcache_entry	*pe;

	popcache_facts(it->it_entry, &pf);
	pf.pf_name = mf->mf_name;
	pf.pf_name_len = mf->mf_len;
	pf.pf_flags &= ~(unsigned int)POPCACHE_IN_CUR;
	if (sn->sn_dir == MAILDIR_CUR)
		pf.pf_flags |= POPCACHE_IN_CUR;
	if ((pe = popcache_make(&sn->sn_drop->md_pc, &pf)) == NULL)
		return -1;
	it->it_entry = pe;
	sn->sn_drop->md_news = 1;
	return 0;
}

static int
snapshot_new(struct snapshot *sn, const struct maildir_found *mf)
{
	struct popcache_facts	 pf;
	struct popcache_entry	*pe;
	struct item		*it;

	memset(&pf, 0, sizeof(pf));
	pf.pf_name = mf->mf_name;
	pf.pf_name_len = mf->mf_len;
	pf.pf_flags = POPCACHE_UNSURE;
	if (sn->sn_dir == MAILDIR_CUR)
		pf.pf_flags |= POPCACHE_IN_CUR;
	if ((pe = popcache_make(&sn->sn_drop->md_pc, &pf)) == NULL ||
	    (it = snapshot_add(sn, pe)) == NULL)
		return -1;
	it->it_scan = sn->sn_scan;
	it->it_ino = mf->mf_ino;
	it->it_type = (uint8_t)mf->mf_type;
	return 0;
}

static int
snapshot_found(void *arg, const struct maildir_found *mf)
{
	struct snapshot			*sn = arg;
	const struct popcache_entry	*pe;
	struct item			*it;
	uint32_t			 at;

	if (!nametab_find(&sn->sn_names, mf->mf_name, mf->mf_base,
	    snapshot_same, sn, &at))
		return snapshot_new(sn, mf);

	it = &sn->sn_item[at];
	pe = it->it_entry;
	if (it->it_scan == sn->sn_scan) {
		/* Two files of one message: the one in cur/ is it. */
		it->it_twice = 1;
		if (popcache_dir(pe) == MAILDIR_CUR)
			return 0;
	}
	it->it_scan = sn->sn_scan;
	it->it_ino = mf->mf_ino;
	it->it_type = (uint8_t)mf->mf_type;
	if (popcache_dir(pe) == sn->sn_dir && pe->pe_name_len == mf->mf_len &&
	    memcmp(popcache_name(pe), mf->mf_name, mf->mf_len) == 0)
		return 0;
	return snapshot_rename(sn, it, mf);
}

/*
 * What need not be read: the entries that the header covers are the files of
 * a directory that still has the stamp in it, be they few or many.
 */
static void
snapshot_skip_dirs(struct snapshot *sn)
{
	const struct maildrop		*md = sn->sn_drop;
	const struct popcache		*pc = &md->md_pc;
	int				 dir, any = 0;
	size_t				 i;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		sn->sn_skip[dir] = sn->sn_trust &&
		    maildir_stamp_timed(&pc->pc_info.pi_stamp[dir]) &&
		    maildir_stamp_equal(&pc->pc_info.pi_stamp[dir],
		    &md->md_stamp[dir]);
		any |= sn->sn_skip[dir];
	}
	if (!any)
		return;
	for (i = 0; i < pc->pc_covered; i++)
		if (sn->sn_skip[popcache_dir(pc->pc_entry[i])])
			sn->sn_item[i].it_scan = sn->sn_scan;
}

/* One scan of the names that may have changed.  0, or -1 and errno. */
static int
snapshot_scan(struct snapshot *sn)
{
	uint32_t	 i;
	int		 dir, fd;

	sn->sn_scan++;
	for (i = 0; i < sn->sn_count; i++)
		sn->sn_item[i].it_twice = 0;
	snapshot_skip_dirs(sn);
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		if (sn->sn_skip[dir])
			continue;
		sn->sn_dir = (enum maildir_dir)dir;
		fd = drop_dir(sn->sn_drop, sn->sn_dir);
		if (fd == -1 && errno == ENOENT)
			continue;
		if (fd == -1 || maildir_scan(fd, snapshot_found, sn) == -1)
			return -1;
	}
	return 0;
}

/* Whether a message that popcache knows was not seen. */
static int
snapshot_missing(const struct snapshot *sn)
{
	uint32_t	 i;

	for (i = 0; i < sn->sn_count; i++)
		if (sn->sn_item[i].it_scan != sn->sn_scan)
			return 1;
	return 0;
}

/*
 * Which directories can be vouched for, by their stamps after the scan.
 * Returns whether one that was not read should have been.
 */
static int
snapshot_steady(struct snapshot *sn, const struct maildir_stamp *after)
{
	struct maildrop			*md = sn->sn_drop;
	const struct maildir_stamp	*before = md->md_stamp;
	int				 dir, same, moved = 0;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		same = maildir_stamp_equal(&before[dir], &after[dir]);
		if (sn->sn_skip[dir] && !same)
			moved = 1;
		md->md_steady[dir] = same && (sn->sn_skip[dir] ||
		    (sn->sn_clock &&
		    maildir_stamp_old(&before[dir], &sn->sn_now)));
	}
	return moved;
}

/*
 * Scan, and see whether what was seen can be vouched for.  A name that is
 * renamed while a directory is read may be missed, so a message that was
 * expected is looked for once more before it is gone; and one that was moved
 * to a directory that was not read is looked for there.
 */
static enum maildrop_error
snapshot_names(struct snapshot *sn)
{
	struct maildrop		*md = sn->sn_drop;
	struct maildir_stamp	 after[MAILDIR_DIRS];
	enum maildrop_error	 error;
	int			 tries, moved;

	for (tries = 0; tries < 2; tries++) {
		if (tries != 0 && drop_stamps(md, md->md_stamp, &error) == -1)
			return error;
		if (snapshot_scan(sn) == -1) {
			error = drop_temporary(errno) ? MAILDROP_TEMP :
			    MAILDROP_PERM;
			log_warn("%s", maildir_dirname[sn->sn_dir]);
			return error;
		}
		if (drop_stamps(md, after, &error) == -1)
			return error;
		moved = snapshot_steady(sn, after);
		if (drop_steady(md) || (!moved && !snapshot_missing(sn)))
			break;
	}
	return MAILDROP_OK;
}

/* A file that cannot be served: remembered for one line of the log. */
static void
snapshot_skip(struct snapshot *sn, const char *name, int why)
{
	if (sn->sn_skipped++ != 0)
		return;
	sn->sn_why = why;
	log_quote(name, sn->sn_first, sizeof(sn->sn_first));
}

/* Find out what is not known of an item.  It loses it_scan if it is none. */
static enum maildrop_error
snapshot_measure(struct snapshot *sn, struct item *it)
{
	struct maildrop		*md = sn->sn_drop;
	struct popcache_entry	*pe = it->it_entry;
	struct measure		 ms = { 0 };
	enum measured		 result;
	uint64_t		 order;

	ms.ms_name = popcache_name(pe);
	ms.ms_name_len = pe->pe_name_len;
	ms.ms_dir = popcache_dir(pe);
	ms.ms_type = it->it_type;
	if ((result = drop_measure(md, &ms)) == MEASURE_NO_MEANS) {
		log_warn("%s", maildir_dirname[ms.ms_dir]);
		return MAILDROP_TEMP;
	}
	if (result == MEASURED) {
		pe->pe_size = htole64(ms.ms_size);
		pe->pe_octets = htole64(ms.ms_octets);
		if (pe->pe_order == 0) {
			if (!maildir_order(ms.ms_name, pe->pe_base_len,
			    &order))
				order = ms.ms_mtime;
			pe->pe_order = htole64(order);
		}
		pe->pe_flags &= POPCACHE_FLAGS;
		if (it->it_known)
			md->md_news = 1;
		return MAILDROP_OK;
	}
	it->it_scan = 0;
	if (it->it_known)
		md->md_news = 1;
	if (result == MEASURE_VANISHED || result == MEASURE_UNREADABLE)
		md->md_steady[ms.ms_dir] = 0;
	if (result != MEASURE_VANISHED)
		snapshot_skip(sn, ms.ms_name,
		    result == MEASURE_UNREADABLE ? errno : 0);
	return MAILDROP_OK;
}

static int
snapshot_by_ino(const void *a, const void *b)
{
	const struct item	*left = *(struct item *const *)a;
	const struct item	*right = *(struct item *const *)b;

	return left->it_ino < right->it_ino ? -1 :
	    left->it_ino > right->it_ino;
}

/* Which of two files an old size is that of nobody knows. */
static void
snapshot_twice(struct snapshot *sn, struct item *it)
{
	struct popcache_entry	*pe = it->it_entry;

	if (it->it_twice == ((pe->pe_flags & POPCACHE_TWICE) != 0))
		return;
	pe->pe_flags ^= POPCACHE_TWICE;
	pe->pe_flags |= POPCACHE_UNSURE;
	sn->sn_drop->md_news = 1;
}

/* Measure what is new, in the order in which files lie on disk. */
static enum maildrop_error
snapshot_measure_all(struct snapshot *sn)
{
	struct item		**todo, *it;
	enum maildrop_error	  error = MAILDROP_OK;
	uint32_t		  i, n = 0;

	todo = calloc((size_t)sn->sn_count + 1, sizeof(*todo));
	if (todo == NULL) {
		log_warn("calloc");
		return MAILDROP_TEMP;
	}
	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if (it->it_scan != sn->sn_scan)
			continue;
		snapshot_twice(sn, it);
		if (it->it_entry->pe_flags & POPCACHE_UNSURE)
			todo[n++] = it;
	}
	qsort(todo, n, sizeof(*todo), snapshot_by_ino);
	for (i = 0; i < n && error == MAILDROP_OK; i++)
		error = snapshot_measure(sn, todo[i]);
	free(todo);
	if (error != MAILDROP_OK || sn->sn_skipped == 0)
		return error;
	log_warnx("%u file%s skipped, first %s: %s", sn->sn_skipped,
	    sn->sn_skipped == 1 ? "" : "s", sn->sn_first,
	    sn->sn_why == 0 ? "not a regular file" : strerror(sn->sn_why));
	return MAILDROP_OK;
}

static int
snapshot_by_order(const void *a, const void *b)
{
	return popcache_compare(*(struct popcache_entry *const *)a,
	    *(struct popcache_entry *const *)b);
}

/*
 * Into order.  The entries of popcache are in it already, and what is new
 * mostly comes behind them: then there is nothing to move.
 */
static void
snapshot_sort(struct popcache_entry **list, uint32_t n)
{
	uint32_t	 i, sorted;

	for (sorted = 1; sorted < n; sorted++)
		if (popcache_compare(list[sorted - 1], list[sorted]) > 0)
			break;
	if (sorted >= n)
		return;
	qsort(list + sorted, n - sorted, sizeof(*list), snapshot_by_order);
	for (i = 1; i < n; i++)
		if (popcache_compare(list[i - 1], list[i]) > 0)
			break;
	if (i < n)
		qsort(list, n, sizeof(*list), snapshot_by_order);
}

/* The list of the session out of the items that are there. */
static enum maildrop_error
snapshot_list(struct snapshot *sn)
{
	struct maildrop		*md = sn->sn_drop;
	struct popcache_entry	*pe;
	struct item		*it;
	uint32_t		 i;

	md->md_list = calloc((size_t)sn->sn_count + 1, sizeof(*md->md_list));
	if (md->md_list == NULL) {
		log_warn("calloc");
		return MAILDROP_TEMP;
	}
	md->md_last = 0;
	md->md_octets = 0;
	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		pe = it->it_entry;
		if (it->it_scan != sn->sn_scan) {
			if (it->it_known)
				md->md_news = 1;
			continue;
		}
		md->md_list[md->md_last++] = pe;
		md->md_octets += popcache_octets(pe);
	}
	snapshot_sort(md->md_list, md->md_last);
	if (uidls_unique(md) == -1) {
		log_warn("uidls");
		return MAILDROP_TEMP;
	}
	return MAILDROP_OK;
}

/*
 * Whether the list begins with the entries of the file, all of them and in
 * their order: then what is new can be written behind them.
 */
static int
snapshot_in_file(const struct maildrop *md)
{
	const struct popcache	*pc = &md->md_pc;

	return pc->pc_clean && md->md_last >= pc->pc_count &&
	    memcmp(md->md_list, pc->pc_entry,
	    pc->pc_count * sizeof(*pc->pc_entry)) == 0;
}

/*
 * The clock of the file system, by which stamps are judged, before any name
 * is read: it is the time of the file that becomes the next popcache.
 */
static void
snapshot_clock(struct snapshot *sn)
{
	struct maildrop	*md = sn->sn_drop;

	if (md->md_stamp[MAILDIR_NEW].ms_ino == 0 ||
	    md->md_stamp[MAILDIR_CUR].ms_ino == 0)
		return;
	if (md->md_new_fd == -1)
		md->md_new_fd = popcache_begin(md->md_fd, &sn->sn_now);
	if (md->md_new_fd == -1)
		log_warn("%s: working without an index", POPCACHE_NEW_FILE);
	else
		sn->sn_clock = 1;
}

enum maildrop_error
drop_snapshot(struct maildrop *md)
{
	struct snapshot		 sn;
	enum maildrop_error	 error;
	int			 nomem;

	memset(&sn, 0, sizeof(sn));
	sn.sn_drop = md;
	snapshot_clock(&sn);
	if (drop_stamps(md, md->md_stamp, &error) == -1)
		return error;
	if (popcache_load(&md->md_pc, 1) == -1) {
		nomem = errno == ENOMEM;
		log_warn("%s", POPCACHE_FILE);
		if (nomem)
			return MAILDROP_TEMP;
	}
	md->md_news = !md->md_pc.pc_whole;
	if (snapshot_known(&sn) == -1) {
		log_warn("names");
		error = MAILDROP_TEMP;
	} else
		error = snapshot_names(&sn);
	if (error == MAILDROP_OK)
		error = snapshot_measure_all(&sn);
	if (error == MAILDROP_OK)
		error = snapshot_list(&sn);
	free(sn.sn_item);
	nametab_free(&sn.sn_names);
	if (error != MAILDROP_OK)
		return error;

	if (!snapshot_in_file(md))
		md->md_news = 1;
	md->md_more = !md->md_news && md->md_last != md->md_pc.pc_covered;
	md->md_in_file = !md->md_news && !md->md_more;
	md->md_loaded = 1;
	return MAILDROP_OK;
}
