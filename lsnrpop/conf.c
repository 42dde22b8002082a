/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The exchange of a new configuration.  Listening sockets and certificates
 * come in from the parent as descriptors; when all of them are good, and the
 * parent says so, they go to accept.c at once.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "chan.h"
#include "conf.h"
#include "log.h"
#include "login.h"
#include "msg.h"
#include "tlsio.h"

#define FILES_MAX	256
#define CERT_MAX	(256 * 1024)	/* a chain has some 10 KiB */

struct conf_file {
	struct msg_file	cf_file;
	int		cf_fd;
};

/* A set that is being tried. */
struct conf_set {
	struct msg_conf		 cs_conf;
	struct conf_file	*cs_files;
	size_t			 cs_count;
	struct tlsio_server	*cs_server;	/* once it was checked */
};

static struct {
	struct chan	*cn_parent;
	struct conf_set	*cn_set;	/* NULL: none is being tried */
} conf;

static void
conf_drop(void)
{
	size_t	 i;

	if (conf.cn_set == NULL)
		return;
	for (i = 0; i < conf.cn_set->cs_count; i++)
		if (conf.cn_set->cs_files[i].cf_fd != -1)
			close(conf.cn_set->cs_files[i].cf_fd);
	free(conf.cn_set->cs_files);
	tlsio_server_free(conf.cn_set->cs_server);
	free(conf.cn_set);
	conf.cn_set = NULL;
}

void
conf_init(struct chan *parent)
{
	conf.cn_parent = parent;
}

const char *
conf_try(void *arg, const void *data, int fd)
{
	const struct msg_conf	*mc = data;

	conf_drop();
	if (mc->mc_files > FILES_MAX)
		return ("too many files");
	if ((conf.cn_set = calloc(1, sizeof(*conf.cn_set))) == NULL ||
	    (conf.cn_set->cs_files = calloc(mc->mc_files + 1,
	    sizeof(*conf.cn_set->cs_files))) == NULL)
		fatal("calloc");
	conf.cn_set->cs_conf = *mc;
	return (NULL);
}

const char *
conf_file(void *arg, const void *data, int fd)
{
	const struct msg_file	*mf = data;
	struct conf_file	*cf;

	if (conf.cn_set == NULL || conf.cn_set->cs_server != NULL ||
	    conf.cn_set->cs_count >= conf.cn_set->cs_conf.mc_files ||
	    (mf->mf_kind != FILE_LISTEN && mf->mf_kind != FILE_CERT)) {
		close(fd);
		return ("not to be had now");
	}
	cf = &conf.cn_set->cs_files[conf.cn_set->cs_count++];
	cf->cf_file = *mf;
	cf->cf_fd = fd;
	return (NULL);
}

/* Read the certificate of an open file.  -1 with the reason in why. */
static int
conf_read(const struct conf_file *cf, struct tlsio_cert *cert, char *why,
    size_t size)
{
	const char	*error = NULL;
	ssize_t		 n;

	cert->tc_name = cf->cf_file.mf_name;
	if ((cert->tc_pem = malloc(CERT_MAX)) == NULL)
		fatal("malloc");
	while ((n = pread(cf->cf_fd, cert->tc_pem + cert->tc_len,
	    CERT_MAX - cert->tc_len, cert->tc_len)) > 0)
		cert->tc_len += n;
	if (n == -1)
		error = strerror(errno);
	else if (cert->tc_len == 0)
		error = "the file is empty";
	else if (cert->tc_len == CERT_MAX)
		error = "the file is too large";
	if (error == NULL)
		return (0);
	snprintf(why, size, "%s: %s", cert->tc_name, error);
	return (-1);
}

static int
conf_by_index(const void *a, const void *b)
{
	const struct conf_file	*x = a, *y = b;

	return (x->cf_file.mf_index < y->cf_file.mf_index ? -1 :
	    x->cf_file.mf_index > y->cf_file.mf_index);
}

/* The set's certificates in their order, as a server. */
static struct tlsio_server *
conf_server(struct conf_set *set, char *why, size_t size)
{
	struct tlsio_server	*server = NULL;
	struct tlsio_cert	*certs;
	size_t			 i, n = 0;
	int			 bad = 0;

	if ((certs = calloc(set->cs_count + 1, sizeof(*certs))) == NULL)
		fatal("calloc");
	qsort(set->cs_files, set->cs_count, sizeof(*set->cs_files),
	    conf_by_index);
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
conf_sockets(const struct conf_set *set, char *why, size_t size)
{
	const struct conf_file	*cf;
	socklen_t		 len;
	size_t			 i;
	int			 listens;

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

const char *
conf_check(void *arg, const void *data, int fd)
{
	struct conf_set	*set = conf.cn_set;
	struct msg_text	 text;

	if (set == NULL || set->cs_server != NULL ||
	    set->cs_count != set->cs_conf.mc_files)
		return ("the set is not whole");
	memset(&text, 0, sizeof(text));
	if (conf_sockets(set, text.mt_text, sizeof(text.mt_text)) == 0)
		set->cs_server = conf_server(set, text.mt_text,
		    sizeof(text.mt_text));
	if (set->cs_server == NULL)
		chan_send(conf.cn_parent, MSG_CONF_BAD, &text, -1);
	else
		chan_send(conf.cn_parent, MSG_CONF_OK, NULL, -1);
	return (NULL);
}

const char *
conf_commit(void *arg, const void *data, int fd)
{
	struct conf_set	*set = conf.cn_set;
	int		 fds[FILES_MAX];
	size_t		 i, n = 0;

	if (set == NULL || set->cs_server == NULL)
		return ("nothing to commit");
	for (i = 0; i < set->cs_count; i++) {
		if (set->cs_files[i].cf_file.mf_kind != FILE_LISTEN)
			continue;
		fds[n++] = set->cs_files[i].cf_fd;
		set->cs_files[i].cf_fd = -1;
	}
	log_verbose((set->cs_conf.mc_flags & CONF_VERBOSE) != 0);
	login_generation(set->cs_conf.mc_gen);
	accept_use(fds, n, set->cs_server, set->cs_conf.mc_sessions);
	set->cs_server = NULL;
	conf_drop();
	return (NULL);
}

const char *
conf_abort(void *arg, const void *data, int fd)
{
	conf_drop();
	return (NULL);
}
