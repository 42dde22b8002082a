#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Other programs change the maildir during a session."""

import os
import shutil
import time

from popdtest.cases import check, equal, main
from popdtest.env import WORK
from popdtest.mail import wire
from popdtest.maildir import new_box
from popdtest.worker import Worker


def filled(name, count=4):
    box = new_box(name)
    box.mail = []
    for i in range(count):
        data = b'Subject: %d\n\nbody %d\n' % (i, i)
        box.mail.append(wire(data))
        box.add(data, '%d.n' % (100 + i))
    return box


def test_arrives():
    """New mail is left for the next session; the list is a snapshot"""
    box = filled('arrives')
    for cached in (False, True):
        before = len(box.all())
        c = Worker(box)
        first = c.uidl()
        box.add(b'Subject: later\n\n', '%d.n' % (50 - before))
        box.add(b'Subject: later\n\n', '%d.n' % (500 + before))
        equal(c.stat()[0], before, 'STAT')
        equal(c.uidl(), first, 'UIDL')
        equal(sorted(c.list()), sorted(first), 'LIST')
        c.err('RETR %d' % (before + 1))
        c.quit()
        c = Worker(box)
        equal(c.stat()[0], before + 2, 'the next session')
        equal(set(first.values()) - set(c.uidl().values()), set(), 'UIDLs')
        c.close()


def test_arrives_before_list():
    """The list matches the greeting, even if it is read later"""
    box = filled('lazy')
    Worker(box).close()
    box.age()
    Worker(box).close()
    c = Worker(box)
    box.add(b'Subject: later\n\n', '1.n')
    equal(c.stat()[0], 4, 'STAT')
    equal(len(c.list()), 4, 'LIST')
    equal(c.retr(1), box.mail[0], 'message 1')
    c.close()


def test_renamed():
    """A renamed message is found again"""
    box = filled('renamed')
    c = Worker(box)
    os.rename(box.sub('new/100.n'), box.sub('cur/100.n:2,S'))
    os.rename(box.sub('new/101.n'), box.sub('new/101.n:2,F'))
    for i in range(4):
        equal(c.retr(i + 1), box.mail[i], 'message %d' % (i + 1))
    os.rename(box.sub('cur/100.n:2,S'), box.sub('cur/100.n:2,RS'))
    equal(c.retr(1), box.mail[0], 'renamed twice')
    equal(c.top(1, 0), b'Subject: 0\r\n\r\n', 'TOP')
    c.quit()
    c = Worker(box)
    equal(c.stat()[0], 4, 'messages')
    c.quit()


def test_removed():
    """A removed message gets -ERR, the others are served"""
    box = filled('removed')
    c = Worker(box)
    sizes = c.list()
    os.unlink(box.sub('new/101.n'))
    c.err('RETR 2')
    c.err('TOP 2 0')
    equal(c.list(), sizes, 'LIST')
    for i in (0, 2, 3):
        equal(c.retr(i + 1), box.mail[i], 'message %d' % (i + 1))
    c.quit()
    c = Worker(box)
    equal(c.stat()[0], 3, 'the next session')
    c.quit()


def test_removed_all():
    """The maildir itself is removed during a session"""
    box = filled('goneall')
    c = Worker(box)
    c.ok('NOOP')        # the index has been written by now
    shutil.rmtree(box.path)
    for i in range(4):
        c.err('RETR %d' % (i + 1))
    c.ok('NOOP')
    equal(c.stat()[0], 4, 'STAT')
    c.cmd('QUIT')
    c.close()


def test_grown():
    """A file that grew is sent to its end, and its size corrected"""
    box = filled('grown')
    Worker(box).close()
    with open(box.sub('new/100.n'), 'ab') as f:
        f.write(b'more\n')
    c = Worker(box)
    equal(c.retr(1), box.mail[0] + b'more\r\n', 'message')
    c.ok('NOOP')
    c.quit()
    c = Worker(box)
    equal(c.list()[1], len(c.retr(1)), 'size in the next session')
    equal(c.stat()[1], sum(c.list().values()), 'total')
    c.quit()


def test_shrunk():
    """A file that shrinks while it is sent never looks complete"""
    box = new_box('shrunk')
    big = b'Subject: big\n\n' + b'0123456789abcde\n' * 1000000
    box.add(big, '1.n')
    c = Worker(box)
    c.send(b'RETR 1\r\n')
    check(c.line().startswith(b'+OK'), 'RETR')
    # The pipe is full now, most of the file is not read.
    time.sleep(0.3)
    os.truncate(box.sub('new/1.n'), 1000000)
    rest = c.closed()
    check(not rest.endswith(b'\r\n.\r\n'), 'a cut message looks whole')
    c.close()
    equal(box.list('new'), ['1.n'], 'moved although not sent')


def test_replaced_by_fifo():
    """A message replaced by a FIFO, link or directory hangs nothing"""
    box = filled('replaced')
    secret = os.path.join(WORK, 'other-file')
    with open(secret, 'w') as f:
        f.write('canary\n')
    os.chmod(secret, 0o644)
    Worker(box).close()
    for number, make in ((0, os.mkfifo), (1, os.mkdir),
                         (2, lambda p: os.symlink(secret, p))):
        path = box.sub('new/%d.n' % (100 + number))
        c = Worker(box)
        os.unlink(path)
        make(path)
        box.own(path)
        c.err('RETR %d' % (number + 1))
        equal(c.retr(4), box.mail[3], 'message 4')
        c.quit()
        (os.rmdir if number == 1 else os.unlink)(path)
        box.add(b'Subject: %d\n\nbody %d\n' % (number, number),
                '%d.n' % (100 + number))


def test_hard_links():
    """A message with two names: both are deleted and stay deleted"""
    box = filled('links')
    os.link(box.sub('new/100.n'), box.sub('cur/100.n:2,S'))
    c = Worker(box)
    equal(c.stat(), (4, sum(len(data) for data in box.mail)), 'STAT')
    equal(sorted(c.retr(n) for n in c.list()), sorted(box.mail), 'messages')
    for n in range(1, 5):
        c.ok('DELE %d' % n)
    c.quit()
    equal(box.all(), [], 'maildir')
    c = Worker(box)
    equal(c.stat()[0], 0, 'the next session')
    c.quit()


main()
