/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The first line is
 *
 *	3 V<uidvalidity> N<next uid> G<guid> [P<format of unique ids>]
 *
 * with fields in any order, followed by one line for each message, by uid:
 *
 *	<uid> [<letter><value> ...] :<file name as last seen>
 *
 * P is a unique id, empty for the base name.  O is the position in POP3
 * listings: messages with one come first.  If a base name is repeated, the
 * file disappeared and came back, and the last line counts.
 */

#include <sys/types.h>

#include <stdint.h>
#include <string.h>

#include "dovecot.h"
#include "maildir.h"
#include "text.h"
#include "uidlformat.h"
#include "uidlist.h"

struct dovecot {
	struct text		*dov_text;
	struct uidlist		*dov_list;
	struct uidlformat	 dov_format;
	uint32_t		 dov_validity;
	uint32_t		 dov_last;	/* uid of the previous line */
};

/* A line after its uid. */
struct dovecot_record {
	const char		*dvr_uidl;	/* P, or NULL */
	size_t			 dvr_uidl_len;
	uint64_t		 dvr_order;	/* O, or UINT64_MAX */
	struct uidlformat_facts	 dvr_facts;
};

/* Return the length of the word at *p, and move *p past its space. */
static size_t
dovecot_word(const char **p, const char *end, const char **word)
{
	const char	*space;

	*word = *p;
	if ((space = memchr(*p, ' ', (size_t)(end - *p))) == NULL) {
		*p = end;
		return ((size_t)(end - *word));
	}
	*p = space + 1;
	return ((size_t)(space - *word));
}

/* Parse a field of the first line.  NULL, or the error. */
static const char *
dovecot_header_field(struct dovecot *dov, const char *word, size_t len)
{
	const char	*p = word + 1, *end = word + len;
	uint64_t	 value;

	if (len == 0)
		return (NULL);
	if (*word == 'P')
		return (uidlformat_parse(p, len - 1, &dov->dov_format));
	if (*word != 'V')
		return (NULL);
	if (!text_number(&p, end, UINT32_MAX, &value) || p != end ||
	    value == 0)
		return ("V is not a uidvalidity");
	dov->dov_validity = (uint32_t)value;
	return (NULL);
}

static int
dovecot_header(struct dovecot *dov)
{
	const char	*line, *end, *word, *why = NULL;
	size_t		 len;
	int		 r;

	if ((r = text_next(dov->dov_text, &line, &len)) != 1) {
		if (r == 0)
			text_complain(dov->dov_text, 1, "empty");
		return (-1);
	}
	end = line + len;
	len = dovecot_word(&line, end, &word);
	if (len != 1 || *word != '3') {
		text_complain(dov->dov_text, 1, "not version 3");
		return (-1);
	}
	while (line < end && why == NULL) {
		len = dovecot_word(&line, end, &word);
		why = dovecot_header_field(dov, word, len);
	}
	if (why == NULL && dov->dov_validity == 0)
		why = "no uidvalidity";
	if (why == NULL)
		return (0);
	text_complain(dov->dov_text, 1, "%s", why);
	return (-1);
}

/* Parse a field of a message.  NULL, or the error. */
static const char *
dovecot_field(struct dovecot_record *dvr, const char *word, size_t len)
{
	const char	*p = word + 1, *end = word + len;
	uint64_t	 value;

	switch (*word) {
	case 'P':
		dvr->dvr_uidl = p;
		dvr->dvr_uidl_len = len - 1;
		break;
	case 'G':
		dvr->dvr_facts.ff_guid = p;
		dvr->dvr_facts.ff_guid_len = len - 1;
		break;
	case 'O':
		if (!text_number(&p, end, UINT32_MAX, &value) || p != end)
			return ("O is not a number");
		dvr->dvr_order = value;
		break;
	default:
		if (*word < 'A' || *word > 'Z')
			return ("not a field");
		break;
	}
	return (NULL);
}

/* Parse the line of a message.  NULL, or the error. */
static const char *
dovecot_line(struct dovecot *dov, struct dovecot_record *dvr, const char *p,
    const char *end)
{
	struct uidlformat_facts	*ff = &dvr->dvr_facts;
	const char		*word, *why = NULL;
	uint64_t		 uid;
	size_t			 len;

	if (!text_number(&p, end, UINT32_MAX, &uid) || p == end || *p++ != ' ')
		return ("bad uid");
	if (uid <= dov->dov_last)
		return ("uids out of order");
	while (p < end && *p != ':' && why == NULL)
		if ((len = dovecot_word(&p, end, &word)) != 0)
			why = dovecot_field(dvr, word, len);
	if (why != NULL)
		return (why);
	if (p == end || !maildir_name_ok(p + 1, (size_t)(end - p - 1)))
		return ("not the name of a message file");
	dov->dov_last = ff->ff_uid = (uint32_t)uid;
	ff->ff_validity = dov->dov_validity;
	ff->ff_base = p + 1;
	ff->ff_base_len = maildir_base_len(p + 1, (size_t)(end - p - 1));
	if (ff->ff_guid == NULL) {
		ff->ff_guid = ff->ff_base;
		ff->ff_guid_len = ff->ff_base_len;
	}
	return (NULL);
}

/* Add a message to the list.  0, or -1, logged. */
static int
dovecot_add(struct dovecot *dov, const struct dovecot_record *dvr)
{
	const struct uidlformat_facts	*ff = &dvr->dvr_facts;
	struct uidlist_item		*ux;
	const char			*uidl = dvr->dvr_uidl;
	char				 made[UIDLFORMAT_OUT_MAX];
	size_t				 len = dvr->dvr_uidl_len;

	if (uidl == NULL) {
		uidl = made;
		len = uidlformat_make(&dov->dov_format, ff, made);
	} else if (len == 0) {
		uidl = ff->ff_base;
		len = ff->ff_base_len;
	}
	ux = uidlist_add(dov->dov_list, ff->ff_base, ff->ff_base_len, uidl,
	    len);
	if (ux == NULL)
		return (-1);
	ux->ux_line = dov->dov_text->tx_line;
	ux->ux_order = dvr->dvr_order;
	return (0);
}

int
dovecot_parse(struct text *tx, const struct uidlformat *uf,
    struct uidlist *ul)
{
	struct dovecot		 dov = { tx, ul, *uf, 0, 0 };
	struct dovecot_record	 dvr;
	const char		*line, *why;
	size_t			 len;
	int			 r;

	if (dovecot_header(&dov) == -1)
		return (-1);
	while ((r = text_next(tx, &line, &len)) == 1) {
		memset(&dvr, 0, sizeof(dvr));
		dvr.dvr_order = UINT64_MAX;
		if ((why = dovecot_line(&dov, &dvr, line, line +
		    len)) != NULL) {
			text_complain(tx, tx->tx_line, "%s", why);
			return (-1);
		}
		if (dovecot_add(&dov, &dvr) == -1)
			return (-1);
	}
	if (r == -1 || uidlist_last(ul) == -1)
		return (-1);
	uidlist_sort(ul);
	return (0);
}
