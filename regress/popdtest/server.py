# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A scratch popd with users, certificates and maildirs."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

from popdtest.ca import certificate
from popdtest.cases import Failure, check, equal, running
from popdtest.client import Client
from popdtest.env import PATIENCE, POPD, STAGE, UID, WORK
from popdtest.host import free_port, need_root, user_ids, why_not_root
from popdtest.maildir import Maildir
from popdtest.password import bcrypt
from popdtest.process import alive, descendants, kill_all, programs


class Server:
    """A popd on a free port, with tables below WORK."""

    program = POPD
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
        """Add users who cannot log in, one for each reason."""
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
                        m.hash = (bcrypt(m.password)
                                  if len(m.password) <= 72 else
                                  b'{PLAIN}' + text(m.password))
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
            out = self.wrap + [self.program, '-f', self.conf]
            if self.verbose:
                out.append('-' + 'v' * self.verbose)
            return out + self.flags + list(more)
        out = self.wrap + [self.program, '-f', self.dir + '/socket.conf', '-a',
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
        running.append(self)
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
        """End popd as an administrator does, and check how it went."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if self in running:
            running.remove(self)
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
        """Fail if the log has crashes that the test did not expect."""
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
        if self in running:
            running.remove(self)

    def reload(self, timeout=None):
        """Send SIGHUP; return the log once it has the result."""
        mark = self.mark()
        os.kill(self.process.pid, signal.SIGHUP)
        self.wait_log(r'reload', mark, timeout)
        return self.log(mark)

    # The log

    def whole_lines(self, mark=0):
        """A line over the end of a memory page shows up in two parts."""
        with open(self.logfile, 'rb') as f:
            f.seek(mark)
            data = f.read()
        return data[:data.rfind(b'\n') + 1]

    def mark(self):
        return len(self.whole_lines())

    def log(self, mark=0):
        return self.whole_lines(mark).decode('utf-8', 'replace')

    def wait_log(self, pattern, mark=0, timeout=None):
        """Wait for a match in the log since mark."""
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
        return [(pid, program, uid)
                for pid, (program, uid) in programs(self.pid).items()
                if name is None or program == name]

    def worker(self, wait=True):
        """Wait for a worker; its pid."""
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

    def stats(self):
        """What popd counts: {(name, value of its label or ''): number}."""
        status, lines, error = self.popctl('show', 'stats')
        equal((status, error), (0, ''), 'popctl show stats')
        sample = re.compile(r'popd_(\w+?)(?:_total)?(?:{\w+="(.*)"})? (\S+)$')
        found = [sample.match(line) for line in lines]
        return {(m.group(1), m.group(2) or ''): float(m.group(3))
                for m in found if m}

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
