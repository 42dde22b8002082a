/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Files with one base name.  See twins.h.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drop.h"
#include "fault.h"
#include "maildrop_private.h"
#include "snapshot.h"
#include "twins.h"

#define CHUNK	65536

/* The octets of one file. */
struct twin {
	uint32_t	 twn_item;
	int		 twn_known;	/* twn_digest is set */
	unsigned char	 twn_digest[POPCACHE_DIGEST_LEN];
};

/* All existing files of one base name. */
struct twins {
	struct snapshot	*tw_snapshot;
	struct twin	*tw_file;
	uint32_t	 tw_count;
	uint32_t	 tw_room;
	int		 tw_history;	/* popcache has twins of this name */
	int		 tw_secret;	/* one of them is unreadable */
	uint32_t	 tw_gone;	/* + 1: in popcache, not found */
};

static struct item *
twins_item(const struct twins *tw, uint32_t i)
{
	return (&tw->tw_snapshot->sn_item[tw->tw_file[i].twn_item]);
}

static int
twins_add(struct twins *tw, uint32_t item)
{
	struct twin	*file;
	uint32_t	 room;

	if (tw->tw_count == tw->tw_room) {
		room = tw->tw_room == 0 ? 8 : tw->tw_room * 2;
		file = reallocarray(tw->tw_file, room, sizeof(*file));
		if (file == NULL)
			return (-1);
		tw->tw_file = file;
		tw->tw_room = room;
	}
	memset(&tw->tw_file[tw->tw_count], 0, sizeof(*tw->tw_file));
	tw->tw_file[tw->tw_count++].twn_item = item;
	return (0);
}

/*
 * Return whether a file's size differs from that of a known message of its
 * name: then it is another, not that message restored.  -1 with errno set if
 * that cannot be told.
 */
