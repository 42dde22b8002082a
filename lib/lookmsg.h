/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages between authpop, tabpop and the checkers about users that a table
 * process may know: part of msg.h.
 */

#ifndef LOOKMSG_H
#define LOOKMSG_H

#include <stdint.h>

#include "limits.h"
#include "source.h"

/* For MSG_TABLE and MSG_TABLE_WANT. */
struct msg_table {
	uint32_t	 mtb_number;	/* as mf_index */
	uint32_t	 mtb_unused;
};

/* For MSG_LOOKUP: the user whose hash is wanted. */
struct msg_lookup {
	uint64_t	 mlk_seq;
	char		 mlk_user[USER_MAX];	/* lower-cased */
};

/* The answer of the table processes about a user. */
enum look_result {
	LOOK_NONE,			/* unknown to all of them */
	LOOK_FOUND,
	LOOK_PROVE,			/* one must see the password */
	LOOK_TEMP,			/* one to be asked cannot be */
	LOOK_WRONG,			/* PROVE: one knows the user, and this
					   is the wrong password */
	LOOK_RESULTS
};

/* For MSG_LOOKED. */
struct msg_looked {
	uint64_t	 ld_seq;
	uint32_t	 ld_result;	/* enum look_result */
	uint32_t	 ld_unused;
};

/* For MSG_GIVE. */
struct msg_give {
	uint64_t	 gi_lookup;	/* mlk_seq */
	uint64_t	 gi_checker;	/* its generation */
	uint64_t	 gi_check;	/* mk_seq */
	struct source	 gi_source;	/* where the login comes from */
};

/* For MSG_HASH.  The answer to an accepted PROVE is FOUND, without a hash. */
struct msg_hash {
	uint64_t	 mhs_check;	/* mk_seq */
	uint64_t	 mhs_proof;	/* as in msg_prove; 0: to a GIVE */
	uint32_t	 mhs_result;	/* enum look_result */
	uint32_t	 mhs_place;	/* of the table, except with NONE */
	char		 mhs_user[USER_MAX];	/* whose answer it is */
	char		 mhs_hash[HASH_TEXT_MAX];
};

/*
 * For MSG_PROVE: show the password to the table that MSG_HASH named, then to
 * those after it.
 */
struct msg_prove {
	uint64_t	 pv_check;
	uint64_t	 pv_proof;	/* the checker's own number */
	char		 pv_pass[PASS_MAX];
};

#endif
