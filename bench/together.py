# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""Concurrency: fairness under password guessing, and several listeners."""

import os
import time

import maildirs
from peers import cpu_ms, number
from servers import DovecotFast, Failure, Popd


def accounts(bench, s, letter, count, cost):
    for i in range(count):
        path = '%s/%s%d' % (s.mail, letter, i)
        if not os.path.isdir(path):
            maildirs.linked(path, 10, 1024, bench.pool)
    s.users(['%s%d' % (letter, i) for i in range(count)], cost)


def hammered(bench, s):
    """A client in a session, and new ones, while 400 addresses guess."""
    held = bench.idle(s, 1, user='q', first=64, source='127.0.0.3')
    quiet = held.probe(100, 5)
    seconds = bench.some(25, 12)
    hammer = bench.background(s, 'hammer', clients=400, user='q',
                              source='127.1.0.1', sources=400,
                              password='wrong', seconds=seconds)
    time.sleep(2)
    probe = held.probe(bench.some(1500, 600), 5)
    logins = bench.load(s, 'login', user='q', first=65, source='127.0.0.2',
                        sessions=5)
    held.quit()
    out = hammer.communicate()[0]
    tries = dict(line.split('=') for line in out.split())
    return [quiet['probe_p99'] / 1000, probe['probe_p99'] / 1000,
            probe['probe_max'] / 1000, logins['login_median'] / 1000,
            logins['login_max'] / 1000,
            float(tries.get('login_n', 0)) / seconds]


def fairness(bench):
    bench.say('fairness')
    layout = '%-14s' + ' %12s' * 6
    text = [layout % ('', 'NOOP p99 ms', 'hammered p99', 'worst',
                      'login ms', 'worst', 'guesses/s')]
    for kind in Popd, DovecotFast:
        s = bench.server(kind)
        accounts(bench, s, 'q', 66, 10)
        bench.start(s)
        try:
            row = hammered(bench, s)
        except Failure as why:
            bench.fail('fairness, ' + s.name, why)
            continue
        finally:
            bench.stop(s)
        for name, value in zip(('quiet_p99_ms', 'p99_ms', 'worst_ms',
                                'login_ms', 'login_worst_ms', 'guesses'),
                               row):
            bench.keep('fair_' + name, s, value)
        text.append(layout % (s.name, *map(number, row)))
    text += ['', 'goals: p99 of a client that is in under 50 ms, a new login '
             'from another address within 2000 ms']
    bench.table('400 addresses with wrong passwords, bcrypt cost 10',
                '\n'.join(text))


def listeners(bench):
    """popd starts one listener and one checker for each core."""
    bench.say('listeners')
    text = ['%-14s %16s %16s %16s' % ('listeners', 'handshakes/s',
                                      'logins/s', 'median login ms')]
    for cores in 1, 2:
        s = bench.server(Popd, cores=cores)
        accounts(bench, s, 'w', 16, 4)
        bench.start(s)
        n = bench.some(2000, 600)
        out = []
        for mode in 'handshake', 'login':
            more = {'clients': 16, 'user': 'w', 'source': '127.0.1.1',
                    'sources': 16}
            bench.load(s, mode, sessions=50, **more)
            got = bench.load(s, mode, sessions=n, **more)
            out.append(got['per_second'])
            bench.keep('rate_%s_%d' % (mode, cores), 'popd',
                       got['per_second'])
        bench.stop(s)
        text.append('%-14d %16.0f %16.0f %16.1f' % (
            cores, out[0], out[1], got['login_median'] / 1000))
    text += ['', 'the load generator is on the same cores: with two, it and '
             'the server share them']
    bench.table('One listener or two', '\n'.join(text))


def cache(bench):
    """A poll by a recent user, and by one that is not in the cache."""
    bench.say('cache')
    text = ['%-24s %16s' % ('popd, bcrypt cost 10', 'CPU ms of a poll')]
    for cached in False, True:
        s = bench.server(Popd, cache=cached)
        accounts(bench, s, 'w', 16, 10)
        bench.start(s)
        ms = cpu_ms(bench, s, 'login', bench.some(160, 48), 64, clients=16,
                    user='w')
        bench.stop(s)
        bench.keep('poll10_%s_ms' % ('cached' if cached else 'hashed'),
                   'popd', ms)
        text.append('%-24s %16.2f' % ('passwords remembered' if cached else
                                      'a hash each time', ms))
    text += ['', 'goal: 3 ms for one who is remembered']
    bench.table('The password cache', '\n'.join(text))
