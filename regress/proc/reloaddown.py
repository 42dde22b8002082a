#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 240
# once
"""Reloads while a process is down, or dies."""

import os
import signal
import time

from popdtest.ca import certificate
from popdtest.cases import check, main
from popdtest.env import LIBEXEC
from popdtest.server import Server


def without_keypop(server):
    """keypop cannot be started; what puts it right again."""
    program = LIBEXEC + '/keypop'
    aside = program + '.aside'
    (pid, name, uid), = server.children('keypop')
    os.rename(program, aside)
    mark = server.mark()
    os.kill(pid, signal.SIGKILL)
    server.wait_log(r'keypop is down', mark)
    return lambda: os.rename(aside, program)


def test_nobody_judges():
    """A reload while keypop is down waits, then refuses a bad pair only"""
    server = Server(users={'joe': 'secret'},
                    pairs=[certificate('down.example')],
                    name='down.example')
    server.expect_crash = True
    session = server.login()
    cert, key = server.pairs[0]
    with open(key, 'rb') as f:
        old = f.read()
    with open(certificate('other.example')[1], 'rb') as f:
        other = f.read()
    for data, told in ((other, r'configuration not changed: keypop.*belong'),
                       (old, r'configuration reloaded')):
        back = without_keypop(server)
        try:
            with open(key + '.new', 'wb') as f:
                f.write(data)
            os.chmod(key + '.new', 0o600)
            os.rename(key + '.new', key)
            mark = server.mark()
            os.kill(server.pid, signal.SIGHUP)
            server.wait_log(r'reload waits: keypop is down', mark)
            # It is tried with each keypop that is started, and dies.
            time.sleep(4)
            check('reloaded' not in server.log(mark), server.log(mark))
        finally:
            back()
        server.wait_log(told, mark, timeout=60)
        # With the old pair, if the new one was refused.
        server.ready()
        session.ok('NOOP')
    session.quit()
    server.stop()


def test_dies_meanwhile():
    """A process that dies during a reload does not fail the reload"""
    server = Server(users={'joe': 'secret'})
    server.expect_crash = True
    for name in ('keypop', 'authpop'):
        pid = server.children(name)[-1][0]
        mark = server.mark()
        # It has no answer when it dies.
        os.kill(pid, signal.SIGSTOP)
        os.kill(server.pid, signal.SIGHUP)
        time.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        server.wait_log(r'configuration not changed: %s.* ended unexpectedly'
                        r': trying again' % name, mark)
        server.wait_log(r'configuration reloaded', mark, timeout=60)
        server.login().quit()
    server.stop()


main()
