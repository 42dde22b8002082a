#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
# once
"""A child that asks for more than its share gets no more, and harms no
other."""

import os
import re
import signal
import time

from popdtest.cases import Failure, Skip, check, equal, main
from popdtest.env import PATIENCE
from popdtest.host import few_files
from popdtest.hostile import (CHANNEL, Listener, check_password, log_line,
                              pid_of, say, table_server, want)
from popdtest.inject import tool
from popdtest.process import alive
from popdtest.server import Server

FEW = 160           # descriptors
LINES = 4000


def works(server, within=PATIENCE):
    end = time.monotonic() + within
    while True:
        try:
            server.login('joe', source='127.65.1.1').quit()
            return
        except (Failure, OSError) as why:
            check(server.process.poll() is None, 'popd is gone')
            check(time.monotonic() < end, 'no login: %s' % why)
            time.sleep(0.2)


def flood(role):
    """Log lines without end: some are logged, the rest is counted."""
    injector = tool()
    server = table_server() if role == 'tabpop' else Server()
    server.expect_crash = True
    pid = pid_of(server, role)
    mark = server.mark()
    hundred = b''.join(log_line('flood') for _ in range(100))
    for _ in range(LINES // 100):
        if not alive(pid):
            break
        try:
            say(injector, pid, (CHANNEL, hundred))
        except Failure:
            break
    time.sleep(1.5)
    log = server.log(mark)
    count = log.count('flood')
    print('# %d of %d lines of %s' % (count, LINES, role))
    check(0 < count < LINES // 4, '%d lines' % count)
    check(re.search(r'%s\[%d\].*\b\d+ ' % (re.escape(role), pid), re.sub(
        r'.*flood\n', '', log)), 'nobody counts the rest: ' + log[-500:])
    works(server)
    server.stop()


def test_log():
    """Log lines of keypop, of a checker, of a listener and of tabpop"""
    for role in ('keypop', 'hashpop', 'lsnrpop', 'tabpop'):
        flood(role)


def test_withheld():
    """A listener that never reports the end of a session"""
    injector = tool()
    if len(os.sched_getaffinity(0)) < 2:
        raise Skip('one listener has no sibling')
    server = Server(users={'joe': 'secret', 'ann': 'secret'},
                    wrap=few_files(FEW))
    server.expect_crash = True
    c = server.login('ann')
    listener = Listener(server, c)
    ahead = 1000
    for i in range(FEW // 8):
        if not alive(listener.pid):
            break
        for _ in range(8):
            ahead += 1
            # No session waits for its answer: a connection is closed at once.
            say(injector, listener.pid,
                (CHANNEL, want(listener.session(ahead))),
                (listener.authpop, check_password(listener.session(ahead),
                                                  'joe', 'secret')))
        end = time.monotonic() + PATIENCE
        while len(server.children('wrkrpop')) > 1 and time.monotonic() < end:
            time.sleep(0.02)
    equal(ahead >= 1000 + FEW or not alive(listener.pid), True, 'sessions')
    # Through another listener: the numbers of this one have changed.
    if alive(listener.pid):
        os.kill(listener.pid, signal.SIGSTOP)
    try:
        works(server, 10)
    finally:
        if alive(listener.pid):
            os.kill(listener.pid, signal.SIGCONT)

    def forged(what):
        return len(re.findall(r' %s session=%d\.1\d\d\d ' % (
            what, listener.generation), server.log()))
    check(forged('login') > 8, '%d sessions' % forged('login'))
    end = time.monotonic() + 30
    while forged('session end') < forged('login'):
        check(time.monotonic() < end, 'sessions without a worker stay')
        time.sleep(0.1)
    c.close()
    works(server)
    server.stop()


main()
