/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index.h"
#include "log.h"
#include "look.h"
#include "maildrop_private.h"

struct popcache_entry *
look_entry(const struct maildrop *md, uint32_t i)
{
	return (i < md->md_last ? md->md_list[i] :
	    md->md_extra[i - md->md_last].dx_entry);
}

static void
look_set_entry(struct maildrop *md, uint32_t i, struct popcache_entry *pe)
{
	if (i < md->md_last)
		md->md_list[i] = pe;
	else
		md->md_extra[i - md->md_last].dx_entry = pe;
}

/* Make the table of all base names when it is first needed. */
static int
look_names(struct maildrop *md)
{
	const struct popcache_entry	*pe;
	uint32_t			 i, n = md->md_last + md->md_extras;

	if (md->md_names.nt_slot != NULL)
		return (0);
	if (nametab_init(&md->md_names, n) == -1)
		return (-1);
	for (i = 0; i < n; i++) {
		pe = look_entry(md, i);
		if (nametab_put(&md->md_names, popcache_name(pe),
		    pe->pe_base_len, i) == -1) {
			nametab_free(&md->md_names);
			return (-1);
		}
	}
	return (0);
}

int
look_begin(struct look *lk, struct maildrop *md)
{
	size_t		 n = (size_t)md->md_last + md->md_extras + 1;

	memset(lk, 0, sizeof(*lk));
	lk->lk_drop = md;
	lk->lk_want = calloc(n, 1);
	lk->lk_seen = calloc(n, 1);
	return (lk->lk_want == NULL || lk->lk_seen == NULL ? -1 : 0);
}

void
look_end(struct look *lk)
{
	free(lk->lk_want);
	free(lk->lk_seen);
	lk->lk_want = lk->lk_seen = NULL;
}

void
look_want(struct look *lk, uint32_t i)
{
	if (lk->lk_want[i])
		return;
	lk->lk_want[i] = 1;
	lk->lk_left++;
}

/*
 * Match a name that was seen: it must be the same file.  Each of several names
 * of one file stands for all; wanted ones come first.
 */
static int
look_same(void *arg, uint32_t i, const char *base, size_t len)
{
	const struct look		*lk = arg;
	const struct popcache_entry	*pe = look_entry(lk->lk_drop, i);

	return (pe->pe_base_len == len &&
	    (lk->lk_want[i] != 0) >= lk->lk_wanted &&
	    (lk->lk_any || popcache_ino(pe) == lk->lk_fn->fn_ino) &&
	    memcmp(popcache_name(pe), base, len) == 0);
}

/* Give an entry its current name. */
static int
look_rename(struct maildrop *md, uint32_t i, enum maildir_dir dir,
    const struct maildir_found *fn)
{
	struct popcache_facts	 pf;
	struct popcache_entry	*pe = look_entry(md, i);

	if (popcache_is(pe, dir, fn->fn_name, fn->fn_len))
		return (0);
	popcache_facts(pe, &pf);
	pf.pf_name = fn->fn_name;
	pf.pf_name_len = fn->fn_len;
	pf.pf_flags &= ~(unsigned int)POPCACHE_IN_CUR;
	if (dir == MAILDIR_CUR)
		pf.pf_flags |= POPCACHE_IN_CUR;
	if ((pe = popcache_make(&md->md_pc, &pf)) == NULL)
		return (-1);
	index_places(md);
	look_set_entry(md, i, pe);
	return (0);
}

/* Find the number of a name that was seen.  Returns as nametab_find(). */
static int
look_which(struct look *lk, const struct maildir_found *fn, uint32_t *i)
{
	const struct nametab	*nt = &lk->lk_drop->md_names;

	lk->lk_fn = fn;
	lk->lk_any = 0;
	for (lk->lk_wanted = 1; lk->lk_wanted >= 0; lk->lk_wanted--)
		if (nametab_find(nt, fn->fn_name, fn->fn_base, look_same, lk,
		    i))
			return (1);
	/* An unknown file with a wanted name? */
	lk->lk_any = lk->lk_wanted = 1;
	if (nametab_find(nt, fn->fn_name, fn->fn_base, look_same, lk, i))
		lk->lk_want[*i] = 2;
	return (0);
}

/* The fi_found callback. */
static int
look_found(void *arg, enum maildir_dir dir, const struct maildir_found *fn)
{
	struct look	*lk = arg;
	struct maildrop	*md = lk->lk_drop;
	uint32_t	 i;

	if (!maildir_file(fn) || fn->fn_ino == 0 || !look_which(lk, fn, &i))
		return (0);
	if (look_rename(md, i, dir, fn) == -1)
		return (-1);
	lk->lk_seen[i] = 1;
	if (!lk->lk_want[i] ||
	    lk->lk_act(lk->lk_arg, i, drop_dir(md, dir)) == LOOK_ON)
		return (0);
	lk->lk_want[i] = 0;
	return (--lk->lk_left == 0);
}

/* The fi_missing callback. */
static uint32_t
look_missing(void *arg)
{
	struct look	*lk = arg;
	uint32_t	 i, n = lk->lk_drop->md_last + lk->lk_drop->md_extras;

	for (i = 0; lk->lk_over != NULL && i < n; i++)
		if (lk->lk_want[i] && lk->lk_over(lk->lk_arg, i)) {
			lk->lk_want[i] = 0;
			lk->lk_left--;
		}
	lk->lk_find.fi_unseen = lk->lk_left;
	return (lk->lk_left);
}

/* Remember what is gone: no need to search again while nothing changes. */
static void
look_gone(const struct look *lk)
{
	struct maildrop	*md = lk->lk_drop;
	uint32_t	 i;

	for (i = 0; i < md->md_last; i++)
		if (lk->lk_want[i])
			md->md_mark[i] |= DROP_GONE;
	md->md_looked = 1;
	memcpy(md->md_looked_at, lk->lk_find.fi_stamp,
	    sizeof(md->md_looked_at));
}

