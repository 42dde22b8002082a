/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The octets of a message as sent by RETR (RFC 1939 section 11): every line
 * ends in CRLF, dot-stuffing is not counted.
 */

#ifndef OCTETS_H
#define OCTETS_H

#include <sys/types.h>
#include <stdint.h>

/* A count over any number of pieces. */
struct octets {
	uint64_t	oc_size;	/* octets taken in */
	uint64_t	oc_bare;	/* LFs without a CR before them */
	unsigned char	oc_last;	/* the last octet; '\n' at first */
};

void		 octets_init(struct octets *);
void		 octets_add(struct octets *, const void *, size_t);

/*
 * Return what RETR will send: each bare LF gets a CR, and a last line without
 * LF gets CRLF.  A CR without LF after it is an octet like any other.
 */
uint64_t	 octets_total(const struct octets *);

/*
 * Count a whole open file from its start, with pread(2).  expect, the size from
 * fstat(2), only saves a read at the end of a small file.  Set *size to the
 * bytes read from disk, *total to the octets RETR will send.  Return 0, or -1
 * with errno set.
 */
int		 octets_file(int, uint64_t, uint64_t *, uint64_t *);

#endif
