/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Linux: what neither the parent nor any of its children ever needs.  They
 * inherit it, table processes and PAM's modules too, so that no list of what
 * is allowed fits.
 */

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <confine.h>

#include "confine_private.h"

/*
 * To become a user, and chroot(2) before that; to end children; to look for
 * maildirs; owner and mode of sockets; ports; and syspop's audit records.
 */
#define CAPS_KEPT	(1ULL << CAP_SETUID | 1ULL << CAP_SETGID | \
			1ULL << CAP_SYS_CHROOT | 1ULL << CAP_KILL | \
			1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_CHOWN | \
			1ULL << CAP_FOWNER | 1ULL << CAP_NET_BIND_SERVICE | \
			1ULL << CAP_AUDIT_WRITE)

/* If the C library has an alternative, that one as well. */
static const struct pledge_errno	 refused[] = {
#ifdef __x86_64__
	{ __NR_ioperm, EPERM }, { __NR_iopl, EPERM },
	{ __NR_modify_ldt, EPERM },
#endif
	/* Other processes. */
	{ __NR_ptrace, EPERM }, { __NR_process_vm_readv, EPERM },
	{ __NR_process_vm_writev, EPERM }, { __NR_kcmp, EPERM },
	{ 438 /* pidfd_getfd */, EPERM },
	/* Namespaces and mounts. */
	{ __NR_unshare, EPERM }, { __NR_setns, EPERM },
	{ __NR_mount, EPERM }, { __NR_umount2, EPERM },
	{ __NR_pivot_root, EPERM }, { 428 /* open_tree */, EPERM },
	{ 429 /* move_mount */, EPERM }, { 430 /* fsopen */, EPERM },
	{ 431 /* fsconfig */, EPERM }, { 432 /* fsmount */, EPERM },
	{ 433 /* fspick */, EPERM }, { 442 /* mount_setattr */, EPERM },
	{ __NR_open_by_handle_at, EPERM }, { __NR_fanotify_init, EPERM },
	/* The kernel. */
	{ __NR_bpf, EPERM }, { __NR_perf_event_open, EPERM },
	{ __NR_userfaultfd, EPERM }, { 425 /* io_uring_setup */, EPERM },
	{ __NR_init_module, EPERM }, { __NR_finit_module, EPERM },
	{ __NR_delete_module, EPERM }, { __NR_kexec_load, EPERM },
	{ __NR_add_key, EPERM }, { __NR_request_key, EPERM },
	{ __NR_keyctl, EPERM }, { __NR_syslog, EPERM },
	/* The system. */
	{ __NR_reboot, EPERM }, { __NR_swapon, EPERM },
	{ __NR_swapoff, EPERM }, { __NR_settimeofday, EPERM },
	{ __NR_clock_settime, EPERM }, { __NR_clock_adjtime, EPERM },
	{ __NR_adjtimex, EPERM }, { __NR_sethostname, EPERM },
	{ __NR_setdomainname, EPERM }, { __NR_acct, EPERM },
	{ __NR_quotactl, EPERM },
	{ -1, 0 }
};

int
confine_parent(void)
{
	if (landlock_no_new_privs() == -1 || refuse_calls(refused) == -1)
		return (-1);
	return (refuse_capabilities(CAPS_KEPT));
}
