# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A popd with an LMTP socket, and a client that sends just what it is told."""

import re
import socket

from popdtest.cases import check
from popdtest.env import PATIENCE
from popdtest.host import have_account
from popdtest.mail import wire
from popdtest.server import Server


class Lmtp:
    """A connection; commands are as they are on the wire."""

    def __init__(self, path, greet=True, timeout=None):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout or PATIENCE)
        self.sock.connect(path)
        self.buffer = b''
        if greet:
            check(self.reply().startswith(b'220 '), 'greeting')
            self.say('LHLO test', 250)

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        while b'\n' not in self.buffer:
            data = self.sock.recv(65536)
            check(data, 'connection closed; got %r' % self.buffer)
            self.buffer += data
        line, self.buffer = self.buffer.split(b'\n', 1)
        check(line.endswith(b'\r'), 'line without CR: %r' % line)
        return line[:-1]

    def reply(self):
        """The last line of a reply."""
        line = self.line()
        while line[3:4] == b'-':
            line = self.line()
        return line

    def expect(self, code):
        """A reply of this code, which may be '250 2.1.5'."""
        line = self.reply()
        check(line.startswith(str(code).encode()), '%r, want %s' % (line,
                                                                    code))
        return line

    def say(self, command, code):
        self.send(command if isinstance(command, bytes) else
                  command.encode())
        self.send(b'\r\n')
        return self.expect(code)

    def closed(self):
        """Wait for the end of the stream; return what came before it."""
        out, self.buffer = self.buffer, b''
        while True:
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                data = b''
            if not data:
                return out
            out += data

    def begin(self, recipients=('joe',), sender='a@b.test', more=''):
        self.say('MAIL FROM:<%s>%s' % (sender, more), 250)
        for r in recipients:
            self.say('RCPT TO:<%s>' % r, 250)

    def data(self, octets):
        """DATA and the octets, dot-stuffed."""
        self.say('DATA', 354)
        self.send(stuffed(octets))

    def mail(self, octets, recipients=('joe',), sender='a@b.test', code=250):
        """A whole message; all replies must be of this code."""
        self.begin(recipients, sender)
        self.data(octets)
        return [self.expect(code) for r in recipients]

    def close(self):
        self.sock.close()


def stuffed(data):
    """A message as DATA carries it, the end included."""
    data = wire(data)
    return re.sub(rb'(\A|\r\n)\.', rb'\1..', data) + b'.\r\n'


def trace(recipient='joe', sender='a@b.test'):
    """The header lines that delivery adds to a message."""
    return b'Return-Path: <%s>\nDelivered-To: %s\n' % (
        sender.encode(), recipient.encode()) if sender else \
        b'Delivered-To: %s\n' % recipient.encode()


class LmtpServer(Server):
    def __init__(self, *lines, options='', **more):
        self.lmtp_options = options
        if not have_account('_poplmtp'):
            more['mode'] = 'user'
        super().__init__(conf=self.text(*lines), **more)

    def text(self, *lines):
        return 'listen on 127.0.0.1 port @port@ tls\n' \
            'listen on socket "@dir@/lmtp" lmtp %s\n' % self.lmtp_options + \
            '\n'.join(lines) + '\n'

    @property
    def path(self):
        return self.dir + '/lmtp'

    def lmtp(self, **more):
        return Lmtp(self.path, **more)


def texts(box, sub='new'):
    """What is in a maildir, in the order of the names."""
    out = []
    for name in box.list(sub):
        with open(box.sub(sub + '/' + name), 'rb') as f:
            out.append(f.read())
    return out
