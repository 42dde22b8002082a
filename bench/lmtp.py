# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""Delivery by LMTP over one connection, durable, to ten users in turn,
compared with Dovecot's LMTP and with mda, a process for each message."""

import os
import socket
import time

import delivery
import maildirs
from servers import Dovecot, Popd

USERS = ['l%d' % i for i in range(10)]


class PopdLmtp(Popd):
    name = 'popd-lmtp'

    def command(self):
        self.path = self.dir + '/lmtp'
        with open(self.dir + '/popd.conf', 'w') as f:
            f.write('listen on 127.0.0.1 port %d tls\n'
                    'listen on socket "%s" lmtp\n'
                    'table a file:%s/authtab\ncredentials <a>\n'
                    'table u file:%s/usertab\nuserbase <u>\n'
                    'pki p cert "%s"\npki p key "%s"\nsocket "%s/ctl"\n' % (
                        self.port, self.path, self.dir, self.dir, self.cert,
                        self.key, self.dir))
        return [self.stage + '/sbin/popd', '-d', '-f',
                self.dir + '/popd.conf']


class DovecotLmtp(Dovecot):
    """As installed, with fsync and the file locks that sessions use."""
    name = 'dovecot-lmtp'

    def __init__(self, *args):
        super().__init__(*args)
        self.path = self.dir + '/run/lmtp'
        with open(self.conf, 'a') as f:
            f.write('protocols = pop3 lmtp\nmail_fsync = always\n')


class Client:
    """Pipeline the commands of a message, as Postfix does."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(path)
        self.file = self.sock.makefile('rb')
        self.expect('220')
        self.sock.sendall(b'LHLO bench\r\n')
        self.expect('250')

    def expect(self, code):
        line = self.file.readline().decode()
        while line[3:4] == '-':
            line = self.file.readline().decode()
        if not line.startswith(code):
            raise OSError('LMTP: %r' % line)

    def mail(self, user, data):
        self.sock.sendall(b'MAIL FROM:<s@example.org>\r\nRCPT TO:<%s>\r\n'
                          b'DATA\r\n' % user.encode())
        for code in '250', '250', '354':
            self.expect(code)
        self.sock.sendall(data)
        self.expect('250')


def pour(bench, server, data, count):
    client = Client(server.path)
    for user in USERS:
        client.mail(user, data)
    cpu, begin = server.group.cpu(), time.monotonic()
    for i in range(count):
        client.mail(USERS[i % len(USERS)], data)
    bench.keep('lmtp_rate', server, count / (time.monotonic() - begin))
    bench.keep('lmtp_ms', server,
               (server.group.cpu() - cpu) * 1000 / count)


def one_by_one(bench, message, count):
    home = bench.work + '/lmtp-mda'
    maildirs.make(home)
    os.makedirs(home, exist_ok=True)
    with open(bench.work + '/message', 'wb') as f:
        f.write(message)
    os.chmod(bench.work + '/message', 0o644)
    begin = time.monotonic()
    ms = delivery.run(bench, [bench.stage + '/libexec/popd/mda', home], home,
                      count)
    bench.keep('lmtp_rate', 'mda', count / (time.monotonic() - begin))
    bench.keep('lmtp_ms', 'mda', ms)


def lmtp(bench):
    bench.say('LMTP')
    message = next(maildirs.messages(1, 4096))
    data = message.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n')
    data = data.replace(b'\r\n.', b'\r\n..') + b'.\r\n'
    count, names = bench.some(2000, 500), ['mda']
    kinds = [PopdLmtp]
    if os.path.exists('/usr/lib/dovecot/lmtp'):
        kinds.append(DovecotLmtp)
    for kind in kinds:
        server = bench.server(kind)
        names.append(server.name)
        for user in USERS:
            maildirs.make('%s/%s' % (server.mail, user))
        os.chmod(server.mail, 0o755)
        server.users(USERS, 4)
        bench.start(server)
        try:
            for _ in range(3):
                pour(bench, server, data, count)
        finally:
            bench.stop(server)
    for _ in range(3):
        one_by_one(bench, message, bench.some(300, 100))
    text = ['%-14s %14s %14s' % ('', 'mails/s', 'CPU ms a mail')]
    for name in names:
        text.append('%-14s %14.0f %14.2f' % (
            name, bench.middle('lmtp_rate', name),
            bench.middle('lmtp_ms', name)))
    bench.table('Mail of 4 KiB with fsync, over one connection of LMTP; mda: '
                'a process each', '\n'.join(text))
