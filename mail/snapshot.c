/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Compare the names in new/ and cur/ with the entries of popcache.  A directory
 * unchanged since popcache is not read; a known name costs no system call; an
 * unknown one is measured.  Out: the list of a session, in order.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "drop.h"
#include "maildrop_private.h"
#include "list.h"
#include "measure.h"
#include "snapshot.h"
#include "twins.h"
#include "uidls.h"

/* Add an unknown name. */
static int
snapshot_new(struct snapshot *sn, enum maildir_dir dir,
    const struct maildir_found *fn)
{
	struct popcache_facts	 pf;
	struct popcache_entry	*pe;
	struct item		*it;

	memset(&pf, 0, sizeof(pf));
	pf.pf_name = fn->fn_name;
	pf.pf_name_len = fn->fn_len;
	pf.pf_ino = fn->fn_ino;
	pf.pf_flags = POPCACHE_UNSURE;
	if (dir == MAILDIR_CUR)
		pf.pf_flags |= POPCACHE_IN_CUR;
	if ((pe = popcache_make(&sn->sn_drop->md_pc, &pf)) == NULL ||
	    (it = items_link(sn, pe)) == NULL)
		return (-1);
	it->it_pass = sn->sn_find.fi_pass;
	it->it_type = (uint8_t)fn->fn_type;
	return (0);
}

/* Give the entry of an item the name found, keeping its other facts. */
static int
snapshot_rename(struct snapshot *sn, struct item *it, enum maildir_dir dir,
    const struct maildir_found *fn)
{
	struct popcache_facts	 pf;

	popcache_facts(it->it_entry, &pf);
	pf.pf_name = fn->fn_name;
	pf.pf_name_len = fn->fn_len;
	pf.pf_flags &= ~(unsigned int)POPCACHE_IN_CUR;
	if (dir == MAILDIR_CUR)
		pf.pf_flags |= POPCACHE_IN_CUR;
	return (items_remake(sn, it, &pf));
}

/* Remember a file that cannot be served, for one log line. */
static void
snapshot_skip(struct snapshot *sn, const char *name)
{
	if (sn->sn_skipped++ == 0)
		log_quote(name, sn->sn_skipped_name,
		    sizeof(sn->sn_skipped_name));
}

/* Remember a message that is listed but unreadable, likewise. */
static void
snapshot_unread(struct snapshot *sn, struct item *it, int error)
{
	sn->sn_drop->md_again = 1;
	if (it->it_flags & ITEM_TOLD)
		return;
	it->it_flags |= ITEM_TOLD;
	if (sn->sn_unread++ != 0)
		return;
	sn->sn_unread_errno = error;
	log_quote(popcache_name(it->it_entry), sn->sn_unread_name,
	    sizeof(sn->sn_unread_name));
}

/* Measure an item.  Return 0, or -1 with errno set. */
static int
snapshot_measure(struct snapshot *sn, struct item *it)
{
	struct popcache_entry	*pe = it->it_entry;
	uint64_t		 octets = popcache_octets(pe);
	unsigned int		 flags = pe->pe_flags;
	enum measured		 result;

	result = measure_entry(sn->sn_drop, pe, it->it_type);
	if (popcache_octets(pe) != octets || pe->pe_flags != flags)
		items_news(sn, it);
	switch (result) {
	case MEASURED:
		break;
	case MEASURE_LISTED:
		snapshot_unread(sn, it, errno);
		break;
	case MEASURE_NO_MAIL:
		it->it_flags |= ITEM_NONE;
		snapshot_skip(sn, popcache_name(pe));
		break;
	case MEASURE_VANISHED:
		items_lose(sn, it);
		return (0);
	case MEASURE_FAILED:
		return (-1);
	}
	items_settle(sn, it);
	return (0);
}

/* The fi_found callback: a name, known or not. */
static int
snapshot_found(void *arg, enum maildir_dir dir,
    const struct maildir_found *fn)
{
	struct snapshot	*sn = arg;
	struct item	*it;

	if (!maildir_file(fn)) {
		if (sn->sn_find.fi_pass == 1)
			snapshot_skip(sn, fn->fn_name);
		return (0);
	}
	if ((it = items_which(sn, dir, fn)) == NULL)
		return (snapshot_new(sn, dir, fn));

	it->it_pass = sn->sn_find.fi_pass;
	it->it_type = (uint8_t)fn->fn_type;
	if (!popcache_is(it->it_entry, dir, fn->fn_name, fn->fn_len) &&
	    snapshot_rename(sn, it, dir, fn) == -1)
		return (-1);
	if (popcache_ino(it->it_entry) != fn->fn_ino) {
		/* Another file of this name, or unknown to popcache. */
		popcache_set_ino(it->it_entry, fn->fn_ino);
		it->it_entry->pe_flags |= POPCACHE_UNSURE;
		items_news(sn, it);
	}
	if ((it->it_flags & ITEM_LOST) == 0)
		return (0);
	/* Measure now, before it is renamed again. */
	if ((it->it_entry->pe_flags & POPCACHE_UNSURE) == 0)
		items_settle(sn, it);
	else if (snapshot_measure(sn, it) == -1)
		return (-1);
	return (!sn->sn_find.fi_all && sn->sn_lost == 0);
}