/*
 * Names kept changing.  Remember what many passes did not see: one long search
 * is enough for all that is gone.
 */
static void
look_vain(const struct look *lk)
{
	struct maildrop	*md = lk->lk_drop;
	uint32_t	 i;

	for (i = 0; i < md->md_last; i++) {
		md->md_mark[i] &= (unsigned char)~DROP_UNSEEN;
		if (!lk->lk_seen[i])
			md->md_mark[i] |= DROP_UNSEEN;
	}
	md->md_unseen_ms = find_clock(CLOCK_MONOTONIC);
}

enum find_result
look_run(struct look *lk)
{
	struct find		*fi = &lk->lk_find;
	enum find_result	 result;

	if (lk->lk_left == 0)
		return (FIND_DONE);
	if (look_names(lk->lk_drop) == -1) {
		log_warn("maildir: looking for a message");
		return (FIND_FAILED);
	}
	memset(fi, 0, sizeof(*fi));
	fi->fi_drop = lk->lk_drop;
	fi->fi_arg = lk;
	fi->fi_found = look_found;
	fi->fi_missing = look_missing;
	fi->fi_patient = lk->lk_patient;
	if ((result = find_run(fi)) == FIND_SURE)
		look_gone(lk);
	else if (result == FIND_UNSURE)
		look_vain(lk);
	return (result);
}

/*
 * Return whether a message is worth a search: not if the last one did not find
 * it and nothing has changed since.
 */
static int
look_useful(struct maildrop *md, uint32_t i)
{
	struct maildir_stamp	 now[MAILDIR_DIRS];
	enum maildrop_error	 error;
	int			 dir;

	if (!md->md_looked || (md->md_mark[i] & DROP_GONE) == 0 ||
	    drop_stamps(md, now, &error) == -1)
		return (1);
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (!maildir_stamp_equal(&now[dir], &md->md_looked_at[dir]))
			return (1);
	return (0);
}

/* The result of opening a message when it was found. */
struct look_opened {
	struct maildrop	*lo_drop;
	int		 lo_fd;
	int		 lo_errno;
};

static enum look_act
look_opened(void *arg, uint32_t i, int dir)
{
	struct look_opened	*lo = arg;

	lo->lo_fd = openat(dir, popcache_name(look_entry(lo->lo_drop, i)),
	    DROP_OPEN);
	lo->lo_errno = errno;
	return (lo->lo_fd == -1 && lo->lo_errno == ENOENT ? LOOK_ON :
	    LOOK_DONE);
}

/*
 * Find message i again and return a descriptor of it.  -1 with errno set:
 * ENOENT if it is gone, EAGAIN if that is unknown.
 */
static int
look_again(struct maildrop *md, uint32_t i)
{
	struct look_opened	 lo = { md, -1, ENOENT };
	struct look		 lk;
	enum find_result	 result = FIND_FAILED;

	if (!look_useful(md, i)) {
		errno = ENOENT;
		return (-1);
	}
	if (md->md_mark[i] & DROP_UNSEEN && find_clock(CLOCK_MONOTONIC) -
	    md->md_unseen_ms < FIND_MILLISECONDS) {
		errno = EAGAIN;
		return (-1);
	}
	if (look_begin(&lk, md) == 0) {
		lk.lk_arg = &lo;
		lk.lk_act = look_opened;
		look_want(&lk, i);
		result = look_run(&lk);
	}
	look_end(&lk);
	if (result == FIND_UNSURE || result == FIND_FAILED)
		lo.lo_errno = EAGAIN;
	errno = lo.lo_errno;
	return (lo.lo_fd);
}

/*
 * Another file has the name.  The listed one may have a new name; otherwise
 * this one is taken for its copy, if it has the same size.
 */
static int
look_exchanged(struct maildrop *md, uint32_t i, int other,
    const struct stat *st)
{
	const struct popcache_entry	*pe = md->md_list[i];
	int				 fd;

	if ((fd = look_again(md, i)) == -1 && errno == ENOENT &&
	    (pe->pe_flags & POPCACHE_TWIN) == 0 &&
	    (uint64_t)st->st_size == le64toh(pe->pe_size))
		return (other);
	close(other);
	return (fd);
}

/* Return a descriptor of message i.  -1 with errno set on error. */
static int
look_file(struct maildrop *md, uint32_t i)
{
	const struct popcache_entry	*pe = md->md_list[i];
	struct stat			 st;
	int				 dir, fd = -1;

	if ((dir = drop_dir(md, popcache_dir(pe))) != -1)
		fd = openat(dir, popcache_name(pe), DROP_OPEN);
	if (fd == -1)
		return (errno == ENOENT ? look_again(md, i) : -1);
	if (fstat(fd, &st) == 0 && drop_ino(&st) != popcache_ino(pe))
		return (look_exchanged(md, i, fd, &st));
	return (fd);
}

int
look_open(struct maildrop *md, uint32_t n, enum maildrop_error *error)
{
	struct stat	 st;
	int		 fd;

	if ((fd = look_file(md, n - 1)) == -1) {
		*error = drop_error(errno);
		if (*error != MAILDROP_GONE)
			log_warn("message %u", n);
		return (-1);
	}
	if (fstat(fd, &st) == -1) {
		*error = drop_error(errno);
		log_warn("message %u", n);
	} else if (!S_ISREG(st.st_mode)) {
		*error = MAILDROP_GONE;
		log_warnx("message %u: no longer a regular file", n);
	} else
		return (fd);
	close(fd);
	return (-1);
}
