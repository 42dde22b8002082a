/*
 * link: lib/msg.o lib/log.o lib/setting.o lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A child's half of the configuration exchange, with messages in every
 * possible order and a program that answers at once or later: what was made of
 * a set is used once; a check has one answer; no descriptor leaks; unexpected
 * messages end the sender.
 */

#include <sys/types.h>

#include <stdio.h>

#include "lib/confset.c"
#include "unit.h"

#define FILES_MAX	2
#define LENGTH		10		/* of the longest order */

enum step {
	STEP_TRY_0,			/* a set without files */
	STEP_TRY_1,
	STEP_TRY_2,
	STEP_TRY_MANY,			/* more than may be */
	STEP_FILE,
	STEP_FILE_OTHER,		/* of another program */
	STEP_CHECK,
	STEP_COMMIT,
	STEP_GOOD,			/* a late answer of the program */
	STEP_BAD,
	STEPS
};

static const char *const	 names[STEPS] = {
	"TRY0", "TRY1", "TRY2", "TRY-many", "FILE", "FILE-other", "CHECK",
	"COMMIT", "good", "bad"
};

/* How the program answers. */
enum manner { GOOD_AT_ONCE, BAD_AT_ONCE, LATER, MANNERS };

/* What was made of a set. */
enum made { MADE_NOT, MADE_LIVES, MADE_USED };

/* Where the exchange should be. */
enum at { NONE, FILES, CHECKING, GOOD };

static struct {
	enum manner	 manner;
	enum at		 stage;
	unsigned int	 files, wanted;
	enum made	 made[LENGTH + 1];
	int		 nmade;
	int		 checking;	/* an answer is owed */
	int		 answers;	/* sent to the parent */
	int		 broken;	/* something that must not be */
	char		 order[128];
	long		 orders;
} t;

int
proc_send(uint32_t type, const void *data, int fd)
{
	t.broken |= type != MSG_CONF_OK && type != MSG_CONF_BAD;
	t.answers++;
	return (0);
}

static void
answer(int good)
{
	t.broken |= !t.checking;
	t.checking = 0;
	t.stage = good ? GOOD : NONE;
	if (good) {
		t.made[t.nmade] = MADE_LIVES;
		confset_answer(&t.made[t.nmade++], NULL);
	} else
		confset_answer(NULL, "file:7: no good");
}

static void
check(const struct confset *cs)
{
	size_t	 i;

	t.broken |= t.checking || t.stage != FILES ||
	    cs->cs_count != t.wanted;
	for (i = 0; i < cs->cs_count; i++)
		t.broken |= cs->cs_files[i].cf_fd == -1 ||
		    (i > 0 && cs->cs_files[i].cf_file.mf_index <=
		    cs->cs_files[i - 1].cf_file.mf_index);
	t.checking = 1;
	t.stage = CHECKING;
	if (t.manner != LATER)
		answer(t.manner == GOOD_AT_ONCE);
}

/* One file lives on, as a listening socket does. */
static void
commit(void *made, struct confset *cs)
{
	enum made	*m = made;

	t.broken |= *m != MADE_LIVES;
	*m = MADE_USED;
	if (cs->cs_count > 0) {
		close(cs->cs_files[0].cf_fd);
		cs->cs_files[0].cf_fd = -1;
	}
}

static const struct confset_ops	 ops = {
	CONFSET_KIND(FILE_AUTHTAB), FILES_MAX, check, commit
};

static struct verdict
try(uint32_t files)
{
	struct msg_conf	 mc;

	memset(&mc, 0, sizeof(mc));
	mc.mc_files = files;
	return (confset_try(NULL, &mc, -1));
}

/* The later it comes, the lower is its index. */
static struct verdict
file(enum file_kind kind)
{
	struct msg_file	 mf;

	memset(&mf, 0, sizeof(mf));
	mf.mf_kind = kind;
	mf.mf_index = 10 - t.files;
	return (confset_file(NULL, &mf, dup(STDIN_FILENO)));
}

static struct verdict
act(enum step step)
{
	switch (step) {
	case STEP_TRY_0:
	case STEP_TRY_1:
	case STEP_TRY_2:
		return (try(step - STEP_TRY_0));
	case STEP_TRY_MANY:
		return (try(FILES_MAX + 1));
	case STEP_FILE:
		return (file(FILE_AUTHTAB));
	case STEP_FILE_OTHER:
		return (file(FILE_KEY));
	case STEP_CHECK:
		return (confset_check(NULL, NULL, -1));
	case STEP_COMMIT:
		return (confset_commit(NULL, NULL, -1));
	default:
		answer(step == STEP_GOOD);
		return (TAKEN);
	}
}

