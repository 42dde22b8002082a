/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "inspect.h"
#include "log.h"
#include "users.h"

static int
box_same(void *arg, uint32_t n, const char *base, size_t len)
{
	const struct box	*bx = arg;
	const char		*name;
	size_t			 name_len;

	name = inspect_base(bx->bx_drop, n, &name_len);
	return (name_len == len && memcmp(name, base, len) == 0);
}

uint32_t
box_find(const struct box *bx, const char *base, size_t len)
{
	uint32_t	 n;

	return (nametab_find(&bx->bx_names, base, len, box_same,
	    (void *)(uintptr_t)bx, &n) ? n : 0);
}

int
box_shared(const struct box *bx, uint32_t n)
{
	return (bx->bx_shared[n]);
}

static int
box_names(struct box *bx)
{
	const char	*base;
	size_t		 len;
	uint32_t	 n, first, last = maildrop_last(bx->bx_drop);

	bx->bx_shared = calloc((size_t)last + 1, 1);
	if (bx->bx_shared == NULL || nametab_init(&bx->bx_names, last) == -1)
		return (-1);
	for (n = 1; n <= last; n++) {
		base = inspect_base(bx->bx_drop, n, &len);
		if ((first = box_find(bx, base, len)) != 0)
			bx->bx_shared[first] = bx->bx_shared[n] = 1;
		else if (nametab_put(&bx->bx_names, base, len, n) == -1)
			return (-1);
	}
	return (0);
}

/* Log the errors that mail/ does not log. */
static void
box_refused(enum maildrop_error error)
{
	switch (error) {
	case MAILDROP_IN_USE:
		log_warnx("in use");
		break;
	case MAILDROP_DAMAGED:
		log_warnx("popcache: the header does not match the entries");
		break;
	default:
		if (userproc_progress(0, 0) != 0)
			log_warnx("interrupted: nothing changed");
		break;
	}
}

int
box_open(struct box *bx, const struct inspect *in)
{
	enum maildrop_error	 error;
	int			 fd;

	memset(bx, 0, sizeof(*bx));
	if ((fd = userproc_dir()) == -1) {
		log_warn("maildir");
		return (-1);
	}
	if ((bx->bx_drop = inspect_open(fd, in, &error)) == NULL) {
		box_refused(error);
		return (-1);
	}
	if (box_names(bx) == 0)
		return (0);
	log_warn("names");
	box_close(bx);
	return (-1);
}

void
box_close(struct box *bx)
{
	maildrop_close(bx->bx_drop);
	nametab_free(&bx->bx_names);
	free(bx->bx_shared);
}
