/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A line is `number word', in ascending order.  A new answer begins after a
 * line "." or "+OK ...", after the command "UIDL" or "LIST", and where numbers
 * do not ascend.  The command tells the answers apart, or else a word that is
 * not a number (UIDL); if all words are numbers, UIDL comes first.  An answer
 * to TOP is whatever lines are between its command, or a further "+OK ...", and
 * a line "."; without commands they are those of all messages in order.
 */

#include <sys/types.h>

#include <sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "limits.h"
#include "log.h"
#include "poplisting.h"
#include "text.h"

enum poplisting_kind { LISTING_ANY, LISTING_UIDL, LISTING_LIST };

/* One of the two answers. */
struct poplisting_part {
	struct poplisting_item	*lp_item;	/* the word in li_uidl */
	uint32_t		 lp_count;
	uint32_t		 lp_room;
	enum poplisting_kind	 lp_kind;
	int			 lp_words;	/* some are not numbers */
};

struct poplisting_reader {
	struct text		*lr_text;
	struct poplisting_part	 lr_part[2];
	unsigned int		 lr_parts;	/* begun so far */
	int			 lr_open;	/* the last one continues */
	enum poplisting_kind	 lr_kind;	/* of the next part */
	struct poplisting_part	 lr_tops;	/* numbers and digests */
	struct poplisting_header lr_header;
	uint32_t		 lr_top;	/* message that TOP is of */
	int			 lr_text_seen;	/* of it */
};

void
poplisting_header_begin(struct poplisting_header *lh)
{
	SHA256Init(&lh->lh_sha);
	lh->lh_last = '\n';
	lh->lh_over = 0;
}

void
poplisting_header_add(struct poplisting_header *lh, const char *p, size_t len)
{
	const char	*end = p + len;

	for (; p < end && !lh->lh_over; p++) {
		if (*p == '\r')
			continue;
		lh->lh_over = *p == '\n' && lh->lh_last == '\n';
		lh->lh_last = *p;
		SHA256Update(&lh->lh_sha, (const uint8_t *)p, 1);
	}
}

uint64_t
poplisting_header_end(struct poplisting_header *lh)
{
	uint8_t		 digest[SHA256_DIGEST_LENGTH];
	uint64_t	 first;

	/* A message may end anywhere. */
	while (!lh->lh_over)
		poplisting_header_add(lh, "\n", 1);
	SHA256Final(digest, &lh->lh_sha);
	memcpy(&first, digest, sizeof(first));
	return (first);
}

static int
poplisting_decimal(const char *p, size_t len, uint64_t *value)
{
	const char	*end = p + len;

	return (text_number(&p, end, INT64_MAX, value) && p == end);
}

static int
poplisting_grow(struct poplisting_part *lp)
{
	struct poplisting_item	*li;
	uint32_t		 room;

	if (lp->lp_count < lp->lp_room)
		return (0);
	room = lp->lp_room == 0 ? 64 : lp->lp_room * 2;
	if ((li = reallocarray(lp->lp_item, room, sizeof(*li))) == NULL) {
		log_warn("listing");
		return (-1);
	}
	lp->lp_item = li;
	lp->lp_room = room;
	return (0);
}

/* Return the answer that a number belongs to, or NULL, logged. */
static struct poplisting_part *
poplisting_part(struct poplisting_reader *lr, uint64_t number)
{
	struct poplisting_part	*lp = NULL;

	if (lr->lr_open) {
		lp = &lr->lr_part[lr->lr_parts - 1];
		if (number > lp->lp_item[lp->lp_count - 1].li_number)
			return (lp);
	}
	if (lr->lr_parts == 2) {
		text_complain(lr->lr_text, lr->lr_text->tx_line,
		    "more than one answer to UIDL or LIST");
		return (NULL);
	}
	lp = &lr->lr_part[lr->lr_parts++];
	lp->lp_kind = lr->lr_kind;
	lr->lr_kind = LISTING_ANY;
	lr->lr_open = 1;
	return (lp);
}

/* Parse `number word', ignoring what a server may append. */
static int
poplisting_pair(struct poplisting_reader *lr, const char *p, const char *end)
{
	struct poplisting_part	*lp;
	struct poplisting_item	*li;
	uint64_t		 number, value;

	if (!text_number(&p, end, UINT32_MAX, &number) || number == 0 ||
	    p == end || *p++ != ' ' || p == end || *p == ' ') {
		text_complain(lr->lr_text, lr->lr_text->tx_line,
		    "not a line of an answer to UIDL or LIST");
		return (-1);
	}
	if ((lp = poplisting_part(lr, number)) == NULL ||
	    poplisting_grow(lp) == -1)
		return (-1);
	li = &lp->lp_item[lp->lp_count++];
	memset(li, 0, sizeof(*li));
	li->li_number = (uint32_t)number;
	li->li_line = lr->lr_text->tx_line;
	li->li_uidl = p;
	while (p < end && *p != ' ')
		p++;
	li->li_uidl_len = (size_t)(p - li->li_uidl);
	if (!poplisting_decimal(li->li_uidl, li->li_uidl_len, &value))
		lp->lp_words = 1;
	return (0);
}

