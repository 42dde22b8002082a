#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""haproxy as in etc/, in front of popd; TLS passes through."""

import shutil
import sys

from popdtest.cases import check, main
from popdtest.client import Client
from popdtest.server import Configured
from front import haproxy

if shutil.which('haproxy') is None:
    print('skip - haproxy before popd: no haproxy')
    sys.exit(0)

TLS, PROXY = range(2)
KINDS = ['tls', 'tls proxy from 127.0.0.1']
server = Configured(KINDS, 'limit per source 3', shared=True)
first, PORT = haproxy('send-proxy', server.ports[PROXY])
second, PORT2 = haproxy('send-proxy-v2', server.ports[PROXY])


def reach(source, port=None, **more):
    return Client(('127.0.0.1', port or PORT), source=source,
                  cafile=server.pairs[0][0], **more)


def test_address():
    """Sessions and failed logins have the client's address"""
    for i, port in enumerate((PORT, PORT2)):
        source, mark = '127.0.23.%d' % (i + 1), server.mark()
        c = reach(source, port)
        c.ok('USER joe')
        c.err('PASS wrong', 'AUTH')
        c.login()
        c.quit()
        server.wait_log(r'login session=\S+ user="joe" source=%s '
                        r'tls="TLSv1.3" ' % source, mark)
        server.wait_log(r'login failed session=\S+ source=%s '
                        r'reason=password user="joe"$' % source, mark)
        server.wait_log(r'session end .*source=%s .*reason=quit' % source,
                        mark)


def test_guesser():
    """A guesser is delayed, the proxy is not"""
    for i in range(2):
        c = reach('127.0.23.5')
        for j in range(3):
            c.ok('USER joe')
            c.err('PASS guess%d%d' % (i, j), 'AUTH')
        c.close()
    slow = reach('127.0.23.5')
    slow.ok('USER joe')
    slow.send('PASS guess\r\n')
    c = reach('127.0.23.6')
    c.login()
    c.quit()
    check(slow.recv(wait=False) is None, 'no delay')
    slow.close()


def test_limit():
    """limit per source counts the client: its oldest connection ends"""
    mark = server.mark()
    listeners = len(server.children('lsnrpop'))
    # Each listener counts for itself.
    crowd = [reach('127.0.23.7') for i in range(3 * listeners + 1)]
    server.wait_log('connections-refused count=1 last=127.0.23.7 ', mark)
    c = reach('127.0.23.8')
    c.login()
    c.quit()
    for c in crowd:
        c.close()


main()