/* Remove an item from the session. */
static void
snapshot_drop(struct snapshot *sn, struct item *it)
{
	items_settle(sn, it);
	items_news(sn, it);
	it->it_flags |= ITEM_NONE;
}

/* Return whether an item exists as far as the last pass can tell. */
static int
snapshot_seen(const struct snapshot *sn, const struct item *it)
{
	return (it->it_pass == sn->sn_find.fi_pass ||
	    (it->it_flags & ITEM_KNOWN &&
	    sn->sn_find.fi_skip[popcache_dir(it->it_entry)]));
}

/* Return whether the file of a name not seen was seen under another name. */
static int
snapshot_moved(const struct snapshot *sn, const struct item *it)
{
	const struct popcache_entry	*pe = it->it_entry;
	const struct item		*other;

	if (it->it_flags & ITEM_FIRST && it->it_next == 0)
		return (0);
	other = items_first(sn, popcache_name(pe), pe->pe_base_len);
	for (; other != NULL; other = items_next(sn, other))
		if (other != it && (other->it_flags & ITEM_NONE) == 0 &&
		    snapshot_seen(sn, other) &&
		    popcache_ino(other->it_entry) == popcache_ino(pe))
			return (1);
	return (0);
}

/*
 * From now on read a directory that was skipped: it changed meanwhile, or may
 * have what is missing in the other.  (After a power failure some file systems
 * have a name in a directory without the time of its creation.)
 */
static int
snapshot_unskip(struct snapshot *sn, uint32_t missing)
{
	struct find	*fi = &sn->sn_find;
	int		 dir, any = 0;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		if (!fi->fi_skip[dir] || (missing == 0 && fi->fi_same[dir] &&
		    maildir_stamp_equal(&fi->fi_stamp[dir],
		    &sn->sn_drop->md_pc.pc_info.pi_stamp[dir])))
			continue;
		fi->fi_skip[dir] = 0;
		any = 1;
	}
	return (any);
}

/* The fi_missing callback: return how many known names were not seen. */
static uint32_t
snapshot_missing(void *arg)
{
	struct snapshot	*sn = arg;
	struct find	*fi = &sn->sn_find;
	struct item	*it;
	uint32_t	 i, n = 0;

	fi->fi_news = sn->sn_bases != sn->sn_before;
	sn->sn_before = sn->sn_bases;
	fi->fi_unseen = 0;
	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if (it->it_flags & ITEM_NONE || snapshot_seen(sn, it))
			continue;
		if (snapshot_moved(sn, it)) {
			snapshot_drop(sn, it);
			continue;
		}
		fi->fi_unseen++;
		if (it->it_pass < fi->fi_first)
			n++;
	}
	fi->fi_more = snapshot_unskip(sn, fi->fi_unseen);
	/* After all were seen, only those lost again are searched for. */
	return (fi->fi_all ? n : sn->sn_lost);
}

/* Remove what was searched for everywhere and not found. */
static void
snapshot_gone(struct snapshot *sn)
{
	struct item	*it;
	uint32_t	 i;

	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if (it->it_flags & ITEM_NONE || snapshot_seen(sn, it))
			continue;
		snapshot_drop(sn, it);
		/* Without memory for that it is only forgotten. */
		if (it->it_flags & ITEM_KNOWN)
			(void)popcache_bury(&sn->sn_drop->md_pc, it->it_entry);
	}
}

/* Return whether a stamp of this session may be recorded. */
static int
snapshot_old(const struct maildrop *md, const struct maildir_stamp *stamp)
{
	return (md->md_new_fd != -1 && maildir_stamp_old(stamp, &md->md_now));
}

/*
 * Note what may be recorded: directories by their stamps at the last pass, and
 * popuidl, which is read after its stamp.
 */
static void
snapshot_steady(struct snapshot *sn)
{
	struct maildrop		*md = sn->sn_drop;
	const struct find	*fi = &sn->sn_find;
	int			 dir;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		if (!maildir_stamp_equal(&md->md_stamp[dir],
		    &fi->fi_stamp[dir]))
			md->md_stamp_ms = clock_ms();
		md->md_stamp[dir] = fi->fi_stamp[dir];
		md->md_steady[dir] = fi->fi_same[dir] && (fi->fi_skip[dir] ||
		    snapshot_old(md, &fi->fi_stamp[dir]));
	}
	md->md_uidls_steady = md->md_uidls.ms_ino == 0 ||
	    snapshot_old(md, &md->md_uidls);
}

