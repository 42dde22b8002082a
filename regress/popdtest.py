# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What the whole-server tests share: a scratch popd with users, certificates
and maildirs of its own, and a client that has every octet in its hands.

A test file defines functions test_something(), whose first docstring line
names the case, and calls main().  A case fails by an exception.
"""

import atexit
import base64
import ctypes
import ctypes.util
import glob
import json
import os
import pwd
import random
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import traceback

SRC = os.environ['SRC']
TOP = os.environ.get('TOP', SRC)
STAGE = os.environ['STAGE']
WORK = os.environ['WORK']
ASAN = os.environ.get('VARIANT') == 'asan'
POPD = STAGE + '/sbin/popd'
LIBEXEC = STAGE + '/libexec/popd'
MDA = LIBEXEC + '/mda'
CORPUS = os.path.join(TOP, '..', 'shared', 'corpus')

# How long anything may take that should be immediate.
PATIENCE = 30 if ASAN else 15

# The owners of maildirs when we are root: no account is needed for that.
UID, UID2 = 20701, 20702


class Skip(Exception):
    """The case cannot be tried here; the text says why."""


class Failure(Exception):
    pass


def check(condition, why):
    if not condition:
        raise Failure(why)


def equal(got, want, what='value'):
    if got != want:
        raise Failure('%s: got %s, want %s' % (what, short(got), short(want)))


def short(value):
    text = repr(value)
    return text if len(text) < 400 else text[:200] + ' ... ' + text[-190:]


def main(namespace=None):
    """Run all test_*() functions of the calling file in their order."""
    if namespace is None:
        namespace = sys._getframe(1).f_globals
    failed = 0
    for name, function in list(namespace.items()):
        if not name.startswith('test_') or not callable(function):
            continue
        title = (function.__doc__ or name).strip().split('\n')[0].rstrip('.')
        try:
            function()
            print('ok - ' + title)
        except Skip as why:
            print('skip - %s: %s' % (title, why))
        except BaseException as why:
            failed += 1
            print('not ok - ' + title)
            for line in traceback.format_exc().splitlines():
                print('# ' + line)
            for server in Server.running:
                print('# --- log of popd, its end')
                for line in server.log().splitlines()[-25:]:
                    print('# ' + line)
            if isinstance(why, KeyboardInterrupt):
                break
        sys.stdout.flush()
        for server in list(Server.running):
            if not server.shared:
                server.kill()
    for server in list(Server.running):
        try:
            server.stop()
        except Exception as why:
            failed += 1
            print('not ok - popd ends cleanly')
            for line in traceback.format_exc().splitlines():
                print('# ' + line)
            server.kill()
    sys.exit(1 if failed else 0)


# Accounts and modes

def have_account(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def why_not_root():
    """None if popd can run here as root, else the reason."""
    if os.getuid() != 0:
        return 'needs root'
    for name in ('_popd', '_popkey', '_popauth'):
        if not have_account(name):
            return 'needs the account ' + name
    if not os.path.isdir('/var/empty'):
        return 'needs the directory /var/empty'
    return None


def need_root():
    why = why_not_root()
    if why:
        raise Skip(why)


def user_ids():
    """Who popd runs as when not as root."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    account = have_account('popdtest') or have_account('nobody')
    return account.pw_uid, account.pw_gid


_crypt = None


def bcrypt(password, cost=4):
    """A hash as smtpctl encrypt makes them; password is bytes or str."""
    global _crypt
    if _crypt is None:
        _crypt = ctypes.CDLL(ctypes.util.find_library('crypt') or
                             'libcrypt.so.1')
        _crypt.crypt.restype = ctypes.c_char_p
        _crypt.crypt_gensalt.restype = ctypes.c_char_p
        _crypt.crypt_gensalt.argtypes = [ctypes.c_char_p, ctypes.c_ulong,
                                         ctypes.c_char_p, ctypes.c_int]
    if isinstance(password, str):
        password = password.encode()
    salt = _crypt.crypt_gensalt(b'$2b$', cost, os.urandom(16), 16)
    return _crypt.crypt(password, salt).decode()


_certificates = {}


def certificate(name='localhost', kind='ec', directory=None):
    """A self-signed certificate: the paths of it and of its key."""
    directory = directory or WORK
    cert = os.path.join(directory, '%s-%s.crt' % (name, kind))
    key = os.path.join(directory, '%s-%s.key' % (name, kind))
    new = {
        'ec': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
        'ec384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
        'rsa': ['-newkey', 'rsa:2048'],
        'rsa4096': ['-newkey', 'rsa:4096'],
    }[kind]
    if not os.path.exists(cert):
        subprocess.run(['openssl', 'req', '-x509', '-nodes', '-sha256'] + new +
                       ['-days', '30', '-subj', '/CN=' + name, '-addext',
                        'subjectAltName=DNS:%s,IP:127.0.0.1,IP:::1' % name,
                        '-keyout', key, '-out', cert],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)
        os.chmod(key, 0o600)
        os.chmod(cert, 0o644)
    return cert, key


