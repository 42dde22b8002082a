/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A configuration from popd.conf(5) and the flags.  See load.h.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <confine.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "config.h"
#include "load.h"
#include "parse.h"
#include "settings.h"

#define AUTHTAB	"/etc/mail/authtab"
#define USERTAB	"/etc/mail/usertab"

/* For system users without a subdirectory: a home is no maildir. */
#define SYSTEM_MAILDIR	"Maildir"

/* Resolve a reference.  Return NULL without one, or if undefined (an error). */
static const struct config_table *
load_ref(struct config *cg, const struct config_ref *rf)
{
	struct config_table	*tab;

	if (rf->rf_name == NULL)
		return (NULL);
	if ((tab = config_table(cg, rf->rf_name)) == NULL) {
		config_error(cg, &rf->rf_at, "table %s is not defined",
		    rf->rf_name);
		return (NULL);
	}
	tab->tab_used = 1;
	return (tab);
}

/* Resolve a reference to a file table; an error if it is a process. */
static const char *
load_file(struct config *cg, const struct config_ref *rf)
{
	const struct config_table	*tab = load_ref(cg, rf);

	if (tab == NULL)
		return (NULL);
	if (tab->tab_process)
		config_error(cg, &rf->rf_at, "table %s must be a file here",
		    rf->rf_name);
	return (tab->tab_path);
}

/* A route file is read by popd, a process asked through tabpop. */
static void
load_route(struct config *cg)
{
	const struct config_table	*tab = load_ref(cg, &cg->cfg_route);

	if (tab != NULL && tab->tab_process)
		cg->cfg_routeproc = tab;
	else if (tab != NULL)
		cg->cfg_routetab = tab->tab_path;
}

/* Bound what is not bounded by popd.conf; files are trusted, but with root. */
static void
load_bounds(struct config_range *rg, const struct config_table *tab)
{
	if (rg->rg_most != 0)
		return;
	rg->rg_least = tab->tab_process && settings.uid == 0 ?
	    TABLE_LEAST_ID : 0;
	rg->rg_most = UINT_MAX;
}

static void
load_one(struct config_asked *as, const struct config_table *tab,
    const struct config_bounds *bd)
{
	as->as_bounds[as->as_count] = *bd;
	load_bounds(&as->as_bounds[as->as_count].bd_uid, tab);
	load_bounds(&as->as_bounds[as->as_count].bd_gid, tab);
	as->as_tables[as->as_count++] = tab;
}

/*
 * Resolve tables, in this order: the flag, popd.conf, the default, which does
 * not stand in for an undefined one.
 */
static void
load_asked(struct config *cg, struct config_asked *as,
    const struct config_refs *rs, struct config_table *one, const char *flag,
    const char *otherwise)
{
	const struct config_bounds	 none = { { 0, 0 }, { 0, 0 }, NULL };
	const struct config_table	*tab;
	unsigned int			 i;

	for (i = 0; i < rs->rs_count; i++)
		if ((tab = load_ref(cg, &rs->rs_refs[i])) != NULL)
			load_one(as, tab, &rs->rs_refs[i].rf_bounds);
	if (flag == NULL && rs->rs_count > 0)
		return;
	one->tab_name = one->tab_path = flag != NULL ? flag : otherwise;
	as->as_count = 0;
	load_one(as, one, &none);
}

/* The default subdirectory of system users. */
static void
load_system(struct config *cg)
{
	unsigned int	 i;

	for (i = 0; i < cg->cfg_ntables; i++)
		if (cg->cfg_tables[i].tab_system && cg->cfg_subdir == NULL)
			cg->cfg_tables[i].tab_config = SYSTEM_MAILDIR;
}

static void
load_tables(struct config *cg)
{
	unsigned int	 i;

	load_asked(cg, &cg->cfg_authtabs, &cg->cfg_credentials,
	    &cg->cfg_authtab, settings.flag_authtab, AUTHTAB);
	load_asked(cg, &cg->cfg_usertabs, &cg->cfg_userbase,
	    &cg->cfg_usertab, settings.flag_usertab, USERTAB);
	cg->cfg_expiretab = load_file(cg, &cg->cfg_expire);
	load_route(cg);
	cg->cfg_values.stv_value[SETTING_EXPIRE_SOME] =
	    cg->cfg_expiretab != NULL;
	if (settings.flag_subdir != NULL)
		cg->cfg_subdir = settings.flag_subdir;
	load_system(cg);
	for (i = 0; i < cg->cfg_ntables && cg->cfg_errors == 0; i++)
		if (!cg->cfg_tables[i].tab_used)
			config_warn(&cg->cfg_tables[i].tab_at,
			    "table %s is not used", cg->cfg_tables[i].tab_name);
}

