/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Linux: what the modules of a PAM service may need to write, by its
 * configuration.  A module that cannot write may let in whom it should not,
 * and say nothing.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "system_private.h"

#define FAILLOCK_CONF	"/etc/security/faillock.conf"
#define FAILLOCK_DIR	"/var/run/faillock"

/* Files that include each other. */
#define DEPTH_MAX	16

/*
 * Modules that write nothing for auth and account, or leave it to another
 * process.  What pam_exec starts cannot write.
 */
static const char *const	 harmless[] = {
	"access", "cap", "cracklib", "debug", "deny", "echo", "env", "exec",
	"faildelay", "ftp", "group", "issue", "keyinit", "krb5", "ldap",
	"limits", "listfile", "localuser", "loginuid", "mail", "motd",
	"mysql", "nologin", "permit", "pgsql", "pwquality", "radius_auth",
	"rhosts", "rootok", "securetty", "sepermit", "shells", "sss", "stress",
	"succeed_if", "systemd", "systemd_home", "time", "tty_audit", "umask",
	"unix", "userdb", "usertype", "warn", "wheel", "winbind"
};

#define NHARMLESS	(sizeof(harmless) / sizeof(harmless[0]))

static struct {
	char	 name[64];	/* the last module */
} modules;

static int	 modules_file(const char *, const char *, int);

/* Read the directory from pam_faillock's own file, if that has one. */
static void
faillock_conf(const char *path, char dir[256])
{
	FILE	*f;
	char	 line[512];

	if ((f = fopen(path, "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, " dir = %255s", dir);
	fclose(f);
}

/* Take a module with its arguments. */
static int
modules_add(const char *path, char *args)
{
	const char	*name = strrchr(path, '/'), *arg, *given = NULL;
	char		 dir[256] = FAILLOCK_DIR, known[64];
	size_t		 i;

	name = name == NULL ? path : name + 1;
	strlcpy(modules.name, name, sizeof(modules.name));
	if (strcmp(name, "pam_faillock.so") == 0) {
		faillock_conf(FAILLOCK_CONF, dir);
		while ((arg = strsep(&args, " \t\n")) != NULL) {
			if (strncmp(arg, "conf=", 5) == 0)
				faillock_conf(arg + 5, dir);
			if (strncmp(arg, "dir=", 4) == 0)
				given = arg + 4;
		}
		return (system_writes(given != NULL ? given : dir));
	}
	for (i = 0; i < NHARMLESS; i++) {
		snprintf(known, sizeof(known), "pam_%s.so", harmless[i]);
		if (strcmp(name, known) == 0)
			return (0);
	}
	return (-1);
}

/* Parse a line of a service; type NULL: any of those that are asked. */
static int
modules_line(char *line, const char *type, int depth)
{
	char	 kind[64], control[512] = "", path[256], *p = kind;
	int	 n = 0;

	line[strcspn(line, "#")] = '\0';
	if (sscanf(line, " @include %255s", path) == 1)
		return (modules_file(path, type, depth + 1));
	/* Values in brackets contain blanks. */
	if (sscanf(line, "%63s [%*[^]]] %255s%n", kind, path, &n) < 2 &&
	    sscanf(line, "%63s %511s %255s%n", kind, control, path, &n) < 3)
		return (0);
	/* "-auth": ignored if the module is missing. */
	p += *p == '-';
	if ((strcasecmp(p, "auth") != 0 && strcasecmp(p, "account") != 0) ||
	    (type != NULL && strcasecmp(p, type) != 0))
		return (0);
	if (strcmp(control, "include") == 0 || strcmp(control, "substack") == 0)
		return (modules_file(path, p, depth + 1));
	return (modules_add(path, line + n));
}

/* Return 0, also if there is no such file, or -1 for a module. */
static int
modules_file(const char *name, const char *type, int depth)
{
	FILE	*f;
	char	 line[2048], path[512];
	size_t	 len = 0;
	int	 r = 0;

	if (depth > DEPTH_MAX)
		return (0);
	snprintf(path, sizeof(path), "%s%s", *name == '/' ? "" : "/etc/pam.d/",
	    name);
	if ((f = fopen(path, "re")) == NULL) {
		snprintf(path, sizeof(path), "/usr/lib/pam.d/%s", name);
		f = fopen(path, "re");
	}
	if (f == NULL)
		return (depth == 0 && strcmp(name, "other") != 0 ?
		    modules_file("other", type, 0) : 0);
	while (r == 0 && fgets(line + len, sizeof(line) - len, f) != NULL) {
		len = strlen(line);
		if (len > 1 && strcmp(line + len - 2, "\\\n") == 0) {
			len -= 2;
			continue;
		}
		r = modules_line(line, type, depth);
		len = 0;
	}
	fclose(f);
	return (r);
}

const char *
system_modules(void)
{
	return (modules_file(PAM_NAME, NULL, 0) == 0 ? NULL : modules.name);
}
