/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Reading passwords.  Out: a password, which the caller wipes. */

#include <sys/types.h>

#include <errno.h>
#include <readpassphrase.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "password.h"

int
password_line(char *pass, size_t size)
{
	size_t	 len = 0;
	ssize_t	 n;
	char	 c;

	while ((n = read(STDIN_FILENO, &c, 1)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			log_warn("standard input");
			return (-1);
		}
		if (c == '\n')
			break;
		if (c == '\0' || len == size - 1) {
			log_warnx(c == '\0' ? "NUL in password" :
			    "password too long");
			return (-1);
		}
		pass[len++] = c;
	}
	pass[len] = '\0';
	return (0);
}

int
password_read(const char *prompt, char *pass, size_t size)
{
	if (!isatty(STDIN_FILENO))
		return (password_line(pass, size));
	if (readpassphrase(prompt, pass, size, RPP_REQUIRE_TTY) == NULL) {
		log_warn("terminal");
		return (-1);
	}
	return (0);
}
