/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Apply popuidl.  See uidls.h.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drop.h"
#include "maildrop_private.h"
#include "popuidl.h"
#include "snapshot.h"
#include "uidls.h"

/*
 * Make the unique-id of a base name by itself; if popuidl gives that to another
 * name, make a different one.
 */
static void
uidls_own(const struct popuidl *pu, const char *base, size_t len,
    unsigned char digest[POPCACHE_DIGEST_LEN])
{
	char		 text[2 * POPCACHE_DIGEST_LEN];
	SHA2_CTX	 ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)base, len);
	SHA256Final(digest, &ctx);
	if (pu == NULL)
		return;
	popcache_hex(digest, text);
	if (!popuidl_taken(pu, text, sizeof(text)))
		return;
	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)base, len);
	SHA256Update(&ctx, (const uint8_t *)"/popuidl", 8);
	SHA256Final(digest, &ctx);
}

/*
 * Copy a base name without what mbsync puts in, ",U=" and a number.  Return its
 * length, or 0 if there is none.
 */
static size_t
uidls_strip(const char *base, size_t len, char name[MAILNAME_MAX])
{
	size_t		 i, end;

	for (i = 0; i + 3 < len; i++) {
		if (memcmp(base + i, ",U=", 3) != 0)
			continue;
		for (end = i + 3; end < len && base[end] >= '0' &&
		    base[end] <= '9'; end++)
			;
		if (end == i + 3 || (end < len && base[end] != ','))
			continue;
		memcpy(name, base, i);
		memcpy(name + i, base + end, len - end);
		return (len - (end - i));
	}
	return (0);
}

/*
 * Find the line of the name that an entry had before mbsync changed it.  Return
 * as popuidl_find().
 */
static int
uidls_before(const struct popuidl *pu, const struct popcache_entry *pe,
    uint64_t *line, const char **uidl, size_t *len)
{
	char		 name[MAILNAME_MAX];
	size_t		 n;

	n = uidls_strip(popcache_name(pe), pe->pe_base_len, name);
	return (n != 0 && popuidl_find(pu, name, n, line, uidl, len));
}

/*
 * Return whether an item is a message that the writer of popuidl can have
 * meant: its file is older.  -1 with errno set.
 */
