/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The source of a connection: an address in a form for messages, log lines and
 * tables of counters.
 */

#ifndef SOURCE_H
#define SOURCE_H

#include <sys/types.h>
#include <stdint.h>

struct sockaddr;

struct source {
	uint8_t		 so_addr[16];	/* network order; IPv4 in the first 4 */
	uint16_t	 so_port;	/* host order */
	uint8_t		 so_version;	/* 4, 6, or 0: unknown */
	uint8_t		 so_unused[5];
};

#define SOURCE_TEXT_MAX	48

/*
 * Fill in from an address of accept(2).  An IPv4 address mapped into IPv6 is
 * taken as IPv4, so that both kinds of socket count alike.
 */
void	 source_from(struct source *, const struct sockaddr *);

/* Write the address, without the port, into buf; return buf. */
char	*source_text(const struct source *, char *, size_t);

/*
 * What counts as one source: the IPv4 address or the IPv6 /64.  Equal sources
 * have equal keys; compare with memcmp.
 */
struct source_key {
	uint8_t		 sk_bytes[9];
};

void	 source_key(const struct source *, struct source_key *);

/* The reverse; what the key lacks is 0. */
void	 source_of_key(const struct source_key *, struct source *);

/*
 * Set the network of a source at a level: 0 is the source itself as in
 * source_key(), the IPv4 /32 or the IPv6 /64; 1 the /24 or the /56; 2 the /24
 * or the /48.  Keys of different levels may be equal.
 */
#define SOURCE_LEVELS	3
void	 source_net(const struct source *, unsigned int, struct source_key *);

/* Return whether both are of one version and share their first bits. */
int	 source_within(const struct source *, const struct source *net,
	    unsigned int bits);

#endif
