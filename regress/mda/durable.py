#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# needs: Linux
# once
"""The order of system calls: what is acknowledged is on disk."""

import os
import re
import subprocess

from popdtest.cases import Failure, Skip, check, equal, main
from popdtest.env import LIBEXEC, MDA, WORK
from popdtest.host import need
from popdtest.maildir import new_box

CALLS = 'openat,open,write,fsync,fdatasync,rename,renameat,renameat2,link,' \
    'linkat,unlink,unlinkat,mkdir,mkdirat,exit_group'


def traced(command, data, uid):
    """[(call, text of the line)] of a program."""
    need('strace', 'setpriv')
    # Without permission strace shows no names of files.
    if os.getuid() != 0:
        raise Skip('needs root to look into the process')
    out = os.path.join(WORK, 'trace')
    if os.path.exists(out):
        os.unlink(out)
    result = subprocess.run(
        ['strace', '-f', '-y', '-o', out, '-e', 'trace=execve,' + CALLS,
         'setpriv', '--reuid', str(uid), '--regid', str(uid),
         '--clear-groups'] + command, input=data, capture_output=True,
        timeout=60, cwd='/')
    if b'ptrace' in result.stderr or not os.path.exists(out):
        raise Skip('strace cannot trace here')
    equal(result.returncode, 0, result.stderr)
    calls = []
    with open(out, errors='replace') as f:
        for line in f:
            line = line.partition(' ')[2].strip()
            if '(' not in line or ' = -1 ' in line:
                continue
            calls.append((line.split('(')[0], line + '\n'))
            # What setpriv did before is of no interest.
            if line.startswith('execve') and command[0] in line:
                calls = []
    return calls


def first(calls, what, name, pattern, start=0):
    """The index of the first such call from start on."""
    for i in range(start, len(calls)):
        if calls[i][0] in what and re.search(pattern, calls[i][1]):
            return i
    raise Failure('%s is missing in:\n%s' % (
        name, ''.join(line for call, line in calls[start:])))


def test_mda():
    """mda: fsync of the file, rename, fsync of new/, then success"""
    box = new_box('durable')
    calls = traced([MDA, box.path], b'Subject: x\n\n' + b'y\n' * 50000,
                   box.uid)
    create = first(calls, ('openat', 'open'), 'exclusive create in tmp/',
                   r'O_CREAT.*O_EXCL|O_EXCL.*O_CREAT')
    writes = [i for i, (c, l) in enumerate(calls)
              if c == 'write' and i > create and 'tmp/' in l]
    check(writes, 'no write')
    sync = first(calls, ('fsync', 'fdatasync'), 'fsync of the file', 'tmp/',
                 writes[-1])
    move = first(calls, ('rename', 'renameat', 'renameat2', 'link', 'linkat'),
                 'rename', 'new', sync)
    check(not [l for c, l in calls[:move] if c in ('rename', 'renameat',
                                                   'renameat2', 'linkat') and
               'new' in l], 'renamed before')
    last = first(calls, ('fsync',), 'fsync of new/', r'/new>', move)
    end = first(calls, ('exit_group',), 'exit', '')
    check(last < end, 'exit before fsync')


def test_mda_directories():
    """mda: directories it creates are on disk before the mail"""
    box = new_box('made')
    for sub in ('tmp', 'new', 'cur'):
        os.rmdir(box.sub(sub))
    calls = traced([MDA, box.path], b'Subject: x\n\n', box.uid)
    made = [i for i, (c, l) in enumerate(calls) if c in ('mkdir', 'mkdirat')]
    equal(len(made), 3, 'directories made')
    create = first(calls, ('openat', 'open'), 'exclusive create',
                   r'O_CREAT.*O_EXCL|O_EXCL.*O_CREAT')
    sync = first(calls, ('fsync',), 'fsync of the maildir', r'made>',
                 made[-1])
    check(sync < create, 'mail before the directories')


def test_quit():
    """QUIT: unlink and rename, fsync of the directories, then +OK"""
    box = new_box('quit')
    for i in range(4):
        box.add(b'Subject: x\n\n', '%d.n' % i)
    calls = traced([LIBEXEC + '/wrkrpop', '-s', box.path],
                   b'RETR 1\r\nRETR 2\r\nDELE 3\r\nQUIT\r\n', box.uid)
    gone = first(calls, ('unlink', 'unlinkat'), 'unlink', r'\b2\.n"')
    moves = [i for i, (c, l) in enumerate(calls)
             if c.startswith(('rename', 'link')) and ':2,S' in l]
    equal(len(moves), 2, 'messages moved to cur/')
    bye = [i for i, (c, l) in enumerate(calls)
           if c == 'write' and '<pipe:' in l and i > max(moves + [gone])]
    check(bye, 'no answer after the work')
    syncs = [(i, l) for i, (c, l) in enumerate(calls)
             if c == 'fsync' and i > max(moves + [gone])]
    new = [i for i, l in syncs if '/new>' in l]
    cur = [i for i, l in syncs if '/cur>' in l]
    equal((len(new), len(cur)), (1, 1), 'fsyncs of new/ and cur/')
    check(max(new + cur) < bye[-1], 'answered before it was on the disk')
    # Nothing was said that could be the answer before the work was done.
    equal(len(bye), 1, 'answers after the work')


main()
