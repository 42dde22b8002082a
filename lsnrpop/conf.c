/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a listener makes of a configuration: listening sockets and
 * certificates come in as descriptors; when they are good, and the parent
 * says so, they go to accept.c at once.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "conf.h"
#include "confset.h"
#include "limits.h"
#include "login.h"
#include "msg.h"
#include "tlsio.h"

#define FILES_MAX	256

/* Read the certificate of an open file.  -1 with the reason in why. */
static int
conf_read(const struct confset_file *cf, struct tlsio_cert *cert, char *why,
    size_t size)
{
	const char	*error = NULL;
	ssize_t		 n;

	cert->tc_name = cf->cf_file.mf_name;
	if ((cert->tc_pem = malloc(KEY_FILE_MAX)) == NULL) {
		snprintf(why, size, "%s: %s", cert->tc_name, strerror(errno));
		return (-1);
	}
	while ((n = pread(cf->cf_fd, cert->tc_pem + cert->tc_len,
	    KEY_FILE_MAX - cert->tc_len, cert->tc_len)) > 0)
		cert->tc_len += n;
	if (n == -1)
		error = strerror(errno);
	else if (cert->tc_len == 0)
		error = "the file is empty";
	else if (cert->tc_len == KEY_FILE_MAX)
		error = "the file is too large";
	if (error == NULL)
		return (0);
	snprintf(why, size, "%s: %s", cert->tc_name, error);
	return (-1);
}

/* The set's certificates in their order, as a server. */
static struct tlsio_server *
conf_server(const struct confset *set, char *why, size_t size)
{
	struct tlsio_server	*server = NULL;
	struct tlsio_cert	*certs;
	size_t			 i, n = 0;
	int			 bad = 0;

	if ((certs = calloc(set->cs_count + 1, sizeof(*certs))) == NULL) {
		(void)snprintf(why, size, "%s", strerror(errno));
		return (NULL);
	}
	for (i = 0; i < set->cs_count && !bad; i++)
		if (set->cs_files[i].cf_file.mf_kind == FILE_CERT)
			bad = conf_read(&set->cs_files[i], &certs[n++], why,
			    size) == -1;
	if (!bad && n == 0)
		snprintf(why, size, "no certificate");
	else if (!bad)
		server = tlsio_server_new(certs, n, why, size);
	for (i = 0; i < n; i++)
		free(certs[i].tc_pem);
	free(certs);
	return (server);
}

/*
 * Whether the sockets of the set listen.  There need not be any: popd -n
 * checks all but them.
 */
static int
conf_sockets(const struct confset *set, char *why, size_t size)
{
	const struct confset_file	*cf;
	socklen_t			 len;
	size_t				 i;
	int				 listens;

	for (i = 0; i < set->cs_count; i++) {
		cf = &set->cs_files[i];
		if (cf->cf_file.mf_kind != FILE_LISTEN)
			continue;
		len = sizeof(listens);
		if (getsockopt(cf->cf_fd, SOL_SOCKET, SO_ACCEPTCONN, &listens,
		    &len) == -1 || !listens) {
			snprintf(why, size, "%s: not a listening socket",
			    cf->cf_file.mf_name);
			return (-1);
		}
	}
	return (0);
}

static void
conf_check(const struct confset *set)
{
	struct tlsio_server	*server = NULL;
	char			 why[MSG_TEXT_MAX];

	if (conf_sockets(set, why, sizeof(why)) == 0)
		server = conf_server(set, why, sizeof(why));
	confset_answer(server, why);
}

static void
conf_commit(void *made, struct confset *set)
{
	int	 fds[FILES_MAX];
	size_t	 i, n = 0;

	for (i = 0; i < set->cs_count; i++) {
		if (set->cs_files[i].cf_file.mf_kind != FILE_LISTEN)
			continue;
		fds[n++] = set->cs_files[i].cf_fd;
		set->cs_files[i].cf_fd = -1;
	}
	login_generation(set->cs_conf.mc_gen);
	accept_use(fds, n, made, set->cs_conf.mc_sessions);
}

static void
conf_drop(void *made)
{
	tlsio_server_free(made);
}

static const struct confset_ops conf_ops = {
	CONFSET_KIND(FILE_LISTEN) | CONFSET_KIND(FILE_CERT) |
	CONFSET_KIND(FILE_OCSP) | CONFSET_KIND(FILE_CA), FILES_MAX,
	conf_check, conf_commit, conf_drop
};

void
conf_init(void)
{
	confset_init(&conf_ops);
}
