/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Delivery of the messages that lmtppop sends.
 */

#ifndef RECEIVE_H
#define RECEIVE_H

/*
 * Deliver what arrives on the stream into the maildir open as the second
 * descriptor (-1: unusable), until the end of the stream or a malformed record.
 */
void	 receive_run(int stream, int dir);

#endif
