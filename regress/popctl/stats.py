#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What popd counts."""

import re

from popdtest.cases import check, equal, main, until
from popdtest.server import Server

MAIL = b'Subject: x\n\nhello\n'
SAMPLE = re.compile(r'popd_\w+(\{\w+="[^"]*"\})? [0-9.+e-]+$')

server = Server({'joe': 'secret'}, shared=True, flags=['-v'])


def session():
    client = server.login('joe')
    client.retr(1)
    client.ok('DELE 1')
    client.quit()


def test_counts():
    """A session, a wrong password and an unknown user are counted"""
    before = server.stats()
    for i in range(2):
        server['joe'].add(MAIL)
    session()
    client = server.connect()
    client.ok('USER joe')
    client.err('PASS wrong')
    client.close()
    client = server.connect()
    client.ok('USER nobody')
    client.err('PASS wrong')
    client.close()

    def added(name, label=''):
        return server.stats()[name, label] - before[name, label]

    until('the session', lambda: added('sessions_ended') == 1)
    until('signatures', lambda: added('signatures') >= 3)
    until('connections', lambda: added('connections') >= 3)
    until('hashes', lambda: added('hashes') >= 3)
    equal(added('logins', 'accepted'), 1, 'accepted')
    equal(added('logins', 'password'), 1, 'password')
    equal(added('logins', 'user'), 1, 'user')
    equal(added('messages_retrieved'), 1, 'retrieved')
    equal(added('octets_retrieved'), len(MAIL) + 3, 'octets')
    equal(added('messages_deleted'), 1, 'deleted')
    equal(added('index', 'hit') + added('index', 'miss'), 1, 'index')


def test_index():
    """A session on an unchanged maildir is a hit"""
    hits = server.stats()['index', 'hit']
    for i in range(2):
        server.login('joe').quit()
    until('a hit', lambda: server.stats()['index', 'hit'] > hits)


def test_text():
    """The text is OpenMetrics"""
    status, lines, error = server.popctl('show', 'stats')
    equal((status, error, lines[-1]), (0, '', '# EOF'), 'the end')
    for line in lines[:-1]:
        check(line.startswith('# ') or SAMPLE.match(line), line)
    types = [line.split()[2] for line in lines if line.startswith('# TYPE')]
    equal(len(types), len(set(types)), 'each family once')


main()
