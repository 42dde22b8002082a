/*
 * link: popd/conf.o popd/lock.o lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent's half of the configuration exchange: all or nothing, nobody is
 * waited for in vain, and no child that serves sessions is lost for it
 * unless it hangs.
 */

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
#include "popd/control.h"
#include "popd/drain.h"
#include "popd/fileset.h"
#include "popd/load.h"
#include "popd/lock.h"
#include "popd/notify.h"
#include "popd/peers.h"
#include "popd/restart.h"
#include "popd/settings.h"
#include "popd/sockets.h"
#include "popd/start.h"
#include "popd/stop.h"
#include "popd/tables.h"
#include "popd/upgrade.h"
#include "timers.h"
#include "unit.h"

#define KIDS		3
#define AUTH		KIDS	/* one more, which is content */
#define LONG		(31 * 1000)	/* ms: longer than an answer may take */

struct settings	 settings;

struct fileset {
	int	 fs_live;
};

static struct child	 kids[KIDS + 1];

static struct {
	struct children	 all;
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
	int		 sent[KIDS + 1][MSG_MAX];
	int		 kills[KIDS + 1];
	int		 started;
	int		 drains;	/* another popd has followed this one */
	int		 begun;		/* reloads that popctl waits for */
	int		 answered;	/* popctl: 1 done, -1 not */
	char		 unlocked[64];	/* whom other popds are told of */
	int		 reloading;	/* as the service manager sees it */
	char		 log[4096];
} t;

static int
number(const struct chan *ch)
{
	return ((int)((const struct child *)(const void *)ch - kids));
}

struct children *
child_all(void)
{
	return (&t.all);
}

/* As the real one: the exchange goes on without it. */
void
child_kill(struct child *c, const char *why)
{
	enum child_state	 was = c->c_state;

	t.kills[c - kids]++;
	c->c_state = CHILD_GONE;
	c->c_chan = NULL;
	if (was == CHILD_TRYING)
		conf_child_gone(c);
}

int
chan_send(struct chan *ch, uint32_t type, const void *data, int fd)
{
	t.sent[number(ch)][type]++;
	if (number(ch) == t.uncommitted && type == MSG_CONF_COMMIT)
		return (-1);
	if (number(ch) == AUTH && type == MSG_CONF_CHECK)
		conf_ok(&kids[AUTH]);
	return (0);
}

struct config *
load_config(void)
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
fileset_nets(const struct fileset *fs, enum role role)
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
settings_kept(const struct config *cg)
{
}

void
fileset_open(struct config *cg, const struct fileset *used, fileset_done *done)
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
tables_commit(void)
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

int
restart_begun(enum role role)
{
	return (role != ROLE_TABLE);
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
	return (number(ch) == t.unsendable ? -1 : 0);
}

int
config_lmtp(const struct config *cg)
{
	return (0);
}

void
restart_wanted(enum role role)
{
}

time_t
restart_next(enum role role)
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

void
control_reload_begins(void)
{
	t.begun++;
}

void
control_reload_line(int level, const char *text)
{
}

void
control_reloaded(int ok, const char *why)
{
	t.answered = ok ? 1 : -1;
}

void
upgrade_say(enum handover_type type, const char *user)
{
	CHECK(type == HANDOVER_UNLOCK, "type %d", type);
	strlcat(t.unlocked, user, sizeof(t.unlocked));
}

void
notify_reloaded(void)
{
	t.reloading = 0;
}

void
start_done(void)
{
	t.started++;
}

int
stop_begun(void)
{
	return (0);
}

int
drain_begun(void)
{
	return (t.drains);
}

static void
sink(int level, const char *text)
{
	strlcat(t.log, text, sizeof(t.log));
	strlcat(t.log, "\n", sizeof(t.log));
}

/* A kid of its role, with no configuration yet. */
static void
born(int i, enum role role)
{
	kids[i].c_role = role;
	kids[i].c_state = CHILD_NEW;
	kids[i].c_configured = 0;
	kids[i].c_chan = (struct chan *)&kids[i];
	snprintf(kids[i].c_name, sizeof(kids[i].c_name), "kid[%d]", i);
}

static void
begin(const char *name)
{
	unit_case(name);
	memset(t.sent, 0, sizeof(t.sent));
	memset(t.kills, 0, sizeof(t.kills));
	t.unsendable = t.unjoinable = t.uncommitted = t.dying = -1;
	t.bad_disk = t.changed = 0;
	t.log[0] = t.unlocked[0] = '\0';
}

/* How many sets are open; one is in use, and no other is left. */
static int
sets(void)
{
	int	 i, n = 0;

	for (i = 0; i < t.nsets; i++)
		n += t.sets[i].fs_live;
	return (n);
}

