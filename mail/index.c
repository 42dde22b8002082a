/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Write the index.  See index.h.
 */

#include <sys/types.h>

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drop.h"
#include "index.h"
#include "log.h"
#include "maildrop_private.h"

/* Copy a stamp without its times: it only identifies the file. */
static void
index_untimed(struct maildir_stamp *to, const struct maildir_stamp *from)
{
	uint64_t	 dev = from->ms_dev, ino = from->ms_ino;

	memset(to, 0, sizeof(*to));
	to->ms_dev = dev;
	to->ms_ino = ino;
}

/*
 * Set stamps and flags of the header.  Names without an entry are in no sum, so
 * if there are any, the next session must read all.
 */
static void
index_stamps(const struct maildrop *md, struct popcache_info *pi)
{
	int		 dir, again = md->md_again || md->md_extras != 0;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		if (md->md_steady[dir] && !again)
			pi->pi_stamp[dir] = md->md_stamp[dir];
		else
			index_untimed(&pi->pi_stamp[dir], &md->md_stamp[dir]);
	}
	if (md->md_uidls_steady)
		pi->pi_uidls = md->md_uidls;
	else
		index_untimed(&pi->pi_uidls, &md->md_uidls);
	pi->pi_flags = again ? POPCACHE_AGAIN :
	    drop_steady(md) ? POPCACHE_STAMPED : 0;
}

/* Write the header if it has changed; the entries are unchanged. */
static void
index_header(struct maildrop *md, struct popcache_info *pi)
{
	drop_discard(md);
	md->md_index = INDEX_SAME;
	if (memcmp(pi, &md->md_pc.pc_info, sizeof(*pi)) != 0 &&
	    popcache_restamp(&md->md_pc, pi) == -1) {
		log_warn("%s", POPCACHE_FILE);
		md->md_index = INDEX_NONE;
		/* This session still uses it. */
		md->md_pc.pc_info = *pi;
	}
}

/* Write changed entries and the header. */
static void
index_entries(struct maildrop *md, struct popcache_info *pi)
{
	int		 lock;

	/* Without tmp/ no mda can append. */
	if ((lock = popcache_lock(md->md_fd)) == -1 && errno != ENOENT) {
		log_warn("%s: lock", POPCACHE_FILE);
		drop_discard(md);
		md->md_index = INDEX_NONE;
		return;
	}
	if (md->md_index == INDEX_MORE && popcache_extend(&md->md_pc,
	    md->md_list, md->md_last, pi) == 0) {
		drop_discard(md);
		md->md_index = INDEX_SAME;
	} else {
		md->md_index = INDEX_SAME;
		if (popcache_replace(&md->md_pc, md->md_fd, md->md_new_fd,
		    md->md_list, md->md_last, pi) == -1) {
			log_warn("%s", POPCACHE_FILE);
			md->md_index = INDEX_NONE;
		}
		md->md_new_fd = -1;
	}
	if (lock != -1)
		close(lock);
}

void
index_write(struct maildrop *md)
{
	struct popcache_info	 pi;

	if (md->md_new_fd == -1) {
		if (md->md_index != INDEX_SAME)
			md->md_index = INDEX_NONE;
		return;
	}
	memset(&pi, 0, sizeof(pi));
	switch (md->md_index) {
	case INDEX_HEADER:
		popcache_info_numbers(&pi, md->md_loaded ?
		    &md->md_pc.pc_info : &md->md_info);
		index_stamps(md, &pi);
		index_header(md, &pi);
		break;
	case INDEX_MORE:
	case INDEX_OTHER:
		index_stamps(md, &pi);
		index_entries(md, &pi);
		break;
	default:
		drop_discard(md);
		break;
	}
}

void
index_places(struct maildrop *md)
{
	uint32_t	 i;

	if (md->md_place != NULL || md->md_index != INDEX_SAME ||
	    (md->md_place = calloc((size_t)md->md_last + 1,
	    sizeof(*md->md_place))) == NULL)
		return;
	for (i = 0; i < md->md_last; i++)
		md->md_place[i] = popcache_place(&md->md_pc, md->md_list, i);
}

/*
 * Read the entry of list item i from the file into buf, and set its place; its
 * name may be an older one.  NULL with errno set on error.
 */
static struct popcache_entry *
index_entry(struct maildrop *md, uint32_t i, uint64_t *at,
    uint64_t buf[POPCACHE_ENTRY_MAX / 8])
{
	const struct popcache_entry	*pe = md->md_list[i];
	struct popcache_entry		*there;

	errno = ESTALE;
	*at = md->md_place != NULL ? md->md_place[i] :
	    popcache_place(&md->md_pc, md->md_list, i);
	if (*at == 0 || (there = popcache_get(&md->md_pc, *at, 0,
	    buf)) == NULL)
		return (NULL);
	if (there->pe_flags & POPCACHE_DEAD ||
	    there->pe_base_len != pe->pe_base_len ||
	    memcmp(popcache_name(there), popcache_name(pe),
	    pe->pe_base_len) != 0 ||
	    popcache_ino(there) != popcache_ino(pe)) {
		errno = ESTALE;
		return (NULL);
	}
	return (there);
}

/*
 * Correct an entry.  First the header stops vouching for the directories and
 * gets the new total; when that is durable the entry is written.  Whatever a
 * crash leaves, the next session reads all.  Return 0, or -1 with errno set.
 */
