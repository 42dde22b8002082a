/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Import from any server, by its answers alone: poplisting.c parses them,
 * match.c assigns lines to files, by their sizes or, with answers to TOP, by a
 * digest of size and header.  Here files are read and the result is reported.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "box.h"
#include "captured.h"
#include "inspect.h"
#include "log.h"
#include "match.h"
#include "oldserver.h"
#include "poplisting.h"
#include "text.h"
#include "uidlist.h"
#include "userproc.h"
#include "whole.h"

#define CAPTURED_CHUNK	(2 * LISTING_HEADER_MAX)	/* with CR */
#define CAPTURED_YOUNG	UINT64_MAX	/* a key like no line's */

struct captured {
	const struct text	*cpt_text;
	const struct box	*cpt_box;
	struct listing		 cpt_listing;
	struct match		 cpt_match;
	uint32_t		 cpt_young;	/* files */
};

/* Return whether two files have the same content; 0 if one is unreadable. */
static int
captured_same_files(int a, int b)
{
	static char	 left[CAPTURED_CHUNK], right[CAPTURED_CHUNK];
	ssize_t		 n;

	do {
		if (userproc_progress(0, 0) != 0)
			return (0);
		n = whole_read(a, left, sizeof(left));
		if (n == -1 || whole_read(b, right, sizeof(right)) != n ||
		    memcmp(left, right, (size_t)n) != 0)
			return (0);
	} while (n != 0);
	return (1);
}

/* mt_same: files count from 0, messages from 1. */
static int
captured_same(void *arg, uint32_t i, uint32_t j)
{
	const struct captured	*cpt = arg;
	enum maildrop_error	 error;
	int			 a, b, same = 0;

	a = maildrop_read(cpt->cpt_box->bx_drop, i + 1, &error);
	b = maildrop_read(cpt->cpt_box->bx_drop, j + 1, &error);
	if (a != -1 && b != -1)
		same = captured_same_files(a, b);
	if (a != -1)
		close(a);
	if (b != -1)
		close(b);
	return (same);
}

/* Report what could not be matched.  Return 0, or -1 to give up. */
static int
captured_report(const struct captured *cpt, int leave)
{
	const struct poplisting_item	*li;
	uint32_t			 i, unsure = 0, order = 0;

	for (i = 0; i < cpt->cpt_listing.ls_count; i++) {
		li = &cpt->cpt_listing.ls_item[i];
		switch (cpt->cpt_match.mt_how[i]) {
		case MATCH_NONE:
			text_complain(cpt->cpt_text, li->li_line, "message %u: "
			    "no remaining file of %llu octets",
			    li->li_number, (unsigned long long)li->li_octets);
			break;
		case MATCH_UNSURE:
			text_complain(cpt->cpt_text, li->li_line, "message %u: "
			    "ambiguous: several files of %llu octets, or "
			    "another order", li->li_number,
			    (unsigned long long)li->li_octets);
			unsure++;
			break;
		default:
			order += cpt->cpt_match.mt_how[i] == MATCH_ORDER;
			break;
		}
	}
	if (cpt->cpt_young != 0)
		log_info("%u files are younger than the listing",
		    cpt->cpt_young);
	if (cpt->cpt_match.mt_disorder)
		log_info("files and listing differ in order");
	if (order != 0)
		log_info("%u messages matched by order", order);
	return (unsure != 0 && !leave ? -1 : 0);
}

static int
captured_list(const struct captured *cpt, struct uidlist *ul)
{
	const struct poplisting_item	*li;
	struct uidlist_item		*ux;
	const char			*base;
	size_t				 len;
	uint32_t			 i;

	for (i = 0; i < cpt->cpt_listing.ls_count; i++) {
		if (cpt->cpt_match.mt_how[i] < MATCH_SIZE)
			continue;
		li = &cpt->cpt_listing.ls_item[i];
		base = inspect_base(cpt->cpt_box->bx_drop,
		    cpt->cpt_match.mt_which[i] + 1, &len);
		ux = uidlist_add(ul, base, len, li->li_uidl, li->li_uidl_len);
		if (ux == NULL)
			return (-1);
		ux->ux_line = li->li_line;
	}
	return (0);
}

/*
 * Return whether a file came after the listing was captured, by its time or its
 * name.  A number in the future is from a program that counts something else.
 */
