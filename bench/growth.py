# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""How popd's cost grows with the size of its input."""

import math
import os
import subprocess
import time

import maildirs
from peers import cpu_ms, number
from servers import UID, Popd

COUNTS = 10, 1000, 100000, 1000000
SIZES = 1024, 65536, 1024 * 1024, 50 * 1024 * 1024


def table(bench, title, first, columns, rows):
    """rows: (n, [values]); below them the exponents from row to row."""
    layout = '%-14s' + ' %16s' * len(columns)
    text = [layout % (first, *columns)]
    for i, (n, values) in enumerate(rows):
        cells = []
        for j, v in enumerate(values):
            before = rows[i - 1][1][j] if i else None
            if before and v and rows[i - 1][0]:
                e = math.log(v / before) / math.log(n / rows[i - 1][0])
                cells.append('%s  n^%.2f' % (number(v), e))
            else:
                cells.append(number(v))
        text.append(layout % ('{:,}'.format(n), *cells))
    bench.table(title, '\n'.join(text))


def deliver(bench, maildir):
    with open(bench.work + '/message', 'rb') as f:
        subprocess.run([bench.stage + '/libexec/popd/mda', maildir],
                       stdin=f, check=True, user=UID, group=UID,
                       extra_groups=[])


def changed(bench, s, user, rounds):
    """The session after a delivery: new/ has changed, cur/ has not."""
    total = 0
    for _ in range(rounds):
        deliver(bench, '%s/%s0' % (s.mail, user))
        total += bench.load(s, 'login', user=user)['cpu']
    return total * 1000 / rounds


def renamed(bench, s, user):
    """The session after another program renamed a file in cur/: the names
    of that directory must be read once."""
    cur = '%s/%s0/cur/' % (s.mail, user)
    total, rounds = 0, 3
    for i in range(rounds):
        name = maildirs.name(0, bench.tags)
        flags = 'S', 'FS', 'RS', 'FRS'
        base = name.split(':')[0] + ':2,'
        os.rename(cur + base + flags[i], cur + base + flags[i + 1])
        total += bench.load(s, 'login', user=user)['cpu']
    os.rename(cur + base + flags[rounds], cur + base + flags[0])
    return total * 1000 / rounds


def growth(bench):
    bench.say('growth: making maildirs')
    s = bench.server(Popd)
    data = next(maildirs.messages(1, 1024))
    bench.tags = len(data), maildirs.octets(data)
    with open(bench.work + '/message', 'wb') as f:
        f.write(data)
    users = ['g%d0' % i for i in range(len(COUNTS))]
    for user, count in zip(users, COUNTS):
        path = '%s/%s' % (s.mail, user)
        million = s.mail + '/m0'
        if count == 1000000 and os.path.isdir(million):
            os.rename(million, path)
        else:
            maildirs.linked(path, count, 1024, bench.pool)
    sizes = ['z%d0' % i for i in range(len(SIZES))]
    counts = {}
    for user, size in zip(sizes, SIZES):
        counts[size] = max(2, min(1000, 100 * 1024 * 1024 // size))
        maildirs.separate(['%s/%s' % (s.mail, user)], counts[size], size,
                          '%s/%s' % (bench.pool, user))
    s.users(users + sizes, 4)
    bench.start(s)
    by_count(bench, s, users)
    by_size(bench, s, sizes, counts)
    bench.stop(s)


def by_count(bench, s, users):
    rows = []
    base = cpu_ms(bench, s, 'handshake', 300, 20)
    bench.say('growth: handshake alone %.2f ms' % base)
    for user, count in zip(users, COUNTS):
        bench.say('growth: %d messages' % count)
        user = user[:-1]
        n = bench.some(60, 30)
        # Twice: the first looks at everything.
        bench.load(s, 'login', user=user)
        time.sleep(2.5)
        row = [cpu_ms(bench, s, 'login', n, 2, user=user)]
        few = max(2, min(n, 200000 // count))
        for mode in 'uidl', 'list':
            row.append(cpu_ms(bench, s, mode, few, 1, user=user))
        row.append(changed(bench, s, user, 3))
        time.sleep(2.5)
        bench.load(s, 'login', user=user)
        row.append(renamed(bench, s, user))
        for name, value in zip(('login', 'uidl', 'list', 'delivered',
                                'renamed'), row):
            bench.keep('growth_%s_%d_ms' % (name, count), s, value)
        rows.append((count, row))
    table(bench, 'popd, CPU ms of a session against the number of messages',
          'messages', ('STAT', 'STAT, UIDL', 'STAT, LIST', 'after delivery',
                       'after a rename'), rows)


def by_size(bench, s, users, counts):
    rows = []
    for user, size in zip(users, SIZES):
        bench.say('growth: messages of %d octets' % size)
        maildir = '%s/%s' % (s.mail, user)
        user = user[:-1]
        bench.load(s, 'fetch', user=user, maildir=maildir)
        login = cpu_ms(bench, s, 'login', bench.some(60, 20), 2, user=user)
        n = bench.some(4, 1)
        out = bench.load(s, 'fetch', user=user, maildir=maildir, sessions=n)
        row = [(out['cpu'] * 1000 / n - login) / counts[size],
               out['retr_median'] / 1000]
        bench.keep('growth_retr_%d_ms' % size, s, row[0])
        rows.append((size, row))
    table(bench, 'popd, RETR of one message against its size',
          'octets', ('CPU ms', 'elapsed ms'), rows)


def idle(bench):
    """Measure idle sessions: their memory, and their effect on others."""
    bench.say('idle: making maildirs')
    s = bench.server(Popd)
    counts = (0, 1000, bench.some(10000, 4000))
    top = counts[-1]
    for i in range(top):
        path = '%s/i%d' % (s.mail, i)
        maildirs.make(path)
    for i in range(4):
        maildirs.linked('%s/j%d' % (s.mail, i), 10, 1024, bench.pool)
    s.users(['i%d' % i for i in range(top)] + ['j%d' % i for i in range(4)],
            4)
    bench.start(s)
    empty = s.group.pss()
    rows = []
    for count in counts:
        bench.say('idle: %d sessions' % count)
        # From sixteen addresses, as pending logins per address are limited.
        held = bench.idle(s, count, user='i', sources=16,
                          source='127.0.1.1') if count else None
        row = [(s.group.pss() - empty) / 1024, None, None]
        if count:
            probe = held.probe(bench.some(1000, 500), 1)
            if probe['resident'] != count:
                bench.fail('idle', '%d of %d left' % (probe['resident'],
                                                      count))
            row[1] = probe['probe_median'] / 1000
            row[2] = probe['probe_max'] / 1000
        row.append(cpu_ms(bench, s, 'login', bench.some(400, 200), 20,
                          clients=4, user='j'))
        if held:
            held.quit()
            time.sleep(0.5)
        for name, value in zip(('pss_mib', 'median_ms', 'worst_ms',
                                'login_ms'), row):
            if value is not None:
                bench.keep('idle_%s_%d' % (name, count), s, value)
        rows.append((count, row))
    bench.stop(s)
    table(bench, 'popd, against the number of idle sessions', 'sessions',
          ('sum of PSS, MiB', 'NOOP median, ms', 'worst, ms',
           'a login, CPU ms'), rows)
