/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The index of one maildir; popcache(5) describes the file and what may be
 * relied on.  In memory the entries are used in place, as read: no allocation
 * or conversion for each of 100,000 messages.
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
	POPCACHE_TWIN	= 0x04,		/* unique-id also hashes the octets */
	POPCACHE_UNSURE	= 0x08,		/* octets must be counted */
	POPCACHE_DEAD	= 0x10,		/* of a removed message */
	POPCACHE_OCTETS	= 0x20,		/* of no message: see below */
	POPCACHE_FLAGS	= 0x3f
};

/*
 * An entry as stored in the file, all numbers little-endian.  It is followed by
 * the unique-id (32 octets of digest, or pe_uidl_len octets of text, with zeros
 * to a multiple of 8), then the file's name, base name and suffix, a NUL, and
 * zeros to a multiple of 8, with room for more flags.
 *
 * With POPCACHE_OCTETS it tells the octets of one of several files of a base
 * name: the digest is theirs, pe_octets when the file last changed, and
 * pe_order whether this session needs it.
 */
struct popcache_entry {
	uint32_t	 pe_magic;
	uint16_t	 pe_words;	/* length of the whole in 8 octets */
	uint8_t		 pe_flags;	/* enum popcache_flag */
	uint8_t		 pe_uidl_len;	/* 0 for a digest */
	uint8_t		 pe_base_len;
	uint8_t		 pe_name_len;	/* base name and suffix */
	uint8_t		 pe_ino[6];	/* of maildir_ino() */
	uint64_t	 pe_size;	/* octets on disk */
	uint64_t	 pe_octets;	/* octets as sent */
	uint64_t	 pe_order;
	uint64_t	 pe_sum;	/* of all but this field */
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

/* Return the file's name, NUL-terminated. */
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
	POPCACHE_STAMPED = 0x01,	/* the stamps have times */
	POPCACHE_AGAIN	= 0x02,		/* some files need another look */
	POPCACHE_INFO	= 0x03
};

/* The contents of the header. */
struct popcache_info {
	uint64_t		 pi_covered;	/* octets it covers */
	uint64_t		 pi_octets;	/* of all messages */
	uint64_t		 pi_last;	/* place of the last, or 0 */
	uint32_t		 pi_count[MAILDIR_DIRS];	/* messages */
	uint32_t		 pi_dead;	/* dead entries */
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
 * Copy the numbers of info, all but stamps and flags, from another, or with
 * NULL set those of an index without entries.
 */
void		 popcache_info_numbers(struct popcache_info *,
		    const struct popcache_info *);

/*
 * Add an entry, the last in the order, at this place of the file; or remove one
 * (the caller sets pi_last and pi_dead).
 */
void		 popcache_info_add(struct popcache_info *,
		    const struct popcache_entry *, uint64_t);
void		 popcache_info_remove(struct popcache_info *,
		    const struct popcache_entry *);

enum popcache_state {
	POPCACHE_NONE,		/* no file */
	POPCACHE_BARRED,	/* not ours to read or replace now */
	POPCACHE_GOOD,		/* the header is good */
	POPCACHE_CUT,		/* valid, but covers more than exists */
	POPCACHE_DAMAGED,	/* without a valid header */
};

struct popcache_chunk;

struct popcache {
	enum popcache_state	  pc_state;
	int			  pc_fd;	/* -1: NONE, BARRED */
	uint64_t		  pc_size;	/* of the file when opened */
	struct popcache_info	  pc_info;	/* with GOOD and CUT */
	unsigned char		 *pc_buf;	/* part read of the file */
	uint64_t		  pc_base;	/* its offset */
	uint64_t		  pc_len;	/* and length */
	struct popcache_entry	**pc_entry;	/* in the order of the file */
	size_t			  pc_count;
	size_t			  pc_room;
	size_t			  pc_covered;	/* of them in pi_covered */
	struct popcache_entry	**pc_dead;	/* of removed messages */
	size_t			  pc_deads;
	size_t			  pc_dead_room;
	struct popcache_entry	**pc_octets;	/* POPCACHE_OCTETS */
	size_t			  pc_octets_count;
	size_t			  pc_octets_room;
	int			  pc_whole;	/* nothing damaged */
	int			  pc_clean;	/* nothing but entries */

	/* Places of the items of a written list: for popcache_place(). */
	uint32_t		  pc_from;	/* in order from this one */
	uint64_t		  pc_from_at;	/* whose place is this */
	uint32_t		  pc_near;	/* the last one asked for */
	uint64_t		  pc_near_at;

