/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The protocol between lmtppop and a process that delivers for one user, over a
 * stream socket of its own.  Each record has this fixed head, in host byte
 * order; messages are numbered, so many may be under way and a slow one delays
 * no other.
 *
 * From lmtppop: for each message BEGIN, any number of DATA, and END or ABORT;
 * the number is free again after the VERDICT (after END) or at once (after
 * ABORT).  To lmtppop: one VERDICT after each END.  The end of the stream ends
 * the process and drops every message without END.
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
	DLVR_TEMP,			/* some other failure */
	DLVR_SPACE,			/* the disk is full */
	DLVR_QUOTA,			/* the user's quota is full */
	DLVR_BOX,			/* the maildir cannot be used */
	DLVR_VERDICTS
};

struct dlvr_record {
	uint32_t	dl_type;	/* enum dlvr_type */
	uint32_t	dl_message;	/* below DLVR_MESSAGES */
	uint32_t	dl_value;
	uint32_t	dl_unused;
};

#endif
