/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * keypop: holds the private keys of TLS and signs with them for the listeners.
 * No network, files or passwords: the parent sends it open files
 * (MSG_CONF_FILE) and sockets to the listeners (MSG_PEER).
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "confset.h"
#include "keymsg.h"
#include "keyset.h"
#include "limits.h"
#include "listener.h"
#include "log.h"
#include "msg.h"
#include "proc.h"

/* Replaced keys, kept for handshakes that started with their certificate. */
struct old {
	TAILQ_ENTRY(old)	 ol_entry;
	struct keyset		*ol_set;
	struct event		 ol_timer;
};

static struct {
	struct keyset		*used;
	struct keyset		*new;	/* checked; a listener may get its
					   COMMIT first */
	TAILQ_HEAD(, old)	 old;
	unsigned int		 nold;
} keypop = { .old = TAILQ_HEAD_INITIALIZER(keypop.old) };

static void
old_forget(struct old *ol)
{
	TAILQ_REMOVE(&keypop.old, ol, ol_entry);
	keypop.nold--;
	event_del(&ol->ol_timer);
	keyset_free(ol->ol_set);
	free(ol);
}

/* All handshakes with these keys are over. */
static void
old_timeout(int fd, short what, void *arg)
{
	old_forget(arg);
}

/* Keep those keys of a replaced set that the new one does not have. */
static void
old_keep(struct keyset *ks, const struct keyset *after)
{
	/* A listener may get its COMMIT as late as it may answer a ping. */
	const struct timeval	 tv = { HANDSHAKE_SECONDS + PING_SECONDS, 0 };
	struct old		*ol;

	if (ks == NULL || keyset_subtract(ks, after) == 0) {
		keyset_free(ks);
		return;
	}
	if (keypop.nold == KEYSETS_OLD)
		old_forget(TAILQ_FIRST(&keypop.old));
	if ((ol = calloc(1, sizeof(*ol))) == NULL)
		fatal("calloc");
	ol->ol_set = ks;
	evtimer_set(&ol->ol_timer, old_timeout, ol);
	evtimer_add(&ol->ol_timer, &tv);
	TAILQ_INSERT_TAIL(&keypop.old, ol, ol_entry);
	keypop.nold++;
}

/* Find the certificate at i and its key.  Return the number of files used. */
static size_t
keypop_pair(const struct confset *cs, size_t i, struct keyset_pair *kp)
{
	const struct confset_file	*cert = &cs->cs_files[i], *key;
	size_t				 j;

	memset(kp, 0, sizeof(*kp));
	kp->kp_cert = cert->cf_fd;
	kp->kp_certname = cert->cf_file.mf_name;
	for (j = i + 1; j < cs->cs_count; j++) {
		key = &cs->cs_files[j];
		if (key->cf_file.mf_kind != FILE_KEY ||
		    key->cf_file.mf_index != cert->cf_file.mf_index)
			continue;
		kp->kp_key = key->cf_fd;
		kp->kp_tls12 = (key->cf_file.mf_flags & LISTEN_TLS12) != 0;
		kp->kp_keyname = key->cf_file.mf_name;
		return (2);
	}
	return (1);
}

/* Add those to a set.  Return 0, or -1 with the reason in why. */
static int
keypop_add(struct keyset *ks, const struct confset *cs, size_t i,
    size_t *taken, char *why, size_t size)
{
	struct keyset_pair	 kp;

	*taken += keypop_pair(cs, i, &kp);
	if (kp.kp_keyname != NULL)
		return (keyset_add(ks, &kp,
		    (cs->cs_conf.mc_flags & CONF_WARN) != 0, why, size));
	snprintf(why, size, "%s has no key", kp.kp_certname);
	return (-1);
}

static void
keypop_check(const struct confset *cs)
{
	const int		 all = (cs->cs_conf.mc_flags & CONF_ALL) != 0;
	struct keyset		*ks;
	char			 why[MSG_TEXT_MAX] = "key without certificate";
	char			 bad[MSG_TEXT_MAX];
	unsigned int		 wrongs = 0;
	size_t			 i, taken = 0;

	ks = keyset_new();
	for (i = 0; i < cs->cs_count && (wrongs == 0 || all) &&
	    cs->cs_files[i].cf_file.mf_kind == FILE_CERT; i++) {
		if (keypop_add(ks, cs, i, &taken, bad, sizeof(bad)) == 0)
			continue;
		if (wrongs++ > 0)
			log_warnx("%s", why);
		strlcpy(why, bad, sizeof(why));
	}
	if (wrongs > 0 || taken != cs->cs_count || i * 2 != cs->cs_count) {
		keyset_free(ks);
		ks = NULL;
	}
	keypop.new = ks;
	confset_answer(ks, why);
}

static void
keypop_commit(void *made, struct confset *cs)
{
	old_keep(keypop.used, made);
	keypop.used = made;
	keypop.new = NULL;
}

static const struct confset_ops keypop_ops = {
	CONFSET_KIND(FILE_CERT) | CONFSET_KIND(FILE_KEY), 2 * KEYPAIRS_MAX,
	keypop_check, keypop_commit
};

/* Return the set with this key, preferably the one in use, or NULL. */
static const struct keyset *
keypop_find(const uint8_t *name, int tls12)
{
	const struct old	*ol;

	if (keypop.used != NULL && keyset_has(keypop.used, name, tls12))
		return (keypop.used);
	if (keypop.new != NULL && keyset_has(keypop.new, name, tls12))
		return (keypop.new);
	TAILQ_FOREACH(ol, &keypop.old, ol_entry)
		if (keyset_has(ol->ol_set, name, tls12))
			return (ol->ol_set);
	return (NULL);
}

static const char *
keypop_answer(const struct key_request *kq, struct key_answer *ka)
{
	const struct keyset	*ks = NULL;

	/* A reload may be changing whether TLS 1.2 uses it. */
	if (kq->kq_op != KEY_RSA_PSS)
		ks = keypop_find(kq->kq_key, 1);
	if (ks == NULL)
		ks = keypop_find(kq->kq_key, 0);
	return (keyset_answer(ks, kq, ka));
}

static struct verdict
keypop_peer(void *arg, const void *data, int fd)
{
	const struct msg_peer	*mp = data;

	if (mp->mp_role != ROLE_LISTENER) {
		close(fd);
		return (LIE("unexpected peer"));
	}
	listener_add(fd, mp->mp_gen, keypop_answer);
	return (TAKEN);
}

static const struct chan_rule keypop_rules[] = {
	PROC_RULES,
	{ MSG_PEER,	keypop_peer },
	{ 0,		NULL }
};

int
main(int argc, char *argv[])
{
	proc_version(argc, argv, "keypop");
	proc_start("keypop", keypop_rules);
	confset_init(&keypop_ops);
	keyset_init();

	proc_drop(argc, argv);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/* recvfd: keys, certificates and sockets come from the parent. */
	if (pledge("stdio recvfd", NULL) == -1)
		fatal("pledge");
	proc_run();
}
