#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
# timeout: 300
"""Three servers with mailboxes, each in a network of its own; before them two
nginx, which ask a fourth popd for routes; and haproxy before these.  Users and
routes are in PostgreSQL, or if that is missing in files.
POPD_CLUSTER_LOGINS is how many logins there are."""

import atexit
import ctypes
import glob
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

from popdtest.cases import Failure, Skip, check, equal, main
from popdtest.client import Client
from popdtest.env import PATIENCE, SRC, STAGE, UID, WORK
from popdtest.host import why_not_root
from popdtest.mail import mda
from popdtest.maildir import Maildir
from popdtest.password import bcrypt
from popdtest.postgres import Postgres, config, programs
from popdtest.server import Configured, Server
from front import haproxy, have_nginx, nginx

CLONE_NEWNET = 0x40000000
LOGINS = int(os.environ.get('POPD_CLUSTER_LOGINS', '200'))
NODES, USERS, THREADS = 3, 60, 8
TLS, HTTP = range(2)


def ip(*words, pid=None):
    enter = ['nsenter', '-t', str(pid), '-n'] if pid else []
    subprocess.run(enter + ['ip'] + list(words), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def network():
    """A network of our own, and one for each node, which ends with us: the
    pids that hold those."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), 'unshare')
    ip('link', 'set', 'lo', 'up')
    pids = []
    for n in range(1, NODES + 1):
        holder = subprocess.Popen(['unshare', '-n', 'sleep', '900'])
        atexit.register(holder.kill)
        ours, end = os.readlink('/proc/self/ns/net'), time.monotonic() + 15
        while os.readlink('/proc/%d/ns/net' % holder.pid) == ours:
            check(time.monotonic() < end, 'no namespace')
            time.sleep(0.01)
        ip('link', 'add', 'v%d' % n, 'type', 'veth', 'peer', 'name', 'e')
        ip('link', 'set', 'e', 'netns', str(holder.pid))
        ip('addr', 'add', '10.77.%d.1/24' % n, 'dev', 'v%d' % n)
        ip('link', 'set', 'v%d' % n, 'up')
        for words in (('addr', 'add', '10.77.%d.2/24' % n, 'dev', 'e'),
                      ('link', 'set', 'e', 'up'), ('link', 'set', 'lo', 'up')):
            ip(*words, pid=holder.pid)
        pids.append(holder.pid)
    return pids


def skip(why):
    print('skip - a cluster: ' + why)
    sys.exit(0)


if why_not_root() is not None:
    skip(why_not_root())
if not have_nginx() or shutil.which('haproxy') is None:
    skip('no nginx with its mail module, or no haproxy')
if any(shutil.which(name) is None for name in ('ip', 'nsenter', 'unshare')):
    skip('needs ip(8), nsenter(1) and unshare(1)')
try:
    HOLDERS = network()
except (OSError, subprocess.CalledProcessError) as why:
    skip('no networks of its own: %s' % why)

HASH = bcrypt('secret')


def name(i):
    return 'user%d@example.org' % i


def home(i):
    """The node of a user."""
    return i % NODES


def server(one):
    """It knows all users: by its files, and by the configuration that this
    returns of the database."""
    one.users.clear()
    for i in range(USERS):
        one.user(name(i), 'secret', hash=HASH, maildir=False,
                 path='%s/%d' % (one.home, i))
    one.tables()
    if pg is None:
        return ''
    path = config("""conninfo host=%s user=postgres dbname=postgres
query_credentials SELECT name, hash FROM users WHERE name=$1
query_userinfo SELECT uid, gid, '%s/' || box FROM users WHERE name=$1
query_alias SELECT route FROM users WHERE name=$1
""" % (pg.dir, one.home), os.path.basename(one.dir))
    return 'table db "proc:%s/table-postgres:%s"\ncredentials <db>\n' \
        'userbase <db>\n' % (programs(), path)


def route(k):
    return '10.77.%d.2' % (k + 1)


def box(i, k):
    """The maildir of a user on a node."""
    return Maildir('%s/%d' % (nodes[k].home, i), UID, UID, make=False)


def node(k):
    """The mail of each user is on one of them."""
    one = Server(listen=(route(k),), port=995, start=False, shared=True,
                 wrap=['nsenter', '-t', str(HOLDERS[k]), '-n'])
    one.configure(server(one) + 'listen on %s port 995 tls\n'
                  'listen on %s port 110 cleartext proxy from 10.77.%d.1\n' %
                  (route(k), route(k), k + 1))
    for i in range(USERS):
        if home(i) == k:
            Maildir('%s/%d' % (one.home, i), UID, UID).add(
                b'Subject: %d\n\nof node %d\n' % (i, k))
    return one.start()


def database():
    """PostgreSQL with all users; or None, and why not."""
    try:
        programs()
        db = Postgres()
    except Skip as why:
        return None, str(why)
    atexit.register(db.stop)
    db.sql('CREATE TABLE users (name TEXT PRIMARY KEY, hash TEXT, '
           'uid INTEGER, gid INTEGER, box TEXT, route TEXT);' + ''.join(
               "INSERT INTO users VALUES ('%s', '%s', %d, %d, '%d', '%s');" %
               (name(i), HASH, UID, UID, i, route(home(i)))
               for i in range(USERS)))
    return db, None


def front():
    """The one that nginx asks."""
    one = Configured(['tls', 'auth_http'], start=False, shared=True)
    known = server(one)
    with open(one.dir + '/routes', 'w') as f:
        for i in range(USERS):
            f.write('%s\t%s\n' % (name(i), route(home(i))))
    os.chmod(one.dir + '/routes', 0o644)
    one.configure(one.text(known + 'route <db>' if pg else
                           'table routes file:@dir@/routes\nroute <routes>'))
    return one.start()


pg, NO_DATABASE = database()
nodes = [node(k) for k in range(NODES)]
asked = front()

fronts = [nginx(asked, HTTP) for i in range(2)]
before, PORT = haproxy('send-proxy-v2', fronts[0][1][2], fronts[1][1][2])


class Load:
    """Logins of random users, several at a time: what each came to."""

    def __init__(self, count, users=range(USERS)):
        self.left, self.lock, self.users = count, threading.Lock(), users
        self.good, self.failed, self.wrong = 0, [], []
        self.inside = set()
        self.threads = [threading.Thread(target=self.run)
                        for i in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while True:
            with self.lock:
                self.left -= 1
                if self.left < 0:
                    return
            i = random.choice(self.users)
            try:
                self.session(i)
            except (Failure, OSError) as why:
                with self.lock:
                    self.failed.append((i, str(why)))

    def session(self, i):
        c = Client(('127.0.0.1', PORT), cafile=asked.pairs[0][0],
                   source='127.1.%d.%d' % (i // 250, i % 250 + 1))
        try:
            c.login(name(i))
            with self.lock:
                if i in self.inside:
                    self.wrong.append('two sessions of %d' % i)
                self.inside.add(i)
            got = c.retr(1)
            with self.lock:
                self.inside.discard(i)
                if got != b'Subject: %d\r\n\r\nof node %d\r\n' % (i, home(i)):
                    self.wrong.append('%d: %r' % (i, got))
            c.quit()
            with self.lock:
                self.good += 1
        finally:
            with self.lock:
                self.inside.discard(i)
            c.close()

    def done(self, atleast, failed=0):
        """Wait until that many are done."""
        end = time.monotonic() + 20 * PATIENCE
        while self.good + len(self.failed) < atleast or \
                len(self.failed) < failed:
            check(time.monotonic() < end, 'the load hangs')
            time.sleep(0.01)

    def stop(self):
        """Do not begin the rest."""
        with self.lock:
            self.left = 0
        return self.finish()

    def finish(self):
        for thread in self.threads:
            thread.join()
        equal(self.wrong, [], 'wrong')
        return self.failed


def test_routes():
    """Random users: each gets their own mail from their own node"""
    marks = [n.mark() for n in nodes]
    load = Load(LOGINS)
    equal(load.finish(), [], 'failed')
    equal(load.good, LOGINS, 'logins')
    for k, one in enumerate(nodes):
        users = set(re.findall(r'login session=\S+ user="user(\d+)@',
                               one.log(marks[k])))
        check(users and all(home(int(i)) == k for i in users), users)
        sources = set(re.findall(r' source=(\S+) ', one.log(marks[k])))
        check(all(s.startswith('127.1.') for s in sources), sources)


def test_nginx_dies():
    """One nginx is killed under load: only its connections end"""
    load = Load(LOGINS)
    load.done(LOGINS // 3)
    fronts[1][0].kill()
    failed = load.finish()
    check(len(failed) <= 4 * THREADS, '%d failed: %s' %
          (len(failed), failed[:5]))
    load = Load(LOGINS // 6)
    equal(load.finish(), [], 'failed after it')


def test_node_dies():
    """A node is killed under load: only its users notice, then none"""
    load = Load(LOGINS)
    load.done(LOGINS // 3)
    nodes[1].kill()
    failed = load.finish()
    check(failed, 'no login failed')
    # What was on its way through nginx when it died.
    others = [f for f in failed if home(f[0]) != 1]
    equal(others, [], 'others')
    c = Client(('127.0.0.1', PORT), cafile=asked.pairs[0][0])
    c.ok('USER ' + name(1))
    check(c.cmd('PASS secret').startswith(b'-ERR'), 'a clear answer')
    c.close()
    nodes[1].start()
    equal(Load(LOGINS // 3).finish(), [], 'failed after it')


def well(users):
    """Wait until these can log in."""
    end = time.monotonic() + 2 * PATIENCE
    for i in users:
        while True:
            c = Client(('127.0.0.1', PORT), cafile=asked.pairs[0][0])
            c.ok('USER ' + name(i))
            reply = c.cmd('PASS secret')
            c.close()
            if reply.startswith(b'+OK'):
                break
            check(time.monotonic() < end, reply)
            time.sleep(0.1)


def test_database_dies():
    """The database is killed under load: [SYS/TEMP], then all is well"""
    if pg is None:
        raise Skip(NO_DATABASE)
    held = []
    for i in range(NODES):
        c = Client(('127.0.0.1', PORT), cafile=asked.pairs[0][0])
        c.login(name(i))
        held.append(c)
    load = Load(10 ** 6, range(NODES, USERS))
    load.done(LOGINS // 3)
    pg.stop(signal.SIGQUIT)
    load.done(0, failed=THREADS)
    failed = load.stop()
    equal([f for f in failed if '[SYS/TEMP]' not in f[1]], [], 'not clear')
    for i, c in enumerate(held):
        check(b'of node %d' % home(i) in c.retr(1), 'a session')
        c.quit()
        c.close()
    pg.start()
    well(range(NODES))
    equal(Load(LOGINS // 3).finish(), [], 'failed after it')


class Mail:
    """Mail for a user comes in where his route leads, and is tried again until
    it is taken, as a queue does; fetchmail fetches it, and remembers."""

    def __init__(self, i, k):
        self.user, self.node, self.sent = i, k, 0
        self.home = WORK + '/fetchmail'
        self.out = self.home + '/new'
        os.makedirs(self.out)
        with open(self.home + '/deliver', 'w') as f:
            f.write('#!/bin/sh\ncat >"$(mktemp %s/XXXXXXXX)"\n' % self.out)
        os.chmod(self.home + '/deliver', 0o755)
        with open(self.home + '/rc', 'w') as f:
            f.write("""
poll localhost protocol pop3 port %d uidl timeout 20
  username "%s" password secret is joe here
  ssl sslcertck sslcertfile "%s" keep
  no rewrite pass8bits mda "%s"
""" % (PORT, name(i), asked.pairs[0][0], self.home + '/deliver'))
        os.chmod(self.home + '/rc', 0o600)
        self.tempfails, self.polls, self.failed, self.said = 0, 0, 0, b''
        self.over = threading.Event()
        self.threads = [threading.Thread(target=run)
                        for run in (self.deliver, self.fetch)]
        for thread in self.threads:
            thread.start()

    def deliver(self):
        while not self.over.is_set():
            status = mda(box(self.user, self.node).path,
                         b'X-Number: %d\n\n%s\n' % (
                             self.sent, b'x' * (self.sent % 97)), UID)[0]
            if status == 0:
                self.sent += 1
                time.sleep(0.01)
            else:
                self.tempfails += status == 75

    def fetch(self):
        while not self.over.is_set():
            self.poll()

    def poll(self):
        result = subprocess.run(
            ['fetchmail', '-f', self.home + '/rc', '--nosyslog', '--pidfile',
             self.home + '/pid', '-i', self.home + '/ids'],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd='/',
            env={'HOME': self.home, 'PATH': os.environ['PATH']})
        self.polls += 1
        self.failed += result.returncode > 1
        self.said = result.stdout
        return result.returncode

    def numbers(self):
        """Those of the messages that were fetched."""
        out = []
        for path in glob.glob(self.out + '/*'):
            with open(path, 'rb') as f:
                out += [int(n) for n in
                        re.findall(rb'^X-Number: (\d+)', f.read(), re.M)]
        return sorted(out)

    def fetched(self, count):
        end = time.monotonic() + 2 * PATIENCE
        while len(self.numbers()) < count:
            check(time.monotonic() < end, self.said)
            time.sleep(0.05)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def uidls(i):
    c = Client(('127.0.0.1', PORT), cafile=asked.pairs[0][0])
    c.login(name(i))
    out = c.multi('UIDL')
    c.quit()
    c.close()
    return out


def stub(directory, program, text):
    path = os.path.join(directory, program)
    with open(path, 'w') as f:
        f.write('#!/bin/sh\n' + text)
    os.chmod(path, 0o755)


def host(k, other=None):
    """A directory with the programs of a node.  Each node has its mail
    elsewhere, where all hosts of popctl(8) have the same paths."""
    where = WORK + '/host%d' % k
    os.makedirs(where, exist_ok=True)
    stub(where, 'popctl', 'exec %s/sbin/popctl -s %s "$@"\n' % (
        STAGE, nodes[k].socket))
    if other is None:
        return where
    there = "s,'%s/,'%s/,g" % (nodes[k].home, nodes[other].home)
    stub(where, 'ssh', 'shift\nPATH=%s:$PATH\nexec sh -c "$(echo "$*" | '
         'sed "%s")"\n' % (host(other), there))
    stub(where, 'rsync', 'exec %s "$1" "$2" "$3" "$4" '
         '"%s${5#*:%s}"\n' % (shutil.which('rsync'), nodes[other].home,
                              nodes[k].home))
    stub(where, 'psql', 'exec %s/psql -h %s -U postgres "$1" "$2" "$3" "$4" '
         '"$5" "$6" postgres\n' % (pg.bin, pg.dir))
    return where


def script():
    """The one in popctl(8)."""
    with open(os.path.join(SRC, 'man/popctl.8')) as f:
        text = f.read()
    text = text[text.index('#!/bin/sh\nset -eu\nuser=$1 box=$2'):]
    text = text[:text.index('.Ed\n')].replace('\\(aq', "'")
    path = WORK + '/move'
    with open(path, 'w') as f:
        f.write(text)
    return path


def move(mail, k):
    """As popctl(8) has it in its example."""
    path = '%s:%s' % (host(mail.node, k), os.environ['PATH'])
    result = subprocess.run(
        ['sh', script(), name(mail.user), box(mail.user, mail.node).path,
         'node%d' % k, route(k)], env=dict(os.environ, PATH=path), cwd='/',
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    equal(result.returncode, 0, result.stdout)
    mail.node = k


def test_move():
    """A user moves under load: no mail lost, new or doubled"""
    if pg is None:
        raise Skip(NO_DATABASE)
    for program in ('rsync', 'fetchmail'):
        if shutil.which(program) is None:
            raise Skip('needs ' + program)
    mail, load = Mail(0, 0), Load(10 ** 6, range(1, USERS))
    try:
        for k in (1, 2):
            mail.fetched(len(mail.numbers()) + 5)
            move(mail, k)
        mail.fetched(len(mail.numbers()) + 5)
    finally:
        mail.stop()
        failed = load.stop()
    equal(failed, [], 'others')
    check(mail.tempfails > 0, 'no mail came in between')
    mail.poll()
    equal(mail.numbers(), list(range(mail.sent)), 'messages')
    before = uidls(0)
    equal(len(before), mail.sent + 1, 'unique ids')
    move(mail, 0)
    equal(uidls(0), before, 'unique ids')
    # 1: there is nothing new.
    equal(mail.poll(), 1, mail.said)
    equal(mail.numbers(), list(range(mail.sent)), 'messages')
    print('# %d messages, %d polls, %d failed, %d deliveries again, %d '
          'logins of others' % (mail.sent, mail.polls, mail.failed,
                                mail.tempfails, load.good))


main()
