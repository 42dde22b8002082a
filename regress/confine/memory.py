#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# needs: Linux
# timeout: 180
# once
"""After a hundred logins: which process has which secret in memory."""

import base64
import hashlib
import hmac
import re
import secrets
import subprocess

from popdtest.cases import check, equal, main
from popdtest.host import need_root
from popdtest.server import Server
from popdtest.table import Table, account, server_with

USERS = 10
LOGINS = 10


def regions(pid):
    """All readable memory of a process that can hold data."""
    with open('/proc/%d/maps' % pid) as f:
        lines = f.read().splitlines()
    with open('/proc/%d/mem' % pid, 'rb', 0) as mem:
        for line in lines:
            span, mode = line.split()[:2]
            if 'r' not in mode or line.endswith(('[vvar]', '[vsyscall]')):
                continue
            start, end = (int(n, 16) for n in span.split('-'))
            try:
                mem.seek(start)
                yield line, mem.read(end - start)
            except OSError:
                continue


def holds(pid, texts):
    """Find the texts that are in a process: {text: where}."""
    out = {}
    for line, data in regions(pid):
        for name, text in texts.items():
            at = data.find(text)
            if at != -1:
                out.setdefault(name, '%s +%d %r' %
                               (line, at, data[max(0, at - 24):at + 8]))
    return out


def scalar(key):
    """The private number of an EC key, as octets and as its PEM text."""
    text = subprocess.run(['openssl', 'ec', '-in', key, '-noout', '-text'],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True, text=True).stdout
    digits = re.search(r'priv:\s*((?:[0-9a-f]{2}[:\s]*)+)pub', text).group(1)
    raw = bytes.fromhex(re.sub(r'[:\s]', '', digits))[-32:]
    with open(key) as f:
        pem = [l for l in f.read().splitlines() if not l.startswith('-')]
    return {'key': raw, 'key, turned round': raw[::-1],
            'key, PEM': pem[0][:40].encode()}


def end_of_hash(user):
    """The part of a user's hash that no other hash has."""
    line = user.hash
    return (line.encode() if isinstance(line, str) else line)[-31:]


def hundred(server, names):
    for i in range(LOGINS):
        for name in names:
            c = server.login(name)
            c.ok('RETR 1')
            c.body()
            c.quit()
            c.close()
    # Wrong ones too, from many addresses, since failures slow one down.  Half
    # of the connections stay, as if popd had been the last to speak.
    waiting = []
    for i in range(20 * len(names)):
        name = names[i % len(names)]
        c = server.connect(source='127.%d.9.1' % (i + 1))
        c.ok('USER ' + name)
        c.err('PASS wrong' + server.users[name].password, 'AUTH')
        if i % 2:
            waiting.append(c)
        else:
            c.close()
    return waiting


def test_memory():
    """Keys, hashes, passwords and mail are only where they belong"""
    need_root()
    names = ['user%d' % i for i in range(USERS)]
    server = Server(mode='root', shared=True,
                    users={n: 'Pw' + secrets.token_hex(20) for n in names})
    mail = {}
    for name in names:
        mail[name] = b'Mail' + secrets.token_hex(24).encode()
        server[name].add(b'Subject: x\n\n' + mail[name] + b'\n')
    waiting = hundred(server, names)
    server.no_workers()
    client = server.login(names[0])
    client.ok('RETR 1')
    client.body()
    keys = scalar(server.pairs[0][1])
    hashes = {'hash of ' + n: end_of_hash(server[n]) for n in names}
    # The end alone, as the next record covers the beginning.
    texts = {**{'password of ' + n: server[n].password[-16:].encode()
                for n in names}, **keys, **hashes}
    others = {'mail of ' + n: mail[n] for n in names[1:]}
    faults = []
    seen = {}
    processes = server.children() + [(server.pid, 'popd', 0)]
    for pid, role, uid in processes:
        got = holds(pid, texts if role == 'lsnrpop' else {**texts, **others})
        seen.setdefault(role, set()).update(g.split(' of ')[0] for g in got)
        for what, where in got.items():
            if role == 'keypop' and what in keys:
                continue
            if role == 'hashpop' and what in hashes:
                continue
            faults.append('%s has %s: %s' % (role, what, where))
    for c in waiting:
        c.close()
    for role in sorted(seen):
        print('# %-12s %s' % (role, ', '.join(sorted(seen[role])) or
                              'nothing'))
    client.quit()
    server.stop()
    check(not faults, '%d finds, first: %s' % (len(faults),
                                               '\n'.join(faults[:6])))
    check('key' in seen['keypop'] or 'key, turned round' in seen['keypop'],
          'the key is not found where it must be: the scan sees nothing')
    check('hash' in seen['hashpop'], 'no hash where it must be')


def authpop_memory(server):
    """What the queue and each checker can write to: two lists."""
    return [[b''.join(data for where, data in regions(pid) if ' rw' in where)
             for pid, name, uid in server.children(program)]
            for program in ('authpop', 'hashpop')]


class Windows(set):
    """All 32 octets that begin at a multiple of four."""

    def __init__(self, memory):
        super().__init__(memory[i:i + 32]
                         for i in range(0, len(memory) - 31, 4))


