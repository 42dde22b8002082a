#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What a child writes to standard error reaches no log, not even with -d."""

import re
import time

from popdtest.cases import check, main
from popdtest.inject import call, inject, tool
from popdtest.process import descriptors
from popdtest.server import Server

FORGED = 'popd: login failed session=9.9 source=127.9.9.9 reason=user ' \
    'user="x"'


def test_descriptors():
    """No child has popd's standard error"""
    server = Server()
    c = server.login()
    server.worker()
    for pid, name, uid in server.children():
        link = descriptors(pid).get(2, 'closed')
        check(link != server.logfile, '%s has %s' % (name, link))
    c.quit()
    server.stop()


def test_forged():
    """A line that a child writes there does not reach the log"""
    injector = tool()
    server = Server()
    c = server.login()
    server.worker()
    octets = FORGED.replace(' ', '_').encode() + b'\n'
    for pid, name, uid in server.children():
        mark = server.mark()
        inject(injector, pid, call('write', 2, octets, len(octets)))
        time.sleep(0.1)
        for line in server.log(mark).splitlines():
            check('127.9.9.9' not in line or
                  re.match(r'popd: \S+( -c)?\[%d\]' % pid, line),
                  '%s: %s' % (name, line))
    c.quit()
    server.stop()


main()
