# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""The measured servers, each on loopback in its own control group, with the
same users, password hashes, certificate and mail."""

import ctypes
import ctypes.util
import os
import resource
import shutil
import signal
import socket
import subprocess
import time

UID = 30995             # owner of all mail; a number only
PASSWORD = 'secret'
CGROUPS = '/sys/fs/cgroup/unified', '/sys/fs/cgroup'


class Failure(Exception):
    pass


def bcrypt(cost):
    crypt = ctypes.CDLL(ctypes.util.find_library('crypt'))
    crypt.crypt.restype = crypt.crypt_gensalt.restype = ctypes.c_char_p
    crypt.crypt_gensalt.argtypes = [ctypes.c_char_p, ctypes.c_ulong,
                                    ctypes.c_char_p, ctypes.c_int]
    salt = crypt.crypt_gensalt(b'$2b$', cost, os.urandom(16), 16)
    return crypt.crypt(PASSWORD.encode(), salt).decode()


def text(path):
    with open(path) as f:
        return f.read()


class Group:
    """A control group; its CPU time includes processes that have exited."""

    def __init__(self, name):
        for top in CGROUPS:
            if os.path.exists(top + '/cgroup.procs'):
                break
        else:
            raise Failure('no control groups (version 2) here')
        self.path = '%s/popd-bench-%d-%s' % (top, os.getpid(), name)
        os.mkdir(self.path)

    def enter(self):
        with open(self.path + '/cgroup.procs', 'w') as f:
            f.write(str(os.getpid()))

    def cpu(self):
        """Return seconds of CPU, user and kernel."""
        for line in text(self.path + '/cpu.stat').splitlines():
            if line.startswith('usage_usec'):
                return int(line.split()[1]) / 1e6
        raise Failure('no usage_usec in cpu.stat')

    def pids(self):
        return [int(p) for p in text(self.path + '/cgroup.procs').split()]

    def remove(self):
        end = time.monotonic() + 5
        while self.pids():
            for pid in self.pids():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if time.monotonic() > end:
                raise Failure('cannot empty ' + self.path)
            time.sleep(0.02)
        os.rmdir(self.path)

    def pss(self):
        """KiB of memory, shared pages divided among their users."""
        total = 0
        for pid in self.pids():
            try:
                for line in text('/proc/%d/smaps_rollup' % pid).splitlines():
                    if line.startswith('Pss:'):
                        total += int(line.split()[1])
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total


class Server:
    """Common to all servers: users, start, stop."""

    name = kind = None

    def __init__(self, work, port, cert, key):
        self.work, self.port, self.cert, self.key = work, port, cert, key
        self.dir = '%s/%s' % (work, self.name)
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.mail = '%s/mail-%s' % (work, self.kind)
        self.group = self.process = None

    def wrap(self):
        """The command that starts the server, if any."""
        return []

    def start(self):
        self.group = Group(self.name)
        self.log = open(self.dir + '/log', 'a')

        def child():
            self.group.enter()
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

        self.process = subprocess.Popen(
            self.wrap() + self.command(), stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, cwd='/', preexec_fn=child,
            start_new_session=True)
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.stop()
                    raise Failure('%s does not start: %s' %
                                  (self.name, text(self.dir + '/log')[-900:]))
                time.sleep(0.05)
        time.sleep(0.3)
        return self

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                pass
        if self.group is not None:
            self.group.remove()
        if self.process is not None:
            self.process.wait()
            self.log.close()
        self.process = self.group = None


class Popd(Server):
    name = kind = 'popd'

    def __init__(self, *args, stage=None, cores=None, cache=False):
        """The others cache no passwords: popd does if asked to."""
        self.stage, self.cores, self.cache = stage, cores, cache
        if cores:
            self.name = 'popd-%d' % cores
        super().__init__(*args)
        with open(self.dir + '/popd.conf', 'w') as f:
            f.write('socket "%s/sock"\n' % self.dir)
            if not cache:
                f.write('cache passwords never\n')

    def wrap(self):
        """popd starts one listener for each online core; a private mount
        namespace makes it see fewer."""
        if not self.cores:
            return []
        online = self.dir + '/online'
        with open(online, 'w') as f:
            f.write('0\n' if self.cores == 1 else '0-%d\n' % (self.cores - 1))
        return ['unshare', '-m', 'sh', '-c',
                'mount --bind "$0" /sys/devices/system/cpu/online && '
                'exec "$@"', online]

    def users(self, users, cost):
        hashed = bcrypt(cost)
        with open(self.dir + '/authtab', 'w') as a, \
                open(self.dir + '/usertab', 'w') as u:
            for user in users:
                a.write('%s %s\n' % (user, hashed))
                u.write('%s %d:%d:%s/%s\n' % (user, UID, UID, self.mail,
                                              user))
        os.chmod(self.dir + '/authtab', 0o600)

    def command(self):
        return [self.stage + '/sbin/popd', '-d', '-f',
                self.dir + '/popd.conf', '-a', self.dir + '/authtab',
                '-u', self.dir + '/usertab', '-l', '127.0.0.1', '-p',
                str(self.port), '-c', self.cert, '-k', self.key]

    @staticmethod
    def forget(maildir):
        """Remove the index."""
        for name in os.listdir(maildir):
            if name.startswith('popcache'):
                os.unlink(maildir + '/' + name)


DOVECOT = '''\
base_dir = {dir}/run
state_dir = {dir}/run
instance_name = {name}
log_path = {dir}/dovecot.log
protocols = pop3
listen = 127.0.0.1
ssl = required
ssl_cert = <{cert}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_mechanisms = plain
mail_location = maildir:~/
first_valid_uid = 1
mail_max_userip_connections = 100000
default_client_limit = 40000
default_process_limit = 20000
passdb {{
  driver = passwd-file
  args = {dir}/passwd
}}
userdb {{
  driver = passwd-file
  args = {dir}/passwd
}}
service anvil {{
  client_limit = 60000
}}
service auth {{
  client_limit = 60000
}}
service pop3-login {{
  inet_listener pop3 {{
    port = 0
  }}
  inet_listener pop3s {{
    port = {port}
    ssl = yes
  }}
{login}
}}
service pop3 {{
  process_limit = 20000
{mailer}
}}
protocol lda {{
  mail_plugins =
}}
postmaster_address = postmaster@localhost
hostname = localhost
'''


class Dovecot(Server):
    kind = 'dovecot'
    login = mailer = ''

    def __init__(self, *args):
        super().__init__(*args)
        os.makedirs(self.dir + '/run')
        self.conf = self.dir + '/dovecot.conf'
        with open(self.conf, 'w') as f:
            f.write(DOVECOT.format(
                dir=self.dir, name=self.name, cert=self.cert, key=self.key,
                port=self.port, login=self.login, mailer=self.mailer))

    def users(self, users, cost):
        hashed = bcrypt(cost)
        with open(self.dir + '/passwd', 'w') as f:
            for user in users:
                f.write('%s:{BLF-CRYPT}%s:%d:%d::%s/%s::\n' %
                        (user, hashed, UID, UID, self.mail, user))
        os.chmod(self.dir + '/passwd', 0o644)

    def command(self):
        return ['/usr/sbin/dovecot', '-F', '-c', self.conf]

    @staticmethod
    def forget(maildir):
        for name in os.listdir(maildir):
            if name.startswith('dovecot'):
                os.unlink(maildir + '/' + name)


class DovecotDefault(Dovecot):
    """As installed: a new login process for each connection."""
    name = 'dovecot-default'


class DovecotFast(Dovecot):
    """High-performance login, a mail process per session."""
    name = 'dovecot-fast'
    login = ('  service_count = 0\n  process_min_avail = 2\n'
             '  client_limit = 20000\n')


class DovecotShared(Dovecot):
    """The same, with mail processes that serve many users: no separation."""
    name = 'dovecot-shared'
    login = DovecotFast.login
    mailer = '  service_count = 0\n  client_limit = 1000\n' \
        '  process_min_avail = 2\n'
