/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Stubs of the children and the other parts of a popd that is being
 * configured.
 */

#ifndef CONFCHILDREN_H
#define CONFCHILDREN_H

#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "log.h"
#include "popd/child.h"
#include "popd/conf.h"
#include "popd/config.h"
#include "popd/configtest.h"
#include "popd/fileset.h"
#include "popd/inherit.h"
#include "popd/load.h"
#include "popd/notify.h"
#include "popd/peers.h"
#include "popd/restart.h"
#include "popd/settings.h"
#include "popd/sockets.h"
#include "popd/tables.h"
#include "timers.h"
#include "unit.h"

#define KIDS		3
#define AUTH		KIDS	/* one more, which is content */
#define JUDGE		(KIDS + 1)
#define LONG		(31 * 1000)	/* ms: longer than an answer may take */

struct settings	 settings;

struct fileset {
	int	 fs_live;
};

static struct child	 kids[KIDS + 1];
static struct child	 judges[ROLE_WORKER];	/* content, too */

static struct {
	struct children	 all;
	struct children	 judges;
	int		 objects;	/* the judge of this role does, */
	int		 silent;	/* does not answer, */
	int		 unborn;	/* cannot be started */
	struct fileset	 sets[32];
	int		 nsets;
	int		 bad_disk;	/* fileset_open() fails */
	int		 bad_conf;	/* popd.conf has an error */
	int		 used;		/* settings_use() */
	int		 changed;
	int		 unsendable;	/* the kid for which there is no fd */
	int		 unjoinable;	/* and that gets no socket */
	int		 uncommitted;	/* that cannot be sent its COMMIT */
	int		 dying;		/* that ends while files are opened */
	int		 sent[JUDGE + 1][MSG_MAX];
	int		 kills[JUDGE + 1];
	int		 started;
	void		(*new_child)(void);	/* one was started */
	int		 begun;		/* reloads that popctl waits for */
	int		 answered;	/* popctl: 1 done, -1 not */
	int		 reloading;	/* as the service manager sees it */
	char		 log[4096];
} t;

UNIT_FN int
number(const struct child *c)
{
	return (c->c_judge ? JUDGE : (int)(c - kids));
}

struct children *
child_all(void)
{
	return (&t.all);
}

struct children *
child_judges(void)
{
	return (&t.judges);
}

/* A kid of its role, with no configuration yet. */
UNIT_FN void
born(int i, enum role role)
{
	struct child	*c = i == JUDGE ? &judges[role] : &kids[i];

	c->c_role = role;
	c->c_state = CHILD_NEW;
	c->c_judge = i == JUDGE;
	c->c_configured = 0;
	c->c_chan = (struct chan *)c;
	snprintf(c->c_name, sizeof(c->c_name), i == JUDGE ? "judge[%d]" :
	    "kid[%d]", i == JUDGE ? (int)role : i);
}

struct child *
child_start(enum role role, int judge)
{
	if ((int)role == t.unborn) {
		errno = EAGAIN;
		return (NULL);
	}
	CHECK(judges[role].c_chan == NULL, "the judge before has not ended");
	born(JUDGE, role);
	return (&judges[role]);
}

void
child_end(struct child *c)
{
	CHECK(c->c_judge, "%s is ended", c->c_name);
	c->c_state = CHILD_GONE;
	c->c_chan = NULL;
}

/* As the real one: the exchange goes on without it. */
void
child_kill(struct child *c, const char *why)
{
	enum child_state	 was = c->c_state;

	t.kills[number(c)]++;
	c->c_state = CHILD_GONE;
	c->c_chan = NULL;
	if (was == CHILD_TRYING)
		conf_child_gone(c);
}

UNIT_FN struct verdict
object(struct child *c)
{
	struct msg_text	 mtx;

	memset(&mtx, 0, sizeof(mtx));
	strlcpy(mtx.mtx_text, "login failed \"x\"", sizeof(mtx.mtx_text));
	return (conf_bad(c, &mtx));
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	struct child	*c = (struct child *)(void *)ch;
	int		 n = number(c);

	t.sent[n][type]++;
	if (n == t.uncommitted && type == MSG_CONF_COMMIT)
		return (-1);
	if (n < AUTH || type != MSG_CONF_CHECK)
		return (0);
	if (n == JUDGE && (int)c->c_role == t.objects)
		object(c);
	else if (n != JUDGE || (int)c->c_role != t.silent)
		conf_ok(c);
	return (0);
}

struct config *
load_config(int reload)
{
	static struct config	 cg;

	memset(&cg, 0, sizeof(cg));
	if (t.bad_conf) {
		cg.cfg_errors = 1;
		strlcpy(cg.cfg_first, "popd.conf:3: no good",
		    sizeof(cg.cfg_first));
	}
	return (&cg);
}

void
config_free(struct config *cg)
{
}

const struct config *
fileset_config(const struct fileset *fs)
{
	static const struct config	 cg;

	return (&cg);
}

const struct listens *
fileset_listens(const struct fileset *fs)
{
	return (NULL);
}

void
sockets_remove(void)
{
}

int
inherit_follows(void)
{
	return (0);
}

void
sockets_tell(const struct listens *lt)
{
}

int
fileset_expires(const struct fileset *fs, const char *user)
{
	return (1);
}

int
fileset_has(const struct fileset *fs, enum file_kind kind)
{
	return (0);
}

unsigned int
sockets_nets(const struct listens *lt, const struct config *cg, enum role role)
{
	return (0);
}

unsigned int
fileset_wrongs(const struct fileset *fs)
{
	return (0);
}

int
fileset_lacks(const struct fileset *fs, enum role role)
{
	return (0);
}

void
configtest_exit(unsigned int wrong)
{
	abort();
}

