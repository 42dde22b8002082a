/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Deliver one message from standard input to one maildir, as its user.
 * OpenSMTPD retries only after EX_TEMPFAIL, and no failure here justifies a
 * bounce: so every failure exits with it, the reason on the last line of
 * standard error.  Nothing called here exits by itself.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "deliver.h"
#include "home.h"
#include "log.h"
#include "subdir.h"
#include "version.h"

static void __attribute__((__noreturn__))
usage(void)
{
	log_warnx("usage: mda [-e subdir] [directory]");
	exit(EX_TEMPFAIL);
}

int
main(int argc, char *argv[])
{
	const char	*directory, *subdir = NULL, *why;
	int		 ch, dir;

	log_init("mda");
	if (argc == 2 && strcmp(argv[1], "-V") == 0) {
		printf("mda %s\n", POPD_VERSION);
		return (EX_OK);
	}
	/* Let writes fail: a shell maps signals to other exit statuses. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	while ((ch = getopt(argc, argv, "e:")) != -1) {
		switch (ch) {
		case 'e':
			subdir = optarg;
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (argc > 1)
		usage();
	if (subdir != NULL && (why = subdir_check(subdir)) != NULL) {
		log_warnx("-e %s: %s", subdir, why);
		return (EX_TEMPFAIL);
	}
	directory = argc == 1 ? argv[0] : getenv("HOME");
	if (directory == NULL || directory[0] == '\0') {
		log_warnx("no directory given and HOME is not set");
		return (EX_TEMPFAIL);
	}

	umask(077);
	if ((dir = home_enter(directory, subdir)) == -1)
		return (EX_TEMPFAIL);

	/* flock is for the index, which sessions share. */
	if (unveil(".", "rwc") == -1 || unveil(NULL, NULL) == -1) {
		log_warn("unveil");
		return (EX_TEMPFAIL);
	}
	if (pledge("stdio rpath wpath cpath flock", NULL) == -1) {
		log_warn("pledge");
		return (EX_TEMPFAIL);
	}
	return (deliver_message(STDIN_FILENO, dir) == 0 ? EX_OK : EX_TEMPFAIL);
}
