/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popctl: the administrator's commands.  Parses the flags and runs the command,
 * which commands.c finds.
 */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "log.h"
#include "popctl.h"
#include "version.h"

static void __attribute__((__noreturn__))
usage(void)
{
	fprintf(stderr, "usage: popctl [-j] [-e subdir] [-f conf] [-s socket] "
	    "[-u usertab] command ...\n       popctl -V\n");
	commands_list("", stderr);
	exit(2);
}

/* Complain, and list the commands that begin with the word. */
static void __attribute__((__noreturn__))
unknown(const char *word)
{
	log_warnx("%s: no such command", word);
	if (commands_list(word, stderr) == 0)
		usage();
	exit(2);
}

/* Parse the flags before the command. */
static void
popctl_flags(struct popctl *ct, int argc, char *argv[])
{
	int	 ch;

	/* "+": do not permute, as the command has flags of its own. */
	while ((ch = getopt(argc, argv, "+e:f:js:u:")) != -1) {
		switch (ch) {
		case 'e':
			ct->ct_subdir = optarg;
			break;
		case 'f':
			ct->ct_conf = optarg;
			break;
		case 'j':
			ct->ct_json = 1;
			break;
		case 's':
			ct->ct_socket = optarg;
			break;
		case 'u':
			ct->ct_usertab = optarg;
			break;
		default:
			usage();
		}
	}
}

int
main(int argc, char *argv[])
{
	const struct commands_entry	*cm;
	struct popctl			 ct;
	int				 words, status;

	log_init("popctl");
	version_flag(argc, argv, "popctl");
	memset(&ct, 0, sizeof(ct));
	popctl_flags(&ct, argc, argv);
	argc -= optind;
	argv += optind;
	if ((cm = commands_find(argc, argv, &words)) == NULL) {
		if (argc == 0)
			usage();
		unknown(argv[0]);
	}

	/* The command parses its own flags. */
	optind = optreset = 1;
	status = cm->cm_run(&ct, argc - words + 1, argv + words - 1);
	if (status == COMMANDS_USAGE) {
		fprintf(stderr, "usage: ");
		commands_tell(cm, stderr);
		return (2);
	}
	if (fflush(stdout) == EOF || ferror(stdout)) {
		log_warn("standard output");
		return (2);
	}
	return (status);
}
