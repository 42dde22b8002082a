/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The first line is
 *
 *	/<version> <next number> <uidvalidity>
 *
 * followed by one line for each message, in version 2 without the last field:
 *
 *	<file name> <octets> <number>:<uidvalidity>:<in UTF-8>
 *
 * Courier sorts by the number at the start of the name, then by the name's
 * octets.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "courier.h"
#include "limits.h"
#include "maildir.h"
#include "text.h"
#include "uidlist.h"

struct courier_line {
	const char	*cl_name;
	size_t		 cl_len;
	uint64_t	 cl_number;
	uint64_t	 cl_validity;
};

/* An octet of a name takes up to three. */
#define COURIER_UIDL_MAX	(3 * MAILNAME_MAX)

static int
courier_header(struct text *tx)
{
	const char	*p, *end;
	uint64_t	 version, number;
	size_t		 len;
	int		 r;

	if ((r = text_next(tx, &p, &len)) == -1)
		return (-1);
	end = p + len;
	if (r == 1 && len != 0 && *p++ == '/' &&
	    text_number(&p, end, UINT64_MAX, &version) &&
	    (version == 2 || version == 3) && p < end && *p++ == ' ' &&
	    text_number(&p, end, UINT64_MAX, &number) && p < end &&
	    *p++ == ' ' && text_number(&p, end, UINT64_MAX, &number) &&
	    p == end)
		return (0);
	text_complain(tx, 1, "not version 2 or 3");
	return (-1);
}

/* Return the last space before end, or NULL. */
static const char *
courier_space(const char *line, const char *end)
{
	while (end > line)
		if (*--end == ' ')
			return (end);
	return (NULL);
}

/* Parse n:uidvalidity[:utf8].  1, or 0. */
static int
courier_number(struct courier_line *cl, const char *p, const char *end)
{
	uint64_t	 utf8;

	if (!text_number(&p, end, UINT64_MAX, &cl->cl_number) || p == end ||
	    *p++ != ':' || !text_number(&p, end, UINT64_MAX, &cl->cl_validity))
		return (0);
	return (p == end || (*p++ == ':' && text_number(&p, end, 1, &utf8) &&
	    p == end));
}

/* Parse a line.  NULL, or the error. */
static const char *
courier_line(struct courier_line *cl, const char *line, const char *end)
{
	const char	*last, *size, *p;
	uint64_t	 octets;

	if ((last = courier_space(line, end)) == NULL ||
	    (size = courier_space(line, last)) == NULL)
		return ("want a name, a size and a number");
	p = size + 1;
	if (!text_number(&p, last, UINT64_MAX, &octets) || p != last)
		return ("bad size");
	if (!courier_number(cl, last + 1, end))
		return ("bad number");
	cl->cl_name = line;
	cl->cl_len = (size_t)(size - line);
	if (!maildir_name_ok(cl->cl_name, cl->cl_len))
		return ("not the name of a message file");
	return (NULL);
}

/* Copy a name up to its colon, encoded as Courier sends it. */
static size_t
courier_plain(const struct courier_line *cl, char *out)
{
	const unsigned char	*p = (const unsigned char *)cl->cl_name;
	const unsigned char	*end = p + cl->cl_len;
	size_t			 at = 0;

	for (; p < end && *p != ':'; p++) {
		if (*p < 0x21 || *p > 0x7e || *p == '\'' || *p == '"' ||
		    *p == '+')
			at += (size_t)snprintf(out + at, 4, "+%02X", *p);
		else
			out[at++] = (char)*p;
	}
	return (at);
}

static size_t
courier_uidl(const struct courier_line *cl, char out[COURIER_UIDL_MAX + 1])
{
	if (cl->cl_number == 0)
		return (courier_plain(cl, out));
	if (cl->cl_validity == 0)
		return ((size_t)snprintf(out, COURIER_UIDL_MAX, "UID%llu",
		    (unsigned long long)cl->cl_number));
	return ((size_t)snprintf(out, COURIER_UIDL_MAX, "UID%llu-%llu",
	    (unsigned long long)cl->cl_number,
	    (unsigned long long)cl->cl_validity));
}

/* Return the number that a name begins with. */
static uint64_t
courier_order(const struct courier_line *cl)
{
	const char	*p = cl->cl_name;
	uint64_t	 order = 0;

	if (cl->cl_len == 0 || *p < '0' || *p > '9')
		return (0);
	/* Like strtol(3), which returns the largest value on overflow. */
	return (text_number(&p, p + cl->cl_len, INT64_MAX, &order) ? order :
	    INT64_MAX);
}

static int
courier_compare(const void *a, const void *b)
{
	const struct uidlist_item	*left = a, *right = b;
	size_t				 len;
	int				 c;

	if (left->ux_order != right->ux_order)
		return (left->ux_order < right->ux_order ? -1 : 1);
	len = left->ux_base_len < right->ux_base_len ? left->ux_base_len :
	    right->ux_base_len;
	if ((c = memcmp(left->ux_base, right->ux_base, len)) != 0)
		return (c);
	return (left->ux_base_len < right->ux_base_len ? -1 :
	    left->ux_base_len > right->ux_base_len);
}

static int
courier_add(struct text *tx, const struct courier_line *cl,
    struct uidlist *ul)
{
	struct uidlist_item	*ux;
	char			 uidl[COURIER_UIDL_MAX + 1];
	size_t			 len;

	len = courier_uidl(cl, uidl);
	ux = uidlist_add(ul, cl->cl_name, maildir_base_len(cl->cl_name,
	    cl->cl_len), uidl, len);
	if (ux == NULL)
		return (-1);
	ux->ux_line = tx->tx_line;
	ux->ux_order = courier_order(cl);
	return (0);
}

int
courier_parse(struct text *tx, struct uidlist *ul)
{
	struct courier_line	 cl;
	const char		*line, *why;
	size_t			 len;
	int			 r;

	if (courier_header(tx) == -1)
		return (-1);
	while ((r = text_next(tx, &line, &len)) == 1) {
		if ((why = courier_line(&cl, line, line + len)) != NULL) {
			text_complain(tx, tx->tx_line, "%s", why);
			return (-1);
		}
		if (courier_add(tx, &cl, ul) == -1)
			return (-1);
	}
	if (r == -1)
		return (-1);
	if (ul->ul_count != 0)
		qsort(ul->ul_item, ul->ul_count, sizeof(*ul->ul_item),
		    courier_compare);
	return (0);
}
