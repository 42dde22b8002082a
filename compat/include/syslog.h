/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* <syslog.h> with what OpenBSD's has besides. */

#include_next <syslog.h>

#ifndef COMPAT_SYSLOG_H
#define COMPAT_SYSLOG_H

#include <stddef.h>

/*
 * Send syslogd(8) a line, "<priority>tag: text", which gets the time here.
 * Does not wait, but for a few milliseconds if it has much to read.  There are
 * no flags here: 0.  Returns 0, or -1 and errno.
 */
int	sendsyslog(const char *, size_t, int);

#endif
