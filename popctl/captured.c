/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Import from any server, by its answers alone: poplisting.c parses them,
 * match.c assigns lines to files.  Here files are compared and the result is
 * reported.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "captured.h"
#include "inspect.h"
#include "log.h"
#include "match.h"
#include "poplisting.h"
#include "text.h"
#include "uidlist.h"
#include "users.h"

#define CAPTURED_CHUNK	65536

struct captured {
	const struct text	*cpt_text;
	const struct box	*cpt_box;
	struct listing		 cpt_listing;
	struct match		 cpt_match;
};

/* Read size octets, or fewer at end of file.  -1 and errno on error. */
static ssize_t
captured_read(int fd, char *buf, size_t size)
{
	size_t	 len = 0;
	ssize_t	 n;

	while (len < size) {
		n = read(fd, buf + len, size - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return ((ssize_t)len);
}

/* Return whether two files have the same content; 0 if one is unreadable. */
static int
captured_same_files(int a, int b)
{
	static char	 left[CAPTURED_CHUNK], right[CAPTURED_CHUNK];
	ssize_t		 n;

	do {
		if (userproc_progress(0, 0) != 0)
			return (0);
		n = captured_read(a, left, sizeof(left));
		if (n == -1 || captured_read(b, right, sizeof(right)) != n ||
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

/* Report what could not be matched.  0, or -1 to give up. */
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
			    "ambiguous: several files of %llu octets",
			    li->li_number, (unsigned long long)li->li_octets);
			unsure++;
			break;
		default:
			order += cpt->cpt_match.mt_how[i] == MATCH_ORDER;
			break;
		}
	}
	if (cpt->cpt_match.mt_disorder)
		log_info("files and listing differ in order");
	if (order != 0)
		log_info("%u messages matched by size and order", order);
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

/* Collect the sizes of lines and files.  0, or -1 and errno. */
static int
captured_sizes(struct captured *cpt, uint64_t **lines, uint64_t **files)
{
	struct match	*mt = &cpt->cpt_match;
	uint32_t	 i;

	mt->mt_lines = cpt->cpt_listing.ls_count;
	mt->mt_files = maildrop_last(cpt->cpt_box->bx_drop);
	*lines = calloc((size_t)mt->mt_lines + 1, sizeof(**lines));
	*files = calloc((size_t)mt->mt_files + 1, sizeof(**files));
	if (*lines == NULL || *files == NULL)
		return (-1);
	for (i = 0; i < mt->mt_lines; i++)
		(*lines)[i] = cpt->cpt_listing.ls_item[i].li_octets;
	for (i = 0; i < mt->mt_files; i++)
		(*files)[i] = maildrop_size(cpt->cpt_box->bx_drop, i + 1);
	mt->mt_list = *lines;
	mt->mt_file = *files;
	return (0);
}

static int
captured_run(struct captured *cpt, int leave, struct uidlist *ul)
{
	uint64_t	*lines = NULL, *files = NULL;
	int		 r = -1;

	if (captured_sizes(cpt, &lines, &files) == -1 ||
	    match_run(&cpt->cpt_match) == -1)
		log_warn("listing");
	else {
		if (captured_report(cpt, leave) == 0)
			r = captured_list(cpt, ul);
		match_free(&cpt->cpt_match);
	}
	free(lines);
	free(files);
	return (r);
}

int
captured_match(struct text *tx, const struct box *bx, int leave,
    struct uidlist *ul)
{
	struct captured	 cpt;
	int		 r = -1;

	memset(&cpt, 0, sizeof(cpt));
	cpt.cpt_text = tx;
	cpt.cpt_box = bx;
	cpt.cpt_match.mt_same = captured_same;
	cpt.cpt_match.mt_arg = &cpt;
	if (poplisting_parse(tx, &cpt.cpt_listing) == -1)
		return (-1);
	if (!cpt.cpt_listing.ls_sizes)
		text_complain(tx, 1, "no answer to LIST");
	else
		r = captured_run(&cpt, leave, ul);
	poplisting_free(&cpt.cpt_listing);
	return (r);
}