/* Begin an answer to TOP: of this message, or with 0 of the next one. */
static void
poplisting_begin(struct poplisting_reader *lr, uint64_t number)
{
	uint32_t	 next = lr->lr_tops.lp_count;

	if (number == 0 && next < lr->lr_part[0].lp_count)
		number = lr->lr_part[0].lp_item[next].li_number;
	lr->lr_open = 0;
	lr->lr_top = number == 0 ? UINT32_MAX : (uint32_t)number;
	lr->lr_text_seen = 0;
	poplisting_header_begin(&lr->lr_header);
}

/* Take a line of an answer to TOP.  Return 0, or -1, logged. */
static int
poplisting_top(struct poplisting_reader *lr, const char *line, size_t len)
{
	struct poplisting_item	*li;
	int			 first = !lr->lr_text_seen;

	if (first && len >= 4 && memcmp(line, "-ERR", 4) == 0) {
		text_complain(lr->lr_text, lr->lr_text->tx_line,
		    "no answer to TOP");
		return (-1);
	}
	if (len == 0 || *line != '.' || (len > 1 && line[1] != '\r')) {
		lr->lr_text_seen = 1;
		if (first && len >= 3 && memcmp(line, "+OK", 3) == 0)
			return (0);
		/* A dot at the start was doubled. */
		if (len > 1 && memcmp(line, "..", 2) == 0)
			line++, len--;
		poplisting_header_add(&lr->lr_header, line, len + 1);
		return (0);
	}
	if (poplisting_grow(&lr->lr_tops) == -1)
		return (-1);
	li = &lr->lr_tops.lp_item[lr->lr_tops.lp_count++];
	li->li_number = lr->lr_top;
	li->li_line = lr->lr_text->tx_line;
	li->li_header = poplisting_header_end(&lr->lr_header);
	lr->lr_top = 0;
	return (0);
}

/* Parse a line.  Return 0, or -1, logged. */
static int
poplisting_line(struct poplisting_reader *lr, const char *line, size_t len)
{
	const char	*p = line + 4;
	uint64_t	 number;

	if (lr->lr_top != 0)
		return (poplisting_top(lr, line, len));
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	if (len == 0)
		return (0);
	if (len == 4 && (strncasecmp(line, "UIDL", 4) == 0 ||
	    strncasecmp(line, "LIST", 4) == 0)) {
		lr->lr_open = 0;
		lr->lr_kind = *line == 'U' || *line == 'u' ? LISTING_UIDL :
		    LISTING_LIST;
		return (0);
	}
	if (len > 4 && strncasecmp(line, "TOP ", 4) == 0 &&
	    text_number(&p, line + len, UINT32_MAX - 1, &number)) {
		poplisting_begin(lr, number);
		return (0);
	}
	if ((len == 1 && *line == '.') ||
	    (len >= 3 && memcmp(line, "+OK", 3) == 0)) {
		lr->lr_open = 0;
		if (*line == '+' && lr->lr_parts == 2)
			poplisting_begin(lr, 0);
		return (0);
	}
	return (poplisting_pair(lr, line, line + len));
}

