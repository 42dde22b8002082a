/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How another server made unique ids: Dovecot's pop3_uidl_format, as its
 * versions up to 2.3 and from 2.4 on have it.
 */

#ifndef UIDLFORMAT_H
#define UIDLFORMAT_H

#include <stddef.h>
#include <stdint.h>

#define UIDLFORMAT_PARTS	16
#define UIDLFORMAT_WIDTH_MAX	64

/* The longest unique id that is made; popd takes UIDL_MAX. */
#define UIDLFORMAT_OUT_MAX	1024

enum uidlformat_what {
	UIDLFORMAT_TEXT,
	UIDLFORMAT_UID,
	UIDLFORMAT_VALIDITY,
	UIDLFORMAT_BASE,
	UIDLFORMAT_GUID
};

struct uidlformat {
	struct uidlformat_part {
		enum uidlformat_what	 uo_what;
		const char		*uo_text;	/* in the format */
		size_t			 uo_len;
		unsigned int		 uo_width;	/* zeros up to it */
		int			 uo_hex;
		int			 uo_upper;
		int			 uo_lower;
	}		 uf_part[UIDLFORMAT_PARTS];
	unsigned int	 uf_count;
};

/* What it is made of. */
struct uidlformat_facts {
	uint32_t	 ff_uid;
	uint32_t	 ff_validity;
	const char	*ff_base;
	size_t		 ff_base_len;
	const char	*ff_guid;
	size_t		 ff_guid_len;
};

/*
 * Take a format of so many octets, which stays the caller's and must stay.
 * NULL, or what is wrong with it, a constant text.
 */
const char	*uidlformat_parse(const char *, size_t, struct uidlformat *);

/* Whether it names one of its own for each message. */
int		 uidlformat_differs(const struct uidlformat *);

/* The unique id into buf, not terminated: its length, or 0: too long. */
size_t		 uidlformat_make(const struct uidlformat *,
		    const struct uidlformat_facts *,
		    char [UIDLFORMAT_OUT_MAX]);

#endif