	struct popcache_chunk	 *pc_chunk;	/* entries made here */
};

/*
 * Open the index below a directory and read only its header.  Sets pc_state;
 * errors of the file are logged.  Frees nothing: call popcache_close() once for
 * each.
 */
void		 popcache_open(struct popcache *, int);
void		 popcache_close(struct popcache *);

/* Free all entries; the file stays open. */
void		 popcache_forget(struct popcache *);

/* The part of the file to read. */
enum popcache_part {
	POPCACHE_COVERED,	/* covered by the header */
	POPCACHE_TAIL,		/* appended after that */
	POPCACHE_ALL
};

/*
 * Read the entries with a valid checksum of a part of the file, dead ones
 * apart.  pc_whole becomes whether the covered part matches its header (not
 * with POPCACHE_TAIL), pc_clean whether it held only entries.  Return 0, or -1
 * with errno set (ENOMEM, EIO) and no entries.
 */
int		 popcache_load(struct popcache *, enum popcache_part);

/* Add an entry to its list.  Return 0, or -1 with errno ENOMEM. */
int		 popcache_add(struct popcache *, struct popcache_entry *);

/* Mark an entry as that of a removed message.  Return 0, or -1: ENOMEM. */
int		 popcache_bury(struct popcache *, struct popcache_entry *);

/* The parts of an entry. */
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
 * Make an entry that lives as long as the popcache, without its checksum.
 * Return NULL with errno ENOMEM if memory is short.
 */
struct popcache_entry	*popcache_make(struct popcache *,
			    const struct popcache_facts *);

/* Get the facts of an entry; the pointers point into it. */
void		 popcache_facts(const struct popcache_entry *,
		    struct popcache_facts *);

/* The number of the file, from maildir_ino(). */
uint64_t	 popcache_ino(const struct popcache_entry *);
void		 popcache_set_ino(struct popcache_entry *, uint64_t);

/* Return whether an entry has this name in this directory. */
int		 popcache_is(const struct popcache_entry *, enum maildir_dir,
		    const char *, size_t);

/*
 * Change the name and directory of an entry in place if it has room.  Return 1,
 * or 0: unchanged.
 */
int		 popcache_rename(struct popcache_entry *, enum maildir_dir,
		    const char *, size_t);

/* Set the checksum of an entry. */
void		 popcache_seal(struct popcache_entry *);

/* Compare for the order of messages in a list: below, equal, above zero. */
int		 popcache_compare(const struct popcache_entry *,
		    const struct popcache_entry *);

/* Write the unique-id as text into buf.  Return its length, no NUL. */
size_t		 popcache_uidl(const struct popcache_entry *,
		    char [UIDL_MAX]);

/* Write 32 octets as 64 hexadecimal digits, no NUL. */
void		 popcache_hex(const unsigned char [POPCACHE_DIGEST_LEN],
		    char [2 * POPCACHE_DIGEST_LEN]);

/* Return whether text can be a unique-id: 1 to 70 octets of 0x21 to 0x7e. */
int		 popcache_uidl_ok(const char *, size_t);

/* Hash octets, for tables and checksums of our own. */
uint64_t	 popcache_hash(const void *, size_t);

/*
 * Return what a file, by its whole name and number, adds to the sum over a
 * directory that tells whether its names are those of the index.
 */
uint64_t	 popcache_name_sum(const char *, size_t, uint64_t);
uint64_t	 popcache_entry_sum(const struct popcache_entry *);

/*
 * Take the index lock: flock(2) on tmp/ below the directory, tried for at most
 * INDEX_LOCK_MILLISECONDS.  Return a descriptor whose close releases it, or -1
 * with errno set (ENOENT: there is no tmp/; EWOULDBLOCK).
 */
int		 popcache_lock(int);

/*
 * Create POPCACHE_NEW_FILE below the directory, replacing an older one.  Return
 * its descriptor and set *now to the file system's clock, or -1 with errno set.
 */
int		 popcache_begin(int, struct timespec *);

/*
 * Write the list (n entries in order), the last of pc_dead and pc_octets as far
 * as needed into the file of popcache_begin(), fd, and rename it to popcache.
 * info has stamps and flags and gets the rest.  Entries appended to the old
 * file since it was loaded go to the end of the new one, so the caller holds
 * the index lock.  Return 0:
 * pc_fd is now fd; or -1 with errno set: fd is closed and its file removed.
 */
int		 popcache_replace(struct popcache *pc, int dir, int fd,
		    struct popcache_entry **list, uint32_t n,
		    struct popcache_info *info);

/*
 * Append the entries of the list (n entries in order) after the pc_count loaded
 * ones, with which it begins, to the file, and write a header that covers all.
 * info as with popcache_replace().  The caller holds the index lock.  Return 0,
 * or -1 with errno set (ESTALE: the file has grown since it was loaded).
 */
int		 popcache_extend(struct popcache *, struct popcache_entry **,
		    uint32_t, struct popcache_info *);

/* Write a header in place.  Return 0, or -1 with errno set. */
int		 popcache_restamp(struct popcache *,
		    const struct popcache_info *);

/*
 * Return the place in the file of entry i of a list that the file has; 0 if the
 * entry was neither read nor written.
 */
uint64_t	 popcache_place(struct popcache *, struct popcache_entry **,
		    uint32_t);

/*
 * Read the entry at a place into buf, of POPCACHE_ENTRY_MAX octets.  Return
 * NULL with errno set; ESTALE: there is none of length len, or, with len 0, of
 * any.
 */
#define POPCACHE_ENTRY_MAX	(POPCACHE_ENTRY_LEN + 72 + 272)
struct popcache_entry	*popcache_get(const struct popcache *, uint64_t,
			    size_t, uint64_t [POPCACHE_ENTRY_MAX / 8]);

/*
 * Seal an entry and write it over one of its length.  Return 0, or -1 and
 * errno.
 */
int		 popcache_put(struct popcache *, uint64_t,
		    struct popcache_entry *);

/*
 * Append an entry to the index below a directory, under the index lock, if the
 * index is valid.  Return 1, or 0 if that was not possible: the mail will be
 * found without it.
 */
int		 popcache_append(int, struct popcache_entry *);

#endif
