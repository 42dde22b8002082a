#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""The arithmetic of bench/day.py against figures worked out by hand."""

import os
import random
import subprocess
import sys

sys.path.insert(0, os.environ['SRC'] + '/bench')

from popdtest.cases import check, main
from popdtest.env import WORK
import day

COST = {'poll': 2, 'table': 1, 'hash': 50, 'mail': 4, 'changed': 5,
        'gb': 1000, 'database': 1, 'parent': 1, 'session_kib': 100,
        'base_mib': 5}
MINUTE = {'polls': 600, 'hashes': 60, 'came': 30, 'fetched': 20, 'awake': 2000}
RESULT = '''popd, a table

# figure, server, median, least, most, rounds; for bench/compare
poll1k_ms	popd	3.5	3	4	3
bcrypt4_ms	floor	1.5	1	2	3
poll10_hashed_ms	popd	60	60	60	1
poll10_cached_ms	popd	2	2	2	1
retr_s_gb	popd	1.25	1	2	3
tables_popd_mib	popd-postgres	1.5	1	2	3
tables_checkers_mib	popd-postgres	2.5	1	2	3
tables_postgres_mib	popd-postgres	36	36	36	3
'''


def near(got, want, part=1e-9):
    check(abs(got - want) <= part * want, '%r, not %r' % (got, want))


def simulated(seed=1, mailboxes=100000, interval=300, mails=20):
    return day.simulate(mailboxes, interval, mails, random.Random(seed))


def test_awake():
    """A straight line between two hours; 0 follows 23"""
    near(day.awake(0), 0.25)
    near(day.awake(30), 0.235)
    near(day.awake(9 * 60), 0.90)
    near(day.awake(23 * 60 + 30), 0.30)
    near(day.awake(24 * 60 + 30), 0.235)


def test_cores():
    """The work of a minute, with and without the cache"""
    # A mail of a million octets is 1 ms of 1000 ms a GB:
    # 600 * 3 + 60 * 50 + 30 * 4 + 20 * (5 + 1) = 5040 ms of 60000.
    kib = 1000000 / 1024
    near(day.cores(MINUTE, COST, kib, True), 0.084)
    # 600 * 3 + 600 * 50 + 240 = 32040.
    near(day.cores(MINUTE, COST, kib, False), 0.534)


def test_memory():
    """Sessions, passwords and mailboxes of one of two nodes"""
    # Five polls a second, so 5 sessions of 100 KiB; 1,000 users.
    ours, kernels = day.memory([MINUTE], COST, 2, False)
    near(ours, 5 + 500 / 1024)
    near(kernels, 1000 * 148 / 1024)
    ours, kernels = day.memory([MINUTE], COST, 2, True)
    near(ours, 5 + (500 + 150) / 1024)


def test_day():
    """Polls, hashes and mails of a day match the curve"""
    d = simulated()
    check(len(d) == 1440, len(d))
    mean = sum(day.AWAKE) / 24
    near(sum(m['polls'] for m in d), 100000 * mean * 288, 0.01)
    # Up from 0.20 to 1 and again by 0.05; 0.20 never go, and end once a day.
    near(sum(m['hashes'] for m in d), 100000 * 1.05, 0.03)
    near(sum(m['came'] for m in d), 2000000, 0.01)
    near(sum(m['fetched'] for m in d), 2000000, 0.01)
    near(max(m['awake'] for m in d), 100000)


def test_seed():
    """The same seed gives the same day, another seed another"""
    check(simulated(7) == simulated(7), 'not the same')
    check(simulated(7) != simulated(8), 'the same')


def test_result():
    """Figures come from a result, missing ones are the defaults"""
    path = WORK + '/result.txt'
    with open(path, 'w') as f:
        f.write(RESULT)
    cost = day.costs(day.read(path))
    near(cost['poll'], 2)
    near(cost['hash'], 58)
    near(cost['gb'], 1250)
    near(cost['base_mib'], 4)
    near(cost['mail'], day.COSTS['mail'][0])
    near(cost['table'], day.COSTS['table'][0])


def run(*args):
    return subprocess.run([sys.executable, os.environ['SRC'] +
                           '/bench/day.py', *args], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_command():
    """Cores and memory for each node; an empty day is refused"""
    data = WORK + '/minutes'
    p = run('-n', '50000', '-N', '2', '-d', data)
    check(p.returncode == 0, p.stdout)
    for words in ('50,000 mailboxes on 2 nodes', 'cores needed',
                  'memory of popd, MiB'):
        check(words in p.stdout, p.stdout)
    with open(data) as f:
        check(len(f.readlines()) == 1441, 'minutes are missing')
    for args in (('-n', '0'), ('-n', 'x'), ('-x',), ('more',),
                 ('-r', '/dev/null')):
        check(run(*args).returncode == 1, args)


main()
