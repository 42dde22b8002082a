#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
# once
"""A process is replaced while a listener is busy: the listener learns of the
successor first, then of the end, and survives."""

import os
import signal
import time

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.password import bcrypt
from popdtest.process import program_of
from popdtest.server import Server
from popdtest.targets import pids_of

SETTLED = 25        # seconds: longer than a listener waits for a successor
GUESSES = 12


def replace(server, pid):
    """kill -9 while all listeners stand still, until the next is at work.
    Each has a message of the parent to read then, and so reads of the
    successor, too, before it looks at anything else."""
    name = program_of(pid)
    listeners = [p for p, n, u in server.children('lsnrpop')]
    known = {p for p, n, u in server.children(name)}
    guesses = [server.connect(source='127.59.%d.1' % i)
               for i in range(GUESSES)]
    for c in guesses:
        c.send(b'USER slow\r\nPASS wrong\r\n')
    time.sleep(0.05)
    for listener in listeners:
        os.kill(listener, signal.SIGSTOP)
    time.sleep(2)
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + PATIENCE
    while not {p for p, n, u in server.children(name)} - known:
        check(time.monotonic() < end, 'no new ' + name)
        time.sleep(0.02)
    time.sleep(0.7)
    for listener in listeners:
        os.kill(listener, signal.SIGCONT)
    for c in guesses:
        c.close()
    return set(listeners)


def lives_on(role):
    server = Server(users={'joe': 'secret', 'ann': 'secret'}, start=False)
    server.user('slow', hash=bcrypt('secret', 10))
    server.tables()
    server.start()
    server.expect_crash = True
    session = server.login('ann')
    pid, = pids_of(server, role)
    listeners = replace(server, pid)
    end = time.monotonic() + SETTLED
    server.ready()
    server.login('joe').quit()
    while time.monotonic() < end:
        session.ok('NOOP')
        equal({p for p, n, u in server.children('lsnrpop')}, listeners,
              'listeners')
        time.sleep(0.5)
    server.login('joe').quit()
    session.quit()
    server.stop()


def test_authpop():
    """authpop is replaced while listeners are busy: they survive"""
    lives_on('authpop')


def test_keypop():
    """keypop is replaced while listeners are busy: they survive"""
    lives_on('keypop')


main()
