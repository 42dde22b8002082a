/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd's own parser reads popd.conf, so that there is only one grammar; it is
 * linked without the rest of popd.
 */

#include <sys/types.h>

#include <string.h>
#include <unistd.h>

#include "../popd/parse.h"
#include "../popd/settings.h"
#include "log.h"
#include "popctl.h"
#include "popdconf.h"

#define CONF_FILE	"/etc/popd.conf"
#define CONF_USERTAB	"/etc/mail/usertab"

/* popd's parser uses only the uid, whose files are trusted. */
struct settings	 settings;

static void
popdconf_one(struct conf *cn, const char *path)
{
	cn->cn_usertab.tab_name = cn->cn_usertab.tab_path = path;
	cn->cn_usertabs.as_tables[0] = &cn->cn_usertab;
	cn->cn_usertabs.as_count = 1;
}

/* Use the tables of userbase, or the default if none is named. */
static void
popdconf_usertabs(struct conf *cn)
{
	const struct config_refs	*rs = &cn->cn_config->cfg_userbase;
	struct config_asked		*as = &cn->cn_usertabs;
	const struct config_table	*tab;
	unsigned int			 i;

	if (rs->rs_count > 0)
		as->as_count = 0;
	for (i = 0; i < rs->rs_count; i++) {
		tab = config_table(cn->cn_config, rs->rs_refs[i].rf_name);
		if (tab == NULL)
			config_error(cn->cn_config, &rs->rs_refs[i].rf_at,
			    "table %s is not defined", rs->rs_refs[i].rf_name);
		else
			as->as_tables[as->as_count++] = tab;
	}
}

/* Parse the file into cn_config.  Return 0, or -1, logged. */
static int
popdconf_parse(struct conf *cn, const struct popctl *ct)
{
	struct config	*cg;

	if ((cg = cn->cn_config = config_new()) == NULL) {
		log_warn("popd.conf");
		return (-1);
	}
	settings.uid = getuid();
	parse_file(cg, ct->ct_conf != NULL ? ct->ct_conf : CONF_FILE,
	    ct->ct_conf != NULL);
	popdconf_usertabs(cn);
	cn->cn_subdir = cg->cfg_subdir;
	return (cg->cfg_errors == 0 ? 0 : -1);
}

int
popdconf_read(struct conf *cn, const struct popctl *ct)
{
	memset(cn, 0, sizeof(*cn));
	popdconf_one(cn, CONF_USERTAB);
	if ((ct->ct_conf != NULL || ct->ct_usertab == NULL) &&
	    popdconf_parse(cn, ct) == -1) {
		popdconf_free(cn);
		return (-1);
	}
	if (ct->ct_usertab != NULL)
		popdconf_one(cn, ct->ct_usertab);
	if (ct->ct_subdir != NULL)
		cn->cn_subdir = ct->ct_subdir;
	return (0);
}

void
popdconf_free(struct conf *cn)
{
	config_free(cn->cn_config);
	cn->cn_config = NULL;
}

static void
popdconf_quiet(int level, const char *text)
{
}

/* Return whether the file itself names the socket. */
static int
popdconf_names(const struct conf *cn)
{
	return (cn->cn_config != NULL &&
	    cn->cn_config->cfg_socket_at.at_line > 0);
}

int
popdconf_socket(const struct popctl *ct, char *path, size_t size)
{
	struct conf	 cn;
	const char	*socket = ct->ct_socket;
	int		 faulty;

	memset(&cn, 0, sizeof(cn));
	if (socket == NULL) {
		if (ct->ct_conf == NULL)
			log_to(popdconf_quiet);
		faulty = popdconf_parse(&cn, ct) == -1;
		log_to(log_stderr);
		socket = cn.cn_config == NULL ? POPD_SOCKET :
		    cn.cn_config->cfg_socket;
		if (faulty && ct->ct_conf != NULL && !popdconf_names(&cn))
			socket = NULL;
	}
	if (socket == NULL)
		log_warnx("the file does not say where the socket is: use -s");
	else if (socket[0] == '\0')
		log_warnx("no control socket: run as root, use -s, or set it "
		    "in popd.conf");
	else if (strlcpy(path, socket, size) >= size)
		log_warnx("%s: path too long", socket);
	else
		size = 0;
	popdconf_free(&cn);
	return (size == 0 ? 0 : -1);
}
