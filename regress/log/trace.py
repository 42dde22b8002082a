#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Each message between two processes has its line at -vv, and while popctl(8)
wants it so: of who sends it and of who gets it, and nothing of a user."""

import re

from popdtest.cases import check, equal, main
from popdtest.process import kill_all
from popdtest.server import Server
from popdtest.targets import pids_of

LINE = (r'popd: (?:(?P<who>\S+(?: -c)?\[\d+\])(?: session=\S+)?: )?'
        r'message (?P<way>to|from) (?P<peer>[a-z]+(?:\[\d+\]| \d+)?): '
        r'(?P<name>[A-Z_]+) octets=\d+(?P<fd> descriptor)?'
        r'(?: session=(?P<session>\d+\.\d+))?')

# A login, a message and QUIT: who says what to whom, as both of them see it.
LOGIN = [
    ('lsnrpop', 'SESSION_WANT', 'popd'), ('lsnrpop', 'AUTH_CHECK', 'authpop'),
    ('authpop', 'CHECK', 'hashpop'), ('hashpop', 'CHECKED', 'authpop'),
    ('hashpop', 'GRANT', 'popd'), ('authpop', 'AUTH_OK', 'popd'),
    ('popd', 'SESSION_OPEN', 'lsnrpop'),
    ('lsnrpop', 'SESSION_END', 'popd'),
]
# A worker has this one channel, and the parent tells of both directions.
WORKER = [('to', 'WORK'), ('from', 'REPORT')]


def program(name):
    return re.sub(r'\[\d+\]$| \d+$', '', name or 'popd')


def messages(server, mark):
    """(who, way, peer, name, session) of each line about a message."""
    out = []
    for line in server.log(mark).splitlines():
        found = re.fullmatch(LINE, line)
        check(found or ' message ' not in line, 'odd: ' + line)
        if found:
            out.append((program(found['who']), found['way'],
                        program(found['peer']), found['name'],
                        found['session'], found['fd'] is not None))
    return out


def session(server):
    server.login('joe').quit()
    server.no_workers()
    server.wait_log('session end session=')


def holds(said, who, way, peer, name):
    return any(m[:4] == (who, way, peer, name) for m in said)


def test_login():
    """A login at -vv: every message, from both ends, and its session"""
    server = Server(users={'joe': 'CANARY'}, verbose=2)
    server['joe'].add(b'Subject: CANARY\n\n')
    mark = server.mark()
    session(server)
    # The last lines come when they come.
    server.wait_log('message from lsnrpop.*: SESSION_END', mark)
    said = messages(server, mark)
    for who, name, peer in LOGIN:
        check(holds(said, who, 'to', peer, name), 'not sent: ' + name)
        check(holds(said, peer, 'from', who, name), 'not received: ' + name)
    for way, name in WORKER:
        check(holds(said, 'popd', way, 'wrkrpop', name), name)
    ids = {m[4] for m in said if m[3] in ('SESSION_WANT', 'AUTH_OK', 'WORK')
           and m[0] == 'popd'}
    equal(len(ids), 1, 'sessions: %s' % ids)
    check(all(m[5] for m in said if m[3] == 'SESSION_OPEN'), 'descriptors')
    check(not [m for m in said if m[3] in ('LOG', 'PING', 'PONG')], 'pings')
    check('CANARY' not in server.log(), 'contents')
    server.stop()


def test_ordered():
    """popctl log trace: the same while it runs; verbose and brief end it"""
    server = Server(users={'joe': 'secret'}, verbose=0)
    mark = server.mark()
    session(server)
    equal(messages(server, mark), [], 'before')
    for detail in ('trace', 'verbose', 'brief'):
        equal(server.popctl('log', detail), (0, [], ''), detail)
        equal(server.rows('status', kind='popd')[0]['log'], detail, 'status')
        # All know: the last of what was asked for before is on its way.
        session(server)
        mark = server.mark()
        session(server)
        server.wait_log('session end', mark)
        equal(bool(messages(server, mark)), detail == 'trace', detail)
    server.stop()


def test_restart():
    """A level set by popctl outlives the death of a process, not a reload"""
    server = Server(users={'joe': 'secret'}, verbose=0)
    equal(server.popctl('log', 'trace'), (0, [], ''), 'trace')
    mark = server.mark()
    server.expect_crash = True
    kill_all(pids_of(server, 'authpop'))
    server.wait_log(r'popd: message to authpop\[.*: CONF_COMMIT', mark)
    mark = server.mark()
    session(server)
    server.wait_log(r'popd: authpop\[\d+\]: message to popd: AUTH_OK', mark)
    equal(server.rows('status', kind='popd')[0]['log'], 'trace', 'status')
    server.reload()
    equal(server.rows('status', kind='popd')[0]['log'], 'brief', 'reloaded')
    server.stop()


main()
