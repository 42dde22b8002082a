#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A client that changes its TLS keys within what it sends."""

import os
import select
import signal
import subprocess
import time

from popdtest.cases import check, main
from popdtest.server import Server

server = Server(shared=True)
server['joe'].add(b'Subject: 1\n\n')


class Openssl:
    """s_client: a line "k" changes its keys, "K" asks us to do so too."""

    def __init__(self):
        self.process = subprocess.Popen(
            ['openssl', 's_client', '-connect',
             '127.0.0.1:%d' % server.port, '-tls1_3', '-crlf'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, bufsize=0)
        self.seen = b''

    def say(self, line):
        self.process.stdin.write(line + b'\n')
        time.sleep(0.2)         # it takes a line for each read

    def hear(self, what, seconds=5):
        end = time.monotonic() + seconds
        while what not in self.seen:
            left = end - time.monotonic()
            check(left > 0 and select.select(
                [self.process.stdout], [], [], left)[0], 'no %r' % what)
            data = self.process.stdout.read(65536)
            check(data, 'the end before %r' % what)
            self.seen += data
        self.seen = self.seen[self.seen.index(what) + len(what):]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def listeners(sig):
    for pid, name, uid in server.children('lsnrpop'):
        os.kill(pid, sig)


def test_in_one_piece():
    """A command right after new keys is answered, without another one"""
    for key in (b'k', b'K'):
        c = Openssl()
        try:
            c.hear(b'+OK POP3 ready')
            c.say(b'USER joe')
            c.hear(b'+OK')
            c.say(b'PASS secret')
            c.hear(b'+OK maildrop')
            # Both come with one read.
            listeners(signal.SIGSTOP)
            c.say(key)
            c.say(key)
            c.say(b'STAT')
            listeners(signal.SIGCONT)
            c.hear(b'+OK 1 ')
        finally:
            listeners(signal.SIGCONT)
            c.end()
        server.no_workers()


main()
