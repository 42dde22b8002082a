#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
"""[IN-USE] names the session that holds the maildrop, not one that waits."""

import time

from popdtest.cases import check, main
from popdtest.server import Server

server = Server(shared=True)


def test_waiting():
    """Whatever the number of waiting sessions and their listeners"""
    for i in range(4):
        first = server.login(source='127.0.0.50')
        waiting = []
        for source in range(60, 64):
            c = server.connect(source='127.0.0.%d' % source)
            c.ok('USER joe')
            c.send('PASS secret\r\n')
            waiting.append(c)
            time.sleep(0.2)
        for c in waiting:
            reply = c.line()
            check(reply.startswith(b'-ERR [IN-USE]') and
                  reply.endswith(b' from 127.0.0.50'), repr(reply))
            c.close()
        first.quit()
        server.no_workers()


main()
