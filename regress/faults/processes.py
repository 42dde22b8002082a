#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 14400
# once  (each run starts a server, which takes a sanitizer too long)
"""Each process with a failing system call, or killed at one: popd survives, a
login succeeds soon, a wrong password never does, no mail is lost.  A sample of
FAULTS_SECONDS for each role, the same with the same FAULTS_SEED.  FAULTS=all
tries everything, which takes hours; FAULTS_ROLE selects one role."""

import os
import random
import time

from popdtest.cases import Skip, check, main
from faults import ALL, Account, Fault, read_calls
from roles import run_child, run_popd
import faults

SECONDS = int(os.environ.get('FAULTS_SECONDS', 15))
# The same sample each time, if no other is wanted: a change shows.
SEED = int(os.environ.get('FAULTS_SEED') or 1)

# What the kernel may answer to those that serve, beyond calls on files.
FILES = 'EMFILE ENFILE ENOMEM'
ERRNOS = {
    'socketpair': FILES, 'socket': FILES, 'pipe2': FILES,
    'epoll_create1': FILES, 'epoll_create': FILES, 'eventfd2': FILES,
    'epoll_ctl': 'ENOMEM ENOSPC', 'epoll_wait': 'EINTR',
    'epoll_pwait': 'EINTR', 'poll': 'EINTR ENOMEM', 'ppoll': 'EINTR ENOMEM',
    'sendmsg': 'EAGAIN ENOBUFS ENOMEM EINTR',
    'recvmsg': 'EAGAIN EINTR ENOMEM',
    'sendto': 'EAGAIN ENOBUFS EINTR', 'recvfrom': 'EAGAIN EINTR',
    'accept': FILES + ' ENOBUFS ECONNABORTED EAGAIN EINTR',
    'accept4': FILES + ' ENOBUFS ECONNABORTED EAGAIN EINTR',
    'setsockopt': 'ENOBUFS ENOMEM', 'getsockopt': 'ENOBUFS',
    'clone': 'EAGAIN ENOMEM', 'clone3': 'EAGAIN ENOMEM',
    'fork': 'EAGAIN ENOMEM', 'vfork': 'EAGAIN ENOMEM',
    'wait4': 'EINTR', 'shutdown': 'ENOTCONN',
    'read': 'EAGAIN EINTR', 'readv': 'EAGAIN EINTR',
    'write': 'EAGAIN EINTR ENOBUFS', 'writev': 'EAGAIN EINTR ENOBUFS',
    'setresuid': 'EAGAIN EPERM', 'setresgid': 'EPERM',
    'setgroups': 'ENOMEM EPERM', 'chroot': 'EPERM EIO', 'chdir': 'EIO',
    'setpriority': 'EACCES',
}


# And those that come from the network, which no other process has caused.
CLIENT = {'read': ' ECONNRESET ETIMEDOUT', 'write': ' EPIPE ECONNRESET'}


def errnos(call, clients):
    names = ERRNOS.get(call.name, faults.ERRNOS.get(call.name, ''))
    if call.arg in clients:
        names += CLIENT.get(call.name, '')
    return names.split()


def plans(role, calls):
    """All faults that fit these calls.  What popd writes itself is its log,
    and what libevent's signal handler tells its loop, which cannot wait."""
    out, clients = [], set()
    for call in calls:
        if call.name in ('accept', 'accept4'):
            clients.add(call.result)
        if not call.name.startswith('exit'):
            out.append(Fault(call, '-k'))
        if faults.version_query(call) or \
                (call.name in ('write', 'writev') and
                 (call.arg == 2 or role == 'popd')):
            continue
        how = '-E' if call.name == 'close' else '-e'
        out += [Fault(call, how, name) for name in errnos(call, clients)]
    return out


def sample(role, calls, rng):
    """One after the other, each name of a call as often as any other."""
    names = {}
    for fault in plans(role, calls):
        names.setdefault((fault.call.name, fault.kills()), []).append(fault)
    for some in names.values():
        rng.shuffle(some)
    while names:
        for key in rng.sample(sorted(names), len(names)):
            yield names[key].pop()
            if not names[key]:
                del names[key]


def try_all(role, run):
    if os.environ.get('FAULTS_ROLE', role) != role:
        raise Skip('only %s was asked for' % os.environ['FAULTS_ROLE'])
    run(None)
    calls = read_calls()[0]
    check(len(calls) > 20, 'only %d calls' % len(calls))
    print('# %s: %d calls, FAULTS_SEED=%d' % (role, len(calls), SEED))
    account = Account()
    end = time.monotonic() + SECONDS

    def one(fault):
        run(fault)
        return read_calls()[0]
    for fault in sample(role, calls,
                        random.Random('%d %s' % (SEED, role))):
        if not ALL and time.monotonic() > end:
            break
        account.run(fault, role, lambda: one(fault))
    # How often a loop turns is never the same: half of them may miss.
    account.missed = max(0, account.missed - account.runs // 2)
    account.close()


def case(role):
    def test():
        if role == 'popd':
            try_all(role, run_popd)
        else:
            try_all(role, lambda fault: run_child(role, fault))
    test.__doc__ = 'A fault in every system call of ' + role
    return test


for i, role in enumerate(('keypop', 'authpop', 'hashpop', 'lsnrpop',
                          'popd')):
    globals()['test_%d' % i] = case(role)

main()
