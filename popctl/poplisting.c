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
	uint32_t		 lr_tops;	/* ended so far */
	int			 lr_topped;	/* in one more */
	uint64_t		 lr_number;	/* its message, or 0: next */
	const char		*lr_header;	/* its text, or NULL */
};

uint64_t
poplisting_header(const char *p, size_t len, int stuffed)
{
	const char	*end = p + len;
	char		 last = '\n';
	uint8_t		 digest[SHA256_DIGEST_LENGTH];
	uint64_t	 first;
	unsigned int	 n;
	SHA2_CTX	 sha;

	SHA256Init(&sha);
	for (n = 0; p < end && n < LISTING_HEADER_MAX &&
	    (*p != '\n' || last != '\n'); p++) {
		if (*p == '\r')
			continue;
		p += stuffed && last == '\n' && *p == '.' && p[1] == '.';
		SHA256Update(&sha, (const uint8_t *)p, 1);
		last = *p;
		n++;
	}
	/* A message may end anywhere. */
	if (last != '\n')
		SHA256Update(&sha, (const uint8_t *)"\n", 1);
	SHA256Final(digest, &sha);
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
	lr->lr_open = 0;
	lr->lr_topped = 1;
	lr->lr_number = number;
	lr->lr_header = NULL;
}

/* Take a line of an answer to TOP.  Return 0, or -1, logged. */
static int
poplisting_top(struct poplisting_reader *lr, const char *line, size_t len)
{
	const struct poplisting_part	*lp = &lr->lr_part[0];
	const char			*why = NULL;

	if (lr->lr_header == NULL) {
		if (len >= 4 && memcmp(line, "-ERR", 4) == 0)
			why = "no answer to TOP";
		lr->lr_header = line;
		if (len >= 3 && memcmp(line, "+OK", 3) == 0)
			lr->lr_header += len + 1;
	}
	if (len != 0 && *line == '.' && (len == 1 || line[1] == '\r')) {
		if (lr->lr_tops == lp->lp_count || (lr->lr_number != 0 &&
		    lr->lr_number != lp->lp_item[lr->lr_tops].li_number))
			why = "UIDL and TOP do not name the same messages";
		else
			lp->lp_item[lr->lr_tops++].li_header =
			    poplisting_header(lr->lr_header,
			    (size_t)(line - lr->lr_header), 1);
		lr->lr_topped = 0;
	}
	if (why != NULL)
		text_complain(lr->lr_text, lr->lr_text->tx_line, "%s", why);
	return (why == NULL ? 0 : -1);
}

/* Parse a line.  Return 0, or -1, logged. */
static int
poplisting_line(struct poplisting_reader *lr, const char *line, size_t len)
{
	const char	*p = line + 4;
	uint64_t	 number;

	if (lr->lr_topped)
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

/*
 * Copy the sizes of LIST to UIDL's items, and the digests, which the first of
 * both has.  Return 0, or -1, logged.
 */
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
		li->li_header = lr->lr_part[0].lp_item[i].li_header;
	}
	return (0);
}

/* Join the answers.  Return 0, or -1, logged. */
static int
poplisting_join(struct poplisting_reader *lr, struct listing *ls)
{
	struct poplisting_part	*uidl, *list;

	if ((uidl = poplisting_which(lr, &list)) == NULL ||
	    (list != NULL && poplisting_sizes(lr, uidl, list) == -1))
		return (-1);
	ls->ls_headers = lr->lr_tops != 0;
	if ((lr->lr_topped && lr->lr_header != NULL) ||
	    (ls->ls_headers && lr->lr_tops != uidl->lp_count)) {
		text_complain(lr->lr_text, lr->lr_text->tx_line,
		    lr->lr_topped ? "the answer to TOP has no end" :
		    "UIDL and TOP do not name the same messages");
		return (-1);
	}
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
	return (r);
}

void
poplisting_free(struct listing *ls)
{
	free(ls->ls_item);
	ls->ls_item = NULL;
}
