/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The log.  The parent writes to syslogd(8), facility mail, or, with -d, to
 * standard error.  A child sends its lines to the parent over its channel,
 * so that it needs no socket of its own inside its sandbox, and so that the
 * parent knows for certain who said what.  Until a child has a channel, and
 * in mda, lines go to standard error.
 *
 * Never log a password, nor octets of a client that did not pass
 * log_quote().
 */

#ifndef LOG_H
#define LOG_H

#include <stddef.h>

/* What takes a finished line: level is an enum log_level (msg.h). */
typedef void (*log_sink)(int, const char *);

/* name is the program's; lines go to standard error until log_to(). */
void	 log_init(const char *);
void	 log_to(log_sink);

/* How much is logged: debug lines, too, and each message between processes. */
enum log_detail { LOG_BRIEF, LOG_VERBOSE, LOG_TRACE };
void	 log_verbose(int);		/* enum log_detail, or more */
int	 log_debugs(void);		/* whether LOG_VERBOSE or more */
int	 log_traces(void);		/* whether LOG_TRACE */

/* By how much the bounds on lines of one process grow with that. */
unsigned int	 log_times(void);

/* Lines go to this one, too, until it is NULL again. */
void	 log_tap(log_sink);

/* The sink that standard error is; the parent has another, maillog.c. */
void	 log_stderr(int, const char *);

/* As err(3) names them: log_warn() adds ": " and strerror(errno). */
void	 log_warn(const char *, ...) __attribute__((__format__ (printf, 1, 2)));
void	 log_warnx(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));
void	 log_info(const char *, ...) __attribute__((__format__ (printf, 1, 2)));
void	 log_debug(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));
void	 fatal(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2), __noreturn__));
void	 fatalx(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2), __noreturn__));

/*
 * Text from outside as "..." for a log line: every octet that is not a
 * letter, digit or one of @._+-/ becomes %XX, so that no name can forge a
 * field or a line.  Cut to fit buf; returns buf.
 */
#define LOG_QUOTE_MAX	(3 * 255 + 3)
char	*log_quote(const char *, char *, size_t);

/*
 * Text of another process as "..." for the end of a log line, its quotes made
 * single ones.  Cut to fit buf; returns buf.
 */
char	*log_cite(const char *, char *, size_t);

#endif
