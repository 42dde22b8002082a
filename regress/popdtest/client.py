# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A POP3 client that controls every octet it sends."""

import re
import select
import socket
import ssl
import threading
import time

from popdtest.cases import Failure, check, equal, short
from popdtest.env import PATIENCE
from popdtest.host import own


class Client:
    """A POP3 client over TLS that sends just what it is told, or one in clear
    if tls is false, until secure() or stls().

    TLS runs over memory, so that records, TCP segments, the end of the TLS
    stream and the end of the TCP stream are each under control.
    """

    tls = None

    def __init__(self, address, cafile=None, timeout=None, greeting=True,
                 name='localhost', tls=True, source=None, rcvbuf=None,
                 version=None):
        self.timeout = timeout or PATIENCE
        family = socket.AF_INET6 if ':' in address[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if source:
            self.sock.bind((own(source), 0))
        self.sock.connect(address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''
        self.eof = False
        self.clean = False
        self.greeting = None
        self.cafile, self.name = cafile, name
        if tls:
            self.handshake(cafile, name, version, greeting)

    def greet(self):
        """Wait for the greeting."""
        self.greeting = self.line()
        check(self.greeting.startswith(b'+OK'),
              'greeting: %r' % self.greeting)
        return self

    def secure(self, greeting=True):
        """Start TLS."""
        self.handshake(self.cafile, self.name, greeting=greeting)
        return self

    def stls(self):
        self.ok('STLS')
        return self.secure(greeting=False)

    def handshake(self, cafile=None, name='localhost', version=None,
                  greeting=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if cafile:
            context.load_verify_locations(cafile)
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing,
                                    server_hostname=name)
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                self.fill()
                if self.eof:
                    raise Failure('connection closed in the handshake')
        self.flush()
        if greeting:
            self.greet()

    # Octets

    def flush(self):
        data = self.outgoing.read()
        if data:
            self.sock.sendall(data)

    def fill(self):
        try:
            data = self.sock.recv(262144)
        except ConnectionResetError:
            data = b''
        except socket.timeout:
            raise Failure('no answer in %d seconds' % self.timeout)
        if data:
            self.incoming.write(data)
        else:
            self.eof = True
            self.incoming.write_eof()

    def send(self, data):
        """One TLS record for each 16384 octets, one write."""
        if isinstance(data, str):
            data = data.encode()
        if self.tls is None:
            self.sock.sendall(data)
            return
        view = memoryview(data)
        while len(view):
            n = self.tls.write(view[:16384])
            view = view[n:]
        self.flush()

    def send_bytewise(self, data):
        """One record and one segment for each octet."""
        for i in range(len(data)):
            self.send(data[i:i + 1])

    def send_raw(self, data):
        self.sock.sendall(data)

    def recv(self, wait=True):
        """Some decrypted octets; b'' at the end of the stream."""
        while self.tls is None:
            if not wait and not select.select([self.sock], [], [], 0)[0]:
                return None
            try:
                return self.sock.recv(262144)
            except ConnectionResetError:
                return b''
            except socket.timeout:
                raise Failure('no answer in %d seconds' % self.timeout)
        while True:
            try:
                data = self.tls.read(16384)
                if data == b'':
                    self.clean = True
                return data
            except ssl.SSLWantReadError:
                pass
            except (ssl.SSLZeroReturnError,):
                self.clean = True
                return b''
            except (ssl.SSLEOFError, ssl.SSLError):
                return b''
            if self.eof:
                return b''
            if not wait and not select.select([self.sock], [], [], 0)[0]:
                return None
            self.flush()
            self.fill()

    def more(self):
        data = self.recv()
        if data == b'':
            raise Failure('connection closed; got %s' % short(self.buffer))
        self.buffer += data

    def line(self):
        """One line without its CRLF."""
        while b'\n' not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b'\n', 1)
        check(line.endswith(b'\r'), 'line without CR: %r' % line)
        check(b'\r' not in line[:-1], 'CR in a line: %r' % line)
        return line[:-1]

    def quiet(self, seconds=0.3):
        """Fail if the server says something."""
        end = time.monotonic() + seconds
        while True:
            check(self.buffer == b'', 'unexpected: %s' % short(self.buffer))
            left = end - time.monotonic()
            if left <= 0:
                return
            if select.select([self.sock], [], [], left)[0]:
                data = self.recv(wait=False)
                if data == b'':
                    raise Failure('connection closed')
                self.buffer += data or b''

    def closed(self):
        """Wait for the end of the stream; return what came before it."""
        out, self.buffer = bytearray(self.buffer), b''
        while True:
            data = self.recv()
            if data == b'':
                return bytes(out)
            out += data

    # Commands

    def cmd(self, command):
        if isinstance(command, str):
            command = command.encode()
        self.send(command + b'\r\n')
        return self.line()

    def ok(self, command):
        reply = self.cmd(command)
        check(reply[:3] == b'+OK', '%r: %r' % (command, reply))
        return reply

    def err(self, command, code=None):
        reply = self.cmd(command)
        check(reply[:4] == b'-ERR', '%r: %r' % (command, reply))
        if code is not None:
            want = b'-ERR [' + code.encode() + b']'
            check(reply.startswith(want),
                  '%r: %r, want %r' % (command, reply, want))
        return reply

    def body(self):
        """The octets of a multi-line reply after its first line, unstuffed."""
        got, start = bytearray(self.buffer), 0
        while True:
            if got.startswith(b'.\r\n'):
                self.buffer = bytes(got[3:])
                return b''
            end = got.find(b'\n.\r\n', max(0, start - 4))
            if end >= 0:
                break
            start = len(got)
            self.buffer = b''
            self.more()
            got += self.buffer
        data, self.buffer = bytes(got[:end + 1]), bytes(got[end + 4:])
        check(not re.search(rb'(?<!\r)\n', data), 'LF without CR in a reply')
        check(not re.search(rb'(?:^|\n)\.\r\n', data), 'dot not doubled')
        single = re.search(rb'(?:^|\n)\.[^.]', data)
        check(not single, 'dot not doubled: %s' % (single and single.group()))
        return re.sub(rb'(^|\n)\.', rb'\1', data)

    def multi(self, command):
        """Lines of a multi-line reply, without their CRLF."""
        self.ok(command)
        return self.body().split(b'\r\n')[:-1]

    def retr(self, number):
        self.ok('RETR %d' % number)
        return self.body()

    def top(self, number, count):
        self.ok('TOP %d %d' % (number, count))
        return self.body()

    def list(self):
        """{number: octets}"""
        return dict((int(n), int(s)) for n, s in
                    (line.split() for line in self.multi('LIST')))

    def uidl(self):
        out = {}
        for line in self.multi('UIDL'):
            number, uid = line.split(b' ')
            check(re.fullmatch(rb'[\x21-\x7e]{1,70}', uid), 'uidl %r' % uid)
            out[int(number)] = uid
        return out

    def stat(self):
        reply = self.ok('STAT').split()
        return int(reply[1]), int(reply[2])

    def capa(self):
        return self.multi('CAPA')

    def login(self, user='joe', password='secret'):
        def text(value):
            return value if isinstance(value, bytes) else value.encode()
        self.ok(b'USER ' + text(user))
        return self.ok(b'PASS ' + text(password))

    def quit(self):
        """QUIT, its answer, and the end of the stream."""
        reply = self.ok('QUIT')
        rest = self.closed()
        equal(rest, b'', 'octets after the answer to QUIT')
        self.close()
        return reply

    # Ends

    def half_close(self, notify=True):
        """Close the sending side; keep reading."""
        if notify and self.tls is not None:
            try:
                self.tls.unwrap()
            except (ssl.SSLWantReadError, ssl.SSLError):
                pass
            self.flush()
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:     # They closed first.
            pass

    def notify(self):
        """The end of the TLS stream alone, TCP stays as it is."""
        try:
            self.tls.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLError):
            pass
        self.flush()

    def reset(self):
        """Vanish with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b'\1\0\0\0\0\0\0\0')
        self.sock.close()

    def close(self):
        self.sock.close()


def together(count, do):
    """do(0) ... do(count - 1), all at the same time: what each returned or
    raised."""
    out = [None] * count

    def one(i):
        try:
            out[i] = do(i)
        except Exception as why:
            out[i] = why
    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out
