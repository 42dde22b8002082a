/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table of other servers.  See oldserver.h.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "captured.h"
#include "courier.h"
#include "cyrus.h"
#include "dovecot.h"
#include "log.h"
#include "names.h"
#include "oldserver.h"

static int
oldserver_dovecot(const struct oldserver *og, struct text *tx,
    const struct box *bx, struct uidlist *ul)
{
	return (dovecot_parse(tx, &og->og_format, ul));
}

static int
oldserver_courier(const struct oldserver *og, struct text *tx,
    const struct box *bx, struct uidlist *ul)
{
	return (courier_parse(tx, ul));
}

static int
oldserver_cyrus(const struct oldserver *og, struct text *tx,
    const struct box *bx, struct uidlist *ul)
{
	return (cyrus_parse(tx, &og->og_format, ul));
}

static int
oldserver_qmail(const struct oldserver *og, struct text *tx,
    const struct box *bx, struct uidlist *ul)
{
	return (names_qmail(bx, ul));
}

static int
oldserver_tpop3d(const struct oldserver *og, struct text *tx,
    const struct box *bx, struct uidlist *ul)
{
	return (names_tpop3d(bx, ul));
}

static int
oldserver_listing(const struct oldserver *og, struct text *tx,
    const struct box *bx, struct uidlist *ul)
{
	return (captured_match(tx, bx, og, ul));
}

static const struct oldserver_kind	 origins[] = {
	{ "dovecot",	DOVECOT_FILE,	0, DOVECOT_FORMAT, oldserver_dovecot },
	{ "courier",	COURIER_FILE,	0, NULL,	oldserver_courier },
	{ "cyrus",	NULL,		0, "uidonly",	oldserver_cyrus },
	{ "qmail",	NULL,		1, NULL,	oldserver_qmail },
	{ "tpop3d",	NULL,		1, NULL,	oldserver_tpop3d },
	{ "listing",	NULL,		0, NULL,	oldserver_listing }
};

#define ORIGINS	(sizeof(origins) / sizeof(origins[0]))

int
oldserver_set(struct oldserver *og, const char *name, const char *format)
{
	const char	*why, *own;
	size_t		 i;

	for (i = 0; i < ORIGINS && strcmp(origins[i].ok_name, name) != 0; i++)
		;
	if (i == ORIGINS) {
		log_warnx("%s: want dovecot, courier, cyrus, qmail, tpop3d or "
		    "listing", name);
		return (-1);
	}
	og->og_kind = &origins[i];
	if (origins[i].ok_format == NULL) {
		if (format != NULL)
			log_warnx("-F: %s does not use a format", name);
		return (format != NULL ? -1 : 0);
	}
	if (format == NULL)
		format = origins[i].ok_format;
	if (origins[i].ok_list == oldserver_cyrus &&
	    (own = cyrus_format(format)) != NULL)
		format = own;
	why = uidlformat_parse(format, strlen(format), &og->og_format);
	if (why == NULL && !uidlformat_differs(&og->og_format))
		why = "the same for all messages";
	if (why != NULL)
		log_warnx("-F %s: %s", format, why);
	return (why != NULL ? -1 : 0);
}