static int
captured_young(const struct captured *cpt, uint32_t n, const struct stat *st)
{
	const struct timespec	*ts = &cpt->cpt_text->tx_mtime;
	const char		*base;
	uint64_t		 came;
	size_t			 len;

	base = inspect_base(cpt->cpt_box->bx_drop, n, &len);
	if (maildir_order(base, len, &came) && came > (uint64_t)ts->tv_sec &&
	    came <= (uint64_t)time(NULL))
		return (1);
	return (st->st_mtim.tv_sec > ts->tv_sec ||
	    (st->st_mtim.tv_sec == ts->tv_sec &&
	    st->st_mtim.tv_nsec >= ts->tv_nsec));
}

/* Return a key of a size and the digest of a header; no size is one. */
static uint64_t
captured_key(uint64_t octets, uint64_t header)
{
	return ((octets + header) & INT64_MAX);
}

/* Make the key of message n.  Return 0, or -1, logged. */
static int
captured_file(struct captured *cpt, uint32_t n, uint64_t *key)
{
	static char		 buf[CAPTURED_CHUNK];
	enum maildrop_error	 error;
	struct stat		 st;
	ssize_t			 len = -1;
	int			 fd;

	if ((fd = maildrop_read(cpt->cpt_box->bx_drop, n, &error)) != -1) {
		if (fstat(fd, &st) == 0)
			len = cpt->cpt_listing.ls_headers ?
			    whole_read(fd, buf, sizeof(buf)) : 0;
		close(fd);
	}
	if (len == -1) {
		log_warnx("message %u cannot be read", n);
		return (-1);
	}
	*key = captured_key(maildrop_size(cpt->cpt_box->bx_drop, n),
	    cpt->cpt_listing.ls_headers ?
	    poplisting_header(buf, (size_t)len, 0) : 0);
	if (captured_young(cpt, n, &st)) {
		cpt->cpt_young++;
		*key = CAPTURED_YOUNG;
	}
	return (userproc_progress(0, 0) != 0 ? -1 : 0);
}

/* Make the keys of lines and files.  Return 0, or -1, logged. */
static int
captured_keys(struct captured *cpt, uint64_t *lines, uint64_t *files)
{
	const struct poplisting_item	*li = cpt->cpt_listing.ls_item;
	struct match			*mt = &cpt->cpt_match;
	uint32_t			 i;

	for (i = 0; i < mt->mt_lines; i++)
		lines[i] = captured_key(li[i].li_octets, li[i].li_header);
	for (i = 0; i < mt->mt_files; i++)
		if (captured_file(cpt, i + 1, &files[i]) == -1)
			return (-1);
	mt->mt_list = lines;
	mt->mt_file = files;
	mt->mt_proof = cpt->cpt_listing.ls_headers;
	return (0);
}

static int
captured_run(struct captured *cpt, int leave, struct uidlist *ul)
{
	struct match	*mt = &cpt->cpt_match;
	uint64_t	*lines, *files;
	int		 r = -1;

	mt->mt_lines = cpt->cpt_listing.ls_count;
	mt->mt_files = maildrop_last(cpt->cpt_box->bx_drop);
	lines = calloc((size_t)mt->mt_lines + 1, sizeof(*lines));
	files = calloc((size_t)mt->mt_files + 1, sizeof(*files));
	if (lines == NULL || files == NULL)
		log_warn("listing");
	else if (captured_keys(cpt, lines, files) == 0) {
		if (match_run(mt) == -1)
			log_warn("listing");
		else {
			if (captured_report(cpt, leave) == 0)
				r = captured_list(cpt, ul);
			match_free(mt);
		}
	}
	free(lines);
	free(files);
	return (r);
}

int
captured_match(struct text *tx, const struct box *bx,
    const struct oldserver *og, struct uidlist *ul)
{
	struct captured	 cpt;
	int		 r = -1;

	memset(&cpt, 0, sizeof(cpt));
	cpt.cpt_text = tx;
	cpt.cpt_box = bx;
	cpt.cpt_match.mt_same = captured_same;
	cpt.cpt_match.mt_arg = &cpt;
	cpt.cpt_match.mt_guess = og->og_guess;
	if (poplisting_parse(tx, &cpt.cpt_listing) == -1)
		return (-1);
	if (!cpt.cpt_listing.ls_sizes)
		text_complain(tx, 1, "no answer to LIST");
	else
		r = captured_run(&cpt, og->og_leave, ul);
	poplisting_free(&cpt.cpt_listing);
	return (r);
}
