#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Every mistake at start is one clear line and exit status 1."""

import os
import re
import socket
import subprocess

from popdtest.ca import certificate
from popdtest.cases import check, equal, main
from popdtest.env import LIBEXEC, POPD, UID2
from popdtest.password import bcrypt
from popdtest.server import Server

server = Server(start=False)
STATE = None


def state():
    """All files around a server: none may change."""
    out = {}
    for base, dirs, files in os.walk(server.dir):
        for name in dirs + files:
            path = os.path.join(base, name)
            st = os.lstat(path)
            out[path] = (st.st_ino, st.st_size, st.st_mtime_ns, st.st_mode)
    return out


def refused(what, *words, command=None, check_only=True):
    """popd -d and popd -n both refuse, naming the words."""
    for flag in ('-d', '-n'):
        if flag == '-n' and not check_only:
            continue
        before = state()
        status, output = server.run(
            command=(command or server.command()) + [flag])
        equal(state(), before, what + ': changed on disk')
        equal(status, 1, '%s %s: exit status: %s' % (what, flag, output))
        for word in words:
            check(word in output, '%s %s: no %r in %r' % (
                what, flag, word, output))
        lines = [line for line in output.splitlines()
                 if 'sandbox:' not in line]
        # A check tells everything, and two processes may look at one file.
        if words and flag == '-n':
            check(0 < len(lines) < 4, '%s: lines: %s' % (what, output))
        elif words:
            equal(len(lines), 1, '%s %s: lines: %s' % (what, flag, output))


def with_file(attribute, data):
    """The server with other contents of a file."""
    path = getattr(server, attribute)
    with open(path, 'wb') as f:
        f.write(data)
    server.own_files()
    return path


def test_check():
    """popd -n reports success, exits 0 and does not listen"""
    busy = socket.socket()
    busy.bind(('127.0.0.1', server.port))
    busy.listen(1)
    before = state()
    status, output = server.run('-n')
    busy.close()
    equal(status, 0, output)
    equal(state(), before, 'changed on disk')


def test_usage():
    """Wrong flags"""
    base = [POPD]
    for flags in (['-x'], ['-a'], ['--help'], ['extra'], ['-Z', 'x']):
        status, output = server.run(command=base + flags)
        equal(status, 1, '%s: %s' % (flags, output))
        check('usage' in output, '%s: %s' % (flags, output))


def test_numbers():
    """Wrong ports and addresses are named"""
    for port in ('0', '65536', '-1', 'pop3s', '99x', '', '995 '):
        command = server.command()
        command[command.index('-p') + 1] = port
        refused('-p %r' % port, command=command)
        if port:
            status, output = server.run(command=command + ['-d'])
            check(port in output, output)
    for address in ('localhost', '127.0.0.256', 'nowhere.example', '1.2.3',
                    '::g'):
        command = server.command()
        command[command.index('-l') + 1] = address
        refused('-l ' + address, address, command=command)
    command[command.index('-l') + 1] = '192.0.2.1'
    refused('an address of others', '192.0.2.1', command=command,
            check_only=False)
    for subdir in ('/abs', '../x', 'a/../../b', ''):
        refused('-e %r' % subdir, command=server.command('-e', subdir))


def test_missing_files():
    """Missing and unreadable files are named"""
    for flag in ('-a', '-u', '-c', '-k'):
        for path in ('/nonexistent/x', server.dir):
            command = server.command()
            command[command.index(flag) + 1] = path
            refused('%s %s' % (flag, path), path, command=command)
    if server.mode == 'user':
        for flag, path in (('-a', server.authtab), ('-u', server.usertab)):
            os.chmod(path, 0)
            refused('unreadable ' + path, path)
            os.chmod(path, 0o600)


def test_fifo():
    """A FIFO in place of a file does not hang the start"""
    fifo = os.path.join(server.dir, 'fifo')
    os.mkfifo(fifo, 0o666)
    for flag in ('-a', '-u', '-c', '-k'):
        command = server.command()
        command[command.index(flag) + 1] = fifo
        refused(flag + ' FIFO', fifo, command=command)
    os.unlink(fifo)


def test_bad_usertab():
    """A malformed usertab: file and line are named"""
    good = b'joe 20701:20701:/tmp\n'
    for bad in (b'ann', b'ann 1000:1000', b'ann 1000:/home/ann',
                b'ann x:1000:/home/ann', b'ann 1000:x:/home/ann',
                b'ann -1:1000:/home/ann', b'ann 1000:-1:/home/ann',
                b'ann 4294967296:1000:/home/ann', b'ann 1000:1000:',
                b'ann 01x:1000:/home/ann', b'ann ::', b'ann 1000 1000 /home',
                b'ann 1000:1000:relative/dir', b'ann\t'):
        path = with_file('usertab', good + b'# comment\n\n' + bad + b'\n')
        refused(repr(bad), path + ':4')
    server.tables()