/*
 * Decide which directories to skip: if a directory still has the stamp in the
 * header, the covered entries are its files.
 */
static void
snapshot_skip_dirs(struct snapshot *sn)
{
	const struct maildrop		*md = sn->sn_drop;
	const struct popcache_info	*pi = &md->md_pc.pc_info;
	int				 dir;

	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		sn->sn_find.fi_skip[dir] = sn->sn_trust && (dir ==
		    MAILDIR_CUR || md->md_pc.pc_covered ==
		    md->md_pc.pc_count) &&
		    maildir_stamp_timed(&pi->pi_stamp[dir]) &&
		    maildir_stamp_equal(&pi->pi_stamp[dir],
		    &md->md_stamp[dir]);
}

/*
 * Handle lost files that no pass of their search has seen: those in popcache
 * are listed, others were never announced and are taken for removed.
 */
static void
snapshot_vain(struct snapshot *sn)
{
	struct item	*it;
	uint32_t	 i;

	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if ((it->it_flags & ITEM_LOST) == 0 ||
		    it->it_pass >= sn->sn_find.fi_first)
			continue;
		sn->sn_drop->md_again = 1;
		if (it->it_flags & ITEM_KNOWN) {
			it->it_flags |= ITEM_TOLD;
			items_settle(sn, it);
		} else
			snapshot_drop(sn, it);
	}
}

/*
 * Search once: the first time for all names, later for those lost since.  If a
 * search ends before all names are read, nothing may be recorded.
 */
static enum maildrop_error
snapshot_names(struct snapshot *sn)
{
	struct find	*fi = &sn->sn_find;
	struct maildrop	*md = sn->sn_drop;

	switch (find_run(fi)) {
	case FIND_FAILED:
		return (fi->fi_error == MAILDROP_GONE ? MAILDROP_TEMP :
		    fi->fi_error);
	case FIND_DONE:
		md->md_steady[MAILDIR_NEW] = md->md_steady[MAILDIR_CUR] = 0;
		break;
	case FIND_UNSURE:
		log_debug("maildir: names change while they are read");
		snapshot_vain(sn);
		snapshot_steady(sn);
		break;
	case FIND_SURE:
		snapshot_gone(sn);
		snapshot_steady(sn);
		break;
	}
	/* The search for what was lost since has a time limit of its own. */
	if (fi->fi_all)
		fi->fi_began = 0;
	fi->fi_all = 0;
	return (MAILDROP_OK);
}

/* An item to be measured, and its file number. */
struct todo {
	uint64_t	 td_ino;
	struct item	*td_item;
};

static int
snapshot_by_ino(const void *a, const void *b)
{
	const struct todo	*left = a, *right = b;

	return (left->td_ino < right->td_ino ? -1 :
	    left->td_ino > right->td_ino);
}

/* Measure new files, in the order of their place on disk. */
static enum maildrop_error
snapshot_measure_all(struct snapshot *sn)
{
	struct todo		*todo;
	struct item		*it;
	enum maildrop_error	 error = MAILDROP_OK;
	uint32_t		 i, n = 0;

	todo = calloc((size_t)sn->sn_count + 1, sizeof(*todo));
	if (todo == NULL) {
		log_warn("calloc");
		return (MAILDROP_TEMP);
	}
	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if ((it->it_entry->pe_flags & POPCACHE_UNSURE) == 0 ||
		    it->it_flags & (ITEM_NONE | ITEM_SECOND | ITEM_LOST |
		    ITEM_TOLD))
			continue;
		todo[n].td_ino = popcache_ino(it->it_entry);
		todo[n++].td_item = it;
	}
	qsort(todo, n, sizeof(*todo), snapshot_by_ino);
	for (i = 0; i < n && error == MAILDROP_OK; i++) {
		if (sn->sn_drop->md_progress != NULL &&
		    sn->sn_drop->md_progress(i, n) != 0)
			error = MAILDROP_TEMP;
		else if (snapshot_measure(sn, todo[i].td_item) == -1) {
			error = drop_error(errno);
			log_warn("maildir: measuring a message");
		}
	}
	free(todo);
	return (error);
}

/*
 * Handle what changed to the last: it is listed if popcache knows it; otherwise
 * it was never announced, and is left to another session.
 */
