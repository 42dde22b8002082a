/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Formats of unique ids: Dovecot's pop3_uidl_format, in the syntax of versions
 * up to 2.3 and of 2.4.
 */

#ifndef UIDLFORMAT_H
#define UIDLFORMAT_H

#include <stddef.h>
#include <stdint.h>

#define UIDLFORMAT_PARTS	16
#define UIDLFORMAT_WIDTH_MAX	64

/* The longest unique id that is made; popd accepts UIDL_MAX. */
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
		const char		*uo_text;	/* into the format */
		size_t			 uo_len;
		unsigned int		 uo_width;	/* zero-padded */
		int			 uo_hex;
		int			 uo_upper;
		int			 uo_lower;
	}		 uf_part[UIDLFORMAT_PARTS];
	unsigned int	 uf_count;
};

/* The values of the variables. */
struct uidlformat_facts {
	uint32_t	 ff_uid;
	uint32_t	 ff_validity;
	const char	*ff_base;
	size_t		 ff_base_len;
	const char	*ff_guid;
	size_t		 ff_guid_len;
};

/*
 * Parse a format of a length in octets, which must outlive the result.  NULL,
 * or the error, a constant text.
 */
const char	*uidlformat_parse(const char *, size_t, struct uidlformat *);

/* Return whether it makes different unique ids for different messages. */
int		 uidlformat_differs(const struct uidlformat *);

/* Make a unique id, not terminated.  Its length in octets, or 0: too long. */
size_t		 uidlformat_make(const struct uidlformat *,
		    const struct uidlformat_facts *,
		    char [UIDLFORMAT_OUT_MAX]);

#endif
