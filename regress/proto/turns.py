#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 120
"""A turn ends: floods of small records and of handshakes let others in.  All
is sent while the listeners are stopped, the good client's last; then the order
of the answers shows it."""

import os
import select
import signal
import socket
import ssl

from popdtest.ca import certificate
from popdtest.cases import check, main
from popdtest.env import PATIENCE
from popdtest.host import own
from popdtest.server import Server

FLOODERS = 24
# Each one record; what a socket takes whose other end reads nothing.
OCTETS = 4000 if os.uname().sysname == 'Linux' else 1000
HANDSHAKES = 24


def listeners(server, sig):
    # On a busy machine the order is seen only by one that runs at once.
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, -20 if sig == signal.SIGCONT else 0)
    for pid, name, uid in server.children('lsnrpop'):
        os.kill(pid, sig)


def answered(socks):
    return len(select.select(socks, [], [], 0)[0])


def wait(sock):
    check(select.select([sock], [], [], PATIENCE)[0], 'no answer')


def test_records():
    """One octet per record, from many: another's command comes between"""
    server = Server()
    flooders = [server.connect(source='127.8.0.1') for i in range(FLOODERS)]
    good = server.login()
    text = b'X' * (OCTETS - 2) + b'\r\n'
    listeners(server, signal.SIGSTOP)
    try:
        for c in flooders:
            for i in range(OCTETS):
                c.tls.write(text[i:i + 1])
            c.flush()
        good.send(b'NOOP\r\n')
    finally:
        listeners(server, signal.SIGCONT)
    wait(good.sock)
    early = answered([c.sock for c in flooders])
    print('# %d of %d were answered before it' % (early, FLOODERS))
    check(early < FLOODERS / 2, 'it waited for %d others' % early)
    check(good.line().startswith(b'+OK'), 'NOOP')
    # Nothing was lost on the way.
    for c in flooders:
        check(c.line().startswith(b'-ERR line too long'), 'a long line')
        c.ok('QUIT')
        c.close()
    good.quit()
    server.stop()


class Hello:
    """A handshake of which only the first message is sent."""

    def __init__(self, server, source):
        self.sock = socket.socket()
        self.sock.bind((own(source), 0))
        self.sock.connect(('127.0.0.1', server.port))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)

    def send(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        self.sock.sendall(self.outgoing.read())


def test_handshakes():
    """Many handshakes of one source: sessions and other sources go first"""
    server = Server(pairs=[certificate(kind='rsa4096')])
    good = server.login()
    many = [Hello(server, '127.8.0.1') for i in range(HANDSHAKES)]
    other = Hello(server, '127.8.1.1')
    listeners(server, signal.SIGSTOP)
    try:
        for hello in many + [other]:
            hello.send()
        good.send(b'NOOP\r\n')
    finally:
        listeners(server, signal.SIGCONT)
    wait(good.sock)
    first = answered([h.sock for h in many])
    wait(other.sock)
    second = answered([h.sock for h in many])
    print('# of %d handshakes %d came before a session, %d before another '
          'source' % (HANDSHAKES, first, second))
    check(first < HANDSHAKES / 2, 'a session waited for %d' % first)
    check(second < HANDSHAKES / 2, 'another source waited for %d' % second)
    check(good.line().startswith(b'+OK'), 'NOOP')
    for hello in many:
        wait(hello.sock)
        check(hello.sock.recv(65536), 'a handshake was refused')
        hello.sock.close()
    good.quit()
    server.stop()


main()
