/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages in transit.  See transit.h.
 */

#include <sys/types.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "transit.h"

static struct {
	struct transit	 all[LMTP_CONNECTIONS];
} transit;

static int
transit_file(void)
{
	char	 path[] = TRANSIT_DIR "/lmtppop.XXXXXXXXXX";
	int	 fd;

	if ((fd = mkstemp(path)) != -1)
		unlink(path);
	return (fd);
}

void
transit_init(void)
{
	int	 fd = 0;
	size_t	 i;

	/* A limit is an error like any other. */
	signal(SIGXFSZ, SIG_IGN);
	for (i = 0; i < LMTP_CONNECTIONS; i++) {
		if (fd != -1 && (fd = transit_file()) == -1)
			log_warn("%s: large messages wait", TRANSIT_DIR);
		transit.all[i].tt_fd = fd;
	}
}

struct transit *
transit_take(void)
{
	size_t	 i;

	for (i = 0; transit.all[i].tt_taken; i++)
		;
	transit.all[i].tt_taken = 1;
	return (&transit.all[i]);
}

void
transit_give(struct transit *tt)
{
	transit_empty(tt);
	tt->tt_taken = 0;
}

void
transit_empty(struct transit *tt)
{
	if (tt->tt_len > LMTP_MEMORY && ftruncate(tt->tt_fd, 0) == -1)
		log_warn("%s", TRANSIT_DIR);
	tt->tt_len = 0;
}

int
transit_add(struct transit *tt, const char *data, size_t len)
{
	size_t	 n = 0;
	ssize_t	 w;

	if (tt->tt_len < LMTP_MEMORY) {
		n = LMTP_MEMORY - (size_t)tt->tt_len;
		n = len < n ? len : n;
		memcpy(tt->tt_memory + tt->tt_len, data, n);
		tt->tt_len += n;
	}
	for (; n < len; n += (size_t)w, tt->tt_len += (uint64_t)w)
		if ((w = pwrite(tt->tt_fd, data + n, len - n,
		    (off_t)(tt->tt_len - LMTP_MEMORY))) == -1)
			return (-1);
	return (0);
}

ssize_t
transit_read(const struct transit *tt, uint64_t off, char *buf, size_t size)
{
	if (off >= LMTP_MEMORY)
		return (pread(tt->tt_fd, buf, size, (off_t)(off -
		    LMTP_MEMORY)));
	if (size > tt->tt_len - off)
		size = (size_t)(tt->tt_len - off);
	if (size > LMTP_MEMORY - off)
		size = (size_t)(LMTP_MEMORY - off);
	memcpy(buf, tt->tt_memory + off, size);
	return ((ssize_t)size);
}
