#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# alone
# timeout: 900
# once unless CHAOS_ASAN  (a sanitizer makes the machine too slow for it)
"""Everything at once: users, guessers, reloads, and processes that die, stop
and run out of descriptors, with books kept.  CHAOS_SECONDS (60) long; the same
CHAOS_SEED gives the same actions, though not the same timing."""

import multiprocessing
import os
import random
import time

from popdtest.build import rebuild
from popdtest.cases import Failure, check, equal, main
from popdtest.env import WORK
from popdtest.server import Server
from popdtest.targets import ProcessGroup, usage
from books import Journal, Verdict, number_of
from load import Load
from storms import Storm
from strikes import Strikes

SECONDS = int(os.environ.get('CHAOS_SECONDS', 60))
SEED = int(os.environ.get('CHAOS_SEED') or 1)
USERS = 20
DELIVERIES = 4          # a second
QUIET = 40              # seconds until all is as it was
LOG_SHOWN = 40          # lines

fork = multiprocessing.get_context('fork')


class Helpers:
    """The processes that make the load."""

    def __init__(self, *parts):
        self.stop = fork.Event()
        self.processes = [fork.Process(target=part.run, args=(self.stop,))
                          for part in parts]
        for process in self.processes:
            process.start()

    def end(self):
        self.stop.set()
        for process in self.processes:
            process.join(120)
            check(process.exitcode == 0, 'a helper ended with %s' %
                  process.exitcode)

    def kill(self):
        for process in self.processes:
            process.kill()


def at_rest(server, before=None):
    """What the processes hold at rest; the same as before."""
    end = time.monotonic() + QUIET
    last = None
    while True:
        time.sleep(1)
        now = usage(server)
        if now == (before or last) and 'wrkrpop' not in now:
            return now
        last = now
        check(time.monotonic() < end, 'left over: %s, at the beginning %s' %
              (now, before))


def bounded(server):
    """A group in which popd's forks can fail, if possible."""
    try:
        return ProcessGroup(server.pid) if server.mode == 'root' else None
    except OSError as why:
        print('# forks do not fail: %s' % why)


def strike(server, strikes):
    """The middle of the run."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        strikes.turn()
        time.sleep(0.1)
    check(server.process.poll() is None, 'popd ended: %s' %
          server.process.poll())
    strikes.end()


def audit(server, journal):
    """{user: [number]} of all mail that there is, fetched whole."""
    found = {}
    for name, box in server.users.items():
        if not box.auth or not os.path.isdir(box.path):
            continue
        c = server.login(name, source='127.40.0.1')
        numbers = [number_of(name, c.retr(n)) for n in c.uidl()]
        c.quit()
        equal(len(numbers), len(box.all()), 'messages of ' + name)
        found[name] = numbers
    return found


def run(server, journal):
    """The whole run; popd ends normally."""
    for i, name in enumerate(server.users):
        server.login(name, source='127.40.0.1').quit()
    before = at_rest(server)
    group = bounded(server)
    helpers = Helpers(Load(server, journal, SEED, DELIVERIES),
                      Storm(server, journal, SEED))
    try:
        strike(server, Strikes(server, journal, random.Random(SEED), group))
        helpers.end()
        at_rest(server, before)
        found = audit(server, journal)
        server.stop()
        return found
    finally:
        helpers.kill()
        if group:
            server.kill()
            group.remove()


def tell(verdict, server):
    print('# CHAOS_SEED=%d CHAOS_SECONDS=%d' % (SEED, SECONDS))
    for line in verdict.summary():
        print('# ' + line)
    if verdict.faults:
        for line in verdict.story():
            print('#   ' + line)
        print('# the log, its end:')
        for line in server.log().splitlines()[-LOG_SHOWN:]:
            print('#   ' + line)


def test_chaos():
    """Chaos: no user waits long, no session and no mail is lost"""
    rebuild([], {'PING_SECONDS': 3})
    server = Server(users={'u%d' % i: 'pass%d' % i for i in range(USERS)})
    server.expect_crash = True
    journal = Journal(os.path.join(WORK, 'journal'))
    failed, found = None, {}
    try:
        found = run(server, journal)
    except (Failure, OSError) as why:
        failed = why
        server.kill()
    verdict = Verdict(journal.read(), server.log())
    for user, numbers in found.items():
        verdict.balance(user, numbers)
    if failed:
        last = verdict.events[-1]['t'] if verdict.events else 0
        verdict.fault(last, '%s', failed)
    tell(verdict, server)
    check(not verdict.faults, '%d faults:\n%s' % (
        len(verdict.faults), '\n'.join(t for _, t in verdict.faults[:40])))


main()
