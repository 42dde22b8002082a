#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 180
# once
"""A lock of popctl ends by its unlock alone, whatever becomes of popd."""

import os
import resource
import sys

from popdtest.cases import Skip, check, equal, main, until
from popdtest.server import Server

USERS = {'joe': 'secret', 'ann': 'secret'}
# Where the limit of a file's size is the full disk: no signal kills popd.
WRAP = (sys.executable, '-c', 'import os, signal, sys; '
        'signal.signal(signal.SIGXFSZ, signal.SIG_IGN); '
        'os.execv(sys.argv[1], sys.argv[1:])')
server = Server(USERS, shared=True, wrap=WRAP)
FILE = server.socket + '.locked'


def locked(user):
    c = server.connect()
    c.ok('USER ' + user)
    reply = c.cmd('PASS secret')
    c.close()
    return b'SYS/PERM' in reply


def popctl(*arguments, status=0):
    got, _, error = server.popctl(*arguments)
    equal(got, status, '%s: %s' % (' '.join(arguments), error))
    return error


def start():
    """The control socket comes after the first greeting."""
    server.start()
    until('popctl is answered', lambda: server.popctl('status')[0] == 0)


def again():
    server.kill()
    start()


def refused(text, line):
    with open(FILE, 'wb') as f:
        f.write(text)
    for flag in '-d', '-n':
        status, output = server.run(flag)
        equal(status, 1, '%r: %s' % (text, output))
        check('.locked:%d: expected "lock user" or' % line in output, output)


def test_killed():
    """A lock is kept when popd is killed, until it is unlocked"""
    popctl('lock', 'joe')
    popctl('lock', 'ann')
    again()
    check(locked('joe') and locked('ann'), 'a lock fell off')
    popctl('unlock', 'joe')
    again()
    check(not locked('joe'), 'still locked')
    check(locked('ann'), 'ann is not locked')


def test_last():
    """The last unlock empties the file"""
    popctl('unlock', 'ann')
    equal(os.stat(FILE).st_size, 0, 'octets')
    equal(os.stat(FILE).st_mode & 0o777, 0o600, 'mode')
    again()
    check(not locked('ann'), 'still locked')


def test_damaged():
    """A damaged file refuses the start, and names the line"""
    server.stop()
    refused(b'lock joe\nlock an', 2)
    refused(b'lock joe\nlock\n', 2)
    refused(b'lock \n', 1)
    refused(b'joe\n', 1)
    refused(b'unlocked joe\n', 1)
    refused(b'lock jo\0e\n', 1)
    refused(b'lock ' + 256 * b'x' + b'\n', 1)
    refused(b'\n', 1)


def test_writable():
    """Nobody else may choose who is locked"""
    os.chmod(FILE, 0o666)
    status, output = server.run('-d')
    equal(status, 1, output)
    check('.locked: world-writable' in output, output)
    os.unlink(FILE)
    equal(server.run('-n')[0], 0, 'without the file')
    check(not os.path.exists(FILE), '-n makes the file')


def test_unsafe():
    """An order is not kept where the next start would refuse the file"""
    start()
    os.chmod(server.dir, 0o775)
    check('locked until popd is restarted' in popctl('lock', 'joe', status=1),
          'lock')
    check(server.dir + ': group-writable' in server.log(), server.log())
    check(locked('joe'), 'not locked')
    check(not os.path.exists(FILE), 'kept')
    popctl('unlock', 'joe')
    check(not locked('joe') and not os.path.exists(FILE), 'unlocked')
    os.chmod(server.dir, 0o755)
    popctl('lock', 'joe')
    os.chmod(server.dir, 0o775)
    popctl('unlock', 'joe', status=1)
    check(locked('joe'), 'a kept lock fell off')
    os.chmod(server.dir, 0o755)
    popctl('unlock', 'joe')
    server.stop()


def test_full():
    """A full disk: popctl says how long it is locked, and fails"""
    if not hasattr(resource, 'prlimit'):
        raise Skip('needs prlimit')
    start()
    popctl('lock', 'joe')
    size = os.stat(FILE).st_size
    limits = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size + 4, limits[1]))
    check('locked until popd is restarted' in popctl('lock', 'ann', status=1),
          'lock')
    check(locked('ann'), 'not locked')
    popctl('unlock', 'ann', status=1)
    check(locked('ann'), 'unlocked')
    equal(os.stat(FILE).st_size, size, 'octets')
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, limits)
    popctl('lock', 'ann')
    again()
    check(locked('joe') and locked('ann'), 'a lock fell off')
    server.stop()


main()
