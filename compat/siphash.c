/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * SipHash-2-4, from Aumasson and Bernstein, "SipHash: a fast short-input PRF"
 * (2012), with their names v0 to v3, m and b.
 */

#include <sys/types.h>

#include <endian.h>
#include <siphash.h>
#include <string.h>

struct state {
	uint64_t	 v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, unsigned int bits)
{
	return (x << bits | x >> (64 - bits));
}

static void
rounds(struct state *s, unsigned int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

static void
compress(struct state *s, uint64_t m)
{
	s->v3 ^= m;
	rounds(s, 2);
	s->v0 ^= m;
}

uint64_t
SipHash24(const SIPHASH_KEY *key, const void *data, size_t len)
{
	const unsigned char	*p = data;
	struct state		 s;
	uint64_t		 k0 = le64toh(key->k0), k1 = le64toh(key->k1);
	uint64_t		 m, b = 0;
	size_t			 left;

	s.v0 = k0 ^ 0x736f6d6570736575;
	s.v1 = k1 ^ 0x646f72616e646f6d;
	s.v2 = k0 ^ 0x6c7967656e657261;
	s.v3 = k1 ^ 0x7465646279746573;
	for (left = len; left >= sizeof(m); left -= sizeof(m)) {
		memcpy(&m, p, sizeof(m));
		compress(&s, le64toh(m));
		p += sizeof(m);
	}
	/* The last octets, and the length in the highest one. */
	memcpy(&b, p, left);
	compress(&s, le64toh(b) | (uint64_t)len << 56);
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return (s.v0 ^ s.v1 ^ s.v2 ^ s.v3);
}
