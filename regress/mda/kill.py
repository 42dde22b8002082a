#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 300
"""kill -9 at random, with an account of every message."""

import os
import random
import subprocess
import time

from popdtest.cases import Failure, check, equal, main
from popdtest.env import ASAN, MDA
from popdtest.mail import mda
from popdtest.maildir import new_box
from popdtest.worker import Worker

random.seed(int(os.environ.get('SEED', '20260703')))
ROUNDS = 12 if ASAN else 40


def account(box):
    """{subject: [names]} of all that is visible; each must be whole."""
    out = {}
    for name in box.all():
        with open(box.sub(name), 'rb') as f:
            data = f.read()
        check(data.endswith(b'END\n'), 'cut message visible: ' + name)
        subject = data.split(b'\n')[0]
        check(data == message(int(subject.split()[1])), 'damaged: ' + name)
        out.setdefault(subject, []).append(name)
    return out


def message(i):
    return b'Subject: %d\n\n%sEND\n' % (i, b'%d line\n' % i *
                                        (1 + i * 7919 % 20000))


def sessions_agree(box):
    """A session shows just what is in the directories, exactly."""
    c = Worker(box)
    count, total = c.stat()
    sizes = c.list()
    equal(count, len(box.all()), 'STAT')
    equal(total, sum(sizes.values()), 'octets')
    equal(len(set(c.uidl().values())), count, 'UIDLs')
    for n in sizes:
        data = c.retr(n)
        equal(len(data), sizes[n], 'size of %d' % n)
        check(data.endswith(b'END\r\n'), 'cut message')
    c.close()


def strike(box, i, usual, ids):
    """Kill an mda while it reads, or while it does the rest, which usually
    takes so long: its exit status."""
    p = subprocess.Popen([MDA, box.path], stdin=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, cwd='/', **ids)
    if random.random() < 0.7:
        # All input is there; strike during the rest.
        try:
            p.stdin.write(message(i))
            p.stdin.close()
        except BrokenPipeError:
            pass
        time.sleep(random.random() * usual * 1.2)
    else:
        data = message(i)
        p.stdin.write(data[:random.randrange(len(data))])
        p.stdin.flush()
        time.sleep(random.random() * 0.01)
    p.kill()
    status = p.wait()
    try:
        p.stdin.close()
    except BrokenPipeError:
        pass
    return status


def all_once(box, numbers):
    """Each of these messages is there once."""
    found = account(box)
    for i in numbers:
        equal(len(found.get(b'Subject: %d' % i, [])), 1,
              'acknowledged message %d' % i)


def test_mda():
    """mda: the whole message or nothing; acknowledged mail is there"""
    box = new_box('mda')
    ids = dict(user=box.uid, group=box.gid, extra_groups=[]) \
        if os.getuid() == 0 else {}
    began = time.monotonic()
    mda(box.path, message(0), box.uid)
    usual = time.monotonic() - began
    acknowledged, killed = {0}, set()
    for i in range(1, ROUNDS + 1):
        status = strike(box, i, usual, ids)
        (acknowledged if status == 0 else killed).add(i)
        if i % 7 == 0:
            all_once(box, acknowledged)
            sessions_agree(box)
    print('# %d acknowledged, %d killed' % (len(acknowledged), len(killed)))
    all_once(box, acknowledged)
    found = account(box)
    for j in killed:
        check(len(found.get(b'Subject: %d' % j, [])) <= 1, 'message %d' % j)
    check(killed, 'nothing was killed')
    sessions_agree(box)
    # A retry of what was killed comes in.
    for j in killed:
        equal(mda(box.path, message(j), box.uid)[0], 0, 'retry')
    found = account(box)
    for j in killed:
        check(1 <= len(found.get(b'Subject: %d' % j, [])) <= 2, 'retried')
    sessions_agree(box)


def test_wrkrpop():
    """wrkrpop: only messages marked as deleted are removed"""
    box = new_box('wrkrpop')
    number = 0
    finished = killed = 0
    for i in range(ROUNDS):
        while len(box.all()) < 30:
            number += 1
            data = message(number % 50 + 50 * number)
            box.add(data)
        before = account(box)
        c = Worker(box)
        count = c.stat()[0]
        subjects = {n: c.top(n, 0).split(b'\r\n')[0]
                    for n in range(1, count + 1)}
        marked = set(random.sample(range(1, count + 1), 12))
        for n in random.sample(range(1, count + 1), 8):
            c.retr(n)
        for n in marked:
            c.ok('DELE %d' % n)
        where = random.random()
        answered = False
        if where < 0.1:
            c.kill()
        else:
            c.send(b'QUIT\r\n')
            time.sleep(random.random() * 0.004)
            c.process.kill()
            c.process.wait()
            try:
                answered = c.line().startswith(b'+OK')
            except Failure:
                pass
            c.kill()
        finished += answered
        killed += not answered
        after = account(box)
        for n, subject in subjects.items():
            names = after.get(subject, [])
            if n not in marked:
                equal(len(names), 1, 'message not deleted: %s' % names)
            else:
                check(len(names) <= 1, 'message twice: %s' % names)
                check(not (answered and names), 'deleted but still there')
                check(where >= 0.1 or names, 'deleted without QUIT')
        check(set(after) <= set(before), 'messages from nowhere')
        sessions_agree(box)
    print('# %d QUITs answered, %d killed' % (finished, killed))
    check(killed > 0, 'nothing was killed')


def test_both():
    """Deliveries and sessions at once, each killed now and then"""
    box = new_box('both')
    ids = dict(user=box.uid, group=box.gid, extra_groups=[]) \
        if os.getuid() == 0 else {}
    acknowledged, deleted = set(), set()
    running = []
    for i in range(ROUNDS * 2):
        p = subprocess.Popen([MDA, box.path], stdin=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, cwd='/', **ids)
        try:
            p.stdin.write(message(i))
            p.stdin.close()
        except BrokenPipeError:
            pass
        running.append((i, p))
        if random.random() < 0.2:
            p.kill()
        if i % 4 == 3:
            c = Worker(box, greeting=False)
            reply = c.line()
            if reply.startswith(b'+OK'):
                for n in range(1, c.stat()[0] + 1):
                    if random.random() < 0.3:
                        reply = c.cmd('TOP %d 0' % n)
                        check(reply.startswith(b'+OK'), repr(reply))
                        subject = c.body().split(b'\r\n')[0]
                        c.ok('DELE %d' % n)
                        deleted.add(int(subject.split()[1]))
                c.send(b'QUIT\r\n')
                if random.random() < 0.4:
                    time.sleep(random.random() * 0.003)
                    c.kill()
                else:
                    check(c.line().startswith(b'+OK'), 'QUIT')
                    c.close()
    for i, p in running:
        if p.wait(30) == 0:
            acknowledged.add(i)
    found = account(box)
    for i in acknowledged - deleted:
        equal(len(found.get(b'Subject: %d' % i, [])), 1, 'message %d' % i)
    sessions_agree(box)


main()
