/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The octets of a message as RETR sends them (RFC 1939 section 11): every
 * line ends in CRLF, dots are not counted twice.
 */

#ifndef OCTETS_H
#define OCTETS_H

#include <sys/types.h>
#include <stdint.h>

/* A count over any number of pieces. */
struct octets {
	uint64_t	 oc_size;	/* octets taken in */
	uint64_t	 oc_bare;	/* LFs without a CR before them */
	unsigned char	 oc_last;	/* the last octet; '\n' at first */
};

void		 octets_init(struct octets *);
void		 octets_add(struct octets *, const void *, size_t);

/*
 * What RETR will send: each bare LF gets a CR, and a last line without LF
 * gets CRLF.  A CR that no LF follows is an octet like any other.
 */
uint64_t	 octets_total(const struct octets *);

/*
 * Count a whole open file from its start, with pread(2).  expect is the size
 * that fstat(2) gave: it saves a read at the end of a small file, and no
 * answer depends on it.  0, or -1 and errno.  *size gets the octets on disk
 * that were read, *total what RETR will send.
 */
int		 octets_file(int, uint64_t, uint64_t *, uint64_t *);

#endif
