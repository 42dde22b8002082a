/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages for LMTP deliveries: part of msg.h, which includes it.
 */

#ifndef MSGDELIVERY_H
#define MSGDELIVERY_H

/* For MSG_DELIVERY_WANT: a user an address of RCPT may mean, lower-cased. */
struct msg_delivery_want {
	uint64_t	 dw_want;	/* repeated in the answer */
	uint32_t	 dw_open;	/* 1: mail is to be written now */
	uint32_t	 dw_unused;
	char		 dw_user[USER_MAX];
};

/* For MSG_DELIVERY_KNOWN, _OPEN, _SAME and _END. */
struct msg_delivery {
	uint64_t	 dy_want;	/* END: 0 */
	uint64_t	 dy_process;	/* no number is used twice; KNOWN: 0 */
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
	uint64_t	 dr_want;
	uint32_t	 dr_reason;	/* enum delivery_refusal */
	uint32_t	 dr_unused;
};

/* For MSG_DELIVER. */
struct msg_deliver {
	uint32_t	 dv_verbose;	/* enum log_detail */
	uint32_t	 dv_unused;
	char		 dv_directory[PATH_LEN_MAX];
	char		 dv_subdir[PATH_LEN_MAX];	/* or "" */
};

#endif
