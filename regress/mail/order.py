#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Order of messages: number before the first dot, else mtime; then name."""

import os

from popdtest.cases import equal, main
from popdtest.maildir import new_box
from popdtest.worker import Worker


def subjects(box):
    c = Worker(box)
    count = c.stat()[0]
    out = [c.retr(i + 1).split(b'\r\n')[0][9:].decode('utf-8')
           for i in range(count)]
    c.close()
    return out


def put(box, name, sub='new', mtime=None):
    box.add(b'Subject: ' + name.encode() + b'\n\n', name, sub)
    if mtime is not None:
        os.utime(box.sub(sub + '/' + name), (mtime, mtime))


def test_numbers():
    """By number, not by text; ties by octets of the name"""
    box = new_box('numbers')
    names = ['9.z', '10.a', '10.b', '100.A', '100.a', '99999.x',
             '1600000000.M1P1.h', '1600000000.M2P1.h', '4294967297.x',
             '99999999999.x']
    for name in reversed(names):
        put(box, name)
    equal(subjects(box), names, 'order')
    equal(subjects(box), names, 'order from popcache')
    os.unlink(box.popcache())
    equal(subjects(box), names, 'order without popcache')


def test_both_directories():
    """new/ and cur/ are one list"""
    box = new_box('both')
    for i in range(20):
        put(box, '%d.n' % (1000 + i), 'cur' if i % 3 else 'new')
    equal(subjects(box), ['%d.n' % (1000 + i) for i in range(20)], 'order')


def test_no_number():
    """Without a number by the time of the file"""
    box = new_box('mtime')
    put(box, 'b-file', mtime=2000)
    put(box, 'a-file', mtime=3000)
    put(box, 'c.file', mtime=1000)
    put(box, '2500.n')
    put(box, '500.n')
    want = ['500.n', 'c.file', 'b-file', '2500.n', 'a-file']
    equal(subjects(box), want, 'order')
    equal(subjects(box), want, 'order from popcache')


def test_later():
    """Later mail is sorted in, and the order is kept"""
    box = new_box('later')
    for i in (10, 20, 30):
        put(box, '%d.n' % i)
    equal(subjects(box), ['10.n', '20.n', '30.n'], 'order')
    for i in (5, 15, 25, 35):
        put(box, '%d.n' % i)
    want = ['%d.n' % i for i in (5, 10, 15, 20, 25, 30, 35)]
    equal(subjects(box), want, 'order with popcache')
    os.unlink(box.popcache())
    equal(subjects(box), want, 'order without popcache')


def test_mtime_restored():
    """popcache keeps the order when a restore changes times"""
    box = new_box('restored')
    for i, name in enumerate(('zz', 'yy', 'xx')):
        put(box, name, mtime=1000 + i)
    equal(subjects(box), ['zz', 'yy', 'xx'], 'order')
    for i, name in enumerate(('zz', 'yy', 'xx')):
        os.utime(box.sub('new/' + name), (9000 - i, 9000 - i))
    equal(subjects(box), ['zz', 'yy', 'xx'], 'order after new times')


main()
