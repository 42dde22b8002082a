#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# needs: Linux
# once
"""The cost of a session in system calls: it depends on what has changed, not
on how much mail there is."""

import os
import re
import shutil
import subprocess
import time

from popdtest.cases import Skip, check, equal, main, short
from popdtest.env import LIBEXEC, MDA, UID, WORK
from popdtest.host import need
from popdtest.maildir import new_box

SMALL, LARGE = 50, 20000
DATA = b'Subject: cost\n\nbody\n'


def maildir(name, count):
    box = new_box(name)
    for i in range(count):
        with open(box.sub('cur/%d.%d.host:2,S' % (1000000 + i, i)),
                  'wb') as f:
            f.write(DATA)
    box.own(box.path)
    for sub in ('new', 'cur'):
        box.own(box.sub(sub))
    return box


def ids():
    """What makes a program run as the owner of a box."""
    if os.getuid() != 0:
        return {}
    return dict(user=UID, group=UID, extra_groups=[])


def calls(box, commands):
    """System calls of one session of a worker by name, and what it said."""
    need('strace')
    log = os.path.join(WORK, 'calls')
    open(log, 'w').close()
    box.own(log)
    result = subprocess.run(
        ['strace', '-f', '-o', log, LIBEXEC + '/wrkrpop', '-s', box.path],
        input=commands, capture_output=True, timeout=60, cwd='/', **ids())
    count = {}
    with open(log, encoding='latin-1') as f:
        for line in f:
            m = re.match(r'[0-9]+ +([a-z0-9_]+)\(', line)
            if m:
                count[m.group(1)] = count.get(m.group(1), 0) + 1
    if not count:
        raise Skip('strace cannot trace here: ' +
                   result.stderr.decode()[-200:].strip())
    check(b'-ERR' not in result.stdout, short(result.stdout))
    return count, result.stdout


def named(count, *names):
    return sum(count.get(n, 0) for n in names)


def boxes():
    if not hasattr(boxes, 'made'):
        boxes.made = maildir('small', SMALL), maildir('large', LARGE)
        for box in boxes.made:
            calls(box, b'QUIT\r\n')
        time.sleep(2.2)
        for box in boxes.made:
            calls(box, b'QUIT\r\n')
    return boxes.made


def test_stat():
    """STAT of an unchanged maildir: the same calls for 50 and for 20,000"""
    small, large = boxes()
    a, said = calls(small, b'STAT\r\nQUIT\r\n')
    check(b'+OK %d ' % SMALL in said, said)
    b, said = calls(large, b'STAT\r\nQUIT\r\n')
    check(b'+OK %d ' % LARGE in said, said)
    equal(b, a, 'system calls')


def test_list():
    """LIST and UIDL: no call per message"""
    small, large = boxes()
    a = calls(small, b'LIST\r\nUIDL\r\nQUIT\r\n')[0]
    b, said = calls(large, b'LIST\r\nUIDL\r\nQUIT\r\n')
    check(said.count(b'\r\n') > 2 * LARGE, 'lines')
    files = 'openat', 'newfstatat', 'fstat', 'getdents64', 'pread64'
    equal(named(b, *files), named(a, *files), 'calls for files')
    memory = named(b, 'mmap', 'brk', 'mremap') - named(a, 'mmap', 'brk',
                                                       'mremap')
    check(memory < 40, '%d more calls for memory' % memory)


def test_new():
    """One new message: one file is opened, no other is looked at"""
    for box in boxes():
        with open(box.sub('new/2000000.x.host'), 'wb') as f:
            f.write(DATA)
        box.own(box.sub('new/2000000.x.host'))
    # A directory that has just changed costs more calls.
    time.sleep(2.2)
    got = []
    for box in boxes():
        count, said = calls(box, b'STAT\r\nQUIT\r\n')
        got.append(named(count, 'openat', 'newfstatat', 'fstat', 'close'))
        check(count['getdents64'] < 200, 'getdents64')
    equal(got[1], got[0], 'calls for files')


def test_delivered():
    """One message by mda: neither its file nor the index is read"""
    small, large = boxes()
    got = []
    for box in small, large:
        subprocess.run([MDA, box.path], input=DATA, check=True, cwd='/',
                       **ids())
        sent, said = calls(box, b'STAT\r\nQUIT\r\n')
        got.append(sent)
    equal(said, b'+OK maildrop has %d messages' % (LARGE + 2) +
          said[said.index(b' ('):], 'messages')
    # As many as of a small one, and so of one that has nothing new in it.
    equal(named(got[1], 'openat', 'pread64', 'getdents64'),
          named(got[0], 'openat', 'pread64', 'getdents64'), 'calls')


def test_copies():
    """A restore over a living maildir: no file is read again until it changes
    """
    box = maildir('copies', SMALL)
    for name in box.list('cur'):
        shutil.copy(box.sub('cur/' + name),
                    box.sub('new/' + name.split(':')[0]))
        box.own(box.sub('new/' + name.split(':')[0]))
    time.sleep(3.1)
    first = calls(box, b'STAT\r\nQUIT\r\n')[0]
    check(named(first, 'openat') > 2 * SMALL, 'not compared: %s' % first)

    def session(opened, messages, what):
        count, said = calls(box, b'STAT\r\nQUIT\r\n')
        check(b'has %d messages' % messages in said, '%s: %s' % (what, said))
        equal(named(count, 'openat') - session.few, opened, what)
    session.few = 0
    count = calls(box, b'STAT\r\nQUIT\r\n')[0]
    session.few = named(count, 'openat')
    check(session.few < 30, '%d files opened again' % session.few)
    session(0, SMALL, 'unchanged')
    name = box.list('cur')[7]
    with open(box.sub('cur/' + name), 'r+b') as f:
        f.write(b'X')
    calls(box, b'STAT\r\nQUIT\r\n')
    time.sleep(3.1)
    calls(box, b'STAT\r\nQUIT\r\n')
    session(0, SMALL + 1, 'one changed')


main()
