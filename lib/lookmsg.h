/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What authpop, tabpop and the checkers say to each other of users whom a
 * table process may know: part of msg.h.
 */

#ifndef LOOKMSG_H
#define LOOKMSG_H

#include <stdint.h>

#include "limits.h"
#include "source.h"

struct msg_table {
	uint32_t	 mtb_number;	/* as mf_index */
	uint32_t	 mtb_unused;
};

/* Whose hash is wanted. */
struct msg_lookup {
	uint64_t	 mlk_seq;
	char		 mlk_user[USER_MAX];	/* lower-cased */
};

/* What the table processes say of a user. */
enum look_result {
	LOOK_NONE,			/* none of them knows him */
	LOOK_FOUND,
	LOOK_PROVE,			/* one has to see the password */
	LOOK_TEMP,			/* one that was to be asked can't be */
	LOOK_WRONG,			/* PROVE: one knows him, and that it
					   is not his password */
	LOOK_RESULTS
};

struct msg_looked {
	uint64_t	 ld_seq;
	uint32_t	 ld_result;	/* enum look_result */
	uint32_t	 ld_unused;
};

struct msg_give {
	uint64_t	 gi_lookup;	/* mlk_seq */
	uint64_t	 gi_checker;	/* its generation */
	uint64_t	 gi_check;	/* mk_seq */
	struct source	 gi_source;	/* where the login comes from */
};

/*
 * For MSG_HASH.  After a PROVE that was right it is FOUND, without a hash.
 */
struct msg_hash {
	uint64_t	 mhs_check;	/* mk_seq */
	uint32_t	 mhs_result;	/* enum look_result */
	uint32_t	 mhs_place;	/* of the table, but with NONE */
	char		 mhs_hash[HASH_TEXT_MAX];
};

/* The table that HASH named is to see this password; then those after it. */
struct msg_prove {
	uint64_t	 pv_check;
	char		 pv_pass[PASS_MAX];
};

#endif