def test_cache():
    """Neither half of the password cache is of use without the other"""
    need_root()
    server = Server(mode='root', users={'joe': 'Pw' + secrets.token_hex(20)})
    for i in range(3):
        server.login('joe').quit()
    server.no_workers()
    password = server['joe'].password.encode()
    line = server['joe'].hash
    line = line if isinstance(line, bytes) else line.encode()
    # As keyhash.c has it: no source, a user, a password.
    text = b'\0\1joe\0\1' + password + b'\0'
    queue, checkers = authpop_memory(server)
    server.stop()
    equal(len(queue), 1, 'queues')

    def search(keys, proofs):
        """What is in proofs, of all that a key in these could make."""
        found = {}
        for at in range(0, len(keys) - 31, 8):
            key = keys[at:at + 32]
            if not key.count(0) < 8:
                continue
            tag = hmac.digest(key, text, 'sha256')
            if tag in proofs:
                found['tag'] = key
            if hashlib.sha256(tag + password + b'\0' +
                              line).digest() in proofs:
                found['proof'] = key
        return found

    halves = [Windows(memory) for memory in checkers]
    both = {}
    for half in halves:
        both.update(search(queue[0], half))
    check('proof' in both, 'the scan does not see it where it must be')
    check('tag' not in both, 'a checker has the tag')
    for memory in checkers:
        check(both['proof'] not in memory, 'a checker has the key')
        equal(search(memory, Windows(memory)), {}, 'of a checker')
    equal(search(queue[0], Windows(queue[0])), {}, 'of the queue')


def test_secret():
    """A secret for APOP and CRAM-MD5 is in the checkers alone"""
    need_root()
    password = 'Pw' + secrets.token_hex(20)
    server = Server(mode='root', users={'joe': password}, start=False)
    server['joe'].hash = '{PLAIN}' + password
    server.tables()
    server.configure('offer apop\noffer cram-md5\n')
    server.start()
    for i in range(4):
        c = server.connect()
        challenge = c.greeting.split()[-1]
        c.ok('APOP joe ' + hashlib.md5(challenge +
                                       password.encode()).hexdigest())
        c.quit()
        c = server.connect()
        challenge = base64.b64decode(c.cmd('AUTH CRAM-MD5')[2:])
        c.ok(base64.b64encode(b'joe ' + hmac.new(
            password.encode(), challenge, 'md5').hexdigest().encode())
            .decode())
        c.quit()
    server.no_workers()
    faults, seen = [], False
    for pid, name, uid in server.children() + [(server.pid, 'popd', 0)]:
        checker = name == 'hashpop'
        got = holds(pid, {'secret': password.encode()})
        if checker:
            seen |= 'secret' in got
        else:
            faults += ['%s has it: %s' % (name, got)] if got else []
    server.stop()
    check(not faults, '\n'.join(faults[:6]))
    check(seen, 'no secret where it must be')


def try_twice(server, passwords):
    """Log in with right and with wrong passwords, from two addresses."""
    for i in range(2):
        for name, password in passwords.items():
            for word in password, 'Not' + password:
                c = server.connect(source='127.0.9.%d' % (i + 1))
                c.ok('USER ' + name)
                if word == password:
                    c.ok('PASS ' + word)
                else:
                    c.err('PASS ' + word, 'AUTH')
                c.ok('QUIT')
                c.close()


def test_tables():
    """No process keeps a password or hash of a table process"""
    need_root()
    account()
    hashed, proved = Table('hashed'), Table('proved', 'auth userinfo')
    server = server_with('<file> <hashed> <proved>',
                         '<homes> <hashed> <proved>', hashed, proved,
                         mode='root')
    passwords = {}
    for i in range(4):
        for t in hashed, proved:
            name = t.name + str(i)
            passwords[name] = 'Pw' + secrets.token_hex(20)
            t.user(server, name, passwords[name])
            if t is proved:
                t.users[name][0] = None
                t.users[name][2] = passwords[name]
                t.save()
    server.start()
    try_twice(server, passwords)
    server.no_workers()
    texts = {'password of ' + n: p.encode() for n, p in passwords.items()}
    for name, row in hashed.users.items():
        texts['hash of ' + name] = row[0].encode()[-31:]
    texts['hash in authtab'] = end_of_hash(server['joe'])
    faults, seen = [], set()
    for pid, role, uid in server.children() + [(server.pid, 'popd', 0)]:
        if pid in hashed.pids() + proved.pids():
            continue
        seen.add(role)
        got = holds(pid, texts)
        if role == 'hashpop':
            seen.update(got)
            got.pop('hash in authtab', None)
        faults += ['%s has %s: %s' % (role, w, at) for w, at in got.items()]
    server.stop()
    check(not faults, '\n'.join(faults[:6]))
    check('tabpop' in seen and 'hash in authtab' in seen, seen)


def test_worker_own():
    """A worker has its own user's mail: the scan finds it"""
    need_root()
    server = Server(mode='root')
    text = b'Mail' + secrets.token_hex(24).encode()
    server['joe'].add(b'Subject: x\n\n' + text + b'\n')
    client = server.login()
    client.ok('RETR 1')
    client.body()
    check(holds(server.worker(), {'mail': text}), 'not found')
    client.quit()
    server.stop()


def test_environment():
    """Arguments and environment hold no secret"""
    server = Server()
    client = server.login()
    for pid, name, uid in server.children():
        for what in ('environ', 'cmdline'):
            try:
                with open('/proc/%d/%s' % (pid, what), 'rb') as f:
                    data = f.read()
            except PermissionError:
                continue
            for secret in (b'secret', b'$2', b'PRIVATE'):
                check(secret not in data, '%s of %s: %r' % (what, name, data))
    client.quit()
    server.stop()


if __name__ == '__main__':
    main()
