#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Errors in popd.conf are reported with their line: popd -n reports all of
them, and popd does not start."""

import os
import re
import shutil
import subprocess

from popdtest.cases import Skip, check, equal, main
from popdtest.env import UID2
from popdtest.password import bcrypt
from popdtest.server import Server

server = Server(start=False)


def said(text, *lines, status=1, flags=('-n',)):
    """popd says just these lines of the file, numbered from the text's first;
    @n at an end is the file and such a line."""
    server.configure(text)
    got, output = server.run(*flags)
    equal(got, status, 'exit status of %r: %s' % (text, output))
    own = [line.split(server.conf + ':', 1)[1]
           for line in output.splitlines() if server.conf + ':' in line]
    with open(server.conf) as f:
        before = f.read().count('\n') - text.count('\n')
    want = []
    for line in lines:
        number, rest = line.split(':', 1)
        rest = re.sub('@([0-9]+)$', lambda m: '%s:%d' % (
            server.conf, int(m.group(1)) + before), rest)
        want.append('%d:%s' % (int(number) + before, rest))
    equal(own, want, 'what is said of %r' % text)
    return output


def test_good():
    """A good file passes"""
    output = said('limit per user 7\n', status=0)
    check('configuration OK' in output, output)


def test_all():
    """All errors are reported at once, those of other files, too"""
    os.rename(server.authtab, server.authtab + '.away')
    with open(server.usertab, 'a') as f:
        f.write('ann\n')
    output = said('limit per user 0\nlog loud\n'
                  'pki x cert "/nonexistent/x.crt"\n'
                  'pki x key "/nonexistent/x.key"\n'
                  'pki y cert "@cert@"\npki y key "@key@"\n',
                  '1: limit per user 0: must be from 1 to 1000',
                  '2: syntax error at "loud"')
    for word in ('/nonexistent/x.crt: No such', '/nonexistent/x.key: No such',
                 server.authtab + ': No such',
                 server.usertab + ':2: no value'):
        check(word in output, 'no %r in %s' % (word, output))
    os.rename(server.authtab + '.away', server.authtab)
    server.tables()


def test_references():
    """Names must be defined and used; errors come without the latter"""
    said('credentials <users>\nuserbase <homes>\n'
         'table users file:@authtab@\nexpire 3 days <some>\n'
         'pki x cert "@cert@"\nlisten on 127.0.0.1 tls pki y\n',
         '2: table homes is not defined', '4: table some is not defined',
         '5: pki x has no key', '6: pki y is not defined')
    said('m = x\nlog loud\n', '2: syntax error at "loud"')
    said('table other file:/x\nm = x\n',
         '2: warning: macro m is not used',
         '1: warning: table other is not used', status=0)


def test_misspelt():
    """An undefined table is one error: no default takes its place, and no
    user is missed in it"""
    server.user('ann', usertab=False)
    server.tables()
    tables = 'table users file:@authtab@\ntable homes file:@usertab@\n'
    for lines, line, name in (
            ('credentials <uesrs>\nuserbase <homes>\n', 3, 'uesrs'),
            ('credentials <users> <uesrs>\nuserbase <homes>\n', 3, 'uesrs'),
            ('credentials <users>\nuserbase <hoems>\n', 4, 'hoems')):
        output = said(tables + lines,
                      '%d: table %s is not defined' % (line, name))
        equal(len(output.splitlines()), 1, output)
    del server.users['ann']
    server.tables()


def test_socket():
    """A control socket that cannot be made is an error with its line"""
    long = os.path.join(server.dir, 'x' * 100)[:100]
    for path, why in ((long, 'path too long'),
                      (server.dir + '/none/sock', 'No such file or directory'),
                      (server.authtab + '/sock', 'Not a directory'),
                      (server.authtab, 'not a socket'),
                      (server.dir + '/', 'not a socket')):
        for flags in ('-n',), ('-d',):
            said('limit per user 2\nsocket "%s"\n' % path,
                 '2: socket "%s": %s' % (path, why), flags=flags)


def test_key():
    """A key or certificate that a mail user could replace is not used"""
    if os.getuid() != 0:
        raise Skip('needs root')
    pair = 'pki x cert "%s"\npki x key "%s"\n'
    for name in 'cert', 'key':
        files = {}
        for each, source in zip(('cert', 'key'), server.pairs[0]):
            files[each] = os.path.join(server.dir, each)
            shutil.copyfile(source, files[each])
            os.chmod(files[each], 0o600)
            os.chown(files[each], server.uid if server.mode == 'user' else 0,
                     0)
        server.configure(pair % (files['cert'], files['key']))
        equal(server.run('-n')[0], 0, 'in order')
        os.chown(files[name], UID2, UID2)
        os.chmod(files[name], 0o644)
        status, output = server.run('-n')
        equal(status, 1, output)
        check(re.search(files[name] + ': .*owned', output), output)


def test_rules():
    """Options of a listener that contradict each other"""
    said('listen on 127.0.0.1 port 1 tls starttls\n'
         'listen on 127.0.0.1 port 2 tls cleartext\n'
         'listen on 127.0.0.1 port 3 cleartext protocols "tlsv1.2"\n'
         'route <r>\ntable r file:@authtab@\n'
         'listen on 127.0.0.1 auth_http\n'
         'listen on 127.0.0.1 port 7 auth_http tls\n',
         '1: tls excludes starttls and cleartext',
         '2: tls excludes starttls and cleartext',
         '3: pki and protocols need tls or starttls',
         '6: auth_http needs a port',
         '7: auth_http takes only a port and from')


def test_addresses():
    """Addresses that popd must not or cannot listen on"""
    clear = 'cleartext is for loopback addresses only, or needs proxy from'
    said('listen on 192.0.2.1 port 110 cleartext\n'
         'listen on all port 110 cleartext starttls\n'
         'table r file:@authtab@\nroute <r>\n'
         'listen on 192.0.2.1 port 9 auth_http\n'
         'listen on 127.0.0.1 port 7\nlisten on 127.0.0.1 tls port 7\n'
         'listen on lo port 7\nlisten on nonesuch.invalid\n',
         '1: 192.0.2.1 port 110: ' + clear,
         '2: 0.0.0.0 port 110: ' + clear,
         '2: :: port 110: ' + clear,
         '5: 192.0.2.1 port 9: auth_http needs from, except on loopback '
         'addresses',
         '7: 127.0.0.1 port 7: listened on twice, see @6',
         '8: 127.0.0.1 port 7: listened on twice, see @6',
         '9: nonesuch.invalid: no such address, interface or host')


def test_sizes():
    """Too many sessions: the error names the number that fits"""
    server.configure('limit sessions 999999\n')
    status, output = server.run('-n')
    equal(status, 1, output)
    fits = re.search(r':\d+: limit sessions 999999: only (\d+) fit', output)
    check(fits, output)
    server.configure('limit sessions %s\n' % fits.group(1))
    equal(server.run('-n')[0], 0, 'as many as fit')
    server.configure('limit unauthenticated 999999\nlimit sessions 9\n')
    status, output = server.run('-n')
    check('limit sessions' not in output, output)
    fits = re.search(r'unauthenticated 999999: only (\d+) conn', output)
    check(status == 1 and fits, output)
    server.configure('limit unauthenticated %s\n'
                     'limit sessions 9\n' % fits.group(1))
    status, output = server.run('-n')
    check('limit sessions 9: only 8 fit' in output, output)


def test_users():
    """Accounts that are missing, or not distinct"""
    if server.mode != 'root':
        raise Skip('popd runs as one user')
    server.configure('user key nonesuch\nuser auth _popd\n')
    status, output = server.run('-n')
    equal(status, 1, output)
    for line in ('user nonesuch does not exist',
                 'users _popd and _popd must have different uids'):
        check(line in output, output)


def test_trust():
    """A file that others can write to is not read, nor its includes"""
    server.configure('include "more"\n')
    more = os.path.join(server.dir, 'more')
    with open(more, 'w') as f:
        f.write('limit per user 2\n')
    for path in (server.conf, more):
        for mode, why in ((0o666, 'world-writable'),
                          (0o660, 'group-writable')):
            for each in (server.conf, more):
                os.chmod(each, 0o600)
            if os.getuid() == 0:
                os.chown(more, *((server.uid, server.gid) if
                                 server.mode == 'user' else (0, 0)))
            os.chmod(path, mode)
            status, output = server.run('-n')
            equal(status, 1, output)
            check('%s: %s' % (path, why) in output, output)
    os.chmod(more, 0o600)
    equal(server.run('-n')[0], 0, 'both in order')
    if os.getuid() == 0:
        os.chown(more, UID2, UID2)
        status, output = server.run('-n')
        equal(status, 1, output)
        check('owned' in output, output)


def test_way():
    """Nor one that others can choose, by a directory or a link on the way"""
    def dir_of(name, mode=0o755):
        path = os.path.join(server.dir, name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        with open(path + '/more', 'w') as f:
            f.write('limit per user 2\n')
        return path

    def trusts(path, why=None):
        server.configure('include "%s"\n' % path)
        status, output = server.run('-n')
        equal(status, int(why is not None), output)
        check(why is None or why in output, output)

    ours, theirs = dir_of('ours'), dir_of('theirs', 0o777)
    deep, shared = dir_of('theirs/deep'), dir_of('shared', 0o1777)
    inner = dir_of('shared/inner')
    os.symlink('../ours/more', theirs + '/link')
    os.symlink('../../ours/more', inner + '/link')
    os.symlink('loop', ours + '/loop')
    os.symlink('.', ours + '/here')
    for path in (ours + '/more', inner + '/more', inner + '/link'):
        trusts(path)
    for path in (deep + '/more', theirs + '/link', deep + '/../../ours/more'):
        trusts(path, '%s: %s: world-writable' % (path, theirs))
    trusts(shared + '/more', shared + ': world-writable')
    trusts(ours + '/loop', 'Too many levels')
    # open(2) goes so far.
    trusts(ours + 5 * '/here' + '/more')
    trusts(ours + 30 * '/here' + '/more', 'Too many levels')
    os.chmod(theirs, 0o755)
    trusts(theirs + '/link')
    if os.getuid() == 0:
        os.chown(theirs, UID2, -1)
        trusts(theirs + '/link', theirs + ': ')


def test_readable_key():
    """Nor a key that others can read"""
    server.configure('')
    key = server.pairs[0][1]
    mode = os.stat(key).st_mode & 0o777
    os.chmod(key, 0o644)
    status, output = server.run('-n')
    os.chmod(key, mode)
    equal(status, 1, output)
    check(key + ': world accessible' in output, output)


def test_egress():
    """egress without a default route: what to write instead"""
    server.wrap = ['unshare', '-n']
    try:
        if os.getuid() != 0 or subprocess.call(server.wrap + ['true']) != 0:
            raise Skip('needs root and network namespaces')
        said('listen on egress port 110 starttls\n',
             '1: egress: no default route has an address: name an interface '
             'or an address, or all')
    finally:
        server.wrap = []


def test_group_key():
    """One that a group can read is warned about, unless it is root's"""
    if os.getuid() != 0:
        raise Skip('needs root to give a file away')
    server.configure('')
    key = server.pairs[0][1]
    st = os.stat(key)
    try:
        for mode, group, warned in ((0o640, UID2, True), (0o640, 0, False),
                                    (0o600, UID2, False)):
            os.chown(key, -1, group)
            os.chmod(key, mode)
            status, output = server.run('-n')
            equal(status, 0, output)
            equal('%s: mode 0640: group %d can read it' % (key, UID2) in
                  output, warned, output)
    finally:
        os.chown(key, -1, st.st_gid)
        os.chmod(key, st.st_mode & 0o777)