static void
snapshot_unsettled(struct snapshot *sn)
{
	struct item	*it;
	uint32_t	 i;

	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if ((it->it_flags & (ITEM_NONE | ITEM_SECOND | ITEM_LOST)) !=
		    ITEM_LOST)
			continue;
		sn->sn_drop->md_again = 1;
		if ((it->it_flags & ITEM_KNOWN) == 0)
			snapshot_drop(sn, it);
	}
	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if ((it->it_flags & ITEM_SECOND) == 0 ||
		    (sn->sn_item[it->it_main].it_flags & ITEM_NONE) == 0)
			continue;
		if (it->it_flags & ITEM_KNOWN)
			it->it_flags &= (uint8_t)~ITEM_SECOND;
		else
			it->it_flags |= ITEM_NONE;
	}
}

/*
 * Process names, files of one name, unique-ids and sizes: again, as long as
 * files are renamed meanwhile.
 */
static enum maildrop_error
snapshot_look(struct snapshot *sn)
{
	enum maildrop_error	 error;
	int			 round;

	for (round = 1; round <= FIND_ROUNDS; round++) {
		if ((error = snapshot_names(sn)) != MAILDROP_OK)
			return (error);
		if (twins_resolve(sn, round == FIND_ROUNDS) == -1) {
			log_warn("maildir: comparing files of one name");
			return (MAILDROP_TEMP);
		}
		if (uidls_apply(sn, &error) == -1)
			return (error);
		error = snapshot_measure_all(sn);
		if (error != MAILDROP_OK || sn->sn_lost == 0)
			return (error);
	}
	snapshot_unsettled(sn);
	return (MAILDROP_OK);
}

static void
snapshot_log(const struct snapshot *sn)
{
	if (sn->sn_skipped != 0)
		log_warnx("%u file%s skipped, first %s: not a regular file",
		    sn->sn_skipped, sn->sn_skipped == 1 ? "" : "s",
		    sn->sn_skipped_name);
	if (sn->sn_unread != 0)
		log_warnx("%u message%s cannot be read, first %s: %s",
		    sn->sn_unread, sn->sn_unread == 1 ? "" : "s",
		    sn->sn_unread_name, strerror(sn->sn_unread_errno));
}

/* Return how the list and popcache relate now. */
static enum drop_index
snapshot_index(const struct snapshot *sn)
{
	const struct maildrop	*md = sn->sn_drop;
	const struct popcache	*pc = &md->md_pc;

	if (md->md_new_fd == -1)
		return (INDEX_NONE);
	if (sn->sn_changed || !pc->pc_whole || !pc->pc_clean ||
	    pc->pc_info.pi_dead > INDEX_DEAD_MAX(md->md_last) ||
	    md->md_last < pc->pc_count ||
	    memcmp(md->md_list, pc->pc_entry,
	    pc->pc_count * sizeof(*pc->pc_entry)) != 0)
		return (INDEX_OTHER);
	return (md->md_last == pc->pc_covered ? INDEX_HEADER : INDEX_MORE);
}

/*
 * Load all of popcache.  If it cannot be read now, it may know more than this
 * session will: do not replace it.
 */
static enum maildrop_error
snapshot_load(struct maildrop *md)
{
	int		 nomem;

	if (popcache_load(&md->md_pc, POPCACHE_ALL) == 0)
		return (MAILDROP_OK);
	nomem = errno == ENOMEM;
	log_warn("%s: not used", POPCACHE_FILE);
	if (nomem)
		return (MAILDROP_TEMP);
	md->md_pc.pc_state = POPCACHE_BARRED;
	drop_discard(md);
	return (MAILDROP_OK);
}

enum maildrop_error
snapshot_take(struct maildrop *md)
{
	struct snapshot		 sn;
	enum maildrop_error	 error;

	memset(&sn, 0, sizeof(sn));
	sn.sn_drop = sn.sn_find.fi_drop = md;
	sn.sn_find.fi_arg = &sn;
	sn.sn_find.fi_found = snapshot_found;
	sn.sn_find.fi_missing = snapshot_missing;
	sn.sn_find.fi_all = 1;
	md->md_again = 0;
	if ((error = snapshot_load(md)) != MAILDROP_OK)
		return (error);
	sn.sn_trust = md->md_pc.pc_whole;
	(void)drop_clock(md);
	if (items_known(&sn) == -1) {
		log_warn("maildir: names");
		error = MAILDROP_TEMP;
	} else {
		snapshot_skip_dirs(&sn);
		error = snapshot_look(&sn);
	}
	if (error == MAILDROP_OK)
		error = list_make(&sn);
	if (error == MAILDROP_OK) {
		snapshot_log(&sn);
		md->md_index = snapshot_index(&sn);
		md->md_loaded = 1;
	}
	free(sn.sn_item);
	nametab_free(&sn.sn_names);
	nametab_free(&sn.sn_dead);
	nametab_free(&sn.sn_octets);
	return (error);
}
