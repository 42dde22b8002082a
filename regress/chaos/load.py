# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The honest load of a chaos run: users who fetch mail, poll or stay
connected, and senders."""

import random
import ssl
import threading
import time

from popdtest.cases import Failure
from popdtest.client import Client
from popdtest.mail import mda
from books import number_of, text_of

HANDSHAKE = 2.5     # seconds; then another connection may do better
ANSWER = 15         # seconds for anything else
AGAIN = 0.2         # seconds from a refusal to the next try
GIVE_UP = 40        # seconds after which the user gives up
KINDS = 'poll', 'fetch', 'fetch', 'hold'

GONE = OSError, ssl.SSLError, Failure


class Lost(Exception):
    """The connection ended, or went silent."""


class User(threading.Thread):
    """A user with an address and a maildrop."""

    def __init__(self, load, name, number):
        super().__init__(daemon=True)
        self.load, self.name_ = load, name
        self.rng = random.Random('%d %s' % (load.seed, name))
        self.kind = KINDS[number % len(KINDS)]
        self.source = '127.20.%d.%d' % (number, number + 1)
        self.removed = set()
        self.known = {}         # UIDL: number
        self.port = self.since = None

    def note(self, what, **more):
        self.load.journal.note(what, user=self.name_, **more)

    # Logging in

    def attempt(self):
        """A session, or an exception with what was wrong."""
        c = Client(self.load.address, timeout=HANDSHAKE, source=self.source)
        c.timeout = ANSWER
        c.sock.settimeout(ANSWER)
        self.port = c.sock.getsockname()[1]
        try:
            c.ok('USER ' + self.name_)
            self.since = time.monotonic()
            reply = c.cmd('PASS ' + self.load.passwords[self.name_])
            if not reply.startswith(b'+OK'):
                if reply.startswith(b'-ERR [AUTH]'):
                    self.note('wrong', why='%s: a right password: %r' %
                              (self.name_, reply))
                raise Failure(repr(reply))
        except BaseException:
            c.close()
            raise
        return c

    def login(self):
        began, tries, last = time.monotonic(), 0, ''
        while True:
            try:
                c, what = self.attempt(), 'login'
                break
            except GONE as why:
                tries, last = tries + 1, str(why)[:120]
            if time.monotonic() - began > GIVE_UP:
                c, what = None, 'no-login'
                break
            time.sleep(AGAIN)
        self.note(what, began=began, took=round(time.monotonic() - began, 3),
                  tries=tries, why=last)
        return c

    # Sessions

    def run(self):
        while not self.load.stop.is_set():
            sent = self.load.sent(self.name_)
            c = self.login()
            if c is None:
                continue
            try:
                getattr(self, self.kind)(c, sent)
            except (Lost, OSError, ssl.SSLError) as why:
                self.note('lost', port=self.port, since=self.since,
                          why=str(why)[:200])
            except Failure as why:
                self.failed(str(why)[:300])
            finally:
                c.close()
            self.load.stop.wait(self.rng.uniform(0.2, 2))

    def failed(self, why):
        """Distinguish the end of a session from a wrong answer."""
        if why.startswith(('connection closed', 'no answer')):
            self.note('lost', port=self.port, since=self.since, why=why)
        else:
            self.note('wrong', why='%s: %s' % (self.name_, why))

    def wrong(self, text, *args):
        raise Failure(text % args)

    def look(self, c, sent):
        """{number of the list: number of the message}; all that was sent
        before the login is in it."""
        count = c.stat()[0]
        uidl = c.uidl()
        if count != len(uidl) or len(set(uidl.values())) != count:
            self.wrong('STAT %d, UIDL %s', count, uidl)
        for n, uid in uidl.items():
            if uid not in self.known:
                octets = c.retr(n)
                self.known[uid] = number_of(self.name_, octets)
                if self.known[uid] is None:
                    self.wrong('damaged: %r', octets[:100])
        found = {n: self.known[uid] for n, uid in uidl.items()}
        lacks = sent - self.removed - set(found.values())
        if lacks:
            self.wrong('lost: %s', sorted(lacks))
        return found

    def quit(self, c, gone):
        """QUIT, and note what it says about the messages it removes."""
        gone = sorted(gone)
        # Until it is answered the result is unknown.
        self.removed.update(gone)
        try:
            reply = c.cmd('QUIT')
        except GONE:
            self.note('doubt', gone=gone)
            raise
        if not reply.startswith(b'+OK'):
            self.note('doubt', gone=gone)
            self.wrong('QUIT: %r', reply)
        self.note('quit', gone=gone)

    def poll(self, c, sent):
        c.stat()
        self.quit(c, ())

    def fetch(self, c, sent):
        found = self.look(c, sent)
        for n, number in found.items():
            if self.rng.random() < 0.3 and \
                    number_of(self.name_, c.retr(n)) != number:
                self.wrong('another message %d', number)
        gone = [n for n in found if self.rng.random() < 0.6]
        for n in gone:
            c.ok('DELE %d' % n)
        self.quit(c, [found[n] for n in gone])

    def hold(self, c, sent):
        found = self.look(c, sent)
        end = time.monotonic() + self.rng.uniform(3, 20)
        while time.monotonic() < end and not self.load.stop.is_set():
            c.ok('NOOP')
            if found:
                n = self.rng.choice(sorted(found))
                if number_of(self.name_, c.retr(n)) != found[n]:
                    self.wrong('another message %d', found[n])
            self.load.stop.wait(0.3)
        self.quit(c, ())


class Writer(threading.Thread):
    """Delivers as smtpd does."""

    def __init__(self, load, rate):
        super().__init__(daemon=True)
        self.load, self.pause = load, 1 / rate
        self.rng = random.Random('%d writer' % load.seed)

    def run(self):
        numbers = dict.fromkeys(self.load.boxes, 0)
        while not self.load.stop.wait(self.rng.expovariate(1 / self.pause)):
            user = self.rng.choice(sorted(numbers))
            numbers[user] += 1
            box = self.load.boxes[user]
            status, said = mda(box.path, text_of(user, numbers[user]),
                               uid=box.uid)
            if status != 0:
                self.load.journal.note('wrong', why='mda: %s' % said)
                continue
            self.load.journal.note('sent', user=user, number=numbers[user])
            self.load.add(user, numbers[user])


class Load:
    """Runs in a process of its own: run(stop) until stop is set."""

    def __init__(self, server, journal, seed, rate):
        self.address = server.listen[0], server.port
        self.boxes = dict(server.users)
        self.passwords = {u: b.password for u, b in server.users.items()}
        self.journal, self.seed, self.rate = journal, seed, rate
        self.lock = threading.Lock()
        self.sent_ = {u: set() for u in self.boxes}

    def add(self, user, number):
        with self.lock:
            self.sent_[user].add(number)

    def sent(self, user):
        with self.lock:
            return set(self.sent_[user])

    def watch(self):
        """Note when the machine delays even a sleeper."""
        before = time.monotonic()
        while not self.stop.wait(0.1):
            now = time.monotonic()
            if now - before > 0.2:
                self.journal.note('lag', seconds=round(now - before - 0.1, 3))
            before = now

    def run(self, stop):
        self.stop = stop
        threads = [User(self, name, i) for i, name in enumerate(self.boxes)]
        threads.append(Writer(self, self.rate))
        for thread in threads:
            thread.start()
        self.watch()
        for thread in threads:
            thread.join(GIVE_UP + 4 * ANSWER)
