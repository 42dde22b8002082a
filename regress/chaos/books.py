# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The books of a chaos run: what was done and seen, and what must be true.

Every process of the run appends to one journal: a JSON object a line, with
"t", seconds of the monotonic clock that all of them share, and "what":

	sent		user, number: mda took a message
	login		user, began, took, tries, why: an honest user is in
	no-login	the same, and he gave up
	lost		user, port, since: a session ended under its client
	quit		user, gone: +OK to a QUIT that removed these numbers
	doubt		user, gone: that QUIT was not answered
	wrong		why: an answer that is never right
	strike		how, role, pid; ports or user: whose session may end
	lag		seconds that a sleeper overslept: the machine was busy
"""

import json
import os
import random
import re
import time

# A user must be in this many seconds after the first try.
REFUSED = 5
# A process that does not answer and is never continued has to be found out
# first: so long more for a login that meets it.
STUCK = 6

# What popd says only if something went wrong that nobody did to it.  Sessions
# and processes that were struck are looked up by their numbers.
NEVER = re.compile(
    r'gives up|fatal|Sanitizer|runtime error:|sandbox \(signal|'
    r'malformed message|unknown message|wrong size|unterminated string|'
    r'value out of range|not a message that|out of turn|'
    r'that nobody wants|second answer|of another listener|'
    r'number reused|unknown session|session ended before|'
    r'hung up on this listener|too many requests|Assertion|no protocol')
# A worker that refused a session exits with status 1.
DEATH = re.compile(r'\b(?:(?:lsnrpop|keypop|authpop|hashpop)\[(\d+)\].*'
                   r'(?:killed|exited)|wrkrpop\[(\d+)\].*killed)')


def text_of(user, number):
    """A message: its octets follow from whose it is and its number."""
    rng = random.Random('%s-%d' % (user, number))
    lines = ['Subject: %s-%d' % (user, number), '']
    for _ in range(int(rng.paretovariate(0.7)) * 4 % 600):
        lines.append('.' * rng.choice((0, 0, 1, 2)) +
                     '%x' % rng.getrandbits(rng.choice((4, 64, 280))))
    return '\n'.join(lines).encode() + b'\n'


def number_of(user, octets):
    """The number of a user's message; None if foreign or damaged."""
    match = re.match(rb'Subject: (\S+)-(\d+)\r\n', octets)
    if not match or match.group(1) != user.encode():
        return None
    number = int(match.group(2))
    want = text_of(user, number).replace(b'\n', b'\r\n')
    return number if octets == want else None


class Journal:
    """Where all processes of a run write."""

    def __init__(self, path):
        self.path = path
        self.fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, what, **more):
        """One write(2) a line: those of several processes do not mix."""
        line = json.dumps(dict(t=round(time.monotonic(), 3), what=what,
                               **more))
        os.write(self.fd, line.encode() + b'\n')

    def read(self):
        with open(self.path) as f:
            return sorted((json.loads(line) for line in f),
                          key=lambda event: event['t'])


class Verdict:
    """What is wrong with a journal and a log."""

    def __init__(self, events, log):
        self.events = events
        self.strikes = self.of('strike')
        self.faults = []            # (time, text)
        self.logins()
        self.sessions()
        self.answers()
        self.log(log)
        self.faults.sort()

    def of(self, *whats):
        return [e for e in self.events if e['what'] in whats]

    def fault(self, t, text, *args):
        self.faults.append((t, text % args))

    def allowed(self, began, took):
        """Seconds that a login may have taken."""
        end = began + took
        lag = sum(e['seconds'] for e in self.of('lag')
                  if began <= e['t'] <= end)
        stuck = any(e['how'] == 'stuck' and
                    began - STUCK - REFUSED <= e['t'] <= end
                    for e in self.strikes)
        return REFUSED + lag + (STUCK if stuck else 0)

    def logins(self):
        for e in self.of('login', 'no-login'):
            allowed = self.allowed(e['began'], e['took'])
            if e['took'] > allowed:
                self.fault(e['began'] + allowed, '%s was refused for %.1f s, '
                           '%d times, last: %s', e['user'], e['took'],
                           e['tries'], e['why'])

    def excused(self, e):
        """Whether its listener or its worker was struck."""
        for s in self.strikes:
            if not e['since'] - 0.5 <= s['t'] <= e['t'] + 0.1:
                continue
            if e['port'] in s.get('ports', ()) or e['user'] == s.get('user'):
                return True
        return False

    def sessions(self):
        for e in self.of('lost'):
            if not self.excused(e):
                self.fault(e['t'], '%s lost a session: %s', e['user'],
                           e['why'])

    def answers(self):
        for e in self.of('wrong'):
            self.fault(e['t'], '%s', e['why'])

    def log(self, log):
        struck = {str(e['pid']) for e in self.strikes}
        last = self.events[-1]['t'] if self.events else 0
        for line in log.splitlines():
            death = DEATH.search(line)
            if death and (death.group(1) or death.group(2)) not in struck:
                self.fault(last, 'died by itself: %s', line)
            elif NEVER.search(line):
                self.fault(last, 'the log: %s', line)

    def accounts(self):
        """{user: (numbers that must be there, that may be, that must not)}"""
        there, doubt, gone = {}, {}, {}
        for e in self.of('sent'):
            there.setdefault(e['user'], set()).add(e['number'])
        for e in self.of('doubt'):
            doubt.setdefault(e['user'], set()).update(e['gone'])
        for e in self.of('quit'):
            gone.setdefault(e['user'], set()).update(e['gone'])
        out = {}
        for user in there:
            no = gone.get(user, set())
            may = doubt.get(user, set()) - no
            out[user] = (there[user] - no - may, may, no)
        return out

    def balance(self, user, found):
        """found: numbers that the user's maildrop has at the end."""
        must, may, no = self.accounts().get(user, (set(), set(), set()))
        for what, numbers in (
                ('lost', must - set(found)),
                ('removed, and there', no & set(found)),
                ('nobody sent', set(found) - must - may - no),
                ('twice', {n for n in found if found.count(n) > 1})):
            if numbers:
                self.fault(self.events[-1]['t'], 'mail of %s: %s: %s', user,
                           what, sorted(numbers, key=str)[:10])

    def story(self, seconds=10):
        """What happened before the first fault, without the usual."""
        if not self.faults:
            return []
        end = self.faults[0][0]
        return ['%8.3f %s' % (e['t'] - end, json.dumps(
            {k: v for k, v in e.items() if k not in ('t', 'ports')}))
            for e in self.events if end - seconds <= e['t'] <= end + 0.5 and
            (e['what'] not in ('login', 'quit', 'sent') or
             e.get('took', 0) > 1)]

    def summary(self):
        logins = self.of('login')
        waits = sorted(e['took'] for e in logins) or [0]
        hows = {}
        for e in self.strikes:
            key = '%s %s' % (e['how'], e['role'])
            hows[key] = hows.get(key, 0) + 1
        return ['%d logins, median %.0f ms, slowest %.2f s; %d sessions lost '
                'with their process; %d sent, %d removed, %d in doubt' % (
                    len(logins), 1000 * waits[len(waits) // 2], waits[-1],
                    len(self.of('lost')), len(self.of('sent')),
                    sum(len(e['gone']) for e in self.of('quit')),
                    sum(len(e['gone']) for e in self.of('doubt'))),
                'strikes: ' + ', '.join('%s %d' % i
                                        for i in sorted(hows.items())),
                'storm: ' + '; '.join(e['text'] for e in self.of('storm'))]
