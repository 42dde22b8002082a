# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""The table of popd and Dovecot in three configurations, interleaved."""

import maildirs
from measure import Failure, spread
from servers import DovecotDefault, DovecotFast, DovecotShared, Popd

CLIENTS = 4
HUGE = 50 * 1024 * 1024
SERVERS = Popd, DovecotFast, DovecotShared, DovecotDefault

# figure, words, unit, goal, how the floor is made
ROWS = (
    ('handshake_ms', 'handshake, greeting, QUIT', 'CPU ms', 0.42,
     lambda f: f['handshake_ms']),
    ('login_ms', 'login, STAT of 10, QUIT', 'CPU ms', 2.7,
     lambda f: f['handshake_ms'] + f['bcrypt4_ms'] + f['exec_ms']),
    ('login_calls', 'the same', 'system calls', 150, None),
    ('poll1k_ms', 'poll of 1,000 unchanged', 'CPU ms', 3.0,
     lambda f: f['handshake_ms'] + f['bcrypt4_ms'] + f['exec_ms']),
    ('poll100k_ms', 'poll of 100,000 unchanged', 'CPU ms', 25, None),
    ('million', 'login, STAT of 1,000,000 over 10', 'ratio', 1.2,
     lambda f: 1),
    ('first100k_ms', 'first session ever on 100,000', 'CPU ms', 480, None),
    ('huge_s_gb', 'RETR, 50 MiB messages', 'CPU-s/GB', 1.4,
     lambda f: f['bulk_s_gb']),
    ('retr_s_gb', 'RETR, 1,000 of 50 KiB', 'CPU-s/GB', 2.0, None),
    ('retr_us', 'the same, RETR to dot', 'us median', None, None),
    ('retr_p99_us', 'the same, RETR to dot', 'us p99', None, None),
    ('idle_kib', 'idle session, PSS', 'KiB', 150, None),
)


def users(bench):
    return (['u%d' % i for i in range(bench.idle_users)] +
            ['k%d' % i for i in range(CLIENTS)] +
            ['h0', 'm0', 'f0', 'x0', 'y0'])


def prepare(bench):
    bench.say('making maildirs')
    bench.idle_users = bench.some(200, 40)
    tops = [bench.work + '/mail-' + kind for kind in ('popd', 'dovecot')]
    for top in tops:
        for i in range(bench.idle_users):
            maildirs.linked('%s/u%d' % (top, i), 10, 1024, bench.pool)
        for i in range(CLIENTS):
            maildirs.linked('%s/k%d' % (top, i), 1000, 1024, bench.pool)
        maildirs.linked(top + '/h0', 100000, 1024, bench.pool)
    maildirs.separate([t + '/f0' for t in tops], 100000, 1024,
                      bench.pool + '/f')
    maildirs.separate([t + '/x0' for t in tops], bench.some(4, 2), HUGE,
                      bench.pool + '/x')
    maildirs.separate([t + '/y0' for t in tops], 1000, 50 * 1024,
                      bench.pool + '/y')
    # Dovecot fails with a million: shown once, in a full run.
    for top in tops[:bench.some(2, 1)]:
        maildirs.linked(top + '/m0', 1000000, 1024, bench.pool)


def cpu_ms(bench, server, mode, count, warm, **more):
    bench.load(server, mode, sessions=warm, **more)
    return bench.load(server, mode, sessions=count,
                      **more)['cpu'] * 1000 / count


def small(bench, s):
    """The measurements for ten messages and a thousand alike."""
    n = bench.some(1200, 240)
    if isinstance(s, DovecotDefault):
        n //= 4
    bench.keep('handshake_ms', s, cpu_ms(bench, s, 'handshake', n, 20,
                                         clients=CLIENTS))
    bench.keep('login_ms', s, cpu_ms(bench, s, 'login', n, 20,
                                     clients=CLIENTS))
    bench.keep('poll1k_ms', s, cpu_ms(bench, s, 'poll', n // 2, 20,
                                      clients=CLIENTS, user='k'))


def big(bench, s):
    n = bench.some(10, 3)
    bench.keep('poll100k_ms', s, cpu_ms(bench, s, 'poll', n, 2, user='h'))
    s.forget(s.mail + '/f0')
    bench.keep('first100k_ms', s, bench.load(s, 'login',
                                             user='f')['cpu'] * 1000)