static void
agree(int i)
{
	CHECK(conf_ok(&kids[i]).vd_kind == VERDICT_TAKEN, "kid %d", i);
}

/* So often each kid got the message. */
static void
got(uint32_t type, int a, int b, int c)
{
	CHECK(t.sent[0][type] == a && t.sent[1][type] == b &&
	    t.sent[2][type] == c, "%s: %d %d %d", msg_name(type),
	    t.sent[0][type], t.sent[1][type], t.sent[2][type]);
}

/* All three serve, with one set, and none was killed. */
static void
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

static void
test_commit(void)
{
	begin("used when all agree, and not before");
	conf_reload();
	got(MSG_CONF_CHECK, 1, 1, 1);
	agree(0);
	agree(1);
	got(MSG_CONF_COMMIT, 0, 0, 0);
	CHECK(!conf_begun() && t.started == 0, "used");
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	CHECK(conf_begun() && t.started == 1, "not used");
	calm();
	CHECK(conf_ok(&kids[0]).vd_kind == VERDICT_LIE, "an answer to nothing");

	begin("a reload during an exchange follows it");
	conf_reload();
	t.begun = t.answered = 0;
	conf_reload();
	conf_reload();
	got(MSG_CONF_CHECK, 1, 1, 1);
	agree(0);
	agree(1);
	CHECK(t.begun == 0 && t.answered == 0, "%d begun", t.begun);
	agree(2);
	CHECK(t.begun == 1 && t.answered == 1, "%d begun", t.begun);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	got(MSG_CONF_CHECK, 2, 2, 2);
	agree(2);
	agree(1);
	agree(0);
	got(MSG_CONF_COMMIT, 2, 2, 2);
	calm();
}

static void
test_bad(void)
{
	struct msg_text	 mtx;

	begin("one says no: nothing changes, its words come quoted and last");
	memset(&mtx, 0, sizeof(mtx));
	strlcpy(mtx.mtx_text, "login failed \"x\"", sizeof(mtx.mtx_text));
	conf_reload();
	agree(0);
	CHECK(conf_bad(&kids[1], &mtx).vd_kind == VERDICT_TAKEN, "bad");
	agree(2);
	got(MSG_CONF_ABORT, 1, 1, 1);
	got(MSG_CONF_COMMIT, 0, 0, 0);
	CHECK(strcmp(t.log, "configuration not changed: kid[1]: "
	    "\"login failed 'x'\"\n") == 0, "log: %s", t.log);
	calm();

	begin("a popd.conf with an error changes nothing");
	t.bad_conf = 1;
	t.used = 0;
	conf_reload();
	t.bad_conf = 0;
	got(MSG_CONF_TRY, 0, 0, 0);
	CHECK(strcmp(t.log, "configuration not changed: popd.conf:3: "
	    "no good\n") == 0 && t.used == 0, "log: %s", t.log);
	calm();

	begin("files that cannot be opened change nothing");
	t.bad_disk = 1;
	conf_reload();
	got(MSG_CONF_TRY, 0, 0, 0);
	CHECK(strcmp(t.log, "configuration not changed: authtab: no good\n") ==
	    0, "log: %s", t.log);
	calm();
}

static void
test_trouble(void)
{
	begin("a child that cannot be sent its files now is not waited for");
	t.unsendable = 0;
	conf_reload();
	agree(1);
	agree(2);
	got(MSG_CONF_ABORT, 1, 1, 1);
	/* Nobody said no: once more. */
	agree(1);
	agree(2);
	got(MSG_CONF_ABORT, 2, 2, 2);
	calm();
	timers_pass(LONG);
	calm();

	begin("a role that is lost while the files are opened is missed");
	t.dying = 1;
	conf_reload();
	t.dying = -1;
	agree(0);
	agree(2);
	got(MSG_CONF_COMMIT, 0, 0, 0);
	got(MSG_CONF_ABORT, 1, 0, 1);
	CHECK(strncmp(t.log, "configuration not changed: keypop is down", 41) ==
	    0, "log: %s", t.log);
	born(1, ROLE_KEY);
	conf_new_child();
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	calm();

	begin("who serves and cannot be told to use a set is asked anew");
	t.uncommitted = 1;
	conf_reload();
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	got(MSG_CONF_CHECK, 2, 2, 2);
	t.uncommitted = -1;
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 2, 2, 2);
	calm();

	begin("and who does not serve yet is started again");
	born(1, ROLE_KEY);
	t.uncommitted = 1;
	conf_new_child();
	agree(1);
	CHECK(t.kills[1] == 1 && t.kills[0] + t.kills[2] == 0, "%d %d %d",
	    t.kills[0], t.kills[1], t.kills[2]);
	t.uncommitted = -1;
	born(1, ROLE_KEY);
	conf_new_child();
	agree(1);
	t.kills[1] = 0;
	calm();

	begin("who does not answer is killed, and the others go on");
	conf_reload();
	agree(0);
	agree(2);
	timers_pass(LONG);
	CHECK(t.kills[1] == 1 && t.kills[0] + t.kills[2] == 0, "%d %d %d",
	    t.kills[0], t.kills[1], t.kills[2]);
	got(MSG_CONF_ABORT, 1, 0, 1);
	CHECK(kids[0].c_state == CHILD_READY, "state %d", kids[0].c_state);
	CHECK(sets() == 1, "%d sets", sets());
}