def test_start():
    """A start reports all errors, too, and fails"""
    said('limit per user 0\nlog loud\n',
         '1: limit per user 0: must be from 1 to 1000',
         '2: syntax error at "loud"', flags=('-d',))
    server.conf = server.conf + '.gone'
    status, output = server.run('-d')
    equal(status, 1, output)
    check(server.conf + ': No such file' in output, output)


def test_one_table():
    """popd -n names users who are in one table only, and exits 2"""
    server.user('ann', usertab=False)
    server.user('bob', auth=False)
    server.user('cid', usertab=False, hash='*')
    server.tables()
    server.configure('')
    status, output = server.run('-n')
    equal(status, 2, output)
    for line in ('authtab:2: "ann" is not in %s' % server.usertab,
                 'usertab:2: "bob" is not in %s' % server.authtab):
        check(line.replace('"', "'") in output or line in output, output)
    check('cid' not in output, 'a locked user: ' + output)
    check('joe' not in output, output)


def test_several_tables():
    """popd -n names users who are in no table of the other kind"""
    def write(name, lines):
        with open(os.path.join(server.dir, name), 'w') as f:
            f.write(''.join(line + '\n' for line in lines))
        os.chmod(f.name, 0o600)
        return 'table %s file:%s\n' % (name, f.name)
    server.tables()
    line, hashed = server['joe'].line, bcrypt('x')
    tables = write('one', ['ann ' + hashed, 'eve ' + hashed]) + \
        write('two', ['bob ' + hashed, 'zoe ' + hashed]) + \
        write('three', ['bob ' + line, 'cid ' + line]) + \
        write('four', ['ann ' + line, 'eve ' + line, 'dan ' + line])
    server.own_files()
    for name in ('one', 'two', 'three', 'four'):
        if server.mode == 'user' and os.getuid() == 0:
            os.chown(os.path.join(server.dir, name), server.uid, server.gid)
    server.configure(tables + 'credentials <one> <two>\n'
                     'userbase <three> <four>\n')
    status, output = server.run('-n')
    equal(status, 2, output)
    wrong = [line.split('/')[-1] for line in output.splitlines()
             if ' is not in ' in line]
    equal(sorted(wrong), ['four:3: "dan" is not in credentials',
                          'three:2: "cid" is not in credentials',
                          'two:2: "zoe" is not in userbase'])
    # One that is not there: nothing is known of its users.
    os.unlink(os.path.join(server.dir, 'two'))
    status, output = server.run('-n')
    equal(status, 1, output)
    check(' is not in ' not in output, output)


main()
