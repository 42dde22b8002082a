/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Count the octets of a message as sent.  In: bytes of a file or of incoming
 * mail.  Out: a number.
 */

#include <sys/types.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "octets.h"

#define LANES		64	/* octets compared side by side */
#define ROUNDS		255	/* rounds that 8 bits can count */
#define CHUNK		65536

void
octets_init(struct octets *oc)
{
	oc->oc_size = 0;
	oc->oc_bare = 0;
	oc->oc_last = '\n';
}

/*
 * Count bare LFs in len octets at p; p[-1] must be readable.  The inner loop
 * has a fixed length and no branch, so that the compiler vectorizes it;
 * leftover octets are counted one by one.
 */
static uint64_t
octets_bare(const unsigned char *p, size_t len)
{
	unsigned char	 lane[LANES];
	uint64_t	 bare = 0;
	size_t		 i, round, rounds;

	while (len >= LANES) {
		rounds = len / LANES < ROUNDS ? len / LANES : ROUNDS;
		for (i = 0; i < LANES; i++)
			lane[i] = 0;
		for (round = 0; round < rounds; round++) {
			for (i = 0; i < LANES; i++)
				lane[i] += (unsigned char)((p[i] == '\n') &
				    (p[(ptrdiff_t)i - 1] != '\r'));
			p += LANES;
		}
		for (i = 0; i < LANES; i++)
			bare += lane[i];
		len -= rounds * LANES;
	}
	for (i = 0; i < len; i++)
		bare += (p[i] == '\n') & (p[(ptrdiff_t)i - 1] != '\r');
	return (bare);
}

void
octets_add(struct octets *oc, const void *buf, size_t len)
{
	const unsigned char	*p = buf;

	if (len == 0)
		return;
	if (p[0] == '\n' && oc->oc_last != '\r')
		oc->oc_bare++;
	oc->oc_bare += octets_bare(p + 1, len - 1);
	oc->oc_size += len;
	oc->oc_last = p[len - 1];
}

uint64_t
octets_total(const struct octets *oc)
{
	uint64_t	total = oc->oc_size + oc->oc_bare;

	if (oc->oc_size != 0 && oc->oc_last != '\n')
		total += 2;
	return (total);
}

int
octets_file(int fd, uint64_t expect, uint64_t *size, uint64_t *total)
{
	static unsigned char	 buf[CHUNK];
	struct octets		 oc;
	ssize_t			 n;

	octets_init(&oc);
	for (;;) {
		n = pread(fd, buf, sizeof(buf), (off_t)oc.oc_size);
		if (n == -1) {
			if (errno == EINTR)
				continue;
			return (-1);
		}
		if (n == 0)
			break;
		octets_add(&oc, buf, (size_t)n);
		/* A short read up to the expected end was the last. */
		if ((size_t)n < sizeof(buf) && oc.oc_size == expect)
			break;
	}
	*size = oc.oc_size;
	*total = octets_total(&oc);
	return (0);
}