/* Return the answer to UIDL, and to LIST in *list or NULL; NULL, logged. */
static struct poplisting_part *
poplisting_which(struct poplisting_reader *lr, struct poplisting_part **list)
{
	struct poplisting_part	*a = &lr->lr_part[0], *b = &lr->lr_part[1];
	struct poplisting_part	*uidl;
	int			 first;

	first = a->lp_kind == LISTING_UIDL || b->lp_kind == LISTING_LIST ||
	    (a->lp_kind == LISTING_ANY && b->lp_kind == LISTING_ANY &&
	    (a->lp_words || !b->lp_words));
	uidl = first ? a : b;
	*list = lr->lr_parts < 2 ? NULL : first ? b : a;
	if (lr->lr_parts == 0)
		text_complain(lr->lr_text, 1, "no answer to UIDL");
	else if (uidl->lp_count == 0 || uidl->lp_kind == LISTING_LIST)
		text_complain(lr->lr_text, 1, "only an answer to LIST");
	else if (*list != NULL && ((*list)->lp_words ||
	    (*list)->lp_kind == LISTING_UIDL))
		text_complain(lr->lr_text, (*list)->lp_item[0].li_line,
		    "UIDL twice, and no LIST");
	else
		return (uidl);
	return (NULL);
}

/* Copy the sizes of LIST to UIDL's items.  Return 0, or -1, logged. */
static int
poplisting_sizes(struct poplisting_reader *lr, struct poplisting_part *uidl,
    const struct poplisting_part *list)
{
	struct poplisting_item		*li;
	const struct poplisting_item	*size;
	uint32_t			 i;

	for (i = 0; i < uidl->lp_count || i < list->lp_count; i++) {
		li = &uidl->lp_item[i];
		size = &list->lp_item[i];
		if (i >= uidl->lp_count || i >= list->lp_count ||
		    li->li_number != size->li_number) {
			text_complain(lr->lr_text, i < list->lp_count ?
			    size->li_line : li->li_line,
			    "UIDL and LIST do not name the same messages");
			return (-1);
		}
		if (!poplisting_decimal(size->li_uidl, size->li_uidl_len,
		    &li->li_octets)) {
			text_complain(lr->lr_text, size->li_line,
			    "not a size");
			return (-1);
		}
	}
	return (0);
}

/* Copy the digests of TOP likewise. */
static int
poplisting_headers(struct poplisting_reader *lr, struct poplisting_part *uidl)
{
	const struct poplisting_item	*top = lr->lr_tops.lp_item;
	uint32_t			 i;

	for (i = 0; i < uidl->lp_count && i < lr->lr_tops.lp_count; i++) {
		if (uidl->lp_item[i].li_number != top[i].li_number)
			break;
		uidl->lp_item[i].li_header = top[i].li_header;
	}
	if (i == uidl->lp_count && i == lr->lr_tops.lp_count)
		return (0);
	text_complain(lr->lr_text, lr->lr_text->tx_line,
	    "UIDL and TOP do not name the same messages");
	return (-1);
}

/* Join the answers.  Return 0, or -1, logged. */
static int
poplisting_join(struct poplisting_reader *lr, struct listing *ls)
{
	struct poplisting_part	*uidl, *list;

	if ((uidl = poplisting_which(lr, &list)) == NULL)
		return (-1);
	if (lr->lr_top != 0 && lr->lr_text_seen) {
		text_complain(lr->lr_text, lr->lr_text->tx_line,
		    "the answer to TOP has no end");
		return (-1);
	}
	ls->ls_headers = lr->lr_tops.lp_count != 0;
	if ((list != NULL && poplisting_sizes(lr, uidl, list) == -1) ||
	    (ls->ls_headers && poplisting_headers(lr, uidl) == -1))
		return (-1);
	ls->ls_item = uidl->lp_item;
	ls->ls_count = uidl->lp_count;
	ls->ls_sizes = list != NULL;
	uidl->lp_item = NULL;
	return (0);
}

int
poplisting_parse(struct text *tx, struct listing *ls)
{
	struct poplisting_reader	 lr;
	const char			*line;
	size_t				 len;
	int				 r;

	memset(&lr, 0, sizeof(lr));
	memset(ls, 0, sizeof(*ls));
	lr.lr_text = tx;
	while ((r = text_next(tx, &line, &len)) == 1)
		if (poplisting_line(&lr, line, len) == -1) {
			r = -1;
			break;
		}
	if (r == 0)
		r = poplisting_join(&lr, ls);
	free(lr.lr_part[0].lp_item);
	free(lr.lr_part[1].lp_item);
	free(lr.lr_tops.lp_item);
	return (r);
}

void
poplisting_free(struct listing *ls)
{
	free(ls->ls_item);
	ls->ls_item = NULL;
}
