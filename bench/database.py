# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""Users in tables: two files of ten, the same of a million, and a million in
PostgreSQL, asked by OpenSMTPD's own table-postgres."""

import os
import pwd
import subprocess
import time

import maildirs
from peers import number
from servers import UID, Failure, Group, Popd, bcrypt, text

MANY = 1000000
HOMES = 64              # maildirs that all users share
INSTALLED = '/usr/local/libexec/smtpd/table-postgres'


class Missing(Exception):
    """A part that cannot be measured here."""


def accounts():
    for name in '_poplook', '_poptab':
        try:
            pwd.getpwnam(name)
        except KeyError:
            raise Missing('no account ' + name)


def program(bench):
    """table-postgres of OpenSMTPD 7.5 or later: one that is installed, or
    made of sources beside the tree (in POPD_PEERS), by their script."""
    if os.path.exists(INSTALLED):
        return INSTALLED
    peers = os.environ.get('POPD_PEERS', bench.tree + '/../shared/peers')
    if not os.path.exists(peers + '/build'):
        raise Missing('no table-postgres')
    out = bench.work + '/peers'
    made = subprocess.run(['sh', peers + '/build', out], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if not os.path.exists(out + '/table-postgres'):
        raise Missing('table-postgres cannot be built: ' + made.stdout[-200:])
    return out + '/table-postgres'


class Postgres:
    """A private server on a Unix socket, in its own control group."""

    name = 'postgres'

    def __init__(self, bench):
        found = ['/usr/lib/postgresql/%d/bin' % n for n in range(30, 10, -1)]
        found = [d for d in found if os.path.exists(d + '/initdb')]
        try:
            self.ids = pwd.getpwnam('postgres')
        except KeyError:
            found = []
        if not found:
            raise Missing('no PostgreSQL')
        self.bin, self.dir = found[0], bench.work + '/postgres'
        self.group = self.process = None

    def who(self):
        return {'user': self.ids.pw_uid, 'group': self.ids.pw_gid,
                'extra_groups': [], 'cwd': '/'}

    def run(self, command, text=''):
        p = subprocess.run(command, input=text, text=True, timeout=300,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           **self.who())
        if p.returncode != 0:
            raise Failure('PostgreSQL: ' + p.stdout[-300:])
        return p.stdout

    def sql(self, text):
        return self.run([self.bin + '/psql', '-qAt', '-h', self.dir, '-v',
                         'ON_ERROR_STOP=1', '-f', '-'], text)

    def start(self):
        os.mkdir(self.dir, 0o755)
        os.chown(self.dir, self.ids.pw_uid, self.ids.pw_gid)
        self.run([self.bin + '/initdb', '-D', self.dir + '/data', '-A',
                  'trust', '-N', '-U', 'postgres'])
        self.group = Group(self.name)
        self.process = subprocess.Popen(
            [self.bin + '/postgres', '-D', self.dir + '/data', '-k', self.dir,
             '-c', 'listen_addresses=', '-c', 'fsync=off'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **self.who())
        # Before it starts others: they stay in the group, too.
        with open(self.group.path + '/cgroup.procs', 'w') as f:
            f.write(str(self.process.pid))
        end = time.monotonic() + 60
        while True:
            try:
                return self.sql('SELECT 1')
            except Failure:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def fill(self, mail, hashed):
        """Create a million rows, in no order, not durably."""
        self.sql("CREATE UNLOGGED TABLE users AS SELECT 't' || n AS name, "
                 "'%s'::text AS hash, %d AS uid, %d AS gid, "
                 "'%s/t' || n %% %d AS home "
                 "FROM generate_series(0, %d) AS n ORDER BY md5(n::text);"
                 "ALTER TABLE users ADD PRIMARY KEY (name); ANALYZE users;" %
                 (hashed, UID, UID, mail, HOMES, MANY - 1))

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                pass
        if self.group is not None:
            self.group.remove()
        if self.process is not None:
            self.process.wait()
        self.process = self.group = None


class PopdFiles(Popd):
    """Tables in files, with a number of users."""

    name = 'popd-files'

    def __init__(self, *args, count=10, **more):
        self.count = count
        self.name = 'popd-files-' + ('1m' if count == MANY else str(count))
        super().__init__(*args, **more)

    def users(self, users, cost):
        hashed = bcrypt(cost)
        with open(self.dir + '/authtab', 'w') as a, \
                open(self.dir + '/usertab', 'w') as u:
            for i in range(self.count):
                a.write('t%d %s\n' % (i, hashed))
                u.write('t%d %d:%d:%s/t%d\n' % (i, UID, UID, self.mail,
                                                i % HOMES))
        os.chmod(self.dir + '/authtab', 0o600)


class PopdTable(Popd):
    """All users in a table process."""

    name = 'popd-postgres'

    def __init__(self, *args, table=None, **more):
        super().__init__(*args, **more)
        self.table = table

    def users(self, postgres):
        """The configuration, readable only by its table and root."""
        path = self.dir + '/table.conf'
        with open(path, 'w') as f:
            f.write('conninfo host=%s user=postgres dbname=postgres\n'
                    'query_credentials SELECT name, hash FROM users '
                    'WHERE name=$1\n'
                    'query_userinfo SELECT uid, gid, home FROM users '
                    'WHERE name=$1\n' % postgres.dir)
        os.chown(path, 0, pwd.getpwnam('_poptab').pw_gid)
        os.chmod(path, 0o640)
        with open(self.dir + '/popd.conf', 'w') as f:
            f.write('listen on 127.0.0.1 port %d tls\npki p cert "%s"\n'
                    'pki p key "%s"\nsocket "%s/ctl"\n'
                    'cache passwords never\ntable users "proc:%s:%s"\n'
                    'credentials <users>\nuserbase <users>\n' %
                    (self.port, self.cert, self.key, self.dir, self.table,
                     path))

    def command(self):
        return [self.stage + '/sbin/popd', '-d', '-f',
                self.dir + '/popd.conf']


def part(pid):
    """The part of the server that a process is."""
    return text('/proc/%d/comm' % pid).strip()


def parts(group, figure):
    """Return the sum of a figure over the processes of each part."""
    out = {}
    for pid in group.pids():
        try:
            name = part(pid)
            out[name] = out.get(name, 0) + figure(pid)
        except (FileNotFoundError, ProcessLookupError, IndexError):
            pass
    return out


def cpu(pid):
    return int(text('/proc/%d/schedstat' % pid).split()[0]) / 1e6


def pss(pid):
    for line in text('/proc/%d/smaps_rollup' % pid).splitlines():
        if line.startswith('Pss:'):
            return int(line.split()[1]) / 1024
    return 0


# The permanent processes, in the order of the table.
PARTS = ('popd', 'lsnrpop', 'keypop', 'authpop', 'hashpop', 'tabpop',
         'table-postgres')


def measure(bench, s, users, postgres=None):
    """Return the figures of a server by name: the time of consecutive logins,
    the CPU time of logins by four clients."""
    more = {'user': 't', 'users': users}
    n = bench.some(2000, 400)
    # An answered login shows that the tables have been read.
    bench.load(s, 'login', clients=4, sessions=4, **more)
    ready = s.group.cpu()
    bench.load(s, 'login', clients=4, sessions=50, **more)
    alone = bench.load(s, 'login', sessions=n // 2, **more)
    before = parts(s.group, cpu)
    theirs = postgres.group.cpu() if postgres else 0
    all_ = bench.load(s, 'login', clients=4, sessions=n, **more)['cpu']
    after = parts(s.group, cpu)
    out = {'start_s': ready, 'pass_us': alone['login_median'],
           'pass_p99_us': alone['login_p99'], 'all_ms': all_ * 1000 / n}
    for name in after:
        out[name + '_ms'] = (after[name] - before.get(name, 0)) / n
    out['sessions_ms'] = out['all_ms'] - sum(
        out.get(name + '_ms', 0) for name in PARTS)
    for name, mib in parts(s.group, pss).items():
        out[name + '_mib'] = mib
    if postgres:
        out['postgres_ms'] = (postgres.group.cpu() - theirs) * 1000 / n
        out['postgres_mib'] = postgres.group.pss() / 1024
    return out


ROWS = (
    [('PASS to its answer, us median', 'pass_us'),
     ('the same, us p99', 'pass_p99_us'),
     ('a login, CPU ms of popd in all', 'all_ms')] +
    [('  of these ' + p, p + '_ms') for p in PARTS] +
    [('  of these its session', 'sessions_ms'),
     ('PostgreSQL, CPU ms', 'postgres_ms'),
     ('start, CPU s', 'start_s')] +
    [('memory, PSS MiB, ' + p, p + '_mib') for p in PARTS] +
    [('PostgreSQL, PSS MiB', 'postgres_mib')])


def show(bench, names):
    layout = '%-34s' + ' %14s' * len(names)
    lines = [layout % ('bcrypt cost 4, nothing remembered', *names)]
    for words, figure in ROWS:
        values = [bench.middle('tables_' + figure, 'popd-' + name)
                  for name in names]
        lines.append(layout % (words, *map(number, values)))
    lines += ['', 'files-10, files-1m: authtab and usertab of 10 users and '
              'of a million;', 'postgres: a million rows, asked by '
              'table-postgres']
    bench.table('Users in files and in PostgreSQL', '\n'.join(lines))


def servers(bench):
    """The servers to measure; PostgreSQL if it is installed."""
    out = []
    for count in 10, MANY:
        s = bench.server(PopdFiles, count=count)
        s.users(None, 4)
        out.append((s, count, None))
    try:
        accounts()
        postgres, table = Postgres(bench), program(bench)
    except Missing as why:
        bench.notes.append('tables: PostgreSQL is skipped: %s' % why)
        bench.say(bench.notes[-1])
        return out
    bench.start(postgres)
    s = bench.server(PopdTable, table=table)
    s.users(postgres)
    postgres.fill(s.mail, bcrypt(4))
    return out + [(s, MANY, postgres)]


def tables(bench):
    bench.say('tables: making a million users')
    all_ = servers(bench)
    for i in range(HOMES):
        path = '%s/t%d' % (all_[0][0].mail, i)
        maildirs.linked(path, 10, 1024, bench.pool)
    for turn in range(bench.some(3, 1)):
        for s, users, postgres in all_[turn:] + all_[:turn]:
            bench.say('tables: ' + s.name)
            bench.start(s)
            for name, value in measure(bench, s, users, postgres).items():
                bench.keep('tables_' + name, s, value)
            bench.stop(s)
    if all_[-1][2]:
        bench.stop(all_[-1][2])
    show(bench, [s.name[len('popd-'):] for s, _, _ in all_])
