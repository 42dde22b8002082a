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
	"unix", "userdb", "usertype", "warn", "wheel", "winbind", NULL
};

static int	 modules_file(const char *, const char *, int,
		    struct system_modules *);

/* Copy the next word, [in brackets] as well.  Return the rest, or NULL. */
static char *
word(char *p, char *buf, size_t size)
{
	size_t	 len;

	p += strspn(p, " \t\n");
	len = *p == '[' ? strcspn(p, "]") : strcspn(p, " \t\n");
	len += *p == '[' && p[len] == ']';
	if (len == 0 || len >= size)
		return (NULL);
	memcpy(buf, p, len);
	buf[len] = '\0';
	return (p + len);
}

/* Read the directory from pam_faillock's own file, if that has one. */
static void
faillock_conf(const char *path, char *dir, size_t size)
{
	FILE	*f;
	char	 line[512], *p;

	if ((f = fopen(path, "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		p = line + strspn(line, " \t");
		if (strncmp(p, "dir", 3) != 0)
			continue;
		p += 3;
		p += strspn(p, " \t");
		if (*p++ == '=')
			(void)word(p, dir, size);
	}
	fclose(f);
}

/* Take a module with its arguments. */
static int
modules_add(const char *path, char *args, struct system_modules *sm)
{
	const char	*name = strrchr(path, '/');
	char		 arg[256], dir[256] = FAILLOCK_DIR, given[256] = "";
	size_t		 i, len;

	name = name == NULL ? path : name + 1;
	strlcpy(sm->sm_name, name, sizeof(sm->sm_name));
	if (strcmp(name, "pam_faillock.so") == 0) {
		strlcpy(arg, FAILLOCK_CONF, sizeof(arg));
		faillock_conf(arg, dir, sizeof(dir));
		while ((args = word(args, arg, sizeof(arg))) != NULL) {
			if (strncmp(arg, "conf=", 5) == 0)
				faillock_conf(arg + 5, dir, sizeof(dir));
			if (strncmp(arg, "dir=", 4) == 0)
				strlcpy(given, arg + 4, sizeof(given));
		}
		return (sm->sm_writes(given[0] != '\0' ? given : dir));
	}
	len = strlen(name);
	for (i = 0; harmless[i] != NULL; i++)
		if (len == 4 + strlen(harmless[i]) + 3 &&
		    strncmp(name, "pam_", 4) == 0 &&
		    strncmp(name + 4, harmless[i], len - 7) == 0)
			return (0);
	return (-1);
}

/* Parse a line of a service; type NULL: any of those that are asked. */
static int
modules_line(char *line, const char *type, int depth,
    struct system_modules *sm)
{
	char	 kind[64], control[512], path[256], *p;

	line[strcspn(line, "#")] = '\0';
	if ((p = word(line, kind, sizeof(kind))) == NULL)
		return (0);
	if (strcmp(kind, "@include") == 0)
		return (word(p, path, sizeof(path)) == NULL ? 0 :
		    modules_file(path, type, depth + 1, sm));
	/* "-auth": ignored if the module is missing. */
	memmove(kind, kind + (kind[0] == '-'), strlen(kind));
	if ((strcasecmp(kind, "auth") != 0 &&
	    strcasecmp(kind, "account") != 0) ||
	    (type != NULL && strcasecmp(kind, type) != 0) ||
	    (p = word(p, control, sizeof(control))) == NULL ||
	    (p = word(p, path, sizeof(path))) == NULL)
		return (0);
	if (strcmp(control, "include") == 0 || strcmp(control, "substack") == 0)
		return (modules_file(path, kind, depth + 1, sm));
	return (modules_add(path, p, sm));
}

/* Return 0, also if there is no such file, or -1 for a module. */
static int
modules_file(const char *name, const char *type, int depth,
    struct system_modules *sm)
{
	FILE	*f = NULL;
	char	 line[2048], path[512];
	size_t	 len = 0;
	int	 r = 0;

	snprintf(path, sizeof(path), "%s%s", *name == '/' ? "" : "/etc/pam.d/",
	    name);
	if (depth > DEPTH_MAX)
		return (0);
	if ((f = fopen(path, "re")) == NULL) {
		snprintf(path, sizeof(path), "/usr/lib/pam.d/%s", name);
		if ((f = fopen(path, "re")) == NULL)
			return (depth == 0 && strcmp(name, "other") != 0 ?
			    modules_file("other", type, 0, sm) : 0);
	}
	while (r == 0 && fgets(line + len, sizeof(line) - len, f) != NULL) {
		len = strlen(line);
		if (len > 1 && strcmp(line + len - 2, "\\\n") == 0) {
			len -= 2;
			continue;
		}
		r = modules_line(line, type, depth, sm);
		len = 0;
	}
	fclose(f);
	return (r);
}

int
system_modules(const char *service, struct system_modules *sm)
{
	return (modules_file(service, NULL, 0, sm));
}
