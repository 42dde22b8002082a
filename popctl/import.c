/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Import unique ids.  In: the list of another server (oldserver.c).  Out:
 * popuidl for the messages that are there (merge.c), or with -n a listing.
 */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "commands.h"
#include "import.h"
#include "inspect.h"
#include "log.h"
#include "merge.h"
#include "oldserver.h"
#include "popctl.h"
#include "popuidl.h"
#include "text.h"
#include "uidlfile.h"
#include "uidlist.h"
#include "userproc.h"
#include "users.h"

struct import {
	struct oldserver ip_origin;
	const char	*ip_input;	/* -i: file, or directory of files */
	char		 ip_file[PATH_LEN_MAX];	/* this user's file */
	int		 ip_all;
	int		 ip_force;
	int		 ip_dry;
	int		 ip_rename;
};

/* uw_file: open the file that -i names for a user. */
static int
import_file(void *arg, const char *user)
{
	struct import	*ip = arg;
	int		 fd, n;

	n = snprintf(ip->ip_file, sizeof(ip->ip_file), "%s%s%s", ip->ip_input,
	    ip->ip_all ? "/" : "", ip->ip_all ? user : "");
	if (n < 0 || (size_t)n >= sizeof(ip->ip_file) ||
	    (ip->ip_all && strchr(user, '/') != NULL)) {
		log_warnx("%s: cannot be a file name", user);
		return (-1);
	}
	fd = open(ip->ip_file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		log_warn("%s: %s", user, ip->ip_file);
	return (fd);
}

/* Print what clients would see.  Return 0, or -1, logged. */
static int
import_show(int dir, const struct popuidl *pu)
{
	struct inspect	 in = { pu, userproc_progress };
	struct box	 bx;
	char		 uidl[UIDL_MAX];
	size_t		 len;
	uint32_t	 n;

	if (box_open(&bx, &in) == -1)
		return (-1);
	for (n = 1; n <= maildrop_last(bx.bx_drop); n++) {
		len = maildrop_uidl(bx.bx_drop, n, uidl);
		printf("%u %llu %.*s\n", n,
		    (unsigned long long)maildrop_size(bx.bx_drop, n),
		    (int)len, uidl);
	}
	box_close(&bx);
	return (0);
}

/*
 * Write the text, after parsing it as a session will.  Return 0, or -1, logged.
 */
static int
import_put(const struct import *ip, int dir, const char *text, size_t len)
{
	struct popuidl	*pu;
	int		 r;

	if (popuidl_text(text, len, &pu) == -1)
		return (-1);
	r = ip->ip_dry ? import_show(dir, pu) : uidlfile_write(dir, text, len);
	popuidl_free(pu);
	return (r);
}

/* Log a summary in one line. */
static void
import_report(const struct merge *mr, uint32_t messages)
{
	char	 rest[64] = "", gone[64] = "", left[64] = "";

	if (mr->mj_named < messages)
		snprintf(rest, sizeof(rest), ", %u not listed get new ones",
		    messages - mr->mj_named);
	if (mr->mj_gone != 0)
		snprintf(gone, sizeof(gone), ", %u listed are gone",
		    mr->mj_gone);
	if (mr->mj_left != 0)
		snprintf(left, sizeof(left), ", %u listed are left out",
		    mr->mj_left);
	log_info("%u of %u messages keep their unique ids%s%s%s", mr->mj_named,
	    messages, rest, gone, left);
}

/* Import the other server's list into the box.  Return 0, or -1, logged. */
static int
import_list(struct import *ip, int dir, struct text *tx,
    const struct box *bx)
{
	struct merge	 mr = { tx->tx_name, ip->ip_rename,
			    ip->ip_origin.og_leave, 0, 0, 0 };
	struct uidlist	 ul = { NULL, 0, 0 };
	char		*text = NULL;
	size_t		 len;
	int		 r = -1;

	if (ip->ip_origin.og_kind->ok_list(&ip->ip_origin, tx, bx, &ul) == 0)
		text = merge_text(&mr, &ul, bx, &len);
	if (text != NULL && userproc_progress(0, 0) != 0)
		log_warnx("interrupted: nothing changed");
	else if (text != NULL &&
	    (r = import_put(ip, dir, text, len)) == 0)
		import_report(&mr, maildrop_last(bx->bx_drop));
	free(text);
	uidlist_free(&ul);
	return (r);
}

/* Read the other server's file, if it has one.  Return 0, or -1, logged. */
static int
import_text(struct import *ip, int dir, int fd, struct text *tx)
{
	memset(tx, 0, sizeof(*tx));
	if (ip->ip_origin.og_kind->ok_computed)
		return (0);
	return (fd != -1 ? text_read(tx, fd, ip->ip_file) :
	    text_open(tx, dir, ip->ip_origin.og_kind->ok_file));
}

/* Import into the maildrop as it is without imported ids. */
static int
import_box(struct import *ip, int dir, int fd)
{
	struct inspect	 in = { NULL, userproc_progress };
	struct popuidl	*none;
	struct box	 bx;
	struct text	 tx;
	int		 r = -1;

	if ((none = popuidl_none()) == NULL)
		return (-1);
	in.in_uidls = none;
	if (box_open(&bx, &in) == 0) {
		if (maildrop_last(bx.bx_drop) == 0) {
			log_info("no messages: nothing to import");
			r = 0;
		} else if (import_text(ip, dir, fd, &tx) == 0) {
			r = import_list(ip, dir, &tx, &bx);
			text_free(&tx);
		}
		box_close(&bx);
	}
	popuidl_free(none);
	return (r);
}

/* uw_run */
static int
import_user(void *arg, int dir, int fd)
{
	struct import	*ip = arg;

	if (!ip->ip_force && !ip->ip_dry && uidlfile_there(dir)) {
		log_warnx("%s exists: use -f to replace it", POPUIDL_FILE);
		return (USERS_FAILED);
	}
	return (import_box(ip, dir, fd) == 0 ? USERS_DONE : USERS_FAILED);
}

/*
 * Parse the flags; *format is the argument of -F.  Return 0, or COMMANDS_USAGE.
 */
static int
import_flags(struct import *ip, const char **format, int argc, char *argv[])
{
	int	 ch;

	while ((ch = getopt(argc, argv, "+adF:fi:nx")) != -1) {
		switch (ch) {
		case 'a':
			ip->ip_all = 1;
			break;
		case 'd':
			ip->ip_rename = 1;
			break;
		case 'F':
			*format = optarg;
			break;
		case 'f':
			ip->ip_force = ip->ip_origin.og_guess = 1;
			break;
		case 'i':
			ip->ip_input = optarg;
			break;
		case 'n':
			ip->ip_dry = 1;
			break;
		case 'x':
			ip->ip_origin.og_leave = 1;
			break;
		default:
			return (COMMANDS_USAGE);
		}
	}
	return (0);
}

/*
 * Check that -i is given exactly if the server needs it.  Return 0, or -1,
 * logged.
 */
static int
import_input(const struct import *ip)
{
	const struct oldserver_kind	*ok = ip->ip_origin.og_kind;

	if (ok->ok_computed && ip->ip_input != NULL)
		log_warnx("-i: %s needs no file", ok->ok_name);
	else if (!ok->ok_computed && ok->ok_file == NULL &&
	    ip->ip_input == NULL)
		log_warnx("%s: needs a file, see -i", ok->ok_name);
	else
		return (0);
	return (-1);
}

int
import_run(const struct popctl *ct, int argc, char *argv[])
{
	struct users_work	 uw;
	struct import		 ip;
	const char		*user = NULL, *format = NULL, *origin;

	memset(&ip, 0, sizeof(ip));
	memset(&uw, 0, sizeof(uw));
	if (import_flags(&ip, &format, argc, argv) != 0 || optind == argc)
		return (COMMANDS_USAGE);
	origin = argv[optind++];
	if (optind < argc && strcmp(argv[optind], "-a") == 0)
		ip.ip_all = 1;
	else if (optind < argc)
		user = argv[optind];
	optind += optind < argc;
	if (optind != argc || ip.ip_all == (user != NULL))
		return (COMMANDS_USAGE);
	if (oldserver_set(&ip.ip_origin, origin, format) == -1 ||
	    import_input(&ip) == -1)
		return (USERS_FAILED);
	uw.uw_run = import_user;
	uw.uw_arg = &ip;
	uw.uw_file = ip.ip_input != NULL ? import_file : NULL;
	uw.uw_writes = !ip.ip_dry;
	return (users_run(ct, user, &uw));
}
