#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Size tags in file names are used only if they can be true."""

import re

from popdtest.cases import check, equal, main
from popdtest.mail import mda, odd_messages, wire
from popdtest.maildir import new_box
from popdtest.worker import Worker

DATA = b'Subject: tags\n\none\ntwo\nthree\n'
S, W = len(DATA), len(wire(DATA))


def sizes(box):
    c = Worker(box)
    out = c.list()
    check(c.stat()[1] == sum(out.values()), 'total')
    for n in out:
        equal(c.retr(n), wire(DATA), 'message %d' % n)
    c.close()
    return out


def test_impossible():
    """Impossible tags are ignored"""
    box = new_box('impossible')
    tags = [
        ',S=%d' % S, ',W=%d' % W, ',S=%d,W=%d' % (S + 1, W),
        ',S=%d,W=%d' % (S, S - 1), ',S=%d,W=%d' % (S, 2 * S + 1),
        ',S=%d,W=-1' % S, ',S=%d,W=' % S, ',S=,W=', ',S=%d,W=0' % S,
        ',S=%d,W=%dx' % (S, W), ',S=%d,W=99999999999999999999' % S,
        ',S=0,W=0', ',W=%d,S=%d' % (W, S + 1), ',S=%d,W=%d' % (S, W),
        ',S=4294967296,W=4294967296',
    ]
    for i, tag in enumerate(tags):
        box.add(DATA, '%d.M1P1.other%s' % (100 + i, tag))
    out = sizes(box)
    for i, tag in enumerate(tags):
        equal(out[i + 1], W, tag)
    equal(sizes(box), out, 'from popcache')


def test_lie():
    """RETR corrects a tag that is possible but wrong"""
    box = new_box('lie')
    box.add(DATA, '100.M1P1.other,S=%d,W=%d' % (S, W + 1))
    c = Worker(box)
    equal(c.retr(1), wire(DATA), 'message')
    c.quit()
    check('size' in c.errors.lower() or 'octets' in c.errors.lower(),
          'no warning: %r' % c.errors)
    c = Worker(box)
    equal(c.list(), {1: W}, 'size in the next session')
    equal(c.stat(), (1, W), 'STAT in the next session')
    c.quit()


def test_mda():
    """Mail from mda has both tags, and they are right"""
    box = new_box('mda')
    for name, data in odd_messages()[:30]:
        status, text = mda(box.path, data, box.uid)
        equal(status, 0, '%s: %s' % (name, text))
    for name in box.list('new'):
        with open(box.sub('new/' + name), 'rb') as f:
            data = f.read()
        match = re.search(r',S=(\d+),W=(\d+)$', name)
        check(match, 'no tags: ' + name)
        equal((int(match.group(1)), int(match.group(2))),
              (len(data), len(wire(data))), name)


main()
