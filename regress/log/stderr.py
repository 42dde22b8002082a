#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What a child writes to its standard error is nobody's log, with -d, too."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'confine'))
from popdtest import *
import confine

confine.NUMBERS.update({'write': (1, 64)})
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
    """A line that a child writes there is not a line of the log"""
    need_root()
    if confine.MACHINE is None or sys.platform != 'linux':
        raise Skip('only on Linux, x86-64 and arm64')
    tool = confine.build()
    server = Server()
    c = server.login()
    server.worker()
    octets = FORGED.replace(' ', '_').encode() + b'\n'
    for pid, name, uid in server.children():
        mark = server.mark()
        confine.inject(tool, pid, confine.call('write', 2, octets,
                                               len(octets)))
        time.sleep(0.1)
        for line in server.log(mark).splitlines():
            check('127.9.9.9' not in line or
                  re.match(r'popd: \S+( -c)?\[%d\]' % pid, line),
                  '%s: %s' % (name, line))
    c.quit()
    server.stop()


main()
