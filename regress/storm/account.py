#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# alone
# timeout: 180
"""Two deliverers, two clients, an IMAP server and an expunger in one maildir:
an account of every message that mda acknowledged."""

import os
import random
import threading
import time

from popdtest.cases import Failure, check, equal, main
from popdtest.env import ASAN
from popdtest.mail import mda, wire
from popdtest.worker import Worker
from storm import Box, Storm

SECONDS = 5 if ASAN else 15
SEED = int(os.environ.get('SEED', '20260902'))


def message(i):
    return b'Subject: %d\n\n%sEND\n' % (i, b'.%d line\n' % i *
                                        (i * 7919 % 300))


def number(data):
    """The number of the message that begins this way."""
    return int(data.split(b'\r\n')[0].split()[1])


class Account:
    """What became of each message, by its number."""

    def __init__(self, box):
        self.box = box
        self.end = time.monotonic() + SECONDS
        self.lock = threading.Lock()
        self.next = 0
        self.acknowledged = {}  # number: when
        self.sure = {}          # deleted, +OK: when
        self.maybe = set()      # deleted, no answer to QUIT
        self.uidl = {}          # number: UIDL
        self.named = {}         # UIDL: number
        self.sessions = []      # (began, set of UIDLs)
        self.unread = []        # numbers for which RETR said -ERR
        self.faults = []
        self.count = dict.fromkeys(('ok', 'err', 'killed', 'cut', 'refused'),
                                   0)

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def learn(self, uid, i):
        with self.lock:
            if self.uidl.setdefault(i, uid) != uid:
                self.faults.append('message %d has two UIDLs' % i)
            if self.named.setdefault(uid, i) != i:
                self.faults.append('a UIDL of %d and %d' %
                                   (self.named[uid], i))

    def new(self):
        with self.lock:
            self.next += 1
            return self.next


def guarded(account, function, *arguments):
    """A thread whose exceptions are faults."""
    def run():
        try:
            function(account, *arguments)
        except Exception as why:
            account.fault('%s: %r' % (function.__name__, why))
    return threading.Thread(target=run)


def deliverer(a, seed):
    rng = random.Random(seed)
    while time.monotonic() < a.end:
        i = a.new()
        status, said = mda(a.box.path, message(i), a.box.uid)
        if status == 0:
            a.acknowledged[i] = time.monotonic()
        else:
            a.fault('mda: ' + said)
        time.sleep(rng.random() * 0.04)


def look(a, c, began):
    """The list of a session, and the number of each message in it."""
    uidl, sizes = c.uidl(), c.list()
    if len(set(uidl.values())) != len(uidl):
        a.fault('a UIDL is listed twice')
    if set(uidl) != set(sizes) or c.stat() != (len(sizes),
                                               sum(sizes.values())):
        a.fault('UIDL, LIST and STAT do not agree')
    a.sessions.append((began, set(uidl.values())))
    here = {}
    for n, uid in uidl.items():
        if uid not in a.named:
            reply = c.cmd('TOP %d 0' % n)
            if reply.startswith(b'-ERR'):
                continue
            a.learn(uid, number(c.body()))
        i = here[n] = a.named[uid]
        if sizes[n] != len(wire(message(i))):
            a.fault('message %d: %d octets listed' % (i, sizes[n]))
        if a.sure.get(i, began) < began:
            a.fault('message %d is back after +OK' % i)
    if len(set(here.values())) != len(here):
        a.fault('a message is listed twice')
    return here


def use(a, c, here, rng):
    """Retrieve some, delete some; what was marked."""
    for n in rng.sample(sorted(here), min(len(here), 8)):
        if c.cmd('RETR %d' % n).startswith(b'+OK'):
            if c.body() != wire(message(here[n])):
                a.fault('message %d is not what was delivered' % here[n])
        else:
            a.unread.append(here[n])
    marked = [n for n in here if rng.random() < 0.01]
    for n in marked:
        c.ok('DELE %d' % n)
    return {here[n] for n in marked}


def leave(a, c, marked, rng):
    """QUIT, mostly; the session may be killed before or in it."""
    way = rng.random()
    if way < 0.1:
        a.count['killed'] += 1
        return c.kill()
    if way < 0.2:
        a.count['killed'] += 1
        return c.close()
    a.maybe |= marked
    c.send(b'QUIT\r\n')
    if way < 0.4:
        time.sleep(rng.random() * 0.006)
        c.process.kill()
    try:
        reply = c.line()
    except Failure:
        a.count['cut'] += 1
        return c.kill()
    if reply.startswith(b'+OK'):
        a.count['ok'] += 1
        now = time.monotonic()
        with a.lock:
            a.sure.update(dict.fromkeys(marked, now))
    else:
        a.count['err'] += 1
    c.kill() if way < 0.4 else c.close()


