/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The questions of tabpop: lines of OpenSMTPD's table protocol, version 0.1,
 * with a service of popd's own.
 */

#ifndef QUESTION_H
#define QUESTION_H

#include "limits.h"
#include "source.h"

enum question_kind {
	QUESTION_GREETING,		/* any greeting line but the last */
	QUESTION_READY,			/* the last one */
	QUESTION_CHECK,			/* source|user:password */
	QUESTION_USERINFO		/* user */
};

struct question {
	enum question_kind	 qu_kind;
	char			 qu_id[9];	/* to be returned as it is */
	char			 qu_source[SOURCE_TEXT_MAX];
	char			 qu_user[USER_MAX];
	char			 qu_pass[PASS_MAX];
};

/* Parse a line, without its newline.  Return 0, or -1 if it is invalid. */
int	 question_parse(const char *, struct question *);

#endif
