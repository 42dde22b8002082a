#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# timeout: 240
"""OpenSMTPD and Postfix deliver by LMTP, and the mail is fetched by POP."""

import grp
import smtplib

from lmtp import *

DOMAIN = 'example.test'
POSTFIX = os.environ.get('POPD_POSTFIX', '/var/tmp/popd-postfix')

# What SMTP can carry: lines of at most 998 octets, no NUL, no bare CR.
MAIL = [
    b'Subject: plain\n\nbody\n',
    b'Subject: dots\n\n.\n..\n.a\n...\n\n.\n',
    b'Subject: many\n\n' + b'line\n' * 50000,
    b'Subject: eight bit\nContent-Type: text/plain; charset=utf-8\n\n' +
    '\u00e4\u00f6\u00fc \u2603\n'.encode() * 100,
    b'Subject: From line\n\nFrom here\n>From there\n\n\n',
]

need_root()
for tool in ('unshare', 'mount'):
    if not shutil.which(tool):
        print('skip - all: needs ' + tool)
        sys.exit(0)


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


class Smtpd(Mta):
    def __init__(self, server, action, account=None):
        if not shutil.which('smtpd', path='/usr/sbin:/sbin:/usr/bin'):
            raise Skip('needs smtpd')
        self.port = free_port()
        self.dir = os.path.join(WORK, 'smtpd')
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o755)
        with open(self.dir + '/virtuals', 'w') as f:
            for name in server.users:
                f.write('%s@%s\t%s\n' % (name, DOMAIN, account or name))
        with open(self.dir + '/smtpd.conf', 'w') as f:
            f.write('''
table virtuals file:%s/virtuals
table users file:%s
listen on 127.0.0.1 port %d hostname mx.%s
action "popd" lmtp "%s" %s
match from any for domain "%s" action "popd"
''' % (self.dir, server.usertab, self.port, DOMAIN, server.path, action,
       DOMAIN))
        os.chmod(server.usertab, 0o644)
        self.begin('''
            mount --make-rprivate / &&
            mount -t tmpfs -o mode=755 none /var/spool &&
            mount -t tmpfs -o mode=755 none /run || exit 99
            echo mx.%s >"$1/mailname"
            [ ! -e /etc/mailname ] ||
                mount --bind "$1/mailname" /etc/mailname
            mkdir -m 711 /var/spool/smtpd
            exec smtpd -dv -f "$1/smtpd.conf"
        ''' % DOMAIN, self.dir)


class Postfix(Mta):
    """From the package that regress/packages unpacks, as OpenSMTPD's cannot
    be installed beside it."""

    def __init__(self, server):
        root = '/' if os.path.exists('/usr/sbin/postfix') else POSTFIX
        if not os.path.exists(root + '/usr/sbin/postfix'):
            raise Skip('needs postfix')
        self.port = free_port()
        self.dir = os.path.join(WORK, 'postfix')
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        os.chmod(self.dir, 0o755)
        with open(self.dir + '/main.cf', 'w') as f:
            f.write('''
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
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = %s
virtual_mailbox_maps =
virtual_transport = lmtp:unix:%s
lmtp_destination_recipient_limit = 50
smtputf8_enable = no
notify_classes =
''' % (DOMAIN, DOMAIN, server.path))
        with open(self.dir + '/master.cf', 'w') as f:
            f.write('127.0.0.1:%d inet n - n - - smtpd\n' % self.port)
            for line in ('cleanup unix n - n - 0 cleanup',
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
                         'lmtp unix - - n - - lmtp',
                         'anvil unix - - n - 1 anvil',
                         'scache unix - - n - 1 scache',
                         'postlog unix-dgram n - n - 1 postlogd'):
                f.write(line + '\n')
        self.begin('''
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
        ''', self.dir, root)


def compare(server, boxes):
    """Each of them has all of MAIL, fetched by POP."""
    for name in boxes:
        p = server.login(name)
        equal(p.stat()[0], len(MAIL), 'messages of ' + name)
        for i, data in enumerate(MAIL):
            got = p.retr(i + 1)
            lines = got.split(b'\r\n')
            equal(lines[0], b'Return-Path: <sender@elsewhere.test>')
            check(lines[1].lower().startswith(b'delivered-to: ' +
                                              name.encode()), lines[1])
            equal(got.lower().count(b'\r\ndelivered-to:'), 1)
            body = data.partition(b'\n\n')[2]
            check(got.endswith(wire(b'\n\n' + body)), 'body of %d' % i)
        p.quit()


def arrive(server, mta, boxes):
    for i, data in enumerate(MAIL):
        mta.send(data, *[name + '@' + DOMAIN for name in boxes])
        end = time.monotonic() + 40
        while any(len(server[name].list('new')) <= i for name in boxes):
            check(time.monotonic() < end, 'not delivered: ' + mta.text())
            time.sleep(0.05)


def deliver(server, mta):
    boxes = list(server.users)
    try:
        arrive(server, mta, boxes)
        compare(server, boxes)
    finally:
        mta.stop()


def test_opensmtpd_user():
    """OpenSMTPD delivers by one account, which the socket's owner is"""
    server = LmtpServer(users={'joe': 'secret', 'ann': 'x'},
                        options='owner popdtest mode 600')
    st = os.stat(server.path)
    equal((st.st_uid, st.st_mode & 0o777),
          (have_account('popdtest').pw_uid, 0o600))
    deliver(server, Smtpd(server, 'rcpt-to virtual <virtuals> '
                          'user popdtest', 'popdtest'))
    server.stop()


def test_opensmtpd_userbase():
    """OpenSMTPD delivers as each user, to a socket that all may use"""
    server = LmtpServer(users={'joe': 'secret', 'ann': 'x'},
                        options='mode 666')
    deliver(server, Smtpd(server, 'virtual <virtuals> userbase <users>'))
    server.stop()


def test_postfix():
    """Postfix delivers to many at once, over a connection that it keeps"""
    server = LmtpServer(users={'joe': 'secret', 'ann': 'x', 'bob': 'y'},
                        options='group popdtest')
    st = os.stat(server.path)
    equal((st.st_gid, st.st_mode & 0o777),
          (grp.getgrnam('popdtest').gr_gid, 0o660))
    deliver(server, Postfix(server))
    server.stop()


main()
