/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popctl uidl export.  See export.h.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "commands.h"
#include "export.h"
#include "inspect.h"
#include "log.h"
#include "popctl.h"
#include "userproc.h"
#include "users.h"

/*
 * Print a file name, which its owner chose.  On a terminal, control characters
 * become question marks.
 */
static void
export_name(const char *base, size_t len, int terminal)
{
	size_t	 i;
	int	 c;

	for (i = 0; i < len; i++) {
		c = (unsigned char)base[i];
		putchar(terminal && (c < ' ' || (c >= 0x7f && c < 0xa0)) ?
		    '?' : c);
	}
}

/* Print one message; warn if its name does not fit popuidl(5). */
static void
export_message(const struct box *bx, uint32_t n, int terminal)
{
	const char	*base;
	char		 uidl[UIDL_MAX];
	size_t		 len, uidl_len;

	base = inspect_base(bx->bx_drop, n, &len);
	if (box_shared(bx, n) || memchr(base, '\n', len) != NULL) {
		log_warnx("message %u left out: %s", n, box_shared(bx, n) ?
		    "several files have its name" : "newline in its name");
		return;
	}
	uidl_len = maildrop_uidl(bx->bx_drop, n, uidl);
	export_name(base, len, terminal);
	printf(" %.*s\n", (int)uidl_len, uidl);
}

/* uw_run */
static int
export_user(void *arg, int dir, int fd)
{
	struct inspect	 in = { NULL, userproc_progress };
	struct box	 bx;
	int		*terminal = arg;
	uint32_t	 n;

	if (box_open(&bx, &in) == -1)
		return (USERS_FAILED);
	for (n = 1; n <= maildrop_last(bx.bx_drop); n++)
		export_message(&bx, n, *terminal);
	box_close(&bx);
	return (USERS_DONE);
}

int
export_run(const struct popctl *ct, int argc, char *argv[])
{
	struct users_work	 uw;
	int			 terminal = isatty(STDOUT_FILENO);

	if (getopt(argc, argv, "+") != -1 || argc - optind != 1)
		return (COMMANDS_USAGE);
	memset(&uw, 0, sizeof(uw));
	uw.uw_run = export_user;
	uw.uw_arg = &terminal;
	return (users_run(ct, argv[optind], &uw));
}
