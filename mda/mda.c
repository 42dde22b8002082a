/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * mda: mail comes in.  One message from standard input into one maildir, as
 * the user whose maildir it is.  OpenSMTPD tries again only after
 * EX_TEMPFAIL; nothing that can go wrong here is a reason to bounce a mail,
 * so every failure exits so, the reason on the last line of standard error.
 * Nothing is called here that ends the process by itself.
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
#include "version.h"

static void __attribute__((__noreturn__))
usage(void)
{
	log_warnx("usage: mda [-e subdir] [directory]");
	exit(EX_TEMPFAIL);
}

/* A directory below another: no way out of it. */
static int
mda_subdir_ok(const char *subdir)
{
	const char	*p = subdir;
	size_t		 len;

	if (*p == '\0' || *p == '/')
		return (0);
	for (;;) {
		len = strcspn(p, "/");
		if ((len == 1 && p[0] == '.') ||
		    (len == 2 && p[0] == '.' && p[1] == '.'))
			return (0);
		if (p[len] == '\0')
			return (1);
		p += len + 1;
	}
}

int
main(int argc, char *argv[])
{
	const char	*directory, *subdir = NULL;
	int		 ch, dir;

	log_init("mda");
	if (argc == 2 && strcmp(argv[1], "-V") == 0) {
		printf("mda %s\n", POPD_VERSION);
		return (EX_OK);
	}
	/* A write fails instead: a shell makes other statuses of signals. */
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
	if (subdir != NULL && !mda_subdir_ok(subdir)) {
		log_warnx("-e %s: not a path below the directory", subdir);
		return (EX_TEMPFAIL);
	}
	directory = argc == 1 ? argv[0] : getenv("HOME");
	if (directory == NULL || directory[0] == '\0') {
		log_warnx("no directory, and no HOME");
		return (EX_TEMPFAIL);
	}

	umask(077);
	if ((dir = home_enter(directory, subdir)) == -1)
		return (EX_TEMPFAIL);

	/* flock for the index, which is shared with sessions. */
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