void
settings_use(const struct config *cg)
{
	t.used++;
}

void
settings_kept(struct config *cg)
{
}

void
fileset_open(struct config *cg, const struct fileset *used, log_sink line,
    fileset_done *done)
{
	struct fileset	*fs;

	if (t.bad_disk) {
		done(NULL, "authtab: no good");
		return;
	}
	fs = &t.sets[t.nsets++];
	fs->fs_live = 1;
	if (t.dying != -1) {
		kids[t.dying].c_state = CHILD_GONE;
		kids[t.dying].c_chan = NULL;
	}
	done(fs, NULL);
}

unsigned int
chan_poll(struct chan *ch)
{
	return (0);
}

void
fileset_tell(const struct fileset *fs)
{
}

void
fileset_free(struct fileset *fs)
{
	if (fs == NULL)
		return;
	CHECK(fs->fs_live, "a set is freed twice");
	fs->fs_live = 0;
}

/* No table processes here. */
void
fileset_maildrops(const struct fileset *fs)
{
}

uint32_t
config_processes(const struct config_asked *as)
{
	return (0);
}

unsigned int
tables_count(const struct config *cg)
{
	return (0);
}

void
tables_commit(const struct config *cg)
{
}

void
tables_abort(void)
{
}

void
restart_begin(enum role role)
{
}

const struct table *
fileset_usertab(const struct fileset *fs, unsigned int place)
{
	return ((const struct table *)(const void *)fs);
}

const struct table *
fileset_route(const struct fileset *fs)
{
	return (NULL);
}

const char *
fileset_edited(const struct fileset *fs)
{
	return (NULL);
}

int
fileset_changed(const struct fileset *fs)
{
	return (t.changed);
}

unsigned int
fileset_count(const struct fileset *fs, enum role role)
{
	return (1);
}

int
fileset_send(const struct fileset *fs, enum role role, struct chan *ch)
{
	errno = EMFILE;
	return (number((struct child *)(void *)ch) == t.unsendable ? -1 : 0);
}

int
config_lmtp(const struct config *cg)
{
	return (0);
}

int
peers_connect(struct child *c)
{
	return (c - kids == t.unjoinable ? -1 : 0);
}

void
notify_reloading(void)
{
	t.reloading = 1;
}

UNIT_FN void
reload_begins(void)
{
	t.begun++;
}

UNIT_FN void
reload_line(int level, const char *text)
{
}

UNIT_FN void
reload_ends(int ok, const char *why)
{
	t.answered = ok ? 1 : -1;
}

UNIT_FN void
level(int verbose)
{
	settings.verbose = verbose;
}

void
notify_reloaded(void)
{
	t.reloading = 0;
}

UNIT_FN void
started(void)
{
	t.started++;
}

void
restart_hook(void (*hook)(void))
{
	t.new_child = hook;
}

static const struct conf_hooks	 hooks = {
	.cfh_started = started,
	.cfh_reload = reload_begins,
	.cfh_line = reload_line,
	.cfh_reloaded = reload_ends,
	.cfh_verbose = level
};

UNIT_FN void
sink(int level, const char *text)
{
	strlcat(t.log, text, sizeof(t.log));
	strlcat(t.log, "\n", sizeof(t.log));
}

UNIT_FN void
begin(const char *name)
{
	unit_case(name);
	memset(t.sent, 0, sizeof(t.sent));
	memset(t.kills, 0, sizeof(t.kills));
	t.unsendable = t.unjoinable = t.uncommitted = t.dying = -1;
	t.objects = t.silent = t.unborn = -1;
	t.bad_disk = t.changed = 0;
	t.log[0] = '\0';
}

/* Count the open sets: only the one in use may be left. */
UNIT_FN int
sets(void)
{
	int	 i, n = 0;

	for (i = 0; i < t.nsets; i++)
		n += t.sets[i].fs_live;
	return (n);
}

UNIT_FN void
agree(int i)
{
	CHECK(conf_ok(&kids[i]).vd_kind == VERDICT_TAKEN, "kid %d", i);
}

/* So often each kid got the message. */
UNIT_FN void
got(uint32_t type, int a, int b, int c)
{
	CHECK(t.sent[0][type] == a && t.sent[1][type] == b &&
	    t.sent[2][type] == c, "%s: %d %d %d", msg_name(type),
	    t.sent[0][type], t.sent[1][type], t.sent[2][type]);
}

/* Check that all three serve with one set and none was killed. */
UNIT_FN void
calm(void)
{
	int	 i;

	for (i = 0; i < KIDS; i++)
		CHECK(kids[i].c_state == CHILD_READY && t.kills[i] == 0,
		    "kid %d: state %d, %d kills", i, kids[i].c_state,
		    t.kills[i]);
	CHECK(sets() == 1, "%d sets", sets());
	CHECK(timers_next() == NULL, "a timer runs");
}

/* All kids, new, and the hooks; before the first case. */
UNIT_FN void
setup(void)
{
	int	 i;

	TAILQ_INIT(&t.all);
	TAILQ_INIT(&t.judges);
	for (i = 0; i < ROLE_WORKER; i++) {
		judges[i].c_state = CHILD_GONE;
		judges[i].c_judge = 1;
		TAILQ_INSERT_TAIL(&t.judges, &judges[i], c_entry);
	}
	for (i = 0; i <= AUTH; i++) {
		born(i, i == 0 ? ROLE_LISTENER : i == 1 ? ROLE_KEY :
		    i == AUTH ? ROLE_AUTH : ROLE_CHECKER);
		TAILQ_INSERT_TAIL(&t.all, &kids[i], c_entry);
	}
	log_to(sink);
	conf_hook(&hooks);
}

#endif
