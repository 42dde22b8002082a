#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What QUIT does, and that nothing is done before it."""

import os
import time

from popdtest.cases import check, equal, main
from popdtest.maildir import new_box
from popdtest.worker import Worker


def filled(name, count=4):
    box = new_box(name)
    for i in range(count):
        box.add(b'Subject: %d\n\n' % i, '%d.n' % (100 + i))
    return box


def test_nothing_before():
    """Nothing in new/ and cur/ changes before QUIT"""
    box = filled('before')
    box.add(b'Subject: c\n\n', '104.n:2,R', 'cur')
    before = box.state()
    c = Worker(box)
    for i in range(5):
        c.retr(i + 1)
        c.top(i + 1, 3)
    c.ok('DELE 1')
    c.ok('DELE 5')
    c.ok('NOOP')
    equal(box.state(), before, 'in the session')
    c.close()
    equal(box.state(), before, 'after the end without QUIT')


def test_quit():
    """QUIT unlinks deleted messages and moves retrieved ones to cur/"""
    box = filled('quit')
    c = Worker(box)
    c.retr(1)
    c.ok('DELE 1')
    c.retr(2)
    c.top(3, 100)
    c.quit()
    equal(box.all(), ['new/102.n', 'new/103.n', 'cur/101.n:2,S'], 'maildir')
    c = Worker(box)
    equal(c.stat()[0], 3, 'messages')
    c.retr(2)
    c.ok('RSET')
    c.quit()
    equal(box.all(), ['new/103.n', 'cur/101.n:2,S', 'cur/102.n:2,S'],
          'RSET does not take back that a message was retrieved')


def test_flags():
    """S is inserted into the flags once, in ASCII order"""
    box = new_box('flags')
    cases = [('1.n:2,', '1.n:2,S'), ('2.n:2,FT', '2.n:2,FST'),
             ('3.n:2,S', '3.n:2,S'), ('4.n:2,DFPRT', '4.n:2,DFPRST'),
             ('5.n', '5.n:2,S'), ('6.n:2,Ta', '6.n:2,STa'),
             ('7.n:1,x', '7.n:1,x')]
    for name, want in cases:
        box.add(b'Subject: x\n\n', name, 'new')
    c = Worker(box)
    for i in range(len(cases)):
        c.retr(i + 1)
    c.quit()
    got = box.list('cur')
    for name, want in cases:
        check(want in got, '%s became none of %s' % (name, got))
    equal(box.list('new'), [], 'new/')


def test_cur_stays():
    """A message that is in cur/ is not renamed"""
    box = new_box('cur')
    box.add(b'Subject: x\n\n', '1.n:2,R', 'cur')
    box.add(b'Subject: x\n\n', '2.n', 'cur')
    box.add(b'Subject: x\n\n', '3.n:2,S', 'cur')
    c = Worker(box)
    for i in range(3):
        c.retr(i + 1)
    c.quit()
    got = box.list('cur')
    check('1.n:2,R' in got or '1.n:2,RS' in got, got)
    equal(len(got), 3, 'messages')
    equal(box.list('new'), [], 'new/')


def test_cannot_delete():
    """QUIT says -ERR if a message cannot be removed, and does the rest"""
    box = filled('cannot')
    box.add(b'Subject: c\n\n', '104.n:2,R', 'cur')
    c = Worker(box)
    c.ok('DELE 1')
    c.ok('DELE 5')
    os.chmod(box.sub('new'), 0o500)
    try:
        reply = c.cmd('QUIT')
        c.close()
    finally:
        os.chmod(box.sub('new'), 0o700)
    check(reply.startswith(b'-ERR'), 'QUIT: %r' % reply)
    equal(box.all(), ['new/%d.n' % i for i in range(100, 104)], 'maildir')
    c = Worker(box)
    equal(c.stat()[0], 4, 'messages')
    c.quit()


def test_already_gone():
    """A deleted message that another program removed counts as removed"""
    box = filled('gone')
    c = Worker(box)
    c.ok('DELE 1')
    c.ok('DELE 2')
    os.unlink(box.sub('new/100.n'))
    c.quit()
    equal(box.all(), ['new/102.n', 'new/103.n'], 'maildir')


def test_renamed_before_quit():
    """A deleted message that was renamed is found and removed"""
    box = filled('renamed')
    c = Worker(box)
    c.ok('DELE 1')
    c.retr(2)
    c.ok('DELE 3')
    os.rename(box.sub('new/100.n'), box.sub('cur/100.n:2,F'))
    os.rename(box.sub('new/101.n'), box.sub('cur/101.n:2,F'))
    c.quit()
    got = box.all()
    check('cur/100.n:2,F' not in got, 'deleted message is still there')
    check('new/102.n' not in got, 'deleted message is still there')
    check('new/103.n' in got, 'another one is gone')
    equal(len(got), 2, 'messages: %s' % got)


def test_all():
    """Deleting everything leaves an empty maildrop"""
    box = filled('all', 50)
    c = Worker(box)
    for i in range(50):
        c.ok('DELE %d' % (i + 1))
    equal(c.stat(), (0, 0), 'STAT')
    c.quit()
    equal(box.all(), [], 'maildir')
    c = Worker(box)
    equal(c.stat(), (0, 0), 'STAT')
    equal(c.list(), {}, 'LIST')
    equal(c.uidl(), {}, 'UIDL')
    c.quit()


def test_tmp():
    """QUIT removes nothing from tmp/ that was made lately, though with old
    times: a copy may be under way"""
    box = filled('tmp')
    old = time.time() - 400 * 3600
    for name in ('copied', 'fresh'):
        path = box.sub('tmp/' + name)
        open(path, 'w').close()
        box.own(path)
    os.utime(box.sub('tmp/copied'), (old, old))
    c = Worker(box)
    c.ok('DELE 1')
    c.quit()
    equal(box.list('tmp'), ['copied', 'fresh'], 'tmp/')


main()
