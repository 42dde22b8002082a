/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Another program that works in a maildir, at a given rate:
 *
 *	renamer [-l usec] [-m actions] [-o base] [-r rate] [-s seed]
 *	    [-t seconds] [-v victims] maildir
 *
 * Each step takes the next letter of actions:
 *
 *	f	give a random file of cur other flags
 *	s	move the next file of new to cur, with :2,S
 *	w	move a random file from cur to new, or back
 *	x	remove the next file named in victims (base names, a line each)
 *	X	remove a random file
 *
 * With -l a file gets its next name by link(2) and, so long after, unlink(2);
 * with -o only the one of that base name is touched; rate is in steps a
 * second, 0 is as fast as can be.  It says "ready" once it has read the
 * directories, "removed base first-line" for each file that it removed, and
 * ends after its time, on SIGTERM, with its parent, or when s has nothing left
 * to do, with "N steps, N gone, N.N seconds": gone are the files that another
 * program took away.
 */

#include <sys/types.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LATE		100000000LL	/* ns, after which lost time is lost */
#define SCAN_EVERY	100000000LL	/* ns */

enum { NEW, CUR, DIRS };

struct file {
	int	 fi_dir;
	size_t	 fi_base;
	char	 fi_name[NAME_MAX + 1];
};

static struct renamer {
	struct file	*rn_file;
	size_t		 rn_count;
	size_t		 rn_room;
	int		 rn_fd[DIRS];
	const char	*rn_only;
	long		 rn_link;	/* microseconds, or -1: rename */
	FILE		*rn_victims;
	int		 rn_stale;	/* another program changed something */
	int		 rn_idle;	/* nothing left for s */
	long long	 rn_scanned;
	unsigned long	 rn_steps;
	unsigned long	 rn_gone;
} renamer = { .rn_link = -1 };

static volatile sig_atomic_t stop;

static void
on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static long long
now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (ts.tv_sec * 1000000000LL + ts.tv_nsec);
}

static void
rest(long long ns)
{
	struct timespec	 ts;

	if (ns <= 0)
		return;
	ts.tv_sec = (time_t)(ns / 1000000000LL);
	ts.tv_nsec = (long)(ns % 1000000000LL);
	nanosleep(&ts, NULL);
}

static size_t
base_length(const char *name)
{
	const char	*at;

	if ((at = strstr(name, ":2,")) == NULL)
		return (strlen(name));
	return ((size_t)(at - name));
}

static void
add(int dir, const char *name)
{
	struct file	*fi;
	size_t		 base = base_length(name);

	if (renamer.rn_only != NULL && (strlen(renamer.rn_only) != base ||
	    strncmp(renamer.rn_only, name, base) != 0))
		return;
	if (renamer.rn_count == renamer.rn_room) {
		renamer.rn_room = renamer.rn_room * 2 + 64;
		renamer.rn_file = realloc(renamer.rn_file,
		    renamer.rn_room * sizeof(*fi));
		if (renamer.rn_file == NULL)
			err(1, NULL);
	}
	fi = &renamer.rn_file[renamer.rn_count++];
	fi->fi_dir = dir;
	fi->fi_base = base;
	snprintf(fi->fi_name, sizeof(fi->fi_name), "%s", name);
}

static void
scan(void)
{
	struct dirent	*de;
	DIR		*d;
	int		 dir, fd;

	renamer.rn_count = 0;
	for (dir = 0; dir < DIRS; dir++) {
		fd = openat(renamer.rn_fd[dir], ".", O_RDONLY | O_DIRECTORY);
		if (fd == -1 || (d = fdopendir(fd)) == NULL)
			err(1, "directory");
		while ((de = readdir(d)) != NULL)
			if (de->d_name[0] != '.')
				add(dir, de->d_name);
		closedir(d);
	}
	renamer.rn_stale = 0;
	renamer.rn_scanned = now();
}

