#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""popd below a container's filter that answers Landlock with an errno."""

import ctypes
import errno
import os
import struct
import sys

from popdtest.cases import Skip, check, equal, main
from popdtest.server import Server

LANDLOCK = (444, 446)       # first and last system call, on all machines
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2
LACKS = 'this system lacks Landlock'
FORBIDS = "a container's filter may forbid it"


def filtered(code, command):
    """Become command, for which Landlock's calls answer with an errno."""
    def line(op, value, yes=0, no=0):
        return struct.pack('<HBBI', op, yes, no, value)
    program = line(0x20, 0) + \
        line(0x35, LANDLOCK[0], 0, 2) + line(0x25, LANDLOCK[1], 1, 0) + \
        line(0x06, 0x50000 | code) + line(0x06, 0x7fff0000)
    lines = ctypes.create_string_buffer(program)
    fprog = struct.pack('HP', len(program) // 8, ctypes.addressof(lines))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 or \
            libc.prctl(PR_SET_SECCOMP, FILTER, fprog, 0, 0) == -1:
        sys.exit('prctl: ' + os.strerror(ctypes.get_errno()))
    os.execv(command[0], command)


def below(code, **more):
    if sys.platform != 'linux':
        raise Skip('seccomp is a matter of Linux')
    return Server(wrap=[sys.executable, os.path.abspath(__file__), str(code)],
                  **more)


def serves(code):
    server = below(code)
    c = server.login()
    c.ok('STAT')
    c.ok('QUIT')
    c.close()
    lines = [line for line in server.log().splitlines() if LACKS in line]
    equal(len(lines), 1, 'lines about it: %s' % lines)
    check(FORBIDS in lines[0], lines[0])
    server.stop()


def test_eperm():
    """EPERM: popd says once what is lacking, and serves"""
    serves(errno.EPERM)


def test_eopnotsupp():
    """EOPNOTSUPP: the same"""
    serves(errno.EOPNOTSUPP)


def test_enosys():
    """ENOSYS: the same"""
    serves(errno.ENOSYS)


def test_required():
    """With "sandbox require" or -S popd says why it does not start"""
    server = below(errno.EPERM, start=False)
    status, output = server.run('-d', '-S')
    equal(status, 1, output)
    check('-S: ' + LACKS in output and FORBIDS in output, output)
    server.configure('sandbox require\n')
    status, output = server.run('-d')
    equal(status, 1, output)
    check('sandbox require: ' + LACKS in output and FORBIDS in output, output)


if len(sys.argv) > 2:
    filtered(int(sys.argv[1]), sys.argv[2:])
main()