static int
twins_other(const struct twins *tw, const struct item *it,
    const struct popcache_entry *known)
{
	const struct popcache_entry	*pe = it->it_entry;
	struct stat			 st;
	int				 dir;

	dir = drop_dir(tw->tw_snapshot->sn_drop, popcache_dir(pe));
	if (dir == -1 || fstatat(dir, popcache_name(pe), &st,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return (errno == ENOENT ? 0 : -1);
	return ((uint64_t)st.st_size != le64toh(known->pe_size));
}

/* Collect the files of the base name whose first item this is. */
static int
twins_collect(struct twins *tw, uint32_t head)
{
	struct snapshot			*sn = tw->tw_snapshot;
	const struct popcache_entry	*dead;
	struct item			*it;
	uint32_t			 at;
	int				 other;

	tw->tw_count = tw->tw_gone = 0;
	tw->tw_history = 0;
	for (at = head + 1; at != 0; at = it->it_next) {
		it = &sn->sn_item[at - 1];
		it->it_flags &= (uint8_t)~ITEM_SECOND;
		if (it->it_flags & ITEM_KNOWN &&
		    it->it_entry->pe_flags & POPCACHE_TWIN)
			tw->tw_history = 1;
		if (it->it_flags & ITEM_NONE) {
			if (it->it_flags & ITEM_KNOWN)
				tw->tw_gone = at;
			continue;
		}
		if ((dead = items_dead(sn, it)) != NULL) {
			if ((other = twins_other(tw, it, dead)) == -1)
				return (-1);
			if (other || dead->pe_flags & POPCACHE_TWIN)
				tw->tw_history = 1;
		}
		if (twins_add(tw, at - 1) == -1)
			return (-1);
	}
	return (0);
}

/* Remove file i from the list. */
static void
twins_drop(struct twins *tw, uint32_t i)
{
	tw->tw_count--;
	memmove(&tw->tw_file[i], &tw->tw_file[i + 1],
	    (tw->tw_count - i) * sizeof(tw->tw_file[0]));
}

/* Make file j another name of the message that file i is. */
static void
twins_second(struct twins *tw, uint32_t i, uint32_t j)
{
	struct item	*it = twins_item(tw, j);

	it->it_flags |= ITEM_SECOND;
	it->it_main = tw->tw_file[i].twn_item;
	twins_drop(tw, j);
}

/* Stat the file under a name.  Return 0, or -1 with errno set. */
static int
twins_stat(const struct twins *tw, uint32_t i, struct stat *st)
{
	const struct popcache_entry	*pe = twins_item(tw, i)->it_entry;
	int				 dir;

	dir = drop_dir(tw->tw_snapshot->sn_drop, popcache_dir(pe));
	return (dir == -1 ? -1 : fstatat(dir, popcache_name(pe), st,
	    AT_SYMLINK_NOFOLLOW));
}

/* Return whether two names have one number, which directories may invent. */
static int
twins_same_ino(const struct twins *tw, uint32_t i, uint32_t j)
{
	uint64_t	 ino = popcache_ino(twins_item(tw, i)->it_entry);

	return (i != j && ino != 0 &&
	    popcache_ino(twins_item(tw, j)->it_entry) == ino);
}

/* Return whether a name has the number of another one, and no file. */
static int
twins_old_name(const struct twins *tw, uint32_t i)
{
	struct stat	 st;
	uint32_t	 j;

	for (j = 0; j < tw->tw_count; j++)
		if (twins_same_ino(tw, i, j))
			return (twins_stat(tw, i, &st) == -1 &&
			    errno == ENOENT);
	return (0);
}

/* Return whether two names are of one file. */
static int
twins_one_file(const struct twins *tw, uint32_t i, uint32_t j)
{
	struct stat	 a, b;

	return (twins_same_ino(tw, i, j) && twins_stat(tw, i, &a) == 0 &&
	    twins_stat(tw, j, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino);
}

/*
 * Merge the names of one file.  A file renamed while the names were read is
 * seen under both; one with several links has several names for good.
 */
static void
twins_links(struct twins *tw)
{
	uint32_t	 i, j;

	for (i = 0; i < tw->tw_count;) {
		if (twins_old_name(tw, i)) {
			twins_item(tw, i)->it_flags |= ITEM_NONE;
			twins_drop(tw, i);
		} else
			i++;
	}
	for (i = 0; i < tw->tw_count; i++)
		for (j = i + 1; j < tw->tw_count;) {
			if (twins_one_file(tw, i, j))
				twins_second(tw, i, j);
			else
				j++;
		}
}

/* Return when a file last changed, in nanoseconds. */
static uint64_t
twins_changed(const struct stat *st)
{
	return ((uint64_t)st->st_ctim.tv_sec * 1000000000 +
	    (uint64_t)st->st_ctim.tv_nsec);
}

/*
 * Get the digest and size of file i as an earlier session found them, if the
 * file has not changed since.  Return 1, or 0.
 */
static int
twins_recall(const struct twins *tw, uint32_t i, uint64_t *size)
{
	const struct snapshot		*sn = tw->tw_snapshot;
	const struct popcache_entry	*pe = twins_item(tw, i)->it_entry;
	struct popcache_entry		*known;
	struct stat			 st;

	if (twins_stat(tw, i, &st) == -1 ||
	    (known = items_octets(sn, popcache_name(pe), pe->pe_base_len,
	    drop_ino(&st))) == NULL || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != le64toh(known->pe_size) ||
	    popcache_octets(known) != twins_changed(&st))
		return (0);
	known->pe_order = htole64(1);
	memcpy(tw->tw_file[i].twn_digest, known->pe_text, POPCACHE_DIGEST_LEN);
	*size = (uint64_t)st.st_size;
	return (1);
}

/*
 * Remember a digest, unless the file could change again without another time.
 * Without memory it is forgotten.
 */
static void
twins_remember(struct twins *tw, const struct popcache_entry *pe,
    const struct stat *st, const unsigned char *digest)
{
	struct snapshot		*sn = tw->tw_snapshot;
	struct maildrop		*md = sn->sn_drop;
	struct popcache_entry	*known;
	struct popcache_facts	 pf;

	if (md->md_new_fd == -1 || st->st_ctim.tv_sec + STAMP_GUARD_SECONDS >=
	    md->md_now.tv_sec)
		return;
	sn->sn_changed = 1;
	known = items_octets(sn, popcache_name(pe), pe->pe_base_len,
	    drop_ino(st));
	memset(&pf, 0, sizeof(pf));
	pf.pf_name = popcache_name(pe);
	pf.pf_name_len = pe->pe_base_len;
	pf.pf_ino = drop_ino(st);
	pf.pf_flags = POPCACHE_OCTETS;
	if (known == NULL && ((known = popcache_make(&md->md_pc,
	    &pf)) == NULL || items_octets_add(sn, known) == -1))
		return;
	memcpy(known->pe_text, digest, POPCACHE_DIGEST_LEN);
	known->pe_size = htole64((uint64_t)st->st_size);
	known->pe_octets = htole64(twins_changed(st));
	known->pe_order = htole64(1);
}

/*
 * Digest an open file, whose status is st, and set its size.  Return 0, or -1
 * on failure.
 */
static int
twins_read(int fd, const struct stat *st,
    unsigned char digest[POPCACHE_DIGEST_LEN], uint64_t *size)
{
	static unsigned char	 buf[CHUNK];
	SHA2_CTX		 ctx;
	ssize_t			 n;

	if (!S_ISREG(st->st_mode))
		return (-1);
	*size = 0;
	SHA256Init(&ctx);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		SHA256Update(&ctx, buf, (size_t)n);
		*size += (uint64_t)n;
	}
	SHA256Final(digest, &ctx);
	return (0);
}

/* The result of reading the octets of a file. */
enum twins_result {
	TWINS_KNOWN,		/* or needs to be made readable */
	TWINS_LOST,		/* renamed meanwhile */
	TWINS_FAILED		/* errno: it may succeed next time */
};

/* Decide why file i cannot be read now, and whether to list it anyway. */
static enum twins_result
twins_unread(struct twins *tw, uint32_t i)
{
	switch (fault_of(errno)) {
	case FAULT_GONE:
		items_lose(tw->tw_snapshot, twins_item(tw, i));
		return (TWINS_LOST);
	case FAULT_MEANS:
	case FAULT_TEMP:
		return (TWINS_FAILED);
	default:
		tw->tw_secret = 1;
		tw->tw_snapshot->sn_drop->md_again = 1;
		return (TWINS_KNOWN);
	}
}

/* Read file i and remember its digest. */
static enum twins_result
twins_file(struct twins *tw, uint32_t i, uint64_t *size)
{
	struct twin		*file = &tw->tw_file[i];
	struct popcache_entry	*pe = twins_item(tw, i)->it_entry;
	struct stat		 st;
	int			 dir, error, fd = -1;

	dir = drop_dir(tw->tw_snapshot->sn_drop, popcache_dir(pe));
	if (dir != -1)
		fd = openat(dir, popcache_name(pe), DROP_OPEN);
	if (fd == -1)
		return (twins_unread(tw, i));
	file->twn_known = fstat(fd, &st) == 0 &&
	    twins_read(fd, &st, file->twn_digest, size) == 0;
	error = errno;
	close(fd);
	errno = error;
	if (!file->twn_known)
		return (twins_unread(tw, i));
	if (*size == (uint64_t)st.st_size)
		twins_remember(tw, pe, &st, file->twn_digest);
	return (TWINS_KNOWN);
}

/* Digest file i, if possible, so that it need not be read twice. */
static enum twins_result
twins_digest(struct twins *tw, uint32_t i)
{
	struct popcache_entry	*pe = twins_item(tw, i)->it_entry;
	enum twins_result	 result;
	uint64_t		 size = 0;

	if (twins_recall(tw, i, &size))
		tw->tw_file[i].twn_known = 1;
	else if ((result = twins_file(tw, i, &size)) != TWINS_KNOWN ||
	    !tw->tw_file[i].twn_known)
		return (result);
	if (size != le64toh(pe->pe_size)) {
		pe->pe_size = htole64(size);
		pe->pe_flags |= POPCACHE_UNSURE;
		items_news(tw->tw_snapshot, twins_item(tw, i));
	}
	return (TWINS_KNOWN);
}

/* Digest all of them.  Return the worst result. */
static enum twins_result
twins_digests(struct twins *tw)
{
	enum twins_result	 result, worst = TWINS_KNOWN;
	uint32_t		 i;

	tw->tw_secret = 0;
	for (i = 0; i < tw->tw_count; i++) {
		if ((result = twins_digest(tw, i)) > worst)
			worst = result;
		if (worst == TWINS_FAILED)
			break;
	}
	return (worst);
}

/* Return whether two files are known to have the same octets. */
static int
twins_equal(const struct twin *a, const struct twin *b)
{
	return (a->twn_known && b->twn_known && memcmp(a->twn_digest,
	    b->twn_digest, POPCACHE_DIGEST_LEN) == 0);
}

/* Merge files with the same octets into one message. */
static void
twins_copies(struct twins *tw)
{
	uint32_t	 i, j;

	for (i = 0; i < tw->tw_count; i++)
		for (j = i + 1; j < tw->tw_count;) {
			if (twins_equal(&tw->tw_file[i], &tw->tw_file[j]))
				twins_second(tw, i, j);
			else
				j++;
		}
}

/*
 * Make the unique-id of file i from its base name and its octets or, while
 * these cannot be read, its number.
 */
static void
twins_uidl(const struct twins *tw, uint32_t i,
    unsigned char uidl[POPCACHE_DIGEST_LEN])
{
	const struct twin		*file = &tw->tw_file[i];
	const struct popcache_entry	*pe = twins_item(tw, i)->it_entry;
	uint64_t			 ino = htole64(popcache_ino(pe));
	SHA2_CTX			 ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)popcache_name(pe),
	    pe->pe_base_len);
	if (file->twn_known) {
		SHA256Update(&ctx, (const uint8_t *)"", 1);
		SHA256Update(&ctx, file->twn_digest, POPCACHE_DIGEST_LEN);
	} else {
		SHA256Update(&ctx, (const uint8_t *)"/", 1);
		SHA256Update(&ctx, (const uint8_t *)&ino, sizeof(ino));
	}
	SHA256Final(uidl, &ctx);
}

