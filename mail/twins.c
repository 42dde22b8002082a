/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
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

/* What is known of the octets of one file. */
struct twin {
	uint32_t	 twn_item;
	int		 twn_known;	/* twn_digest is that of its octets */
	unsigned char	 twn_digest[POPCACHE_DIGEST_LEN];
};

/* All files of one base name that are there. */
struct twins {
	struct snapshot	*tw_snapshot;
	struct twin	*tw_file;
	uint32_t	 tw_count;
	uint32_t	 tw_room;
	int		 tw_history;	/* popcache has twins of this name */
	int		 tw_secret;	/* one of them is not to be read */
	uint32_t	 tw_gone;	/* + 1: known, not there any more */
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
 * Whether a file has another size than a message that was known by its name:
 * then its octets are others, and it is not that message restored.  -1 and
 * errno if nobody can tell.
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

/* The files of the base name whose first item this is. */
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

/* File i leaves the list. */
static void
twins_drop(struct twins *tw, uint32_t i)
{
	tw->tw_count--;
	memmove(&tw->tw_file[i], &tw->tw_file[i + 1],
	    (tw->tw_count - i) * sizeof(tw->tw_file[0]));
}

/* File j is another name of the message that file i is. */
static void
twins_second(struct twins *tw, uint32_t i, uint32_t j)
{
	struct item	*it = twins_item(tw, j);

	it->it_flags |= ITEM_SECOND;
	it->it_main = tw->tw_file[i].twn_item;
	twins_drop(tw, j);
}

/* The file under a name.  0, or -1 and errno. */
static int
twins_stat(const struct twins *tw, uint32_t i, struct stat *st)
{
	const struct popcache_entry	*pe = twins_item(tw, i)->it_entry;
	int				 dir;

	dir = drop_dir(tw->tw_snapshot->sn_drop, popcache_dir(pe));
	return (dir == -1 ? -1 : fstatat(dir, popcache_name(pe), st,
	    AT_SYMLINK_NOFOLLOW));
}

/* Whether two names have one number, which directories may make up. */
static int
twins_same_ino(const struct twins *tw, uint32_t i, uint32_t j)
{
	uint64_t	 ino = popcache_ino(twins_item(tw, i)->it_entry);

	return (i != j && ino != 0 &&
	    popcache_ino(twins_item(tw, j)->it_entry) == ino);
}

/* Whether a name has the number of another one, and no file. */
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

/* Whether two names are those of one file. */
static int
twins_one_file(const struct twins *tw, uint32_t i, uint32_t j)
{
	struct stat	 a, b;

	return (twins_same_ino(tw, i, j) && twins_stat(tw, i, &a) == 0 &&
	    twins_stat(tw, j, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino);
}

/*
 * Names of one file.  A file that was renamed while the names were read is
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

/* The digest of an open file, and its size.  0, or -1 if it has none. */
static int
twins_read(int fd, unsigned char digest[POPCACHE_DIGEST_LEN], uint64_t *size)
{
	static unsigned char	 buf[CHUNK];
	struct stat		 st;
	SHA2_CTX		 ctx;
	ssize_t			 n;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
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

/* What came of asking for the octets of a file. */
enum twins_result {
	TWINS_KNOWN,		/* or somebody has to make it readable */
	TWINS_LOST,		/* it was renamed meanwhile */
	TWINS_FAILED		/* errno: it may be known the next time */
};

/* Why file i cannot be read now: to be listed all the same, or not. */
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

/* The octets of file i, if they can be had; nobody has to read them twice. */
static enum twins_result
twins_digest(struct twins *tw, uint32_t i)
{
	struct twin		*file = &tw->tw_file[i];
	struct maildrop		*md = tw->tw_snapshot->sn_drop;
	struct popcache_entry	*pe = twins_item(tw, i)->it_entry;
	uint64_t		 size = 0;
	int			 dir, error, fd = -1;

	if ((dir = drop_dir(md, popcache_dir(pe))) != -1)
		fd = openat(dir, popcache_name(pe), DROP_OPEN);
	if (fd == -1)
		return (twins_unread(tw, i));
	file->twn_known = twins_read(fd, file->twn_digest, &size) == 0;
	error = errno;
	close(fd);
	errno = error;
	if (!file->twn_known)
		return (twins_unread(tw, i));
	if (size != le64toh(pe->pe_size)) {
		pe->pe_size = htole64(size);
		pe->pe_flags |= POPCACHE_UNSURE;
		items_news(tw->tw_snapshot, twins_item(tw, i));
	}
	return (TWINS_KNOWN);
}

/* The octets of all.  The worst that came of it. */
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

/* Whether two files have the same octets, as far as is known. */
static int
twins_equal(const struct twin *a, const struct twin *b)
{
	return (a->twn_known && b->twn_known && memcmp(a->twn_digest,
	    b->twn_digest, POPCACHE_DIGEST_LEN) == 0);
}

/* Files with the same octets become one message. */
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
 * The UIDL of file i: of its base name and its octets or, as long as nobody
 * can read these, of its number.
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

/* File i is a message of its own.  0, or -1 and errno ENOMEM. */
static int
twins_part(struct twins *tw, uint32_t i)
{
	struct item		*it = twins_item(tw, i);
	struct popcache_facts	 pf;
	unsigned char		 uidl[POPCACHE_DIGEST_LEN];

	/* As long as one of them cannot be read, all keep what they had. */
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
 * The only message of its name took the place of one that popcache knows: by
 * the rules of a maildir it is that one, copied or restored.
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
 * Whether there is only one message of the name, and never was another: none
 * that popcache knew, and that its octets are not those of.  -1 and errno.
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
 * The files of one base name: first the names of one file, then the files
 * with the same octets become one message; if there are others still, each is
 * its own.  0, or -1 and errno.
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

/* Whether the first of a base name has something to be sorted out. */
static int
twins_wanted(const struct snapshot *sn, const struct item *it)
{
	unsigned int	 flags = it->it_entry->pe_flags;

	/* Another file in the place of one of twins may be any of them. */
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
