#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 600
# once  (each run starts a program, which takes a sanitizer too long)
"""A session that moves a spool, killed at each of its system calls and with
each of them failing: every message is there once, with one UIDL."""

import os
import re
import shutil
import subprocess

from popdtest.cases import Skip, check, equal, main
from popdtest.env import LIBEXEC, PATIENCE, WORK
from popdtest.maildir import Maildir
from popdtest.spool import Spool, entry
from faults import (NO_TRACE, Account, Fault, command, errors, kills, partial,
                    read_log)

HAD = b'Subject: had\n\nbefore\n'
MAIL = [b'Subject: %d\n\nFrom here\n%s' % (i, b'line\n' * (1 + i * 3000))
        for i in range(3)]
LATER = b'Subject: later\n\ncame after\n'
INPUT = b'UIDL\r\n' + b''.join(b'RETR %d\r\n' % n for n in range(1, 6)) + \
    b'RSET\r\n'


def run(s, fault=None, traced=True):
    """A session; what it said, and its calls."""
    program = LIBEXEC + '/wrkrpop'
    made = command(program, fault) if traced else [program]
    p = subprocess.run(made + ['-l', 'fcntl', '-m', s.path, '-s',
                               s.box.path], input=INPUT,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=PATIENCE)
    if traced and p.returncode == NO_TRACE:
        raise Skip('no tracing here')
    check(b'runtime error' not in p.stderr, p.stderr)
    return p.stdout, read_log()[0] if traced else []


def listed(said):
    """{UIDL: octets} of what a session said whole."""
    answers = re.split(rb'(?m)^(?:\+OK|-ERR)', said)
    for at, answer in enumerate(answers):
        if b' messages\r\n' in answer and answer.endswith(b'\r\n.\r\n'):
            break
    else:
        return {}
    uidls = [line.split()[1] for line in answer.split(b'\r\n')[1:-2]]
    found = {}
    for uidl, mail in zip(uidls, answers[at + 1:]):
        data = mail.split(b'\r\n', 1)[-1]
        if data.endswith(b'\r\n.\r\n'):
            found[uidl] = data[:-3].replace(b'\r\n', b'\n')
    return found


def new_spool():
    shutil.rmtree(WORK + '/box', ignore_errors=True)
    s = Spool('box', MAIL, Maildir(WORK + '/box'))
    s.box.add(HAD)
    return s


def whole():
    return new_spool(), MAIL


def the_second_moved():
    """The call that moves the second message to new/."""
    if 'way' not in _found:
        _, calls = run(new_spool())
        ways = [c for c in calls if c.name == 'renameat' and 'Q0000000' in
                c.path and not c.path.startswith('incoming')]
        equal(len(ways), len(MAIL), 'messages moved')
        _found['way'] = ways[1]
    return _found['way']


def stopped():
    """A session was killed in the middle of it, mail came, and another
    program has removed what had arrived first."""
    way = Fault(the_second_moved(), '-K')
    s = new_spool()
    run(s, way)
    there = sorted(n for n in s.box.all() if 'Q000' in n)
    equal(len(there), 2, 'arrived')
    with open(s.box.sub(there[0]), 'rb') as f:
        lost = f.read()
    os.unlink(s.box.sub(there[0]))
    s.write(entry(LATER), 'ab')
    return s, [m for m in MAIL if m != lost] + [LATER]


def complete(s, want, said):
    """A session after it has all of it, once, and nothing has changed that
    was told."""
    told = listed(said)
    second, _ = run(s, traced=False)
    now = listed(second)
    equal(sorted(now.values()), sorted(list(want) + [HAD]), 'messages')
    for uidl, data in told.items():
        equal(now.get(uidl), data, 'what was told of')
    equal(s.read(), b'', 'the spool')
    s.clean()


STATES = {'whole': whole, 'stopped': stopped}
_found = {}


def each(faults):
    account = Account()
    for turn, (name, state) in enumerate(STATES.items()):
        s, want = state()
        said, calls = run(s)
        complete(s, want, said)
        for fault in faults(calls, turn):
            s, want = state()

            def one():
                said, seen = run(s, fault)
                complete(s, want, said)
                return seen
            account.run(fault, name, one)
    account.close()


def test_kill():
    """Killed at every system call"""
    each(kills)


def test_errors():
    """Every system call fails"""
    each(lambda calls, turn: errors(calls, turn)[turn::1 + turn] +
         partial(calls)[turn::1 + turn])


main()