/* Make file i a message of its own.  Return 0, or -1 with errno ENOMEM. */
static int
twins_part(struct twins *tw, uint32_t i)
{
	struct item		*it = twins_item(tw, i);
	struct popcache_facts	 pf;
	unsigned char		 uidl[POPCACHE_DIGEST_LEN];

	/* While one of them is unreadable, all keep what they had. */
	if (tw->tw_secret && it->it_flags & ITEM_KNOWN)
		return (0);
	twins_uidl(tw, i, uidl);
	if (it->it_entry->pe_flags & POPCACHE_TWIN &&
	    memcmp(it->it_entry->pe_text, uidl, sizeof(uidl)) == 0)
		return (0);
	popcache_facts(it->it_entry, &pf);
	pf.pf_uidl = NULL;
	pf.pf_digest = uidl;
	if (pf.pf_flags & POPCACHE_NAMED) {
		pf.pf_flags &= ~(unsigned int)POPCACHE_NAMED;
		pf.pf_flags |= POPCACHE_UNSURE;
		pf.pf_order = 0;
	}
	pf.pf_flags |= POPCACHE_TWIN;
	return (items_remake(tw->tw_snapshot, it, &pf));
}

/*
 * Let the only message of its name inherit from a missing one in popcache: by
 * the rules of a maildir it is the same message, copied or restored.
 */
