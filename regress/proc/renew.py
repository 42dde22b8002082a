#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
# once
"""Reloads in a row, as hooks of several certificates make them: connections
accepted before still complete their handshake."""

import os
import shutil
import signal
import time

from popdtest.ca import certificate
from popdtest.cases import check, equal, main
from popdtest.client import Client, together
from popdtest.env import WORK
from popdtest.server import Server

WAITING = 10
SETTLED = 23        # seconds: longer than a listener waits for a successor


def lasting(server):
    return {p for p, n, u in server.children() if n != 'wrkrpop'}


def renew(server, i):
    """Another key and certificate at the old places, and a reload."""
    for new, old in zip(certificate('renewed%d' % i), server.pairs[0]):
        shutil.copyfile(new, old)
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('reloaded', mark)


def private_pair():
    """One that may be overwritten."""
    directory = os.path.join(WORK, 'pair%d' % Server.number)
    os.makedirs(directory, exist_ok=True)
    return certificate(directory=directory)


def late_handshake(c):
    """On a connection that was accepted long ago."""
    c.handshake()
    c.capa()
    c.close()


def several(reloads):
    server = Server(users={'joe': 'secret', 'ann': 'secret'},
                    pairs=[private_pair()])
    session = server.login('ann')
    before = lasting(server)
    clients = [Client((server.listen[0], server.port), tls=False)
               for _ in range(WAITING)]
    time.sleep(0.3)
    for i in range(reloads):
        renew(server, i)
    outcomes = together(WAITING, lambda i: late_handshake(clients[i]))
    failed = [str(o) for o in outcomes if o is not None]
    check(not failed, '%d of %d handshakes: %s' % (len(failed), WAITING,
                                                   failed[:2]))
    time.sleep(SETTLED)
    session.ok('NOOP')
    session.quit()
    Client((server.listen[0], server.port), cafile=server.pairs[0][0],
           name='renewed%d' % (reloads - 1)).quit()
    equal(lasting(server), before, 'processes')
    server.stop()


def test_two():
    """Two within a minute, and ten older connections"""
    several(2)


def test_five():
    """Five"""
    several(5)


main()
