/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A connection without TLS, as steps that never wait: what tlsio.h has, with
 * the same answers.  Nothing is held here: what was written has left.
 */

#ifndef PLAINIO_H
#define PLAINIO_H

#include <stddef.h>

#include "tlsio.h"

/*
 * Read until the buffer is full (OK), or all that is there; *got octets were
 * put into it whatever the status is.
 */
enum tlsio_status plainio_read(int fd, char *buf, size_t size, size_t *got);

/* Write all (OK), or *done octets of it. */
enum tlsio_status plainio_write(int fd, const char *buf, size_t len,
	    size_t *done);

/*
 * Throw away all that has come, PLAINIO_DISCARD_MAX octets at the most.  OK
 * if there was more, WANT_READ if that was all.
 */
enum tlsio_status plainio_discard(int fd);

#define PLAINIO_DISCARD_MAX	65536

#endif
