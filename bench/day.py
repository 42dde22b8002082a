#!/usr/bin/env python3
#
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""A day of many mailboxes, simulated from what bench/run has measured.

usage: day [-d file] [-i seconds] [-k KiB] [-m mails] [-n mailboxes]
           [-N nodes] [-r results] [-s seed] [-u load]

-d      file for a line a minute, for bench/draw
-i      seconds between polls of a mail program (300)
-k      size of a mail in KiB (50)
-m      mails that a mailbox receives a day (20)
-n      mailboxes, each with one mail program (1000000)
-N      nodes that share them (4)
-r      a result of bench/run; figures not in it are those of COSTS
-s      seed (1): the same arguments give the same day
-u      highest load of a node's cores in the worst minute (0.7)
"""

import getopt
import math
import random
import sys

# name, default, description: in ms of CPU unless stated otherwise, on a
# virtual machine with two cores.
COSTS = {
    'poll': (1.65, 'login, STAT, UIDL, LIST, QUIT of 1,000 unchanged'),
    'hash': (58.0, 'bcrypt of cost 10'),
    'changed': (0.15, 'more, if mail has come'),
    'gb': (1690.0, 'RETR of a GB in mails of 50 KiB'),
    'mail': (0.60, 'a mail in by LMTP'),
    'table': (0.30, 'a login asks table-postgres, but for PostgreSQL'),
    'database': (0.14, 'PostgreSQL for that'),
    'parent': (0.30, "the parent's part of a login"),
    'session_kib': (113.0, 'KiB of an open session'),
    'base_mib': (11.0, 'MiB of the processes that stay'),
}
ENTRY_KIB = 0.15        # of a password that is remembered
# Kernel cache of a mailbox, so that a poll reads no disk: inodes and names
# 15 KiB (measured on ext4), an index of 1,000 messages.
MAILBOX_KIB = 15 + 133
SESSION_SECONDS = 1     # a dozen round trips

# Fraction of the mail programs that run, by the hour: telephones, and
# computers that are off at night.
AWAKE = (.25, .22, .20, .20, .20, .22, .30, .45, .70, .90, 1.0, 1.0,
         .95, .95, 1.0, 1.0, .95, .85, .75, .70, .65, .55, .45, .35)
MINUTES = 24 * 60


def read(path):
    """Read a result of bench/run: (figure, server) -> median."""
    figures, data = {}, False
    with open(path) as f:
        for line in f:
            if line.startswith('# figure'):
                data = True
            elif data and line.count('\t') == 5:
                figure, server, value, *_ = line.split('\t')
                figures[figure, server] = float(value)
    if not figures:
        sys.exit('%s: no results of bench/run' % path)
    return figures


def costs(figures):
    """The costs from a result, with defaults for the rest."""
    out = {name: value for name, (value, _) in COSTS.items()}

    def take(name, plus, minus=None, by=1):
        if plus in figures and (minus is None or minus in figures):
            out[name] = by * (figures[plus] - figures.get(minus, 0))

    take('poll', ('poll1k_ms', 'popd'), ('bcrypt4_ms', 'floor'))
    take('hash', ('poll10_hashed_ms', 'popd'), ('poll10_cached_ms', 'popd'))
    take('changed', ('growth_delivered_1000_ms', 'popd'),
         ('growth_login_1000_ms', 'popd'))
    take('gb', ('retr_s_gb', 'popd'), by=1000)
    take('mail', ('lmtp_ms', 'popd-lmtp'))
    take('table', ('tables_all_ms', 'popd-postgres'),
         ('tables_all_ms', 'popd-files-10'))
    take('database', ('tables_postgres_ms', 'popd-postgres'))
    take('parent', ('tables_popd_ms', 'popd-postgres'))
    take('session_kib', ('idle_kib', 'popd'))
    base = [v for (figure, server), v in figures.items()
            if server == 'popd-postgres' and figure.endswith('_mib') and
            figure != 'tables_postgres_mib']
    if base:
        out['base_mib'] = sum(base)
    return out


def awake(minute):
    """Return the fraction of mail programs that run, interpolated."""
    hour, rest = divmod(minute % MINUTES, 60)
    a, b = AWAKE[hour], AWAKE[(hour + 1) % 24]
    return a + (b - a) * rest / 60


def happen(rnd, mean):
    """Return a random count with this mean."""
    if mean > 50:
        return max(0, round(rnd.gauss(mean, math.sqrt(mean))))
    n, p, end = 0, rnd.random(), math.exp(-mean)
    while p > end:
        n += 1
        p *= rnd.random()
    return n


def simulate(mailboxes, interval, mails, rnd):
    """Return the minutes of a day: polls, hashes (with the cache), mails
    delivered and fetched.  The day before it fills the mailboxes."""
    day, near, far = [], 0.0, 0.0
    for minute in range(2 * MINUTES):
        now, before = awake(minute), awake(minute - 1)
        polls = happen(rnd, mailboxes * now * 60 / interval)
        # A program that comes back costs a hash, and one that stays one a day.
        woken = max(0, now - before)
        hashes = happen(rnd, mailboxes * (woken + min(AWAKE) / MINUTES))
        came = happen(rnd, mailboxes * mails * now /
                      (sum(AWAKE) / 24 * MINUTES))
        # Mail waits for the next poll, or for its user to return.
        back = far * woken / (1 - before) if before < 1 else far
        far += came * (1 - now) - back
        near += came * now + back
        fetched = near * min(1, 60 / interval)
        near -= fetched
        if minute >= MINUTES:
            day.append({'polls': polls, 'hashes': min(polls, hashes),
                        'came': came, 'fetched': fetched,
                        'awake': now * mailboxes})
    return day


def cores(minute, cost, kib, cache):
    """Return the busy cores of all nodes in a minute."""
    ms = minute['polls'] * (cost['poll'] + cost['table'])
    ms += (minute['hashes'] if cache else minute['polls']) * cost['hash']
    ms += minute['came'] * cost['mail']
    ms += minute['fetched'] * (cost['changed'] +
                               cost['gb'] * kib * 1024 / 1e9)
    return ms / 60000


def memory(day, cost, nodes, cache):
    """Return MiB of a node's processes, and of the kernel's cache."""
    polls = max(m['polls'] for m in day) / 60 / nodes
    users = max(m['awake'] for m in day) / nodes
    kib = polls * SESSION_SECONDS * cost['session_kib']
    if cache:
        kib += users * ENTRY_KIB
    return cost['base_mib'] + kib / 1024, users * MAILBOX_KIB / 1024


def row(words, values, form='%.1f'):
    """Return the mean of values, the greatest, and its time."""
    at = max(range(len(values)), key=values.__getitem__)
    return '%-40s %9s %9s  at %02d:%02d' % (
        words, form % (sum(values) / len(values)), form % values[at],
        at // 60 % 24, at % 60)


def report(day, cost, o):
    per = o['nodes'] * 60
    lines = ['{:,} mailboxes on {} nodes, a look every {} s, {} mails of {} '
             'KiB a day'.format(o['mailboxes'], o['nodes'], o['interval'],
                                o['mails'], o['kib']),
             '', '%-40s %9s %9s' % ('each node', 'mean', 'peak'),
             row('polls a second', [m['polls'] / per for m in day]),
             row('mails a second, each with its fsync',
                 [m['came'] / per for m in day]),
             row('hashes a second, with the cache',
                 [m['hashes'] / per for m in day]),
             row("the parent, one process, % of a core",
                 [m['polls'] * cost['parent'] / (per * 10) for m in day]),
             row('PostgreSQL for all nodes, cores busy',
                 [m['polls'] * cost['database'] / 60000 for m in day])]
    for cache in True, False:
        words = 'with the cache' if cache else 'without it'
        busy = [cores(m, cost, o['kib'], cache) / o['nodes'] for m in day]
        ours, kernels = memory(day, cost, o['nodes'], cache)
        lines += ['', row('cores busy, ' + words, busy),
                  '%-40s %9s %9d' % ('cores needed', '',
                                     math.ceil(max(busy) / o['load'])),
                  '%-40s %9s %9.0f' % ('memory of popd, MiB', '', ours),
                  '%-40s %9s %9.1f' % ("the kernel's for mailboxes, GiB", '',
                                       kernels / 1024)]
    lines += ['', 'with these figures, CPU ms unless stated otherwise:']
    lines += ['%9.2f  %s' % (cost[name], words)
              for name, (_, words) in COSTS.items()]
    return '\n'.join(lines)


def series(day, cost, o):
    """Write the day by minute, for a drawing."""
    out = ['# minute polls/s mails/s cores_cache cores_hash']
    for i, m in enumerate(day):
        out.append('%d %.1f %.1f %.2f %.2f' % (
            i, m['polls'] / 60, m['came'] / 60,
            cores(m, cost, o['kib'], True), cores(m, cost, o['kib'], False)))
    return '\n'.join(out) + '\n'


def options(argv):
    o = {'interval': 300, 'kib': 50, 'mails': 20, 'mailboxes': 1000000,
         'nodes': 4, 'seed': 1, 'load': 0.7, 'data': None, 'results': None}
    names = {'-i': 'interval', '-k': 'kib', '-m': 'mails', '-n': 'mailboxes',
             '-N': 'nodes', '-s': 'seed', '-u': 'load', '-d': 'data',
             '-r': 'results'}
    try:
        flags, rest = getopt.getopt(argv, 'd:i:k:m:n:N:r:s:u:')
        for flag, value in flags:
            old = o[names[flag]]
            o[names[flag]] = value if old is None else type(old)(value)
    except (getopt.GetoptError, ValueError) as why:
        sys.exit('%s\n%s' % (why, __doc__))
    if rest or min(o[n] for n in ('interval', 'kib', 'mails', 'mailboxes',
                                  'nodes', 'load')) <= 0:
        sys.exit(__doc__)
    return o


def main():
    o = options(sys.argv[1:])
    cost = costs(read(o['results']) if o['results'] else {})
    day = simulate(o['mailboxes'], o['interval'], o['mails'],
                   random.Random(o['seed']))
    print(report(day, cost, o))
    if o['data']:
        with open(o['data'], 'w') as f:
            f.write(series(day, cost, o))


if __name__ == '__main__':
    main()
