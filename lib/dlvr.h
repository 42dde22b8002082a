/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What lmtppop and a process that delivers for one user say to each other,
 * over a stream socket that carries nothing else.  Each record has this fixed
 * head, in the order of octets of the machine; messages are numbered, so that
 * many may be under way at once and a slow one is in nobody's way.
 *
 * lmtppop: BEGIN, any number of DATA, and END or ABORT, of each message; it
 * may then use the number again once it has the VERDICT (after END) or at
 * once (after ABORT).  The other: one VERDICT after each END.  The end of the
 * stream ends the process, and all that has no END yet is gone.
 */

#ifndef DLVR_H
#define DLVR_H

#include <stdint.h>

enum dlvr_type {
	DLVR_BEGIN = 1,
	DLVR_DATA,			/* dl_value octets follow */
	DLVR_END,
	DLVR_ABORT,
	DLVR_VERDICT			/* dl_value: enum dlvr_verdict */
};

enum dlvr_verdict {
	DLVR_DONE,			/* in new/, and durable */
	DLVR_TEMP,			/* something failed */
	DLVR_SPACE,			/* the disk is full */
	DLVR_QUOTA,			/* the user's share of it is */
	DLVR_BOX,			/* the maildir cannot be used */
	DLVR_VERDICTS
};

struct dlvr_record {
	uint32_t	 dl_type;	/* enum dlvr_type */
	uint32_t	 dl_message;	/* below DLVR_MESSAGES */
	uint32_t	 dl_value;
	uint32_t	 dl_unused;
};

#endif
