/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * keypop: holds the private keys of TLS and signs with them for the
 * listeners.  No network, no files, no passwords: the parent hands it open
 * files (MSG_CONF_FILE) and sockets to the listeners (MSG_PEER).
 */

#include <sys/types.h>
#include <sys/resource.h>

#include <err.h>
#include <event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asker.h"
#include "chan.h"
#include "keymsg.h"
#include "keyset.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"

#define KEYPOP_USER	"_popkey"

/* The two files of a pair, until the set is checked. */
struct pair {
	int		 pa_cert;
	int		 pa_key;
	char		*pa_certname;
	char		*pa_keyname;
};

/*
 * Three sets can be asked for: the one in use; the one before, for
 * HANDSHAKE_SECONDS, since a handshake that began with its certificate may
 * still want its signature; and one that is checked but not committed, since a
 * listener may get its COMMIT before we get ours.
 */
enum set { SET_USED, SET_OLD, SET_NEW, SETS };

static struct keypop {
	struct chan	*kp_parent;
	struct keyset	*kp_sets[SETS];
	struct event	 kp_forget;
	int		 kp_trying;	/* a TRY came, no CHECK yet */
	uint32_t	 kp_files;	/* files that are to come */
	struct pair	 kp_pairs[KEYPAIRS_MAX];
} keypop;

static void
conf_clear(void)
{
	struct pair	*pa;
	size_t		 i;

	for (i = 0; i < KEYPAIRS_MAX; i++) {
		pa = &keypop.kp_pairs[i];
		if (pa->pa_cert != -1)
			close(pa->pa_cert);
		if (pa->pa_key != -1)
			close(pa->pa_key);
		free(pa->pa_certname);
		free(pa->pa_keyname);
		pa->pa_cert = pa->pa_key = -1;
		pa->pa_certname = pa->pa_keyname = NULL;
	}
	keypop.kp_trying = 0;
	keypop.kp_files = 0;
}

static const char *
conf_try(void *arg, const void *data, int fd)
{
	const struct msg_conf	*mc = data;

	conf_clear();
	keyset_free(keypop.kp_sets[SET_NEW]);
	keypop.kp_sets[SET_NEW] = NULL;
	keypop.kp_trying = 1;
	keypop.kp_files = mc->mc_files;
	log_verbose((mc->mc_flags & CONF_VERBOSE) != 0);
	return NULL;
}

static const char *
conf_file(void *arg, const void *data, int fd)
{
	const struct msg_file	*mf = data;
	struct pair		*pa;
	char			**name;
	int			*to;

	if (!keypop.kp_trying || keypop.kp_files == 0 ||
	    mf->mf_index >= KEYPAIRS_MAX ||
	    (mf->mf_kind != FILE_CERT && mf->mf_kind != FILE_KEY)) {
		close(fd);
		return "a file that is not expected";
	}
	pa = &keypop.kp_pairs[mf->mf_index];
	to = mf->mf_kind == FILE_CERT ? &pa->pa_cert : &pa->pa_key;
	name = mf->mf_kind == FILE_CERT ? &pa->pa_certname : &pa->pa_keyname;
	if (*to != -1) {
		close(fd);
		return "a file twice";
	}
	*to = fd;
	if ((*name = strdup(mf->mf_name)) == NULL)
		fatal("strdup");
	keypop.kp_files--;
	return NULL;
}

/* Load all pairs into a new set; NULL and why if one is not right. */
static struct keyset *
conf_load(char *why, size_t size)
{
	struct keyset	*ks;
	struct pair	*pa;
	size_t		 i;

	ks = keyset_new();
	for (i = 0; i < KEYPAIRS_MAX; i++) {
		pa = &keypop.kp_pairs[i];
		if (pa->pa_cert == -1 && pa->pa_key == -1)
			continue;
		if (pa->pa_cert == -1 || pa->pa_key == -1) {
			(void)snprintf(why, size, "%s has no %s of its own",
			    pa->pa_cert == -1 ? pa->pa_keyname :
			    pa->pa_certname, pa->pa_cert == -1 ?
			    "certificate" : "key");
			break;
		}
		if (keyset_add(ks, pa->pa_cert, pa->pa_certname, pa->pa_key,
		    pa->pa_keyname, why, size) == -1)
			break;
	}
	if (i == KEYPAIRS_MAX)
		return ks;
	keyset_free(ks);
	return NULL;
}

