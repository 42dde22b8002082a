#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""No password, no mail and no raw octets in the log, at any verbosity."""

import os
import re

from popdtest.cases import check, equal, main
from popdtest.password import plain
from popdtest.server import Configured, Server

WORDS = {
    'right': 'CANARY-right-password',
    'wrong': 'CANARY-wrong-password',
    'long': 'CANARY-' + 'p' * 300,
    'user': 'CANARY-name-and-password',
}


sources = 0


def exercise(server):
    def attempt(*lines):
        # Each from an address of its own, so that no delay is due.
        global sources
        sources += 1
        c = server.connect(source='127.0.19.%d' % sources)
        for line in lines:
            c.send(line if isinstance(line, bytes) else line.encode())
            c.send(b'\r\n')
        c.send(b'QUIT\r\n')
        c.closed()
        c.close()

    right, wrong = WORDS['right'], WORDS['wrong']
    attempt('USER joe', 'PASS ' + right, 'LIST', 'RETR 1')
    attempt('USER joe', 'PASS ' + wrong)
    attempt('USER nobody', 'PASS ' + right)
    attempt('AUTH PLAIN ' + plain('', 'joe', right))
    attempt('AUTH PLAIN', plain('', 'joe', right))
    attempt('AUTH PLAIN', plain('', 'joe', wrong))
    attempt('AUTH PLAIN ' + plain('joe', 'joe', right))
    attempt('PASS ' + right)
    attempt('PASSX ' + right, 'PAS ' + right, right, 'pass' + right)
    attempt('PASS ' + WORDS['long'])
    attempt('USER joe ' + right)
    attempt('AUTH LOGIN ' + right, 'AUTH PLAIN ' + right, right)
    attempt(b'PASS ' + right.encode() + b'\0', b'\0' + right.encode())
    # A command of the other state, followed by a password.
    attempt('USER joe', 'PASS ' + right, 'PASS ' + right, 'USER ' + right,
            'AUTH PLAIN ' + plain('', 'joe', right), right, 'RETR ' + right,
            'DELE ' + right)
    c = server.connect()
    c.send(('USER joe\r\nPASS ' + right).encode())
    c.close()
    c = server.connect()
    c.send(('USER joe\r\nPASS ' + right + '\r\n').encode())
    c.close()
    server.no_workers()


def outside(server):
    """What others than popd's own processes can see of them: arguments,
    environment, name; and files that a process left."""
    for pid in [server.pid] + [pid for pid, name, uid in server.children()]:
        for name in ('cmdline', 'environ', 'comm'):
            try:
                with open('/proc/%d/%s' % (pid, name), 'rb') as f:
                    text = f.read()
            except OSError:
                continue
            check(b'CANARY' not in text, '%s of %d: %r' % (name, pid, text))
    for top in (server.dir, os.getcwd()):
        for path, dirs, files in os.walk(top):
            cores = [f for f in files if re.match(r'core(\.|$)', f)]
            check(not cores, 'in %s: %s' % (path, cores))
            dirs[:] = [d for d in dirs if d != '.git']


def silent(server):
    """Check that none of it is in the log."""
    text = server.log()
    check('CANARY' not in text,
          [l for l in text.splitlines() if 'CANARY' in l])
    for word in WORDS.values():
        for user in ('joe', 'nobody'):
            check(plain('', user, word) not in text, 'base64 in the log')
    for line in text.splitlines():
        check(re.fullmatch(r'[ -~]*', line), 'control: %r' % line)


def cut(connect, line):
    """The line, its end and the connection cut off in all ways."""
    for n in (len(line) // 2, len(line)):
        c = connect()
        c.send(b'USER joe\r\n')
        c.send(line[:n])
        c.close()
    c = connect()
    c.send(b'USER joe\r\n' + line)
    c.half_close()
    c.closed()
    c.close()


TLS, STLS, BOTH = range(3)


def test_clear():
    """In clear, whether that is allowed or not, and after STLS"""
    right = WORDS['right']
    for verbose in (0, 1):
        server = Configured(['tls', 'starttls', 'starttls cleartext'],
                            users={'joe': right}, verbose=verbose)
        server['joe'].add(b'Subject: x\n\n')
        for connect in (lambda: server.reach(STLS), lambda: server.reach(BOTH),
                        lambda: server.reach(STLS).stls(), server.connect):
            for word in (right, WORDS['wrong']):
                c = connect()
                c.cmd('USER joe')
                c.cmd('PASS ' + word)
                outside(server)
                c.close()
                c = connect()
                c.cmd('AUTH PLAIN ' + plain('', 'joe', word))
                c.close()
                c = connect()
                if c.cmd('AUTH PLAIN').startswith(b'+ '):
                    c.cmd(plain('', 'joe', word))
                c.close()
            cut(connect, b'PASS ' + right.encode())
            cut(connect, b'AUTH PLAIN ' + plain('', 'joe', right).encode())
        # In one packet with STLS.
        c = server.reach(STLS)
        c.send(b'STLS\r\nUSER joe\r\nPASS %s\r\n' % right.encode())
        c.line()
        c.close()
        outside(server)
        server.stop()
        silent(server)


def test_verbose():
    """At -vvv on all paths of a login, right and wrong"""
    for verbose in (0, 1, 3):
        server = Server(users={'joe': WORDS['right']}, verbose=verbose)
        server['joe'].add(b'Subject: CANARY-in-mail\n\nCANARY-body\n')
        exercise(server)
        server.reload()
        # A directory in place of a message, with a hostile name.
        os.mkdir(server['joe'].sub('new/1.x\nCANARY'[:8] + '\x1b[2J'))
        exercise(server)
        outside(server)
        server.stop()
        silent(server)
        check('$2b$' not in server.log(), 'a hash in the log')


def test_check():
    """popd -n and refused starts show no hash"""
    server = Server(start=False)
    with open(server.authtab, 'ab') as f:
        f.write(b'broken\n')
    status, output = server.run('-n', '-vvv')
    equal(status, 1, output)
    check('$2b$' not in output, output)
    hash = server['joe'].hash
    with open(server.authtab, 'wb') as f:
        f.write(b'joe\n' + hash.encode() + b'\n')
    server.own_files()
    status, output = server.run('-n', '-vvv')
    check(hash not in output and hash[10:30] not in output, output)


main()
