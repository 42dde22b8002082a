/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Table processes: programs that are not ours, under a uid of their own.
 */

#ifndef TABLES_H
#define TABLES_H

#include <stddef.h>

struct chan;
struct config;
struct msg_table;

/* How many a configuration asks. */
unsigned int	 tables_count(const struct config *);

/* Whether one of them is none of ours. */
int		 tables_foreign(const struct config *);

/*
 * Whether these can be started, and by whom they and their configurations can
 * be changed.  0, or -1 and one line in why.
 */
int		 tables_judge(const struct config *, char *why, size_t);

/* Let their programs be executed.  0, or -1 and errno. */
int		 tables_unveil(const struct config *);

/*
 * Start all of them anew and send each to tabpop, as a MSG_CONF_FILE.  0, or
 * -1 and errno.  They are in use after tables_commit(), in place of those
 * before; or they end, with tables_abort() or the next call.  The committed
 * configuration stays the caller's, who keeps it until the next commit.
 */
int		 tables_send(const struct config *, struct chan *);
void		 tables_commit(const struct config *);
void		 tables_abort(void);

/* tabpop says that one is of no use: it is killed, and started again. */
void		 tables_want(const struct msg_table *);

/* popd stops: all of them end; and whether all have. */
void		 tables_stop(void);
int		 tables_none(void);

#endif
