/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The index of one maildir; popcache(5) describes the file and what may be
 * relied on.  In memory the entries are used in place, as they were read:
 * no allocation and no conversion for each of 100,000 messages.
 */

#ifndef POPCACHE_H
#define POPCACHE_H

#include <sys/types.h>
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "limits.h"
#include "maildir.h"

#define POPCACHE_FILE		"popcache"
#define POPCACHE_NEW_FILE	"popcache.new"

#define POPCACHE_HEADER_LEN	224	/* octets of the header */
#define POPCACHE_ENTRY_LEN	48	/* octets of an entry before its text */
#define POPCACHE_DIGEST_LEN	32	/* SHA-256 */

enum popcache_flag {
	POPCACHE_IN_CUR	= 0x01,
	POPCACHE_NAMED	= 0x02,		/* in popuidl: order is its line */
	POPCACHE_TWIN	= 0x04,		/* UIDL of the octets, too */
	POPCACHE_UNSURE	= 0x08,		/* octets are to be counted */
	POPCACHE_DEAD	= 0x10,		/* removed: no message any more */
	POPCACHE_FLAGS	= 0x1f
};

/*
 * An entry as it is in the file, all numbers little-endian.  After it:
 * the UIDL (32 octets of digest, or pe_uidl_len octets of text, with zeros
 * to a multiple of 8), then the file's name, base name and suffix, a NUL, and
 * zeros to a multiple of 8, with room for flags to come.
 */
struct popcache_entry {
	uint32_t	 pe_magic;
	uint16_t	 pe_words;	/* length of all of it in 8 octets */
	uint8_t		 pe_flags;	/* enum popcache_flag */
	uint8_t		 pe_uidl_len;	/* 0 for a digest */
	uint8_t		 pe_base_len;
	uint8_t		 pe_name_len;	/* base name and suffix */
	uint8_t		 pe_ino[6];	/* of maildir_ino() */
	uint64_t	 pe_size;	/* octets on disk */
	uint64_t	 pe_octets;	/* octets as sent */
	uint64_t	 pe_order;
	uint64_t	 pe_sum;	/* of all of it but this field */
	unsigned char	 pe_text[];
};

static inline size_t
popcache_entry_len(const struct popcache_entry *pe)
{
	return ((size_t)le16toh(pe->pe_words) * 8);
}

static inline uint64_t
popcache_octets(const struct popcache_entry *pe)
{
	return (le64toh(pe->pe_octets));
}

static inline uint64_t
popcache_order(const struct popcache_entry *pe)
{
	return (le64toh(pe->pe_order));
}

static inline size_t
popcache_uidl_space(const struct popcache_entry *pe)
{
	return (pe->pe_uidl_len == 0 ? POPCACHE_DIGEST_LEN :
	    (pe->pe_uidl_len + 7u) & ~7u);
}

/* The file's name, with a NUL at its end. */
static inline const char *
popcache_name(const struct popcache_entry *pe)
{
	return ((const char *)pe->pe_text + popcache_uidl_space(pe));
}

static inline enum maildir_dir
popcache_dir(const struct popcache_entry *pe)
{
	return (pe->pe_flags & POPCACHE_IN_CUR ? MAILDIR_CUR : MAILDIR_NEW);
}

enum popcache_info_flag {
	POPCACHE_STAMPED = 0x01,	/* the stamps are not only names */
	POPCACHE_AGAIN	= 0x02,		/* some files want another look */
	POPCACHE_INFO	= 0x03
};

/* What the header says. */
struct popcache_info {
	uint64_t		 pi_covered;	/* octets it speaks for */
	uint64_t		 pi_octets;	/* of all messages */
	uint64_t		 pi_last;	/* where the last is, or 0 */
	uint32_t		 pi_count[MAILDIR_DIRS];	/* messages */
	uint32_t		 pi_dead;	/* entries that are dead */
	uint32_t		 pi_flags;	/* enum popcache_info_flag */
	uint64_t		 pi_names[MAILDIR_DIRS]; /* sums of names */
	struct maildir_stamp	 pi_stamp[MAILDIR_DIRS];
	struct maildir_stamp	 pi_uidls;	/* of popuidl */
};

static inline uint32_t
popcache_info_count(const struct popcache_info *pi)
{
	return (pi->pi_count[MAILDIR_NEW] + pi->pi_count[MAILDIR_CUR]);
}

