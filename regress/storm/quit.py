#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# alone
# timeout: 700
# once
"""RETR and QUIT while another program renames: messages that stay can be read,
and +OK to QUIT means gone for good."""

import os
import shutil
import time
from functools import partial

from popdtest.cases import Failure, check, equal, main
from popdtest.env import ASAN
from popdtest.worker import Worker
from storm import Box, Linker, Storm, Tally, base_of, several, traced

ROUNDS = 3 if ASAN else 6


class Quits:
    """Results of QUIT after DELE, and what was on disk afterwards."""

    def __init__(self, title):
        self.title = title
        self.ok = self.err = self.back = self.false = 0
        self.lost = self.twice = 0
        self.why = None

    def note(self, reply, box, deleted, may=()):
        """Nothing renames any more.  Messages in may are removed by somebody
        else."""
        found = box.on_disk()
        there = [b for b in deleted if b in found]
        lost = [b for b in box.octets if b not in found and
                b not in deleted and b not in may]
        if reply.startswith(b'+OK'):
            self.ok += 1
            self.back += len(there)
        else:
            check(reply.startswith(b'-ERR'), reply)
            self.err += 1
            self.false += not there
        self.lost += len(lost)
        twice = [b for b in found if len(found[b]) > 1]
        self.twice += len(twice)
        if there or lost or twice:
            self.why = self.why or (reply, [found[b] for b in there], lost,
                                    [found[b] for b in twice])

    def verdict(self, least=0.5):
        """With 0: -ERR is right as long as names do not keep still, and those
        of a file that is gone never may."""
        line = '%s: %d +OK, %d -ERR; %d there after +OK, %d -ERR though ' \
            'all was gone, %d lost, %d there twice' % (
                self.title, self.ok, self.err, self.back, self.false,
                self.lost, self.twice)
        print('# ' + line)
        if self.back or self.lost or self.twice:
            raise Failure('%s; first: %r' % (line, self.why))
        if self.ok < least * (self.ok + self.err):
            raise Failure(line)


def retr_all(count, rate, actions='f', link=None, wrap=(), rounds=ROUNDS):
    box = Box('retr', count)
    t = Tally('RETR of %d, %s%s' % (count, actions, '' if link is None else
                                    ', link for %d us' % link))
    with Storm(box, actions, rate, link=link) as storm:
        for _ in range(rounds):
            c = t.open(box, wrap)
            if c is not None:
                t.retr(c, t.list(box, c))
                c.quit()
    box.whole()
    t.verdict(storm)


def test_retr():
    """Every message can be read, octet by octet, and QUIT loses none"""
    count = 100 if ASAN else 500
    several(partial(retr_all, count, 200), partial(retr_all, count, 1000),
            partial(retr_all, count, 1000, 'w'),
            partial(retr_all, count, 1000, link=0),
            partial(retr_all, count, 1000, link=500))


def test_retr_slow():
    """Every message can be read though each open takes 5 ms"""
    several(partial(retr_all, 30, 200, wrap=traced('openat', 5), rounds=3),
            partial(retr_all, 30, 200, 'w', wrap=traced('openat', 5),
                    rounds=3))


def delete(q, t, box, deleted, storm, wrap=()):
    """A session that deletes these in the storm."""
    with storm:
        c = t.open(box, wrap)
        if c is None:
            return
        names = t.list(box, c)
        deleted = [b for b in deleted if b in names]
        for b in deleted:
            c.ok('DELE %d' % names[b])
        reply = c.cmd('QUIT')
        c.close()
    q.note(reply, box, deleted)


