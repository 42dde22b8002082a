/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Buffers of a listener's sessions.  Free ones are kept on a stack, so that
 * the last one used, still in the processor's cache, is used next.
 */

#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define SPARE_MAX	64		/* kept of each size */

struct spares {
	size_t	 sp_size;
	size_t	 sp_count;
	char	*sp_data[SPARE_MAX];
};

static struct {
	struct spares	 small, large;
} buf = {
	.small = { .sp_size = BUF_SMALL },
	.large = { .sp_size = BUF_LARGE },
};

static struct spares *
buf_spares(size_t size)
{
	return (size == BUF_SMALL ? &buf.small : &buf.large);
}

static char *
buf_get(size_t size)
{
	struct spares	*sp = buf_spares(size);

	if (sp->sp_count > 0)
		return (sp->sp_data[--sp->sp_count]);
	return (malloc(sp->sp_size));
}

/* data has been wiped. */
static void
buf_put(char *data, size_t size)
{
	struct spares	*sp = buf_spares(size);

	if (sp->sp_count < SPARE_MAX)
		sp->sp_data[sp->sp_count++] = data;
	else
		free(data);
}

/* Move to another buffer; the old one is wiped. */
static int
buf_move(struct buf *b, size_t size)
{
	char	*data;

	if ((data = buf_get(size)) == NULL)
		return (-1);
	if (b->bf_size > 0) {
		memcpy(data, b->bf_data + b->bf_off, b->bf_len);
		explicit_bzero(b->bf_data + b->bf_off, b->bf_len);
		buf_put(b->bf_data, b->bf_size);
	}
	b->bf_data = data;
	b->bf_off = 0;
	b->bf_size = size;
	return (0);
}

size_t
buf_open(struct buf *b, size_t size)
{
	size_t	 end;

	if (b->bf_size < size) {
		if (buf_move(b, size) == -1)
			return (0);
	} else if (b->bf_off > 0 && b->bf_len > 0) {
		end = b->bf_off + b->bf_len;
		memmove(b->bf_data, b->bf_data + b->bf_off, b->bf_len);
		explicit_bzero(b->bf_data + b->bf_len, end - b->bf_len);
	}
	b->bf_off = 0;
	return (b->bf_size - b->bf_len);
}

char *
buf_start(const struct buf *b)
{
	return (b->bf_data + b->bf_off);
}

char *
buf_end(const struct buf *b)
{
	return (b->bf_data + b->bf_off + b->bf_len);
}

void
buf_added(struct buf *b, size_t n)
{
	b->bf_len += n;
}

void
buf_used(struct buf *b, size_t n)
{
	explicit_bzero(b->bf_data + b->bf_off, n);
	b->bf_off += n;
	b->bf_len -= n;
	if (b->bf_len == 0)
		b->bf_off = 0;
}

void
buf_settle(struct buf *b)
{
	if (b->bf_len == 0)
		buf_clear(b);
	else if (b->bf_size == BUF_LARGE && b->bf_len <= BUF_SMALL)
		buf_move(b, BUF_SMALL);	/* failed: it stays large */
}

void
buf_clear(struct buf *b)
{
	if (b->bf_size == 0)
		return;
	if (b->bf_len > 0)
		explicit_bzero(b->bf_data + b->bf_off, b->bf_len);
	buf_put(b->bf_data, b->bf_size);
	memset(b, 0, sizeof(*b));
}
