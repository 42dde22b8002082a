#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What popd counts: with popctl, and over HTTP."""

import re
import socket
import subprocess
import urllib.error
import urllib.request

from popdtest.cases import check, equal, main, until
from popdtest.env import STAGE
from popdtest.host import free_port
from popdtest.server import Server

MAIL = b'Subject: x\n\nhello\n'
SAMPLE = re.compile(r'popd_\w+(\{\w+="[^"]*"\})? [0-9.+e-]+$')

metrics_port = free_port()
server = Server(
    {'joe': 'secret'}, shared=True, flags=['-v'],
    conf='listen on 127.0.0.1 port @port@ tls\n'
         'listen on 127.0.0.1 port %d metrics\n' % metrics_port)


def counts():
    """(name, label) -> value, of show stats."""
    return {(r['name'], r['label'] or ''): r['value']
            for r in server.rows('show', 'stats') if r['kind'] == 'count'}


def collect(path='/metrics'):
    url = 'http://127.0.0.1:%d%s' % (metrics_port, path)
    with urllib.request.urlopen(url, timeout=20) as answer:
        check('openmetrics-text' in answer.headers['Content-Type'],
              answer.headers)
        return answer.read().decode()


def session():
    client = server.login('joe')
    client.retr(1)
    client.ok('DELE 1')
    client.quit()


def test_counts():
    """A session, a wrong password and an unknown user are counted"""
    before = counts()
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
        return counts()[name, label] - before[name, label]

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
    hits = counts()['index', 'hit']
    for i in range(2):
        server.login('joe').quit()
    until('a hit', lambda: counts()['index', 'hit'] > hits)


def test_latencies():
    """There are as many latency samples as answers"""
    server['joe'].add(MAIL)
    session()

    def waits():
        return {r['latency']: r for r in server.rows('show', 'stats')
                if r['kind'] == 'latency'}

    until('samples', lambda: waits()['first-octet']['count'] > 0)
    row = waits()['login']
    check(row['count'] >= 1 and row["mean"] >= 0, row)


def test_http():
    """HTTP returns OpenMetrics for any path"""
    for path in ('/metrics', '/', '/x?y'):
        lines = collect(path).split('\n')
        equal(lines[-2:], ['# EOF', ''], 'the end')
        for line in lines[:-2]:
            check(line.startswith('# ') or SAMPLE.match(line), line)
        types = [line.split()[2] for line in lines
                 if line.startswith('# TYPE')]
        equal(len(types), len(set(types)), 'each family once')
    check('popd_login_seconds_bucket{le="+Inf"}' in collect(), 'histogram')


def test_same():
    """popctl metrics prints the same text"""
    status, lines, error = server.popctl('metrics')
    equal((status, error), (0, ''), 'popctl metrics')
    equal([line.split(' ')[:2] for line in lines if line[:1] == '#'],
          [line.split(' ')[:2] for line in collect().split('\n')
           if line[:1] == '#'], 'families')


def test_bad_requests():
    """Anything but GET is refused; silent clients block no other"""
    def ask(data):
        with socket.create_connection(('127.0.0.1', metrics_port), 20) as s:
            s.sendall(data)
            return s.makefile('rb').readline()
    check(b' 405 ' in ask(b'POST / HTTP/1.0\r\n\r\n'), 'POST')
    check(b' 405 ' in ask(b'\r\n\r\n'), 'nothing')
    check(b' 431 ' in ask(b'GET /' + b'x' * 4091), 'too long')
    silent = [socket.create_connection(('127.0.0.1', metrics_port), 20)
              for i in range(40)]
    for i in range(3):
        check('# EOF' in collect(), 'with silent ones')
    for s in silent:
        s.close()
    session_works = server.login('joe')
    session_works.quit()


def test_often():
    """Frequent requests are answered, and cost popd no more than others"""
    mark = server.mark()
    for i in range(100):
        check('# EOF' in collect(), 'no answer')
    check('dropped' not in server.log(mark), server.log(mark)[-300:])
    before = collect()
    session()
    until('news', lambda: collect() != before)


def test_monitor():
    """monitor prints a line a second until it is ended"""
    process = subprocess.Popen(
        [STAGE + '/sbin/popctl', '-s', server.socket, 'monitor'],
        stdout=subprocess.PIPE, text=True)
    lines = [process.stdout.readline() for i in range(3)]
    process.terminate()
    process.wait()
    check(lines[0].startswith('TIME'), lines)
    for line in lines[1:]:
        equal(len(line.split()), 9, line)


def test_monitors():
    """Monitors on all slots do not shut out an order"""
    processes = [subprocess.Popen(
        [STAGE + '/sbin/popctl', '-s', server.socket, 'monitor'],
        stdout=subprocess.PIPE, text=True) for i in range(9)]
    for p in processes[1:]:
        p.stdout.readline()
    status, lines, error = server.popctl('kick', 'joe')
    check('no such session' in error, (status, lines, error))
    for p in processes:
        p.terminate()
        p.communicate()


main()
