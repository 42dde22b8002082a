# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What happens to popd's processes under load: each strike notes in the
journal whose session may end by it.  How long others may have to wait is
bounded here, not by chance."""

import os
import resource
import signal
import time

from popdtest.password import bcrypt
from popdtest.process import alive, descendants, kill_all
from popdtest.targets import (limit_of, lowest_free, peers_of, pids_of,
                              prlimit, user_of)

# popd waits before it starts a role again that dies again and again: not at
# all, one second, two, four ...  Three deaths in a row keep all waiting below
# the bound; then the role has to live for a minute.
DEATHS = 3
REST = 63
# A stopped process that is never continued: popd has to find that out.
FOUND_OUT = 12
SINGLE = 'keypop', 'authpop'
ROLES = SINGLE + ('hashpop', 'lsnrpop')


class Strikes:
    def __init__(self, server, journal, rng, pgroup=None):
        self.server, self.journal, self.rng = server, journal, rng
        self.struck = set()
        self.deaths = {role: [] for role in ROLES}
        self.later = []             # (when, what, argument)
        self.clear = 0              # from then on there may be an outage
        self.waiting = None         # the stuck process it is about
        self.pgroup = pgroup
        self.tables = None
        self.deck = []

    # Who

    def pids(self, role):
        return pids_of(self.server, role)

    def victim(self, role):
        pids = self.pids(role)
        # Of two that serve, one has to be there.
        if not pids or (role not in SINGLE and role != 'wrkrpop' and
                        len(pids) < 2 and len(self.deaths[role]) > 1):
            return None
        return self.rng.choice(pids)

    def row(self, role):
        """Deaths of a role without a minute of life between them."""
        times, count = self.deaths[role] + [time.monotonic()], 0
        for before, after in zip(times[-2::-1], times[:0:-1]):
            if after - before > REST:
                break
            count += 1
        return count

    def hit(self, how, role, pid, **more):
        self.struck.add(pid)
        self.journal.note('strike', how=how, role=role, pid=pid, **more)

    def whose(self, role, pid):
        """The sessions that end with a process, which is stopped."""
        if role == 'lsnrpop':
            return dict(ports=peers_of(pid))
        if role == 'wrkrpop':
            return dict(user=user_of(pid, self.server))
        return {}

    def outage(self, seconds):
        """Logins may fail that long; the next outage waits for its end."""
        self.clear = time.monotonic() + seconds + 2

    def soon(self, seconds, what, *args):
        self.later.append((time.monotonic() + seconds, what, args))

    # kill -9 and SIGSTOP

    def kill(self, role):
        row = self.row(role) if role != 'wrkrpop' else 0
        pid = self.victim(role)
        if pid is None or row >= DEATHS:
            return False
        os.kill(pid, signal.SIGSTOP)
        self.hit('kill', role, pid, **self.whose(role, pid))
        os.kill(pid, signal.SIGKILL)
        if role != 'wrkrpop':
            self.deaths[role].append(time.monotonic())
            self.outage((0.5, 1.5, 2.5)[row])
        return True

    def stop(self, role):
        pid = self.victim(role)
        if pid is None:
            return False
        seconds = self.rng.uniform(0.2, 3)
        os.kill(pid, signal.SIGSTOP)
        self.hit('stop', role, pid, seconds=round(seconds, 1))
        self.soon(seconds, self.go_on, pid)
        if role != 'wrkrpop':
            self.outage(seconds)
        return True

    def go_on(self, pid):
        if pid in descendants(self.server.pid):
            os.kill(pid, signal.SIGCONT)

    def stuck(self, role):
        """Stopped for good: it counts as a death, only as the first."""
        pid = self.victim(role)
        if pid is None or self.row(role) > 0:
            return False
        os.kill(pid, signal.SIGSTOP)
        self.hit('stuck', role, pid, **self.whose(role, pid))
        self.deaths[role].append(time.monotonic())
        self.soon(FOUND_OUT, self.must_be_gone, role, pid)
        self.outage(FOUND_OUT)
        self.waiting = pid
        return True

    def must_be_gone(self, role, pid):
        if alive(pid):
            self.journal.note('wrong', why='%s[%d] was stopped for %d s, and '
                              'popd left it so' % (role, pid, FOUND_OUT))
            kill_all([pid])

    # Limits

    def files(self, role):
        """Deny a process new descriptors for a moment."""
        pid = self.server.pid if role == 'popd' else self.victim(role)
        if pid is None:
            return False
        what = resource.RLIMIT_NOFILE
        seconds = self.rng.uniform(0.3, 2)
        self.hit('files', role, pid, seconds=round(seconds, 1))
        before = limit_of(pid, what)
        prlimit(pid, what, (lowest_free(pid), before[1]))
        self.soon(seconds, self.limit_back, pid, what, before)
        self.outage(seconds)
        return True

    def limit_back(self, pid, what, limits):
        if pid == self.server.pid or pid in descendants(self.server.pid):
            prlimit(pid, what, limits)

    def forks(self, role):
        """Make fork fail, by popd's group or its user's limit."""
        seconds = self.rng.uniform(0.3, 2)
        pid = self.server.pid
        if self.pgroup is not None:
            self.pgroup.close()
            self.soon(seconds, self.pgroup.open)
        elif self.server.mode == 'user':
            what = resource.RLIMIT_NPROC
            limits = limit_of(pid, what)
            prlimit(pid, what, (1, limits[1]))
            self.soon(seconds, self.limit_back, pid, what, limits)
        else:
            return False
        self.hit('forks', 'popd', pid, seconds=round(seconds, 1))
        self.outage(seconds)
        return True

    # Reloads

    def hup(self):
        os.kill(self.server.pid, signal.SIGHUP)

    def good(self, role):
        """A new user each time; now and then two reloads at once."""
        self.server.user('new%d' % (len(self.server.users)), maildir=False,
                         hash=bcrypt('new'))
        self.server.tables()
        self.hit('reload', 'good', self.server.pid)
        self.hup()
        if self.rng.random() < 0.4:
            time.sleep(self.rng.uniform(0, 0.05))
            self.hup()
        return True

    def bad(self, role):
        """A bad file, repaired a moment later."""
        path = self.rng.choice([self.server.usertab, self.server.authtab,
                                self.server.pairs[0][1]])
        with open(path, 'rb') as f:
            keep = f.read()
        with open(path, 'wb') as f:
            f.write(self.rng.choice([b'', keep[:len(keep) // 2] + b'\n\nx',
                                     b'broken\n' + keep]))
        self.hit('reload', 'bad', self.server.pid)
        self.hup()
        self.outage(1)
        self.soon(1, self.mend, path, keep)
        return True

    def mend(self, path, keep):
        with open(path, 'wb') as f:
            f.write(keep)
        self.hup()

    # One after the other, each of them before one comes again

    def cards(self):
        deck = [(self.kill, 'wrkrpop')] * 4 + [(self.stop, 'wrkrpop')] * 2
        deck += [(self.good, None)] * 2 + [(self.bad, None)] * 2
        deck += [(self.files, 'popd')] * 2 + [(self.forks, 'popd')]
        for role in ROLES:
            deck += [(self.kill, role), (self.stop, role)]
        deck += [(self.files, r) for r in ('lsnrpop', 'keypop', 'authpop')]
        self.rng.shuffle(deck)
        # Before its role is killed, or it is not the first.
        stuck = [(self.stuck, r) for r in ('keypop', 'authpop', 'lsnrpop')]
        deck.insert(0, self.rng.choice(stuck))
        return deck

    def turn(self):
        """Do what is due; then, if it is time, the next strike."""
        now = time.monotonic()
        for entry in [e for e in self.later if e[0] <= now]:
            self.later.remove(entry)
            try:
                entry[1](*entry[2])
            except ProcessLookupError:
                pass
        if self.waiting and not alive(self.waiting):
            self.waiting = None
            self.outage(1)
        if not self.deck:
            self.deck = self.cards()
        do, role = self.deck[0]
        if role != 'wrkrpop' and do != self.good and now < self.clear:
            # A strike that harms only one session need not wait.
            quick = [c for c in self.deck if c[1] == 'wrkrpop' or
                     c[0] == self.good]
            if not quick or self.rng.random() > 0.02:
                return
            do, role = quick[0]
        self.deck.remove((do, role))
        try:
            do(role)
        except ProcessLookupError:
            pass

    def end(self):
        """All is as it was."""
        while self.later:
            when, what, args = self.later.pop()
            if what == self.must_be_gone:
                time.sleep(max(0, when - time.monotonic()))
            try:
                what(*args)
            except ProcessLookupError:
                pass