def deleting(count, victims, rate, actions='f', link=None, one=False, wrap=(),
             rounds=ROUNDS, least=0.5):
    """Delete so many of a maildir in some sessions, each with a new one; with
    one, only that file is renamed.  Each QUIT is answered honestly."""
    q = Quits('QUIT, %d of %d, %s %d/s%s%s' % (
        victims, count, actions, rate, ', hammered' if one else '',
        '' if link is None else ', link for %d us' % link))
    t = Tally('sessions')
    for _ in range(rounds):
        box = Box('dele', count)
        deleted = sorted(box.octets)[::count // victims]
        delete(q, t, box, deleted,
               Storm(box, actions, rate, link=link,
                     only=deleted[0] if one else None), wrap)
    q.verdict(0 if link and not one else least)
    check(t.refused <= t.sessions / 2, '%d refused' % t.refused)


def test_dele():
    """+OK to QUIT: gone for good; the others stay"""
    several(partial(deleting, 200, 100, 200),
            partial(deleting, 200, 100, 1000),
            partial(deleting, 200, 100, 1000, 'w'),
            partial(deleting, 2000, 1000, 1000, rounds=3),
            partial(deleting, 2000, 1000, 1000, 'w', rounds=3))


def test_dele_link():
    """+OK to QUIT: no other link of the message is left"""
    several(partial(deleting, 200, 100, 1000, link=0),
            partial(deleting, 200, 100, 1000, link=500),
            partial(deleting, 200, 100, 1000, 'w', link=500),
            partial(deleting, 1, 1, 500, one=True, link=1000,
                    rounds=3 * ROUNDS))


def test_dele_hammered():
    """+OK to QUIT: gone, though renamed 1,000 times a second"""
    rounds = 3 * ROUNDS
    several(partial(deleting, 50, 1, 1000, one=True, rounds=rounds),
            partial(deleting, 1, 1, 1000, one=True, rounds=rounds),
            partial(deleting, 50, 1, 1000, 'w', one=True, rounds=rounds))


def test_dele_slow():
    """+OK to QUIT: gone, though each unlink takes 20 ms"""
    slow = partial(deleting, wrap=traced('unlinkat', 20),
                   rounds=3, least=0)
    several(partial(slow, 20, 10, 200), partial(slow, 20, 10, 200, 'w'),
            partial(slow, 20, 10, 200, link=2000),
            partial(slow, 20, 1, 200, one=True))


def renamed_times(q, box, times, wrap):
    """Rename the deleted message so many times, each 30 ms, around QUIT."""
    c = Worker(box, wrap=wrap)
    base = sorted(box.octets)[1]
    c.ok('NOOP')
    c.ok('DELE 2')
    path = box.dir.sub('cur/%s:2,S' % base)
    c.send(b'QUIT\r\n')
    for i in range(times):
        time.sleep(0.03)
        new = box.dir.sub('cur/%s:2,%s' % (base, ('F', 'S')[i % 2]))
        try:
            os.rename(path, new)
        except FileNotFoundError:
            break
        path = new
    reply = c.line()
    c.close()
    q.note(reply, box, [base])


def test_renamed_twice():
    """A message renamed over and over while QUIT unlinks it (0.1 s each)"""
    q = Quits('renamed 1, 2 ... 12 times')
    for times in (1, 2, 4, 6, 12):
        renamed_times(q, Box('times', 5), times,
                      traced('unlinkat,renameat,renameat2', 100))
    q.verdict(0)


def without_cur(what, change):
    """Something is done to cur/ before QUIT: -ERR, and nothing is lost."""
    box = Box('cur', 10)
    box.add('1700000000.M1P1.storm', 'new', '')
    c = Worker(box)
    c.retr(11)
    for n in range(1, 4):
        c.ok('DELE %d' % n)
    cur, away = box.dir.sub('cur'), box.dir.sub('away')
    os.rename(cur, away)
    change(box, cur)
    reply = c.cmd('QUIT')
    c.close()
    check(reply.startswith(b'-ERR'), '%s: %r' % (what, reply))
    found = {base_of(n) for n in os.listdir(away) + box.dir.list('new')}
    if os.path.isdir(cur):
        found |= {base_of(n) for n in os.listdir(cur)}
    equal(sorted(set(box.octets) - found), [], what + ': lost')


def make_cur(box, cur):
    os.mkdir(cur, 0o700)
    box.dir.own(cur)


def file_cur(box, cur):
    open(cur, 'w').close()
    box.dir.own(cur)


def link_cur(box, cur):
    os.symlink('away', cur)
    box.dir.own(cur)


def copy_cur(box, cur):
    shutil.copytree(box.dir.sub('away'), cur)
    for name in os.listdir(cur) + ['.']:
        box.dir.own(os.path.join(cur, name))


def test_cur():
    """cur/ moved away or replaced before QUIT: -ERR, nothing is lost"""
    several(partial(without_cur, 'missing', lambda box, cur: None),
            partial(without_cur, 'an empty directory', make_cur),
            partial(without_cur, 'a file', file_cur),
            partial(without_cur, 'a symbolic link to it', link_cur))


def test_cur_copied():
    """cur/ replaced by a copy (restored) before QUIT: -ERR"""
    without_cur('a copy', copy_cur)


def test_new():
    """new/ moved away before QUIT: -ERR, nothing is lost"""
    box = Box('new', 6, 'new', '')
    c = Worker(box)
    c.retr(5)
    for n in range(1, 4):
        c.ok('DELE %d' % n)
    os.rename(box.dir.sub('new'), box.dir.sub('away'))
    make_cur(box, box.dir.sub('new'))
    reply = c.cmd('QUIT')
    c.close()
    check(reply.startswith(b'-ERR'), repr(reply))
    equal(set(os.listdir(box.dir.sub('away'))) |
          {base_of(n) for n in box.dir.list('cur')}, set(box.octets), 'lost')


def test_cur_back():
    """cur/ moved away and back before QUIT: no difference"""
    box = Box('back', 6)
    c = Worker(box)
    bases = sorted(box.octets)
    c.ok('DELE 2')
    os.rename(box.dir.sub('cur'), box.dir.sub('away'))
    c.ok('NOOP')
    os.rename(box.dir.sub('away'), box.dir.sub('cur'))
    q = Quits('moved and back')
    q.note(c.cmd('QUIT'), box, [bases[1]])
    c.close()
    q.verdict(0)


def expunged(rate, actions, link=None):
    """Every fifth message is removed by the other program meanwhile, a client
    deletes these and others."""
    q, t = Quits('expunge %s %d/s' % (actions, rate)), Tally('expunge')
    for _ in range(ROUNDS):
        box = Box('expunge', 200)
        bases = sorted(box.octets)
        victims, deleted = bases[::5], bases[::5] + bases[1::10]
        with Storm(box, actions, rate, link=link, victims=victims) as storm:
            c = t.open(box)
            if c is None:
                continue
            names = t.list(box, c, victims)
            t.retr(c, names, victims)
            deleted = [b for b in deleted if b in names]
            for b in deleted:
                c.ok('DELE %d' % names[b])
            reply = c.cmd('QUIT')
            c.close()
        q.note(reply, box, deleted, storm.removed())
    q.verdict(0)
    t.verdict(storm)


def test_expunge():
    """Messages removed meanwhile: whole or -ERR, and gone"""
    several(partial(expunged, 1000, 'fx'), partial(expunged, 1000, 'fwx'),
            partial(expunged, 400, 'x'),
            partial(expunged, 1000, 'ffx', link=500))


def test_linked():
    """QUIT removes files with links elsewhere, while names come and go"""
    box = Box('linked', 200)
    saved = box.path + '.saved'
    shutil.rmtree(saved, ignore_errors=True)
    shutil.copytree(box.path, saved, copy_function=os.link)
    left = sorted(box.octets)
    for _ in range(ROUNDS):
        with Linker(box):
            c = Worker(box.dir)
            ids = c.uidl()
            gone, left = left[:5], left[5:]
            for n, uid in ids.items():
                if box.uidl.get(uid) in gone:
                    c.ok('DELE %d' % n)
            c.ok('QUIT')
            c.close()
        equal(sorted(b for b in box.on_disk() if b[-6:] != 'linker'), left,
              'left')
        for name in box.dir.list('new'):
            os.unlink(box.dir.sub('new/' + name))
    equal(len(os.listdir(saved + '/cur')), 200, 'saved')
    shutil.rmtree(saved)


if __name__ == '__main__':
    main()
