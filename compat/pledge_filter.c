/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Compile the policy of pledge_calls.c into a seccomp program: a binary search
 * over ranges of call numbers that ends in a verdict, or in the conditions on
 * the arguments of one call.  The kernel runs the program once for every call
 * number when it is installed, which a list would make slow.
 */

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/types.h>

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "confine_private.h"

#if defined(__x86_64__)
#define FILTER_ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define FILTER_ARCH	AUDIT_ARCH_AARCH64
#else
#error "pledge: add this architecture here and to pledge_calls.c"
#endif

/*
 * Beyond all call numbers.  Larger ones kill, and with them x86-64's second set
 * of calls (x32), from 0x40000000 on.
 */
#define FILTER_NR_MAX	512

/* Not a verdict: check the arguments. */
#define FILTER_CHECK	1U

struct filter {
	struct sock_filter	*f_ins;
	size_t			 f_len;
	int			 f_failed;	/* does not fit */
	uint32_t		 f_self;	/* own process id */
	uint32_t		 f_bits;	/* promises */
	uint32_t		 f_role;
	uint32_t		 f_verdict[FILTER_NR_MAX];
	size_t			 f_leaf[FILTER_NR_MAX];	/* of a CHECK */
	uint16_t		 f_start[FILTER_NR_MAX];
	size_t			 f_nstart;
};

static void
filter_emit(struct filter *f, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	struct sock_filter	*ins;

	if (f->f_len == PLEDGE_INS_MAX) {
		f->f_failed = 1;
		return;
	}
	ins = &f->f_ins[f->f_len++];
	ins->code = code;
	ins->k = k;
	ins->jt = jt;
	ins->jf = jf;
}

static int
filter_applies(const struct filter *f, const struct pledge_rule *pr)
{
	return ((pr->pr_all & ~f->f_bits) == 0 &&
	    ((pr->pr_roles | R_NONE) & f->f_role) != 0);
}

/* Set the verdict for each call number; later tables override. */
static void
filter_verdicts(struct filter *f)
{
	const struct pledge_call	*pc;
	const struct pledge_errno	*pe;
	const struct pledge_rule	*pr;
	size_t				 i;

	for (i = 0; i < FILTER_NR_MAX; i++)
		f->f_verdict[i] = SECCOMP_RET_KILL_PROCESS;
	for (pe = pledge_errnos; pe->pe_nr != -1; pe++)
		f->f_verdict[pe->pe_nr] = SECCOMP_RET_ERRNO | pe->pe_errno;
	for (pr = pledge_rules; pr->pr_nr != -1; pr++)
		if (filter_applies(f, pr))
			f->f_verdict[pr->pr_nr] = FILTER_CHECK;
	for (pc = pledge_calls; pc->pc_nr != -1; pc++)
		if ((pc->pc_any == 0 || (pc->pc_any & f->f_bits) != 0) &&
		    ((pc->pc_roles | R_NONE) & f->f_role) != 0)
			f->f_verdict[pc->pc_nr] = SECCOMP_RET_ALLOW;
}

/*
 * Collect the starts of runs of equal verdicts; a call with conditions is a run
 * of its own.  The last number is no call, so all beyond it kills, too.
 */
static void
filter_ranges(struct filter *f)
{
	size_t	 i;

	f->f_nstart = 0;
	for (i = 0; i < FILTER_NR_MAX; i++)
		if (i == 0 || f->f_verdict[i] != f->f_verdict[i - 1] ||
		    f->f_verdict[i] == FILTER_CHECK)
			f->f_start[f->f_nstart++] = i;
}