/*
 * The numbers of info, all but stamps and flags, as in another, or with NULL
 * as they are without any entry.
 */
void		 popcache_info_numbers(struct popcache_info *,
		    const struct popcache_info *);

/*
 * An entry comes to them, the last in the order, at this place of the file;
 * or goes (pi_last and pi_dead are then the caller's).
 */
void		 popcache_info_add(struct popcache_info *,
		    const struct popcache_entry *, uint64_t);
void		 popcache_info_remove(struct popcache_info *,
		    const struct popcache_entry *);

enum popcache_state {
	POPCACHE_NONE,		/* no file */
	POPCACHE_BARRED,	/* one not ours to read or replace now */
	POPCACHE_GOOD,		/* the header is good */
	POPCACHE_CUT,		/* good, but it covers more than there is */
	POPCACHE_DAMAGED,	/* a file without a good header */
};

struct popcache_chunk;

struct popcache {
	enum popcache_state	  pc_state;
	int			  pc_fd;	/* -1: NONE, BARRED */
	uint64_t		  pc_size;	/* of the file when opened */
	struct popcache_info	  pc_info;	/* with GOOD and CUT */
	unsigned char		 *pc_buf;	/* what was read of the file */
	uint64_t		  pc_base;	/* from where on */
	uint64_t		  pc_len;	/* and how much */
	struct popcache_entry	**pc_entry;	/* in the order of the file */
	size_t			  pc_count;
	size_t			  pc_room;
	size_t			  pc_covered;	/* of them in pi_covered */
	struct popcache_entry	**pc_dead;	/* what was removed */
	size_t			  pc_deads;
	size_t			  pc_dead_room;
	int			  pc_whole;	/* nothing in it was damaged */
	int			  pc_clean;	/* all of it is entries */

	/* Where items of a list are that was written: for popcache_place(). */
	uint32_t		  pc_from;	/* in order from this one on */
	uint64_t		  pc_from_at;	/* which is there */
	uint32_t		  pc_near;	/* the last one asked for */
	uint64_t		  pc_near_at;

	struct popcache_chunk	 *pc_chunk;	/* entries made by us */
};

/*
 * Open the index below a directory and read its header, no more.  Sets
 * pc_state; what is wrong with the file is logged.  Frees nothing: call
 * popcache_close() once for each.
 */
void		 popcache_open(struct popcache *, int);
void		 popcache_close(struct popcache *);

/* Free the entries and forget them; the file stays open. */
void		 popcache_forget(struct popcache *);

/* How much of the file is wanted. */
enum popcache_part {
	POPCACHE_COVERED,	/* what the header speaks for */
	POPCACHE_TAIL,		/* what was appended after that */
	POPCACHE_ALL
};

/*
 * Read the entries of a part of the file that have a good checksum, those
 * that are dead apart.  pc_whole says whether the covered part was what its
 * header says (not with POPCACHE_TAIL), pc_clean whether there was nothing
 * else in it.  0, or -1 and errno (ENOMEM, EIO): there are no entries then.
 */
int		 popcache_load(struct popcache *, enum popcache_part);

/* An entry is that of a removed message from now on.  0, or -1: ENOMEM. */
int		 popcache_bury(struct popcache *, struct popcache_entry *);

/* What an entry is made of. */
struct popcache_facts {
	const char		*pf_name;	/* base name and suffix */
	size_t			 pf_name_len;	/* at most MAILNAME_MAX */
	const char		*pf_uidl;	/* text; NULL: a digest */
	size_t			 pf_uidl_len;
	const unsigned char	*pf_digest;	/* NULL: of the base name */
	uint64_t		 pf_ino;	/* maildir_ino(), or 0 */
	uint64_t		 pf_size;
	uint64_t		 pf_octets;
	uint64_t		 pf_order;
	unsigned int		 pf_flags;
};

/*
 * Make an entry that lives as long as the popcache, its checksum not yet
 * set.  NULL and errno ENOMEM.
 */
struct popcache_entry	*popcache_make(struct popcache *,
			    const struct popcache_facts *);

/* The facts of an entry; the pointers point into it. */
void		 popcache_facts(const struct popcache_entry *,
		    struct popcache_facts *);

/* The number of the file, as maildir_ino() has it. */
uint64_t	 popcache_ino(const struct popcache_entry *);
void		 popcache_set_ino(struct popcache_entry *, uint64_t);

