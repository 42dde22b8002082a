/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Make a credential.  In: a password, from the terminal without echo or as one
 * line of standard input.  Out: its bcrypt hash, or its CRAM-MD5 secret (-m).
 */

#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "encrypt.h"
#include "limits.h"
#include "log.h"
#include "password.h"
#include "popctl.h"
#include "secret.h"

/* The size of a hash. */
#define ENCRYPT_HASH_MAX	64

/* Make a bcrypt hash.  Return 0, or -1 and errno. */
static int
encrypt_hash(const char *pass, int cost, char hash[ENCRYPT_HASH_MAX])
{
	char	 pref[sizeof("bcrypt,31")];

	snprintf(pref, sizeof(pref), "bcrypt,%d", cost);
	return (crypt_newhash(pass, pref, hash, ENCRYPT_HASH_MAX));
}

/*
 * Ask on the terminal until the same password is given twice, or none.  Return
 * 0, or -1, logged.
 */
static int
encrypt_ask(char *pass, size_t size)
{
	char	 again[BCRYPT_PASS_MAX + 2] = "";
	int	 failed, same;

	while (password_read("Password: ", pass, size) == 0) {
		if (pass[0] == '\0')
			return (0);
		failed = password_read("Again: ", again, sizeof(again));
		same = strcmp(pass, again) == 0;
		explicit_bzero(again, sizeof(again));
		if (failed || same)
			return (failed);
		log_warnx("passwords do not match: try again, or enter none "
		    "to quit");
	}
	return (-1);
}

/* A longer password would gain nothing: bcrypt ignores the rest. */
static int
encrypt_check(const char *pass)
{
	if (pass[0] == '\0') {
		log_warnx("empty password");
		return (-1);
	}
	if (strlen(pass) > BCRYPT_PASS_MAX) {
		log_warnx("password longer than %d octets", BCRYPT_PASS_MAX);
		return (-1);
	}
	return (0);
}

/*
 * Clients should prepare passwords that are not ASCII (RFC 4013), but some do
 * not, and neither do we.  Control characters are never valid.  Return 0, or
 * -1, logged.
 */
static int
encrypt_plain(const char *pass)
{
	int	 ascii = 1;

	for (; *pass != '\0'; pass++) {
		if ((unsigned char)*pass < ' ' || *pass == 0x7f) {
			log_warnx("control character in password");
			return (-1);
		}
		ascii &= (unsigned char)*pass < 0x80;
	}
	if (!ascii)
		log_warnx("password is not ASCII: some mail programs will "
		    "send it differently");
	return (0);
}

static int
encrypt_secret(const char *pass)
{
	char	 text[SECRET_CRAM_TEXT];

	if (encrypt_plain(pass) == -1)
		return (1);
	secret_text(pass, text, sizeof(text));
	printf("%s\n", text);
	explicit_bzero(text, sizeof(text));
	return (0);
}

static int
encrypt_print(const char *pass, int cost)
{
	char	 hash[ENCRYPT_HASH_MAX];

	if (encrypt_hash(pass, cost, hash) == -1) {
		log_warn("bcrypt");
		return (1);
	}
	printf("%s\n", hash);
	return (0);
}

/*
 * Parse the argument of -c.  Return the cost, or -1, logged.  authpop does not
 * accept a higher one.
 */
static int
encrypt_parse_cost(const char *arg)
{
	const char	*errstr;
	int		 cost;

	cost = strtonum(arg, 4, HASH_BCRYPT_MAX, &errstr);
	if (errstr == NULL)
		return (cost);
	log_warnx("-c %s: %s, want 4 to %d", arg, errstr, HASH_BCRYPT_MAX);
	return (-1);
}

int
encrypt_run(const struct popctl *ct, int argc, char *argv[])
{
	char		 pass[BCRYPT_PASS_MAX + 2];
	const char	*costarg = NULL;
	int		 ch, r, status = 1, cost = ENCRYPT_COST, cram = 0;

	while ((ch = getopt(argc, argv, "c:m")) != -1) {
		if (ch == 'c')
			costarg = optarg;
		else if (ch == 'm')
			cram = 1;
		else
			return (COMMANDS_USAGE);
	}
	if (argc != optind || (cram && costarg != NULL))
		return (COMMANDS_USAGE);
	if (costarg != NULL && (cost = encrypt_parse_cost(costarg)) == -1)
		return (1);

	/*
	 * readpassphrase(3) opens the terminal and turns off echo.  No
	 * unveil(2): on Linux it would forbid to set the terminal.
	 */
	if (pledge("stdio rpath wpath tty", NULL) == -1)
		fatal("pledge");
	r = isatty(STDIN_FILENO) ? encrypt_ask(pass, sizeof(pass)) :
	    password_line(pass, sizeof(pass));
	if (pledge("stdio", NULL) == -1)
		fatal("pledge");
	if (r == 0 && encrypt_check(pass) == 0)
		status = cram ? encrypt_secret(pass) :
		    encrypt_print(pass, cost);
	explicit_bzero(pass, sizeof(pass));
	return (status);
}
