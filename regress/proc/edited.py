#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
# once
"""A table changed without a reload when a process has to be restarted: its
siblings keep the old table, and popd survives."""

import os
import re
import signal
import time

from popdtest.cases import Failure, Skip, check, main
from popdtest.env import PATIENCE
from popdtest.server import Server
from popdtest.targets import pids_of


def checkers(server):
    return pids_of(server, 'hashpop')


def logs_in(server, user, password='secret', within=PATIENCE):
    end = time.monotonic() + within
    while True:
        try:
            server.login(user, password, source='127.0.14.1').quit()
            return
        except (Failure, OSError) as why:
            check(server.process.poll() is None, 'popd is gone')
            check(time.monotonic() < end, 'no login: %s' % why)
            time.sleep(0.2)


def alive_for(server, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        check(server.process.poll() is None, 'popd is gone')
        time.sleep(0.1)


def broken(spoil):
    """Break a table, let a checker die, then repair it."""
    server = Server(users={'joe': 'secret', 'ann': 'secret'})
    server.expect_crash = True
    session = server.login('ann')
    count = len(checkers(server))
    if count < 2:
        raise Skip('one checker has no sibling')
    with open(server.authtab, 'rb') as f:
        keep = f.read()
    spoil(server.authtab, keep)
    mark = server.mark()
    os.kill(checkers(server)[0], signal.SIGKILL)
    alive_for(server, 8)
    session.ok('NOOP')
    logs_in(server, 'joe')
    server.wait_log(re.escape(server.authtab), mark)
    server.wait_log(r'hashpop.*', mark)
    lines = len(server.log(mark).splitlines())
    check(lines < 60, '%d lines' % lines)
    server.user('new', 'fresh')
    server.tables()
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('reloaded', mark)
    logs_in(server, 'new', 'fresh')
    # A reload of good files ends the back-off.
    end = time.monotonic() + 40
    while len(checkers(server)) < count:
        check(time.monotonic() < end, 'a checker is missing')
        time.sleep(0.1)
    session.quit()
    server.stop()


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)


def test_line_without_hash():
    """echo newuser >>authtab, then a checker dies"""
    broken(lambda path, keep: write(path, keep + b'newuser\n'))


def test_emptied():
    """A table emptied on a full disk, then a checker dies"""
    broken(lambda path, keep: write(path, b''))


def test_single():
    """A role with one process is back once the file is repaired"""
    server = Server(users={'joe': 'secret', 'ann': 'secret'})
    server.expect_crash = True
    session = server.login('ann')
    cert, key = server.pairs[0]
    with open(key, 'rb') as f:
        keep = f.read()
    write(key, keep[:100])
    (pid, name, uid), = server.children('keypop')
    mark = server.mark()
    os.kill(pid, signal.SIGKILL)
    try:
        alive_for(server, 6)
        session.ok('NOOP')
        server.wait_log(re.escape(key), mark)
    finally:
        write(key, keep)
    os.kill(server.pid, signal.SIGHUP)
    logs_in(server, 'joe', within=40)
    session.quit()
    server.stop()


main()
