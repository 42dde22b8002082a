#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 120
"""A listener that keypop or authpop hung up on, although they live."""

import ctypes

from popdtest import *

SECONDS = 20            # SUCCESSOR_SECONDS
PIDFD_GETFD = 438


def peers(pid):
    """The sockets of a listener to keypop and authpop, as our own."""
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
        if sock.family == socket.AF_UNIX:
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


def hung_up(which):
    """A server of which one listener lost one of its peers."""
    server = Server()
    server.before = listeners(server)
    found = peers(server.before[0])
    equal(len(found), 2, 'peers')
    server.since = server.mark()
    found[which].shutdown(socket.SHUT_RDWR)
    for sock in found:
        sock.close()
    return server


def replaced(server):
    """Its listener ended and has a successor; the name of the peer."""
    name = server.wait_log(r'(\w+) hung up on this listener and no other has '
                           r'come', server.since).group(1)
    server.ready()
    end = time.monotonic() + 10
    while not serves(server):
        check(time.monotonic() < end, 'not all listeners serve again')
    now = listeners(server)
    equal(len(now), len(server.before), 'listeners')
    check(server.before[0] not in now, 'it did not end')
    check(set(server.before[1:]) <= set(now), 'another listener ended')
    server.stop()
    return name


def died():
    """A server whose keypop and authpop died, with a session."""
    server = Server()
    server.expect_crash = True
    server['joe'].add(b'Subject: x\n\n')
    server.session = server.login()
    server.before = listeners(server)
    for name in ('keypop', 'authpop'):
        os.kill(server.children(name)[0][0], signal.SIGKILL)
        time.sleep(1)
        server.ready()
    return server


def test_hangup():
    """A listener that was hung up on ends; one whose peers died does not"""
    need_root()
    lost = [hung_up(0), hung_up(1)]
    bereft = died()
    end = time.monotonic() + SECONDS + 3
    while time.monotonic() < end:
        # That keypop is gone is noticed when it is needed.
        for server in lost:
            serves(server)
        time.sleep(1)
    # Which of the two sockets is whose differs from start to start.
    for server in lost:
        check(replaced(server) in ('keypop', 'authpop'), 'who hung up')
    equal(listeners(bereft), bereft.before, 'listeners whose peers died')
    bereft.session.retr(1)
    bereft.session.quit()
    bereft.stop()


main()
