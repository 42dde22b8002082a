#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A client of the control socket that lies, hangs or floods harms only itself:
popd neither dies nor waits."""

import os
import resource
import signal
import socket
import struct
import time

from popdtest.cases import Skip, check, equal, main, until
from popdtest.env import PATIENCE
from popdtest.hostile import SOURCE, command_of, message
from popdtest.process import descriptors
from popdtest.server import Server

STATUS = command_of('CONTROL_STATUS')
RELOAD = command_of('CONTROL_RELOAD')
CROWD = 8               # CONTROL_MAX


def control(command, count=0, user=''):
    return message('MSG_CONTROL', struct.pack('=II', command, count) +
                   bytes(16 + SOURCE) + struct.pack('=256s', user.encode()))


class Guest:
    """A connection to the control socket."""

    def __init__(self, server, command=None):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(server.socket)
        self.sock.settimeout(PATIENCE)
        if command is not None:
            self.sock.sendall(control(command))

    def gone(self):
        """popd closes the connection; read what came before."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            pass


def unharmed(server, before):
    server.login('joe').quit()
    check(server.process.poll() is None, 'popd is gone')
    # Others may be at a reload: the judges.
    until('the processes from before, and no others',
          lambda: lasting(server) == before)


def lasting(server):
    return {p: n for p, n, u in server.children() if n != 'wrkrpop'}


def test_again():
    """Nobody asks twice"""
    server = Server()
    before = lasting(server)
    guest = Guest(server, STATUS)
    guest.sock.sendall(control(STATUS))
    guest.gone()
    server.wait_log(r'second request')
    unharmed(server, before)
    server.stop()


def test_descriptors():
    """Without descriptors popd waits, and so does the connection"""
    if not hasattr(resource, 'prlimit'):
        raise Skip('no prlimit(2)')
    server = Server()
    before = lasting(server)
    most = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    none = len(descriptors(server.pid))
    equal(sorted(descriptors(server.pid)), list(range(none)), 'descriptors')
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (none, most[1]))
    guest = Guest(server, STATUS)
    server.wait_log(r'popctl: accept: ')
    begin = time.monotonic()
    server.wait_log(r'(?s)(popctl: accept: .*){4}')
    check(time.monotonic() - begin > 2, 'tries without a pause')
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, most)
    check(guest.sock.recv(65536), 'no answer')
    guest.sock.close()
    unharmed(server, before)
    server.stop()


def test_crowd():
    """Connections in progress keep their place; one too many is told so"""
    server = Server(verbose=2)
    before = lasting(server)
    keypop, = [p for p, n, u in server.children('keypop')]
    # All wait for its answer.
    os.kill(keypop, signal.SIGSTOP)
    mark = server.mark()
    guests = [Guest(server, RELOAD) for i in range(CROWD)]
    until('the crowd', lambda: server.log(mark).count(
        'message from popctl: CONTROL') == CROWD)
    for i in range(5):
        status, lines, error = server.popctl('status')
        check(status > 0 and 'needs SIGUSR2' in error,
              'status %d: %s' % (status, error))
    guests.pop().sock.close()
    guests += [Guest(server) for i in range(2 * CROWD)]
    server.rows('status')
    os.kill(keypop, signal.SIGCONT)
    for guest in guests:
        guest.sock.close()
    unharmed(server, before)
    server.stop()


main()
