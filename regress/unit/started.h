/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent's version message, for tests that start or play a child of popd.
 */

#ifndef STARTED_H
#define STARTED_H

#include <stdio.h>
#include <stdlib.h>

#include "msg.h"
#include "version.h"

/* The parent speaks the same messages as this test. */
static void
started_by_popd(void)
{
	char	 protocol[16];

	snprintf(protocol, sizeof(protocol), "%08x", msg_protocol());
	setenv(VERSION_PROTOCOL, protocol, 1);
}

#endif