static const char *
conf_check(void *arg, const void *data, int fd)
{
	struct msg_text	 mt;

	if (!keypop.kp_trying || keypop.kp_files != 0)
		return "a set that is not whole";
	memset(&mt, 0, sizeof(mt));
	keypop.kp_sets[SET_NEW] = conf_load(mt.mt_text, sizeof(mt.mt_text));
	conf_clear();
	if (keypop.kp_sets[SET_NEW] == NULL)
		(void)chan_send(keypop.kp_parent, MSG_CONF_BAD, &mt, -1);
	else
		(void)chan_send(keypop.kp_parent, MSG_CONF_OK, NULL, -1);
	return NULL;
}

/* The last handshake that may want an old key is over. */
static void
conf_forget(int fd, short what, void *arg)
{
	keyset_free(keypop.kp_sets[SET_OLD]);
	keypop.kp_sets[SET_OLD] = NULL;
}

static const char *
conf_commit(void *arg, const void *data, int fd)
{
	struct timeval	 tv = { HANDSHAKE_SECONDS, 0 };

	if (keypop.kp_sets[SET_NEW] == NULL)
		return "nothing to commit";
	keyset_free(keypop.kp_sets[SET_OLD]);
	keypop.kp_sets[SET_OLD] = keypop.kp_sets[SET_USED];
	keypop.kp_sets[SET_USED] = keypop.kp_sets[SET_NEW];
	keypop.kp_sets[SET_NEW] = NULL;
	if (keypop.kp_sets[SET_OLD] != NULL)
		(void)evtimer_add(&keypop.kp_forget, &tv);
	return NULL;
}

static const char *
conf_abort(void *arg, const void *data, int fd)
{
	conf_clear();
	keyset_free(keypop.kp_sets[SET_NEW]);
	keypop.kp_sets[SET_NEW] = NULL;
	return NULL;
}

static const char *
keypop_answer(const struct key_request *kq, struct key_answer *ka)
{
	return keyset_answer(keypop.kp_sets, SETS, kq, ka);
}

static const char *
keypop_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer	*mp = data;

	if (mp->mp_role != ROLE_LISTENER) {
		close(fd);
		return "a peer that is no listener";
	}
	asker_add(fd, mp->mp_gen, keypop_answer);
	return NULL;
}

static const struct chan_rule keypop_rules[] = {
	{ MSG_CONF_TRY,		conf_try },
	{ MSG_CONF_FILE,	conf_file },
	{ MSG_CONF_CHECK,	conf_check },
	{ MSG_CONF_COMMIT,	conf_commit },
	{ MSG_CONF_ABORT,	conf_abort },
	{ MSG_PEER,		keypop_peer },
	{ 0,			NULL }
};

int
main(int argc, char *argv[])
{
	const struct rlimit	 no_core = { 0, 0 };
	size_t			 i;

	if (argc != 1) {
		fprintf(stderr, "usage: %s (started by popd)\n",
		    getprogname());
		return 1;
	}
	proc_start("keypop");
	for (i = 0; i < KEYPAIRS_MAX; i++)
		keypop.kp_pairs[i].pa_cert = keypop.kp_pairs[i].pa_key = -1;

	keyset_init();
	event_init();
	evtimer_set(&keypop.kp_forget, conf_forget, NULL);
	keypop.kp_parent = proc_channel(keypop_rules);
	if (setrlimit(RLIMIT_CORE, &no_core) == -1)
		fatal("setrlimit");

	proc_drop(KEYPOP_USER);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/* recvfd: keys, certificates and sockets come from the parent. */
	if (pledge("stdio recvfd", NULL) == -1)
		fatal("pledge");

	event_dispatch();
	fatalx("the event loop ended");
}
