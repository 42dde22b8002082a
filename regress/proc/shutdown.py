#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
# once
"""SIGTERM: clients are told, and an UPDATE is finished however long it
takes."""

import os
import re
import signal
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import PATIENCE
from popdtest.process import alive
from popdtest.server import Server

LONG = 15           # seconds


def told(c):
    said = c.closed()
    check(re.fullmatch(rb'-ERR \[SYS/TEMP\] [^\r\n]+\r\n', said), repr(said))
    check(c.clean, 'no close_notify')


def test_told():
    """Idle clients get an -ERR, logged in or not"""
    server = Server(users={u: 'secret' for u in ('joe', 'ann')})
    before = server.connect()
    named = server.connect()
    named.ok('USER ann')
    idle = server.login('joe')
    began = time.monotonic()
    server.stop()
    took = time.monotonic() - began
    check(took < 8, 'popd took %.1f s' % took)
    for c in (idle, before, named):
        told(c)


def test_marked():
    """One with marked messages, too, and none is removed"""
    server = Server()
    for i in range(3):
        server['joe'].add(b'Subject: x\n\n')
    c = server.login()
    c.ok('DELE 1')
    server.stop()
    told(c)
    equal(len(server['joe'].all()), 3, 'messages')


def update_under_way(server, count):
    """QUIT is being carried out: the client and the worker, which is
    stopped in the middle of it."""
    box = server['joe']
    names = [box.sub('new/' + box.add(b'Subject: x\n\n'))
             for i in range(count)]
    c = server.login()
    pid = server.worker()
    for i in range(0, count, 1000):
        c.send(b''.join(b'DELE %d\r\n' % (n + 1)
                        for n in range(i, min(i + 1000, count))))
        for _ in range(i, min(i + 1000, count)):
            c.line()
    c.send(b'QUIT\r\n')
    end = time.monotonic() + PATIENCE
    while os.path.exists(names[0]) and os.path.exists(names[-1]):
        check(time.monotonic() < end, 'UPDATE does not begin')
    os.kill(pid, signal.SIGSTOP)
    left = len(box.all())
    if left == 0:
        os.kill(pid, signal.SIGCONT)
        raise Skip('UPDATE was faster than we')
    print('# %d of %d messages left' % (left, count))
    return c, pid


def test_long_update():
    """An UPDATE that takes longer than the time limit is finished"""
    server = Server()
    c, pid = update_under_way(server, 10000)
    process = server.process
    process.send_signal(signal.SIGTERM)
    time.sleep(LONG)
    check(alive(pid), 'the worker was killed')
    # The service manager may kill what is left once popd is gone.
    check(process.poll() is None, 'popd did not wait for it')
    os.kill(pid, signal.SIGCONT)
    end = time.monotonic() + PATIENCE
    while alive(pid):
        check(time.monotonic() < end, 'the worker does not end')
        time.sleep(0.05)
    equal(server['joe'].all(), [], 'messages')
    server.stop()
    c.close()


main()
