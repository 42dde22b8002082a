/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Make a running process execute system calls, as an attacker who has
 * compromised it would: inject pid, with a line "number argument ..." on
 * standard input for each call.  An argument is a number, s:text (a string),
 * x:hex (octets), m:hex:hex (a struct msghdr with this address and these
 * octets), or, as the first one, f: the number that the previous call stored
 * in its first octets, which is a descriptor of socketpair(2).  Each call is
 * answered by a line: "ret N" (negative: errno), "exec", or "killed N" (by
 * signal N), which ends the run.
 */

#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <elf.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGS		6
#define SCRATCH		65536	/* octets below the stack pointer */
#define OCTETS_MAX	16384	/* of an argument */

#if defined(__x86_64__)
#define CODE		0xcc050fUL	/* syscall; int3 */
#define CODE_MASK	0xffffffUL
#define PC(r)		((r)->rip)
#define SP(r)		((r)->rsp)
#define RESULT(r)	((long)(r)->rax)

static void
set_call(struct user_regs_struct *r, const unsigned long *v)
{
	r->rax = v[0];
	r->orig_rax = -1;	/* no call is to be started again */
	r->rdi = v[1];
	r->rsi = v[2];
	r->rdx = v[3];
	r->r10 = v[4];
	r->r8 = v[5];
	r->r9 = v[6];
}
#elif defined(__aarch64__)
#define CODE		0xd4200000d4000001UL	/* svc #0; brk #0 */
#define CODE_MASK	(~0UL)
#define PC(r)		((r)->pc)
#define SP(r)		((r)->sp)
#define RESULT(r)	((long)(r)->regs[0])

static void
set_call(struct user_regs_struct *r, const unsigned long *v)
{
	int	 i;

	r->regs[8] = v[0];
	for (i = 0; i < ARGS; i++)
		r->regs[i] = v[i + 1];
}
#else
#error "only for x86-64 and arm64"
#endif

static struct {
	pid_t			 pid;
	struct user_regs_struct	 regs;
	unsigned long		 code;
	unsigned long		 free;	/* where the next data goes */
} t;

/* Gone in between: a thread that ran into the trap took it along. */
static void
regs_failed(void)
{
	if (errno != ESRCH)
		err(2, "registers");
	printf("exited 0\n");
	exit(0);
}

static void
regs_get(struct user_regs_struct *r)
{
	struct iovec	 iov = { r, sizeof(*r) };

	if (ptrace(PTRACE_GETREGSET, t.pid, NT_PRSTATUS, &iov) == -1)
		regs_failed();
}

static void
regs_set(struct user_regs_struct *r)
{
	struct iovec	 iov = { r, sizeof(*r) };

	if (ptrace(PTRACE_SETREGSET, t.pid, NT_PRSTATUS, &iov) == -1)
		regs_failed();
}

/* Put octets, and a NUL after them, into the memory of the process. */
static unsigned long
place(const void *data, size_t len)
{
	unsigned long	 word, at = t.free;
	size_t		 i, n;

	for (i = 0; i <= len; i += sizeof(word)) {
		word = 0;
		n = len - i < sizeof(word) ? len - i : sizeof(word);
		memcpy(&word, (const char *)data + i, n);
		if (ptrace(PTRACE_POKEDATA, t.pid, at + i, word) == -1)
			err(2, "poke");
	}
	t.free += (len + 64) & ~15UL;
	return (at);
}

/* Decode hex up to the first other character; set len to the octets. */
static unsigned long
place_hex(const char *text, size_t *len)
{
	unsigned char	 octets[OCTETS_MAX];
	unsigned int	 value;
	size_t		 n = 0;

	for (; n < sizeof(octets) && sscanf(text, "%2x", &value) == 1;
	    text += 2)
		octets[n++] = value;
	*len = n;
	return (place(octets, n));
}

