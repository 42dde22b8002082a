# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Real mail servers that deliver, each in a mount namespace of its own."""

import os
import shutil
import smtplib
import subprocess
import time

from popdtest.cases import Failure, Skip
from popdtest.env import WORK
from popdtest.host import free_port
from popdtest.process import alive, descendants, kill_all

DOMAIN = 'example.test'
POSTFIX = os.environ.get('POPD_POSTFIX', '/var/tmp/popd-postfix')


class Mta:
    """A mail server in a mount namespace of its own."""

    def wait(self):
        end = time.monotonic() + 30
        while True:
            if self.process.poll() is not None:
                if self.process.returncode == 99 or \
                        self.text().startswith('unshare:'):
                    raise Skip('no mount namespace: ' + self.text())
                raise Failure('ended: ' + self.text())
            try:
                smtplib.SMTP('127.0.0.1', self.port, timeout=5).quit()
                return
            except (OSError, smtplib.SMTPException):
                if time.monotonic() > end:
                    self.stop()
                    raise Failure('does not answer: ' + self.text())
                time.sleep(0.1)

    def begin(self, script, *arguments):
        self.log = os.path.join(self.dir, 'log')
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(
                ['unshare', '-m', 'sh', '-c', script, 'sh'] +
                list(arguments), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True, cwd='/')
        self.wait()

    def text(self):
        with open(self.log, errors='replace') as f:
            return f.read()

    def send(self, data, *recipients):
        s = smtplib.SMTP('127.0.0.1', self.port, timeout=30)
        s.sendmail('sender@elsewhere.test', recipients,
                   data.replace(b'\n', b'\r\n'))
        s.quit()

    def stop(self):
        pids = descendants(self.process.pid) + [self.process.pid]
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        kill_all([p for p in pids if alive(p)])
        self.process.wait()


# main.cf, without what a test adds.
MAIN = '''
compatibility_level = 3.6
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
maillog_file = /var/log/postfix.log
mail_owner = popdtest
default_privs = nobody
setgid_group = popdtest2
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.%s
alias_maps =
alias_database =
local_recipient_maps =
smtputf8_enable = no
notify_classes =
%s
'''

# master.cf, without its listener.
SERVICES = (
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'proxymap unix - - n - - proxymap',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'smtp unix - - n - - smtp',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
)

# Postfix with the files of $1, from the root $2.
START = '''
mount --make-rprivate / &&
mount -t tmpfs -o mode=755 none /var/spool &&
mount -t tmpfs -o mode=755 none /var/log || exit 99
mkdir /var/spool/postfix "$1/etc" "$1/data" || exit 99
cp -R /etc/. "$1/etc" 2>/dev/null
rm -rf "$1/etc/postfix" && mkdir "$1/etc/postfix"
cp -R "$2"/etc/postfix/. "$1/etc/postfix"
cp "$1/main.cf" "$1/master.cf" "$1/etc/postfix"
mount --bind "$1/etc" /etc || exit 99
if [ "$2" != / ]; then
    mkdir "$1/lib" "$1/sbin"
    cp -R /usr/sbin/. "$1/sbin"
    cp -R "$2"/usr/sbin/. "$1/sbin"
    mount --bind "$1/sbin" /usr/sbin &&
        mkdir -p /usr/lib/postfix &&
        mount --bind "$2/usr/lib/postfix" /usr/lib/postfix ||
        exit 99
    export LD_LIBRARY_PATH=/usr/lib/postfix:$2/usr/lib/x86_64-linux-gnu
fi
mkdir -p /var/lib/postfix
mount --bind "$1/data" /var/lib/postfix || exit 99
chown popdtest "$1/data"
postfix set-permissions >/dev/null 2>&1
exec /usr/lib/postfix/sbin/master -d
'''


class Postfix(Mta):
    """From the package that regress/packages unpacks, as OpenSMTPD's cannot
    be installed beside it; with more settings of main.cf, and lines of
    master.cf."""

    def __init__(self, settings, services=()):
        root = '/' if os.path.exists('/usr/sbin/postfix') else POSTFIX
        if not os.path.exists(root + '/usr/sbin/postfix'):
            raise Skip('needs postfix')
        self.port = free_port()
        self.dir = os.path.join(WORK, 'postfix')
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        os.chmod(self.dir, 0o755)
        with open(self.dir + '/main.cf', 'w') as f:
            f.write(MAIN % (DOMAIN, settings))
        with open(self.dir + '/master.cf', 'w') as f:
            f.write('127.0.0.1:%d inet n - n - - smtpd\n' % self.port)
            for line in SERVICES + services:
                f.write(line + '\n')
        self.begin(START, self.dir, root)

    def maillog(self):
        path = '/proc/%d/root/var/log/postfix.log' % self.process.pid
        with open(path, errors='replace') as f:
            return f.read()
