/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Answer PASS.  The listener leaves that to the worker, which alone knows
 * whether the maildrop can be opened (RFC 1939 section 4, RFC 2449 section 8,
 * RFC 3206).
 */

#include <stdint.h>
#include <stdio.h>

#include "msg.h"

#include "greet.h"
#include "maildrop.h"
#include "out.h"

void
greet_accept(const struct maildrop *drop)
{
	out_text("+OK maildrop has ");
	out_number(maildrop_count(drop));
	out_text(" messages (");
	out_number(maildrop_octets(drop));
	out_text(" octets)\r\n");
	out_flush();
}

/*
 * Write seconds since 1970 as " since YYYY-MM-DD HH:MM UTC".  Computed here
 * because gmtime(3) may read the time zone, which we cannot open.  Years begin
 * in March, so that leap days come last.
 */
static void
greet_since(uint64_t since)
{
	char		 text[48];
	uint64_t	 days, era, year, month, day, minutes;

	days = since / 86400 + 719468;		/* since 0000-03-01 */
	minutes = since / 60 % 1440;
	era = days / 146097;			/* 400 years */
	days %= 146097;
	year = (days - days / 1460 + days / 36524 - days / 146096) / 365;
	days -= year * 365 + year / 4 - year / 100;
	month = (5 * days + 2) / 153;
	day = days - (153 * month + 2) / 5 + 1;
	year += era * 400;
	month += 3;
	if (month > 12) {
		month -= 12;
		year++;
	}
	snprintf(text, sizeof(text),
	    " since %04u-%02u-%02u %02u:%02u UTC", (unsigned int)year,
	    (unsigned int)month, (unsigned int)day,
	    (unsigned int)(minutes / 60), (unsigned int)(minutes % 60));
	out_text(text);
}

static void
greet_in_use(const struct msg_work *work)
{
	char	 text[SOURCE_TEXT_MAX];

	out_text("-ERR [IN-USE] mailbox is open in another session");
	if (work != NULL && work->wk_since != 0) {
		greet_since(work->wk_since);
		if (work->wk_other.so_version != 0) {
			out_text(" from ");
			out_text(source_text(&work->wk_other, text,
			    sizeof(text)));
		}
	}
	out_text("\r\n");
}

void
greet_refuse(enum maildrop_error error, const struct msg_work *work)
{
	switch (error) {
	case MAILDROP_IN_USE:
		greet_in_use(work);
		break;
	case MAILDROP_PERM:
		out_text("-ERR [SYS/PERM] mailbox cannot be opened, "
		    "ask postmaster\r\n");
		break;
	default:
		out_text("-ERR [SYS/TEMP] mailbox cannot be opened now\r\n");
		break;
	}
	out_flush();
}
