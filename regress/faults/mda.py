#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 600
# once  (each run starts a program, which takes a sanitizer too long)
"""A delivery killed at each of its system calls, and with each of them
failing: the message is whole in new/ or nowhere, and the status is 75 unless
it is durable."""

import fcntl
import os
import subprocess

from popdtest.cases import Skip, check, equal, main
from popdtest.env import MDA, PATIENCE, WORK
from popdtest.talk import Talk
from books import balance
from boxes import Box, Message, corpus, damage, text
from faults import (ALL, CONFINING, NO_TRACE, Account, command, errors, kills,
                    lasting, partial, read_log)

DATA = text(9, 70000)


def index(box):
    Talk(box).quit()


def indexed_and_damaged(box):
    index(box)
    damage(box)


def lock(box):
    """Hold the lock of the index for a while."""
    index(box)
    box.held = os.open(box.sub('tmp'), os.O_RDONLY)
    fcntl.flock(box.held, fcntl.LOCK_EX)


def unlock(box):
    if getattr(box, 'held', -1) != -1:
        os.close(box.held)
        box.held = -1


KINDS = {'none': None, 'warm': index, 'damaged': indexed_and_damaged,
         'locked': lock, 'missing': None}


def flags(box):
    """-e mail/dir: it is missing, and all that is in it."""
    return ['-e', 'mail/dir', box.home] if hasattr(box, 'home') else \
        [box.path]


def new_box(kind):
    box = Box(corpus()[:3] if kind != 'missing' else [])
    if kind == 'missing':
        box.home, box.path = box.path, box.sub('mail', 'dir')
    if KINDS[kind]:
        KINDS[kind](box)
    return box


def arrived(box, before):
    """The message that has arrived since then, or None."""
    new = set(box.names()) - before
    check(len(new) <= 1, 'there more than once')
    check(before <= set(box.names()), 'other mail is gone')
    for sub, name in new:
        equal(sub, 'new', 'directory')
        with open(box.sub(sub, name), 'rb') as f:
            check(f.read() == DATA, 'half a message is visible')
        return Message(sub, name, '', DATA)
    return None


def needed(calls):
    """Those whose success 0 stands for: all up to the fsync of new/."""
    names = [c.name for c in calls]
    seen = [i for i, name in enumerate(names)
            if name in ('renameat', 'renameat2', 'linkat')]
    for i in range(seen[-1] if seen else 0, len(names)):
        if names[i] == 'fsync':
            return calls[:i + 1]
    return calls


def judge(calls, how, number, log, there, fault):
    hits = [c for c in calls if c.hit]
    if how == 'signal':
        check(fault and fault.kills() and number == 9,
              'ended by signal %d' % number)
        return
    check(number in (0, 75), 'exit status %d' % number)
    if number == 0:
        check(there, 'exit status 0, and no message')
    else:
        check(fault, 'exit status 75')
        check(log.strip() or (fault.persistent and 'write' in
                              fault.call.name), 'exit status 75, not a word')
    if hits and hits[0] in needed(calls) and not fault.unnoticed() and \
            hits[0].name in ('fsync', 'fdatasync') + CONFINING:
        equal(number, 75, 'exit status')
    if fault and fault.unnoticed():
        equal(number, 0, 'exit status')


def run(box, fault):
    """mda under a fault, its input a file, so that reads are as many."""
    path = WORK + '/input'
    box.write(path, DATA)
    with open(path, 'rb') as f:
        p = subprocess.run(command(MDA, fault) + flags(box), stdin=f,
                           stdout=subprocess.DEVNULL, timeout=PATIENCE,
                           stderr=subprocess.PIPE)
    if p.returncode == NO_TRACE:
        raise Skip('no ptrace here')
    return p.stderr.decode('utf-8', 'replace')


def again(box):
    """What smtpd does after 75."""
    result = subprocess.run([MDA] + flags(box), input=DATA,
                            stderr=subprocess.PIPE, timeout=PATIENCE)
    equal(result.returncode, 0, 'the next delivery: status')


def deliver(kind, fault=None):
    """A delivery under a fault, a session after it, the next delivery, and
    another session; its calls."""
    box = new_box(kind)
    try:
        before = set(box.names())
        log = run(box, fault)
        unlock(box)
        calls, how, number = read_log()
        there = arrived(box, before)
        judge(calls, how, number, log, there, fault)
        if there:
            box.want = box.want + [there]
        if os.path.isdir(box.path):
            balance(box)
        before = set(box.names())
        again(box)
        box.want = box.want + [arrived(box, before)]
        balance(box)
        return calls
    finally:
        unlock(box)
        box.path = getattr(box, 'home', box.path)
        box.remove()


def waits(calls):
    """Only what comes with a lock that is taken; each costs its time."""
    return [c for c in calls if ALL or c.nth in (1, 7) and
            c.name in ('flock', 'nanosleep', 'clock_nanosleep', 'poll')]


def account(kind, plan):
    calls = deliver(kind)
    if kind == 'locked':
        calls = waits(calls)
    a = Account()
    for fault in plan(calls):
        a.run(fault, kind, lambda: deliver(kind, fault))
    a.close()


def faults(calls):
    turn = 0 if ALL else len(calls)
    return errors(calls, turn) + lasting(calls, turn) + partial(calls)


def cases():
    def case(kind, title, plan):
        def test():
            account(kind, plan)
        test.__doc__ = title % kind
        return test

    for kind in KINDS:
        globals()['test_kill_' + kind] = case(
            kind, 'mda killed at every system call, index: %s', kills)
        globals()['test_fault_' + kind] = case(
            kind, 'mda and a fault in every system call, index: %s', faults)


cases()
main()
