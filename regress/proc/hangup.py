#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 120
"""A listener that keypop or authpop hung up on: it asks for a new socket and
goes on."""

import os
import signal
import socket
import time

from popdtest.cases import Failure, Skip, check, equal, main
from popdtest.env import PATIENCE
from popdtest.host import need, need_root
from popdtest.server import Server

PIDFD_GETFD = 438


def peers(pid):
    """The sockets of a listener to keypop and authpop, as our own."""
    need('Linux')
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.pidfd_open(pid)
    out = []
    for fd in sorted(int(n) for n in os.listdir('/proc/%d/fd' % pid)):
        link = os.readlink('/proc/%d/fd/%d' % (pid, fd))
        if fd <= 3 or not link.startswith('socket:'):
            continue
        copy = libc.syscall(PIDFD_GETFD, handle, fd, 0)
        if copy == -1:
            raise Skip('pidfd_getfd: ' + os.strerror(ctypes.get_errno()))
        sock = socket.socket(fileno=copy)
        if sock.family == socket.AF_UNIX and not sock.getsockopt(
                socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            out.append(sock)
        else:
            sock.close()
    os.close(handle)
    return out


def listeners(server):
    return [p for p, n, u in server.children('lsnrpop')]


def serves(server):
    """Whether all listeners do: whichever the system takes, ten times."""
    for i in range(10):
        try:
            server.login().quit()
        except (Failure, OSError):
            return False
    return True


def test_hangup():
    """A listener whose peers hung up or died serves again"""
    need_root()
    server = Server()
    server.expect_crash = True
    server['joe'].add(b'Subject: x\n\n')
    before = listeners(server)
    session = server.login()

    def recovers(what):
        end = time.monotonic() + PATIENCE
        while not serves(server):
            check(time.monotonic() < end, 'not served after ' + what)
            time.sleep(0.2)
        equal(listeners(server), before, 'listeners after ' + what)

    session.quit()
    recovers('nothing')
    # Which of the two sockets is whose differs from start to start.
    for which in (0, 1):
        for pid in before:
            found = peers(pid)
            equal(len(found), 2, 'peers')
            found[which].shutdown(socket.SHUT_RDWR)
            for sock in found:
                sock.close()
        recovers('a hang-up')
    session = server.login()
    for name in ('keypop', 'authpop'):
        os.kill(server.children(name)[0][0], signal.SIGKILL)
        time.sleep(1)
        server.ready()
    equal(listeners(server), before, 'listeners after a death')
    session.retr(1)
    session.quit()
    recovers('deaths')
    server.stop()


main()