def test_bad_authtab():
    """A malformed authtab: file and line are named, no hash is shown"""
    good = ('joe %s\n' % bcrypt('secret')).encode()
    for bad in (b'ann', b'ann\t', b'lonely\nbob' + good[3:]):
        path = with_file('authtab', good + b'# comment\n\n' + bad + b'\n')
        refused(repr(bad), path + ':4')
        status, output = server.run('-d')
        check('$2b$' not in output, 'a hash: ' + output)
    server.tables()


def test_all():
    """popd -n reports all errors at once, each with its place"""
    s = Server(start=False)
    pairs = []
    for name in 'abc':
        os.makedirs(s.dir + '/pki', exist_ok=True)
        pairs.append(certificate(name, directory=s.dir + '/pki'))
    with open(s.dir + '/pki/garbage', 'w') as f:
        f.write('garbage\n')
    s.configure('pki a cert "%s"\npki a key "%s"\n'
                'pki b cert "%s/pki/garbage"\npki b key "%s"\n'
                'pki c cert "%s"\npki c key "%s"\n'
                'pki d cert "/nonexistent/d"\npki d key "%s"\n'
                'frob here\nlimit sessions many\n' % (
                    pairs[0][0], pairs[1][1], s.dir, pairs[1][1],
                    pairs[2][0], pairs[0][1], pairs[1][1]))
    with open(s.authtab, 'w') as f:
        f.write('joe %s\nann\n# comment\nbob\neve\nsue\n' % bcrypt('x'))
    with open(s.usertab, 'w') as f:
        f.write('joe 1:1\nann x:1:/x\nbob %d:%d:/tmp\neve 1:1:rel\n' % (
            s.uid, s.gid))
    for path in pairs[0] + pairs[1] + pairs[2]:
        os.chown(path, *((0, 0) if s.mode == 'root' else (s.uid, s.gid)))
    status, output = s.run('-n')
    equal(status, 1, output)
    for words in ([s.authtab + ':%d:' % n for n in (2, 4, 5, 6)] +
                  [s.usertab + ':%d:' % n for n in (1, 2, 4)] +
                  ['does not belong to certificate ' + pairs[0][0],
                   'does not belong to certificate ' + pairs[2][0],
                   'pki/garbage', '/nonexistent/d', 'popd.conf:']):
        check(words in output, '%s: %s' % (words, output))
    equal(len(re.findall('popd.conf:', output)), 2, output)
    # A start and a reload tell of the first.
    check(s.authtab + ':2:' not in s.run('-d')[1], 'more than the first')


def test_odd_tables():
    """All that OpenSMTPD accepts: comments, blanks, CRs, colons, no newline"""
    hash = bcrypt('secret')
    with_file('authtab', ('# comment\n\n  \t\n  joe  \t %s  \r\nann: %s\n'
                          'bob %s' % (hash, hash, hash)).encode())
    odd = server.dir + '/a b:c'
    os.mkdir(odd)
    os.chown(odd, server.uid, server.gid)
    info = '%d:%d:%s' % (server.uid, server.gid, odd)
    with_file('usertab', ('\n#x\n  joe\t%s\r\nann: %s\nbob %s' %
                          (info, info, info)).encode())
    status, output = server.run('-n')
    equal(status, 2, output)
    server.tables()


def test_barred():
    """-n names a directory that a user may not search, or read"""
    shut = server.dir + '/shut'
    os.makedirs(shut + '/box', 0o755)
    for path in shut, shut + '/box':
        os.chown(path, server.uid, server.gid)
    line = 'joe %d:%d:%s/box\n' % (server.uid, server.gid, shut)
    with_file('usertab', line.encode())
    for path, mode, why in (
            (shut, 0o755, ''), (shut, 0o677, shut + ': the user may not'),
            (shut + '/box', 0o300, '/box: its owner may not read it')):
        os.chmod(shut, 0o755)
        os.chmod(path, mode)
        status, output = server.run('-n')
        equal((status, why in output), (2 if why else 0, True), output)
    server.tables()


def test_empty_tables():
    """Empty tables are accepted, with a warning"""
    with_file('authtab', b'')
    with_file('usertab', b'')
    status, output = server.run('-n')
    equal(status, 2, output)
    for path in (server.authtab, server.usertab):
        check(path + ': no entries' in output, output)
    server.tables()


