/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One table process: its services, and questions to it, several at once.
 */

#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdint.h>

#include "msg.h"
#include "proto.h"

struct program;
struct program_question;

/* Priority of a waiting question. */
enum program_turn {
	TURN_FIRST,			/* for a user who has logged in */
	TURN_NEXT,
	TURN_MAIL			/* at most LMTP_WINDOW of them */
};

/*
 * Called once for each process that was attached: why is NULL when it can be
 * asked, or the reason why it was detached.
 */
typedef void program_changed(struct program *, const char *why, void *);

/*
 * The answer to a question; PROTO_BAD if the table cannot answer now.  The
 * value is valid only during the callback; the question is freed before.
 */
typedef void question_done(void *, enum proto_result, const char *value);

/*
 * Return a program without a process for a MSG_CONF_FILE, or NULL if the
 * message is invalid.  program_free() it.
 */
struct program	*program_new(const struct msg_file *, program_changed *,
		    void *arg);

/* Let the process go; its questions end without a callback. */
void		 program_free(struct program *);

/*
 * Greet a process, new or in place of the previous one.  With owned, fd is
 * closed by the program; otherwise it stays the caller's until
 * program_adopt(), which returns 0 if it is no longer needed.
 */
void		 program_attach(struct program *, int fd, int owned);
int		 program_adopt(struct program *);

/* Stop using the process; its questions end without a callback. */
void		 program_detach(struct program *);

/* From the configuration: number, place among tables of a kind, name. */
uint32_t	 program_number(const struct program *);
unsigned int	 program_place(const struct program *, enum table_flag);
const char	*program_name(const struct program *);

/* Log an invalid or failed answer; rate limited. */
void		 program_complain(struct program *, const char *why);

/* Return 1 if the process can be asked, lacks a service, or offers one. */
int		 program_up(const struct program *);
int		 program_lacks(const struct program *);
int		 program_offers(const struct program *, enum proto_service);

/*
 * Ask for key, which is copied.  Return NULL if the process is down or the key
 * is too long.  done() is called later, never from within this call, unless
 * program_forget() is called first.
 */
struct program_question	*program_ask(struct program *pg,
    enum proto_service service,
		    const char *key, enum program_turn turn,
		    question_done *done, void *arg);
void		 program_forget(struct program_question *);

#endif
