/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Sessions in the maildir of clockdir.h, and their results. */

#ifndef DROPSESSION_H
#define DROPSESSION_H

#include <sys/types.h>

#include <fcntl.h>
#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maildrop_private.h"

#include "unit.h"
#include "clockdir.h"

UNIT_FN struct maildrop *
begin(enum maildrop_error *error)
{
	struct maildrop	*md;
	int		 fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if ((md = maildrop_open(fd, NULL, error)) != NULL)
		maildrop_store(md);
	return (md);
}

UNIT_FN struct maildrop *
session(void)
{
	enum maildrop_error	 error = MAILDROP_OK;
	struct maildrop		*md = begin(&error);

	CHECK(md != NULL, "no session: %d", error);
	if (md == NULL)
		exit(unit_done());
	return (md);
}

/* The same, killed before it stores. */
UNIT_FN struct maildrop *
session_open(void)
{
	enum maildrop_error	 error;
	struct maildrop		*md;

	md = maildrop_open(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    NULL, &error);
	CHECK(md != NULL, "no session: %d", error);
	if (md == NULL)
		exit(unit_done());
	return (md);
}

/* Begin a session and load its list. */
UNIT_FN struct maildrop *
session_list(void)
{
	struct maildrop	*md = session();

	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	return (md);
}

/* Try to begin a session.  Return the result. */
UNIT_FN enum maildrop_error
refused(void)
{
	enum maildrop_error	 error = MAILDROP_OK;

	maildrop_close(begin(&error));
	return (error);
}

/* Messages that a session sees. */
UNIT_FN uint32_t
count(void)
{
	struct maildrop	*md = session();
	uint32_t	 n = maildrop_count(md);

	maildrop_close(md);
	return (n);
}

/* Make an index whose stamps hold. */
UNIT_FN void
settle(void)
{
	disk.now += 10 * SEC;
	(void)count();
	disk.now += 10 * SEC;
}

/* A path's directory has changed, if it is new/ or cur/. */
UNIT_FN void
touched(const char *path)
{
	if (strncmp(path, "new/", 4) == 0)
		disk.changed[MAILDIR_NEW] = disk.now;
	else if (strncmp(path, "cur/", 4) == 0)
		disk.changed[MAILDIR_CUR] = disk.now;
}

/* Another file, with another number, in the place of any there is. */
UNIT_FN void
place(const char *path, const char *text)
{
	put("tmp/place", text);
	CHECK(rename("tmp/place", path) == 0, "rename %s", path);
	touched(path);
}

/* Rename, with the stamps of it. */
UNIT_FN void
move(const char *from, const char *to)
{
	CHECK(rename(from, to) == 0, "rename %s %s: %s", from, to,
	    strerror(errno));
	touched(from);
	touched(to);
}

UNIT_FN void
destroy(const char *path)
{
	CHECK(unlink(path) == 0, "unlink %s", path);
	touched(path);
}

UNIT_FN int
there(const char *path)
{
	return (access(path, F_OK) == 0);
}

/* Bytes as digits, and an end. */
UNIT_FN const char *
hex(const unsigned char digest[POPCACHE_DIGEST_LEN], char text[65])
{
	popcache_hex(digest, text);
	text[64] = '\0';
	return (text);
}

/* The UIDL that a base name has by itself. */
UNIT_FN const char *
uidl_own(const char *base, char text[65])
{
	unsigned char	 digest[POPCACHE_DIGEST_LEN];
	SHA2_CTX	 ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)base, strlen(base));
	SHA256Final(digest, &ctx);
	return (hex(digest, text));
}

/* The UIDL of a twin: of its base name and its octets. */
UNIT_FN const char *
uidl_twin(const char *base, const char *octets, char text[65])
{
	unsigned char	 digest[POPCACHE_DIGEST_LEN];
	SHA2_CTX	 ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)octets, strlen(octets));
	SHA256Final(digest, &ctx);
	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)base, strlen(base) + 1);
	SHA256Update(&ctx, digest, sizeof(digest));
	SHA256Final(digest, &ctx);
	return (hex(digest, text));
}

/* Whether message n has this UIDL. */
UNIT_FN int
uidl_is(const struct maildrop *md, uint32_t n, const char *text)
{
	char	 uidl[UIDL_MAX];
	size_t	 len;

	if (!maildrop_exists(md, n))
		return (0);
	len = maildrop_uidl(md, n, uidl);
	return (len == strlen(text) && memcmp(uidl, text, len) == 0);
}

/* The number of the message with a UIDL, or 0. */
UNIT_FN uint32_t
uidl_find(const struct maildrop *md, const char *text)
{
	uint32_t	 n;

	for (n = 1; n <= maildrop_last(md); n++)
		if (uidl_is(md, n, text))
			return (n);
	return (0);
}

/* What message n begins with, as text. */
UNIT_FN const char *
text_of(struct maildrop *md, uint32_t n)
{
	static char		 text[64];
	enum maildrop_error	 error;
	ssize_t			 len;
	int			 fd;

	if ((fd = maildrop_read(md, n, &error)) == -1)
		return ("");
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	return (text);
}

/* What a session reports, and how it got it. */
struct told {
	int		 to_loaded;	/* it has read the index */
	int		 to_scanned;	/* and names, or a sum of them */
	char		 to_text[16384];	/* count, octets; size, UIDL */
};

UNIT_FN void
tell(struct told *to)
{
	struct maildrop	*md = session();
	char		 uidl[UIDL_MAX];
	size_t		 at;
	uint32_t	 n;

	to->to_loaded = md->md_loaded;
	to->to_scanned = md->md_scanned;
	at = (size_t)snprintf(to->to_text, sizeof(to->to_text), "%u %llu\n",
	    maildrop_count(md), (unsigned long long)maildrop_octets(md));
	CHECK(maildrop_load(md) == MAILDROP_OK, "load");
	for (n = 1; n <= maildrop_last(md) && at < sizeof(to->to_text); n++)
		at += (size_t)snprintf(to->to_text + at,
		    sizeof(to->to_text) - at, "%llu %.*s\n",
		    (unsigned long long)maildrop_size(md, n),
		    (int)maildrop_uidl(md, n, uidl), uidl);
	CHECK(at < sizeof(to->to_text), "too much to tell");
	maildrop_close(md);
}

/* QUIT after DELE and RETR of these; both lists end with 0. */
UNIT_FN int
quit(const uint32_t *dele, const uint32_t *retr, uint32_t *deleted)
{
	struct maildrop	*md = session_list();
	int		 r;

	for (; *dele != 0; dele++)
		maildrop_delete(md, *dele);
	for (; *retr != 0; retr++)
		maildrop_retrieved(md, *retr, maildrop_size(md, *retr));
	r = maildrop_update(md, deleted);
	maildrop_close(md);
	disk.changed[MAILDIR_NEW] = disk.changed[MAILDIR_CUR] = disk.now;
	return (r);
}

#endif
