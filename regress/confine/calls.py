#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# needs: Linux
# timeout: 240
# once  (a sanitizer makes calls of its own)
"""Each process can make the system calls of its role, and no other."""

import ctypes
import errno
import os
import re
import struct
import subprocess

from popdtest.cases import Skip, equal, main
from popdtest.env import MDA
from popdtest.inject import tool
from attacks import Field, sealed

# What a library calls at any time, and when a process ends.
ANY = '''exit exit_group rt_sigreturn restart_syscall close write writev poll
    ppoll brk mmap mprotect munmap mremap madvise clock_gettime gettimeofday
    time rt_sigprocmask getpid gettid tgkill'''
LOOP = ANY + ''' epoll_ctl epoll_wait epoll_pwait epoll_pwait2 recvmsg
    sysinfo'''
MAIL = ANY + ''' read pread64 pwrite64 lseek fstat fsync ftruncate uname
    geteuid getrandom nanosleep clock_nanosleep fcntl open openat newfstatat
    stat lstat access faccessat faccessat2 getdents64 fchdir renameat unlinkat
    mkdirat flock'''
CALLS = {
    'keypop': LOOP + ' read pread64 getrandom futex',
    'authpop': LOOP + ' getrandom',
    'hashpop': LOOP + ' pread64 fstat newfstatat getrandom',
    'tabpop': LOOP + ' read',
    'lsnrpop': LOOP + ''' accept sendto recvfrom pread64 fstat newfstatat
        getsockname getsockopt shutdown getrandom futex''',
    'lmtppop': LOOP + ''' accept sendto recvfrom read pread64 pwrite64
        ftruncate getsockopt uname''',
    'wrkrpop': MAIL + ' recvmsg sendto sysinfo wait4 mkdir unlink',
    'dlvrpop': MAIL + ' recvmsg',
    'mda': MAIL,
}

SEIZE, INTERRUPT, DETACH, GET_FILTER = 0x4206, 0x4207, 17, 0x420c
ALLOW, NR, ARGUMENTS, NUMBERS = 0x7fff0000, 0, 16, 512


def numbers():
    """name -> number of this machine's calls."""
    text = subprocess.run(['cc', '-E', '-dM', '-x', 'c', '-'], text=True,
                          input='#include <asm/unistd.h>\n', check=True,
                          stdout=subprocess.PIPE).stdout
    return {name: int(n) for name, n in
            re.findall(r'^#define __NR_(\w+) (\d+)$', text, re.M)}


def last_filter(pid):
    """The last filter of a process, as instructions."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                            ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    equal(libc.ptrace(SEIZE, pid, 0, 0), 0, 'seize')
    libc.ptrace(INTERRUPT, pid, 0, 0)
    os.waitpid(pid, 0)
    code = None
    try:
        for i in range(8):
            n = libc.ptrace(GET_FILTER, pid, i, None)
            if n < 0:
                break
            code = ctypes.create_string_buffer(8 * n)
            libc.ptrace(GET_FILTER, pid, i, code)
    finally:
        libc.ptrace(DETACH, pid, 0, 0)
    if code is None:
        raise Skip('no filter is shown: ' + os.strerror(ctypes.get_errno() or
                                                         errno.EIO))
    return [struct.unpack_from('=HBBI', code, at)
            for at in range(0, len(code), 8)]


def allows(code, nr):
    """Whether a call is allowed, with some arguments at least."""
    at = value = 0
    while True:
        op, jt, jf, k = code[at]
        at += 1
        if op == 0x20:                          # load
            if k >= ARGUMENTS:
                return True
            value = nr if k == NR else None     # the architecture
        elif op == 0x06:                        # return
            return k == ALLOW
        elif op == 0x05:                        # jump
            at += k
        elif op == 0x15:                        # equal
            at += jt if value in (None, k) else jf
        else:
            equal(op, 0x35, 'operation')        # greater or equal
            at += jt if value >= k else jf


def judge(role, pid):
    known = numbers()
    names = {n: name for name, n in known.items()}
    code = last_filter(pid)
    found = {names.get(nr, nr) for nr in range(NUMBERS) if allows(code, nr)}
    want = {name for name in CALLS[role].split() if name in known}
    print('# %s: %d calls' % (role, len(found)))
    equal((sorted(found - want, key=str), sorted(want - found)), ([], []),
          'more and fewer than those of ' + role)


def judge_all(roles, lmtp):
    tool()
    field = Field(lmtp)
    try:
        for role in roles:
            judge(role, field.pid(role))
    finally:
        field.drop_client()
        field.server.kill()


def test_login():
    """lsnrpop, keypop, authpop, hashpop, wrkrpop"""
    judge_all(['lsnrpop', 'keypop', 'authpop', 'hashpop', 'wrkrpop'], False)


def test_table():
    """tabpop"""
    judge_all(['tabpop'], False)


def test_lmtp():
    """lmtppop and dlvrpop"""
    judge_all(['lmtppop', 'dlvrpop'], True)


def test_mda():
    """mda, whatever it is called"""
    tool()
    field = Field()
    joe = field.server['joe']
    mda = subprocess.Popen(['sendmail', joe.path], executable=MDA,
                           stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           user=joe.uid, group=joe.gid, extra_groups=[])
    try:
        judge('mda', sealed(mda.pid))
    finally:
        mda.kill()
        mda.communicate()
        field.server.kill()


main()
