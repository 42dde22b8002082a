#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# needs: Linux
"""The log of a popd in the background while syslogd stops, is started again
and is missing.  The socket is in a /dev that only this test sees."""

import ctypes
import os
import re
import signal
import socket
import sys
import tempfile
import time

from popdtest.cases import Skip, check, equal, main, short
from popdtest.env import PATIENCE, WORK
from popdtest.host import need_root
from popdtest.process import alive
from popdtest.server import Server

CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000
LINE = re.compile(rb'<(\d+)>[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d '
                  rb'popd\[(\d+)\]: (.*)', re.S)
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags):
    if libc.mount(source.encode(), target.encode(), kind, flags, None) != 0:
        raise Skip('mount: ' + os.strerror(ctypes.get_errno()))


def private_dev():
    """A /dev that can be written to."""
    if sys.platform != 'linux':
        raise Skip('only on Linux')
    need_root()
    if libc.unshare(CLONE_NEWNS) != 0:
        raise Skip('unshare: ' + os.strerror(ctypes.get_errno()))
    mount('none', '/', None, MS_REC | MS_PRIVATE)
    new = tempfile.mkdtemp(dir=WORK)
    mount('tmpfs', new, b'tmpfs', 0)
    for name in ('null', 'zero', 'random', 'urandom'):
        st = os.stat('/dev/' + name)
        os.mknod(new + '/' + name, st.st_mode, st.st_rdev)
        os.chmod(new + '/' + name, 0o666)
    mount(new, '/dev', None, MS_BIND)


def reader():
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind('/dev/log')
    sock.setblocking(False)
    return sock


def read(sock):
    """What waits there: [(priority, pid, text)]."""
    out = []
    try:
        while True:
            line = sock.recv(8192)
            match = LINE.fullmatch(line)
            check(match, 'a line of the log: ' + short(line))
            out.append((int(match.group(1)), int(match.group(2)),
                        match.group(3).decode()))
    except BlockingIOError:
        return out


def wait_line(sock, pattern):
    """Read until such a line comes: all that was read."""
    end = time.monotonic() + PATIENCE
    out = []
    while not any(re.search(pattern, text) for _, _, text in out):
        check(time.monotonic() < end, 'no %s in %s' % (pattern, short(out)))
        time.sleep(0.05)
        out += read(sock)
    return out


def logins(server, count):
    for i in range(count):
        server.login(timeout=5).quit()


def lost(lines):
    """How many lines the log says are missing."""
    return sum(int(text.split()[0]) for priority, _, text in lines
               if text.endswith(' lines lost') and priority == 20)


def test_stopped():
    """syslogd stops, starts, is missing: no login waits, lost lines counted"""
    private_dev()
    sock = reader()
    server = Server(start=False, verbose=0)
    status, output = server.run()
    equal((status, output), (0, ''), 'start')
    lines = wait_line(sock, '^started: ')
    pid = lines[0][1]
    server.process = None
    try:
        equal({p for p, _, _ in lines}, {22}, 'facility and level')
        with open('/proc/sys/net/unix/max_dgram_qlen') as f:
            count = int(f.read()) // 2 + 35
        logins(server, count)
        time.sleep(0.5)
        waited = len(read(sock))
        check(waited < 2 * count,
              '%d lines wait: the reader never stopped' % waited)
        logins(server, 1)
        lines = wait_line(sock, '^session end ')
        equal(waited + lost(lines) + len(lines) - 1, 2 * (count + 1), 'lines')

        sock.close()
        os.unlink('/dev/log')
        logins(server, 2)
        time.sleep(0.5)
        sock = reader()
        logins(server, 1)
        lines = wait_line(sock, '^session end ')
        equal(lost(lines), 4, 'lines lost while there was no reader')
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_line(sock, '^stopped$')
    end = time.monotonic() + PATIENCE
    while alive(pid):
        check(time.monotonic() < end, 'popd does not end')
        time.sleep(0.05)


main()