def set_limits(src, limits):
    """Write other numbers into lib/limits.h and its parts, {name: number}."""
    found = []
    for path in glob.glob(src + '/lib/*limits.h'):
        with open(path) as f:
            text = f.read()
        for name, number in limits.items():
            text, n = re.subn(r'(#define %s[ \t]+)\S.*' % name,
                              r'\g<1>%d' % number, text)
            found += [name] * n
        with open(path, 'w') as f:
            f.write(text)
    equal(sorted(found), sorted(limits), 'one place for each limit')


def rebuild(programs, limits):
    """Build popd and the named programs with other numbers in lib/limits.h,
    {name: number}; the rest is what was installed.  Servers that are started
    from then on are of that build.  Returns its PREFIX."""
    global POPD
    src = os.path.join(WORK, 'rebuilt-src')
    prefix = os.path.join(WORK, 'rebuilt')
    for path in (src, prefix):
        shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(SRC, src, ignore=shutil.ignore_patterns(
        '*.o', '.git', 'bench', 'shared'), symlinks=True)
    set_limits(src, limits)
    targets = ['%s/%s' % (p, p) for p in ['popd'] + list(programs)]
    for target in targets:
        if os.path.exists(os.path.join(src, target)):
            os.unlink(os.path.join(src, target))
    subprocess.run([os.environ.get('MAKE', 'make'), 'PREFIX=' + prefix] +
                   targets, cwd=src, check=True, stdout=subprocess.DEVNULL)
    shutil.copytree(LIBEXEC, prefix + '/libexec/popd')
    os.makedirs(prefix + '/sbin')
    shutil.copy(src + '/popd/popd', prefix + '/sbin/popd')
    for name in programs:
        shutil.copy('%s/%s/%s' % (src, name, name), prefix + '/libexec/popd')
    POPD = prefix + '/sbin/popd'
    return prefix


