/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Addresses of clients.  See source.h.
 */

#include <sys/socket.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <stdio.h>
#include <string.h>

#include "source.h"

void
source_from(struct source *so, const struct sockaddr *sa)
{
	struct sockaddr_in	 sin;
	struct sockaddr_in6	 sin6;

	memset(so, 0, sizeof(*so));
	if (sa->sa_family == AF_INET) {
		memcpy(&sin, sa, sizeof(sin));
		so->so_version = 4;
		so->so_port = ntohs(sin.sin_port);
		memcpy(so->so_addr, &sin.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&sin6, sa, sizeof(sin6));
		so->so_port = ntohs(sin6.sin6_port);
		if (IN6_IS_ADDR_V4MAPPED(&sin6.sin6_addr)) {
			so->so_version = 4;
			memcpy(so->so_addr, &sin6.sin6_addr.s6_addr[12], 4);
		} else {
			so->so_version = 6;
			memcpy(so->so_addr, &sin6.sin6_addr, 16);
		}
	}
}

char *
source_text(const struct source *so, char *buf, size_t size)
{
	int	 family;

	family = so->so_version == 4 ? AF_INET : AF_INET6;
	if (so->so_version == 0 ||
	    inet_ntop(family, so->so_addr, buf, size) == NULL)
		snprintf(buf, size, "unknown");
	return (buf);
}

void
source_key(const struct source *so, struct source_key *sk)
{
	memset(sk, 0, sizeof(*sk));
	sk->sk_bytes[0] = so->so_version;
	memcpy(sk->sk_bytes + 1, so->so_addr, so->so_version == 4 ? 4 : 8);
}

void
source_of_key(const struct source_key *sk, struct source *so)
{
	memset(so, 0, sizeof(*so));
	so->so_version = sk->sk_bytes[0];
	memcpy(so->so_addr, sk->sk_bytes + 1, sizeof(sk->sk_bytes) - 1);
}

void
source_net(const struct source *so, unsigned int level, struct source_key *sk)
{
	size_t	 octets;

	source_key(so, sk);
	if (so->so_version == 4)
		octets = level == 0 ? 4 : 3;
	else
		octets = 8 - level;
	memset(sk->sk_bytes + 1 + octets, 0, sizeof(sk->sk_bytes) - 1 - octets);
}

int
source_within(const struct source *so, const struct source *net,
    unsigned int bits)
{
	unsigned int	 octets = bits / 8, rest = bits % 8;

	if (so->so_version != net->so_version || so->so_version == 0 ||
	    bits > (so->so_version == 4 ? 32 : 128) ||
	    memcmp(so->so_addr, net->so_addr, octets) != 0)
		return (0);
	return (rest == 0 ||
	    (so->so_addr[octets] ^ net->so_addr[octets]) >> (8 - rest) == 0);
}