/* Kid 1 was killed in the case before. */
static void
test_new(void)
{
	begin("what waited for a role goes on with its new child");
	born(1, ROLE_KEY);
	conf_new_child();
	got(MSG_CONF_CHECK, 1, 1, 1);
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	calm();

	begin("a new child gets what is in use, alone");
	born(1, ROLE_KEY);
	conf_new_child();
	got(MSG_CONF_CHECK, 0, 1, 0);
	agree(1);
	got(MSG_CONF_COMMIT, 0, 1, 0);
	calm();

	begin("or all get what is on the disk, if that has changed");
	born(1, ROLE_KEY);
	t.changed = 1;
	conf_new_child();
	t.changed = 0;
	got(MSG_CONF_CHECK, 1, 1, 1);
	agree(0);
	agree(1);
	agree(2);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	calm();

	begin("if that is bad it has to wait, and the others go on");
	born(1, ROLE_KEY);
	t.changed = t.bad_disk = 1;
	conf_new_child();
	CHECK(t.kills[1] == 1, "%d kills", t.kills[1]);
	got(MSG_CONF_TRY, 0, 0, 0);

	begin("a new child that cannot be connected is started again");
	born(1, ROLE_KEY);
	t.unjoinable = 1;
	conf_new_child();
	agree(1);
	CHECK(t.kills[1] == 1 && kids[1].c_state == CHILD_GONE,
	    "%d kills, state %d", t.kills[1], kids[1].c_state);
	CHECK(kids[0].c_state == CHILD_READY &&
	    kids[2].c_state == CHILD_READY, "the others");
	begin("and is configured then");
	born(1, ROLE_KEY);
	conf_new_child();
	agree(1);
	calm();
}

static void
unlocked(const char *user)
{
	strlcat(t.unlocked, user, sizeof(t.unlocked));
}

static void
test_locked(void)
{
	int	 i;

	begin("a reload unlocks those who were locked when it was asked for");
	lock_add("a");
	lock_add("b");
	lock_add("c");
	conf_reload();
	lock_add("b");		/* anew */
	lock_add("d");
	for (i = 0; i < KIDS; i++)
		agree(i);
	CHECK(!lock_has("a") && lock_has("b") && !lock_has("c") &&
	    lock_has("d"), "%u are locked", lock_count());
	CHECK(strcmp(t.unlocked, "ac") == 0, "told: %s", t.unlocked);
	CHECK(strstr(t.log, "2 users unlocked") != NULL, "log: %s",
	    t.log);

	begin("one that nobody asked for unlocks nobody");
	born(1, ROLE_KEY);
	t.changed = 1;
	conf_new_child();
	t.changed = 0;
	for (i = 0; i < KIDS; i++)
		agree(i);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	CHECK(lock_count() == 2, "%u are locked", lock_count());
	lock_mark();
	CHECK(lock_clear_marked(unlocked) == 2 &&
	    lock_count() == 0, "not all");
	calm();
}

static void
test_followed(void)
{
	int	 i;

	begin("a popd that another one has followed opens no files any more");
	conf_reload();
	conf_reload();
	t.drains = 1;
	for (i = 0; i < KIDS; i++)
		agree(i);
	got(MSG_CONF_COMMIT, 1, 1, 1);
	got(MSG_CONF_TRY, 1, 1, 1);
	calm();
}

int
main(void)
{
	int	 i;

	TAILQ_INIT(&t.all);
	for (i = 0; i <= AUTH; i++) {
		born(i, i == 0 ? ROLE_LISTENER : i == 1 ? ROLE_KEY :
		    i == AUTH ? ROLE_AUTH : ROLE_CHECKER);
		TAILQ_INSERT_TAIL(&t.all, &kids[i], c_entry);
	}
	log_to(sink);
	test_commit();
	test_bad();
	test_trouble();
	test_new();
	test_locked();
	test_followed();
	return (unit_done());
}