/* Whether an entry is that of this name in this directory. */
int		 popcache_is(const struct popcache_entry *, enum maildir_dir,
		    const char *, size_t);

/*
 * Give an entry in place the name that it will have in this directory, if it
 * has room for it.  1, or 0: unchanged.
 */
int		 popcache_rename(struct popcache_entry *, enum maildir_dir,
		    const char *, size_t);

/* Give an entry its checksum. */
void		 popcache_seal(struct popcache_entry *);

/* Below zero, zero, above zero: the order of messages in a list. */
int		 popcache_compare(const struct popcache_entry *,
		    const struct popcache_entry *);

/* The UIDL as text into buf; its length, no NUL. */
size_t		 popcache_uidl(const struct popcache_entry *,
		    char [UIDL_MAX]);

/* 32 octets as 64 hexadecimal digits, no NUL. */
void		 popcache_hex(const unsigned char [POPCACHE_DIGEST_LEN],
		    char [2 * POPCACHE_DIGEST_LEN]);

/* Whether text can be a UIDL: 1 to 70 octets of 0x21 to 0x7e. */
int		 popcache_uidl_ok(const char *, size_t);

/* A hash of octets, for tables and checksums of our own. */
uint64_t	 popcache_hash(const void *, size_t);

/*
 * What a file adds to the sum over a directory by which its names are known
 * to be those of the index: of its whole name and its number.
 */
uint64_t	 popcache_name_sum(const char *, size_t, uint64_t);
uint64_t	 popcache_entry_sum(const struct popcache_entry *);

/*
 * The index lock: flock(2) on tmp/ below the directory, tried for at most
 * INDEX_LOCK_MILLISECONDS.  A descriptor whose close releases it, or -1 and
 * errno (ENOENT: there is no tmp/; EWOULDBLOCK).
 */
int		 popcache_lock(int);

/*
 * Make POPCACHE_NEW_FILE below the directory, in place of an older one.  Its
 * descriptor and in *now the file system's clock, or -1 and errno.
 */
int		 popcache_begin(int, struct timespec *);

/*
 * Write the list (n entries in order) into the file of popcache_begin(), fd,
 * after it the last of pc_dead, and put it in the place of popcache.  info has
 * stamps and flags and gets the rest.  What was appended to the old file since
 * it was loaded goes to the end of the new one, so the caller holds the index
 * lock.  0: pc_fd is fd now.  -1 and errno: fd is closed and its file removed.
 */
int		 popcache_replace(struct popcache *pc, int dir, int fd,
		    struct popcache_entry **list, uint32_t n,
		    struct popcache_info *info);

/*
 * Write what the list (n entries in order) has more than the pc_count entries
 * that were loaded, all of which it begins with, at their end, and a header
 * that covers all.  info as with popcache_replace().  The caller holds the
 * index lock.  0, or -1 and errno (ESTALE: the file has grown since it was
 * loaded).
 */
int		 popcache_extend(struct popcache *, struct popcache_entry **,
		    uint32_t, struct popcache_info *);

/* Write a header in place.  0, or -1 and errno. */
int		 popcache_restamp(struct popcache *,
		    const struct popcache_info *);

/*
 * Where entry number i of a list that the file has is in it.  0 if the entry
 * is not one that was read or written.
 */
uint64_t	 popcache_place(struct popcache *, struct popcache_entry **,
		    uint32_t);

/*
 * Read the entry at a place into buf, which has POPCACHE_ENTRY_MAX octets.
 * NULL and errno; ESTALE: there is none of that length, or with len 0 none
 * at all.
 */
#define POPCACHE_ENTRY_MAX	(POPCACHE_ENTRY_LEN + 72 + 272)
struct popcache_entry	*popcache_get(const struct popcache *, uint64_t,
			    size_t, uint64_t [POPCACHE_ENTRY_MAX / 8]);

/* Write one entry, sealed, over that of its length.  0, or -1 and errno. */
int		 popcache_put(struct popcache *, uint64_t,
		    struct popcache_entry *);

/*
 * Append one entry to the index below a directory, under the index lock, if
 * there is a good one.  1 if that was done, 0 if not: the mail will be
 * found without it.
 */
int		 popcache_append(int, struct popcache_entry *);

#endif