/* Whether the parent may do this now. */
static int
allowed(enum step step)
{
	switch (step) {
	case STEP_TRY_0:
	case STEP_TRY_1:
	case STEP_TRY_2:
		return (t.stage == NONE);
	case STEP_TRY_MANY:
	case STEP_FILE_OTHER:
		return (0);
	case STEP_FILE:
		return (t.stage == FILES && t.files < t.wanted);
	case STEP_CHECK:
		return (t.stage == FILES);
	case STEP_COMMIT:
		return (t.stage == GOOD);
	default:
		return (1);
	}
}

/* Where the exchange is after a step that was allowed. */
static void
advance(enum step step, int lost)
{
	switch (step) {
	case STEP_TRY_0:
	case STEP_TRY_1:
	case STEP_TRY_2:
		t.stage = FILES;
		t.files = 0;
		t.wanted = step - STEP_TRY_0;
		break;
	case STEP_FILE:
		t.files++;
		break;
	case STEP_CHECK:
		if (lost)
			t.stage = NONE;
		break;
	case STEP_COMMIT:
		t.stage = NONE;
		break;
	default:		/* answer() has said it */
		break;
	}
}

/* Run one step.  Return whether the child is alive. */
static int
step_one(enum step step)
{
	struct verdict	 vd;
	int		 want = allowed(step), owed = t.answers;
	int		 lost = step == STEP_CHECK && t.files != t.wanted;

	/* No check was begun. */
	if (step >= STEP_GOOD && !t.checking)
		return (0);
	strlcat(t.order, " ", sizeof(t.order));
	strlcat(t.order, names[step], sizeof(t.order));
	vd = act(step);
	CHECK((vd.vd_kind == VERDICT_TAKEN) == want && (want ||
	    (vd.vd_kind == VERDICT_LIE && vd.vd_gen == 0)), "%s: %s",
	    t.order, vd.vd_why == NULL ? "taken" : vd.vd_why);
	if (!want)
		return (0);
	advance(step, lost);
	if (step >= STEP_GOOD || (step == STEP_CHECK &&
	    (lost || t.manner != LATER)))
		owed++;
	CHECK(t.answers == owed, "%s: %d answers, not %d", t.order,
	    t.answers, owed);
	return (1);
}

/*
 * One order from the beginning; at the end, that of the process closes its
 * files.  Return whether the child lived until then.
 */
static int
run(const enum step *steps, int count)
{
	int	 i, lived, lowest;

	lowest = dup(STDIN_FILENO);
	close(lowest);
	t.stage = NONE;
	t.files = t.wanted = 0;
	t.nmade = t.checking = t.answers = t.broken = 0;
	t.order[0] = '\0';
	t.orders++;
	for (i = 0; i < count && step_one(steps[i]); i++)
		continue;
	lived = i == count;
	confset_clear();
	CHECK(!t.broken, "%s: a fault", t.order);
	for (i = 0; i < t.nmade; i++)
		CHECK(t.made[i] == MADE_USED || (i == t.nmade - 1 &&
		    t.stage == GOOD), "%s: a set that is not used", t.order);
	i = dup(STDIN_FILENO);
	close(i);
	CHECK(i == lowest, "%s: a descriptor is open", t.order);
	return (lived);
}

/* Try every order; a lie ends it. */
static void
orders(enum step *steps, int count)
{
	int	 step;

	if (count > 0 && !run(steps, count))
		return;
	if (count == LENGTH)
		return;
	for (step = 0; step < STEPS; step++) {
		steps[count] = step;
		orders(steps, count + 1);
	}
}

int
main(void)
{
	static const char *const	 cases[MANNERS] = {
		"every order of messages, the program says yes",
		"every order of messages, the program says no",
		"every order of messages, the program answers later"
	};
	enum step			 steps[LENGTH];
	int				 manner;

	confset_init(&ops);
	for (manner = 0; manner < MANNERS; manner++) {
		unit_case(cases[manner]);
		t.manner = manner;
		t.orders = 0;
		orders(steps, 0);
		CHECK(t.orders > 8000, "%ld orders only", t.orders);
	}
	return (unit_done());
}
