#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""Three servers with mailboxes, each in a network of its own; before them two
nginx, which ask a fourth popd for routes; and haproxy before these.
POPD_CLUSTER_LOGINS is how many logins there are."""

from front import *

CLONE_NEWNET = 0x40000000
LOGINS = int(os.environ.get('POPD_CLUSTER_LOGINS', '300'))
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


def populate(server):
    server.users.clear()
    for i in range(USERS):
        server.user(name(i), 'secret', hash=HASH)
    server.tables()


def node(k):
    """Each knows all users; the mail of each is on one of them."""
    address = '10.77.%d' % (k + 1)
    one = Server(listen=(address + '.2',), port=995, start=False, shared=True,
                 wrap=['nsenter', '-t', str(HOLDERS[k]), '-n'],
                 conf='listen on %s.2 port 995 tls\n'
                 'listen on %s.2 port 110 cleartext proxy from %s.1\n' %
                 (address, address, address))
    populate(one)
    for i in range(USERS):
        if home(i) == k:
            one[name(i)].add(b'Subject: %d\n\nof node %d\n' % (i, k))
    return one.start()


nodes = [node(k) for k in range(NODES)]
asked = Configured(['tls', 'auth_http'], start=False, shared=True)
populate(asked)
with open(asked.dir + '/routes', 'w') as f:
    for i in range(USERS):
        f.write('%s\t10.77.%d.2\n' % (name(i), home(i) + 1))
os.chmod(asked.dir + '/routes', 0o644)
asked.configure(asked.text('table routes file:@dir@/routes',
                           'route <routes>'))
asked.start()

fronts = [nginx(asked, HTTP) for i in range(2)]
before, PORT = haproxy('send-proxy-v2', fronts[0][1][2], fronts[1][1][2])


class Load:
    """Logins of random users, several at a time: what each came to."""

    def __init__(self, count):
        self.left, self.lock = count, threading.Lock()
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
            i = random.randrange(USERS)
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

    def done(self, atleast):
        """Wait until so many are."""
        end = time.monotonic() + 20 * PATIENCE
        while self.good + len(self.failed) < atleast:
            check(time.monotonic() < end, 'the load stands still')
            time.sleep(0.01)

    def finish(self):
        for thread in self.threads:
            thread.join()
        equal(self.wrong, [], 'wrong')
        return self.failed


def test_routes():
    """Random users: each gets his own mail, from his own node"""
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
    """One nginx is killed under load: its connections only, then none"""
    load = Load(LOGINS)
    load.done(LOGINS // 3)
    fronts[1][0].kill()
    failed = load.finish()
    check(len(failed) <= 4 * THREADS, '%d failed: %s' %
          (len(failed), failed[:5]))
    load = Load(LOGINS // 6)
    equal(load.finish(), [], 'failed after it')


def test_node_dies():
    """A node is killed under load: its users only; then all is well"""
    load = Load(LOGINS)
    load.done(LOGINS // 3)
    nodes[1].kill()
    failed = load.finish()
    check(failed, 'nobody noticed')
    # What was on its way through nginx when it died.
    others = [f for f in failed if home(f[0]) != 1]
    equal(others, [], 'others')
    c = Client(('127.0.0.1', PORT), cafile=asked.pairs[0][0])
    c.ok('USER ' + name(1))
    check(c.cmd('PASS secret').startswith(b'-ERR'), 'a clear answer')
    c.close()
    nodes[1].start()
    equal(Load(LOGINS // 3).finish(), [], 'failed after it')


main()
