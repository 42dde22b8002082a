/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A listener's configuration.  In: listening sockets and certificates, as
 * descriptors.  Out: once checked and committed, they go to accept.c.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>

#include "accept.h"
#include "authreq.h"
#include "capacity.h"
#include "client.h"
#include "confset.h"
#include "deadline.h"
#include "limits.h"
#include "log.h"
#include "lsnrconf.h"
#include "msg.h"
#include "nets.h"
#include "servers.h"
#include "table.h"

#define FILES_MAX	256

static struct {
	struct servers	*used;
} lsnrconf;

/*
 * Check that the sockets of the set listen.  There may be none: popd -n checks
 * everything else.
 */
static int
lsnrconf_sockets(const struct confset *set, char *why, size_t size)
{
	const struct confset_file	*cf;
	socklen_t			 len;
	size_t				 i;
	int				 listening;

	for (i = 0; i < set->cs_count; i++) {
		cf = &set->cs_files[i];
		if (cf->cf_file.mf_kind != FILE_LISTEN)
			continue;
		len = sizeof(listening);
		if (getsockopt(cf->cf_fd, SOL_SOCKET, SO_ACCEPTCONN, &listening,
		    &len) == -1 || !listening) {
			snprintf(why, size, "%s: not a listening socket",
			    cf->cf_file.mf_name);
			return (-1);
		}
	}
	return (0);
}

static void
lsnrconf_check(const struct confset *set)
{
	struct servers	*servers = NULL;
	char		 why[MSG_TEXT_MAX];

	if (lsnrconf_sockets(set, why, sizeof(why)) == 0)
		servers = servers_new(set, why, sizeof(why));
	confset_answer(servers, why);
}

static void
lsnrconf_commit(void *made, struct confset *set)
{
	struct accept_socket	 sockets[FILES_MAX];
	struct confset_file	*cf;
	size_t			 i, n = 0;

	for (i = 0; i < set->cs_count; i++) {
		cf = &set->cs_files[i];
		if (cf->cf_file.mf_kind != FILE_LISTEN)
			continue;
		sockets[n].acs_fd = cf->cf_fd;
		sockets[n].acs_index = cf->cf_file.mf_index;
		sockets[n].acs_flags = cf->cf_file.mf_flags;
		strlcpy(sockets[n].acs_domain, cf->cf_file.mf_domain,
		    sizeof(sockets[n].acs_domain));
		sockets[n++].acs_server = servers_hold(made, i);
		cf->cf_fd = -1;
	}
	if ((set->cs_conf.mc_flags & CONF_TELL) != 0 && lsnrconf.used != NULL)
		servers_tell(lsnrconf.used, made);
	servers_free(lsnrconf.used);
	lsnrconf.used = made;
	nets_use(set->cs_nets, set->cs_nnets);
	set->cs_nets = NULL;
	deadline_changed();
	authreq_configure(set->cs_conf.mc_gen);
	capacity_limit(set->cs_conf.mc_sessions, set->cs_conf.mc_unauth);
	accept_use(sockets, n);
}

int
lsnrconf_certificate(size_t i, struct certfacts *cx)
{
	return (lsnrconf.used == NULL ? -1 : servers_describe(lsnrconf.used, i,
	    cx));
}

static const struct confset_ops lsnrconf_ops = {
	CONFSET_KIND(FILE_LISTEN) | CONFSET_KIND(FILE_CERT), FILES_MAX,
	lsnrconf_check, lsnrconf_commit
};

void
lsnrconf_init(void)
{
	confset_init(&lsnrconf_ops);
}
