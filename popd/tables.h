/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Table processes: programs of OpenSMTPD, under a uid of their own.
 */

#ifndef TABLES_H
#define TABLES_H

#include <stddef.h>

struct chan;
struct config;
struct msg_table;

/* Return the number of processes that a configuration uses. */
unsigned int	 tables_count(const struct config *);

/* Return whether any of them is not popd's own. */
int		 tables_foreign(const struct config *);

/*
 * Check that all can be run, and that only root can change them and their
 * configurations.  Return 0, or -1 with the reason in why.
 */
int		 tables_judge(const struct config *, char *why, size_t);

/* unveil(2) their programs.  Return 0, or -1 with errno. */
int		 tables_unveil(const struct config *);

/*
 * Start all processes anew and send each to tabpop as MSG_CONF_FILE.  Return
 * 0, or -1 with errno.  tables_commit() puts them in place of the old ones;
 * tables_abort() or the next call ends them.  The committed configuration stays
 * the caller's, and must exist until the next commit.
 */
int		 tables_send(const struct config *, struct chan *);
void		 tables_commit(const struct config *);
void		 tables_abort(void);

/* tabpop has no use for one: kill and restart it. */
void		 tables_want(const struct msg_table *);

/* Shutdown: end all processes; return whether all have ended. */
void		 tables_stop(void);
int		 tables_none(void);

#endif
