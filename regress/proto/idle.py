#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
"""Idle sessions end, others do not; with three seconds instead of ten
minutes."""

import os
import signal
import time

from popdtest.build import rebuild
from popdtest.cases import check, equal, main
from popdtest.server import Server

IDLE = 3


rebuild(['lsnrpop'], {'IDLE_SECONDS': IDLE})
server = Server(shared=True)
for i in range(3):
    server['joe'].add(b'Subject: %d\n\n' % i)


def took(c):
    began = time.monotonic()
    c.closed()
    return time.monotonic() - began


def test_idle():
    """A session without an octet ends in time, without UPDATE"""
    before = server['joe'].state()
    mark = server.mark()
    c = server.login()
    c.retr(1)
    c.ok('DELE 2')
    seconds = took(c)
    check(IDLE - 1 <= seconds <= IDLE + 3, '%.1f seconds' % seconds)
    check(c.clean, 'no close_notify')
    server.wait_log(r'session end .*reason=idle', mark)
    server.no_workers()
    equal(server['joe'].state(), before, 'maildir')


def test_half_a_command():
    """An octet of a command now and then keeps the session"""
    c = server.login()
    for octet in b'NOOP\r\nSTAT\r\n':
        time.sleep(0.8)
        c.send(bytes([octet]))
    check(c.line().startswith(b'+OK'), 'NOOP')
    check(c.line().startswith(b'+OK'), 'STAT')
    c.quit()


def test_slow_reader():
    """So does reading an octet of a reply"""
    server['joe'].add(b'Subject: big\n\n' + b'line\n' * 3000000,
                      order=1700000000)
    c = server.login(rcvbuf=4096)
    c.send(b'RETR 4\r\n')
    began = time.monotonic()
    while time.monotonic() - began < 3 * IDLE:
        time.sleep(0.5)
        check(c.recv() != b'', 'the end after %.1f seconds' %
              (time.monotonic() - began))
    c.close()
    server.no_workers()


def test_stalled_reader():
    """A client that reads nothing of a reply for that long is idle"""
    mark = server.mark()
    c = server.login(rcvbuf=4096)
    c.send(b'RETR 4\r\n')
    server.wait_log(r'session end .*reason=idle', mark, timeout=IDLE + 20)
    c.close()
    server.no_workers()


def test_update():
    """An UPDATE that takes longer than that is finished"""
    box = server['joe']
    c = server.login()
    pid = server.worker()
    for i in range(4):
        c.ok('DELE %d' % (i + 1))
    c.ok('NOOP')
    os.kill(pid, signal.SIGSTOP)
    c.send(b'QUIT\r\n')
    time.sleep(IDLE + 2)
    equal(len(box.all()), 4, 'messages before UPDATE')
    os.kill(pid, signal.SIGCONT)
    server.no_workers()
    equal(box.all(), [], 'messages after UPDATE')
    c.close()


main()
