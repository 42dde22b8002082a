/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The last step of SCRAM.  See confirm.h.
 */

#include <sys/types.h>

#include <unistd.h>

#include "client.h"
#include "clientio.h"
#include "confirm.h"
#include "relay.h"

static struct {
	unsigned int	 waiting;
} confirm;

void
confirm_ask(struct client *cl, int fd, const char *text)
{
	cl->cl_pending = fd;
	confirm.waiting++;
	clientio_say(cl, text);
	cl->cl_state = CLIENT_COMMAND;
}

void
confirm_done(struct client *cl)
{
	int	 fd = cl->cl_pending;

	cl->cl_pending = -1;
	confirm.waiting--;
	relay_start(cl, fd);
}

void
confirm_drop(struct client *cl)
{
	if (cl->cl_pending == -1)
		return;
	close(cl->cl_pending);
	cl->cl_pending = -1;
	confirm.waiting--;
}

unsigned int
confirm_count(void)
{
	return (confirm.waiting);
}
