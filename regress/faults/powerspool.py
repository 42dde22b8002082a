#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 300
"""Power cuts while a spool is moved: every message is there once, whatever
the disk has kept, and keeps the UIDL that was told.

A session is recorded with strace, and disk.py makes up what a disk could hold
after a power cut at each moment of it, as in power.py.  A session looks at
that, and another one at what the first has left.
POWER_SEED and POWER_STATES (of each run) change the sample.
"""

import hashlib
import os
import random
import shutil
import subprocess

from popdtest.cases import Failure, Skip, check, equal, main, short
from popdtest.env import LIBEXEC, PATIENCE, WORK
from popdtest.mail import wire
from popdtest.maildir import Maildir
from popdtest.spool import entry
from popdtest.talk import Replies
from calls import Reader, command
from disk import Disk

SEED = int(os.environ.get('POWER_SEED', '20261123'))
STATES = int(os.environ.get('POWER_STATES', '100'))
HAD = b'Subject: had\n\nbefore\n'
MAIL = [b'Subject: %d\n\nFrom here\n%s' % (i, b'line\n' * (5 + i * 900))
        for i in range(3)]
LATER = b'Subject: later\n\ncame after\n'
BATCH = '1700000000.M000001P1R0123456789abcdef'


def subject(data):
    return data.split(b'\r\n')[0]


class Run:
    """A spool and a maildir below one directory, and a session of it."""

    def __init__(self, name, messages, parts=('tmp', 'new', 'cur')):
        self.home = os.path.join(WORK, name)
        self.spool = self.home + '/spool'
        self.name, self.want = name, [wire(m) for m in messages]
        self.rng = random.Random(SEED)
        self.told = {}
        self.box = Maildir(self.home + '/box', make=False)
        for part in ('',) + parts:
            os.makedirs(self.box.sub(part), 0o700)

    def command(self):
        return [LIBEXEC + '/wrkrpop', '-l', 'fcntl', '-m', self.spool, '-s',
                self.box.path]

    def write(self, *messages):
        with open(self.spool, 'wb') as f:
            f.write(b''.join(entry(m) for m in messages))
        os.chmod(self.spool, 0o600)

    def session(self, *before):
        """What a session says: {message: UIDL}."""
        count = len(self.want) + 1
        lines = ['UIDL'] + ['RETR %d' % (i + 1) for i in range(count)]
        p = subprocess.run(list(before) + self.command(),
                           input='\r\n'.join(lines + ['RSET', '']).encode(),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=4 * PATIENCE)
        self.log = p.stderr.decode()
        equal(p.returncode, 0, 'exit status, log ' + self.log)
        r = Replies(p.stdout)
        r.ok()
        uidls = list(r.numbers().values())
        found = [self.body(r) for _ in range(count)]
        equal([data is None for data in found],
              [i >= len(uidls) for i in range(count)], 'RETR')
        r.ok()
        r.end()
        found = found[:len(uidls)]
        equal(sorted(subject(m) for m in found),
              sorted(subject(m) for m in self.want), 'messages')
        equal(sorted(found), sorted(self.want), 'octets')
        return dict(zip(found, uidls))

    @staticmethod
    def body(r):
        return r.body() if r.status().startswith('+OK') else None

    def record(self):
        trace = self.home + '.trace'
        store = self.home + '.store'
        self.disk = Disk(self.home, store, self.rng, [])
        # A spool that has another name is left alone.
        os.unlink(os.path.join(store, str(os.stat(self.spool).st_ino)))
        reader = Reader(self.disk)
        reader.on_output = self.on_output
        self.told = self.session(*command(trace, []))
        self.disk.bound()
        reader.read(trace)
        equal(self.log, '', 'log')
        check(self.since, 'nothing was told')

    since = None

    def on_output(self, data):
        """From the greeting on it is known what there is."""
        if self.since is None:
            self.since = len(self.disk.events)

    def judge(self, state):
        first = self.session()
        if state.at >= self.since:
            equal(first, self.told, 'what was told')
        equal(self.session(), first, 'another session')
        equal(os.path.getsize(self.spool), 0, 'octets in the spool')
        check(not os.path.exists(self.box.sub('popspool')), 'popspool')

    def states(self):
        seen = {}
        for until in range(len(self.disk.events) + 1):
            for state in self.disk.states(until):
                seen.setdefault((state.key, until >= self.since), state)
        states = list(seen.values())
        return (states if len(states) <= STATES else
                self.rng.sample(states, STATES)), len(states)

    def cut(self):
        states, total = self.states()
        wrong = []
        for state in states:
            self.disk.put(state)
            try:
                self.judge(state)
            except Failure as why:
                wrong.append('after event %d of %d %s, %s: %s; %s' % (
                    state.at, len(self.disk.events),
                    short(repr(self.disk.events[max(state.at - 1, 0)])),
                    state.how, why, self.log))
        print('# %s: %d of %d states, seed %d, %d events' % (
            self.name, len(states), total, SEED, len(self.disk.events)))
        check(not wrong, '%d of %d states, such as\n%s' % (
            len(wrong), len(states), '\n'.join(wrong[:4])))


def need_strace():
    if not shutil.which('strace'):
        raise Skip('needs strace')
    if subprocess.run(['strace', '-o', '/dev/null', 'true'],
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip('strace cannot trace here')


def test_whole():
    """From a whole spool, into a maildir with mail"""
    need_strace()
    run = Run('whole', MAIL + [HAD])
    run.box.add(HAD)
    run.write(*MAIL)
    run.record()
    run.cut()


def test_first():
    """The first mail of a user: new/, cur/ and tmp/ are made"""
    need_strace()
    run = Run('first', MAIL, parts=())
    run.write(*MAIL)
    run.record()
    run.cut()


def digest(data):
    sample = 65536
    return hashlib.sha256(data[:sample] + data[-sample:]).hexdigest()


def test_stopped():
    """From where a session was killed, with new mail since"""
    need_strace()
    run = Run('stopped', MAIL + [LATER])
    run.write(*MAIL)
    with open(run.spool, 'rb') as f:
        moved = f.read()
    os.mkdir(run.box.sub('popspool'), 0o700)
    for i, data in enumerate(MAIL):
        name = '%sQ%08d.test,S=%d,W=%d' % (BATCH, i + 1, len(data),
                                           len(wire(data)))
        with open(run.box.sub(('popspool/', 'new/')[i == 1] + name),
                  'wb') as f:
            f.write(data)
    with open(run.box.sub('popspool/journal'), 'w') as f:
        f.write('popspool-1 %d %s %s\n' % (len(moved), digest(moved), BATCH))
    run.write(*MAIL, LATER)
    run.record()
    run.cut()


main()
