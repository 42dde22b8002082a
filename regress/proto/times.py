#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 150
"""Sixty seconds from accept to login, whatever a client does meanwhile."""

from popdtest import *

server = Server()
server['joe'].add(b'Subject: x\n\n')


def test_login_time():
    """Clients that do not log in are cut off at 60 seconds, others are not"""
    began = time.monotonic()
    good = server.login()
    silent = Client(('127.0.0.1', server.port), tls=False)
    half = Client(('127.0.0.1', server.port), tls=False)
    half.send_raw(b'\x16\x03\x01\x02')
    greeted = server.connect()
    trickling = server.connect()
    busy = server.connect()
    waiting = {'silent': silent.sock, 'half a handshake': half.sock,
               'greeted': greeted.sock, 'trickling': trickling.sock,
               'busy': busy.sock}
    ended = {}
    text = b'USER ' + b'n' * 250
    at = 0
    while waiting and time.monotonic() - began < 90:
        time.sleep(1)
        for name, sock in list(waiting.items()):
            sock.setblocking(False)
            try:
                while True:
                    if sock.recv(65536) == b'':
                        raise ConnectionResetError
            except BlockingIOError:
                pass
            except ConnectionResetError:
                ended[name] = time.monotonic() - began
                del waiting[name]
            sock.settimeout(5)
        try:
            if 'trickling' in waiting:
                trickling.send(text[at:at + 1])
                at += 1
            if 'busy' in waiting:
                busy.send(b'CAPA\r\nUSER joe\r\n')
        except OSError:
            pass
    check(not waiting, 'still there after 90 s: %s' % list(waiting))
    for name, seconds in ended.items():
        check(55 <= seconds <= 66, '%s: %.1f s' % (name, seconds))
    good.ok('NOOP')
    equal(good.retr(1), b'Subject: x\r\n\r\n', 'message')
    good.quit()


main()
