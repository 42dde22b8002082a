#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A table process for tests: OpenSMTPD's protocol, and everything that a table
must not do.  Its configuration is a directory with
    users    JSON: {name: [hash, userinfo, password, alias]}, each or null
    offers   the services that it registers, one a line
    mode     what it does now: read before each answer
    asked    what it was asked, appended
    pids     one line for each start
"""

import json
import os
import sys
import time


def mode(where):
    with open(where + '/mode') as f:
        return f.read().strip()


def put(text):
    os.write(1, text.encode('latin-1'))


def answer(where, op, service, ident, key):
    with open(where + '/users') as f:
        users = json.load(f)
    name, _, password = key.partition(':') if service == 'auth' else \
        (key, '', '')
    hashed, info, right, alias = (users.get(name, []) + [None] * 4)[:4]
    value = {'credentials': hashed, 'userinfo': info, 'auth': right,
             'alias': alias}[service]
    head = '%s-result|%s|' % (op, ident)
    if op == 'check':
        return head + ('found' if value is not None and value == password
                       else 'not-found') + '\n'
    return head + ('not-found' if value is None else 'found|' + value) + '\n'


def register(where):
    with open(where + '/offers') as f:
        for service in f.read().split():
            put('register|%s\n' % service)
    put('register|ready\n')


def flood(ident):
    """Write until the other end is closed."""
    try:
        while True:
            put('lookup-result|%s|found|' % ident + 'x' * 60000)
    except OSError:
        sys.exit(0)


def of_mallory(where, ident):
    """The hash of another user, under that user's name."""
    with open(where + '/users') as f:
        return 'lookup-result|%s|found|mallory:%s\n' % (
            ident, json.load(f)['mallory'][0])


def misbehave(now):
    """Do not answer, or only later."""
    if now == 'die':
        sys.exit(3)
    elif now == 'hang':
        time.sleep(600)
    elif now == 'slow':
        time.sleep(1)
    elif now == 'busy':
        time.sleep(0.2)


def wrong_answer(where, now, op, service, ident, key):
    """The wrong answer of a mode, or None."""
    if now == 'flood':
        flood(ident)
    if now == 'twice':
        return 2 * answer(where, op, service, ident, key)
    if now == 'other' and service == 'credentials':
        return of_mallory(where, ident)
    if now in ('root', 'relative') and service == 'userinfo':
        return 'lookup-result|%s|found|%s\n' % (
            ident, '0:0:/root' if now == 'root' else '1:1:etc')
    if now == 'wrong':
        return '%s-result|%08x|found|x\n' % (op, int(ident, 16) + 7)
    return {
        'error': '%s-result|%s|error|database is away\n' % (op, ident),
        'garbage': '\0\xff+OK\n',
        'fetch': 'fetch-result|%s|found|x\n' % ident,
        'empty': '%s-result|%s|found|\n' % (op, ident),
    }.get(now)


def serve(where, line):
    _, _, _, _, op, service, ident, key = line.split('|', 7)
    with open(where + '/asked', 'a') as f:
        f.write('%s %s\n' % (service, key))
    now = mode(where)
    misbehave(now)
    put(wrong_answer(where, now, op, service, ident, key) or
        answer(where, op, service, ident, key))


def main():
    where = sys.argv[1]
    with open(where + '/pids', 'a') as f:
        f.write('%d %s\n' % (os.getpid(), sys.argv[0]))
    if mode(where) == 'silent':
        time.sleep(600)
    if mode(where) == 'babble':
        put('hello\n')
    if mode(where) == 'faint':
        put('register|credentials\n')
        sys.exit(3)
    for line in os.fdopen(0, 'r', encoding='latin-1', newline='\n'):
        if line == 'config|ready\n':
            register(where)
        if line.startswith('table|'):
            serve(where, line[:-1])


main()