/* It is not where it was: forget it until the next scan. */
static void
gone(struct file *fi)
{
	if (errno != ENOENT)
		err(1, "%s", fi->fi_name);
	renamer.rn_gone++;
	renamer.rn_stale = 1;
	*fi = renamer.rn_file[--renamer.rn_count];
}

static struct file *
any_file(void)
{
	if (renamer.rn_count == 0)
		return (NULL);
	return (&renamer.rn_file[(size_t)random() % renamer.rn_count]);
}

static void
random_suffix(char *suffix)
{
	static const char	 all[] = "DFRS";
	long			 bits = random();
	int			 i, n;

	n = snprintf(suffix, 8, ":2,");
	for (i = 0; all[i] != '\0'; i++)
		if (bits & (1L << (i + 4)))
			suffix[n++] = all[i];
	suffix[n] = '\0';
}

static void
move(struct file *fi, int dir, const char *suffix)
{
	char	 name[NAME_MAX + 1];
	int	 from = renamer.rn_fd[fi->fi_dir], to = renamer.rn_fd[dir];
	int	 r;

	snprintf(name, sizeof(name), "%.*s%s", (int)fi->fi_base, fi->fi_name,
	    suffix);
	if (renamer.rn_link >= 0) {
		r = linkat(from, fi->fi_name, to, name, 0);
		if (r == -1 && errno == EEXIST)
			r = 0;
		if (r == 0)
			rest(renamer.rn_link * 1000LL);
		if (r == 0 && unlinkat(from, fi->fi_name, 0) == -1 &&
		    errno != ENOENT)
			r = -1;
	} else
		r = renameat(from, fi->fi_name, to, name);
	if (r == -1) {
		gone(fi);
		return;
	}
	fi->fi_dir = dir;
	memcpy(fi->fi_name, name, sizeof(name));
	renamer.rn_steps++;
}

static void
remove_file(struct file *fi)
{
	char	 base[NAME_MAX + 1], line[128];
	ssize_t	 n = 0;
	int	 fd;

	fd = openat(renamer.rn_fd[fi->fi_dir], fi->fi_name, O_RDONLY);
	if (fd == -1 || (n = read(fd, line, sizeof(line) - 1)) == -1 ||
	    unlinkat(renamer.rn_fd[fi->fi_dir], fi->fi_name, 0) == -1) {
		gone(fi);
		if (fd != -1)
			close(fd);
		return;
	}
	close(fd);
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	snprintf(base, sizeof(base), "%.*s", (int)fi->fi_base, fi->fi_name);
	printf("removed %s %s\n", base, line);
	fflush(stdout);
	*fi = renamer.rn_file[--renamer.rn_count];
	renamer.rn_steps++;
}

static void
step_flags(void)
{
	struct file	*fi;
	char		 suffix[8];
	int		 tries;

	for (tries = 0; tries < 64; tries++) {
		random_suffix(suffix);
		if ((fi = any_file()) != NULL && fi->fi_dir == CUR &&
		    strcmp(fi->fi_name + fi->fi_base, suffix) != 0) {
			move(fi, CUR, suffix);
			return;
		}
	}
}

static void
step_seen(void)
{
	size_t	 i;

	for (i = 0; i < renamer.rn_count; i++)
		if (renamer.rn_file[i].fi_dir == NEW) {
			move(&renamer.rn_file[i], CUR, ":2,S");
			return;
		}
	renamer.rn_idle = 1;
}

static void
step_swing(void)
{
	struct file	*fi;
	char		 suffix[8];

	if ((fi = any_file()) == NULL)
		return;
	random_suffix(suffix);
	if (fi->fi_dir == CUR)
		move(fi, NEW, "");
	else
		move(fi, CUR, suffix);
}

static void
step_victim(void)
{
	char	 line[NAME_MAX + 2];
	size_t	 i;

	if (fgets(line, sizeof(line), renamer.rn_victims) == NULL)
		return;
	line[strcspn(line, "\n")] = '\0';
	for (i = 0; i < renamer.rn_count; i++)
		if (renamer.rn_file[i].fi_base == strlen(line) &&
		    strncmp(renamer.rn_file[i].fi_name, line,
		    strlen(line)) == 0) {
			remove_file(&renamer.rn_file[i]);
			return;
		}
}