/* Search the ranges lo to hi - 1; the call number is loaded. */
static void
filter_tree(struct filter *f, size_t lo, size_t hi)
{
	size_t		 at, jump, mid;
	uint32_t	 verdict;

	if (hi - lo == 1) {
		verdict = f->f_verdict[f->f_start[lo]];
		f->f_leaf[f->f_start[lo]] = f->f_len;
		if (verdict == FILTER_CHECK)
			filter_emit(f, BPF_JMP | BPF_JA, 0, 0, 0);
		else
			filter_emit(f, BPF_RET | BPF_K, verdict, 0, 0);
		return;
	}
	mid = lo + (hi - lo) / 2;
	at = f->f_len;
	filter_emit(f, BPF_JMP | BPF_JGE | BPF_K, f->f_start[mid], 0, 0);
	filter_tree(f, lo, mid);
	jump = f->f_len - at - 1;
	if (f->f_failed || jump > UINT8_MAX) {
		f->f_failed = 1;
		return;
	}
	f->f_ins[at].jt = jump;
	filter_tree(f, mid, hi);
}

/* Emit one condition; return where its jump to the next rule is patched. */
static size_t
filter_cond(struct filter *f, const struct pledge_cond *pn)
{
	uint32_t	 off, value;

	off = offsetof(struct seccomp_data, args) +
	    (pn->pn_arg & ~PLEDGE_HIGH) * sizeof(uint64_t);
	if (pn->pn_arg & PLEDGE_HIGH)
		off += sizeof(uint32_t);	/* both are little-endian */
	value = pn->pn_value == PLEDGE_SELF ? f->f_self : pn->pn_value;
	filter_emit(f, BPF_LD | BPF_W | BPF_ABS, off, 0, 0);
	if (pn->pn_mask != UINT32_MAX)
		filter_emit(f, BPF_ALU | BPF_AND | BPF_K, pn->pn_mask, 0, 0);
	filter_emit(f, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 0);
	return (f->f_len - 1);
}

static void
filter_rule(struct filter *f, const struct pledge_rule *pr)
{
	size_t	 i, n = 0, patch[PLEDGE_CONDS];

	for (i = 0; i < PLEDGE_CONDS; i++)
		if (pr->pr_conds[i].pn_mask != 0)
			patch[n++] = filter_cond(f, &pr->pr_conds[i]);
	filter_emit(f, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	for (i = 0; i < n && !f->f_failed; i++)
		f->f_ins[patch[i]].jf = f->f_len - patch[i] - 1;
}

/* Emit all rules of one call, and the verdict if none matches. */
static void
filter_check(struct filter *f, int nr)
{
	const struct pledge_errno	*pe;
	const struct pledge_rule	*pr;
	uint32_t			 verdict = SECCOMP_RET_KILL_PROCESS;

	f->f_ins[f->f_leaf[nr]].k = f->f_len - f->f_leaf[nr] - 1;
	for (pr = pledge_rules; pr->pr_nr != -1; pr++)
		if (pr->pr_nr == nr && filter_applies(f, pr))
			filter_rule(f, pr);
	for (pe = pledge_errnos; pe->pe_nr != -1; pe++)
		if (pe->pe_nr == nr)
			verdict = SECCOMP_RET_ERRNO | pe->pe_errno;
	filter_emit(f, BPF_RET | BPF_K, verdict, 0, 0);
}

unsigned short
pledge_filter(uint32_t bits, uint32_t role, struct sock_filter *ins)
{
	struct filter	 f;
	int		 nr;

	f.f_ins = ins;
	f.f_len = 0;
	f.f_failed = 0;
	f.f_self = getpid();
	f.f_bits = bits;
	f.f_role = role;
	filter_verdicts(&f);
	filter_ranges(&f);
	filter_emit(&f, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch), 0, 0);
	filter_emit(&f, BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH, 1, 0);
	filter_emit(&f, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	filter_emit(&f, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr), 0, 0);
	filter_tree(&f, 0, f.f_nstart);
	for (nr = 0; nr < FILTER_NR_MAX && !f.f_failed; nr++)
		if (f.f_verdict[nr] == FILTER_CHECK)
			filter_check(&f, nr);
	return (f.f_failed ? 0 : f.f_len);
}
