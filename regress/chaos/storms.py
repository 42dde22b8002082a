# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The hostile load of a chaos run: guessers from many networks, and
connections that say nothing."""

import asyncio
import random
import ssl

from popdtest.host import own

GUESSERS = 400      # addresses, each in a /24 of its own
PER_SECOND = 25     # guesses of all together
MUTE = 50           # addresses that hold connections
MUTE_EACH = 4
MUTE_TLS = 30       # that shake hands first
PATIENCE = 70       # seconds for an answer or for the end


def guesser_address(i):
    return '127.%d.%d.%d' % (100 + i % 100, 50 + i // 100, 1 + i % 250)


class Storm:
    """Runs in a process of its own: run(stop) until stop is set."""

    def __init__(self, server, journal, seed):
        self.address, self.port = server.listen[0], server.port
        self.users = sorted(server.users)
        self.journal, self.seed = journal, seed
        self.counts = {}
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    async def connect(self, source, tls=True):
        return await asyncio.wait_for(asyncio.open_connection(
            self.address, self.port, local_addr=(own(source), 0),
            ssl=self.context if tls else None), PATIENCE)

    async def guess(self, source, rng):
        """One wrong password."""
        user = rng.choice(self.users + ['nobody%d' % rng.getrandbits(20)])
        reader, writer = await self.connect(source)
        try:
            await asyncio.wait_for(reader.readline(), PATIENCE)
            writer.write(b'USER %s\r\nPASS wrong%d\r\n' % (
                user.encode(), rng.getrandbits(30)))
            await asyncio.wait_for(reader.readline(), PATIENCE)
            reply = await asyncio.wait_for(reader.readline(), PATIENCE)
        finally:
            writer.transport.abort()
        if reply.startswith(b'+OK'):
            self.journal.note('wrong', why='%s: a wrong password: %r' %
                              (user, reply))
        self.count('guess answered' if reply else 'guess cut off')

    async def guesser(self, i):
        rng = random.Random('%d guesser %d' % (self.seed, i))
        while True:
            await asyncio.sleep(rng.uniform(0, 2 * GUESSERS / PER_SECOND))
            try:
                await self.guess(guesser_address(i), rng)
            except (OSError, ssl.SSLError, asyncio.TimeoutError):
                self.count('guess failed')

    async def mute(self, source, tls):
        """Hold a connection and say nothing; when it ends, another."""
        while True:
            try:
                reader, writer = await self.connect(source, tls)
                try:
                    while await asyncio.wait_for(reader.read(4096), PATIENCE):
                        pass
                finally:
                    writer.transport.abort()
                self.count('silence ended')
            except (OSError, ssl.SSLError, asyncio.TimeoutError):
                self.count('silence failed')
            await asyncio.sleep(2)

    async def all(self, stop):
        tasks = [self.guesser(i) for i in range(GUESSERS)]
        tasks += [self.mute('127.30.%d.1' % (i % MUTE), False)
                  for i in range(MUTE * MUTE_EACH)]
        tasks += [self.mute('127.31.%d.1' % i, True) for i in range(MUTE_TLS)]
        tasks = [asyncio.ensure_future(task) for task in tasks]
        while not stop.is_set():
            await asyncio.sleep(0.2)
        # One that is cancelled as what it waits for comes may not notice.
        pending = set(tasks)
        while pending:
            for task in pending:
                task.cancel()
            done, pending = await asyncio.wait(pending, timeout=1)

    def run(self, stop):
        asyncio.run(self.all(stop))
        self.journal.note('storm', text=', '.join(
            '%s %d' % item for item in sorted(self.counts.items())))
