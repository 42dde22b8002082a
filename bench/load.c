/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * load: many POP3 clients over TLS 1.3 against one server; see load.h.
 *
 *	load [-c clients] [-F first] [-i at_once] [-m maildir] [-n sessions]
 *	    [-r users] [-s source] [-S sources] [-t seconds] [-u user]
 *	    [-w password] -a address -p port mode
 *
 * mode is handshake, login, poll, uidl, list, fetch, idle or hammer.  Client n
 * logs in as user n, counted from -F; with -r, each session is of another of
 * so many users; with -S, clients use different source addresses.  Prints
 * figures as name=number, one a line; exits 1 if any answer was wrong.
 *
 * idle: logs all clients in, prints "ready", then reads lines: "probe N MS"
 * sends NOOP and STAT from one client after another, N in all, every MS
 * milliseconds, and prints their times; "quit" or end of file ends all
 * sessions.
 */

#include <sys/epoll.h>
#include <sys/resource.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

struct load	 load;

static struct conn	*conns;
static unsigned int	 nconns = 1;
static unsigned long	 sessions = 1;	/* in total */
static unsigned long	 started;
static unsigned int	 opening = 8;	/* at once, until logged in */
static uint64_t		 deadline;

static const struct {
	const char	*name;
	const char	*script;
} modes[] = {
	{ "handshake",	"GQ" },
	{ "login",	"GUPSQ" },
	{ "poll",	"GUPSILQ" },
	{ "uidl",	"GUPSIQ" },
	{ "list",	"GUPSLQ" },
	{ "fetch",	"GUPSRQ" },
	{ "idle",	"GUPS." },
	{ "hammer",	"GUPQ" },
};

static void
usage(void)
{
	fprintf(stderr, "usage: load [-c clients] [-F first] [-i at_once] "
	    "[-m maildir]\n\t[-n sessions] [-r users] [-s source] "
	    "[-S sources] [-t seconds]\n\t[-u user] [-w password] -a address "
	    "-p port mode\n");
	exit(2);
}

/* Run the loop once, waiting for at most ms milliseconds. */
static void
turn(int ms)
{
	struct epoll_event	 ev[256];
	int			 i, n;

	n = epoll_wait(load.l_epoll, ev, 256, ms);
	if (n == -1 && errno != EINTR)
		err(1, "epoll_wait");
	for (i = 0; i < n; i++)
		if (((struct conn *)ev[i].data.ptr)->c_state != CONN_FREE)
			conn_ready(ev[i].data.ptr);
}

static void
late(const char *what)
{
	if (now_us() < deadline)
		return;
	fprintf(stderr, "load: %s: out of time\n", what);
	load.l_failures++;
}

/* Run sessions one after another in each slot, until all are done. */
static void
run_sessions(void)
{
	unsigned int	 i, busy;

	do {
		for (i = busy = 0; i < nconns; i++) {
			if (conns[i].c_state == CONN_FREE &&
			    started < sessions && load.l_failures < 10) {
				started++;
				conn_open(&conns[i]);
			}
			busy += conns[i].c_state != CONN_FREE;
		}
		if (busy != 0)
			turn(1000);
		late("sessions");
	} while (busy != 0 && now_us() < deadline);
}

/* Try wrong passwords until the time is up. */
static void
run_hammer(void)
{
	unsigned int	 i;

	while (now_us() < deadline) {
		for (i = 0; i < nconns; i++)
			if (conns[i].c_state == CONN_FREE &&
			    conns[i].c_wait <= now_us())
				conn_open(&conns[i]);
		turn(10);
	}
}

static void
idle_open(void)
{
	unsigned int	 i, busy;

	do {
		for (i = busy = 0; i < nconns && busy < opening; i++)
			busy += conns[i].c_state != CONN_FREE &&
			    conns[i].c_state != CONN_IDLE;
		while (busy < opening && started < nconns) {
			conn_open(&conns[started++]);
			busy++;
		}
		if (busy != 0)
			turn(1000);
		late("logins");
	} while (busy != 0 && now_us() < deadline && load.l_failures == 0);
}

static void
idle_probe(unsigned long count, unsigned int ms)
{
	struct timespec	 ts = { ms / 1000, (ms % 1000) * 1000000L };
	struct conn	*c;
	unsigned long	 i;

	load.l_probe.fi_n = 0;
	for (i = 0; i < count; i++) {
		/* A stride that is coprime to any likely number. */
		c = &conns[(i * 7919) % nconns];
		if (c->c_state != CONN_IDLE)
			continue;
		conn_probe(c, i % 2 == 0 ? "NOOP" : "STAT");
		while (c->c_state == CONN_TALK && now_us() < deadline)
			turn(1000);
		late("probe");
		nanosleep(&ts, NULL);
	}
	figures_print(&load.l_probe, "probe");
	printf("resident=%lu\ndone\n", load.l_resident);
	fflush(stdout);
}

