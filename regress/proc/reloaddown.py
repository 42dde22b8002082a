#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
# once
"""Reloads while a process is down, or dies."""

import os
import signal

from popdtest.ca import certificate
from popdtest.cases import equal, main, until
from popdtest.env import LIBEXEC
from popdtest.process import alive
from popdtest.server import Server


def reload(server, told):
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log(told, mark)


def test_down():
    """While keypop is down another one judges, and refuses a bad pair only"""
    server = Server(users={'joe': 'secret'},
                    pairs=[certificate('down.example')],
                    name='down.example')
    server.expect_crash = True
    session = server.login()
    key = server.pairs[0][1]
    with open(key, 'rb') as f:
        old = f.read()
    with open(certificate('other.example')[1], 'rb') as f:
        other = f.read()

    def place(data):
        with open(key + '.new', 'wb') as f:
            f.write(data)
        os.chmod(key + '.new', 0o600)
        os.rename(key + '.new', key)
    mark = server.mark()
    for seconds in (0, 1, 2, 4, 8):
        until('a keypop', lambda: server.children('keypop'))
        (pid, name, uid), = server.children('keypop')
        os.kill(pid, signal.SIGKILL)
        if seconds > 0:
            server.wait_log('keypop is down: next start in %d s' % seconds,
                            mark)
        else:
            until('its end', lambda: not alive(pid))
    place(other)
    reload(server, 'configuration not changed: keypop.*belong')
    place(old)
    reload(server, 'configuration reloaded')
    equal(server.children('keypop'), [], 'it is back')
    server.ready()
    session.ok('NOOP')
    session.quit()
    server.stop()


def test_nobody_judges():
    """Without its program nothing is reloaded, and the others go on"""
    server = Server(users={'joe': 'secret'})
    program = LIBEXEC + '/keypop'
    os.rename(program, program + '.aside')
    try:
        reload(server, r'configuration not changed: keypop\[\d+\] ended '
               'unexpectedly')
    finally:
        os.rename(program + '.aside', program)
    server.login().quit()
    reload(server, 'configuration reloaded')
    server.stop()


def test_dies_meanwhile():
    """A process that dies during a reload does not fail the reload"""
    server = Server(users={'joe': 'secret'}, verbose=2)
    server.expect_crash = True
    for name in ('keypop', 'authpop'):
        pid = server.children(name)[-1][0]
        mark = server.mark()
        # It has no answer when it dies.
        os.kill(pid, signal.SIGSTOP)
        os.kill(server.pid, signal.SIGHUP)
        server.wait_log(r'message to %s\[%d\].*: CONF_CHECK' % (name, pid),
                        mark)
        os.kill(pid, signal.SIGKILL)
        server.wait_log(r'configuration reloaded', mark)
        server.ready()
    server.stop()


main()
