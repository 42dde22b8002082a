/*
 * link: lib/ids.o popd/exec.o lib/lastword.o lib/log.o lib/msg.o lib/source.o
 * link: $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The check that root was given up, in children of root that kept some of it;
 * and that popd makes it before it executes a program.
 */

#include <sys/types.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <sysexits.h>
#include <unistd.h>

#include "ids.h"
#include "popd/exec.h"
#include "popd/notify.h"
#include "unit.h"

#define UID	20801
#define GID	20802
#define OTHER	20803
#define MANY	16		/* as many as OpenBSD has */

void
notify_pass(void)
{
}

/*
 * setgroups(2) that says it did, for a system that lies to popd/exec.c.  The
 * system's own has a size_t or an int.
 */
static int	 lazy;

int	lazy_groups(int, const gid_t *) __asm__("setgroups");
int
lazy_groups(int n, const gid_t *groups)
{
	int	 (*real)(int, const gid_t *);

	if (lazy)
		return (0);
	*(void **)&real = dlsym(RTLD_NEXT, "setgroups");
	return (real(n, groups));
}

/* What a child keeps of root, and the start of the expected error. */
static const struct {
	const char	*k_name;
	uid_t		 k_uid[3];		/* real, effective, saved */
	gid_t		 k_gid[3];
	size_t		 k_ngroups;
	gid_t		 k_groups[MANY];
	char		 k_want;		/* 0: proved */
} keeps[] = {
	{ "nothing", { UID, UID, UID }, { GID, GID, GID }, 1, { GID }, 0 },
	{ "no group at all", { UID, UID, UID }, { GID, GID, GID }, 0, { 0 },
	    0 },
	{ "its group twice", { UID, UID, UID }, { GID, GID, GID }, 2,
	    { GID, GID }, 'g' },
	{ "a second group", { UID, UID, UID }, { GID, GID, GID }, 2,
	    { GID, OTHER }, 'g' },
	{ "root's group beside its own", { UID, UID, UID }, { GID, GID, GID },
	    2, { 0, GID }, 'g' },
	{ "another group only", { UID, UID, UID }, { GID, GID, GID }, 1,
	    { OTHER }, 'g' },
	{ "sixteen groups", { UID, UID, UID }, { GID, GID, GID }, MANY,
	    { GID, GID, GID, OTHER }, 'g' },
	{ "root's real uid", { 0, UID, UID }, { GID, GID, GID }, 1, { GID },
	    'i' },
	{ "root's saved uid", { UID, UID, 0 }, { GID, GID, GID }, 1, { GID },
	    'i' },
	{ "root's saved gid", { UID, UID, UID }, { GID, GID, 0 }, 1, { GID },
	    'i' },
	{ "another uid", { OTHER, OTHER, OTHER }, { GID, GID, GID }, 1,
	    { GID }, 'i' }
};
#define NKEEPS	(sizeof(keeps) / sizeof(keeps[0]))

static int
ended(pid_t pid)
{
	int	 status;

	if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return (-1);
	return (WEXITSTATUS(status));
}

static void
test_proof(size_t i)
{
	const uid_t	*u = keeps[i].k_uid;
	const gid_t	*g = keeps[i].k_gid;
	const char	*why;
	pid_t		 pid;
	int		 got;

	if ((pid = fork()) == 0) {
		if (setgroups(keeps[i].k_ngroups, keeps[i].k_groups) == -1 ||
		    setresgid(g[0], g[1], g[2]) == -1 ||
		    setresuid(u[0], u[1], u[2]) == -1)
			_exit(255);
		why = ids_prove(UID, GID);
		_exit(why == NULL ? 0 : why[0]);
	}
	got = ended(pid);
	CHECK(got == keeps[i].k_want, "%d, not %d", got, keeps[i].k_want);
}

/* How mda ends that popd starts with these groups, if it starts it. */
static int
start_mda(size_t ngroups, const gid_t *groups)
{
	const struct exec_ids	 ids = { UID, GID };
	char			 name[] = "mda";
	char *const		 argv[] = { name, NULL };
	int			 channel, status;

	if (setgroups(ngroups, groups) == -1 ||
	    (channel = open("/dev/null", O_RDWR)) == -1)
		return (-1);
	lazy = 1;
	status = ended(exec_program("mda", argv, -1, channel, &ids));
	lazy = 0;
	close(channel);
	return (status);
}

static void
test_one_group(void)
{
	const gid_t	 groups[] = { GID, OTHER };
	int		 status;

	unit_case("popd starts a program with the one group");
	/* It says so when it is not told of a directory. */
	status = start_mda(1, groups);
	CHECK(status == EX_TEMPFAIL, "status %d", status);
}

static void
test_second_group(void)
{
	const gid_t	 groups[] = { GID, OTHER };
	int		 status;

	unit_case("popd starts no program with a second group");
	status = start_mda(2, groups);
	CHECK(status == 1, "status %d", status);
}

int
main(void)
{
	char	 name[64];
	size_t	 i;

	if (geteuid() != 0) {
		unit_case("the proof that root is gone");
		unit_skip("needs root");
		return (unit_done());
	}
	/* A channel is never 0 to 2, and here also not 3. */
	while (open("/dev/null", O_RDWR) < 3)
		continue;
	for (i = 0; i < NKEEPS; i++) {
		snprintf(name, sizeof(name), "a process that kept %s",
		    keeps[i].k_name);
		unit_case(name);
		test_proof(i);
	}
	if (access(LIBEXECDIR "/mda", X_OK) == 0) {
		if (exec_init() == -1)
			return (2);
		test_one_group();
		test_second_group();
	}
	return (unit_done());
}
