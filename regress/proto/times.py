#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
# timeout: 270
"""60 seconds for the handshake, 180 more for a login, whatever a client does
meanwhile, and an -ERR before the end."""

import re
import ssl
import time

from popdtest.cases import check, equal, main, short
from popdtest.client import Client
from popdtest.server import Server

server = Server(users={'joe': 'secret', 'ann': 'secret'})
server['joe'].add(b'Subject: x\n\n')

HANDSHAKE, LOGIN = 60, 180


class Watched:
    """What came to a client, and when its end did."""

    def __init__(self, client, limit):
        self.client, self.limit = client, limit
        self.ended = None
        self.data = b''
        self.sock = client.sock

    def look(self, began):
        self.sock.setblocking(False)
        try:
            while self.ended is None:
                data = self.sock.recv(65536)
                if data == b'':
                    self.ended = time.monotonic() - began
                else:
                    self.data += data
        except BlockingIOError:
            pass
        except ConnectionResetError:
            self.ended = time.monotonic() - began

    def said(self):
        self.client.incoming.write(self.data)
        text = b''
        try:
            while True:
                piece = self.client.tls.read(65536)
                if not piece:
                    return text
                text += piece
        except ssl.SSLZeroReturnError:
            return text


def test_times():
    """Clients are told and cut off when their time is over; others not"""
    mark = server.mark()
    began = time.monotonic()
    good = server.login()
    silent = Client(('127.0.0.1', server.port), tls=False)
    half = Client(('127.0.0.1', server.port), tls=False)
    half.send_raw(b'\x16\x03\x01\x02')
    greeted, trickling, busy, person = [server.connect() for i in range(4)]
    watched = {
        'silent': Watched(silent, HANDSHAKE),
        'half a handshake': Watched(half, HANDSHAKE),
        'greeted': Watched(greeted, LOGIN),
        'trickling': Watched(trickling, LOGIN),
        'busy': Watched(busy, LOGIN),
    }
    text = b'USER ' + b'n' * 250
    at = 0
    while time.monotonic() - began < LOGIN + 12:
        time.sleep(1)
        for w in watched.values():
            w.look(began)
        try:
            trickling.send(text[at:at + 1])
            busy.send(b'CAPA\r\nUSER joe\r\n')
            at += 1
        except OSError:
            pass
        if at == 150:
            # A user who had to look for the password.
            person.login('ann')
            person.quit()
        if all(w.ended is not None for w in watched.values()):
            break
    for name, w in watched.items():
        check(w.ended is not None, name + ': no end')
        check(w.limit - 2 <= w.ended <= w.limit + 8,
              '%s: %.1f s' % (name, w.ended))
    for name in ('greeted', 'trickling', 'busy'):
        said = watched[name].said()
        check(said.endswith(b'-ERR timed out waiting for a login\r\n'),
              '%s: %s' % (name, short(said)))
    log = server.log(mark)
    check(re.search(r'tls-failed .*last=127\.0\.0\.1 reason="too slow"', log),
          'no line for the handshake')
    check(re.search(r'login-timeout .*last=127\.0\.0\.1 reason="before login"',
                    log), 'no line for the login')
    good.ok('NOOP')
    equal(good.retr(1), b'Subject: x\r\n\r\n', 'message')
    good.quit()


main()