/* Check that each pki is complete. */
static void
load_complete(struct config *cg)
{
	const struct config_pair	*pk;
	unsigned int			 i;

	for (i = 0; i < cg->cfg_npairs; i++) {
		pk = &cg->cfg_pairs[i];
		if (pk->pk_cert == NULL && pk->pk_key == NULL)
			config_error(cg, &pk->pk_at, "pki %s is not defined",
			    pk->pk_name);
		else if (pk->pk_cert == NULL || pk->pk_key == NULL)
			config_error(cg, &pk->pk_at, "pki %s has no %s",
			    pk->pk_name, pk->pk_cert == NULL ? "cert" : "key");
	}
}

/* Return NULL, or why the options of a rule exclude each other. */
static const char *
rule_check(const struct config *cg, const struct config_listen *li)
{
	uint32_t	 flags = li->li_flags;

	if ((flags & LISTEN_HTTP) != 0 &&
	    (flags != LISTEN_HTTP || li->li_pairs != 0))
		return ("auth_http takes only a port and from");
	if ((flags & LISTEN_HTTP) != 0 && li->li_port == NULL)
		return ("auth_http needs a port");
	if ((flags & LISTEN_HTTP) != 0 && cg->cfg_route.rf_name == NULL)
		return ("auth_http needs a route");
	if ((flags & LISTEN_TLS) != 0 &&
	    (flags & (LISTEN_STLS | LISTEN_CLEAR)) != 0)
		return ("tls excludes starttls and cleartext");
	if ((flags & (LISTEN_TLS | LISTEN_STLS)) == 0 && (li->li_pairs != 0 ||
	    (flags & LISTEN_TLS12) != 0))
		return ("pki and protocols need tls or starttls");
	return (NULL);
}

/* Mark the pki of a rule as used. */
static void
rule_use(struct config *cg, const struct config_listen *li)
{
	unsigned int	 i;

	if ((li->li_flags & (LISTEN_TLS | LISTEN_STLS)) == 0)
		return;
	for (i = 0; i < cg->cfg_npairs; i++)
		if (li->li_pairs == 0 || (li->li_pairs >> i & 1) != 0)
			cg->cfg_pairs[i].pk_used = 1;
}

/* Replace the rules of popd.conf by -l, or by one for all addresses. */
static void
rules_of_flags(struct config *cg)
{
	struct config_listen	 li;
	unsigned int		 i, n = 0;

	for (i = 0; i < cg->cfg_nnets; i++)
		if (cg->cfg_nets[i].net_kind != NET_PROXY)
			cg->cfg_nets[n++] = cg->cfg_nets[i];
	cg->cfg_nnets = n;
	cg->cfg_nlistens = 0;
	memset(&li, 0, sizeof(li));
	li.li_flags = LISTEN_TLS;
	li.li_port = settings.port;
	if (settings.naddresses == 0)
		config_listen_add(cg, &li);
	for (i = 0; i < settings.naddresses; i++) {
		li.li_address = settings.addresses[i];
		config_listen_add(cg, &li);
	}
}

static void
load_rules(struct config *cg)
{
	const uint32_t		 modes = LISTEN_TLS | LISTEN_STLS |
				    LISTEN_CLEAR | LISTEN_HTTP | LISTEN_LMTP;
	struct config_listen	*li;
	const char		*why;
	unsigned int		 i;

	for (i = 0; i < cg->cfg_nlistens; i++) {
		li = &cg->cfg_listens[i];
		if ((li->li_flags & modes) == 0)
			li->li_flags |= LISTEN_TLS;
		if ((why = rule_check(cg, li)) != NULL)
			config_error(cg, &li->li_at, "%s", why);
		rule_use(cg, li);
	}
	if (settings.naddresses > 0 || settings.port != NULL ||
	    cg->cfg_nlistens == 0)
		rules_of_flags(cg);
	for (i = 0; i < cg->cfg_nlistens; i++)
		address_resolve(cg, i);
}

