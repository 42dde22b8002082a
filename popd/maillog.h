/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The log in the background: syslog, facility mail. */

#ifndef MAILLOG_H
#define MAILLOG_H

/*
 * A sink for log_to().  Never blocks on a stalled syslogd: lines it does not
 * take are counted, and the count is logged once it takes lines again.
 */
void	 maillog_line(int, const char *);

#endif