static int
twins_inherit(struct twins *tw)
{
	struct snapshot			*sn = tw->tw_snapshot;
	struct item			*it = twins_item(tw, 0);
	const struct popcache_entry	*old;
	struct popcache_facts		 pf, facts;

	if (tw->tw_gone == 0 || it->it_flags & ITEM_KNOWN)
		return (0);
	old = sn->sn_item[tw->tw_gone - 1].it_entry;
	popcache_facts(old, &facts);
	popcache_facts(it->it_entry, &pf);
	if (pf.pf_order == facts.pf_order)
		return (0);
	pf.pf_uidl = facts.pf_uidl;
	pf.pf_uidl_len = facts.pf_uidl_len;
	pf.pf_digest = facts.pf_digest;
	pf.pf_order = facts.pf_order;
	pf.pf_flags |= facts.pf_flags & POPCACHE_NAMED;
	return (items_remake(sn, it, &pf));
}

/*
 * Return whether the name has, and ever had, only one message: popcache knows
 * no other of it with different octets.  -1 with errno set.
 */
static int
twins_single(struct twins *tw)
{
	const struct item	*it = twins_item(tw, 0);
	int			 other;

	if (tw->tw_count != 1 || tw->tw_history)
		return (0);
	if (tw->tw_gone == 0 || it->it_flags & ITEM_KNOWN)
		return (1);
	other = twins_other(tw, it,
	    tw->tw_snapshot->sn_item[tw->tw_gone - 1].it_entry);
	return (other == -1 ? -1 : !other);
}

/*
 * Resolve the files of one base name: names of one file, then files with the
 * same octets, become one message; each remaining file is a message of its own.
 * Return 0, or -1 with errno set.
 */
static int
twins_resolve_name(struct twins *tw, uint32_t head, int last)
{
	uint32_t	 i;
	int		 single;

	if (twins_collect(tw, head) == -1)
		return (-1);
	if (tw->tw_count == 0)
		return (0);
	twins_links(tw);
	if ((single = twins_single(tw)) != 0)
		return (single == -1 ? -1 : twins_inherit(tw));
	switch (twins_digests(tw)) {
	case TWINS_FAILED:
		return (-1);
	case TWINS_LOST:
		if (!last)
			return (0);
		break;
	case TWINS_KNOWN:
		break;
	}
	twins_copies(tw);
	if ((single = twins_single(tw)) != 0)
		return (single == -1 ? -1 : twins_inherit(tw));
	for (i = 0; i < tw->tw_count; i++)
		if (twins_part(tw, i) == -1)
			return (-1);
	return (0);
}

/* Return whether a base name, by its first item, needs to be resolved. */
static int
twins_wanted(const struct snapshot *sn, const struct item *it)
{
	unsigned int	 flags = it->it_entry->pe_flags;

	/* A file in place of a twin may be any of the twins. */
	return (it->it_next != 0 ||
	    (flags & POPCACHE_TWIN && flags & POPCACHE_UNSURE) ||
	    items_dead(sn, it) != NULL);
}

int
twins_resolve(struct snapshot *sn, int last)
{
	struct twins	 tw;
	uint32_t	 i;
	int		 error, r = 0;

	memset(&tw, 0, sizeof(tw));
	tw.tw_snapshot = sn;
	for (i = 0; i < sn->sn_count && r == 0; i++)
		if (sn->sn_item[i].it_flags & ITEM_FIRST &&
		    twins_wanted(sn, &sn->sn_item[i]))
			r = twins_resolve_name(&tw, i, last);
	error = errno;
	free(tw.tw_file);
	errno = error;
	return (r);
}
