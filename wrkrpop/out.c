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
	int		ou_fd;
	int		ou_dead;
	size_t		ou_len;
	uint64_t	ou_written;	/* octets written */
	unsigned char	ou_buf[OUT_MAX];
} out;

void
out_init(int fd)
{
	out.ou_fd = fd;
}

void
out_flush(void)
{
	size_t	done = 0;
	ssize_t	n;

	while (done < out.ou_len && !out.ou_dead) {
		n = write(out.ou_fd, out.ou_buf + done, out.ou_len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			out.ou_dead = 1;
	}
	out.ou_written += done;
	out.ou_len = 0;
}

int
out_dead(void)
{
	return (out.ou_dead);
}

uint64_t
out_written(void)
{
	return (out.ou_written);
}

uint64_t
out_end(void)
{
	return (out.ou_written + out.ou_len);
}

unsigned char *
out_room(size_t min, size_t *room)
{
	if (OUT_MAX - out.ou_len < min)
		out_flush();
	*room = OUT_MAX - out.ou_len;
	return (out.ou_buf + out.ou_len);
}

void
out_took(size_t n)
{
	out.ou_len += n;
}

void
out_add(const void *data, size_t len)
{
	unsigned char	*p;
	size_t		 room;

	p = out_room(len, &room);
	memcpy(p, data, len);
	out_took(len);
}

void
out_text(const char *text)
{
	out_add(text, strlen(text));
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