/*
 * Warn about names without a use, but not after an error, whose line may be
 * the one that uses them: the last line is the reason of a failed upgrade.
 */
static void
load_unused(const struct config *cg)
{
	unsigned int	 i;

	if (cg->cfg_errors > 0)
		return;
	for (i = 0; i < cg->cfg_npairs; i++)
		if (!cg->cfg_pairs[i].pk_used)
			config_warn(&cg->cfg_pairs[i].pk_at,
			    "pki %s is not used", cg->cfg_pairs[i].pk_name);
}

/* Return whether any rule needs a certificate. */
static int
load_tls(const struct config *cg)
{
	unsigned int	 i;

	for (i = 0; i < cg->cfg_nlistens; i++)
		if ((cg->cfg_listens[i].li_flags &
		    (LISTEN_TLS | LISTEN_STLS)) != 0)
			return (1);
	return (0);
}

/*
 * Replace pki by -c and -k; without any, use the default, but not for a file
 * with errors, whose pki may be missing for that reason.
 */
static void
load_pairs(struct config *cg)
{
	static const struct config_pair	 otherwise = {
		.pk_name = "popd",
		.pk_cert = "/etc/ssl/popd.crt",
		.pk_key = "/etc/ssl/private/popd.key"
	};
	struct config_pair		*pk;
	unsigned int			 i;

	if (settings.ncerts == 0) {
		if (cg->cfg_npairs == 0 && cg->cfg_errors == 0 && load_tls(cg))
			cg->cfg_pairs[cg->cfg_npairs++] = otherwise;
		return;
	}
	memset(cg->cfg_pairs, 0, sizeof(cg->cfg_pairs));
	cg->cfg_npairs = settings.ncerts;
	for (i = 0; i < cg->cfg_npairs; i++) {
		pk = &cg->cfg_pairs[i];
		pk->pk_name = pk->pk_cert = settings.certs[i];
		pk->pk_key = settings.keys[i];
	}
	for (i = 0; i < cg->cfg_nlistens; i++)
		cg->cfg_listens[i].li_pairs = 0;
}

static void
load_sandbox(struct config *cg)
{
	const char	*lacks;

	if ((cg->cfg_sandbox || settings.sandbox_required) &&
	    (lacks = confine_lacks()) != NULL)
		config_error(cg, NULL, "%s: this system lacks %s",
		    settings.sandbox_required ? "-S" : "sandbox require",
		    lacks);
}

/* Return NULL, or why a control socket cannot be made there. */
static const char *
socket_check(const char *path)
{
	struct sockaddr_un	 sun;
	struct stat		 st;
	char			*dir = sun.sun_path;

	/* With ".PID", see control.c. */
	if (strlcpy(dir, path, sizeof(sun.sun_path)) + strlen(".4194304") >=
	    sizeof(sun.sun_path))
		return ("path too long");
	if (lstat(path, &st) == 0)
		return (S_ISSOCK(st.st_mode) ? NULL : "not a socket");
	strrchr(dir, '/')[1] = '\0';
	return (stat(dir, &st) == -1 ? strerror(errno) : NULL);
}

static void
load_socket(struct config *cg)
{
	const char	*why;

	if (cg->cfg_socket_at.at_line > 0 &&
	    (why = socket_check(cg->cfg_socket)) != NULL)
		config_error(cg, &cg->cfg_socket_at, "socket \"%s\": %s",
		    cg->cfg_socket, why);
}

struct config *
load_config(int reload)
{
	struct config	*cg;

	if ((cg = config_new()) == NULL)
		return (NULL);
	cg->cfg_reload = reload;
	parse_file(cg, settings.conf, settings.conf_given);
	if (settings.flag_verbose > 0)
		cg->cfg_verbose = settings.flag_verbose;
	load_tables(cg);
	load_complete(cg);
	load_rules(cg);
	load_unused(cg);
	load_pairs(cg);
	load_sandbox(cg);
	load_socket(cg);
	settings_size(cg);
	return (cg);
}