def client(a, seed):
    rng = random.Random(seed)
    while time.monotonic() < a.end:
        began = time.monotonic()
        if rng.random() < 0.1:
            a.box.forget()
        c = Worker(a.box, greeting=False)
        if c.line().startswith(b'-ERR'):
            a.count['refused'] += 1
            c.close()
            continue
        leave(a, c, use(a, c, look(a, c, began), rng), rng)
        time.sleep(rng.random() * 0.05)


def filled(a):
    """Some hundred messages that have been there for long."""
    for _ in range(300):
        i = a.new()
        a.box.dir.add(message(i), '%d.%d.old:2,' % (1600000000 + i, i), 'cur')
        a.acknowledged[i] = 0


def storm(a):
    """All of them at once; what the expunger removed."""
    threads = [guarded(a, deliverer, SEED), guarded(a, deliverer, SEED + 1),
               guarded(a, client, SEED + 2), guarded(a, client, SEED + 3)]
    with Storm(a.box, 'ffffsfffw', 1000) as renames, \
            Storm(a.box, 'X', 4) as removals:
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    print('# %d renames, %.0f/s, %d of them too late; %d expunged' %
          (renames.steps, renames.rate, renames.gone, removals.steps))
    return {int(line.split()[1]) for line in removals.removed().values()}


def on_disk(a):
    """{number: files}; each must be whole."""
    out = {}
    for name in a.box.dir.all():
        with open(a.box.dir.sub(name), 'rb') as f:
            data = f.read()
        i = int(data.split(b'\n')[0].split()[1])
        check(data == message(i), 'damaged: ' + name)
        out.setdefault(i, []).append(name)
    return out


def settle(a, expunged, found):
    """Each acknowledged message has one end."""
    for i in a.acknowledged:
        if i in found:
            if len(found[i]) != 1:
                a.fault('message %d twice: %s' % (i, found[i]))
            if i in a.sure:
                a.fault('message %d is there after +OK' % i)
            if i in expunged:
                a.fault('message %d is there though expunged' % i)
        elif i not in a.sure and i not in expunged and i not in a.maybe:
            a.fault('message %d is lost' % i)
    for i in a.unread:
        # A QUIT that was killed may have removed it, too.
        if i in found or i not in expunged and i not in a.maybe:
            a.fault('message %d: -ERR to RETR' % i)
    missing(a)


def missing(a):
    """A message that mda had acknowledged before a session began, and that a
    later session listed, was there throughout."""
    last = {}
    for at, (_, uids) in enumerate(a.sessions):
        last.update(dict.fromkeys(uids, at))
    short = total = 0
    for at, (began, uids) in enumerate(a.sessions):
        gone = [i for i, when in a.acknowledged.items() if when < began and
                last.get(a.uidl.get(i), -1) > at and a.uidl[i] not in uids]
        short += bool(gone)
        total += len(gone)
    if total:
        a.fault('%d sessions without %d messages that were there' %
                (short, total))


def calm(a, found):
    """A session shows what is there, also without popcache."""
    for _ in range(2):
        c = Worker(a.box)
        check(c.greeting.startswith(b'+OK'), 'refused: %r' % c.greeting)
        here = look(a, c, time.monotonic())
        equal(sorted(here.values()), sorted(found), 'the last session')
        c.close()
        a.box.forget()


def test_account():
    """Every acknowledged message has one end"""
    a = Account(Box('account', 0))
    filled(a)
    expunged = storm(a)
    found = on_disk(a)
    calm(a, found)
    settle(a, expunged, found)
    line = '%d delivered: %d deleted, %d expunged, %d there; %d sessions ' \
        '(%s); %d faults' % (
            len(a.acknowledged), len(a.sure), len(expunged), len(found),
            len(a.sessions),
            ', '.join('%d %s' % (v, k) for k, v in a.count.items()),
            len(a.faults))
    print('# ' + line)
    if a.faults:
        raise Failure('\n'.join([line] + a.faults[:20]))
    # How much happens depends on the machine; something must.
    check(a.count['ok'] > 3 and len(a.sessions) > 5 or ASAN,
          'too little happened')


if __name__ == '__main__':
    main()
