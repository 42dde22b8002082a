/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table of commands.  See commands.h.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "diff.h"
#include "encrypt.h"
#include "export.h"
#include "import.h"
#include "orders.h"
#include "show.h"
#include "showstats.h"
#include "status.h"

static const struct commands_entry	 commands[] = {
	{ "encrypt",		"[-m | -c cost]",	encrypt_run },
	{ "forgive",		"address",		orders_forgive },
	{ "kick",		"user | session",	orders_kick },
	{ "lock",		"user",			orders_lock },
	{ "log brief",		"",			orders_brief },
	{ "log trace",		"",			orders_trace },
	{ "log verbose",	"",			orders_verbose },
	{ "reload",		"",			orders_reload },
	{ "show certificates",	"",			show_certificates },
	{ "show sessions",	"[user | address]",	show_sessions },
	{ "show sources",	"[-n number]",		show_sources },
	{ "show stats",		"",			showstats_run },
	{ "status",		"",			status_run },
	{ "uidl diff",		"listing user",		diff_run },
	{ "uidl export",	"user",			export_run },
	{ "uidl import",	"[-dfnx] [-F format] [-i input] server "
				"user | -a",		import_run },
	{ "unlock",		"user",			orders_unlock },
	{ "upgrade",		"",			orders_upgrade },
	{ NULL,			NULL,			NULL }
};

/* Return how many of argv match the words, or 0. */
static int
commands_match(const char *words, int argc, char *argv[])
{
	size_t		 len;
	int		 n;

	for (n = 0; n < argc; n++) {
		len = strcspn(words, " ");
		if (strlen(argv[n]) != len || strncmp(argv[n], words, len) != 0)
			return (0);
		if (words[len] == '\0')
			return (n + 1);
		words += len + 1;
	}
	return (0);
}

const struct commands_entry *
commands_find(int argc, char *argv[], int *words)
{
	const struct commands_entry	*cm;

	for (cm = commands; cm->cm_words != NULL; cm++)
		if ((*words = commands_match(cm->cm_words, argc, argv)) != 0)
			return (cm);
	return (NULL);
}

void
commands_tell(const struct commands_entry *cm, FILE *fp)
{
	fprintf(fp, "popctl %s%s%s\n", cm->cm_words,
	    cm->cm_usage[0] == '\0' ? "" : " ", cm->cm_usage);
}

int
commands_list(const char *start, FILE *fp)
{
	const struct commands_entry	*cm;
	size_t				 len = strlen(start);
	int				 n = 0;

	for (cm = commands; cm->cm_words != NULL; cm++)
		if (strncmp(cm->cm_words, start, len) == 0) {
			fprintf(fp, "%s", n++ == 0 && len > 0 ? "usage: " : "");
			commands_tell(cm, fp);
		}
	return (n);
}