def protocol(program=None):
    """The number of the messages that a program speaks, for its children."""
    said = subprocess.run([program or POPD, '-V'], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    return re.fullmatch(r'\w+ [0-9.]+, messages ([0-9a-f]{8})\n',
                        said).group(1)


_ports = set()


def free_port(address='127.0.0.1'):
    """One that no connection of another test has as its own end."""
    while True:
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        port = random.randrange(20000, 32000)
        with socket.socket(family, socket.SOCK_STREAM) as s:
            try:
                s.bind((address, port))
            except OSError:
                continue
        if port not in _ports:
            _ports.add(port)
            return port


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
            s.bind(('::1', 0))
        return True
    except OSError:
        return False


# Messages as they must come over the wire

def wire(data):
    """The octets RETR must send for a file, dots not yet doubled."""
    out = re.sub(rb'(?<!\r)\n', b'\r\n', data)
    if out and not out.endswith(b'\n'):
        out += b'\r\n'
    return out


def wire_top(data, count):
    """The octets TOP must send."""
    lines = wire(data).split(b'\n')
    lines = [line + b'\n' for line in lines[:-1]]
    for i, line in enumerate(lines):
        if line == b'\r\n':
            return b''.join(lines[:i + 1 + count])
    return b''.join(lines)


def odd_messages():
    """Names and contents of what no mail program would write."""
    head = b'Subject: odd\n\n'
    return [
        ('empty', b''),
        ('one-octet', b'x'),
        ('only-lf', b'\n'),
        ('only-cr', b'\r'),
        ('only-crlf', b'\r\n'),
        ('two-lf', b'\n\n'),
        ('cr-cr-lf', b'a\r\r\nb\r\r\n'),
        ('lf-cr', b'a\n\rb\n\r'),
        ('cr-at-end', head + b'text\r'),
        ('no-last-newline', head + b'no end'),
        ('crlf', b'Subject: crlf\r\n\r\none\r\ntwo\r\n'),
        ('crlf-no-end', b'Subject: crlf\r\n\r\none\r\ntwo'),
        ('mixed', b'Subject: mixed\r\nTo: x\n\none\r\ntwo\nthree\rfour\n'),
        ('dot', b'.'),
        ('dot-lf', b'.\n'),
        ('dot-crlf', b'.\r\n'),
        ('dots', b'..\n.\n...\n.a\n..b\n'),
        ('dots-crlf', b'..\r\n.\r\n...\r\n.a\r\n..b\r\n'),
        ('dot-after-cr', head + b'a\r.b\r.\r\n.\n'),
        ('end-of-reply', head + b'a\r\n.\r\nb\r\n.\r\n+OK\r\n-ERR\r\n'),
        ('dot-no-end', head + b'a\n.'),
        ('nul', b'Subject: n\0l\n\nbe\0fore\0\n\0\n.\0\nafter'),
        ('only-nul', b'\0' * 1000),
        ('eight-bit', b'Subject: \xe4\xf6\xfc\n\n' + bytes(range(256)) * 8),
        ('all-octets', bytes(range(256))),
        ('headers-only', b'Subject: no body\nTo: x\n'),
        ('headers-only-no-end', b'Subject: no body\nTo: x'),
        ('body-only', b'\nbody\nbody\n'),
        ('blank-with-cr', b'A: b\r\r\nC: d\n\r\nbody\n'),
        ('long-line', head + b'x' * 3000000 + b'\n'),
        ('long-line-no-end', head + b'y' * 1048577),
        ('long-line-dots', head + b'.' * 500000 + b'\n'),
        ('many-headers', b''.join(b'X-%d: value\n' % i for i in range(20000)) +
         b'\nbody\n'),
        ('many-lf', head + b'\n' * 300000),
        ('many-dots', head + b'.\n' * 200000),
        ('many-crs', head + b'\r' * 200000 + b'\n'),
        ('64k-less', head + b'z' * (65536 - len(head) - 1) + b'\n'),
        ('64k', head + b'z' * (65536 - len(head))),
        ('64k-dot', head + b'z' * (65535 - len(head)) + b'\n.\n.x\n'),
        ('64k-cr', head + b'z' * (65535 - len(head)) + b'\r\n.\r\nx'),
        ('many-lines', head + b''.join(b'%d\n' % i for i in range(100000))),
    ]


class Maildir:
    """A maildir of a user; what it makes belongs to that user."""

    def __init__(self, path, uid=-1, gid=-1, make=True):
        self.path, self.uid, self.gid = path, uid, gid
        self.count = 0
        if make:
            for name in ('', 'tmp', 'new', 'cur'):
                os.makedirs(os.path.join(path, name), 0o700, exist_ok=True)
                os.chmod(os.path.join(path, name), 0o700)
                self.own(os.path.join(path, name))

    def own(self, path):
        if os.getuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def add(self, data, name=None, sub='new', order=None):
        """Put a message in; returns its name."""
        self.count += 1
        if name is None:
            name = '%d.M%06dP%d.test' % (order or 1600000000 + self.count,
                                         self.count, os.getpid())
        tmp = os.path.join(self.path, 'tmp', 'add-' + str(self.count))
        with open(tmp, 'wb') as f:
            f.write(data)
        os.chmod(tmp, 0o600)
        self.own(tmp)
        os.rename(tmp, os.path.join(self.path, sub, name))
        return name

    def sub(self, name):
        return os.path.join(self.path, name)

    def list(self, sub):
        return sorted(os.listdir(os.path.join(self.path, sub)))

    def all(self):
        return [s + '/' + n for s in ('new', 'cur') for n in self.list(s)]

    def state(self):
        """All files below new/ and cur/ with content and inode."""
        out = {}
        for name in self.all():
            path = os.path.join(self.path, name)
            st = os.lstat(path)
            out[name] = (st.st_ino, st.st_size, st.st_mtime_ns, st.st_mode)
        return out

    def popcache(self):
        return os.path.join(self.path, 'popcache')

    def age(self, seconds=3600):
        """Make the directories look old, so that their stamps count."""
        then = time.time() - seconds
        for name in ('new', 'cur'):
            os.utime(os.path.join(self.path, name), (then, then))


def few_files(count):
    """What starts a server with so many descriptors at the most."""
    return ['sh', '-c', 'ulimit -n %d && exec "$@"' % count, 'sh']


class Server:
    """A popd of our own on a free port, with tables below WORK."""

    running = []
    number = 0

    def __init__(self, users=None, mode=None, shared=False, flags=(),
                 listen=('127.0.0.1',), start=True, verbose=1, port=None,
                 pairs=None, subdir=None, wrap=(), ready=True,
                 name='localhost', conf=None):
        Server.number += 1
        self.mode = mode or os.environ.get('POPD_MODE') or \
            ('root' if why_not_root() is None else 'user')
        if self.mode == 'root':
            need_root()
            self.uid, self.gid = UID, UID
        else:
            self.uid, self.gid = user_ids()
        self.shared = shared
        self.dir = os.path.join(WORK, 'popd%d' % Server.number)
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir, 0o755)
        self.home = os.path.join(self.dir, 'home')
        os.mkdir(self.home, 0o755)
        self.authtab = os.path.join(self.dir, 'authtab')
        self.usertab = os.path.join(self.dir, 'usertab')
        self.logfile = os.path.join(self.dir, 'log')
        open(self.logfile, 'w').close()
        self.pairs = pairs or [certificate()]
        self.listen = listen
        self.port = port or free_port(listen[0])
        self.socket = os.path.join(self.dir, 'sock')
        # The default socket is for one popd of this machine.
        with open(self.dir + '/socket.conf', 'w') as f:
            f.write('socket "%s"\n' % self.socket)
        self.flags = list(flags)
        self.verbose = verbose
        self.subdir = subdir
        self.wrap = list(wrap)
        self.wait_ready = ready
        self.name = name
        self.users = {}
        self.process = None
        self.expect_crash = False
        self.conf = None
        for name, password in (users or {'joe': 'secret'}).items():
            self.user(name, password)
        self.tables()
        if conf is not None:
            self.configure(conf)
        if start:
            self.start()

    # Tables and popd.conf

    def configure(self, text):
        """Write a popd.conf, which takes the place of the flags: @port@,
        @dir@, @authtab@, @usertab@, @cert@ and @key@ are replaced, and what
        the text does not have of tables, pki and listen rules is put before
        it, so that ready() finds TLS on listen[0] and the port."""
        if 'credentials' not in text:
            text = 'table users file:@authtab@\ncredentials <users>\n' + text
        if 'userbase' not in text:
            text = 'table homes file:@usertab@\nuserbase <homes>%s\n' % (
                ' subdirectory "%s"' % self.subdir if self.subdir else ''
            ) + text
        if not re.search(r'^pki ', text, re.MULTILINE):
            text = ''.join('pki pair%d cert "%s"\npki pair%d key "%s"\n' %
                           (i, cert, i, key)
                           for i, (cert, key) in enumerate(self.pairs)) + text
        if 'listen on' not in text:
            text = ''.join('listen on %s port @port@ tls\n' % address
                           for address in self.listen) + text
        if not re.search(r'^socket ', text, re.MULTILINE):
            text = 'socket "%s"\n' % self.socket + text
        for name, value in (('port', self.port), ('dir', self.dir),
                            ('authtab', self.authtab),
                            ('usertab', self.usertab),
                            ('cert', self.pairs[0][0]),
                            ('key', self.pairs[0][1])):
            text = text.replace('@%s@' % name, str(value))
        self.conf = os.path.join(self.dir, 'popd.conf')
        with open(self.conf, 'w') as f:
            f.write(text)
        os.chmod(self.conf, 0o600)
        self.own_files()

    def user(self, name, password='secret', uid=None, gid=None, path=None,
             maildir=True, auth=True, usertab=True, hash=None):
        """Add a user; returns the Maildir.  Call tables() afterwards."""
        uid = self.uid if uid is None else uid
        gid = (self.gid if uid == self.uid else uid) if gid is None else gid
        if path is None:
            safe = name if isinstance(name, str) else name.decode('latin-1')
            path = os.path.join(self.home, re.sub(r'[^a-z0-9@.-]', '_',
                                safe.lower())[:60] + str(len(self.users)))
        box = path if self.subdir is None else path + '/' + self.subdir
        if maildir and self.subdir is not None:
            os.makedirs(path, 0o700, exist_ok=True)
            if os.getuid() == 0:
                os.chown(path, uid, gid)
        m = Maildir(box, uid, gid, make=maildir)
        m.password = password
        m.hash = hash
        m.auth, m.usertab = auth, usertab
        m.line = '%d:%d:%s' % (uid, gid, path)
        self.users[name] = m
        return m

    def odd_users(self):
        """Those whom a right password opens nothing, one for each reason."""
        self.user('lock', hash='!' + bcrypt('secret'))
        self.user('hash', hash='$9$nothing')
        self.user('table', usertab=False)
        self.user('toor', 'secret', uid=0, gid=0)

    def tables(self):
        """Write both tables."""
        def text(value):
            return value if isinstance(value, bytes) else value.encode()
        with open(self.authtab, 'wb') as f:
            for name, m in self.users.items():
                if m.auth:
                    if m.hash is None:
                        m.hash = bcrypt(m.password)
                    f.write(text(name) + b'\t' + text(m.hash) + b'\n')
        with open(self.usertab, 'wb') as f:
            for name, m in self.users.items():
                if m.usertab:
                    f.write(text(name) + b'\t' + text(m.line) + b'\n')
        os.chmod(self.authtab, 0o600)
        self.own_files()

    def own_files(self):
        if self.mode == 'user' and os.getuid() == 0:
            for path in [self.authtab, self.usertab, self.dir, self.home,
                         self.conf or self.dir] + \
                    [p for pair in self.pairs for p in pair]:
                if os.path.exists(path):
                    os.chown(path, self.uid, self.gid)
        elif os.getuid() == 0:
            for path in [p for pair in self.pairs for p in pair]:
                if os.path.exists(path):
                    os.chown(path, 0, 0)

    def __getitem__(self, name):
        return self.users[name]

    # Start and end

    def command(self, *more):
        if self.conf is not None:
            out = self.wrap + [POPD, '-f', self.conf]
            if self.verbose:
                out.append('-' + 'v' * self.verbose)
            return out + self.flags + list(more)
        out = self.wrap + [POPD, '-f', self.dir + '/socket.conf', '-a',
                           self.authtab, '-u', self.usertab, '-p',
                           str(self.port)]
        for address in self.listen:
            out += ['-l', address]
        for cert, key in self.pairs:
            out += ['-c', cert, '-k', key]
        if self.subdir is not None:
            out += ['-e', self.subdir]
        if self.verbose:
            out.append('-' + 'v' * self.verbose)
        return out + self.flags + list(more)

    def ids(self):
        """What subprocess needs to start popd in our mode."""
        if self.mode == 'user' and os.getuid() == 0:
            return dict(user=self.uid, group=self.gid, extra_groups=[])
        return {}

    def run(self, *more, command=None, timeout=30):
        """Run popd until it exits: (status, output)."""
        result = subprocess.run(command or self.command(*more),
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=timeout,
                                cwd='/', **self.ids())
        return result.returncode, result.stdout.decode('utf-8', 'replace')

    def start(self):
        self.own_files()
        with open(self.logfile, 'ab') as log:
            self.process = subprocess.Popen(
                self.command('-d'), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd='/', start_new_session=True, **self.ids())
        Server.running.append(self)
        if self.wait_ready:
            self.ready()
        return self

    @property
    def pid(self):
        return self.process.pid

    def ready(self, timeout=None):
        """Wait until a client is greeted."""
        end = time.monotonic() + (timeout or PATIENCE)
        while True:
            if self.process.poll() is not None:
                raise Failure('popd exited %s at start: %s' %
                              (self.process.returncode, self.log()[-2000:]))
            try:
                c = self.connect(timeout=max(0.1, end - time.monotonic()))
                c.ok('QUIT')
                c.close()
                return
            except (OSError, Failure) as why:
                if time.monotonic() > end:
                    raise Failure('popd does not greet: %s' % why)
                time.sleep(0.05)

    def stop(self, sig=signal.SIGTERM, status=0, timeout=None):
        """End popd as an admin does and look for what went wrong."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if self in Server.running:
            Server.running.remove(self)
        known = descendants(process.pid)
        if process.poll() is None:
            process.send_signal(sig)
        try:
            process.wait(timeout or PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kill_all(known)
            raise Failure('popd did not end on signal %d' % sig)
        end = time.monotonic() + 5
        while [p for p in known if alive(p)] and time.monotonic() < end:
            time.sleep(0.02)
        left = [p for p in known if alive(p)]
        kill_all(left)
        self.faults()
        check(not left, 'processes outlived popd: %s' % left)
        equal(process.returncode, status, 'exit status of popd')

    def faults(self):
        """Fail if the log tells of crashes that nobody asked for."""
        for line in self.log().splitlines():
            if re.search(r'AddressSanitizer|runtime error:|LeakSanit', line):
                raise Failure('sanitizer: ' + self.log()[-6000:])
            if re.search(r'(killed by|terminated by|died of) signal|SIGSYS|'
                         r'signal (4|6|7|8|11|31)\b', line) and \
                    not self.expect_crash:
                raise Failure('a process crashed: ' + line)

    def kill(self):
        if self.process is not None:
            known = descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
            kill_all(known)
            self.process = None
        if self in Server.running:
            Server.running.remove(self)

    def reload(self, timeout=None):
        """SIGHUP; the log since then once it tells how it went."""
        mark = self.mark()
        os.kill(self.process.pid, signal.SIGHUP)
        self.wait_log(r'reload', mark, timeout)
        return self.log(mark)

    # The log

    def mark(self):
        return os.path.getsize(self.logfile)

    def log(self, mark=0):
        with open(self.logfile, 'rb') as f:
            f.seek(mark)
            return f.read().decode('utf-8', 'replace')

    def wait_log(self, pattern, mark=0, timeout=None):
        """The first match in the log since mark, waited for."""
        end = time.monotonic() + (timeout or PATIENCE)
        while True:
            match = re.search(pattern, self.log(mark), re.MULTILINE)
            if match:
                return match
            if time.monotonic() > end:
                raise Failure('no /%s/ in the log: %s' %
                              (pattern, self.log(mark)[-3000:]))
            time.sleep(0.02)

    # Processes

    def children(self, name=None):
        """[(pid, program, uid)] of popd's children, maybe of one program."""
        out = []
        for pid in descendants(self.process.pid):
            program = program_of(pid)
            if program and (name is None or program == name):
                out.append((pid, program, uid_of(pid)))
        return out

    def worker(self, wait=True):
        """The pid of a worker that is there, waited for."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = self.children('wrkrpop')
            if found:
                return found[0][0]
            time.sleep(0.01)
        raise Failure('no worker')

    def no_workers(self, timeout=None):
        """Wait until all sessions are over."""
        end = time.monotonic() + (timeout or PATIENCE)
        while self.children('wrkrpop'):
            if time.monotonic() > end:
                raise Failure('workers stay: %s' % self.children('wrkrpop'))
            time.sleep(0.01)

    # Clients

    def connect(self, **more):
        return Client((more.pop('address', self.listen[0]), self.port),
                      cafile=more.pop('cafile', self.pairs[0][0]),
                      name=more.pop('name', self.name), **more)

    def popctl(self, *arguments, input=b'', timeout=None):
        """(exit status, lines of standard output, standard error)"""
        result = subprocess.run([STAGE + '/sbin/popctl', '-s', self.socket] +
                                list(arguments), input=input,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, cwd='/',
                                timeout=timeout or 2 * PATIENCE, **self.ids())
        return (result.returncode, result.stdout.decode().splitlines(),
                result.stderr.decode())

    def rows(self, *arguments, kind=None):
        """What popctl shows with -j, [{key: value}]."""
        status, lines, error = self.popctl('-j', *arguments)
        equal((status, error), (0, ''), 'popctl ' + ' '.join(arguments))
        rows = [json.loads(line) for line in lines]
        return [r for r in rows if kind is None or r['kind'] == kind]

    def login(self, user='joe', password=None, **more):
        c = self.connect(**more)
        if password is None:
            password = self.users[user].password
        c.login(user, password)
        return c


class Configured(Server):
    """A popd with a popd.conf: a port of 127.0.0.1 for each of kinds, which
    are what comes after it in `listen on`, the first with TLS from the first
    octet on; and more lines."""

    def __init__(self, kinds, *lines, **more):
        self.kinds = kinds
        self.ports = [free_port() for kind in kinds]
        super().__init__(port=self.ports[0], conf=self.text(*lines), **more)

    def text(self, *lines):
        """For configure(), with other lines."""
        return ''.join('listen on 127.0.0.1 port %d %s\n' % (port, kind)
                       for kind, port in zip(self.kinds, self.ports)) + \
            '\n'.join(lines) + '\n'

    def reach(self, kind, greeting=True, **more):
        """A connection to a kind, by number, in clear."""
        c = Client(('127.0.0.1', self.ports[kind]), tls=False,
                   cafile=self.pairs[0][0], **more)
        return c.greet() if greeting else c


def descendants(pid):
    """All living processes below pid, itself not counted."""
    parents = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open('/proc/%s/stat' % name) as f:
                    text = f.read()
            except OSError:
                continue
            fields = text[text.rindex(')') + 2:].split()
            if fields[0] != 'Z':
                parents.setdefault(int(fields[1]), []).append(int(name))
    out, queue = [], [pid]
    while queue:
        for child in parents.get(queue.pop(), []):
            out.append(child)
            queue.append(child)
    return sorted(out)


def alive(pid):
    try:
        with open('/proc/%d/stat' % pid) as f:
            text = f.read()
        return text[text.rindex(')') + 2] != 'Z'
    except (OSError, ValueError):
        return False


def kill_all(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def program_of(pid):
    try:
        with open('/proc/%d/comm' % pid) as f:
            return f.read().strip()
    except OSError:
        return None


def status_of(pid, field):
    try:
        with open('/proc/%d/status' % pid) as f:
            for line in f:
                if line.startswith(field + ':'):
                    return line.split(None, 1)[1].split()
    except OSError:
        pass
    return None


def descriptors(pid):
    """{number: what it is} of a process, or Skip."""
    out = {}
    try:
        for fd in os.listdir('/proc/%d/fd' % pid):
            try:
                out[int(fd)] = os.readlink('/proc/%d/fd/%s' % (pid, fd))
            except FileNotFoundError:
                pass
    except PermissionError:
        raise Skip('only root can look at the descriptors of ' +
                   str(program_of(pid)))
    return out


def uid_of(pid):
    """The real uid if all four are the same, else all four."""
    ids = status_of(pid, 'Uid')
    if ids is None:
        return None
    ids = set(int(i) for i in ids)
    return ids.pop() if len(ids) == 1 else ids


class Client:
    """A POP3 client over TLS that sends just what it is told, or one in clear
    if tls is false, until secure() or stls().

    TLS runs over memory, so that records, TCP segments, the end of the TLS
    stream and the end of the TCP stream are each under control.
    """

    tls = None

    def __init__(self, address, cafile=None, timeout=None, greeting=True,
                 name='localhost', tls=True, source=None, rcvbuf=None,
                 version=None):
        self.timeout = timeout or PATIENCE
        family = socket.AF_INET6 if ':' in address[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect(address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''
        self.eof = False
        self.clean = False
        self.greeting = None
        self.cafile, self.name = cafile, name
        if tls:
            self.handshake(cafile, name, version, greeting)

    def greet(self):
        """Wait for the greeting."""
        self.greeting = self.line()
        check(self.greeting.startswith(b'+OK'),
              'greeting: %r' % self.greeting)
        return self

    def secure(self, greeting=True):
        """TLS from here on."""
        self.handshake(self.cafile, self.name, greeting=greeting)
        return self

    def stls(self):
        self.ok('STLS')
        return self.secure(greeting=False)

    def handshake(self, cafile=None, name='localhost', version=None,
                  greeting=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if cafile:
            context.load_verify_locations(cafile)
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing,
                                    server_hostname=name)
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                self.fill()
                if self.eof:
                    raise Failure('connection closed in the handshake')
        self.flush()
        if greeting:
            self.greet()

    # Octets

    def flush(self):
        data = self.outgoing.read()
        if data:
            self.sock.sendall(data)

    def fill(self):
        try:
            data = self.sock.recv(262144)
        except ConnectionResetError:
            data = b''
        except socket.timeout:
            raise Failure('no answer in %d seconds' % self.timeout)
        if data:
            self.incoming.write(data)
        else:
            self.eof = True
            self.incoming.write_eof()

    def send(self, data):
        """One TLS record for each 16384 octets, one write."""
        if isinstance(data, str):
            data = data.encode()
        if self.tls is None:
            self.sock.sendall(data)
            return
        view = memoryview(data)
        while len(view):
            n = self.tls.write(view[:16384])
            view = view[n:]
        self.flush()

    def send_bytewise(self, data):
        """One record and one segment for each octet."""
        for i in range(len(data)):
            self.send(data[i:i + 1])

    def send_raw(self, data):
        self.sock.sendall(data)

    def recv(self, wait=True):
        """Some decrypted octets; b'' at the end of the stream."""
        while self.tls is None:
            if not wait and not select.select([self.sock], [], [], 0)[0]:
                return None
            try:
                return self.sock.recv(262144)
            except ConnectionResetError:
                return b''
            except socket.timeout:
                raise Failure('no answer in %d seconds' % self.timeout)
        while True:
            try:
                data = self.tls.read(1 << 20)
                if data == b'':
                    self.clean = True
                return data
            except ssl.SSLWantReadError:
                pass
            except (ssl.SSLZeroReturnError,):
                self.clean = True
                return b''
            except (ssl.SSLEOFError, ssl.SSLError):
                return b''
            if self.eof:
                return b''
            if not wait and not select.select([self.sock], [], [], 0)[0]:
                return None
            self.flush()
            self.fill()

    def more(self):
        data = self.recv()
        if data == b'':
            raise Failure('connection closed; got %s' % short(self.buffer))
        self.buffer += data

    def line(self):
        """One line without its CRLF."""
        while b'\n' not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b'\n', 1)
        check(line.endswith(b'\r'), 'line without CR: %r' % line)
        check(b'\r' not in line[:-1], 'CR in a line: %r' % line)
        return line[:-1]

    def quiet(self, seconds=0.3):
        """Fail if the server says something."""
        end = time.monotonic() + seconds
        while True:
            check(self.buffer == b'', 'unexpected: %s' % short(self.buffer))
            left = end - time.monotonic()
            if left <= 0:
                return
            if select.select([self.sock], [], [], left)[0]:
                data = self.recv(wait=False)
                if data == b'':
                    raise Failure('connection closed')
                self.buffer += data or b''

    def closed(self):
        """Wait for the end of the stream; what still came before it."""
        out, self.buffer = self.buffer, b''
        while True:
            data = self.recv()
            if data == b'':
                return out
            out += data

    # Commands

    def cmd(self, command):
        if isinstance(command, str):
            command = command.encode()
        self.send(command + b'\r\n')
        return self.line()

    def ok(self, command):
        reply = self.cmd(command)
        check(reply[:3] == b'+OK', '%r: %r' % (command, reply))
        return reply

    def err(self, command, code=None):
        reply = self.cmd(command)
        check(reply[:4] == b'-ERR', '%r: %r' % (command, reply))
        if code is not None:
            want = b'-ERR [' + code.encode() + b']'
            check(reply.startswith(want),
                  '%r: %r, want %r' % (command, reply, want))
        return reply

    def body(self):
        """A multi-line reply's octets behind its first line, dots undone."""
        start = 0
        while True:
            if self.buffer.startswith(b'.\r\n'):
                self.buffer = self.buffer[3:]
                return b''
            end = self.buffer.find(b'\n.\r\n', max(0, start - 4))
            if end >= 0:
                break
            start = len(self.buffer)
            self.more()
        data = self.buffer[:end + 1]
        self.buffer = self.buffer[end + 4:]
        check(not re.search(rb'(?<!\r)\n', data), 'LF without CR in a reply')
        check(not re.search(rb'(?:^|\n)\.\r\n', data), 'dot not doubled')
        single = re.search(rb'(?:^|\n)\.[^.]', data)
        check(not single, 'dot not doubled: %s' % (single and single.group()))
        return re.sub(rb'(^|\n)\.', rb'\1', data)

    def multi(self, command):
        """Lines of a multi-line reply, without their CRLF."""
        self.ok(command)
        return self.body().split(b'\r\n')[:-1]

    def retr(self, number):
        self.ok('RETR %d' % number)
        return self.body()

    def top(self, number, count):
        self.ok('TOP %d %d' % (number, count))
        return self.body()

    def list(self):
        """{number: octets}"""
        return dict((int(n), int(s)) for n, s in
                    (line.split() for line in self.multi('LIST')))

    def uidl(self):
        out = {}
        for line in self.multi('UIDL'):
            number, uid = line.split(b' ')
            check(re.fullmatch(rb'[\x21-\x7e]{1,70}', uid), 'uidl %r' % uid)
            out[int(number)] = uid
        return out

    def stat(self):
        reply = self.ok('STAT').split()
        return int(reply[1]), int(reply[2])

    def capa(self):
        return self.multi('CAPA')

    def login(self, user='joe', password='secret'):
        def text(value):
            return value if isinstance(value, bytes) else value.encode()
        self.ok(b'USER ' + text(user))
        return self.ok(b'PASS ' + text(password))

    def quit(self):
        """QUIT, its answer, and the end of the stream behind it."""
        reply = self.ok('QUIT')
        rest = self.closed()
        equal(rest, b'', 'octets behind the answer to QUIT')
        self.close()
        return reply

    # Ends

    def half_close(self, notify=True):
        """Say that nothing more will be sent; go on reading."""
        if notify and self.tls is not None:
            try:
                self.tls.unwrap()
            except (ssl.SSLWantReadError, ssl.SSLError):
                pass
            self.flush()
        self.sock.shutdown(socket.SHUT_WR)

    def notify(self):
        """The end of the TLS stream alone, TCP stays as it is."""
        try:
            self.tls.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLError):
            pass
        self.flush()

    def reset(self):
        """Vanish with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b'\1\0\0\0\0\0\0\0')
        self.sock.close()

    def close(self):
        self.sock.close()


def together(count, do):
    """do(0) ... do(count - 1), all at the same time: what each returned or
    raised."""
    out = [None] * count

    def one(i):
        try:
            out[i] = do(i)
        except Exception as why:
            out[i] = why
    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out


class Worker(Client):
    """A session of wrkrpop -s: POP3 without a server, in clear.  What is in
    wrap starts it, if it is not to be started as it is; flags are its own."""

    def __init__(self, box, timeout=None, greeting=True, wrap=(), flags=()):
        self.timeout = timeout or PATIENCE
        self.buffer = b''
        ids = {}
        if os.getuid() == 0 and box.uid > 0:
            ids = dict(user=box.uid, group=box.gid, extra_groups=[])
        self.process = subprocess.Popen(
            list(wrap) + [LIBEXEC + '/wrkrpop'] + list(flags) +
            ['-s', box.path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, bufsize=0, cwd='/', **ids)
        self.greeting = self.line() if greeting else None

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        try:
            self.process.stdin.write(data)
        except BrokenPipeError:
            pass

    def recv(self, wait=True):
        fd = self.process.stdout
        if not select.select([fd], [], [], self.timeout if wait else 0)[0]:
            if not wait:
                return None
            raise Failure('no answer in %d seconds' % self.timeout)
        return fd.read(1 << 20)

    def half_close(self, notify=True):
        self.process.stdin.close()

    def close(self):
        """The end of input; its log and exit status stay."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        self.errors = self.process.stderr.read().decode('utf-8', 'replace')
        self.process.stderr.close()
        status = self.process.wait(self.timeout)
        check(status in (0, 1), 'wrkrpop exited %d: %s' % (status,
                                                           self.errors))
        check('Sanitizer' not in self.errors and
              'runtime error' not in self.errors, self.errors)
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        for f in (self.process.stdin, self.process.stdout,
                  self.process.stderr):
            f.close()


