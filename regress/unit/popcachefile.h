/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* An index in the current directory, written, damaged and read. */

#ifndef POPCACHEFILE_H
#define POPCACHEFILE_H

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "popcache.h"
#include "popcache_private.h"
#include "unit.h"

#define COUNT	7

static const struct {
	const char	*name;
	const char	*uidl;
	unsigned int	 flags;
} facts[COUNT] = {
	{ "101.c.host:2,FS", "UID1-99", POPCACHE_IN_CUR | POPCACHE_NAMED },
	{ "102.d.host", "12345678", POPCACHE_NAMED },
	{ "105.f", "1234567890123456789012345678901234567890"
	    "123456789012345678901234567890", POPCACHE_NAMED },
	{ "100.a.host,S=5,W=6", NULL, 0 },
	{ "100.b.host:2,S", NULL, POPCACHE_IN_CUR },
	{ "103.e", NULL, POPCACHE_TWIN },
	{ "104.a name with 1e and a \x1e" "e\xf2 in it", NULL, 0 }
};

static int	 dir;
static int	 logged;

UNIT_FN void
sink(int level, const char *text)
{
	logged++;
}

UNIT_FN struct popcache_entry *
make(struct popcache *pc, int i)
{
	struct popcache_facts	 pf;

	memset(&pf, 0, sizeof(pf));
	pf.pf_name = facts[i].name;
	pf.pf_name_len = strlen(facts[i].name);
	pf.pf_uidl = facts[i].uidl;
	pf.pf_uidl_len = facts[i].uidl == NULL ? 0 : strlen(facts[i].uidl);
	pf.pf_size = 1000 + (uint64_t)i;
	pf.pf_octets = 2000 + (uint64_t)i;
	pf.pf_ino = 3000 + (uint64_t)i;
	pf.pf_order = (uint64_t)i + 1;
	if ((facts[i].flags & POPCACHE_NAMED) == 0)
		CHECK(maildir_order(facts[i].name, pf.pf_name_len,
		    &pf.pf_order), "order of %s", facts[i].name);
	pf.pf_flags = facts[i].flags;
	return (popcache_make(pc, &pf));
}

/* Return the fact an entry is made of, or -1. */
UNIT_FN int
which(const struct popcache_entry *pe)
{
	struct popcache_facts	 pf;
	int			 i;

	popcache_facts(pe, &pf);
	for (i = 0; i < COUNT; i++)
		if (strcmp(pf.pf_name, facts[i].name) == 0)
			break;
	if (i == COUNT || pf.pf_size != 1000 + (uint64_t)i ||
	    pf.pf_octets != 2000 + (uint64_t)i ||
	    pf.pf_ino != 3000 + (uint64_t)i ||
	    (pf.pf_uidl == NULL) != (facts[i].uidl == NULL) ||
	    pf.pf_flags != facts[i].flags)
		return (-1);
	if (pf.pf_uidl != NULL && (pf.pf_uidl_len != strlen(facts[i].uidl) ||
	    memcmp(pf.pf_uidl, facts[i].uidl, pf.pf_uidl_len) != 0))
		return (-1);
	return (i);
}

/* Write the first n facts as a new popcache, in place of any other. */
UNIT_FN void
write_cache(int n, int stamped)
{
	struct popcache		 pc;
	struct popcache_info	 info;
	struct popcache_entry	*list[COUNT];
	struct timespec		 now;
	int			 i, fd;

	memset(&pc, 0, sizeof(pc));
	memset(&info, 0, sizeof(info));
	pc.pc_fd = -1;
	info.pi_flags = stamped ? POPCACHE_STAMPED : 0;
	info.pi_stamp[0].ms_ino = 77;
	info.pi_stamp[1].ms_mtime = -8;
	for (i = 0; i < n; i++)
		list[i] = make(&pc, i);
	fd = popcache_begin(dir, &now);
	CHECK(fd != -1, "begin: %s", strerror(errno));
	CHECK(popcache_replace(&pc, dir, fd, list, (uint32_t)n, &info) == 0,
	    "replace: %s", strerror(errno));
	popcache_close(&pc);
}

/*
 * Load all of it; nothing may be there that was not written.  A bit for each
 * fact that is.
 */
UNIT_FN unsigned int
load(struct popcache *pc, const char *what, size_t at)
{
	unsigned int	 seen = 0;
	size_t		 i;
	int		 w;

	popcache_open(pc, dir);
	CHECK(popcache_load(pc, POPCACHE_ALL) == 0, "%s %zu: load", what, at);
	for (i = 0; i < pc->pc_count; i++) {
		w = which(pc->pc_entry[i]);
		CHECK(w != -1, "%s %zu: entry %zu is none of ours", what, at,
		    i);
		if (w != -1)
			seen |= 1U << w;
	}
	return (seen);
}

/* Make the maildir, before the first case.  Return 0, or -1. */
UNIT_FN int
setup(void)
{
	char	 name[] = "popcache.XXXXXX";

	log_init("test");
	log_to(sink);
	if (mkdtemp(name) == NULL || (dir = open(name,
	    O_RDONLY | O_DIRECTORY)) == -1 || mkdirat(dir, "tmp", 0700) == -1) {
		CHECK(0, "mkdtemp");
		return (-1);
	}
	return (0);
}

#endif
