#!/usr/bin/env python3
#
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
#
# timeout: 300
"""Random sessions against a model: numbers never change, marked messages are
never listed, and only QUIT changes anything."""

import random

from popdtest.cases import check, equal, main
from popdtest.env import ASAN
from popdtest.mail import wire
from popdtest.talk import Talk, maildir, uidl_of


class Model:
    def __init__(self, d, names, data):
        self.d, self.names, self.data = d, names, data
        self.marked, self.read = set(), set()

    def sizes(self):
        return {n: len(wire(self.data[name]))
                for n, name in enumerate(self.names, 1)
                if n not in self.marked}


def step(rng, t, m):
    """One random command, and what must come of it."""
    n = rng.randrange(0, len(m.names) + 3)
    there = 1 <= n <= len(m.names) and n not in m.marked
    what = rng.choice(('STAT', 'LIST', 'UIDL', 'LIST n', 'UIDL n', 'RETR',
                       'TOP', 'DELE', 'DELE', 'DELE', 'RSET', 'NOOP', 'FOO'))
    sizes = m.sizes()
    if what == 'STAT':
        equal(t.cmd('STAT').stat(), (len(sizes), sum(sizes.values())))
    elif what == 'LIST':
        equal(t.cmd('LIST').numbers(), {k: str(v) for k, v in sizes.items()})
    elif what == 'UIDL':
        equal(t.cmd('UIDL').numbers(),
              {k: uidl_of(m.names[k - 1]) for k in sizes})
    elif what == 'NOOP':
        t.cmd('NOOP').ok()
    elif what == 'FOO':
        t.cmd('FOO %d' % n).err()
    elif what == 'RSET':
        if rng.random() < 0.3:
            t.cmd('RSET').ok()
            m.marked.clear()
    elif not there:
        t.cmd(what.split()[0] + ' %d' % n + (' 1' if what == 'TOP' else ''))
        t.err()
    elif what == 'LIST n':
        equal(t.cmd('LIST %d' % n).ok(), '+OK %d %d' % (n, sizes[n]))
    elif what == 'UIDL n':
        equal(t.cmd('UIDL %d' % n).ok(),
              '+OK %d %s' % (n, uidl_of(m.names[n - 1])))
    elif what == 'RETR':
        t.cmd('RETR %d' % n).ok()
        equal(t.body(), wire(m.data[m.names[n - 1]]))
        m.read.add(n)
    elif what == 'TOP':
        t.cmd('TOP %d 1' % n).ok()
        t.body()
    elif what == 'DELE':
        t.cmd('DELE %d' % n).ok()
        m.marked.add(n)


def sessions(seed):
    rng = random.Random(seed)
    d = maildir()
    data, names = {}, []
    for _ in range(rng.choice((0, 1, 3, 12, 40))):
        text = b'Subject: %d\n\n' % len(names) + b'x\n' * rng.randrange(9)
        names.append(d.add(text))
        data[names[-1]] = text
    for _ in range(4):
        before = d.state()
        m = Model(d, names, data)
        t = Talk(d)
        for _ in range(60):
            step(rng, t, m)
        equal(d.state(), before, 'the maildir before QUIT')
        if rng.random() < 0.3:
            t.wait()
            equal(d.state(), before, 'the maildir without QUIT')
            continue
        t.quit()
        names = [x for n, x in enumerate(names, 1) if n not in m.marked]
        left = [x.split('/')[1] for x in d.all()]
        equal(sorted(x.split(':')[0] for x in left), sorted(names),
              'what is left')
        for n in m.read - m.marked:
            check(m.names[n - 1] + ':2,S' in left, 'not marked as seen')
        for _ in range(rng.randrange(4)):
            text = b'Subject: new\n\n' + b'y\n' * rng.randrange(9)
            names.append(d.add(text))
            data[names[-1]] = text


def test_random_sessions():
    """Random sessions against a model"""
    for seed in range(3 if ASAN else 12):
        sessions(seed)


if __name__ == '__main__':
    main()