def new_box(name):
    """A maildir below WORK without a server, for Worker and mda."""
    uid, gid = (UID, UID) if os.getuid() == 0 else (os.getuid(), os.getgid())
    path = os.path.join(WORK, name)
    shutil.rmtree(path, ignore_errors=True)
    return Maildir(path, uid, gid)


def plain(authzid, user, password):
    """The base64 of a PLAIN message (RFC 4616)."""
    def text(value):
        return value if isinstance(value, bytes) else value.encode()
    return base64.b64encode(text(authzid) + b'\0' + text(user) + b'\0' +
                            text(password)).decode()


def corpus():
    """[(name, octets)] of the mail that lies beside the tree, or Skip."""
    for directory in (CORPUS, os.path.join(SRC, '..', 'shared', 'corpus')):
        if os.path.isdir(directory):
            out = []
            for name in sorted(os.listdir(directory)):
                if name.endswith('.eml'):
                    with open(os.path.join(directory, name), 'rb') as f:
                        out.append((name, f.read()))
            return out
    raise Skip('no mail in ../shared/corpus')


def mda(directory, data, uid=None, flags=(), timeout=30, env=None):
    """Deliver as smtpd does: (exit status, last line of standard error)."""
    ids = {}
    if uid is not None and os.getuid() == 0 and uid != 0:
        ids = dict(user=uid, group=uid, extra_groups=[])
    result = subprocess.run([MDA] + list(flags) + [directory], input=data,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            timeout=timeout, cwd='/', env=env, **ids)
    lines = result.stdout.decode('utf-8', 'replace').strip().splitlines()
    return result.returncode, lines[-1] if lines else ''


@atexit.register
def _end():
    for server in list(Server.running):
        server.kill()
