/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The first line is
 *
 *	uidvalidity <number>
 *
 * followed by one line for each message:
 *
 *	<uid> <file name in the maildir>
 *
 * Cyrus sorts by uid.
 */

#include <sys/types.h>

#include <stdint.h>
#include <string.h>

#include "cyrus.h"
#include "maildir.h"
#include "text.h"
#include "uidlformat.h"
#include "uidlist.h"

#define CYRUS_FIRST	"uidvalidity "

static const struct {
	const char	*name;
	const char	*format;
} cyrus_formats[] = {
	{ "uidonly",	"%u" },
	{ "cyrus",	"%v.%u" },
	{ "dovecot",	"%08Xu%08Xv" },
	{ "courier",	"%v-%u" }
};

const char *
cyrus_format(const char *name)
{
	size_t	 i;

	for (i = 0; i < sizeof(cyrus_formats) / sizeof(cyrus_formats[0]); i++)
		if (strcmp(cyrus_formats[i].name, name) == 0)
			return (cyrus_formats[i].format);
	return (NULL);
}

static int
cyrus_header(struct text *tx, struct uidlformat_facts *ff)
{
	const char	*p, *end;
	uint64_t	 value;
	size_t		 len, first = sizeof(CYRUS_FIRST) - 1;
	int		 r;

	if ((r = text_next(tx, &p, &len)) == -1)
		return (-1);
	end = p + len;
	if (r == 1 && len > first && memcmp(p, CYRUS_FIRST, first) == 0) {
		p += first;
		if (text_number(&p, end, UINT32_MAX, &value) && p == end &&
		    value != 0) {
			ff->ff_validity = (uint32_t)value;
			return (0);
		}
	}
	text_complain(tx, 1, "want \"uidvalidity number\"");
	return (-1);
}

/* Parse a line.  NULL, or the error. */
static const char *
cyrus_line(struct uidlformat_facts *ff, const char *p, const char *end)
{
	uint64_t	 uid;
	size_t		 len;

	if (!text_number(&p, end, UINT32_MAX, &uid) || uid == 0 || p == end ||
	    *p++ != ' ')
		return ("bad uid");
	len = (size_t)(end - p);
	if (!maildir_name_ok(p, len))
		return ("not the name of a message file");
	ff->ff_uid = (uint32_t)uid;
	ff->ff_base = ff->ff_guid = p;
	ff->ff_base_len = ff->ff_guid_len = maildir_base_len(p, len);
	return (NULL);
}

int
cyrus_parse(struct text *tx, const struct uidlformat *uf, struct uidlist *ul)
{
	struct uidlformat_facts	 ff;
	struct uidlist_item	*ux;
	const char		*line, *why;
	char			 uidl[UIDLFORMAT_OUT_MAX];
	size_t			 len;
	int			 r;

	memset(&ff, 0, sizeof(ff));
	if (cyrus_header(tx, &ff) == -1)
		return (-1);
	while ((r = text_next(tx, &line, &len)) == 1) {
		if ((why = cyrus_line(&ff, line, line + len)) != NULL) {
			text_complain(tx, tx->tx_line, "%s", why);
			return (-1);
		}
		len = uidlformat_make(uf, &ff, uidl);
		if ((ux = uidlist_add(ul, ff.ff_base, ff.ff_base_len, uidl,
		    len)) == NULL)
			return (-1);
		ux->ux_line = tx->tx_line;
		ux->ux_order = ff.ff_uid;
	}
	uidlist_sort(ul);
	return (r);
}
