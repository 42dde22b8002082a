#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 240
"""A slow client, a client that does not read; neither harms others."""

import os
import select
import socket
import ssl
import time

from popdtest.cases import check, equal, main
from popdtest.env import ASAN, PATIENCE
from popdtest.mail import wire
from popdtest.process import one
from popdtest.server import Server

# On OpenBSD a worker that is stuck in a write is told by the end of its
# stream, after MUTE_SECONDS.
GONE = None if os.uname().sysname == 'Linux' else 60 + PATIENCE

server = Server(users={'joe': 'secret', 'ann': 'secret'}, shared=True)
BIG = b'Subject: big\n\n' + b'0123456789abcdef\n.\n..x\n' * 300000
server['joe'].add(BIG)
server['joe'].add(b'Subject: small\n\nx\n')
server['ann'].add(b'Subject: small\n\nx\n')


def rss(pid):
    return int(one(pid, 'rss')[0])


def take(c, replies):
    """Read what has come; false at the end of the stream."""
    try:
        data = c.sock.recv(262144)
    except BlockingIOError:
        return True
    c.incoming.write(data)
    if not data:
        c.incoming.write_eof()
    try:
        while True:
            piece = c.tls.read(1 << 20)
            if not piece:
                return False
            replies += piece
    except ssl.SSLWantReadError:
        return True
    except ssl.SSLError:
        return False


def exchange(c, text):
    """Send text and read replies, both as they come: the replies."""
    c.sock.setblocking(False)
    view = memoryview(text)
    out = b''
    replies = bytearray()
    end = time.monotonic() + 120
    while time.monotonic() < end:
        while len(view) and len(out) < 65536:
            n = c.tls.write(view[:16384])
            view = view[n:]
            out += c.outgoing.read()
        readable, writable, _ = select.select(
            [c.sock], [c.sock] if out else [], [], 10)
        check(readable or writable, 'nothing moves')
        if writable:
            try:
                out = out[c.sock.send(out):]
            except BlockingIOError:
                pass
        if readable and (not writable or len(replies) < len(BIG)):
            if not take(c, replies):
                break
    return bytes(replies)


def test_many_commands():
    """Thousands of commands sent while a big message is not read"""
    c = server.login(rcvbuf=4096)
    replies = exchange(c, b'RETR 1\r\n' + b'NOOP\r\nLIST 2\r\n' * 20000 +
                       b'QUIT\r\n')
    check(replies.startswith(b'+OK'), 'RETR')
    c.buffer = replies[replies.index(b'\n') + 1:]
    equal(c.body(), wire(BIG), 'big message')
    lines = c.buffer.split(b'\r\n')
    equal(len(lines), 40002, 'replies')
    for i in range(20000):
        check(lines[2 * i].startswith(b'+OK'), 'NOOP')
        check(lines[2 * i + 1].startswith(b'+OK 2 '), 'LIST 2')
    check(lines[40000].startswith(b'+OK'), 'QUIT')


def test_not_reading():
    """A client that never reads blocks only its session, in little memory"""
    c = server.login(rcvbuf=4096)
    before = {pid: rss(pid) for pid, name, uid in server.children()}
    c.send(b'RETR 1\r\n' * 50)
    time.sleep(0.3)
    # The other client is served meanwhile.
    for i in range(5):
        good = server.login('ann')
        began = time.monotonic()
        equal(good.stat()[0], 1, 'STAT')
        check(time.monotonic() - began < 2, 'slow')
        good.quit()
    for pid, name, uid in server.children():
        if pid in before and not ASAN:
            grown = rss(pid) - before[pid]
            check(grown < 4096, '%s grew by %d KiB' % (name, grown))
    c.reset()
    server.no_workers()


def test_slow_reader():
    """A big message read in small pieces arrives whole"""
    c = server.login(rcvbuf=4096)
    c.send(b'RETR 1\r\nSTAT\r\n')
    for i in range(50):
        c.recv_small = c.sock.recv(1000)
        c.incoming.write(c.recv_small)
        time.sleep(0.002)
    check(c.line().startswith(b'+OK'), 'RETR')
    equal(c.body(), wire(BIG), 'message')
    check(c.line().startswith(b'+OK 2 '), 'STAT')
    c.quit()


def test_flood_without_reading():
    """A client that only sends is stopped, not stored"""
    c = server.login(rcvbuf=4096)
    before = {pid: rss(pid) for pid, name, uid in server.children()}
    c.sock.settimeout(2)
    c.send(b'RETR 1\r\n')
    sent = 0
    try:
        while sent < 64 << 20:
            c.send(b'NOOP\r\n' * 2000)
            sent += 12000
    except socket.timeout:
        pass
    check(sent < 64 << 20, 'took %d octets' % sent)
    for pid, name, uid in server.children():
        if pid in before and not ASAN:
            grown = rss(pid) - before[pid]
            check(grown < 4096, '%s grew by %d KiB' % (name, grown))
    c.reset()
    server.no_workers(GONE)


def test_update_although_blocked():
    """QUIT takes effect even if the client reads no more"""
    box = server['joe']
    c = server.login(rcvbuf=4096)
    c.send(b'DELE 2\r\n')
    c.line()
    c.send(b'RETR 1\r\nQUIT\r\n')
    time.sleep(0.3)
    # What it sent is delivered, its replies are thrown away.
    c.reset()
    server.no_workers(GONE)
    equal(len(box.all()), 1, 'messages')


main()