static unsigned long
place_message(const char *text)
{
	struct iovec	 iov;
	struct msghdr	 msg;
	size_t		 len;

	memset(&msg, 0, sizeof(msg));
	msg.msg_name = (void *)place_hex(text, &len);
	msg.msg_namelen = (socklen_t)len;
	iov.iov_base = (void *)place_hex(strchr(text, ':') + 1, &len);
	iov.iov_len = len;
	msg.msg_iov = (struct iovec *)place(&iov, sizeof(iov));
	msg.msg_iovlen = 1;
	return (place(&msg, sizeof(msg)));
}

static unsigned long
argument(const char *text)
{
	size_t	 len;

	if (strcmp(text, "f") == 0)
		return ((unsigned int)ptrace(PTRACE_PEEKDATA, t.pid, t.free,
		    0));
	if (strncmp(text, "s:", 2) == 0)
		return (place(text + 2, strlen(text + 2)));
	if (strncmp(text, "x:", 2) == 0)
		return (place_hex(text + 2, &len));
	if (strncmp(text, "m:", 2) == 0)
		return (place_message(text + 2));
	return (strtoul(text, NULL, 0));
}

/* Wait for the trap after the call; 0, or 1 if the process has ended. */
static int
wait_trap(int *exec)
{
	int	 status;

	for (;;) {
		if (waitpid(t.pid, &status, __WALL) == -1)
			err(2, "waitpid");
		if (WIFSIGNALED(status)) {
			printf("killed %d\n", WTERMSIG(status));
			return (1);
		}
		if (WIFEXITED(status)) {
			printf("exited %d\n", WEXITSTATUS(status));
			return (1);
		}
		if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8))) {
			*exec = 1;
			return (0);
		}
		if (WSTOPSIG(status) == SIGTRAP)
			return (0);
		if (ptrace(PTRACE_CONT, t.pid, 0, 0) == -1)
			err(2, "continue");
	}
}

static int
inject(char *line)
{
	struct user_regs_struct	 r = t.regs;
	unsigned long		 v[ARGS + 1] = { 0 };
	char			*word;
	int			 exec = 0, n = 0;

	t.free = (SP(&t.regs) - SCRATCH) & ~15UL;
	for (word = strtok(line, " \n"); word != NULL && n <= ARGS;
	    word = strtok(NULL, " \n"))
		v[n++] = argument(word);
	SP(&r) = (SP(&r) - 2 * SCRATCH) & ~15UL;
	set_call(&r, v);
	regs_set(&r);
	if (ptrace(PTRACE_CONT, t.pid, 0, 0) == -1)
		err(2, "continue");
	if (wait_trap(&exec))
		return (1);
	if (exec) {
		printf("exec\n");
		return (1);
	}
	regs_get(&r);
	printf("ret %ld\n", RESULT(&r));
	fflush(stdout);
	return (0);
}

int
main(int argc, char *argv[])
{
	char	 line[2 * OCTETS_MAX + 4096];
	int	 status;

	if (argc != 2)
		errx(2, "usage: inject pid");
	t.pid = atoi(argv[1]);
	if (ptrace(PTRACE_ATTACH, t.pid, 0, 0) == -1)
		err(3, "attach");
	if (waitpid(t.pid, &status, __WALL) == -1 || !WIFSTOPPED(status))
		errx(2, "not stopped");
	ptrace(PTRACE_SETOPTIONS, t.pid, 0, PTRACE_O_TRACEEXEC);
	regs_get(&t.regs);
	errno = 0;
	t.code = ptrace(PTRACE_PEEKTEXT, t.pid, PC(&t.regs), 0);
	if (errno != 0 || ptrace(PTRACE_POKETEXT, t.pid, PC(&t.regs),
	    (t.code & ~CODE_MASK) | CODE) == -1)
		err(2, "text");
	while (fgets(line, sizeof(line), stdin) != NULL)
		if (inject(line))
			return (0);
	ptrace(PTRACE_POKETEXT, t.pid, PC(&t.regs), t.code);
	regs_set(&t.regs);
	ptrace(PTRACE_DETACH, t.pid, 0, 0);
	return (0);
}
