#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""USER and PASS."""

from popdtest.cases import check, equal, main, short
from popdtest.server import Server

LONG = 'n' * 255
PASSWORDS = {
    'joe': 'secret',
    'ann@example.org': 'pass word',
    'blanks': '  two  and  more  ',
    'bits': b'\xe4\xf6\xfc\xff\x80',
    'utf8': 'pa\u00dfwort\u2603',
    'control': b'\x01\x1b[A\t\x7f',
    'percent': '%s%n%x%d"\'\\`$(id)',
    'colon': 'a:b:c',
    'b\u00fccher': 'secret',
    LONG: 'p' * 255,
    'seventytwo': 'q' * 72,
    'blank1': ' ',
}
server = Server(users=PASSWORDS, shared=True)


sources = 0


def source():
    """Another address each time, so that no delay is due."""
    global sources
    sources += 1
    return '127.0.16.%d' % sources


def fails(user, password):
    def text(value):
        return value if isinstance(value, bytes) else value.encode()
    c = server.connect(source=source())
    c.ok(b'USER ' + text(user))
    c.err(b'PASS ' + text(password), 'AUTH')
    c.close()


def test_right():
    """All kinds of names and passwords"""
    for user in PASSWORDS:
        c = server.connect()
        c.login(user, PASSWORDS[user])
        equal(c.stat(), (0, 0), short(user))
        c.quit()


def test_wrong():
    """A password that is nearly right is wrong"""
    for password in ('', 'Secret', 'SECRET', 'secre', 'secret ', ' secret',
                     'secrets', 'secret\t'):
        if password:
            fails('joe', password)
    for password in ('pass', 'pass  word', 'pass word ', ' pass word',
                     'password'):
        fails('ann@example.org', password)
    fails('blanks', 'two  and  more')
    fails('blank1', '  ')
    fails('bits', b'\xe4\xf6\xfc\xff')
    fails('bits', b'\x64\x76\x7c\x7f\x00'[:4])


def test_empty_password():
    """PASS without a password never succeeds"""
    for line in ('PASS', 'PASS '):
        c = server.connect()
        c.ok('USER joe')
        c.err(line)
        c.close()


def test_upper_case():
    """Names are looked up lower-cased, ASCII letters only"""
    for name in ('JOE', 'Joe', 'ANN@Example.ORG'):
        c = server.connect()
        c.login(name, PASSWORDS[name.lower()])
        c.quit()


def test_too_long():
    """Names and passwords of 256 octets get -ERR and are not cut"""
    c = server.connect(source=source())
    c.err('USER ' + 'n' * 256)
    c.ok('USER ' + LONG)
    c.err('PASS ' + 'p' * 256)
    c.ok('CAPA')
    c.body()
    c.close()
    fails(LONG[:254], 'p' * 255)
    fails(LONG, 'q' * 255)


def test_cut():
    """bcrypt ignores what is after 72 octets: such a password is wrong"""
    fails('seventytwo', 'q' * 73)
    fails('seventytwo', 'q' * 255)


def test_order():
    """PASS needs a USER before it; the last USER counts"""
    c = server.connect(source=source())
    c.err('PASS secret')
    c.ok('USER nobody-here')
    c.ok('USER joe')
    c.ok('PASS secret')
    c.quit()
    c = server.connect(source=source())
    c.ok('USER joe')
    c.ok('CAPA')
    c.body()
    c.ok('PASS secret')
    c.quit()


def test_user_once():
    """After a failed PASS the client must send USER again"""
    c = server.connect(source=source())
    c.ok('USER joe')
    c.err('PASS wrong', 'AUTH')
    c.err('PASS secret')
    c.ok('USER joe')
    c.ok('PASS secret')
    c.quit()


def test_user_with_blank():
    """A name with a blank is refused, not cut"""
    c = server.connect()
    c.err('USER joe x')
    c.err('USER')
    c.err('USER ')
    c.close()


def test_three():
    """Three failures end the connection, two do not"""
    c = server.connect(source=source())
    for i in range(2):
        c.ok('USER joe')
        c.err('PASS wrong', 'AUTH')
    c.ok('USER joe')
    c.ok('PASS secret')
    c.quit()
    c = server.connect(source=source())
    for i in range(2):
        c.ok('USER joe')
        c.err('PASS wrong', 'AUTH')
    c.send(b'USER joe\r\nPASS wrong\r\nUSER joe\r\nPASS secret\r\nSTAT\r\n')
    check(c.line().startswith(b'+OK'), 'USER')
    check(c.line().startswith(b'-ERR [AUTH]'), 'PASS')
    rest = c.closed()
    check(b'+OK' not in rest, 'went on: %r' % rest)


def test_not_in_the_greeting():
    """USER gets the same answer for known and unknown names"""
    c = server.connect()
    known = c.ok('USER joe')
    c.close()
    c = server.connect()
    equal(c.ok('USER no-such-user'), known, 'answer to USER')
    c.close()


main()
