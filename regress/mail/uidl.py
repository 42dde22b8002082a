#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""UIDLs: one for each message, forever."""

import hashlib
import os

from popdtest.cases import equal, main
from popdtest.mail import wire
from popdtest.maildir import new_box
from popdtest.worker import Worker


def sha(name):
    return hashlib.sha256(os.fsencode(name)).hexdigest().encode()


def session(box, *commands):
    """The UIDLs of a session that does these commands first."""
    c = Worker(box)
    for command in commands:
        c.ok(command)
        if command.startswith('RETR'):
            c.body()
    out = c.uidl()
    c.quit()
    return out


def test_default():
    """SHA-256 of the base name in hex; equal mails differ"""
    box = new_box('default')
    names = ['100.M1P1.host', '101.M1P1.host,S=12,W=14', '102.x']
    for name in names:
        box.add(b'Subject: x\n\n', name)
    box.add(b'Subject: x\n\n', '103.flags:2,FS', 'cur')
    box.add(b'Subject: x\n\n', '104.' + 'l' * 240, 'cur')
    want = [sha(n) for n in names + ['103.flags', '104.' + 'l' * 240]]
    got = session(box)
    equal([got[i + 1] for i in range(5)], want, 'UIDL')


def test_stable():
    """The same after flags, moves, deletions and loss of popcache"""
    box = new_box('stable')
    for i in range(6):
        box.add(b'Subject: x\n\n', '%d.n' % (200 + i))
    first = session(box)
    want = set(first.values())
    equal(set(session(box, 'RETR 1', 'RETR 2').values()), want, 'after RETR')
    equal(len(box.list('cur')), 2, 'in cur/')
    equal(session(box), first, 'numbers and UIDLs in cur/')
    for name in box.list('cur'):
        os.rename(box.sub('cur/' + name), box.sub('cur/' + name + 'T'))
    equal(session(box), first, 'after a change of flags')
    os.rename(box.sub('new/203.n'), box.sub('cur/203.n:2,R'))
    equal(session(box), first, 'after a move')
    os.unlink(box.popcache())
    equal(session(box), first, 'without popcache')
    c = Worker(box)
    c.ok('DELE 1')
    equal(c.uidl(), {n: u for n, u in first.items() if n != 1}, 'marked')
    c.quit()
    equal(session(box), {n - 1: u for n, u in first.items() if n != 1},
          'after deletion')


def test_restored():
    """A file restored under its name has the same UIDL"""
    box = new_box('restored')
    for i in range(3):
        box.add(b'Subject: %d\n\n' % i, '%d.n' % (300 + i))
    first = session(box)
    with open(box.sub('new/301.n'), 'rb') as f:
        data = f.read()
    session(box, 'DELE 2')
    equal(len(box.all()), 2, 'messages')
    box.add(data, '301.n:2,S', 'cur')
    equal(session(box), first, 'restored')


def test_same_base():
    """Two files of one base name are two messages with two UIDLs"""
    box = new_box('same')
    mail = [b'Subject: one\n\n', b'Subject: two!\n\n']
    box.add(mail[0], '400.n')
    box.add(mail[1], '400.n:2,S', 'cur')
    want = sorted(wire(data) for data in mail)
    c = Worker(box)
    equal(c.stat(), (2, sum(len(data) for data in want)), 'STAT')
    uids = c.uidl()
    equal(len(set(uids.values())), 2, 'UIDLs')
    equal(sorted(c.retr(n) for n in uids), want, 'contents')
    c.close()


main()