static void
step(char action)
{
	struct file	*fi;

	if (renamer.rn_stale && now() - renamer.rn_scanned > SCAN_EVERY)
		scan();
	switch (action) {
	case 'f':
		step_flags();
		break;
	case 's':
		step_seen();
		break;
	case 'w':
		step_swing();
		break;
	case 'x':
		step_victim();
		break;
	case 'X':
		if ((fi = any_file()) != NULL)
			remove_file(fi);
		break;
	default:
		errx(2, "%c: no such action", action);
	}
}

/* Wait for the next step.  Steps that are later than LATE are not made up. */
static void
pace(long long *next, long rate)
{
	long long	 left;

	if (rate == 0)
		return;
	*next += 1000000000LL / rate;
	left = *next - now();
	if (left < -LATE)
		*next = now();
	rest(left);
}

static void
storm(const char *actions, long rate, long long length)
{
	long long	 began = now(), next = began, end;
	size_t		 i = 0;
	int		 only_seen = strspn(actions, "s") == strlen(actions);
	pid_t		 parent = getppid();

	end = length == 0 ? LLONG_MAX : began + length;
	while (!stop && now() < end && getppid() == parent) {
		step(actions[i]);
		if (actions[++i] == '\0') {
			i = 0;
			/* What was delivered meanwhile. */
			if (now() - renamer.rn_scanned > 2 * SCAN_EVERY &&
			    renamer.rn_count < 1000)
				renamer.rn_stale = 1;
		}
		if (only_seen && renamer.rn_idle)
			break;
		pace(&next, rate);
	}
	printf("%lu steps, %lu gone, %.3f seconds\n", renamer.rn_steps,
	    renamer.rn_gone, (double)(now() - began) / 1e9);
}

static void
open_dirs(const char *maildir)
{
	static const char *const	 name[DIRS] = { "new", "cur" };
	char				 path[PATH_MAX];
	int				 dir;

	for (dir = 0; dir < DIRS; dir++) {
		snprintf(path, sizeof(path), "%s/%s", maildir, name[dir]);
		renamer.rn_fd[dir] = open(path, O_RDONLY | O_DIRECTORY);
		if (renamer.rn_fd[dir] == -1)
			err(1, "%s", path);
	}
}

static void
usage(void)
{
	fprintf(stderr, "usage: renamer [-l usec] [-m actions] [-o base] "
	    "[-r rate] [-s seed] [-t seconds] [-v victims] maildir\n");
	exit(2);
}

int
main(int argc, char *argv[])
{
	const char	*actions = "f";
	long long	 length = 0;
	long		 rate = 1000;
	int		 ch;

	while ((ch = getopt(argc, argv, "l:m:o:r:s:t:v:")) != -1)
		switch (ch) {
		case 'l':
			renamer.rn_link = strtol(optarg, NULL, 10);
			break;
		case 'm':
			actions = optarg;
			break;
		case 'o':
			renamer.rn_only = optarg;
			break;
		case 'r':
			rate = strtol(optarg, NULL, 10);
			break;
		case 's':
			srandom((unsigned int)strtoul(optarg, NULL, 10));
			break;
		case 't':
			length = (long long)(strtod(optarg, NULL) * 1e9);
			break;
		case 'v':
			if ((renamer.rn_victims = fopen(optarg, "r")) == NULL)
				err(1, "%s", optarg);
			break;
		default:
			usage();
		}
	if (argc - optind != 1 || *actions == '\0' || rate < 0 ||
	    (strchr(actions, 'x') != NULL && renamer.rn_victims == NULL))
		usage();
	signal(SIGTERM, on_term);
	open_dirs(argv[optind]);
	scan();
	printf("ready\n");
	fflush(stdout);
	storm(actions, rate, length);
	return (0);
}
