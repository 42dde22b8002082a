/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages for LMTP deliveries: part of msg.h, which includes it.
 */

#ifndef MSGDELIVERY_H
#define MSGDELIVERY_H

/* For MSG_DELIVERY_WANT: users an address of RCPT may mean, lower-cased. */
struct msg_delivery_want {
	uint64_t	dw_want;	/* repeated in the answer */
	char		dw_address[USER_MAX];
	char		dw_local[USER_MAX];	/* if dw_address is no user; or
						   "" */
};

/* For MSG_DELIVERY_OPEN, _SAME and _END. */
struct msg_delivery {
	uint64_t	dy_want;	/* END: 0 */
	uint64_t	dy_process;	/* no number is used twice */
};

enum delivery_refusal {
	DELIVERY_UNKNOWN,		/* not in usertab */
	DELIVERY_DISABLED,		/* uid 0, or not one of ours */
	DELIVERY_FULL,			/* at the limit */
	DELIVERY_TEMP,			/* temporary failure */
	DELIVERY_REFUSALS
};

/* For MSG_DELIVERY_REFUSE. */
struct msg_delivery_refuse {
	uint64_t	dr_want;
	uint32_t	dr_reason;	/* enum delivery_refusal */
	uint32_t	dr_unused;
};

/* For MSG_DELIVER. */
struct msg_deliver {
	uint32_t	dv_verbose;	/* enum log_detail */
	uint32_t	dv_unused;
	char		dv_directory[PATH_LEN_MAX];
	char		dv_subdir[PATH_LEN_MAX];	/* or "" */
};

#endif