static int
uidls_older(struct snapshot *sn, struct item *it, int all)
{
	const struct maildir_stamp	*ms = &sn->sn_drop->md_uidls;
	const struct popcache_entry	*pe = it->it_entry;
	struct stat			 st;
	int				 dir;

	if (sn->sn_drop->md_given != NULL || (!all &&
	    it->it_flags & ITEM_KNOWN && pe->pe_flags & POPCACHE_NAMED))
		return (1);
	dir = drop_dir(sn->sn_drop, popcache_dir(pe));
	if (dir == -1 || fstatat(dir, popcache_name(pe), &st,
	    AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			return (-1);
		items_lose(sn, it);
		return (0);
	}
	return (st.st_mtim.tv_sec < ms->ms_mtime ||
	    (st.st_mtim.tv_sec == ms->ms_mtime &&
	    (uint64_t)st.st_mtim.tv_nsec < ms->ms_mtime_nsec));
}

/*
 * Note who lays claim to each line: the number of an item + 1, or UINT32_MAX
 * for several.  NULL with errno set.
 */
static uint32_t *
uidls_claims(struct snapshot *sn, const struct popuidl *pu, int all)
{
	struct item	*it;
	const char	*uidl;
	uint64_t	 line;
	size_t		 len;
	uint32_t	*claims, i;
	int		 r;

	claims = calloc((size_t)popuidl_count(pu) + 1, sizeof(*claims));
	for (i = 0; claims != NULL && i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if (it->it_flags & (ITEM_NONE | ITEM_SECOND))
			continue;
		r = popuidl_find(pu, popcache_name(it->it_entry),
		    it->it_entry->pe_base_len, &line, &uidl, &len);
		if (!r && uidls_before(pu, it->it_entry, &line, &uidl, &len))
			r = uidls_older(sn, it, all);
		if (r == -1) {
			free(claims);
			return (NULL);
		}
		if (r)
			claims[line] = claims[line] == 0 ? i + 1 : UINT32_MAX;
	}
	return (claims);
}

/*
 * Find the line of item i, as popuidl_find(): that of its base name, or of the
 * one that mbsync changed if no other message lays claim to it.
 */
static int
uidls_find(const struct popuidl *pu, const uint32_t *claims, uint32_t i,
    const struct popcache_entry *pe, uint64_t *line, const char **uidl,
    size_t *len)
{
	return (popuidl_find(pu, popcache_name(pe), pe->pe_base_len, line,
	    uidl, len) || (uidls_before(pu, pe, line, uidl, len) &&
	    claims[*line] == i + 1));
}

/* Get the facts of item i according to popuidl, or NULL. */
static void
uidls_facts(const struct popuidl *pu, const uint32_t *claims, uint32_t i,
    const struct popcache_entry *pe, struct popcache_facts *pf,
    unsigned char digest[POPCACHE_DIGEST_LEN])
{
	const char	*base = popcache_name(pe), *uidl;
	size_t		 len;
	uint64_t	 line;

	popcache_facts(pe, pf);
	pf->pf_uidl = NULL;
	pf->pf_uidl_len = 0;
	pf->pf_digest = digest;
	if (pu != NULL && uidls_find(pu, claims, i, pe, &line, &uidl, &len)) {
		pf->pf_flags &= ~(unsigned int)POPCACHE_TWIN;
		pf->pf_flags |= POPCACHE_NAMED;
		pf->pf_order = line;
		if (len != 0) {
			pf->pf_uidl = uidl;
			pf->pf_uidl_len = len;
			pf->pf_digest = NULL;
			return;
		}
	} else if (pf->pf_flags & POPCACHE_NAMED) {
		/* Its order was that of popuidl: compute its own. */
		pf->pf_flags &= ~(unsigned int)POPCACHE_NAMED;
		pf->pf_flags |= POPCACHE_UNSURE;
		pf->pf_order = 0;
	}
	uidls_own(pu, base, pe->pe_base_len, digest);
}

/* Return whether the entry has these facts already. */
static int
uidls_agree(const struct popcache_entry *pe, const struct popcache_facts *pf)
{
	if (pe->pe_uidl_len != pf->pf_uidl_len || pe->pe_flags !=
	    pf->pf_flags || popcache_order(pe) != pf->pf_order)
		return (0);
	if (pf->pf_uidl != NULL)
		return (memcmp(pe->pe_text, pf->pf_uidl, pf->pf_uidl_len) == 0);
	return (pf->pf_digest != NULL && memcmp(pe->pe_text, pf->pf_digest,
	    POPCACHE_DIGEST_LEN) == 0);
}

/* Return whether an item is the only message of its base name. */
static int
uidls_single(const struct snapshot *sn, const struct item *it)
{
	const struct item	*other;

	other = items_first(sn, popcache_name(it->it_entry),
	    it->it_entry->pe_base_len);
	for (; other != NULL; other = items_next(sn, other))
		if (other != it &&
		    (other->it_flags & (ITEM_NONE | ITEM_SECOND)) == 0)
			return (0);
	return (1);
}

/*
 * Return whether to look up an item in popuidl.  The remaining one of twins has
 * the unique-id that popuidl gives its name, whatever popcache remembers.
 */
static int
uidls_wanted(const struct snapshot *sn, const struct popuidl *pu,
    const struct item *it, int all)
{
	const struct popcache_entry	*pe = it->it_entry;
	const char			*uidl;
	uint64_t			 line;
	size_t				 len;

	if (pe->pe_flags & POPCACHE_TWIN)
		return (pu != NULL && uidls_single(sn, it) &&
		    popuidl_find(pu, popcache_name(pe), pe->pe_base_len,
		    &line, &uidl, &len));
	/* A new one was made with its own, or inherited another's. */
	return (all || (pu != NULL && ((it->it_flags & ITEM_KNOWN) == 0 ||
	    uidls_before(pu, pe, &line, &uidl, &len))));
}

/* Update all items, or those that popcache did not have. */
static int
uidls_items(struct snapshot *sn, const struct popuidl *pu, int all)
{
	struct popcache_facts	 pf;
	unsigned char		 digest[POPCACHE_DIGEST_LEN];
	struct item		*it;
	uint32_t		*claims = NULL, i;
	int			 r = 0;

	if (pu != NULL && (claims = uidls_claims(sn, pu, all)) == NULL)
		return (-1);
	for (i = 0; i < sn->sn_count && r == 0; i++) {
		it = &sn->sn_item[i];
		if (it->it_flags & (ITEM_NONE | ITEM_SECOND))
			continue;
		/* Look it up in popuidl when it is the only one left. */
		if (pu != NULL && it->it_entry->pe_flags & POPCACHE_TWIN)
			sn->sn_drop->md_again = 1;
		if (!uidls_wanted(sn, pu, it, all))
			continue;
		uidls_facts(pu, claims, i, it->it_entry, &pf, digest);
		if (!uidls_agree(it->it_entry, &pf))
			r = items_remake(sn, it, &pf);
	}
	free(claims);
	return (r);
}

/* Return whether an item is new to popcache, or a twin. */
static int
uidls_news(const struct snapshot *sn)
{
	const struct item	*it;
	uint32_t		 i;

	for (i = 0; i < sn->sn_count; i++) {
		it = &sn->sn_item[i];
		if ((it->it_flags & ITEM_NONE) == 0 &&
		    ((it->it_flags & ITEM_KNOWN) == 0 ||
		    it->it_entry->pe_flags & POPCACHE_TWIN))
			return (1);
	}
	return (0);
}

/* Do uidls_items(); -1 with *error set, logged. */
static int
uidls_all(struct snapshot *sn, const struct popuidl *pu, int all,
    enum maildrop_error *error)
{
	if (uidls_items(sn, pu, all) == 0)
		return (0);
	log_warn("popuidl");
	*error = MAILDROP_TEMP;
	return (-1);
}

int
uidls_apply(struct snapshot *sn, enum maildrop_error *error)
{
	struct maildrop	*md = sn->sn_drop;
	struct popuidl	*pu = NULL;
	int		 all, r;

	if (md->md_given != NULL)
		return (uidls_all(sn, md->md_given, 1, error));
	/* popcache was made with this same popuidl, or with none. */
	all = !sn->sn_trust || !maildir_stamp_equal(&md->md_uidls,
	    &md->md_pc.pc_info.pi_uidls);
	if (!all && (md->md_uidls.ms_ino == 0 || !uidls_news(sn)))
		return (0);
	if (md->md_uidls.ms_ino != 0 && popuidl_read(md->md_fd, &pu) == -1) {
		*error = drop_error(errno);
		if (*error == MAILDROP_GONE)
			*error = MAILDROP_PERM;
		return (-1);
	}
	r = uidls_all(sn, pu, all, error);
	popuidl_free(pu);
	return (r);
}