def million(bench, s, number):
    """Measure a million; Dovecot only once, in a full run."""
    if s.kind != 'popd' and (number > 0 or bench.quick):
        return
    n = bench.some(40, 20)
    try:
        ten = cpu_ms(bench, s, 'login', n, 2)
        bench.keep('million', s, cpu_ms(bench, s, 'login', n, 2,
                                        user='m') / ten)
    except Failure as why:
        if s.kind == 'popd':
            raise
        note = '%s, a million messages: %s' % (s.name,
                                               str(why).splitlines()[0][:150])
        bench.notes.append(note)


def fetch(bench, s):
    for figure, user, n in (('huge_s_gb', 'x', bench.some(2, 1)),
                            ('retr_s_gb', 'y', bench.some(3, 1))):
        maildir = '%s/%s0' % (s.mail, user)
        # Once uncounted, so that all mail is in cur/ and indexed.
        bench.load(s, 'fetch', user=user, maildir=maildir)
        out = bench.load(s, 'fetch', user=user, maildir=maildir, sessions=n)
        bench.keep(figure, s, out['cpu'] * 1e9 / out['octets'])
        if user == 'y':
            bench.keep('retr_us', s, out['retr_median'])
            bench.keep('retr_p99_us', s, out['retr_p99'])


def memory(bench, s):
    before = s.group.pss()
    held = bench.idle(s, bench.idle_users)
    bench.keep('idle_kib', s, (s.group.pss() - before) / bench.idle_users)
    held.quit()


def peers(bench):
    prepare(bench)
    servers = [bench.server(kind) for kind in SERVERS]
    for number in range(3):
        bench.say('round %d: floors' % (number + 1))
        bench.floors()
        # Rotate the order, so that none always follows the same one.
        for s in servers[number:] + servers[:number]:
            bench.say('round %d: %s' % (number + 1, s.name))
            s.users(users(bench), 4)
            bench.start(s)
            for part in (small, big, fetch, memory):
                try:
                    part(bench, s)
                except Failure as why:
                    bench.fail('%s, %s' % (s.name, part.__name__), why)
            try:
                million(bench, s, number)
                if number == 0:
                    bench.keep('login_calls', s, bench.calls(s, 'login', 100))
            except Failure as why:
                bench.fail(s.name, why)
            bench.stop(s)
    show(bench)


def number(value):
    if value is None:
        return '-'
    return '%.0f' % value if value >= 100 else '%.3g' % value


def show(bench):
    names = [kind.name for kind in SERVERS]
    floors = {f: bench.middle(f, 'floor') for f in (
        'handshake_ms', 'bcrypt4_ms', 'exec_ms', 'bulk_s_gb', 'gcm_s_gb')}
    layout = '%-33s %-12s %7s %7s %8s %5s' + ' %9s' * 5
    text = [layout % ('figure', 'unit', 'floor', 'goal', 'popd', '+-%',
                      'fast', 'shared', 'default', 'fast/popd', 'goal met')]
    for figure, words, unit, goal, floor in ROWS:
        ours = bench.middle(figure, 'popd')
        peers = [bench.middle(figure, name) for name in names[1:]]
        values = bench.data.get((figure, 'popd'))
        text.append(layout % (
            words, unit, number(floor(floors) if floor else None),
            number(goal), number(ours),
            '%.0f' % spread(values) if values else '-', *map(number, peers),
            '%.1f' % (peers[0] / ours) if ours and peers[0] else '-',
            '-' if goal is None or ours is None else
            'yes' if ours <= goal else 'no'))
    text += ['', 'floors, each alone in one process: handshake %.3f ms, '
             'bcrypt cost 4 %.3f ms, fork+exec %.3f ms,' % (
                 floors['handshake_ms'], floors['bcrypt4_ms'],
                 floors['exec_ms']),
             'read and SSL_write %.3f s/GB, AES-256-GCM alone %.3f s/GB' % (
                 floors['bulk_s_gb'], floors['gcm_s_gb']),
             'fast, shared, default: Dovecot with high-performance login and '
             'a mail process per session;',
             'the same with mail processes that serve many users; as '
             'installed']
    bench.table('popd and Dovecot, medians of three rounds', '\n'.join(text))
