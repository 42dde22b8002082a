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

#include "limits.h"
#include "maildir.h"

#define POPCACHE_FILE		"popcache"
#define POPCACHE_NEW_FILE	"popcache.new"

#define POPCACHE_HEADER_LEN	160	/* octets of the header */
#define POPCACHE_ENTRY_LEN	48	/* octets of an entry before its text */
#define POPCACHE_DIGEST_LEN	32	/* SHA-256 of the base name */

/* The largest file that is read: more than five million messages. */
#define POPCACHE_SIZE_MAX	((uint64_t)1 << 30)

enum popcache_flag {
	POPCACHE_IN_CUR		= 0x01,
	POPCACHE_IMPORTED	= 0x02,	/* UIDL text, not the digest */
	POPCACHE_TWICE		= 0x04,	/* another file has the base name */
	POPCACHE_FLAGS		= 0x07,
	POPCACHE_UNSURE		= 0x80	/* in memory: size is to be counted */
};

/*
 * An entry as it is in the file, all numbers little-endian.  Behind it:
 * the UIDL (32 octets of digest, or pe_uidl_len octets of text, with zeros
 * to a multiple of 8), then the file's name, base name and suffix, a NUL, and
 * zeros to a multiple of 8.
 */
struct popcache_entry {
	uint32_t	pe_magic;
	uint16_t	pe_words;	/* length of all of it in 8 octets */
	uint8_t		pe_flags;	/* enum popcache_flag */
	uint8_t		pe_uidl_len;	/* 0 for a digest */
	uint8_t		pe_base_len;
	uint8_t		pe_name_len;	/* base name and suffix */
	uint8_t		pe_zero[6];
	uint64_t	pe_size;	/* octets on disk */
	uint64_t	pe_octets;	/* octets as sent */
	uint64_t	pe_order;
	uint64_t	pe_sum;		/* of all of it but this field */
	unsigned char	pe_text[];
};

static inline size_t
popcache_entry_len(const struct popcache_entry *pe)
{
	return (size_t)le16toh(pe->pe_words) * 8;
}

static inline uint64_t
popcache_octets(const struct popcache_entry *pe)
{
	return le64toh(pe->pe_octets);
}

static inline uint64_t
popcache_order(const struct popcache_entry *pe)
{
	return le64toh(pe->pe_order);
}

static inline size_t
popcache_uidl_space(const struct popcache_entry *pe)
{
	return pe->pe_uidl_len == 0 ? POPCACHE_DIGEST_LEN :
	    (pe->pe_uidl_len + 7u) & ~7u;
}

/* The file's name, with a NUL at its end. */
static inline const char *
popcache_name(const struct popcache_entry *pe)
{
	return (const char *)pe->pe_text + popcache_uidl_space(pe);
}

static inline enum maildir_dir
popcache_dir(const struct popcache_entry *pe)
{
	return pe->pe_flags & POPCACHE_IN_CUR ? MAILDIR_CUR : MAILDIR_NEW;
}

/* What the header says. */
struct popcache_info {
	uint64_t		pi_covered;	/* octets it speaks for */
	uint32_t		pi_count;	/* messages */
	uint64_t		pi_octets;	/* of them all */
	struct maildir_stamp	pi_stamp[MAILDIR_DIRS];
	int			pi_stamped;	/* stamps are not only names */
};

enum popcache_state {
	POPCACHE_NONE,		/* no file, or none that can be read */
	POPCACHE_GOOD,		/* the header is good */
	POPCACHE_DAMAGED,	/* a file without a good header */
};

struct popcache_chunk;

struct popcache {
	enum popcache_state	  pc_state;
	int			  pc_fd;	/* -1 with POPCACHE_NONE */
	struct popcache_info	  pc_info;	/* with POPCACHE_GOOD */
	unsigned char		 *pc_buf;	/* what was read of the file */
	uint64_t		  pc_len;	/* and how much */
	struct popcache_entry	**pc_entry;	/* in the order of the file */
	size_t			  pc_count;
	size_t			  pc_room;
	size_t			  pc_covered;	/* of them in pi_covered */
	int			  pc_whole;	/* nothing in it was damaged */
	int			  pc_clean;	/* all of it is entries */
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

/*
 * Read the entries: those that the header covers or, with all, every one in
 * the file that has a good checksum.  A file of the original pop is converted
 * on the way (all its sizes are POPCACHE_UNSURE).  pc_whole says whether the
 * file was what its header says.  0, or -1 and errno (ENOMEM, EIO): there
 * are no entries then.
 */
int		 popcache_load(struct popcache *, int);

/* What an entry is made of. */
struct popcache_facts {
	const char	*pf_name;	/* base name and suffix */
	size_t		 pf_name_len;	/* at most MAILNAME_MAX */
	const char	*pf_uidl;	/* NULL: the default */
	size_t		 pf_uidl_len;
	uint64_t	 pf_size;
	uint64_t	 pf_octets;
	uint64_t	 pf_order;
	unsigned int	 pf_flags;	/* POPCACHE_IMPORTED is not needed */
};

/*
 * Make an entry that lives as long as the popcache, its checksum not yet
 * set.  NULL and errno ENOMEM.
 */
struct popcache_entry	*popcache_make(struct popcache *,
			    const struct popcache_facts *);

/* The facts of an entry; pf_name and pf_uidl point into it. */
void		 popcache_facts(const struct popcache_entry *,
		    struct popcache_facts *);

/* Give an entry its checksum (flags that are only in memory go). */
void		 popcache_seal(struct popcache_entry *);

/* Below zero, zero, above zero: the order of messages in a list. */
int		 popcache_compare(const struct popcache_entry *,
		    const struct popcache_entry *);

/* The UIDL as text into buf; its length, no NUL. */
size_t		 popcache_uidl(const struct popcache_entry *,
		    char [UIDL_MAX]);

/* Whether text can be a UIDL: 1 to 70 octets of 0x21 to 0x7e. */
int		 popcache_uidl_ok(const char *, size_t);

/* A hash of octets, for tables and checksums of our own. */
uint64_t	 popcache_hash(const void *, size_t);

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
 * and put it in the place of popcache below the directory.  info has the
 * stamps and gets count, octets and covered length.  What was appended to the
 * old file since it was loaded goes to the end of the new one, so the caller
 * holds the index lock.  0: pc_fd is fd now.  -1 and errno: fd is closed and
 * its file removed.
 */
int		 popcache_replace(struct popcache *, int, int,
		    struct popcache_entry **, uint32_t,
		    struct popcache_info *);

/*
 * Write what the list (n entries in order) has more than the pc_count entries
 * that were loaded, all of which it begins with, behind them, and a header
 * that covers all.  info has stamps, count and octets, and gets the covered
 * length.  The caller holds the index lock.  0, or -1 and errno (ESTALE: the
 * file has grown since it was loaded).
 */
int		 popcache_extend(struct popcache *, struct popcache_entry **,
		    uint32_t, struct popcache_info *);

/* Write a header in place.  0, or -1 and errno. */
int		 popcache_restamp(struct popcache *,
		    const struct popcache_info *);

/*
 * Give the entry at an offset of the file, which is pe, another count of
 * octets; pe itself stays.  0, or -1 and errno (ESTALE: something else is
 * there).
 */
int		 popcache_correct(struct popcache *, uint64_t,
		    const struct popcache_entry *, uint64_t);

/*
 * Append one entry to the index below a directory, under the index lock, if
 * there is a good one.  1 if that was done, 0 if not: the mail will be
 * found without it.
 */
int		 popcache_append(int, struct popcache_entry *);

#endif
