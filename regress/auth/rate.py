#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
# once
"""One address guesses two passwords a second, whatever the method and however
many its connections."""

import asyncio
import base64
import hashlib
import os
import resource
import ssl
import time

from popdtest.cases import Skip, check, main
from popdtest.host import own
from popdtest.password import bcrypt
from popdtest.server import Configured

SECONDS = 15
FILES = 5000      # more than two for each connection
server = Configured(['tls', 'auth_http'], users={'joe': 'secret'},
                    start=False, shared=True)
server['joe'].hash = bcrypt('secret', 4)
server.user('ann', hash='{PLAIN}secret')
server.tables()
ROUTES = server.dir + '/routes'
with open(ROUTES, 'w') as f:
    f.write('@ 192.0.2.1\n')
server.configure(server.text(
    'table routes file:' + ROUTES, 'route <routes>', 'offer apop',
    'offer cram-md5'))
if server.mode == 'user' and os.getuid() == 0:
    os.chown(ROUTES, server.uid, server.gid)
server.start()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
numbers = iter(range(1 << 30))


def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else
                            text.encode()) + b'\r\n'


async def by_pass(reader, writer, greeting):
    writer.write(b'USER joe\r\nPASS %d\r\n' % next(numbers))
    await reader.readline()


async def by_plain(reader, writer, greeting):
    writer.write(b'AUTH PLAIN ' + b64('\0joe\0%d' % next(numbers)))


async def by_apop(reader, writer, greeting):
    writer.write(b'APOP ann %s\r\n' %
                 hashlib.md5(b'%d' % next(numbers)).hexdigest().encode())


async def by_cram(reader, writer, greeting):
    writer.write(b'AUTH CRAM-MD5\r\n')
    await reader.readline()
    writer.write(b64('ann ' + hashlib.md5(
        b'%d' % next(numbers)).hexdigest()))


async def by_http(source):
    reader, writer = await asyncio.open_connection('127.0.0.1',
                                                   server.ports[1])
    try:
        writer.write(b'GET /auth HTTP/1.0\r\nAuth-Method: plain\r\n'
                     b'Auth-User: joe\r\nAuth-Pass: %d\r\n'
                     b'Auth-Protocol: pop3\r\nClient-IP: %s\r\n\r\n' %
                     (next(numbers), source.encode()))
        await reader.read()
    finally:
        writer.transport.abort()


async def by_tls(method, source):
    reader, writer = await asyncio.open_connection(
        '127.0.0.1', server.ports[0], ssl=context,
        local_addr=(own(source), 0), ssl_handshake_timeout=60)
    try:
        await method(reader, writer, await reader.readline())
        await reader.readline()
    finally:
        writer.transport.abort()


async def guesser(one, *how):
    while True:
        try:
            await one(*how)
        except (OSError, ssl.SSLError, AttributeError,
                asyncio.TimeoutError):
            await asyncio.sleep(0.1)


def failures(mark, source):
    return server.log(mark).count(' source=%s reason=password ' % source)


async def attack(guessers):
    """{source: guesses a second}, once each has failed often."""
    tasks = [asyncio.ensure_future(guesser(*how)) for how in guessers]
    sources = sorted({how[-1] for how in guessers})
    mark, end = server.mark(), time.monotonic() + 60
    while any(failures(mark, s) < 14 for s in sources):
        check(time.monotonic() < end, 'few guesses: %s' %
              [(s, failures(mark, s)) for s in sources])
        await asyncio.sleep(0.2)
    mark, began = server.mark(), time.monotonic()
    await asyncio.sleep(SECONDS)
    took = time.monotonic() - began
    rates = {s: failures(mark, s) / took for s in sources}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return rates


def measure(names, guessers, most):
    rates = asyncio.run(attack(guessers))
    print('# guesses a second: ' + ', '.join(
        '%s %.1f' % (names[s], rates[s]) for s in sorted(rates)))
    check(max(rates.values()) <= most, rates)


def test_one():
    """One connection: one guess in four seconds"""
    measure({'127.4.0.1': 'PASS'}, [(by_tls, by_pass, '127.4.0.1')], 0.5)


def test_methods():
    """A hundred connections, each method"""
    methods = [by_pass, by_plain, by_apop, by_cram]
    names = {'127.3.%d.1' % i: m.__name__[3:]
             for i, m in enumerate(methods)}
    measure(names, [(by_tls, m, '127.3.%d.1' % i) for j in range(100)
                    for i, m in enumerate(methods)], 2.6)


def test_http():
    """Two thousand, by auth_http"""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if 0 <= hard < FILES:
        raise Skip('needs a limit of %d files' % FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    measure({'192.0.2.9': 'auth_http'}, [(by_http, '192.0.2.9')] * 2000, 2.6)


main()
