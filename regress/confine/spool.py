#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""A worker with an open spool, and the process that holds its dotlock, taken
over."""

import fcntl
import os
import subprocess

from popdtest.cases import equal, main
from popdtest.env import LIBEXEC, WORK
from popdtest.inject import call, inject, succeeded, told, tool
from attacks import Field, child_of, sealed, try_started
from attempts import AT_FDCWD, O_CREAT, O_DIRECTORY, O_WRONLY


OTHER = 12345               # a uid of no user


class Waiting:
    """Sessions that wait for the fcntl lock of a spool, which is ours."""

    def __init__(self):
        self.injector = tool()
        self.field = Field()
        self.joe = self.field.server['joe']
        self.dir = WORK + '/spools'
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o1777)
        self.files = {}
        for name, uid in (('joe', self.joe.uid), ('ann', OTHER)):
            path = self.files[name] = '%s/%s' % (self.dir, name)
            if os.path.exists(path):
                os.unlink(path)
            with open(path, 'wb') as f:
                f.write(b'From x Mon Nov  2 08:00:00 2026\n'
                        b'Subject: x\n\nx\n\n')
            os.chmod(path, 0o600)
            os.chown(path, uid, self.joe.gid)
        self.lock = open(self.files['joe'], 'r+b')
        fcntl.lockf(self.lock, fcntl.LOCK_EX)

    def worker(self):
        """A session, the pid of which is that of the process."""
        p = subprocess.Popen(
            [LIBEXEC + '/wrkrpop', '-l', 'fcntl, dotlock', '-m',
             self.files['joe'], '-s', self.joe.path], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd='/',
            user=self.joe.uid, group=self.joe.gid, extra_groups=[])
        return p, p.pid

    def keeper(self):
        p, pid = self.worker()
        return p, child_of(pid)

    def inside(self, start, cases):
        """(name, call, whether it succeeds), each in a new process."""
        for name, line, good in cases:
            process, pid = start()
            outcome = inject(self.injector, sealed(pid), line)
            equal(succeeded(outcome), bool(good),
                  '%s: %s' % (name, told(outcome)))
            process.kill()
            process.communicate()

    def close(self):
        self.lock.close()
        self.field.server.kill()


def test_worker():
    """wrkrpop with a spool: nothing but its maildir"""
    w = Waiting()
    try_started('spool', w.field, w.worker)
    w.close()


def test_keeper():
    """The dotlock process: nothing"""
    w = Waiting()
    try_started('dotlock', w.field, w.keeper)
    w.close()


def test_worker_inside():
    """wrkrpop with a spool: no other file of the directory, no process"""
    w = Waiting()
    here = AT_FDCWD
    try:
        w.inside(w.worker, (
            ('its spool again', call('openat', here, w.files['joe'], 0), 0),
            ('another spool', call('openat', here, w.files['ann'], 0), 0),
            ('a dotlock', call('openat', here, w.files['joe'] + '.lock',
                               O_CREAT | O_WRONLY, 0o600), 0),
            ('list the spools', call('openat', here, w.dir, O_DIRECTORY), 0),
            ('remove its spool', call('unlinkat', here, w.files['joe'], 0),
             0)))
    finally:
        w.close()
    equal(sorted(n for n in os.listdir(w.dir) if not n.endswith('.lock')),
          ['ann', 'joe'], 'spools')


def test_keeper_inside():
    """The dotlock process: names of the directory, no mail"""
    w = Waiting()
    here, mail = AT_FDCWD, w.joe.path + '/new/'
    mail += os.listdir(mail)[0]
    try:
        w.inside(w.keeper, (
            ('a dotlock', call('openat', here, w.files['joe'] + '.lock',
                               O_CREAT | O_WRONLY, 0o600), 1),
            ('read its spool', call('openat', here, w.files['joe'], 0), 0),
            ('read its mail', call('openat', here, mail, 0), 0),
            ('remove its mail', call('unlinkat', here, mail, 0), 0),
            ('write another spool', call('openat', here, w.files['ann'], 1),
             0),
            ('remove another spool', call('unlinkat', here, w.files['ann'],
                                          0), 0),
            ('list the spools', call('openat', here, w.dir, O_DIRECTORY), 0),
            ('a spool elsewhere', call('renameat', here, w.files['joe'],
                                       here, w.joe.path + '/stolen'), 0)))
    finally:
        w.close()


main()
