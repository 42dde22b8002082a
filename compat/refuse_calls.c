/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Linux: a filter that lets calls fail, and fewer capabilities, for a process
 * that starts programs of the administrator's choice, so that no list of
 * allowed calls fits.
 */

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <stddef.h>
#include <unistd.h>

#include "confine_private.h"

#if defined(__x86_64__)
#define FILTER_ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define FILTER_ARCH	AUDIT_ARCH_AARCH64
#else
#error "refuse_calls: add this architecture here and to the callers' lists"
#endif

/* Start of x86-64's second set of calls. */
#define FILTER_X32	0x40000000U

#define STATEMENT(c, v)	((struct sock_filter)BPF_STMT(c, v))
#define JUMP(c, v, t, f) ((struct sock_filter)BPF_JUMP(c, v, t, f))

int
refuse_calls(const struct pledge_errno *refused)
{
	struct sock_filter	 ins[REFUSED_MAX * 2 + 7];
	struct sock_fprog	 prog = { 0, ins };

	ins[prog.len++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch));
	ins[prog.len++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH, 1, 0);
	ins[prog.len++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	ins[prog.len++] = STATEMENT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
	ins[prog.len++] = JUMP(BPF_JMP | BPF_JGE | BPF_K, FILTER_X32, 0, 1);
	ins[prog.len++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	for (; refused->pe_nr != -1; refused++) {
		ins[prog.len++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    (uint32_t)refused->pe_nr, 0, 1);
		ins[prog.len++] = STATEMENT(BPF_RET | BPF_K,
		    SECCOMP_RET_ERRNO | (uint32_t)refused->pe_errno);
	}
	ins[prog.len++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return ((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
}

/* no_new_privs keeps programs, even root's, from getting more than these. */
int
refuse_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct	 header = {
		_LINUX_CAPABILITY_VERSION_3, 0
	};
	struct __user_cap_data_struct	 data[2];

	if (syscall(SYS_capget, &header, data) == -1)
		return (-1);
	/* An ordinary user has none; capset(2) may be refused there. */
	if ((data[0].permitted | data[1].permitted | data[0].inheritable |
	    data[1].inheritable) == 0)
		return (0);
	data[0].permitted &= (uint32_t)kept;
	data[1].permitted &= (uint32_t)(kept >> 32);
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	data[0].inheritable = data[1].inheritable = 0;
	return ((int)syscall(SYS_capset, &header, data));
}
