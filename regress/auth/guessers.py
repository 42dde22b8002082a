# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Clients that guess passwords as fast as they get answers, in a process of
their own."""

import asyncio
import multiprocessing
import ssl

from popdtest.host import own

ANSWER = 60         # seconds


def address_of(i):
    """Each in a /24 of its own."""
    return '127.%d.%d.%d' % (100 + i % 100, 50 + i // 100, 1 + i % 250)


class Guessers:
    """with Guessers(server, sources, user): they guess meanwhile."""

    def __init__(self, server, sources, user='joe'):
        self.server, self.user = server, user.encode()
        # Here, as the process is killed.
        self.sources = [own(s) for s in sources]
        self.process = None

    def __enter__(self):
        fork = multiprocessing.get_context('fork')
        self.process = fork.Process(target=lambda: asyncio.run(self.all()))
        self.process.start()
        return self

    def __exit__(self, *why):
        self.process.kill()
        self.process.join()

    async def all(self):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        await asyncio.gather(*(self.guess(s) for s in self.sources))

    async def guess(self, source):
        number = 0
        while True:
            number += 1
            try:
                await asyncio.wait_for(self.once(source, number), ANSWER)
            except (OSError, ssl.SSLError, asyncio.TimeoutError):
                await asyncio.sleep(0.1)

    async def once(self, source, number):
        reader, writer = await asyncio.open_connection(
            self.server.listen[0], self.server.port, ssl=self.context,
            local_addr=(source, 0))
        try:
            writer.write(b'USER %s\r\nPASS guess%d\r\n' % (self.user, number))
            for _ in range(3):
                await reader.readline()
        finally:
            writer.transport.abort()
