/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The buffer of the replies, written to the stream to the listener, or to a
 * terminal.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "out.h"

static struct {
	int		 fd;
	int		 dead;
	size_t		 len;
	uint64_t	 written;	/* octets written */
	unsigned char	 buf[OUT_MAX];
} out;

void
out_init(int fd)
{
	out.fd = fd;
}

void
out_flush(void)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done < out.len && !out.dead) {
		n = write(out.fd, out.buf + done, out.len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			out.dead = 1;
	}
	out.written += done;
	out.len = 0;
}

int
out_dead(void)
{
	return (out.dead);
}

uint64_t
out_written(void)
{
	return (out.written);
}

uint64_t
out_end(void)
{
	return (out.written + out.len);
}

unsigned char *
out_room(size_t min, size_t *room)
{
	if (OUT_MAX - out.len < min)
		out_flush();
	*room = OUT_MAX - out.len;
	return (out.buf + out.len);
}

void
out_took(size_t n)
{
	out.len += n;
}

void
out_text(const char *text)
{
	size_t	 len = strlen(text), room;

	memcpy(out_room(len, &room), text, len);
	out_took(len);
}

size_t
out_decimal(void *to, uint64_t n)
{
	char		 digits[2 * OUT_DECIMAL] = { 0 };
	char		*p = digits + OUT_DECIMAL;
	unsigned int	 two;

	do {
		two = (unsigned int)(n % 100);
		n /= 100;
		*--p = (char)('0' + two % 10);
		*--p = (char)('0' + two / 10);
	} while (n > 0);
	if (*p == '0')
		p++;
	/* A copy of constant length takes two instructions. */
	memcpy(to, p, OUT_DECIMAL);
	return ((size_t)(digits + OUT_DECIMAL - p));
}

void
out_number(uint64_t n)
{
	unsigned char	*p;
	size_t		 room;

	p = out_room(OUT_DECIMAL, &room);
	out_took(out_decimal(p, n));
}
