#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# alone
# timeout: 300
# once
"""Sessions begin while another program renames: messages that stay are listed
once, with their UIDL."""

import os
import random
import time
from functools import partial

from popdtest.cases import Failure, check, equal, main
from storm import Box, Storm, Tally, renamer, several, traced

SMALL, LARGE = 2000, 20000
SMALL_SESSIONS, LARGE_SESSIONS = 20, 5
boxes = {}


def box_of(count):
    if count not in boxes:
        boxes[count] = Box('box%d' % count, count)
    return boxes[count]


def calm(box):
    """Without a storm the list is right, with popcache and without it; what
    the storm left in popcache does not show."""
    t = Tally('calm')
    t.session(box)
    box.forget()
    t.session(box)
    t.verdict()
    box.whole()


def first(count, sessions, rate, link=None, actions='f'):
    box = box_of(count)
    t = Tally('first scan of %d' % count)
    with Storm(box, actions, rate, link=link) as storm:
        for _ in range(sessions):
            box.forget()
            t.session(box)
    calm(box)
    t.verdict(storm)


def warm(count, sessions, rate):
    box = box_of(count)
    if rate == 200:
        Tally('calm').session(box)
        time.sleep(2.2)         # until its stamps are of use
    Tally('calm').session(box)
    t = Tally('popcache of %d' % count)
    with Storm(box, 'f', rate) as storm:
        for _ in range(sessions):
            t.session(box)
    calm(box)
    t.verdict(storm)


def test_first_small():
    """First scan of 2,000, 200 and 1,000 flags changed a second"""
    several(partial(first, SMALL, SMALL_SESSIONS, 200),
            partial(first, SMALL, 2 * SMALL_SESSIONS, 1000))


def test_first_large():
    """First scan of 20,000, 200 and 1,000 flags changed a second"""
    several(partial(first, LARGE, LARGE_SESSIONS, 200),
            partial(first, LARGE, LARGE_SESSIONS, 1000))


def test_warm():
    """Sessions with popcache, 2,000 and 20,000, 200 and 1,000 a second"""
    several(partial(warm, SMALL, SMALL_SESSIONS, 200),
            partial(warm, SMALL, SMALL_SESSIONS, 1000),
            partial(warm, LARGE, LARGE_SESSIONS, 200),
            partial(warm, LARGE, LARGE_SESSIONS, 1000))


def test_swing():
    """First scan of 2,000 that move between cur and new, 1,000 a second"""
    try:
        first(SMALL, SMALL_SESSIONS, 1000, actions='w')
    finally:
        del boxes[SMALL]


def test_link():
    """First scan of 2,000, each renamed by link and unlink, 1,000 a second"""
    several(partial(first, SMALL, SMALL_SESSIONS, 1000, link=0),
            partial(first, SMALL, SMALL_SESSIONS, 1000, link=500))


def slow(delay, sessions):
    wrap = traced('getdents64', delay)
    box = box_of(SMALL)
    t = Tally('scan of %d, %d ms a call' % (SMALL, delay))
    with Storm(box, 'f', 200) as storm:
        for _ in range(sessions):
            box.forget()
            t.session(box, wrap)
    t.verdict(storm)


def test_slow():
    """First scan of 2,000 with a slow readdir (20 ms), 200 a second"""
    slow(20, 10)


def test_slower():
    """First scan with the readdir of a busy disk (100 ms)"""
    slow(100, 2)


def test_all_seen():
    """First scan while an IMAP server moves 2,000 from new to cur at once"""
    box = Box('seen', SMALL, 'new', '')
    t = Tally('new to cur at once')
    rng = random.Random(20260901)
    for _ in range(SMALL_SESSIONS):
        for name in box.dir.list('cur'):
            os.rename(box.dir.sub('cur/' + name),
                      box.dir.sub('new/' + name.split(':')[0]))
        box.forget()
        with Storm(box, 's', 0) as storm:
            time.sleep(rng.random() * 0.02)
            t.session(box)
            while storm.running():
                time.sleep(0.001)
    calm(box)
    t.verdict(storm)


def test_all_seen_paced():
    """Sessions while an IMAP server moves 2,000 to cur, 1,000 a second"""
    box = Box('paced', SMALL, 'new', '')
    t = Tally('new to cur')
    with Storm(box, 's', 1000) as storm:
        while storm.running():
            box.forget()
            t.session(box)
    equal(len(box.dir.list('new')), 0, 'left in new/')
    calm(box)
    t.verdict(storm)


def hammered(count, actions='f', sessions=60):
    """One file of so many, 1,000 times a second: every session has it."""
    box = Box('one%d%s' % (count, actions), count)
    only = sorted(box.octets)[count // 2]
    t = Tally('one file of %d hammered (%s)' % (count, actions))
    with Storm(box, actions, 1000, only=only) as storm:
        for i in range(sessions):
            if i % 3:
                box.forget()
            c = t.open(box)
            if c is not None:
                names = t.list(box, c)
                t.retr(c, {b: n for b, n in names.items() if b == only})
                c.close()
    calm(box)
    t.verdict(storm)


def test_hammered():
    """One file hammered 1,000 times a second, among 50 and alone"""
    several(partial(hammered, 50), partial(hammered, 1),
            partial(hammered, 50, 'w'), partial(hammered, 1, 'w'))


def test_renamer():
    """The other program does what it is told"""
    check(os.access(renamer(), os.X_OK), 'compiled')
    box = Box('paces', 100)
    with Storm(box, 'f', 500) as storm:
        time.sleep(0.6)
    if not 250 < storm.rate < 550:
        raise Failure('%d steps in %.2f s' % (storm.steps, storm.seconds))
    box.whole()


if __name__ == '__main__':
    main()
