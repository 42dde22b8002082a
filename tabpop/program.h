/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One table process: what it offers, and questions to it, several at once.
 */

#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdint.h>

#include "msg.h"
#include "proto.h"

struct program;
struct program_question;

/* Whose turn it is among the questions that wait. */
enum program_turn {
	TURN_FIRST,			/* somebody who has logged in */
	TURN_NEXT,
	TURN_MAIL			/* with LMTP_WINDOW at the most */
};

/*
 * Once for each time that a process was given: NULL and it can be asked, or
 * why it is of no use now, and it was let go.
 */
typedef void program_changed(struct program *, const char *why, void *);

/*
 * What is known of a key: PROTO_BAD if the table has no answer for now.  The
 * value is there until it returns.  The question is gone.
 */
typedef void question_done(void *, enum proto_result, const char *value);

/* One without a process, for a MSG_CONF_FILE; NULL: it makes no sense. */
struct program	*program_new(const struct msg_file *, program_changed *,
		    void *arg);

/* Let the process go; questions that it has end without a word. */
void		 program_free(struct program *);

/*
 * A process, new or in place of the one before: it is greeted.  The descriptor
 * is the program's to close, or only after program_adopt(), which returns
 * whether it still needs it.
 */
void		 program_attach(struct program *, int fd, int owned);
int		 program_adopt(struct program *);

/* Stop using it. */
void		 program_detach(struct program *);

/* Of the file: the number, the place among those of a kind, the name. */
uint32_t	 program_number(const struct program *);
unsigned int	 program_place(const struct program *, enum table_flag);
const char	*program_name(const struct program *);

/* An answer of it is of no use: told to the log, but not for each login. */
void		 program_complain(struct program *, const char *why);

/* Whether it can be asked, at all or for this. */
int		 program_up(const struct program *);
int		 program_offers(const struct program *, enum proto_service);

/*
 * Ask.  NULL: not now.  It is answered later, never from within, unless
 * program_forget() comes first.
 */
struct program_question	*program_ask(struct program *, enum proto_service,
		    const char *key, enum program_turn, question_done *,
		    void *arg);
void		 program_forget(struct program_question *);

#endif
