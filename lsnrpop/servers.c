/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * From open files to TLS servers.  Sockets with equal settings share one.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cert.h"
#include "confset.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "servers.h"
#include "tlsio_server.h"

struct servers {
	struct cert		*sr_certs[KEYPAIRS_MAX];
	size_t			 sr_ncerts;
	struct tlsio_server	**sr_servers;	/* one for each file */
	size_t			 sr_count;
};

/*
 * Read a whole file, to be freed by the caller.  Return NULL with the reason
 * in why.
 */
static uint8_t *
servers_read(const struct confset_file *cf, size_t *len, char *why,
    size_t size)
{
	const char	*error = NULL;
	uint8_t		*data;
	ssize_t		 n = -1;

	*len = 0;
	if ((data = malloc(KEY_FILE_MAX)) != NULL)
		while ((n = pread(cf->cf_fd, data + *len, KEY_FILE_MAX - *len,
		    *len)) > 0)
			*len += n;
	if (n == -1)
		error = strerror(errno);
	else if (*len == 0)
		error = "the file is empty";
	else if (*len == KEY_FILE_MAX)
		error = "the file is too large";
	if (error == NULL)
		return (data);
	snprintf(why, size, "%s: %s", cf->cf_file.mf_name, error);
	free(data);
	return (NULL);
}

/* Try a server with this certificate only, so that the error names its file. */
static int
servers_try(struct cert *ce, char *why, size_t size)
{
	struct tlsio_use	 tu = { .tu_certs = &ce, .tu_count = 1 };
	struct tlsio_server	*server;

	if ((server = tlsio_server_new(&tu, why, size)) == NULL)
		return (-1);
	tlsio_server_free(server);
	return (0);
}

static int
servers_add_cert(struct servers *sr, const struct confset_file *cf, char *why,
    size_t size)
{
	struct cert	*ce;
	uint8_t		*pem;
	size_t		 len;

	if (sr->sr_ncerts == KEYPAIRS_MAX ||
	    cf->cf_file.mf_index >= KEYPAIRS_MAX) {
		snprintf(why, size, "%s: too many certificates",
		    cf->cf_file.mf_name);
		return (-1);
	}
	if ((pem = servers_read(cf, &len, why, size)) == NULL)
		return (-1);
	ce = cert_new(cf->cf_file.mf_index, cf->cf_file.mf_name, pem, len,
	    why, size);
	free(pem);
	if (ce == NULL)
		return (-1);
	if (servers_try(ce, why, size) == -1) {
		cert_free(ce);
		return (-1);
	}
	sr->sr_certs[sr->sr_ncerts++] = ce;
	return (0);
}

/* Pick the certificates of these pairs; 0: all. */
static size_t
servers_pick(const struct servers *sr, uint64_t pairs, struct cert **certs)
{
	size_t	 i, n = 0;

	for (i = 0; i < sr->sr_ncerts; i++)
		if (pairs == 0 || (pairs >> sr->sr_certs[i]->ce_index & 1))
			certs[n++] = sr->sr_certs[i];
	return (n);
}

static struct tlsio_server *
servers_make(const struct servers *sr, const struct msg_file *mf, char *why,
    size_t size)
{
	struct cert		*certs[KEYPAIRS_MAX];
	struct tlsio_use	 tu = { .tu_certs = certs };

	tu.tu_tls12 = (mf->mf_flags & LISTEN_TLS12) != 0;
	if ((tu.tu_count = servers_pick(sr, mf->mf_pairs, certs)) == 0) {
		snprintf(why, size, "%s: no certificate", mf->mf_name);
		return (NULL);
	}
	return (tlsio_server_new(&tu, why, size));
}

/* Return whether two sockets can share a server. */
static int
servers_alike(const struct msg_file *a, const struct msg_file *b)
{
	return (a->mf_pairs == b->mf_pairs &&
	    (a->mf_flags & LISTEN_TLS12) == (b->mf_flags & LISTEN_TLS12));
}