static int
index_correct_entry(struct maildrop *md, uint32_t n, uint64_t octets)
{
	struct popcache_info	 pi = md->md_pc.pc_info;
	struct popcache_entry	*pe;
	uint64_t		 buf[POPCACHE_ENTRY_MAX / 8], at;

	if ((pe = index_entry(md, n - 1, &at, buf)) == NULL)
		return (-1);
	if (popcache_octets(pe) == octets)
		return (0);
	pi.pi_flags = POPCACHE_AGAIN;
	pi.pi_octets += octets - popcache_octets(pe);
	pe->pe_octets = htole64(octets);
	/* With another size it may be another of several twins. */
	if (pe->pe_flags & POPCACHE_TWIN)
		pe->pe_flags |= POPCACHE_UNSURE;
	if (popcache_restamp(&md->md_pc, &pi) == -1 ||
	    fsync(md->md_pc.pc_fd) == -1)
		return (-1);
	return (popcache_put(&md->md_pc, at, pe));
}

void
index_correct(struct maildrop *md, uint32_t n, uint64_t octets)
{
	if (md->md_index == INDEX_SAME &&
	    index_correct_entry(md, n, octets) == -1)
		log_debug("%s: %s", POPCACHE_FILE, strerror(errno));
}

/*
 * Apply UPDATE's change of list item i to its entry.  Return 0, or -1 and
 * errno.
 */
static int
index_patch(struct maildrop *md, uint32_t i, struct popcache_info *pi)
{
	struct popcache_entry	*pe;
	uint64_t		 buf[POPCACHE_ENTRY_MAX / 8], at;
	uint64_t		 last = pi->pi_last;
	char			 name[MAILNAME_MAX + 1];
	enum maildir_dir	 dir;

	if ((pe = index_entry(md, i, &at, buf)) == NULL)
		return (-1);
	dir = popcache_dir(pe);
	popcache_info_remove(pi, pe);
	index_untimed(&pi->pi_stamp[dir], &md->md_stamp[dir]);
	if (md->md_mark[i] & DROP_REMOVED) {
		pe->pe_flags |= POPCACHE_DEAD;
		pi->pi_dead++;
	} else {
		if (drop_seen(md->md_list[i], name, sizeof(name)) == -1 ||
		    !popcache_rename(pe, MAILDIR_CUR, name, strlen(name))) {
			errno = ENOSPC;
			return (-1);
		}
		popcache_info_add(pi, pe, at);
		pi->pi_last = last;
		index_untimed(&pi->pi_stamp[MAILDIR_CUR],
		    &md->md_stamp[MAILDIR_CUR]);
	}
	return (popcache_put(&md->md_pc, at, pe));
}

/*
 * Set last to the place of the last live entry, or 0 if none is.  Return 0 if
 * it has moved, as a list item was renamed; otherwise 1.
 */
static int
index_last(struct maildrop *md, uint64_t *last)
{
	uint64_t	 buf[POPCACHE_ENTRY_MAX / 8];
	uint32_t	 i;

	*last = 0;
	for (i = md->md_last; i > 0; i--)
		if ((md->md_mark[i - 1] & DROP_REMOVED) == 0)
			return (index_entry(md, i - 1, last, buf) != NULL);
	return (1);
}

/*
 * Write all changed entries, and the header if none failed.  Return 0, or -1
 * with errno set.
 */
static int
index_patch_all(struct maildrop *md)
{
	struct popcache_info	 pi = md->md_pc.pc_info;
	uint32_t		 i, changes = 0;
	int			 r = 0;

	if (!index_last(md, &pi.pi_last)) {
		errno = ESTALE;
		r = -1;
	}
	pi.pi_flags &= ~(uint32_t)POPCACHE_STAMPED;
	for (i = 0; i < md->md_last; i++)
		if (md->md_mark[i] & (DROP_REMOVED | DROP_MOVED)) {
			changes++;
			r |= index_patch(md, i, &pi);
		}
	return (r != 0 || changes == 0 ? r : popcache_restamp(&md->md_pc,
	    &pi));
}

void
index_update(struct maildrop *md)
{
	/* What could not be written is found missing by the next session. */
	if (md->md_loaded && md->md_index == INDEX_SAME &&
	    index_patch_all(md) == -1)
		log_debug("%s: %s", POPCACHE_FILE, strerror(errno));
}

int
index_twin(struct maildrop *md, uint32_t i)
{
	const struct popcache_entry	*pe = md->md_list[i];
	struct popcache			*pc = &md->md_pc;
	struct popcache_entry		*there;
	uint64_t			 at;
	size_t				 n;

	if ((pe->pe_flags & POPCACHE_TWIN) == 0 || md->md_index == INDEX_SAME)
		return (0);
	for (n = 0; n < pc->pc_count; n++) {
		there = pc->pc_entry[n];
		if (there->pe_flags & POPCACHE_TWIN ||
		    there->pe_uidl_len != 0 ||
		    popcache_ino(there) != popcache_ino(pe) ||
		    there->pe_base_len != pe->pe_base_len ||
		    memcmp(popcache_name(there), popcache_name(pe),
		    pe->pe_base_len) != 0)
			continue;
		errno = ESTALE;
		at = popcache_place(pc, pc->pc_entry, (uint32_t)n);
		there->pe_flags |= POPCACHE_TWIN | POPCACHE_DEAD;
		if (at == 0 || popcache_put(pc, at, there) == -1 ||
		    fsync(pc->pc_fd) == -1)
			return (-1);
	}
	return (0);
}