def test_repeated():
    """-n names both lines of a user, and is in doubt"""
    for path in (server.authtab, server.usertab):
        with open(path) as f:
            text = f.read()
        with_file('authtab' if path == server.authtab else 'usertab',
                  (text + text).encode())
        status, output = server.run('-n')
        equal(status, 2, output)
        equal(output.count('%s:2: "joe" is also on line 1: this one is used' %
                           path), 1, output)
        server.tables()


def test_writable():
    """A table that others can write to is refused"""
    for path in (server.authtab, server.usertab):
        mode = os.stat(path).st_mode & 0o777
        os.chmod(path, mode | 0o002)
        refused('world-writable', path + ': world-writable')
        os.chmod(path, mode)


def test_cut_hash():
    """A table that ends inside a hash is refused at the start, too"""
    with open(server.authtab, 'rb') as f:
        keep = f.read()
    for end in (b'', b'\n'):
        with_file('authtab', keep[:-3] + end)
        refused('cut', '%s:%d: the last hash is cut short' % (
            server.authtab, keep.count(b'\n')))
    server.tables()


def test_key_and_certificate():
    """A key that does not match, and files that are no key or certificate"""
    other = certificate('other')
    garbage = os.path.join(server.dir, 'garbage')
    with open(garbage, 'w') as f:
        f.write('-----BEGIN CERTIFICATE-----\nAAAA\n'
                '-----END CERTIFICATE-----\n')
    empty = os.path.join(server.dir, 'empty')
    open(empty, 'w').close()
    for path in (garbage, empty):
        os.chmod(path, 0o600)
    keep = server.pairs
    cert, key = keep[0]
    try:
        for what, pair, words in (
                ('mismatch', (cert, other[1]), (other[1],)),
                ('garbage certificate', (garbage, key), (garbage,)),
                ('garbage key', (cert, garbage), (garbage,)),
                ('empty certificate', (empty, key), (empty,)),
                ('empty key', (cert, empty), (empty,)),
                ('swapped', (key, cert), ()),
                ('certificate as key', (cert, cert), (cert,))):
            server.pairs = [pair]
            server.own_files()
            refused(what, *words)
            server.pairs = [keep[0], pair]
            refused(what + ' as the second', *words)
    finally:
        server.pairs = keep
    refused('a pair without key', command=server.command('-c', cert))


def test_port_in_use():
    """A port in use is named"""
    with socket.socket() as busy:
        busy.bind(('127.0.0.1', server.port))
        busy.listen(1)
        refused('port in use', str(server.port), check_only=False)
        # In the background, too: the first process reports it.
        status, output = server.run()
        equal(status, 1, 'exit status')
        check(str(server.port) in output, output)


def test_directories():
    """popd -n names directories of usertab that cannot be served"""
    gone = server.dir + '/no-such-directory'
    with_file('usertab', ('joe %d:%d:%s\n' % (server.uid, server.gid,
                                              gone)).encode())
    status, output = server.run('-n')
    check(gone in output, 'a missing directory is not named: %r' % output)
    equal(status, 2, output)
    if os.getuid() == 0 and server.mode == 'root':
        foreign = server.dir + '/foreign'
        os.mkdir(foreign)
        os.chown(foreign, UID2, UID2)
        with_file('usertab', ('joe %d:%d:%s\n' % (server.uid, server.gid,
                                                  foreign)).encode())
        status, output = server.run('-n')
        check(foreign in output, 'a foreign directory is not named: %r' %
              output)
    server.tables()


def test_root_in_usertab():
    """Uid 0 cannot log in; the log names the line"""
    m = server.users['joe']
    line = m.line
    for bad in ('0:%d:%s' % (server.gid, m.path), '%d:0:%s' % (server.uid,
                                                               m.path)):
        m.line = bad
        server.tables()
        status, output = server.run('-n')
        check('usertab:1' in output, output)
        equal(status, 2, output)
        server.start()
        c = server.connect()
        c.ok('USER joe')
        c.err('PASS secret', 'AUTH')
        c.close()
        equal(server.children('wrkrpop'), [], 'workers')
        server.stop()
    m.line = line
    server.tables()


def test_helpers_by_hand():
    """The other programs refuse to be started by hand"""
    for name in ('lsnrpop', 'authpop', 'hashpop', 'keypop', 'wrkrpop'):
        result = subprocess.run([LIBEXEC + '/' + name],
                                stdin=subprocess.DEVNULL, capture_output=True,
                                timeout=10, close_fds=True)
        equal(result.returncode, 1, name)
        check(result.stderr.strip(), name + ' says nothing')
        result = subprocess.run([LIBEXEC + '/' + name, '-x'],
                                stdin=subprocess.DEVNULL, capture_output=True,
                                timeout=10)
        equal(result.returncode, 1, name + ' -x')


main()