static int
servers_add_socket(struct servers *sr, const struct confset *cs, size_t at,
    char *why, size_t size)
{
	const struct msg_file	*mf = &cs->cs_files[at].cf_file;
	size_t			 i;

	if ((mf->mf_flags & (LISTEN_TLS | LISTEN_STLS)) == 0)
		return (0);
	for (i = 0; i < at; i++)
		if (sr->sr_servers[i] != NULL &&
		    servers_alike(mf, &cs->cs_files[i].cf_file)) {
			sr->sr_servers[at] =
			    tlsio_server_hold(sr->sr_servers[i]);
			return (0);
		}
	sr->sr_servers[at] = servers_make(sr, mf, why, size);
	return (sr->sr_servers[at] == NULL ? -1 : 0);
}

/* Add one file of the set. */
static int
servers_add(struct servers *sr, const struct confset *cs, size_t i, int socket,
    char *why, size_t size)
{
	const struct confset_file	*cf = &cs->cs_files[i];

	if (socket)
		return (cf->cf_file.mf_kind == FILE_LISTEN ?
		    servers_add_socket(sr, cs, i, why, size) : 0);
	return (cf->cf_file.mf_kind == FILE_CERT ?
	    servers_add_cert(sr, cf, why, size) : 0);
}

/*
 * Add all files but sockets, or the sockets, which need the others.  Return
 * the number of errors.
 */
static unsigned int
servers_fill(struct servers *sr, const struct confset *cs, int socket,
    char *why, size_t size)
{
	const int	 all = (cs->cs_conf.mc_flags & CONF_ALL) != 0;
	char		 bad[MSG_TEXT_MAX];
	unsigned int	 wrongs = 0;
	size_t		 i;

	for (i = 0; i < cs->cs_count && (wrongs == 0 || all); i++) {
		if (servers_add(sr, cs, i, socket, bad, sizeof(bad)) == 0)
			continue;
		if (wrongs++ > 0)
			log_warnx("%s", why);
		strlcpy(why, bad, size);
	}
	return (wrongs);
}

struct servers *
servers_new(const struct confset *cs, char *why, size_t size)
{
	struct servers	*sr;

	if ((sr = calloc(1, sizeof(*sr))) == NULL || (sr->sr_servers =
	    calloc(cs->cs_count + 1, sizeof(*sr->sr_servers))) == NULL) {
		snprintf(why, size, "%s", strerror(errno));
		free(sr);
		return (NULL);
	}
	sr->sr_count = cs->cs_count;
	if (servers_fill(sr, cs, 0, why, size) == 0 &&
	    servers_fill(sr, cs, 1, why, size) == 0)
		return (sr);
	servers_free(sr);
	return (NULL);
}

struct tlsio_server *
servers_hold(const struct servers *sr, size_t i)
{
	return (sr->sr_servers[i] == NULL ? NULL :
	    tlsio_server_hold(sr->sr_servers[i]));
}

int
servers_describe(const struct servers *sr, size_t i, struct certfacts *cx)
{
	if (i >= sr->sr_ncerts)
		return (-1);
	cert_describe(sr->sr_certs[i], cx);
	return (0);
}

static int
servers_serves(const struct servers *sr, const struct cert *ce)
{
	size_t	 i;

	for (i = 0; i < sr->sr_ncerts; i++)
		if (cert_same(sr->sr_certs[i], ce))
			return (1);
	return (0);
}

static int
servers_names(const struct servers *sr, const char *name)
{
	size_t	 i;

	for (i = 0; i < sr->sr_ncerts; i++)
		if (strcmp(sr->sr_certs[i]->ce_name, name) == 0)
			return (1);
	return (0);
}

void
servers_tell(const struct servers *old, const struct servers *new)
{
	size_t	 i;

	for (i = 0; i < new->sr_ncerts; i++)
		if (!servers_serves(old, new->sr_certs[i]))
			cert_tell_new(new->sr_certs[i]);
	for (i = 0; i < old->sr_ncerts; i++)
		if (!servers_names(new, old->sr_certs[i]->ce_name))
			cert_tell_gone(old->sr_certs[i]);
}

void
servers_free(struct servers *sr)
{
	size_t	 i;

	if (sr == NULL)
		return;
	for (i = 0; i < sr->sr_count; i++)
		tlsio_server_free(sr->sr_servers[i]);
	for (i = 0; i < sr->sr_ncerts; i++)
		cert_free(sr->sr_certs[i]);
	free(sr->sr_servers);
	free(sr);
}