static void
run_idle(void)
{
	char		 line[80];
	unsigned long	 count;
	unsigned int	 i, ms;

	idle_open();
	printf("resident=%lu\nready\n", load.l_resident);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "probe %lu %u", &count, &ms) == 2)
			idle_probe(count, ms);
		else if (strcmp(line, "quit\n") == 0)
			break;
	}
	/* Do not wait for failed clients. */
	for (i = 0; i < nconns && load.l_failures == 0; i++) {
		if (conns[i].c_state == CONN_IDLE)
			conn_quit(&conns[i]);
		while (conns[i].c_state != CONN_FREE && now_us() < deadline)
			turn(1000);
	}
}

static void
report(uint64_t start)
{
	double	 s = (double)(now_us() - start) / 1e6;

	printf("sessions=%lu\nfailures=%lu\nrefused=%lu\noctets=%llu\n",
	    load.l_sessions, load.l_failures, load.l_refused, load.l_octets);
	printf("seconds=%.3f\nper_second=%.1f\n", s,
	    (double)load.l_sessions / s);
	figures_print(&load.l_greeting, "greeting");
	figures_print(&load.l_login, "login");
	figures_print(&load.l_retr, "retr");
	figures_print(&load.l_session, "session");
}

static void
setup(const char *address, const char *port)
{
	struct rlimit	 rl;
	unsigned int	 i;

	load.l_to.sin_family = AF_INET;
	load.l_to.sin_port = htons((uint16_t)atoi(port));
	if (inet_pton(AF_INET, address, &load.l_to.sin_addr) != 1)
		errx(1, "%s: not an address", address);
	if ((ntohl(load.l_to.sin_addr.s_addr) >> 24) != 127)
		errx(1, "%s: not a loopback address", address);
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	signal(SIGPIPE, SIG_IGN);
	if ((load.l_ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		errx(1, "SSL_CTX_new");
	SSL_CTX_set_min_proto_version(load.l_ctx, TLS1_3_VERSION);
	SSL_CTX_set_session_cache_mode(load.l_ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(load.l_ctx, SSL_MODE_RELEASE_BUFFERS);
	if ((load.l_epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	if ((conns = calloc(nconns, sizeof(*conns))) == NULL)
		err(1, "calloc");
	for (i = 0; i < nconns; i++) {
		conns[i].c_slot = i;
		conns[i].c_fd = -1;
	}
}

int
main(int argc, char *argv[])
{
	const char	*address = NULL, *port = NULL, *maildir = NULL;
	unsigned int	 i, seconds = 60;
	uint64_t	 start;
	int		 ch;

	load.l_user = "u";
	load.l_pass = "secret";
	load.l_nsources = 1;
	while ((ch = getopt(argc, argv, "a:c:F:i:m:n:p:r:s:S:t:u:w:")) != -1) {
		switch (ch) {
		case 'a': address = optarg; break;
		case 'c': nconns = (unsigned int)atoi(optarg); break;
		case 'F': load.l_first = (unsigned int)atoi(optarg); break;
		case 'i': opening = (unsigned int)atoi(optarg); break;
		case 'm': maildir = optarg; break;
		case 'n': sessions = (unsigned long)atol(optarg); break;
		case 'p': port = optarg; break;
		case 'r': load.l_users = (unsigned int)atoi(optarg); break;
		case 's': load.l_source = optarg; break;
		case 'S': load.l_nsources = (unsigned int)atoi(optarg); break;
		case 't': seconds = (unsigned int)atoi(optarg); break;
		case 'u': load.l_user = optarg; break;
		case 'w': load.l_pass = optarg; break;
		default: usage();
		}
	}
	if (argc - optind != 1 || address == NULL || port == NULL ||
	    nconns == 0 || load.l_nsources == 0 || opening == 0)
		usage();
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(argv[optind], modes[i].name) == 0)
			load.l_script = modes[i].script;
	if (load.l_script == NULL)
		usage();
	load.l_hammer = strcmp(argv[optind], "hammer") == 0;
	if (maildir != NULL)
		mail_load(maildir, &load.l_wire, &load.l_nwire);
	if (strchr(load.l_script, 'R') != NULL && load.l_nwire == 0)
		usage();

	setup(address, port);
	start = now_us();
	deadline = start + seconds * 1000000ULL;
	if (load.l_hammer)
		run_hammer();
	else if (strcmp(argv[optind], "idle") == 0)
		run_idle();
	else
		run_sessions();
	report(start);
	return (load.l_failures != 0);
}
