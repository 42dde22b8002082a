/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Shared by the files of pledge and unveil. */

#ifndef CONFINE_PRIVATE_H
#define CONFINE_PRIVATE_H

#include <sys/types.h>
#include <linux/filter.h>
#include <stdint.h>

/* The promises of pledge(2) that are supported. */
#define P_STDIO		0x00001U
#define P_RPATH		0x00002U
#define P_WPATH		0x00004U
#define P_CPATH		0x00008U
/* Only of popd itself, which no filter fits. */
#define P_PARENT	0x00010U
#define P_FLOCK		0x00040U
#define P_TTY		0x00080U
#define P_INET		0x00100U
#define P_UNIX		0x00200U
#define P_DNS		0x00400U
#define P_GETPW		0x00800U
#define P_SENDFD	0x01000U
#define P_RECVFD	0x02000U
#define P_PROC		0x04000U
#define P_EXEC		0x08000U
#define P_ID		0x10000U
#define P_UNVEIL	0x20000U
#define P_ROUTE		0x40000U

/* Those that can name a path. */
#define P_PATHS		(P_RPATH | P_WPATH | P_CPATH | P_TTY | P_UNIX | \
			P_UNVEIL)

/* Roles. */
#define R_LISTENER	0x001U
#define R_KEY		0x002U
#define R_QUEUE		0x004U
#define R_HASH		0x008U
#define R_TABLE		0x010U
#define R_LMTP		0x020U
#define R_WORKER	0x040U
#define R_DELIVERY	0x080U
#define R_MDA		0x100U
#define R_LOOP		(R_LISTENER | R_KEY | R_QUEUE | R_HASH | R_TABLE | \
			R_LMTP)
#define R_MAIL		(R_WORKER | R_DELIVERY | R_MDA)
#define R_ALL		(R_LOOP | R_MAIL)
#define R_NONE		0x200U

/*
 * A call allowed with any of the promises to these roles and all other
 * programs, whatever its arguments.  pc_any 0: always.
 */
struct pledge_call {
	int		 pc_nr;
	uint32_t	 pc_any;
	uint32_t	 pc_roles;
};

/*
 * A condition on one 32-bit half of an argument: (argument & mask) == value.
 * pn_arg is the argument's number, plus PLEDGE_HIGH for its upper half; the
 * value PLEDGE_SELF stands for the caller's process id.
 */
struct pledge_cond {
	uint32_t	 pn_arg;
	uint32_t	 pn_mask;
	uint32_t	 pn_value;
};
#define PLEDGE_HIGH	8U
#define PLEDGE_SELF	0xfffffffeU

/*
 * The same with all of the promises and if all conditions hold (unused ones
 * have mask and value 0).  Of several rules for a call, one must match.
 */
#define PLEDGE_CONDS	3
struct pledge_rule {
	int			 pr_nr;
	uint32_t		 pr_all;
	uint32_t		 pr_roles;
	struct pledge_cond	 pr_conds[PLEDGE_CONDS];
};

/* A call that fails with an error instead of killing the process. */
struct pledge_errno {
	int		 pe_nr;
	int		 pe_errno;
};

/* pledge_calls.c: the policy.  Each table ends with call number -1. */
extern const struct pledge_call		pledge_calls[];
extern const struct pledge_rule		pledge_rules[];
extern const struct pledge_errno	pledge_errnos[];

/* Return the role of a program, or R_NONE if it has none, or a sanitizer. */
uint32_t	 pledge_role(const char *path);

/*
 * pledge_filter.c: write the seccomp program for these promises and this role
 * to ins[PLEDGE_INS_MAX].  Return its length, or 0 if it does not fit.
 */
#define PLEDGE_INS_MAX	1024
unsigned short	 pledge_filter(uint32_t, uint32_t, struct sock_filter *);

/*
 * refuse_calls.c: let these calls fail; the table ends with call number -1.
 * Return 0, or -1 with errno set.
 */
#define REFUSED_MAX	64
int		 refuse_calls(const struct pledge_errno *);

/* Give up all capabilities but these.  Return 0, or -1 with errno set. */
int		 refuse_capabilities(uint64_t);

/*
 * landlock.c: return the Landlock version of this kernel, 0 for none; the first
 * one cannot rename between directories and counts as none.
 */
int		 landlock_abi(void);

/* Give up gaining privileges by execve(2).  Return 0, or -1 with errno set. */
int		 landlock_no_new_privs(void);

/* A path that may be used, and for what (LANDLOCK_FS_*). */
struct landlock_path {
	int		 lp_fd;		/* O_PATH */
	uint64_t	 lp_access;
};

/*
 * Give up fs, net and scope for good, as far as the kernel knows them, except
 * for n paths.  Return 0, also without Landlock, or -1 with errno set.
 */
int		 landlock_confine(uint64_t fs, uint64_t net, uint64_t scoped,
		    const struct landlock_path *paths, int n);

#define LANDLOCK_FS_EXECUTE	(1ULL << 0)
#define LANDLOCK_FS_WRITE_FILE	(1ULL << 1)
#define LANDLOCK_FS_READ_FILE	(1ULL << 2)
#define LANDLOCK_FS_READ_DIR	(1ULL << 3)
#define LANDLOCK_FS_REMOVE_DIR	(1ULL << 4)
#define LANDLOCK_FS_REMOVE_FILE	(1ULL << 5)
#define LANDLOCK_FS_MAKE_DIR	(1ULL << 7)
#define LANDLOCK_FS_MAKE_REG	(1ULL << 8)
#define LANDLOCK_FS_REFER	(1ULL << 13)
#define LANDLOCK_FS_TRUNCATE	(1ULL << 14)
/* What applies to files; the rest is for directories only. */
#define LANDLOCK_FS_FILE	(LANDLOCK_FS_EXECUTE | \
				LANDLOCK_FS_WRITE_FILE | \
				LANDLOCK_FS_READ_FILE | LANDLOCK_FS_TRUNCATE)
#define LANDLOCK_FS_ALL		(~0ULL)
#define LANDLOCK_NET_ALL	3ULL	/* bind and connect of TCP */
#define LANDLOCK_SCOPE_ABSTRACT	(1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL	(1ULL << 1)
#define LANDLOCK_SCOPE_ALL	(LANDLOCK_SCOPE_ABSTRACT | \
				LANDLOCK_SCOPE_SIGNAL)

/*
 * unveil.c: apply the paths given to unveil(2), if any call was made, with the
 * rules for TCP and these scopes.  Return 1 if they are applied, now or before;
 * 0 if unveil(2) was never called; -1 with errno set on error.
 */
int		 unveil_lock(uint64_t);

/*
 * unveil.c: do nothing any more, in a process that starts others, which would
 * inherit its view.
 */
void		 unveil_ignore(void);

#endif
