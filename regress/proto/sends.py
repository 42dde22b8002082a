#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""What is ready in one turn leaves in one send(2)."""

import os
import re
import subprocess
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import WORK
from popdtest.host import need
from popdtest.server import Server

OCTETS = 50 << 10


def test_message():
    """A message of 50 KiB: its records leave together"""
    need('strace')
    server = Server()
    server['joe'].add(b'Subject: x\n\n' + b'x' * 63 * 16 + b'\n' +
                      (b'y' * 63 + b'\n') * (OCTETS // 64))
    c = server.login()
    out = os.path.join(WORK, 'strace')
    trace = subprocess.Popen(
        ['strace', '-o', out, '-ff', '-e', 'trace=sendto'] +
        [a for pid, n, u in server.children('lsnrpop')
         for a in ('-p', str(pid))], stderr=subprocess.PIPE)
    try:
        line = trace.stderr.readline()
        if b'attached' not in line:
            raise Skip('strace cannot attach: %r' % line)
        time.sleep(0.5)
        c.retr(1)
        sends = 10
        for i in range(sends):
            c.ok('NOOP')
    finally:
        trace.terminate()
        trace.wait()
        trace.stderr.close()
    sent = []
    for name in os.listdir(WORK):
        if name.startswith('strace.'):
            with open(os.path.join(WORK, name)) as f:
                sent += [int(n) for n in
                         re.findall(r'^sendto\(.* = (\d+)$', f.read(), re.M)]
    # To the worker go 11 commands, to the client 11 answers.
    big = [n for n in sent if n > 8192]
    print('# %d octets of mail left in %d sends' % (OCTETS, len(big)))
    equal(len(big), 1, 'sends of the message')
    check(len(sent) <= 2 * (sends + 1) + 1, '%d sends' % len(sent))
    c.quit()
    server.stop()


main()
